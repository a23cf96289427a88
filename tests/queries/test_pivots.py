"""Pivoted results as frames: the cases of ``pivot_cases``, and what else there is to a pivot."""

import warnings
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import MODEL, arrow, client_of, whole_answer
from queries.pivot_cases import CASES, COLUMN, GRAND, MARK, REGIONS, ROW, PivotCase
from scripted_server import answer

import omnipd
from omnipd import ArgumentError, QueryError, ResponseError

FIRST = CASES[0]


def query_of(case):
    return {
        "modelId": MODEL,
        "table": "o",
        "fields": case.fields,
        "pivots": case.by,
        "limit": 1000,
        **case.rest,
    }


def sent(case, rows_per_batch=None, **more):
    table = pa.table(case.sent)
    summary = {"fields": case.described}
    return answer(
        whole_answer(arrow(table, rows_per_batch=rows_per_batch), summary=summary, **more)
    )


def plain(value):
    """A value without the kinds that null has."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return None if pd.isna(value) else value


@pytest.fixture
def ask(scripted, fake_time):
    """Run a case against a server that sends what it says."""

    def run(case, how=omnipd.run_query, rows_per_batch=2, **options):
        scripted.script(sent(case, rows_per_batch))
        with client_of(scripted, fake_time) as client:
            return how(query_of(case), client=client, **case.options, **options)

    return run


def expect(case):
    return (
        pytest.warns(omnipd.OmniWarning, match=case.warns)
        if case.warns
        else warnings.catch_warnings()
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wide_frame_is_what_a_person_would_draw(ask, case):
    with expect(case):
        df = ask(case)
    assert list(map(plain, df.index)) == case.index
    assert list(map(plain, df.columns)) == case.columns
    assert [list(map(plain, row)) for row in df.to_numpy(object).tolist()] == case.cells
    measures = {one for *_, one in case.columns}
    by, index = ["by", "index"], None
    if "names" not in case.options:
        by = case.by
        index = [name for name in case.fields if name not in {*case.by, *measures}]
        if case.rest.get("transposed_measures"):
            index = ["o.region", "measure_name", "measure_order"]
        if case.options.get("totals"):
            index = [*index, "omni_total"]
        if not case.columns:
            index = ["o.region"]
        assert df.columns.names == [*by, "measure"]
        assert df.index.names == (index or [None])
    assert df.attrs["omni"]["pivot"]["columns_dropped"] == case.dropped


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_cell_of_a_wide_frame_is_one_of_the_long_one(ask, case):
    """Nothing is lost on the way but what is counted as dropped, and nothing comes of nowhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        wide, long = ask(case), ask(case, pivot="long")
        batches = pa.Table.from_batches(list(ask(case, omnipd.iter_batches)))
    pivot = wide.attrs["omni"]["pivot"]
    assert len(batches) == len(long)
    assert batches.column_names == long.columns.tolist()
    if case.dropped or not case.columns or "names" in case.options:
        return
    names = [name for name in long.columns if name not in pivot["measures"]]
    cells = {
        tuple(plain(row[name]) for name in names): {
            one: plain(row[one]) for one in pivot["measures"]
        }
        for row in long.to_dict("records")
    }
    assert len(cells) == len(long)
    rows = [name for name in names if name not in pivot["by"]]
    seen = 0
    for at, row in wide.iterrows():
        own = dict(zip(rows, map(plain, at if isinstance(at, tuple) else (at,)), strict=False))
        for column, value in row.items():
            own |= dict(zip(pivot["by"], map(plain, column), strict=False))
            held = cells.get(tuple(own[name] for name in names), {})
            assert held.get(column[-1]) == plain(value)
            seen += column[-1] in held
    assert seen == len(long) * len(pivot["measures"])


NO_MEASURES = PivotCase(
    "no measures",
    ["o.region", "o.stage"],
    ["o.stage"],
    {
        "o.region": ["APAC", "APAC", None],
        "o.stage": ["Won", "Lead", "Won"],
        ROW: [1, 1, 2],
        COLUMN: [2, 1, 2],
    },
    [],
    [],
    [],
)


@pytest.mark.parametrize("form", ["wide", "flat", "long"])
def test_without_measures_the_rows_stay_below_each_other(ask, form):
    with warnings.catch_warnings(record=True, action="always") as said:
        df = ask(NO_MEASURES, pivot=form)
    assert [list(map(plain, row)) for row in df.to_numpy(object).tolist()] == [
        ["APAC", "Lead"],
        ["APAC", "Won"],
        [None, "Won"],
    ]
    assert df.columns.tolist() == ["o.region", "o.stage"]
    assert ["no measures" in str(one.message) for one in said] == [True] * (form != "long")


