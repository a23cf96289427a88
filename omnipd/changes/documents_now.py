"""Documents as they are now, in as few calls as can be: Omni tells of one only in a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from omnipd.changes.action import Present
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.values import Value
from omnipd.errors import NotFoundError
from omnipd.readers.content import read_content
from omnipd.readers.documents import read_documents

Row = Mapping[str, Any]

#: What is needed of a document, null where Omni does not tell.
_COLUMNS = ("name", "labels", "folder_id", "folder_path", "owner_id", "scope", "deleted")


def present_of(now: Now, changes: Sequence[Change], value: Callable[[Row], Value]) -> Present:
    """Return a value of each change's document; what is in the trash, or nowhere, has none."""
    owners = [
        one
        for change in changes
        if change.key.column == "owner_id"
        for one in (change.old, change.new)
        if isinstance(one, str)
    ]
    found = documents_now(now, {change.key.item for change in changes}, owners)
    return {
        change.key: value(found[change.key.item]) for change in changes if change.key.item in found
    }


def documents_now(
    now: Now, identifiers: Iterable[str], owners: Sequence[str] = ()
) -> dict[str, Row]:
    """Return the rows of documents, by identifier, without those that are deleted or not found.

    One document is looked for where it was when it was last seen: in a folder, or with an owner. All
    others are looked for in the list of all, and what is not in that with the people who may own it, since
    what is personal is in no other list.

    Parameters
    ----------
    owners : sequence of str
        Who may own them, by membership id. By default everybody.
    """
    wanted = set(identifiers)
    places = now.learn("places of documents")
    found: dict[str, Row] = {}
    if len(wanted) == 1 and (place := places.get(next(iter(wanted)))) is not None:
        _take(found, _list(now, **place), wanted)
    for listing in _listings(now, owners):
        if wanted <= found.keys():
            break
        _take(found, listing, wanted)
    for identifier, row in found.items():
        places[identifier] = _place(row)
    return {name: row for name, row in found.items() if not row["deleted"]}


def _listings(now: Now, owners: Sequence[str]) -> Iterator[Iterator[Row]]:
    yield _list(now)
    for owner in dict.fromkeys(owners):
        yield _list(now, owner_id=owner)
    if not owners:
        yield _rows(read_content(scope="all", include="labels", refresh=True, client=now.client))


def _place(row: Row) -> dict[str, str]:
    """Return where to look for a document that was found."""
    if row["scope"] == "restricted" and row["owner_id"] is not None:
        return {"owner_id": row["owner_id"]}
    return {} if row["folder_id"] is None else {"folder_id": row["folder_id"]}


def _list(now: Now, *, folder_id: str | None = None, owner_id: str | None = None) -> Iterator[Row]:
    if owner_id is not None:
        try:
            theirs = read_content(
                scope="restricted",
                creator_id=owner_id,
                include="labels",
                refresh=True,
                client=now.client,
            )
        except NotFoundError:  # content may know them by another id, or they are gone
            return iter(())
        return _rows(theirs)
    return _rows(
        read_documents(
            folder_id=folder_id,
            include="labels",
            include_deleted=True,
            refresh=True,
            client=now.client,
        )
    )


def _rows(frame: pd.DataFrame) -> Iterator[Row]:
    documents = frame[frame["type"] == "document"]
    identifiers = documents["document_identifier"]
    cells = documents[list(_COLUMNS)].astype(object)
    for identifier, row in zip(identifiers, cells.to_dict("records"), strict=True):
        yield {
            "document_identifier": identifier,
            **{str(name): None if pd.isna(one) else one for name, one in row.items()},
        }


def _take(found: dict[str, Row], rows: Iterator[Row], wanted: set[str]) -> None:
    for row in rows:
        if row["document_identifier"] in wanted:
            found.setdefault(row["document_identifier"], row)
