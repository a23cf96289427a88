"""What of a reader's frame can be edited, so that a plan makes Omni so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


def _can_be(row: Mapping[str, Any]) -> None:  # noqa: ARG001 - what says why not
    return None


def why_deleted(row: Mapping[str, Any]) -> str | None:
    """Say that what is in the trash stays as it is, whether the cell is a flag or the text of one."""
    return "It is in the trash." if str(row.get("deleted")).casefold() == "true" else None


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
    renamed : str, optional
        A column that no reader has, in which an edited frame gives what it names by `item` another name.
    row : str, optional
        What a row itself is of the thing: a row that is new makes it, and one that is missing takes it
        away, if asked for. It is a value of one of the columns, or says that the thing, or part, is there.
        None where rows can neither be made nor taken away.
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
    renamed: str | None = None
    row: str | None = None
    fixed: Callable[[Mapping[str, Any]], str | None] = _can_be
    fold: Callable[[Sequence[Row], Sequence[Row]], Sequence[Row]] | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def kind_of(self, row: Mapping[str, Any]) -> str:
        """Return the kind of thing that a row is of."""
        return self.kind.format_map(row)
