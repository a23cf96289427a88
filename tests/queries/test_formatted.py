"""Results as Omni shows them, from the sandbox's own formats and from a server that says others."""

import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
import requests
from faults.given import MODEL, arrow, client_of, whole_answer
from queries.query_cases import ORDERS
from scripted_server import answer

import omnipd
from omnipd import field

SALES = (
    omnipd.Query(ORDERS, "orders")
    .select(
        "order_items.status",
        "users.cohort[month]",
        "order_items.total_sale_price",
        "users.average_age",
        "order_items.count",
    )
    .where(field("order_items.status") == "complete")
    .sort("users.cohort[month]")
    .limit(100)
)


@pytest.mark.thorough
def test_a_frame_as_omni_shows_it(omni):
    plain = SALES.run(names="label")
    shown = SALES.run(names="label", formatted=True)
    assert list(shown.columns) == [
        "Status",
        "Cohort Month",
        "Total Sale Price",
        "Average Age",
        "Count",
    ]
    assert {str(kind) for kind in shown.dtypes} == {"string[pyarrow]"}
    pd.testing.assert_frame_equal(shown, omnipd.format_values(plain))
    for row, (_, before) in zip(shown.to_dict("records"), plain.iterrows(), strict=True):
        assert row["Total Sale Price"] == f"${before['Total Sale Price']:,}"
        month = before["Cohort Month"]
        assert row["Cohort Month"] == (None if pd.isna(month) else f"{month:%Y-%m}")
        assert row["Count"] == str(before["Count"])
    assert shown.attrs["omni"]["formats"] == {
        "Cohort Month": "%Y-%m",
        "Total Sale Price": "USDCURRENCY_2",
        "Average Age": "NUMBER_1",
    }


def test_omni_s_own_files_have_the_same_texts(omni, server):
    fields = [
        "order_items.status",
        "order_items.total_sale_price",
        "order_items.average_sale_price",
    ]
    query = omnipd.Query(ORDERS, "orders").select(*fields).sort("order_items.status")
    sent = requests.post(
        f"{server.url}/api/v1/query/run",
        headers={"Authorization": f"Bearer {server.api_key}"},
        json={"query": query.to_dict(), "resultType": "json", "formatResults": True},
        timeout=60,
    )
    shown = query.run(names="label", formatted=True)
    assert shown.astype(object).to_dict("records") == sent.json()
    assert len(shown) == 4


def test_every_form_of_a_result(omni):
    text = SALES.run(formatted=True)["order_items.total_sale_price"].tolist()
    table = omnipd.run_query_arrow(SALES, formatted=True)
    assert table["order_items.total_sale_price"].to_pylist() == text
    assert json.loads(table.schema.metadata[b"omni"])["formats"]["users.average_age"] == "NUMBER_1"
    [several] = omnipd.run_queries([SALES], formatted=True)
    assert several["order_items.total_sale_price"].tolist() == text
    for stream in (omnipd.iter_batches, omnipd.query_to_parquet):
        with pytest.raises(omnipd.ArgumentError, match="no keyword 'formatted'"):
            stream(
                SALES, *(["x.parquet"] if stream is omnipd.query_to_parquet else []), formatted=True
            )
    with pytest.raises(omnipd.ArgumentError, match="formatted"):
        SALES.run(formatted="yes")


def test_a_stored_result_holds_values_and_is_shown_either_way(server, tmp_path):
    with omnipd.connect(
        server.url, server.api_key, cache_dir=tmp_path, requests_per_minute=None
    ) as client:
        plain = SALES.run(ttl="1h", client=client)
        shown = SALES.run(ttl="1h", formatted=True, client=client)
    assert shown.attrs["omni"]["from_cache"]
    pd.testing.assert_frame_equal(shown, omnipd.format_values(plain))


@pytest.fixture
def ask(scripted, fake_time):
    """Run a query against a server that sends a table and says what it has."""

    def run(table, described, query=None, **options):
        sent = whole_answer(arrow(pa.table(table)), summary={"fields": described})
        scripted.script(answer(sent))
        wanted = {"modelId": MODEL, "table": "o", "fields": list(table), "limit": 1000}
        with client_of(scripted, fake_time, decimals="float64") as client:
            return omnipd.run_query(wanted | (query or {}), client=client, **options)

    return run


def test_decimals_stay_exact_whatever_a_client_makes_of_them(ask):
    exact = Decimal("12345678901234567890.12")
    table = {"o.a": pa.array([exact], pa.decimal128(38, 2))}
    described = {"o.a": {"format": {"value": "NUMBER_2"}}}
    assert ask(table, described, formatted=True)["o.a"].tolist() == [
        "12,345,678,901,234,567,890.12"
    ]


