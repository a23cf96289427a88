"""Make users who are only an address, or change their attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd.sandbox.body_keys import Key, anything, email, items, read_body, record, table
from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.email_only import EmailOnlyUser
from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.people.attribute_values import read_values
from omnipd.sandbox.refusals import BadRequest
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call

_MOST_AT_ONCE = 20
_USER = {
    "email": Key(email, required=True),
    "userAttributes": Key(table(anything), default={}),
}
_USERS = {"users": Key(items(record(_USER), least=1, most=_MOST_AT_ONCE), required=True)}


def create_email_only_user(call: Call) -> Reply:
    """Make one, or give the one there is other attributes."""
    return json_reply(_upsert(read_body(call, _USER), "", call.world.organisation))


def create_email_only_users(call: Call) -> Reply:
    """Make up to twenty, all or none."""
    users: list[dict[str, Any]] = read_body(call, _USERS)["users"]
    results = [
        _upsert(user, f"users.{place}.", call.world.organisation)
        for place, user in enumerate(users)
    ]
    return json_reply({"results": results}, status=201)


def known_stranger(address: str, organisation: Organisation) -> EmailOnlyUser | None:
    """Give the user with an address, if there is one."""
    for user in organisation.email_only_users.values():
        if user.email.casefold() == address.casefold():
            return user
    return None


def stranger(address: str, organisation: Organisation) -> EmailOnlyUser:
    """Give the user with an address, a new one if there is none."""
    known = known_stranger(address, organisation)
    if known is not None:
        return known
    topic = organisation.fresh_topic("email-only user")
    user = EmailOnlyUser(
        membership_id=chance.stable_uuid("membership", *topic),
        user_id=chance.stable_uuid(*topic),
        email=address,
        name=address,
        region=None,
    )
    _keep(user, organisation)
    return user


def _upsert(body: dict[str, Any], at: str, organisation: Organisation) -> dict[str, str]:
    address: str = body["email"]
    if any(address.casefold() == each.email.casefold() for each in organisation.users.values()):
        raise BadRequest("A member has this address", at=f"{at}email")
    values = read_values(body["userAttributes"], f"{at}userAttributes", organisation.attributes)
    user = stranger(address, organisation)
    _keep(replace(user, attributes={**user.attributes, **values}), organisation)
    return {"email": user.email, "userId": user.membership_id}


def _keep(user: EmailOnlyUser, organisation: Organisation) -> None:
    organisation.email_only_users = {**organisation.email_only_users, user.membership_id: user}
