"""What is promised of every reader: a table of cases, and the standard library to compare with."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import client_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpydoc.docscrape import FunctionDoc
from scripted_server import answer

import omnipd

UNKNOWN_ID = "123e4567-e89b-12d3-a456-426614174000"
NEW = {"brandNew": {"a": [1, None]}}
NEW_TEXT = '{"a":[1,null]}'


def cursor_page(*records, key="records"):
    """Return a whole list with pageInfo, on one page."""
    count = len(records)
    info = {"hasNextPage": False, "nextCursor": None, "pageSize": 100, "totalRecords": count}
    return {key: list(records), "pageInfo": info}


def scim_page(*records):
    """Return a whole SCIM list, on one page."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "Resources": list(records),
        "totalResults": len(records),
        "itemsPerPage": len(records),
        "startIndex": 1,
    }


def under(key, **beside):
    """Return what puts a whole list under a key."""
    return lambda *records: {**beside, key: list(records)}


@dataclass(frozen=True)
class Case:
    """One reader, a record with everything in it, and the rows that it is."""

    name: str
    #: A record that has every key Omni is known to send.
    full: dict[str, Any]
    #: The rows it makes, without ``extra``.
    rows: list[dict[str, Any]]
    #: The least that Omni may send: other keys are absent.
    least: dict[str, Any]
    #: From records to the body of the answer.
    body: Callable[..., Any] = cursor_page
    #: The parents of a fan-out.
    parents: tuple[Any, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    #: Where in the full record a new key may come up.
    place: tuple[Any, ...] = ()
    #: The body of an answer without rows, where that is not the body of no records.
    empty: Any = None
    #: Whether it is one object, which cannot be no row.
    always: bool = False
    #: The name of the new key in ``extra``.
    known_as: str = "brandNew"

    def read(self, server, *records, **more):
        """Read what a scripted server answers for these records."""
        body = self.body(*records) if records or self.empty is None else self.empty
        server.script(answer(body))
        with client_of(server, cache=False):
            return getattr(omnipd, self.name)(*self.parents, **self.arguments, **more)

    def with_something_new(self):
        """Return the full record with a key that nobody knows."""
        record = json.loads(json.dumps(self.full))
        held = record
        for step in self.place:
            held = held[step]
        held.update(NEW)
        return record

    def nulled(self, *kept):
        """Return the full record with null for everything but a few keys."""
        return {key: value if key in kept else None for key, value in self.full.items()}


def plain(df):
    """Return the rows of a frame as dicts, with None for every null."""
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in df.to_dict("records")
    ]


def types_of(df):
    """Return the columns of a frame in order, with their types."""
    return [(name, str(dtype.pyarrow_dtype)) for name, dtype in df.dtypes.items()]


def documented_columns(name):
    """Return the columns that a docstring names, in order and with their types."""
    [returned] = FunctionDoc(getattr(omnipd, name))["Returns"]
    columns = [re.fullmatch(r"- ``(\w+)`` \(([^)]+)\): .+", line) for line in returned.desc]
    # What stands in place of another column is not in the frames that have that one.
    return [found.groups() for found in columns if found and "in place of" not in found[0]]


def check_every_key_has_a_column(case, scripted):
    """The full record fills every column, by hand-written values, and leaves nothing over."""
    df = case.read(scripted, case.full)
    assert plain(df) == [{**row, "extra": None} for row in case.rows]
    empty = [name for name in df.columns if name != "extra" and df[name].isna().all()]
    assert empty == []
    assert types_of(df) == documented_columns(case.name)


def check_the_types_stay(case, scripted):
    """None, one, little and nothing but nulls: the columns and their types are the same."""
    documented = documented_columns(case.name)
    answers = [(), (case.least,), (case.full,), (case.nulled(*case.least),)]
    for records in answers[case.always :]:
        df = case.read(scripted, *records)
        assert types_of(df) == documented
        assert all(not pa.types.is_nested(dtype.pyarrow_dtype) for dtype in df.dtypes)
        assert bool(len(df)) == bool(records)


def check_any_part_of_a_record(case, scripted):
    """Whatever is absent or null, the columns and their types are the same and nothing is said."""
    documented = documented_columns(case.name)
    optional = sorted(case.full.keys() - case.least.keys())

    @settings(max_examples=10, deadline=None, database=None, derandomize=True)
    @given(st.lists(st.sampled_from(["there", "null", "absent"]), min_size=len(optional)))
    def holds(fates):
        fate = dict(zip(optional, fates, strict=False))
        record = {
            key: None if fate.get(key) == "null" else value
            for key, value in case.full.items()
            if fate.get(key) != "absent"
        }
        df = case.read(scripted, record)
        assert types_of(df) == documented
        assert df["extra"].isna().all()

    holds()


def check_a_new_key_is_kept(case, scripted):
    """What nobody knows is in extra, is named in a warning, and changes nothing else."""
    record = case.with_something_new()
    with pytest.warns(omnipd.OmniWarning, match=re.escape(case.known_as)):
        df = case.read(scripted, record)
    told = [json.loads(text)[case.known_as] for text in df["extra"].dropna()]
    assert told
    assert all(one == NEW["brandNew"] for one in told)
    assert plain(df.drop(columns="extra")) == case.rows


def ask(server, path, /, **params):
    """Return the parsed answer of a sandbox to one GET, without omnipd."""
    query = f"?{urllib.parse.urlencode(params)}" if params else ""
    request = urllib.request.Request(
        f"{server.url}{path}{query}", headers={"Authorization": f"Bearer {server.api_key}"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def walk(server, path, /, **params):
    """Return all records of a list with cursors, a few at a time."""
    records, cursor = [], {}
    while True:
        page = ask(server, path, **{"pageSize": "7", **params, **cursor})
        records += page["records"] if "records" in page else page["data"]
        if not page["pageInfo"]["hasNextPage"]:
            return records
        cursor = {"cursor": page["pageInfo"]["nextCursor"]}


def walk_scim(server, path, /, **params):
    """Return all resources of a SCIM list, a few at a time."""
    records = []
    while True:
        page = ask(server, path, count="33", startIndex=str(len(records) + 1), **params)
        records += page["Resources"]
        if len(records) >= page["totalResults"]:
            return records


def moment(text):
    """Return a wire timestamp as a frame holds it."""
    return None if text is None else pd.Timestamp(text).as_unit("us")


def sent(server, since):
    """Return path and parameters of what a sandbox was asked."""
    return [(one.path, dict(one.query)) for one in server.requests[since:]]
