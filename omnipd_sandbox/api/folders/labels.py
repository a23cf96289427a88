"""Labels put on folders, and taken off, where a server does so (docs/wire.md)."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.folders.record import folder_to_change
from omnipd_sandbox.api.items.labels import relabeled
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply


def change_folder_labels(call: Call) -> Reply:
    """Put labels on a folder and take others off, and answer with all it has then."""
    folder = folder_to_change(call, "EDITOR")
    labels = relabeled(folder, call)
    call.organization.keep_folder(replace(folder, labels=labels))
    return json_reply({"labels": list(labels)})
