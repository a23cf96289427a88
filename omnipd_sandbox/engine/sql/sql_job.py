"""Queries that come as SQL: which of them are run as they are, and which are read first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.plan.plan import Plan
from omnipd_sandbox.engine.sql.omni_sql import NotParsed, references_in
from omnipd_sandbox.engine.sql.omni_sql_plan import check_references, plan_omni_sql
from omnipd_sandbox.engine.sql.verbatim import plan_verbatim
from omnipd_sandbox.refused_query import Refused

_DO_NOT_PARSE = re.compile(r"^\s*--\s*DO NOT PARSE\s*$", re.MULTILINE)


def is_sql_job(query: Mapping[str, Any]) -> bool:
    """Tell whether a query comes as SQL."""
    return bool(query.get("userEditedSQL"))


def is_verbatim(query: Mapping[str, Any]) -> bool:
    """Tell whether the SQL is run without being read; any one of four signs will do."""
    return (
        query.get("rewriteSql") is False
        or query.get("parsed") is False
        or query.get("dbtMode") is True
        or _DO_NOT_PARSE.search(query["userEditedSQL"]) is not None
    )


def plan_sql_job(
    model: Model, database: Warehouse, query: Mapping[str, Any], around: Circumstances
) -> Plan:
    """Plan a query that comes as SQL.

    Raises
    ------
    Refused
        For SQL that the database does not accept, and for what the sandbox does not do.
    """
    if not isinstance(query["userEditedSQL"], str):
        raise Refused("PLAN", '"userEditedSQL" is not readable')
    if is_verbatim(query):
        return plan_verbatim(model, database, query)
    try:
        return plan_omni_sql(model, database, query, around)
    except NotParsed:
        text = query["userEditedSQL"]
        if references_in(text):
            check_references(model, text)
            raise Refused(
                "PLAN",
                "This SQL cannot be parsed, and the sandbox does not put the model's SQL in place"
                " of ${references} in what it cannot parse",
            ) from None
        return replace(plan_verbatim(model, database, query), omni_sql_parse_failed=True)
