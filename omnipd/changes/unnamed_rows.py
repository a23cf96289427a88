"""Why a row of an edited frame does not say what it is of, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from omnipd.changes.edited_frame import EditedFrame


def why_unnamed(of: EditedFrame, frame: pd.DataFrame, columns: Sequence[str]) -> str:
    """Return what to do about a row that has nothing in any of some columns, which say what it is of."""
    if any(name in columns for name in frame.index.names):
        return "It is in the index: reset_index() makes a column of it."
    if any(name in frame.columns for name in columns):
        return "A row needs what it is of; leave out those without."
    facts = frame.attrs.get("omni")
    path = facts.get("endpoint") if isinstance(facts, dict) else None
    if path is not None and path != of.endpoint.path:
        return f"It is a frame of {path}, and not of {of.name}(), which reads {of.endpoint.path}."
    return f"Keep that column of what {of.name}() returned."
