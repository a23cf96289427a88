"""Users who are only an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from omnipd_sandbox.api.user_attributes.values import values_of
from omnipd_sandbox.api.users.record import has_member
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, checked, email, items, record, table
from omnipd_sandbox.calls.paging import Order, cut_page, page_reply
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
_USERS = {"users": Key(items(record(_USER), minimum=1, maximum=_MOST_AT_ONCE), required=True)}


def list_email_only_users(call: Call) -> Reply:
    """Answer with one page of the users without a login."""
    asked = call.parameters
    wanted = (asked["email"] or "").casefold()

    def found() -> Iterable[EmailOnlyUser]:
        everything = call.organization.email_only_users.values()
        return (each for each in everything if wanted in each.email.casefold())

    order: Order[EmailOnlyUser] = Order(
        rank=lambda user: user.email,
        identity=lambda user: user.membership_id,
        descending=asked["sortDirection"] == "desc",
    )
    return page_reply(cut_page(call, found, order), _record)


def create_email_only_user(call: Call) -> Reply:
    """Make one, or give the one there is other attributes."""
    return json_reply(_upsert(read_body(call, _USER), call))


def create_email_only_users(call: Call) -> Reply:
    """Make up to twenty, all or none."""
    users = read_body(call, _USERS)["users"]
    upsert_all = items(partial(_upsert, call=call))
    return json_reply({"results": checked(upsert_all, users, "users")}, status=201)


def find_email_only_user(address: str, organization: Organization) -> EmailOnlyUser | None:
    """Give the user with an address, if there is one."""
    for user in organization.email_only_users.values():
        if user.email.casefold() == address.casefold():
            return user
    return None


def ensure_email_only_user(address: str, organization: Organization) -> EmailOnlyUser:
    """Give the user with an address, a new one if there is none."""
    known = find_email_only_user(address, organization)
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


def _upsert(body: dict[str, Any], call: Call) -> dict[str, str]:
    organization = call.organization
    address: str = body["email"]
    if has_member(address, organization):
        raise BadRequest("A member has this address", at="email")
    check_values = values_of(organization.attributes)
    values = checked(check_values, body["userAttributes"], "userAttributes")
    user = ensure_email_only_user(address, organization)
    if call.world.behavior.email_only_upsert == "merge":
        values = {**user.attributes, **values}
    _keep(replace(user, attributes=values), organization)
    return {"email": user.email, "userId": user.membership_id}


def _keep(user: EmailOnlyUser, organization: Organization) -> None:
    organization.email_only_users = {**organization.email_only_users, user.membership_id: user}


def _record(user: EmailOnlyUser) -> dict[str, Any]:
    return {
        "user_id": user.membership_id,
        "email": user.email,
        "user_attributes": {
            "omni_user_id": user.user_id,
            "omni_user_email": user.email,
            "omni_user_name": user.name,
            "omni_user_timezone": "UTC",
            # A text, not a boolean (docs/wire.md).
            "omni_is_org_admin": "false",
            "region": user.region,
            **user.attributes,
        },
    }
