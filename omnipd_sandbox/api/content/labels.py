"""Labels: ``GET /labels``, ``GET /labels/{name}``."""

from __future__ import annotations

from collections import Counter
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Label


def list_labels(call: Call) -> Reply:
    """Answer with every label."""
    used = _usage(call.world.organization)
    return json_reply(
        {"labels": [_record(each, used) for each in call.world.organization.labels.values()]}
    )


def show_label(call: Call) -> Reply:
    """Answer with one label."""
    return json_reply(label_record(find_label(call), call.world.organization))


def find_label(call: Call) -> Label:
    """Give the label that the path names."""
    label = call.world.organization.labels.get(call.segments["name"])
    if label is None:
        raise NotFound(f"Label with name {call.segments['name']} does not exist")
    return label


def label_record(label: Label, organization: Organization) -> dict[str, Any]:
    """Write a label as the list does."""
    return _record(label, _usage(organization))


def _usage(organization: Organization) -> Counter[str]:
    # Documents in the Trash do not count: assumed.
    used = Counter(
        name
        for document in organization.documents.values()
        if not document.deleted
        for name in document.labels
    )
    used.update(name for folder in organization.folders.values() for name in folder.labels)
    return used


def _record(label: Label, used: Counter[str]) -> dict[str, Any]:
    return {
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "homepage": label.homepage,
        "verified": label.verified,
        "usage_count": used[label.name],
    }
