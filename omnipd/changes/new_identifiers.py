"""Changes of documents whose identifiers the same plan has changed: they are found by the new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from omnipd.changes.change import Change

_IDENTIFIER = ("document", None, "identifier")


def new_identifiers(made: Iterable[Change]) -> dict[str, str]:
    """Return the new identifiers that changes have given to documents, by the old ones."""
    return {
        change.key.item: str(change.new)
        for change in made
        if (change.key.kind, change.key.part, change.key.column) == _IDENTIFIER
    }


def readdressed(change: Change, identifiers: Mapping[str, str]) -> Change:
    """Return a change as it is called now; one of an identifier itself as it is."""
    key = change.key
    if (
        not key.kind.startswith("document")
        or (key.kind, key.part, key.column) == _IDENTIFIER
        or key.item not in identifiers
    ):
        return change
    return replace(change, key=key._replace(item=identifiers[key.item]))
