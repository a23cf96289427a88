"""SQL over a model, planned as the model's other queries are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.measures import is_aggregate_call
from omnipd_sandbox.engine.model.model import Dimension, Measure, Model, views_by_alias
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.yaml_parts import titled
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.drafting import begin, refuse_unmodeled_joins
from omnipd_sandbox.engine.plan.finder import Finder
from omnipd_sandbox.engine.plan.metadata import describe
from omnipd_sandbox.engine.plan.plan import Plan
from omnipd_sandbox.engine.plan.request import Request, Sort, echoed, refuse
from omnipd_sandbox.engine.plan.result_columns import result_columns
from omnipd_sandbox.engine.sql.lost_bounds import without_lost_bounds
from omnipd_sandbox.engine.sql.omni_sql import Item, Statement, parse, references_in
from omnipd_sandbox.engine.sql.verbatim import checked
from omnipd_sandbox.engine.sql.write_sql import write_sql
from omnipd_sandbox.refused_query import Refused


def plan_omni_sql(
    model: Model, database: Warehouse, query: Mapping[str, Any], around: Circumstances
) -> Plan:
    """Plan SQL over a model; the limit of the query does not touch it.

    Raises
    ------
    NotParsed
        For what is not SQL over a model.
    Refused
        For names the model does not have, and for what the sandbox does not do.
    """
    known = checked(model, query)
    seen = model.within(model.topics.get(known["join_paths_from_topic_name"] or ""))
    statement = parse(query["userEditedSQL"], lambda name: _is_measure(seen, name))
    if known["sqlSortsEnabled"]:
        refuse(known, ("sorts", "calculations", "column_totals"), " over SQL over a model")
    known |= {"sorts": [], "calculations": [], "column_totals": {}}
    request = _request(known, statement)
    _check_view(seen, statement.view)
    found, finder = begin(model, request, around)
    if found.tree.base != statement.view:
        raise Refused(
            "PLAN", f'The topic begins at "{found.tree.base}", the SQL at "{statement.view}"'
        )
    for each in statement.references:
        if each != statement.view:
            _check_field(finder, each)
    if statement.where or statement.having:
        found.cannot_be_bound = "SQL with conditions"
    always = len(found.where)
    _Writer(found, finder, statement).write()
    if found.rankings:
        raise Refused("PLAN", "dynamic_top_n in SQL over a model is not modeled by this sandbox")
    if len(found.where) > always and any(each.cancels for each in found.aggregates):
        raise Refused(
            "PLAN",
            "A measure that cancels filters (cancel_query_filter) beside WHERE, or HAVING on what is"
            " grouped by, is not modeled by this sandbox",
        )
    refuse_unmodeled_joins(found)
    sql = written(write_sql(found), pretty=True)
    return Plan(
        sql=sql,
        fields=_described(found, database.result_columns(sql)),
        missing_fields=[],
        limit=statement.limit,
        query=echoed(known),
        shared_model_id=model.id,
        omni_sql=query["userEditedSQL"],
        omni_sql_parse_failed=False,
    )


def check_references(model: Model, text: str) -> None:
    """Look for the references of SQL that cannot be parsed.

    Raises
    ------
    Refused
        For the first one that the model does not have.
    """
    views = views_by_alias(model.views, model.relationships)
    for reference in references_in(text):
        name = FieldName.parse(reference)
        if reference in views:
            continue
        if name is None or name.view not in views:
            raise _no_such("view", name.view if name and name.view else reference)
        if views[name.view].field(name.field) is None:
            raise _no_such("field", reference)


def _is_measure(model: Model, text: str) -> bool:
    name = FieldName.parse(text)
    view = model.views.get(name.view or "") if name else None
    return name is not None and view is not None and isinstance(view.field(name.field), Measure)


def _request(known: Mapping[str, Any], statement: Statement) -> Request:
    return Request(
        table=statement.view,
        topic=known["join_paths_from_topic_name"] or None,
        fields=(),
        filters={},
        sorts=(),
        limit=statement.limit,
        offset=statement.offset,
        column_totals=(),
        static_queries={},
        echo={},
    )


def _check_view(model: Model, name: str) -> None:
    if name not in model.views:
        raise _no_such("view", name)


def _check_field(finder: Finder, text: str) -> None:
    name = FieldName.parse(text)
    if name is None or name.view is None:
        raise _no_such("view", text)
    if name.view not in finder.fields.views:
        raise _no_such("view", name.view)
    if finder.place(text) is None:
        raise _no_such("field", text)


def _no_such(what: str, name: str) -> Refused:
    # A field is said twice, a view once: Omni's own words (docs/wire.md).
    twice = f'Field "{name}" not found: ' if what == "field" else ""
    return Refused("PLAN", f'Could not substitute Omni SQL: {twice}No such {what} "{name}"')


@dataclass
class _Writer:
    """Write a statement into a draft, clause by clause."""

    found: Draft
    finder: Finder
    statement: Statement

    def write(self) -> None:
        for item in self.statement.selected:
            self._select(item)
        self._group()
        for item in without_lost_bounds(self.statement.where):
            self.found.where.append(self._over_rows(item))
        for item in self.statement.having:
            self._having(item)
        for order in self.statement.order:
            sort = Sort("", order.descending, order.nulls_first)
            self.found.sorts.append((self._sorted_by(order.item), sort))

    def _select(self, item: Item) -> None:
        if item.bare is not None:
            # Its alias is not heard, and a field that is named twice comes once (docs/wire.md).
            if item.bare in self._called_so():
                raise _two_columns(item.bare)
            if item.bare not in self._names():
                self.finder.select(item.bare)
            return
        if isinstance(item.tree, exp.Star):
            raise Refused("PLAN", "SELECT * in SQL over a model is not modeled by this sandbox")
        _refuse_columns(item)
        if not item.alias:
            raise Refused(
                "PLAN",
                f"{item.sql().text} needs a name (AS …): how Omni would call it is not known",
            )
        name = self._name(item)
        if name in self._names():
            raise _two_columns(name)
        self.found.selected.append(self._expression(item))

    def _name(self, item: Item) -> str:
        """Name an expression after a view of its fields, and after that of FROM if it has none.

        Of several views it is the last one by name: it was ``users`` wherever people saw it beside
        ``products`` and ``order_items``, first or not (docs/wire.md).
        """
        views = {name.view for each in item.fields if (name := FieldName.parse(each))}
        return f"{max(filter(None, views), default=self.found.tree.base)}.{item.alias}"

    def _expression(self, item: Item) -> Selected:
        """Make a field of an expression."""
        at = FieldName(self._name(item).removesuffix(f".{item.alias}"), item.alias)
        described: dict[str, Any] = {
            "name": item.alias,
            "view": at.view,
            "label": titled(item.alias),
            "sql": item.sql(),
        }
        if self._is_measure(item):
            measure = Measure(**described)
            return Selected(str(at), at, measure, None, None, self._over_groups(item))
        key = len(self.found.keys)
        return Selected(str(at), at, Dimension(**described), None, key, self._over_rows(item))

    def _is_measure(self, item: Item) -> bool:
        names = [FieldName.parse(each) for each in item.fields]
        return item.aggregates or any(
            isinstance(self.found.fields.find(name), Measure) for name in names if name
        )

    def _over_rows(self, item: Item) -> exp.Expression:
        _refuse_columns(item)
        base, fields = self.found.tree.base, self.found.fields
        return item.sql().over(base, lambda name: fields.row_value(name, base))

    def _over_groups(self, item: Item) -> exp.Expression:
        _refuse_columns(item)
        base = self.found.tree.base
        # The name is in no model, so that no field can refer back to it.
        sql = replace(item, tree=self._of_group(item.tree)).sql()
        measure = Measure(name=f"({item.alias})", view=base, label="", sql=sql)
        return self.found.fields.measure(base, measure)

    def _of_group(self, tree: exp.Expression) -> exp.Expression:
        """Write the keys in an expression as values of a group; it has one of each."""
        keys = [each.tree for each in self.statement.selected if not self._is_measure(each)]
        kinds = {type(key) for key in keys}
        texts = {self._text(key) for key in keys}

        def write(node: exp.Expression) -> exp.Expression:
            if is_aggregate_call(node):
                # Another node, so that what stands in it is left alone.
                return node.copy()
            if type(node) in kinds and self._text(node) in texts:
                return exp.AnonymousAggFunc(this="ANY_VALUE", expressions=[node.copy()])
            return node

        return tree.transform(write)

    def _text(self, tree: exp.Expression) -> str:
        return Item(tree, "", self.statement.references).sql().text

    def _reads_keys_only(self, item: Item) -> bool:
        """Tell whether an expression has one value for each group without being aggregated."""
        _refuse_columns(item)
        of_group = self._of_group(item.tree)
        inside = {id(each) for call in _aggregate_calls(of_group) for each in call.walk()}
        return all(id(column) in inside for column in of_group.find_all(exp.Column))

    def _group(self) -> None:
        group = self.statement.group
        measures = [each for each in self.found.selected if each.key is None]
        self.found.grouped = group is not None or bool(measures)
        if not group:
            return
        grouped = {self._selected(item, "GROUP BY").name for item in group}
        for each in measures:
            if each.name in grouped:
                raise Refused("QUERY", f'"{each.name}" is aggregated and cannot be grouped by')
        for each in self.found.selected:
            if each.key is not None and each.name not in grouped:
                raise Refused("QUERY", f'"{each.name}" must appear in GROUP BY or be aggregated')

    def _having(self, item: Item) -> None:
        if self._is_measure(item):
            self.found.having.append(self._over_groups(item))
            return
        if not self.found.grouped or not self._reads_keys_only(item):
            raise Refused(
                "QUERY", f"{item.sql().text} in HAVING must be aggregated or stand in GROUP BY"
            )
        # What is true of a key is true of all rows of its group.
        self.found.where.append(self._over_rows(item))

    def _sorted_by(self, item: Item) -> Selected:
        if _is_place(item) or item.bare in self._names():
            return self._selected(item, "ORDER BY")
        known = self._of_alias(item) or self._alike(item)
        if known is not None:
            return known
        # Rows that are not grouped can be sorted by what is not selected, groups by an aggregate.
        at = FieldName(None, "")
        hidden: dict[str, Any] = {
            "name": "",
            "view": self.found.tree.base,
            "label": "",
            "sql": None,
        }
        of_groups = self._is_measure(item) or (bool(item.fields) and self._reads_keys_only(item))
        if self.found.grouped and not of_groups:
            return self._selected(item, "ORDER BY")
        if self.found.grouped:
            return Selected("", at, Measure(**hidden), None, None, self._over_groups(item))
        return Selected("", at, Dimension(**hidden), None, 0, self._over_rows(item))

    def _names(self) -> set[str]:
        return {each.name for each in self.found.selected}

    def _called_so(self) -> set[str]:
        """List the names that expressions have."""
        return {self._name(each) for each in self.statement.selected if each.bare is None}

    def _selected(self, item: Item, clause: str) -> Selected:
        """Find what a term of GROUP BY or ORDER BY means among what is selected."""
        if _is_place(item):
            return self._at_place(int(item.tree.this), clause)
        for each in self.found.selected:
            if item.bare == each.name:
                return each
        known = self._of_alias(item) or self._alike(item)
        if known is None:
            raise Refused(
                "PLAN",
                f"{clause} {item.sql().text}, which is not selected, is not modeled by this"
                " sandbox",
            )
        return known

    def _at_place(self, place: int, clause: str) -> Selected:
        written = self.statement.selected
        if not 1 <= place <= len(written):
            raise Refused("QUERY", f"{clause} {place}: there are {len(written)} columns")
        fields = [item.bare for item in written[:place] if item.bare is not None]
        if len(set(fields)) < len(fields):
            raise Refused(
                "PLAN",
                f"{clause} {place} after a field that is selected twice: which column Omni would"
                " take is not known",
            )
        return self.found.selected[place - 1]

    def _of_alias(self, item: Item) -> Selected | None:
        tree = item.tree
        if item.fields or not isinstance(tree, exp.Column) or tree.table:
            return None
        by_name = {each.name: each for each in self.found.selected}
        for each in self.statement.selected:
            if each.alias.lower() == tree.name.lower():
                return by_name[each.bare or self._name(each)]
        return None

    def _alike(self, item: Item) -> Selected | None:
        for each, selected in self._expressions():
            if each.tree == item.tree or each.sql().text == item.sql().text:
                return selected
        return None

    def _expressions(self) -> Sequence[tuple[Item, Selected]]:
        by_name = {each.name: each for each in self.found.selected}
        return [
            (each, by_name[self._name(each)])
            for each in self.statement.selected
            if each.bare is None
        ]


def _aggregate_calls(tree: exp.Expression) -> list[exp.Expression]:
    return [each for each in tree.find_all(exp.Expression) if is_aggregate_call(each)]


def _two_columns(name: str) -> Refused:
    return Refused("PLAN", f'Two columns are called "{name}"')


def _is_place(item: Item) -> bool:
    return isinstance(item.tree, exp.Literal) and not item.tree.is_string


def _refuse_columns(item: Item) -> None:
    """Refuse columns that are not written as fields; which view's they are is not said."""
    for column in item.columns:
        raise Refused(
            "PLAN",
            f"{written(column)} in SQL over a model is no field: write ${{view.field}}",
        )


def _described(found: Draft, columns: Sequence[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Describe the columns, with the types that the database gives to expressions."""
    types = {
        each.selected.name: kind
        for each, (_, kind) in zip(result_columns(found), columns, strict=False)
        if not each.formatted
    }
    return {
        each.name: describe(
            each
            if each.field.sql_type
            else replace(each, field=replace(each.field, sql_type=types[each.name]))
        )
        for each in found.selected
    }
