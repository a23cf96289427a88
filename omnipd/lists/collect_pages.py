"""The rows of a list, page by page: each once, in order, as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from types import NoneType
from typing import Any, Literal

import pyarrow as pa

from omnipd.errors import ResponseError
from omnipd.frames.columns import Columns, as_json
from omnipd.frames.inferred import InferringBuilder
from omnipd.frames.records import Record, TableBuilder, Values

_MAX_PAGES_WITHOUT_NEW_ROWS = 3

#: What a row without its key is. ``refused``: an error, because Omni's specification promises the key;
#: it has one as soon as any of the columns has a value. ``whole``: told from others by all that it
#: holds, as soon as any of the columns has none. ``unchecked``: not told from others.
Keyless = Literal["refused", "whole", "unchecked"]

#: What tells one row from another: its key, or only the text of the first column where the others have
#: none. Many tuples would be looked through by Python's collector of garbage, with all else there is.
_Identity = str | tuple[str | None, ...] | None


class PageCollector:
    """Collects the pages of one pass over a list.

    Parameters
    ----------
    columns : mapping of str to Column, optional
        The declared columns; None finds them in the records.
    key : tuple of str
        Columns that tell one row from another.
    keyless : {"refused", "whole", "unchecked"}
        What a row without them is.
    unfold : callable, optional
        From one record to its rows.
    exhaustive : bool
        Whether another key is worth a warning.
    max_rows : int, optional
        How many rows are wanted.

    Attributes
    ----------
    records : int
        How many records came, each once.
    repeated : int
        How many rows came again.
    unchecked : int
        How many rows nothing tells from others.
    page_sizes : list of int
        How many records each page held, also such as came again.
    """

    def __init__(
        self,
        columns: Columns | None,
        *,
        key: tuple[str, ...],
        keyless: Keyless,
        unfold: Callable[[Record], Iterable[Record]] | None,
        exhaustive: bool,
        max_rows: int | None,
    ) -> None:
        self._columns = columns
        self._key = key
        self._keyless = keyless
        self._unfold = unfold
        self._max_rows = max_rows
        self._builder: TableBuilder | InferringBuilder = (
            InferringBuilder() if columns is None else TableBuilder(columns, exhaustive=exhaustive)
        )
        self._seen: set[_Identity] = set()
        self._pages_without_new_rows = 0
        self.records = 0
        self.repeated = self.unchecked = 0
        self.page_sizes: list[int] = []

    @property
    def enough(self) -> bool:
        """Whether all the rows that are wanted are there."""
        return self._max_rows is not None and self._builder.rows >= self._max_rows

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._builder.rows

    def add(self, records: list[Record]) -> None:
        """Take the records of the next page."""
        self.page_sizes.append(len(records))
        rows = records
        if (unfold := self._unfold) is not None:
            rows = [row for record in records for row in unfold(record)]
        new = self._new(rows)
        without = self._pages_without_new_rows + 1 if rows and not new else 0
        self._pages_without_new_rows = without
        if without > _MAX_PAGES_WITHOUT_NEW_ROWS:
            raise ResponseError(
                f"{without} pages in a row brought no new row; the list would never end."
            )
        self.repeated += len(rows) - len(new)
        self.records += len(records) if unfold is not None else len(new)
        if self._max_rows is not None:
            new = new[: self._max_rows - self._builder.rows]
        self._builder.add(new)

    def finish(self) -> pa.Table:
        """Return the table of all pages."""
        return self._builder.finish()

    def _new(self, rows: list[Record]) -> list[Record]:
        """Return the rows that did not come before, by the wire paths of the key columns."""
        columns = self._columns
        if not self._key or columns is None:
            self.unchecked += len(rows)
            return rows
        values = Values(rows)
        parts = [values.first(columns[name].paths) for name in self._key]
        if self._all_new(parts):
            return rows
        new = []
        for row, key in zip(rows, zip(*parts, strict=True), strict=True):
            identity = self._identity(row, key)
            if identity is None:
                self.unchecked += 1
                new.append(row)
            elif identity not in self._seen:
                self._seen.add(identity)
                new.append(row)
        return new

    def _all_new(self, parts: Sequence[list[Any]]) -> bool:
        """Whether each row has a key that did not come before; if so, they have come now."""
        # So it is on nearly every page, and then no row has to be looked at by itself.
        refused = self._keyless == "refused"
        kinds = set(map(type, chain.from_iterable(parts)))
        if not kinds <= ({str, NoneType} if refused else {str}):
            return False
        if not refused and any("" in part for part in parts):
            return False
        first, *others = parts
        alone = all(part.count(None) == len(part) for part in others)
        identities = set(first if alone else map(_short, zip(*parts, strict=True)))
        if None in identities or len(identities) < len(first):
            return False
        if not identities.isdisjoint(self._seen):
            return False
        self._seen |= identities
        return True

    def _identity(self, row: Record, key: tuple[Any, ...]) -> _Identity:
        """Return what tells a row from others; None where nothing does."""
        if self._keyless == "refused":
            if key.count(None) == len(key):
                raise ResponseError(
                    f"A row of the list has none of its keys ({', '.join(self._key)})."
                )
        elif None in key or "" in key:
            # One text more than a key has, so that neither is taken for the other.
            whole = ("",) * len(key) + (as_json(sorted(row.items())),)
            return whole if self._keyless == "whole" else None
        return _short(tuple(None if part is None else str(part) for part in key))


def _short(key: tuple[str | None, ...]) -> _Identity:
    """Return what stands for a key: equal for equal keys only; None for one without a value."""
    return key[0] if key[1:].count(None) == len(key) - 1 else key
