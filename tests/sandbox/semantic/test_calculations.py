"""Calculations in the sandbox: what it says of them, what fails them, and what it refuses by name."""

import pytest
from queries.answers.calculations_cases import bound, call, literal, of, tree, whole_column
from queries.query_cases import NOW, orders, sort, users
from sandbox.junk import mutations

from omnipd_sandbox.engine.engine import Engine, Refused

# How many of the changed trees are tried; all of them take a minute.
_ONE_IN = 17
COUNT, STATUS, MONTH = "order_items.count", "order_items.status", "order_items.created_at[month]"
DOUBLE = {"type": "sql_type", "type_name_name": "DOUBLE", "precision": 0, "scale": 0}
TO_NUMBER = call("SqlStdOperatorTable.CAST", of(STATUS), DOUBLE)


@pytest.fixture(scope="module")
def engine():
    return Engine()


def asked(*calculations, fields=(STATUS, COUNT), **rest):
    names = [one["calc_name"] for one in calculations]
    rest = {"sorts": [sort(STATUS)], **rest}
    return orders([*fields, *names], calculations=list(calculations), **rest)


def named(name, expression, **beside):
    return {"calc_name": name, **tree(expression, **beside)}


def plan(engine, *calculations, **rest):
    return engine.plan(asked(*calculations, **rest), now=NOW)


def refusal(engine, *calculations, **rest):
    with pytest.raises(Refused) as caught:
        engine.execute(plan(engine, *calculations, **rest))
    return caught.value


def test_the_summary_describes_a_calculation_at_its_place(engine):
    query = orders(
        ["x", COUNT, STATUS, "y"],
        calculations=[
            named("x", of(COUNT), label="How many", format="NUMBER_0", description="All of them."),
            named("y", call("Omni.OMNI_FX_AMPERSAND", of(STATUS), literal("!"))),
        ],
    )
    planned = engine.plan(query, now=NOW)
    assert list(planned.fields) == query["fields"]
    assert planned.fields["x"] == {
        "field_name": "x",
        "fully_qualified_name": "x",
        "data_type": "NUMBER",
        "is_dimension": False,
        "is_calc": True,
        "label": "How many",
        "description": "All of them.",
        "format": "NUMBER_0",
        "filter_only_field": False,
        "hidden": False,
    }
    assert (planned.fields["y"]["data_type"], planned.fields["y"]["label"]) == ("STRING", "y")
    assert planned.fields[COUNT]["is_calc"] is False
    assert engine.execute(planned).column_names == query["fields"]


def test_a_calculation_that_is_not_selected_is_computed_for_others_only(engine):
    query = asked(
        named("double", call("SqlStdOperatorTable.MULTIPLY", of("once"), literal(2))),
        named("once", of(COUNT)),
    )
    query["fields"].remove("once")
    table = engine.execute(engine.plan(query, now=NOW))
    assert table.column_names == [STATUS, COUNT, "double"]
    assert table["double"].to_pylist() == [80, 240, 80, 80]


