"""SQL texts of a model: parsed once, their ${references} kept apart from the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from omnipd_sandbox.engine.model.sql_dialect import BadSql, read_expression, refuse_templates

__all__ = [
    "AGGREGATE",
    "STAND_IN",
    "BadSql",
    "FieldName",
    "SqlText",
    "enclosed",
    "named",
    "own_name_in",
]

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"^(?:(?P<view>.+)\.)?(?P<field>[^.\[\]]+)(?:\[(?P<timeframe>[^\[\]]+)\])?$")
# Names of the sandbox's own, with a number behind them: columns that stand for references, and for
# aggregates (see measures.py).
STAND_IN = "omni_reference_"
AGGREGATE = "omni_aggregate_"
# How many texts are remembered: branches and extending views say the same again.
_REMEMBERED = 8192


@dataclass(frozen=True)
class FieldName:
    """Name a field as models and queries do: ``view.field[timeframe]``."""

    view: str | None
    field: str
    timeframe: str | None = None

    def __str__(self) -> str:
        view = f"{self.view}." if self.view else ""
        timeframe = f"[{self.timeframe}]" if self.timeframe else ""
        return f"{view}{self.field}{timeframe}"

    @classmethod
    def parse(cls, text: str) -> FieldName | None:
        """Read a name, or return None when the text is not one."""
        match = _NAME.match(text.strip())
        if match is None:
            return None
        return cls(match["view"], match["field"], match["timeframe"])


@dataclass(frozen=True)
class SqlText:
    """Hold a SQL expression whose references are columns with names of their own."""

    text: str
    tree: exp.Expression
    references: tuple[FieldName, ...]

    @classmethod
    def parse(cls, text: str) -> SqlText:
        """Parse a model's SQL expression.

        Raises
        ------
        BadSql
            For what is not one expression over the view's columns and other fields.
        """
        parsed = _parsed(text)
        if isinstance(parsed, str):
            raise BadSql(parsed)
        return parsed

    @property
    def columns(self) -> list[str]:
        """List the columns that are named without being references."""
        return [
            each.name
            for each in self.tree.find_all(exp.Column)
            if not each.table and not _stands_in(each)
        ]

    def over(self, table: str, resolve: Callable[[FieldName], exp.Expression]) -> exp.Expression:
        """Write the expression out over a table alias, each reference resolved."""

        def write(node: exp.Expression) -> exp.Expression:
            if not isinstance(node, exp.Column) or node.table:
                return node
            if _stands_in(node):
                return enclosed(resolve(self.references[_number_of(node)]))
            return exp.column(node.this.copy(), table=exp.to_identifier(table, quoted=True))

        # A copy from the root: transform would otherwise rewrite what it has just put in.
        return _rewrite(self.tree, write)


@lru_cache(maxsize=_REMEMBERED)
def _parsed(text: str) -> SqlText | str:
    """Parse a text, or say why it cannot be used."""
    try:
        return _parse(text)
    except BadSql as error:
        return str(error)


def _parse(text: str) -> SqlText:
    references: list[FieldName] = []

    def put(match: re.Match[str]) -> str:
        inside = match[1].strip()
        if inside == "TABLE":
            raise BadSql(
                "${TABLE} does not exist in Omni: write the column's name alone,"
                " or ${view.field} for a field"
            )
        name = FieldName.parse(inside)
        if name is None:
            raise BadSql(f"${{{inside}}} is not the name of a field")
        references.append(name)
        return stand_in(len(references) - 1)

    refuse_templates(text)
    refuse_own_names(text)
    tree = read_expression(_REFERENCE.sub(put, text))
    if tree.find(exp.Query, exp.Subquery):
        raise BadSql("A query inside a field's SQL is not modeled")
    if tree.find(exp.Window):
        raise BadSql("A window function in a field's SQL is not modeled")
    refuse_lost_references(tree)
    return SqlText(text, tree, tuple(references))


def stand_in(number: int) -> str:
    """Give what stands in a text for a reference, apart from what stands beside it."""
    return f" {STAND_IN}{number} "


def refuse_own_names(text: str) -> None:
    """Refuse a text with names that begin as the sandbox's own do.

    Raises
    ------
    BadSql
        For the first of them.
    """
    taken = own_name_in(text)
    if taken is not None:
        raise BadSql(f"Not modeled: a name that begins with {taken}, as the sandbox's own do")


def refuse_lost_references(tree: exp.Expression) -> None:
    """Refuse references that do not stand for values.

    Raises
    ------
    BadSql
        For the first of them.
    """
    for node in _named_after_references(tree):
        if isinstance(node, exp.Literal) or node.args.get("quoted"):
            raise BadSql("A ${reference} inside quotes is not a reference")
        if not (isinstance(node.parent, exp.Column) and _stands_in(node.parent)):
            raise BadSql("A ${reference} stands for a value; here the SQL needs a name")


def own_name_in(text: str) -> str | None:
    """Tell how a name begins in a SQL text that would be taken for one of the sandbox's own."""
    beside = _REFERENCE.sub(" ", text).lower()
    return next((prefix for prefix in (STAND_IN, AGGREGATE) if prefix in beside), None)


def _stands_in(column: exp.Column) -> bool:
    return (
        not column.table and column.name.startswith(STAND_IN) and not column.this.args.get("quoted")
    )


def _number_of(column: exp.Column) -> int:
    return int(column.name.removeprefix(STAND_IN))


def written_out(
    tree: exp.Query,
    references: Sequence[FieldName],
    resolve: Callable[[FieldName], exp.Expression],
) -> exp.Query:
    """Write a statement with each reference resolved."""
    copied = tree.copy()
    for column in list(copied.find_all(exp.Column)):
        if _stands_in(column):
            column.replace(enclosed(resolve(references[_number_of(column)])))
    return copied


def name_selected(tree: exp.Expression, references: Sequence[FieldName]) -> None:
    """Name what a statement selects of fields, and does not name itself, after them."""
    for select in tree.find_all(exp.Select):
        for each in list(select.expressions):
            if isinstance(each, exp.Column) and _stands_in(each):
                each.replace(named(each.copy(), references[_number_of(each)].field))


def _named_after_references(tree: exp.Expression) -> Iterator[exp.Expression]:
    for node in tree.find_all(exp.Expression):
        if any(isinstance(value, str) and STAND_IN in value for value in node.args.values()):
            yield node


def _rewrite(
    tree: exp.Expression, write: Callable[[exp.Expression], exp.Expression]
) -> exp.Expression:
    copied = tree.copy()
    if isinstance(copied, exp.Column):
        return write(copied)
    for column in list(copied.find_all(exp.Column)):
        column.replace(write(column))
    return copied


def named(tree: exp.Expression, name: str) -> exp.Expression:
    """Give an expression a name."""
    return exp.Alias(this=tree, alias=exp.to_identifier(name, quoted=True))


def enclosed(tree: exp.Expression) -> exp.Expression:
    """Put an expression in parentheses where it would not stand alone."""
    # To sqlglot, AND and OR are functions, and so are operators such as ->.
    is_call = isinstance(tree, exp.Func) and not isinstance(tree, exp.Binary)
    if is_call or isinstance(tree, exp.Column | exp.Literal | exp.Paren | exp.Null):
        return tree
    return exp.Paren(this=tree)
