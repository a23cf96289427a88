"""Models and what they hold: topics, fields, views, files, and what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from omnipd.arguments import IDS_OF_MODELS
from omnipd.client.client import Client
from omnipd.errors import ArgumentError, ResponseError
from omnipd.frames.columns import (
    TEXT,
    Column,
    as_json,
    count,
    flag,
    folder_path,
    format_name,
    instant,
    text,
)
from omnipd.frames.labels import join_each, join_names
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut, Parents
from omnipd.lists.params import Param, choices

_DIRECTION = Param("sortDirection", "choice", choices("asc", "desc"))
# Omni spells the branch in two ways, by endpoint (docs/wire.md).
_BRANCH = {"branch_id": Param("branch_id", "id")}
_CAMEL_BRANCH = {"branch_id": Param("branchId", "id")}


def _joined(key: str, doc: str) -> Column:
    """Declare what each branch of a model holds under a key, comma-joined."""
    return Column(
        TEXT,
        ("branches",),
        doc,
        lambda branches: join_each(branches, lambda branch: branch.get(key)),
    )


def _grains(held: Any) -> str:
    return join_names([one for one in held if one is not None] if isinstance(held, list) else held)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def _object(record: Record, key: str) -> Mapping[str, Any]:
    """Return an object inside a record; what is absent or null is empty."""
    held = record.get(key)
    if held is not None and not isinstance(held, dict):
        raise ResponseError(f"What stands under {key!r} is not an object.")
    return held or {}


def _objects(record: Record, key: str) -> list[Record]:
    """Return a list of objects inside a record; what is absent or null is empty."""
    return [] if record.get(key) is None else paging.rows_of(record, key)


def _items(record: Record, key: str) -> list[Any]:
    """Return a list of anything inside a record; what is absent or null is empty."""
    held = record.get(key)
    if held is not None and not isinstance(held, list):
        raise ResponseError(f"What stands under {key!r} is not a list.")
    return held or []


def _below_model(endpoint: Endpoint, *, none_said: str | None = None) -> FanOut:
    return FanOut(
        endpoint,
        ("model_id",),
        {"model_id": ("id",)},
        none_said=none_said,
        ids={"model_id": IDS_OF_MODELS},
    )


def _below_topic(endpoint: Endpoint) -> FanOut:
    return FanOut(
        endpoint,
        ("model_id", "topic"),
        {"topic": ("name",)},
        ids={"model_id": IDS_OF_MODELS},
    )


MODELS = Endpoint(
    "/api/v1/models",
    key=("id",),
    params={
        "model_id": Param("modelId", "id"),
        "name": Param("name"),
        "model_kind": Param(
            "modelKind",
            "choice",
            choices(
                "SCHEMA",
                "SHARED",
                "SHARED_EXTENSION",
                "BRANCH",
                "WORKBOOK",
                "QUERY",
                # In the documentation, and not in the specification (docs/wire.md).
                "TOPIC",
                "FIELD_PICKER_TOPIC",
            ),
        ),
        "base_model_id": Param("baseModelId", "id"),
        "connection_id": Param("connectionId", "id"),
        "include": Param("include", "list", choices(active_branches="activeBranches")),
        "include_deleted": Param("includeDeleted", "flag"),
        "sort": Param(
            "sortField",
            "choice",
            choices(
                "name",
                model_kind="modelKind",
                connection_id="connectionId",
                base_model_id="baseModelId",
                created_at="createdAt",
                updated_at="updatedAt",
            ),
        ),
        "direction": _DIRECTION,
    },
    columns={
        "id": text("id", doc="Model id"),
        "name": text("name", doc="Name; null for most workbook and query models"),
        "model_kind": text("modelKind", doc="SHARED, SCHEMA, BRANCH, WORKBOOK, QUERY and others"),
        "connection_id": text("connectionId", doc="Connection the model queries"),
        "base_model_id": text("baseModelId", doc="Model it builds on"),
        "created_at": instant("createdAt", doc="When it was made"),
        "updated_at": instant("updatedAt", doc="Last change"),
        "deleted_at": instant("deletedAt", doc="When it was deleted; null for one that is there"),
        "branch_ids": _joined("id", "Ids of the active branches, comma-joined"),
        "branch_names": _joined("name", "Names of the active branches, comma-joined"),
    },
)


def read_models(
    *,
    model_id: str | None = None,
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
    model_id : str, optional
        Only this one.
    name : str, optional
        Only models of this name; case does not matter.
    model_kind : str, optional
        ``"SHARED"``: the models that people work on; or ``"SCHEMA"``, ``"SHARED_EXTENSION"``,
        ``"BRANCH"``, ``"WORKBOOK"``, ``"QUERY"``, ``"TOPIC"``, ``"FIELD_PICKER_TOPIC"``. Without
        it workbook and query models make up most of the list.
    base_model_id, connection_id : str, optional
        Only models on this model, on this connection.
    include : {"active_branches"}, optional
        Optional fields to ask for. With None the columns of branches are null.
    include_deleted : bool, default False
        Also models that were deleted.
    sort : {"created_at", "updated_at", "name", "model_kind", "connection_id", "base_model_id"}
        What to sort by; default ``"created_at"``.
    direction : {"asc", "desc"}, default "asc"
        Always sent: Omni's own default differs between its sources.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``model_kind``, ``connection_id``, ``base_model_id`` (string),
        ``created_at``, ``updated_at``, ``deleted_at`` (timestamp[us, UTC]), ``branch_ids``,
        ``branch_names`` (string, comma-joined), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

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
    if include is not None and len(include) == 0:
        arguments["include"] = None
    return MODELS.read(arguments)


TOPICS = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/topic",
        key=("name",),
        pages=paging.whole,
        rows="topics",
        params=_BRANCH,
        columns={
            "name": text("name", doc="Name in queries"),
            "base_view_name": text(
                "base_view_name", doc="The view it starts from; null for a composite topic"
            ),
            "label": text("label", doc="Name as people see it"),
            "description": text("description", doc="Description"),
            "group_label": text("group_label", doc="Heading it stands under"),
            "hidden": flag("hidden", doc="Whether it is hidden; null where Omni does not say"),
            "is_composite": flag(
                "is_composite",
                doc="Whether it is made of other topics; null where Omni does not say",
            ),
            "topics": Column(
                TEXT, ("topics",), "The topics it is made of, comma-joined", join_names
            ),
        },
    )
)


def read_topics(
    models: Parents,
    *,
    branch_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the topics of models, one row each.

    One call per model.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Model ids, or a frame with ``model_id``, or ``id`` as :func:`omnipd.read_models` has it.
    branch_id : str, optional
        Read this branch of the model.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``name``, ``base_view_name``, ``label``, ``description``, ``group_label``
        (string), ``hidden``, ``is_composite`` (bool), ``topics``, ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_topic_fields : The fields of topics; takes this frame.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     topics = omnipd.read_topics(sandbox.models["flights"])
    >>> topics[["name", "base_view_name"]]
          name base_view_name
    0  flights        flights
    """
    return TOPICS.read(models, locals())


