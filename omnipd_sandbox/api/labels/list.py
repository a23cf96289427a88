"""List labels: ``GET /labels``."""

from __future__ import annotations

from omnipd_sandbox.api.labels.find import find_label
from omnipd_sandbox.api.labels.record import label_record, uses
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply


def list_labels(call: Call) -> Reply:
    """Answer with every label."""
    organization = call.world.organization
    counts = uses(organization)
    return json_reply(
        {"labels": [label_record(each, counts) for each in organization.labels.values()]}
    )


def show_label(call: Call) -> Reply:
    """Answer with one label."""
    return json_reply(label_record(find_label(call), uses(call.world.organization)))
