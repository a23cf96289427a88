"""What a cell of an edited frame may hold: read from pandas, a spreadsheet or a plan, and compared.

Spreadsheets have no types, and pandas has several for each, so every value is brought into one form
before it is compared: text, a flag, a set of names, or a record. Null and empty text are the same:
neither CSV nor Excel tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from omnipd.frames.columns import as_json
from omnipd.frames.labels import join_names, split_names

#: Text, a flag, names in their order, or a record; None for none.
Value = str | bool | tuple[str, ...] | Mapping[str, Any] | None


@dataclass(frozen=True)
class ValueType:
    """One type of values.

    Attributes
    ----------
    name : str
        What a message calls it.
    read : callable
        From a cell, which is not null, to the value; ValueError for what is none.
    write : callable
        The text of a value that is not None: how a plan shows it, and ``read`` takes it.
    same : callable
        Whether two values, None among them, are the same.
    empty : object
        What null means.
    """

    name: str
    read: Callable[[Any], Value]
    write: Callable[[Any], str]
    same: Callable[[Value, Value], bool]
    empty: Value = None

    def of(self, cell: Any) -> Value:
        """Return the value of a cell.

        Raises
        ------
        ValueError
            If it holds none of this type.
        """
        if is_null(cell):
            return self.empty
        return self.read(cell)

    def text(self, value: Value) -> str | None:
        """Return the text of a value; None for none."""
        return None if value is None or value == self.empty else self.write(value)


def is_null(cell: Any) -> bool:
    """Whether a cell holds nothing: null of any kind, or a text of nothing but spaces."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return True
    missing = pd.isna(cell)
    return missing if isinstance(missing, bool) else False


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool | date) or not isinstance(cell, int | float | np.integer):
        raise ValueError("text")  # noqa: TRY004 - what is wrong with a cell is one kind of error
    # A spreadsheet that takes an id or a number for one of its own: 1000.0 was written 1000.
    is_whole = isinstance(cell, int | np.integer) or cell.is_integer()
    return str(int(cell)) if is_whole else repr(float(cell))


def _flag(cell: Any) -> bool:
    if isinstance(cell, str) and cell.strip().casefold() in {"true", "false"}:
        return cell.strip().casefold() == "true"
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    # What pandas makes of a column with true, false and nothing, as a spreadsheet has it.
    if isinstance(cell, int | float) and cell in {0, 1}:
        return bool(cell)
    raise ValueError("true or false")


def _names(cell: Any) -> tuple[str, ...]:
    if isinstance(cell, str):
        return tuple(dict.fromkeys(name.strip() for name in split_names(cell) if name.strip()))
    if isinstance(cell, list | tuple | set | frozenset) and all(
        isinstance(name, str) for name in cell
    ):
        return tuple(dict.fromkeys(cell))
    raise ValueError("names, comma-joined")


def _record(cell: Any) -> Mapping[str, Any]:
    held = json.loads(cell) if isinstance(cell, str) else cell
    if not isinstance(held, Mapping):
        raise ValueError("a JSON object")  # noqa: TRY004 - as above
    return held


def _same_record(one: Value, other: Value) -> bool:
    """Whether both are none, or say the same as far as both say it as text: Omni shows more than was asked for."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return (one is None) == (other is None)
    texts = [
        name for name in one if isinstance(one[name], str) and isinstance(other.get(name), str)
    ]
    return all(one[name] == other[name] for name in texts)


def names_in(value: Value) -> tuple[str, ...]:
    """Return a value that is names, or none, as names."""
    return value if isinstance(value, tuple) else ()


TEXT = ValueType("text", _text, str, lambda one, other: (one or None) == (other or None))
FLAG = ValueType(
    "true or false", _flag, lambda value: str(value).lower(), lambda one, other: one == other
)
#: A set of names, as labels are; their order is no matter.
NAMES = ValueType(
    "names, comma-joined",
    _names,
    join_names,
    lambda one, other: set(names_in(one)) == set(names_in(other)),
    (),
)
#: What is made, or was deleted, as a whole.
RECORD = ValueType("a JSON object", _record, as_json, _same_record)
