"""The member that a path names, or an address."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import User


def find_member(call: Call) -> User:
    """Give the member that the path names."""
    return named_in_path(call, "id", call.world.organization.users, "User")


def has_member(address: str, organization: Organization) -> bool:
    """Tell whether a member has an e-mail address."""
    wanted = address.casefold()
    return any(wanted == each.email.casefold() for each in organization.users.values())
