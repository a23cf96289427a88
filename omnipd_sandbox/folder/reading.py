"""Read an organization from JSON: every key known, every reference found, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_type_hints

from omnipd_sandbox.folder.content import (
    problems_of_dashboard,
    problems_of_prompt,
    problems_of_queries,
)
from omnipd_sandbox.folder.form import worked
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.sections import Sections
from omnipd_sandbox.folder.strict import Unreadable
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.organization.abilities import ABILITIES, BY_PULL_REQUEST
from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.attributes import SYSTEM_ATTRIBUTES, UserAttribute
from omnipd_sandbox.organization.connections import Connection
from omnipd_sandbox.organization.conversations import Conversation
from omnipd_sandbox.organization.credits import CreditControls
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62, stable_uuid
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.models import ModelRecord, ModelReference, OwnModel, OwnModels
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import Permit
from omnipd_sandbox.organization.prompts import KnownPrompt, plain
from omnipd_sandbox.organization.records import (
    Document,
    Folder,
    Grant,
    Group,
    Label,
    ModelRole,
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
    "uploads", "conversations", "refresh_jobs", "prompts", "credit_controls", *TABLES,
)  # fmt: skip


def read_organization(
    file: Mapping[str, Any],
    model_names: Sequence[str],
    place: str,
    called: Mapping[str, str] = MappingProxyType({}),
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
    called
        What models are called that have another name in the file.

    Raises
    ------
    BadOrganization
        For unknown keys, values of the wrong kind and references that lead nowhere, all at once.
    """
    reader = _Reader(file, model_names, called)
    organization = reader.organization()
    if reader.problems:
        raise BadOrganization(place, reader.problems)
    return organization


