"""Views read from their files: the database's columns first, then what the YAML says of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.buckets import Bins, Groups, read_bins, read_groups
from omnipd_sandbox.engine.model.durations import INTERVALS, Duration
from omnipd_sandbox.engine.model.keys import (
    DIMENSION,
    DURATION,
    GROUP,
    MEASURE,
    VIEW,
    WHOLE,
    NotModeled,
)
from omnipd_sandbox.engine.model.measures import AGGREGATE_TYPES, is_percentile
from omnipd_sandbox.engine.model.model import Dimension, Measure, View
from omnipd_sandbox.engine.model.references import BadSql
from omnipd_sandbox.engine.model.schema_layer import MAIN, Table
from omnipd_sandbox.engine.model.sql_dialect import read_statement, refuse_templates, written
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.model.top_values import read_top_values
from omnipd_sandbox.engine.model.yaml_filters import problems_of_measure
from omnipd_sandbox.engine.model.yaml_parts import (
    Body,
    Parts,
    optional_text,
    said,
    texts,
    titled,
    unmodeled,
)
from omnipd_sandbox.engine.shortened import first_line
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.refused_query import Refused

# Whatever is in quotes, and ``${view}``.
_VIEW_REFERENCE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\{([^}]*)\}""")
_COUNT = "count"
# What a model may offer beside those that the sandbox computes; asking for them finds nothing.
_OTHER_TIMEFRAMES = {
    "raw", "fiscal_month", "fiscal_month_num", "fiscal_quarter_of_year", "fiscal_week",
}  # fmt: skip


def checked_view(document: Any, name: str, parts: Parts) -> dict[str, Any]:
    """Read the file of a view by the keys that views and their fields may have."""
    body = parts.checked(document, VIEW, name)
    for kind, keys in (("dimensions", DIMENSION), ("measures", MEASURE)):
        if kind in body and not isinstance(body[kind], NotModeled):
            named = parts.by_name(body[kind], name)
            body[kind] = (
                NotModeled(f"{kind} that cannot be read")
                if named is None
                else {
                    field: parts.checked(each, keys, name, field) for field, each in named.items()
                }
            )
    return body


