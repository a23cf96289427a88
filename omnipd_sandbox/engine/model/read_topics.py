"""Topics and relationships, read from their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd_sandbox.engine.model.grants import AccessFilter
from omnipd_sandbox.engine.model.model import Relationship, Topic
from omnipd_sandbox.engine.model.references import SqlText
from omnipd_sandbox.engine.model.yaml_parts import Parts, titled

_OF_TOPICS = {
    "base_view", "joins", "relationships", "fields", "always_where_sql", "always_where_filters",
    "always_having_sql", "always_having_filters", "access_filters", "required_access_grants",
}  # fmt: skip
_OF_RELATIONSHIPS = {
    "id", "join_from_view", "join_from_view_as", "join_to_view", "join_to_view_as", "join_type",
    "relationship_type", "on_sql", "reversible",
}  # fmt: skip
_OF_ACCESS_FILTERS = {
    "field", "user_attribute", "values_for_unfiltered", "enable_sql_like_wildcards",
}  # fmt: skip
_JOIN_TYPES = {"always_left", "inner", "full_outer", "cross"}
_CARDINALITIES = {
    "one_to_one", "many_to_one", "one_to_many", "many_to_many", "assumed_many_to_one",
}  # fmt: skip


def read_topic(stem: str, body: Mapping[str, Any], default_access: Any, parts: Parts) -> Topic:
    """Read a topic; `default_access` are the access filters of one that names none."""
    unmodeled = parts.unmodeled(body, _OF_TOPICS, view=None)
    if not body.get("base_view"):
        parts.issue(f'Topic "{stem}" has no base_view')
    where = body.get("always_where_sql")
    sql = parts.optional_sql(where, None, None)
    if where is not None and sql is None:
        unmodeled = (*unmodeled, "always_where_sql that cannot be read")
    having = parts.optional_sql(body.get("always_having_sql"), None, None)
    if "always_having_sql" in body and having is None:
        unmodeled = (*unmodeled, "always_having_sql that cannot be read")
    access = _access_filters(body.get("access_filters", default_access), parts)
    if access is None:
        unmodeled = (*unmodeled, "access_filters that cannot be read")
    fields = body.get("fields")
    return Topic(
        name=stem,
        label=body.get("label") or titled(stem),
        base_view=str(body.get("base_view") or ""),
        description=body.get("description"),
        group_label=body.get("group_label"),
        hidden=bool(body.get("hidden")),
        joins=parts.mapping(body.get("joins")),
        relationships=read_relationships(body.get("relationships"), parts),
        fields=None if fields is None else tuple(str(each) for each in fields),
        always_where_sql=sql,
        always_where_filters=parts.filters(body.get("always_where_filters")),
        always_having_sql=having,
        always_having_filters=parts.filters(body.get("always_having_filters")),
        access_filters=access or (),
        grants=parts.grants(body, None, None),
        unmodeled=unmodeled,
    )


def _access_filters(document: Any, parts: Parts) -> tuple[AccessFilter, ...] | None:
    """Read access filters; None when any cannot be read, which must not open anything."""
    found = []
    for each in document if isinstance(document, list) else [document] if document else []:
        body = parts.mapping(each)
        unknown = parts.unmodeled(body, _OF_ACCESS_FILTERS, view=None)
        if unknown or not body.get("field") or not body.get("user_attribute"):
            parts.issue("An access filter needs field and user_attribute")
            return None
        unfiltered = body.get("values_for_unfiltered") or []
        found.append(
            AccessFilter(
                str(body["field"]),
                str(body["user_attribute"]),
                frozenset(map(str, unfiltered if isinstance(unfiltered, list) else [unfiltered])),
                bool(body.get("enable_sql_like_wildcards")),
            )
        )
    return tuple(found)


def read_relationships(document: Any, parts: Parts) -> tuple[Relationship, ...]:
    """Read how views are joined."""
    found = []
    for each in document if isinstance(document, list) else ():
        body = parts.mapping(each)
        left, right = body.get("join_from_view"), body.get("join_to_view")
        if not left or not right:
            parts.issue("A relationship needs join_from_view and join_to_view")
            continue
        on = parts.optional_sql(body.get("on_sql"), None, None)
        if body.get("join_type") == "cross" and "on_sql" not in body:
            on = SqlText.parse("TRUE")
        if on is None:
            parts.issue(f"The relationship from {left} to {right} has no readable on_sql")
            continue
        found.append(_relationship(body, str(left), str(right), on, parts))
    return tuple(found)


def _relationship(
    body: Mapping[str, Any], left: str, right: str, on: SqlText, parts: Parts
) -> Relationship:
    unmodeled = parts.unmodeled(body, _OF_RELATIONSHIPS, view=None)
    join_type = body.get("join_type", "always_left")
    # A cross join repeats both sides, whatever they hold.
    cross = join_type == "cross"
    kind = body.get("relationship_type", "many_to_many" if cross else "assumed_many_to_one")
    if join_type not in _JOIN_TYPES:
        parts.issue(f"Not modeled: join_type {join_type} from {left} to {right}")
        unmodeled = (*unmodeled, f"join_type {join_type}")
    if kind not in _CARDINALITIES:
        parts.issue(f"Not modeled: relationship_type {kind} from {left} to {right}")
        unmodeled = (*unmodeled, f"relationship_type {kind}")
    return Relationship(
        left=str(body.get("join_from_view_as", left)),
        left_view=left,
        right=str(body.get("join_to_view_as", right)),
        right_view=right,
        on=on,
        join_type=join_type,
        kind=kind,
        reversible=bool(body.get("reversible")),
        id=body.get("id"),
        unmodeled=unmodeled,
    )
