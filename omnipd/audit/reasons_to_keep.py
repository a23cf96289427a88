"""What speaks for keeping a document that nobody views; None where it is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from omnipd.audit.tables import Tables
from omnipd.frames.labels import split_names

Row = Mapping[str, Any]
#: Whether something holds for a row of ``content``.
Reason = Callable[[Row], bool | None]

# Where documents are opened, and what names one in the settings of another.
_LINK = re.compile(r"/(?:dashboards|w|apps?)/([A-Za-z0-9_-]+)")
_NAMED = re.compile(
    r'"(?:\w*(?:dashboard|document)(?:_?(?:identifier|id))?|identifier)":"([A-Za-z0-9_-]+)"',
    re.IGNORECASE,
)
_TEXTS = {
    "document_details": (
        "description",
        "filter_config",
        "document_metadata",
        "query_presentations",
    ),
    "document_queries": ("query",),
}
#: The tables that say which document another one uses.
USES = tuple(_TEXTS)


def any_of(*parts: bool | None) -> bool | None:
    """Return whether any part holds: what is not known leaves it open, unless another part does."""
    if True in parts:
        return True
    return None if None in parts else False


def is_scheduled(tables: Tables) -> Reason:
    """Say whether a schedule that runs delivers a document."""
    runs: dict[str, bool | None] = {}
    unnamed: set[str | None] = set()
    for row in tables.rows("schedules"):
        identifier = row["document_identifier"]
        if row["is_active"] is False:
            continue
        if identifier is None:
            unnamed.add(row["dashboard_name"])
        else:
            runs[identifier] = any_of(row["is_active"], runs.get(identifier, False))
    known = tables.is_known("schedules") and None not in unnamed

    def reason(row: Row) -> bool | None:
        found = runs.get(row["document_identifier"], False)
        if found or row["document_identifier"] is None:
            return found or None
        return found if known and row["name"] not in unnamed else None

    return reason


def is_favorite(row: Row) -> bool | None:
    """Say whether anybody has a document as a favorite."""
    count: int | None = row["count_favorites"]
    return None if count is None else count > 0


def is_verified(tables: Tables) -> Reason:
    """Say whether a document bears a label that is verified."""
    verified = {row["label"]: row["verified"] for row in tables.rows("labels")}

    def reason(row: Row) -> bool | None:
        if row["labels_verified"] is not None:
            return bool(row["labels_verified"])
        if row["labels"] is None:
            return None
        return any_of(*(verified.get(label) for label in split_names(row["labels"])))

    return reason


def is_used_by_document(tables: Tables) -> Reason:
    """Say whether another document links to a document or names it."""
    users: dict[str, set[str | None]] = {}
    silent = False
    for name, columns in _TEXTS.items():
        for row in tables[name].select(["document_identifier", *columns]).to_pylist():
            silent |= all(row[column] is None for column in columns)
            for found in _named(row[column] for column in columns):
                users.setdefault(found, set()).add(row["document_identifier"])
    known = tables.is_known(*USES) and not silent

    def reason(row: Row) -> bool | None:
        identifier = row["document_identifier"]
        if identifier is not None and users.get(identifier, set()) - {identifier}:
            return True
        return False if known and identifier is not None else None

    return reason


def _named(texts: Iterator[str | None]) -> Iterator[str]:
    for text in texts:
        if text is not None:
            yield from _LINK.findall(text)
            yield from _NAMED.findall(text)
