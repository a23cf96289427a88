"""Topics and views of models, their fields, and how they join."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import (
    TEXT,
    Column,
    as_json,
    count,
    flag,
    format_name,
    text,
)
from omnipd.frames.labels import join_names
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.parents import Parents
from omnipd.readers.below_model import BRANCH, Topics, below_model, below_topic, topics_of
from omnipd.readers.record_parts import objects_in


def _timeframes(held: Any) -> str:
    return join_names([one for one in held if one is not None] if isinstance(held, list) else held)


TOPICS = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/topic",
        key=("topic",),
        pages=paging.whole,
        rows="topics",
        params=BRANCH,
        columns={
            "topic": text("name", doc="Name in queries"),
            "base_view": text(
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


@manual(TOPICS)
def read_topics(
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
    """Read the topics of models, one row each.

    One call per model.

    See Also
    --------
    omnipd.read_topic_fields : The fields of topics; takes this frame.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     topics = omnipd.read_topics("flights")
    >>> topics[["topic", "base_view"]]
         topic base_view
    0  flights   flights
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
            for field in objects_in(view, key):
                told = {"view_name": view.get("name"), **field, "kind": kind}
                told.pop("is_dimension", None)
                told.pop("filter_only_field", None)
                names = told.get("view_name"), told.get("field_name")
                if told.get("fully_qualified_name") is None and None not in names:
                    told["fully_qualified_name"] = ".".join(map(str, names))
                yield told


TOPIC_FIELDS = below_topic(
    Endpoint(
        "/api/v1/models/{model_id}/topic/{topic}",
        key=("fully_qualified_name",),
        keyless="whole",
        pages=paging.single,
        rows="topic",
        params=BRANCH,
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
                "Timeframes of a time, comma-joined",
                _timeframes,
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


@manual(TOPIC_FIELDS)
def read_topic_fields(
    model: Topics,
    topic: str | None = None,
    *,
    branch_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the fields of topics, one row per topic and field: the field dictionary.

    One call per topic.

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
    >>> with omnipd.sandbox():
    ...     fields = omnipd.read_topic_fields("orders", "orders")
    >>> fields.groupby("kind").size().index.tolist()
    ['dimension', 'measure']
    """
    return TOPIC_FIELDS.read(topics_of(model, topic), locals())


RELATIONSHIPS = below_topic(
    Endpoint(
        "/api/v1/models/{model_id}/topic/{topic}",
        key=("relationship_id",),
        keyless="whole",
        pages=paging.single,
        rows="topic",
        params=BRANCH,
        columns={
            "relationship_id": text("id", doc="Relationship id"),
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


@manual(RELATIONSHIPS)
def read_relationships(
    model: Topics,
    topic: str | None = None,
    *,
    branch_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read how the views of topics join, one row per topic and relationship.

    One call per topic.

    See Also
    --------
    omnipd.read_topic_fields : The fields of topics, from the same answers.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     joins = omnipd.read_relationships("orders", "orders")
    >>> joins[["left_view", "right_view"]].head(1)
         left_view right_view
    0  order_items      users
    """
    return RELATIONSHIPS.read(topics_of(model, topic), locals())


def _fields_of_view(view: Record) -> list[Record]:
    """Give a row per field; a view without fields has one all the same."""
    told = {"view": {key: value for key, value in view.items() if key != "fields"}}
    return [{**field, **told} for field in objects_in(view, "fields")] or [told]


VIEWS = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/view",
        key=("view", "field"),
        pages=paging.whole,
        rows="views",
        params=BRANCH,
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


@manual(VIEWS)
def read_views(
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
    """Read the views of models, one row per view and field.

    One call per model. Hidden views, and those that no topic reaches, are there too.

    See Also
    --------
    omnipd.read_topic_fields : Everything Omni says of a field.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     views = omnipd.read_views("flights")
    >>> sorted(views["view"].unique())
    ['airlines', 'airports', 'flights', 'planes', 'weather']
    """
    return VIEWS.read(models, locals())
