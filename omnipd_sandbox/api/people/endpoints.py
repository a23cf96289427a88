"""The endpoints of people, and what each lets itself be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from omnipd_sandbox.api.people.api_keys import (
    list_api_keys,
    revoke_api_key,
    show_api_key,
    update_api_key,
)
from omnipd_sandbox.api.people.attributes import list_attributes, list_email_only_users
from omnipd_sandbox.api.people.email_only import create_email_only_user, create_email_only_users
from omnipd_sandbox.api.people.group_changes import (
    create_group,
    delete_group,
    patch_group,
    replace_group,
)
from omnipd_sandbox.api.people.groups import list_groups, show_group
from omnipd_sandbox.api.people.member_changes import (
    create_user,
    delete_embed_user,
    delete_user,
    patch_user,
    replace_user,
)
from omnipd_sandbox.api.people.model_roles import list_group_roles, list_user_roles
from omnipd_sandbox.api.people.role_giving import give_group_role, give_user_role
from omnipd_sandbox.api.people.users import (
    list_embed_users,
    list_users,
    show_embed_user,
    show_user,
)
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import Audience
from omnipd_sandbox.calls.parameters import Parameter, numeric, one_of, page_size, text, uuid
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.reply import Reply

_SCIM_LIST = {
    "count": Parameter(numeric, 100),
    "startIndex": Parameter(numeric, 1),
    "filter": Parameter(text),
}
_WITHOUT_MEMBERS = {"excludedAttributes": Parameter(one_of("members"))}
_ROLES_OF = {"connectionId": Parameter(uuid), "modelId": Parameter(uuid)}
_DIRECTION = one_of("asc", "desc")
_SCIM: Final = "organization keys"
_ADMIN: Final = "administrators"


def people_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint("GET", "/api/scim/v2/Users", list_users, _SCIM_LIST, _SCIM),
        Endpoint("GET", "/api/scim/v2/Users/{id}", show_user, audience=_SCIM),
        Endpoint("GET", "/api/scim/v2/embed/Users", list_embed_users, _SCIM_LIST, _SCIM),
        Endpoint("GET", "/api/scim/v2/embed/Users/{id}", show_embed_user, audience=_SCIM),
        Endpoint(
            "GET", "/api/scim/v2/Groups", list_groups, {**_SCIM_LIST, **_WITHOUT_MEMBERS}, _SCIM
        ),
        Endpoint("GET", "/api/scim/v2/Groups/{miniUuid}", show_group, _WITHOUT_MEMBERS, _SCIM),
        Endpoint(
            "GET",
            "/api/v1/users/email-only",
            list_email_only_users,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(20), 20),
                "email": Parameter(text),
                "sortDirection": Parameter(_DIRECTION, "desc"),
            },
            _ADMIN,
        ),
        Endpoint("GET", "/api/v1/user-attributes", list_attributes),
        Endpoint("GET", "/api/v1/users/{id}/model-roles", list_user_roles, _ROLES_OF),
        Endpoint(
            "GET", "/api/v1/user-groups/{id}/model-roles", list_group_roles, _ROLES_OF, _ADMIN
        ),
        Endpoint(
            "GET",
            "/api/v1/api-keys",
            list_api_keys,
            {
                "cursor": Parameter(uuid),
                "pageSize": Parameter(page_size(100), 20),
                "type": Parameter(one_of("organization", "personal", "mcp")),
                "sortField": Parameter(one_of("createdAt", "name"), "createdAt"),
                "sortDirection": Parameter(_DIRECTION, "desc"),
            },
            _ADMIN,
        ),
        Endpoint("GET", "/api/v1/api-keys/{id}", show_api_key, audience=_ADMIN),
        *_changes(),
    ]


def _changes() -> list[Endpoint]:
    user, group = "/api/scim/v2/Users/{id}", "/api/scim/v2/Groups/{miniUuid}"
    embed, key = "/api/scim/v2/embed/Users/{id}", "/api/v1/api-keys/{id}"
    strangers, roles = "/api/v1/users/email-only", "model-roles"
    table: list[tuple[str, str, Callable[[Call], Reply], Audience]] = [
        ("POST", "/api/scim/v2/Users", create_user, _SCIM),
        ("PUT", user, replace_user, _SCIM),
        ("PATCH", user, patch_user, _SCIM),
        ("DELETE", user, delete_user, _SCIM),
        ("DELETE", embed, delete_embed_user, _SCIM),
        ("POST", "/api/scim/v2/Groups", create_group, _SCIM),
        ("PUT", group, replace_group, _SCIM),
        ("PATCH", group, patch_group, _SCIM),
        ("DELETE", group, delete_group, _SCIM),
        ("POST", strangers, create_email_only_user, _ADMIN),
        ("POST", f"{strangers}/bulk", create_email_only_users, _ADMIN),
        ("POST", f"/api/v1/users/{{id}}/{roles}", give_user_role, _ADMIN),
        ("POST", f"/api/v1/user-groups/{{id}}/{roles}", give_group_role, _ADMIN),
        ("PUT", key, update_api_key, _ADMIN),
        ("DELETE", key, revoke_api_key, _ADMIN),
    ]
    return [
        Endpoint(method, path, answer, audience=audience, writes=True)
        for method, path, answer, audience in table
    ]
