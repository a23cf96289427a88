"""Topics, read from their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.engine.model.file_names import COMPOSITE_TOPIC
from omnipd_sandbox.engine.model.grants import AccessFilter
from omnipd_sandbox.engine.model.keys import ACCESS_FILTER, TOPIC, NotModeled
from omnipd_sandbox.engine.model.model import Topic
from omnipd_sandbox.engine.model.read_relationships import read_relationships
from omnipd_sandbox.engine.model.yaml_parts import (
    Body,
    Parts,
    kind_of,
    optional_text,
    said,
    texts,
    titled,
    unmodeled,
)


def checked_topic(document: Any, parts: Parts) -> dict[str, Any]:
    """Read the file of a topic by the keys that topics may have."""
    body = parts.checked(document, TOPIC)
    if said(body, "joins"):
        problem = _problem_of_joins(body["joins"])
        if problem:
            parts.issue(problem)
            body["joins"] = NotModeled("joins that cannot be read")
    return body


def _problem_of_joins(joins: Mapping[str, Any]) -> str | None:
    """Tell what is wrong with a tree of joins; None for one that can be read."""
    waiting = [joins]
    while waiting:
        for name, inner in waiting.pop().items():
            if inner is not None and not isinstance(inner, Mapping):
                return f'The join of "{name}" must be a mapping, not {kind_of(inner)}'
            waiting.append(inner or {})
    return None


@dataclass(frozen=True)
class TopicReader:
    """Read topics; `access` and `grants` are what the model says for those that say nothing."""

    parts: Parts
    access: tuple[AccessFilter, ...] | None
    grants: tuple[str, ...]

    def read(self, name: str, body: Body, path: str) -> Topic:
        """Read a topic, from the file of that path."""
        parts = self.parts
        missing = list(unmodeled(body))
        composed_of = texts(said(body, "topics"))
        if composed_of or path.endswith(f".{COMPOSITE_TOPIC}"):
            # What a query on it answers is not known (docs/wire.md).
            parts.issue("Not modeled: composite topics")
            missing.append("topics made of topics")
        if not said(body, "base_view") and not missing:
            parts.issue(f'Topic "{name}" has no base_view')
        where, having = (
            parts.optional_sql(said(body, key)) for key in ("always_where_sql", "always_having_sql")
        )
        for key, read in (("always_where_sql", where), ("always_having_sql", having)):
            if said(body, key) is not None and read is None:
                missing.append(f"{key} that cannot be read")
        access: tuple[AccessFilter, ...] | None = self.access
        if "access_filters" in body:
            access = read_access_filters(said(body, "access_filters"), parts)
        if access is None:
            missing.append("access_filters that cannot be read")
        relationships, unread = read_relationships(said(body, "relationships"), parts)
        if unread:
            missing.append("relationships that cannot be read")
        fields = said(body, "fields")
        return Topic(
            name=name,
            label=optional_text(said(body, "label")) or titled(name),
            base_view=str(said(body, "base_view", "")),
            path=path,
            description=optional_text(said(body, "description")),
            group_label=optional_text(said(body, "group_label")),
            hidden=said(body, "hidden", False),
            composed_of=composed_of,
            joins=said(body, "joins") or {},
            relationships=relationships,
            fields=None if fields is None else texts(fields),
            default_filters=parts.filters(said(body, "default_filters")),
            always_where_sql=where,
            always_where_filters=parts.filters(said(body, "always_where_filters")),
            always_having_sql=having,
            always_having_filters=parts.filters(said(body, "always_having_filters")),
            access_filters=access or (),
            grants=(parts.grants(body) if "required_access_grants" in body else self.grants),
            unmodeled=tuple(missing),
        )


def read_access_filters(document: Any, parts: Parts) -> tuple[AccessFilter, ...] | None:
    """Read access filters; None when any cannot be read, which must not open anything."""
    found = []
    for each in document or ():
        body = parts.checked(each, ACCESS_FILTER)
        field, attribute = said(body, "field"), said(body, "user_attribute")
        if field is None or attribute is None:
            parts.issue("An access filter needs field and user_attribute")
        if field is None or attribute is None or unmodeled(body):
            return None
        found.append(
            AccessFilter(
                str(field),
                str(attribute),
                frozenset(texts(said(body, "values_for_unfiltered"))),
                said(body, "enable_sql_like_wildcards", False),
            )
        )
    return tuple(found)