FAILING = {
    "an unknown field": (of("order_items.gifts"), "which the query does not select"),
    "itself": (call("Omni.OMNI_FX_PLUS", of("x"), literal(1)), "refers to itself"),
    "no tree": (None, "not readable"),
    "too few operands": (call("SqlStdOperatorTable.PLUS", of(COUNT)), "takes 2 operands, not 1"),
    "a template of an expression": (
        call("Omni.OMNI_RANK", call("SqlStdOperatorTable.UNARY_MINUS", of(COUNT))),
        "takes one field",
    ),
    "conditions without values": (call("Omni.OMNI_FX_IFS", of(COUNT)), "as many values"),
    "a case without else": (
        call("SqlStdOperatorTable.CASE", of(COUNT), literal(1)),
        "one for else",
    ),
    "the sum of a field that is no range": (
        call("Omni.OMNI_FX_SUM", of(COUNT)),
        "A call is missing",
    ),
    "a row total without a pivot": (
        call(
            "Omni.OMNI_FX_SUM",
            call("Omni.OMNI_PIVOT_OFFSET", of(COUNT), *(literal(n) for n in (0, 0, 1, 50))),
        ),
        "needs a pivot",
    ),
    "a number and a text": (
        call("SqlStdOperatorTable.MULTIPLY", of(STATUS), of(STATUS)),
        "No function matches",
    ),
    "a text that is no number": (TO_NUMBER, "Could not convert string"),
    "a criterion that is no number": (
        call("Omni.OMNI_FX_COUNT_IF", whole_column(COUNT), literal(">many")),
        "is not a number",
    ),
    "months between times": (
        call("Omni.OMNI_FX_DATEDIF", literal("MONTH"), of(MONTH), of(MONTH)),
        "SqlBasicCall cannot be cast to SqlLiteral",
    ),
    "a unit in small letters": (
        call("Omni.OMNI_FX_DATEDIF", literal("day"), of(MONTH), of(MONTH)),
        'the unit "day"',
    ),
}


@pytest.mark.parametrize(("expression", "words"), FAILING.values(), ids=FAILING)
def test_a_calculation_that_fails_is_told_by_its_name(engine, expression, words):
    given = {"fields": (MONTH, STATUS, COUNT)}
    query = asked(named("x", expression), named("fine", of(COUNT)), **given)
    planned = engine.plan(query, now=NOW)
    if expression is TO_NUMBER:
        # Only the rows tell.
        assert planned.invalid_calculations == {}
        with pytest.raises(Refused) as caught:
            engine.execute(planned)
        assert caught.value.error_type == "CALCS_FAILED"
        told = {"x": caught.value.message}
    else:
        told = planned.invalid_calculations
    assert list(told) == ["x"]
    assert words in told["x"]


@pytest.mark.parametrize(("expression", "words"), FAILING.values(), ids=FAILING)
def test_what_is_swallowed_is_a_text_in_each_row(engine, expression, words):
    given = {"fields": (MONTH, STATUS, COUNT)}
    swallowed = named("x", expression, swallow_errors=True)
    planned = plan(engine, swallowed, named("fine", of(COUNT)), **given)
    assert planned.invalid_calculations == {}
    table = engine.execute(planned)
    assert set(table["x"].to_pylist()) == {"#ERROR!"}
    assert table["fine"].to_pylist() == table[COUNT].to_pylist()


def test_what_refers_to_what_fails_fails_with_it(engine):
    planned = plan(
        engine,
        named("a", of("b")),
        named("b", of("nowhere"), swallow_errors=True),
        named("c", of("c2")),
        named("c2", of("c")),
        named("d", of("c")),
        named("e", of(COUNT)),
    )
    assert planned.invalid_calculations == {
        "a": 'It refers to "b", which failed',
        "c": "It refers to itself",
        "c2": "It refers to itself",
        "d": 'It refers to "c", which failed',
    }


def test_one_that_fails_when_it_is_run_takes_only_those_with_it_that_refer_to_it(engine):
    planned = plan(
        engine,
        named("a", TO_NUMBER, swallow_errors=True),
        named("b", call("Omni.OMNI_FX_PLUS", of("a"), literal(1)), swallow_errors=True),
        named("c", call("Omni.OMNI_FX_PLUS", of(COUNT), literal(1)), swallow_errors=True),
    )
    for _ in range(2):
        row = engine.execute(planned).to_pylist()[1]
        assert (row["a"], row["b"], row["c"]) == ("#ERROR!", "#ERROR!", 121)
    refused = refusal(
        engine,
        named("a", TO_NUMBER, swallow_errors=True),
        named("b", call("Omni.OMNI_FX_PLUS", of("a"), literal(1))),
    )
    assert (refused.error_type, '"b"' in refused.message) == ("CALCS_FAILED", True)


def places(*numbers):
    return [literal(number) for number in numbers]


