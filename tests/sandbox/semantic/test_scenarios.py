"""The kinds of question that planners get wrong, each with the cases that ask it."""

import pytest
from queries.query_cases import CASES
from sandbox.semantic.scenario_cases import SCENARIOS

KINDS = {
    "fan-out: the one side by a dimension of the many": [
        "a dimension of the many side repeats the one side",
        "one side counted over a chain of joins",
        "null groups of repeated rows find each other",
        "totals of rows that a join repeats",
    ],
    "fan-out: both sides in one row": [
        "a user who ordered twice counts once",
        "measures of both sides and no dimension",
        "all sides of a chain at once",
        "arithmetic over measures of two views",
        "a decimal by a count of another view",
    ],
    "fan-out: only a filter repeats": [
        "a filter on the many side repeats the one side",
        "a filter on a measure whose rows are repeated",
        "a measure that is not selected and whose rows repeat",
        "sorted by a measure whose rows are repeated",
    ],
    "fan-out: the side to one, from the side of many": [
        "a measure of the side to one, from the side of many",
        "two sides to one, neither repeats the other",
        "one view in two roles, each row once in each",
    ],
    "fan-out: a key of several columns, or of its own": [
        "a composite primary key tells repeated rows apart",
        "a sum distinct on a key of its own",
        "a sum distinct on its own key, in groups and over a join",
    ],
    "fan-out: averages, medians and extremes": [
        "a median over rows made single",
        "an average and a median of repeated rows",
        "repeated rows do not matter to a maximum",
    ],
    "null and orphan keys": [
        "a key that leads nowhere stays, with null",
        "null and orphan keys of a join",
        "a row that nothing joins has zero, not one",
        "null keys and orphans are one group of the joined view",
        "null keys and orphans are two groups of their own view",
        "an orphan has a key and no name",
        "null groups of repeated rows find each other",
    ],
    "instants around summer time": [
        "an instant by hour",
        "an instant by date",
        "an instant by hour_of_day",
        "an instant by week_of_year",
        "an instant by epoch",
        "the hour that New York skips",
        "the hour that Paris has twice",
        "the hour that New York has twice",
        "a day of twenty-three hours elsewhere",
        "the last microsecond of a year",
        "a Monday in December is in week one",
    ],
    "decimals": [
        "decimals stay exact",
        "a sum of nothing is zero and an average of nothing null",
        "number less than",
        "number at most",
        "number below zero",
        "a large decimal beside a cent",
        "a decimal equals itself and not its neighbor",
        "a product of decimals, row by row",
        "negative decimals add up",
        "a decimal by a count of another view",
    ],
    "a filter on a measure that is not selected": [
        "a filter on a measure that is not selected",
        "a measure that is null",
        "a filter on a measure whose rows are repeated",
        "a filter on a measure without any dimension",
        "a decimal sum that is not selected",
        "two measures, neither selected",
        "a measure that is not selected and whose rows repeat",
        "a derived measure that is not selected",
        "either of two bounds on a measure that is not selected",
        "an instant that is not selected",
        "a measure that is not selected and not null",
        "a total over the groups that a measure lets through",
    ],
    "filters on several fields": [
        "any of several fields, and every control, and the filters",
        "any of several measures",
    ],
    "totals": [
        "a total is aggregated again, not added up",
        "a total counts the rows beyond the limit",
        "a total leaves out the groups that a filter on a measure leaves out",
        "a subtotal keeps the dimensions up to its own",
        "totals of rows that a join repeats",
    ],
    "a topic's own ways": [
        "what a topic always filters by",
        "a dimension that reads another view",
        "one view in two roles",
        "a view that names itself means its role",
        "a bare view reaches what its relationships reach",
        "a joined view is pruned when nothing reads it",
    ],
}
KNOWN = {case.name for case in (*CASES, *SCENARIOS)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_question_has_its_cases(kind: str) -> None:
    assert [name for name in KINDS[kind] if name not in KNOWN] == []


def test_every_scenario_is_of_a_kind() -> None:
    named = {name for names in KINDS.values() for name in names}
    assert {case.name for case in SCENARIOS} - named == set()
    assert len(named) >= 60
    assert sum(kind.startswith("fan-out") for kind in KINDS) >= 6


def test_what_a_filter_leaves_unselected_really_is_unselected() -> None:
    cases = {case.name: case for case in (*CASES, *SCENARIOS)}
    for name in KINDS["a filter on a measure that is not selected"]:
        query = cases[name].query
        assert set(query["filters"]) - set(query["fields"]), name
