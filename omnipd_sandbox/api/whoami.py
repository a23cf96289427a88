"""Tell a caller who it is: ``GET /whoami``."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key
from omnipd_sandbox.calls.parameters import uuids
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply


def whoami_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [Endpoint("GET", "/api/v1/whoami", who_am_i, {"modelId": Key(uuids)})]


def who_am_i(call: Call) -> Reply:
    """Answer with the caller's identity, and its rights on each model it has a role on."""
    caller = call.caller
    roles: dict[str, Any] = {}
    for model in call.world.engine.models.values():
        role = call.organization.role_of(caller.user, model)
        permissions = call.world.permissions_on(model.id, caller.user)
        if permissions:
            roles[model.id] = {
                "roleName": role,
                "baseRole": role,
                "connectionId": model.connection_id,
                "permissions": sorted(permissions),
            }
    wanted: list[str] | None = call.parameters["modelId"]
    if wanted is not None:
        # Unknown and not allowed look the same on purpose (docs/wire.md).
        missing = [model_id for model_id in wanted if model_id not in roles]
        if missing:
            raise NotFound(f"Model(s) not found: {', '.join(missing)}")
        roles = {model_id: roles[model_id] for model_id in wanted}
    return json_reply(
        {
            "user": {"id": caller.user.user_id, "membershipId": caller.user.membership_id},
            "keyScope": caller.key_scope,
            "orgRole": caller.user.organization_role,
            "rolesByModel": roles,
        }
    )
