"""All that can be changed, in the order in which a plan does it."""

from __future__ import annotations

from collections.abc import Hashable

from omnipd.changes.action import Action
from omnipd.changes.actions import (
    api_keys,
    document_deletion,
    document_favorites,
    document_identifiers,
    document_labels,
    document_names,
    document_owners,
    document_places,
    email_only_users,
    folder_labels,
    folder_paths,
    folders,
    group_members,
    groups,
    label_definitions,
    model_roles,
    permissions,
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
    label_definitions.EXISTS,
    *label_definitions.ABOUT,
    label_definitions.NAME,
    # Users, and their attributes.
    users.EXISTS,
    users.DISPLAY_NAME,
    users.ACTIVE,
    user_attributes.VALUE,
    email_only_users.EXISTS,
    # Groups, and who is in them.
    groups.EXISTS,
    groups.DISPLAY_NAME,
    group_members.MEMBER,
    # Roles on models.
    model_roles.OF_USERS,
    model_roles.OF_GROUPS,
    # Folders, and who may see them.
    folders.EXISTS,
    folder_paths.NAME,
    folder_paths.PATH,
    folder_labels.LABELS,
    permissions.FOLDER_ROLES,
    permissions.FOLDER_BOOSTS,
    # Documents.
    document_deletion.EXISTS,
    document_names.NAME,
    document_names.DESCRIPTION,
    document_labels.LABELS,
    document_places.PLACES,
    document_owners.OWNERS,
    # Who may see documents, and who has them as favorites.
    document_favorites.FAVORITE,
    permissions.DOCUMENT_ROLES,
    permissions.DOCUMENT_BOOSTS,
    # Schedules.
    schedules.OWNERS,
    schedules.ACTIVITY,
    schedule_recipients.RECIPIENTS,
    schedules.EXISTENCE,
    # API keys.
    api_keys.ENABLED,
    api_keys.EXISTS,
    # Where documents are found: until then all others name them by the old identifiers.
    document_identifiers.IDENTIFIER,
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
    """Return changes in the order in which they are made: that of the actions, then deletions.

    Those that the same calls can make come after one another. Identifiers of documents come last: all others
    name documents by those that they had.
    """
    first: dict[Hashable, int] = {}

    def place(change: Change) -> tuple[bool, bool, int, int, int]:
        action = _BY_NAME[change.key.kind, change.key.column]
        number, depth = _ORDER[action.kind, action.column], action.depth(change)
        deletes = action.makes and change.new is None
        together = None if action.together is None else action.together(change)
        turn = 0 if together is None else first.setdefault((number, together), len(first))
        number, depth = (-number, -depth) if deletes else (number, depth)
        return action is document_identifiers.IDENTIFIER, deletes, number, depth, turn

    return sorted(changes, key=place)
