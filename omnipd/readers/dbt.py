"""dbt projects of connections, their environments, and what dashboards use of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

import pandas as pd

from omnipd.arguments import IDS_OF_CONNECTIONS
from omnipd.client.client import Client
from omnipd.errors import ResponseError
from omnipd.frames.columns import (
    TEXT,
    Column,
    as_json,
    flag,
    text,
)
from omnipd.frames.labels import join_names
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.lists.parents import Parents
from omnipd.readers.below_model import BRANCH, below_model
from omnipd.readers.connections import PARENT
from omnipd.readers.record_parts import object_in

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
    parent=PARENT,
    ids={"connection_id": IDS_OF_CONNECTIONS},
)


@manual(DBT)
def read_dbt(
    connections: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the dbt projects of connections, one row per connection, with a project or without.

    Returns
    -------
    pandas.DataFrame
        Without a project, ``message`` says why and the rest is null.

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
        key=("dbt_environment_id",),
        params={
            "sort": Param("sortField", "choice", choices("name")),
            "direction": SORT_DIRECTION,
        },
        columns={
            "dbt_environment_id": text("id", doc="Id of the environment"),
            "name": text("name", doc="Name as people see it"),
            "is_default_environment": flag("isDefaultEnvironment", doc="Whether it is the default"),
            "owner_id": text("ownerId", doc="Membership id of the owner; null when shared"),
            "target_schema": text("targetSchema", doc="Schema that dbt writes to"),
            "target_database": text("targetDatabase", doc="Database, when another"),
            "target_name": text("targetName", doc="Name of the target, when another"),
            "target_role": text("targetRole", doc="Role, when another"),
            "variables": Column(
                TEXT, ("variables",), "Variables, as JSON; without the values of secrets", as_json
            ),
        },
    ),
    parent=PARENT,
    ids={"connection_id": IDS_OF_CONNECTIONS},
)


@manual(DBT_ENVIRONMENTS)
def read_dbt_environments(
    connections: Parents,
    *,
    sort: str = "name",
    direction: str = "asc",
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the environments of dbt projects, one row per connection and environment.

    Parameters
    ----------
    sort : {"name"}, default "name"
        What to sort by, within each connection.

    Raises
    ------
    ForbiddenError
        Also for a connection whose kind of database cannot have dbt.

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


def _exposure(record: Record) -> list[Record]:
    """Lift the owner out of the exposure: paths of columns are two deep at most."""
    exposure = object_in(record, "exposure")
    told = {key: value for key, value in exposure.items() if key != "owner"}
    return [{**record, "exposure": told, "owner": exposure.get("owner")}]


DBT_EXPOSURES = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/dbt-exposures",
        key=("deduplication_name",),
        params={**BRANCH, "direction": SORT_DIRECTION},
        columns={
            "document_identifier": text(
                "dashboard_identifier", doc="Identifier of the document with the dashboard"
            ),
            "deduplication_name": text(
                "deduplication_name", doc="Name of the exposure that no other has"
            ),
            "exposure_name": text("exposure.name", doc="Name in dbt, which others may have too"),
            "exposure_type": text("exposure.type", doc="dashboard and others"),
            "label": text("exposure.label", doc="Name of the dashboard"),
            "url": text("exposure.url", doc="Where to open it"),
            "depends_on": Column(
                TEXT,
                ("exposure.depends_on",),
                "References to models of dbt, comma-joined",
                join_names,
            ),
            "owner_name": text("owner.name", doc="Name of the owner"),
            "owner_email": text("owner.email", doc="E-mail address of the owner"),
        },
        unfold=_exposure,
    ),
    long=True,
)


@manual(DBT_EXPOSURES)
def read_dbt_exposures(
    models: Parents,
    *,
    branch_id: str | None = None,
    direction: str = "asc",
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read dashboards as exposures of dbt, one row per dashboard on a shared model.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids or names of shared models, or a frame with ``model_id``, such as that of
        ``read_models(model_kind="SHARED")``.

    Returns
    -------
    pandas.DataFrame
        For a dashboard that uses no model of dbt all but the first three are null.

    Raises
    ------
    BadRequestError
        For a model that is not shared.

    See Also
    --------
    omnipd.read_documents : The documents themselves.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     exposures = omnipd.read_dbt_exposures(omnipd.read_models(model_kind="SHARED"))
    >>> exposures["exposure_type"].dropna().unique().tolist()
    ['dashboard']
    """
    return DBT_EXPOSURES.read(models, locals())
