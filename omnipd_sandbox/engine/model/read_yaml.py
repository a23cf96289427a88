"""Omni's model files, read: the database's columns first, then what the YAML says of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import sqlglot
import yaml
from sqlglot import exp
from sqlglot.errors import SqlglotError

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import timeframes
from omnipd_sandbox.engine.model.buckets import Bins, Groups, read_bins, read_groups
from omnipd_sandbox.engine.model.durations import INTERVALS, Duration
from omnipd_sandbox.engine.model.extension import BadExtension, extended
from omnipd_sandbox.engine.model.grants import AccessFilter, Grant
from omnipd_sandbox.engine.model.measures import AGGREGATE_TYPES
from omnipd_sandbox.engine.model.model import (
    Dimension,
    Issue,
    Measure,
    Model,
    Relationship,
    Topic,
    View,
)
from omnipd_sandbox.engine.model.references import BadSql, SqlText
from omnipd_sandbox.engine.model.settings import speaks_of
from omnipd_sandbox.engine.model.types import with_types
from omnipd_sandbox.engine.model.yaml_filters import OPERATORS
from omnipd_sandbox.refused_query import Refused

# The one in C is ten times as fast; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_LONGEST_SHOWN = 100

# What has no bearing on an answer.
_DISPLAY = {
    "ai_context", "all_values", "aliases", "colors", "default_drill_fields", "default_filters",
    "description", "display_order", "drill_fields", "drill_queries", "group_label", "hidden",
    "label", "links", "sample_queries", "sample_values", "skills", "synonyms", "tags",
    "view_label",
}  # fmt: skip
_OF_VIEWS = {
    "table_name", "schema", "dimensions", "measures", "ignored", "custom_compound_primary_key_sql",
    "sql", "required_access_grants",
}  # fmt: skip
_OF_DIMENSIONS = {
    "sql", "primary_key", "format", "timeframes", "convert_tz", "groups", "else", "bin_boundaries",
    "duration", "required_access_grants",
}  # fmt: skip
_OF_MEASURES = {
    "sql", "aggregate_type", "filters", "format", "percentile", "custom_primary_key_sql",
    "required_access_grants",
}  # fmt: skip
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
_VIEW_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_JOIN_TYPES = {"always_left", "inner", "full_outer", "cross"}
_CARDINALITIES = {
    "one_to_one", "many_to_one", "one_to_many", "many_to_many", "assumed_many_to_one",
}  # fmt: skip


def read_model(
    files: Mapping[str, str],
    warehouse: Warehouse,
    *,
    model_id: str,
    name: str,
    connection_id: str,
) -> Model:
    """Read a model from its files; what cannot be read becomes an issue, never an exception.

    Parameters
    ----------
    files
        The text of each file by its path, as ``GET /models/{id}/yaml`` names them; a ``.yaml``
        suffix and sub-folders are accepted.
    warehouse
        The database, which knows the columns and their types.
    """
    return _Reader(files, warehouse).model(model_id, name, connection_id)


class _Reader:
    def __init__(self, files: Mapping[str, str], warehouse: Warehouse) -> None:
        self.files = files
        self.warehouse = warehouse
        self.issues: list[Issue] = []
        self.path = ""

    def model(self, model_id: str, name: str, connection_id: str) -> Model:
        settings: Mapping[str, Any] = {}
        relationships: tuple[Relationship, ...] = ()
        views: dict[str, Any] = {}
        topics: dict[str, Any] = {}
        documents: list[Any] = []
        for path, text in sorted(self.files.items()):
            self.path = path
            stem = PurePosixPath(path).name.removesuffix(".yaml")
            document = self._document(text)
            documents.append(document)
            if stem == "model":
                settings = self._mapping(document)
            elif stem == "relationships":
                relationships = self._relationships(document)
            elif stem.endswith(".view"):
                views[stem.removesuffix(".view")] = (path, self._mapping(document))
            elif stem.endswith(".topic"):
                topics[stem.removesuffix(".topic")] = (path, self._mapping(document))
            else:
                self._issue("This file is neither a model, relationships, a view nor a topic")
        grains = tuple(settings.get("default_timeframes", timeframes.DEFAULT))
        self.path = "model"
        unmodeled = self._settings(settings)
        self.access_grants = self._access_grants(settings.get("access_grants"))
        self.views = self._with_bases(views)
        self.default_access = settings.get("default_topic_access_filters")
        read_views = self._each(self.views, lambda stem, body: self._view(stem, body, grains))
        read_topics = self._each(self._with_bases(topics), self._topic)
        self.path = ""
        self._check_joined_views(relationships, read_views)
        typed, issues = with_types(read_views, relationships, self.warehouse)
        return Model(
            id=model_id,
            name=name,
            kind="SHARED",
            connection_id=connection_id,
            views=typed,
            relationships=relationships,
            topics=read_topics,
            files=dict(self.files),
            issues=(*self.issues, *issues),
            unmodeled=tuple(each for each in unmodeled if speaks_of(each, documents)),
            unmodeled_at_times=unmodeled,
            grants=self.access_grants,
        )

    def _with_bases(self, sources: Mapping[str, Any]) -> dict[str, Any]:
        """Give each view or topic with all that it extends."""
        bodies = {stem: body for stem, (_, body) in sources.items()}
        found = {}
        for stem, (path, body) in sources.items():
            self.path = path
            try:
                whole = extended(stem, bodies)
            except BadExtension as error:
                self._issue(f'"{stem}" {error}')
                # It stays unmodeled, so that it is refused where it is needed.
                whole = dict(body)
            else:
                if "extends" in body and not {"table_name", "sql", "base_view"} & whole.keys():
                    whole["table_name"] = _first_base(stem, bodies).rpartition("__")[2]
            found[stem] = (path, whole)
        return found

    def _access_grants(self, document: Any) -> dict[str, Grant]:
        grants = {}
        for name, each in self._mapping(document).items():
            body = self._mapping(each)
            attribute, values = body.get("user_attribute"), body.get("allowed_values")
            if not attribute or not isinstance(values, list):
                self._issue(f'The grant "{name}" needs user_attribute and allowed_values')
                continue
            grants[str(name)] = Grant(str(attribute), frozenset(map(str, values)))
        return grants

    def _grants(
        self, body: Mapping[str, Any], view: str | None, field: str | None
    ) -> tuple[str, ...]:
        """List the grants that something needs; all of them (assumed)."""
        names = body.get("required_access_grants") or []
        found = tuple(str(each) for each in (names if isinstance(names, list) else [names]))
        for each in found:
            # Nobody has a grant that is not there, so that it opens nothing.
            if "|" in each or "&" in each:
                self._issue(f'Not modeled: the grant "{each}"', view, field)
            elif each not in self.access_grants:
                self._issue(f'The model has no grant "{each}"', view, field)
        return found

    def _each(
        self, sources: Mapping[str, Any], read: Callable[[str, Mapping[str, Any]], Any]
    ) -> dict[str, Any]:
        found = {}
        for stem, (path, body) in sources.items():
            self.path = path
            item = read(stem, body)
            if item is not None:
                found[stem] = item
        return found

    def _settings(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """List the model's own settings that change answers and are not modeled."""
        changing = {"week_start_day": "monday", "fiscal_month_offset": "0"}
        found = tuple(
            key for key, plain in changing.items() if str(settings.get(key, plain)).lower() != plain
        )
        for key in found:
            self._issue(f"Not modeled: {key}")
        return found

    def _view(self, stem: str, body: Mapping[str, Any], grains: tuple[str, ...]) -> View | None:
        if body.get("ignored"):
            return None
        schema, _, table = stem.rpartition("__")
        table = str(body.get("table_name", table))
        # Old names of views, and fields that are only filtered by, are missed when asked for.
        left_out = {"aliases", "filters"} & body.keys()
        for key in sorted(left_out):
            self._issue(f"Not modeled: {key}", stem)
        unmodeled = self._unmodeled(body, _OF_VIEWS | left_out, view=stem)
        select = self._select(body["sql"], stem) if "sql" in body else None
        if select is not None:
            columns = self._columns_of(select, stem)
        elif "sql" in body:
            columns, unmodeled = [], (*unmodeled, "SQL that cannot be read")
        else:
            columns = self.warehouse.columns(table, body.get("schema", schema or None))
        if not columns and "sql" not in body:
            self._issue(f'The database has no table "{table}"', view=stem)
            unmodeled = (*unmodeled, f'the missing table "{table}"')
        said = self._mapping(body.get("dimensions"))
        dimensions = {
            name: self._dimension(stem, name, self._mapping(said.get(name)), grains, kind)
            for name, kind in columns
        }
        for name in said:
            if name not in dimensions:
                dimensions[name] = self._dimension(stem, name, self._mapping(said[name]), grains)
        measures = {
            name: self._measure(stem, name, self._mapping(each))
            for name, each in self._mapping(body.get("measures")).items()
        }
        for name in measures.keys() & dimensions.keys():
            self._issue("A dimension has this name too; the measure is left out", stem, name)
            del measures[name]
        keys = [
            f"${{{name}}}" for name, each in said.items() if self._mapping(each).get("primary_key")
        ]
        keys = [str(each) for each in body.get("custom_compound_primary_key_sql", keys)]
        parsed = [self._sql(key, view=stem) for key in keys]
        return View(
            name=stem,
            label=body.get("label") or titled(stem),
            table=table,
            schema=body.get("schema", schema or None),
            description=body.get("description"),
            hidden=bool(body.get("hidden")),
            primary_key=tuple(each for each in parsed if each is not None),
            dimensions=dimensions,
            measures=measures,
            unmodeled=unmodeled,
            select=select,
            aliases=self._aliases(said) | self._aliases(self._mapping(body.get("measures"))),
            grants=self._grants(body, stem, None),
        )

    def _aliases(self, said: Mapping[str, Any]) -> dict[str, str]:
        return {
            str(alias): name
            for name, body in said.items()
            for alias in self._mapping(body).get("aliases") or ()
        }

    def _select(self, text: Any, view: str) -> exp.Query | None:
        """Read the SQL that stands for a view; ``${view}`` in it is another view's table."""

        def table(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name not in self.views or "sql" in self.views[name][1]:
                raise BadSql(f"${{{name}}} is not a view on a table")
            body = self.views[name][1]
            schema, _, stem = name.rpartition("__")
            parts = [body.get("schema", schema), body.get("table_name", stem)]
            return ".".join(f'"{part}"' for part in parts if part)

        try:
            tree = sqlglot.parse_one(_VIEW_REFERENCE.sub(table, str(text)), read="duckdb")
        except BadSql as error:
            self._issue(str(error), view)
            return None
        except SqlglotError as error:
            self._issue(f"The SQL cannot be read: {str(error).splitlines()[0]}", view)
            return None
        if not isinstance(tree, exp.Query):
            self._issue("The SQL of a view must be a query", view)
            return None
        return tree

    def _columns_of(self, select: exp.Query, view: str) -> list[tuple[str, str]]:
        try:
            return self.warehouse.described(select.sql("duckdb"))
        except Refused as error:
            self._issue(str(error).strip().splitlines()[0], view)
            return []

    def _dimension(
        self,
        view: str,
        name: str,
        body: Mapping[str, Any],
        grains: tuple[str, ...],
        column_type: str = "",
    ) -> Dimension:
        unmodeled = self._unmodeled(body, _OF_DIMENSIONS, view=view, field=name)
        sql = None
        duration = self._duration(body["duration"], view, name) if "duration" in body else None
        buckets: Groups | Bins | None = None
        if "groups" in body:
            buckets = read_groups(body["groups"], body.get("else"))
        elif "bin_boundaries" in body:
            buckets = read_bins(body["bin_boundaries"])
        for key, read in (("duration", duration), ("groups", buckets), ("bin_boundaries", buckets)):
            if key in body and read is None:
                self._issue(f"{key} cannot be read", view, name)
                unmodeled = (*unmodeled, f"{key} that cannot be read")
        if isinstance(buckets, Groups):
            self._filters(
                {f"{name}: {each.name}": each.filter for each in buckets.groups}, view, name
            )
        if duration is not None:
            column_type = ""
        elif "sql" in body:
            sql = self._sql(str(body["sql"]), view=view, field=name)
            if sql is None:
                unmodeled = (*unmodeled, "SQL that cannot be read")
        elif not column_type:
            self._issue("There is neither a column of this name nor sql", view=view, field=name)
            unmodeled = (*unmodeled, "a missing column")
        return Dimension(
            name=name,
            view=view,
            label=body.get("label") or titled(name),
            sql=sql,
            description=body.get("description"),
            format=body.get("format"),
            group_label=body.get("group_label"),
            hidden=bool(body.get("hidden")),
            # What is in groups or bins is typed by asking, as SQL is.
            sql_type="" if "sql" in body or buckets else column_type,
            timeframes=(
                duration.intervals
                if duration
                else tuple(str(each).lower() for each in body.get("timeframes", grains))
            ),
            unmodeled=unmodeled,
            grants=self._grants(body, view, name),
            buckets=buckets,
            duration=duration,
        )

    def _duration(self, document: Any, view: str, field: str) -> Duration | None:
        body = self._mapping(document)
        start, end = (
            self._optional_sql(body.get(key), view, field) for key in ("sql_start", "sql_end")
        )
        given = body.get("intervals", INTERVALS)
        intervals = tuple(
            str(each).lower() for each in (given if isinstance(given, list | tuple) else ())
        )
        unknown = set(intervals) - set(INTERVALS)
        if start is None or end is None or not intervals or unknown:
            return None
        return Duration(start, end, intervals)

    def _measure(self, view: str, name: str, body: Mapping[str, Any]) -> Measure:
        unmodeled = self._unmodeled(body, _OF_MEASURES, view=view, field=name)
        kind = body.get("aggregate_type")
        problems = []
        if kind is not None and kind not in AGGREGATE_TYPES:
            problems.append(f"aggregate_type {kind}")
        sql = self._optional_sql(body.get("sql"), view, name)
        key = self._optional_sql(body.get("custom_primary_key_sql"), view, name)
        if sql is None and ("sql" in body or kind != "count"):
            problems.append("SQL that is missing or cannot be read")
        if str(kind).endswith("_distinct_on") and key is None:
            problems.append("custom_primary_key_sql that is missing or cannot be read")
        if str(kind).startswith("percentile") and not isinstance(
            body.get("percentile"), int | float
        ):
            problems.append("a missing percentile")
        filters = self._filters(body.get("filters"), view=view, field=name)
        if filters and kind is None:
            problems.append("filters on a measure without aggregate_type")
        for problem in problems:
            self._issue(f"Not modeled: {problem}", view=view, field=name)
        return Measure(
            name=name,
            view=view,
            label=body.get("label") or titled(name),
            sql=sql,
            description=body.get("description"),
            format=body.get("format"),
            group_label=body.get("group_label"),
            hidden=bool(body.get("hidden")),
            aggregate_type=kind,
            percentile=body.get("percentile"),
            filters=filters,
            distinct_key=key if str(kind).endswith("_distinct_on") else None,
            unmodeled=(*unmodeled, *problems, *_unknown_operators(filters)),
            grants=self._grants(body, view, name),
        )

    def _topic(self, stem: str, body: Mapping[str, Any]) -> Topic:
        unmodeled = self._unmodeled(body, _OF_TOPICS, view=None)
        if not body.get("base_view"):
            self._issue(f'Topic "{stem}" has no base_view')
        where = body.get("always_where_sql")
        sql = self._optional_sql(where, None, None)
        if where is not None and sql is None:
            unmodeled = (*unmodeled, "always_where_sql that cannot be read")
        having = self._optional_sql(body.get("always_having_sql"), None, None)
        if "always_having_sql" in body and having is None:
            unmodeled = (*unmodeled, "always_having_sql that cannot be read")
        access = self._access_filters(body.get("access_filters", self.default_access))
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
            joins=self._mapping(body.get("joins")),
            relationships=self._relationships(body.get("relationships")),
            fields=None if fields is None else tuple(str(each) for each in fields),
            always_where_sql=sql,
            always_where_filters=self._filters(body.get("always_where_filters")),
            always_having_sql=having,
            always_having_filters=self._filters(body.get("always_having_filters")),
            access_filters=access or (),
            grants=self._grants(body, None, None),
            unmodeled=unmodeled,
        )

    def _access_filters(self, document: Any) -> tuple[AccessFilter, ...] | None:
        """Read access filters; None when any cannot be read, which must not open anything."""
        found = []
        for each in document if isinstance(document, list) else [document] if document else []:
            body = self._mapping(each)
            unknown = self._unmodeled(body, _OF_ACCESS_FILTERS, view=None)
            if unknown or not body.get("field") or not body.get("user_attribute"):
                self._issue("An access filter needs field and user_attribute")
                return None
            unfiltered = body.get("values_for_unfiltered") or []
            found.append(
                AccessFilter(
                    str(body["field"]),
                    str(body["user_attribute"]),
                    frozenset(
                        map(str, unfiltered if isinstance(unfiltered, list) else [unfiltered])
                    ),
                    bool(body.get("enable_sql_like_wildcards")),
                )
            )
        return tuple(found)

    def _relationships(self, document: Any) -> tuple[Relationship, ...]:
        found = []
        for each in document if isinstance(document, list) else ():
            body = self._mapping(each)
            left, right = body.get("join_from_view"), body.get("join_to_view")
            if not left or not right:
                self._issue("A relationship needs join_from_view and join_to_view")
                continue
            on = self._optional_sql(body.get("on_sql"), None, None)
            if body.get("join_type") == "cross" and "on_sql" not in body:
                on = SqlText.parse("TRUE")
            if on is None:
                self._issue(f"The relationship from {left} to {right} has no readable on_sql")
                continue
            found.append(self._relationship(body, str(left), str(right), on))
        return tuple(found)

    def _relationship(
        self, body: Mapping[str, Any], left: str, right: str, on: SqlText
    ) -> Relationship:
        unmodeled = self._unmodeled(body, _OF_RELATIONSHIPS, view=None)
        join_type = body.get("join_type", "always_left")
        # A cross join repeats both sides, whatever they hold.
        cross = join_type == "cross"
        kind = body.get("relationship_type", "many_to_many" if cross else "assumed_many_to_one")
        if join_type not in _JOIN_TYPES:
            self._issue(f"Not modeled: join_type {join_type} from {left} to {right}")
            unmodeled = (*unmodeled, f"join_type {join_type}")
        if kind not in _CARDINALITIES:
            self._issue(f"Not modeled: relationship_type {kind} from {left} to {right}")
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

    def _check_joined_views(
        self, relationships: Iterable[Relationship], views: Mapping[str, View]
    ) -> None:
        for each in relationships:
            for view in (each.left_view, each.right_view):
                if view not in views:
                    self._issue(f'A relationship joins "{view}", which is no view')

    def _filters(
        self, document: Any, view: str | None = None, field: str | None = None
    ) -> dict[str, Mapping[str, Any]]:
        filters = {}
        for name, operators in self._mapping(document).items():
            if not isinstance(operators, Mapping):
                self._issue(
                    f'The filter on "{name}" must name an operator, such as is', view, field
                )
                operators = {"a bare value": operators}  # noqa: PLW2901 - refused when used
            for operator in operators:
                if operator not in OPERATORS:
                    self._issue(f'Not modeled: the filter "{operator}" on "{name}"', view, field)
            filters[name] = operators
        return filters

    def _unmodeled(
        self,
        body: Mapping[str, Any],
        modeled: set[str],
        *,
        view: str | None,
        field: str | None = None,
    ) -> tuple[str, ...]:
        unknown = tuple(str(key) for key in body if key not in modeled | _DISPLAY)
        for key in unknown:
            self._issue(f"Not modeled: {key}", view, field)
        return unknown

    def _optional_sql(self, text: Any, view: str | None, field: str | None) -> SqlText | None:
        return None if text is None else self._sql(str(text), view, field)

    def _sql(self, text: str, view: str | None, field: str | None = None) -> SqlText | None:
        try:
            return SqlText.parse(text)
        except BadSql as error:
            self._issue(str(error), view, field)
            return None

    def _document(self, text: str) -> Any:
        try:
            return yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
        # A date that is none and a number that is too long are ValueErrors.
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self._issue(f"This file is not YAML: {error}")
            return None

    def _mapping(self, document: Any) -> Mapping[str, Any]:
        if document is None:
            return {}
        if not isinstance(document, Mapping):
            self._issue(f"A mapping is needed here, not {_kind(document)}")
            return {}
        return document

    def _issue(self, message: str, view: str | None = None, field: str | None = None) -> None:
        self.issues.append(Issue(message, view, field, self.path or None))


def _kind(document: Any) -> str:
    """Name what YAML made of something; itself it may be of any length."""
    if isinstance(document, list):
        return "a list"
    text = repr(document)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _unknown_operators(filters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for operators in filters.values():
        yield from (f'the filter "{each}"' for each in operators if each not in OPERATORS)


def _first_base(stem: str, bodies: Mapping[str, Mapping[str, Any]]) -> str:
    """Give the view at the bottom of those that one extends, whose table they all read."""
    bases = bodies[stem].get("extends")
    if not bases:
        return stem
    return _first_base(str(bases[0] if isinstance(bases, list) else bases), bodies)


def titled(name: str) -> str:
    """Write a name as a label: ``dep_delay`` reads "Dep Delay"."""
    return name.replace("__", " ").replace("_", " ").title()
