"""Queries in a time zone, and SQL by hand: what its clocks show is counted out, zone by zone."""

from queries.answers.built import Built
from queries.query_cases import Case, date, flights, orders, sort

from omnipd import field

# The rows are from November 2023 to January 2025.
_UTC = "created_at::TIMESTAMP"
_NEW_YORK = f"""({_UTC} - CASE WHEN created_at >= TIMESTAMPTZ '2024-03-10 07:00+00'
    AND created_at < TIMESTAMPTZ '2024-11-03 06:00+00' THEN INTERVAL 4 HOUR
    ELSE INTERVAL 5 HOUR END)"""
_PARIS = f"""({_UTC} + CASE WHEN created_at >= TIMESTAMPTZ '2024-03-31 01:00+00'
    AND created_at < TIMESTAMPTZ '2024-10-27 01:00+00' THEN INTERVAL 2 HOUR
    ELSE INTERVAL 1 HOUR END)"""
_KOLKATA = f"({_UTC} + INTERVAL 330 MINUTE)"
_CLOCKS = {
    "America/New_York": _NEW_YORK,
    "Europe/Paris": _PARIS,
    "Asia/Kolkata": _KOLKATA,
    "UTC": f"({_UTC})",
}
ORDERED = "order_items.created_at"


def _by(zone, timeframe, sql):
    """Count the items of each value of a timeframe; `sql` has {t} for what the clocks show."""
    name = f"{ORDERED}[{timeframe}]"
    written = sql.format(t=_CLOCKS[zone])
    query = orders([name, "order_items.count"])
    hand = f"""SELECT {written} AS "{name}", count(*) AS "order_items.count"
               FROM order_items GROUP BY 1"""
    return zone, Built(Case(f"by {timeframe} in {zone}", query, hand), lambda query: query)


def _where(name, zone, write, filter_, where):
    """Count the items that a filter keeps; `where` has {t} for what the clocks show."""
    query = orders(["order_items.count"], filters={ORDERED: filter_})
    hand = f"""SELECT count(*) AS "order_items.count" FROM order_items
               WHERE {where.format(t=_CLOCKS[zone])}"""
    return zone, Built(
        Case(f"{name} in {zone}", query, hand), lambda query: query.where(write(field(ORDERED)))
    )


def _whole(unit):
    return f"date_trunc('{unit}', {{t}})::TIMESTAMP::TIMESTAMPTZ"


CASES = [
    _by("America/New_York", "date", _whole("day")),
    _by("America/New_York", "hour", _whole("hour")),
    _by("Europe/Paris", "month", _whole("month")),
    _by("Asia/Kolkata", "hour", _whole("hour")),
    _by("Asia/Kolkata", "week", _whole("week")),
    _by("America/New_York", "year", _whole("year")),
    _by("America/New_York", "hour_of_day", "strftime({t}, '%H')::BIGINT"),
    _by("Asia/Kolkata", "day_of_week_name", "strftime({t}, '%A')"),
    _by("Europe/Paris", "day_of_month", "strftime({t}, '%d')::BIGINT"),
    _by("UTC", "date", _whole("day")),
    _by("America/New_York", "epoch", "floor(epoch(created_at))::BIGINT"),
    _where(
        "a month",
        "America/New_York",
        lambda f: f.in_the("2024-03"),
        date("TIME_FOR_UNIT_DURATION", "2024-03"),
        "{t} >= TIMESTAMP '2024-03-01' AND {t} < TIMESTAMP '2024-04-01'",
    ),
    _where(
        "a day on which clocks change",
        "Europe/Paris",
        lambda f: f.in_the("2024-03-31"),
        date("TIME_FOR_UNIT_DURATION", "2024-03-31"),
        "{t}::DATE = DATE '2024-03-31'",
    ),
    _where(
        "not within two dates",
        "Asia/Kolkata",
        lambda f: ~f.between("2024-01-01", "2024-12-30"),
        date("BETWEEN", "2024-01-01", "2024-12-30", is_negative=True),
        "{t} < TIMESTAMP '2024-01-01' OR {t} >= TIMESTAMP '2024-12-30'",
    ),
    _where(
        "on or after midnight of New Year",
        "America/New_York",
        lambda f: f >= "2024-01-01",
        date("ON_OR_AFTER", "2024-01-01"),
        "{t} >= TIMESTAMP '2024-01-01'",
    ),
    _where(
        "at an hour of the day",
        "Asia/Kolkata",
        lambda f: f.is_hour_of_day(7),
        date("IS_AT_HOUR_OF_DAY", "7"),
        "strftime({t}, '%H') = '07'",
    ),
    _where(
        "on a day of the week",
        "America/New_York",
        lambda f: f.is_day_of_week("Sunday"),
        date("IS_ON_DAY_OF_WEEK", "Sunday"),
        "dayname({t}) = 'Sunday'",
    ),
    # It is 2024-11-15 10:30 in UTC, and the same day in all of these but Kiritimati.
    _where(
        "this month",
        "Europe/Paris",
        lambda f: f.in_the("this month"),
        date("TIME_FOR_UNIT_DURATION", "this month"),
        "{t} >= TIMESTAMP '2024-11-01' AND {t} < TIMESTAMP '2024-12-01'",
    ),
    (
        "America/New_York",
        Built(
            Case(
                "a date has no clocks",
                orders(
                    ["order_items.shipped_on[month]", "order_items.count"],
                    filters={"order_items.shipped_on": date("TIME_FOR_UNIT_DURATION", "2024 Q1")},
                    sorts=[sort("order_items.shipped_on[month]")],
                ),
                """SELECT date_trunc('month', shipped_on)::TIMESTAMP
                              AS "order_items.shipped_on[month]",
                          count(*) AS "order_items.count" FROM order_items
                   WHERE shipped_on >= DATE '2024-01-01' AND shipped_on < DATE '2024-04-01'
                   GROUP BY 1 ORDER BY 1""",
            ),
            lambda query: query.where(field("order_items.shipped_on").in_the("2024 Q1")),
        ),
    ),
    (
        "America/New_York",
        Built(
            Case(
                "the local hour of departure",
                flights(
                    ["flights.time_hour[hour_of_day]", "flights.hour", "flights.count"],
                ),
                """SELECT hour::BIGINT AS "flights.time_hour[hour_of_day]", hour AS "flights.hour",
                          count(*) AS "flights.count" FROM flights GROUP BY hour""",
            ),
            lambda query: query,
        ),
    ),
]
