"""A picture of when documents were last viewed and last changed."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import whole_number
from omnipd.audit.pictures import (
    BLUE,
    ORANGE,
    inventory_of,
    new_axes,
    outside_the_trash,
    pixels,
    say_nothing_to_show,
    write_notes,
    write_title,
)
from omnipd.audit.tables import Tables, question
from omnipd.display import counted
from omnipd.locks import NO_FORK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = (("last_viewed_at", "Last viewed", BLUE), ("updated_at", "Last changed", ORANGE))
_BAR = 0.4
#: Of how many months one is named, so that no two names meet, and how wide a name is in inches.
_STEPS = (1, 2, 3, 6, 12)
_NAME = 0.75
_MOST_MONTHS = 240


@question("content")
def plot_activity(
    content: Inventory | pd.DataFrame, *, months: int = 24, ax: Axes | None = None
) -> Axes:
    """Draw in which month documents were last viewed and last changed.

    It needs ``pip install "omnipd[plot]"``.

    Parameters
    ----------
    content : Inventory or DataFrame
        An inventory with ``content``, or what :func:`omnipd.read_content` returns.
    months : int, default 24
        How many months to draw, 240 at most, up to the last in which there was anything. How many documents
        there were before is written below.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        With two bars per month, in UTC. What is in the trash is left out.

    Raises
    ------
    SettingsError
        If matplotlib is not installed.

    Notes
    -----
    Omni tells of each document when it was viewed or changed last, and not when before that: a
    document that is viewed every day counts in the last month only. Where it does not tell, the
    document is in no bar, and counted below: that is not the same as never.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     content = omnipd.read_content()
    >>> ax = omnipd.audit.plot_activity(content, months=12)
    >>> len(ax.patches)
    24
    """
    months = whole_number("months", months, maximum=_MOST_MONTHS, unit="months")
    tables = Tables(inventory_of("content", content), plot_activity)
    ax = new_axes(ax, (9, 4))
    table = outside_the_trash(tables["content"])
    documents = table.filter(pc.equal(table["type"], "document"))
    by_kind = {name: _by_month(documents[name]) for name, _, _ in _KINDS}
    write_title(ax, "Documents by month of last view and last change")
    known = [month for counts in by_kind.values() for month in counts if month is not None]
    last = max(known, default=0)
    first = max(last - months + 1, min(known, default=0))
    notes = _notes(by_kind, documents.num_rows, first)
    if not tables.is_known("content"):
        notes.append("Not all of the content is known.")
    write_notes(ax, "Month (UTC)", notes)
    if not known:
        say_nothing_to_show(ax, "No documents" if not documents.num_rows else "No times are known")
    else:
        _draw(ax, by_kind, range(first, last + 1))
    return ax


def _by_month(times: pa.ChunkedArray) -> Counter[int | None]:
    """Return how many times there are in each month, counted from the year 0; None is for no time."""
    months = pc.add(pc.multiply(pc.year(times), 12), pc.subtract(pc.month(times), 1))
    return Counter(months.to_pylist())


def _notes(by_kind: dict[str, Counter[int | None]], documents: int, first: int) -> list[str]:
    notes = []
    for name, what, _ in _KINDS:
        counts = by_kind[name]
        earlier = sum(
            number for month, number in counts.items() if month is not None and month < first
        )
        parts = [
            f"{earlier:,} earlier" if earlier else "",
            f"{counts[None]:,} not known" if counts[None] else "",
        ]
        said = " and ".join(part for part in parts if part)
        if said:
            notes.append(f"{what}: {said}, of {counted(documents, 'document')}.")
    return notes


def _draw(ax: Axes, by_kind: dict[str, Counter[int | None]], months: range) -> None:
    with NO_FORK:
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415
    for place, (name, what, color) in enumerate(_KINDS):
        counts = by_kind[name]
        ax.bar(
            [month + (place - 0.5) * _BAR for month in months],
            [counts[month] for month in months],
            width=_BAR,
            color=color,
            label=what,
        )
    room = max(1, int(pixels(ax)[0] / (_NAME * ax.figure.dpi)))
    years = 12 * math.ceil(len(months) / room / 12)
    step = next((step for step in _STEPS if len(months) <= step * room), years)
    named = [month for month in months if month % step == 0] or [months[0]]
    ax.set_xticks(named, [f"{month // 12:04}-{month % 12 + 1:02}" for month in named])
    ax.set_xlim(months[0] - 0.6, months[-1] + 0.6)
    ax.set_ylabel("Documents")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
