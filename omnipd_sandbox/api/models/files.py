"""The files of a model, read and changed."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import md5
from typing import Any

from omnipd_sandbox.api.models.changes import refuse_without_right
from omnipd_sandbox.api.models.compose import compose
from omnipd_sandbox.api.models.record import branch_of, find_branch, find_record
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, boolean, one_of, text, uuid
from omnipd_sandbox.engine.model.file_names import plain_path
from omnipd_sandbox.engine.model.yaml_text import UnreadableYaml, read_yaml
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply


def show_files(call: Call) -> Reply:
    """Answer with the model's files, the combined ones or only those it changes itself."""
    asked = call.parameters
    record = find_record(call)
    for name in ("staged", "merged", "history"):
        if asked["mode"] == name:
            raise BadRequest(f"The sandbox keeps no {name} files", at="mode")
    for name in ("fullyResolved", "includeSchemas"):
        if asked[name]:
            raise BadRequest("The sandbox does not do this", at=name)
    branch = find_branch(call, record) or record
    model = compose(branch, call)
    files = model.files
    if asked["mode"] == "extension" and branch.id not in call.world.engine.models:
        files = branch.files
    # Omni's names have no suffix; a git export adds it.
    named = {plain_path(name): text for name, text in files.items()}
    if asked["fileName"]:
        named = {name: text for name, text in named.items() if _fits(asked["fileName"], name)}
    answer: dict[str, Any] = {
        "files": named,
        "version": 1,
        "viewNames": {view.path: view.name for view in model.views.values() if view.path in named},
    }
    if asked["includeChecksums"]:
        answer["checksums"] = {name: checksum_of(text) for name, text in named.items()}
    return json_reply(answer)


def checksum_of(text: str) -> str:
    """Tell one version of a file from another; which checksum it is, Omni does not say."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _fits(wanted: str, name: str) -> bool:
    if wanted == name:
        return True
    try:
        return re.fullmatch(wanted, name) is not None
    except re.error:
        raise BadRequest("Invalid regular expression", at="fileName") from None


_FILE = {
    "fileName": Key(text(1), required=True),
    "yaml": Key(text(), required=True),
    "mode": Key(one_of("combined", "extension", "staged", "merged", "history"), default="combined"),
    "branchId": Key(uuid),
    "previousChecksum": Key(text()),
    "commitMessage": Key(text()),
    "fetchedAtMillis": Key(anything),
    "fullyResolved": Key(boolean, default=False),
}


def write_file(call: Call) -> Reply:
    """Change a file of a branch or of an extension, or add one."""
    record = find_record(call)
    body = read_body(call, _FILE, strict=True)
    if "branchId" in body:
        record = branch_of(record.id, body["branchId"], call.organization)
    refuse_without_right(record, call)
    if record.kind not in {"BRANCH", "SHARED_EXTENSION"}:
        raise BadRequest(
            "The sandbox changes files on a branch or an extension only", at="branchId"
        )
    if body["mode"] not in {"combined", "extension"} or body["fullyResolved"]:
        raise BadRequest("The sandbox does not do this", at="mode")
    _refuse_unreadable(body["yaml"])
    before = compose(record, call).files
    # Omni's names have no suffix; the files may.
    names = {plain_path(name): name for name in before}
    wanted = plain_path(body["fileName"])
    name = names.get(wanted, f"{wanted}.yaml")
    known = body.get("previousChecksum")
    if known is not None and known != checksum_of(before.get(name, "")):
        raise RefusedRequest(409, "The file has changed since it was read")
    changed = replace(
        record,
        files={**record.files, name: body["yaml"]},
        updated_at=call.world.timestamp(),
    )
    call.organization.keep_model(changed)
    return json_reply({"files": {wanted: body["yaml"]}, "version": 1})


def _refuse_unreadable(given: str) -> None:
    try:
        read_yaml(given)
    except UnreadableYaml as error:
        raise BadRequest(f"Invalid YAML: {error}", at="yaml") from None
