"""Switch keys of the organization off and on, and revoke any."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.api_keys.record import api_key_record, find_api_key
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, boolean
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply


def update_api_key(call: Call) -> Reply:
    """Switch a key of the organization off or on, even the one that asks."""
    key = find_api_key(call)
    body = read_body(call, {"enabled": Key(boolean, required=True)}, strict=True)
    if key.type != "organization":
        raise BadRequest("Only organization keys can be enabled and disabled", at="id")
    changed = replace(key, enabled=body["enabled"])
    call.organization.api_keys = {**call.organization.api_keys, key.id: changed}
    return json_reply(api_key_record(changed))


def revoke_api_key(call: Call) -> Reply:
    """Revoke a key of any kind for good, even the one that asks."""
    key = find_api_key(call)
    call.organization.api_keys = {
        key_id: each for key_id, each in call.organization.api_keys.items() if key_id != key.id
    }
    return json_reply({"success": True, "message": "API token revoked"})