def _fields_of(topic: Record) -> Iterator[Record]:
    """Give every field of every view; which list it stands in says of what kind it is."""
    for view in paging.rows_of(topic, "views"):
        for kind, key in (
            ("dimension", "dimensions"),
            ("measure", "measures"),
            ("filter", "filter_only_fields"),
        ):
            for field in _objects(view, key):
                told = {"view_name": view.get("name"), **field, "kind": kind}
                told.pop("is_dimension", None)
                told.pop("filter_only_field", None)
                names = told.get("view_name"), told.get("field_name")
                if told.get("fully_qualified_name") is None and None not in names:
                    told["fully_qualified_name"] = ".".join(map(str, names))
                yield told


TOPIC_FIELDS = _below_topic(
    Endpoint(
        "/api/v1/models/{model_id}/topic/{topic}",
        key=("fully_qualified_name",),
        keyless="whole",
        pages=paging.single,
        rows="topic",
        params=_BRANCH,
        columns={
            "view": text("view_name", doc="View, by the name it has in the topic"),
            "field": text("field_name", doc="Name without the view"),
            "fully_qualified_name": text("fully_qualified_name", doc="Name in queries: view.field"),
            "kind": text("kind", doc="dimension, measure or filter"),
            "data_type": text("data_type", doc="STRING, NUMBER, TIMESTAMP, BOOLEAN and others"),
            "date_type": text("date_type", doc="For a time: a date or a timestamp; case varies"),
            "time_frames": Column(
                TEXT,
                ("time_frames",),
                "Grains of a time, comma-joined",
                _grains,
            ),
            "aggregate_type": text("aggregate_type", doc="How a measure aggregates"),
            "label": text("label", doc="Name as people see it"),
            "description": text("description", doc="Description"),
            "group_label": text("group_label", doc="Heading it stands under"),
            "format": Column(TEXT, ("format",), "How its values are written", format_name),
            "hidden": flag("hidden", doc="Whether it is hidden"),
            "sql": text(
                "sql", doc="Its SQL; null where it has none, or the key may not see it", none=""
            ),
            "tags": Column(TEXT, ("tags",), "Tags, comma-joined", join_names),
            "synonyms": Column(TEXT, ("synonyms",), "Synonyms, comma-joined", join_names),
            "view_label": text("view_label", doc="Name of the view as people see it"),
            "is_calc": flag("is_calc", doc="Whether it is a calculation of a workbook"),
            "parent_field": text("parent_field", doc="Field it is grouped under"),
            "parent_label": text("parent_label", doc="Name of that one as people see it"),
            "is_group_parent_field": flag(
                "is_group_parent_field", doc="Whether others are grouped under it"
            ),
            "display_order": count("display_order", doc="Place in its group"),
            "expr": Column(TEXT, ("expr",), "JSON of its expression, where it has one", as_json),
        },
        unfold=_fields_of,
    )
)


