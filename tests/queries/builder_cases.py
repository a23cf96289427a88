"""The cases of ``query_cases`` as a person writes them with ``Query`` and ``field``.

By the case's name: the condition on the field that the case filters, or the whole query where it is
about something else. Cases without filters, sorts and totals are built from their fields alone.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from queries.query_cases import CASES

from omnipd import Query, field

#: What the builder does not say, and why.
NOT_SAID = {
    "text equals nothing in particular": "no filter at all is not a filter",
    "neither true nor false is asked": "no filter at all is not a filter",
    "a boolean with a kind is not a filter": "refused",
    "a text filter on a number is not a filter": "refused",
    "number between leaves out the upper end": "what Omni does is not certain: two bounds instead",
    "number not between, and null stays": "what Omni does is not certain: two bounds instead",
    "an unknown filter that may be left out": "only in the query object",
}
#: What is said in other words on the wire; the rows are the same.
OTHER_WORDS = {
    # The empty text has a kind of its own.
    "text equals one of many",
    "text is none of many, and null stays",
    "number between with both ends",
    "is false, or null",
    # Negations are moved down to the filters.
    "filters within filters",
    "neither of two filters, and null stays",
    "number not greater than, and null stays",
    "number sent as a number",
    # Days of the week are sent with a capital.
    "a date on a Monday",
}


def _of(condition):
    """A condition of the one field that the case filters."""

    def build(case):
        [name] = case.query["filters"]
        return plain(case).where(condition(field(name)))

    return build


def plain(case):
    """The fields of a case, and nothing else of it."""
    query = case.query
    topic, view = query.get("join_paths_from_topic_name"), query.get("table")
    return Query(query["modelId"], topic, view=view).select(*query["fields"])


def _where(*conditions):
    return lambda case: plain(case).where(*conditions)


def _sorted(*by, **options):
    return lambda case: plain(case).sort(*by, **options)


CONDITIONS = {
    "text equals": lambda f: f == "New York",
    "text equals one of many": lambda f: f.isin(["Texas", ""]),
    "text does not equal, and null stays": lambda f: f != "New York",
    "text is none of many, and null stays": lambda f: ~f.isin(["Texas", ""]),
    "text equals, whatever its case": lambda f: f.isin(["NEW york"], case=False),
    "text contains": lambda f: f.contains(["or", "x"]),
    "text does not contain": lambda f: ~f.contains("or"),
    "text contains, whatever its case": lambda f: f.contains("NEW", case=False),
    "text starts with": lambda f: f.startswith(("New", "Cal")),
    "text does not start with": lambda f: ~f.startswith("N"),
    "text starts with, whatever its case": lambda f: f.startswith("NEW", case=False),
    "text ends with": lambda f: f.endswith("ois"),
    "text does not end with, whatever its case": lambda f: ~f.endswith("YORK", case=False),
    "text is like a pattern": lambda f: f.like("_e% Y%"),
    "text is like a pattern, whatever its case": lambda f: f.like("NEW%", case=False),
    "text is not like a pattern": lambda f: ~f.like("%e%"),
    "text is empty": lambda f: f == "",
    "text is not empty, and null stays": lambda f: f != "",
    "a percent sign is no wildcard": lambda f: f.contains("50%"),
    "an underscore is no wildcard": lambda f: f.contains("a_b"),
    "a backslash escapes nothing": lambda f: f.endswith("\\b"),
    "a quote ends nothing": lambda f: f.contains("it's"),
    "an emoji is found": lambda f: f == "🎁",
    "a name with an apostrophe": lambda f: f == "O'Brien's polo",
    "a name with quotes": lambda f: f == 'The "quoted" one',
    "a name that is a formula": lambda f: f == "=1+1",
    "a name that would end the statement": lambda f: f == "'; DROP TABLE users; --",
    "number equals": lambda f: f == 3,
    "number equals one of many": lambda f: f.isin([1, 5]),
    "number does not equal, and null stays": lambda f: f != 3,
    "number greater than": lambda f: f > 3,
    "number at least": lambda f: f >= 3,
    "number not greater than, and null stays": lambda f: (f <= 3) | f.isna(),
    "number less than": lambda f: f < 9.99,
    "number at most": lambda f: f <= Decimal("9.82"),
    "number not at most, and null stays": lambda f: ~(f <= 9.82),
    "number between with both ends": lambda f: f.between(2, 4),
    "number below zero": lambda f: f < -1.5,
    "number sent as a number": lambda f: f == 25,
    "a number filter on an extracted part": lambda f: f < 6,
    "is true": lambda f: f == True,  # noqa: E712 - as one writes in pandas
    "is false": lambda f: f.is_false(),
    "is false, or null": lambda f: ~f.is_true(),
    "is null": lambda f: f.isna(),
    "is not null": lambda f: f.notna(),
    "a date is null": lambda f: f == None,  # noqa: E711 - as above
    "both of two filters": lambda f: (f > 1) & (f < 4),
    "either of two filters": lambda f: f.contains("gift") | f.isna(),
    "filters within filters": lambda f: (f == 5) | ~((f > 1) & ((f < 9) | f.isna())),
    "neither of two filters, and null stays": lambda f: ~((f == "complete") | f.startswith("ret")),
    "between leaves out its end": lambda f: f.between("2024-03-10", "2024-03-31 01:00"),
    "not between, and null stays": lambda f: ~f.between("2024-01", "2025"),
    "on or after an instant": lambda f: (
        f >= datetime(2024, 3, 10, 9, tzinfo=timezone(timedelta(hours=2)))
    ),
    "before an instant": lambda f: f < date(2024, 1, 1),
    "the whole of a year": lambda f: f.in_the("2024"),
    "the whole of a quarter": lambda f: f.in_the("2024 Q1"),
    "the whole of a month": lambda f: f.in_the("2024-02"),
    "the whole of a day": lambda f: f == date(2024, 10, 27),
    "the whole of an hour": lambda f: f.in_the("2024-11-03 05"),
    "the whole of a minute": lambda f: f.in_the("2024-02-29 12:30"),
    "the whole of a second": lambda f: f == datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC),
    "not in a month": lambda f: ~f.in_the("2024-02"),
    "last quarter": lambda f: f.in_the("last quarter"),
    "this month": lambda f: f.in_the("this month"),
    "next week": lambda f: f.in_the("next week"),
    "yesterday": lambda f: f.in_the("yesterday"),
    "the past thirty days, today among them": lambda f: f.in_the("last 30 days"),
    "the past thirty complete days": lambda f: f.in_the("past 30 complete days"),
    "the past twelve months, this one among them": lambda f: f.in_the("12 months ago", "12 months"),
    "three months from a day": lambda f: f.in_the("2024-01-31", "1 month"),
    "on a day of the week": lambda f: f.is_day_of_week("sunday"),
    "on a day of the month": lambda f: f.is_day_of_month(29),
    "on a day of the quarter": lambda f: f.is_day_of_quarter(1),
    "on a day of the year": lambda f: f.is_day_of_year(60),
    "in a month of the year": lambda f: f.is_month(3),
    "in a quarter of the year": lambda f: f.is_quarter(4),
    "at an hour of the day": lambda f: f.is_hour_of_day(7),
    "not on a day of the week": lambda f: ~f.is_day_of_week("Sunday"),
    "a date between leaves out its end": lambda f: f.between(date(2024, 1, 1), date(2024, 2, 1)),
    "a date not between, and null stays": lambda f: ~f.between("2024-01-01", "2024-02-01"),
    "a date on or after noon is the next day": lambda f: f.on_or_after("2024-05-05 12"),
    "a date in a quarter": lambda f: f.in_the("2024 q2"),
    "a date on a Monday": lambda f: f.is_day_of_week("Monday"),
    "flights of February by local date": lambda f: f.in_the("2013-02"),
    "a computed text dimension": lambda f: f == "HNL",
    "one view in two roles": lambda f: f == "America/Los_Angeles",
    "a join on two columns": lambda f: f > 30,
    "a sum of nothing is zero and an average of nothing null": lambda f: f == -1,
    "a filter on the many side repeats the one side": lambda f: f.is_true(),
    "a composite primary key tells repeated rows apart": lambda f: f == 7,
    "a filter on a selected measure": lambda f: f > 10_000,
    "a filter on a measure that is not selected": lambda f: f > 30,
    "a measure that is null": lambda f: f.isna(),
    "a filter on a measure whose rows are repeated": lambda f: f >= 29,
    "a filter on a measure without any dimension": lambda f: f < 1,
}

QUERIES = {
    "filters on several fields all hold": _where(
        (field("order_items.status") == "complete")
        & field("users.is_vip").is_true()
        & (field("products.category") == "Socks")
    ),
    "filters on rows come before filters on measures": _where(
        field("order_items.status") == "returned", field("order_items.count") < 4
    ),
    "sorted upwards, null counts as least": _sorted("users.state"),
    "sorted downwards, null counts as least": _sorted("-users.state"),
    "nulls last upwards": _sorted("users.state", nulls="last"),
    "nulls first downwards": _sorted(field("users.state").desc(nulls="first")),
    "nulls as the database has them": _sorted(field("users.state"), nulls="dialect_default"),
    "nulls as Omni has them": _sorted(field("users.state").asc(nulls="omni_default")),
    "sorted by a measure, ties by dimension": _sorted(field("users.count").desc()),
    "sorted by two columns, a page of them": lambda case: (
        plain(case).sort("-flights.origin").sort("flights.count").limit(5).offset(3)
    ),
    "sorted by a time cut to its month": lambda case: (
        plain(case).sort("-order_items.created_at[month]").limit(3)
    ),
    "names of months sort by the calendar": _sorted("flights.date[month_name]"),
    "names of days sort by the week": _sorted("-users.signed_up_on[day_of_week_name]"),
    "sorted by a measure whose rows are repeated": lambda case: (
        plain(case).sort("-users.total_credit").limit(2)
    ),
    "a thousand rows when no limit is given": _sorted("flights.id"),
    "every row when the limit is null": lambda case: (
        plain(case).where(field("flights.dest") == "LAX").limit(None)
    ),
    "an offset without a sort follows the dimensions": lambda case: (
        plain(case).limit("all").offset(2)
    ),
    "a total is aggregated again, not added up": lambda case: (
        plain(case).sort("flights.origin").totals()
    ),
    "a total counts the rows beyond the limit": lambda case: (
        plain(case).sort("-flights.count").limit(2).totals()
    ),
    "a total leaves out the groups that a filter on a measure leaves out": lambda case: (
        plain(case).where(field("flights.count") > 15_000).sort("flights.count").totals()
    ),
    "a subtotal keeps the dimensions up to its own": lambda case: (
        plain(case)
        .sort("products.category", "order_items.status", nulls="last")
        .totals("products.category")
    ),
}

#: Every case that the builder says, with the query that says it.
BUILT = [
    (case, (QUERIES.get(case.name) or _of(CONDITIONS[case.name]))(case))
    if case.name in QUERIES or case.name in CONDITIONS
    else (case, plain(case))
    for case in CASES
    if case.name not in NOT_SAID
]
