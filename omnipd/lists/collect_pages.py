"""The rows of a list, page by page: each once, in order, as columns.

Pages that were left unread are gathered and parsed together. The first that is not exactly as
declared ends that, and everything from there on is read record by record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.client import strict_json
from omnipd.errors import ResponseError
from omnipd.frames.columns import TEXT, Columns, as_json
from omnipd.frames.records import InferringBuilder, Record, TableBuilder, Values
from omnipd.lists.deferred_page import UnreadPage, glance
from omnipd.lists.paging import Page, Rows, rows_of
from omnipd.lists.parse_pages import ArrowPages

#: So many bytes, or pages, are parsed together: less costs time, more costs memory.
_TOGETHER = 2**20
_PAGES_TOGETHER = 32
_BARREN_PAGES = 3

#: What a row without its key is. ``refused``: an error, because Omni's specification promises the key;
#: it has one as soon as any of the columns has a value. ``whole``: told from others by all that it
#: holds, as soon as any of the columns has none. ``unchecked``: not told from others.
Keyless = Literal["refused", "whole", "unchecked"]


class Gatherer:
    """Collects the pages of one pass over a list.

    Parameters
    ----------
    columns : mapping of str to Column, optional
        The declared columns; None finds them in the records.
    key : tuple of str
        Columns that tell one row from another.
    keyless : {"refused", "whole", "unchecked"}
        What a row without them is.
    rows : Rows
        The key under which the records stand.
    unfold : callable, optional
        From one record to its rows.
    exhaustive : bool
        Whether another key is worth a warning.
    most : int, optional
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
        rows: Rows,
        unfold: Callable[[Record], Iterable[Record]] | None,
        exhaustive: bool,
        most: int | None,
    ) -> None:
        self._columns = columns
        self._key = key
        self._keyless = keyless
        self._rows = rows
        self._unfold = unfold
        self._most = most
        self._builder: TableBuilder | InferringBuilder = (
            InferringBuilder() if columns is None else TableBuilder(columns, exhaustive=exhaustive)
        )
        self._seen: set[tuple[str, ...]] = set()
        self._unread: list[UnreadPage] = []
        self._barren = 0
        plain = unfold is None and most is None and self._key_is_plain()
        self._reader = ArrowPages.of(columns, rows) if plain else None
        self.records = 0
        self.repeated = self.unchecked = 0
        self.page_sizes: list[int] = []

    @property
    def enough(self) -> bool:
        """Whether all the rows that are wanted are there."""
        return self._most is not None and self._builder.rows >= self._most

    @property
    def rows(self) -> int:
        """How many rows there are."""
        self._read()
        return self._builder.rows

    def glance(self, body: bytes) -> UnreadPage | None:
        """Return a page that can be left unread for now."""
        if self._reader is None or not isinstance(self._rows, str):
            return None
        return glance(body, self._rows)

    def add(self, page: Page) -> None:
        """Take the next page."""
        if page.unread is None:
            self._read()
            self._add(page.records)
            return
        self._unread.append(page.unread)
        if (
            len(self._unread) >= _PAGES_TOGETHER
            or sum(len(one.body) for one in self._unread) >= _TOGETHER
        ):
            self._read()

    def finish(self) -> pa.Table:
        """Return the table of all pages."""
        self._read()
        return self._builder.finish()

    def what_came(self) -> pa.Table:
        """Return the table of the pages that can be read, for an error to carry."""
        try:
            return self.finish()
        except ResponseError:
            return self._builder.finish()

    def _read(self) -> None:
        """Parse what was left unread."""
        pages, self._unread = self._unread, []
        if not pages:
            return
        read = (
            self._reader.read([page.body for page in pages]) if self._reader is not None else None
        )
        if read is not None and isinstance(self._builder, TableBuilder) and self._all_new(read[0]):
            arrays, sizes = read
            self._builder.add_arrays(arrays)
            self.page_sizes += sizes
            self.records += sum(sizes)
            return
        self._reader = None
        for page in pages:
            content, wrong = strict_json.parse(page.body)
            if wrong is not None and page.again is not None:
                content = page.again()
            self._add(rows_of(content, self._rows))

    def _add(self, records: list[Record]) -> None:
        self.page_sizes.append(len(records))
        rows = records
        if (unfold := self._unfold) is not None:
            rows = [row for record in records for row in unfold(record)]
        fresh = self._new(rows)
        self._barren = self._barren + 1 if rows and not fresh else 0
        if self._barren > _BARREN_PAGES:
            raise ResponseError(
                f"{self._barren} pages in a row brought no new row; the list would never end."
            )
        self.repeated += len(rows) - len(fresh)
        self.records += len(records) if unfold is not None else len(fresh)
        if self._most is not None:
            fresh = fresh[: self._most - self._builder.rows]
        self._builder.add(fresh)

    def _key_is_plain(self) -> bool:
        columns = self._columns or {}
        return all(
            columns[name].wire == TEXT and columns[name].at_once is None for name in self._key
        )

    def _all_new(self, arrays: Mapping[str, pa.Array]) -> bool:
        """Whether each row has a key that did not come before; if so, they have come now."""
        if not self._key:
            self.unchecked += len(next(iter(arrays.values())))
            return True
        parts = [arrays[name] for name in self._key]
        needed = [pc.coalesce(*parts)] if self._keyless == "refused" else parts
        if any(part.null_count for part in needed):
            return False
        named = list(zip(*(part.fill_null("None").to_pylist() for part in parts), strict=True))
        fresh = set(named)
        if len(fresh) < len(named) or not fresh.isdisjoint(self._seen):
            return False
        self._seen |= fresh
        return True

    def _new(self, rows: list[Record]) -> list[Record]:
        """Return the rows that did not come before, by the wire paths of the key columns."""
        columns = self._columns
        if not self._key or columns is None:
            self.unchecked += len(rows)
            return rows
        values = Values(rows)
        parts = [values.first(columns[name].paths) for name in self._key]
        fresh = []
        for row, identity in zip(rows, zip(*parts, strict=True), strict=True):
            known = self._identity(row, identity)
            if known is None:
                self.unchecked += 1
                fresh.append(row)
            elif known not in self._seen:
                self._seen.add(known)
                fresh.append(row)
        return fresh

    def _identity(self, row: Record, key: tuple[Any, ...]) -> tuple[str, ...] | None:
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
        return tuple(map(str, key))
