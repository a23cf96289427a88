"""What is written with ``field`` is what Omni is told, or it is refused."""
# A field may stand on either side of a comparison, and may be compared with what is not a number.
# ruff: noqa: SIM300, PLW0177, B015

import datetime as dt
import enum
import itertools
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queries.query_cases import FLIGHTS, ORDERS

import omnipd
from omnipd import Query, field
from omnipd.queries.language import timeframes
from omnipd.queries.language.where import filters_of
from omnipd_sandbox.engine.data.warehouse import warehouse

F = field("v.f")
T = field("v.t")


def sent(condition):
    """The one filter that a condition becomes, with its name."""
    [(name, filter_)] = filters_of([condition]).items()
    return name, filter_


def text(kind, *values, **rest):
    return {"type": "string", "kind": kind, "values": list(values), **rest}


def number(kind, *values, **rest):
    return {"type": "number", "kind": kind, "values": list(values), **rest}


def date(kind, left=None, right=None, **rest):
    sides = {"left_side": left, "right_side": right}
    return {
        "type": "date",
        "kind": kind,
        **{side: value for side, value in sides.items() if value is not None},
        **rest,
    }


def both(*filters):
    return {"type": "composite", "conjunction": "AND", "filters": list(filters)}


def either(*filters):
    return {"type": "composite", "conjunction": "OR", "filters": list(filters)}


NULL, NOT_NULL = {"type": "null", "is_negative": False}, {"type": "null", "is_negative": True}
TRUE, FALSE = {"type": "boolean", "is_negative": False}, {"type": "boolean", "is_negative": True}
NOT = {"is_negative": True}

