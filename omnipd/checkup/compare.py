"""The records of one answer beside the columns that omnipd declares for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from omnipd.frames.columns import Column, Columns
from omnipd.frames.objects import Objects
from omnipd.frames.records import Record, TableBuilder, Values

#: A key that is shown as it is; any other may be somebody's name or id.
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z_]*(?:\.[A-Za-z_][A-Za-z_]*)*")


@dataclass(frozen=True)
class Difference:
    """How records differ from what is declared.

    Attributes
    ----------
    unknown : list of str
        Keys that no column declares.
    missing : list of str
        Keys of columns that no record has.
    changed : list of str
        Keys whose values are of another type, and of which.
    forms : list of str
        What comes where several forms are known.
    """

    unknown: list[str]
    missing: list[str]
    changed: list[str]
    forms: list[str]


def compare(
    columns: Columns, records: Sequence[Record], *, is_private: Callable[[str], bool]
) -> Difference:
    """Compare records with columns; keys that may be names are not named.

    Examples
    --------
    >>> from omnipd.frames.columns import count, text
    >>> columns = {"name": text("name", doc=""), "views": count("viewCount", doc="")}
    >>> compare(columns, [{"name": 1, "color": "red"}], is_private=lambda key: False)
    Difference(unknown=['color'], missing=['viewCount'], changed=['name is number'], forms=[])
    """
    builder = TableBuilder(columns, exhaustive=False, together=1)
    builder.add(records)
    values = Values(records)
    missing = {one.paths[0] for one in columns.values() if not _is_there(one, values)}
    drifted = builder.drifted
    forms = {
        one.paths[0]: form_of(values.first(one.paths))
        for one in columns.values()
        if one.convert is not None and one.wire is None
    }
    return Difference(
        unknown=shown_keys(builder.undeclared, is_private),
        missing=sorted(missing),
        changed=sorted(f"{columns[name].paths[0]} is {kind_of(drifted[name])}" for name in drifted),
        forms=sorted(f"{path}: {form}" for path, form in forms.items() if form),
    )


def shown_keys(keys: Iterable[str], is_private: Callable[[str], bool]) -> list[str]:
    """Return keys that are plain words, and how many others there are."""
    keys = list(keys)
    shown = sorted(key for key in keys if _PLAIN_KEY.fullmatch(key) and not is_private(key))
    hidden = len(keys) - len(shown)
    return [*shown, *([f"{hidden} not shown, as they may be names"] if hidden else [])]


def kind_of(value: Any) -> str:
    """Return what kind of JSON a value is.

    Examples
    --------
    >>> kind_of(["a", {"b": 1}])
    'list of object or text'
    """
    if isinstance(value, list):
        inner = sorted({kind_of(one) for one in value})
        return "list of " + " or ".join(inner) if inner else "empty list"
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, dict) else "text"


def form_of(values: Iterable[Any]) -> str:
    """Return the kinds of values that are not null, an empty list only where there is no other."""
    kinds = {kind_of(one) for one in values if one is not None}
    return " or ".join(sorted(kinds - {"empty list"} or kinds))


def _is_there(column: Column, values: Values) -> bool:
    return any(_has(objects, path) for objects in values.alike for path in column.paths)


def _has(objects: Objects, path: str) -> bool:
    *above, last = path.split(".")
    for key in above:
        objects = objects.inside(key)
    return last in objects.keys()  # noqa: SIM118 - no dictionary
