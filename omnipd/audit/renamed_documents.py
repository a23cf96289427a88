"""Documents that were given another identifier, where what stays with them shows it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.audit.compare_values import TEXT

#: The lists of documents.
DOCUMENTS = ("documents", "content")
IDENTIFIER = "document_identifier"
#: Ids that stay with a document; its identifier stands beside each.
_STAYS = {
    "document_queries": "query_id",
    "document_drafts": "draft_identifier",
    "schedules": "schedule_id",
    "content_issues": "document_id",
}
#: Columns that name a document by its identifier, or lead to it.
_NAMING = (IDENTIFIER, "published_identifier")
_ADDRESS = "url"

#: Returns a table of one side; None where it is not known.
Find = Callable[[str], pa.Table | None]


@dataclass(frozen=True)
class Renamed:
    """What a document is called now, and which column shows it."""

    identifier: str
    shown_by: str


def renamed_documents(before: Find, after: Find) -> dict[str, Renamed]:
    """Return the documents that have another identifier now, by the one that they had.

    It is shown by an id that stood beside the one and stands beside the other, where the one is in no
    list of documents any more and the other was in none. Nothing is said of an identifier for which
    two others would do.
    """
    had, have = _documents(before), _documents(after)
    if had is None or have is None:
        return {}
    gone, new_ones = had - have, have - had
    if not (gone and new_ones):
        return {}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column in _STAYS.items():
        was, now = _identifiers(before(table), column), _identifiers(after(table), column)
        for id_, old in was.items():
            new = now.get(id_, old)
            if new in new_ones and old in gone:
                found[old].setdefault(new, f"{table}.{column}")
    claimed = Counter(new for news in found.values() for new in news)
    return {
        old: Renamed(new, shown_by)
        for old, news in found.items()
        for new, shown_by in news.items()
        if len(news) == 1 and claimed[new] == 1
    }


def _documents(find: Find) -> set[str] | None:
    """Return the identifiers in the lists of documents."""
    lists = [table for table in map(find, DOCUMENTS) if table is not None]
    if not lists:
        return None
    return {text for table in lists for text in _texts(table, IDENTIFIER) if text is not None}


def _identifiers(table: pa.Table | None, column: str) -> dict[str, str]:
    """Return the identifier beside each id; without the ids of several documents."""
    beside: dict[str, set[str]] = defaultdict(set)
    if table is not None:
        pairs = zip(_texts(table, column), _texts(table, IDENTIFIER), strict=False)
        for id_, identifier in pairs:
            if id_ is not None and identifier is not None:
                beside[id_].add(identifier)
    return {id_: next(iter(some)) for id_, some in beside.items() if len(some) == 1}


def _texts(table: pa.Table, column: str) -> Iterator[str | None]:
    """Yield the texts of a column; none where it is not there, or holds no texts."""
    if column in table.column_names and _is_text(table.column(column).type):
        yield from table.column(column).to_pylist()


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def with_new_identifiers(table: pa.Table, renamed: Mapping[str, Renamed]) -> pa.Table:
    """Return a table that names each document as it is called now, also in its address."""
    olds = pa.array(list(renamed), TEXT)
    news = pa.array([one.identifier for one in renamed.values()], TEXT)
    at: pa.ChunkedArray | None = None
    for column in _NAMING:
        if column in table.column_names and _is_text(table.column(column).type):
            held = table.column(column).cast(TEXT)
            found = pc.index_in(held, olds)
            at = found if column == IDENTIFIER else at
            place = table.schema.get_field_index(column)
            table = table.set_column(place, column, pc.coalesce(news.take(found), held))
    if at is None or _ADDRESS not in table.column_names:
        return table
    return _with_new_addresses(table, at, renamed)


def _with_new_addresses(
    table: pa.Table, at: pa.ChunkedArray, renamed: Mapping[str, Renamed]
) -> pa.Table:
    """Return a table whose addresses lead to the new identifiers; `at` says whose row is one's."""
    addresses = table.column(_ADDRESS)
    if not _is_text(addresses.type):
        return table
    pairs = [(old, one.identifier) for old, one in renamed.items()]
    held, places = addresses.to_pylist(), at.to_pylist()
    for row in np.flatnonzero(at.is_valid().to_numpy()):
        if held[row] is not None:
            old, new = pairs[places[row]]
            held[row] = re.sub(rf"/{re.escape(old)}(?![^/?#])", f"/{new}", held[row])
    place = table.schema.get_field_index(_ADDRESS)
    return table.set_column(place, _ADDRESS, pa.chunked_array([pa.array(held, TEXT)]))
