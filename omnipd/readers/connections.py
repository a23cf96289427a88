"""Connections, what stands in for them, when they are read again, and their dbt projects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import pandas as pd

from omnipd.client.client import Client
from omnipd.errors import ResponseError
from omnipd.frames.columns import TEXT, Column, as_json, flag, instant, text
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut, Parents
from omnipd.lists.params import Param, choices

_PARENT = ("connection_id",)
_FOUND_IN = {"connection_id": ("id",)}

CONNECTIONS = Endpoint(
    "/api/v1/connections",
    pages=paging.whole,
    rows="connections",
    key=("id",),
    params={
        "name": Param("name"),
        "database": Param("database"),
        "dialect": Param("dialect", "list"),
        "include_deleted": Param("includeDeleted", "flag"),
        "sort": Param("sortField", "choice", choices("name", "database", "dialect")),
        "direction": Param("sortDirection", "choice", choices("asc", "desc")),
    },
    columns={
        "id": text("id", doc="Id of the connection"),
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
    direction : {"asc", "desc"}, default "asc"
        Always sent.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``dialect``, ``database``, ``default_schema``, ``base_role`` (string),
        ``deleted_at`` (timestamp[us, UTC]),
        ``branch_connection_environment_overrides_user_attr``,
        ``environment_connection_switches_schema_model`` (bool),
        ``user_attribute_name_for_connections_environments``,
        ``user_attribute_values_for_default_environment``, ``extra`` (string). The values are a JSON
        list.

    Raises
    ------
    ArgumentError
        For an argument that Omni would refuse; nothing was sent.
    APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_connection_environments : Which connections stand in for which.

    Notes
    -----
    ``id`` is what other frames call ``connection_id``. Omni sends no credentials here.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     connections = omnipd.read_connections(include_deleted=True)
    >>> bool(connections["id"].is_unique)
    True
    """
    return CONNECTIONS.read(locals())


CONNECTION_ENVIRONMENTS = Endpoint(
    "/api/v1/connection-environments",
    pages=paging.whole,
    rows="connectionEnvironments",
    key=("id",),
    columns={
        "id": text("id", doc="Id of the environment"),
        "base_connection_id": text("baseConnectionId", doc="Connection that is stood in for"),
        "connection_id": text("connectionId", doc="Connection that stands in"),
        "user_attribute_values": Column(
            TEXT, ("userAttributeValues",), "Values of the user attribute, as JSON", as_json
        ),
    },
    gone="read_connections() tells which user attribute chooses the environment of a connection.",
)


def read_connection_environments(
    *, strict: bool = True, refresh: bool = False, client: Client | None = None
) -> pd.DataFrame:
    """Read which connections stand in for others, one row each. For administrators.

    Parameters
    ----------
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``base_connection_id``, ``connection_id``, ``user_attribute_values``, ``extra``
        (string). The values, a JSON list, are those of the user attribute that choose it.

    Raises
    ------
    APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_connections : Both ids join on its ``id``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     environments = omnipd.read_connection_environments()
    ...     connections = omnipd.read_connections(include_deleted=True)
    >>> set(environments["base_connection_id"]) <= set(connections["id"])
    True
    """
    return CONNECTION_ENVIRONMENTS.read(locals())


def _without_connection(schedule: Record) -> Iterator[Record]:
    """Leave out the connection, which is the parent's key."""
    yield {key: schedule[key] for key in schedule.keys() - {"connectionId"}}


CONNECTION_SCHEDULES = FanOut(
    Endpoint(
        "/api/v1/connections/{connection_id}/schedules",
        pages=paging.whole,
        rows="schedules",
        unfold=_without_connection,
        key=("schedule_id",),
        columns={
            "schedule_id": text("scheduleId", doc="Id of the schedule"),
            "schedule": text("schedule", doc="When it runs: six fields, as EventBridge has them"),
            "timezone": text("timezone", doc="Time zone of that"),
            "description": text("description", doc="The same in words"),
            "created_at": instant("createdAt", doc="When it was made"),
            "updated_at": instant("updatedAt", doc="Last change"),
            "disabled_at": instant("disabledAt", doc="When it was paused; null when it was not"),
        },
    ),
    parent=_PARENT,
    found_in=_FOUND_IN,
)


