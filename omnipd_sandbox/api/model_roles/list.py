"""The roles of a member or a group on models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omnipd_sandbox.api.groups.record import find_group
from omnipd_sandbox.api.users.record import find_member
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import Group

# A role given to the member alone wins over one of a group, and that over the connection's
# base role: assumed. The numbers say the same.
_BASE = 0
_GROUP = 10
_USER = 20


def list_user_roles(call: Call) -> Reply:
    """Answer with every role a member has, and where each comes from; one is resolved."""
    user = find_member(call)
    caller = call.caller.user
    if caller.organization_role != "ORG_ADMIN" and caller is not user:
        raise Forbidden
    results: list[dict[str, Any]] = []
    for model in _models(call):
        rows: list[dict[str, Any]] = []
        base = call.organization.connections[model.connection_id].base_role
        if base is not None:
            rows.append(_row(model, base, {"type": "BASE"}, _BASE, resolved=False))
        for group in call.organization.groups_of(user.membership_id):
            rows += [row | {"resolved": False} for row in _group_rows(group, model, call)]
        own = user.roles.get(model.id) or user.model_role
        if own is not None:
            rows.append(_row(model, own, {"type": "USER"}, _USER, resolved=True))
        elif rows:
            # The first of the highest.
            max(rows, key=lambda row: row["priority"])["resolved"] = True
        results += rows
    return json_reply({"membershipId": user.membership_id, "results": results})


def list_group_roles(call: Call) -> Reply:
    """Answer with the roles a group gives its members."""
    group = find_group(call)
    rows = [row for model in _models(call) for row in _group_rows(group, model, call)]
    return json_reply({"userGroupId": group.id, "results": rows})


def _models(call: Call) -> Iterator[ModelReference]:
    for model in call.organization.shared_models.values():
        if call.parameters["modelId"] in {None, model.id} and call.parameters["connectionId"] in {
            None,
            model.connection_id,
        }:
            yield model


def _group_rows(group: Group, model: ModelReference, call: Call) -> Iterator[dict[str, Any]]:
    role = call.organization.group_roles.get((group.id, model.name))
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
