"""Models and what they hold: topics, fields, views, files, and what is wrong in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from omnipd.arguments import argument, as_list
from omnipd.client.client import Client
from omnipd.errors import ArgumentError, ResponseError
from omnipd.frames.columns import (
    TEXT,
    Column,
    as_json,
    count,
    flag,
    instant,
    text,
)
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import Param, choices
from omnipd.lists.parents import Parents
from omnipd.readers.below_model import BRANCH, CAMEL_BRANCH, below_model
from omnipd.readers.model_list import MODELS
from omnipd.readers.record_parts import object_in, without


@manual(MODELS)
def read_models(
    *,
    model: str | None = None,
    name: str | None = None,
    model_kind: str | None = None,
    base_model_id: str | None = None,
    connection_id: str | None = None,
    include: Sequence[str] | str | None = "active_branches",
    include_deleted: bool = False,
    sort: str = "created_at",
    direction: str = "asc",
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read models, one row each.

    Parameters
    ----------
    model : str, optional
        Only this model: its id, or the name of a shared one.
    name : str, optional
        Only models of this name; case does not matter.
    model_kind : {"SHARED", "SCHEMA", "SHARED_EXTENSION", "BRANCH", "WORKBOOK", "QUERY", "TOPIC", \
"FIELD_PICKER_TOPIC"}, optional
        Only models of this kind; ``SHARED`` are those that people work on. Without it workbook and
        query models make up most of the list.
    base_model_id : str, optional
        Only models on this model: its id, or the name of a shared one.
    connection_id : str, optional
        Only models on this connection.
    include : {"active_branches"}, optional
        Optional fields to ask for. With None the columns of branches are null.
    include_deleted : bool, default False
        Also models that were deleted.
    sort : {"created_at", "updated_at", "name", "model_kind", "connection_id", "base_model_id"}, \
default "created_at"
        What to sort by.

    See Also
    --------
    omnipd.read_topics, omnipd.read_views, omnipd.read_model_files : What is in them.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     models = omnipd.read_models(model_kind="SHARED", sort="name")
    >>> models["name"].tolist()
    ['flights', 'orders']
    """
    arguments = dict(locals())
    arguments["include"] = as_list("include", include) or None
    return MODELS.read(arguments)


def _schemas_of(answer: Record) -> list[Record]:
    schemas = answer.get("schemas")
    if not isinstance(schemas, list):
        raise ResponseError("The answer has no list of schemas.")
    return [{"schema": schema} for schema in schemas]


SCHEMAS = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/schemas",
        key=("schema",),
        pages=paging.single,
        rows=None,
        params=BRANCH,
        columns={"schema": text("schema", doc="Schema of the database, with its catalog")},
        unfold=_schemas_of,
    )
)