def read_topic_fields(
    topics: tuple[str, str] | Iterable[tuple[str, str]] | pd.DataFrame,
    *,
    branch_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the fields of topics, one row per topic and field: the field dictionary.

    One call per topic.

    Parameters
    ----------
    topics : (str, str), iterable of (str, str), or DataFrame
        Model id and topic name, or a frame as :func:`omnipd.read_topics` returns it: with
        ``model_id``, and ``topic`` or ``name``.
    branch_id : str, optional
        Read this branch of the model.
    errors : {"raise", "collect"}, default "raise"
        What a topic that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``topic``, ``view``, ``field``, ``fully_qualified_name``, ``kind``,
        ``data_type``, ``date_type``, ``time_frames``, ``aggregate_type``, ``label``,
        ``description``, ``group_label``, ``format`` (string), ``hidden`` (bool), ``sql``,
        ``tags``, ``synonyms``, ``view_label`` (string), ``is_calc`` (bool), ``parent_field``,
        ``parent_label`` (string), ``is_group_parent_field`` (bool), ``display_order`` (int64),
        ``expr``, ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_views : Names and kinds of the fields of all views, in one call per model.
    omnipd.read_relationships : How the views of a topic join; from the same answers.

    Notes
    -----
    A field comes once for each topic that offers it. For one row per field:
    ``fields.drop_duplicates(["model_id", "fully_qualified_name"])``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     fields = omnipd.read_topic_fields([(sandbox.models["orders"], "orders")])
    >>> fields.groupby("kind").size().index.tolist()
    ['dimension', 'measure']
    """
    return TOPIC_FIELDS.read(topics, locals())


RELATIONSHIPS = _below_topic(
    Endpoint(
        "/api/v1/models/{model_id}/topic/{topic}",
        key=("id",),
        keyless="whole",
        pages=paging.single,
        rows="topic",
        params=_BRANCH,
        columns={
            "id": text("id", doc="Relationship id"),
            "left_view": text("left_view_name", doc="View that is joined from"),
            "right_view": text("right_view_name", doc="View that is joined"),
            "join_type": text("join_type", doc="ALWAYS_LEFT and others"),
            "cardinality": text("type", doc="MANY_TO_ONE, ASSUMED_MANY_TO_ONE and others"),
            "sql": text("sql", doc="The condition"),
            "bidirectional": flag("bidirectional", doc="Whether it may be joined both ways"),
            "reversible": flag("reversible", doc="Whether it may be joined the other way round"),
            "ignored": flag("ignored", doc="Whether it is ignored"),
            "join_from_base_view": flag(
                "join_from_base_view", doc="Whether the join starts at the topic's base view"
            ),
        },
        unfold=lambda topic: paging.rows_of(topic, "relationships"),
    )
)


def read_relationships(
    topics: tuple[str, str] | Iterable[tuple[str, str]] | pd.DataFrame,
    *,
    branch_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read how the views of topics join, one row per topic and relationship.

    One call per topic.

    Parameters
    ----------
    topics : (str, str), iterable of (str, str), or DataFrame
        Model id and topic name, or a frame as :func:`omnipd.read_topics` returns it: with
        ``model_id``, and ``topic`` or ``name``.
    branch_id : str, optional
        Read this branch of the model.
    errors : {"raise", "collect"}, default "raise"
        What a topic that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``topic``, ``id``, ``left_view``, ``right_view``, ``join_type``,
        ``cardinality``, ``sql`` (string), ``bidirectional``, ``reversible``, ``ignored``,
        ``join_from_base_view`` (bool), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_topic_fields : The fields of topics, from the same answers.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     joins = omnipd.read_relationships([(sandbox.models["orders"], "orders")])
    >>> joins[["left_view", "right_view"]].head(1)
         left_view right_view
    0  order_items      users
    """
    return RELATIONSHIPS.read(topics, locals())


def _fields_of_view(view: Record) -> list[Record]:
    """Give a row per field; a view without fields has one all the same."""
    told = {"view": {key: value for key, value in view.items() if key != "fields"}}
    return [{**field, **told} for field in _objects(view, "fields")] or [told]


VIEWS = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/view",
        key=("view", "field"),
        pages=paging.whole,
        rows="views",
        params=_BRANCH,
        columns={
            "view": text("view.name", doc="Name of the view"),
            "view_label": text("view.label", doc="Its name as people see it"),
            "view_description": text("view.description", doc="Its description"),
            "view_hidden": flag(
                "view.hidden", doc="Whether it is hidden; null where Omni does not say"
            ),
            "field": text("name", doc="Name of the field; null for a view without fields"),
            "kind": text("type", doc="dimension, measure or filter"),
        },
        unfold=_fields_of_view,
    )
)


