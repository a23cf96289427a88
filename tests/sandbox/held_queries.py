"""A sandbox over some of the bundled data, which queries made by chance are asked of."""

from __future__ import annotations

import base64
import http.client
import json
import math
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, Self
from urllib.parse import urlsplit

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from queries.plain_sql import (
    DIMENSIONS,
    ENTRANCES,
    FLIGHTS,
    MEASURES,
    ORDERS,
    asked,
    condition,
    statement,
)
from sandbox.random_calculations import COLUMN, ROW, Rows
from sandbox.random_layouts import Asked, laid_out
from sandbox.random_queries import NOW, PERIODS, random_query
from sandbox.worked_out import GROUPING, MARK, TOTAL_SORT, answer

import omnipd
from omnipd_sandbox.engine.bundled import BUNDLED, model_folder
from omnipd_sandbox.engine.data.datasets import flights
from omnipd_sandbox.engine.data.warehouse import DATASETS, Dataset, Warehouse, warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.model.formats import with_formats
from omnipd_sandbox.engine.read_model import read_checked_model
from omnipd_sandbox.server import Server

# Enough to hold every airport, airline and month, few enough for thousands of queries.
ONE_FLIGHT_IN = 149
ONE_HOUR_OF_WEATHER_IN = 11
KEPT = {
    "flights": f"id % {ONE_FLIGHT_IN} = 0",
    "weather": f"(day * 24 + hour) % {ONE_HOUR_OF_WEATHER_IN} = 0",
}
# One query in so many is asked by way of the client, too.
ONE_BY_THE_CLIENT_IN = 3


def fill_with_some_flights(connection: duckdb.DuckDBPyConnection) -> None:
    # Rows that are deleted are still walked over, so the few are taken from another database.
    with duckdb.connect(":memory:") as whole:
        whole.execute(flights.SCHEMA)
        flights.fill(whole)
        for (table,) in whole.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            rows = whole.sql(f"SELECT * FROM {table} WHERE {KEPT.get(table, 'true')}")
            connection.register("kept_rows", rows.to_arrow_table())
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept_rows")
            connection.unregister("kept_rows")


