"""What changed from one table to another, as rows of one shape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.audit.compare_rows import Matched, Pair, Rows, match
from omnipd.audit.compare_values import TEXT, differ_as_json, differs, in_one_type, texts
from omnipd.audit.keys import Key
from omnipd.audit.renamed_documents import (
    DOCUMENTS,
    IDENTIFIER,
    Renamed,
    with_new_identifiers,
)
from omnipd.frames import columns

#: The columns of what has changed.
CHANGES = pa.schema(
    [
        (name, columns.TEXT)
        for name in (
            *("table", "change", "key", "name", "column", "old", "new", "same_as", "note"),
        )
    ]
)
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
COLUMN_ADDED, COLUMN_REMOVED = "column added", "column removed"
_ORDER = [COLUMN_ADDED, COLUMN_REMOVED, ADDED, REMOVED, CHANGED]

#: Where a row says what it is called; the first that is there.
_NAMES = (
    *("name", "display_name", "dashboard_name", "document_name", "principal_name", "label"),
    *("user_name", "file_name", "title"),
)
#: What rows are put together of: texts, and what they are put in order by.
_PARTS = dict.fromkeys(CHANGES.names, TEXT) | {"rank": pa.int64(), "position": pa.int64()}

_NOT_COMPARED = "not compared: "
_LIKELY = "likely renamed: it looks the same, but nothing that stays shows it"

#: What a document that was only given another identifier still has.
_LOOKS = ("type", "name", "folder_path", "owner_id", "connection_id")


@dataclass(frozen=True)
class Compared:
    """A table as it was and as it is.

    Attributes
    ----------
    name : str or None
        What it is called.
    before, after : pyarrow.Table
        Both.
    key : Key
        What tells its rows apart; columns that a table lacks do not.
    json : set of str
        Columns whose text is JSON.
    ignored : set of str
        Columns that are not compared.
    renamed : mapping of str to Renamed
        Documents that have another identifier now.
    gaps : tuple of (str or None, str or None)
        Why either is not known whole.
    """

    name: str | None
    before: pa.Table
    after: pa.Table
    key: Key
    json: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    renamed: Mapping[str, Renamed] = field(default_factory=dict)
    gaps: tuple[str | None, str | None] = (None, None)


def changes(table: Compared) -> pa.Table:
    """Return what changed in a table: by kind of change, key and column, whatever the order of rows."""
    return _Comparison(table).changes()


def not_compared(name: str, why: str) -> pa.Table:
    """Return the row that says of a table that it could not be compared."""
    return _finished(name, [_rows(1, note=f"{_NOT_COMPARED}{why}")])


def is_not_compared(rows: pa.Table) -> pa.ChunkedArray:
    """Return which rows say of a table that it could not be compared."""
    return pc.fill_null(pc.starts_with(rows["note"], _NOT_COMPARED), False)


class _Comparison:
    """One table, with the columns of both sides in one type each."""

    def __init__(self, table: Compared) -> None:
        self._table = table
        self._before, self._after = table.before.combine_chunks(), table.after.combine_chunks()
        now = with_new_identifiers(self._before, table.renamed) if table.renamed else self._before
        both = [name for name in self._after.column_names if name in now.column_names]
        self._key = table.key.columns if set(table.key.columns) <= set(both) else ()
        self._columns = [name for name in both if name not in table.ignored or name in self._key]
        self._pairs = {
            name: in_one_type(now.column(name), self._after.column(name)) for name in self._columns
        }
        self._found = self._match()

    def _match(self) -> Matched:
        sizes = self._before.num_rows, self._after.num_rows
        key: list[Pair] = [self._pairs[name] for name in self._key]
        if self._table.key.alone:
            ones = [pa.chunked_array([pa.repeat(True, size)]) for size in sizes]
            key = [(ones[0], ones[1])]
        return match(key, list(self._pairs.values()), sizes)

    def changes(self) -> pa.Table:
        parts = [*self._of_columns(), *self._of_one_side(), *self._renamed(), *self._changed()]
        return _finished(self._table.name, parts)

    def _of_columns(self) -> Iterator[pa.Table]:
        """Yield the columns that only one of the tables has."""
        for change, has, lacks in (
            (COLUMN_REMOVED, self._before, self._after),
            (COLUMN_ADDED, self._after, self._before),
        ):
            ignored = {*lacks.column_names, *self._table.ignored}
            only = [name for name in has.column_names if name not in ignored]
            yield _rows(len(only), change=change, column=only, position=[*range(len(only))])

    def _of_one_side(self) -> Iterator[pa.Table]:
        """Yield the rows that only one of the tables has."""
        found = self._found
        twins = self._twins()
        removed, added = self._table.gaps[1], self._table.gaps[0]
        yield self._rows_of(REMOVED, self._before, found.removed, removed, twins)
        backwards = {after: before for before, after in twins.items()}
        yield self._rows_of(ADDED, self._after, found.added, added, backwards)
        yield self._whole_rows_of(REMOVED, self._before, found.removed_whole, removed)
        yield self._whole_rows_of(ADDED, self._after, found.added_whole, added)

    def _rows_of(
        self, change: str, side: pa.Table, rows: Rows, gap: str | None, twins: Mapping[int, int]
    ) -> pa.Table:
        """Return the rows of one side whose key the other has not; it may not be known whether."""
        other = self._after if side is self._before else self._before
        places = pa.array([twins.get(row) for row in rows.tolist()], pa.int64())
        same_as = self._key_texts(other.take(places), self._key) if twins else None
        likely = pa.array([_LIKELY if row in twins else None for row in rows.tolist()], TEXT)
        return _rows(
            len(rows),
            change=None if gap else change,
            key=self._key_texts(side.take(rows), self._key),
            name=self._names(side, rows),
            same_as=same_as,
            note=_notes(likely, f"not known whether {change}: {gap}" if gap else None),
        )

    def _whole_rows_of(self, change: str, side: pa.Table, rows: Rows, gap: str | None) -> pa.Table:
        """Return rows of one side that no key names: all that they hold does."""
        if self._key:
            why = "the key is null or not unique"
        else:
            why = "not all of the key is there" if self._table.key.columns else "no key is known"
        notes = [f"compared by all columns: {why}"]
        if gap:
            notes.append(f"not known whether {change}: {gap}")
        return _rows(
            len(rows),
            change=None if gap else change,
            key=self._key_texts(side.take(rows), self._columns, pairs=True),
            name=self._names(side, rows),
            note="; ".join(notes),
        )

    def _changed(self) -> Iterator[pa.Table]:
        """Yield what the rows that both have hold now in each column."""
        for position, name in enumerate(self._columns):
            if name in self._key:
                continue
            old, new = self._pairs[name]
            old, new = old.take(self._found.before), new.take(self._found.after)
            where = differs(old, new)
            if name in self._table.json:
                where[where] = differ_as_json(old.filter(where), new.filter(where))
            yield self._cells(name, position, where)

    def _renamed(self) -> Iterator[pa.Table]:
        """Yield the documents that have another identifier; elsewhere it is not told again."""
        if self._table.renamed and self._table.name in DOCUMENTS and IDENTIFIER in self._key:
            held = self._before.column(IDENTIFIER).take(self._found.before).to_pylist()
            where = np.array([identifier in self._table.renamed for identifier in held], bool)
            shown_by = [
                self._table.renamed[identifier].shown_by
                for identifier in held
                if identifier in self._table.renamed
            ]
            notes = pa.array([f"renamed: {column} is the same" for column in shown_by], TEXT)
            yield self._cells(IDENTIFIER, -1, where, notes)

    def _cells(
        self, name: str, position: int, where: npt.NDArray[np.bool_], note: Any = None
    ) -> pa.Table:
        """Return a column of the rows that both have, where it has changed."""
        before, after = self._found.before[where], self._found.after[where]
        old, new = self._before.column(name), self._after.column(name)
        if old.type != new.type and all(map(pa.types.is_floating, (old.type, new.type))):
            old, new = self._pairs[name]  # as the narrow type spells it, it is another number
        return _rows(
            len(before),
            change=CHANGED,
            key=self._key_texts(self._after.take(after), self._key),
            name=self._names(self._after, after),
            column=name,
            old=texts(old.take(before)),
            new=texts(new.take(after)),
            note=note,
            position=position,
        )

    def _key_texts(
        self, rows: pa.Table, names: Sequence[str], pairs: bool = False
    ) -> pa.ChunkedArray | None:
        """Return the texts by which rows are named: a value, or each with its column."""
        held = [texts(rows.column(name)) for name in names]
        if not held:
            return None
        if self._table.key.either and not pairs:
            return pc.coalesce(*held)
        if len(held) == 1 and not pairs:
            return held[0]
        # Arrow's own joining without nulls drops rows that are null throughout.
        parts = [
            pc.coalesce(_joined(pa.scalar(f", {name}=", TEXT), text), pa.scalar("", TEXT))
            for name, text in zip(names, held, strict=True)
        ]
        joined = pc.utf8_slice_codeunits(_joined(*parts), len(", "))
        return pc.if_else(pc.equal(joined, ""), None, joined)

    def _names(self, side: pa.Table, rows: Rows) -> pa.ChunkedArray | None:
        called = next((name for name in _NAMES if name in side.column_names), None)
        return None if called is None else texts(side.column(called).take(rows))

    def _twins(self) -> dict[int, int]:
        """Return which document that is gone looks as one that is new does, and no other."""
        looks = [name for name in _LOOKS if name in self._pairs]
        if self._table.name not in DOCUMENTS or "name" not in looks:
            return {}
        seen: list[dict[tuple[Any, ...], list[int]]] = []
        for side, rows in enumerate((self._found.removed, self._found.added)):
            held = [self._pairs[name][side].take(rows).to_pylist() for name in looks]
            by_looks: dict[tuple[Any, ...], list[int]] = defaultdict(list)
            for row, look in zip(rows.tolist(), zip(*held, strict=True), strict=True):
                by_looks[look].append(row)
            seen.append(by_looks)
        at = looks.index("name")
        return {
            rows[0]: seen[1][look][0]
            for look, rows in seen[0].items()
            if look[at] is not None and len(rows) == 1 and len(seen[1].get(look, ())) == 1
        }


def _joined(*texts: Any) -> Any:
    return pc.binary_join_element_wise(*texts, pa.scalar("", TEXT))


def _notes(likely: pa.Array, gap: str | None) -> pa.Array:
    if gap is None:
        return likely
    return pc.coalesce(_joined(likely, pa.scalar(f"; {gap}", TEXT)), pa.scalar(gap, TEXT))


def _rows(size: int, **given: Any) -> pa.Table:
    """Return rows, with one value or a column of values for what is given, and null for the rest."""
    change = given.get("change")
    given["rank"] = _ORDER.index(change) if change in _ORDER else len(_ORDER)
    held = {name: _column(size, given.get(name), kind) for name, kind in _PARTS.items()}
    return pa.table(held)


def _column(size: int, given: Any, kind: pa.DataType) -> Any:
    if isinstance(given, list):
        return pa.array(given, kind)
    if isinstance(given, pa.Array | pa.ChunkedArray):
        return given.cast(kind)
    return pa.repeat(pa.scalar(given, kind), size)


def _finished(name: str | None, parts: Sequence[pa.Table]) -> pa.Table:
    """Return rows in an order that does not depend on that of any table."""
    together = pa.concat_tables(parts)
    by = [(column, "ascending") for column in ("rank", "key", "position")]
    order = pc.sort_indices(together, by)
    rows = together.take(order).set_column(0, "table", pa.repeat(pa.scalar(name, TEXT), len(order)))
    return rows.select(CHANGES.names).cast(CHANGES)