def read_views(
    models: Parents,
    *,
    branch_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the views of models, one row per view and field.

    One call per model. Hidden views, and those that no topic reaches, are there too.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Model ids, or a frame with ``model_id``, or ``id`` as :func:`omnipd.read_models` has it.
    branch_id : str, optional
        Read this branch of the model.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``view``, ``view_label``, ``view_description`` (string), ``view_hidden``
        (bool), ``field``, ``kind``, ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_topic_fields : Everything Omni says of a field.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     views = omnipd.read_views(sandbox.models["flights"])
    >>> sorted(views["view"].unique())
    ['airlines', 'airports', 'flights', 'planes', 'weather']
    """
    return VIEWS.read(models, locals())


def _schemas_of(answer: Record) -> list[Record]:
    schemas = answer.get("schemas")
    if not isinstance(schemas, list):
        raise ResponseError("The answer has no list of schemas.")
    return [{"schema": schema} for schema in schemas]


SCHEMAS = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/schemas",
        key=("schema",),
        pages=paging.single,
        rows=None,
        params=_BRANCH,
        columns={"schema": text("schema", doc="Schema of the database, with its catalog")},
        unfold=_schemas_of,
    )
)


def read_schemas(
    models: Parents,
    *,
    branch_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the schemas of the database that models can use, one row each.

    One call per model.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Model ids, or a frame with ``model_id``, or ``id`` as :func:`omnipd.read_models` has it.
    branch_id : str, optional
        Read this branch of the model.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``schema``, ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_views : The views of models.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     schemas = omnipd.read_schemas(sandbox.models["flights"])
    >>> schemas["schema"].str.endswith(".main").tolist()
    [True]
    """
    return SCHEMAS.read(models, locals())


def _files_of(answer: Record) -> list[Record]:
    if not isinstance(answer.get("files"), dict):
        raise ResponseError("The answer has no files.")
    views, checksums = _object(answer, "viewNames"), _object(answer, "checksums")
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


MODEL_FILES = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/yaml",
        key=("file_name",),
        pages=paging.single,
        rows=None,
        params={
            **_CAMEL_BRANCH,
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
            "view_name": text("view", doc="The view that it defines; null for other files"),
            "version": count("version", doc="Version of the model"),
        },
        unfold=_files_of,
    )
)