# Each comparison, what it sends, and what its negation sends.
PLAIN = [
    (F == "CA", text("EQUALS", "CA"), text("EQUALS", "CA", **NOT)),
    (F == "", text("IS_EMPTY"), text("IS_EMPTY", **NOT)),
    (F.isin(["a", "b", "a"]), text("EQUALS", "a", "b"), text("EQUALS", "a", "b", **NOT)),
    (
        F.isin(["a", ""]),
        either(text("EQUALS", "a"), text("IS_EMPTY")),
        both(text("EQUALS", "a", **NOT), text("IS_EMPTY", **NOT)),
    ),
    (
        F.isin({"b", "a"}, case=False),
        text("EQUALS", "a", "b", case_insensitive=True),
        text("EQUALS", "a", "b", case_insensitive=True, **NOT),
    ),
    (
        F.isin(["a", None]),
        either(text("EQUALS", "a"), NULL),
        both(text("EQUALS", "a", **NOT), NOT_NULL),
    ),
    (F.isin(pd.Series(["a", "b"])), text("EQUALS", "a", "b"), text("EQUALS", "a", "b", **NOT)),
    (F.isin([]), both(NULL, NOT_NULL), either(NOT_NULL, NULL)),
    (F.isin([None]), NULL, NOT_NULL),
    (F.contains("x"), text("CONTAINS", "x"), text("CONTAINS", "x", **NOT)),
    (F.contains(["x", "y"]), text("CONTAINS", "x", "y"), text("CONTAINS", "x", "y", **NOT)),
    (F.startswith("x"), text("STARTS_WITH", "x"), text("STARTS_WITH", "x", **NOT)),
    (F.endswith("x"), text("ENDS_WITH", "x"), text("ENDS_WITH", "x", **NOT)),
    (
        F.like("x%", case=False),
        text("SQL_LIKE", "x%", case_insensitive=True),
        text("SQL_LIKE", "x%", case_insensitive=True, **NOT),
    ),
    (F == 5, number("EQUALS", "5"), number("EQUALS", "5", **NOT)),
    (F == 0.1, number("EQUALS", "0.1"), number("EQUALS", "0.1", **NOT)),
    (F == -0.0, number("EQUALS", "0.0"), number("EQUALS", "0.0", **NOT)),
    (F == 1e21, number("EQUALS", "1" + "0" * 21), number("EQUALS", "1" + "0" * 21, **NOT)),
    (F == Decimal("1.50"), number("EQUALS", "1.50"), number("EQUALS", "1.50", **NOT)),
    (F == np.int64(5), number("EQUALS", "5"), number("EQUALS", "5", **NOT)),
    (F == 10**40, number("EQUALS", "1" + "0" * 40), number("EQUALS", "1" + "0" * 40, **NOT)),
    (F == pa.scalar(5), number("EQUALS", "5"), number("EQUALS", "5", **NOT)),
    (np.float32(0.5) == F, number("EQUALS", "0.5"), number("EQUALS", "0.5", **NOT)),
    (F.isin(np.array([1, 2])), number("EQUALS", "1", "2"), number("EQUALS", "1", "2", **NOT)),
    (F.isin(range(2)), number("EQUALS", "0", "1"), number("EQUALS", "0", "1", **NOT)),
    (
        F.isin([1, float("nan")]),
        either(number("EQUALS", "1"), NULL),
        both(number("EQUALS", "1", **NOT), NOT_NULL),
    ),
    (F > 5, number("GREATER_THAN", "5"), number("GREATER_THAN", "5", **NOT)),
    (F > 5, number("GREATER_THAN", "5"), number("GREATER_THAN", "5", **NOT)),
    (
        F >= 5,
        number("GREATER_THAN", "5", is_inclusive=True),
        number("GREATER_THAN", "5", is_inclusive=True, **NOT),
    ),
    (F < 5, number("LESS_THAN", "5"), number("LESS_THAN", "5", **NOT)),
    (
        F <= 5,
        number("LESS_THAN", "5", is_inclusive=True),
        number("LESS_THAN", "5", is_inclusive=True, **NOT),
    ),
    (
        F.between(1, 2),
        both(
            number("GREATER_THAN", "1", is_inclusive=True),
            number("LESS_THAN", "2", is_inclusive=True),
        ),
        either(
            number("GREATER_THAN", "1", is_inclusive=True, **NOT),
            number("LESS_THAN", "2", is_inclusive=True, **NOT),
        ),
    ),
    (F == True, TRUE, either(FALSE, NULL)),  # noqa: E712
    (F == np.bool_(False), FALSE, either(TRUE, NULL)),
    (F.is_true(), TRUE, either(FALSE, NULL)),
    (F.is_false(), FALSE, either(TRUE, NULL)),
    (F.isin([True, False]), either(TRUE, FALSE), both(either(FALSE, NULL), either(TRUE, NULL))),
    (F.isna(), NULL, NOT_NULL),
    (F.notna(), NOT_NULL, NULL),
    (F == None, NULL, NOT_NULL),  # noqa: E711
    (F == pd.NA, NULL, NOT_NULL),
    (F == pd.NaT, NULL, NOT_NULL),
    (F == float("nan"), NULL, NOT_NULL),
    (
        F.is_attribute("region"),
        {"type": "user_attribute", "user_attribute_name": "region"},
        {"type": "user_attribute", "user_attribute_name": "region", **NOT},
    ),
    (
        T.between("2025-01-01", dt.date(2025, 4, 1)),
        date("BETWEEN", "2025-01-01", "2025-04-01"),
        date("BETWEEN", "2025-01-01", "2025-04-01", **NOT),
    ),
    (T >= "2025-03", date("ON_OR_AFTER", "2025-03"), date("ON_OR_AFTER", "2025-03", **NOT)),
    (
        T.on_or_after(pd.Timestamp("2025-03-01", tz="US/Eastern")),
        date("ON_OR_AFTER", "2025-03-01 05:00:00"),
        date("ON_OR_AFTER", "2025-03-01 05:00:00", **NOT),
    ),
    (T < "today", date("BEFORE", None, "today"), date("BEFORE", None, "today", **NOT)),
    (
        T.before(np.datetime64("2025-03-01T07:30")),
        date("BEFORE", None, "2025-03-01 07:30:00"),
        date("BEFORE", None, "2025-03-01 07:30:00", **NOT),
    ),
    (
        T == dt.date(2025, 3, 1),
        date("TIME_FOR_UNIT_DURATION", "2025-03-01"),
        date("TIME_FOR_UNIT_DURATION", "2025-03-01", **NOT),
    ),
    (
        T.isin([dt.date(2025, 3, 1), dt.date(2025, 3, 3)]),
        either(
            date("TIME_FOR_UNIT_DURATION", "2025-03-01"),
            date("TIME_FOR_UNIT_DURATION", "2025-03-03"),
        ),
        both(
            date("TIME_FOR_UNIT_DURATION", "2025-03-01", **NOT),
            date("TIME_FOR_UNIT_DURATION", "2025-03-03", **NOT),
        ),
    ),
    (
        T.isin(np.array(["2025-03-01"], dtype="datetime64[D]")),
        date("TIME_FOR_UNIT_DURATION", "2025-03-01"),
        date("TIME_FOR_UNIT_DURATION", "2025-03-01", **NOT),
    ),
    (
        T == pd.Timestamp("2025-03-01"),
        date("TIME_FOR_UNIT_DURATION", "2025-03-01 00:00:00"),
        date("TIME_FOR_UNIT_DURATION", "2025-03-01 00:00:00", **NOT),
    ),
    (
        T.in_the("2012 Q3"),
        date("TIME_FOR_UNIT_DURATION", "2012 Q3"),
        date("TIME_FOR_UNIT_DURATION", "2012 Q3", **NOT),
    ),
    (
        T.in_the("FY2025"),
        date("TIME_FOR_UNIT_DURATION", "FY2025"),
        date("TIME_FOR_UNIT_DURATION", "FY2025", **NOT),
    ),
    (
        T.in_the("last 1 day"),
        date("TIME_FOR_INTERVAL_DURATION", "1 day ago", "1 day"),
        date("TIME_FOR_INTERVAL_DURATION", "1 day ago", "1 day", **NOT),
    ),
    (
        T.in_the("Last 12 complete Months"),
        date("TIME_FOR_INTERVAL_DURATION", "12 complete months ago", "12 months"),
        date("TIME_FOR_INTERVAL_DURATION", "12 complete months ago", "12 months", **NOT),
    ),
    (
        T.in_the(dt.date(2025, 3, 1), "2 weeks"),
        date("TIME_FOR_INTERVAL_DURATION", "2025-03-01", "2 weeks"),
        date("TIME_FOR_INTERVAL_DURATION", "2025-03-01", "2 weeks", **NOT),
    ),
    *(
        (condition, date(kind, value), date(kind, value, **NOT))
        for condition, kind, value in [
            (T.in_month(7), "IS_IN_MONTH_OF_YEAR", "July"),
            (T.in_month("july"), "IS_IN_MONTH_OF_YEAR", "July"),
            (T.in_quarter(4), "IS_IN_QUARTER_OF_YEAR", "4"),
            (T.on_day_of_month(np.int32(31)), "IS_ON_DAY_OF_MONTH", "31"),
            (T.on_weekday("Sunday"), "IS_ON_DAY_OF_WEEK", "Sunday"),
            (T.on_day_of_month(31), "IS_ON_DAY_OF_MONTH", "31"),
            (T.on_day_of_quarter(92), "IS_ON_DAY_OF_QUARTER", "92"),
            (T.on_day_of_year(366), "IS_ON_DAY_OF_YEAR", "366"),
            (T.at_hour(0), "IS_AT_HOUR_OF_DAY", "0"),
        ]
    ),
]


