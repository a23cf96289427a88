"""Views read from their files: the database's columns first, then what the YAML says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.buckets import Bins, Groups, read_bins, read_groups
from omnipd_sandbox.engine.model.durations import INTERVALS, Duration
from omnipd_sandbox.engine.model.measures import AGGREGATE_TYPES, is_percentile
from omnipd_sandbox.engine.model.model import Dimension, Measure, View
from omnipd_sandbox.engine.model.references import BadSql
from omnipd_sandbox.engine.model.sql_dialect import read_statement, refuse_templates, written
from omnipd_sandbox.engine.model.yaml_filters import problems as problems_of_filter
from omnipd_sandbox.engine.model.yaml_parts import Parts, titled
from omnipd_sandbox.refused_query import Refused

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
_VIEW_REFERENCE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class ViewReader:
    """Read views.

    `bodies` are all views of the model, each with what it extends; `timeframes` those of
    dimensions that name none.
    """

    parts: Parts
    warehouse: Warehouse
    bodies: Mapping[str, Mapping[str, Any]]
    timeframes: tuple[str, ...]

    def read(self, stem: str, body: Mapping[str, Any]) -> View | None:
        """Read a view; None for one that is ignored."""
        if body.get("ignored"):
            return None
        schema, _, table = stem.rpartition("__")
        table = str(body.get("table_name", table))
        # Old names of views, and fields that are only filtered by, are missed when asked for.
        left_out = {"aliases", "filters"} & body.keys()
        for key in sorted(left_out):
            self.parts.issue(f"Not modeled: {key}", stem)
        unmodeled = self.parts.unmodeled(body, _OF_VIEWS | left_out, view=stem)
        select = self._select(body["sql"], stem) if "sql" in body else None
        if select is not None:
            columns = self._columns_of(select, stem)
        elif "sql" in body:
            columns, unmodeled = [], (*unmodeled, "SQL that cannot be read")
        else:
            columns = self.warehouse.columns(table, body.get("schema", schema or None))
        if not columns and "sql" not in body:
            self.parts.issue(f'The database has no table "{table}"', view=stem)
            unmodeled = (*unmodeled, f'the missing table "{table}"')
        said = self.parts.mapping(body.get("dimensions"))
        dimensions = {
            name: self._dimension(stem, name, self.parts.mapping(said.get(name)), kind)
            for name, kind in columns
        }
        for name in said:
            if name not in dimensions:
                dimensions[name] = self._dimension(stem, name, self.parts.mapping(said[name]))
        measures = {
            name: self._measure(stem, name, self.parts.mapping(each))
            for name, each in self.parts.mapping(body.get("measures")).items()
        }
        for name in measures.keys() & dimensions.keys():
            self.parts.issue("A dimension has this name too; the measure is left out", stem, name)
            del measures[name]
        keys = [
            f"${{{name}}}"
            for name, each in said.items()
            if self.parts.mapping(each).get("primary_key")
        ]
        keys = [str(each) for each in body.get("custom_compound_primary_key_sql", keys)]
        parsed = [self.parts.sql(key, view=stem) for key in keys]
        return View(
            name=stem,
            label=body.get("label") or titled(stem),
            table=table,
            schema=body.get("schema", schema or None),
            description=body.get("description"),
            hidden=bool(body.get("hidden")),
            # A key without one of its parts would tell fewer rows apart.
            primary_key=tuple(each for each in parsed if each is not None) if all(parsed) else (),
            dimensions=dimensions,
            measures=measures,
            unmodeled=unmodeled,
            select=select,
            aliases=self._aliases(said) | self._aliases(self.parts.mapping(body.get("measures"))),
            grants=self.parts.grants(body, stem, None),
        )

    def _aliases(self, said: Mapping[str, Any]) -> dict[str, str]:
        return {
            str(alias): name
            for name, body in said.items()
            for alias in self.parts.mapping(body).get("aliases") or ()
        }

    def _select(self, text: Any, view: str) -> exp.Query | None:
        """Read the SQL that stands for a view; ``${view}`` in it is another view's table."""

        def table(match: re.Match[str]) -> str:
            name = match[1].strip()
            body = self.bodies.get(name)
            if body is None or "sql" in body:
                raise BadSql(f"${{{name}}} is not a view on a table")
            schema, _, stem = name.rpartition("__")
            parts = [body.get("schema", schema), body.get("table_name", stem)]
            return ".".join(f'"{part}"' for part in parts if part)

        try:
            refuse_templates(str(text))
            tree = read_statement(_VIEW_REFERENCE.sub(table, str(text)))
        except BadSql as error:
            self.parts.issue(str(error), view)
            return None
        if not isinstance(tree, exp.Query):
            self.parts.issue("The SQL of a view must be a query", view)
            return None
        return tree

    def _columns_of(self, select: exp.Query, view: str) -> list[tuple[str, str]]:
        try:
            return self.warehouse.described(written(select))
        except Refused as error:
            self.parts.issue(str(error).strip().splitlines()[0], view)
            return []

    def _dimension(
        self, view: str, name: str, body: Mapping[str, Any], column_type: str = ""
    ) -> Dimension:
        unmodeled = self.parts.unmodeled(body, _OF_DIMENSIONS, view=view, field=name)
        sql = None
        duration = self._duration(body["duration"], view, name) if "duration" in body else None
        buckets: Groups | Bins | None = None
        if "groups" in body:
            buckets = read_groups(body["groups"], body.get("else"))
        elif "bin_boundaries" in body:
            buckets = read_bins(body["bin_boundaries"])
        for key, read in (("duration", duration), ("groups", buckets), ("bin_boundaries", buckets)):
            if key in body and read is None:
                self.parts.issue(f"{key} cannot be read", view, name)
                unmodeled = (*unmodeled, f"{key} that cannot be read")
        if isinstance(buckets, Groups):
            self.parts.filters(
                {f"{name}: {each.name}": each.filter for each in buckets.groups}, view, name
            )
        if duration is not None:
            column_type = ""
        elif "sql" in body:
            sql = self.parts.sql(str(body["sql"]), view=view, field=name)
            if sql is None:
                unmodeled = (*unmodeled, "SQL that cannot be read")
        elif not column_type:
            self.parts.issue(
                "There is neither a column of this name nor sql", view=view, field=name
            )
            unmodeled = (*unmodeled, "a missing column")
        return Dimension(
            name=name,
            view=view,
            sql=sql,
            **_shown(name, body),
            # What is in groups or bins is typed by asking, as SQL is.
            sql_type="" if "sql" in body or buckets else column_type,
            timeframes=(
                duration.intervals
                if duration
                else tuple(str(each).lower() for each in body.get("timeframes", self.timeframes))
            ),
            unmodeled=unmodeled,
            grants=self.parts.grants(body, view, name),
            buckets=buckets,
            duration=duration,
        )

    def _duration(self, document: Any, view: str, field: str) -> Duration | None:
        body = self.parts.mapping(document)
        start, end = (
            self.parts.optional_sql(body.get(key), view, field) for key in ("sql_start", "sql_end")
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
        unmodeled = self.parts.unmodeled(body, _OF_MEASURES, view=view, field=name)
        kind = body.get("aggregate_type")
        kind = None if kind is None else str(kind)
        problems = []
        if kind is not None and kind not in AGGREGATE_TYPES:
            problems.append(f"aggregate_type {kind}")
        sql = self.parts.optional_sql(body.get("sql"), view, name)
        key = self.parts.optional_sql(body.get("custom_primary_key_sql"), view, name)
        if sql is None and ("sql" in body or kind != "count"):
            problems.append("SQL that is missing or cannot be read")
        if str(kind).endswith("_distinct_on") and key is None:
            problems.append("custom_primary_key_sql that is missing or cannot be read")
        percentile = body.get("percentile")
        if str(kind).startswith("percentile") and not is_percentile(percentile):
            problems.append(f"percentile {percentile!r}, which is no number from 0 to 100")
        filters = self.parts.filters(body.get("filters"), view=view, field=name)
        if filters and kind is None:
            problems.append("filters on a measure without aggregate_type")
        for problem in problems:
            self.parts.issue(f"Not modeled: {problem}", view=view, field=name)
        return Measure(
            name=name,
            view=view,
            sql=sql,
            **_shown(name, body),
            aggregate_type=kind,
            percentile=percentile,
            filters=filters,
            distinct_key=key if str(kind).endswith("_distinct_on") else None,
            unmodeled=(*unmodeled, *problems, *_unmodeled_filters(filters)),
            grants=self.parts.grants(body, view, name),
        )


def _unmodeled_filters(filters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for operators in filters.values():
        yield from problems_of_filter(operators)


def _shown(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give how a field is shown."""
    return {
        "label": body.get("label") or titled(name),
        "description": body.get("description"),
        "format": body.get("format"),
        "group_label": body.get("group_label"),
        "hidden": bool(body.get("hidden")),
    }
