"""A list in all scopes: that of the organization, and those of all its people.

Omni hands out the personal items of one person at a time. Here the organization's own list and
that of each person become one frame. By which id a person is asked for is not the same on every
tenant: the owners of the organization's items are compared with the users, and where none of them is
a user the owners' own ids are tried, too (docs/wire.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, check_choice, check_flag
from omnipd.cache.checkpoint import checkpointed
from omnipd.call import WouldSend, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import (
    ArgumentError,
    ForbiddenError,
    NotFoundError,
    OmniError,
    warn,
)
from omnipd.lists.allowed_calls import check_calls_of
from omnipd.lists.endpoint import Endpoint, bound
from omnipd.lists.fanout import FanOut
from omnipd.lists.read_list import Step
from omnipd.message import join
from omnipd.readers.users import USERS

#: The value of ``scope=`` that stands for both of Omni's. It is ours, and never sent.
ALL = "all"

_ORGANIZATION = "organization"
_PERSONAL = "what is personal is known when it is read"


@dataclass(frozen=True)
class _AllScopes(FanOut):
    """The list of the organization, and one for each person.

    Attributes
    ----------
    owner_param : str
        The query parameter that names the owner whose items are asked for.
    steps : tuple of Step
        What is done with the rows of all lists together.
    """

    in_parts: bool = False
    owner_param: str = ""
    steps: tuple[Step, ...] = ()
    #: The ids of the users to compare with; empty where one person was named.
    users: frozenset[str] = frozenset()
    #: Owners' ids that no user has: other ids of people. Found while the organization's list is read.
    others: dict[str, None] = field(default_factory=dict)
    #: How many rows the organization's list has, which come before all others.
    public: list[int] = field(default_factory=list)

    def _bound(self, key: tuple[str, ...], endpoint: Endpoint | None = None) -> Endpoint:
        [owner] = key
        endpoint = endpoint or self.endpoint
        fixed = (
            {"scope": _ORGANIZATION}
            if owner == _ORGANIZATION
            else {"scope": "restricted", self.owner_param: owner}
        )
        return replace(endpoint, fixed={**endpoint.fixed, **fixed})

    def has_first_page(self, key: tuple[str, ...]) -> bool:
        return key == (_ORGANIZATION,)

    def why_more(self, client: Client) -> str | None:  # noqa: ARG002
        return _PERSONAL

    def further(self, key: tuple[str, ...], table: pa.Table) -> list[tuple[str, ...]]:
        """Return the owners of the organization's items, where none of them is a user."""
        if key == (_ORGANIZATION,):
            self.public.append(table.num_rows)
        owners = {one for one in table["owner_id"].to_pylist() if one is not None}
        if key == (_ORGANIZATION,) and self.users and owners and not owners & self.users:
            self.others.update(dict.fromkeys(sorted(owners)))
        return [(one,) for one in self.others]

    def says_none(self, error: OmniError, has_some: bool | None) -> bool:
        """Whether Omni does not know a person who need not be known by this id."""
        return (bool(self.others) and isinstance(error, NotFoundError)) or super().says_none(
            error, has_some
        )

    def with_key(self, table: pa.Table, key: tuple[str, ...]) -> pa.Table:  # noqa: ARG002
        """Return the table as it is: an item names its owner in its own columns."""
        return table

    def joined(self, tables: list[pa.Table]) -> pa.Table:
        table = _once(super().joined(tables), self.endpoint.key)
        for step in self.steps:
            table = step(table)
        return table