@pytest.mark.parametrize(("condition", "wire", "negated"), PLAIN, ids=lambda one: repr(one)[:60])
def test_a_comparison_sends_what_was_written_by_hand(condition, wire, negated):
    name = "v.t" if "v.t" in repr(condition) else "v.f"
    assert sent(condition) == (name, wire)
    assert sent(~condition) == (name, negated)
    assert sent(~~condition) == (name, wire)
    omnipd.queries.language.filters.check({name: wire})


class State(str, enum.Enum):  # noqa: UP042 - as people write them
    TX = "Texas"


class Ten(enum.IntEnum):
    TEN = 10


def test_a_member_of_an_enumeration_is_compared_as_its_value():
    assert sent(F == State.TX) == ("v.f", text("EQUALS", "Texas"))
    assert sent(F.isin([State.TX, "Ohio"])) == ("v.f", text("EQUALS", "Texas", "Ohio"))
    [contained] = sent(F.contains(State.TX))[1]["values"]
    assert type(contained) is str
    assert sent(F == Ten.TEN) == ("v.f", number("EQUALS", "10"))
    assert sent(F > Ten.TEN) == ("v.f", number("GREATER_THAN", "10"))


def test_a_number_of_any_length_is_a_number():
    huge = 10**5000
    assert sent(F == huge) == ("v.f", number("EQUALS", "1" + "0" * 5000))
    assert sent(F.isin([huge])) == ("v.f", number("EQUALS", "1" + "0" * 5000))
    assert sent(F < huge)[1]["kind"] == "LESS_THAN"


