import pytest

from omnipd_sandbox.engine.data.warehouse import DATASETS, Warehouse
from omnipd_sandbox.moods.size import SIZES
from omnipd_sandbox.server import Server


def test_a_tiny_organization_is_a_handful(serve, connect):
    tiny = serve(size="tiny")
    wire = connect(tiny)
    assert len(tiny.organization.documents) == 5
    assert len(tiny.organization.folders) == 3
    assert wire.content().status == 200
    # The models and their data are those of the demo.
    assert sorted(tiny.models) == ["flights", "orders"]


def test_a_number_of_documents_wins_over_the_size(serve):
    assert len(serve(size="tiny", documents=7).organization.documents) == 7


def test_a_size_that_is_none_is_refused():
    with pytest.raises(ValueError, match="size"):
        Server(size="huge")


@pytest.mark.thorough
def test_a_large_one_has_what_is_promised():
    large = SIZES["large"]
    assert (large.documents, large.folders) == (100_000, 10_000)
    orders = Warehouse(DATASETS["many orders"])
    # One item in 31 has no product and one in 41 no price, by their numbers.
    assert orders.run(
        "SELECT count(*) AS items, count(*) - count(sku) AS without, count(sale_price) AS priced,"
        " count(DISTINCT id) AS ids FROM order_items"
    ).to_pylist() == [
        {
            "items": 5_000_000,
            "without": 161_290,
            "priced": 5_000_000 - 121_951,
            "ids": 5_000_000,
        }
    ]
    assert orders.run("SELECT count(*) AS n, max(id) AS last FROM users").to_pylist() == [
        {"n": 100_000, "last": 100_000}
    ]
