"""SQL over a model through the client, held to SQL that was written by hand over the tables."""

import pytest
from queries.answers.omni_sql_cases import CASES
from queries.query_answers import assert_answers, by_hand, rows_of

import omnipd
from omnipd.queries.job.options import QueryOptions
from omnipd.queries.job.run import Run


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sql_over_a_model_answers_as_sql_over_its_tables(case, omni):
    table = Run(case.query, QueryOptions(limit="all"), client=omni).table()
    assert table.num_rows, "a case that answers nothing shows nothing"
    assert_answers(table, case)
    if "ORDER BY" in case.query["userEditedSQL"]:
        assert rows_of(table) == rows_of(by_hand(case))
    df = omnipd.run_sql(case.query["userEditedSQL"], model=case.query["modelId"])
    assert list(df.columns) == table.column_names
    assert len(df) == table.num_rows


def test_distinct_is_dropped_and_the_client_says_so(omni):
    sql = "SELECT DISTINCT ${users.state} FROM ${users}"
    with pytest.raises(omnipd.ArgumentError, match="DISTINCT"):
        omnipd.run_sql(sql, model="orders")
    query = {"modelId": "orders", "fields": [], "userEditedSQL": sql}
    assert len(omnipd.run_query(query)) == 40


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT ${users.id} FROM ${users} JOIN ${order_items} ON true", "JOINS"),
        ("SELECT a.id FROM (SELECT ${users.id} AS id FROM ${users}) a", "subquery"),
        ("SELECT ${users.id}, rank() OVER (ORDER BY ${users.age}) AS r FROM ${users}", "window"),
        ("SELECT ${users.id} FROM ${users} UNION SELECT ${users.age} FROM ${users}", "UNION"),
        ("SELECT ${users.id} FROM ${users} FETCH FIRST 3 ROWS ONLY", "FETCH"),
        ("SELECT ${users.count} AS n FROM ${users} HAVING n > 2", "n in SQL"),
        (
            "SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 1"
            " HAVING ${users.age} > 1 OR COUNT(*) > 2",
            "outside an aggregate",
        ),
    ],
)
def test_what_nobody_saw_omni_take_is_refused_by_name(sql, named, omni):
    with pytest.raises(omnipd.QueryError, match=named):
        omnipd.run_sql(sql, model="orders")
