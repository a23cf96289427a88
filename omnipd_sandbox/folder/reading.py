"""Read an organization from JSON: every key known, every reference found, or nothing at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from omnipd_sandbox.folder.form import converter, worked
from omnipd_sandbox.folder.problems import BadOrganization, problems_of
from omnipd_sandbox.folder.references import References, Unreadable, near
from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.ai import Conversation, CreditLimit, Routine
from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.attributes import ATTRIBUTES, UserAttribute
from omnipd_sandbox.organization.connections import (
    Connection,
    ConnectionEnvironment,
    DbtEnvironment,
    DbtProject,
    RefreshSchedule,
)
from omnipd_sandbox.organization.drafts import Draft
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.evals import EvalRun, PromptSet
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.holdings import Holdings, Particulars
from omnipd_sandbox.organization.models import ModelRecord
from omnipd_sandbox.organization.moments import EPOCH, written
from omnipd_sandbox.organization.permits import Permit
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.records import (
    Document,
    Folder,
    Grant,
    Group,
    Label,
    StoredQuery,
    User,
)
from omnipd_sandbox.organization.schedules import Schedule
from omnipd_sandbox.organization.suggestions import Suggestion
from omnipd_sandbox.organization.uploads import Upload

Record = TypeVar("Record")
VERSION = 1
SECTIONS = (
    "version", "users", "user_attributes", "connections", "models", "other_models", "groups",
    "labels", "folders", "documents", "embed_users", "email_only_users", "schedules", "api_keys",
    "uploads", "environments", "refreshes", "dbt_projects", "dbt_environments", "conversations",
    "user_limits", "entity_limits", "routines", "prompt_sets", "eval_runs", "suggestions",
    "refresh_jobs",
)  # fmt: skip


def read_holdings(file: Mapping[str, Any], model_names: Sequence[str], place: str) -> Holdings:
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
    holdings = reader.holdings()
    if reader.problems:
        raise BadOrganization(place, reader.problems)
    return holdings


class _Reader:
    def __init__(self, file: Mapping[str, Any], model_names: Sequence[str]) -> None:
        self.file = file
        self.model_names = model_names
        self.problems: list[str] = []
        self.references = References()
        self.converter = converter(self.references)

    def holdings(self) -> Holdings:
        for key in self.file:
            if key not in SECTIONS:
                self.problems.append(f"unknown key {key!r}{near(key, SECTIONS)}")
        if self.file.get("version", VERSION) != VERSION:
            self.problems.append(f"version: {self.file['version']!r} is not {VERSION}")
        users = self._users()
        self.references.add("user", users)
        self.owner = users[0].email if users else ""
        attributes = [
            *(each for each in ATTRIBUTES if each.system),
            *self._all("user_attributes", UserAttribute, {worked("system"): False}),
        ]
        connections = self._connections()
        self.references.add("connection", connections)
        models, model_records, git = self._models()
        labels = self._all("labels", Label)
        self.references.add("label", labels)
        groups, group_roles = self._groups()
        self.references.add("group", groups)
        permits: dict[str, Sequence[Permit]] = {}
        folders = self._folders(permits)
        self.references.add("folder", folders)
        self.folders = {folder.path: folder for folder in folders}
        documents, drafts, forbidden = self._documents(models, permits)
        self.references.add("document", documents)
        embed_users = self._all("embed_users", EmbedUser)
        strangers = self._all("email_only_users", EmailOnlyUser)
        self.references.add("email-only user", strangers)
        conversations = self._all("conversations", Conversation)
        self.references.add("conversation", conversations)
        prompt_sets = self._all("prompt_sets", PromptSet)
        self.references.add("prompt set", prompt_sets)
        self.references.add("prompt", [each for one in prompt_sets for each in one.prompts])
        return Holdings(
            models=models,
            model_records=model_records,
            users=users,
            groups=groups,
            group_roles=group_roles,
            labels=labels,
            folders=folders,
            documents=documents,
            particulars=Particulars(
                {key: _grants(each) for key, each in permits.items()}, drafts, forbidden
            ),
            attributes=attributes,
            embed_users=embed_users,
            email_only_users=strangers,
            schedules=self._all("schedules", Schedule, _SCHEDULE | {"owner": self.owner}),
            api_keys=self._all("api_keys", ApiKey, {"type": "organization", "enabled": True}),
            uploads=self._all("uploads", Upload, {"type": "csv"}),
            connections=connections,
            environments=self._all("environments", ConnectionEnvironment),
            refreshes=self._all("refreshes", RefreshSchedule, {"timezone": "UTC"}),
            dbt_projects=self._all("dbt_projects", DbtProject),
            dbt_environments=self._all("dbt_environments", DbtEnvironment),
            git=git,
            conversations=conversations,
            user_limits=self._limits("user_limits", of_users=True),
            entity_limits=self._limits("entity_limits", of_users=False),
            routines=self._all("routines", Routine, {"timezone": "UTC"}),
            prompt_sets=prompt_sets,
            eval_runs=self._all("eval_runs", EvalRun),
            suggestions=self._all("suggestions", Suggestion),
            refresh_jobs=self._refresh_jobs(),
        )

    def _items(self, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the objects of a section, each with its place."""
        items = self.file.get(section, [])
        if not isinstance(items, list):
            self.problems.append(f"{section}: a list is needed here")
            return
        for number, item in enumerate(items):
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
        for place, item in self._items(section):
            seeded = {"id": chance.stable_uuid(section, place)} if _has_id(kind) else {}
            found += self._one(kind, {**seeded, **(defaults or {}), **item}, place)
        self._once(section, found)
        return found

    def _once(self, section: str, records: Sequence[Any]) -> None:
        """Note records that share what should tell them apart."""
        for key in _TOLD_APART_BY.get(section, ("id",)):
            counted = Counter(getattr(each, key, None) for each in records)
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
                "id": chance.stable_uuid("membership", email.partition("@")[0]),
                "user_id": chance.stable_uuid("user", email.partition("@")[0]),
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
                identity = chance.stable_uuid("connection", name)
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
                "id": chance.stable_uuid("model", name),
                "connection": chance.stable_uuid("connection", name),
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
            (place, {"id": chance.stable_uuid("model", place), **item})
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
            seeded = {"id": chance.base62(8, "group", str(item.get("name")))}
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

    def _folders(self, permits: dict[str, Sequence[Permit]]) -> list[Folder]:
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
                "id": chance.stable_uuid("folder", path),
                "name": last,
                "scope": parent.scope if parent else "organization",
                "owner": self.owner,
                **item,
                "path": path,
                worked("parent_id"): parent.id if parent else None,
            }
            for folder in self._one(Folder, filled, place):
                found[path] = folder
                permits[folder.id] = self._permits(given, f"{place}.permits")
        folders = list(found.values())
        self._once("folders", folders)
        return folders

    def _permits(self, given: Any, place: str) -> list[Permit]:
        found: list[Permit] = []
        for number, item in enumerate(given if isinstance(given, list) else ()):
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
        return found

    def _documents(
        self, models: Sequence[ModelReference], permits: dict[str, Sequence[Permit]]
    ) -> tuple[list[Document], dict[str, Sequence[Draft]], dict[str, frozenset[str]]]:
        found: list[Document] = []
        drafts: dict[str, Sequence[Draft]] = {}
        forbidden: dict[str, frozenset[str]] = {}
        only_model = {"model": models[0].name} if len(models) == 1 else {}
        ids = {model.connection_id: model.id for model in models}
        for place, item in self._items("documents"):
            identifier = chance.base62(8, "document", place, str(item.get("name"))).lower()
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
                found.append(document)
                key = document.identifier
                permits[key] = self._permits(extras["permits"], f"{place}.permits")
                drafts[key] = self._drafts(document, model_id, extras["drafts"], place)
                forbidden[key] = frozenset(map(str, extras["forbidden"]))
        self._once("documents", found)
        return found, drafts, forbidden

    def _scope(self, folder: Any) -> str:
        try:
            return str(self.references.find("folder", folder).scope)
        except Unreadable:
            return "organization"

    def _drafts(self, document: Document, model_id: str, given: Any, place: str) -> list[Draft]:
        found: list[Draft] = []
        for number, item in enumerate(given if isinstance(given, list) else ()):
            at = f"{place}.drafts[{number}]"
            if not isinstance(item, dict):
                self.problems.append(f"{at}: an object is needed here, not {item!r}")
                continue
            identifier = chance.base62(8, "draft", document.identifier, number).lower()
            filled = {
                "identifier": identifier,
                "status": "active",
                "created_by": self.owner,
                "last_edited_by": item.get("created_by", self.owner),
                "workbook_model_id": chance.stable_uuid("draft workbook", identifier),
                **item,
                "queries": _with_ids(item.get("queries", []), identifier),
                worked("document"): document,
            }
            found += [_on_model(draft, model_id) for draft in self._one(Draft, filled, at)]
        return found

    def _limits(self, section: str, *, of_users: bool) -> list[CreditLimit]:
        found: list[CreditLimit] = []
        for place, item in self._items(section):
            if of_users and "owner" in item:
                try:
                    item["owner"] = self.references.find("user", item["owner"]).membership_id
                except Unreadable as error:
                    self.problems.append(f"{place}.owner: {error}")
                    continue
            found += self._one(CreditLimit, item, place)
        return found

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


