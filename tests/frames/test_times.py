"""Times keep their type, UTC by any name is UTC, and what pandas cannot hold is said and not lost."""

import warnings
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from faults.given import QUERY, arrow, client_of, whole_answer
from scripted_server import answer, page

import omnipd
from omnipd.frames.columns import to_instant

A, B = "users.state", "users.count"
INSTANT = pa.timestamp("us", "UTC")
LAST = "9999-12-31T23:59:59"
NAMES_OF_UTC = (
    *("UTC", "utc", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Z", "+00:00", "-00:00"),
    *("+0000", "+00", "UCT", "Etc/UCT", "Universal", "Greenwich", "GMT0", "Etc/GMT+0", "GMT-0"),
)


def times(zone, *texts, unit="us"):
    """Instants in a zone, of texts in UTC; years of five digits too."""
    numbers = [None if one is None else int(np.datetime64(one, unit).astype(int)) for one in texts]
    return pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, zone))


def of(column):
    return pa.table({A: ["x"] * len(column), B: column})


def taken(scripted, fake_time, table, tmp_path):
    """A result by each way to have it, and what each warned of."""
    one = answer(whole_answer(arrow(table)))
    file = tmp_path / "rows.parquet"
    ways = {
        "frame": lambda client: omnipd.run_query(QUERY, client=client),
        "stored": lambda client: omnipd.run_query(QUERY, ttl="1h", client=client),
        "from the store": lambda client: omnipd.run_query(QUERY, ttl="1h", client=client),
        "many": lambda client: omnipd.run_queries([QUERY], client=client)[0],
        "sql": lambda client: omnipd.run_sql(
            "SELECT 1", model=QUERY["modelId"], verbatim=True, client=client
        ),
        "arrow": lambda client: omnipd.run_query_arrow(QUERY, client=client),
        "batches": lambda client: pa.Table.from_batches(omnipd.iter_batches(QUERY, client=client)),
        "file": lambda client: [
            omnipd.query_to_parquet(QUERY, file, client=client),
            pyarrow.parquet.read_table(file),
        ][1],
    }
    found, said = {}, {}
    scripted.script(one)
    with client_of(scripted, fake_time) as client:
        for way, take in ways.items():
            with warnings.catch_warnings(record=True, action="always") as caught:
                found[way] = take(client)
            said[way] = [str(warning.message) for warning in caught]
    return found, said


