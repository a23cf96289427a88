"""What Omni's AI has cost so far, by whom."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from omnipd.arguments import (
    IDS_OF_GROUPS,
    IDS_OF_PEOPLE,
    argument,
    check_id,
    function,
    refuse_key,
)
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, NotFoundError, ResponseError
from omnipd.frames.columns import NUMBER, Column, instant, text
from omnipd.frames.records import Record
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.parents import Parents, parent_keys

#: How many ids one request takes.
_MOST = 1_000
#: Under which keys the rows may stand; no source says it (docs/wire.md).
_ROWS = ("records", "usage", "results", "data", "users", "entityGroups", "entities", "userGroups")


def _pages(
    fetch: paging.Fetch, params: Mapping[str, str], rows: paging.Rows
) -> Iterator[paging.Page]:
    """Yield an answer for each thousand ids; each id has a row, one that used nothing too."""
    [name] = params.keys() - {"period"}
    ids = json.loads(params[name])
    for start in range(0, len(ids), _MOST):
        some = json.dumps(ids[start : start + _MOST])
        yield paging.Page(_records(fetch({**params, name: some}), rows), len(ids))


def _records(answer: Any, rows: paging.Rows) -> list[Record]:
    """Return the rows of an answer, each with what is said of all of them, such as the period."""
    if isinstance(answer, list):
        return paging.rows_of(answer, None)
    found = paging.rows_of(answer, rows)
    of_all = {key: one for key, one in answer.items() if not isinstance(one, list)}
    return [of_all | record for record in found]


def _body(params: Mapping[str, str]) -> dict[str, Any]:
    """Return what is sent: the ids are a list there."""
    return {name: one if name == "period" else json.loads(one) for name, one in params.items()}


def _usage(path: str, column: str, wire: tuple[str, ...], doc: str) -> Endpoint:
    columns: dict[str, Column] = {
        column: text(*wire, doc=doc),
        "credits_used": Column(
            NUMBER,
            ("creditsUsed", "creditUsage", "credits", "usage", "used"),
            "Credits used in the period; 0: none",
        ),
        "period_start_at": instant(
            "periodStart", "period.start", "startTime", "start", doc="When the period began"
        ),
        "period_end_at": instant("periodEnd", "period.end", "endTime", "end", doc="When it ends"),
    }
    return Endpoint(
        f"/api/v1/ai/credit-usage/{path}",
        key=(column,),
        keyless="whole",
        pages=_pages,
        rows=_ROWS,
        columns=columns,
        body=_body,
    )


USER_CREDIT_USAGE = _usage("users", "user_id", ("userId", "membershipId", "id"), "Membership id")
GROUP_CREDIT_USAGE = _usage(
    "user-groups", "group_id", ("userGroupId", "groupId", "id"), "Group; in place of user_id"
)
ENTITY_CREDIT_USAGE = _usage(
    "entity-groups",
    "embed_entity",
    ("entity", "embedEntity", "name"),
    "Entity of an embedding application; in place of user_id",
)


@manual(USER_CREDIT_USAGE, GROUP_CREDIT_USAGE, ENTITY_CREDIT_USAGE)
def read_ai_credit_usage(
    users: Parents | None = None,
    *,
    groups: Parents | None = None,
    entities: Parents | None = None,
    period: str | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what Omni's AI has cost by users, by groups or by embedding entities, one row each.

    One call for each thousand of them. For administrators of the AI.

    Parameters
    ----------
    users : str, iterable of str, or DataFrame, optional
        Membership ids, or a frame with ``user_id``, such as that of :func:`omnipd.read_users`.
    groups : str, iterable of str, or DataFrame, optional
        Group ids, or a frame with ``group_id``, such as that of :func:`omnipd.read_groups`.
    entities : str, iterable of str, or DataFrame, optional
        Entities, or a frame with ``embed_entity``, such as that of :func:`omnipd.read_embed_users`.
        Name one of the three. Who is named twice is asked for once.
    period : str, optional
        With groups: an earlier month, such as ``2026-04``. Default: the period that is now.

    Returns
    -------
    pandas.DataFrame
        Who has used nothing has a row with 0.

    Raises
    ------
    ArgumentError
        Unless one of users, groups and entities is named; for a period without groups.
    NotFoundError
        If one of the ids is not known: Omni then answers for none of them.

    See Also
    --------
    omnipd.read_ai_credit_controls : What may be used.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     users = omnipd.read_users()
    ...     usage = omnipd.read_ai_credit_usage(users)
    >>> len(usage) == len(users), bool((usage["credits_used"] >= 0).all())
    (True, True)
    """
    arguments = dict(locals())
    named = [name for name in _ASKED if arguments[name] is not None]
    if len(named) != 1:
        raise ArgumentError(
            "Name one of "
            + argument("users")
            + ", "
            + argument("groups")
            + " and "
            + argument("entities")
            + ", whose usage to read.",
            hint=function("read_users")
            + " and "
            + function("read_groups")
            + " have the ids of all.",
        )
    [name] = named
    endpoint, wire, ids_are_in = _ASKED[name]
    [column] = endpoint.key
    ids = [key for [key] in parent_keys(arguments[name], (column,))]
    for one in ids:
        check_id(column, one, ids_are_in)
    fixed = {wire: json.dumps(ids)}
    if period is not None:
        if name != "groups":
            raise ArgumentError(
                argument("period") + " goes with " + argument("groups") + " only.",
                hint="Of users and entities Omni tells the period that is now: keep what is read each month.",
            )
        if not isinstance(period, str) or not period.strip():
            raise ArgumentError(argument("period", period) + " is not a month, such as 2026-04.")
        refuse_key(argument("period"), period)
        fixed["period"] = period
    asked = replace(endpoint, fixed=fixed, answers=math.ceil(len(ids) / _MOST))
    if not ids:
        asked.checked(arguments)
        return to_frame(asked.schema.empty_table(), _nothing(current_client(client), asked.path))
    try:
        frame = asked.read(arguments)
    except NotFoundError as error:
        error.hint = (
            "One of the ids may be unknown, such as that of somebody who was removed: Omni then answers for "
            "none of them. Or this Omni does not have the call."
        )
        raise
    except ResponseError as error:
        error.hint = error.hint or "No source says what this answer looks like; please report it."
        raise
    # Those who are asked about may not be all there are.
    frame.attrs["omni"]["complete"] &= is_whole(arguments[name])
    return frame


def _nothing(client: Client, path: str) -> dict[str, Any]:
    """Return the facts of a frame for which nobody was asked about."""
    return {
        "instance": client.base_url,
        "endpoint": path,
        "fetched_at": None,
        "requests": 0,
        "from_checkpoint": 0,
        "from_cache": False,
        "complete": True,
        "total": 0,
        "duplicates_checked": True,
        "shifts_checked": True,
        "trace_id": None,
    }


#: What each argument asks, under which key its ids are sent, and where such ids are found.
_ASKED: Mapping[str, tuple[Endpoint, str, str | None]] = {
    "users": (USER_CREDIT_USAGE, "userIds", IDS_OF_PEOPLE),
    "groups": (GROUP_CREDIT_USAGE, "userGroupIds", IDS_OF_GROUPS),
    "entities": (ENTITY_CREDIT_USAGE, "entities", None),
}