def read_model_files(
    models: Parents,
    *,
    branch_id: str | None = None,
    file_name: str | None = None,
    mode: str = "combined",
    fully_resolved: bool | None = None,
    include_schemas: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    r"""Read the YAML files of models, one row each.

    One call per model; its answer may be large.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Model ids, or a frame with ``model_id``, or ``id`` as :func:`omnipd.read_models` has it.
    branch_id : str, optional
        Read this branch of the model.
    file_name : str, optional
        A name, or a regular expression: write ``\.`` for a dot.
    mode : {"combined", "extension", "staged", "merged", "history"}, default "combined"
        The files as they take effect together, or those that the model changes itself, and others.
    fully_resolved : bool, optional
        Whether what a file extends is put in. Only with ``mode="combined"``.
    include_schemas : str, optional
        One schema of the database whose views to add, although the model does not use it.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``file_name``, ``yaml``, ``checksum``, ``view_name`` (string), ``version``
        (int64), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_model_issues : What is wrong in the files.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     files = omnipd.read_model_files(sandbox.models["flights"], file_name="flights.topic")
    >>> files[["file_name", "version"]]
           file_name  version
    0  flights.topic        1
    """
    arguments = dict(locals())
    if fully_resolved and mode != "combined":
        raise ArgumentError('fully_resolved=True goes with mode="combined" only.')
    return MODEL_FILES.read(models, arguments)


def _issues(
    fetch: paging.Fetch, params: Mapping[str, str], rows: paging.Rows
) -> Iterator[paging.Page]:
    """Read a list under its key, or bare as some servers send it."""
    answer = fetch(params)
    yield paging.Page(paging.rows_of(answer, None if isinstance(answer, list) else rows), None)


def _with_severity(issue: Record) -> list[Record]:
    """Put the older flag into the words of the newer severity."""
    told = {key: value for key, value in issue.items() if key != "is_warning"}
    warning = issue.get("is_warning")
    if told.get("severity") is None and isinstance(warning, bool):
        told["severity"] = "warning" if warning else "error"
    return [told]


MODEL_ISSUES = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/validate",
        pages=_issues,
        rows="issues",
        params=_CAMEL_BRANCH,
        columns={
            "severity": text("severity", doc="error or warning"),
            "message": text("message", doc="What is wrong"),
            "view": text("view", doc="View it is in"),
            "field": text("field", doc="Field it is in"),
            "yaml_path": text("yaml_path", doc="Where in the files it is"),
            "auto_fix": Column(TEXT, ("auto_fix",), "JSON of a change that would mend it", as_json),
        },
        unfold=_with_severity,
    )
)


def read_model_issues(
    models: Parents,
    *,
    branch_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what is wrong in models, one row per issue.

    One call per model. A model without issues has no row.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Model ids, or a frame with ``model_id``, or ``id`` as :func:`omnipd.read_models` has it.
    branch_id : str, optional
        Read this branch of the model.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``severity``, ``message``, ``view``, ``field``, ``yaml_path``, ``auto_fix``,
        ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_content_issues : What is wrong in the content on models.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     issues = omnipd.read_model_issues(sandbox.models["flights"])
    >>> len(issues)
    0
    """
    return MODEL_ISSUES.read(models, locals())


_ENTRY_KEYS = {
    "document_id",
    "identifier",
    "name",
    "type",
    "updated_at",
    "folder",
    "owner",
    "require_pull_request_to_publish",
}
_ISSUE_KEYS = {"queries_and_issues", "dashboard_filter_issues", "error"}


def _content_issues_of(answer: Record) -> Iterator[Record]:
    """Give a row per issue of a query, of a dashboard's filters, or of a whole document."""
    branch = _object(answer, "branch").get("id")
    for entry in paging.rows_of(answer, "content"):
        head = {key: value for key, value in entry.items() if key not in _ISSUE_KEYS}
        head["branch"] = branch
        found = list(_issues_of(entry))
        # What nobody knows may be an issue of a new kind: it is not lost with its document.
        if not found and not head.keys() <= _ENTRY_KEYS | {"branch"}:
            found = [{"scope": "document"}]
        for issue in found:
            yield {**head, "issue": issue}


def _issues_of(entry: Record) -> Iterator[Record]:
    if entry.get("error") is not None:
        yield _told(entry["error"]) | {"scope": "document"}
    for query in _objects(entry, "queries_and_issues"):
        for issue in _items(query, "issues"):
            of_query = {key: value for key, value in query.items() if key != "issues"}
            yield of_query | _told(issue) | {"scope": "query"}
    for issue in _items(entry, "dashboard_filter_issues"):
        yield _told(issue) | {"scope": "dashboard_filter"}


def _told(issue: Any) -> Record:
    """Return what an issue says: it is text, or an object with a message (docs/wire.md)."""
    if isinstance(issue, dict) and isinstance(issue.get("message"), str):
        return {key: value for key, value in issue.items() if key != "message"} | {
            "text": issue["message"]
        }
    return {"text": issue}


CONTENT_ISSUES = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/content-validator",
        pages=paging.single,
        rows=None,
        params={
            **_BRANCH,
            "find": Param("find"),
            "find_type": Param(
                "find_type", "choice", choices(field="FIELD", topic="TOPIC", view="VIEW")
            ),
            "folder_path": Param("folder_paths"),
            "include_personal_folders": Param("include_personal_folders", "flag"),
            "labels": Param("labels", "list"),
            "user_id": Param("userId", "id"),
        },
        # Without it every document comes, and is left out here.
        fixed={"content_filter_mode": "WITH_ISSUES"},
        columns={
            "branch_id": text("branch", doc="Branch that was asked for"),
            "document_id": text("document_id", doc="Another id of the document; not its key"),
            "document_identifier": text("identifier", doc="Identifier of the document or draft"),
            "document_name": text("name", doc="Its name"),
            "document_type": text("type", doc="Published, Draft and others"),
            "folder_name": text("folder.name", doc="Folder it is in"),
            "folder_path": folder_path("folder.path", doc="Path of that folder"),
            "owner_name": text("owner.name", doc="Name of its owner"),
            "owner_email": text("owner.email", doc="E-mail address of its owner"),
            "updated_at": instant("updated_at", doc="Last change of the document"),
            "require_pr": flag(
                "require_pull_request_to_publish", doc="Whether a change needs a pull request"
            ),
            "issue_scope": text("issue.scope", doc="query, dashboard_filter or document"),
            "query_name": text("issue.query_name", doc="Name of the query"),
            "query_presentation_id": text("issue.query_presentation_id", doc="Id of the query"),
            "query_key": text("issue.query_id_map_key", doc="Key of its tile"),
            "issue": Column(TEXT, ("issue.text",), "What is wrong", _as_text),
        },
        unfold=_content_issues_of,
    )
)


