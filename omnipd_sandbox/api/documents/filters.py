"""The filters and controls of a dashboard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.documents.dashboard import dashboard_in, written_filters
from omnipd_sandbox.api.documents.drafts import publish
from omnipd_sandbox.api.documents.record import document_to_change, find_dashboard
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, boolean, items, table, text
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.records import Dashboard, Document


def show_filters(call: Call) -> Reply:
    """Answer with the filters and controls of a dashboard."""
    acting_user(call.caller, call.parameters["userId"], call.organization)
    document = find_dashboard(call)
    return json_reply(filters_record(document, dashboard_in(document, call.world), call.world))


def filters_record(document: Document, dashboard: Dashboard, world: World) -> dict[str, Any]:
    """Write the filters and controls of a dashboard."""
    return {
        "identifier": document.identifier,
        "filterOrder": list(dashboard.order),
        "filters": written_filters(dashboard, world),
        "controls": dict(dashboard.controls),
    }


_KEYS = {
    "filters": Key(table(table(anything)), default={}),
    "controls": Key(table(table(anything)), default={}),
    "filterOrder": Key(items(text())),
    "clearExistingDraft": Key(boolean, default=False),
}


def update_filters(call: Call) -> Reply:
    """Change some filters and controls of a dashboard, and answer with all of them."""
    find_dashboard(call)
    document = document_to_change(call, "EDITOR")
    body = read_body(call, _KEYS)
    if not body["filters"] and not body["controls"] and "filterOrder" not in body:
        raise BadRequest("At least one filter, control or filterOrder must be provided")
    dashboard = dashboard_in(document, call.world)
    known = {"filters": dashboard.filters, "controls": dashboard.controls}
    for kind, found in known.items():
        for key in body[kind]:
            if key not in found:
                raise BadRequest(f"There is none with id {key}", at=f"{kind}.{key}")
    order = body.get("filterOrder", list(dashboard.order))
    for place, key in enumerate(order):
        if key not in dashboard.filters and key not in dashboard.controls:
            raise BadRequest(f"There is none with id {key}", at=f"filterOrder.{place}")
    changed = replace(
        dashboard,
        # Keys that are not given stay as they are: assumed.
        filters={
            key: {**each, **body["filters"].get(key, {})} for key, each in known["filters"].items()
        },
        controls={
            key: {**each, **body["controls"].get(key, {})}
            for key, each in known["controls"].items()
        },
        order=tuple(order),
    )
    published = publish(document, call, clear_draft=body["clearExistingDraft"])
    call.organization.keep_document(replace(published, dashboard=changed))
    return json_reply(filters_record(document, changed, call.world))
