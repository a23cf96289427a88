"""The endpoints of roles on models, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.model_roles.changes import give_group_role, give_user_role
from omnipd_sandbox.api.model_roles.list import list_group_roles, list_user_roles
from omnipd_sandbox.calls.checks import Key, uuid
from omnipd_sandbox.calls.identity import ADMINISTRATORS
from omnipd_sandbox.calls.routing import Endpoint

_OF_USER = "/api/v1/users/{id}/model-roles"
_OF_GROUP = "/api/v1/user-groups/{id}/model-roles"
_ON = {"connectionId": Key(uuid), "modelId": Key(uuid)}


def model_role_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint("GET", _OF_USER, list_user_roles, _ON),
        Endpoint("GET", _OF_GROUP, list_group_roles, _ON, ADMINISTRATORS),
        Endpoint("POST", _OF_USER, give_user_role, audience=ADMINISTRATORS),
        Endpoint("POST", _OF_GROUP, give_group_role, audience=ADMINISTRATORS),
    ]