@dataclass(frozen=True)
class ViewReader:
    """Read views.

    `bodies` are all views of the model, each with what it extends; `tables` the table behind each
    of them that has one; `timeframes` those of dimensions that name none.
    """

    parts: Parts
    warehouse: Warehouse
    bodies: Mapping[str, Body]
    tables: Mapping[str, Table]
    timeframes: tuple[str, ...]

    def read(self, name: str, path: str) -> View:
        """Read a view, from the file of that path."""
        body = self.bodies[name]
        missing = (*unmodeled(body), *self._misplaced(_misplaced_in_view(body), name))
        select, table = None, self.tables.get(name)
        columns: list[tuple[str, str]] = []
        if "sql" in body:
            text = said(body, "sql")
            select = None if text is None else self._select(str(text), name)
            if select is not None:
                columns, reason = self._columns_of(select, name)
                missing = (*missing, *reason)
            elif text is not None:
                missing = (*missing, "SQL that cannot be read")
        elif table is not None:
            columns = list(table.columns)
        elif not missing:
            self.parts.issue(f'The database has no table "{_table_name(body, name)}"', name)
            missing = (f'the missing table "{_table_name(body, name)}"',)
        # Of a view that cannot be read, no column is missed.
        unknown = "unknown" if missing and not columns else ""
        dimensions = self._dimensions(name, said(body, "dimensions", {}), columns, unknown)
        measures = {
            field: self._measure(name, field, each)
            for field, each in self._measures_of(body, table, dimensions).items()
            if not said(each, "ignored")
        }
        for field in sorted(measures.keys() & dimensions.keys()):
            self.parts.issue("A dimension has this name too; the measure is left out", name, field)
            del measures[field]
        parsed = [self.parts.sql(key, view=name) for key in self._keys(name, body, dimensions)]
        return View(
            name=name,
            label=optional_text(said(body, "label")) or titled(name),
            table=table.name if table else _table_name(body, name),
            schema=table.schema if table and table.schema != MAIN else None,
            path=path,
            description=optional_text(said(body, "description")),
            hidden=said(body, "hidden", False),
            # A key without one of its parts would tell fewer rows apart.
            primary_key=tuple(each for each in parsed if each is not None) if all(parsed) else (),
            dimensions=dimensions,
            measures=measures,
            unmodeled=missing,
            select=select,
            aliases=self._aliases(body),
            grants=self.parts.grants(body, name),
            tags=texts(said(body, "tags")),
        )

    def _keys(self, view: str, body: Body, dimensions: Mapping[str, Dimension]) -> tuple[str, ...]:
        """List the parts of the primary key; none where a part is not there."""
        keys = texts(said(body, "custom_compound_primary_key_sql"))
        if keys:
            return keys
        bodies = said(body, "dimensions", {}).items()
        fields = [field for field, each in bodies if said(each, "primary_key")]
        for field in fields:
            if field not in dimensions:
                self.parts.issue(
                    "A part of the primary key is ignored: the view has none", view, field
                )
                return ()
        return tuple(f"${{{field}}}" for field in fields)

    def _measures_of(
        self, body: Body, table: Table | None, dimensions: Mapping[str, Dimension]
    ) -> Mapping[str, Body]:
        """Give the measures of a view: the rows of a table can always be counted."""
        measures: Mapping[str, Body] = said(body, "measures", {})
        if table is None or _COUNT in measures or _COUNT in dimensions:
            return measures
        return {_COUNT: {"aggregate_type": "count"}, **measures}

    def _aliases(self, body: Body) -> dict[str, str]:
        return {
            alias: field
            for kind in ("dimensions", "measures")
            for field, each in said(body, kind, {}).items()
            for alias in texts(said(each, "aliases"))
        }

    def _select(self, text: str, view: str) -> exp.Query | None:
        """Read the SQL that stands for a view; ``${view}`` in it is another view's table."""

        def table(match: re.Match[str]) -> str:
            if match[1] is None:
                if "${" in match[0]:
                    raise BadSql("A ${reference} inside quotes is not a reference")
                return match[0]
            found = self.tables.get(match[1].strip())
            if found is None:
                raise BadSql(f"${{{match[1].strip()}}} is not a view on a table")
            return f'"{found.schema}"."{found.name}"'

        try:
            refuse_templates(text)
            tree = read_statement(_VIEW_REFERENCE.sub(table, text))
        except BadSql as error:
            self.parts.issue(str(error), view)
            return None
        if not isinstance(tree, exp.Query):
            self.parts.issue("The SQL of a view must be a query", view)
            return None
        return tree

    def _columns_of(
        self, select: exp.Query, view: str
    ) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
        """Ask for the columns of SQL; where it does not run, give the reason."""
        try:
            return self.warehouse.described(written(select)), ()
        except Refused as error:
            reason = first_line(error)
            self.parts.issue(reason, view)
            return [], (f"SQL that does not run ({reason})",)

    def _misplaced(
        self, keys: Iterable[str], view: str, field: str | None = None
    ) -> tuple[str, ...]:
        """Note keys that have no place beside the others."""
        found = tuple(keys)
        for key in found:
            self.parts.issue(f"{key} has no place beside the other keys", view, field)
        return tuple(f"{each} out of place" for each in found)

    def _dimensions(
        self, view: str, bodies: Mapping[str, Body], columns: list[tuple[str, str]], other: str
    ) -> dict[str, Dimension]:
        """Read the dimensions: one for each column, and those that are only in the file."""
        # A database does not mind the case of a column's name; fields are called as the file has it.
        spelled = {name.lower(): name for name in bodies}
        kinds = {spelled.get(name.lower(), name): kind for name, kind in columns}
        kinds |= {name: other for name in bodies if name not in kinds}
        ways = Counter(name.lower() for name in bodies)
        for name in bodies:
            if ways[name.lower()] > 1:
                self.parts.issue("This name is written in several ways", view, name)
                bodies = {
                    **bodies,
                    name: {WHOLE: NotModeled("a name that is written in several ways")},
                }
        return {
            name: self._dimension(view, name, bodies.get(name, {}), kind)
            for name, kind in kinds.items()
            if not said(bodies.get(name, {}), "ignored")
        }

    def _dimension(self, view: str, name: str, body: Body, column_type: str) -> Dimension:
        missing = [
            *unmodeled(body),
            *self._misplaced(_misplaced_in_dimension(body), view, name),
        ]
        sql = None
        duration = self._duration(said(body, "duration"), view, name)
        buckets = self._buckets(body, view, name)
        top = said(body, "dynamic_top_n")
        top_values = None if top is None else read_top_values(top)
        if top is not None and top_values is None:
            what = "dynamic_top_n without a readable n, by, desc and else"
            self.parts.issue(f"Not modeled: {what}", view, name)
            missing.append(what)
        for key, read in (("duration", duration), ("groups", buckets), ("bin_boundaries", buckets)):
            if said(body, key) is not None and read is None:
                self.parts.issue(f"{key} cannot be read", view, name)
                missing.append(f"{key} that cannot be read")
        if duration is not None:
            column_type = ""
        elif said(body, "sql") is not None:
            sql = self.parts.optional_sql(body["sql"], view, name)
            if sql is None:
                missing.append("SQL that cannot be read")
        elif not column_type and not missing:
            self.parts.issue("There is neither a column of this name nor sql", view, name)
            missing.append("a missing column")
        return Dimension(
            name=name,
            view=view,
            sql=sql,
            **_shown(name, body),
            # What is in groups or bins is typed by asking, as SQL is.
            sql_type="" if "sql" in body or buckets else column_type,
            timeframes=duration.intervals if duration else self._timeframes(body, view, name),
            unmodeled=tuple(missing),
            grants=self.parts.grants(body, view, name),
            buckets=buckets,
            duration=duration,
            top_values=top_values,
            convert_tz=said(body, "convert_tz", True),
        )

    def _timeframes(self, body: Body, view: str, field: str) -> tuple[str, ...]:
        given = said(body, "timeframes")
        if given is None:
            return self.timeframes
        return known_timeframes(given, self.parts, view, field)

    def _duration(self, document: Any, view: str, field: str) -> Duration | None:
        if document is None:
            return None
        body = self.parts.checked(document, DURATION, view, field)
        start, end = (
            self.parts.optional_sql(said(body, key), view, field)
            for key in ("sql_start", "sql_end")
        )
        given = texts(said(body, "intervals", list(INTERVALS)))
        intervals = tuple(dict.fromkeys(each.lower() for each in given))
        unknown = set(intervals) - set(INTERVALS)
        if unmodeled(body) or start is None or end is None or not intervals or unknown:
            return None
        return Duration(start, end, intervals)

    def _buckets(self, body: Body, view: str, field: str) -> Groups | Bins | None:
        if said(body, "groups") is not None:
            groups = [self.parts.checked(each, GROUP, view, field) for each in body["groups"]]
            if any(unmodeled(each) for each in groups):
                return None
            buckets = read_groups(groups, said(body, "else"))
            if buckets is not None:
                named = {f"{field}: {each.name}": each.filter for each in buckets.groups}
                self.parts.filters(named, view, field)
            return buckets
        if said(body, "bin_boundaries") is not None:
            return read_bins(body["bin_boundaries"])
        return None

    def _measure(self, view: str, name: str, body: Body) -> Measure:
        kind = optional_text(said(body, "aggregate_type"))
        problems = []
        if kind is not None and kind not in AGGREGATE_TYPES:
            problems.append(f"aggregate_type {kind}{near(kind, AGGREGATE_TYPES)}")
        sql = self.parts.optional_sql(said(body, "sql"), view, name)
        key = self.parts.optional_sql(said(body, "custom_primary_key_sql"), view, name)
        if sql is None and ("sql" in body or kind != "count") and not unmodeled(body):
            problems.append("SQL that is missing or cannot be read")
        if str(kind).endswith("_distinct_on") and key is None:
            problems.append("custom_primary_key_sql that is missing or cannot be read")
        percentile = said(body, "percentile")
        if str(kind).startswith("percentile") and not is_percentile(percentile):
            problems.append(f"percentile {percentile!r}, which is no number from 0 to 100")
        filters = self.parts.filters(said(body, "filters"), view, name, problems_of_measure)
        if filters and kind is None:
            problems.append("filters on a measure without aggregate_type")
        for problem in problems:
            self.parts.issue(f"Not modeled: {problem}", view, name)
        for idle in _without_effect(body):
            self.parts.issue(f"{idle} has no effect on a measure of this type", view, name)
        return Measure(
            name=name,
            view=view,
            sql=sql,
            **_shown(name, body),
            aggregate_type=kind,
            percentile=percentile,
            filters=filters,
            distinct_key=key if str(kind).endswith("_distinct_on") else None,
            unmodeled=(*unmodeled(body), *problems, *_unmodeled_filters(filters)),
            grants=self.parts.grants(body, view, name),
        )


