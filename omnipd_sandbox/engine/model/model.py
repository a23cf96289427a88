"""A model as the planner sees it: views of fields, relationships between them, topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model.buckets import Bins, Groups
from omnipd_sandbox.engine.model.calendars import PLAIN, Calendar
from omnipd_sandbox.engine.model.durations import Duration
from omnipd_sandbox.engine.model.grants import AccessFilter, Grant
from omnipd_sandbox.engine.model.references import FieldName, SqlText
from omnipd_sandbox.engine.model.top_values import TopValues


@dataclass(frozen=True)
class Issue:
    """Name something in a model's files that the sandbox does not model, or cannot read."""

    message: str
    view: str | None = None
    field: str | None = None
    yaml_path: str | None = None

    @property
    def is_error(self) -> bool:
        """Tell whether it is wrong; what the sandbox does not model may well be right in Omni."""
        return not self.message.startswith("Not modeled")


@dataclass(frozen=True, kw_only=True)
class Field:
    """Hold what dimensions and measures have alike."""

    name: str
    view: str
    label: str
    sql: SqlText | None
    description: str | None = None
    format: str | None = None
    group_label: str | None = None
    hidden: bool = False
    # DuckDB's name of the type; empty when the SQL does not run.
    sql_type: str = ""
    # What the field says that this sandbox does not do; a query that needs it is refused by name.
    unmodeled: tuple[str, ...] = ()
    # Why its SQL does not run, in the database's words.
    does_not_run: str = ""
    # The grants without which it cannot be asked for; what refers to it needs none.
    grants: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dimension(Field):
    """Describe a column or an expression over one row."""

    timeframes: tuple[str, ...] = ()
    # By timeframe: the pattern by which it is also written out.
    formats: Mapping[str, str] = field(default_factory=dict)
    buckets: Groups | Bins | None = None
    duration: Duration | None = None
    top_values: TopValues | None = None
    # Whether its times are taken in the zone that a query names.
    convert_tz: bool = True
    # Whether its column has times that a view's query cut to a timeframe, in that zone.
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Measure(Field):
    """Describe an aggregate over a view's rows, or arithmetic over other measures."""

    aggregate_type: str | None = None
    percentile: float | None = None
    filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    distinct_key: SqlText | None = None


def views_read(found: Field) -> set[str]:
    """List the views that a field names."""
    names = list(found.sql.references) if found.sql is not None else []
    if isinstance(found, Measure):
        names += list(found.distinct_key.references) if found.distinct_key is not None else []
        names += [name for each in found.filters if (name := FieldName.parse(each)) is not None]
    elif isinstance(found, Dimension) and found.duration is not None:
        names += [*found.duration.start.references, *found.duration.end.references]
    return {name.view for name in names if name.view is not None}


@dataclass(frozen=True, kw_only=True)
class ViewQuery:
    """Describe the query whose rows a view has in place of a table's."""

    # One of the two is said; the base view of a topic is its own.
    base_view: str | None
    topic: str | None
    # Each field with the name of its column.
    outputs: tuple[tuple[str, str], ...]
    filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # By its own field: the field whose filter, in the query around, holds for it too.
    bound: Mapping[str, str] = field(default_factory=dict)
    binds_all: bool = False
    # The filters that no query around narrows, and that no query below is told of.
    kept: frozenset[str] = frozenset()
    # Each field with whether it descends.
    sorts: tuple[tuple[str, bool], ...] = ()
    fill_fields: tuple[str, ...] = ()
    limit: int | None = None
    # Whether rows that are alike become one; None where nothing is said.
    grouped: bool | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """Describe a table of the database and its fields."""

    name: str
    label: str
    table: str
    schema: str | None = None
    # The file that it is read from, as Omni names files.
    path: str
    description: str | None = None
    hidden: bool = False
    primary_key: tuple[SqlText, ...] = ()
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    unmodeled: tuple[str, ...] = ()
    # What it selects in place of a table; of a view with a query, what it would for anybody.
    select: exp.Query | None = None
    query: ViewQuery | None = None
    # The fields that its SQL names, until they are written out there.
    sql_references: tuple[FieldName, ...] = ()
    # The names under which a query may only filter, which the view's own query binds.
    filter_only: frozenset[str] = frozenset()
    # Of a view that a topic has of another: the names by which its SQL means itself, too.
    stands_for: tuple[str, ...] = ()
    # Names that fields had before.
    aliases: Mapping[str, str] = field(default_factory=dict)
    grants: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def field(self, name: str) -> Dimension | Measure | None:
        """Return the field of that name, or that once had it, if the view has one."""
        for known in (name, self.aliases.get(name, name)):
            found = self.dimensions.get(known) or self.measures.get(known)
            if found is not None:
                return found
        return None


@dataclass(frozen=True, kw_only=True)
class Relationship:
    """Describe how one view (or alias) joins another."""

    left: str
    left_view: str
    right: str
    right_view: str
    on: SqlText
    join_type: str = "always_left"
    kind: str = "assumed_many_to_one"
    reversible: bool = False
    id: str | None = None
    unmodeled: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Give both sides: the name that each is called by, and its view."""
        return (self.left, self.left_view), (self.right, self.right_view)


def views_by_alias(
    views: Mapping[str, View], relationships: Iterable[Relationship]
) -> dict[str, View]:
    """Give the views by every name that SQL may call them by: their own, and their aliases.

    A view's own name always means that view.
    """
    aliases = {
        alias: views[name] for each in relationships for alias, name in each.named if name in views
    }
    return {**aliases, **views}


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Describe a base view, the views joined to it, and what always holds."""

    name: str
    label: str
    base_view: str
    # The file that it is read from, as Omni names files.
    path: str
    description: str | None = None
    group_label: str | None = None
    hidden: bool = False
    # The topics that a composite one is made of; it has no base view.
    composed_of: tuple[str, ...] = ()
    joins: Mapping[str, Any] = field(default_factory=dict)
    relationships: tuple[Relationship, ...] = ()
    # Terms such as "users.*" and "-users.email", and the fields that they come to; None means all.
    fields: tuple[str, ...] | None = None
    offered: frozenset[str] | None = None
    # Those that a workbook begins with; a query says its own.
    default_filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    always_where_sql: SqlText | None = None
    always_where_filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    always_having_sql: SqlText | None = None
    always_having_filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    access_filters: tuple[AccessFilter, ...] = ()
    grants: tuple[str, ...] = ()
    # The views that it has for itself, or changed for itself.
    views: Mapping[str, View] = field(default_factory=dict)
    unmodeled: tuple[str, ...] = ()

    def offers(self, full_name: str) -> bool:
        """Tell whether the topic offers a field."""
        return self.offered is None or full_name in self.offered


@dataclass(frozen=True, kw_only=True)
class Model:
    """Hold everything that the files of a model say."""

    id: str
    name: str
    kind: str
    connection_id: str
    views: Mapping[str, View]
    relationships: tuple[Relationship, ...]
    # Whether there are more, which cannot be read.
    relationships_unread: bool = False
    topics: Mapping[str, Topic]
    # The files as they were read, by path.
    files: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    grants: Mapping[str, Grant] = field(default_factory=dict)
    calendar: Calendar = PLAIN
    # Whether queries without measures have groups.
    default_group_by: str = "always"
    # Settings that every query depends on.
    unmodeled: tuple[str, ...] = ()
    # By field and timeframe: see formats.py.
    formats: Mapping[str, str] = field(default_factory=dict)

    def within(self, topic: Topic | None) -> Model:
        """Give the model as a topic sees it."""
        if topic is None or not topic.views:
            return self
        return replace(self, views={**self.views, **topic.views})
