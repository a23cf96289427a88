"""What became of documents, as a frame of one row each."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.frames.to_pandas import to_frame
from omnipd.unicode_text import warn_of_mended, whole_text

#: Why a document has no other outcome.
BROKEN_OFF = "Broken off before Omni's answer was dealt with."


def frame_of(rows: list[dict[str, Any]], schema: pa.Schema, *, complete: bool) -> pd.DataFrame:
    """Return rows as a frame with the columns of a schema; what a row lacks is null."""
    full = [{name: whole_text(row.get(name)) for name in schema.names} for row in rows]
    return to_frame(pa.Table.from_pylist(full, schema=schema), {"complete": complete})


def warn_of_mended_rows(rows: list[dict[str, Any]]) -> None:
    """Warn of text that had to be mended to be in a frame."""
    warn_of_mended(
        {name for row in rows for name, value in row.items() if whole_text(value) != value}
    )
