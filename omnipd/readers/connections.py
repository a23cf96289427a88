"""Connections, what stands in for them, when they are read again, and their dbt projects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from omnipd.arguments import IDS_OF_CONNECTIONS, function
from omnipd.client.client import Client
from omnipd.frames.columns import TEXT, Column, as_json, flag, instant, text
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.lists.parents import Parents
from omnipd.readers.record_parts import without

PARENT = ("connection_id",)

CONNECTIONS = Endpoint(
    "/api/v1/connections",
    pages=paging.whole,
    rows="connections",
    key=("connection_id",),
    params={
        "name": Param("name"),
        "database": Param("database"),
        "dialect": Param("dialect", "list"),
        "include_deleted": Param("includeDeleted", "flag"),
        "sort": Param("sortField", "choice", choices("name", "database", "dialect")),
        "direction": SORT_DIRECTION,
    },
    columns={
        "connection_id": text("id", doc="Id of the connection"),
        "name": text("name", doc="Name as people see it"),
        "dialect": text("dialect", doc="Kind of database"),
        "database": text("database", doc="Name of the database"),
        "default_schema": text("defaultSchema", doc="Schema that is used without another"),
        "base_role": text("baseRole", doc="Role that people have on it at least"),
        "deleted_at": instant("deletedAt", doc="When it was deleted; null when it was not"),
        "branch_connection_environment_overrides_user_attr": flag(
            "branchConnectionEnvironmentOverridesUserAttr",
            doc="Whether the environment of a branch wins over the user attribute",
        ),
        "environment_connection_switches_schema_model": flag(
            "environmentConnectionSwitchesSchemaModel",
            doc="Whether an environment brings its own schema model",
        ),
        "user_attribute_name_for_connections_environments": text(
            "userAttributeNameForConnectionsEnvironments",
            doc="User attribute that chooses the environment",
        ),
        "user_attribute_values_for_default_environment": Column(
            TEXT,
            ("userAttributeValuesForDefaultEnvironment",),
            "Its values that choose this connection itself, as JSON",
            as_json,
        ),
    },
)


@manual(CONNECTIONS)
def read_connections(
    *,
    name: str | None = None,
    database: str | None = None,
    dialect: Sequence[str] | str | None = None,
    include_deleted: bool = False,
    sort: str = "name",
    direction: str = "asc",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read connections to databases, one row each. For administrators.

    Parameters
    ----------
    name : str, optional
        Only those whose name holds this, in any case.
    database : str, optional
        Only those whose database's name holds this, in any case.
    dialect : str or sequence of str, optional
        Only these kinds of database, such as ``"snowflake"``.
    include_deleted : bool, default False
        Also those that were deleted.
    sort : {"name", "database", "dialect"}, default "name"
        What to sort by.

    See Also
    --------
    omnipd.read_connection_environments : Which connections stand in for which.

    Notes
    -----
    Omni sends no credentials here.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     connections = omnipd.read_connections(include_deleted=True)
    >>> bool(connections["connection_id"].is_unique)
    True
    """
    return CONNECTIONS.read(locals())


CONNECTION_ENVIRONMENTS = Endpoint(
    "/api/v1/connection-environments",
    pages=paging.whole,
    rows="connectionEnvironments",
    key=("connection_environment_id",),
    columns={
        "connection_environment_id": text("id", doc="Id of the environment"),
        "base_connection_id": text("baseConnectionId", doc="Connection that is stood in for"),
        "connection_id": text("connectionId", doc="Connection that stands in"),
        "user_attribute_values": Column(
            TEXT,
            ("userAttributeValues",),
            "Values of the user attribute that choose it, as JSON",
            as_json,
        ),
    },
    gone=(
        function("read_connections")
        + " tells which user attribute chooses the environment of a connection."
    ),
)


@manual(CONNECTION_ENVIRONMENTS)
def read_connection_environments(
    *, strict: bool = True, refresh: bool = False, client: Client | None = None
) -> pd.DataFrame:
    """Read which connections stand in for others, one row each. For administrators.

    See Also
    --------
    omnipd.read_connections : What both ids are of.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     environments = omnipd.read_connection_environments()
    ...     connections = omnipd.read_connections(include_deleted=True)
    >>> set(environments["base_connection_id"]) <= set(connections["connection_id"])
    True
    """
    return CONNECTION_ENVIRONMENTS.read(locals())


CONNECTION_SCHEDULES = FanOut(
    Endpoint(
        "/api/v1/connections/{connection_id}/schedules",
        pages=paging.whole,
        rows="schedules",
        unfold=without("connectionId"),  # which is the parent's key
        key=("connection_schedule_id",),
        columns={
            "connection_schedule_id": text("scheduleId", doc="Id of the schedule"),
            "schedule": text("schedule", doc="When it runs: six fields, as EventBridge has them"),
            "timezone": text("timezone", doc="Time zone of that"),
            "description": text("description", doc="The same in words"),
            "created_at": instant("createdAt", doc="When it was made"),
            "updated_at": instant("updatedAt", doc="Last change"),
            "disabled_at": instant("disabledAt", doc="When it was paused; null when it was not"),
        },
    ),
    parent=PARENT,
    ids={"connection_id": IDS_OF_CONNECTIONS},
)


@manual(CONNECTION_SCHEDULES)
def read_connection_schedules(
    connections: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read when the schemas of connections are read again, one row per connection and schedule.

    See Also
    --------
    omnipd.read_schedules : Deliveries and alerts; something else.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     connections = omnipd.read_connections()
    ...     schedules = omnipd.read_connection_schedules(connections)
    >>> set(schedules["connection_id"]) <= set(connections["connection_id"])
    True
    """
    return CONNECTION_SCHEDULES.read(connections, locals())
