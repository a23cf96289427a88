"""One label: found, and written."""

from __future__ import annotations

from collections import Counter
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Label


def show_label(call: Call) -> Reply:
    """Answer with one label."""
    return json_reply(label_record(find_label(call), uses(call.organization)))


def find_label(call: Call) -> Label:
    """Give the label that the path names."""
    label = call.organization.labels.get(call.segments["name"])
    if label is None:
        raise not_found("Label", call.segments["name"], by="name")
    return label


def label_record(label: Label, counts: Counter[str]) -> dict[str, Any]:
    """Write a label as the list does."""
    return {
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "homepage": label.homepage,
        "verified": label.verified,
        "usage_count": counts[label.name],
    }


def uses(organization: Organization) -> Counter[str]:
    """Count the documents and folders that carry each label."""
    # Documents in the Trash do not count: assumed.
    counts = Counter(
        name
        for document in organization.documents.values()
        if not document.deleted
        for name in document.labels
    )
    counts.update(name for folder in organization.folders.values() for name in folder.labels)
    return counts
