"""Documents as they are now, in as few calls as can be: Omni tells of one only in a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from omnipd.changes.action import Present
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.values import Value
from omnipd.errors import ForbiddenError, NotFoundError
from omnipd.readers.content import read_content
from omnipd.readers.documents import read_documents
from omnipd.readers.whoami import whoami

Row = Mapping[str, Any]

#: What is needed of a document, null where Omni does not tell.
_COLUMNS = (
    "name",
    "description",
    "labels",
    "folder_id",
    "folder_path",
    "owner_id",
    "scope",
    "deleted",
)


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
    now: Now,
    identifiers: Iterable[str],
    owners: Sequence[str] = (),
    *,
    renamed: Mapping[str, str] | None = None,
) -> dict[str, Row]:
    """Return the rows of documents, by identifier, without those that are deleted or not found.

    One document is looked for where it was when it was last seen: in a folder, or with an owner. All
    others are looked for in the list of all, and what is not in that with the people who may own it, since
    what is personal is in no other list.

    Parameters
    ----------
    owners : sequence of str
        Who may own them, by membership id. By default everybody.
    renamed : mapping of str to str, optional
        Other identifiers that they may have by now: a document that is found by one is not looked for by
        the other.
    """
    sought = {one: {one, (renamed or {}).get(one, one)} for one in identifiers}
    wanted = set[str]().union(*sought.values())
    places = now.learn("places of documents")
    found: dict[str, Row] = {}
    if len(sought) == 1 and (place := _known_place(places, wanted)) is not None:
        _take(found, _list(now, **place), wanted, places)
    for listing in _listings(now, owners):
        if all(either & found.keys() for either in sought.values()):
            break
        _take(found, listing(), wanted, places)
    return {name: row for name, row in found.items() if not row["deleted"]}


def listed_documents(now: Now) -> Iterator[Row]:
    """Return all documents, those in the trash too, but for what is personal where Omni does not list it."""
    return _list(now)


def _known_place(places: Mapping[str, dict[str, str]], wanted: set[str]) -> dict[str, str] | None:
    """Return where a document was when it was last seen, by any of its identifiers."""
    return next((places[one] for one in sorted(wanted) if one in places), None)


def _listings(now: Now, owners: Sequence[str]) -> Iterator[Callable[[], Iterator[Row]]]:
    """Yield what reads each list that a document may be in; nothing is read before it is called."""
    yield partial(_list, now)
    for owner in dict.fromkeys(owners):
        yield partial(_list, now, owner_id=owner)
    if not owners:
        yield partial(_personal, now)


def _personal(now: Now) -> Iterator[Row]:
    """Return what is personal: of everybody, or of the person whose own key it is."""
    try:
        frame = read_content(scope="all", include="labels", refresh=True, client=now.client)
    except ForbiddenError:  # who there is is told to organization keys only
        return _list(now, owner_id=whoami(client=now.client).user_id)
    return _rows(frame)


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


def _take(
    found: dict[str, Row], rows: Iterator[Row], wanted: set[str], places: dict[str, dict[str, str]]
) -> None:
    """Take what is wanted out of a list, and note where everything in it lies."""
    for row in rows:
        identifier = row["document_identifier"]
        places[identifier] = _place(row)
        if identifier in wanted:
            found.setdefault(identifier, row)
