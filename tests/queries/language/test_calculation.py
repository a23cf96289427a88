"""What the builders of calculations send, beside trees as Omni's pages show them."""

import copy
import pickle
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

import omnipd
from omnipd import calc
from omnipd.errors import ArgumentError

REVENUE = {"type": "field", "field_name": "orders.total_revenue"}
FOR_CALC = {**REVENUE, "for_calc": True}


def of(made):
    """The tree that a query sends for a calculation."""
    query = omnipd.Query("m", "t").select("orders.total_revenue").calculate("x", made)
    [entry] = query.to_dict()["calculations"]
    return entry["sql_expression"]


def call(operator, *operands):
    return {"type": "call", "operator": operator, "operands": list(operands)}


def plain(value):
    return {"type": "literal", "value": value}


def place(value):
    return {"type": "literal", "value": value, "string_value": str(value)}


def rows(*places):
    written = (one if isinstance(one, dict) else place(one) for one in places)
    return call("Omni.OMNI_OFFSET_MULTI", REVENUE, *written)


F = calc.field("orders.total_revenue")
TREES = {
    "a field": (F, REVENUE),
    "a field of omnipd": (calc.field(omnipd.field("orders.total_revenue")), REVENUE),
    "a calculation": (calc.field("so far"), {"type": "field", "field_name": "so far"}),
    "running_total": (
        calc.running_total("orders.total_revenue"),
        call("Omni.OMNI_RUNNING_TOTAL", FOR_CALC),
    ),
    "percent_of_total": (calc.percent_of_total(F), call("Omni.OMNI_PERCENT_OF_TOTAL", FOR_CALC)),
    "percent_of_previous": (
        calc.percent_of_previous(F),
        call("Omni.OMNI_PERCENT_OF_PREVIOUS", FOR_CALC),
    ),
    "percent_change_from_previous": (
        calc.percent_change_from_previous(F),
        call("Omni.OMNI_PERCENT_CHANGE_FROM_PREVIOUS", FOR_CALC),
    ),
    "rank": (calc.rank(F), call("Omni.OMNI_RANK", FOR_CALC)),
    "moving": (calc.moving(F, 3), call("Omni.OMNI_FX_AVERAGE", rows(-2, 0, 3, 1))),
    "moving of one row": (
        calc.moving(F, 1, "median"),
        call("Omni.OMNI_FX_MEDIAN", rows(0, 0, 1, 1)),
    ),
    "cumulative": (
        calc.cumulative(F),
        call("Omni.OMNI_FX_SUM", rows(call("Omni.ABSOLUTE_POSITION", place(1)), 0, 1, 1)),
    ),
    "overall": (
        calc.overall(F, "count"),
        call("Omni.OMNI_FX_COUNT", rows(-536870911, 0, 1073741823, 1)),
    ),
    "row_total": (
        calc.row_total(F, "max", columns=60),
        call(
            "Omni.OMNI_FX_MAX",
            call("Omni.OMNI_PIVOT_OFFSET", REVENUE, place(0), place(0), place(1), place(60)),
        ),
    ),
    "if_else": (
        calc.if_else(F > 1000, "high", "low"),
        call(
            "SqlStdOperatorTable.CASE",
            call("SqlStdOperatorTable.GREATER_THAN", REVENUE, plain(1000)),
            plain("high"),
            plain("low"),
        ),
    ),
    "case_when": (
        calc.case_when((F >= 1500000, "High"), default="Low"),
        call(
            "Omni.OMNI_FX_IFS",
            call("SqlStdOperatorTable.GREATER_THAN_OR_EQUAL", REVENUE, plain(1500000)),
            plain("High"),
            call("SqlStdOperatorTable.EQUALS", place(1), place(1)),
            plain("Low"),
        ),
    ),
    "safe_divide": (calc.safe_divide(F, 2), call("Omni.OMNI_FX_SAFE_DIVIDE", REVENUE, plain(2))),
    "concat": (
        calc.concat(F, " - ", 7),
        call(
            "Omni.OMNI_FX_AMPERSAND",
            call("Omni.OMNI_FX_AMPERSAND", REVENUE, plain(" - ")),
            plain("7"),
        ),
    ),
    "date_diff": (
        calc.date_diff("day", F, calc.cast("2024-01-31", "date")),
        call(
            "Omni.OMNI_FX_DATEDIF",
            place("DAY"),
            REVENUE,
            call(
                "SqlStdOperatorTable.CAST",
                plain("2024-01-31"),
                {"type": "sql_type", "type_name_name": "DATE", "precision": 0, "scale": 0},
            ),
        ),
    ),
    "cast": (
        calc.cast(F, " Decimal(12,2) "),
        call(
            "SqlStdOperatorTable.CAST",
            REVENUE,
            {"type": "sql_type", "type_name_name": "DECIMAL", "precision": 12, "scale": 2},
        ),
    ),
    "a date": (
        date(2024, 1, 31) < F,
        call(
            "SqlStdOperatorTable.GREATER_THAN",
            REVENUE,
            call(
                "SqlStdOperatorTable.CAST",
                plain("2024-01-31"),
                {"type": "sql_type", "type_name_name": "DATE", "precision": 0, "scale": 0},
            ),
        ),
    ),
    "minus": (-F, call("SqlStdOperatorTable.UNARY_MINUS", REVENUE)),
    "not": (
        ~(F == 1),
        call("SqlStdOperatorTable.NOT", call("SqlStdOperatorTable.EQUALS", REVENUE, plain(1))),
    ),
    "a number of NumPy": (F + np.int64(3), call("SqlStdOperatorTable.PLUS", REVENUE, plain(3))),
    "an exact number": (F + Decimal("1.50"), call("SqlStdOperatorTable.PLUS", REVENUE, plain(1.5))),
    "true": (F == True, call("SqlStdOperatorTable.EQUALS", REVENUE, plain(True))),  # noqa: E712
}


