"""WITH in SQL over a model: its queries and the one that reads them become one statement.

People saw Omni do so: an outer WHERE on an aggregate became the HAVING of one statement
(docs/wire.md). What cannot be told in one statement is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlglot import exp

from omnipd_sandbox.engine.model.measures import is_aggregate_call
from omnipd_sandbox.engine.model.references import enclosed
from omnipd_sandbox.refused_query import Refused

Named = Callable[[exp.Expression], str | None]

# What a statement may consist of. DISTINCT is taken and changes nothing (docs/wire.md).
_PARTS = {
    "expressions", "from_", "from", "where", "group", "having", "order", "limit", "offset",
    "distinct",
}  # fmt: skip


def check_parts(tree: exp.Select) -> None:
    """Refuse the parts of a statement that are not modeled, by name."""
    for key, part in tree.args.items():
        if part and key not in _PARTS:
            raise refused(key.rstrip("_").replace("_", " ").upper())
    distinct = tree.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise refused("DISTINCT ON")


def flattened(tree: exp.Select, field_of: Named, measures: Callable[[str], bool]) -> exp.Select:
    """Give a statement without WITH.

    Parameters
    ----------
    tree
        The statement, with a name in the place of each reference.
    field_of
        Gives the field that a column stands for, such as ``users.state``; None for other columns.
    measures
        Tells whether a field is a measure.
    """
    clause = tree.args.get("with_") or tree.args.get("with")
    if clause is None:
        return tree
    if clause.args.get("recursive"):
        raise refused("WITH RECURSIVE")
    known: dict[str, exp.Select] = {}
    read: set[str] = set()
    flatten = _Flattening(field_of, measures, known, read)
    for query in clause.expressions:
        inner = query.this
        alias = query.args.get("alias")
        if not isinstance(inner, exp.Select) or (alias is not None and alias.columns):
            raise refused("WITH anything but a SELECT")
        known[query.alias.lower()] = flatten.one(inner)
    outer = tree.copy()
    outer.set("with_", None)
    outer.set("with", None)
    whole = flatten.one(outer)
    for name in known.keys() - read:
        raise refused(f"WITH {name}, which is not read,")
    return whole


class _Flattening:
    def __init__(
        self,
        field_of: Named,
        measures: Callable[[str], bool],
        known: Mapping[str, exp.Select],
        read: set[str],
    ) -> None:
        self.field_of = field_of
        self.measures = measures
        self.known = known
        self.read = read

    def one(self, outer: exp.Select) -> exp.Select:
        """Put the query that a statement reads from in its place, if it reads from one."""
        source = outer.args.get("from_") or outer.args.get("from")
        table = source.this if source is not None else None
        inner = self.known.get(table.name.lower()) if isinstance(table, exp.Table) else None
        if inner is None or table is None:
            return outer
        # Before what is merged no longer says so.
        check_parts(outer)
        check_parts(inner)
        for key in ("limit", "offset"):
            if inner.args.get(key):
                raise refused(f"WITH {table.name} that has a {key.upper()}")
        if inner.args.get("distinct"):
            # Elsewhere it is dropped; here nobody saw what becomes of it.
            raise refused(f"WITH {table.name} that has DISTINCT")
        self.read.add(table.name.lower())
        return self._merged(outer, inner, {table.name.lower(), table.alias_or_name.lower()})

    def _merged(self, outer: exp.Select, inner: exp.Select, names: set[str]) -> exp.Select:
        columns = self._columns(inner)
        grouped = inner.args.get("group") is not None or any(
            self._aggregates(each) for each in inner.expressions
        )

        def put(tree: exp.Expression) -> exp.Expression:
            return _replaced(tree, columns, names, self.field_of)

        clauses = [outer.args.get(key) for key in ("where", "order")]
        written = [*outer.expressions, *(each for each in clauses if each is not None)]
        if grouped and (
            outer.args.get("group") or outer.args.get("having") or any(map(self._calls, written))
        ):
            raise refused("grouping what WITH has grouped")
        whole = exp.Select(expressions=self._shown(outer, inner, columns, put))
        for key in ("from_", "from"):
            whole.set(key, inner.args.get(key))
        before, after = inner.args.get("where"), outer.args.get("where")
        added = put(after.this.copy()) if after else None
        group, having = inner.args.get("group"), inner.args.get("having")
        if grouped:
            whole.set("where", before)
            whole.set("group", self._keys(group, inner))
            whole.set("having", _both(exp.Having, having, added))
        else:
            whole.set("where", _both(exp.Where, before, added))
            for key in ("group", "having"):
                clause = outer.args.get(key)
                whole.set(key, put(clause.copy()) if clause else None)
        order = outer.args.get("order")
        whole.set("order", put(order.copy()) if order else None)
        for key in ("limit", "offset"):
            whole.set(key, outer.args.get(key))
        return whole

    def _shown(
        self,
        outer: exp.Select,
        inner: exp.Select,
        columns: Mapping[str, exp.Expression],
        put: Callable[[exp.Expression], exp.Expression],
    ) -> list[exp.Expression]:
        shown: list[exp.Expression] = []
        for each in outer.expressions:
            if isinstance(each, exp.Star):
                shown += [item.copy() for item in inner.expressions]
                continue
            tree = put(each.copy())
            name = each.alias_or_name
            if isinstance(each, exp.Column) and name in columns:
                # It keeps the name that it has in the inner query.
                tree = cast("exp.Expression", exp.alias_(tree, name, quoted=True))
            shown.append(tree)
        return shown

    def _columns(self, inner: exp.Select) -> dict[str, exp.Expression]:
        """Give the columns of a query by the names that they can be read by."""
        columns: dict[str, exp.Expression] = {}
        for each in inner.expressions:
            tree = cast("exp.Expression", each.unalias())
            field = self.field_of(tree)
            called = [each.alias] if each.alias else []
            if field is not None:
                called += [field.partition(".")[2], field]
            elif not called and isinstance(tree, exp.Count):
                called = ["count"]
            for name in called:
                columns.setdefault(name.lower(), tree)
        return columns

    def _keys(self, group: exp.Expression | None, inner: exp.Select) -> exp.Group | None:
        """Write out the keys of a grouped query: all of them, as the outer one may show less."""
        items = [each.unalias() for each in inner.expressions]
        if group is None or group.args.get("all"):
            keys = [each for each in items if not self._aggregates(each)]
        else:
            keys = [_at_place(each, items) for each in group.expressions]
        rest = {} if group is None else {**group.args, "expressions": None, "all": None}
        if not keys and not any(rest.values()):
            return None
        return exp.Group(**rest | {"expressions": [each.copy() for each in keys]})

    def _calls(self, tree: exp.Expression) -> bool:
        return any(is_aggregate_call(cast("exp.Expression", node)) for node in tree.walk())

    def _aggregates(self, tree: exp.Expression) -> bool:
        if self._calls(tree):
            return True
        fields = (self.field_of(column) for column in tree.find_all(exp.Column))
        return any(self.measures(field) for field in fields if field is not None)


def _replaced(
    tree: exp.Expression,
    columns: Mapping[str, exp.Expression],
    names: set[str],
    field_of: Named,
) -> exp.Expression:
    """Put what columns stand for in their place."""

    def put(node: Any) -> Any:
        if not isinstance(node, exp.Column) or field_of(node) is not None:
            return node
        if node.table and node.table.lower() not in names:
            return node
        found = columns.get(node.name.lower())
        return node if found is None else _whole(found)

    return cast("exp.Expression", tree.transform(put))


def _whole(tree: exp.Expression) -> exp.Expression:
    """Give an expression that stays one where it is put into another."""
    return enclosed(tree.copy())


def _at_place(term: exp.Expression, items: list[exp.Expression]) -> exp.Expression:
    """Give what a term of GROUP BY means, which may be the place of an item."""
    if not isinstance(term, exp.Literal) or term.is_string:
        return term
    place = int(term.this) if str(term.this).isdigit() else 0
    if not 1 <= place <= len(items):
        raise Refused("QUERY", f"GROUP BY {term.this}: there are {len(items)} columns")
    return items[place - 1]


def _both(
    kind: type[exp.Expression], clause: exp.Expression | None, added: exp.Expression | None
) -> exp.Expression | None:
    if added is None:
        return clause
    tests = [] if clause is None else [clause.this.copy()]
    return kind(this=exp.and_(*tests, added))


def refused(what: str) -> Refused:
    """Give the refusal of what is not modeled in SQL over a model."""
    return Refused("PLAN", f"{what} in SQL over a model is not modeled by this sandbox")
