"""One value of NumPy, Arrow or an enumeration → Python's own value of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd


def python_value(value: Any) -> Any:
    """Return the plain value of a scalar; what is none comes back as it is.

    A member of ``class State(str, Enum)`` is its text, not its name. A length of time stays what
    it is, so that it is never taken for a number.

    Examples
    --------
    >>> import numpy
    >>> python_value(numpy.int64(7)), python_value(numpy.datetime64("2025-03-01", "ns"))
    (7, Timestamp('2025-03-01 00:00:00'))
    """
    if isinstance(value, np.datetime64):
        day = value.item()  # a date for whole days; else NumPy makes a number of nanoseconds
        return day if type(day) is date else pd.Timestamp(value)
    if isinstance(value, np.timedelta64):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if callable(as_py := getattr(value, "as_py", None)):
        return as_py()
    if isinstance(value, str):
        return str.__str__(value)  # what a class of its own says of itself is another thing
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return float(value) if isinstance(value, float) else value
