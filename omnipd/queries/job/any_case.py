"""Columns by their names in any case: a database may give names back in another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

Value = TypeVar("Value")


def finder(columns: Mapping[str, Value]) -> Callable[[str], Value | None]:
    """Return what finds a column by its name; of two that differ by case alone the first is meant.

    Examples
    --------
    >>> find = finder({"U.STATE": 1, "u.State": 2})
    >>> find("u.State"), find("u.state"), find("u.id")
    (2, 1, None)
    """
    exact = dict(columns)
    known = {name.lower(): value for name, value in reversed(exact.items())} | exact
    return lambda name: known.get(name, known.get(name.lower()))
