"""All that can be changed, in the order in which a plan does it."""

from __future__ import annotations

from collections.abc import Hashable

from omnipd.changes.action import Action
from omnipd.changes.actions import document_labels, folders, label_definitions, permissions
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
    # Groups, and who is in them.
    # Roles on models.
    # Folders, and who may see them.
    folders.EXISTS,
    folders.NAME,
    folders.PATH,
    folders.LABELS,
    permissions.FOLDER_ROLES,
    permissions.FOLDER_BOOSTS,
    # Documents.
    document_labels.LABELS,
    # Who may see documents, and who has them as favorites.
    permissions.DOCUMENT_ROLES,
    permissions.DOCUMENT_BOOSTS,
    # Schedules.
    # API keys.
)

_BY_NAME = {(one.kind, one.column): one for one in ACTIONS}
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
    """Return changes in the order in which they are made: that of the actions, deletions last.

    Those that go together stand together, where the first of them was.
    """
    groups: dict[Hashable, int] = {}

    def place(change: Change) -> tuple[bool, int, int, int]:
        name = change.key.kind, change.key.column
        number, action = _ORDER[name], _BY_NAME[name]
        deletes = action.makes and change.new is None
        sign = -1 if deletes else 1
        together = None if action.together is None else action.together(change)
        group = 0 if together is None else groups.setdefault((name, together), len(groups))
        return deletes, sign * number, sign * action.depth(change), group

    return sorted(changes, key=place)
