"""Make users who are only an address, or change their attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.people.attribute_values import read_values
from omnipd_sandbox.calls.body_keys import Key, anything, email, items, read_body, record, table
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.organization import Organization

_MOST_AT_ONCE = 20
_USER = {
    "email": Key(email, required=True),
    "userAttributes": Key(table(anything), default={}),
}
_USERS = {"users": Key(items(record(_USER), least=1, most=_MOST_AT_ONCE), required=True)}


def create_email_only_user(call: Call) -> Reply:
    """Make one, or give the one there is other attributes."""
    return json_reply(_upsert(read_body(call, _USER), "", call.world.organization))


def create_email_only_users(call: Call) -> Reply:
    """Make up to twenty, all or none."""
    users: list[dict[str, Any]] = read_body(call, _USERS)["users"]
    results = [
        _upsert(user, f"users.{place}.", call.world.organization)
        for place, user in enumerate(users)
    ]
    return json_reply({"results": results}, status=201)


def known_stranger(address: str, organization: Organization) -> EmailOnlyUser | None:
    """Give the user with an address, if there is one."""
    for user in organization.email_only_users.values():
        if user.email.casefold() == address.casefold():
            return user
    return None


def stranger(address: str, organization: Organization) -> EmailOnlyUser:
    """Give the user with an address, a new one if there is none."""
    known = known_stranger(address, organization)
    if known is not None:
        return known
    topic = organization.fresh_topic("email-only user")
    user = EmailOnlyUser(
        membership_id=derived.stable_uuid("membership", *topic),
        user_id=derived.stable_uuid(*topic),
        email=address,
        name=address,
        region=None,
    )
    _keep(user, organization)
    return user


def _upsert(body: dict[str, Any], at: str, organization: Organization) -> dict[str, str]:
    address: str = body["email"]
    if any(address.casefold() == each.email.casefold() for each in organization.users.values()):
        raise BadRequest("A member has this address", at=f"{at}email")
    values = read_values(body["userAttributes"], f"{at}userAttributes", organization.attributes)
    user = stranger(address, organization)
    _keep(replace(user, attributes={**user.attributes, **values}), organization)
    return {"email": user.email, "userId": user.membership_id}


def _keep(user: EmailOnlyUser, organization: Organization) -> None:
    organization.email_only_users = {**organization.email_only_users, user.membership_id: user}
