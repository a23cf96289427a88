"""A result that was asked for in pieces is the result of the one query, or it is refused."""

import warnings
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import QUERY, arrow, client_of, whole_answer
from query_cases import date as date_filter
from query_cases import flights, number, orders, sort, text
from scripted_server import answer

import omnipd
from omnipd import ArgumentError, OmniWarning
from omnipd.sandbox.semantic.warehouse import warehouse

SHIPPED = "order_items.shipped_on"
FIELDS = [
    f"{SHIPPED}[date]",
    "order_items.status",
    "order_items.count",
    "order_items.total_sale_price",
]


def in_pieces(query, **options):
    return omnipd.run_query_in_pieces(query, **{"split_on": SHIPPED} | options)


def rows(df):
    return list(df.itertuples(index=False, name=None))


def unsorted(df):
    return sorted(rows(df), key=str)


def test_the_pieces_together_are_the_whole_rows_without_a_time_too(omni):
    expected = warehouse("orders").run(
        """SELECT shipped_on, count(*) FROM order_items GROUP BY shipped_on
           ORDER BY shipped_on NULLS LAST"""
    )
    df = in_pieces(orders([f"{SHIPPED}[date]", "order_items.count"]))
    first, counts = (column.to_pylist() for column in expected.columns)
    assert None in first
    assert len(df) == len(first) > 100
    assert df["order_items.count"].tolist() == counts
    got = [None if pd.isna(one) else pd.Timestamp(one).date() for one in df[f"{SHIPPED}[date]"]]
    assert got == first


@pytest.mark.parametrize("by", ["year", "quarter", "month"])
def test_every_length_of_piece_gives_the_same_rows(omni, by):
    query = orders(FIELDS, filters={"order_items.status": text("EQUALS", "complete", "returned")})
    whole = omnipd.run_query(query, limit="all")
    df = in_pieces(query, by=by)
    assert unsorted(df) == unsorted(whole)
    assert df.dtypes.tolist() == whole.dtypes.tolist()
    assert df.attrs["omni"]["pieces"] == len(df.attrs["omni"]["job_ids"]) > 1


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("nulls", [None, "FIRST", "LAST"])
def test_sorts_that_begin_with_the_time_hold_over_all_pieces(omni, descending, nulls):
    sorts = [
        sort(f"{SHIPPED}[date]", descending=descending, nulls=nulls),
        sort("order_items.status"),
    ]
    query = orders(FIELDS, sorts=sorts)
    whole = omnipd.run_query(query, limit="all")
    pd.testing.assert_frame_equal(in_pieces(query, by="quarter"), whole)
    assert whole[f"{SHIPPED}[date]"].isna().any()


def test_the_limit_is_that_of_the_whole(omni):
    query = orders(FIELDS, sorts=[sort(f"{SHIPPED}[date]", descending=True)])
    with pytest.warns(OmniWarning, match="40 rows, which is its limit") as caught:
        df = in_pieces(query, limit=40)
    assert len(caught) == 1
    assert len(df) == 40
    assert df.attrs["omni"]["limit_reached"]
    newest = warehouse("orders").run("SELECT max(shipped_on) FROM order_items").column(0)[0].as_py()
    assert pd.Timestamp(df[f"{SHIPPED}[date]"][0]).date() == newest


def test_bounds_leave_out_what_lies_outside_and_what_has_no_time(omni):
    [[counted]] = (
        warehouse("orders")
        .run(
            """SELECT count(*) FROM order_items
               WHERE shipped_on >= '2024-01-15' AND shipped_on < '2024-03-02'"""
        )
        .to_pydict()
        .values()
    )
    query = orders([f"{SHIPPED}[date]", "order_items.count"])
    df = in_pieces(query, start="2024-01-15", end=date(2024, 3, 2))
    assert df["order_items.count"].sum() == counted > 0
    assert df.attrs["omni"]["pieces"] == 3
    assert df[f"{SHIPPED}[date]"].notna().all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        upwards = in_pieces(query, start="2024-01-15")
        downwards = in_pieces(query, end="2024-01-15")
    both = pd.concat([upwards, downwards])["order_items.count"].sum()
    [[timed]] = (
        warehouse("orders").run("SELECT count(shipped_on) FROM order_items").to_pydict().values()
    )
    assert both == timed


def test_a_filter_of_the_query_on_the_same_field_holds_too(omni):
    own = date_filter("BETWEEN", "2024-02-10", "2024-02-20")
    query = orders([f"{SHIPPED}[date]", "order_items.count"], filters={SHIPPED: own})
    whole = omnipd.run_query(query, limit="all")
    df = in_pieces(query)
    assert len(whole) == 4
    assert unsorted(df) == unsorted(whole)
    assert df.attrs["omni"]["pieces"] == 2  # February, and none without a time


def test_a_filter_of_a_measure_judges_the_groups_of_the_query(omni):
    having = {"order_items.count": number("LESS_THAN", "3")}
    query = orders([f"{SHIPPED}[date]", "order_items.count"], filters=having)
    assert unsorted(in_pieces(query, by="year")) == unsorted(omnipd.run_query(query, limit="all"))


