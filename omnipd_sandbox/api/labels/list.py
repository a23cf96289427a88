"""List labels: ``GET /labels``."""

from __future__ import annotations

from omnipd_sandbox.api.labels.record import label_record, uses
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply


def list_labels(call: Call) -> Reply:
    """Answer with every label."""
    counts = uses(call.organization)
    return json_reply(
        {"labels": [label_record(each, counts) for each in call.organization.labels.values()]}
    )
