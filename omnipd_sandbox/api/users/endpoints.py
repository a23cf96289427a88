"""The endpoints of users, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.users.changes import create_user, delete_user, patch_user, replace_user
from omnipd_sandbox.api.users.email_only import (
    create_email_only_user,
    create_email_only_users,
    list_email_only_users,
)
from omnipd_sandbox.api.users.embed import delete_embed_user, list_embed_users, show_embed_user
from omnipd_sandbox.api.users.list import list_users
from omnipd_sandbox.api.users.record import show_user
from omnipd_sandbox.calls.checks import Key, one_of, text
from omnipd_sandbox.calls.identity import ADMINISTRATORS, ORGANIZATION_KEYS
from omnipd_sandbox.calls.parameters import pages
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.calls.scim import SCIM_LIST

_USERS = "/api/scim/v2/Users"
_USER = f"{_USERS}/{{id}}"
_EMBED_USERS = "/api/scim/v2/embed/Users"
_EMBED_USER = f"{_EMBED_USERS}/{{id}}"
_EMAIL_ONLY = "/api/v1/users/email-only"


def user_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint("GET", _USERS, list_users, SCIM_LIST, ORGANIZATION_KEYS),
        Endpoint("GET", _USER, show_user, audience=ORGANIZATION_KEYS),
        Endpoint("GET", _EMBED_USERS, list_embed_users, SCIM_LIST, ORGANIZATION_KEYS),
        Endpoint("GET", _EMBED_USER, show_embed_user, audience=ORGANIZATION_KEYS),
        Endpoint(
            "GET",
            _EMAIL_ONLY,
            list_email_only_users,
            {
                **pages(20),
                "email": Key(text()),
                "sortDirection": Key(one_of("asc", "desc"), "desc"),
            },
            ADMINISTRATORS,
        ),
        Endpoint("POST", _USERS, create_user, audience=ORGANIZATION_KEYS),
        Endpoint("PUT", _USER, replace_user, audience=ORGANIZATION_KEYS),
        Endpoint("PATCH", _USER, patch_user, audience=ORGANIZATION_KEYS),
        Endpoint("DELETE", _USER, delete_user, audience=ORGANIZATION_KEYS),
        Endpoint("DELETE", _EMBED_USER, delete_embed_user, audience=ORGANIZATION_KEYS),
        Endpoint("POST", _EMAIL_ONLY, create_email_only_user, audience=ADMINISTRATORS),
        Endpoint("POST", f"{_EMAIL_ONLY}/bulk", create_email_only_users, audience=ADMINISTRATORS),
    ]
