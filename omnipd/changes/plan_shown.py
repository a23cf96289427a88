"""A plan as people read it: a table of what changes, and below it once what is said of several rows."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from omnipd import display
from omnipd.display import counted

_MOST_ROWS = 20
_MOST_NOTES = 10
_LONGEST_CELL = 100
#: How narrow a column may become, and how much of what stays the same is shown before what differs.
_LEAST = 8
_SAME_BEFORE = 6
#: What people write is cut where a line is too long; words of omnipd's are not.
_CUT = {"item", "part", "old", "new"}
#: An id tells nothing to people, and its first letters tell it from others.
_ID = re.compile(r"^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
#: Of whom all have the domain, who they are comes first.
_ADDRESS = re.compile(r"^([^@\s]+@)[^@\s]+$")
Cells = dict[str, str]


def title(plan: pd.DataFrame) -> str:
    """Return the first line of a plan."""
    return f"omnipd.Plan: {in_short(plan)}"


def in_short(plan: pd.DataFrame) -> str:
    """Return how many changes the frame of a plan has, and of which kinds."""
    refused = int(plan["refused"].notna().sum())
    tiers = plan["tier"].value_counts()
    told = [f"{count:,} {tier}" for tier, count in tiers.items()]
    told += [f"{refused:,} refused"] if refused else []
    lasting = int((plan["reversible"] == False).sum())  # noqa: E712 - it may be null
    told += [f"{lasting:,} not reversible"] if lasting else []
    changes = counted(len(plan), "change")
    return changes + (f" ({', '.join(told)})" if told else "")


def as_text(plan: pd.DataFrame) -> str:
    """Return a plan as lines of 80 letters: a table, aligned to the left, and its notes."""
    if plan.empty:
        return title(plan)
    notes = _notes(plan)
    rows, left_out = _rows(plan, notes)
    if sum(_widths(rows).values()) > _room(rows):
        rows = [{name: _briefly(cell) for name, cell in row.items()} for row in rows]
    widths = _fitting(rows)
    lines = [
        "  ".join(_filled(cell, widths[name]) for name, cell in _cut(row, widths).items()).rstrip()
        for row in [{name: name for name in rows[0]}, *rows]
    ]
    if left_out:
        lines.insert(1 + _MOST_ROWS // 2, f"… {left_out:,} more")
    for number, (note, count) in enumerate(_first(notes), 1):
        start = f"{number:>2}  "
        said = f"{display.printable(note)} ({counted(count, 'change')})"
        lines += textwrap.wrap(
            said, display.WIDTH, initial_indent=start, subsequent_indent=" " * len(start)
        )
    return "\n".join([title(plan), *lines, *_more(notes)])


def as_html(plan: pd.DataFrame) -> str:
    """Return a plan as HTML: the table that pandas would make, aligned to the left, and its notes."""
    if plan.empty:
        return display.page(title(plan))
    notes = _notes(plan)
    rows, left_out = _rows(plan, notes)
    widest = dict.fromkeys(rows[0], _LONGEST_CELL)
    body = [_html_row("td", _cut(row, widest)) for row in rows]
    if left_out:
        between = f'<tr><td colspan="{len(rows[0])}" {_LEFT}>… {left_out:,} more</td></tr>'
        body.insert(_MOST_ROWS // 2, between)
    table = (
        f'<table border="1" class="dataframe"><thead>{_html_row("th", {name: name for name in rows[0]})}</thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )
    listed = "".join(
        f"<li>{escape(display.printable(note))} ({counted(count, 'change')})</li>"
        for note, count in _first(notes)
    )
    below = [f"<ol>{listed}</ol>"] if listed else []
    return display.page(
        title(plan), table, *below, *(f"<p>{escape(one)}</p>" for one in _more(notes))
    )


def _notes(plan: pd.DataFrame) -> Counter[str]:
    """Return what is said of rows, why they are refused or what else to know, and of how many rows."""
    said = plan["refused"].fillna(plan["remark"])
    return Counter(said.dropna().tolist())


def _first(notes: Counter[str]) -> list[tuple[str, int]]:
    return list(notes.items())[:_MOST_NOTES]


def _more(notes: Counter[str]) -> list[str]:
    more = len(notes) - _MOST_NOTES
    return [f"… {more:,} more in its columns refused and remark"] if more > 0 else []


def _rows(plan: pd.DataFrame, notes: Counter[str]) -> tuple[list[Cells], int]:
    """Return the first and last rows as texts, and how many there are between; numbers stand for notes."""
    numbers = {note: str(number) for number, note in enumerate(notes, 1)}
    half = _MOST_ROWS // 2
    left_out = max(len(plan) - _MOST_ROWS, 0)
    some = pd.concat([plan.head(half), plan.tail(half)]) if left_out else plan
    rows = some.astype(object).where(some.notna(), None).to_dict("records")
    columns = ["kind", "item", "part", "column", "old", "new", "tier"]
    if not plan["part"].notna().any():
        columns.remove("part")
    if notes:
        columns.append("note")
    return [_cells(row, numbers, columns) for row in rows], left_out


def _cells(row: Mapping[Any, Any], numbers: Mapping[str, str], columns: Sequence[str]) -> Cells:
    note = row["refused"] or row["remark"]
    said = {
        **row,
        "item": row["name"] or row["item"],
        **{name: row[f"{name}_name"] or row[name] for name in ("part", "old", "new")},
        "tier": "refused" if row["refused"] else row["tier"],
        "note": numbers[note] if note else None,
    }
    return {name: display.shortened(said[name] or "", 10 * _LONGEST_CELL) for name in columns}


def _briefly(cell: str) -> str:
    return _ADDRESS.sub(r"\1…", _ID.sub(r"\1…", cell))


def _widths(rows: Sequence[Cells]) -> dict[str, int]:
    return {
        name: max(display.places(one) for one in [name, *(row[name] for row in rows)])
        for name in rows[0]
    }


def _room(rows: Sequence[Cells]) -> int:
    return display.WIDTH - 2 * (len(rows[0]) - 1)


def _fitting(rows: Sequence[Cells]) -> dict[str, int]:
    """Return how wide each column is, so that a line fits; the widest give way first."""
    widths = _widths(rows)
    while sum(widths.values()) > _room(rows):
        widest = max(_CUT & set(widths), key=lambda name: (widths[name], name))
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths


def _cut(row: Cells, widths: Mapping[str, int]) -> Cells:
    """Return the cells of a row as they fit: of two long values that begin alike, what differs."""
    cells = dict(row)
    over = max(display.places(row[name]) - widths[name] for name in ("old", "new"))
    if over > 0:
        both = zip(row["old"], row["new"], strict=False)
        alike = sum(1 for _ in itertools.takewhile(lambda two: two[0] == two[1], both))
        start = over + 1 if over < alike else alike - _SAME_BEFORE
        if start > 1:
            cells |= {name: "…" + row[name][start:] for name in ("old", "new")}
    return {name: display.cut_to(cell, widths[name]) for name, cell in cells.items()}


def _filled(cell: str, width: int) -> str:
    return cell + " " * (width - display.places(cell))


#: Notebooks align the cells of a table to the right, which is for numbers.
_LEFT = 'style="text-align: left"'
#: Only what people write may be broken within a word.
_BREAKING = 'style="text-align: left; overflow-wrap: anywhere"'


def _html_row(tag: str, row: Mapping[str, str]) -> str:
    cells = (
        f"<{tag} {_BREAKING if name in _CUT else _LEFT}>{escape(cell)}</{tag}>"
        for name, cell in row.items()
    )
    return f"<tr>{''.join(cells)}</tr>"