@pytest.mark.parametrize(
    "value",
    [dt.date(2025, 3, 5), "2025-03-08", dt.datetime(2025, 3, 3, 1)],  # noqa: DTZ001
)
def test_a_week_begins_on_a_monday_or_a_sunday(value):
    week = field("v.t[week]")
    for wrong in (
        lambda: week == value,
        lambda: week >= value,
        lambda: week.in_the(value, "2 weeks"),
        lambda: week.between("2025-03-03", value),
    ):
        with pytest.raises(omnipd.ArgumentError, match="does not begin a week"):
            wrong()
    for day in ("2025-03-02", "2025-03-03"):
        assert sent(week >= day) == ("v.t", date("ON_OR_AFTER", day))


@pytest.mark.parametrize(
    ("timeframe", "start", "length"),
    [
        ("month", "2025-03", "45 days"),
        ("month", "2025-03", "6 weeks"),
        ("year", "2025", "3 quarters"),
        ("week", "2025-03-03", "1 month"),
        ("date", "2025-03-03", "12 hours"),
        ("fiscal_quarter", "FY2025", "1 month"),
    ],
)
def test_a_window_of_a_cut_time_ends_where_a_unit_ends(timeframe, start, length):
    with pytest.raises(omnipd.ArgumentError, match="may end inside a"):
        field(f"v.t[{timeframe}]").in_the(start, length)


@pytest.mark.parametrize(
    ("timeframe", "start", "length"),
    [
        ("month", "2025-03", "2 quarters"),
        ("week", "2025-03-03", "2 weeks"),
        ("date", "2025-03-03", "1 month"),
        ("raw", "2025-03-03", "5 minutes"),
        ("fiscal_quarter", "FY2025", "1 year"),
    ],
)
def test_a_window_of_whole_units_is_sent(timeframe, start, length):
    name, filter_ = sent(field(f"v.t[{timeframe}]").in_the(start, length))
    assert (name, filter_) == ("v.t", date("TIME_FOR_INTERVAL_DURATION", start, length))


def test_not_equal_is_the_negation_of_equal():
    for value in ("CA", "", 5, True, None, dt.date(2025, 3, 1)):
        assert sent(F != value) == sent(~(F == value))
        assert sent(~(F != value)) == sent(F == value)


def test_the_timeframes_of_the_contract_are_known():
    assert (
        *("raw", "year", "quarter", "month", "week", "date", "hour", "minute", "second"),
        *("millisecond", "fiscal_year", "fiscal_quarter", "quarter_of_year", "week_of_year"),
        *("day_of_week_num", "month_num", "hour_of_day", "day_of_month", "day_of_year"),
        *("day_of_quarter", "epoch", "seconds", "minutes", "hours", "days", "weeks", "months"),
        *("quarters", "years", "day_of_week_name", "month_name", "time_of_day"),
    ) == timeframes.KNOWN


