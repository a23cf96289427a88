"""The endpoints of groups, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.groups.changes import (
    create_group,
    delete_group,
    patch_group,
    replace_group,
)
from omnipd_sandbox.api.groups.list import list_groups
from omnipd_sandbox.api.groups.record import show_group
from omnipd_sandbox.calls.checks import Key, one_of
from omnipd_sandbox.calls.identity import ORGANIZATION_KEYS
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.calls.scim import SCIM_LIST

_GROUPS = "/api/scim/v2/Groups"
_GROUP = f"{_GROUPS}/{{miniUuid}}"
_WITHOUT_MEMBERS = {"excludedAttributes": Key(one_of("members"))}


def group_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint("GET", _GROUPS, list_groups, {**SCIM_LIST, **_WITHOUT_MEMBERS}, ORGANIZATION_KEYS),
        Endpoint("GET", _GROUP, show_group, _WITHOUT_MEMBERS, ORGANIZATION_KEYS),
        Endpoint("POST", _GROUPS, create_group, audience=ORGANIZATION_KEYS),
        Endpoint("PUT", _GROUP, replace_group, audience=ORGANIZATION_KEYS),
        Endpoint("PATCH", _GROUP, patch_group, audience=ORGANIZATION_KEYS),
        Endpoint("DELETE", _GROUP, delete_group, audience=ORGANIZATION_KEYS),
    ]
