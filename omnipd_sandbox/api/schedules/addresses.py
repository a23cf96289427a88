"""From e-mail addresses to the people who have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.organization import Organization


def by_address(
    addresses: Iterable[str],
    organization: Organization,
    find_stranger: Callable[[str, Organization], EmailOnlyUser | None],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the ids of members, and of those who are none, each once."""
    known = {user.email.casefold(): user.membership_id for user in organization.users.values()}
    members: dict[str, None] = {}
    strangers: dict[str, None] = {}
    for address in addresses:
        member_id = known.get(address.casefold())
        if member_id is not None:
            members[member_id] = None
            continue
        found = find_stranger(address, organization)
        if found is not None:
            strangers[found.membership_id] = None
    return tuple(members), tuple(strangers)
