"""Parts of times that come again: filters, how they are written, and SQL by hand."""

from queries.answers.built import Built
from queries.query_cases import Case, date, flights, orders

from omnipd import field

ORDERED, SHIPPED = "order_items.created_at", "order_items.shipped_on"
NOT = {"is_negative": True}


def _either(*filters):
    return {"type": "composite", "conjunction": "OR", "filters": list(filters)}


def _items(name, on, write, filter_, where):
    """Count the items at a part of a time."""
    query = orders(["order_items.count"], filters={on: filter_})
    sql = f"""SELECT count(*) AS "order_items.count" FROM order_items WHERE {where}"""
    return Built(Case(name, query, sql), lambda query: query.where(write(field(on))))


WEEKDAY, MONTH = "IS_ON_DAY_OF_WEEK", "IS_IN_MONTH_OF_YEAR"
CASES = [
    _items(
        "on a day of the week",
        ORDERED,
        lambda f: f.is_day_of_week("monday"),
        date(WEEKDAY, "Monday"),
        "dayname(created_at) = 'Monday'",
    ),
    _items(
        "on any of two days of the week",
        ORDERED,
        lambda f: f.is_day_of_week("Saturday", "Sunday"),
        _either(date(WEEKDAY, "Saturday"), date(WEEKDAY, "Sunday")),
        "dayname(created_at) IN ('Saturday', 'Sunday')",
    ),
    _items(
        "not on a day of the week, and null stays",
        SHIPPED,
        lambda f: ~f.is_day_of_week("Sunday"),
        date(WEEKDAY, "Sunday", **NOT),
        "shipped_on IS NULL OR dayname(shipped_on) <> 'Sunday'",
    ),
    _items(
        "on neither of two days, and null stays",
        SHIPPED,
        lambda f: ~f.is_day_of_week("Saturday", "Sunday"),
        {
            "type": "composite",
            "conjunction": "AND",
            "filters": [date(WEEKDAY, "Saturday", **NOT), date(WEEKDAY, "Sunday", **NOT)],
        },
        "shipped_on IS NULL OR dayname(shipped_on) NOT IN ('Saturday', 'Sunday')",
    ),
    _items(
        "in a month, by name",
        ORDERED,
        lambda f: f.is_month("march"),
        date(MONTH, "March"),
        "strftime(created_at, '%m') = '03'",
    ),
    _items(
        "in months, by number and by name",
        ORDERED,
        lambda f: f.is_month(12, "January", 12),
        _either(date(MONTH, "December"), date(MONTH, "January")),
        "strftime(created_at, '%m') IN ('12', '01')",
    ),
    _items(
        "not in a month, and null stays",
        SHIPPED,
        lambda f: ~f.is_month("February"),
        date(MONTH, "February", **NOT),
        "shipped_on IS NULL OR strftime(shipped_on, '%m') <> '02'",
    ),
    _items(
        "in a quarter",
        ORDERED,
        lambda f: f.is_quarter(1),
        date("IS_IN_QUARTER_OF_YEAR", "1"),
        "strftime(created_at, '%m') IN ('01', '02', '03')",
    ),
    _items(
        "in the first or the last quarter",
        ORDERED,
        lambda f: f.is_quarter(1, 4),
        _either(date("IS_IN_QUARTER_OF_YEAR", "1"), date("IS_IN_QUARTER_OF_YEAR", "4")),
        "strftime(created_at, '%m') NOT BETWEEN '04' AND '09'",
    ),
    _items(
        "on the last day of long months",
        ORDERED,
        lambda f: f.is_day_of_month(31),
        date("IS_ON_DAY_OF_MONTH", "31"),
        "strftime(created_at, '%d') = '31'",
    ),
    _items(
        "on the first day of a quarter, a date",
        SHIPPED,
        lambda f: f.is_day_of_quarter(1),
        date("IS_ON_DAY_OF_QUARTER", "1"),
        "strftime(shipped_on, '%m-%d') IN ('01-01', '04-01', '07-01', '10-01')",
    ),
    _items(
        "on the last day of the third and the fourth quarter",
        ORDERED,
        lambda f: f.is_day_of_quarter(92),
        date("IS_ON_DAY_OF_QUARTER", "92"),
        "strftime(created_at, '%m-%d') IN ('09-30', '12-31')",
    ),
    _items(
        "on the sixtieth day, which is 29 February or 1 March",
        ORDERED,
        lambda f: f.is_day_of_year(60),
        date("IS_ON_DAY_OF_YEAR", "60"),
        "created_at::DATE IN (DATE '2023-03-01', DATE '2024-02-29', DATE '2025-03-01')",
    ),
    _items(
        "at an hour",
        ORDERED,
        lambda f: f.is_hour_of_day(7),
        date("IS_AT_HOUR_OF_DAY", "7"),
        "strftime(created_at, '%H') = '07'",
    ),
    _items(
        "at night",
        ORDERED,
        lambda f: f.is_hour_of_day(22, 23, 0),
        _either(*(date("IS_AT_HOUR_OF_DAY", hour) for hour in ("22", "23", "0"))),
        "strftime(created_at, '%H') IN ('22', '23', '00')",
    ),
    _items(
        "not at midnight",
        ORDERED,
        lambda f: ~f.is_hour_of_day(0),
        date("IS_AT_HOUR_OF_DAY", "0", **NOT),
        "strftime(created_at, '%H') <> '00'",
    ),
    Built(
        Case(
            "on Sundays in July, of a computed date",
            flights(
                ["flights.origin", "flights.count"],
                filters={
                    "flights.date": {
                        "type": "composite",
                        "conjunction": "AND",
                        "filters": [date(WEEKDAY, "Sunday"), date(MONTH, "July")],
                    }
                },
            ),
            """SELECT origin AS "flights.origin", count(*) AS "flights.count" FROM flights
               WHERE month = 7 AND day IN (7, 14, 21, 28) GROUP BY origin""",
        ),
        lambda query: query.where(
            field("flights.date").is_day_of_week("Sunday"), field("flights.date").is_month("July")
        ),
    ),
]
#: What the filter object may hold in place of a name, and which rows it keeps.
OTHER_VALUES = {
    "0 is Sunday": (WEEKDAY, "0", "dayname(created_at) = 'Sunday'"),
    "1 is Monday": (WEEKDAY, "1", "dayname(created_at) = 'Monday'"),
    "6 is Saturday": (WEEKDAY, "6", "dayname(created_at) = 'Saturday'"),
    "a day in capitals": (WEEKDAY, "TUESDAY", "dayname(created_at) = 'Tuesday'"),
    "a month by number": (MONTH, "11", "strftime(created_at, '%m') = '11'"),
    "a month in small letters": (MONTH, "november", "strftime(created_at, '%m') = '11'"),
}
