"""What two Omnis have of the same documents: dev and prod have other ids for the same thing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventories import split_inventory
from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, check_flag
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import client_given_as
from omnipd.errors import ArgumentError, ExportIncompleteError, ForbiddenError
from omnipd.frames.labels import join_names, split_names
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.readers.documents import read_document_queries, read_documents
from omnipd.readers.users import read_users

#: What is compared of a document, in this order in ``differs``.
_PARTS = ("name", "folder", "labels", "owner", "description", "queries")
#: What of them is shown of either side.
_SHOWN = {
    "document_identifier": "identifier",
    "name": "name",
    "folder_path": "folder",
    "labels": "labels",
    "owner": "owner",
}
_SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in ("status", "matched_by", "differs")],
        *[(f"{name}_{side}", pa.string()) for name in _SHOWN for side in ("left", "right")],
    ]
)
#: What a query says of the Omni that it is of, rather than of what it asks for.
_OF_ONE_OMNI = {"modelId", "model_id"}


@dataclass(frozen=True)
class _Document:
    """A document as far as it can be compared with one of another Omni."""

    identifier: str
    name: str | None
    folder: str | None
    labels: frozenset[str]
    owner: str | None
    description: str | None
    queries: str | None

    @property
    def path(self) -> Hashable:
        return (self.folder, self.name) if self.name else None

    def shown(self, part: str) -> str | None:
        value = getattr(self, part)
        return join_names(sorted(value)) if isinstance(value, frozenset) else value


@dataclass(frozen=True)
class _Side:
    """The documents of one Omni, its people, and its queries, where they are asked for."""

    documents: pd.DataFrame
    people: pd.DataFrame | None
    queries: pd.DataFrame | None

    @property
    def is_whole(self) -> bool:
        held = (self.documents, self.people, self.queries)
        return all(one is None or is_whole(one) for one in held)


def compare(
    left: Client | Inventory, right: Client | Inventory, *, queries: bool = False
) -> pd.DataFrame:
    """Compare the documents of two Omnis, such as dev and prod.

    Ids are of one Omni each. So documents are matched by their identifiers; those that are left, by folder
    and name; and with ``queries=True`` those that are left then, by what their tiles ask for. A match is by
    what just one document of each side has.

    Parameters
    ----------
    left, right : Client or Inventory
        The two Omnis: ``fleet["dev"]`` and ``fleet["prod"]``; or an inventory of one that has
        ``documents``, and ``users`` if owners are to be compared by address.
    queries : bool, default False
        Also compare what the tiles ask for, whatever they call the model: one request for each document
        of each Omni, where an inventory has not read ``document_queries``.

    Returns
    -------
    pandas.DataFrame
        One row per document that either has, all of ``string[pyarrow]``:

        - ``status``: ``left_only``, ``right_only``, ``same``, ``moved`` (only the folder is another) or
          ``changed``.
        - ``matched_by``: ``identifier``, ``path`` or ``queries``; null for what only one has.
        - ``differs``: which of ``name``, ``folder``, ``labels``, ``owner``, ``description`` and
          ``queries`` are not the same, comma-joined; null for what only one has.
        - ``document_identifier_left``, ``document_identifier_right``, and in the same way ``name``,
          ``folder_path``, ``labels`` and ``owner``: what each has.

        It is in order by identifier, that of the left first.

    Raises
    ------
    ArgumentError
        If a side is neither, or a table that is needed is not in an inventory.
    ExportIncompleteError
        If what is known of a side is incomplete: what is missing would look as if it were not there.

    See Also
    --------
    omnipd.promote : Brings documents of one Omni to the other.
    omnipd.audit.diff : What has changed in one Omni since an earlier day.

    Notes
    -----
    It takes one list of documents and one of users from each Omni. An owner is an address, where both keys
    may list users; else a name. What :func:`omnipd.read_documents` does not list is not compared, nor what is in the trash.

    Examples
    --------
    >>> import omnipd
    >>> fleet = omnipd.Fleet(
    ...     {"dev": omnipd.sandbox(size="tiny"), "prod": omnipd.sandbox(size="tiny")}
    ... )
    >>> with fleet:
    ...     _ = omnipd.plan_move("report-4", "/flights", client=fleet["prod"]).apply(
    ...         confirm=True, client=fleet["prod"]
    ...     )
    ...     compared = omnipd.compare(fleet["dev"], fleet["prod"])
    >>> compared["status"].value_counts().to_dict()
    {'same': 3, 'moved': 1}
    >>> fleet.close()
    """
    check_flag("queries", queries)
    sides = {"left": left, "right": right}
    checked = {name: _checked(name, one) for name, one in sides.items()}
    with one_call():
        read = {name: _read(one, name, queries=queries) for name, one in checked.items()}
    if lacking := [name for name, one in read.items() if not one.is_whole]:
        raise ExportIncompleteError(
            f"What is known of {' and '.join(lacking)} is incomplete: what is missing would look as if "
            "it were not there.",
            hint="Read it again.",
        )
    by_address = all(one.people is not None for one in read.values())
    ones, others = (
        {one.identifier: one for one in _documents(side, by_address=by_address)}
        for side in read.values()
    )
    rows = _rows(ones, others)
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    return to_frame(table, {"complete": True, "owners_by": "email" if by_address else "name"})


def _checked(name: str, side: Any) -> Client | Inventory:
    if isinstance(side, Inventory):
        if split_inventory(side):
            raise ArgumentError(
                argument(name) + " is an inventory of several Omnis, and one is compared.",
                hint="Read that of one, with its own client.",
            )
        return side
    return client_given_as(name, side)


def _read(side: Client | Inventory, name: str, *, queries: bool) -> _Side:
    if isinstance(side, Inventory):
        needed = ["documents", *(["document_queries"] if queries else [])]
        for table in needed:
            if table not in side:
                why = side.failures.get(table, "it was not asked for")
                raise ArgumentError(
                    f"The inventory {name} has no {table}: {why}.",
                    hint="Read it with include=" + repr([*needed, "users"]) + ".",
                )
        asked = side["document_queries"] if queries else None
        return _Side(_listed(side["documents"]), side.get("users"), asked)
    documents = _listed(read_documents(client=side))
    try:
        people = read_users(client=side)
    except ForbiddenError:  # who there is is told to organization keys only
        people = None
    asked = read_document_queries(documents, client=side) if queries else None
    return _Side(documents, people, asked)


def _listed(documents: pd.DataFrame) -> pd.DataFrame:
    deleted = documents["deleted"].fillna(value=False).astype(bool)
    return documents[~deleted]


def _documents(side: _Side, *, by_address: bool) -> list[_Document]:
    addresses: Mapping[str, str | None] = {}
    if by_address and side.people is not None:
        addresses = _by_key(side.people, "user_id", "email")
    asked = None if side.queries is None else _asked_for(side.queries)
    columns = ["document_identifier", "name", "folder_path", "labels", "owner_id", "owner_name"]
    cells = side.documents[[*columns, "description"]].astype(object)
    return [
        _Document(
            identifier=row["document_identifier"],
            name=row["name"],
            folder=row["folder_path"],
            labels=frozenset(split_names(row["labels"])),
            owner=_address(addresses.get(row["owner_id"])) if by_address else row["owner_name"],
            description=row["description"] or None,
            queries=None if asked is None else asked.get(row["document_identifier"]),
        )
        for row in cells.where(cells.notna(), None).to_dict("records")
    ]


def _by_key(frame: pd.DataFrame, key: str, value: str) -> dict[str, str | None]:
    cells = frame[[key, value]].astype(object)
    cells = cells.where(cells.notna(), None)
    return dict(zip(cells[key], cells[value], strict=True))


def _address(email: str | None) -> str | None:
    return email.casefold() if email else None


def _asked_for(queries: pd.DataFrame) -> dict[str, str]:
    """Return a mark of what the tiles of each document ask for, the same in every Omni."""
    tiles: dict[str, list[str]] = {}
    cells = queries[["document_identifier", "name", "query"]].astype(object)
    for row in cells.where(cells.notna(), None).to_dict("records"):
        query = json.loads(row["query"]) if row["query"] else None
        said = json.dumps([row["name"], _without_ids(query)], sort_keys=True)
        tiles.setdefault(row["document_identifier"], []).append(said)
    return {
        identifier: hashlib.blake2b("\n".join(sorted(said)).encode(), digest_size=16).hexdigest()
        for identifier, said in tiles.items()
    }


def _without_ids(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_ids(one) for key, one in value.items() if key not in _OF_ONE_OMNI}
    return [_without_ids(one) for one in value] if isinstance(value, list) else value


def _rows(
    ones: Mapping[str, _Document], others: Mapping[str, _Document]
) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    left, right = dict(ones), dict(others)
    keys: dict[str, Callable[[_Document], Hashable]] = {
        "identifier": lambda one: one.identifier,
        "path": lambda one: one.path,
        "queries": lambda one: one.queries,
    }
    for matched_by, key in keys.items():
        there = _only(right, key)
        for value, one in _only(left, key).items():
            if (other := there.get(value)) is not None:
                del left[one.identifier], right[other.identifier]
                rows.append(_matched(one, other, matched_by))
    rows += [_row(one, None, status="left_only") for one in left.values()]
    rows += [_row(None, one, status="right_only") for one in right.values()]
    return sorted(rows, key=_place)


def _only(
    documents: Mapping[str, _Document], key: Callable[[_Document], Hashable]
) -> dict[Hashable, _Document]:
    """Return the documents by what no other of their Omni has."""
    found = {one: key(one) for one in documents.values()}
    counts = Counter(found.values())
    return {value: one for one, value in found.items() if value is not None and counts[value] == 1}


def _place(row: Mapping[str, str | None]) -> tuple[str, str]:
    left, right = row["document_identifier_left"], row["document_identifier_right"]
    return left or right or "", right or ""


def _matched(one: _Document, other: _Document, matched_by: str) -> dict[str, str | None]:
    differs = [part for part in _PARTS if getattr(one, part) != getattr(other, part)]
    status = "changed" if differs else "same"
    return {
        **_row(one, other, status="moved" if differs == ["folder"] else status),
        "matched_by": matched_by,
        "differs": join_names(differs),
    }


def _row(one: _Document | None, other: _Document | None, *, status: str) -> dict[str, str | None]:
    sides = {"left": one, "right": other}
    return {
        "status": status,
        **{
            f"{name}_{side}": None if held is None else held.shown(part)
            for name, part in _SHOWN.items()
            for side, held in sides.items()
        },
    }
