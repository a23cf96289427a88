"""Labels: ``GET /labels``, ``GET /labels/{name}``."""

from __future__ import annotations

from collections import Counter
from typing import Any

from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.organisation.records import Label
from omnipd.sandbox.refusals import NotFound
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call


def list_labels(call: Call) -> Reply:
    """Answer with every label."""
    used = _usage(call.world.organisation)
    return json_reply(
        {"labels": [_record(each, used) for each in call.world.organisation.labels.values()]}
    )


def show_label(call: Call) -> Reply:
    """Answer with one label."""
    return json_reply(label_record(find_label(call), call.world.organisation))


def find_label(call: Call) -> Label:
    """Give the label that the path names."""
    label = call.world.organisation.labels.get(call.segments["name"])
    if label is None:
        raise NotFound(f"Label with name {call.segments['name']} does not exist")
    return label


def label_record(label: Label, organisation: Organisation) -> dict[str, Any]:
    """Write a label as the list does."""
    return _record(label, _usage(organisation))


def _usage(organisation: Organisation) -> Counter[str]:
    # Documents in the Trash do not count: assumed.
    used = Counter(
        name
        for document in organisation.documents.values()
        if not document.deleted
        for name in document.labels
    )
    used.update(name for folder in organisation.folders.values() for name in folder.labels)
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
