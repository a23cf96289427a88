"""Checks of knobs: each takes a name and a value and gives the value, or raises ValueError."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Collection
from typing import Any

from omnipd_sandbox.near_matches import near

Check = Callable[[str, Any], Any]


def flag(name: str, value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        msg = f"{name} must be true or false, not {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - what is wrong with a knob is one kind of error
    return value


def whole(minimum: int, maximum: int, *, or_none: bool = False) -> Check:
    """Take a whole number in a range."""

    def check(name: str, value: Any) -> int | None:
        if value is None and or_none:
            return None
        number = None if isinstance(value, bool) else _index(value)
        if number is None or not minimum <= number <= maximum:
            otherwise = ", or null for none" if or_none else ""
            msg = f"{name} must be a whole number from {minimum} to {maximum:,}{otherwise}, not {value!r}"
            raise ValueError(msg)
        return number

    return check


def _index(value: Any) -> int | None:
    """Take what Python counts by, a number of NumPy's, too."""
    try:
        return operator.index(value)
    except TypeError:
        return None


def seconds(maximum: float) -> Check:
    """Take a number of seconds."""

    def check(name: str, value: Any) -> float:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        number = float(value) if real else -1.0
        if not 0 <= number <= maximum:
            msg = f"{name} must be a number of seconds from 0 to {maximum:g}, not {value!r}"
            raise ValueError(msg)
        return number

    return check


def words(longest: int, *, or_none: bool = True) -> Check:
    """Take a text that says something."""

    def check(name: str, value: Any) -> str | None:
        if value is None and or_none:
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            msg = f"{name} must be a text of 1 to {longest} characters, not {value!r}"
            raise ValueError(msg)
        return value

    return check


def one_of(known: Collection[str]) -> Check:
    """Take one of some words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            hint = near(value, known) if isinstance(value, str) else ""
            msg = f"{name} must be one of {', '.join(known)}, not {value!r}{hint}"
            raise ValueError(msg)
        return value

    return check


def listed(name: str, value: Any) -> list[Any]:
    """Take a list."""
    if not isinstance(value, list | tuple | set | frozenset):
        msg = f"{name} must be a list, not {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - as above
    return list(value)