@pytest.mark.parametrize(("made", "tree"), TREES.values(), ids=TREES)
def test_a_builder_sends_the_tree_that_omni_takes(made, tree):
    assert of(made) == tree


def test_every_builder_is_tried():
    tried = {name.partition(" ")[0] for name in TREES} | {"field", "change_from_previous"}
    assert tried >= set(calc.__all__) - {"Calculation"}


@pytest.mark.parametrize(
    ("made", "operator"),
    [
        (F + 1, "PLUS"),
        (F - 1, "MINUS"),
        (F * 1, "MULTIPLY"),
        (F / 1, "DIVIDE"),
        (F**1, "POWER"),
        (F == 1, "EQUALS"),
        (F != 1, "NOT_EQUALS"),
        (F < 1, "LESS_THAN"),
        (F <= 1, "LESS_THAN_OR_EQUAL"),
        (F > 1, "GREATER_THAN"),
        (F >= 1, "GREATER_THAN_OR_EQUAL"),
    ],
)
def test_an_operator_of_python_is_one_of_omni(made, operator):
    assert of(made) == call(f"SqlStdOperatorTable.{operator}", REVENUE, plain(1))


def test_an_operator_keeps_the_order_of_what_it_takes():
    two = plain(2)
    assert of(2 - F) == call("SqlStdOperatorTable.MINUS", two, REVENUE)
    assert of(2 / F) == call("SqlStdOperatorTable.DIVIDE", two, REVENUE)
    assert of(2**F) == call("SqlStdOperatorTable.POWER", two, REVENUE)
    assert of(2 + F) == call("SqlStdOperatorTable.PLUS", two, REVENUE)
    assert of(2 * F) == call("SqlStdOperatorTable.MULTIPLY", two, REVENUE)
    assert of(omnipd.field("a.b") / F) == call(
        "SqlStdOperatorTable.DIVIDE", {"type": "field", "field_name": "a.b"}, REVENUE
    )
    true = plain(True)
    assert of(True & (F == 2)) == call(
        "SqlStdOperatorTable.AND", true, call("SqlStdOperatorTable.EQUALS", REVENUE, two)
    )
    assert of(True | (F == 2))["operator"] == "SqlStdOperatorTable.OR"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: F + "a", "'a' is a text; + takes numbers"),
        (lambda: (F > 1) * 2, "> 1 is a condition; * takes numbers"),
        (lambda: F + None, "None is not a value"),
        (lambda: F == None, "None is not a value"),  # noqa: E711
        (lambda: F + float("nan"), "nan is not a value"),
        (lambda: F + Decimal("0.1234567890123456789"), "is not a value"),
        (lambda: datetime(2024, 1, 1) == F, "is not a value"),  # noqa: DTZ001
        (lambda: F == [1], "[1] is not a value"),
        (lambda: (F + 1) == "a", "not of one kind: number and text"),
        (lambda: F & 1, "1 is a number; & takes what is true or false"),
        (lambda: ~(F + 1), "~ takes what is true or false"),
        (lambda: (omnipd.field("a.b") > 1) < F, "is a condition on rows"),
        (lambda: calc.if_else(omnipd.field("a.b") > 1, 1, 2), "is a condition on rows"),
        (lambda: calc.if_else(F + 1, 1, 2), "if_else takes what is true or false"),
        (lambda: calc.if_else(F > 1, 1, "a"), "not of one kind: number and text"),
        (calc.case_when, "Each case is a condition and a value"),
        (lambda: calc.case_when(F > 1), "Each case is a condition and a value"),
        (lambda: calc.case_when((F > 1, 1), default="a"), "not of one kind"),
        (lambda: calc.running_total(F * 2), "is a calculation of its own"),
        (lambda: calc.running_total(3), "3 is not a field"),
        (lambda: calc.field(""), "is not the name of a field"),
        (lambda: calc.field("a.b[month"), "is not the name of a field"),
        (lambda: calc.field("a:b"), "is not the name of a field"),
        (lambda: calc.moving(F, 0), "rows=0 must be a whole number"),
        (lambda: calc.moving(F, 2, "mean"), "how='mean' is not known"),
        (lambda: calc.overall(F, "total"), "how='total' is not known"),
        (lambda: calc.row_total(F, columns=0), "columns=0 must be"),
        (lambda: calc.cast(F, "text"), "type='text' is not known"),
        (lambda: calc.cast(F, "decimal"), "does not say its digits"),
        (lambda: calc.cast(F, "decimal(39, 2)"), "does not say its digits"),
        (lambda: calc.date_diff("week", F, F), "unit='week' is not known"),
        (lambda: calc.date_diff("day", "a.b[month]", F), "cut to its month; date_diff takes dates"),
        (lambda: calc.date_diff("day", F, 3), "3 is a number; date_diff takes dates"),
        (lambda: calc.concat(F), "joins two parts or more"),
        (lambda: calc.concat(F, F + 1), "is a number; concat takes texts"),
        (lambda: calc.safe_divide(F, True), "True is a condition; safe_divide takes numbers"),
        (lambda: bool(F > 1), "neither true nor false here"),
        (lambda: omnipd.field("a.b") == F, "compare a field with values"),
    ],
)
def test_what_omni_could_not_compute_is_refused_at_once(wrong, words):
    with pytest.raises(ArgumentError) as caught:
        wrong()
    assert words in str(caught.value)