@pytest.mark.parametrize(
    ("timeframe", "value", "wire"),
    [
        ("raw", dt.date(2025, 3, 5), date("TIME_FOR_UNIT_DURATION", "2025-03-05")),
        ("year", dt.date(2025, 1, 1), date("TIME_FOR_UNIT_DURATION", "2025")),
        ("quarter", dt.date(2025, 4, 1), date("TIME_FOR_UNIT_DURATION", "2025 Q2")),
        ("quarter", "2025 Q2", date("TIME_FOR_UNIT_DURATION", "2025 Q2")),
        ("month", pd.Timestamp("2025-03-01"), date("TIME_FOR_UNIT_DURATION", "2025-03")),
        ("month", "2025", date("TIME_FOR_UNIT_DURATION", "2025")),
        ("MONTH", "2025-03", date("TIME_FOR_UNIT_DURATION", "2025-03")),
        ("month", "last quarter", date("TIME_FOR_UNIT_DURATION", "last quarter")),
        (
            "week",
            dt.date(2025, 3, 3),
            date("TIME_FOR_INTERVAL_DURATION", "2025-03-03", "1 week"),
        ),
        ("week", "this week", date("TIME_FOR_UNIT_DURATION", "this week")),
        ("date", dt.date(2025, 3, 5), date("TIME_FOR_UNIT_DURATION", "2025-03-05")),
        ("date", dt.datetime(2025, 3, 5), date("TIME_FOR_UNIT_DURATION", "2025-03-05")),  # noqa: DTZ001
        ("hour", "2025-03-05 17:00", date("TIME_FOR_UNIT_DURATION", "2025-03-05 17")),
        ("minute", "2025-03-05 17:05", date("TIME_FOR_UNIT_DURATION", "2025-03-05 17:05")),
        ("second", "2025-03-05 17:05:06", date("TIME_FOR_UNIT_DURATION", "2025-03-05 17:05:06")),
        (
            "millisecond",
            "2025-03-05 17:05:06",
            date("TIME_FOR_UNIT_DURATION", "2025-03-05 17:05:06"),
        ),
        ("fiscal_year", "FY2025", date("TIME_FOR_UNIT_DURATION", "FY2025")),
        ("fiscal_quarter", "FY2025", date("TIME_FOR_UNIT_DURATION", "FY2025")),
        ("month", "last fiscal quarter", date("TIME_FOR_UNIT_DURATION", "last fiscal quarter")),
        ("date", "FY2025", date("TIME_FOR_UNIT_DURATION", "FY2025")),
        (
            "fiscal_quarter",
            "last fiscal quarter",
            date("TIME_FOR_UNIT_DURATION", "last fiscal quarter"),
        ),
    ],
)
def test_a_cut_time_is_filtered_by_the_time_itself(timeframe, value, wire):
    assert sent(field(f"v.t[{timeframe}]") == value) == ("v.t", wire)
    assert sent(field(f"v.t[{timeframe}]").isna()) == ("v.t", NULL)


@pytest.mark.parametrize("timeframe", timeframes.NUMBERS)
def test_a_part_that_is_a_number_is_filtered_under_its_bracket(timeframe):
    name = f"v.t[{timeframe}]"
    assert sent(field(name) == 3) == (name, number("EQUALS", "3"))
    assert sent((field(name) > 3) | field(name).isna()) == (
        name,
        either(number("GREATER_THAN", "3"), NULL),
    )
    for wrong in ("3", dt.date(2025, 3, 1), True):
        with pytest.raises(omnipd.ArgumentError, match=r"is a number"):
            field(name) == wrong


