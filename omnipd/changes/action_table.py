"""All that can be changed, in the order in which a plan does it."""

from __future__ import annotations

from omnipd.changes.action import Action
from omnipd.changes.actions import (
    document_labels,
    document_owners,
    document_places,
    schedule_recipients,
    schedules,
    user_attributes,
    users,
    without_call,
)
from omnipd.changes.change import Change
from omnipd.changes.near_names import did_you_mean
from omnipd.errors import ArgumentError

#: What others need comes first, and what takes something away comes last.
ACTIONS: tuple[Action, ...] = (
    # Definitions of labels.
    # Users, and their attributes.
    users.EXISTS,
    users.DISPLAY_NAME,
    users.ACTIVE,
    user_attributes.VALUE,
    # Groups, and who is in them.
    # Roles on models.
    # Folders, and who may see them.
    # Documents.
    document_labels.LABELS,
    document_places.PLACES,
    document_owners.OWNERS,
    # Who may see documents, and who has them as favorites.
    # Schedules.
    schedules.OWNERS,
    schedules.ACTIVITY,
    schedule_recipients.RECIPIENTS,
    schedules.EXISTENCE,
    # API keys.
)

#: What can be planned, and not be made: it is always refused, and says why.
WITHOUT_CALL: tuple[Action, ...] = (
    without_call.FOLDER_OWNER,
    without_call.API_KEY_OWNER,
    without_call.DRAFT_OWNER,
    without_call.ROUTINE_OWNER,
)

_BY_NAME = {(one.kind, one.column): one for one in (*ACTIONS, *WITHOUT_CALL)}
_ORDER = {name: place for place, name in enumerate(_BY_NAME)}
KINDS = tuple(dict.fromkeys(one.kind for one in ACTIONS))


def action_of(kind: str, column: str) -> Action:
    """Return how a column of a kind of thing is changed.

    Raises
    ------
    ArgumentError
        If it cannot be.
    """
    if (action := _BY_NAME.get((kind, column))) is not None:
        return action
    if kind not in KINDS:
        raise ArgumentError(
            f"There is no kind {kind!r} of things that can be changed." + did_you_mean(kind, KINDS),
            hint=f"There are {', '.join(KINDS)}.",
        )
    columns = [one.column for one in ACTIONS if one.kind == kind]
    raise ArgumentError(
        f"{column!r} of a {kind} cannot be changed." + did_you_mean(column, columns),
        hint=f"What can be: {', '.join(columns)}.",
    )


def in_order(changes: list[Change]) -> list[Change]:
    """Return changes in the order in which they are made: that of the actions, deletions last."""

    def place(change: Change) -> tuple[bool, int]:
        number = _ORDER[change.key.kind, change.key.column]
        deletes = _BY_NAME[change.key.kind, change.key.column].makes and change.new is None
        return deletes, -number if deletes else number

    return sorted(changes, key=place)