def test_a_long_frame_is_in_the_order_of_the_pivot_and_of_the_query(ask):
    case = next(case for case in CASES if case.name.startswith("rows that come in another"))
    assert ask(case, pivot="long").values.tolist() == [
        ["APAC", "Lead", 1],
        ["APAC", "Won", 2],
        ["NA", "Lead", 3],
        ["NA", "Won", 4],
    ]
    assert ask(case, omnipd.run_query_arrow).column_names == REGIONS
    assert list(ask(case, pivot="long").columns) == REGIONS


def test_cells_keep_their_types_and_times_are_those_of_pandas(ask):
    two = next(case for case in CASES if case.name.startswith("two measures"))
    df = ask(two)
    assert [str(kind) for kind in df.dtypes] == ["int64[pyarrow]", "decimal128(12, 2)[pyarrow]"] * 2
    assert df["Lead"].columns.tolist() == ["o.count", "o.amount"]
    assert df[("Won", "o.amount")].sum() == Decimal("3.00")
    months = ask(next(case for case in CASES if case.name.startswith("times as columns")))
    assert months.columns.levels[0].dtype == "datetime64[us]"
    assert months["2024-02-01"]["o.amount"].tolist() == [2, 3]
    assert str(months.index.dtype) == "date32[day][pyarrow]"


def test_a_flat_frame_has_plain_columns_that_any_file_holds(ask, tmp_path):
    df = ask(FIRST, pivot="flat")
    assert df.columns.tolist() == [
        "o.region",
        "Lead · o.amount",
        "Negotiation · o.amount",
        "Won · o.amount",
    ]
    assert df.index.equals(pd.RangeIndex(3))
    fields = df.attrs["omni"]["pivot"]["fields"]
    assert fields == dict.fromkeys(df.columns[1:], "o.amount")
    assert df["Won · o.amount"].isna().tolist() == [True, False, False]
    table = ask(FIRST, omnipd.run_query_arrow, pivot="flat")
    assert table.to_pylist()[1] == {
        "o.region": "EMEA",
        "Lead · o.amount": 30,
        "Negotiation · o.amount": None,
        "Won · o.amount": 40,
    }
    omnipd.to_parquet(df, tmp_path / "x.parquet")
    omnipd.to_csv(df, tmp_path / "x.csv")
    omnipd.to_excel(df, tmp_path / "x.xlsx")
    again = pd.read_parquet(tmp_path / "x.parquet", dtype_backend="pyarrow")
    assert again.equals(df)


FLAT_NAMES = [
    (["a", None, "null", "a · b"], ["a", "null", "null_2", "a · b"]),
    (pa.array([True, False, None]), ["true", "false", "null"]),
    (pa.array([Decimal("0.00000001"), Decimal("1E+3")], pa.decimal128(38, 8)), None),
    (pa.array([0, 86_400_000_000], pa.timestamp("us")), ["1970-01-01", "1970-01-02"]),
    (
        pa.array([0, 3_600_000_000], pa.timestamp("us", "UTC")),
        ["1970-01-01 00:00:00+00:00", "1970-01-01 01:00:00+00:00"],
    ),
    (pa.array([1, 10], pa.date32()), ["1970-01-02", "1970-01-11"]),
]


@pytest.mark.parametrize(("values", "names"), FLAT_NAMES)
def test_values_as_names_of_columns(ask, values, names):
    count = len(values)
    numbers = {ROW: [1] * count, COLUMN: list(range(1, count + 1))}
    of = {"o.region": ["NA"] * count, "o.stage": values, "o.amount": list(range(count))}
    case = PivotCase("", REGIONS, ["o.stage"], of | numbers, [], [], [])
    names = names or ["0.00000001", "1000.00000000"]
    found = ask(case, omnipd.run_query_arrow, pivot="flat").to_pylist()
    suffixed = [f"{one.removesuffix('_2')} · o.amount{'_2' * one.endswith('_2')}" for one in names]
    assert found == [{"o.region": "NA", **dict(zip(suffixed, range(count), strict=True))}]


def test_a_flat_frame_says_which_measure_each_column_is_of(ask):
    case = next(case for case in CASES if case.name.startswith("labels"))
    assert ask(case, pivot="flat").attrs["omni"]["pivot"]["fields"] == {
        "Won · N (o.amount)": "o.amount",
        "Won · N (o.count)": "o.count",
    }
    assert "fields" not in ask(case).attrs["omni"]["pivot"]


