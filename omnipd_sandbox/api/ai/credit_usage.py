"""What the AI has cost so far, by whom: asked by a POST, and nothing changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Check, Key, items, text
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply

_MOST = 1_000
# Of one answer: no source says what anything costs.
_CREDITS = 1.5


def show_user_usage(call: Call) -> Reply:
    """Answer with what members have used of the AI, a record for each; 0 for who used nothing."""
    body = read_body(call, {"userIds": _ids(text(minimum=1))}, strict=True)
    known = call.organization.users
    return _usage(call, body["userIds"], "userId", lambda one: [one] if one in known else None)


def show_group_usage(call: Call) -> Reply:
    """Answer with what the members of groups have used, also in an earlier month."""
    keys = {"userGroupIds": _ids(text(minimum=1)), "period": Key(_month)}
    body = read_body(call, keys, strict=True)
    groups = call.organization.groups
    return _usage(
        call,
        body["userGroupIds"],
        "userGroupId",
        lambda one: groups[one].member_ids if one in groups else None,
        body.get("period"),
    )


def show_entity_usage(call: Call) -> Reply:
    """Answer with what the users of embedding entities have used, a record for each."""
    body = read_body(call, {"entities": _ids(text(minimum=1))}, strict=True)
    users = call.organization.embed_users.values()

    def members(entity: str) -> list[str] | None:
        return [each.membership_id for each in users if each.entity == entity] or None

    return _usage(call, body["entities"], "entity", members)


def _usage(
    call: Call,
    asked: list[str],
    name: str,
    members: Callable[[str], Iterable[str] | None],
    period: str | None = None,
) -> Reply:
    """Write what is used in a period; one that is unknown or named twice fails the whole."""
    start, end = _bounds(call, period)
    used: dict[str, float] = {}
    for conversation in call.organization.conversations.values():
        for message in conversation.messages:
            said = datetime.fromisoformat(message.created_at)
            if message.role == "assistant" and start <= said < end:
                used[conversation.user_id] = used.get(conversation.user_id, 0) + _CREDITS
    found: dict[str, float] = {}
    for one in asked:
        of = members(one)
        if of is None or one in found:
            why = "does not exist" if of is None else "is named twice"
            raise NotFound(f"{name} {one} {why}")
        found[one] = sum(used.get(each, 0) for each in of)
    return json_reply(
        {
            "periodStart": int(start.timestamp() * 1000),
            "periodEnd": int(end.timestamp() * 1000),
            "records": [{name: one, "creditsUsed": credits_} for one, credits_ in found.items()],
        }
    )


def _bounds(call: Call, period: str | None) -> tuple[datetime, datetime]:
    """Give the beginning and end of the period that is now, or of an earlier month."""
    controls = call.organization.credit_controls
    start = datetime.fromisoformat(controls.period_start)
    if period is None:
        return start, datetime.fromisoformat(controls.period_end)
    year, month = map(int, period.split("-"))
    first = datetime(year, month, 1, tzinfo=UTC)
    if first >= start:
        raise BadRequest("Must be an earlier month", at="period")
    return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _ids(check: Check) -> Key:
    return Key(items(check, minimum=1, maximum=_MOST), required=True)


def _month(value: object) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text()(value)):
        raise BadRequest("Must be a month, such as 2026-04")
    return str(value)
