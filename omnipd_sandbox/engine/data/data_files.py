"""Somebody's own data as a database: files of tables, or a database that is copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from omnipd_sandbox.engine.data.limits import USUAL, Limits
from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.shortened import first_line

_READ = {".parquet": "read_parquet({})", ".csv": "read_csv({}, sample_size = -1)"}
DATABASE = "data.duckdb"


class UnusableData(ValueError):
    """Say which file cannot be used, and why."""


def open_data(folder: Path, limits: Limits = USUAL) -> Warehouse:
    """Load a folder of tables into memory: a file is a table, a folder of them a schema.

    Raises
    ------
    UnusableData
        For what is not a table, and for two files of one table.
    """
    statements = list(_statements(folder))
    warehouse = Warehouse(Dataset("", lambda _: None), limits=limits)
    for place, statement in statements:
        try:
            warehouse.load(statement)
        except duckdb.Error as error:
            raise UnusableData(f"{place}: {first_line(error)}") from None
    return warehouse


def _statements(folder: Path) -> Iterator[tuple[str, str]]:
    """Give the SQL that loads each file, with the file's place."""
    if not folder.is_dir():
        return
    tables: dict[tuple[str, str], str] = {}
    schemas = sorted(each for each in folder.iterdir() if each.is_dir())
    for schema, inside in [("main", folder), *((each.name, each) for each in schemas)]:
        for path in sorted(inside.iterdir()):
            place = path.relative_to(folder.parent).as_posix()
            if path.is_dir() and inside != folder and not path.name.startswith("."):
                raise UnusableData(f"{place}: a table lies in data/ or in a folder of its schema")
            if path.is_dir() or path.name.startswith("."):
                continue
            if path.name == DATABASE and inside == folder:
                yield from _copied(path, place)
                continue
            if path.suffix.lower() not in _READ:
                raise UnusableData(
                    f"{place}: data is read from .parquet, .csv and {DATABASE}, not from this"
                )
            key = (schema.lower(), path.stem.lower())
            if key in tables:
                raise UnusableData(f"{place}: {tables[key]} is this table, too")
            tables[key] = place
            rows = _READ[path.suffix.lower()].format(_literal(str(path)))
            if schema != "main":
                yield place, f"CREATE SCHEMA IF NOT EXISTS {_name(schema)}"
            yield place, f"CREATE TABLE {_name(schema)}.{_name(path.stem)} AS FROM {rows}"


def _copied(path: Path, place: str) -> Iterator[tuple[str, str]]:
    """Copy a database's tables and views: two sandboxes may use one file."""
    try:
        with duckdb.connect(str(path), read_only=True) as source:
            found = source.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
                " UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
                " ORDER BY ALL"
            ).fetchall()
    except duckdb.Error as error:
        raise UnusableData(f"{place}: {first_line(error)}") from None
    yield place, f"ATTACH {_literal(str(path))} AS brought (READ_ONLY)"
    for schema, table in found:
        yield place, f"CREATE SCHEMA IF NOT EXISTS {_name(schema)}"
        name = f"{_name(schema)}.{_name(table)}"
        yield place, f"CREATE TABLE {name} AS FROM brought.{name}"
    yield place, "DETACH brought"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
