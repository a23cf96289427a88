"""What is wrong in the files of a model: ``GET /models/{modelId}/validate``."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.models.compose import compose
from omnipd_sandbox.api.models.record import find_branch, find_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model.model import Issue
from omnipd_sandbox.http.reply import Reply, json_reply, without_nulls


def validate_model(call: Call) -> Reply:
    """Answer with what is wrong in the model's files."""
    record = find_record(call)
    issues = compose(find_branch(call, record) or record, call).issues
    old = call.world.behavior.old_shapes
    shown = issues[: call.parameters["limit"]]
    written = [_older_issue(each) if old else _issue(each) for each in shown]
    return json_reply({"valid": not any(each.is_error for each in issues), "issues": written})


def _issue(issue: Issue) -> dict[str, Any]:
    optional = {"view": issue.view, "field": issue.field}
    # This form has no key for the file.
    nameless = issue.view is None and issue.yaml_path is not None
    return {
        "message": f"{issue.yaml_path}: {issue.message}" if nameless else issue.message,
        "severity": "error" if issue.is_error else "warning",
        **without_nulls(optional),
    }


def _older_issue(issue: Issue) -> dict[str, Any]:
    return {
        "message": issue.message,
        "is_warning": not issue.is_error,
        "yaml_path": issue.yaml_path,
    }