def _misplaced_in_view(body: Body) -> Iterator[str]:
    if said(body, "sql") is not None and said(body, "table_name") is not None:
        yield "table_name"


def _misplaced_in_dimension(body: Body) -> Iterator[str]:
    has = {key for key in body if said(body, key) is not None}
    if "duration" in has:
        yield from sorted(has & {"sql", "groups", "bin_boundaries", "timeframes", "dynamic_top_n"})
    elif "dynamic_top_n" in has:
        yield from sorted(has & {"groups", "bin_boundaries", "timeframes"})
    elif {"groups", "bin_boundaries"} <= has:
        yield "bin_boundaries"
    if "else" in has and "groups" not in has:
        yield "else"


def _without_effect(body: Body) -> Iterator[str]:
    kind = str(said(body, "aggregate_type"))
    if said(body, "percentile") is not None and not kind.startswith("percentile"):
        yield "percentile"
    if said(body, "custom_primary_key_sql") is not None and not kind.endswith("_distinct_on"):
        yield "custom_primary_key_sql"


def known_timeframes(
    given: Any, parts: Parts, view: str | None = None, field: str | None = None
) -> tuple[str, ...]:
    """Read a list of timeframes; one that does not exist is an issue."""
    found = tuple(dict.fromkeys(each.lower() for each in texts(given)))
    for each in found:
        if each not in TIMEFRAMES and each not in _OTHER_TIMEFRAMES:
            meant = near(each, (*TIMEFRAMES, *_OTHER_TIMEFRAMES))
            parts.issue(f'Not modeled: the timeframe "{each}"{meant}', view, field)
    return found


def _table_name(body: Body, view: str) -> str:
    return str(said(body, "table_name", view))


def _unmodeled_filters(filters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for operators in filters.values():
        yield from problems_of_measure(operators)


def _shown(name: str, body: Body) -> dict[str, Any]:
    """Give how a field is shown."""
    form = said(body, "format")
    return {
        "label": optional_text(said(body, "label")) or titled(name),
        "description": optional_text(said(body, "description")),
        "format": None if isinstance(form, Mapping) else optional_text(form),
        "group_label": optional_text(said(body, "group_label")),
        "hidden": said(body, "hidden", False),
        "tags": texts(said(body, "tags")),
    }