@pytest.mark.parametrize("timeframe", timeframes.NAMES)
def test_a_part_that_is_a_name_is_filtered_as_text_under_its_bracket(timeframe):
    name = f"v.t[{timeframe}]"
    assert sent(field(name) == "July") == (name, text("EQUALS", "July"))
    assert sent(field(name).startswith("J")) == (name, text("STARTS_WITH", "J"))
    for wrong in (3, dt.date(2025, 3, 1)):
        with pytest.raises(omnipd.ArgumentError, match=r"is text"):
            field(name) == wrong


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: field("state"), "not a field name"),
        (lambda: field(5), "not a field name"),
        (lambda: field("v.t[month"), "not a field name"),
        (lambda: field("v.t[mont]") == "2025", "'mont' is not known"),
        (lambda: bool(F), "neither true nor false"),
        (lambda: bool(F == 1), "neither true nor false"),
        (lambda: 1 < F < 5, "neither true nor false"),
        (lambda: (F == 1) and (F == 2), "neither true nor false"),
        (lambda: F in [field("v.g")], "with values, not with field"),
        (lambda: F > 1 & F, "in brackets"),
        (lambda: (F > 1) & F, "is_true"),
        (lambda: True & (F > 1), "not a condition"),
        (lambda: ~F, "is_true"),
        (lambda: F == field("v.g"), "not with field"),
        (lambda: F == [1, 2], "isin"),
        (lambda: F == np.array([1, 2]), "isin"),
        (lambda: F == Fraction(1, 3), "not a value that"),
        (lambda: F > "CA", "order numbers and dates"),
        (lambda: F > "10", "without quotes"),
        (lambda: F > None, "only numbers and dates"),
        (lambda: F > float("nan"), "only numbers and dates"),
        (lambda: F > float("inf"), "not a number that Omni takes"),
        (lambda: F == Decimal("Infinity"), "not a number that Omni takes"),
        (lambda: F > True, "only numbers and dates"),
        (lambda: F.isin("CA"), "takes a list"),
        (lambda: F.isin(5), "takes a list"),
        (lambda: F.isin([1, "a"]), "several kinds"),
        (lambda: F.contains(""), "none that is empty"),
        (lambda: F.contains([]), "none that is empty"),
        (lambda: F.contains(5), "takes text"),
        (lambda: F.like("x", case="no"), "neither True nor False"),
        (lambda: F.is_attribute(""), "name of a user attribute"),
        (lambda: F.isin(pd.DataFrame({"a": [1]})), "pass a column"),
        (lambda: field("v.t[month][year]"), "not a field name"),
        (lambda: field("v.[month]"), "not a field name"),
        (lambda: F == pd.Timedelta(1, "D"), "not a value that"),
        (lambda: F.between("1", "2"), "not a date that Omni knows"),
        (lambda: F.between(1, "2025"), "two numbers or two dates"),
        (lambda: F.between(1, float("nan")), "two numbers or two dates"),
        (lambda: T.between("2025-04", "2025-03"), "is empty"),
        (lambda: T > dt.date(2025, 3, 1), "next day"),
        (lambda: T <= "2025-03", "next day"),
        (lambda: T.before("2025-02-30"), "not a date that Omni knows"),
        (lambda: T.before("soon"), "not a date that Omni knows"),
        (lambda: T.before(pd.Timestamp("2025-03-01 00:00:00.5")), "fractions of a second"),
        (lambda: T.in_the("next 30 days"), "not a date that Omni knows"),
        (lambda: T.in_the("2025", "long"), "not a length"),
        (lambda: T.in_month("Juli"), "1 to 12 or January"),
        (lambda: T.in_month(13), "1 to 12"),
        (lambda: T.in_month(True), "1 to 12"),
        (lambda: T.on_weekday(1), "is another day in Omni than in pandas"),
        (T.on_weekday, "names none"),
        (lambda: T.in_quarter("4"), "none of 1 to 4"),
        (lambda: T.in_month("July", "Jly"), "'Jly' is none of"),
        (lambda: T.at_hour(24), "0 to 23"),
        (lambda: field("v.t[month]").in_month(7), "not the time itself"),
        (lambda: field("v.t[month]") == 7, "is a time"),
        (lambda: field("v.t[month]") == "July", "not a date"),
        (lambda: field("v.t[month]") == dt.date(2025, 3, 2), "does not begin a month"),
        (lambda: field("v.t[month]") >= "2025-03-15", "does not begin a month"),
        (lambda: field("v.t[month]") == "this week", "does not begin a month"),
        (lambda: field("v.t[week]") == "2025-03", "does not begin a week"),
        (lambda: field("v.t[quarter]") == "2025-02", "does not begin a quarter"),
        (lambda: field("v.t[fiscal_year]") == "2025", "does not begin a fiscal year"),
        (
            lambda: field("v.t[fiscal_year]") == "this fiscal quarter",
            "does not begin a fiscal year",
        ),
        (lambda: field("v.t[year]") == "this fiscal quarter", "does not begin a year"),
        (lambda: field("v.t[quarter]") == "FY2025", "does not begin a quarter"),
        (lambda: field("v.t[week]") == "FY2025", "does not begin a week"),
        (lambda: field("v.t[date]").is_true(), "is a time"),
    ],
)
def test_what_omni_cannot_be_told_is_refused(make, message):
    with pytest.raises(omnipd.ArgumentError, match=message):
        make()