_TOLD_APART_BY = {
    "users": ("membership_id", "email"),
    "user_attributes": ("name",),
    "models": ("id", "name"),
    "labels": ("name",),
    "folders": ("id", "path"),
    "documents": ("identifier",),
    "embed_users": ("membership_id",),
    "email_only_users": ("membership_id",),
}


def _has_id(kind: type) -> bool:
    # Those of attributes follow from their names.
    return "id" in getattr(kind, "__annotations__", {})


def _administrator() -> User:
    made = written(EPOCH)
    return User(
        membership_id=chance.stable_uuid("membership", "administrator"),
        user_id=chance.stable_uuid("user", "administrator"),
        name="Administrator",
        email="administrator@sandbox.example",
        organization_role="ORG_ADMIN",
        model_role="CONNECTION_ADMIN",
        attributes={},
        created_at=made,
        updated_at=made,
        last_login=None,
    )


def _grants(permits: Iterable[Permit]) -> tuple[Grant, ...]:
    return tuple(
        Grant(each.principal_type, each.principal_id, each.role, access_boost=each.access_boost)
        for each in permits
    )


def _with_ids(queries: Any, identifier: str) -> Any:
    if not isinstance(queries, list):
        return queries
    return [
        {
            "id": chance.stable_uuid("query", identifier, number),
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