def in_seconds(column):
    """The numbers of seconds from 1970 behind times or dates; Parquet has none of whole seconds."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    wide = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
    per_day = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000}
    days = pa.types.is_date32(column.type)
    per = 1 if days else per_day[getattr(column.type, "unit", "ms")]
    return [
        None if one is None else one * 86_400 // per for one in wide.cast(pa.int64()).to_pylist()
    ]


def type_of(one):
    frame = isinstance(one, pd.DataFrame)
    return one[B].dtype.pyarrow_dtype if frame else one.schema.field(B).type


@pytest.mark.parametrize("zone", NAMES_OF_UTC)
def test_utc_by_any_name_stays_a_timestamp_in_utc(scripted, fake_time, tmp_path, zone):
    table = of(times(zone, "2025-01-01", "9999-12-31", LAST, "0001-01-01", None))
    found, said = taken(scripted, fake_time, table, tmp_path)
    assert {way: type_of(one) for way, one in found.items()} == dict.fromkeys(found, INSTANT)
    assert said == {way: [] for way in said}
    for one in found.values():
        values = one[B].to_pylist() if isinstance(one, pa.Table) else one[B].tolist()
        assert values[1] == datetime(9999, 12, 31, tzinfo=UTC)
        assert values[3].year == 1


@pytest.mark.parametrize(
    ("zone", "texts"),
    [
        ("America/New_York", ["2025-01-01", LAST]),
        ("Asia/Tokyo", ["0001-01-01", "9999-12-31"]),
        ("+05:30", ["2025-01-01", "9999-12-31"]),
    ],
)
def test_a_time_that_its_zone_can_hold_stays_one(scripted, fake_time, tmp_path, zone, texts):
    found, said = taken(scripted, fake_time, of(times(zone, *texts)), tmp_path)
    kind = pa.timestamp("us", zone)
    assert {way: type_of(one) for way, one in found.items()} == dict.fromkeys(found, kind)
    assert said == {way: [] for way in said}
    assert len(found["frame"][B].tolist()) == 2


@pytest.mark.parametrize("zone", ["Nowhere/City", "+0530"])
def test_a_zone_that_nobody_knows_becomes_utc(scripted, fake_time, tmp_path, zone):
    found, said = taken(scripted, fake_time, of(times(zone, "2025-01-01")), tmp_path)
    assert {way: type_of(one) for way, one in found.items()} == dict.fromkeys(found, INSTANT)
    assert said == {way: [] for way in said}
    assert found["frame"][B].tolist() == [datetime(2025, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (times("UTC", "2025-01-01", "10000-01-01", None), "10000-01-01 00:00:00.000000Z"),
        (times("GMT", "2025-01-01", "0000-12-31"), "0000-12-31 00:00:00.000000Z"),
        (times(None, "2025-01-01", "10000-01-01"), "10000-01-01 00:00:00.000000"),
        (times("UTC", "2025-01-01", "200000-01-01", None), "200000-01-01 00:00:00.000000Z"),
        (times(None, "2025-01-01", "-40000-01-01", unit="s"), "-40000-01-01 00:00:00"),
        (times(None, "2025-01-01", "10000-01-01").cast(pa.date32()), "10000-01-01"),
        (
            times(None, "2025-01-01", "40000-01-01", None, unit="ms").cast(pa.date64()),
            "40000-01-01",
        ),
        (
            times("UTC", "2025-01-01", "10000-01-01").dictionary_encode(),
            "10000-01-01 00:00:00.000000Z",
        ),
    ],
    ids=str,
)
def test_a_time_that_cannot_be_held_is_said_however_it_is_taken(
    scripted, fake_time, tmp_path, column, text
):
    found, said = taken(scripted, fake_time, of(column), tmp_path)
    for way, one in found.items():
        [warned] = said[way]
        assert "before the year 1 or after 9999; it is text" in warned, way
        assert B in warned, way
        assert A not in warned or way == "many", way
        if isinstance(one, pd.DataFrame):
            assert type_of(one) == pa.string(), way
            assert one[B][1] == text, way
            assert one[B].isna().tolist() == column.is_null().to_pylist(), way
        else:
            assert in_seconds(one[B].combine_chunks()) == in_seconds(column), way


@pytest.mark.parametrize(
    ("zone", "last"), [("Asia/Tokyo", LAST), ("America/New_York", "0001-01-01"), ("+14:00", LAST)]
)
def test_a_time_that_its_zone_cannot_show_is_shown_in_utc_and_told_of(
    scripted, fake_time, tmp_path, zone, last
):
    found, said = taken(scripted, fake_time, of(times(zone, "2025-01-01", last)), tmp_path)
    for way, one in found.items():
        [warned] = said[way]
        assert f"The column {B} has a time that {zone} cannot show; it is in UTC" in warned, way
        frame = isinstance(one, pd.DataFrame)
        assert type_of(one) == (INSTANT if frame else pa.timestamp("us", zone)), way
        if frame:
            assert one[B].dt.year.tolist() == [2025, int(last[:4])], way


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_utc_is_utc_in_every_unit(scripted, fake_time, tmp_path, unit):
    table = of(times("GMT", "2025-01-01", None, unit=unit))
    found, _ = taken(scripted, fake_time, table, tmp_path)
    kinds = {way: type_of(one) for way, one in found.items()}
    kinds.pop("file")  # Parquet has no whole seconds
    assert kinds == dict.fromkeys(kinds, pa.timestamp(unit, "UTC"))


def test_a_column_of_utc_is_written_and_read_by_pandas(scripted, fake_time, tmp_path):
    scripted.script(answer(whole_answer(arrow(of(times("Etc/UTC", "2025-01-01"))))))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, client=client)
    omnipd.to_parquet(df, tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet", dtype_backend="pyarrow")
    assert type_of(back) == INSTANT


def test_the_types_of_a_result_without_rows_are_those_of_any_other(scripted, fake_time, tmp_path):
    found, said = taken(scripted, fake_time, of(times("Etc/UTC")), tmp_path)
    assert {way: type_of(one) for way, one in found.items()} == dict.fromkeys(found, INSTANT)
    assert said == {way: [] for way in said}


def test_a_batch_says_it_once_for_each_column(scripted, fake_time):
    table = of(times("UTC", *["10000-01-01"] * 6))
    scripted.script(answer(whole_answer(arrow(table, rows_per_batch=2))))
    with (
        client_of(scripted, fake_time) as client,
        warnings.catch_warnings(record=True, action="always") as caught,
    ):
        assert len(list(omnipd.iter_batches(QUERY, client=client))) == 3
    assert len(caught) == 1


def test_pieces_say_it_once_and_have_one_zone(scripted, fake_time):
    time = "a.t"
    query = {"modelId": QUERY["modelId"], "fields": [f"{time}[month]", B]}

    def month(number, zone, text):
        when = pa.array([pd.Timestamp(2024, number, 1)], pa.timestamp("us"))
        table = pa.table({f"{time}[month]": when, B: times(zone, text)})
        return answer(whole_answer(arrow(table)))

    asked = {"split_on": time, "start": "2024-01", "end": "2024-03"}
    with client_of(scripted, fake_time) as client:
        scripted.script(month(1, "GMT", LAST), month(2, "+00:00", "2024-02-03"))
        df = omnipd.run_query_in_pieces(query, client=client, **asked)
        assert type_of(df) == INSTANT
        scripted.requests.clear()
        scripted.script(month(1, "UTC", "10000-01-01"), month(2, "UTC", "10000-02-01"))
        with pytest.warns(omnipd.OmniWarning, match="after 9999") as caught:
            df = omnipd.run_query_in_pieces(query, client=client, **asked)
        assert type_of(df) == pa.string()
        assert len(caught) == 1


def test_parquet_keeps_the_type_whatever_the_values_and_other_files_hold_text(tmp_path):
    far = times("UTC", "2025-01-01", "200000-01-01")
    frame = pa.table({"a": far}).to_pandas(types_mapper=pd.ArrowDtype)
    omnipd.to_parquet(frame, tmp_path / "a.parquet")
    read = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert read["a"].combine_chunks().equals(far)
    omnipd.to_csv(frame, tmp_path / "a.csv")
    omnipd.to_jsonl(frame, tmp_path / "a.jsonl")
    for name in ("a.csv", "a.jsonl"):
        assert '"200000-01-01 00:00:00.000000Z"' in (tmp_path / name).read_text()
    written = omnipd.Inventory({"a": frame}).to_excel(tmp_path / "a.xlsx")
    assert pd.read_excel(written)["a"].tolist()[1] == "200000-01-01 00:00:00.000000Z"


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-05:00", 10**30, -(10**17)])
def test_a_list_with_a_time_that_cannot_be_held_says_so_by_name(scripted, fake_time, value):
    records = [
        {"type": "document", "identifier": "a", "updatedAt": value},
        {"type": "document", "identifier": "b", "updatedAt": "9999-12-31T23:59:59Z"},
    ]
    scripted.script(page(*records))
    with (
        client_of(scripted, fake_time) as client,
        pytest.warns(omnipd.OmniWarning, match="updated_at"),
    ):
        df = omnipd.read_content(client=client)
    assert df["updated_at"].tolist() == [str(value), "9999-12-31 23:59:59.000000Z"]


def test_milliseconds_before_1970_and_up_to_the_last_of_9999_are_instants():
    assert to_instant(-1).isoformat() == "1969-12-31T23:59:59.999000+00:00"
    assert to_instant(-62135596799999).isoformat() == "0001-01-01T00:00:00.001000+00:00"
    assert to_instant(-62135596800000) is None, "the first instant of all stands for none"
    assert to_instant(253402300799999).isoformat() == "9999-12-31T23:59:59.999000+00:00"


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "GMT", "Zulu", "Z", "+00:00"])
def test_instants_of_a_query_are_in_utc_whatever_this_omni_calls_it(zone):
    with omnipd.sandbox(documents=0, zone_of_instants=zone) as omni:
        query = omnipd.Query(omni.models["orders"], "orders").select("order_items.created_at")
        assert omnipd.run_query_arrow(query).schema.types == [INSTANT]
        df = query.run()
    assert df.iloc[:, 0].dtype.pyarrow_dtype == INSTANT
    assert df.iloc[:, 0].dt.year.min() > 2000
