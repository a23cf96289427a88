"""The endpoints of labels, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.labels.changes import create_label, delete_label, update_label
from omnipd_sandbox.api.labels.list import list_labels
from omnipd_sandbox.api.labels.record import show_label
from omnipd_sandbox.calls.checks import Key, uuid
from omnipd_sandbox.calls.routing import Endpoint

_LABEL = "/api/v1/labels/{name}"
_FOR = {"userId": Key(uuid)}


def label_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint("GET", "/api/v1/labels", list_labels),
        Endpoint("GET", _LABEL, show_label),
        Endpoint("POST", "/api/v1/labels", create_label, _FOR),
        Endpoint("PUT", _LABEL, update_label, _FOR),
        Endpoint("DELETE", _LABEL, delete_label, _FOR),
    ]
