"""Write an organization as JSON that reads back as the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cattrs import Converter

from omnipd_sandbox.folder.conversion import converter
from omnipd_sandbox.folder.reading import VERSION
from omnipd_sandbox.folder.references import References
from omnipd_sandbox.organization.abilities import BY_PULL_REQUEST, abilities
from omnipd_sandbox.organization.dashboards import dashboard_of
from omnipd_sandbox.organization.drafts import drafts_of
from omnipd_sandbox.organization.models import OwnModels
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import Permit, permits_on
from omnipd_sandbox.organization.records import ABSENT, Document, Group, StoredQuery


def write_organization(organization: Organization) -> dict[str, Any]:
    """Write everything an organization holds."""
    writer = _Writer(organization)
    of = organization
    file: dict[str, Any] = {
        "version": VERSION,
        "users": writer.all(of.users.values()),
        "user_attributes": writer.all(each for each in of.attributes if not each.system),
        "connections": writer.all(of.connections.values()),
        "models": writer.models(),
        "other_models": writer.all(
            each for each in of.fixed_models.values() if each.id not in writer.model_ids
        ),
        "groups": [writer.group(each) for each in of.groups.values()],
        "labels": writer.all(of.labels.values()),
        "folders": [
            writer.one(each) | writer.permits(permits_on(each, of)) for each in of.folders.values()
        ],
        "documents": [writer.document(each) for each in of.documents.values()],
        "embed_users": writer.all(of.embed_users.values()),
        "email_only_users": writer.all(of.email_only_users.values()),
        "schedules": writer.all(of.schedules.values()),
        "api_keys": writer.all(of.api_keys.values()),
        "uploads": writer.all(of.uploads),
        "conversations": writer.all(of.conversations.values()),
        "prompts": writer.all(of.prompts),
        "credit_controls": writer.one(of.credit_controls),
        "refresh_jobs": of.refresh_jobs,
        **of.tables,
    }
    return {key: value for key, value in file.items() if value}


class _Writer:
    def __init__(self, organization: Organization) -> None:
        self.organization = of = organization
        self.model_ids = {model.id for model in of.shared_models.values()}
        self.references = References()
        for kind, records in (
            ("user", of.users.values()),
            ("group", of.groups.values()),
            ("label", of.labels.values()),
            ("folder", of.folders.values()),
            ("document", of.documents.values()),
            ("connection", of.connections.values()),
            ("model", of.shared_models.values()),
            ("model or branch", of.fixed_models.values()),
            ("email-only user", of.email_only_users.values()),
        ):
            self.references.add(kind, records)
        self._converter: Converter = converter(self.references)

    def one(self, record: Any) -> dict[str, Any]:
        """Write a record; what is null or empty is left out, as reading fills it in."""
        return {
            key: value
            for key, value in self._converter.unstructure(record).items()
            if value is not None and value != [] and value is not ABSENT
        }

    def all(self, records: Iterable[Any]) -> list[dict[str, Any]]:
        return [self.one(each) for each in records]

    def models(self) -> list[dict[str, Any]]:
        found = []
        records = self.organization.fixed_models
        for model in self.organization.shared_models.values():
            git = self.organization.git.get(model.name)
            formats = self.organization.formats.get(model.name)
            extra = {"git": git and self.one(git), "formats": formats}
            said = {key: value for key, value in extra.items() if value}
            found.append(self.one(records[model.id]) | said)
        return found

    def group(self, group: Group) -> dict[str, Any]:
        roles = {
            model: role
            for (group_id, model), role in self.organization.group_roles.items()
            if group_id == group.id
        }
        return self.one(group) | ({"model_roles": roles} if roles else {})

    def permits(self, permits: Iterable[Permit]) -> dict[str, Any]:
        found = []
        for each in permits:
            if each.is_owner:
                continue
            kind = "user" if each.principal_type == "user" else "group"
            found.append({kind: self.references.name(kind, each.principal_id), **self.one(each)})
        return {"permits": found} if found else {}

    def document(self, document: Document) -> dict[str, Any]:
        of = self.organization
        written = self.one(document) | {"has_dashboard": document.has_dashboard}
        for key in ("description", "last_viewed_at", "visits"):
            # Null is said here: it is not the same as left out.
            if getattr(document, key) is None:
                written[key] = None
        dashboard = dashboard_of(document, of)
        if dashboard is not None:
            written["dashboard"] = self.one(dashboard)
        if document.queries:
            written["queries"] = [self._query(each, document.model_id) for each in document.queries]
        drafts = [
            self.one(each)
            | {"queries": [self._query(query, document.model_id) for query in each.queries]}
            for each in drafts_of(document, of)
        ]
        # One that is only published by pull request says so here, too.
        forbidden = [
            name
            for name, value in abilities(document, of).items()
            if value == (name == BY_PULL_REQUEST)
        ]
        own = of.own_models.get(document.topic, OwnModels())
        if own.query is not None:
            written["query_model"] = self.one(own.query)
        since = {**of.favorited_at.get(document.topic, {}), **document.favorited_at}
        extras = {
            "drafts": drafts,
            "forbidden": forbidden,
            "workbook": self.one(own.workbook),
            "favorited_at": {
                self.references.name("user", each): since[each]
                for each in document.favorited_by
                if each in since
            },
        }
        return (
            written
            | self.permits(permits_on(document, of))
            | {key: value for key, value in extras.items() if value}
        )

    def _query(self, stored: StoredQuery, model_id: str) -> dict[str, Any]:
        query = {
            key: value
            for key, value in stored.query.items()
            if not (key == "modelId" and value == model_id)
        }
        return {"id": stored.id, "name": stored.name, "query": query}
