"""Totals as Omni sends them: read, told apart, and missed where they are missing."""

import warnings
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import MODEL, arrow, client_of, whole_answer
from scripted_server import answer

import omnipd

FIELDS = ["d.year", "d.genre", "d.title", "d.gross"]
SUB_YEAR, SUB_GENRE, GRAND = (
    "column_subtotal::d.year",
    "column_subtotal::d.genre",
    "column_total",
)
TOTALS = {name: {"type": "aggregation"} for name in ("d.year", "d.genre", "::total::")}
QUERY = {
    "modelId": MODEL,
    "table": "d",
    "fields": FIELDS,
    "column_totals": TOTALS,
    "limit": 10,
}
DESCRIBED = {name: {"is_dimension": name != "d.gross"} for name in FIELDS}
#: Year, genre, title, gross, the mask of GROUPING, the kind of total; each behind its group.
ROWS = [
    (1977, "Drama", "A", "1.50", 0, None),
    (1977, "Drama", "B", "2.50", 0, None),
    (1977, "Drama", None, "4.00", 1, SUB_GENRE),
    (1977, None, "C", "1.00", 0, None),
    (1977, None, None, "1.00", 1, SUB_GENRE),
    (1977, None, None, "5.00", 3, SUB_YEAR),
    (1979, "Drama", "A", None, 0, None),
    (1979, "Drama", None, None, 1, SUB_GENRE),
    (1979, None, None, None, 3, SUB_YEAR),
    (None, None, None, "5.00", 7, GRAND),
]


def as_sent(rows):
    """The columns of an answer of 2025: sort keys among the fields, Omni's own behind them."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    grosses = [None if one is None else Decimal(one) for one in columns[3]]
    keys = pa.array(range(len(rows)), pa.int32())
    return pa.table(
        {
            "d.year": pa.array(columns[0], pa.int64()),
            "d.genre": pa.array(columns[1], pa.string()),
            "d.title": pa.array(columns[2], pa.string()),
            "d.gross": pa.array(grosses, pa.decimal128(38, 2)),
            "ssort_0": keys,
            "ssort_1": keys,
            "$omni_group_grouping": pa.array(columns[4], pa.int32()),
            "$omni_column_total_indicator": pa.array(columns[5], pa.string()),
            "$omni_total_sort": pa.array([(one and 1) or 0 for one in columns[4]], pa.int32()),
        }
    )


@pytest.fixture
def ask(scripted, fake_time):
    """Run a query against a server that sends these rows; return the result and what was warned of."""

    def run(rows=ROWS, how=omnipd.run_query, described=DESCRIBED, **options):
        payload = arrow(as_sent(rows), rows_per_batch=3)
        scripted.script(answer(whole_answer(payload, summary={"fields": described})))
        query = QUERY | options.pop("query", {})
        with (
            client_of(scripted, fake_time) as client,
            warnings.catch_warnings(record=True, action="always") as caught,
        ):
            result = how(query, client=client, **options)
            result = list(result) if how is omnipd.iter_batches else result
        return result, [str(one.message) for one in caught]

    return run


def rows_of(df):
    return [
        tuple(None if pd.isna(one) else one for one in row) for row in df.to_numpy(object).tolist()
    ]


def as_read(row):
    gross = None if row[3] is None else Decimal(row[3])
    return (*row[:3], gross, row[5])


def test_totals_stay_where_they_came_with_their_mark(ask):
    df, said = ask(totals=True)
    assert df.columns.tolist() == [*FIELDS, "omni_total"]
    assert rows_of(df) == list(map(as_read, ROWS))
    assert said == []
    assert df.attrs["omni"]["totals_missing"] == {}
    assert str(df.dtypes["d.gross"]) == "decimal128(38, 2)[pyarrow]"


def test_without_them_the_rows_are_left_in_their_order(ask):
    df, said = ask()
    assert rows_of(df) == [as_read(row)[:4] for row in ROWS if row[5] is None]
    assert said == []


def test_rows_and_totals_apart(ask):
    df, _ = ask(totals=True)
    before = df.copy()
    rows, totals = omnipd.split_totals(df)
    plain, _ = ask()
    assert rows.equals(plain)
    assert rows_of(totals) == [as_read(row) for row in ROWS if row[5] is not None]
    assert totals.index.equals(pd.RangeIndex(6))
    assert df.equals(before)
    assert rows.attrs["omni"]["limit"] == totals.attrs["omni"]["limit"] == 10
    assert totals.dtypes.equals(df.dtypes)


def test_rows_and_totals_may_be_asked_for_apart(ask):
    (rows, totals), said = ask(totals="separate")
    kept, _ = ask(totals="rows")
    wanted = omnipd.split_totals(kept)
    assert rows.equals(wanted[0])
    assert totals.equals(wanted[1])
    assert kept.equals(ask(totals=True)[0])
    assert said == []


@pytest.mark.parametrize("totals", ["separate", "row", 1, None])
def test_what_says_nothing_of_totals_is_refused(scripted, fake_time, totals):
    with client_of(scripted, fake_time) as client:
        for run, query in ((omnipd.run_query_arrow, QUERY), (omnipd.run_queries, [QUERY])):
            with pytest.raises(
                omnipd.ArgumentError, match=r"totals=.* is not known here"
            ) as caught:
                run(query, totals=totals, client=client)
            assert "split_totals" in str(caught.value)
    assert scripted.requests == []


def test_a_frame_without_the_mark_has_no_totals_to_split_off(ask):
    with pytest.raises(omnipd.ArgumentError, match="no column omni_total") as caught:
        omnipd.split_totals(ask()[0])
    assert "totals=True" in str(caught.value)
    with pytest.raises(omnipd.ArgumentError, match="Expected a DataFrame"):
        omnipd.split_totals([1])


PLAIN = [row for row in ROWS if row[5] is None]
WORDS = "Omni left out totals that the query asks for: {}. They have a limit of their own"


def test_totals_that_are_absent_are_missed_by_name(ask):
    """As in the answer of 2025: two subtotals were asked for with a limit of 10, and none came."""
    df, [said] = ask(PLAIN, totals=True)
    assert len(df) == 4
    assert df["omni_total"].isna().all()
    assert said.startswith(
        WORDS.format(
            "the subtotals of 2 groups by d.year; the subtotals of 3 groups by d.genre; "
            "the grand total"
        )
    )
    assert df.attrs["omni"]["totals_missing"] == {SUB_YEAR: 2, SUB_GENRE: 3, GRAND: None}


def test_subtotals_that_some_groups_lack_are_counted(ask):
    """The last group's are those that the limit cuts off."""
    df, [said] = ask(ROWS[:7], totals=True)
    assert df.attrs["omni"]["totals_missing"] == {GRAND: None, SUB_YEAR: 1, SUB_GENRE: 1}
    words = "the grand total; the subtotal of 1 group by d.year; the subtotal of 1 group by d.genre"
    assert said.startswith(WORDS.format(words))


