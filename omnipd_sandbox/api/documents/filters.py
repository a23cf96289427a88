"""The filters and controls of a dashboard."""

from __future__ import annotations

from collections.abc import Mapping
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

_KEYS = {
    "filters": Key(table(table(anything)), default={}),
    "controls": Key(table(table(anything)), default={}),
    "filterOrder": Key(items(text())),
    "clearExistingDraft": Key(boolean, default=False),
}


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


def update_filters(call: Call) -> Reply:
    """Change some filters and controls of a dashboard, and answer with all of them."""
    find_dashboard(call)
    document = document_to_change(call, "EDITOR")
    body = read_body(call, _KEYS)
    if not body["filters"] and not body["controls"] and "filterOrder" not in body:
        raise BadRequest("At least one filter, control or filterOrder must be provided")
    dashboard = dashboard_in(document, call.world)
    filters = _merged(dashboard.filters, body["filters"], "filters")
    controls = _merged(dashboard.controls, body["controls"], "controls")
    order = body.get("filterOrder", list(dashboard.order))
    for place, key in enumerate(order):
        if key not in filters and key not in controls:
            raise BadRequest(f"There is none with id {key}", at=f"filterOrder.{place}")
    changed = replace(dashboard, filters=filters, controls=controls, order=tuple(order))
    published = publish(document, call, clear_draft=body["clearExistingDraft"])
    call.organization.keep_document(replace(published, dashboard=changed))
    return json_reply(filters_record(document, changed, call.world))


def _merged(
    known: Mapping[str, Any], given: Mapping[str, Any], at: str
) -> dict[str, dict[str, Any]]:
    """Change some of what is known; keys of it that are not given stay as they are: assumed."""
    for key in given:
        if key not in known:
            raise BadRequest(f"There is none with id {key}", at=f"{at}.{key}")
    return {key: {**each, **given.get(key, {})} for key, each in known.items()}
