"""Users from a spreadsheet: made, renamed, deactivated, with attributes and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from omnipd.arguments import argument, said
from omnipd.call import one_call
from omnipd.changes.actions.users import EXISTS
from omnipd.changes.addresses import why_no_address
from omnipd.changes.attribute_values import definitions, value_of
from omnipd.changes.change import Change, Key
from omnipd.changes.memberships import Memberships
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.changes.unknown_names import note_known
from omnipd.changes.users_now import User, all_users
from omnipd.changes.users_sheet import SheetRow, sheet_rows
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.lists.instances import refuse_other_instances


def plan_users(users: pd.DataFrame, *, client: Client | None = None) -> Plan:
    """Plan what makes users as a sheet has them. It needs an organization key.

    An empty cell says nothing, and neither does a user without a row: nobody is deactivated, no value is
    taken away, and nobody leaves a group.

    Parameters
    ----------
    users : pandas.DataFrame
        One row per user, with these columns, of which only the first is needed:

        - ``email``, or ``user_name``: the address; case does not matter. A user who is not there is made.
        - ``display_name``: the name as people see it. A new user needs one.
        - ``active``: whether they can log in, true or false.
        - ``groups``: names or ids of groups, comma-joined, that they are to be in besides those that they
          are in already.
        - one for each attribute, by its name, or by its name after ``attribute:``. Several values of one are
          comma-joined.

        Of a file, all cells are best read as text, as ``pd.read_csv(path, dtype=str)`` does: zeros in
        front and digits of large numbers stay then.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per new user, with their attributes, and per name, state, attribute and membership that
        changes. What Omni would refuse, such as a group that is not there, is in it, refused.

    Raises
    ------
    ArgumentError
        If a column is not known, a row has no address or one that another has, or a cell holds what its
        column cannot.
    ForbiddenError
        For a personal access token.

    See Also
    --------
    omnipd.plan : The same from an edited frame of :func:`omnipd.read_users`, which may also delete.

    Examples
    --------
    >>> import omnipd
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "email": ["ada@sandbox.example", "new@sandbox.example"],
    ...         "display_name": ["Ada Lovelace", "New Colleague"],
    ...         "region": ["", "north"],
    ...     }
    ... )
    >>> with omnipd.sandbox():
    ...     plan = omnipd.plan_users(sheet)
    >>> plan["column"].tolist(), plan["name"].tolist()
    (['exists', 'display_name'], ['new@sandbox.example', 'ada@sandbox.example'])
    """
    if not isinstance(users, pd.DataFrame):
        raise ArgumentError(argument("users") + f" must be a DataFrame, unlike {said(users):.60}.")
    refuse_other_instances([users])
    with one_call():
        now = Now(current_client(client))
        defined = definitions(now)
        rows = sheet_rows(users, defined)
        known = {user.address.casefold(): user for user in all_users(now)}
        note_known(now, [user.user_id for user in known.values()])
        groups = Memberships(now) if any(row.groups for row in rows) else None
        changes: list[Change] = []
        for row in rows:
            user = known.get(row.address.casefold())
            due = list(_made(row) if user is None else _changed(row, user))
            if groups is not None:
                of = row.address if user is None else user.user_id
                due += groups.joined(of, row.groups)
            changes += due if user is not None else _with_whom(due)
        return planned(changes, now)


def _made(row: SheetRow) -> Iterator[Change]:
    record: dict[str, object] = {}
    if row.display_name is not None:
        record["display_name"] = row.display_name
    if row.attributes:
        record["attributes"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in row.attributes.items()
        }
    made = Change(Key("user", row.address, None, "exists"), None, record, row.address)
    why = why_no_address(row.address) or EXISTS.check(made)
    yield replace(made, refused=why)
    if row.active is False:  # whom Omni makes is active
        yield Change(Key("user", row.address, None, "active"), True, False, row.address)


def _with_whom(due: Sequence[Change]) -> list[Change]:
    """Return the changes of a new user; where the user cannot be made, nothing of theirs can."""
    made, *others = due
    if made.refused is None:
        return list(due)
    why = "The user is not made."
    return [made, *(replace(one, refused=one.refused or why) for one in others)]


def _changed(row: SheetRow, user: User) -> Iterator[Change]:
    of = user.user_id
    if row.display_name is not None:
        key = Key("user", of, None, "display_name")
        yield Change(key, user.display_name, row.display_name, user.address)
    if row.active is not None:
        key = Key("user", of, None, "active")
        yield Change(key, user.active, row.active, user.address)
    for name, value in row.attributes.items():
        key = Key("user_attribute", of, name, "value")
        yield Change(key, value_of(user.attributes.get(name)), value, user.address)