def test_forms_that_are_none_are_refused_by_name(ask, scripted, fake_time):
    with client_of(scripted, fake_time) as client:
        for how, form, words in (
            (omnipd.run_query, "tall", "pivot='tall'"),
            (omnipd.run_query_arrow, "wide", "of a DataFrame"),
            (omnipd.iter_batches, "wide", "iter_batches has no keyword 'pivot'"),
        ):
            with pytest.raises(ArgumentError, match=words):
                how(query_of(FIRST), pivot=form, client=client)
    assert scripted.requests == []


def test_a_query_without_pivots_is_the_same_in_every_form(scripted, fake_time):
    table = pa.table({"o.region": ["NA"], "o.amount": [1]})
    query = {"modelId": MODEL, "table": "o", "fields": table.column_names}
    scripted.script(answer(whole_answer(arrow(table))))
    with client_of(scripted, fake_time) as client:
        frames = [
            omnipd.run_query(query, pivot=form, client=client)
            for form in (None, "wide", "flat", "long")
        ]
    assert all(frame.equals(frames[0]) for frame in frames)
    assert frames[0].columns.tolist() == table.column_names


def test_two_rows_for_one_cell_are_an_error_and_none_of_them_is_lost_in_the_long_form(ask):
    twice = {name: [*values, values[-1]] for name, values in FIRST.sent.items()}
    case = PivotCase("", REGIONS, ["o.stage"], twice, [], [], [])
    with pytest.raises(ResponseError, match="two rows for one cell"):
        ask(case)
    assert len(ask(case, pivot="long")) == 8


def test_without_a_word_of_measures_nothing_is_guessed(scripted, fake_time):
    scripted.script(answer(whole_answer(arrow(pa.table(FIRST.sent)), summary={"fields": {}})))
    with client_of(scripted, fake_time) as client:
        with pytest.raises(QueryError, match="which columns of the result are measures"):
            omnipd.run_query(query_of(FIRST), client=client)
        assert len(omnipd.run_query(query_of(FIRST), pivot="long", client=client)) == 7


def test_a_calculation_of_the_query_is_a_measure_without_a_word_of_omni(scripted, fake_time):
    fields = ["o.region", "o.stage", "share"]
    table = pa.table({**FIRST.sent, "share": FIRST.sent["o.amount"]}).drop_columns(["o.amount"])
    known = {name: {"is_dimension": True} for name in fields[:2]}
    scripted.script(answer(whole_answer(arrow(table), summary={"fields": known})))
    query = query_of(FIRST) | {"fields": fields, "calculations": [{"calc_name": "share"}]}
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(query, client=client)
    assert df.columns.get_level_values("measure").unique().tolist() == ["share"]


def test_names_that_came_back_in_another_case(scripted, fake_time):
    table = pa.table(
        {name.upper() if "." in name else name: held for name, held in FIRST.sent.items()}
    )
    summary = {"fields": FIRST.described}
    scripted.script(answer(whole_answer(arrow(table), summary=summary)))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(query_of(FIRST), client=client)
    assert df.index.name == "O.REGION"
    assert df.to_numpy(object)[2].tolist() == [50, 60, 70]


def said_by(run):
    with warnings.catch_warnings(record=True, action="always") as caught:
        df = run()
    return df, [str(one.message) for one in caught]


@pytest.mark.parametrize("form", ["wide", "flat", "long"])
@pytest.mark.parametrize("totals", [False, True])
@pytest.mark.parametrize(("limit", "reached"), [(2, True), (3, False), (4, True), (5, False)])
def test_the_limit_is_that_of_the_rows_of_a_pivot(
    scripted, fake_time, form, totals, limit, reached
):
    """Two rows in four cells; whether Omni counts rows or cells was not seen, so that four may be cut."""
    case = next(case for case in CASES if case.name.startswith("totals of columns"))
    more = pa.table(case.sent)
    more = pa.concat_tables([more.slice(0, 1), more])
    more = more.set_column(1, "o.stage", pa.array(["Won", *more["o.stage"].to_pylist()[1:]]))
    scripted.script(answer(whole_answer(arrow(more), summary={"fields": case.described})))
    query = query_of(case) | {"limit": limit}
    with client_of(scripted, fake_time) as client:
        df, said = said_by(
            lambda: omnipd.run_query(query, pivot=form, totals=totals, client=client)
        )
        _, again = said_by(lambda: list(omnipd.iter_batches(query, totals=totals, client=client)))
    assert df.attrs["omni"]["limit_reached"] == reached
    words = (
        f"The result has exactly {limit} rows, which is its limit: there may be more. Give a larger"
    )
    for texts in (said, again):
        assert len(texts) == reached
        assert all(text.startswith(words) for text in texts)


