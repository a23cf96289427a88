"""Totals over SQL that is run as it is: their values beside the columns, held to sums by hand."""

from decimal import Decimal
from typing import Any

import pytest
from queries.query_cases import NOW, ORDERS

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.engine.engine import Engine, Refused

MARK = "$omni_column_total_indicator"
BY_STATUS = 'SELECT status AS "Status", sum(sale_price) AS revenue, count(*) AS "N"\n' + (
    "FROM order_items GROUP BY 1"
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def over(sql: str, *totals: str, **rest: Any) -> dict[str, Any]:
    return {
        "modelId": ORDERS,
        "fields": [],
        "userEditedSQL": sql,
        "rewriteSql": False,
        "sqlSortsEnabled": True,
        "column_totals": {name: {"type": "aggregation"} for name in totals},
        **rest,
    }


def test_totals_stand_beside_their_columns_in_a_row_of_their_own(engine: Engine) -> None:
    sorts = [{"column_name": "revenue", "sort_descending": True}]
    plan = engine.plan(over(BY_STATUS, "revenue", "N", sorts=sorts), now=NOW)
    table = engine.execute(plan)
    assert table.column_names == [
        "Status", "revenue", "revenue__omni_summ", "N", "n__omni_summ", MARK,
    ]  # fmt: skip
    # What Omni adds is not described: only the columns of the SQL are.
    assert list(plan.fields) == ["Status", "revenue", "N"]
    *rows, total = table.to_pylist()
    plain = warehouse("orders").run(f"{BY_STATUS} ORDER BY 2 DESC").to_pylist()
    assert [{key: row[key] for key in ("Status", "revenue", "N")} for row in rows] == plain
    assert {row[key] for row in rows for key in (MARK, "revenue__omni_summ", "n__omni_summ")} == {
        None
    }
    [expected] = (
        warehouse("orders")
        .run("SELECT sum(sale_price) AS revenue, count(*) AS n FROM order_items")
        .to_pylist()
    )
    assert total == {
        "Status": None,
        "revenue": None,
        "revenue__omni_summ": expected["revenue"],
        "N": None,
        "n__omni_summ": expected["n"],
        MARK: "column_total",
    }
    assert isinstance(total["revenue__omni_summ"], Decimal)
    assert expected["n"] == 240


@pytest.mark.parametrize(
    ("column", "values", "total"),
    [
        ("INTEGER", (1, 2, None), 3),
        ("TINYINT", (100, 100, 100), 300),
        ("DOUBLE", (0.5, 0.25, None), 0.75),
        ("DECIMAL(4,1)", (999, 999.5, 1), Decimal("1999.5")),
        ("HUGEINT", (1, 2, 3), 6),
        ("BIGINT", (None, None, None), None),
    ],
)
def test_a_sum_has_room_for_what_the_column_has_not(
    engine: Engine, column: str, values: tuple[object, ...], total: object
) -> None:
    shown = ", ".join(f"({'NULL' if value is None else value})" for value in values)
    sql = f"SELECT x::{column} AS x FROM (VALUES {shown}) AS v(x) -- a comment"
    table = engine.execute(engine.plan(over(sql, "x"), now=NOW))
    assert table["x__omni_summ"].to_pylist() == [None, None, None, total]


def test_totals_come_whatever_the_number_of_rows(engine: Engine) -> None:
    sql = "SELECT range AS n FROM range(60000)"
    table = engine.execute(engine.plan(over(sql, "n"), now=NOW))
    # The limit of SQL without one of its own, and the totals row, which is over all rows.
    assert table.num_rows == 50_001 + 1
    assert table["n__omni_summ"].to_pylist()[-1] == sum(range(60_000))
    kept = engine.execute(engine.plan(over(f"{sql} LIMIT 3", "n"), now=NOW))
    assert kept["n__omni_summ"].to_pylist() == [None, None, None, 3]


def test_without_the_word_for_it_totals_are_stripped_silently(engine: Engine) -> None:
    query = over(BY_STATUS, "revenue") | {"sqlSortsEnabled": False}
    plan = engine.plan(query, now=NOW)
    assert engine.execute(plan).column_names == ["Status", "revenue", "N"]
    assert plan.query["column_totals"] == {}


@pytest.mark.parametrize(
    ("sql", "totals", "named"),
    [
        (BY_STATUS, {"Status": {"type": "aggregation"}}, '"Status", which is not a number'),
        (BY_STATUS, {"status": {"type": "aggregation"}}, '"status", which is not a column'),
        (BY_STATUS, {"::total::": {"type": "aggregation"}}, "SQL has no measures"),
        (BY_STATUS, {"revenue": {"type": "sum"}}, "only modeled as an aggregation"),
        (BY_STATUS, ["revenue"], "column_totals"),
        ("SELECT 1 AS a, 2 AS a", {"a": {"type": "aggregation"}}, "two columns"),
    ],
)
def test_totals_that_cannot_be_are_refused_by_name(
    engine: Engine, sql: str, totals: Any, named: str
) -> None:
    with pytest.raises(Refused) as refused:
        engine.plan(over(sql) | {"column_totals": totals}, now=NOW)
    assert named in refused.value.message


def test_totals_over_sql_over_a_model_are_refused(engine: Engine) -> None:
    query = over("SELECT ${users.age} FROM ${users}", "users.age") | {"rewriteSql": None}
    with pytest.raises(Refused, match='"column_totals" over SQL over a model'):
        engine.plan(query, now=NOW)


@pytest.mark.parametrize("name", ["omni_place", "Omni_Place", "a__omni_summ", "A__OMNI_SUMM", MARK])
def test_columns_called_as_those_that_totals_add_are_refused(engine: Engine, name: str) -> None:
    with pytest.raises(Refused, match=name.replace("$", r"\$")):
        engine.plan(over(f'SELECT 1 AS a, 2 AS "{name}"', "a"), now=NOW)