def test_they_are_counted_whatever_the_columns_are_called(ask):
    missing = {GRAND: None, SUB_YEAR: 1, SUB_GENRE: 1}
    labels = {name: {**one, "label": name[2:].title()} for name, one in DESCRIBED.items()}
    df, _ = ask(ROWS[:7], totals=True, described=labels, names="label")
    assert df.columns.tolist() == ["Year", "Genre", "Title", "Gross", "omni_total"]
    assert df.attrs["omni"]["totals_missing"] == missing
    shouted = {name.upper(): one for name, one in DESCRIBED.items()}
    df, _ = ask(ROWS[:7], totals=True, described=shouted)
    assert df.attrs["omni"]["totals_missing"] == missing


def test_nobody_who_drops_totals_is_told_of_them(ask):
    df, said = ask(PLAIN)
    assert said == []
    assert "totals_missing" not in df.attrs["omni"]


def test_of_no_rows_there_are_no_totals(ask):
    df, said = ask([], totals=True)
    assert (len(df), said, df.attrs["omni"]["totals_missing"]) == (0, [], {})


def test_which_groups_lack_one_is_not_guessed_where_dimensions_are_not_told(ask):
    df, [said] = ask(ROWS[:7], totals=True, described={})
    assert df.attrs["omni"]["totals_missing"] == {GRAND: None}
    assert said.startswith(WORDS.format("the grand total"))


def test_the_other_name_of_the_grand_total_is_it(ask):
    rows = [*ROWS[:-1], (*ROWS[-1][:5], "::total::")]
    df, said = ask(rows, totals=True)
    assert (said, df.attrs["omni"]["totals_missing"]) == ([], {})


def test_rows_as_they_arrive_tell_which_kinds_are_missing(ask):
    batches, said = ask(ROWS[:6], omnipd.iter_batches, totals=True)
    assert sum(batch.num_rows for batch in batches) == 6
    assert [one.startswith(WORDS.format("the grand total")) for one in said] == [True]
    _, said = ask(PLAIN, omnipd.iter_batches, totals=True)
    words = "the subtotals by d.year; the subtotals by d.genre; the grand total"
    assert [one.startswith(WORDS.format(words)) for one in said] == [True]


@pytest.mark.parametrize("totals", [False, True])
@pytest.mark.parametrize(("limit", "reached"), [(4, True), (5, False)])
@pytest.mark.parametrize("how", [omnipd.run_query, omnipd.run_query_arrow, omnipd.iter_batches])
def test_totals_do_not_count_against_the_limit(ask, how, totals, limit, reached):
    """Four rows and six totals: at a limit of four there may be more rows, at five there are none."""
    _, said = ask(how=how, totals=totals, limit=limit)
    assert len(said) == reached
    assert all(one.startswith("The result has exactly 4 rows") for one in said)


def test_a_stored_result_says_again_what_is_missing(scripted, fake_time, tmp_path):
    payload = arrow(as_sent(ROWS[:-1]))
    scripted.script(answer(whole_answer(payload, summary={"fields": DESCRIBED})))
    with client_of(scripted, fake_time, cache_dir=tmp_path) as client:
        for _ in range(2):
            with pytest.warns(omnipd.OmniWarning, match="the grand total"):
                df = omnipd.run_query(QUERY, totals=True, ttl="1h", client=client)
    assert len(scripted.requests) == 1
    assert df.attrs["omni"]["totals_missing"] == {GRAND: None}
    assert df.attrs["omni"]["from_cache"]
