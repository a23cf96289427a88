"""All that somebody leaves behind, handed over to somebody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, as_list, check_choice
from omnipd.audit.find import find_person
from omnipd.audit.leaving import belongings_of, leaver
from omnipd.audit.tables import Tables
from omnipd.call import one_call
from omnipd.changes.actions.schedule_recipients import RECIPIENTS
from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import documents_now
from omnipd.changes.frame_rows import Row, rows_of
from omnipd.changes.leavers_inventory import leavers_inventory
from omnipd.changes.now import Now
from omnipd.changes.people_now import people_now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.changes.schedules_now import schedules_listed
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, ForbiddenError

#: What a change of each kind is of: the kind, and the column that is handed over.
_OF = {
    "document": ("document", "owner_id"),
    "folder": ("folder", "owner_id"),
    "schedule": ("schedule", "owner_id"),
    "received_schedule": ("schedule", "recipient"),
    "api_key": ("api_key", "user_id"),
    "routine": ("routine", "owner_id"),
    "draft": ("draft", "created_by_id"),
}
_BY_DEFAULT = tuple(kind for kind in _OF if kind != "draft")
#: The item of a row that says why there may be more.
_MORE = "(more)"


def plan_transfer(
    person: str,
    to: str,
    *,
    kinds: Sequence[str] | str = _BY_DEFAULT,
    inventory: Inventory | None = None,
    client: Client | None = None,
) -> Plan:
    """Plan to hand over what somebody leaves behind.

    Parameters
    ----------
    person : str
        Who leaves: membership id, address or name.
    to : str
        Who takes it over, as `person`: somebody else, who is active.
    kinds : str or sequence of str, optional
        Which things, by the kinds of :func:`omnipd.audit.leaver`: ``document`` and ``schedule``, which get
        the new owner; ``received_schedule``, which comes to the new person instead; ``folder``, ``api_key``,
        ``routine`` and ``draft``, which Omni has no call for. Default: all but ``draft``, which takes one
        call per document to read.
    inventory : Inventory, optional
        What :func:`omnipd.audit.leaver` finds them in. Default: what it takes is read now.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per thing, and two for what is received. What cannot be handed over is in it, refused, and
        says why; so does a row without an item where there may be more of a kind.

    Raises
    ------
    ArgumentError
        If nobody is meant by `person` or `to`, or more than one; if both are the same, or `to` is
        deactivated.
    ForbiddenError
        For a key that must not read the users.

    See Also
    --------
    omnipd.audit.leaver : All that belongs to somebody, with who could take it over.

    Notes
    -----
    What is bound to a person stays: groups, roles, permissions, favorites, attributes and limits. What they
    receive by a group ends when they leave it.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     plan = omnipd.plan_transfer("priya@sandbox.example", "grace@sandbox.example")
    >>> plan["kind"].value_counts().to_dict()
    {'api_key': 2, 'routine': 2, 'document': 1, 'folder': 1}
    """
    asked = as_list("kinds", kinds)
    if not asked:
        raise ArgumentError(argument("kinds") + " names none.", hint=f"There are {', '.join(_OF)}.")
    for kind in asked:
        check_choice("kinds", kind, _OF)
    if inventory is not None and not isinstance(inventory, Inventory):
        raise ArgumentError(argument("inventory") + " must be an Inventory.")
    with one_call():
        now = Now(current_client(client))
        leaving, taking = _both(now, person, to)
        held = leavers_inventory(now, leaving, asked) if inventory is None else inventory
        sure = {"routine"} if inventory is None and "ai_routines" in held else set()
        found = list(belongings_of(leaving, held, Tables(held, leaver), {*asked} - sure))
        if sure:
            found += [
                {"kind": "routine", "id": row["routine_id"], "name": row["name"]}
                for row in rows_of(held["ai_routines"])
            ]
        return planned(_changes(now, found, leaving, taking), now)


def _both(now: Now, person: str, to: str) -> tuple[str, str]:
    """Return the ids of who leaves, and who takes over."""
    users = people_now(now)
    if users is None:
        raise ForbiddenError(
            "Who is meant is found among the users, which this key must not read.",
            hint="Use an organization key.",
        )
    rows = list(users.values())
    leaving, taking = find_person(rows, person), find_person(rows, to, "to")
    if leaving == taking:
        raise ArgumentError(argument("to", to) + " is who leaves.", hint="Name somebody else.")
    if users[taking]["active"] is False:
        raise ArgumentError(
            argument("to", to) + " is deactivated.", hint="Name somebody who is active."
        )
    return leaving, taking


def _changes(now: Now, found: Sequence[Row], leaving: str, taking: str) -> Iterator[Change]:
    of_kind: dict[str, list[Row]] = {}
    reasons: dict[str, list[str]] = {}
    for row in found:
        if row.get("id") is not None:
            of_kind.setdefault(row["kind"], []).append(row)
        elif row.get("unknown") is not None:
            reasons.setdefault(row["kind"], []).append(row["unknown"])
    for kind, (thing, column) in _OF.items():
        rows = of_kind.get(kind, [])
        if kind == "document":
            yield from _documents(now, rows, leaving, taking)
        elif kind == "schedule":
            yield from _schedules(now, rows, leaving, taking)
        elif kind == "received_schedule":
            yield from _received(now, rows, leaving, taking)
        else:
            for row in rows:
                yield Change(Key(thing, row["id"], None, column), leaving, taking, row["name"])
        if kind in reasons:
            why = f"There may be more: {'; '.join(reasons[kind])}."
            part = leaving if column == "recipient" else None
            old, new = (True, None) if part is not None else (leaving, taking)
            yield Change(Key(thing, _MORE, part, column), old, new, None, why)


def _documents(now: Now, rows: Sequence[Row], leaving: str, taking: str) -> Iterator[Change]:
    trashed = {row["id"] for row in rows if row["detail"] == "in the trash"}
    left = [row["id"] for row in rows if row["id"] not in trashed]
    present = documents_now(now, left, [leaving, taking]) if left else {}
    for row in rows:
        owner = present[row["id"]]["owner_id"] if row["id"] in present else None
        why = (
            "It is in the trash, and no call takes it out."
            if row["id"] in trashed
            else _why_not_theirs(row["id"] in present, owner, leaving, taking)
        )
        old = leaving if owner is None else owner
        yield Change(Key("document", row["id"], None, "owner_id"), old, taking, row["name"], why)


def _schedules(now: Now, rows: Sequence[Row], leaving: str, taking: str) -> Iterator[Change]:
    present = schedules_listed(now, [row["id"] for row in rows])
    for row in rows:
        owner = present[row["id"]]["owner_id"] if row["id"] in present else None
        why = _why_not_theirs(row["id"] in present, owner, leaving, taking)
        old = leaving if owner is None else owner
        yield Change(Key("schedule", row["id"], None, "owner_id"), old, taking, row["name"], why)


def _why_not_theirs(is_there: bool, owner: str | None, leaving: str, taking: str) -> str | None:
    if not is_there:
        return "It is not there any more."
    if owner in {leaving, taking}:
        return None
    # It bears the name of who leaves, or was given to somebody since the inventory was read.
    return "Omni does not tell its owner." if owner is None else f"Its owner is {owner}."


def _received(now: Now, rows: Sequence[Row], leaving: str, taking: str) -> Iterator[Change]:
    """Yield what comes to somebody in person: first to the new one, then no more to the old one."""
    named = {row["id"]: row["name"] for row in rows if row["hand_over"] is not None}
    users = people_now(now) or {}
    addresses = {users[leaving][column] for column in ("email", "user_name")} - {None}
    asked = {
        (item, part): Change(Key("schedule", item, part, "recipient"), None, True, name)
        for item, name in named.items()
        for part in (taking, leaving, *sorted(map(str, addresses)))
    }
    present = RECIPIENTS.present(now, list(asked.values()))
    for item, name in named.items():
        gets = [part for of, part in asked if of == item and present.get(asked[of, part].key)]
        gone = next((part for part in gets if part != taking), None)
        if gone is None:
            continue
        given = Key("schedule", item, taking, "recipient")
        yield Change(given, taking in gets or None, True, name)
        yield Change(Key("schedule", item, gone, "recipient"), True, None, name)
