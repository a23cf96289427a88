"""A result that was asked for in pieces is the result of the one query, or it is refused."""

import json
import warnings
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import QUERY, arrow, client_of, whole_answer
from queries.query_cases import date as date_filter
from queries.query_cases import flights, number, orders, sort, text
from scripted_server import answer

import omnipd
from omnipd import ArgumentError, OmniWarning
from omnipd_sandbox.engine.data.warehouse import warehouse

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


def test_a_filter_that_judges_the_groups_of_the_edges_otherwise_loses_no_row(omni):
    few = {"fieldName": "order_items.count", "filter": number("LESS_THAN", "3"), "id": "few"}
    query = orders([f"{SHIPPED}[date]", "order_items.sku", "order_items.count"]) | {
        "controls": [
            {"id": "c", "type": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": [few]}
        ]
    }
    whole = omnipd.run_query(query, limit="all")
    # No quarter has fewer than 3 of them, so no edge is found.
    assert len(whole) == 182
    assert unsorted(in_pieces(query, by="quarter")) == unsorted(whole)
    since = in_pieces(query, by="quarter", start="2024-01-01")
    assert unsorted(since) == unsorted(
        whole[pd.to_datetime(whole[f"{SHIPPED}[date]"]) >= "2024-01-01"]
    )


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
        (
            orders([*FIELDS, f"{SHIPPED}[year]"], sorts=[sort(f"{SHIPPED}[year]")]),
            {},
            r"sorts by .*\[year\] first",
        ),
        (
            orders(FIELDS, sorts=[sort(f"{SHIPPED}[date]", nulls="DIALECT_DEFAULT")]),
            {},
            "nulls is not known",
        ),
        (orders(FIELDS, column_totals={"::total::": {"type": "aggregation"}}), {}, "column_totals"),
        (orders(FIELDS, pivots=["order_items.status"]), {"limit": 9}, "pivots"),
        (orders(FIELDS, offset=5), {}, "offset"),
        (orders(FIELDS), {"split_on": f"{SHIPPED}[month]"}, "without a timeframe"),
        (orders(FIELDS), {"by": "week"}, "by='week' is not known"),
        (orders(FIELDS), {"start": "soon"}, "start='soon' is not a date"),
        (orders(FIELDS), {"end": 5}, "end=5 is not a date"),
        (orders(FIELDS), {"end": pd.NaT}, "end=NaT is not a date"),
        (orders(FIELDS), {"end": pd.Timestamp("2024-01-01", tz="UTC")}, "is not a date"),
        # Omni reads these on the day it is asked, and pandas reads them in ways of its own.
        (orders(FIELDS), {"start": "today"}, "start='today' is not a date"),
        (orders(FIELDS), {"start": "now"}, "start='now' is not a date"),
        (orders(FIELDS), {"start": "01/02/2024"}, "is not a date"),
        (orders(FIELDS), {"start": "march"}, "is not a date"),
        (orders(FIELDS), {"end": "2024-03-31 23:59:59.999999"}, "is not a date"),
        (orders(FIELDS), {"end": pd.Timestamp("2024-03-31 23:59:59.999999")}, "to the second"),
        (
            orders(FIELDS),
            {"by": "date", "start": "2013-01-01", "end": "9999-12-31"},
            "2,917,190 pieces",
        ),
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


def test_a_quarter_and_a_month_bound_the_pieces_where_they_begin(omni):
    query = orders([f"{SHIPPED}[date]", "order_items.count"])
    by_text = in_pieces(query, start="2024 Q1", end="2024-03")
    assert by_text.equals(in_pieces(query, start=date(2024, 1, 1), end=pd.Timestamp("2024-03-01")))
    assert by_text.attrs["omni"]["pieces"] == 2


def test_a_time_at_the_end_of_all_time_is_in_the_last_piece(scripted, fake_time):
    def edge(day):
        return answer(whole_answer(arrow(pa.table({"a.at[year]": [day]}))))

    empty = answer(whole_answer(arrow(pa.table({"a.at[date]": pa.array([], pa.date32())}))))
    scripted.script(edge(date(9998, 1, 1)), edge(date(9999, 1, 1)), empty)
    query = QUERY | {"fields": ["a.at[date]"]}
    with client_of(scripted, fake_time) as client:
        omnipd.run_query_in_pieces(query, split_on="a.at", by="year", client=client)
    filters = [json.loads(body)["query"]["filters"]["a.at"] for _, _, _, body in scripted.requests]
    assert filters[2:4] == [
        {"type": "date", "kind": "BEFORE", "right_side": "9999-01-01 00:00:00"},
        {"type": "date", "kind": "ON_OR_AFTER", "left_side": "9999-01-01 00:00:00"},
    ]


def test_no_limit_is_all_rows(omni):
    query = orders([f"{SHIPPED}[date]", "order_items.id"])
    df = in_pieces(query, limit=None, by="year")
    assert len(df) == 240
    assert df.attrs["omni"]["limit"] is None


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


def parts(scripted, fake_time, *tables, **options):
    """Run a query by month with these answers, of which two may be the edges."""
    scripted.requests.clear()
    scripted.script(*[answer(whole_answer(arrow(table))) for table in tables])
    query = options.pop("query", QUERY | {"fields": list(tables[-1].column_names)})
    with client_of(scripted, fake_time) as client:
        return omnipd.run_query_in_pieces(query, split_on="a.at", client=client, **options)


TOKYO_JANUARY, TOKYO_FEBRUARY = pd.Timestamp("2023-12-31 15:00"), pd.Timestamp("2024-01-31 15:00")


def cut(column, *moments, counts=None, zone="UTC"):
    times = {column: pa.array(list(moments), pa.timestamp("us", zone))}
    return pa.table(times | ({} if counts is None else {"a.count": counts}))


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_a_time_that_is_cut_in_another_zone_than_filtered_is_refused(scripted, fake_time, zone):
    with pytest.raises(omnipd.ResponseError, match="2023-12-31 15:00:00") as caught:
        parts(scripted, fake_time, cut("a.at[month]", TOKYO_JANUARY, zone=zone))
    assert len(scripted.requests) == 1
    assert "run_query" in caught.value.hint


def test_rows_that_are_begun_outside_their_piece_are_refused_with_those_before(scripted, fake_time):
    bounds = {"start": "2024-01-01", "end": "2024-03-01"}
    # Five rows of a table, cut in Tokyo and filtered in UTC: February's stand in two months.
    january = cut("a.at[date]", pd.Timestamp("2024-01-31"), counts=[2])
    february = cut(
        "a.at[date]", pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-19"), counts=[1, 1]
    )
    with pytest.raises(omnipd.ResponseError, match=r"2024-01-31 00:00:00 in the piece") as caught:
        parts(scripted, fake_time, january, february, **bounds)
    assert caught.value.partial["a.count"].tolist() == [2]
    assert caught.value.job_id == "job-1"
    for month in ("2023-12-31 15:00", "2024-01-31 15:00"):
        split = cut("a.at[month]", pd.Timestamp(month), counts=[2])
        with pytest.raises(omnipd.ResponseError, match="in UTC begins no month"):
            parts(scripted, fake_time, split, **bounds)


@pytest.mark.parametrize(
    ("column", "moment", "fits"),
    [
        ("a.at", "2024-01-15 10:30:00", True),
        ("a.at", "2024-01-15 10:29:59", False),
        ("a.at", "2024-01-31 23:59:59.999999", True),
        ("a.at", "2024-02-01", False),
        ("a.at", None, False),
        ("a.at[month]", "2024-01-01", True),
        ("a.at[date]", "2024-01-15", True),
        ("a.at[date]", "2024-01-14", False),
        ("a.at[hour]", "2024-01-15 10:00", True),
        ("a.at[hour]", "2024-01-15 10:30", False),
        ("a.at[millisecond]", "2024-01-15 10:30:00.001", True),
    ],
)
def test_a_row_must_lie_in_its_piece(scripted, fake_time, column, moment, fits):
    table = cut(column, None if moment is None else pd.Timestamp(moment))
    bounds = {"start": "2024-01-15 10:30", "end": "2024-02-01"}
    if fits:
        assert len(parts(scripted, fake_time, table, **bounds)) == 1
        return
    with pytest.raises(omnipd.ResponseError, match="pieces in UTC"):
        parts(scripted, fake_time, table, **bounds)


def test_the_last_moment_of_all_lies_in_the_last_piece(scripted, fake_time):
    end = pd.Timestamp("9999-12-31 23:59:59.999999")
    edge = cut("a.at[year]", pd.Timestamp("9999-01-01"))
    df = parts(scripted, fake_time, edge, cut("a.at", end), start="9999-01-01", by="year")
    assert df["a.at"].tolist() == [end.tz_localize("UTC")]


@pytest.mark.parametrize("micros", [2**61, -(2**61)])
def test_a_time_that_no_filter_can_name_is_refused(scripted, fake_time, micros):
    far = pa.table({"a.at[month]": pa.array([micros], pa.timestamp("us"))})
    with pytest.raises(omnipd.ResponseError, match="not in the years 1 to 9999"):
        parts(scripted, fake_time, far)


def test_the_piece_without_a_time_has_none(scripted, fake_time):
    edge = cut("a.at[month]", pd.Timestamp("2024-01-01"))
    timed = cut("a.at[date]", pd.Timestamp("2024-01-07"))
    with pytest.raises(omnipd.ResponseError, match="where rows without a time were asked for"):
        parts(scripted, fake_time, edge, edge, timed, timed)
    nulls = cut("a.at[date]", None)
    assert parts(scripted, fake_time, edge, edge, timed, nulls)["a.at[date]"].isna().sum() == 1


def test_a_time_zone_beside_the_query_is_refused(scripted, fake_time):
    query = {"query": QUERY | {"fields": ["a.at[date]"]}, "timezone": "Asia/Tokyo"}
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(ArgumentError, match="timezone='Asia/Tokyo'"),
    ):
        omnipd.run_query_in_pieces(query, split_on="a.at", client=client)
    assert scripted.requests == []


