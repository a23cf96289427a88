"""An answer to each list that omnipd declares: known records, in known pages.

A list is here by its being declared. Its record is the one that the tests of its reader write out by
hand; a reader without such a test has one made of its columns, which is enough where a record is a row.
"""

import copy
import importlib
import json
import pkgutil
import re
import warnings
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import readers
from declared_lists import declared_lists
from readers.reader_checks import Case, cursor_page, scim_page, under
from scripted_server import ScriptedServer

from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut

PARENT = "11111111-2222-4333-8444-555555555555"
#: How many records are on each page.
PAGES = {paging.cursor: (2, 2, 1), paging.numbered: (2, 2, 1), paging.scim: (2, 2, 1)}


@dataclass(frozen=True)
class Sample:
    """One list with its answers.

    Attributes
    ----------
    name : str
        Its path, and how it is handed out.
    declared : Endpoint or FanOut
    records : tuple of dict
    pages : dict
        From what is asked for, a cursor or a start index, to the parsed answer.
    """

    name: str
    declared: Any
    records: tuple[dict[str, Any], ...]
    pages: dict[str, Any]
    #: How its pages hang together: cursor, scim, whole, single or other.
    family: str

    @property
    def endpoint(self):
        return self.declared.endpoint if isinstance(self.declared, FanOut) else self.declared

    def read(self, client, *, strict: bool) -> pd.DataFrame:
        """Read it with omnipd."""
        arguments = {"client": client, "strict": strict}
        if not isinstance(self.declared, FanOut):
            return self.declared.read(arguments)
        parents = pd.DataFrame({name: [PARENT] for name in self.declared.parent})
        return self.declared.read(parents, arguments)

    @property
    def record_is_row(self) -> bool:
        return self.endpoint.unfold is None


@cache
def samples() -> dict[str, Sample]:
    """Return the sample of each list, by name."""
    found: dict[str, Sample] = {}
    cases = _cases_by_path()
    seen = set()
    for name, declared in declared_lists():
        newer = getattr(declared, "newer", None)
        for one in (declared, *([newer] if newer is not None else [])):
            if id(one) not in seen:
                seen.add(id(one))
                for sample in _samples_of(name, _with_path(one), cases):
                    found.setdefault(sample.name, sample)
    for sample in _samples_of(
        "ANY", Endpoint("/api/v1/any", None, pages=paging.either, rows=None), {}
    ):
        found[sample.name] = sample
    return found


def _with_path(one: Any) -> Any:
    """Return a list below a parent that stands alone, as one whose parent is known."""
    if isinstance(one, FanOut):
        return one
    filled = {key: re.sub(r"\{\w+\}", PARENT, value) for key, value in one.fixed.items()}
    return replace(one, path=re.sub(r"\{\w+\}", PARENT, one.path), fixed=filled)


def _samples_of(name: str, declared: Any, cases: dict[str, list[Case]]):
    endpoint = declared.endpoint if isinstance(declared, FanOut) else declared
    pattern = re.sub(r"\{\w+\}", "[^/?]+", endpoint.path)
    fitting = [one for path, some in cases.items() if re.fullmatch(pattern, path) for one in some]
    case = _best(fitting, endpoint)
    record = case.full if case is not None else _made_of_columns(endpoint)
    for family in _families(endpoint):
        count = 5 if family in {"cursor", "scim"} else 1 if family == "single" else 3
        records = tuple(_varied(record, number, endpoint, case) for number in range(count))
        body = case.body if case is not None else _body(endpoint, family)
        yield Sample(
            f"{name} {endpoint.path} {family}",
            declared,
            records,
            _pages(body, records, family),
            family,
        )


def _best(cases: list[Case], endpoint: Endpoint) -> Case | None:
    """Return the case whose rows have most of the columns."""
    columns = set(endpoint.columns or {})
    return max(cases, key=lambda case: len(columns & set(case.rows[0])), default=None)


