"""SQL read and written as DuckDB has it, and nothing translated on the way.

sqlglot knows the functions of many databases, and writes one that it takes for another's in what
it takes for DuckDB's words, at times in other ones: a pattern is dropped, an argument left out.
Here a call is its name and its arguments, so that what DuckDB does not have, it refuses itself.
Whatever else would change between reading and writing is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel, SqlglotError

from omnipd_sandbox.engine.data.sql_meaning import same_meaning
from omnipd_sandbox.engine.shortened import first_line
from omnipd_sandbox.refused_query import Refused

# The aggregates that the planner knows by their own kind; of the others only that they are some.
_KNOWN = ("COUNT", "SUM", "AVG", "MEDIAN")
_AGGREGATES = (
    "ANY_VALUE", "APPROX_COUNT_DISTINCT", "APPROX_QUANTILE", "APPROX_TOP_K", "ARBITRARY", "ARGMAX",
    "ARGMIN", "ARG_MAX", "ARG_MAX_NULL", "ARG_MAX_NULLS_LAST", "ARG_MIN", "ARG_MIN_NULL",
    "ARG_MIN_NULLS_LAST", "ARRAY_AGG", "BITSTRING_AGG", "BIT_AND", "BIT_OR", "BIT_XOR", "BOOL_AND",
    "BOOL_OR", "CORR", "COUNTIF", "COUNT_IF", "COUNT_STAR", "COVAR_POP", "COVAR_SAMP", "ENTROPY",
    "FAVG", "FIRST", "FSUM", "GEOMEAN", "GEOMETRIC_MEAN", "GROUP_CONCAT", "HISTOGRAM",
    "HISTOGRAM_EXACT", "KAHAN_SUM", "KURTOSIS", "KURTOSIS_POP", "LAST", "LIST", "LISTAGG", "MAD",
    "MAX", "MAX_BY", "MEAN", "MIN", "MIN_BY", "MODE", "PERCENTILE_CONT", "PERCENTILE_DISC",
    "PRODUCT", "QUANTILE", "QUANTILE_CONT", "QUANTILE_DISC", "REGR_AVGX", "REGR_AVGY", "REGR_COUNT",
    "REGR_INTERCEPT", "REGR_R2", "REGR_SLOPE", "REGR_SXX", "REGR_SXY", "REGR_SYY",
    "RESERVOIR_QUANTILE", "SEM", "SKEWNESS", "STDDEV", "STDDEV_POP", "STDDEV_SAMP", "STRING_AGG",
    "SUMKAHAN", "VARIANCE", "VAR_POP", "VAR_SAMP", "WAVG", "WEIGHTED_AVG",
)  # fmt: skip
# Calls whose arguments are not a list between commas.
_WITH_WORDS = {"CAST", "TRY_CAST", "POSITION", "SUBSTRING", "TRIM"}
# What sqlglot notes of the place of a part in its text.
_PLACES = {"line", "col", "start", "end"}
# Templates, which Omni fills in.
_TEMPLATE_SIGNS = ("{{", "{%", "{#")


class BadSql(ValueError):
    """Say why a SQL text cannot be used."""


def _aggregate(name: str) -> Callable[[list[exp.Expression]], exp.Expression]:
    return lambda arguments: exp.AnonymousAggFunc(this=name, expressions=arguments)


def _extract(parser: Any) -> exp.Expression:
    """Read ``EXTRACT(year FROM d)``, which is a call of date_part."""
    part = parser._parse_var_or_string()
    if part is None or not parser._match(sqlglot.TokenType.FROM):
        parser.raise_error("Expected FROM in EXTRACT")
    arguments = [exp.Literal.string(part.name), parser._parse_bitwise()]
    return exp.Anonymous(this="date_part", expressions=arguments)


def _arrow(kind: type[exp.Expression]) -> Callable[[Any, Any, Any], exp.Expression]:
    # The key as it is, not as a path: 'a.b' is one key.
    return lambda _parser, value, key: kind(this=value, expression=key)


# sqlglot sets the classes of a dialect as variables.
class _Parser(DuckDB.Parser):  # type: ignore[valid-type,misc]
    FUNCTIONS = {name: DuckDB.Parser.FUNCTIONS[name] for name in _KNOWN} | {
        name: _aggregate(name) for name in _AGGREGATES
    }
    FUNCTION_PARSERS = {
        name: read for name, read in DuckDB.Parser.FUNCTION_PARSERS.items() if name in _WITH_WORDS
    } | {"EXTRACT": _extract}
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: read
        for name, read in DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS.items()
        if name not in {"IF", "@"}
    }
    COLUMN_OPERATORS = DuckDB.Parser.COLUMN_OPERATORS | {
        sqlglot.TokenType.ARROW: _arrow(exp.JSONExtract),
        sqlglot.TokenType.DARROW: _arrow(exp.JSONExtractScalar),
    }


class _Generator(DuckDB.Generator):  # type: ignore[valid-type,misc]
    # DuckDB itself says that there is none.
    MULTI_ARG_DISTINCT = True

    def withingroup_sql(self, expression: exp.WithinGroup) -> str:
        order = self.sql(expression, "expression").strip()
        return f"{self.sql(expression, 'this')} WITHIN GROUP ({order})"


class Unchanged(DuckDB):
    """DuckDB's dialect, without any translation of calls."""

    Parser = _Parser
    Generator = _Generator