class Held:
    """The sandbox, its clients, and beside them the databases."""

    def __init__(self) -> None:
        self.databases = {
            FLIGHTS: Warehouse(Dataset(DATASETS["flights"].schema, fill_with_some_flights)),
            ORDERS: warehouse("orders"),
        }
        engine = Engine(
            (
                with_formats(
                    read_checked_model(
                        {
                            path.name: path.read_text(encoding="utf-8")
                            for path in model_folder(each.name).iterdir()
                        },
                        self.databases[each.id],
                        model_id=each.id,
                        name=each.name,
                        connection_id=each.id,
                    ),
                    each.formats,
                ),
                self.databases[each.id],
            )
            for each in BUNDLED
        )
        views = {each.model: each.views for each in ENTRANCES[::-1]}
        self.values = {
            name: values
            for model, names in views.items()
            for view in names
            for name, values in self._some_values(model, view).items()
        }
        self._opened = ExitStack()
        self._asked_at = {}
        for model, now in NOW.items():
            server = self._opened.enter_context(
                Server(documents=0, engine=engine, now=lambda now=now: now)
            )
            self._asked_at[model, False] = server
            self._asked_at[model, True] = server.open_tenant(totals="last", documents=0)
        self._wires = {key: _Wire(each.url, each.api_key) for key, each in self._asked_at.items()}
        self._clients = {
            key: self._opened.enter_context(
                omnipd.connect(each.url, each.api_key, requests_per_minute=None)
            )
            for key, each in self._asked_at.items()
        }
        self._types = {name: kind for model in NOW for name, kind in self._types_of(model)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for wire in self._wires.values():
            wire.close()
        self._opened.close()

    def hold(self, number: int) -> set[str]:
        """Compare the answers to one query with what it is by hand; give what is special about it."""
        chance = Random(number)
        found = laid_out(chance, *random_query(chance, self.values), self._types)
        model, query = found.entrance.model, found.query
        totals_last = "column_totals" in query and chance.random() < 0.3
        statements: list[str] = []

        def run(sql: str) -> Rows:
            statements.append(sql)
            rows: Rows = self.databases[model].run(sql).to_pylist()
            return rows

        def told(what: object) -> str:
            written = json.dumps(query, ensure_ascii=False, default=str)
            return "\n--\n".join([f"{what}\nquery {number}: {written}", *statements])

        wanted = answer(found, PERIODS[model], run, totals_last=totals_last)
        place = model, totals_last
        got = self._wires[place].rows(query, told)
        names = _columns(found)
        if len(got):
            kept = {name for name in wanted[0] if name.endswith("__raw")} if wanted else set()
            assert set(got.column_names) - _unnamed(got) == set(names) | kept, told(
                got.column_names
            )
        _assert_alike(got.to_pylist(), wanted, set(found.made), told)
        if totals_last:
            found.features.add("totals, behind all rows")
        if number % ONE_BY_THE_CLIENT_IN == 0 and _says_something(found):
            self._hold_client(found, wanted, place, told)
        return found.features

    def _hold_client(self, found: Asked, wanted: Rows, place: Any, told: Any) -> None:
        query, client = found.query, self._clients[place]
        fields = query["fields"]
        shown = [
            {name: row.get(f"{name}__raw", row[name]) for name in fields}
            | ({"omni_total": row[MARK]} if MARK in row else {})
            for row in wanted
        ]
        made = set(found.made)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", omnipd.OmniWarning)
            if "column_totals" in query:
                frames = omnipd.run_query(query, totals="separate", client=client)
                for frame, is_total in zip(frames, (False, True), strict=True):
                    own = [row for row in shown if (row["omni_total"] is not None) is is_total]
                    own = own if is_total else [_less(row, "omni_total") for row in own]
                    _assert_alike(_records(frame), own, made, told)
                found.features.add("client, totals apart")
                return
            if not query.get("pivots"):
                _assert_alike(_records(omnipd.run_query(query, client=client)), shown, made, told)
                found.features.add("client, rows")
                return
            long = omnipd.run_query(query, client=client, pivot="long")
            assert list(long.columns) == fields, told(long.columns)
            _assert_alike(_records(long), shown, made, told)
            wide = omnipd.run_query(query, client=client)
        found.features |= {"client, long", "client, wide"}
        _assert_wide(wide, found, shown, [row[COLUMN] for row in wanted], told)

    def _types_of(self, model: str) -> list[tuple[str, str]]:
        """Give the database's types of all fields."""
        entrance = next(each for each in ENTRANCES if each.model == model)
        fields = [*DIMENSIONS[model], *MEASURES[model]]
        query = {"fields": fields, "filters": {}, "sorts": []}
        return self.databases[model].described(statement(entrance, query, {}))

    def _some_values(self, model: str, view: str) -> dict[str, list[str]]:
        """Give some of the values that the texts and numbers of a view take."""
        listed = {
            name: f'{dimension.sql} AS "{name}"'
            for name, dimension in DIMENSIONS[model].items()
            if name.startswith(f"{view}.") and dimension.kind in {"string", "number"}
        }
        table = "airports" if view.endswith("_airport") else view
        rows = self.databases[model].run(
            f"SELECT {', '.join(listed.values())} FROM {table} AS {view}"
        )
        values = {name: sorted(pc.unique(rows[name].drop_null()).to_pylist()) for name in listed}
        return {
            name: [str(each) for each in known[:: max(1, len(known) // 12)]]
            for name, known in values.items()
        }


class _Wire:
    """One connection to a sandbox, kept open."""

    def __init__(self, url: str, key: str) -> None:
        address = urlsplit(url)
        self._http = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        self._key = key

    def close(self) -> None:
        self._http.close()

    def rows(self, query: Mapping[str, Any], told: Any) -> pa.Table:
        headers = {"Authorization": f"Bearer {self._key}"}
        body = json.dumps({"query": query}, default=str)
        self._http.request("POST", "/api/v1/query/run", body=body, headers=headers)
        answered = self._http.getresponse()
        text = answered.read()
        assert answered.status == 200, told(text)
        [line] = [each for each in map(json.loads, text.splitlines()) if "status" in each]
        assert line["status"] == "COMPLETE", told(line.get("error_message"))
        assert line["summary"]["missing_fields"] == [], told(line["summary"])
        return pa.ipc.open_stream(base64.b64decode(line["result"])).read_all()


# --- what the client refuses


def _says_something(found: Asked) -> bool:
    """Tell whether each filter restricts something: others omnipd refuses, or says that Omni ignored them."""
    filters = [*found.query["filters"].items()]
    for control in found.query.get("controls", ()):
        filters += [(each["fieldName"], each["filter"]) for each in control["filters"]]
    return all(_restricts(found.entrance.model, *each) for each in filters)


def _restricts(model: str, name: str, filter_: Mapping[str, Any]) -> bool:
    if filter_["type"] == "composite":
        return all(_restricts(model, name, each) for each in filter_["filters"])
    known = asked(model, name) or MEASURES[model].get(name)
    return known is None or condition(filter_, "x", known.kind, PERIODS[model]) is not None


# --- two answers


def _columns(found: Asked) -> list[str]:
    query = found.query
    return [
        *query["fields"],
        *([ROW, COLUMN] if query.get("pivots") else []),
        *([MARK, GROUPING, TOTAL_SORT] if "column_totals" in query else []),
    ]


def _unnamed(table: pa.Table) -> set[str]:
    """Name the sort keys of subtotals, whose values are nobody's business."""
    return {name for name in table.column_names if name.startswith("ssort_")}


def _assert_alike(got: Rows, wanted: Rows, made: set[str], told: Any) -> None:
    assert len(got) == len(wanted), told(f"{len(got)} rows, not {len(wanted)}")
    for place, (mine, theirs) in enumerate(zip(got, wanted, strict=True)):
        for name, value in mine.items():
            if name.startswith("ssort_"):
                continue
            # A time that is also written out is null twice where it is rolled up.
            alike_ = near if name in made else alike
            assert alike_(value, theirs.get(name)), told(f"row {place}: {mine}, not {theirs}")


def _assert_wide(
    wide: pd.DataFrame, found: Asked, shown: Rows, numbers_: list[int], told: Any
) -> None:
    """Compare a wide frame, cell by cell, with the rows that it is made of."""
    query = found.query
    by, limit = query["pivots"], query.get("column_limit", 50)
    outside = {name for name, each in found.made.items() if each.outside}
    inside = [name for name in query["fields"] if name in found.measures or name in found.made]
    inside = [name for name in inside if name not in outside]
    if not inside:
        # Nothing can be spread over the columns, so that the rows stay as they came.
        assert list(wide.columns) == query["fields"], told(wide.columns)
        _assert_alike(_records(wide), shown, set(found.made), told)
        return
    down = [name for name in query["fields"] if name not in {*by, *inside}]
    heads = {
        number: tuple(row[name] for name in by)
        for number, row in sorted(zip(numbers_, shown, strict=True), key=lambda pair: pair[0])
    }
    lines: dict[Any, dict[Any, Any]] = {}
    for row, number in zip(shown, numbers_, strict=True):
        cells = lines.setdefault(tuple(row[name] for name in down), {})
        cells |= {(number, name): row[name] for name in inside}
    kept = [number for number in heads if number <= limit]
    columns = [(*heads[number], name) for number in kept for name in inside]

    def same(mine: Any, theirs: Any) -> bool:
        return len(mine) == len(theirs) and all(map(near, mine, theirs))

    def as_tuple(value: Any) -> tuple[Any, ...]:
        return tuple(map(plain, value if isinstance(value, tuple) else (value,)))

    assert list(wide.columns.names) == [*by, "measure"], told(wide.columns)
    assert len(wide.columns) == len(columns), told(wide.columns)
    assert all(map(same, map(as_tuple, wide.columns), columns)), told(wide.columns)
    assert len(wide) == len(lines), told(wide)
    if down:
        assert list(wide.index.names) == down, told(wide.index)
        assert all(map(same, map(as_tuple, wide.index), lines)), told(wide.index)
    for mine, cells in zip(wide.to_numpy(object).tolist(), lines.values(), strict=True):
        theirs = [cells.get((number, name)) for number in kept for name in inside]
        assert same(list(map(plain, mine)), theirs), told((mine, theirs))
    # Of columns that no row came of, the numbers of others tell.
    dropped = wide.attrs["omni"]["pivot"]["columns_dropped"]
    assert dropped == max(0, max(heads, default=0) - limit), told(dropped)


def _records(frame: pd.DataFrame) -> Rows:
    return [
        {name: plain(value) for name, value in zip(frame.columns, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def _less(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def plain(value: Any) -> Any:
    """Give a value of a frame as Python's own."""
    if isinstance(value, float) and math.isnan(value):
        return value
    if value is pd.NA or value is pd.NaT:
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def alike(left: object, right: object) -> bool:
    # 1 == 1.0 == Decimal(1) in Python, so the type is part of what is compared.
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right


def near(left: object, right: object) -> bool:
    """Compare what was computed: no page says which type of number it has."""
    if _is_number(left) and _is_number(right):
        mine, theirs = float(left), float(right)
        if math.isnan(mine) or math.isnan(theirs):
            return math.isnan(mine) and math.isnan(theirs)
        return math.isclose(mine, theirs, rel_tol=1e-7, abs_tol=1e-7)
    return alike(left, right)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal | Fraction) and not isinstance(value, bool)
