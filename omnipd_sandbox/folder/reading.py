"""Read an organization from JSON: every key known, every reference found, or nothing at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_type_hints

from omnipd_sandbox.folder.content import problems_of_dashboard, problems_of_queries
from omnipd_sandbox.folder.conversion import converter
from omnipd_sandbox.folder.form import worked
from omnipd_sandbox.folder.problems import BadOrganization, problems_of
from omnipd_sandbox.folder.references import References, value_of
from omnipd_sandbox.folder.strict import Unreadable
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.attributes import SYSTEM_ATTRIBUTES, UserAttribute
from omnipd_sandbox.organization.connections import Connection
from omnipd_sandbox.organization.conversations import Conversation
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62, stable_uuid
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.models import ModelRecord, ModelReference
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import Permit
from omnipd_sandbox.organization.records import (
    Document,
    Folder,
    Grant,
    Group,
    Label,
    StoredQuery,
    User,
    by_id,
)
from omnipd_sandbox.organization.schedules import Schedule
from omnipd_sandbox.organization.tables import TABLES, Row
from omnipd_sandbox.organization.uploads import Upload

Record = TypeVar("Record")
VERSION = 1
SECTIONS = (
    "version", "users", "user_attributes", "connections", "models", "other_models", "groups",
    "labels", "folders", "documents", "embed_users", "email_only_users", "schedules", "api_keys",
    "uploads", "conversations", "refresh_jobs", *TABLES,
)  # fmt: skip


def read_organization(
    file: Mapping[str, Any], model_names: Sequence[str], place: str
) -> Organization:
    """Read what an organization holds.

    Parameters
    ----------
    file
        The JSON, parsed.
    model_names
        The models that there are files of.
    place
        What to call the file in an error.

    Raises
    ------
    BadOrganization
        For unknown keys, values of the wrong kind and references that lead nowhere, all at once.
    """
    reader = _Reader(file, model_names)
    organization = reader.organization()
    if reader.problems:
        raise BadOrganization(place, reader.problems)
    return organization


class _Reader:
    def __init__(self, file: Mapping[str, Any], model_names: Sequence[str]) -> None:
        self.file = file
        self.model_names = model_names
        self.problems: list[str] = []
        self.references = References()
        self.converter = converter(self.references)
        # What documents and folders begin with, by their ids.
        self.grants: dict[str, tuple[Grant, ...]] = {}
        self.drafts: dict[str, Sequence[Draft]] = {}
        self.forbidden: dict[str, frozenset[str]] = {}

    def organization(self) -> Organization:
        for key in self.file:
            if key not in SECTIONS:
                self.problems.append(f"unknown key {key!r}{near(key, SECTIONS)}")
        if self.file.get("version", VERSION) != VERSION:
            self.problems.append(f"version: {self.file['version']!r} is not {VERSION}")
        users = self._users()
        self.references.add("user", users)
        self.owner = users[0].email if users else ""
        connections = self._connections()
        self.references.add("connection", connections)
        models, model_records, git = self._models()
        labels = self._all("labels", Label)
        self.references.add("label", labels)
        groups, group_roles = self._groups()
        self.references.add("group", groups)
        folders = self._folders()
        self.references.add("folder", folders)
        documents = self._documents(models)
        self.references.add("document", documents)
        email_only_users = self._all("email_only_users", EmailOnlyUser)
        self.references.add("email-only user", email_only_users)
        conversations = self._all("conversations", Conversation)
        self.references.add("conversation", conversations)
        return Organization(
            # Without users something else is wrong already, and is said.
            users=by_id(users or [_administrator()], "membership_id"),
            shared_models=by_id(models, "connection_id"),
            fixed_models=by_id(model_records),
            groups=by_id(groups),
            group_roles=group_roles,
            labels=by_id(labels, "name"),
            folders=by_id(folders),
            documents=by_id(documents, "identifier"),
            attributes=(
                *SYSTEM_ATTRIBUTES,
                *self._all("user_attributes", UserAttribute, {worked("system"): False}),
            ),
            embed_users=by_id(self._all("embed_users", EmbedUser), "membership_id"),
            email_only_users=by_id(email_only_users, "membership_id"),
            schedules=by_id(self._all("schedules", Schedule, _SCHEDULE | {"owner": self.owner})),
            api_keys=by_id(
                self._all("api_keys", ApiKey, {"type": "organization", "enabled": True})
            ),
            uploads=self._all("uploads", Upload, {"type": "csv"}),
            connections=by_id(connections),
            git=git,
            conversations=by_id(conversations),
            tables=self._tables(),
            refresh_jobs=self._refresh_jobs(),
            grants=self.grants,
            drafts=self.drafts,
            forbidden=self.forbidden,
        )

    def _tables(self) -> dict[str, Sequence[Row]]:
        tables: dict[str, Sequence[Row]] = {}
        for name, kind in TABLES.items():
            timezone = {"timezone": "UTC"} if "timezone" in get_type_hints(kind) else {}
            tables[name] = self._all(name, kind, timezone)
            if name == "prompt_sets":
                prompts = [each for one in tables[name] for each in one["prompts"]]
                self.references.add("prompt set", tables[name])
                self.references.add("prompt", prompts)
        return tables

    def _items(self, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the objects of a section, each with its place."""
        for number, item in enumerate(self._list(self.file.get(section, []), section)):
            place = f"{section}[{number}]"
            if isinstance(item, dict):
                yield place, dict(item)
            else:
                self.problems.append(f"{place}: an object is needed here, not {item!r}")

    def _one(self, kind: type[Record], item: Mapping[str, Any], place: str) -> list[Record]:
        try:
            return [self.converter.structure(item, kind)]
        except Exception as error:  # noqa: BLE001 - whatever is wrong is said with its place
            self.problems += problems_of(error, place)
            return []

    def _all(
        self, section: str, kind: type[Record], defaults: Mapping[str, Any] | None = None
    ) -> list[Record]:
        found: list[Record] = []
        key = next((each for each in _ID_KEYS if each in get_type_hints(kind)), None)
        for place, item in self._items(section):
            seeded = {key: stable_uuid(section, place)} if key else {}
            found += self._one(kind, {**seeded, **(defaults or {}), **item}, place)
        self._once(section, found)
        return found

    def _once(self, section: str, records: Sequence[Any]) -> None:
        """Note records that share what should tell them apart."""
        for key in _TOLD_APART_BY.get(section, ("id",)):
            counted = Counter(value_of(each, key) for each in records)
            self.problems += [
                f"{section}: {key} {value!r} is there {count} times"
                for value, count in counted.items()
                if value is not None and count > 1
            ]

    def _users(self) -> list[User]:
        found: list[User] = []
        for place, item in self._items("users"):
            email = str(item.get("email"))
            role = "CONNECTION_ADMIN" if item.get("organization_role") == "ORG_ADMIN" else "VIEWER"
            defaults = {
                "id": stable_uuid("membership", email.partition("@")[0]),
                "user_id": stable_uuid("user", email.partition("@")[0]),
                "name": email,
                "organization_role": "MEMBER",
                "model_role": role,
            }
            found += self._one(User, {**defaults, **item}, place)
        self._once("users", found)
        if not self.file.get("users"):
            # Somebody has to have the key.
            return [_administrator()]
        if found and found[0].organization_role != "ORG_ADMIN":
            self.problems.append(
                "users[0]: the first user must be an ORG_ADMIN, because the organization key is"
                " theirs"
            )
        return found

    def _connections(self) -> list[Connection]:
        found = self._all("connections", Connection, {"dialect": "duckdb"})
        said = {item.get("name"): item for _, item in self._items("models")}
        for name in self.model_names:
            if "connection" not in said.get(name, {}):
                # A model without one has one of its own, on the data beside it.
                identity = stable_uuid("connection", name)
                found.append(Connection(identity, name, "duckdb", name, "main"))
        return found

    def _models(
        self,
    ) -> tuple[list[ModelReference], list[ModelRecord], dict[str, GitSettings]]:
        given = list(self._items("models"))
        named = {str(item.get("name")) for _, item in given}
        given += [
            (f"models/{name}", {"name": name}) for name in self.model_names if name not in named
        ]
        models: list[ModelReference] = []
        shared: list[tuple[str, dict[str, Any]]] = []
        git: dict[str, GitSettings] = {}
        for place, item in given:
            name = str(item.get("name"))
            if name not in self.model_names:
                self.problems.append(
                    f"{place}: there is no folder models/{name}{near(name, self.model_names)}"
                )
                continue
            if (settings := item.pop("git", None)) is not None:
                for each in self._one(GitSettings, settings, f"{place}.git"):
                    git[name] = each
            record = {
                "id": stable_uuid("model", name),
                "connection": stable_uuid("connection", name),
                "kind": "SHARED",
                **item,
            }
            reference = {key: record[key] for key in ("id", "name", "connection", "kind")}
            models += self._one(ModelReference, reference, place)
            shared.append((place, record))
        self._once("models", models)
        for connection_id in {model.connection_id for model in models}:
            on_it = [model.name for model in models if model.connection_id == connection_id]
            if len(on_it) > 1:
                self.problems.append(
                    f"models: {' and '.join(on_it)} are on one connection; the sandbox takes one"
                    " model for each"
                )
        self.references.add("model", models)
        return models, self._model_records(shared), git

    def _model_records(self, shared: Sequence[tuple[str, dict[str, Any]]]) -> list[ModelRecord]:
        others = [
            (place, {"id": stable_uuid("model", place), **item})
            for place, item in self._items("other_models")
        ]
        # They refer to each other, so that what they are called must be known first.
        entries = [*shared, *others]
        self.references.add(
            "model or branch",
            [
                ModelRecord(str(item["id"]), "", item.get("name"), None, None, "", "")
                for _, item in entries
            ],
        )
        found = {
            place: record
            for place, item in entries
            for record in self._one(ModelRecord, item, place)
        }
        self.references.add("model or branch", list(found.values()))
        return list(found.values())

    def _groups(self) -> tuple[list[Group], dict[tuple[str, str], str]]:
        found: list[Group] = []
        roles: dict[tuple[str, str], str] = {}
        for place, item in self._items("groups"):
            given = item.pop("model_roles", {})
            seeded = {"id": base62(8, "group", str(item.get("name")))}
            for group in self._one(Group, {**seeded, **item}, place):
                found.append(group)
                roles |= self._group_roles(group, given, f"{place}.model_roles")
        self._once("groups", found)
        return found, roles

    def _group_roles(self, group: Group, given: Any, place: str) -> dict[tuple[str, str], str]:
        roles = {}
        for name, role in given.items() if isinstance(given, dict) else ():
            try:
                model = self.references.find("model", name)
            except Unreadable as error:
                self.problems.append(f"{place}: {error}")
                continue
            roles[group.id, model.name] = str(role)
        return roles

    def _folders(self) -> list[Folder]:
        found: dict[str, Folder] = {}
        for place, item in self._items("folders"):
            given = item.pop("permits", [])
            path = str(item.get("path", "")).strip("/")
            above, _, last = path.rpartition("/")
            parent = found.get(above)
            if above and parent is None:
                self.problems.append(
                    f"{place}.path: there is no folder {above!r} before it{near(above, found)}"
                )
            filled = {
                "id": stable_uuid("folder", path),
                "name": last,
                "scope": parent.scope if parent else "organization",
                "owner": self.owner,
                **item,
                "path": path,
                worked("parent_id"): parent.id if parent else None,
            }
            for folder in self._one(Folder, filled, place):
                found[path] = folder
                self.grants[folder.id] = self._grants(given, f"{place}.permits")
        folders = list(found.values())
        self._once("folders", folders)
        return folders

    def _grants(self, given: Any, place: str) -> tuple[Grant, ...]:
        found: list[Permit] = []
        for number, item in enumerate(self._list(given, place)):
            at = f"{place}[{number}]"
            who = [key for key in ("user", "group") if isinstance(item, dict) and key in item]
            if len(who) != 1:
                self.problems.append(f"{at}: it needs a user or a group")
                continue
            rest = {key: value for key, value in item.items() if key != who[0]}
            try:
                principal = self.references.find(who[0], item[who[0]])
            except Unreadable as error:
                self.problems.append(f"{at}.{who[0]}: {error}")
                continue
            found += self._one(
                Permit, {**rest, worked("principal"): principal, worked("is_owner"): False}, at
            )
        return tuple(
            Grant(each.principal_type, each.principal_id, each.role, each.access_boost)
            for each in found
        )

    def _documents(self, models: Sequence[ModelReference]) -> list[Document]:
        found: list[Document] = []
        only_model = {"model": models[0].name} if len(models) == 1 else {}
        ids = {model.connection_id: model.id for model in models}
        for place, item in self._items("documents"):
            identifier = base62(8, "document", place, str(item.get("name"))).lower()
            given = {
                "identifier": identifier,
                "owner": self.owner,
                **only_model,
                "has_dashboard": bool(item.get("queries") or item.get("dashboard")),
                "scope": self._scope(item.get("folder")),
                "views": 0,
                **item,
            }
            extras = {key: given.pop(key, []) for key in ("permits", "drafts", "forbidden")}
            given |= {
                worked("imported"): False,
                "queries": _with_ids(given.get("queries", []), given["identifier"]),
            }
            if given["has_dashboard"] and given.get("dashboard") is None:
                given["dashboard"] = {}
            for read in self._one(Document, given, place):
                model_id = ids[read.connection_id]
                document = _on_model(read, model_id)
                self._note(f"{place}.", problems_of_queries(document.queries))
                self._note(f"{place}.", problems_of_dashboard(document.dashboard))
                found.append(document)
                key = document.identifier
                self.grants[key] = self._grants(extras["permits"], f"{place}.permits")
                self.drafts[key] = self._drafts(document, model_id, extras["drafts"], place)
                self.forbidden[key] = frozenset(
                    map(str, self._list(extras["forbidden"], f"{place}.forbidden"))
                )
        self._once("documents", found)
        return found

    def _list(self, given: Any, place: str) -> list[Any]:
        if isinstance(given, list):
            return given
        self.problems.append(f"{place}: a list is needed here, not {given!r:.80}")
        return []

    def _scope(self, folder: Any) -> str:
        try:
            return str(self.references.find("folder", folder).scope)
        except Unreadable:
            return "organization"

    def _drafts(self, document: Document, model_id: str, given: Any, place: str) -> list[Draft]:
        found: list[Draft] = []
        for number, item in enumerate(self._list(given, f"{place}.drafts")):
            at = f"{place}.drafts[{number}]"
            if not isinstance(item, dict):
                self.problems.append(f"{at}: an object is needed here, not {item!r}")
                continue
            identifier = base62(8, "draft", document.identifier, number).lower()
            filled = {
                "identifier": identifier,
                "status": "active",
                "created_by": self.owner,
                "last_edited_by": item.get("created_by", self.owner),
                "workbook_model_id": stable_uuid("draft workbook", identifier),
                **item,
                "queries": _with_ids(item.get("queries", []), identifier),
                worked("document"): document,
            }
            for read in self._one(Draft, filled, at):
                self._note(f"{at}.", problems_of_queries(read.queries))
                found.append(_on_model(read, model_id))
        return found

    def _note(self, place: str, problems: Iterable[str]) -> None:
        self.problems += [f"{place}{each}" for each in problems]

    def _refresh_jobs(self) -> dict[str, str]:
        given = self.file.get("refresh_jobs", {})
        if not isinstance(given, dict):
            self.problems.append("refresh_jobs: an object is needed here, of id to status")
            return {}
        return {str(key): str(value) for key, value in given.items()}


