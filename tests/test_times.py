"""Times keep their type: UTC by any name is UTC, and what cannot be kept is said, in every frame alike."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from faults.given import MODEL, arrow, client_of, whole_answer
from scripted_server import answer

import omnipd

QUERY = {"modelId": MODEL, "table": "t", "fields": ["t.at"]}
UTC_NAMES = ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "+00:00", "-00:00", "Zulu", "utc", "Etc/Universal"]
USUAL, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)


def sent(kind, *moments):
    plain = pa.array(list(moments), pa.timestamp(kind.unit, "UTC"))
    return pa.table({"t.at": plain.cast(pa.int64()).cast(kind)})


def frames(scripted, table):
    scripted.script(answer(whole_answer(arrow(table))))
    with client_of(scripted) as client:
        yield omnipd.run_query(QUERY, client=client)
        yield omnipd.run_queries([QUERY], client=client)[0]
        yield omnipd.run_sql("select 1", model=MODEL, verbatim=True, client=client)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("name", UTC_NAMES)
def test_utc_by_any_name_is_utc_whatever_the_values(scripted, name, unit):
    moments = (USUAL, None) if unit == "ns" else (USUAL, None, LAST)
    for df in frames(scripted, sent(pa.timestamp(unit, name), *moments)):
        assert str(df.dtypes["t.at"]) == f"timestamp[{unit}, tz=UTC][pyarrow]"
        held = df["t.at"].array._pa_array.cast(pa.timestamp(unit))
        assert held.to_pylist()[0] == USUAL.replace(tzinfo=None)
        assert len(repr(df)) > 0


def test_a_time_that_its_zone_cannot_show_is_shown_in_utc_and_told_of(scripted):
    table = sent(pa.timestamp("us", "America/New_York"), USUAL, FIRST)
    scripted.script(answer(whole_answer(arrow(table))))
    with client_of(scripted) as client:
        for run in (
            lambda: omnipd.run_query(QUERY, client=client),
            lambda: omnipd.run_queries([QUERY], client=client)[0],
            lambda: omnipd.run_sql("select 1", model=MODEL, verbatim=True, client=client),
        ):
            with pytest.warns(omnipd.OmniWarning, match=r"t\.at has a time that America/New_York"):
                df = run()
            assert str(df.dtypes["t.at"]) == "timestamp[us, tz=UTC][pyarrow]"
            assert df["t.at"].dt.year.tolist() == [2025, 1]


def test_a_usual_time_in_a_zone_stays_in_it(scripted):
    for df in frames(scripted, sent(pa.timestamp("us", "America/New_York"), USUAL)):
        assert str(df.dtypes["t.at"]) == "timestamp[us, tz=America/New_York][pyarrow]"


@pytest.mark.parametrize("zone", [None, "UTC", "Etc/UTC", "Europe/Berlin"])
def test_a_time_that_no_calendar_of_python_has_makes_text_and_is_told_of(scripted, zone):
    beyond = pa.array([0, 253_402_300_800_000_000], pa.int64()).cast(pa.timestamp("us", zone))
    scripted.script(answer(whole_answer(arrow(pa.table({"t.at": beyond})))))
    with client_of(scripted) as client:
        with pytest.warns(omnipd.OmniWarning, match="before the year 1 or after 9999; it is text"):
            df = omnipd.run_query(QUERY, client=client)
        assert str(df.dtypes["t.at"]) == "string[pyarrow]"
        table = omnipd.run_query_arrow(QUERY, client=client)
    assert table["t.at"].cast(pa.int64()).to_pylist() == [0, 253_402_300_800_000_000]


def test_files_and_arrow_tables_hold_every_time_as_it_came(scripted, tmp_path):
    table = sent(pa.timestamp("us", "America/New_York"), USUAL, FIRST)
    scripted.script(answer(whole_answer(arrow(table))))
    with client_of(scripted) as client:
        omnipd.query_to_parquet(QUERY, tmp_path / "a.parquet", client=client)
        batches = list(omnipd.iter_batches(QUERY, client=client))
    for held in (pq.read_table(tmp_path / "a.parquet"), pa.Table.from_batches(batches)):
        assert held.schema.field("t.at").type == pa.timestamp("us", "America/New_York")
        assert pc.min(held["t.at"].cast(pa.int64())).as_py() == -62_135_596_800_000_000


def test_a_column_of_utc_is_written_and_read_by_pandas(scripted, tmp_path):
    scripted.script(answer(whole_answer(arrow(sent(pa.timestamp("us", "Etc/UTC"), USUAL)))))
    with client_of(scripted) as client:
        df = omnipd.run_query(QUERY, client=client)
    omnipd.to_parquet(df, tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet", dtype_backend="pyarrow")
    assert str(back.dtypes["t.at"]) == "timestamp[us, tz=UTC][pyarrow]"
