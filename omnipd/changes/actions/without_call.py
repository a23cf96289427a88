"""What Omni has no call for: it stands in a plan refused, so that nobody takes it for done."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.values import TEXT


def _no_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:  # noqa: ARG001 - there are none
    return []


def _nothing(now: Now, changes: Sequence[Change]) -> Present:  # noqa: ARG001 - nothing is asked
    return {}


def _without(kind: str, column: str, why: str) -> Action:
    return Action(kind, column, TEXT, _no_calls, _nothing, check=lambda _: why)


FOLDER_OWNER = _without(
    "folder", "owner_id", "Omni has no call that gives a folder to somebody else."
)
API_KEY_OWNER = _without(
    "api_key",
    "user_id",
    "A key acts for its owner and cannot be given away. It can be disabled, or deleted for good.",
)
DRAFT_OWNER = _without(
    "draft",
    "created_by_id",
    "Omni has no call that gives a draft to somebody else. It can be published or discarded.",
)
ROUTINE_OWNER = _without(
    "routine", "owner_id", "No call is known that gives a routine to somebody else."
)
