"""SQL that goes to the database as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.filters import refuse_bare_values
from omnipd_sandbox.engine.model.model import Measure, Model
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.plan.metadata import data_type, date_type
from omnipd_sandbox.engine.plan.plan import Plan
from omnipd_sandbox.engine.plan.request import (
    HIGH_LIMIT,
    Sort,
    echoed,
    read_column_totals,
    read_sorts,
    refuse,
    with_defaults,
)
from omnipd_sandbox.engine.sql.sql_totals import with_totals
from omnipd_sandbox.refused_query import Refused

# One row more than is allowed tells that there were more (docs/wire.md).
_ROW_CAP = HIGH_LIMIT + 1

_NOT_OVER_SQL = (
    "pivots", "fill_fields", "row_totals", "custom_summary_types", "join_via_map", "controls",
    "transposed_measures", "period_over_period_computations",
)  # fmt: skip
_JINJA = ("{{", "{%", "{#")


def plan_verbatim(model: Model, database: Warehouse, query: Mapping[str, Any]) -> Plan:
    """Plan SQL that is run as it is; limit and offset of the query do not touch it.

    Raises
    ------
    Refused
        For anything but one SELECT that the database accepts.
    """
    known = checked(model, query)
    sql = _without_semicolon(known["userEditedSQL"])
    if known["dbtMode"] and any(sign in sql for sign in _JINJA):
        raise Refused("PLAN", "Jinja in SQL is not modeled by this sandbox")
    columns = database.result_columns(sql)
    row_cap = None if _has_limit(sql) else _ROW_CAP
    if known["sqlSortsEnabled"]:
        refuse(known, ("calculations",), " over SQL")
        sql = _sorted(sql, read_sorts(known), [name for name, _ in columns])
        totals = read_column_totals(known)
        if totals:
            # The row of totals comes whatever the number of rows.
            sql, row_cap = with_totals(sql, totals, columns, row_cap), None
    else:
        known |= {"sorts": [], "calculations": [], "column_totals": {}}
    return Plan(
        sql=sql,
        fields={name: described(name, kind) for name, kind in columns},
        missing_fields=[],
        limit=None,
        query=echoed(known),
        shared_model_id=model.id,
        row_cap=row_cap,
    )


def checked(model: Model, query: Mapping[str, Any]) -> dict[str, Any]:
    """Give the keys of a query that comes as SQL, and refuse what is not done over SQL."""
    known = with_defaults(query)
    refuse(known, _NOT_OVER_SQL, " over SQL")
    _check_filters(model, known)
    return known


def described(name: str, sql_type: str) -> dict[str, Any]:
    """Describe a column of a SQL result as ``summary.fields`` does: all are dimensions."""
    field = {
        "field_name": name,
        "fully_qualified_name": name,
        "view_name": "",
        "data_type": "JSON" if sql_type == "JSON" else data_type(sql_type),
        "is_dimension": True,
        "is_calc": False,
        "label": name,
        "date_type": date_type(sql_type),
        "filter_only_field": False,
        "hidden": False,
    }
    return {key: value for key, value in field.items() if value is not None}


def _check_filters(model: Model, known: Mapping[str, Any]) -> None:
    refuse_bare_values(known["filters"])
    for name in known["filters"]:
        at = FieldName.parse(name)
        view = model.views.get(at.view or "") if at else None
        # Filters on measures are skipped over SQL, silently (docs/wire.md).
        if at is None or view is None or not isinstance(view.field(at.field), Measure):
            raise Refused("PLAN", f'A filter on "{name}" over SQL is not modeled by this sandbox')


def _sorted(sql: str, sorts: tuple[Sort, ...], columns: list[str]) -> str:
    if not sorts:
        return sql
    terms = []
    for sort in sorts:
        if sort.column not in columns:
            raise Refused("PLAN", f'Sorted by "{sort.column}", which is not selected')
        column = exp.to_identifier(sort.column, quoted=True).sql("duckdb")
        nulls = "FIRST" if sort.nulls_first else "LAST"
        terms.append(f"{column} {'DESC' if sort.descending else 'ASC'} NULLS {nulls}")
    # The new line ends a comment that the SQL may end in.
    return f"SELECT * FROM (\n{sql}\n) ORDER BY {', '.join(terms)}"  # noqa: S608 - it is a stranger's SQL anyway


def _without_semicolon(sql: str) -> str:
    try:
        tokens = sqlglot.tokenize(sql, read="duckdb")
    except SqlglotError:
        # The database says better what is wrong with it.
        return sql
    while tokens and tokens[-1].token_type == sqlglot.TokenType.SEMICOLON:
        sql = sql[: tokens.pop().start]
    return sql


def _has_limit(sql: str) -> bool:
    """Tell whether the SQL itself says how many rows it returns."""
    try:
        parsed = sqlglot.parse_one(sql, read="duckdb")
    except SqlglotError:
        return False
    return parsed.args.get("limit") is not None