_SCHEDULE = {
    "content": "dashboard",
    "format": "pdf",
    "destination": "email",
    "timezone": "UTC",
}


# What an id is called where records have one; those of attributes follow from their names.
_ID_KEYS = ("id", "scheduleId")
_TOLD_APART_BY = {
    "users": ("membership_id", "email"),
    "user_attributes": ("name",),
    "models": ("id", "name"),
    "labels": ("name",),
    "folders": ("id", "path"),
    "documents": ("identifier",),
    "embed_users": ("membership_id",),
    "email_only_users": ("membership_id",),
    "refreshes": ("scheduleId",),
    "dbt_projects": ("connectionId",),
    "user_limits": ("userId",),
    "entity_limits": ("entity",),
}


def _administrator() -> User:
    made = written(EPOCH)
    return User(
        membership_id=stable_uuid("membership", "administrator"),
        user_id=stable_uuid("user", "administrator"),
        name="Administrator",
        email="administrator@sandbox.example",
        organization_role="ORG_ADMIN",
        model_role="CONNECTION_ADMIN",
        attributes={},
        created_at=made,
        updated_at=made,
        last_login=None,
    )


def _with_ids(queries: Any, identifier: str) -> Any:
    if not isinstance(queries, list):
        return queries
    return [
        {
            "id": stable_uuid("query", identifier, number),
            "name": f"Query {number + 1}",
            **query,
        }
        if isinstance(query, dict)
        else query
        for number, query in enumerate(queries)
    ]


Holder = TypeVar("Holder", Document, Draft)


def _on_model(item: Holder, model_id: str) -> Holder:
    """Put the queries on the model of the document, unless they say another."""
    return replace(
        item,
        queries=tuple(
            StoredQuery(each.id, each.name, {"modelId": model_id, **each.query})
            for each in item.queries
        ),
    )
