"""The files of a model, and what is wrong in them."""

from __future__ import annotations

import re
from hashlib import md5
from typing import Any

from omnipd_sandbox.api.models.find import compose, find_branch, find_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model.model import Issue
from omnipd_sandbox.http.refusals import BadRequest
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
    files = compose(branch, call).files
    if asked["mode"] == "extension" and branch.id not in call.world.engine.models:
        files = branch.files
    # Omni's names have no suffix; a git export adds it.
    named = {name.removesuffix(".yaml"): text for name, text in files.items()}
    if asked["fileName"]:
        named = {name: text for name, text in named.items() if _fits(asked["fileName"], name)}
    answer: dict[str, Any] = {
        "files": named,
        "version": 1,
        "viewNames": {name: name.removesuffix(".view") for name in named if name.endswith(".view")},
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


def validate_model(call: Call) -> Reply:
    """Answer with what is wrong in the model's files."""
    record = find_record(call)
    issues = compose(find_branch(call, record) or record, call).issues
    old = call.world.behavior.old_shapes
    shown = issues[: call.parameters["limit"]]
    written = [_older_issue(each) if old else _issue(each) for each in shown]
    return json_reply({"valid": not any(_is_error(each) for each in issues), "issues": written})


def _is_error(issue: Issue) -> bool:
    # What the sandbox does not model may well be right in Omni: that is a warning.
    return not issue.message.startswith("Not modeled")


def _issue(issue: Issue) -> dict[str, Any]:
    optional = {"view": issue.view, "field": issue.field}
    return {
        "message": issue.message,
        "severity": "error" if _is_error(issue) else "warning",
        **{key: value for key, value in optional.items() if value is not None},
    }


def _older_issue(issue: Issue) -> dict[str, Any]:
    return {
        "message": issue.message,
        "is_warning": not _is_error(issue),
        "yaml_path": issue.yaml_path,
    }
