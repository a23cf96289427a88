"""The filters that topics put on every query, tried as soon as the types of fields are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import Fields
from omnipd_sandbox.engine.model.model import Issue, Relationship, Topic, View
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.yaml_filters import problems
from omnipd_sandbox.refused_query import Refused

# What a filter says of relative dates has no bearing on whether it fits.
_ANY_MOMENT = Circumstances(datetime.fromisoformat("2000-01-01"))


def issues_of_topics(
    topics: Mapping[str, Topic],
    views: Mapping[str, View],
    relationships: tuple[Relationship, ...],
) -> list[Issue]:
    """Tell which filters of topics do not fit their fields."""
    return [
        Issue(message, yaml_path=f"{topic.name}.topic")
        for topic in topics.values()
        for message in _misfits(topic, views, relationships)
    ]


def _misfits(
    topic: Topic, views: Mapping[str, View], relationships: tuple[Relationship, ...]
) -> Iterator[str]:
    aliases = {name: name for name in views}
    for each in (*relationships, *topic.relationships):
        aliases |= {each.left: each.left_view, each.right: each.right_view}
    reached = {alias: views[name] for alias, name in aliases.items() if name in views}
    if topic.base_view not in reached:
        return
    fields = Fields(reached, topic.base_view, _ANY_MOMENT)
    for filters, of_groups in (
        (topic.always_where_filters, False),
        (topic.always_having_filters, True),
    ):
        for name, operators in filters.items():
            if _is_known(name, fields, topic.base_view) and not any(problems(operators)):
                yield from _refusal(fields, topic, name, operators, of_groups=of_groups)


def _is_known(text: str, fields: Fields, base: str) -> bool:
    """Tell whether a field is there, and is not refused for itself."""
    name = FieldName.parse(str(text))
    found = fields.find(FieldName(name.view or base, name.field)) if name else None
    return found is not None and not found.unmodeled


def _refusal(
    fields: Fields, topic: Topic, name: str, operators: Mapping[str, Any], *, of_groups: bool
) -> Iterator[str]:
    try:
        fields.model_conditions(topic.base_view, {name: operators}, of_groups=of_groups)
    except Refused as refused:
        yield refused.message
