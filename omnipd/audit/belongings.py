"""All that belongs to a person, kind by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.audit.calls import calls
from omnipd.audit.some_columns import OF_ITEMS, some_columns
from omnipd.audit.successors import ANYBODY, NOBODY, Successors
from omnipd.audit.tables import Tables
from omnipd.frames.labels import split_names

Row = Mapping[str, Any]

_NO_MATCH = "no owner's id is that of a user"
_WHOSE_ROUTINES = "ai_routines: Omni lists those of one person, and does not tell whose"


class Belongings:
    """What the tables tell of one person.

    Parameters
    ----------
    person : mapping
        The row of ``users``.
    """

    def __init__(self, tables: Tables, person: Row) -> None:
        self._tables = tables
        self._id = str(person["user_id"])
        self._name = person["display_name"]
        self._groups = {
            **dict.fromkeys(split_names(person["group_ids"])),
            **{row["group_id"]: row["group_name"] for row in self._mine("group_members")},
        }
        self._addresses = {
            one.casefold() for one in (person["email"], person["user_name"]) if one is not None
        }
        self._users = {*tables["users"]["user_id"].to_pylist()} - {None}
        content, documents, folders = (
            some_columns(tables[name], OF_ITEMS) for name in ("content", "documents", "folders")
        )
        self._lists_of_documents = [
            [row for row in rows if row["type"] == "document"] for rows in (content, documents)
        ]
        self._lists_of_folders = [
            [row for row in content if row["type"] == "folder"],
            [row | {"id": row["folder_id"]} for row in folders],
        ]
        self._documents = {
            row["document_identifier"]: row
            for rows in reversed(self._lists_of_documents)
            for row in rows
        }
        self._schedules = {row["schedule_id"]: row for row in tables.rows("schedules")}

    def documents(self) -> Iterator[Row]:
        """Yield the documents that they own."""
        found: dict[str | None, dict[str, Any]] = {}
        for rows in self._lists_of_documents:
            for row, why in self._owned(rows):
                if row is None:
                    yield {"kind": "document", "unknown": why}
                    continue
                held = found.get(row["document_identifier"])
                if held is None or (why is None and held["why"] is not None):
                    found[row["document_identifier"]] = dict(row) | {"why": why}
        # Who sees a document is told by address, too, where owners have ids of another kind.
        for row in self._principals("document_access"):
            if row["is_owner"] and row["access_source"] != "folder":
                identifier = row["document_identifier"]
                known = found.get(identifier) or self._documents.get(identifier, {})
                found[identifier] = {"document_identifier": identifier, **known, "why": None}
        successors = Successors(self._tables, "document_access", found, self._id)
        for identifier, row in found.items():
            deleted = row.get("deleted")
            who, why = (NOBODY, None) if deleted else successors.of(identifier)
            yield self._row(
                "document",
                identifier,
                row.get("name"),
                folder_path=row.get("folder_path"),
                detail="in the trash" if deleted else row.get("scope"),
                could_take_over=who,
                unknown=_joined([row["why"], why]),
                call="trashed document" if deleted else "document",
            )

    def folders(self) -> Iterator[Row]:
        """Yield the folders that they own."""
        found: dict[str | None, tuple[Row, str | None]] = {}
        for rows in self._lists_of_folders:
            for row, why in self._owned(rows):
                if row is None:
                    yield {"kind": "folder", "unknown": why}
                else:
                    found.setdefault(row["id"], (row, why))
        successors = Successors(self._tables, "folder_permissions", found, self._id)
        for identity, (row, lead) in found.items():
            who, why = successors.of(identity)
            yield self._row(
                "folder",
                identity,
                row["name"],
                folder_path=row["path"],
                detail=row["scope"],
                could_take_over=who,
                unknown=_joined([lead, why]),
            )

    def schedules(self) -> Iterator[Row]:
        """Yield the schedules that they own."""
        found: list[tuple[Row, str | None]] = []
        for row, why in self._owned(self._schedules.values()):
            if row is None:
                yield {"kind": "schedule", "unknown": why}
            else:
                found.append((row, why))
        documents = {row["document_identifier"] for row, _ in found}
        successors = Successors(self._tables, "document_access", documents, self._id)
        for row, lead in found:
            who, why = successors.of(row["document_identifier"])
            yield self._row(
                "schedule",
                row["schedule_id"],
                row["name"],
                detail=row["destination_type"],
                could_take_over=who,
                unknown=_joined([lead, why]),
            )

    def received_schedules(self) -> Iterator[Row]:
        """Yield the schedules that come to them, in person or by a group."""
        table = self._tables["schedule_recipients"]
        # Of some groups the members are not told.
        by_groups = table.filter(pc.and_(table["recipient_id"].is_null(), table["email"].is_null()))
        told = [row for row in by_groups.to_pylist() if row["via_group_id"] in self._groups]
        for row in [*self._matching(table, "recipient_id"), *told]:
            schedule = self._schedules.get(row["schedule_id"], {})
            group = row["via_group_name"] or row["via_group_id"]
            made = self._row(
                "received_schedule",
                row["schedule_id"],
                schedule.get("name"),
                detail=None if group is None else f"by the group {group}",
                could_take_over=ANYBODY,
            )
            # Who gets it by a group does so as a member of that.
            by_group = {"hand_over": None, "take_away": None}
            yield made if group is None else made | by_group

    def api_keys(self) -> Iterator[Row]:
        """Yield their keys."""
        for row in self._mine("api_keys"):
            enabled = {True: "enabled", False: "disabled"}.get(row["enabled"])
            detail = ", ".join(one for one in (row["type"], enabled) if one is not None)
            yield self._row(
                "api_key", row["api_key_id"], row["name"], detail=detail, could_take_over=NOBODY
            )

    def groups(self) -> Iterator[Row]:
        """Yield the groups that they are in."""
        names = {row["group_id"]: row["display_name"] for row in self._tables.rows("groups")}
        members = self._tables["group_members"]
        counts = {
            one["values"]: one["counts"] for one in members["group_id"].value_counts().to_pylist()
        }
        for group, name in self._groups.items():
            yield self._row(
                "group",
                group,
                names.get(group) or name,
                detail="the only member" if counts.get(group) == 1 else None,
                could_take_over=ANYBODY,
            )

    def model_roles(self) -> Iterator[Row]:
        """Yield the roles on models that are given to them in person."""
        for row in self._mine("model_roles"):
            if row["origin_type"] not in {"USER", None}:
                continue
            why = (
                None
                if row["origin_type"]
                else "model_roles: Omni does not tell where it comes from"
            )
            yield self._row(
                "model_role",
                row["model_id"] or row["connection_id"],
                row["role_name"] or row["base_role"],
                detail="model"
                if row["model_id"]
                else "connection"
                if row["connection_id"]
                else None,
                could_take_over=ANYBODY,
                unknown=why,
            )

    def permissions(self) -> Iterator[Row]:
        """Yield the roles on documents and folders that are given to them in person."""
        folders = {row["id"]: row for rows in reversed(self._lists_of_folders) for row in rows}
        for row in self._principals("document_access"):
            document = self._documents.get(row["document_identifier"], {})
            if row["access_source"] == "folder" or row["is_owner"] or self._is_mine(document):
                continue
            yield self._row(
                "permission",
                row["document_identifier"],
                document.get("name"),
                folder_path=document.get("folder_path"),
                detail=row["role"],
                could_take_over=ANYBODY,
                call="document permission",
            )
        for row in self._principals("folder_permissions"):
            folder = folders.get(row["folder_id"], {})
            if row["is_owner"] or self._is_mine(folder):
                continue
            yield self._row(
                "permission",
                row["folder_id"],
                folder.get("name"),
                folder_path=folder.get("path"),
                detail=row["role"],
                could_take_over=ANYBODY,
                call="folder permission",
            )

    def favorites(self) -> Iterator[Row]:
        """Yield their favorites."""
        for row in self._mine("document_favorites"):
            yield self._of_document("favorite", row["document_identifier"], ANYBODY)

    def drafts(self) -> Iterator[Row]:
        """Yield the drafts that they have begun or changed last."""
        drafts = [
            row
            for row in self._tables.rows("document_drafts")
            if self._id in (row["created_by_id"], row["last_edited_by_id"])
            and row["status"] != "archived"
        ]
        published = {
            row["draft_identifier"]: row["published_identifier"] or row["document_identifier"]
            for row in drafts
        }
        successors = Successors(self._tables, "document_access", [*published.values()], self._id)
        for row in drafts:
            document = published[row["draft_identifier"]]
            who, why = successors.of(document)
            began = row["created_by_id"] == self._id
            made = self._of_document("draft", document, who, "begun" if began else "changed last")
            yield made | {"id": row["draft_identifier"], "unknown": why}

    def routines(self) -> Iterator[Row]:
        """Yield the routines that come to them; whose a routine is is not told."""
        for row in self._tables.rows("ai_routines"):
            emails = {one.casefold() for one in split_names(row["recipient_emails"])}
            groups = {*split_names(row["user_group_ids"])}
            if emails & self._addresses or groups & self._groups.keys():
                comes = "to them" if emails & self._addresses else "by a group"
                yield self._row(
                    "routine",
                    row["routine_id"],
                    row["name"],
                    detail=f"comes {comes}",
                    could_take_over=ANYBODY,
                )
        yield {"kind": "routine", "unknown": _WHOSE_ROUTINES}

    def attributes(self) -> Iterator[Row]:
        """Yield the values of their attributes."""
        for row in self._mine("user_attribute_values"):
            if row["attribute_name"] is None:
                yield {
                    "kind": "attribute",
                    "unknown": "user_attribute_values: Omni does not tell",
                }
            elif row["value"] is not None:
                name = row["attribute_name"]
                yield self._row(
                    "attribute", name, name, detail=row["value"], could_take_over=ANYBODY
                )

    def credit_limits(self) -> Iterator[Row]:
        """Yield what they may spend on AI, where that is their own."""
        for row in self._mine("ai_user_credit_limits"):
            limit = row["credit_limit"]
            detail = "unlimited" if row["unlimited"] else None if limit is None else f"{limit:g}"
            yield self._row(
                "credit_limit", self._id, self._name, detail=detail, could_take_over=ANYBODY
            )

    def _owned(self, rows: Iterable[Row]) -> Iterator[tuple[Row | None, str | None]]:
        """Yield what is theirs, or may be by the name of its owner; then what is not known."""
        rows = list(rows)
        matches = any(row["owner_id"] in self._users for row in rows)
        silent = 0
        for row in rows:
            if row["owner_id"] is None:
                silent += 1
            if self._is_mine(row):
                yield row, None
            elif not matches and row["owner_name"] is not None and row["owner_name"] == self._name:
                yield row, "the owner has their name, and an id that no user has"
        if silent:
            yield None, f"Omni does not tell the owner, of {silent}"
        if rows and not matches and silent < len(rows):
            yield None, _NO_MATCH

    def _is_mine(self, row: Row) -> bool:
        return bool(row) and row["owner_id"] == self._id

    def _mine(self, name: str) -> list[dict[str, Any]]:
        table = self._tables[name]
        return list(table.filter(pc.equal(table["user_id"], self._id)).to_pylist())

    def _principals(self, name: str) -> Iterator[Row]:
        """Yield the roles that they have as themselves."""
        for row in self._matching(self._tables[name], "principal_id"):
            if row["principal_type"] != "userGroup":
                yield row

    def _matching(self, table: pa.Table, column: str) -> list[dict[str, Any]]:
        """Return the rows that name them by id, or by address where there is one."""
        found = pc.equal(table[column], self._id)
        if "email" in table.schema.names:
            addresses = pa.array(sorted(self._addresses), pa.string())
            by_email = pc.is_in(pc.utf8_lower(table["email"]), addresses)
            found = pc.or_kleene(found, by_email)
        return list(table.filter(found).to_pylist())

    def _of_document(
        self, kind: str, identifier: str | None, who: str | None, detail: str | None = None
    ) -> dict[str, Any]:
        document = self._documents.get(identifier, {})
        return self._row(
            kind,
            identifier,
            document.get("name"),
            folder_path=document.get("folder_path"),
            detail=detail,
            could_take_over=who,
        )

    def _row(
        self,
        kind: str,
        identity: str | None,
        name: str | None,
        call: str | None = None,
        **rest: str | None,
    ) -> dict[str, Any]:
        made = calls(call or kind, identity, self._id)
        return {"kind": kind, "id": identity, "name": name, **rest, **made}


def _joined(reasons: Iterable[str | None]) -> str | None:
    return "; ".join(one for one in reasons if one is not None) or None