def test_facts_are_about_columns_by_the_names_that_these_have(ask):
    table = {"O.A": [1], "o.b": [2], "o.c": [3]}
    described = {
        "o.a": {"label": "Sales", "format": "USDCURRENCY_0"},
        "o.b": {"label": "Sales", "format": "NUMBER_1"},
        "o.c": {"label": "Count"},
    }
    query = {"fields": ["o.a", "o.b", "o.c"]}
    df = ask(table, described, query)
    assert df.attrs["omni"]["formats"] == {"O.A": "USDCURRENCY_0", "o.b": "NUMBER_1"}
    df = ask({name.lower(): held for name, held in table.items()}, described, names="label")
    assert list(df.columns) == ["Sales (o.a)", "Sales (o.b)", "Count"]
    assert df.attrs["omni"]["formats"] == {
        "Sales (o.a)": "USDCURRENCY_0",
        "Sales (o.b)": "NUMBER_1",
    }
    assert df.attrs["omni"]["labels"] == {
        "Sales (o.a)": "Sales",
        "Sales (o.b)": "Sales",
        "Count": "Count",
    }
    assert omnipd.format_values(df).iloc[0].tolist() == ["$1", "2.0", "3"]


PIVOTED = {
    "o.state": ["Ohio", "Ohio", "Texas"],
    "o.month": pa.array([0, 31, 0], pa.date32()),
    "o.sales": [1234.5, 2.0, 3.25],
    "o.n": [1, 2, 3],
    "$omni_pivot_row_num": [1, 1, 2],
    "$omni_pivot_col_num": [1, 2, 1],
}
OF_PIVOTED = {
    "o.state": {"is_dimension": True, "label": "State"},
    "o.month": {"is_dimension": True, "label": "Month", "format": "%b %Y"},
    "o.sales": {"is_dimension": False, "label": "Sales", "format": "USDCURRENCY_2"},
    "o.n": {"is_dimension": False, "label": "Orders"},
}
PIVOT = {"fields": ["o.state", "o.month", "o.sales", "o.n"], "pivots": ["o.month"]}


@pytest.mark.parametrize("formatted", [False, True])
def test_a_wide_frame_as_omni_shows_it(ask, formatted):
    df = ask(PIVOTED, OF_PIVOTED, PIVOT, names="label", formatted=formatted)
    assert df.attrs["omni"]["formats"] == {"Month": "%b %Y", "Sales": "USDCURRENCY_2"}
    shown = df if formatted else omnipd.format_values(df)
    assert shown.values.tolist()[0] == ["$1,234.50", "1", "$2.00", "2"]
    assert shown.iloc[1, :2].tolist() == ["$3.25", "3"]
    assert shown.iloc[1, 2:].isna().all()
    if formatted:
        assert df.columns.tolist() == [
            ("Jan 1970", "Sales"),
            ("Jan 1970", "Orders"),
            ("Feb 1970", "Sales"),
            ("Feb 1970", "Orders"),
        ]
        assert df.index.tolist() == ["Ohio", "Texas"]


@pytest.mark.parametrize("formatted", [False, True])
def test_a_flat_frame_as_omni_shows_it(ask, formatted):
    df = ask(PIVOTED, OF_PIVOTED, PIVOT, pivot="flat", formatted=formatted)
    one, other = ("Jan 1970", "Feb 1970") if formatted else ("1970-01-01", "1970-02-01")
    assert list(df.columns) == ["o.state", f"{one} · o.sales", f"{one} · o.n",
                                f"{other} · o.sales", f"{other} · o.n"]  # fmt: skip
    facts = df.attrs["omni"]
    assert {name: facts["formats"].get(name) for name in df.columns} == {
        "o.state": None,
        f"{one} · o.sales": "USDCURRENCY_2",
        f"{one} · o.n": None,
        f"{other} · o.sales": "USDCURRENCY_2",
        f"{other} · o.n": None,
    }
    assert facts["labels"][f"{one} · o.n"] == f"{one} · Orders"
    shown = df if formatted else omnipd.format_values(df)
    assert shown.iloc[0].tolist() == ["Ohio", "$1,234.50", "1", "$2.00", "2"]


@pytest.mark.parametrize("formatted", [False, True])
def test_a_long_frame_as_omni_shows_it(ask, formatted):
    df = ask(PIVOTED, OF_PIVOTED, PIVOT, names="label", pivot="long", formatted=formatted)
    shown = df if formatted else omnipd.format_values(df)
    assert shown.iloc[0].tolist() == ["Ohio", "Jan 1970", "$1,234.50", "1"]
    assert set(df.attrs["omni"]["formats"]) == {"Month", "Sales"}


def test_a_pivot_of_the_sandbox_as_omni_shows_it(omni):
    query = (
        omnipd.Query(ORDERS, "orders")
        .select("products.category", "order_items.total_sale_price", "order_items.count")
        .pivot("order_items.status")
    )
    plain, shown = (query.run(names="label", formatted=formatted) for formatted in (False, True))
    assert shown.columns.names == plain.columns.names == ["Status", "measure"]
    assert shown.values.tolist() == omnipd.format_values(plain).values.tolist()
    for texts, row in zip(shown.values.tolist(), plain.values.tolist(), strict=True):
        for column, text, value in zip(plain.columns, texts, row, strict=True):
            money = column[-1] == "Total Sale Price"
            assert (
                pd.isna(text)
                if pd.isna(value)
                else text == (f"${value:,}" if money else str(value))
            )
