"""How often documents were viewed between two readings of their counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from omnipd.audit.export_history import Reading
from omnipd.audit.renamed_documents import renamed_documents
from omnipd.export.storable_table import table_for
from omnipd.frames.columns import COUNT, INSTANT, TEXT
from omnipd.frames.to_pandas import is_whole

_TEXTS = ("document_identifier", "name", "scope", "owner_id", "owner_name", "folder_id")
#: The columns of one row per document.
DOCUMENTS = pa.schema(
    [
        *((name, TEXT) for name in (*_TEXTS, "folder_path")),
        *((name, COUNT) for name in ("views", "visits", "count_views_before", "count_views")),
        ("last_viewed_at", INSTANT),
        *((name, TEXT) for name in ("change", "renamed_from")),
        *((name, INSTANT) for name in ("measured_from", "measured_to")),
        ("unknown", TEXT),
    ]
)

#: What is counted, and the lifetime counter that it is the difference of.
COUNTERS = {"views": "count_views", "visits": "visits"}
#: The table that holds both counters.
CONTENT = "content"

_GIVEN = (*_TEXTS, "folder_path", "count_views", "last_viewed_at")
_READ = ["type", "visits", *_GIVEN]
_MOST = 2**63 - 1
_NAMELESS = "it has no identifier"

Row = dict[str, Any]


class Counted:
    """The rows of ``content`` that are documents, in one reading.

    Parameters
    ----------
    reading : Reading
        It has ``content``.
    table : pyarrow.Table
        That table, in its order.
    is_whole : bool
        Whether nothing is missing in it.
    """

    def __init__(self, reading: Reading, table: pa.Table, is_whole: bool) -> None:
        self.reading = reading
        self.table = table
        self.is_whole = is_whole
        carried = reading.carried(CONTENT)
        self.rows: list[Row] = []
        for place, row in enumerate(table.select(_READ).to_pylist()):
            if row["type"] == "document" or row["document_identifier"] is not None:
                row["at"] = carried[1] if carried and place >= carried[0] else reading.at
                self.rows.append(row)
        self.times = Counter(row["document_identifier"] for row in self.rows)
        self.by_identifier = {row["document_identifier"]: row for row in self.rows}

    def find(self, name: str) -> pa.Table | None:
        """Return a table of this reading; None where it is not known whole."""
        if name == CONTENT:
            return self.table if self.is_whole else None
        frame = self.reading.inventory.get(name)
        return None if frame is None or not is_whole(frame) else table_for(frame)


def views_between(start: Counted | None, end: Counted, no_start: str) -> Iterator[Row]:
    """Yield a row for each document of either reading, with what was counted in between.

    Parameters
    ----------
    start : Counted or None
        The first reading, if there is one.
    end : Counted
        The last.
    no_start : str
        Why there is no first one.
    """
    before: Mapping[str | None, Row] = {} if start is None else start.by_identifier
    renamed = {} if start is None else renamed_documents(start.find, end.find)
    old_of = {one.identifier: old for old, one in renamed.items()}
    for row in end.rows:
        identifier = row["document_identifier"]
        old = old_of.get(identifier, identifier)
        first = before.get(old) if identifier is not None else None
        given = _given(row) | {"measured_to": row["at"]}
        if identifier in old_of:
            given |= {"change": "renamed", "renamed_from": old}
        if identifier is None:
            yield given | {"unknown": _NAMELESS}
        elif end.times[identifier] > 1 or (start and start.times[old] > 1):
            yield given | {"unknown": "its identifier is listed more than once"}
        elif start is None:
            yield given | {"unknown": no_start}
        elif first is None:
            if start.is_whole:
                given["change"] = "added"
            yield given | {"unknown": _not_in(start, "start")}
        else:
            yield given | {"measured_from": first["at"]} | _counted(first, row)
    still = end.by_identifier.keys() | renamed.keys()
    for row in start.rows if start else ():
        if row["document_identifier"] in still:
            continue
        given = _given(row) | {"measured_from": row["at"], "count_views": None}
        given["count_views_before"] = row["count_views"]
        if row["document_identifier"] is None:
            yield given | {"unknown": _NAMELESS}
        else:
            gone = {"change": "removed"} if end.is_whole else {}
            yield given | gone | {"unknown": _not_in(end, "end")}


def _given(row: Row) -> Row:
    return {name: row[name] for name in _GIVEN}


def _not_in(side: Counted, which: str) -> str:
    whole = "" if side.is_whole else ", which is incomplete"
    return f"it is not listed at the {which}{whole}"


def _counted(first: Row, last: Row) -> Row:
    """Return the differences of the counters, and why that of views is not known."""
    before = {"count_views_before": first["count_views"]}
    if first["at"] >= last["at"]:
        return before | {"unknown": "personal content was not read again in between"}
    found: Row = before | {
        name: last[counter] - first[counter]
        for name, counter in COUNTERS.items()
        if _is_counted(first[counter]) and _is_counted(last[counter])
    }
    fell = [name for name in COUNTERS if found.get(name, 0) < 0]
    for name in fell:
        del found[name]
    if "views" in fell:
        found["unknown"] = "its counter fell"
    elif "views" not in found:
        which = "end" if _is_counted(first["count_views"]) else "start"
        found["unknown"] = f"it has no counter at the {which}"
    return found


def _is_counted(value: int | None) -> bool:
    return value is not None and value >= 0


def sums(rows: Iterable[Row], names: Sequence[str], incomplete: str | None) -> list[Row]:
    """Return one row for all documents that have something in common, in order of its name.

    Parameters
    ----------
    rows : iterable of dict
        A row for each document.
    names : sequence of str
        The columns of what they have in common: its id and its name.
    incomplete : str or None
        Why there may be documents that are in no row; no sum is known then.
    """
    id_, name = names
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[id_], []).append(row)
    found = [
        {id_: key, name: None if key is None else held[0][name]} | _sum(held, incomplete)
        for key, held in groups.items()
    ]
    return sorted(found, key=lambda row: (row[name] is None, row[name] or "", row[id_] or ""))


def _sum(held: Sequence[Row], incomplete: str | None) -> Row:
    unknown = Counter(row["unknown"] for row in held if row.get("views") is None)
    found: Row = {"documents": len(held), "documents_unknown": unknown.total()}
    for name in COUNTERS:
        known = [row[name] for row in held if row.get(name) is not None]
        total = sum(known) if known and sum(known) <= _MOST else None
        found[f"known_{name}"] = total
        found[name] = total if len(known) == len(held) and incomplete is None else None
    measured = [row for row in held if row.get("views") is not None]
    if measured:
        found["measured_from"] = min(row["measured_from"] for row in measured)
        found["measured_to"] = max(row["measured_to"] for row in measured)
    why = [f"{reason} ({count})" for reason, count in unknown.most_common()]
    return found | {"unknown": "; ".join([*([incomplete] if incomplete else []), *why]) or None}


def sums_schema(names: Iterable[str]) -> pa.Schema:
    """Return the columns of :func:`sums`."""
    counts = ("documents", "views", "known_views", "documents_unknown", "visits", "known_visits")
    return pa.schema(
        [
            *((name, TEXT) for name in names),
            *((name, COUNT) for name in counts),
            *((name, INSTANT) for name in ("measured_from", "measured_to")),
            ("unknown", TEXT),
        ]
    )