def test_a_calculation_shows_how_it_is_written():
    made = calc.if_else(calc.moving("a.b", 3) < (F + 1) * 2, "x", calc.cast(F, "varchar"))
    assert repr(made) == (
        "CASE(OMNI_FX_AVERAGE(OMNI_OFFSET_MULTI(calc.field('a.b'), -2, 0, 3, 1)) < "
        "((calc.field('orders.total_revenue') + 1) * 2), 'x', "
        "CAST(calc.field('orders.total_revenue'), VARCHAR))"
    )
    deep = F
    for _ in range(5000):
        deep = deep + 1
    assert repr(deep) == "…"


def test_a_calculation_can_be_copied_and_stored():
    made = calc.running_total("a.b") / 2
    assert of(copy.deepcopy(made)) == of(pickle.loads(pickle.dumps(made))) == of(made)
    assert hash(made) == hash(calc.running_total("a.b") / 2)


def test_what_is_nested_without_end_is_no_calculation():
    deep = F
    for _ in range(400):
        deep = deep + 1
    with pytest.raises(ArgumentError, match="nested too deeply"):
        of(deep)


def test_an_api_key_is_in_no_calculation():
    key = "omni_osk_" + "a1B2c3D4" * 5
    for wrong in (lambda: F + key, lambda: calc.field(key), lambda: calc.concat(F, key)):
        with pytest.raises(ArgumentError) as caught:
            wrong()
        assert key not in str(caught.value)