def read_all_scopes(
    endpoint: Endpoint, owner_param: str, arguments: Mapping[str, Any], *, only: str | None
) -> pd.DataFrame:
    """Read the organization's list, then that of each person; what several show comes once.

    Parameters
    ----------
    endpoint : Endpoint
        A list with a ``scope``.
    owner_param : str
        The query parameter that names the owner whose items are asked for.
    arguments : mapping
        The reader's, with ``errors``.
    only : str, optional
        The one person to read it for, instead of all people.
    """
    if arguments["limit"] is not None:
        raise ArgumentError(
            argument("limit")
            + " and "
            + argument("scope", "all")
            + " exclude each other: all is everything."
        )
    check_flag("strict", arguments["strict"])
    asked = {**arguments, "scope": None}
    steps: list[Step] = []
    given = {name: asked[name] for name in endpoint.params if asked.get(name) is not None}
    for name, param in endpoint.params.items():
        if name in given:
            # Refused here, before the people are asked for; and a generator serves one list only.
            asked[name] = given[name] = param.materialize(given[name])
            param.encode(name, given[name])
            if param.client_side is not None and param.may_be_refused(given[name]):
                # It has to be right for all rows together, not for each person's.
                steps.append(bound(param.client_side, given))
                asked[name] = None
    client = current_client(asked["client"])
    again = partial(read_all_scopes, endpoint, owner_param, {**arguments, **given}, only=only)
    identity = endpoint.identity({**asked, "client": client}) | {"scope": f"{ALL} {only}"}
    with one_call(), checkpointed(arguments["checkpoint"], identity, again):
        if (allowed := asked.pop("max_calls")) is not None:
            counted = {**arguments, **given, "max_calls": None, "checkpoint": None}
            check_calls_of(
                partial(read_all_scopes, endpoint, owner_param, counted, only=only), allowed
            )
        uncounted: WouldSend | None = None
        try:
            people, reading = (
                ([only], {}) if only is not None else _all_people(client, asked["refresh"])
            )
        except WouldSend as lacks:  # where it is counted, one list for each is, too
            people, reading, uncounted = [], {}, lacks
        lists = _AllScopes(
            endpoint,
            parent=("owner",),
            owner_param=owner_param,
            steps=tuple(steps),
            users=frozenset() if only is not None else frozenset(people),
        )
        try:
            frame = lists.read([_ORGANIZATION, *people], {**asked, "client": client})
        except WouldSend as lacks:
            raise lacks if uncounted is None else _with_people(lacks, uncounted) from None
        if uncounted is not None:
            stored = WouldSend(0, 1, rows=len(frame), more=lists.why_more(client))
            raise _with_people(stored, uncounted)
    facts = frame.attrs["omni"]
    if not steps:  # which may put the rows in another order
        facts["public_rows"] = sum(lists.public)
    facts["read_by"] = "user ids and owner ids" if lists.others else "user ids"
    if lists.others:
        facts["complete"] = False
        warn(
            "The owners of the organization's items are none of its users: people have another id there. "
            f"Personal items were asked for by the ids of all users and by those of the {len(lists.others)} "
            "owners; what belongs to anybody else is not in the frame, which is marked incomplete. Join "
            "owners to users by name."
        )
    for count in ("requests", "from_checkpoint"):
        facts[count] += reading.get(count, 0)
    facts["shifts_checked"] &= reading.get("shifts_checked", True)
    facts["from_cache"] = facts["requests"] == 0
    return frame


def check_errors(errors: str, scope: str | None) -> None:
    """Refuse ``errors="collect"`` where there is nothing to go on with."""
    check_choice("errors", errors, ("raise", "collect"))
    if errors == "collect" and scope != ALL:
        raise ArgumentError(
            argument("errors", "collect")
            + " goes only with "
            + argument("scope", "all")
            + ": one list is whole or not."
        )


def _all_people(client: Client, refresh: bool) -> tuple[list[str], dict[str, Any]]:
    """Return the membership ids of all people, and the facts of how they were read."""
    try:
        table, facts = USERS.read_table({"client": client, "refresh": refresh})
    except ForbiddenError as error:
        error.message = argument("scope", "all") + " has to know all people. " + error.message
        without = (
            "Without one take "
            + argument("scope", "organization")
            + ", or "
            + argument("scope", "restricted")
            + " for what is your own."
        )
        error.hint = join([error.hint, without])
        raise
    return table["user_id"].to_pylist(), facts


def _with_people(own: WouldSend, people: WouldSend) -> WouldSend:
    """Return what is lacking of the organization's list, of the people, and of one list for each."""
    if own.requests is None or people.requests is None or people.rows is None:
        return WouldSend()
    requests = own.requests + people.requests + people.rows
    more = people.more or own.more or _PERSONAL
    return WouldSend(requests, own.stored + people.stored, rows=own.rows, more=more)


def _once(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Keep the first of the rows that have the same key."""
    first: dict[tuple[Any, ...], int] = {}
    for row, identity in enumerate(zip(*(table[name].to_pylist() for name in key), strict=True)):
        first.setdefault(identity, row)
    return table if len(first) == table.num_rows else table.take(list(first.values()))