def window(**changed):
    node = {
        "type": "window_call",
        "aggregate": call("SqlStdOperatorTable.SUM", of(COUNT)),
        "partition_args": [],
        "order_by_args": [],
        "is_rows": True,
        "lower_bound": bound("UNBOUNDED_PRECEDING"),
        "upper_bound": bound("CURRENT_ROW"),
    }
    return {**node, **changed}


NOT_MODELED = {
    "an operator": call("Omni.OMNI_FX_VLOOKUP", literal("a"), of(STATUS)),
    "a lookup of another kind of node": {"type": "sub_query"},
    "a total": {"type": "reference", "column_ref": [COUNT, "column_total"]},
    "a template without for_calc": call("Omni.OMNI_RANK", of(COUNT)),
    "rows behind this one": call(
        "Omni.OMNI_FX_SUM", call("Omni.OMNI_OFFSET_MULTI", of(COUNT), *places(0, 1, 2, 1))
    ),
    "from the second row": call(
        "Omni.OMNI_FX_SUM",
        call(
            "Omni.OMNI_OFFSET_MULTI",
            of(COUNT),
            call("Omni.ABSOLUTE_POSITION", literal(2)),
            *places(0, 1, 1),
        ),
    ),
    "several columns": call(
        "Omni.OMNI_FX_SUM", call("Omni.OMNI_OFFSET_MULTI", of(COUNT), *places(-1, 0, 2, 2))
    ),
    "a size that does not fit": call(
        "Omni.OMNI_FX_SUM", call("Omni.OMNI_OFFSET_MULTI", of(COUNT), *places(-2, 0, 2, 1))
    ),
    "wildcards": call("Omni.OMNI_FX_COUNT_IF", whole_column(STATUS), literal("comp*")),
    "several criteria": call("Omni.OMNI_FX_COUNT_IFS", whole_column(STATUS), literal("a")),
    "a condition on some rows": call(
        "Omni.OMNI_FX_COUNT_IF",
        call("Omni.OMNI_OFFSET_MULTI", of(STATUS), *places(-1, 0, 2, 1)),
        literal("a"),
    ),
    "a mask of numbers": call("Omni.OMNI_FX_TEXT", of(COUNT), literal("#,##0.00")),
    "a type": call("SqlStdOperatorTable.CAST", of(COUNT), {**DOUBLE, "type_name_name": "XML"}),
    "a value of a period": of(COUNT, pivot_value_map={"omni_period_pivot": "Current Period"}),
    "another window": window(aggregate=call("SqlStdOperatorTable.LAG", of(COUNT))),
    "another bound": window(upper_bound=literal(1)),
}


@pytest.mark.parametrize("expression", NOT_MODELED.values(), ids=NOT_MODELED)
@pytest.mark.parametrize("swallow", [False, True])
def test_what_no_source_describes_is_refused_by_name(engine, expression, swallow):
    refused = refusal(engine, named("x", expression, swallow_errors=swallow))
    assert refused.error_type == "PLAN"
    assert "not modeled by this sandbox" in refused.message


TOTAL = {"type": "aggregation"}
RUNNING = call("Omni.OMNI_RUNNING_TOTAL", of(COUNT, for_calc=True))
ACROSS = call("Omni.OMNI_FX_SUM", call("Omni.OMNI_PIVOT_OFFSET", of(COUNT), *places(0, 0, 1, 50)))
BESIDE = {
    "totals": ([named("x", RUNNING)], {"column_totals": {"::total::": TOTAL}}),
    "measures as rows": ([named("x", RUNNING)], {"transposed_measures": [COUNT]}),
    "a sort by it": ([named("x", RUNNING)], {"sorts": [sort("x")]}),
    "fields that are not selected": (
        [named("x", of("order_items.gifts"), allow_refs_to_unselected_fields=True)],
        {},
    ),
    "a key": ([named("x", of(COUNT), newer=True)], {}),
    "a range in a pivot": (
        [named("x", call("Omni.OMNI_FX_SUM", whole_column(COUNT)))],
        {"pivots": [STATUS]},
    ),
    "other rows of a pivot": (
        [
            named(
                "x",
                call(
                    "Omni.OMNI_FX_SUM",
                    call("Omni.OMNI_PIVOT_OFFSET", of(COUNT), *places(-1, 0, 1, 50)),
                ),
                outside_pivot=True,
            )
        ],
        {"pivots": [STATUS]},
    ),
    "a row total inside its pivot": ([named("x", ACROSS)], {"pivots": [STATUS]}),
    "a row total beside a field": (
        [named("x", call("Omni.OMNI_FX_PLUS", ACROSS, of(COUNT)), outside_pivot=True)],
        {"pivots": [STATUS]},
    ),
    "a row total in a calculation of columns": (
        [named("x", ACROSS, outside_pivot=True), named("y", of("x"))],
        {"pivots": [STATUS]},
    ),
}


