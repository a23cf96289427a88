"""Make, change and delete labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd.sandbox.body_keys import Key, boolean, nullable, read_body, text
from omnipd.sandbox.content.labels import find_label, label_record
from omnipd.sandbox.content.rights import author
from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.organisation.records import Label
from omnipd.sandbox.refusals import Forbidden, RefusedRequest
from omnipd.sandbox.reply import Reply, json_reply, nothing
from omnipd.sandbox.request import Call

_KEYS = {
    "name": Key(text(2, 25)),
    "color": Key(nullable(text(most=9))),
    "description": Key(nullable(text(most=500))),
    "homepage": Key(boolean),
    "verified": Key(boolean),
}


def create_label(call: Call) -> Reply:
    """Make a label; only administrators make one that is verified or on the homepage."""
    label = Label(**read_body(call, _KEYS | {"name": Key(text(2, 25), required=True)}))
    _guard(label, call)
    organisation = call.world.organisation
    _refuse_taken(label.name, organisation)
    organisation.labels = {**organisation.labels, label.name: label}
    return json_reply(label_record(label, organisation), status=201)


def update_label(call: Call) -> Reply:
    """Change a label; another name goes to all that carries it."""
    label = find_label(call)
    changed = replace(label, **read_body(call, _KEYS))
    _guard(label, call)
    _guard(changed, call)
    organisation = call.world.organisation
    if changed.name != label.name:
        _refuse_taken(changed.name, organisation)
        _relabel(label.name, (changed.name,), organisation)
    organisation.labels = {
        each.name: each
        for each in (
            changed if each.name == label.name else each for each in organisation.labels.values()
        )
    }
    return json_reply(label_record(changed, organisation))


def delete_label(call: Call) -> Reply:
    """Delete a label that no document carries."""
    label = find_label(call)
    _guard(label, call)
    organisation = call.world.organisation
    # What is in the Trash does not count, nor do folders; they lose it: assumed.
    if any(
        label.name in each.labels for each in organisation.documents.values() if not each.deleted
    ):
        raise RefusedRequest(409, "Cannot delete label that is applied to documents")
    _relabel(label.name, (), organisation)
    organisation.labels = {
        name: each for name, each in organisation.labels.items() if name != label.name
    }
    return nothing()


def _guard(label: Label, call: Call) -> None:
    if (label.verified or label.homepage) and author(call).organization_role != "ORG_ADMIN":
        raise Forbidden


def _refuse_taken(name: str, organisation: Organisation) -> None:
    if name in organisation.labels:
        raise RefusedRequest(409, f"Label with name {name} already exists")


def _relabel(name: str, instead: tuple[str, ...], organisation: Organisation) -> None:
    def changed(item: Any) -> Any:
        if name not in item.labels:
            return item
        return replace(
            item,
            labels=tuple(
                new for old in item.labels for new in (instead if old == name else (old,))
            ),
        )

    organisation.documents = {key: changed(each) for key, each in organisation.documents.items()}
    organisation.folders = {key: changed(each) for key, each in organisation.folders.items()}
