"""Values of user attributes: text, a number or a list of either, all as text.

Omni keeps numbers as text; as text they lose neither digits above 2^53 nor zeros in front.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.values import TEXT, Value, ValueType
from omnipd.frames.columns import as_json, as_text
from omnipd.readers.users import read_user_attributes

#: Above it, and at it, not every whole number has a double of its own.
_EXACT = 2.0**53
#: Attributes of the system begin so.
_SYSTEM = "omni_"
_NOT_OURS = "{!r} is Omni's own and cannot be set."
_QUOTES = ("[", '"')

Definition = Mapping[str, Any]


def _read(cell: Any) -> Value:
    if isinstance(cell, list | tuple):
        return tuple(map(_one, cell)) or None
    if isinstance(cell, str) and cell.startswith(_QUOTES):
        try:
            held = json.loads(cell)
        except ValueError:
            return cell
        return held if isinstance(held, str) else _read(held)
    return _one(cell)


def _one(cell: Any) -> str:
    if type(cell).__name__ in {"bool", "bool_"}:
        return str(bool(cell)).lower()
    if isinstance(cell, float) and (not math.isfinite(cell) or abs(cell) >= _EXACT):
        raise ValueError("text")
    return str(TEXT.read(cell))


def _write(value: Value) -> str:
    if isinstance(value, tuple):
        return as_json(list(value))
    text = str(value)
    # So that no text is read as a list.
    return as_json(text) if text.startswith(_QUOTES) else text


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return sorted(one) == sorted(other)
    return one == other


#: A list is written as JSON. The order of its values is no matter.
ATTRIBUTE = ValueType("text, a number whose digits are all known, or a list", _read, _write, _same)


def value_of(held: Any) -> Value:
    """Return a value as it is in a user's record; None for none."""
    if held is None or held in ("", []):
        return None
    return tuple(map(as_text, held)) if isinstance(held, list) else as_text(held)


def definitions(now: Now) -> dict[str, Definition]:
    """Return the attributes that are defined, by name, read anew."""
    frame = read_user_attributes(refresh=True, client=now.client).astype(object)
    return {
        str(row["attribute_name"]): {str(name): cell for name, cell in row.items()}
        for row in frame.to_dict("records")
    }


def why_system(name: str) -> str | None:
    """Return why an attribute of the system cannot be set; None for any other."""
    return _NOT_OURS.format(name) if name.startswith(_SYSTEM) else None


def why_not_defined(name: str, defined: Mapping[str, Definition]) -> str | None:
    """Return why an attribute cannot be set, by what is defined; None if it can."""
    definition = defined.get(name)
    if definition is None:
        others = [one for one, held in defined.items() if not held["system"]]
        return f"There is no user attribute {name!r}." + did_you_mean(name, others)
    return _NOT_OURS.format(name) if definition["system"] is True else None


def why_not(name: str, value: Value, defined: Mapping[str, Definition]) -> str | None:
    """Return why an attribute cannot have a value, by how it is defined; None if it can."""
    if (why := why_not_defined(name, defined)) is not None or value is None:
        return why
    definition = defined[name]
    if isinstance(value, tuple) and definition["multiple_values"] is False:
        return f"{name!r} holds one value, unlike {ATTRIBUTE.text(value)}."
    if isinstance(value, str) and definition["multiple_values"] is True:
        return f"{name!r} holds a list of values: the first has the position 1."
    if definition["type"] == "Number":
        for one in value if isinstance(value, tuple) else (str(value),):
            if not _is_number(one):
                return f"{name!r} holds numbers, unlike {one!r}."
    return None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
