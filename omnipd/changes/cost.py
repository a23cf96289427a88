"""How many calls a plan takes, and how long, before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from omnipd.changes.change import Change
from omnipd.changes.steps import steps_of
from omnipd.client.client import Client
from omnipd.frames.columns import COUNT, NUMBER, TEXT
from omnipd.frames.to_pandas import to_frame

_ALL = "all"


def cost(changes: Sequence[Change], client: Client) -> pd.DataFrame:
    """Return the calls of each kind of change, and of all: a look before, the calls, a look after."""
    due = [(row, one) for row, one in enumerate(changes) if one.refused is None]
    rows: Counter[tuple[str, str]] = Counter()
    calls: Counter[tuple[str, str]] = Counter()
    for step in steps_of(due):
        name = step.action.kind, step.action.column
        rows[name] += len(step.rows)
        calls[name] += 1 + len(step.action.calls(step.changes))
    for name in rows:
        calls[name] += 1  # it is read back
    names = [*rows, (_ALL, "")]
    rows[_ALL, ""], calls[_ALL, ""] = rows.total(), calls.total()
    minutes = [client.seconds_at_pace(calls[name]) for name in names]
    columns = {
        "kind": pa.array([kind for kind, _ in names], TEXT),
        "column": pa.array([column or None for _, column in names], TEXT),
        "changes": pa.array([rows[name] for name in names], COUNT),
        "calls": pa.array([calls[name] for name in names], COUNT),
        "minutes": pa.array([None if one is None else one / 60 for one in minutes], NUMBER),
    }
    return to_frame(pa.table(columns), {"instance": client.base_url})
