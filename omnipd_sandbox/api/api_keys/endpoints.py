"""The endpoints of keys, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.api_keys.changes import revoke_api_key, update_api_key
from omnipd_sandbox.api.api_keys.list import list_api_keys
from omnipd_sandbox.api.api_keys.record import show_api_key
from omnipd_sandbox.calls.checks import Key, one_of, uuid
from omnipd_sandbox.calls.identity import ADMINISTRATORS
from omnipd_sandbox.calls.parameters import pages, sorting
from omnipd_sandbox.calls.routing import Endpoint

_KEY = "/api/v1/api-keys/{id}"


def api_key_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            "/api/v1/api-keys",
            list_api_keys,
            {
                **pages(),
                "cursor": Key(uuid),
                "type": Key(one_of("organization", "personal", "mcp")),
                **sorting("createdAt", "name", by="createdAt", direction="desc"),
            },
            ADMINISTRATORS,
        ),
        Endpoint("GET", _KEY, show_api_key, audience=ADMINISTRATORS),
        Endpoint("PUT", _KEY, update_api_key, audience=ADMINISTRATORS),
        Endpoint("DELETE", _KEY, revoke_api_key, audience=ADMINISTRATORS),
    ]
