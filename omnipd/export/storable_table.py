"""A frame as a table that any file can hold; one that is marked incomplete is refused."""

from __future__ import annotations

import contextlib
import json

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument
from omnipd.errors import ArgumentError, ExportIncompleteError
from omnipd.frames.from_pandas import to_arrow
from omnipd.frames.to_pandas import is_whole, with_flat_names
from omnipd.unicode_text import warn_of_mended

#: Where pandas' own Parquet files hold ``df.attrs``, and where it looks for them.
ATTRS = b"PANDAS_ATTRS"


def table_for(df: pd.DataFrame, *, allow_incomplete: bool = False, flat: bool = False) -> pa.Table:
    """Return a frame as a table that any file can hold; refuse one that is marked incomplete.

    Parameters
    ----------
    df : pandas.DataFrame
        The frame.
    allow_incomplete : bool, default False
        Take one that is marked incomplete.
    flat : bool, default False
        Name the columns of a wide frame for people, ``value · measure``, as ``pivot="flat"`` does: for
        files that cannot give the levels back.
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"Expected a DataFrame, not {type(df).__name__}.")
    if not (allow_incomplete or is_whole(df)):
        raise ExportIncompleteError(
            "The frame is marked incomplete: it does not hold all that Omni has.",
            hint="Read it again, or pass " + argument("allow_incomplete", True) + ".",
        )
    return table_of(with_flat_names(df) if flat else df)


def table_of(df: pd.DataFrame) -> pa.Table:
    """Return a frame as a table that any file can hold."""
    table, mended = to_arrow(df)
    warn_of_mended(mended)
    return table.replace_schema_metadata(dict(table.schema.metadata) | _attrs_of(df))


def _attrs_of(df: pd.DataFrame) -> dict[bytes, bytes]:
    """Return what a frame says of itself as pandas writes it: read again, it is marked as it was."""
    held = {}
    for name, value in df.attrs.items():
        with contextlib.suppress(TypeError, ValueError):  # no JSON
            held[str(name)] = json.loads(json.dumps(value))
    return {ATTRS: json.dumps(held).encode()} if held else {}
