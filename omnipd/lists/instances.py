"""Frames of several Omnis as one frame with the column ``instance``, and what it has of one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument
from omnipd.errors import ArgumentError
from omnipd.frames.columns import TEXT
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists.outcomes import OK, OUTCOMES

#: The column that says which Omni a row is of, by its name in the fleet.
INSTANCE = "instance"
#: Where the facts of a frame hold those of each Omni.
INSTANCES = "instances"

#: Why an Omni is missing: what it is in a word or two, and the message.
Failure = tuple[str, str]


def join_frames(
    frames: Mapping[str, pd.DataFrame], failures: Mapping[str, Failure], names: Iterable[str]
) -> pd.DataFrame:
    """Return the rows of the frames of several Omnis, with the name of each first.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By name; at least one. What is missing is not there, rather than empty.
    failures : mapping of str to (str, str)
        Why others are missing, or not whole.
    names : iterable of str
        All of them, in order.
    """
    tables = [_with_name(name, frame) for name, frame in frames.items()]
    columns = dict.fromkeys(name for table in tables for name in table.column_names)
    schema = pa.schema([(name, _one_type(tables, name)) for name in columns])
    rows = pa.concat_tables([_with_all(table, schema) for table in tables])
    return to_frame(rows, _facts(frames, failures, names))


def frame_of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return what a frame of several Omnis has of one of them, as that gave it."""
    one = frame[frame[INSTANCE] == name].drop(columns=INSTANCE).reset_index(drop=True)
    facts = frame.attrs.get("omni", {})
    one.attrs["omni"] = dict(facts.get(INSTANCES, {}).get(name, {}))
    if name in facts.get("failures", {}):
        one.attrs["omni"]["complete"] = False
    return one


def has_instances(frame: Any) -> bool:
    """Whether something is a frame that says of its rows which Omni they are of."""
    return isinstance(frame, pd.DataFrame) and INSTANCE in frame.columns


def names_in(frame: pd.DataFrame) -> list[str]:
    """Return the Omnis that a frame has rows of, or was read of."""
    facts = frame.attrs.get("omni", {})
    failed = [name for name in facts.get("failures", {}) if "/" not in name]  # none of its parents
    values = [str(one) for one in frame[INSTANCE].dropna().unique()]
    return list(dict.fromkeys([*facts.get(INSTANCES, {}), *failed, *values]))


def refuse_other_instances(values: Iterable[Any]) -> None:
    """Refuse frames with rows of several Omnis where one is asked: the ids of one mean others in another."""
    for value in values:
        if has_instances(value) and value[INSTANCE].nunique() > 1:
            held = ", ".join(str(one) for one in value[INSTANCE].dropna().unique())
            raise ArgumentError(
                f"The frame has rows of several Omnis ({held}), and only one is asked.",
                hint="Pass the fleet as "
                + argument("client")
                + ', or the rows of one: those with one name in "instance".',
            )


def _with_name(name: str, frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if INSTANCE in table.column_names:
        raise ArgumentError(
            "The rows have a column instance already, which is the name of the Omni in a frame of several.",
            hint="Read them of one Omni at a time.",
        )
    return table.add_column(0, INSTANCE, pa.array([name] * table.num_rows, TEXT))


def _one_type(tables: Iterable[pa.Table], name: str) -> pa.DataType:
    """Return the type of a column; what is not the same for all is text for all."""
    kinds = {table.schema.field(name).type for table in tables if name in table.column_names}
    kinds -= {pa.null()}
    return kinds.pop() if len(kinds) == 1 else TEXT


def _with_all(table: pa.Table, schema: pa.Schema) -> pa.Table:
    held = [
        table[one.name].cast(one.type)
        if one.name in table.column_names
        else pa.nulls(table.num_rows, one.type)
        for one in schema
    ]
    return pa.table(held, schema=schema)


def _facts(
    frames: Mapping[str, pd.DataFrame], failures: Mapping[str, Failure], names: Iterable[str]
) -> dict[str, Any]:
    """Sum up how the Omnis were read; the frame is as old as the oldest answer in it."""
    of_each = {name: dict(frame.attrs.get("omni") or {}) for name, frame in frames.items()}
    outcomes = {name: facts.pop(OUTCOMES, None) for name, facts in of_each.items()}
    each = list(of_each.values())
    fetched = [one["fetched_at"] for one in each if one.get("fetched_at")]
    paths = {one.get("endpoint") for one in each} - {None}
    told = {name: message for name, (_, message) in failures.items()}
    told |= {
        f"{name}/{parent}": message
        for name, one in of_each.items()
        for parent, message in (one.get("failures") or {}).items()
    }
    return {
        INSTANCES: of_each,
        "endpoint": paths.pop() if len(paths) == 1 else None,
        "fetched_at": min(fetched, default=None),
        "requests": sum(one.get("requests", 0) for one in each),
        "from_checkpoint": sum(one.get("from_checkpoint", 0) for one in each),
        "from_cache": all(one.get("from_cache", False) for one in each),
        "complete": not failures and all(map(is_whole, frames.values())),
        **({"failures": told} if told else {}),
        OUTCOMES: _outcomes(outcomes, failures, names),
    }


def _outcomes(
    of_each: Mapping[str, str | None], failures: Mapping[str, Failure], names: Iterable[str]
) -> str:
    """Return what became of each Omni, or of each parent in it, as :func:`omnipd.outcomes` reads it."""
    held = {name: json.loads(text) for name, text in of_each.items() if text is not None}
    parent: list[str] = next((one["parent"] for one in held.values()), [])
    rows: list[list[str | None]] = []
    for name in names:
        if name in held:
            rows += [[name, *row] for row in held[name]["rows"]]
        if name in failures or name not in held:
            rows.append([name, *[None] * len(parent), *failures.get(name, (OK, None))])
    return json.dumps({"parent": [INSTANCE, *parent], "rows": rows}, ensure_ascii=False)