@manual(SCHEMAS)
def read_schemas(
    models: Parents,
    *,
    branch_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the schemas of the database that models can use, one row each.

    One call per model.

    See Also
    --------
    omnipd.read_views : The views of models.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     schemas = omnipd.read_schemas("flights")
    >>> schemas["schema"].str.endswith(".main").tolist()
    [True]
    """
    return SCHEMAS.read(models, locals())


def _files_of(answer: Record) -> list[Record]:
    if not isinstance(answer.get("files"), dict):
        raise ResponseError("The answer has no files.")
    views, checksums = object_in(answer, "viewNames"), object_in(answer, "checksums")
    return [
        {
            "file": name,
            "yaml": yaml,
            "checksum": checksums.get(name),
            "view": views.get(name),
            "version": answer.get("version"),
        }
        for name, yaml in answer["files"].items()
    ]


MODEL_FILES = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/yaml",
        key=("file_name",),
        pages=paging.single,
        rows=None,
        params={
            **CAMEL_BRANCH,
            "file_name": Param("fileName"),
            "mode": Param(
                "mode", "choice", choices("combined", "extension", "staged", "merged", "history")
            ),
            "fully_resolved": Param("fullyResolved", "flag"),
            "include_schemas": Param("includeSchemas"),
        },
        fixed={"includeChecksums": "true"},
        columns={
            "file_name": text("file", doc="Name of the file, with its folder"),
            "yaml": text("yaml", doc="What is in it"),
            "checksum": text("checksum", doc="Its checksum"),
            "view": text("view", doc="The view that it defines; null for other files"),
            "version": count("version", doc="Version of the model"),
        },
        unfold=_files_of,
    )
)


@manual(MODEL_FILES)
def read_model_files(
    models: Parents,
    *,
    branch_id: str | None = None,
    file_name: str | None = None,
    mode: str = "combined",
    fully_resolved: bool | None = None,
    include_schemas: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    r"""Read the YAML files of models, one row each.

    One call per model; its answer may be large.

    Parameters
    ----------
    file_name : str, optional
        A name, or a regular expression: write ``\.`` for a dot.
    mode : {"combined", "extension", "staged", "merged", "history"}, default "combined"
        The files as they take effect together, or those that the model changes itself, and others.
    fully_resolved : bool, optional
        Whether what a file extends is put in. Only with ``mode="combined"``.
    include_schemas : str, optional
        One schema of the database whose views to add, although the model does not use it.

    See Also
    --------
    omnipd.read_model_issues : What is wrong in the files.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     files = omnipd.read_model_files("flights", file_name="flights.topic")
    >>> files[["file_name", "version"]]
           file_name  version
    0  flights.topic        1
    """
    arguments = dict(locals())
    if fully_resolved and mode != "combined":
        raise ArgumentError(
            argument("fully_resolved", True)
            + " goes with "
            + argument("mode", "combined")
            + " only."
        )
    return MODEL_FILES.read(models, arguments)


MODEL_GIT = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/git",
        pages=paging.single,
        rows=None,
        columns={
            "auth_method": text("authMethod", doc="ssh or https_token"),
            "base_branch": text("baseBranch", doc="Branch that pull requests go to"),
            "branch_per_pull_request": flag(
                "branchPerPullRequest", doc="Whether every pull request makes a branch in Omni"
            ),
            "clone_url": text("cloneUrl", "sshUrl", doc="Address to clone from"),
            "git_follower": flag(
                "gitFollower", doc="Whether the model changes by merged pull requests only"
            ),
            "git_service_provider": text("gitServiceProvider", doc="Who keeps the repository"),
            "model_path": text("modelPath", doc="Folder of the model in it; null: at its top"),
            "public_key": text("publicKey", doc="Public key that Omni shows; null for a token"),
            "require_pull_request": text("requirePullRequest", doc="always, users-only or never"),
            "web_url": text("webUrl", doc="Where to look at the repository"),
            "webhook_url": text("webhookUrl", doc="Where its events are to be sent"),
        },
        # What must be in no column, should a server send it unasked.
        unfold=without("webhookSecret"),
    ),
    # The words are not documented (docs/wire.md); another 404 is an error.
    none_said=r"\bgit\b",
)


@manual(MODEL_GIT)
def read_model_git(
    models: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read how shared models are tied to git, one row per model that is.

    One call per model. The secret of the webhook is never asked for.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids or names of shared models, or a frame with ``model_id``, such as that of
        ``read_models(model_kind="SHARED")``.

    Raises
    ------
    BadRequestError
        For a model that is not shared.

    See Also
    --------
    omnipd.read_models : The models there are.

    Notes
    -----
    Omni answers the same for a model without git and for one that does not exist: no row.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     git = omnipd.read_model_git(omnipd.read_models(model_kind="SHARED"))
    >>> git["base_branch"].tolist()
    ['main']
    """
    return MODEL_GIT.read(models, locals())


MODEL_SUGGESTIONS = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/suggestions",
        key=("suggestion_id",),
        keyless="whole",
        params={"status": Param("status", "choice", choices("active", "ignored", "all"))},
        columns={
            "suggestion_id": text("id", doc="Suggestion id"),
            "category": text("category", doc="What kind of change it is"),
            "title": text("title", doc="The change in a line"),
            "rationale": text("rationale", doc="Why"),
            "priority": count("priority", doc="The lower, the more pressing"),
            "proposed_changes": Column(
                TEXT, ("proposedChanges",), "JSON of the proposed changes", as_json
            ),
            "evidence": Column(TEXT, ("evidence",), "JSON of what gave rise to it", as_json),
            "ignore_reason": text("ignoreReason", doc="Why it was ignored"),
            "ignored_at": instant("ignoredAt", doc="When it was ignored; null: it was not"),
            "ignored_by_id": text("ignoredBy", doc="Who ignored it"),
            "ai_modified_at": instant("aiModifiedAt", doc="When the AI last changed it"),
            "created_at": instant("createdAt", doc="When it was made"),
            "updated_at": instant("updatedAt", doc="Last change"),
        },
        # New, and its fields may change (docs/wire.md).
        exhaustive=False,
    ),
    long=True,
)


@manual(MODEL_SUGGESTIONS)
def read_model_suggestions(
    models: Parents,
    *,
    status: str = "active",
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what Omni's AI would change in shared models, one row per suggestion.

    For administrators.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids or names of shared models, or a frame with ``model_id``, such as that of
        ``read_models(model_kind="SHARED")``.
    status : {"active", "ignored", "all"}, default "active"
        Which suggestions.

    Raises
    ------
    BadRequestError
        For a model that is not shared.
    ForbiddenError
        For a key that is no administrator's.

    See Also
    --------
    omnipd.read_models : The models there are.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     suggestions = omnipd.read_model_suggestions("flights", status="ignored")
    >>> suggestions["ignore_reason"].tolist()
    ['Known already.']
    """
    return MODEL_SUGGESTIONS.read(models, locals())
