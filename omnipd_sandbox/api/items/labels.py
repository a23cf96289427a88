"""Labels put on documents and folders, and taken off."""

from __future__ import annotations

from collections.abc import Collection

from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, items, text
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.organization.records import Document, Folder

_NAMES = {"add": Key(items(text()), default=[]), "remove": Key(items(text()), default=[])}


def relabeled(item: Document | Folder, call: Call) -> tuple[str, ...]:
    """Give the labels of a document or a folder after those that a body adds and removes."""
    body = read_body(call, _NAMES)
    if not body["add"] and not body["remove"]:
        raise BadRequest("At least one label must be specified")
    both = sorted({*body["add"]} & {*body["remove"]})
    if both:
        # Which of the two would win is not known.
        raise BadRequest(f"Labels to add and to remove at once: {', '.join(both)}")
    return labels_with(item, call, add=body["add"], remove=body["remove"])


def labels_with(
    item: Document | Folder,
    call: Call,
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
) -> tuple[str, ...]:
    """Give the labels of a document or a folder with some more, which must be defined, and fewer."""
    for name in add:
        if name not in call.organization.labels:
            raise not_found("Label", name, by="name")
    kept = dict.fromkeys((*item.labels, *add))
    return tuple(name for name in kept if name not in remove)
