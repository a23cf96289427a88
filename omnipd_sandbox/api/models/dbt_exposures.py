"""The dashboards on a model, as dbt would call them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.api.documents.record import document_address
from omnipd_sandbox.api.models.record import find_branch, find_shared
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.calls.query_object import QueryObject
from omnipd_sandbox.calls.tables import rows_of
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.records import Document


def list_exposures(call: Call) -> Reply:
    """Answer with one page of the dashboards on a model, as dbt would call them."""
    record = find_shared(call)
    find_branch(call, record)
    organization = call.world.organization

    def dashboards() -> Iterable[Document]:
        return (
            document
            for document in organization.documents.values()
            if document.has_dashboard
            and not document.deleted
            and document.scope == "organization"
            and document.model_id == record.id
            and record.id in call.world.engine.models
        )

    order: Order[Document] = Order(
        rank=_deduplication_name,
        identity=lambda document: document.identifier,
        descending=call.parameters["sortDirection"] == "desc",
    )
    page, info = cut_page(call, dashboards, order)
    has_dbt = bool(rows_of(call, "dbt_projects", connectionId=record.connection_id))
    records = [
        {
            "dashboard_identifier": document.identifier,
            "deduplication_name": _deduplication_name(document),
            "exposure": _exposure(document, call) if has_dbt and document.queries else None,
        }
        for document in page
    ]
    return json_reply({"records": records, "pageInfo": info})


def _deduplication_name(document: Document) -> str:
    return f"dashboard_{document.identifier.replace('-', '_')}"


def _exposure(document: Document, call: Call) -> dict[str, Any]:
    owner = call.world.organization.person(document.owner_id)
    fields = [name for each in document.queries for name in QueryObject(each.query).model_fields]
    views = {name.partition(".")[0] for name in fields}
    return {
        "name": _deduplication_name(document),
        "type": "dashboard",
        "label": document.name,
        "url": document_address(document),
        "depends_on": [f"ref('{view}')" for view in sorted(views)],
        "owner": {"name": owner.name, "email": owner.email},
    }
