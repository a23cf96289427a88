"""Make, change and delete labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.api.labels.record import find_label, label_record, uses
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, boolean, nullable, text
from omnipd_sandbox.http.refusals import Forbidden, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply, nothing
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Label

_KEYS = {
    "name": Key(text(2, 25)),
    "color": Key(nullable(text(maximum=9))),
    "description": Key(nullable(text(maximum=500))),
    "homepage": Key(boolean),
    "verified": Key(boolean),
}


def create_label(call: Call) -> Reply:
    """Make a label; only administrators make one that is verified or on the homepage."""
    label = Label(**read_body(call, _KEYS | {"name": Key(text(2, 25), required=True)}))
    _guard(label, call)
    organization = call.organization
    _refuse_taken(label.name, organization)
    organization.labels = {**organization.labels, label.name: label}
    return json_reply(label_record(label, uses(organization)), status=201)


def update_label(call: Call) -> Reply:
    """Change a label; another name goes to all that carries it."""
    label = find_label(call)
    changed = replace(label, **read_body(call, _KEYS))
    _guard(label, call)
    _guard(changed, call)
    organization = call.organization
    if changed.name != label.name:
        _refuse_taken(changed.name, organization)
        _relabel(label.name, (changed.name,), organization)
    organization.labels = {
        each.name: each
        for each in (
            changed if each.name == label.name else each for each in organization.labels.values()
        )
    }
    return json_reply(label_record(changed, uses(organization)))


def delete_label(call: Call) -> Reply:
    """Delete a label that no document carries."""
    label = find_label(call)
    _guard(label, call)
    organization = call.organization
    # What is in the Trash does not count, nor do folders; they lose it: assumed.
    if any(
        label.name in each.labels for each in organization.documents.values() if not each.deleted
    ):
        raise RefusedRequest(409, "Cannot delete label that is applied to documents")
    _relabel(label.name, (), organization)
    organization.labels = {
        name: each for name, each in organization.labels.items() if name != label.name
    }
    return nothing()


def _guard(label: Label, call: Call) -> None:
    if (label.verified or label.homepage) and author(call).organization_role != "ORG_ADMIN":
        raise Forbidden


def _refuse_taken(name: str, organization: Organization) -> None:
    if name in organization.labels:
        raise RefusedRequest(409, f"Label with name {name} already exists")


def _relabel(name: str, instead: tuple[str, ...], organization: Organization) -> None:
    def changed(item: Any) -> Any:
        if name not in item.labels:
            return item
        return replace(
            item,
            labels=tuple(
                new for old in item.labels for new in (instead if old == name else (old,))
            ),
        )

    organization.documents = {key: changed(each) for key, each in organization.documents.items()}
    organization.folders = {key: changed(each) for key, each in organization.folders.items()}
