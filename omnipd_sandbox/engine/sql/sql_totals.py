"""Totals over SQL that is run as it is: a row below, its values beside the columns.

Each column with a total has a second one behind it, called after it in lower case and
``__omni_summ``: null but in the totals row, where all others are null (docs/wire.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlglot import exp

from omnipd_sandbox.engine.plan.helper_columns import TOTALS_MARK
from omnipd_sandbox.engine.plan.metadata import data_type
from omnipd_sandbox.engine.plan.request import GRAND_TOTAL
from omnipd_sandbox.refused_query import Refused

_MARK = "column_total"
# By what the rows keep their order.
_PLACE = "omni_place"
_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
)


def with_totals(
    sql: str, totals: Sequence[str], columns: Sequence[tuple[str, str]], max_rows: int | None
) -> str:
    """Write SQL with a row of totals.

    Parameters
    ----------
    sql
        The SQL, sorted as it is to be.
    totals
        The columns to add up.
    columns
        Its columns, with their types.
    max_rows
        How many rows of its own are returned at most.

    Raises
    ------
    Refused
        For a total of what is no column, or no number.
    """
    types = _types(totals, columns)
    plain, below = [], []
    for name, _ in columns:
        column = _quoted(name)
        plain.append(column)
        below.append(f"NULL AS {column}")
        if name in types:
            beside = _quoted(_beside(name))
            plain.append(f"CAST(NULL AS {types[name]}) AS {beside}")
            below.append(f"CAST(SUM({column}) AS {types[name]}) AS {beside}")
    mark = _quoted(TOTALS_MARK)
    shown = ", ".join(
        [_quoted(name) for each, _ in columns for name in _with_beside(each, types)] + [mark]
    )
    limit = "" if max_rows is None else f" LIMIT {max_rows}"
    # Numbered once, so that the rows keep their order; the new line ends a comment.
    return (
        f"WITH omni_rows AS MATERIALIZED (SELECT *, row_number() OVER () AS {_PLACE} FROM (\n{sql}\n))"  # noqa: S608 - it is a stranger's SQL anyway
        f" SELECT {shown} FROM ("
        f"(SELECT {', '.join(plain)}, CAST(NULL AS VARCHAR) AS {mark}, {_PLACE} FROM omni_rows"
        f" ORDER BY {_PLACE}{limit})"
        f" UNION ALL SELECT {', '.join(below)}, '{_MARK}' AS {mark}, NULL FROM omni_rows"
        f") ORDER BY {_PLACE} NULLS LAST"
    )


def _types(totals: Sequence[str], columns: Sequence[tuple[str, str]]) -> dict[str, str]:
    known = dict(columns)
    counted = Counter(name for name, _ in columns)
    types = {}
    for name in totals:
        if name == GRAND_TOTAL:
            raise Refused(
                "PLAN", f'"column_totals" over SQL of "{GRAND_TOTAL}": SQL has no measures to total'
            )
        if name not in known:
            raise Refused("PLAN", f'Totals of "{name}", which is not a column of the SQL')
        if data_type(known[name]) != "NUMBER":
            raise Refused("PLAN", f'Totals of "{name}", which is not a number')
        types[name] = _summed(known[name])
    own = {TOTALS_MARK, _PLACE, *(_beside(name) for name in types)}
    for name in known:
        if name.lower() in own:
            raise Refused("PLAN", f'Totals over a column called "{name}" are not modeled')
    for name, count in counted.items():
        if count > 1:
            raise Refused("PLAN", f'Totals over two columns called "{name}" are not modeled')
    return types


def _summed(kind: str) -> str:
    """Give the type that holds a sum: of the column's kind, and large enough."""
    if kind in _WHOLE:
        return "BIGINT"
    if kind.startswith("DECIMAL"):
        scale = kind.rstrip(")").rpartition(",")[2].strip()
        return f"DECIMAL(38,{scale})"
    return "DOUBLE" if kind in {"FLOAT", "DOUBLE"} else "HUGEINT"


def _beside(name: str) -> str:
    return f"{name.lower()}__omni_summ"


def _with_beside(name: str, types: dict[str, str]) -> list[str]:
    return [name, _beside(name)] if name in types else [name]


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
