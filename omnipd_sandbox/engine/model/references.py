"""SQL texts of a model: parsed once, their ${references} kept apart from the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from omnipd_sandbox.engine.model.sql_dialect import BadSql, read_expression, refuse_templates

__all__ = ["STAND_IN", "BadSql", "FieldName", "SqlText", "enclosed"]

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"^(?:(?P<view>.+)\.)?(?P<field>[^.\[\]]+)(?:\[(?P<timeframe>[^\[\]]+)\])?$")
STAND_IN = "omni_reference_"


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
        references: list[FieldName] = []

        def stand_in(match: re.Match[str]) -> str:
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
            return f"{STAND_IN}{len(references) - 1}"

        refuse_templates(text)
        tree = read_expression(_REFERENCE.sub(stand_in, text))
        if tree.find(exp.Query, exp.Subquery):
            raise BadSql("A query inside a field's SQL is not modeled")
        if tree.find(exp.Window):
            raise BadSql("A window function in a field's SQL is not modeled")
        if any(STAND_IN in str(literal.this) for literal in tree.find_all(exp.Literal)):
            raise BadSql("A ${reference} inside quotes is not a reference")
        return cls(text, tree, tuple(references))

    @property
    def columns(self) -> list[str]:
        """List the columns that are named without being references."""
        return [
            each.name
            for each in self.tree.find_all(exp.Column)
            if not each.table and not each.name.startswith(STAND_IN)
        ]

    def over(self, table: str, resolve: Callable[[FieldName], exp.Expression]) -> exp.Expression:
        """Write the expression out over a table alias, each reference resolved."""

        def write(node: exp.Expression) -> exp.Expression:
            if not isinstance(node, exp.Column) or node.table:
                return node
            if node.name.startswith(STAND_IN) and not node.this.args.get("quoted"):
                number = int(node.name.removeprefix(STAND_IN))
                return enclosed(resolve(self.references[number]))
            return exp.column(node.this.copy(), table=exp.to_identifier(table, quoted=True))

        # A copy from the root: transform would otherwise rewrite what it has just put in.
        return _rewrite(self.tree, write)


def _rewrite(
    tree: exp.Expression, write: Callable[[exp.Expression], exp.Expression]
) -> exp.Expression:
    copied = tree.copy()
    if isinstance(copied, exp.Column):
        return write(copied)
    for column in list(copied.find_all(exp.Column)):
        column.replace(write(column))
    return copied


def enclosed(tree: exp.Expression) -> exp.Expression:
    """Put an expression in parentheses where it would not stand alone."""
    if isinstance(tree, exp.Column | exp.Literal | exp.Paren | exp.Func | exp.Cast | exp.Null):
        return tree
    return exp.Paren(this=tree)
