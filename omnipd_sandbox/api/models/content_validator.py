"""Hold the content against a model: ``GET /models/{id}/content-validator``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.documents.dashboard import dashboard_in, numbered
from omnipd_sandbox.api.models.compose import compose
from omnipd_sandbox.api.models.record import find_branch, find_shared
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.query_object import QueryObject
from omnipd_sandbox.engine.model.joins import tree_of_topic, tree_of_view
from omnipd_sandbox.engine.model.model import Model, View
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.abilities import requires_pull_request
from omnipd_sandbox.organization.dashboards import field_of
from omnipd_sandbox.organization.drafts import drafts_of
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document, StoredQuery
from omnipd_sandbox.refused_query import Refused


def validate_content(call: Call) -> Reply:
    """Answer with the content on a model, and the references in it that the model lacks."""
    asked = call.parameters
    record = find_shared(call)
    branch = find_branch(call, record)
    acting_user(call.caller, asked["userId"], call.organization)
    if (asked["find"] is None) != (asked["find_type"] is None):
        raise BadRequest("find and find_type must be given together", at="find")
    for label in asked["labels"] or ():
        if label not in call.organization.labels:
            raise BadRequest(f"Unknown label '{label}'", at="labels")
    checker = _Checker(compose(branch or record, call))
    content = []
    for document, kind, queries, identifier in _pieces(call):
        if not _selected(document, call) or not _mentions(document, queries, call):
            continue
        entry = _entry(document, kind, queries, identifier, checker, call)
        has_issues = any(each["issues"] for each in entry["queries_and_issues"]) or bool(
            entry["dashboard_filter_issues"]
        )
        if asked["content_filter_mode"] in {"ALL", "WITH_ISSUES" if has_issues else "NO_ISSUES"}:
            content.append(entry)
    return json_reply(
        {
            "model_id": record.id,
            "branch": branch and {"id": branch.id, "name": branch.name},
            "content": content,
        }
    )


def _pieces(call: Call) -> Iterator[tuple[Document, str, tuple[StoredQuery, ...], str]]:
    """Give what is published, each followed by its active drafts."""
    organization = call.organization
    for document in organization.documents.values():
        if document.deleted or document.model_id != call.segments["modelId"].lower():
            continue
        yield document, "Published", document.queries, document.identifier
        for draft in drafts_of(document, organization):
            if draft.status == "active":
                yield document, "Draft", draft.queries, draft.identifier


def _selected(document: Document, call: Call) -> bool:
    asked = call.parameters
    if document.scope == "restricted" and not asked["include_personal_folders"]:
        return False
    if asked["labels"] and not set(asked["labels"]) & set(document.labels):
        return False
    prefixes: list[str] | None = asked["folder_paths"]
    return prefixes is None or any(
        _is_under(document, prefix.removeprefix("/"), call.organization) for prefix in prefixes
    )


def _is_under(document: Document, prefix: str, organization: Organization) -> bool:
    if document.folder_id is None or not prefix:
        # The empty text stands for what is in no folder.
        return document.folder_id is None and not prefix
    return organization.folders[document.folder_id].path.startswith(prefix)


def _mentions(document: Document, queries: tuple[StoredQuery, ...], call: Call) -> bool:
    wanted: str | None = call.parameters["find"]
    if wanted is None:
        return True
    kind = call.parameters["find_type"]
    if kind == "TOPIC":
        return any(QueryObject(each.query).topic == wanted for each in queries)
    names = {name for each in queries for name in QueryObject(each.query).names()}
    if document.has_dashboard:
        names |= set(_filter_names(document, call))
    if kind == "VIEW":
        return any(name.partition(".")[0] == wanted for name in names)
    return any(name.partition("[")[0] == wanted for name in names)


def _filter_names(document: Document, call: Call) -> list[str]:
    return [field_of(each) for each in dashboard_in(document, call.world).filters.values()]


@dataclass(frozen=True)
class _Checker:
    """Look references up; queries are not run."""

    model: Model

    def query(self, query: QueryObject) -> list[str]:
        if query.topic and query.topic not in self.model.topics:
            return [f"Topic '{query.topic}' not found in model"]
        if query.topic and self.model.topics[query.topic].composed_of:
            return []  # what its fields are called is not known (docs/wire.md)
        try:
            views = self._reachable(query.topic, query.table)
        except Refused as refused:
            return [refused.message]
        return self._missing(dict.fromkeys(query.names()), views)

    def filters(self, names: list[str]) -> list[str]:
        return self._missing(dict.fromkeys(names), self._everywhere())

    def _reachable(self, topic: str | None, table: str) -> Mapping[str, View]:
        tree = (
            tree_of_topic(self.model, self.model.topics[topic])
            if topic
            else tree_of_view(self.model, table)
        )
        return {alias: node.view for alias, node in tree.nodes.items()}

    def _everywhere(self) -> Mapping[str, View]:
        views = dict(self.model.views)
        for each in self.model.relationships:
            for alias, name in ((each.left, each.left_view), (each.right, each.right_view)):
                if name in self.model.views:
                    views[alias] = self.model.views[name]
        return views

    def _missing(self, names: Mapping[str, None], views: Mapping[str, View]) -> list[str]:
        issues = []
        for text in names:
            name = FieldName.parse(text)
            view = views.get(name.view or "") if name else None
            if name is None or view is None or view.field(name.field) is None:
                issues.append(f"Field '{text}' not found in model")
        return issues


def _entry(
    document: Document,
    kind: str,
    queries: tuple[StoredQuery, ...],
    identifier: str,
    checker: _Checker,
    call: Call,
) -> dict[str, Any]:
    organization = call.organization
    owner = organization.person(document.owner_id)
    folder = organization.folders[document.folder_id] if document.folder_id else None
    return {
        "document_id": derived.stable_uuid("document", identifier),
        "identifier": identifier,
        "name": document.name,
        "type": kind,
        "updated_at": document.updated_at,
        "folder": folder and {"name": folder.name, "path": folder.path},
        "owner": {"name": owner.name, "email": owner.email},
        "require_pull_request_to_publish": requires_pull_request(document, organization),
        "queries_and_issues": [
            {
                "query_name": query.name,
                "query_presentation_id": query.id,
                "query_id_map_key": key,
                "issues": _told(checker.query(QueryObject(query.query)), call),
            }
            for key, query in numbered(queries)
        ],
        "dashboard_filter_issues": (
            _told(checker.filters(_filter_names(document, call)), call)
            if document.has_dashboard
            else []
        ),
    }


def _told(issues: list[str], call: Call) -> list[Any]:
    """Write issues in the form that the server has."""
    if call.world.behavior.content_issues == "text":
        return list(issues)
    return [{"message": each} for each in issues]
