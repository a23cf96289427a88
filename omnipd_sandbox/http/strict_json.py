"""JSON that can be written again: no numbers that it does not have, and not nested without end."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn


class Unshowable(ValueError):
    """Say why JSON that can be parsed cannot be kept: no answer could hold it."""


def loads(text: str | bytes, deepest: int, **options: Any) -> Any:
    """Parse JSON.

    Parameters
    ----------
    text
        The JSON.
    deepest
        How many objects and arrays may stand in one another.
    **options
        As :func:`json.loads` takes them.

    Raises
    ------
    Unshowable
        For what is nested more deeply, and for numbers beyond those of JavaScript.
    ValueError
        For what is no JSON.

    Examples
    --------
    >>> loads('{"limit": 1e3}', deepest=1)
    {'limit': 1000.0}
    """
    try:
        found = json.loads(text, parse_constant=_not_json, parse_float=_finite, **options)
    except RecursionError:
        # Its end was not read: whether it is JSON is not known.
        raise ValueError("it is nested too deeply") from None
    if _is_deeper(found, deepest):
        raise Unshowable("it is nested too deeply")
    return found


def _is_deeper(found: Any, levels: int) -> bool:
    level: list[Any] = [[found]]
    for _ in range(levels + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _not_json(constant: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON has neither.
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        # JavaScript makes infinity of it, too, which JSON cannot say.
        raise Unshowable(f"the number {text:.20} is too large")
    return value
