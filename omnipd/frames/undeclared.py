"""What records hold that no column declares: kept as JSON, in one column behind the declared ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from omnipd.frames.columns import TEXT, Columns, as_json
from omnipd.unicode_text import whole_text

#: The column for every key that no column declares.
EXTRA = "extra"

#: Keys, each with the keys below it; a plain value has none.
_Keys = dict[str, "_Keys"]

_ABSENT = object()
_NOTHING: dict[str, Any] = {}


class Undeclared:
    """Finds what no column declares.

    Parameters
    ----------
    columns : mapping of str to Column
        The declared columns.

    Attributes
    ----------
    paths : set of str
        The wire paths of all that was found so far.
    """

    def __init__(self, columns: Columns) -> None:
        self._declared = _declared_keys(columns)
        self.paths: set[str] = set()

    def as_json(self, records: Sequence[dict[str, Any]]) -> pa.Array:
        """Return one JSON object for each record, null for one that holds nothing else."""
        found = sorted(_undeclared(records, self._declared, ""), key=itemgetter(0))
        if not found:
            return pa.nulls(len(records), TEXT)
        self.paths.update(path for path, _ in found)
        keys = [f"{as_json(path)}:" for path, _ in found]
        rows = zip(*(values for _, values in found), strict=True)
        return pa.array([_as_object(keys, row) for row in rows], TEXT)


def _declared_keys(columns: Columns) -> _Keys:
    declared: _Keys = {}
    for column in columns.values():
        for path in column.paths:
            place = declared
            for key in path.split("."):
                place = place.setdefault(key, {})
    return declared


def _undeclared(
    objects: Sequence[dict[str, Any]], declared: _Keys, above: str
) -> Iterator[tuple[str, list[Any]]]:
    """Yield each path that no column declares, with its value in every object."""
    # Nearly always there is none, so the keys of all objects are looked at together.
    for key in set().union(*objects).difference(declared):
        yield f"{above}{key}", [one.get(key, _ABSENT) for one in objects]
    for key, below in declared.items():
        if not below:
            continue
        held = [one.get(key) for one in objects]
        inner = [one if isinstance(one, dict) else _NOTHING for one in held]
        # Where columns are declared below a key, a value in the object's place belongs to none of them.
        if any(one is not None and not isinstance(one, dict) for one in held):
            yield (
                f"{above}{key}",
                [_ABSENT if one is None or isinstance(one, dict) else one for one in held],
            )
        yield from _undeclared(inner, below, f"{above}{key}.")


def _as_object(keys: Sequence[str], values: Sequence[Any]) -> str | None:
    """Write what one record holds as JSON, each key once: one with a dot may read like a path."""
    held = {
        key: _written(value)
        for key, value in zip(keys, values, strict=True)
        if value is not _ABSENT
    }
    if not held:
        return None
    return str(whole_text("{" + ",".join([key + text for key, text in held.items()]) + "}"))


def _written(value: Any) -> str:
    # Most keys that are new are flags, and an encoder takes longer to start than to write one.
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value)
