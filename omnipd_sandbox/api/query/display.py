"""A result as people see it: columns under their labels, values written out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Cell = str | int | float | bool | None

_ROWS_AT_A_TIME = 10_000
_CURRENCIES = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class Shown:
    """Hold a result under its labels; the rows are written out as they are asked for."""

    labels: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    formats: tuple[str | None, ...]
    # A second row of labels, which comes as a row.
    header: tuple[Cell, ...] | None = None

    def rows(self) -> Iterator[list[Cell]]:
        """Give the rows one after the other."""
        if self.header is not None:
            yield list(self.header)
        length = len(self.columns[0]) if self.columns else 0
        for start in range(0, length, _ROWS_AT_A_TIME):
            parts = [column.slice(start, _ROWS_AT_A_TIME).to_pylist() for column in self.columns]
            for row in zip(*parts, strict=True):
                yield [
                    _cell(value, format_) for value, format_ in zip(row, self.formats, strict=True)
                ]


def shown(table: pa.Table, fields: Mapping[str, Mapping[str, Any]], *, formatted: bool) -> Shown:
    """Put a result under the labels of its fields, in the order of the request.

    Of a time that is also written out, only what is written out is shown.
    """
    return Shown(
        labels=tuple(distinct([field.get("label") or name for name, field in fields.items()])),
        # By place, because SQL may call two columns the same.
        columns=tuple(table.column(table.column_names.index(name)) for name in fields),
        formats=tuple(
            (field.get("format") or "")
            if formatted and field.get("data_type") == "NUMBER"
            else None
            for field in fields.values()
        ),
    )


def distinct(labels: list[str]) -> Iterator[str]:
    """Give each label a number that is there already."""
    given: set[str] = set()
    for label in labels:
        distinct, number = label, 1
        while distinct in given:
            number += 1
            distinct = f"{label} ({number})"
        given.add(distinct)
        yield distinct


def _cell(value: Any, format_: str | None) -> Cell:
    if isinstance(value, datetime):
        # Milliseconds and a Z, as JavaScript writes an instant.
        text = value.replace(tzinfo=None).isoformat(timespec="milliseconds")
        return f"{text}Z" if value.tzinfo else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value if isinstance(value, str | bool) else None
    if isinstance(value, float) and not math.isfinite(value):
        # JSON has no such numbers.
        return None
    if format_ is not None:
        return _formatted(value, format_)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _formatted(value: int | float | Decimal, format_: str) -> str:
    """Write a number in one of Omni's formats, such as ``USD_2``; without one, in groups."""
    kind, _, digits = format_.partition("_")
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if kind == "ID":
        return f"{exact.normalize():f}"
    if kind == "PERCENT":
        exact *= 100
    if digits.isdigit():
        exact = exact.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP)
    text = f"{abs(exact):,f}{'%' if kind == 'PERCENT' else ''}"
    return f"{'-' if exact < 0 else ''}{_CURRENCIES.get(kind, '')}{text}"