@pytest.mark.parametrize("edge", [2013, "2013", "not a date", None])
def test_an_edge_that_is_no_time_is_no_edge(scripted, fake_time, edge):
    with pytest.raises(omnipd.ResponseError, match=r"which is not a time|without a time"):
        parts(scripted, fake_time, pa.table({"a.at[month]": [edge]}))
    assert len(scripted.requests) == 1


def test_an_edge_is_asked_for_without_the_measures_that_stand_below_each_other(scripted, fake_time):
    query = QUERY | {"fields": ["a.at[month]", "a.n"], "transposed_measures": ["a.n"]}
    with pytest.raises(omnipd.ResponseError, match="which is not a time"):
        parts(scripted, fake_time, pa.table({"a.at[month]": ["not a date"]}), query=query)
    [asked] = [json.loads(request[3])["query"] for request in scripted.requests]
    assert (asked["fields"], asked["transposed_measures"]) == (["a.at[month]"], [])


def test_no_limit_is_all(scripted, fake_time):
    month = cut("a.at[date]", pd.Timestamp("2024-01-07"))
    bounds = {"start": "2024-01-01", "end": "2024-02-01"}
    assert parts(scripted, fake_time, month, limit=None, **bounds).attrs["omni"]["limit"] is None
    with pytest.warns(OmniWarning, match="exactly 1 row, which is its limit"):
        parts(scripted, fake_time, month, limit=1, **bounds)