def read_content_issues(
    models: Parents,
    *,
    branch_id: str | None = None,
    find: str | None = None,
    find_type: str | None = None,
    folder_path: str | None = None,
    include_personal_folders: bool = False,
    labels: Sequence[str] | str | None = None,
    user_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what is wrong in the content on shared models, one row per issue.

    One call per model, for all its documents; it may take long. What is in order has no row.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids of shared models, or a frame with ``model_id``, or ``id`` as
        ``read_models(model_kind="SHARED")`` has it.
    branch_id : str, optional
        Hold the content against this branch of the model.
    find : str, optional
        Only content that uses this field (``view.field``), topic or view. With `find_type`.
    find_type : {"field", "topic", "view"}, optional
        What `find` names.
    folder_path : str, optional
        Only content in folders whose path starts with this.
    include_personal_folders : bool, default False
        Also content of one person only.
    labels : str or sequence of str, optional
        Only documents with one of these labels.
    user_id : str, optional
        Membership id of the person to act for. Default: that of the client.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``branch_id``, ``document_id``, ``document_identifier``, ``document_name``,
        ``document_type``, ``folder_name``, ``folder_path``, ``owner_name``, ``owner_email``
        (string), ``updated_at`` (timestamp[us, UTC]), ``require_pr`` (bool), ``issue_scope``,
        ``query_name``, ``query_presentation_id``, ``query_key``, ``issue``, ``extra`` (string).

    Raises
    ------
    BadRequestError
        For a model that is not shared, or a label that nobody made.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_model_issues : What is wrong in the models themselves.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     issues = omnipd.read_content_issues(sandbox.models["flights"])
    >>> issues.groupby("issue_scope").size().index.tolist()
    ['dashboard_filter', 'query']
    """
    arguments = dict(locals())
    if (find is None) != (find_type is None):
        raise ArgumentError("find= and find_type= go together; give both or none.")
    return CONTENT_ISSUES.read(models, arguments)


def _without_secret(settings: Record) -> list[Record]:
    """Leave out what must be in no column, should a server send it unasked."""
    return [{key: value for key, value in settings.items() if key != "webhookSecret"}]


MODEL_GIT = _below_model(
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
        unfold=_without_secret,
    ),
    # The words are not documented (docs/wire.md); another 404 is an error.
    none_said=r"\bgit\b",
)


def read_model_git(
    models: Parents,
    *,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read how shared models are tied to git, one row per model that is.

    One call per model. The secret of the webhook is never asked for.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids of shared models, or a frame with ``model_id``, or ``id`` as
        ``read_models(model_kind="SHARED")`` has it.
    errors : {"raise", "collect"}, default "raise"
        What a model that may not be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``auth_method``, ``base_branch`` (string), ``branch_per_pull_request``
        (bool), ``clone_url`` (string), ``git_follower`` (bool), ``git_service_provider``,
        ``model_path``, ``public_key``, ``require_pull_request``, ``web_url``, ``webhook_url``,
        ``extra`` (string).

    Raises
    ------
    BadRequestError
        For a model that is not shared.
    ArgumentError, APIError, NetworkError, ResponseError
        As for :func:`omnipd.read_content`.

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


def _exposure(record: Record) -> list[Record]:
    """Lift the owner out of the exposure: paths of columns are two deep at most."""
    exposure = _object(record, "exposure")
    told = {key: value for key, value in exposure.items() if key != "owner"}
    return [{**record, "exposure": told, "owner": exposure.get("owner")}]


DBT_EXPOSURES = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/dbt-exposures",
        key=("deduplication_name",),
        params={**_BRANCH, "direction": _DIRECTION},
        columns={
            "dashboard_identifier": text(
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
    )
)


def read_dbt_exposures(
    models: Parents,
    *,
    branch_id: str | None = None,
    direction: str = "asc",
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read dashboards as exposures of dbt, one row per dashboard on a shared model.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids of shared models, or a frame with ``model_id``, or ``id`` as
        ``read_models(model_kind="SHARED")`` has it.
    branch_id : str, optional
        Read this branch of the model.
    direction : {"asc", "desc"}, default "asc"
        Always sent.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``dashboard_identifier``, ``deduplication_name``, ``exposure_name``,
        ``exposure_type``, ``label``, ``url``, ``depends_on``, ``owner_name``, ``owner_email``,
        ``extra`` (string). For a dashboard that uses no model of dbt all but the first three are
        null.

    Raises
    ------
    BadRequestError
        For a model that is not shared.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_content : ``dashboard_identifier`` is its ``identifier``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     exposures = omnipd.read_dbt_exposures(omnipd.read_models(model_kind="SHARED"))
    >>> exposures["exposure_type"].dropna().unique().tolist()
    ['dashboard']
    """
    return DBT_EXPOSURES.read(models, locals())


MODEL_SUGGESTIONS = _below_model(
    Endpoint(
        "/api/v1/models/{model_id}/suggestions",
        key=("id",),
        keyless="whole",
        params={"status": Param("status", "choice", choices("active", "ignored", "all"))},
        columns={
            "id": text("id", doc="Suggestion id"),
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
            "ignored_by": text("ignoredBy", doc="Who ignored it"),
            "ai_modified_at": instant("aiModifiedAt", doc="When the AI last changed it"),
            "created_at": instant("createdAt", doc="When it was made"),
            "updated_at": instant("updatedAt", doc="Last change"),
        },
        # New, and its fields may change (docs/wire.md).
        exhaustive=False,
    )
)


def read_model_suggestions(
    models: Parents,
    *,
    status: str = "active",
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what Omni's AI would change in shared models, one row per suggestion.

    For administrators.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids of shared models, or a frame with ``model_id``, or ``id`` as
        ``read_models(model_kind="SHARED")`` has it.
    status : {"active", "ignored", "all"}, default "active"
        Which suggestions.
    errors : {"raise", "collect"}, default "raise"
        What a model that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``id``, ``category``, ``title``, ``rationale`` (string), ``priority``
        (int64), ``proposed_changes``, ``evidence``, ``ignore_reason`` (string), ``ignored_at``
        (timestamp[us, UTC]), ``ignored_by`` (string), ``ai_modified_at``, ``created_at``,
        ``updated_at`` (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    BadRequestError
        For a model that is not shared.
    ForbiddenError
        For a key that is no administrator's.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_models : The models there are.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as sandbox:
    ...     suggestions = omnipd.read_model_suggestions(sandbox.models["flights"], status="ignored")
    >>> suggestions["ignore_reason"].tolist()
    ['Known already.']
    """
    return MODEL_SUGGESTIONS.read(models, locals())
