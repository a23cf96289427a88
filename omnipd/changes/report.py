"""What became of the changes of a plan, as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa

from omnipd.changes.change import Change
from omnipd.changes.journal_file import Entry
from omnipd.changes.plan_rows import SCHEMA, table_of
from omnipd.frames.columns import COUNT, FLAG, INSTANT, TEXT
from omnipd.frames.to_pandas import to_frame

#: How a report calls what was sent and not yet asked for.
_SHOWN = {"sent": "unknown"}


def report_of(
    changes: Sequence[Change], entries: Mapping[int, Entry], facts: Mapping[str, object]
) -> pd.DataFrame:
    """Return one row per change: what it is, its state and why, whether it was seen, since when."""
    table = table_of(changes)
    known = [entries.get(row, Entry("pending")) for row in range(len(changes))]
    reasons = [
        change.refused if one.state == "refused" else one.detail
        for change, one in zip(changes, known, strict=True)
    ]
    columns = {
        "state": pa.array([_SHOWN.get(one.state, one.state) for one in known], TEXT),
        "detail": pa.array(reasons, TEXT),
        "verified": pa.array([one.verified for one in known], FLAG),
        "status": pa.array([one.status for one in known], COUNT),
        "at": pa.array([one.at for one in known], INSTANT),
    }
    first = SCHEMA.names[: SCHEMA.get_field_index("call")]
    cells = {name: table.column(name) for name in first}
    rest = {name: table.column(name) for name in SCHEMA.names if name not in first}
    del rest["refused"]
    return to_frame(pa.table({**cells, **columns, **rest}), dict(facts))
