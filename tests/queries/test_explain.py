"""What a query would do and return is told without its rows."""

import pandas as pd
import pyarrow as pa
import pytest
from queries.builder_cases import BUILT
from queries.query_cases import FLIGHTS, ORDERS, flights, orders
from queries.query_cases import NOW as FRIDAY

import omnipd
from omnipd import Query, field
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    with (
        Server(documents=0, now=lambda: FRIDAY) as server,
        omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=folder
        ) as client,
    ):
        yield client


def test_a_plan_has_sql_and_fields_and_runs_nothing(omni, server):
    query = (
        Query(FLIGHTS, "flights")
        .select("flights.count", "flights.date[month]", "flights.origin")
        .where(field("flights.distance") > 12_345)
    )
    plan = omnipd.explain(query)
    assert "12345" in plan.sql
    assert plan.warnings == ()
    assert plan.fields.to_dict("list") == {
        "name": ["flights.count", "flights.date[month]", "flights.origin"],
        "label": ["Flights", "Date Month", "Origin"],
        "kind": ["measure", "dimension", "dimension"],
        "data_type": ["NUMBER", "TIMESTAMP", "STRING"],
    }
    assert set(plan.fields.dtypes) == {pd.ArrowDtype(pa.string())}
    assert omnipd.run_query(query, cache="SkipRequery").attrs["omni"]["cache"] == "MISS"


def test_a_plan_is_made_of_a_query_object_too(omni):
    plan = omnipd.explain(flights(["flights.origin"]))
    assert plan.fields["name"].tolist() == ["flights.origin"]


def test_a_plan_of_what_the_model_lacks_is_an_error(omni):
    with pytest.raises(omnipd.MissingFieldsError, match="orgin"):
        omnipd.explain(flights(["flights.orgin"]))
    with pytest.raises(omnipd.PlanError, match="No such field"):
        omnipd.explain(flights(["flights.count"], filters={"flights.nope": {"type": "null"}}))


def test_a_plan_without_the_right_to_see_sql_has_none(tmp_path):
    with (
        Server(documents=0, redact_sql=True) as server,
        omnipd.connect(server.url, server.api_key, cache_dir=tmp_path) as client,
    ):
        plan = omnipd.explain(flights(["flights.origin"]), client=client)
    assert plan.sql is None
    assert plan.fields["name"].tolist() == ["flights.origin"]


#: Each runs twice, so only every fifth is in every run; those by hand below have all types.
SHOWN = [
    pytest.param(*one, marks=[pytest.mark.thorough] * (number % 5 > 0), id=one[0].name)
    for number, one in enumerate(BUILT)
]


@pytest.mark.filterwarnings("ignore:The result has exactly")
@pytest.mark.parametrize(("case", "query"), SHOWN)
def test_the_schema_has_the_columns_and_types_of_the_run(dated, case, query):
    totals = bool(case.query.get("column_totals"))
    empty = omnipd.schema(query, totals=totals, client=dated)
    full = omnipd.run_query(query, totals=totals, limit=3_000, client=dated)
    assert len(empty) == 0
    assert empty.columns.tolist() == full.columns.tolist()
    assert empty.dtypes.tolist() == full.dtypes.tolist()


def test_the_schema_of_every_type(omni):
    empty = omnipd.schema(
        orders(
            [
                "order_items.created_at",
                "order_items.shipped_on",
                "order_items.shipped_on[month]",
                "order_items.is_gift",
                "order_items.total_sale_price",
                "order_items.average_sale_price",
                "order_items.status",
                "order_items.count",
            ]
        )
    )
    assert [dtype.pyarrow_dtype for dtype in empty.dtypes] == [
        pa.timestamp("us", "UTC"),
        pa.date32(),
        pa.timestamp("us"),
        pa.bool_(),
        pa.decimal128(38, 2),
        pa.float64(),
        pa.string(),
        pa.int64(),
    ]


def test_a_schema_may_have_labels_and_totals(omni):
    query = Query(ORDERS, "users").select("users.state", "users.count").totals()
    empty = omnipd.schema(query, totals=True, names="label")
    assert empty.columns.tolist() == ["State", "Count", "omni_total"]


def test_warnings_of_a_plan_are_told():
    from omnipd.queries.explain import _warnings

    assert _warnings({}) == []
    assert _warnings(
        {
            "stage_summaries": [{"succeeded": True, "warnings": ["slow"]}, {"succeeded": True}],
            "invalid_calculations": {"share": "division by text"},
        }
    ) == ["slow", "share: division by text"]
