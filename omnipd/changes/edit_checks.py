"""What is wrong with an edited frame as a whole: columns that were lost, and edits that nothing can make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from omnipd.arguments import argument
from omnipd.changes.edited_frame import EditedFrame
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.row_matching import Of
from omnipd.changes.same_cells import are_same
from omnipd.changes.values import is_null
from omnipd.display import counted, listed
from omnipd.errors import ArgumentError, warn
from omnipd.lists.editable import Row
from omnipd.message import join


def refuse_unread(of: EditedFrame, old: Mapping[Of, Row], new: Mapping[Of, Row]) -> None:
    """Refuse a column that Omni has and an edited frame alone has nothing in: it may not have been read.

    Raises
    ------
    ArgumentError
        If there is one, since what it says is that all of it is to be taken away.
    """
    known = [(old[key], row) for key, row in new.items() if key in old]
    for column in of.editable.columns:
        pairs = [
            (before[column], now[column])
            for before, now in known
            if column in before.keys() & now.keys()
        ]
        is_empty = all(
            now is None or (is_null(now) and not isinstance(now, str)) for _, now in pairs
        )
        if is_empty and not all(is_null(before) for before, _ in pairs):
            raise ArgumentError(
                f"The frame has nothing in its column {column}, and Omni has.",
                hint="If it was not read, leave the column out. If all of it is to be taken away, pass the frame "
                "as it was read, and then the edited one.",
            )


def refuse_incomplete(
    of: EditedFrame, before: pd.DataFrame, after: pd.DataFrame, *, is_any_new: bool
) -> None:
    """Refuse to delete what has no row where that may be for another reason than that it was taken out.

    Raises
    ------
    ArgumentError
        If an edited frame was read by itself and not wholly, or lacks a column that says what its rows are of
        and some of them are of nothing that was there.
    """
    ids = [names[0] for names in (of.editable.item, of.editable.part) if names]
    lost = [one for one in ids if one in before and one not in after]
    if lost and is_any_new and of.editable.part_of is None:
        raise ArgumentError(
            argument("after")
            + f" has no column {listed(lost)}, and what some of its rows are of cannot be told without.",
            hint="Nothing can be deleted by it: keep the column.",
        )
    facts, edited = (frame.attrs.get("omni") for frame in (before, after))
    if not isinstance(edited, dict) or facts == edited:
        return  # it was made of the other one, or comes from a file
    total = edited.get("total")
    is_short = isinstance(total, int) and len(after) < total
    if edited.get("complete") is False or is_short:
        raise ArgumentError(
            argument("after") + " was read by itself, and has not all that there is.",
            hint="What it lacks is not to be deleted: read all of it, or edit a copy of "
            + argument("before")
            + ".",
        )


def refuse_lost(of: EditedFrame, known: pd.DataFrame, edited: pd.DataFrame, name: str) -> None:
    """Refuse a frame with new rows that may only seem so, since a column that says what they are was lost.

    Without where they come from, what people have by a folder or a group looks as if it were given to them.

    Raises
    ------
    ArgumentError
        If it lacks one.
    """
    lost = [one for one in of.editable.also if one in known and one not in edited]
    if lost:
        raise ArgumentError(
            argument(name) + f" has no column {listed(lost)}, which says what its rows are.",
            hint="Some of them look new without. Keep the column.",
        )


def tell_unmade(of: EditedFrame, rows: Iterable[Row]) -> None:
    """Warn of what new rows say and no change does: what they make is without it."""
    said = of.editable.read
    more: dict[str, int] = {}
    for row in rows:
        for column in row.keys() - said:
            if not is_null(row[column]):
                more[column] = more.get(column, 0) + 1
    if more:
        told = listed(f"{name} ({counted(count, 'row')})" for name, count in sorted(more.items()))
        warn(f"What new rows say of these columns is not made: {told}.")


def _other_edits(
    of: EditedFrame, old: Mapping[Of, Row], new: Mapping[Of, Row], *, is_certain: bool
) -> dict[str, int]:
    """Return the columns that differ and cannot be changed, with the number of rows.

    Where what Omni has was read by itself, null on either side only says that it was not asked for.
    """
    edited: dict[str, int] = {}
    for key, row in new.items():
        for column in old.get(key, {}).keys() & row.keys():
            one, other = old[key][column], row[column]
            if column in of.editable.columns or are_same(one, other):
                continue
            if is_null(other) and column in {*of.editable.item, *of.editable.part}:
                continue  # the row is known by another column
            if is_certain or not (is_null(one) or is_null(other)):
                edited[column] = edited.get(column, 0) + 1
    return edited


def tell_new_columns(of: EditedFrame, before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Refuse a column that was not read and says a change; warn of one that says nothing."""
    new = [str(column) for column in after.columns if column not in before.columns]
    if unread := [column for column in new if column in of.editable.columns]:
        raise ArgumentError(
            argument("after")
            + f" has the column {listed(unread)}, and "
            + argument("before")
            + " has not.",
            hint="Read the frame with it: nobody knows what it was before.",
        )
    for column in new:
        if guess := did_you_mean(column, of.editable.columns):
            warn(f"The column {column!r} is none of the reader's, and says no change.{guess}")


def tell_other_edits(
    of: EditedFrame, old: Mapping[Of, Row], new: Mapping[Of, Row], *, is_certain: bool
) -> None:
    """Refuse edits of columns that cannot be changed. Where Omni may have changed them, only warn."""
    edited = _other_edits(of, old, new, is_certain=is_certain)
    if not edited:
        return
    told = listed(f"{column} ({counted(count, 'row')})" for column, count in sorted(edited.items()))
    what_can = (
        f"What can be: {', '.join(of.editable.columns)}."
        if of.editable.columns
        else "Only rows can be added and taken away."
    )
    how = dict.fromkeys(
        of.editable.elsewhere[column] for column in edited if column in of.editable.elsewhere
    )
    what_can = join([what_can, *how])
    if is_certain:
        raise ArgumentError(f"What was edited cannot be changed: {told}.", hint=what_can)
    warn(
        f"What Omni has now differs from the frame, and cannot be changed: {told}. It is left as it is. "
        + what_can
    )