@pytest.mark.parametrize(("calculations", "rest"), BESIDE.values(), ids=BESIDE)
def test_what_a_query_has_beside_is_refused_where_nothing_is_known(engine, calculations, rest):
    refused = refusal(engine, *calculations, fields=(MONTH, STATUS, COUNT), **rest)
    assert refused.error_type == "PLAN"
    assert "not modeled by this sandbox" in refused.message


@pytest.mark.parametrize(
    ("calculations", "words"),
    [
        ([{"sql_expression": {}}], 'has no "calc_name"'),
        ([{"calc_name": " "}], 'has no "calc_name"'),
        ([{"calc_name": "a:b"}], "has a colon"),
        ([{"calc_name": "a"}, {"calc_name": "A"}], 'two that are called "A"'),
        ([{"calc_name": "a", "label": 3}], '"label" of "a" is not readable'),
        ([{"calc_name": "a", "outside_pivot": "yes"}], '"outside_pivot" of "a" is not readable'),
        (
            [{"calc_name": "Order_Items.count", "sql_expression": of(COUNT)}],
            "name of another column",
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(engine, calculations, words):
    query = orders([STATUS, COUNT, "a"], calculations=calculations)
    with pytest.raises(Refused, match=words) as caught:
        engine.plan(query, now=NOW)
    assert caught.value.error_type == "PLAN"


def test_one_that_is_called_as_a_helper_of_its_pivot_is_refused(engine):
    place = named("$omni_pivot_row_num", of(COUNT))
    refused = refusal(engine, place, fields=(MONTH, STATUS, COUNT), pivots=[STATUS])
    assert refused.message.endswith("has the name of another column")


def test_a_query_of_nothing_but_calculations_selects_nothing(engine):
    query = orders(["x"], calculations=[named("x", literal(1))])
    with pytest.raises(Refused, match="selects no fields"):
        engine.plan(query, now=NOW)


def test_a_filter_by_a_query_with_calculations_is_refused(engine):
    other = {**asked(named("x", of(COUNT))), "model_id": orders([])["modelId"]}
    kept = {"type": "query", "query_id": "q", "field_name": STATUS}
    query = orders([STATUS], filters={STATUS: kept}, staticQueryReferences={"q": other})
    with pytest.raises(Refused, match="measures as rows, or calculations"):
        engine.plan(query, now=NOW)


def test_names_that_the_planner_uses_itself_are_names_like_any_other(engine):
    calculations = [
        named(name, call("Omni.OMNI_RUNNING_TOTAL", of("users.count", for_calc=True)))
        for name in ("place", "out_0", "calc_1", "omni_rows_0", 'a "quoted" one', "Ä ö")
    ]
    names = [one["calc_name"] for one in calculations]
    query = users(
        ["users.is_vip", "users.count", *names],
        calculations=calculations,
        sorts=[sort("users.is_vip", descending=True)],
    )
    table = engine.execute(engine.plan(query, now=NOW))
    totals = table[names[0]].to_pylist()
    assert totals[-1] == 40
    assert totals == sorted(totals)
    assert all(table[name].to_pylist() == totals for name in names)


def every_kind_of_node():
    """Two queries whose trees have a node of each kind that the sandbox reads."""
    trees = {
        "a": call("SqlStdOperatorTable.CASE", of("b"), literal("x"), {"type": "literal", "value": None}),
        "b": call("SqlStdOperatorTable.AND", call("SqlStdOperatorTable.EQUALS", of(STATUS), literal("x")), {"type": "literal", "value": True}),
        "c": call("Omni.OMNI_FX_SUM_IF", whole_column(STATUS), literal("<>x"), whole_column(COUNT)),
        "d": call("Omni.OMNI_FX_SUM", call("Omni.OMNI_OFFSET_MULTI", of(COUNT), call("Omni.ABSOLUTE_POSITION", literal(1)), *places(0, 1, 1))),
        "e": call("Omni.OMNI_FX_DATEDIF", literal("DAY"), call("SqlStdOperatorTable.CAST", of(MONTH), {"type": "sql_type", "type_name_name": "DATE"}), of("order_items.shipped_on")),
        "f": call("Omni.OMNI_FX_TEXT", of(MONTH), literal("YYYY")),
        "g": window(partition_args=[of(STATUS)], order_by_args=[of(MONTH)]),
        "h": RUNNING,
    }  # fmt: skip
    fields = (MONTH, STATUS, "order_items.shipped_on", COUNT)
    yield asked(*(named(name, node) for name, node in trees.items()), fields=fields)
    yield asked(
        named("i", ACROSS, outside_pivot=True), fields=(MONTH, *fields[1:]), pivots=[STATUS]
    )


def values(engine, name, *calculations, **rest):
    return engine.execute(plan(engine, *calculations, **rest))[name].to_pylist()


@pytest.mark.parametrize(
    ("unit", "start", "end", "whole"),
    [
        ("MONTH", "2023-01-31", "2023-02-28", 0),
        ("MONTH", "2023-01-28", "2023-02-28", 1),
        ("MONTH", "2023-03-30", "2022-12-31", -2),
        ("YEAR", "2020-02-29", "2021-02-28", 0),
        ("YEAR", "2020-02-29", "2021-03-01", 1),
        ("DAY", "2023-03-01", "2023-01-31", -29),
    ],
)
def test_months_and_years_count_where_they_are_whole(engine, unit, start, end, whole):
    date = {**DOUBLE, "type_name_name": "DATE"}
    ends = [call("SqlStdOperatorTable.CAST", literal(each), date) for each in (start, end)]
    count = call("Omni.OMNI_FX_DATEDIF", literal(unit), *ends)
    assert values(engine, "x", named("x", count), limit=1) == [whole]


def test_a_median_of_decimals_has_more_digits_than_they_have(engine):
    cents = {"type": "sql_type", "type_name_name": "DECIMAL", "precision": 18, "scale": 2}
    place = {**of("one"), "for_calc": True}
    chain = [
        named("one", literal(0.01)),
        named("n", call("Omni.OMNI_RUNNING_TOTAL", place)),
        named("x", call("SqlStdOperatorTable.CAST", of("n"), cents)),
        named("m", call("Omni.OMNI_FX_MEDIAN", whole_column("x"))),
    ]
    assert values(engine, "m", *chain, limit=2) == [0.015, 0.015]


@pytest.mark.thorough
def test_no_part_of_a_tree_makes_the_planner_fail(engine):
    changed = []
    for query in every_kind_of_node():
        assert engine.plan(query, now=NOW).invalid_calculations == {}
        for _, queries in mutations(query, ("calculations",)):
            changed += queries.values()
    # One in so many, of every part and of every kind in turn.
    tried = changed[::_ONE_IN]
    assert len(tried) > 250
    refused = [query for query in tried if is_refused(engine, query)]
    assert 0 < len(refused) < len(tried)


def is_refused(engine, query):
    try:
        engine.plan(query, now=NOW)
    except Refused:
        return True
    return False
