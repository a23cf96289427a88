"""Labels put on documents, and taken off."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.documents.record import document_to_change
from omnipd_sandbox.api.items.labels import labels_with, relabeled
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply, nothing


def put_label(call: Call) -> Reply:
    """Put one label on a document; it must have been made before."""
    document = document_to_change(call, "EDITOR")
    labels = labels_with(document, call, add=[call.segments["labelName"]])
    call.organization.keep_document(replace(document, labels=labels))
    return nothing()


def remove_label(call: Call) -> Reply:
    """Take one label off a document; that it does not carry it is no error."""
    document = document_to_change(call, "EDITOR")
    labels = labels_with(document, call, remove=[call.segments["labelName"]])
    call.organization.keep_document(replace(document, labels=labels))
    return nothing()


def change_labels(call: Call) -> Reply:
    """Put labels on a document and take others off, and answer with all it has then."""
    document = document_to_change(call, "EDITOR")
    labels = relabeled(document, call)
    call.organization.keep_document(replace(document, labels=labels))
    return json_reply({"labels": list(labels)})
