"""The endpoints of people, and what each lets itself be asked."""

from __future__ import annotations

from typing import Final

from omnipd.sandbox.parameters import Parameter, numeric, one_of, page_size, text, uuid
from omnipd.sandbox.people.api_keys import list_api_keys, show_api_key
from omnipd.sandbox.people.attributes import list_attributes, list_email_only_users
from omnipd.sandbox.people.groups import list_groups, show_group
from omnipd.sandbox.people.model_roles import list_group_roles, list_user_roles
from omnipd.sandbox.people.users import (
    list_embed_users,
    list_users,
    show_embed_user,
    show_user,
)
from omnipd.sandbox.routing import Endpoint

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
    ]
