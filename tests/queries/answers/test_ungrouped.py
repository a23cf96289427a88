"""Rows that are not grouped answer as SQL written by hand; measures beside them are refused."""

import pytest
from queries.answers.built import assert_is_answered, assert_sends
from queries.answers.ungrouped_cases import CASES, TOTALLED
from queries.query_cases import NOW, ORDERS, orders

import omnipd
from omnipd import Query


@pytest.mark.filterwarnings("ignore:The result has exactly:omnipd.OmniWarning")
@pytest.mark.parametrize("built", CASES, ids=lambda built: built.case.name)
def test_rows_that_are_not_grouped_answer_as_sql_written_by_hand(dated, built):
    assert_sends(built, "default_group_by", "filters", "controls")
    assert_is_answered(built, dated)


def test_totals_make_groups_all_the_same(dated):
    assert_sends(TOTALLED, "default_group_by", "column_totals")
    assert_is_answered(TOTALLED, dated, totals=True)


STATES = Query(ORDERS, "orders").select("users.state")


def test_both_sides_refuse_a_measure_beside_them(dated):
    query = STATES.select("users.count").ungrouped()
    with pytest.raises(omnipd.ArgumentError, match=r"and users\.count is a measure"):
        query.run(client=dated)
    with pytest.raises(omnipd.PlanError, match=r'false with the measure "users.count"'):
        query.run(client=dated, check=False)


def test_a_topic_that_always_filters_groups_makes_groups_all_the_same(engine):
    files = engine.models[ORDERS].files
    path = next(each for each in files if each.startswith("orders.topic"))
    always = "\nalways_having_filters:\n  order_items.count:\n    greater_than: 45\n"
    model = engine.model_with(ORDERS, {path: files[path] + always})
    query = orders(["order_items.status"], default_group_by=False)
    plan = engine.plan(query, now=NOW, model=model)
    assert sorted(engine.execute(plan)["order_items.status"].to_pylist()) == ["complete"]


def test_a_query_says_that_it_does_not_group():
    assert STATES.ungrouped() != STATES
    assert STATES.ungrouped().ungrouped() == STATES.ungrouped()
    assert Query.from_dict(STATES.ungrouped().to_dict()) == STATES.ungrouped()
    assert "grouped  no" in repr(STATES.ungrouped())
    assert "default_group_by" not in STATES.to_dict()
