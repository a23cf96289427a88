"""People who are only an address: made, twenty with one call."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.addresses import why_no_address
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.users_now import is_address
from omnipd.changes.values import RECORD
from omnipd.readers.users import read_email_only_users

_PATH = "/api/v1/users/email-only"
#: More with one call is 400.
_MOST = 20


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    users = [{"email": change.key.item} for change in changes]
    if len(users) == 1:
        return [ApiCall("POST", _PATH, users[0])]
    return [ApiCall("POST", f"{_PATH}/bulk", {"users": users})]


def _present(now: Now, changes: Sequence[Change]) -> Present:
    # The filter finds parts of addresses, too.
    asked = changes[0].key.item if len(changes) == 1 and is_address(changes[0].key.item) else None
    users = read_email_only_users(email=asked, refresh=True, client=now.client)
    known = {*users["email"].str.casefold(), *users["user_id"]}
    return {change.key: {} for change in changes if change.key.item.casefold() in known}


def _check(change: Change) -> str | None:
    if change.new is None:
        return "Omni's call that deletes an email-only user is not known."
    return why_no_address(change.key.item)


EXISTS = Action(
    "email_only_user",
    "exists",
    RECORD,
    _calls,
    _present,
    makes=True,
    together=lambda change: change.new is None,
    max_together=_MOST,
    check=_check,
    irreversible=lambda _: "Omni's call that deletes an email-only user is not known.",
)
