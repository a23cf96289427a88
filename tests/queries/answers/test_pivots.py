"""Pivots over the whole of the sandbox's engine, and what nobody has seen of them."""

import pytest
from queries.answers.pivot_cases import NEW_YEAR, PIVOT_CASES
from queries.answers.wire_answers import assert_sent
from queries.query_cases import NOW, TOTAL, flights, sort

from omnipd_sandbox.engine.engine import Refused


@pytest.mark.parametrize("case", PIVOT_CASES, ids=lambda case: case.name)
def test_a_pivot_has_the_answer_of_the_sql_written_by_hand(engine, case):
    plan = engine.plan(case.query, now=NOW)
    assert_sent(engine.execute(plan), case)
    assert list(plan.fields) == case.query["fields"]
    assert plan.query["pivots"] == case.query["pivots"]
    assert plan.query["column_limit"] == case.query.get("column_limit", 50)


def test_the_limits_of_a_pivot_do_not_touch_one_another(engine):
    """Every row that the limit of rows keeps is there, however few columns are kept."""
    query = flights(
        ["flights.dest", "flights.carrier", "flights.count"],
        pivots=["flights.carrier"],
        filters=NEW_YEAR,
    )
    whole = engine.execute(engine.plan(query, now=NOW)).to_pylist()
    row, column = "$omni_pivot_row_num", "$omni_pivot_col_num"
    for rows in (1, 7, 1000):
        for columns in (1, 3, 50):
            least = {}
            for each in whole:
                least.setdefault(each[row], each[column])
            kept = [
                each
                for each in whole
                if each[row] <= rows
                and (each[column] <= columns or each[column] == least[each[row]])
            ]
            limited = {**query, "limit": rows, "column_limit": columns}
            assert engine.execute(engine.plan(limited, now=NOW)).to_pylist() == kept


def test_a_pivot_that_does_not_exist_is_missing_and_nothing_is_pivoted(engine):
    query = flights(
        ["flights.origin", "flights.nothing", "flights.count"], pivots=["flights.nothing"]
    )
    plan = engine.plan(query, now=NOW)
    assert plan.missing_fields == ["flights.nothing"]
    assert engine.execute(plan).column_names == ["flights.origin", "flights.count"]


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"pivots": ["flights.carrier"]}, 'Pivot "flights.carrier" is not selected'),
        ({"pivots": ["flights.count"]}, 'Pivot "flights.count" is a measure'),
        ({"pivots": "flights.origin"}, '"pivots" is not readable'),
        ({"sorts": [sort("flights.count")]}, 'A sort by the measure "flights.count" in a pivot'),
        ({"offset": 1}, '"offset" together with "pivots"'),
        ({"column_totals": {"::total::": TOTAL}}, '"column_totals" together with "pivots"'),
        (
            {"transposed_measures": ["flights.count"]},
            '"transposed_measures" together with "pivots"',
        ),
        ({"column_limit": 0}, "Invalid column_limit 0"),
    ],
)
def test_what_nobody_has_seen_of_a_pivot_is_refused_by_name(engine, rest, words):
    query = {
        **flights(["flights.dest", "flights.origin", "flights.count"], pivots=["flights.origin"]),
        **rest,
    }
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW)
    assert words in refused.value.message
    assert refused.value.error_type == "PLAN"


def test_a_query_that_a_filter_refers_to_has_no_pivots(engine):
    other = flights(["flights.dest", "flights.origin"], pivots=["flights.origin"])
    query = flights(
        ["flights.count"],
        filters={"flights.dest": {"type": "query", "query_id": "q", "field_name": "flights.dest"}},
        staticQueryReferences={"q": {**other, "model_id": other["modelId"]}},
    )
    with pytest.raises(Refused, match="has totals, pivots or measures as rows"):
        engine.plan(query, now=NOW)


def test_over_sql_nothing_is_pivoted(engine):
    for key, value in (
        ("pivots", ["a"]),
        ("transposed_measures", True),
        ("period_over_period_computations", [{"periods_ago": 1}]),
    ):
        query = {"userEditedSQL": "SELECT 1 AS a", "rewriteSql": False, key: value}
        with pytest.raises(Refused, match=f'"{key}" over SQL is not modeled'):
            engine.plan({**flights([]), **query}, now=NOW)
