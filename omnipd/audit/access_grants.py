"""Which roles on documents and folders the tables of an inventory tell, and what they do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.audit.access_items import Item, Items
from omnipd.audit.access_people import Groups, People
from omnipd.audit.tables import Tables
from omnipd.errors import OmniError
from omnipd.frames.to_pandas import is_whole
from omnipd.lists.outcomes import outcomes

#: Omni's roles on content, each more than the one before it.
ROLES = ("NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER")

_EVERYBODY_ID = "ORG-MEMBERSHIP"
_EVERYBODY = "Organization"
# How Omni's pages end the description of a permit that comes from a folder above.
_ABOVE = " - via Folder"
_NOT_TOLD = "Omni does not tell the organization's role"

Row = Mapping[str, Any]


class Grant(NamedTuple):
    """A role that somebody has, or may have, on an item.

    Attributes
    ----------
    holder : int, str or None
        The place of a person, the id of a group, or None for what is said of nobody known.
    kind : str
        ``user``, ``group``, ``everybody`` or ``unknown``.
    """

    kind: str
    holder: int | str | None
    source: str | None
    role: str | None = None
    access_boost: bool | None = None
    folder_id: str | None = None
    folder_path: str | None = None
    name: str | None = None
    unknown: str | None = None


class Grants:
    """All grants on some items, each with a number; equal ones of several items have the same."""

    def __init__(
        self,
        tables: Tables,
        items: Items,
        people: People,
        groups: Groups,
        organization_role: str | None,
        chosen: Sequence[Item],
    ) -> None:
        self.all: list[Grant] = []
        self._numbers: dict[Grant, int] = {}
        self._items = items
        self._people = people
        self._groups = groups
        self._organization_role = organization_role
        documents = pa.array([item["document_identifier"] for item in chosen], pa.string())
        listed = tables["document_access"]
        listed = listed.filter(pc.is_in(listed["document_identifier"], documents))
        self._on_documents = _by(listed.to_pylist(), "document_identifier")
        self._on_folders = _by(tables.rows("folder_permissions"), "folder_id")
        self._documents_unread = _Unread(tables, "document_access", "document_identifier")
        self._folders_unread = _Unread(tables, "folder_permissions", "folder_id")
        self._asked_folders = {*tables["folders"]["folder_id"].to_pylist(), *self._on_folders}
        self._of_folder: dict[str | None, list[Grant]] = {}
        self._administrators = [
            Grant("user", place, "administrator", "MANAGER") for place in people.administrators
        ]

    def number(self, grant: Grant) -> int:
        """Return the number of a grant."""
        found = self._numbers.get(grant)
        if found is None:
            found = self._numbers[grant] = len(self.all)
            self.all.append(grant)
        return found

    def on(self, item: Item) -> list[int]:
        """Return the numbers of the grants on an item, its own and those of the folders around it."""
        grants = [*self._owners(item), *self._own(item), *self._inherited(item)]
        grants += [*self._everybody(item, grants), *self._administrators]
        # The list of who sees a document and the permits of its folder tell the same, one with less.
        each: dict[tuple[Any, ...], Grant] = {}
        for one in grants:
            key = (one.kind, one.holder, one.source, one.folder_id, one.role, one.unknown)
            each.setdefault(key, one)
        return [self.number(one) for one in each.values()]

    def _owners(self, item: Item) -> Iterator[Grant]:
        """Yield whom an item belongs to; the access list may know them where the item's id is no user's."""
        place = self._people.find(item["owner_id"])
        if place is not None:
            yield _owner(place)
        named = [
            row
            for row in self._rows(item)
            if row["is_owner"] and row.get("access_source") != "folder"
        ]
        for row in named:
            if row["principal_id"] is not None:
                yield _owner(self._holder(row))
        if place is None and not named:
            said = item["owner_id"] is not None
            why = "the owner is not among the users" if said else "the owner is not told"
            yield Grant("unknown", None, "owner", "MANAGER", name=item["owner_name"], unknown=why)

    def _own(self, item: Item) -> Iterator[Grant]:
        """Yield what is given on an item itself, and what the list of who sees it says of folders."""
        document = item["type"] == "document"
        identity = item["document_identifier"] if document else item["id"]
        unread = self._documents_unread if document else self._folders_unread
        why = unread.why(identity)
        if why is None and not document and identity not in self._asked_folders:
            why = "not asked for"
        if why is not None:
            yield Grant("unknown", None, "direct", unknown=f"{unread.name}: {why}")
        owner = self._people.find(item["owner_id"])
        for row in self._rows(item):
            grant = self._grant(row)
            is_owners = (
                grant.kind == "user" and grant.source == "direct" and grant.role == "MANAGER"
            )
            if not (is_owners and (row["is_owner"] or grant.holder == owner)):
                yield grant

    def _rows(self, item: Item) -> Sequence[Row]:
        if item["type"] == "document":
            return self._on_documents.get(item["document_identifier"], [])
        return self._on_folders.get(item["id"], [])

    def _grant(self, row: Row) -> Grant:
        inherited = row.get("access_source") == "folder"
        inherited |= str(row.get("description")).endswith(_ABOVE)
        rest: dict[str, Any] = {
            "role": None if row["role"] is None else str(row["role"]).upper(),
            "access_boost": row["access_boost"],
        }
        if rest["role"] not in ROLES:
            rest["unknown"] = "the role is not told" if rest["role"] is None else "not Omni's role"
        if inherited:
            # A folder's permits do not say which folder above; those of the document's list do.
            of_document = "document_identifier" in row
            rest["folder_id"] = row["folder_id"] if of_document else None
            rest["folder_path"] = row["folder_path"] if of_document else None
        source = "folder" if inherited else "direct"
        identity, name = row["principal_id"], row["principal_name"]
        if identity is None:
            rest["unknown"] = "Omni does not say whose role it is"
            return Grant("unknown", None, source, name=name, **rest)
        if row["principal_type"] == "userGroup" or self._groups.name(identity) is not None:
            return Grant("group", self._groups.find(identity, name), source, name=name, **rest)
        if self._is_everybody(row):
            return Grant("everybody", None, "organization", **rest)
        return Grant("user", self._holder(row), source, **rest)

    def _holder(self, row: Row) -> int:
        # On a folder the address stands where Omni says something of who it is.
        said = row.get("email") or row.get("description")
        email = said if said is not None and "@" in said else None
        return self._people.place(row["principal_id"], email, row["principal_name"])

    def _is_everybody(self, row: Row) -> bool:
        """Whether a role is everybody's: Omni writes it like one of a user named Organization."""
        if self._people.find(row["principal_id"]) is not None or row.get("email") is not None:
            return False
        said = str(row.get("description") or row["principal_name"])
        return row["principal_id"] == _EVERYBODY_ID or said.removesuffix(_ABOVE) == _EVERYBODY

    def _inherited(self, item: Item) -> list[Grant]:
        """Return what the folders around an item give: what is in a folder has its roles, too."""
        found: list[Grant] = []
        document = item["type"] == "document"
        told = (
            self._documents_unread.why(item["document_identifier"]) is None if document else False
        )
        for folder in self._items.around(item):
            if folder is not None and folder["id"] not in self._of_folder:
                self._of_folder[folder["id"]] = [*self._by_folder(folder)]
            grants = self._of_folder[folder["id"]] if folder else [_OUTER]
            # The list of who sees a document names those who do so by a folder, which then need
            # not be known by itself.
            found += [one for one in grants if not (told and one.kind == "unknown")]
        return found

    def _by_folder(self, folder: Item) -> Iterator[Grant]:
        place = {"folder_id": folder["id"], "folder_path": folder["path"]}
        for grant in [*self._owners(folder), *self._own(folder)]:
            # What the folder itself has from above comes from there.
            if grant.source != "folder":
                source = "organization" if grant.source == "organization" else "folder"
                yield grant._replace(source=source, **place)

    def _everybody(self, item: Item, grants: Iterable[Grant]) -> Iterator[Grant]:
        """Yield what everybody may do by the scope of an item, unless Omni tells it otherwise."""
        told = any(one.kind == "everybody" and one.folder_id is None for one in grants)
        if item["scope"] in {"organization", "public"}:
            if not told:
                role = self._organization_role
                unknown = _NOT_TOLD if role is None else None
                yield Grant("everybody", None, "organization", role, unknown=unknown)
        elif item["scope"] != "restricted":
            yield Grant("unknown", None, "organization", unknown="the scope is not told")


_OUTER = Grant("unknown", None, "folder", unknown="a folder around it is not known")


def _owner(place: int) -> Grant:
    return Grant("user", place, "owner", "MANAGER")


def _by(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


class _Unread:
    """Which items a table does not tell of, and why."""

    def __init__(self, tables: Tables, name: str, key: str) -> None:
        self.name = name
        self._why = tables.gaps.get(name)
        self._read: set[str] = set()
        frame = tables.frame(name)
        if self._why is not None and frame is not None and not is_whole(frame):
            try:
                became = outcomes(frame)
            except OmniError:
                return
            whole = became[became["outcome"].isin(["ok", "has none"])]
            self._read = set(whole[key])

    def why(self, identity: str | None) -> str | None:
        """Return why the grants on an item are not known; None where they are."""
        if identity is None:
            return "it has no id"
        return None if identity in self._read else self._why
