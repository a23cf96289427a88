"""Labels put on documents, and taken off. No call does so for folders (docs/wire.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from omnipd_sandbox.api.documents.record import document_to_change
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, items, text
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.http.reply import Reply, json_reply, nothing
from omnipd_sandbox.organization.records import Document

_NAMES = {"add": Key(items(text()), default=[]), "remove": Key(items(text()), default=[])}


def put_label(call: Call) -> Reply:
    """Put one label on a document; it must have been made before."""
    _change(document_to_change(call, "EDITOR"), [call.segments["labelName"]], [], call)
    return nothing()


def remove_label(call: Call) -> Reply:
    """Take one label off a document; that it does not carry it is no error."""
    _change(document_to_change(call, "EDITOR"), [], [call.segments["labelName"]], call)
    return nothing()


def change_labels(call: Call) -> Reply:
    """Put labels on a document and take others off, and answer with all it has then."""
    document = document_to_change(call, "EDITOR")
    body = read_body(call, _NAMES)
    if not body["add"] and not body["remove"]:
        raise BadRequest("At least one label must be specified")
    both = sorted({*body["add"]} & {*body["remove"]})
    if both:
        # Which of the two would win is not known.
        raise BadRequest(f"Labels to add and to remove at once: {', '.join(both)}")
    return json_reply({"labels": list(_change(document, body["add"], body["remove"], call).labels)})


def _change(document: Document, add: Iterable[str], remove: Iterable[str], call: Call) -> Document:
    for name in add:
        if name not in call.organization.labels:
            raise not_found("Label", name, by="name")
    kept = dict.fromkeys((*document.labels, *add))
    changed = replace(document, labels=tuple(name for name in kept if name not in {*remove}))
    call.organization.keep_document(changed)
    return changed
