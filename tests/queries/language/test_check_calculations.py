"""Calculations beside the rest of a query: names, references, circles, types."""

import pytest

from omnipd import Query, calc, field
from omnipd.errors import ArgumentError
from omnipd.queries.language.check_fields import KnownField, check_fields, check_names

BASE = Query("m", "t").select("a.count", "a.day[date]", "a.time", "a.name", "a.born")
KNOWN = {
    "a.count": KnownField("measure", "NUMBER"),
    "a.name": KnownField("dimension", "STRING"),
    "a.day": KnownField("dimension", "TIMESTAMP", "TIMESTAMP", frozenset({"date", "month"})),
    "a.time": KnownField("dimension", "TIMESTAMP", "TIMESTAMP", frozenset({"date"})),
    "a.born": KnownField("dimension", "TIMESTAMP", "DATE", frozenset({"date"})),
}
C = calc.field("a.count")


def checked(query):
    wire = query if isinstance(query, dict) else query.to_dict()
    check_names(wire)
    check_fields(wire, KNOWN, "The topic t")


def raw(*calculations, **rest):
    """A query as it may come from elsewhere."""
    return {"fields": ["a.count"], "calculations": list(calculations), **rest}


def refers(name, *others):
    nodes = [{"type": "field", "field_name": one} for one in others]
    return {
        "calc_name": name,
        "sql_expression": {"type": "call", "operator": "Omni.NEW", "operands": nodes},
    }


def test_a_right_query_passes_and_sends_what_was_said():
    query = (
        BASE.calculate("share", calc.percent_of_total("a.count"), label="Share", format="0.0%")
        .calculate("half", calc.field("share") / 2, description="Of it.", swallow_errors=True)
        .calculate("days", calc.date_diff("day", "a.day[date]", field("a.born")))
        .sort("-share")
    )
    checked(query)
    wire = query.to_dict()
    assert wire["fields"][-3:] == ["share", "half", "days"]
    assert [sorted(one) for one in wire["calculations"]] == [
        ["calc_name", "format", "label", "sql_expression"],
        ["calc_name", "description", "sql_expression", "swallow_errors"],
        ["calc_name", "sql_expression"],
    ]
    assert Query.from_dict(wire) == query
    assert "share: OMNI_PERCENT_OF_TOTAL(calc.field('a.count'))" in repr(query)


def test_a_calculation_stands_where_its_name_was_selected():
    query = Query("m", "t").select("first", "a.count").calculate("first", C * 2)
    assert query.to_dict()["fields"] == ["first", "a.count"]


def test_references_may_come_before_what_they_refer_to():
    checked(BASE.calculate("b", calc.field("c") + 1).calculate("c", C + 1))


@pytest.mark.parametrize(
    ("query", "words", "hint"),
    [
        (
            lambda: BASE.calculate("x", calc.running_total("a.cuont")),
            "refers to a.cuont, which the query does not select",
            "Did you mean a.count?",
        ),
        (
            lambda: BASE.calculate("x", calc.field("a.day") == "x"),
            "refers to a.day, which the query does not select",
            r"Did you mean a.day\[date\]\?",
        ),
        (
            lambda: BASE.calculate("shares", C).calculate("x", calc.field("share") * 2),
            "nor is it another calculation",
            "Did you mean shares?",
        ),
        (lambda: BASE.calculate("x", calc.field("x") + 1), "refers to itself: x → x", "by way of"),
        (
            lambda: (
                BASE.calculate("x", calc.field("y") + 1)
                .calculate("y", calc.field("z") + 1)
                .calculate("z", calc.field("y") + C)
            ),
            "refers to itself: y → z → y",
            "by way of",
        ),
        (lambda: BASE.calculate("x", calc.row_total("a.count")), "has no pivots", "calc.overall"),
        (
            lambda: BASE.pivot("a.name", column_limit=60).calculate("x", calc.row_total("a.count")),
            "sums up 50 columns, and the query gives 60",
            "as many columns",
        ),
        (
            lambda: BASE.calculate("x", calc.running_total("a.name")),
            "computes with a.name, which is STRING",
            "calc.cast",
        ),
        (lambda: BASE.calculate("x", calc.field("a.name") - 1), "computes with a.name", "cast"),
        (
            lambda: BASE.calculate("x", calc.date_diff("day", "a.time", "a.day[date]")),
            "a.time has a time of day",
            r"a.time\[date\]",
        ),
        (
            lambda: BASE.calculate("x", calc.cast("a.count", "varchar")),
            "'x' has the text 'a.count', which is the name of a field",
            r"calc.field\('a.count'\) is its value",
        ),
        (lambda: raw(refers("x"), refers("x")), "Two calculations are called 'x'", "of its own"),
        (lambda: raw(refers("x:y")), "has a colon in its name", "is sent as it is"),
        (lambda: raw(refers("x", "b")), "refers to b, which", "Select it"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(query, words, hint):
    with pytest.raises(ArgumentError, match=words) as caught:
        checked(query())
    with pytest.raises(ArgumentError, match=hint):
        raise caught.value


@pytest.mark.parametrize(
    "query",
    [
        raw(refers("x", "a.count")),
        raw({**refers("x", "a.name"), "allow_refs_to_unselected_fields": True}),
        raw(refers("x", "a.name"), fields=["a.*"]),
        raw({"calc_name": "x"}),
        raw({"sql_expression": {"type": "newer"}}),
        raw({"calc_name": "x", "sql_expression": ["a", {"type": "field"}]}),
        raw(
            {
                "calc_name": "x",
                "sql_expression": {"type": "call", "operator": "Omni.OMNI_FX_DATEDIF"},
            }
        ),
    ],
)
def test_trees_that_omnipd_does_not_know_pass(query):
    check_names(query)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a:b",
        "a.b",
        "a[b",
        "-a",
        "a*",
        "$omni_x",
        "__omni_x",
        "a__raw",
        "measure_name",
        3,
        None,
    ],
)
def test_what_cannot_be_the_name_of_a_column_is_refused(name):
    with pytest.raises(ArgumentError, match="the name of a calculation"):
        BASE.calculate(name, C)


def test_a_name_is_there_once_whatever_its_case():
    with pytest.raises(ArgumentError, match="has a calculation 'x' already"):
        BASE.calculate("x", C).calculate("x", C)
    with pytest.raises(ArgumentError, match="'X' is called like 'x'"):
        BASE.calculate("x", C).calculate("X", C)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (field("a.count") > 1, "is a condition on rows"),
        (field("a.count"), "is not a calculation"),
        ("a.count * 2", "is not a calculation"),
    ],
)
def test_what_is_no_calculation_is_refused(what, words):
    with pytest.raises(ArgumentError, match=words):
        BASE.calculate("x", what)


def test_the_options_of_a_calculation_are_checked():
    with pytest.raises(ArgumentError, match="label=3 must be text"):
        BASE.calculate("x", C, label=3)
    with pytest.raises(ArgumentError, match="swallow_errors='no' must be True or False"):
        BASE.calculate("x", C, swallow_errors="no")
    key = "omni_osk_" + "a1B2c3D4" * 5
    with pytest.raises(ArgumentError, match="holds an API key"):
        BASE.calculate("x", C, description=key)
