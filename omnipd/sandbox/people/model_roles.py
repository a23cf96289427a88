"""The roles of a member or a group on models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omnipd.sandbox.organisation.queries import ModelReference
from omnipd.sandbox.organisation.records import Group
from omnipd.sandbox.refusals import Forbidden, NotFound, user_not_found
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call
from omnipd.sandbox.segments import uuid_in_path

# A role given to the member alone wins over one of a group, and that over the connection's
# base role: assumed. The numbers say the same.
_BASE, _GROUP, _USER = 0, 10, 20


def list_user_roles(call: Call) -> Reply:
    """Answer with every role a member has, and where each comes from; one is resolved."""
    user_id = uuid_in_path(call, "id")
    user = call.world.organisation.users.get(user_id)
    if user is None:
        raise user_not_found(user_id)
    caller = call.caller.user
    if caller.organization_role != "ORG_ADMIN" and caller is not user:
        raise Forbidden
    results = []
    for model in _models(call):
        base = call.world.organisation.connections[model.connection_id].base_role
        if base is not None:
            results.append(_row(model, base, {"type": "BASE"}, _BASE, resolved=False))
        for group in call.world.organisation.groups_of(user.membership_id):
            results += [row | {"resolved": False} for row in _group_rows(group, model, call)]
        results.append(_row(model, user.model_role, {"type": "USER"}, _USER, resolved=True))
    return json_reply({"membershipId": user.membership_id, "results": results})


def list_group_roles(call: Call) -> Reply:
    """Answer with the roles a group gives its members."""
    group = call.world.organisation.groups.get(call.segments["id"])
    if group is None:
        raise NotFound(f"Group with id {call.segments['id']} does not exist")
    rows = [row for model in _models(call) for row in _group_rows(group, model, call)]
    return json_reply({"userGroupId": group.id, "results": rows})


def _models(call: Call) -> Iterator[ModelReference]:
    for model in call.world.organisation.shared_models.values():
        if call.parameters["modelId"] in {None, model.id} and call.parameters["connectionId"] in {
            None,
            model.connection_id,
        }:
            yield model


def _group_rows(group: Group, model: ModelReference, call: Call) -> Iterator[dict[str, Any]]:
    role = call.world.organisation.group_roles.get((group.id, model.name))
    if role is not None:
        origin = {"type": "GROUP", "name": group.name, "miniUuid": group.id, "depth": 0}
        yield _row(model, role, origin, _GROUP)


def _row(
    model: ModelReference,
    role: str,
    origin: dict[str, Any],
    priority: int,
    *,
    resolved: bool | None = None,
) -> dict[str, Any]:
    row = {
        "modelId": model.id,
        "connectionId": model.connection_id,
        "roleName": role,
        "baseRole": role,
        "priority": priority,
        "from": origin,
    }
    return row if resolved is None else row | {"resolved": resolved}
