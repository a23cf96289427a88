"""How a model is tied to a git repository."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.models.record import find_shared
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.git import GitSettings


def show_git(call: Call) -> Reply:
    """Answer with how a model is tied to a git repository; 404 when it is not."""
    record = find_shared(call)
    settings = call.world.organization.git.get(record.name or "")
    if settings is None or record.id not in call.world.engine.models:
        raise NotFound("Git is not configured for this model")
    answer = _git(settings, record.id)
    if call.parameters["include"]:
        answer["webhookSecret"] = settings.webhook_secret
    return json_reply(answer)


def _git(settings: GitSettings, model_id: str) -> dict[str, Any]:
    return {
        "authMethod": "ssh",
        "baseBranch": settings.base_branch,
        "branchPerPullRequest": True,
        "cloneUrl": settings.clone_url,
        "gitFollower": False,
        "gitServiceProvider": "github",
        "modelPath": settings.model_path,
        "publicKey": settings.public_key,
        "requirePullRequest": "users-only",
        "sshUrl": settings.clone_url,
        "webUrl": settings.web_url,
        "webhookUrl": f"https://sandbox.omni.example/webhooks/git/{model_id}",
    }