def test_a_range_without_rows_still_has_the_columns(omni):
    query = orders(FIELDS)
    for bounds in ({"start": "1990-01-01", "end": "1990-02-01"}, {"start": "2199-01-01"}):
        df = in_pieces(query, **bounds)
        assert len(df) == 0
        assert df.columns.tolist() == FIELDS
        assert df.dtypes.tolist() == omnipd.run_query(query, limit="all").dtypes.tolist()


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        (orders(["order_items.status", "order_items.count"]), {}, "may lie in two pieces"),
        (orders([f"{SHIPPED}[month]", "order_items.count"]), {"by": "date"}, "may lie in two"),
        (orders([f"{SHIPPED}[week]", "order_items.count"]), {}, "may lie in two pieces"),
        (orders(FIELDS, sorts=[sort("order_items.count")]), {}, "sorts by order_items.count first"),
        (orders(FIELDS, sorts=[sort(f"{SHIPPED}[year]")]), {}, r"sorts by .*\[year\] first"),
        (
            orders(FIELDS, sorts=[sort(f"{SHIPPED}[date]", nulls="DIALECT_DEFAULT")]),
            {},
            "nulls is not known",
        ),
        (orders(FIELDS, column_totals={"::total::": {"type": "aggregation"}}), {}, "column_totals"),
        (orders(FIELDS, pivots=["order_items.status"]), {"limit": 9}, "pivots"),
        (orders(FIELDS, offset=5), {}, "offset"),
        (orders(FIELDS), {"split_on": f"{SHIPPED}[month]"}, "without a grain"),
        (orders(FIELDS), {"by": "week"}, "by='week' is not known"),
        (orders(FIELDS), {"start": "soon"}, "start='soon' is no date"),
        (orders(FIELDS), {"end": 5}, "end=5 is no date"),
        (orders(FIELDS), {"start": "2024-01-01", "end": "2024-01-01"}, "is not before"),
        (
            orders(FIELDS),
            {"by": "date", "start": "2001-01-01", "end": "2024-01-01"},
            "8,400 pieces",
        ),
        (
            {"modelId": QUERY["modelId"], "userEditedSQL": "SELECT 1", "rewriteSql": False},
            {},
            "SQL cannot be split",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused_before_anything_is_sent(
    scripted, fake_time, query, options, message
):
    with client_of(scripted, fake_time) as client, pytest.raises(ArgumentError, match=message):
        in_pieces(query, client=client, **options)
    assert scripted.requests == []


def test_a_piece_that_fails_carries_those_before_it(scripted, fake_time):
    month = pa.table({"a.at[date]": [date(2024, 1, 5)], "a.count": [7]})
    scripted.script(answer(whole_answer(arrow(month))), answer({"detail": "no"}, 403))
    query = QUERY | {"fields": ["a.at[date]", "a.count"]}
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(omnipd.ForbiddenError) as caught,
    ):
        omnipd.run_query_in_pieces(
            query, split_on="a.at", start="2024-01-01", end="2024-04-01", client=client
        )
    assert len(scripted.requests) == 2
    assert caught.value.partial["a.count"].tolist() == [7]
    assert caught.value.partial.attrs["omni"]["complete"] is False


def test_a_month_that_was_cut_in_another_zone_loses_no_row(scripted, fake_time):
    import json

    def edge(day, hour):
        at = pd.Timestamp(2024, day // 100, day % 100, hour)
        return answer(whole_answer(arrow(pa.table({"a.at[month]": [at]}))))

    empty = answer(whole_answer(arrow(pa.table({"a.at[date]": pa.array([], pa.date32())}))))
    scripted.script(edge(131, 15), edge(331, 15), empty)  # the first of a month in Tokyo
    with client_of(scripted, fake_time) as client:
        omnipd.run_query_in_pieces(
            QUERY | {"fields": ["a.at[date]"]}, split_on="a.at", client=client
        )
    filters = [json.loads(body)["query"]["filters"]["a.at"] for _, _, _, body in scripted.requests]
    assert filters[2]["left_side"] == "2024-01-01 00:00:00"
    assert filters[-2]["right_side"] == "2024-05-01 00:00:00"
    assert filters[-1] == {"type": "null", "is_negative": False}


def test_the_flights_of_a_year_in_twelve_queries(omni):
    df = omnipd.run_query_in_pieces(
        flights(["flights.time_hour[hour]", "flights.origin", "flights.count"]),
        split_on="flights.time_hour",
        start="2013-01-01",
        end="2014-01-01",
    )
    assert df.attrs["omni"]["pieces"] == 12
    [[outside]] = (
        warehouse("flights")
        .run("SELECT count(*) FROM flights WHERE time_hour >= '2014-01-01 00:00:00+00'")
        .to_pydict()
        .values()
    )
    assert df["flights.count"].sum() == 336_776 - outside
