"""Whether two cells hold the same, though one has been through a file that keeps no types."""

from __future__ import annotations

import contextlib
from typing import Any

import pandas as pd

from omnipd.changes.values import is_null


def are_same(one: Any, other: Any) -> bool:
    """Whether two cells say the same: null is empty text, ``3`` is ``3.0``, and a time is its text.

    Examples
    --------
    >>> are_same(None, ""), are_same(3, "3.0"), are_same(True, "TRUE"), are_same("a", "b")
    (True, True, True, False)
    >>> are_same(pd.Timestamp("2026-01-02T03:04:05Z"), "2026-01-02 03:04:05Z")
    True
    """
    if is_null(one) or is_null(other):
        return is_null(one) and is_null(other)
    if one == other or str(one) == str(other):
        return True
    if str(one).casefold() == str(other).casefold() and isinstance(one, bool) != isinstance(
        other, bool
    ):
        return True
    with contextlib.suppress(ValueError, TypeError):
        return float(one) == float(other)
    with contextlib.suppress(ValueError, TypeError):
        return bool(pd.to_datetime(one, utc=True) == pd.to_datetime(other, utc=True))
    return False
