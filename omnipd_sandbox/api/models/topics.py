"""Topics, and everything known of the fields they offer."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.models.compose import composed
from omnipd_sandbox.api.models.record import find_record, permissions_here
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model.joins import JoinTree, tree_of_topic
from omnipd_sandbox.engine.model.model import (
    Dimension,
    Measure,
    Model,
    Relationship,
    Topic,
    View,
)
from omnipd_sandbox.engine.model.yaml_parts import titled
from omnipd_sandbox.engine.plan.metadata import aggregate_type, data_type, date_type
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply, without_nulls
from omnipd_sandbox.organization import derived
from omnipd_sandbox.refused_query import Refused


def list_topics(call: Call) -> Reply:
    """Answer with the topics of a model."""
    model = composed(call)
    return json_reply(
        {
            "success": True,
            "topics": [
                *(
                    _topic(each)
                    for each in model.topics.values()
                    if each.composed_of or each.base_view in model.views
                ),
                *_composite(model, call),
            ],
        }
    )


def show_topic(call: Call) -> Reply:
    """Answer with one topic: its views with all their fields, and how they join."""
    model = composed(call)
    name = call.segments["topicName"]
    topic = model.topics.get(name)
    composite = [each for each in _composite(model, call) if each["name"] == name]
    if topic is not None:
        composite = [_topic(topic)] if topic.composed_of else []
    for each in composite:
        # What else its details hold is not known (docs/wire.md).
        return json_reply({"success": True, "topic": each | {"views": [], "relationships": []}})
    if topic is None:
        raise NotFound(f"Topic {name} not found")
    try:
        tree = tree_of_topic(model, topic)
    except Refused as refused:
        raise NotFound(refused.message) from None
    has_ids = call.world.behavior.relationship_ids
    view_sql = "VIEW_SQL" in permissions_here(find_record(call), call)
    detail = _topic(topic) | {
        "views": [
            _view(alias, node.view, topic, may_view_sql=view_sql)
            for alias, node in tree.nodes.items()
        ],
        "relationships": [
            {key: value for key, value in each.items() if key != "id" or has_ids}
            for each in _relationships(model, topic, tree)
        ],
        "default_filters": {key: dict(value) for key, value in topic.default_filters.items()},
        "always_where_filters": {
            key: dict(value) for key, value in topic.always_where_filters.items()
        },
        "join_via_map": {alias: _path(tree, alias) for alias in tree.nodes if alias != tree.base},
        "join_via_map_key_order": [alias for alias in tree.nodes if alias != tree.base],
        "ide_file_name": topic.path,
    }
    return json_reply({"success": True, "topic": detail})


def _composite(model: Model, call: Call) -> list[dict[str, Any]]:
    """Give the topic that is made of all others, where this Omni has such."""
    if not call.world.behavior.composite_topic:
        return []
    topics = [each.name for each in model.topics.values() if each.base_view in model.views]
    return [{"name": "everything", "label": "Everything", "is_composite": True, "topics": topics}]


def _topic(topic: Topic) -> dict[str, Any]:
    made: dict[str, Any] = {"base_view_name": topic.base_view}
    if topic.composed_of:
        made = {"is_composite": True, "topics": list(topic.composed_of)}
    record: dict[str, Any] = {"name": topic.name, **made, "label": topic.label}
    optional = {
        "description": topic.description,
        "group_label": topic.group_label,
        "hidden": topic.hidden or None,
    }
    return record | without_nulls(optional)


def _view(alias: str, view: View, topic: Topic, *, may_view_sql: bool) -> dict[str, Any]:
    dimensions = [each for each in view.dimensions.values() if topic.offers(f"{alias}.{each.name}")]
    measures = [each for each in view.measures.values() if topic.offers(f"{alias}.{each.name}")]
    label = view.label if alias == view.name else titled(alias)
    record: dict[str, Any] = {
        "name": alias,
        "label": label,
        "description": view.description,
        "hidden": view.hidden,
        "schema": view.schema or "main",
        "schema_label": titled(view.schema or "main"),
        "table_name": view.table,
        "yaml_path": view.path,
        "ide_file_name": view.path,
        "primary_key": [
            {"type": "field", "field_name": str(name)}
            for part in view.primary_key
            for name in part.references
        ],
        "is_pseudo_display_view": False,
        "dimensions": [_field(each, alias, label, may_view_sql) for each in dimensions],
        "measures": [_field(each, alias, label, may_view_sql) for each in measures],
        "filter_only_fields": [],
    }
    return without_nulls(record)


def _field(
    field: Dimension | Measure, alias: str, view_label: str, may_view_sql: bool
) -> dict[str, Any]:
    sql = field.sql.text if field.sql else None
    described: dict[str, Any] = {
        "field_name": field.name,
        "view_name": alias,
        "fully_qualified_name": f"{alias}.{field.name}",
        "data_type": data_type(field.sql_type),
        "is_dimension": isinstance(field, Dimension),
        "is_calc": False,
        "label": field.label,
        "description": field.description,
        "view_label": view_label,
        "group_label": field.group_label,
        "aggregate_type": aggregate_type(field),
        "date_type": date_type(field.sql_type),
        "format": field.format,
        # Blank, not absent, for those who may not see it.
        "sql": sql if may_view_sql or sql is None else "",
        "filter_only_field": False,
        "hidden": field.hidden,
    }
    duration = field.duration if isinstance(field, Dimension) else None
    if duration is not None:
        described["data_type"] = "INTERVAL"
    if isinstance(field, Dimension) and (duration or date_type(field.sql_type)):
        # The first is null: the field itself, without a time frame (docs/wire.md).
        described["time_frames"] = [None, *field.timeframes]
    return without_nulls(described)


def _relationships(model: Model, topic: Topic, tree: JoinTree) -> list[dict[str, Any]]:
    return [
        _relationship(each)
        for each in (*topic.relationships, *model.relationships)
        if each.left in tree.nodes and each.right in tree.nodes
    ]


def _relationship(relationship: Relationship) -> dict[str, Any]:
    left, right = relationship.left, relationship.right
    return {
        "id": relationship.id or derived.stable_uuid("relationship", left, right),
        "left_view_name": left,
        "right_view_name": right,
        "join_type": relationship.join_type.upper(),
        # The cardinality is called type, not relationship_type (docs/wire.md).
        "type": relationship.kind.upper(),
        "sql": relationship.on.text,
        "reversible": relationship.reversible,
    }


def _path(tree: JoinTree, alias: str) -> list[str]:
    path: list[str] = []
    parent = tree.nodes[alias].parent
    while parent is not None:
        path.insert(0, parent)
        parent = tree.nodes[parent].parent
    return path
