"""Change the filters and controls of a dashboard."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.content.document import dashboard_in, filters_record
from omnipd_sandbox.api.content.renaming import publish
from omnipd_sandbox.api.content.rights import document_to_change
from omnipd_sandbox.api.content.visible import find_dashboard
from omnipd_sandbox.calls.body_keys import Key, anything, boolean, items, read_body, table, text
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply

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
    call.world.organization.keep_document(replace(published, dashboard=changed))
    return json_reply(filters_record(document, changed, call.world))
