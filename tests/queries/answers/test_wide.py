"""From a query built in Python to a wide frame, over a sandbox, beside SQL by hand."""

import pandas as pd
import pytest
from queries.answers.wide_cases import WIDE_CASES
from queries.query_answers import by_hand, rows_of
from queries.query_cases import FLIGHTS, ORDERS

import omnipd
from omnipd import Query, field


@pytest.mark.parametrize("case", WIDE_CASES, ids=lambda case: case.name)
def test_a_pivot_answers_as_sql_written_by_hand(dated, case):
    expected = by_hand(case)
    flat = omnipd.run_query_arrow(case.built, pivot="flat", client=dated)
    assert flat.column_names == expected.column_names
    assert rows_of(flat) == rows_of(expected)
    wide = case.built.run(client=dated)
    below = len(wide.index.names) if wide.index.names != [None] else 0
    assert wide.shape == (flat.num_rows, flat.num_columns - below)
    assert [" · ".join(map(str, column[-1:])) for column in wide.columns] == [
        name.rpartition(" · ")[2] for name in flat.column_names[below:]
    ]
    cells = flat.select(flat.column_names[below:]).to_pandas(types_mapper=pd.ArrowDtype)
    assert wide.reset_index(drop=True).set_axis(cells.columns, axis=1).equals(cells)


@pytest.mark.parametrize("case", WIDE_CASES, ids=lambda case: case.name)
def test_what_is_built_goes_there_and_back(case):
    assert Query.from_dict(case.query) == case.built
    assert Query.from_dict(case.query).to_dict() == case.query


def test_totals_of_what_is_built_apart_from_its_rows(dated):
    query = (
        Query(FLIGHTS, "flights")
        .select("flights.origin", "flights.carrier", "flights.count")
        .where(field("flights.carrier").isin(["AA", "DL"]))
        .sort("flights.origin", "flights.carrier")
        .totals("flights.origin")
    )
    rows, totals = omnipd.split_totals(query.run(totals=True, client=dated))
    assert rows.equals(query.run(client=dated))
    by_origin = rows.groupby("flights.origin")["flights.count"].sum().tolist()
    assert totals["flights.count"].tolist() == [*by_origin, sum(by_origin)]
    assert totals["omni_total"].tolist() == [
        *["column_subtotal::flights.origin"] * 3,
        "column_total",
    ]
    assert totals["flights.carrier"].isna().all()


def test_totals_that_a_small_limit_leaves_out_are_named(dated):
    """EWR has two carriers, JFK two, LGA two: of six rows a limit of one sees the first three of all."""
    query = (
        Query(FLIGHTS, "flights")
        .select("flights.origin", "flights.carrier", "flights.count")
        .where(field("flights.carrier").isin(["AA", "DL"]))
        .totals("flights.origin")
        .limit(1)
    )
    with pytest.warns(omnipd.OmniWarning) as told:
        df = query.run(totals=True, client=dated)
    assert any("left out totals" in str(one.message) for one in told)
    assert "column_total" in df.attrs["omni"]["totals_missing"]


def test_transposed_measures_are_built(dated):
    query = (
        Query(ORDERS, "orders")
        .select("order_items.is_gift")
        .transpose("order_items.count", "order_items.total_quantity")
        .sort("order_items.is_gift")
    )
    side_by_side = Query(ORDERS, "orders").select(
        "order_items.is_gift", "order_items.count", "order_items.total_quantity"
    )
    below, beside = (omnipd.run_query_arrow(one, client=dated) for one in (query, side_by_side))
    names = ["measure_name", "measure_order", "measure_value"]
    assert below.column_names == ["order_items.is_gift", *names]
    wanted = {
        (row["order_items.is_gift"], name, place, row[name])
        for row in beside.to_pylist()
        for place, name in enumerate(["order_items.count", "order_items.total_quantity"])
    }
    assert {tuple(row.values()) for row in below.to_pylist()} == wanted
    assert len(wanted) == below.num_rows == 2 * beside.num_rows


def test_a_period_is_compared_only_where_the_filter_says_which_is_the_current_one(dated):
    query = Query(FLIGHTS, "flights").select("flights.count").compare("flights.date", 1, "year")
    with pytest.raises(omnipd.ArgumentError, match="no date filter on it"):
        query.run(client=dated)
    by_number = query.where(field("flights.date[month_num]") == 7)
    with pytest.raises(omnipd.ArgumentError, match="no date filter on it"):
        by_number.run(client=dated)
    assert query.where(field("flights.date").in_the("2013")).run(client=dated).shape == (1, 1)