def test_where_only_filters_are_taken_an_or_across_fields_is_refused_by_both_names():
    one, other = field("a.x") == 1, field("b.y") == 2
    for wrong in (one | other, ~(one & other), (one & field("c.z").isna()) | other):
        with pytest.raises(omnipd.ArgumentError, match=r"across a\.x and b\.y") as caught:
            filters_of([wrong])
        assert "Query" in caught.value.hint
    assert filters_of([~(one | other)]) == {
        "a.x": number("EQUALS", "1", **NOT),
        "b.y": number("EQUALS", "2", **NOT),
    }


def test_conditions_show_how_they_were_written():
    condition = ~((F == "a") | F.isin([1])) & T.in_the("last month")
    assert repr(condition) == (
        "(~((field('v.f') == 'a') | (field('v.f').isin([1]))) & (field('v.t').in_the('last month')))"
    )
    assert len({F == 1, F == 1, F == 2}) == 2
    assert len({field("v.f"), field("v.g")}) == 2


@pytest.mark.parametrize("backwards", [False, True])
def test_thousands_of_conditions_can_be_joined_in_a_loop(backwards):
    every = field("a.n") == 0
    for number_ in range(1, 1500):
        one = field("a.n") == number_
        every = one | every if backwards else every | one
    assert repr(every).count(" | ") == 1499
    [(_, sent_filter)] = Query(FLIGHTS, "t").select("a.n").where(every).to_dict()["filters"].items()
    assert sent_filter["conjunction"] == "OR"
    assert len(sent_filter["filters"]) == 1500
    [(_, none)] = Query(FLIGHTS, "t").select("a.n").where(~every).to_dict()["filters"].items()
    assert none["conjunction"] == "AND"


def test_not_of_not_is_the_same():
    one = field("a.n") == 1
    for _ in range(3000):
        one = ~one
    assert repr(one) == "(field('a.n') == 1)"


def test_conditions_that_are_nested_too_deeply_are_refused():
    one = field("a.n") == 0
    for number_ in range(1500):
        one = (one | (field("a.n") == number_)) & (field("a.n") > -number_)
    with pytest.raises(omnipd.ArgumentError, match="nested too deeply") as caught:
        Query(FLIGHTS, "t").where(one)
    assert "isin" in caught.value.hint


@pytest.mark.parametrize(
    "write",
    [
        lambda: field("a.n") == Decimal("1E+999999"),
        lambda: field("a.n") > Decimal("1E-999999"),
        lambda: field("a.n") == Decimal("sNaN"),
        lambda: field("a.s").isin(b"TX"),
        lambda: field("a.s").isin(bytearray(b"TX")),
        lambda: field("a.t") >= "\uff12\uff10\uff12\uff15",  # 2025 in full-width digits
        lambda: field("a.t").in_the("\uff12 days ago"),
        lambda: field("a.t").in_the("2025", "\u0663 days"),
        lambda: Query(FLIGHTS, "t").select("a.n").limit(pd.NA),
        lambda: Query(FLIGHTS, "t").select("a.n").limit(np.array([1, 2])),
        lambda: Query(FLIGHTS, "t").select("a.n").limit(10**5000),
    ],
)
def test_odd_values_are_refused_as_arguments(write):
    with pytest.raises(omnipd.ArgumentError):
        write()