def test_more_rows_than_the_limit_are_counted_as_they_are(scripted, fake_time):
    month = cut("a.at[date]", *(pd.Timestamp(2024, 1, day) for day in (5, 6, 7)))
    with pytest.warns(OmniWarning, match="has 3 rows, and its limit is 1:"):
        parts(scripted, fake_time, month, limit=1, start="2024-01-01", end="2024-02-01")


def sums(scripted, fake_time, *columns):
    """Return what becomes of a column that has these types in three months."""
    tables = [
        pa.table({"a.at[date]": [date(2024, month, 5)], "a.sum": column})
        for month, column in enumerate(columns, 1)
    ]
    end = date(2024, len(columns) + 1, 1)
    df = parts(scripted, fake_time, *tables, start="2024-01-01", end=end)
    return df["a.sum"]


def test_types_that_differ_by_the_piece_become_one_that_holds_all_exactly(scripted, fake_time):
    from decimal import Decimal

    tenth, large = Decimal("0.10"), 2**53 + 1
    mixed = sums(scripted, fake_time, pa.array([large]), pa.array([tenth], pa.decimal128(12, 2)))
    assert mixed.tolist() == [Decimal(large), tenth]
    turned = sums(scripted, fake_time, pa.array([tenth], pa.decimal128(38, 30)), pa.array([large]))
    assert turned.tolist() == [tenth, Decimal(large)]
    wide = sums(
        scripted, fake_time, pa.array([1], pa.int32()), pa.nulls(1), pa.array([large]), pa.nulls(1)
    )
    assert wide.isna().tolist() == [False, True, False, True]
    assert wide[2] == large
    floats = sums(scripted, fake_time, pa.array([3]), pa.array([0.5]))
    assert floats.tolist() == [3.0, 0.5]


@pytest.mark.parametrize(
    "columns",
    [
        (pa.array([1], pa.decimal128(9, 2)), pa.array([0.1])),
        (pa.array([2**53 + 1]), pa.array([0.1])),
        (pa.array(["a"]), pa.array([1])),
        (pa.array([date(2024, 1, 1)]), pa.array([pd.Timestamp("2024-01-01")])),
        (pa.array([pd.Timestamp("2024-01-01")]), pa.array([1], pa.timestamp("us", "UTC"))),
    ],
    ids=["decimal and float", "too large for a float", "text and number", "date", "zone"],
)
def test_types_that_no_other_holds_are_an_error_with_the_pieces_before(
    scripted, fake_time, columns
):
    with pytest.raises(omnipd.ResponseError, match=r"no type holds both|do not fit") as caught:
        sums(scripted, fake_time, columns[0], columns[1], columns[0])
    assert len(scripted.requests) == 2
    assert len(caught.value.partial) == 1


def test_a_column_that_nobody_asked_for_is_in_no_piece(scripted, fake_time):
    one = pa.table({"a.at[date]": [date(2024, 1, 5)], "a.new": [1]})
    other = pa.table({"a.at[date]": [date(2024, 2, 5)]})
    df = parts(scripted, fake_time, one, other, start="2024-01-01", end="2024-03-01")
    assert df.columns.tolist() == ["a.at[date]"]
    assert len(df) == 2


def test_a_column_that_only_one_piece_lacks_is_an_error(scripted, fake_time):
    one = pa.table({"a.at[date]": [date(2024, 1, 5)]})
    other = pa.table({"a.new": [1]})
    query = QUERY | {"fields": ["a.at[date]"]}
    with pytest.raises(omnipd.QueryError, match=r"lacks a\.at") as caught:
        parts(scripted, fake_time, one, other, query=query, start="2024-01-01", end="2024-03-01")
    assert len(caught.value.partial) == 1


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
