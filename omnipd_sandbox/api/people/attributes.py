"""Attributes of users, and users who are only an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.email_only import EmailOnlyUser


def list_attributes(call: Call) -> Reply:
    """Answer with every attribute; a whole list, though its key is that of pages."""
    return json_reply(
        {
            "records": [
                {
                    "id": each.id,
                    "name": each.name,
                    "label": each.label,
                    "description": each.description,
                    "type": each.type,
                    "multiple_values": each.multiple_values,
                    "system": each.system,
                    "default_value": each.default,
                }
                for each in call.world.organization.attributes
            ]
        }
    )


def list_email_only_users(call: Call) -> Reply:
    """Answer with one page of the users without a login."""
    asked = call.parameters
    wanted = (asked["email"] or "").casefold()

    def found() -> Iterable[EmailOnlyUser]:
        everything = call.world.organization.email_only_users.values()
        return (each for each in everything if wanted in each.email.casefold())

    order: Order[EmailOnlyUser] = Order(
        rank=lambda user: user.email,
        identity=lambda user: user.membership_id,
        descending=asked["sortDirection"] == "desc",
    )
    page, info = cut_page(call, found, order)
    return json_reply({"records": [_record(each) for each in page], "pageInfo": info})


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