def written(tree: exp.Expression | exp.Query, *, pretty: bool = False) -> str:
    """Write SQL.

    Raises
    ------
    Refused
        For what would be lost.
    """
    try:
        return tree.sql(Unchanged, pretty=pretty, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise Refused("PLAN", f"The SQL cannot be written: {first_line(error)}") from error


def refuse_templates(text: str) -> None:
    """Refuse what Omni fills in, such as ``{{ omni_attributes.region }}``.

    Raises
    ------
    BadSql
        For a text with any of its signs.
    """
    if has_template(text):
        raise BadSql("Not modeled: a template ({{ … }}) in SQL")


def has_template(text: str) -> bool:
    """Tell whether a text has something that Omni fills in."""
    return any(sign in text for sign in _TEMPLATE_SIGNS)


def read_expression(text: str) -> exp.Expression:
    """Read one SQL expression.

    Raises
    ------
    BadSql
        For what is none, and for what would not be written as it was read.
    """
    tree = _read(text, "SELECT ")
    if isinstance(tree, exp.Alias) or tree.is_star:
        raise BadSql("The SQL cannot be read: one value is needed, without a name (AS …)")
    return tree


def read_statement(text: str) -> exp.Expression:
    """Read one SQL statement.

    Raises
    ------
    BadSql
        For what is none, and for what would not be written as it was read.
    """
    return _read(text, "")


def _read(text: str, before: str) -> exp.Expression:
    refuse_templates(text)
    try:
        parsed = [each for each in sqlglot.parse(text, read=Unchanged) if each is not None]
        if len(parsed) != 1:
            raise BadSql(f"The SQL cannot be read: it is {len(parsed)} statements, not one")
        tree = _without_places(cast("exp.Expression", parsed[0]))
        same = same_meaning(before + text, before + written(tree))
    except BadSql:
        raise
    except Refused as refused:
        raise BadSql(f"Not modeled: {refused.message}") from refused
    except RecursionError as error:
        raise BadSql("The SQL is nested too deeply") from error
    # A number that is too long is a ValueError.
    except (SqlglotError, ValueError) as error:
        raise BadSql(f"The SQL cannot be read: {first_line(error)}") from error
    if not same:
        raise BadSql("Not modeled: SQL that the sandbox cannot write down as it stands")
    return tree


def _without_places(tree: exp.Expression) -> exp.Expression:
    """Forget where in the text each part stood, which takes longer to copy than the parts do."""
    for node in tree.walk():
        kept = {key: value for key, value in (node._meta or {}).items() if key not in _PLACES}
        node._meta = kept or None
        node.comments = node.comments or None
    return tree
