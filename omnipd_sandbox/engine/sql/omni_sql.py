"""SQL over a model: ``${view}`` in FROM, ``${view.field}`` anywhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from sqlglot import exp

from omnipd_sandbox.engine.model.measures import is_aggregate_call
from omnipd_sandbox.engine.model.references import STAND_IN, FieldName, SqlText, own_name_in
from omnipd_sandbox.engine.model.sql_dialect import BadSql, read_statement, written
from omnipd_sandbox.engine.sql.flatten import check_parts, flattened, refused

# What stands in quotes or in a comment is no reference.
_REFERENCE = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$\{(?P<inside>[^}]*)\}""",
    re.VERBOSE | re.DOTALL,
)


class NotParsed(Exception):
    """Say that a text is not SQL over a model; it is then run as it is."""


@dataclass(frozen=True)
class Item:
    """Hold an expression of a statement: what is selected, tested, grouped or sorted by."""

    tree: exp.Expression
    alias: str
    references: tuple[str, ...]

    @property
    def bare(self) -> str | None:
        """Return the field that the expression is, if it is nothing but a field."""
        tree = self.tree.unnest()
        number = _number(tree) if isinstance(tree, exp.Column) else None
        return None if number is None else self.references[number]

    @property
    def fields(self) -> list[str]:
        """List the fields it refers to."""
        numbers = [_number(column) for column in self.tree.find_all(exp.Column)]
        return [self.references[number] for number in numbers if number is not None]

    @property
    def columns(self) -> list[exp.Column]:
        """List the columns in it that are not written as fields."""
        return [column for column in self.tree.find_all(exp.Column) if _number(column) is None]

    @property
    def aggregates(self) -> bool:
        """Tell whether it calls an aggregate itself."""
        return is_aggregate_call(self.tree) or any(map(is_aggregate_call, _nodes(self.tree)))

    def sql(self) -> SqlText:
        """Give it in the form of a model's own SQL."""
        names = [FieldName.parse(each) for each in self.references]
        # A name that is none stands for a view, and is used nowhere but in FROM.
        references = tuple(each or FieldName(None, "") for each in names)
        text = _REFERENCE_BACK.sub(
            lambda match: f"${{{self.references[int(match[1])]}}}", written(self.tree)
        )
        return SqlText(text, self.tree, references)


@dataclass(frozen=True)
class Order:
    """Hold one term of ORDER BY."""

    item: Item
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Statement:
    """Hold a parsed statement, its references not yet looked up."""

    references: tuple[str, ...]
    view: str
    selected: tuple[Item, ...]
    where: tuple[Item, ...]
    # None without GROUP BY; empty for GROUP BY ALL.
    group: tuple[Item, ...] | None
    having: tuple[Item, ...]
    order: tuple[Order, ...]
    limit: int | None
    offset: int


_REFERENCE_BACK = re.compile(rf"\b{STAND_IN}(\d+)\b")


def references_in(text: str) -> tuple[str, ...]:
    """List what stands in ``${…}``, in order."""
    found = [match["inside"] for match in _REFERENCE.finditer(text)]
    return tuple(each.strip() for each in found if each is not None)


def parse(text: str, is_measure: Callable[[str], bool]) -> Statement:
    """Parse SQL over a model.

    Parameters
    ----------
    text
        The SQL.
    is_measure
        Tells whether a field of the model is a measure.

    Raises
    ------
    NotParsed
        For what is not SQL, or refers to no model.
    Refused
        For SQL that Omni may know how to read, and the sandbox does not.
    """
    references = references_in(text)
    if not references:
        raise NotParsed
    taken = own_name_in(text)
    if taken is not None:
        raise refused(f"a name that begins with {taken}, as the sandbox's own do,")
    return _Reader(references, is_measure).read(_tree(text))


def _tree(text: str) -> exp.Expression:
    count = iter(range(len(text)))
    plain = _REFERENCE.sub(
        lambda match: match[0] if match["inside"] is None else f" {STAND_IN}{next(count)} ", text
    )
    try:
        return read_statement(plain)
    except BadSql:
        raise NotParsed from None


