"""Embed users, as SCIM resources."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import CORE, list_response, matching, meta
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.http.reply import Reply, json_reply, nothing, without_nulls
from omnipd_sandbox.organization.embed import EmbedUser


def list_embed_users(call: Call) -> Reply:
    """Answer with embed users, in the order in which they came."""
    users = sorted(call.organization.embed_users.values(), key=lambda user: user.created_at)
    found = matching(
        call.parameters["filter"],
        users,
        {
            "userName": lambda user: user.user_name,
            "embedExternalId": lambda user: user.external_id,
        },
        operators=("eq", "co"),
        minds_case=("embedExternalId",),
    )
    return list_response(found, lambda user: _embed_user(user, call), call)


def show_embed_user(call: Call) -> Reply:
    """Answer with one embed user."""
    return json_reply(_embed_user(find_embed_user(call), call))


def find_embed_user(call: Call) -> EmbedUser:
    """Give the embed user that the path names."""
    return named_in_path(call, "id", call.organization.embed_users, "User")


def _embed_user(user: EmbedUser, call: Call) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schemas": [f"{CORE}:User"],
        "id": user.membership_id,
        "userName": user.user_name,
        "displayName": user.name,
        "active": True,
    }
    if call.world.behavior.old_shapes:
        return record
    record |= {
        "emails": [{"value": user.email or user.user_name, "primary": True}],
        "groups": [],
        "meta": meta("User", user.created_at, user.updated_at),
        "embedExternalId": user.external_id,
    }
    optional = {"embedEntity": user.entity, "embedEmail": user.email}
    return record | without_nulls(optional)


def delete_embed_user(call: Call) -> Reply:
    """Remove an embed user for good."""
    user = find_embed_user(call)
    organization = call.organization
    organization.embed_users = {
        key: each for key, each in organization.embed_users.items() if key != user.membership_id
    }
    return nothing()