def _families(endpoint: Endpoint) -> tuple[str, ...]:
    if endpoint.pages is paging.either:
        # The key of a SCIM list is its own.
        return ("cursor", "scim", "whole") if endpoint.rows is None else ("cursor", "whole")
    known = {paging.cursor: "cursor", paging.numbered: "cursor", paging.scim: "scim"}
    known |= {paging.whole: "whole", paging.whole_or_bare: "whole", paging.single: "single"}
    return (known.get(endpoint.pages, "other"),)


def _body(endpoint: Endpoint, family: str):
    rows = (
        endpoint.rows
        if endpoint.rows is None or isinstance(endpoint.rows, str)
        else endpoint.rows[0]
    )
    if family == "cursor":
        return lambda *records: cursor_page(*records, key=rows or "records")
    if family == "scim":
        return scim_page
    if family == "single":
        return lambda record: record if rows is None else {rows: record}
    return under(rows) if rows is not None else lambda *records: list(records)


def _pages(body, records, family: str) -> dict[str, Any]:
    if family not in {"cursor", "scim"}:
        return {"": json.loads(json.dumps(body(*records)))}
    pages, start = {}, 0
    for number, size in enumerate((2, 2, 1)):
        page = json.loads(json.dumps(body(*records[start : start + size])))
        if family == "cursor":
            last = number == 2
            page["pageInfo"] |= {"hasNextPage": not last, "totalRecords": len(records)}
            page["pageInfo"]["nextCursor"] = None if last else f"c{number + 1}"
            pages["" if number == 0 else f"c{number}"] = page
        else:
            page |= {"totalResults": len(records), "startIndex": start + 1}
            pages[str(start + 1)] = page
        start += size
    return pages


def _varied(
    record: dict[str, Any], number: int, endpoint: Endpoint, case: Case | None
) -> dict[str, Any]:
    """Return a record with other values where its keys are."""
    keys = {
        str(row[name])
        for row in (case.rows if case else ())
        for name in endpoint.key
        if row.get(name)
    }
    if case is None:
        keys = {_at(record, endpoint.columns[name].paths[0]) for name in endpoint.key}

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: other(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [other(inner) for inner in value]
        return f"{value}-{number}" if isinstance(value, str) and value in keys and number else value

    return other(copy.deepcopy(record))


def _at(record: Any, path: str) -> Any:
    for step in path.split("."):
        record = record.get(step) if isinstance(record, dict) else None
    return record


def _made_of_columns(endpoint: Endpoint) -> dict[str, Any]:
    """Return a record that has a value for each column."""
    record: dict[str, Any] = {}
    for name, column in (endpoint.columns or {"id": None, "name": None}).items():
        *above, last = column.paths[0].split(".") if column is not None else [name]
        held: Any = record
        for step in above:
            held = held.setdefault(step, {}) if isinstance(held, dict) else {}
        if isinstance(held, dict):
            held.setdefault(last, _value(name, column.type if column is not None else pa.string()))
    return record


def _value(name: str, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return 7
    return "2026-01-02T03:04:05.678Z" if pa.types.is_timestamp(kind) else f"the {name}"


def _cases_by_path() -> dict[str, list[Case]]:
    """Return the cases of the tests of readers, by the path that each asks."""
    found: dict[str, list[Case]] = {}
    with ScriptedServer() as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in _cases():
            server.requests.clear()
            case.read(server, case.full)
            for _, target, _, _ in server.requests:
                found.setdefault(target.partition("?")[0], []).append(case)
    return found


def _cases():
    for module in pkgutil.iter_modules(readers.__path__):
        if module.name in {"test_joins"}:
            continue
        for held in vars(importlib.import_module(f"readers.{module.name}")).values():
            yield from [
                one
                for one in (held if isinstance(held, (list, tuple)) else [held])
                if isinstance(one, Case)
            ]
