"""An edited frame becomes a plan: cells that differ, rows that are new, and, if asked for, rows that are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from omnipd.arguments import argument, check_flag, said, said_shortly
from omnipd.call import one_call
from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change, Key
from omnipd.changes.edit_checks import (
    refuse_incomplete,
    refuse_lost,
    refuse_unread,
    tell_new_columns,
    tell_other_edits,
    tell_unmade,
)
from omnipd.changes.edited_frame import EditedFrame, edited_frame_of
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.plan_rows import checked
from omnipd.changes.planned import planned
from omnipd.changes.row_matching import Of, matched, without_guards
from omnipd.changes.same_cells import are_same
from omnipd.changes.unnamed_rows import why_unnamed
from omnipd.changes.values import RECORD, TEXT, Value, is_null
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.display import listed
from omnipd.errors import ArgumentError
from omnipd.lists.editable import Row
from omnipd.lists.instances import refuse_other_instances

_MAY_BE_EDITED = (
    "It may be one of the new rows, which cannot be made: leave those out to delete it."
)
_IS_BLANK = "Its {} is empty, which would take it away: fill it, or allow deletions."


def plan(
    before: pd.DataFrame,
    after: pd.DataFrame | None = None,
    *,
    reader: str | None = None,
    delete: bool = False,
    client: Client | None = None,
) -> Plan:
    """Plan what makes Omni as an edited frame has it.

    Parameters
    ----------
    before : pandas.DataFrame
        What a reader returned; or, without `after`, the edited frame itself: what Omni has now is then
        read again.
    after : pandas.DataFrame, optional
        The same, edited: cells, new rows, and fewer rows or columns. Rows are matched by what they are of, in
        any order; it may have been through a CSV file or a spreadsheet.
    reader : str, optional
        Which reader the frames are from, such as ``"documents"``. By default their ``attrs`` say it, which
        a file does not keep.
    delete : bool, default False
        Whether what has no row any more is taken away or deleted. By default a row that is missing says
        nothing, and an empty role in permissions is refused. It needs `after`: of what an edited frame alone does not have, nobody knows whether it
        ever had it.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per cell that differs. What cannot be made, such as with a label that is not defined, is in
        it, refused.

    Raises
    ------
    ArgumentError
        If a column was edited that cannot be changed, two rows are of the same, or a cell holds what its column
        cannot.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=5)
    ...     edited = documents.copy()
    ...     edited["labels"] = "finance"
    ...     plan = omnipd.plan(documents, edited)
    >>> set(plan["column"])
    {'labels'}
    """
    check_flag("delete", delete)
    for name, frame in (("before", before), ("after", after)):
        if not isinstance(frame, pd.DataFrame) and (name == "before" or frame is not None):
            raise ArgumentError(
                argument(name) + f" must be a DataFrame, unlike {said_shortly(frame)}."
            )
    if delete and after is None:
        raise ArgumentError(
            argument("delete", True) + " needs " + argument("after") + ".",
            hint="Pass the frame as it was read, too: rows that were never in it are not to be deleted.",
        )
    frames = [before] if after is None else [before, after]
    refuse_other_instances(frames)
    of = edited_frame_of(reader, *frames)
    with one_call():
        acting = current_client(client)
        known = before if after is not None else of.read_again(before, acting)
        old = _rows(of, known, "before")
        edited, name = (before, "before") if after is None else (after, "after")
        edited = without_guards(edited, known)
        new = _matched(of, old, _rows(of, edited, name, kept=None if delete else known), name)
        is_any_new = not new.keys() <= old.keys()
        if is_any_new:
            refuse_lost(of, known, edited, name)
        if after is None:
            refuse_unread(of, old, new)
        else:
            tell_new_columns(of, before, after)
            if delete:
                refuse_incomplete(of, before, after, is_any_new=is_any_new)
        tell_other_edits(of, old, new, is_certain=after is not None)
        made: list[Row] = []
        plan = planned(_changes(of, old, new, made, delete=delete), Now(acting))
        tell_unmade(of, made)
        return plan


def _changes(
    of: EditedFrame,
    old: Mapping[Of, Row],
    new: Mapping[Of, Row],
    made: list[Row],
    *,
    delete: bool,
) -> Iterator[Change]:
    """Yield the changes, and note the new rows that are made."""
    unmade: set[str] = set()
    for key, row in new.items():
        if key in old:
            yield from _edited(of, key, old[key], row, delete=delete)
            continue
        due = [checked(change) for change in _made(of, key, row)]
        if any(action_of(key[0], one.key.column).check(one) is not None for one in due):
            unmade.add(key[0])
        if all(one.refused is None for one in due):
            made.append(row)
        yield from due
    if delete:
        for key, row in old.items():
            if key not in new:
                for change in _deleted(of, key, row):
                    # Of a row whose id was edited, the old one is missing.
                    why = _MAY_BE_EDITED if key[0] in unmade else None
                    yield replace(change, refused=change.refused or why)


def _edited(of: EditedFrame, key: Of, old: Row, new: Row, *, delete: bool) -> Iterator[Change]:
    why = of.editable.fixed(old)
    renamed = new.get(of.editable.renamed or "")
    if not is_null(renamed) and str(renamed) != key[1]:
        named_by = of.editable.item[0]
        yield Change(Key(*key, named_by), key[1], str(renamed), _name(of, old), why)
        why = f"It gets another {named_by} by the same plan: change the rest by one of its own."
    if _is_emptied(of, old, new):
        needs_delete = of.editable.blank_needs_delete and not delete
        for gone in _deleted(of, key, old):
            blank = _IS_BLANK.format(of.editable.row) if needs_delete else None
            yield replace(gone, refused=gone.refused or blank)
        return
    for column, change in of.editable.columns.items():
        if column not in new or column not in old:
            continue
        if not _has(key[0], change):
            if not are_same(old[column], new[column]):
                action_of(key[0], change)  # which says what can be
            continue
        if _became_number(old[column], new[column]):
            continue
        before, now = (
            _value(key, change, old[column], column),
            _value(key, change, new[column], column),
        )
        if not action_of(key[0], change).values.same(before, now):
            yield Change(Key(*key, change), before, now, _name(of, old), why)


def _is_emptied(of: EditedFrame, old: Row, new: Row) -> bool:
    """Whether what a row itself is was taken out of it, such as the role out of a permission."""
    return any(
        change == of.editable.row
        and column in old
        and column in new
        and not is_null(old[column])
        and is_null(new[column])
        for column, change in of.editable.columns.items()
    )


def _became_number(old: Any, new: Any) -> bool:
    """Whether a cell is the same but for what a spreadsheet did: the text 007 comes back as the number 7."""
    is_number = isinstance(new, int | float) and not isinstance(new, bool)
    return is_number and isinstance(old, str) and are_same(old, new)


def _made(of: EditedFrame, key: Of, row: Row) -> Iterator[Change]:
    if (made := of.editable.row) is None:
        change = next(iter(of.editable.columns.values()))
        there_is_none = f"There is no such {key[0]}."
        yield Change(Key(*key, change), None, None, _name(of, row), there_is_none)
        return
    why = of.editable.fixed(row)
    if not is_null(row.get(of.editable.renamed or "")):
        why = f"There is no such {key[0]} to give another name: a new one has its name at once."
    yield Change(Key(*key, made), None, _of_row(of, key, row), _name(of, row), why)
    for change, value in _beside(of, key, row):
        yield Change(Key(*key, change), None, value, _name(of, row), why)


def _deleted(of: EditedFrame, key: Of, row: Row) -> Iterator[Change]:
    if (gone := of.editable.row) is None:
        raise ArgumentError(
            argument("delete", True) + f" cannot be: Omni has no call that deletes a {key[0]}.",
        )
    why = of.editable.fixed(row)
    for change, value in _beside(of, key, row):
        yield Change(Key(*key, change), value, None, _name(of, row), why)
    yield Change(Key(*key, gone), _of_row(of, key, row), None, _name(of, row), why)


def _beside(of: EditedFrame, key: Of, row: Row) -> Iterator[tuple[str, Value]]:
    """Yield what a row has beside the one value that it itself is, such as the boost beside a role."""
    if of.editable.row not in of.editable.columns.values():
        return
    for column, change in of.editable.columns.items():
        if change == of.editable.row or column not in row:
            continue
        value = _value(key, change, row[column], column)
        if not action_of(key[0], change).values.same(None, value):
            yield change, value


def _of_row(of: EditedFrame, key: Of, row: Row) -> Value:
    """Return what a row itself is: the value of a column, a record of all, or only that it is there."""
    made = of.editable.row or ""
    for column, change in of.editable.columns.items():
        if change == made:
            return _value(key, change, row.get(column), column)
    if action_of(key[0], made).values.read is not RECORD.read:
        return True
    record = {}
    for column, change in of.editable.columns.items():
        if column in row and not is_null(row[column]):
            values = action_of(key[0], change).values
            record[change] = values.text(_value(key, change, row[column], column))
    return record


def _value(key: Of, change: str, cell: Any, column: str) -> Value:
    values = action_of(key[0], change).values
    try:
        return values.of(cell)
    except ValueError:
        raise ArgumentError(
            f"{column} of the {key[0]} {key[1]!r} must be {values.name}, unlike {said(cell):.60}."
        ) from None


def _has(kind: str, change: str) -> bool:
    try:
        action_of(kind, change)
    except ArgumentError:
        return False
    return True


def _name(of: EditedFrame, row: Row) -> str | None:
    name = None if of.editable.name is None else row.get(of.editable.name)
    return None if is_null(name) else str(name)


def _rows(
    of: EditedFrame, frame: pd.DataFrame, name: str, kept: pd.DataFrame | None = None
) -> dict[Of, Row]:
    """Return the rows of a frame by what they are of; those stay of `kept` that it lacks of a thing.

    Raises
    ------
    ArgumentError
        If two are of the same, or one of nothing.
    """
    names = [str(column) for column in frame.columns]
    if twice := [column for column, times in Counter(names).items() if times > 1]:
        raise ArgumentError(
            argument(name) + f" has several columns {listed(twice)}.",
            hint="Leave all but one of the same name out.",
        )
    rows: dict[Of, Row] = {}
    cells = _cells(frame.set_axis(names, axis="columns"))
    if of.editable.fold is not None:
        cells = of.editable.fold(cells, [] if kept is None else _cells(kept))
    for place, row in enumerate(cells):
        item = _first(row, of.editable.item)
        part = _part(of, row)
        if item is None or (of.editable.part and part is None):
            columns = of.editable.item if item is None else of.editable.part
            raise ArgumentError(
                f"Row {place} of " + argument(name) + f" has no {' or '.join(columns)}.",
                hint=why_unnamed(of, frame, columns),
            )
        try:
            key = (of.editable.kind_of(row), item, part)
        except KeyError as error:
            raise ArgumentError(
                argument(name) + f" has no column {error.args[0]!r}, which says what a row is of."
            ) from None
        if key in rows and of.editable.columns:
            whose = "" if part is None else f" ({part})"
            raise ArgumentError(argument(name) + f" has two rows of the {key[0]} {item!r}{whose}.")
        # Rows that only say that something is there say so together: a group, one for each member.
        rows[key] = _common(rows[key], row) if key in rows else row
    return rows


def _matched(
    of: EditedFrame, old: Mapping[Of, Row], new: Mapping[Of, Row], name: str
) -> dict[Of, Row]:
    """Return new rows by what they are of, where it is what an old row is of that none has named."""
    rows: dict[Of, Row] = {}
    for meant, row in zip(matched(of.editable, old, new), new.values(), strict=True):
        if meant in rows:
            raise ArgumentError(argument(name) + f" has two rows of the {meant[0]} {meant[1]!r}.")
        rows[meant] = row
    return rows


def _common(one: Row, other: Row) -> Row:
    """Return the cells in which two rows are the same."""
    return {name: cell for name, cell in one.items() if are_same(cell, other.get(name))}


def _cells(frame: pd.DataFrame) -> Sequence[Row]:
    return [
        {str(column): cell for column, cell in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def _part(of: EditedFrame, row: Row) -> str | None:
    if of.editable.part_of is None:
        return _first(row, of.editable.part)
    return of.editable.part_of({name: None if is_null(one) else one for name, one in row.items()})


def _first(row: Mapping[Any, Any], columns: tuple[str, ...]) -> str | None:
    held = (row[one] for one in columns if one in row and not is_null(row[one]))
    first = next(held, None)
    if first is None:
        return None
    try:
        return str(TEXT.of(first))  # an id of digits, that a spreadsheet took for a number
    except ValueError:
        return str(first)
