"""From e-mail addresses to the people who have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from omnipd.sandbox.organisation.email_only import EmailOnlyUser
from omnipd.sandbox.organisation.organisation import Organisation


def by_address(
    addresses: Iterable[str],
    organisation: Organisation,
    find_stranger: Callable[[str, Organisation], EmailOnlyUser | None],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the ids of members, and of those who are none, each once."""
    known = {user.email.casefold(): user.membership_id for user in organisation.users.values()}
    members: dict[str, None] = {}
    strangers: dict[str, None] = {}
    for address in addresses:
        member_id = known.get(address.casefold())
        if member_id is not None:
            members[member_id] = None
            continue
        found = find_stranger(address, organisation)
        if found is not None:
            strangers[found.membership_id] = None
    return tuple(members), tuple(strangers)
