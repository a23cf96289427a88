"""Give members and groups a role on a model. No call takes one away (docs/wire.md)."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.groups.record import find_group
from omnipd_sandbox.api.users.record import find_member
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, text, uuid
from omnipd_sandbox.http.refusals import BadRequest, NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.roles import PERMISSIONS

_KEYS = {
    "roleName": Key(text(1), required=True),
    "modelId": Key(uuid),
    "connectionId": Key(uuid),
}


def give_user_role(call: Call) -> Reply:
    """Give a member a role; it takes the place of the one they had."""
    user = find_member(call)
    role, model = _read(call)
    call.organization.keep_user(replace(user, roles={**user.roles, model.id: role}))
    return _reply("membershipId", user.membership_id, role, model)


def give_group_role(call: Call) -> Reply:
    """Give a group a role; it takes the place of the one it had."""
    group = find_group(call)
    role, model = _read(call)
    call.organization.group_roles = {**call.organization.group_roles, (group.id, model.name): role}
    return _reply("userGroupId", group.id, role, model)


def _reply(key: str, holder_id: str, role: str, model: ModelReference) -> Reply:
    return json_reply(
        {
            key: holder_id,
            "modelId": model.id,
            "connectionId": model.connection_id,
            "roleName": role,
        }
    )


def _read(call: Call) -> tuple[str, ModelReference]:
    body = read_body(call, _KEYS)
    role: str = body["roleName"]
    if "modelId" not in body and "connectionId" not in body:
        raise BadRequest("connectionId or modelId must be provided")
    if role not in PERMISSIONS:
        raise RefusedRequest(422, "Invalid role")
    found = [
        model
        for model in call.organization.shared_models.values()
        if body.get("modelId", model.id) == model.id
        and body.get("connectionId", model.connection_id) == model.connection_id
    ]
    if not found:
        kind = "Model" if "modelId" in body else "Connection"
        wanted = body.get("modelId") or body["connectionId"]
        raise NotFound(f"{kind} with id {wanted} does not exist")
    return role, found[0]
