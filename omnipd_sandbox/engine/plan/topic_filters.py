"""What a topic puts on every query, and on the queries of some users."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from sqlglot import exp

from omnipd_sandbox.engine.model.fields import Fields
from omnipd_sandbox.engine.model.filters import condition
from omnipd_sandbox.engine.model.grants import AccessFilter
from omnipd_sandbox.engine.model.model import Dimension, Measure, Topic
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.refused_query import Refused


@dataclass(frozen=True)
class TopicFilter:
    """Hold one of a topic's filters: the key that says it, and how it is written."""

    key: str
    # None when it does not restrict the acting user.
    write: Callable[[Fields], exp.Expression | None]
    of_groups: bool = False


def topic_filters(topic: Topic, base: str) -> Iterator[TopicFilter]:
    """List the filters of a topic whose base view has that name."""
    where, having = topic.always_where_sql, topic.always_having_sql
    if where is not None:
        yield TopicFilter(
            "always_where_sql",
            lambda fields: where.over(base, lambda name: fields.row_value(name, base)),
        )
    for name, operators in topic.always_where_filters.items():
        yield TopicFilter(
            "always_where_filters",
            partial(_condition, name=name, operators=operators, base=base, of_groups=False),
        )
    if having is not None:
        always = Measure(name="always_having_sql", view=base, label="", sql=having)
        yield TopicFilter(
            "always_having_sql", lambda fields: fields.measure(base, always), of_groups=True
        )
    for name, operators in topic.always_having_filters.items():
        yield TopicFilter(
            "always_having_filters",
            partial(_condition, name=name, operators=operators, base=base, of_groups=True),
            of_groups=True,
        )
    for each in topic.access_filters:
        yield TopicFilter("access_filters", partial(_access, topic=topic, filter_=each))


def default_filters(topic: Topic, base: str) -> Iterator[TopicFilter]:
    """List the filters that a workbook on a topic begins with."""
    for name, operators in topic.default_filters.items():
        yield TopicFilter(
            "default_filters",
            partial(_condition, name=name, operators=operators, base=base, of_groups=None),
        )


def _condition(
    fields: Fields, *, name: str, operators: Mapping[str, object], base: str, of_groups: bool | None
) -> exp.Expression:
    if of_groups is None:
        parsed = FieldName.parse(name)
        of_groups = parsed is not None and isinstance(fields.find(parsed), Measure)
    (test,) = fields.model_conditions(base, {name: operators}, of_groups=of_groups)
    return test


def _access(fields: Fields, *, topic: Topic, filter_: AccessFilter) -> exp.Expression | None:
    """Write a filter that keeps the rows that the acting user may see."""
    values = fields.around.texts(filter_.attribute)
    if not values:
        # Omni fails, too, rather than show all rows or none (docs/wire.md).
        raise Refused(
            "PLAN", f'The topic "{topic.name}" needs the user attribute "{filter_.attribute}"'
        )
    if filter_.unfiltered.intersection(values):
        return None
    name = FieldName.parse(filter_.field)
    found = fields.find(name) if name else None
    if name is None or not isinstance(found, Dimension) or name.timeframe is not None:
        raise Refused("PLAN", f'No such field "{filter_.field}" to filter access by')
    target = fields.target(name.view or "", found)
    kind = "SQL_LIKE" if filter_.like else "EQUALS"
    type_ = target.kind if target.kind == "number" and not filter_.like else "string"
    test = condition({"type": type_, "kind": kind, "values": values}, target, fields.around)
    if test is None:
        raise Refused("PLAN", f'Access cannot be filtered by "{filter_.field}"')
    return test