@pytest.mark.parametrize(("limit", "said"), [(3, True), (4, False)])
@pytest.mark.parametrize("form", ["wide", "long"])
def test_a_pivot_with_as_many_columns_as_its_limit_may_have_more(ask, limit, said, form):
    case = PivotCase("", REGIONS, ["o.stage"], FIRST.sent, [], [], [], rest={"column_limit": limit})
    df, texts = said_by(lambda: ask(case, pivot=form))
    words = [
        "The pivot has 3 columns, and its column_limit is 3: there may be more. "
        "Give the query a larger column_limit."
    ]
    assert texts == words * said
    assert (
        df.attrs["omni"]["pivot"].items()
        >= {
            "by": ["o.stage"],
            "measures": ["o.amount"],
            "column_limit": limit,
            "columns": 3,
        }.items()
    )
    _, texts = said_by(lambda: list(ask(case, omnipd.iter_batches)))
    assert texts == words * said


def test_a_stored_result_serves_every_form(scripted, fake_time, tmp_path):
    scripted.script(sent(FIRST))
    with client_of(scripted, fake_time, cache_dir=tmp_path) as client:
        wide, flat, long, again = (
            omnipd.run_query(query_of(FIRST), pivot=form, ttl="1h", client=client)
            for form in ("wide", "flat", "long", None)
        )
        labeled = omnipd.run_query(query_of(FIRST), names="label", ttl="1h", client=client)
        table = omnipd.run_query_arrow(query_of(FIRST), ttl="1h", client=client)
    assert len(scripted.requests) == 2  # one for each kind of names
    assert again.equals(wide)
    assert again.attrs["omni"]["from_cache"]
    assert flat["Won · o.amount"].tolist()[1:] == wide[("Won", "o.amount")].tolist()[1:] == [40, 70]
    assert long.columns.tolist() == table.column_names == REGIONS
    assert labeled.index.name == "Region"
    assert labeled.columns.names == ["Stage", "measure"]


def test_several_queries_and_their_frames(scripted, fake_time):
    scripted.script(sent(FIRST))
    with client_of(scripted, fake_time) as client:
        [wide] = omnipd.run_queries([query_of(FIRST)], client=client)
        [long] = omnipd.run_queries([query_of(FIRST)], pivot="long", client=client)
    assert (wide.shape, long.shape) == ((3, 3), (7, 3))


def test_the_schema_of_a_pivot_is_that_of_its_long_form(ask):
    df = ask(FIRST, omnipd.schema)
    assert (len(df), df.columns.tolist()) == (0, REGIONS)


def test_totals_of_the_rows_of_a_pivot_are_long_only(scripted, fake_time):
    query = query_of(FIRST) | {"row_totals": {"::total::": {"type": "aggregation"}}}
    scripted.script(sent(FIRST))
    with client_of(scripted, fake_time) as client:
        with pytest.raises(ArgumentError, match="How Omni lays out the totals of the rows"):
            omnipd.run_query(query, totals=True, client=client)
        assert scripted.requests == []
        with pytest.warns(omnipd.OmniWarning, match="left out totals .* the totals of the rows"):
            assert len(omnipd.run_query(query, totals=True, pivot="long", client=client)) == 7
        assert omnipd.run_query(query, client=client).shape == (3, 3)


def test_totals_of_a_pivot_apart(ask):
    case = next(case for case in CASES if case.name.startswith("totals of columns"))
    rows, totals = omnipd.split_totals(ask(case))
    assert list(map(plain, rows.index)) == [None, "NA"]
    assert list(map(plain, totals.index)) == [(None, GRAND)]
    assert totals.to_numpy(object).tolist() == [[3, 3]]
    without = PivotCase(**(vars(case) | {"options": {}}))
    assert rows.equals(ask(without))
    assert MARK in case.sent


def test_a_pivot_of_many_rows_is_made_column_by_column(ask):
    """100,000 cells of 10,000 rows: what would be a loop over cells is seen in a profile, not here."""
    rows, columns = 10_000, 10
    numbers = range(rows * columns)
    of = {
        "o.region": [f"r{number // columns:05d}" for number in numbers],
        "o.stage": [f"s{number % columns}" for number in numbers],
        ROW: [number // columns + 1 for number in numbers],
        COLUMN: [number % columns + 1 for number in numbers],
        "o.amount": list(numbers),
    }
    case = PivotCase("", REGIONS, ["o.stage"], of, [], [], [], rest={"limit": 20_000})
    df = ask(case, rows_per_batch=5_000)
    assert df.shape == (rows, columns)
    assert df.loc["r04321"].tolist() == list(range(43_210, 43_220))
