"""The label that a path names."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.records import Label


def find_label(call: Call) -> Label:
    """Give the label that the path names."""
    label = call.world.organization.labels.get(call.segments["name"])
    if label is None:
        raise not_found("Label", call.segments["name"], by="name")
    return label