class _Reader(Sections):
    def __init__(
        self, file: Mapping[str, Any], model_names: Sequence[str], called: Mapping[str, str]
    ) -> None:
        super().__init__(file)
        self.model_names = model_names
        self.called = called
        # What documents and folders begin with, by their ids.
        self.grants: dict[str, tuple[Grant, ...]] = {}
        self.drafts: dict[str, Sequence[Draft]] = {}
        self.forbidden: dict[str, frozenset[str]] = {}
        self.own_models: dict[str, OwnModels] = {}
        self.favorited_at: dict[str, Mapping[str, str]] = {}
        self.formats: dict[str, Mapping[str, str]] = {}

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
        labels = self.all("labels", Label)
        self.references.add("label", labels)
        groups, group_roles = self._groups()
        self.references.add("group", groups)
        folders = self._folders()
        self.references.add("folder", folders)
        documents = self._documents(models)
        self.references.add("document", documents)
        email_only_users = self.all("email_only_users", EmailOnlyUser)
        self.references.add("email-only user", email_only_users)
        conversations = self.all("conversations", Conversation)
        self.references.add("conversation", conversations)
        return Organization(
            # Without users something else is wrong already, and is said.
            users=by_id(users or [_administrator()], "membership_id"),
            shared_models=by_id(models),
            fixed_models=by_id(model_records),
            groups=by_id(groups),
            group_roles=group_roles,
            labels=by_id(labels, "name"),
            folders=by_id(folders),
            documents=by_id(documents, "identifier"),
            attributes=(
                *SYSTEM_ATTRIBUTES,
                *self.all("user_attributes", UserAttribute, {worked("system"): False}),
            ),
            embed_users=by_id(self.all("embed_users", EmbedUser), "membership_id"),
            email_only_users=by_id(email_only_users, "membership_id"),
            schedules=by_id(self.all("schedules", Schedule, _SCHEDULE | {"owner": self.owner})),
            api_keys=by_id(self.all("api_keys", ApiKey, {"type": "organization", "enabled": True})),
            uploads=self.all("uploads", Upload, {"type": "csv"}),
            connections=by_id(connections),
            git=git,
            conversations=by_id(conversations),
            tables=self._tables(),
            refresh_jobs=self.texts(self.file.get("refresh_jobs", {}), "refresh_jobs"),
            prompts=self._prompts(models),
            formats=self.formats,
            credit_controls=self._credit_controls(),
            grants=self.grants,
            drafts=self.drafts,
            forbidden=self.forbidden,
            own_models=self.own_models,
            favorited_at=self.favorited_at,
        )

    def _tables(self) -> dict[str, Sequence[Row]]:
        tables: dict[str, Sequence[Row]] = {}
        for name, kind in TABLES.items():
            timezone = {"timezone": "UTC"} if "timezone" in get_type_hints(kind) else {}
            tables[name] = self.all(name, kind, timezone)
            if name == "prompt_sets":
                prompts = [each for one in tables[name] for each in one["prompts"]]
                self.references.add("prompt set", tables[name])
                self.references.add("prompt", prompts)
        return tables

    def _users(self) -> list[User]:
        found: list[User] = []
        for place, item in self.items("users"):
            email = str(item.get("email"))
            role = "CONNECTION_ADMIN" if item.get("organization_role") == "ORG_ADMIN" else None
            defaults = {
                "id": stable_uuid("membership", email.partition("@")[0]),
                "user_id": stable_uuid("user", email.partition("@")[0]),
                "name": email,
                "organization_role": "MEMBER",
                "model_role": role,
            }
            found += self.one(User, {**defaults, **item}, place)
        self.once("users", found)
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
        found = self.all("connections", Connection, {"dialect": "duckdb"})
        said = {item.get("name"): item for _, item in self.items("models")}
        for name in self.model_names:
            if "connection" not in said.get(name, {}):
                # A model without one has one of its own, on the data beside it.
                identity = stable_uuid("connection", name)
                found.append(Connection(identity, name, "duckdb", name, "main"))
        return found

    def _models(
        self,
    ) -> tuple[list[ModelReference], list[ModelRecord], dict[str, GitSettings]]:
        given = list(self.items("models"))
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
            called = self.called.get(name, name)
            if (settings := item.pop("git", None)) is not None:
                for each in self.one(GitSettings, settings, f"{place}.git"):
                    git[called] = each
            if formats := self.texts(item.pop("formats", {}), f"{place}.formats"):
                self.formats[called] = formats
            record = {
                "id": stable_uuid("model", name),
                "connection": stable_uuid("connection", name),
                "kind": "SHARED",
                **item,
                "name": called,
            }
            reference = {key: record[key] for key in ("id", "name", "connection", "kind")}
            models += self.one(ModelReference, {**reference, "subject": name}, place)
            shared.append((place, record))
        self.once("models", models)
        self._add_models("model", models)
        return models, self._model_records(shared), git

    def _model_records(self, shared: Sequence[tuple[str, dict[str, Any]]]) -> list[ModelRecord]:
        others = [
            (place, {"id": stable_uuid("model", place), **item})
            for place, item in self.items("other_models")
        ]
        # They refer to each other, so that what they are called must be known first.
        entries = [*shared, *others]
        self._add_models(
            "model or branch",
            [
                ModelRecord(str(item["id"]), "", item.get("name"), None, None, "", "")
                for _, item in entries
            ],
        )
        found = {
            place: record
            for place, item in entries
            for record in self.one(ModelRecord, item, place)
        }
        records = by_id(found.values())
        for place, record in found.items():
            if _stands_on_itself(record, records):
                self.problems.append(f"{place}.base: the model stands on itself")
        self._add_models("model or branch", list(found.values()))
        return list(found.values())

    def _add_models(self, kind: str, models: Sequence[Any]) -> None:
        """Make models known by what they are called, and by the names that the file has."""
        self.references.add(kind, models)
        for name, called in self.called.items():
            self.references.also(kind, name, called)

    def _groups(self) -> tuple[list[Group], dict[tuple[str, str], str]]:
        found: list[Group] = []
        roles: dict[tuple[str, str], str] = {}
        for place, item in self.items("groups"):
            given = self.texts(item.pop("model_roles", {}), f"{place}.model_roles")
            seeded = {"id": base62(8, "group", str(item.get("name")))}
            for group in self.one(Group, {**seeded, **item}, place):
                found.append(group)
                roles |= self._group_roles(group, given, f"{place}.model_roles")
        self.once("groups", found)
        return found, roles

    def _group_roles(
        self, group: Group, given: Mapping[str, str], place: str
    ) -> dict[tuple[str, str], str]:
        roles = {}
        for name, role in given.items():
            try:
                model = self.references.find("model", name)
            except Unreadable as error:
                self.problems.append(f"{place}: {error}")
                continue
            self.known_word(role, get_args(ModelRole), f"{place}.{name}")
            roles[group.id, model.name] = role
        return roles

    def _folders(self) -> list[Folder]:
        found: dict[str, Folder] = {}
        for place, item in self.items("folders"):
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
            for folder in self.one(Folder, filled, place):
                found[path] = folder
                self.grants[folder.id] = self._grants(given, f"{place}.permits")
        folders = list(found.values())
        self.once("folders", folders)
        return folders

    def _grants(self, given: Any, place: str) -> tuple[Grant, ...]:
        found: list[Permit] = []
        for number, item in enumerate(self.list_of(given, place)):
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
            found += self.one(
                Permit, {**rest, worked("principal"): principal, worked("is_owner"): False}, at
            )
        return tuple(
            Grant(each.principal_type, each.principal_id, each.role, each.access_boost)
            for each in found
        )

    def _documents(self, models: Sequence[ModelReference]) -> list[Document]:
        found: list[Document] = []
        only_model = {"model": models[0].name} if len(models) == 1 else {}
        connections = {model.id: model.connection_id for model in models}
        for place, item in self.items("documents"):
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
            lists = {key: given.pop(key, []) for key in ("permits", "drafts", "forbidden")}
            own = {key: given.pop(key, None) for key in ("workbook", "query_model")}
            since = given.pop("favorited_at", {})
            given |= {
                worked("imported"): False,
                worked("connection_id"): "",
                "queries": _with_ids(given.get("queries", []), given["identifier"]),
            }
            if given["has_dashboard"] and given.get("dashboard") is None:
                given["dashboard"] = {}
            for read in self.one(Document, given, place):
                connection_id = connections[read.model_id]
                document = _on_model(replace(read, connection_id=connection_id), read.model_id)
                self._note(f"{place}.", problems_of_queries(document.queries))
                self._note(f"{place}.", problems_of_dashboard(document.dashboard))
                found.append(document)
                key = document.identifier
                self.grants[key] = self._grants(lists["permits"], f"{place}.permits")
                self.drafts[key] = self._drafts(document, lists["drafts"], place)
                self.forbidden[key] = self._forbidden(lists["forbidden"], f"{place}.forbidden")
                self.own_models[key] = self._own_models(own, place)
                self.favorited_at[key] = self._favorited(document, since, f"{place}.favorited_at")
        self.once("documents", found)
        return found

    def _favorited(self, document: Document, given: Any, place: str) -> dict[str, str]:
        found = self.dates(given, place)
        for user_id in found:
            if user_id not in document.favorited_by:
                name = self.references.name("user", user_id)
                self.problems.append(f"{place}.{name}: the document is no favorite of theirs")
        return found

    def _scope(self, folder: Any) -> str:
        try:
            return str(self.references.find("folder", folder).scope)
        except Unreadable:
            return "organization"

    def _forbidden(self, given: Any, place: str) -> frozenset[str]:
        words = self.list_of(given, place)
        for number, word in enumerate(words):
            self.known_word(word, (*ABILITIES, BY_PULL_REQUEST), f"{place}[{number}]")
        return frozenset(map(str, words))

    def _own_models(self, given: Mapping[str, Any], place: str) -> OwnModels:
        read = {
            key: self.one(OwnModel, item, f"{place}.{key}")
            for key, item in given.items()
            if item is not None
        }
        (workbook,) = read.get("workbook") or [OwnModel()]
        query = read.get("query_model")
        return OwnModels(workbook, query[0] if query else None)

    def _prompts(self, models: Sequence[ModelReference]) -> list[KnownPrompt]:
        only_model = {"model": models[0].name} if len(models) == 1 else {}
        found: list[KnownPrompt] = []
        for place, item in self.items("prompts"):
            if not item.get("prompts") and not item.get("contains"):
                self.problems.append(f"{place}: it needs prompts, or what a prompt contains")
            if "query" in item:
                self._note(f"{place}.", problems_of_prompt(item["query"]))
            else:
                self.problems.append(f"{place}.query: this is missing")
            for prompt in self.one(KnownPrompt, {**only_model, "query": {}, **item}, place):
                found.append(prompt)
                for key in ("prompts", "contains"):
                    self._note(f"{place}.{key}", _without_words(getattr(prompt, key)))
        return found

    def _credit_controls(self) -> CreditControls:
        given = self.file.get("credit_controls", {})
        (read,) = self.one(CreditControls, given, "credit_controls") or [CreditControls()]
        return read

    def _drafts(self, document: Document, given: Any, place: str) -> list[Draft]:
        found: list[Draft] = []
        for number, item in enumerate(self.list_of(given, f"{place}.drafts")):
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
            for read in self.one(Draft, filled, at):
                self._note(f"{at}.", problems_of_queries(read.queries))
                found.append(_on_model(read, document.model_id))
        return found

    def _note(self, place: str, problems: Iterable[str]) -> None:
        self.problems += [f"{place}{each}" for each in problems]


_SCHEDULE = {
    "content": "dashboard",
    "format": "pdf",
    "destination": "email",
    "timezone": "UTC",
}


def _without_words(texts: Sequence[str]) -> Iterator[str]:
    """Say which texts say nothing, and so stand in every prompt."""
    for number, each in enumerate(texts):
        if not plain(each):
            yield f"[{number}]: a text with words is needed here, not {each!r}"


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


def _stands_on_itself(model: ModelRecord, known: Mapping[str, ModelRecord]) -> bool:
    below, seen = model, {model.id}
    while below.base_id is not None and below.base_id in known:
        below = known[below.base_id]
        if below.id in seen:
            return True
        seen.add(below.id)
    return False


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