def read_connection_schedules(
    connections: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read when the schemas of connections are read again, one row per connection and schedule.

    Parameters
    ----------
    connections : str, iterable of str, or DataFrame
        Ids, or a frame with ``connection_id`` or ``id``.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` goes on after a connection that is missing, forbidden or refused; the frame is
        marked incomplete and ``df.attrs["omni"]["failures"]`` says why.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``connection_id``, ``schedule_id``, ``schedule``, ``timezone``, ``description`` (string),
        ``created_at``, ``updated_at``, ``disabled_at`` (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    ArgumentError
        If there is something else than ids in `connections`; nothing was sent.
    APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`; ``partial`` has the connections before it.

    See Also
    --------
    omnipd.read_schedules : Deliveries and alerts; something else.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     connections = omnipd.read_connections()
    ...     schedules = omnipd.read_connection_schedules(connections)
    >>> set(schedules["connection_id"]) <= set(connections["id"])
    True
    """
    return CONNECTION_SCHEDULES.read(connections, locals())


DBT = FanOut(
    Endpoint(
        "/api/v1/connections/{connection_id}/dbt",
        pages=paging.single,
        rows=None,
        columns={
            "supports_dbt": flag("supportsDbt", doc="Whether this kind of database can have it"),
            "message": text("message", doc="Why there is no project; null when there is one"),
            "branch": text("branch", doc="Branch of the project's repository"),
            "dbt_version": text("dbtVersion", doc="Version of dbt"),
            "ssh_url": text("sshUrl", doc="Address of the repository"),
            "project_root_path": text("projectRootPath", doc="Folder of the project in it"),
            "autogen_relationships": flag(
                "autogenRelationships", doc="Whether relationships are made from dbt"
            ),
            "enable_semantic_layer": flag(
                "enableSemanticLayer", doc="Whether dbt's semantic layer is used"
            ),
            "enable_virtual_schemas": flag(
                "enableVirtualSchemas", doc="Whether virtual schemas are used"
            ),
        },
    ),
    parent=_PARENT,
    found_in=_FOUND_IN,
)


def read_dbt(
    connections: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the dbt projects of connections, one row per connection, with a project or without.

    Parameters
    ----------
    connections : str, iterable of str, or DataFrame
        Ids, or a frame with ``connection_id`` or ``id``.
    errors : {"raise", "collect"}, default "raise"
        As for :func:`omnipd.read_connection_schedules`.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``connection_id`` (string), ``supports_dbt`` (bool), ``message``, ``branch``,
        ``dbt_version``, ``ssh_url``, ``project_root_path`` (string), ``autogen_relationships``,
        ``enable_semantic_layer``, ``enable_virtual_schemas`` (bool), ``extra`` (string). Without a
        project, ``message`` says why and the rest is null.

    Raises
    ------
    ArgumentError
        If there is something else than ids in `connections`; nothing was sent.
    APIError, NetworkError, ResponseError
        As for :func:`omnipd.read_content`; ``partial`` has the connections before it.

    See Also
    --------
    omnipd.read_dbt_environments : The environments of the projects.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     dbt = omnipd.read_dbt(omnipd.read_connections())
    >>> bool((dbt["branch"].isna() == dbt["message"].notna()).all())
    True
    """
    return DBT.read(connections, locals())


def _without_secret_values(environment: Record) -> Iterator[Record]:
    """Leave out the value of every variable that is not said to be open, whatever its shape."""
    held = environment.get("variables")
    if held is None:
        yield environment
        return
    if not isinstance(held, list) or not all(isinstance(each, dict) for each in held):
        raise ResponseError("The variables of a dbt environment are not a list of objects.")
    shown = [each if each.get("isSecret") is False else {**each, "value": None} for each in held]
    yield environment | {"variables": shown}


DBT_ENVIRONMENTS = FanOut(
    Endpoint(
        "/api/v1/connections/{connection_id}/dbt/environments",
        unfold=_without_secret_values,
        key=("id",),
        params={
            "sort": Param("sortField", "choice", choices("name")),
            "direction": Param("sortDirection", "choice", choices("asc", "desc")),
        },
        columns={
            "id": text("id", doc="Id of the environment"),
            "name": text("name", doc="Name as people see it"),
            "is_default_environment": flag("isDefaultEnvironment", doc="Whether it is the default"),
            "owner_id": text("ownerId", doc="Membership id of whose own it is; null when shared"),
            "target_schema": text("targetSchema", doc="Schema that dbt writes to"),
            "target_database": text("targetDatabase", doc="Database, when another"),
            "target_name": text("targetName", doc="Name of the target, when another"),
            "target_role": text("targetRole", doc="Role, when another"),
            "variables": Column(
                TEXT, ("variables",), "Variables, as JSON; without the values of secrets", as_json
            ),
        },
    ),
    parent=_PARENT,
    found_in=_FOUND_IN,
)


def read_dbt_environments(
    connections: Parents,
    *,
    sort: str = "name",
    direction: str = "asc",
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the environments of dbt projects, one row per connection and environment.

    Parameters
    ----------
    connections : str, iterable of str, or DataFrame
        Ids, or a frame with ``connection_id`` or ``id``.
    sort : {"name"}, default "name"
        What to sort by, within each connection.
    direction : {"asc", "desc"}, default "asc"
        Always sent.
    errors : {"raise", "collect"}, default "raise"
        As for :func:`omnipd.read_connection_schedules`.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``connection_id``, ``id``, ``name`` (string), ``is_default_environment`` (bool),
        ``owner_id``, ``target_schema``, ``target_database``, ``target_name``, ``target_role``,
        ``variables``, ``extra`` (string). ``variables`` is a JSON list; the values of secret ones
        are null.

    Raises
    ------
    ArgumentError
        For an argument that Omni would refuse; nothing was sent.
    ForbiddenError
        Also for a connection whose kind of database cannot have dbt.
    APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`; ``partial`` has the connections before it.

    Notes
    -----
    ``supports_dbt`` of :func:`omnipd.read_dbt` says which connections to pass.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     dbt = omnipd.read_dbt(omnipd.read_connections())
    ...     environments = omnipd.read_dbt_environments(dbt[dbt["supports_dbt"]])
    >>> set(environments["connection_id"]) <= set(dbt["connection_id"])
    True
    """
    return DBT_ENVIRONMENTS.read(connections, locals())
