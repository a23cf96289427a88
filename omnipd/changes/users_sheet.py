"""A sheet of users: what each of its rows says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from omnipd.arguments import argument, said
from omnipd.changes.attribute_values import ATTRIBUTE, Definition, why_not_defined
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.values import FLAG, NAMES, TEXT, Value, ValueType, is_null, names_in
from omnipd.display import listed
from omnipd.errors import ArgumentError
from omnipd.export.csv import unguarded

_ADDRESS = ("email", "user_name")
_KNOWN = ("display_name", "active", "groups")
#: What an attribute's column may begin with; it must where the attribute is called as another column.
PREFIX = "attribute:"


@dataclass(frozen=True)
class SheetRow:
    """What a row says of a user; None, and no entry, where its cell is empty.

    Attributes
    ----------
    address : str
    display_name : str or None
    active : bool or None
    groups : tuple of str
        Names or ids.
    attributes : mapping of str to Value
        By name.
    """

    address: str
    display_name: str | None
    active: bool | None
    groups: tuple[str, ...]
    attributes: Mapping[str, Value]


def sheet_rows(sheet: pd.DataFrame, defined: Mapping[str, Definition]) -> list[SheetRow]:
    """Return what the rows of a sheet say.

    Raises
    ------
    ArgumentError
        If a column is not known, a row has no address or one that another has, or a cell holds what its
        column cannot.
    """
    names = [str(name) for name in sheet.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ArgumentError(f"The column {twice[0]!r} is there twice.")
    address = _address_column(names)
    attributes = _attribute_columns(names, defined)
    rows = []
    for place, cells in enumerate(_cells(sheet)):
        if is_null(cells[address]):
            raise ArgumentError(
                f"Row {place} has no {address}.", hint="Leave out rows without an address."
            )
        read = _Cells(cells, str(cells[address]).strip())
        active = read.of("active", FLAG)
        name = read.of("display_name", TEXT)
        held = {
            attribute: read.of(column, ATTRIBUTE, _as_value(definition))
            for column, (attribute, definition) in attributes.items()
        }
        rows.append(
            SheetRow(
                read.address,
                name if isinstance(name, str) else None,
                active if isinstance(active, bool) else None,
                names_in(read.of("groups", NAMES)),
                {one: value for one, value in held.items() if value is not None},
            )
        )
    _check_once([row.address for row in rows])
    return rows


class _Cells:
    """The cells of one row."""

    def __init__(self, cells: Mapping[str, Any], address: str) -> None:
        self._cells = cells
        self.address = address

    def of(
        self, column: str, values: ValueType, read: Callable[[Any], Value] | None = None
    ) -> Value:
        """Return what a cell holds; None for an empty one, and a column that is not there."""
        cell = self._cells.get(column)
        if is_null(cell):
            return None
        try:
            return values.read(cell) if read is None else read(cell)
        except ValueError as error:
            what = str(error) if read is not None else values.name
            raise ArgumentError(
                f"{column} of {self.address!r} must be {what}, unlike {said(cell):.60}.",
                hint=_READ_AS_TEXT if "zeros" in what or "digits" in what else None,
            ) from None


_READ_AS_TEXT = "Read the file with texts as they are: pd.read_csv(path, dtype=str)."


def _as_value(definition: Definition) -> Callable[[Any], Value]:
    """Return what reads the cells of an attribute."""

    def read(cell: Any) -> Value:
        is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
        if is_number and definition["type"] == "String":
            raise ValueError("text: a number has lost the zeros that a text may have in front")
        try:
            value = ATTRIBUTE.read(cell)
        except ValueError:
            raise ValueError(ATTRIBUTE.name) from None
        if definition["multiple_values"] is True and isinstance(value, str):
            return NAMES.read(value)
        return value

    return read


def _address_column(names: Sequence[str]) -> str:
    there = [name for name in _ADDRESS if name in names]
    if len(there) != 1:
        raise ArgumentError(
            argument("users")
            + (" has both email and user_name." if there else " has no column email or user_name."),
            hint="One of them names the users, by their addresses.",
        )
    return there[0]


def _attribute_columns(
    names: Sequence[str], defined: Mapping[str, Definition]
) -> dict[str, tuple[str, Definition]]:
    """Return the attribute of each column that is of one."""
    found: dict[str, tuple[str, Definition]] = {}
    for column in names:
        if column in {*_ADDRESS, *_KNOWN}:
            continue
        attribute = column.removeprefix(PREFIX)
        if (why := why_not_defined(attribute, defined)) is not None:
            if attribute not in defined and column == attribute:
                ours = [one for one, held in defined.items() if not held["system"]]
                why = f"{column!r} is no column of users, and no attribute." + did_you_mean(
                    column, [*_ADDRESS, *_KNOWN, *ours]
                )
            raise ArgumentError(why, hint="Leave the column out, or give it the attribute's name.")
        if attribute in (one for one, _ in found.values()):
            raise ArgumentError(f"Two columns are of the attribute {attribute!r}.")
        found[column] = attribute, defined[attribute]
    return found


def _cells(sheet: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in sheet.astype(object).to_dict("records"):
        # A file that omnipd wrote has a ' before what a spreadsheet would run, such as -5.
        yield {
            str(name): unguarded(cell) if isinstance(cell, str) else cell
            for name, cell in row.items()
        }


def _check_once(addresses: Sequence[str]) -> None:
    places: dict[str, list[int]] = {}
    for place, address in enumerate(addresses):
        places.setdefault(address.casefold(), []).append(place)
    twice = [f"{one} (rows {', '.join(map(str, at))})" for one, at in places.items() if len(at) > 1]
    if twice:
        raise ArgumentError(
            f"Users are there twice: {listed(twice, 3)}.", hint="Addresses do not mind case."
        )
