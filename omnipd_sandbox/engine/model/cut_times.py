"""Which times are cut already: what clocks show is taken once, where a time is cut."""

from __future__ import annotations

from collections.abc import Mapping

from omnipd_sandbox.engine.model.model import Dimension, Field, View
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES


def cuts_time(timeframe: str | None) -> bool:
    """Tell whether a timeframe gives times, as ``month`` does."""
    found = TIMEFRAMES.get((timeframe or "").lower())
    return found is not None and found.yields == "time"


def is_cut(views: Mapping[str, View], alias: str, found: Field) -> bool:
    """Tell whether a field has cut times, its own or those of a field that its SQL names."""
    left, seen = [(alias, found)], set[tuple[str, str]]()
    while left:
        at, each = left.pop()
        if isinstance(each, Dimension) and each.is_cut:
            return True
        if (at, each.name) in seen or each.sql is None:
            continue
        seen.add((at, each.name))
        for name in each.sql.references:
            if cuts_time(name.timeframe):
                return True
            other = _read(views, at, name)
            if other is not None:
                left.append(other)
    return False


def _read(views: Mapping[str, View], alias: str, name: FieldName) -> tuple[str, Field] | None:
    own = views[alias]
    at = alias if name.view in {None, own.name, *own.stands_for} else name.view or ""
    found = views[at].field(name.field) if at in views else None
    return None if found is None else (at, found)
