"""Table calculations: what the sandbox and the client answer, beside SQL by hand."""

import warnings

import pytest
from queries.answers.calculations_cases import BUILT, CASES, PIVOTED
from queries.query_answers import assert_answers, by_hand, rows_of
from queries.query_cases import NOW

import omnipd


def test_there_are_many_cases_and_each_has_a_name_of_its_own():
    assert len(CASES) == len({case.name for case in CASES}) > 45
    assert len(BUILT) > 38


# What the client answers below, the sandbox does.
@pytest.mark.parametrize(
    "case",
    [*PIVOTED, *(pytest.param(case, marks=pytest.mark.thorough) for case in CASES)],
    ids=lambda case: case.name,
)
def test_the_sandbox_answers_as_sql_by_hand_does(engine, case):
    plan = engine.plan(case.query, now=NOW)
    assert plan.invalid_calculations == {}
    table, expected = engine.execute(plan), by_hand(case)
    assert table.column_names == expected.column_names
    assert rows_of(table) == rows_of(expected)
    assert list(plan.fields) == case.query["fields"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_client_answers_as_sql_by_hand_does(dated, case):
    query = BUILT.get(case.name, case.query)
    with warnings.catch_warnings():
        # That a result has as many rows as its limit is no surprise here.
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        table = omnipd.run_query_arrow(query, client=dated, check=True)
    assert_answers(table, case)
