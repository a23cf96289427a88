"""What is wrong with joins and topics, found before any query meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import TOO_DEEP, Fields
from omnipd_sandbox.engine.model.joins import tree_of_topic
from omnipd_sandbox.engine.model.measures import as_one_select
from omnipd_sandbox.engine.model.model import (
    Dimension,
    Field,
    Issue,
    Measure,
    Model,
    Relationship,
    Topic,
    View,
    views_by_alias,
)
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.tables import aliases_read, crossed
from omnipd_sandbox.engine.plan.topic_filters import default_filters, topic_filters
from omnipd_sandbox.engine.shortened import first_line
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.refused_query import Refused


class _Anybody(dict[str, Any]):
    """Stand in for the attributes of a user who has a value for each."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "1"


# When it is, and who asks, has no bearing on what runs.
_ANY = datetime.fromisoformat("2000-01-01"), _Anybody()


def issues_of_joins(model: Model, warehouse: Warehouse) -> Iterator[Issue]:
    """Look through the relationships that all topics share, and through each topic."""
    shared = _Checker(model, (), warehouse)
    for each in model.relationships:
        for message in shared.wrong_with_join(each):
            yield Issue(message, yaml_path="relationships")
    for topic in model.topics.values():
        if not topic.unmodeled:
            checker = _Checker(model, topic.relationships, warehouse)
            for message in checker.wrong_with_topic(topic):
                yield Issue(message, yaml_path=topic.path)


def without_taken_aliases(model: Model) -> Model:
    """Give a model in which no query joins a view by an alias that is another view's name."""

    def refused(joins: tuple[Relationship, ...]) -> tuple[Relationship, ...]:
        return tuple(
            replace(each, unmodeled=(*each.unmodeled, "an alias that is another view's name"))
            if any(_is_taken(model, alias, name) for alias, name in each.named)
            else each
            for each in joins
        )

    topics = {
        name: replace(topic, relationships=refused(topic.relationships))
        for name, topic in model.topics.items()
    }
    return replace(model, relationships=refused(model.relationships), topics=topics)


def _is_taken(model: Model, alias: str, view: str) -> bool:
    return alias != view and alias in model.views


@dataclass
class _Checker:
    model: Model
    # Those of a topic alone.
    relationships: tuple[Relationship, ...]
    warehouse: Warehouse

    @cached_property
    def around(self) -> Circumstances:
        return Circumstances(*_ANY, calendar=self.model.calendar)

    @cached_property
    def views(self) -> Mapping[str, View]:
        """Give the views by their names and aliases."""
        return views_by_alias(self.model.views, (*self.model.relationships, *self.relationships))

    def wrong_with_join(self, join: Relationship) -> Iterator[str]:
        missing = [name for name in (join.left_view, join.right_view) if not self._is_view(name)]
        for name in dict.fromkeys(missing):
            yield f'A relationship joins "{name}", which is not a view'
        if missing:
            return
        taken = [(alias, name) for alias, name in join.named if _is_taken(self.model, alias, name)]
        for alias, name in taken:
            yield f'The alias "{alias}" of "{name}" is the name of another view'
        if taken:
            return
        own = {alias: self.model.views[name] for alias, name in join.named}
        fields = Fields({**self.views, **own}, join.left, self.around)
        problem = self._problem(fields, lambda fields: fields.join_condition(join.on, join.right))
        if problem:
            yield f"The relationship from {join.left} to {join.right}: {problem}"

    def wrong_with_topic(self, topic: Topic) -> Iterator[str]:
        for join in topic.relationships:
            yield from self.wrong_with_join(join)
        if not topic.base_view:
            return
        try:
            tree = tree_of_topic(self.model, topic)
            declared = list(_declared(topic.base_view, topic.joins))
        except RecursionError:
            yield "joins: They are nested too deeply"
            return
        except Refused as refused:
            meant = (
                "" if self._is_view(topic.base_view) else near(topic.base_view, self.model.views)
            )
            yield f"{refused.message}{meant}"
            return
        for parent, child in declared:
            if parent in tree.nodes and child not in tree.nodes:
                yield f'No relationship joins "{child}" to "{parent}"'
        views = {alias: node.view for alias, node in tree.nodes.items()}
        yield from _broken(topic, views)
        for each in (*topic_filters(topic, tree.base), *default_filters(topic, tree.base)):
            problem = self._problem(Fields(views, tree.base, self.around), each.write)
            if problem:
                yield f"{each.key}: {problem}"

    def _is_view(self, name: str) -> bool:
        return name in self.model.views

    def _problem(
        self, fields: Fields, write: Callable[[Fields], exp.Expression | None]
    ) -> str | None:
        """Tell why an expression does not run; None for one that does."""
        try:
            tree = write(fields)
            if tree is None:
                return None
            tree = as_one_select(tree, fields.aggregates)
            aliases = aliases_read(tree, fields.base or "", fields.views)
            self.warehouse.describe(written(crossed([tree], fields.views, aliases)))
        except Refused as refused:
            return first_line(refused.message)
        except RecursionError:
            return TOO_DEEP
        return None


def _broken(topic: Topic, views: Mapping[str, View]) -> Iterator[str]:
    """Name the fields that a topic offers and that read a view it does not join."""
    for alias, view in views.items():
        for field in (*view.dimensions.values(), *view.measures.values()):
            if not topic.offers(f"{alias}.{field.name}") or field.unmodeled or view.unmodeled:
                continue
            for name in sorted(_views_read(field) - {view.name, *views}):
                yield f"{alias}.{field.name} reads {name}, which the topic does not join"


def _views_read(field: Field) -> set[str]:
    names = list(field.sql.references) if field.sql is not None else []
    if isinstance(field, Measure):
        names += list(field.distinct_key.references) if field.distinct_key is not None else []
        names += [name for each in field.filters if (name := FieldName.parse(each)) is not None]
    elif isinstance(field, Dimension) and field.duration is not None:
        names += [*field.duration.start.references, *field.duration.end.references]
    return {name.view for name in names if name.view is not None}


def _declared(parent: str, joins: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for child, inner in joins.items():
        yield parent, child
        yield from _declared(child, inner or {})
