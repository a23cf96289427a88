"""Measures as rows, over the sandbox's engine, and what nobody has seen of them."""

import pytest
from queries.answers.transposed_cases import TRANSPOSED_CASES
from queries.answers.wire_answers import assert_sent
from queries.query_cases import NOW, flights, orders

from omnipd_sandbox.engine.engine import Refused


@pytest.mark.parametrize("case", TRANSPOSED_CASES, ids=lambda case: case.name)
def test_measures_as_rows_have_the_answer_of_the_sql_written_by_hand(engine, case):
    plan = engine.plan(case.query, now=NOW)
    assert_sent(engine.execute(plan), case)
    assert list(plan.fields) == engine.execute(plan).column_names


def test_the_columns_of_measures_as_rows_are_described(engine):
    query = orders(
        ["order_items.status", "order_items.first_ordered_at"],
        transposed_measures=["order_items.first_ordered_at"],
    )
    fields = engine.plan(query, now=NOW).fields
    assert {name: (each["data_type"], each["is_dimension"]) for name, each in fields.items()} == {
        "order_items.status": ("STRING", True),
        "measure_name": ("STRING", True),
        "measure_order": ("NUMBER", True),
        "measure_value": ("TIMESTAMP", False),
    }


def test_true_silently_gives_nothing(engine):
    query = flights(["flights.origin", "flights.count"], transposed_measures=True)
    plan = engine.plan(query, now=NOW)
    table = engine.execute(plan)
    assert (table.column_names, table.num_rows) == (query["fields"], 0)
    assert plan.query["transposed_measures"] is True


def test_a_measure_that_does_not_exist_is_missing(engine):
    query = flights(
        ["flights.origin", "flights.count", "flights.nothing"],
        transposed_measures=["flights.nothing", "flights.count"],
    )
    plan = engine.plan(query, now=NOW)
    assert plan.missing_fields == ["flights.nothing"]
    assert engine.execute(plan)["measure_order"].to_pylist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["flights.planes"], 'Transposed measure "flights.planes" is not a selected measure'),
        (["flights.origin"], 'Transposed measure "flights.origin" is not a selected measure'),
        (["flights.count", "flights.first_departure"], "Transposed measures of several types"),
        ("flights.count", '"transposed_measures" is not readable'),
        ([1], '"transposed_measures" is not readable'),
    ],
)
def test_what_cannot_become_rows_is_refused_by_name(engine, names, words):
    query = flights(
        ["flights.origin", "flights.count", "flights.first_departure"], transposed_measures=names
    )
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW)
    assert words in refused.value.message
