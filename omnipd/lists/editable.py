"""What of a reader's frame can be edited, so that a plan makes Omni so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

import pandas as pd

Row = Mapping[str, Any]


def _can_be(row: Mapping[str, Any]) -> None:  # noqa: ARG001 - what says why not
    return None


def why_deleted(row: Mapping[str, Any]) -> str | None:
    """Say that what is in the trash stays as it is, whether the cell is a flag or the text of one."""
    return "It is in the trash." if str(row.get("deleted")).casefold() == "true" else None


def why_new_folder_differs(row: Mapping[str, Any]) -> str | None:
    """Say that a new folder has the scope and owner that Omni gives it: else others might see what is in it."""
    names = ("folder_id", "id", "type", "scope", "owner_id")
    said = {name: str(row[name]) for name in names if pd.notna(row.get(name)) and row[name] != ""}
    if {"folder_id", "id"} & said.keys() or said.get("type", "folder") != "folder":
        return None
    if said.get("scope") == "restricted":
        return "A folder that a plan makes is of the organization: make a restricted one in Omni."
    if "owner_id" in said:
        return "Omni says who owns a new folder: leave its owner_id empty."
    return None


@dataclass(frozen=True)
class Editable:
    """Which changes an edited frame says.

    Attributes
    ----------
    kind : str
        The kind of thing that a row is of, such as ``document``; in braces the column that says it.
    item : tuple of str
        The columns that have its id: the first that is not null.
    columns : mapping of str to str
        Each column that can be edited, and what it is of the thing. A column that none of them is cannot
        be changed.
    name : str, optional
        The column that has what people call it.
    part : tuple of str
        The columns that have the part of the thing that a row is of, such as the person of a permission:
        the first that is not null. Empty where a row is of the whole.
    part_of : callable, optional
        Returns the part of a row, where it is not just what one of these columns holds. Nulls come as None.
    also : tuple of str
        Other columns that say of a new row what it is, such as the type of whom a permission is of.
    renamed : str, optional
        A column that no reader has, in which an edited frame gives what it names by `item` another name.
    row : str, optional
        What a row itself is of the thing: a row that is new makes it, and one that is missing takes it
        away, if asked for. It is a value of one of the columns, or says that the thing, or part, is there.
        None where rows can neither be made nor taken away.
    blank_needs_delete : bool
        Whether an empty cell in place of what a row itself is takes it away only if deletion is asked for: where
        it is no value that somebody would empty, but the row as a whole.
    fixed : callable
        Why a row cannot be changed at all; None if it can.
    fold : callable, optional
        From the rows of a frame to those of things, where a thing has several, such as a list with a row per
        value. It is also given rows of which those stay that the others lack.
    elsewhere : mapping of str to str
        Of columns that cannot be edited here: how it can be done.
    """

    kind: str
    item: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    part: tuple[str, ...] = ()
    part_of: Callable[[Mapping[str, Any]], str | None] | None = None
    also: tuple[str, ...] = ()
    renamed: str | None = None
    row: str | None = None
    blank_needs_delete: bool = False
    fixed: Callable[[Mapping[str, Any]], str | None] = _can_be
    fold: Callable[[Sequence[Row], Sequence[Row]], Sequence[Row]] | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def read(self) -> set[str]:
        """The columns that say anything of a change."""
        of_kind = {name for _, name, _, _ in Formatter().parse(self.kind) if name}
        named = {one for one in (self.name, self.renamed) if one is not None}
        return {*self.item, *self.part, *self.also, *self.columns, *of_kind, *named}

    def kind_of(self, row: Mapping[str, Any]) -> str:
        """Return the kind of thing that a row is of."""
        return self.kind.format_map(row)