def _nodes(tree: exp.Expression) -> Iterator[exp.Expression]:
    for node in tree.iter_expressions():
        yield node
        yield from _nodes(node)


class _Reader:
    def __init__(self, references: tuple[str, ...], is_measure: Callable[[str], bool]) -> None:
        self.references = references
        self.is_measure = is_measure

    def read(self, tree: exp.Expression) -> Statement:
        if not isinstance(tree, exp.Select):
            raise refused(tree.key.upper())
        tree = flattened(tree, self._field, self.is_measure)
        check_parts(tree)
        if tree.find(exp.Subquery, exp.Window) or len(list(tree.find_all(exp.Query))) > 1:
            raise refused("a subquery or a window function")
        view = self._view(tree.args.get("from_") or tree.args.get("from"))
        where, having = tree.args.get("where"), tree.args.get("having")
        group, order = tree.args.get("group"), tree.args.get("order")
        return Statement(
            references=self.references,
            view=view,
            selected=tuple(self._item(each) for each in tree.expressions),
            where=tuple(self._conjuncts(where)),
            group=None if group is None else tuple(self._groups(group)),
            having=tuple(self._conjuncts(having)),
            order=tuple(self._order(each) for each in order.expressions) if order else (),
            limit=_whole(tree.args.get("limit")),
            offset=_whole(tree.args.get("offset")) or 0,
        )

    def _field(self, tree: exp.Expression) -> str | None:
        number = _number(tree) if isinstance(tree, exp.Column) else None
        return None if number is None else self.references[number]

    def _view(self, from_: exp.Expression | None) -> str:
        table = from_.this if from_ is not None else None
        number = _number(table) if isinstance(table, exp.Table) else None
        if table is None or number is None:
            raise refused("a FROM without ${view}")
        if any(part for key, part in table.args.items() if key != "this"):
            raise refused("a FROM with anything but ${view}")
        return self.references[number]

    def _item(self, tree: exp.Expression) -> Item:
        alias = tree.alias if isinstance(tree, exp.Alias) else ""
        bare = cast("exp.Expression", tree.unalias())
        if not alias and isinstance(bare, exp.Count) and isinstance(bare.this, exp.Star):
            # The one expression whose name is known where it was given none (docs/wire.md).
            alias = "count"
        return Item(bare, alias, self.references)

    def _conjuncts(self, clause: exp.Expression | None) -> Iterator[Item]:
        if clause is not None:
            for test in _tests(clause.this):
                yield self._item(test)

    def _groups(self, group: exp.Expression) -> Iterator[Item]:
        for key, part in group.args.items():
            if part and key not in {"expressions", "all"}:
                raise refused(f"GROUP BY {key.replace('_', ' ').upper()}")
        for each in group.expressions:
            yield self._item(each)

    def _order(self, tree: exp.Expression) -> Order:
        if not isinstance(tree, exp.Ordered):
            raise refused("ORDER BY ALL")
        descending = bool(tree.args.get("desc"))
        return Order(self._item(tree.this), descending, bool(tree.args.get("nulls_first")))


def _number(node: exp.Expression) -> int | None:
    """Tell which reference a node stands for, if any."""
    name = node.this
    if not isinstance(name, exp.Identifier) or name.args.get("quoted"):
        return None
    if node.args.get("table") or node.args.get("db"):
        return None
    match = _REFERENCE_BACK.fullmatch(str(name.this))
    return int(match[1]) if match else None


def _tests(tree: exp.Expression) -> Iterator[exp.Expression]:
    """Give what must all hold, however it is put in parentheses."""
    test = tree.unnest()
    if isinstance(test, exp.And):
        for each in test.flatten():
            yield from _tests(cast("exp.Expression", each))
    else:
        yield cast("exp.Expression", test)


def _whole(clause: exp.Expression | None) -> int | None:
    if clause is None:
        return None
    if isinstance(clause, exp.Fetch):
        raise refused("FETCH")
    value = clause.expression
    plain = not any(part for key, part in clause.args.items() if key != "expression")
    if not (plain and isinstance(value, exp.Literal) and str(value.this).isdigit()):
        raise refused("a LIMIT or OFFSET that is not a whole number")
    return int(value.this)