# --- any tree of conditions, against the same tree in SQL

# Of each field: how a comparison is written, and what it is in SQL. Nulls occur in all of them.
LEAVES = {
    "users.state": [
        (field("users.state") == "Texas", "state = 'Texas'"),
        (field("users.state") != "", "NOT coalesce(state = '', false)"),
        (field("users.state").contains("or"), "state LIKE '%or%'"),
        (field("users.state").isin(["Illinois", None]), "state = 'Illinois' OR state IS NULL"),
        (field("users.state").isin([]), "false"),
    ],
    "users.age": [
        (field("users.age") > 40, "age > 40"),
        (field("users.age") <= 30, "age <= 30"),
        (field("users.age").between(25, 50), "age BETWEEN 25 AND 50"),
        (field("users.age").isna(), "age IS NULL"),
    ],
    "users.is_vip": [
        (field("users.is_vip").is_true(), "is_vip"),
        (field("users.is_vip") == False, "NOT is_vip"),  # noqa: E712
        (field("users.is_vip").isna(), "is_vip IS NULL"),
    ],
    "users.signed_up_on": [
        (field("users.signed_up_on") >= "2024", "signed_up_on >= '2024-01-01'"),
        (field("users.signed_up_on").in_the("2023 Q4"), "strftime(signed_up_on, '%Y-%m') IN ('2023-10', '2023-11', '2023-12')"),
        (field("users.signed_up_on").on_weekday("Monday"), "dayname(signed_up_on) = 'Monday'"),
    ],
}  # fmt: skip


def _trees(names):
    leaf = st.one_of([st.sampled_from(LEAVES[name]) for name in names]).map(
        # A comparison is true or it is not: a null makes it false.
        lambda one: (one[0], f"coalesce({one[1]}, false)")
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(lambda one: (~one[0], f"NOT ({one[1]})")),
            st.tuples(inner, inner).map(
                lambda two: (two[0][0] & two[1][0], f"({two[0][1]}) AND ({two[1][1]})")
            ),
            st.tuples(inner, inner).map(
                lambda two: (two[0][0] | two[1][0], f"({two[0][1]}) OR ({two[1][1]})")
            ),
        ),
        max_leaves=8,
    )


_ANY_FIELD = st.one_of([_trees([name]) for name in LEAVES] + [_trees(list(LEAVES))])


@pytest.fixture(scope="module")
def one_client(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache_dir=folder
    ) as client:
        yield client


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(tree=_ANY_FIELD)
def test_any_tree_keeps_the_rows_it_says_or_is_refused(one_client, tree):
    condition, sql = tree
    query = Query(ORDERS, "users").select("users.id")
    refused = None
    try:
        query = query.where(condition)
    except omnipd.ArgumentError as error:
        refused = str(error)
    if refused is not None:
        # That nothing else is refused is the next test.
        names = set(re.findall(r"users\.\w+", refused))
        assert len(names) > 1
        return
    kept = query.run(client=one_client, limit="all")["users.id"].tolist()
    wanted = warehouse("orders").run(f"SELECT id FROM users WHERE {sql}").column("id").to_pylist()
    assert Counter(kept) == Counter(wanted)


def test_nothing_is_refused_that_is_on_one_field():
    for leaves in LEAVES.values():
        for (one, _), (other, _) in itertools.combinations(leaves, 2):
            for tree in (one | other, ~(one & other), ~(one | ~other)):
                Query(ORDERS, "users").where(tree)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (field("a.b").isin(["x"], case=False), "(field('a.b').isin(['x'], case=False))"),
        (field("a.b").contains("x", case=False), "(field('a.b').contains('x', case=False))"),
        (field("a.b").contains("x"), "(field('a.b').contains('x'))"),
    ],
)
def test_a_condition_shows_that_case_does_not_matter(condition, words):
    assert repr(condition) == words
