"""The rows of a reader's frame, with None for null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

Row = Mapping[str, Any]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"name": ["a", pd.NA]}))
    [{'name': 'a'}, {'name': None}]
    """
    return [
        {str(name): None if pd.isna(cell) else cell for name, cell in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]
