"""Weeks that begin on another day than Monday, and fiscal years that begin in another month."""

from typing import Any

import pytest
from queries.query_cases import NOW, date
from sandbox.semantic.small_database import SmallDatabase

from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model

TABLES = "CREATE TABLE t (id INTEGER, day DATE, moment TIMESTAMP WITH TIME ZONE);"
# Each day of two years and a half around the tests' today, Friday 15 November 2024.
ROWS = """
INSERT INTO t SELECT n, DATE '2023-01-01' + n::INTEGER,
                     TIMESTAMPTZ '2023-01-01 23:59:59+00' + to_days(n::INTEGER)
FROM range(900) AS numbers(n);
INSERT INTO t VALUES (900, NULL, NULL);
"""
VIEW = """
dimensions:
  day: {timeframes: [raw, date, week, month, fiscal_quarter, fiscal_year, day_of_quarter,
                     day_of_week_name, day_of_week_num, week_of_year, quarter]}
  moment: {timeframes: [raw, week, fiscal_quarter, fiscal_year]}
  age: {duration: {sql_start: '${day}', sql_end: '${moment}', intervals: [weeks, days]}}
  new_week: {sql: "${day[week]} >= '2024-11-10'"}
measures:
  last_weeks: {aggregate_type: count, filters: {day: {is: last week}}}
  to_the_week: {aggregate_type: count, filters: {day: {between_dates: [2024-11-01, this week]}}}
"""
SUNDAY, SATURDAY = "week_start_day: Sunday", "week_start_day: saturday"


@pytest.fixture(scope="module")
def small() -> SmallDatabase:
    return SmallDatabase(TABLES, ROWS)


def read(small: SmallDatabase, settings: str) -> Model:
    model = small.read({"model": settings, "t.view": VIEW})
    assert [each.message for each in model.issues] == []
    return model


def query(*fields: str, **rest: Any) -> dict[str, Any]:
    return {"table": "t", "fields": list(fields), "limit": None, **rest}


def count(filter_: dict[str, Any]) -> dict[str, Any]:
    return query("t.count", filters={"t.day": filter_})


def whole(words: str) -> dict[str, Any]:
    return count(date("TIME_FOR_UNIT_DURATION", words))


# A week that begins on Sunday, without a truncation to weeks: its days go back to the Sunday.
OF_SUNDAY = "day - dayofweek(day)::INTEGER"
COUNTED = "SELECT count(*) FROM t WHERE day BETWEEN DATE '{}' AND DATE '{}'"

WEEKS = [
    ("Sunday", SUNDAY, query("t.day[week]", "t.count", sorts=[{"column_name": "t.day[week]"}]),
     f"SELECT ({OF_SUNDAY})::TIMESTAMP AS w, count(*) FROM t GROUP BY w ORDER BY w NULLS FIRST"),
    ("Saturday", SATURDAY, query("t.day[week]", "t.count", sorts=[{"column_name": "t.day[week]"}]),
     "SELECT (day - ((dayofweek(day) + 1) % 7)::INTEGER)::TIMESTAMP AS w, count(*)"
     " FROM t GROUP BY w ORDER BY w NULLS FIRST"),
    ("instants", SUNDAY, query("t.moment[week]", "t.count", limit=9,
                               sorts=[{"column_name": "t.moment[week]"}]),
     "SELECT (date_trunc('day', moment) - to_days(dayofweek(moment)::INTEGER)) AS w, count(*)"
     " FROM t GROUP BY w ORDER BY w NULLS FIRST LIMIT 9"),
    # The week of Friday 15 November began on Sunday the 10th, or on Saturday the 9th.
    ("this week", SUNDAY, whole("this week"), COUNTED.format("2024-11-10", "2024-11-16")),
    ("last week", SATURDAY, whole("last week"), COUNTED.format("2024-11-02", "2024-11-08")),
    ("next week", SUNDAY, whole("next week"), COUNTED.format("2024-11-17", "2024-11-23")),
    ("weeks with the running one", SUNDAY,
     count(date("TIME_FOR_INTERVAL_DURATION", "3 weeks ago", "3 weeks")),
     COUNTED.format("2024-10-27", "2024-11-16")),
    ("complete weeks", SUNDAY,
     count(date("TIME_FOR_INTERVAL_DURATION", "3 complete weeks ago", "3 weeks")),
     COUNTED.format("2024-10-20", "2024-11-09")),
    ("before a week", SUNDAY, count(date("BEFORE", None, "this week")),
     "SELECT count(*) FROM t WHERE day < DATE '2024-11-10'"),
    ("a measure's own filter", SUNDAY, query("t.last_weeks"),
     COUNTED.format("2024-11-03", "2024-11-09")),
    ("to the end of a week", SUNDAY, query("t.to_the_week"),
     COUNTED.format("2024-11-01", "2024-11-16")),
    ("a field of weeks", SUNDAY, query("t.new_week", "t.count",
                                       sorts=[{"column_name": "t.new_week"}]),
     "SELECT day >= DATE '2024-11-10' AS n, count(*) FROM t GROUP BY n ORDER BY n NULLS FIRST"),
    ("names of days", SUNDAY, query("t.count", filters={"t.day": date("IS_ON_DAY_OF_WEEK", "0")}),
     "SELECT count(*) FROM t WHERE dayname(day) = 'Sunday'"),
    ("Monday is said", "week_start_day: MONDAY", query("t.day[week_of_year]", limit=3),
     "SELECT w::BIGINT FROM (VALUES (1), (2), (3)) AS weeks(w)"),
]  # fmt: skip


def fiscal_start(months: int, length: int, column: str) -> str:
    """The first day of the fiscal year or quarter, counted month by month."""
    return (
        f"(SELECT max(first) FROM (SELECT make_date(y, m, 1) AS first, y * 12 + m - 1 + {months} AS n"
        f" FROM range(2020, 2027) AS ys(y), range(1, 13) AS ms(m))"
        f" WHERE n % {length} = 0 AND first <= {column})"
    )


def by_fiscal(timeframe: str, months: int, length: int, kind: str = "TIMESTAMP") -> str:
    column = "day" if kind == "TIMESTAMP" else "moment"
    return (
        f"SELECT {fiscal_start(months, length, column)}::{kind} AS f, count(*) FROM t"
        " GROUP BY f ORDER BY f NULLS FIRST"
    )


def fiscal(field: str) -> dict[str, Any]:
    return query(field, "t.count", sorts=[{"column_name": field}])


# Omni's page: 11 begins FY2025 in February 2024; -1 begins FY2024 there; 10 begins in March.
FISCAL = [
    ("a year ahead", 11, fiscal("t.day[fiscal_year]"), by_fiscal("fiscal_year", 11, 12)),
    ("a year behind", -1, fiscal("t.day[fiscal_year]"), by_fiscal("fiscal_year", -1, 12)),
    ("from March", 10, fiscal("t.day[fiscal_quarter]"), by_fiscal("fiscal_quarter", 10, 3)),
    ("instants", 11, fiscal("t.moment[fiscal_quarter]"),
     by_fiscal("fiscal_quarter", 11, 3, "TIMESTAMPTZ")),
    ("the calendar's", 0, fiscal("t.day[fiscal_quarter]"),
     "SELECT date_trunc('quarter', day)::TIMESTAMP AS f, count(*) FROM t"
     " GROUP BY f ORDER BY f NULLS FIRST"),
    ("FY2025", 11, whole("FY2025"), COUNTED.format("2024-02-01", "2025-01-31")),
    ("FY2024 of a year behind", -1, whole("FY2024"), COUNTED.format("2024-02-01", "2025-01-31")),
    ("FY2024 from March", 10, whole("fy2024"), COUNTED.format("2023-03-01", "2024-02-29")),
    # 15 November 2024 is in the quarter from November, where years begin in February.
    ("this fiscal quarter", 11, whole("this fiscal quarter"),
     COUNTED.format("2024-11-01", "2025-01-31")),
    ("last fiscal quarter", 10, whole("last fiscal quarter"),
     COUNTED.format("2024-06-01", "2024-08-31")),
    ("last fiscal year", 11, whole("last fiscal year"), COUNTED.format("2023-02-01", "2024-01-31")),
    ("complete fiscal years", 10,
     count(date("TIME_FOR_INTERVAL_DURATION", "1 complete fiscal year ago", "6 months")),
     COUNTED.format("2023-03-01", "2023-08-31")),
    ("the calendar's quarter", 11, whole("2024 Q4"), COUNTED.format("2024-10-01", "2024-12-31")),
    ("a day of a fiscal quarter", 11,
     query("t.count", filters={"t.day[day_of_quarter]": {
         "type": "number", "kind": "EQUALS", "values": ["1"]}}),
     "SELECT count(*) FROM t WHERE day(day) = 1 AND month(day) IN (2, 5, 8, 11)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "asked", "sql"), [each[1:] for each in WEEKS], ids=[each[0] for each in WEEKS]
)
def test_weeks_begin_on_the_day_of_the_model(
    small: SmallDatabase, settings: str, asked: dict[str, Any], sql: str
) -> None:
    assert small.rows(read(small, settings), asked) == small.by_hand(sql)


@pytest.mark.parametrize(
    ("months", "asked", "sql"), [each[1:] for each in FISCAL], ids=[each[0] for each in FISCAL]
)
def test_fiscal_periods_are_moved_by_the_months_of_the_model(
    small: SmallDatabase, months: int, asked: dict[str, Any], sql: str
) -> None:
    model = read(small, f"fiscal_month_offset: {months}")
    assert small.rows(model, asked) == small.by_hand(sql)


@pytest.mark.parametrize(
    "asked",
    [
        query("t.day[day_of_week_num]"),
        query("t.day[week_of_year]"),
        query("t.age[weeks]"),
        query("t.day[day_of_week_name]", sorts=[{"column_name": "t.day[day_of_week_name]"}]),
    ],
    ids=["day_of_week_num", "week_of_year", "weeks", "day_of_week_name"],
)
def test_what_counts_weeks_or_days_of_them_is_refused(
    small: SmallDatabase, asked: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=r"begin on Sunday \(week_start_day\)"):
        small.rows(read(small, SUNDAY), asked)
    assert small.rows(read(small, ""), asked)


def test_days_and_their_names_are_those_of_any_calendar(small: SmallDatabase) -> None:
    asked = query("t.day[day_of_week_name]", "t.age[days]", filters={"t.day": date(
        "TIME_FOR_UNIT_DURATION", "2024-11-15")})  # fmt: skip
    assert small.rows(read(small, SUNDAY), asked) == [("Friday", 0)]


def test_a_fiscal_flag_on_a_filter_is_refused_where_it_would_matter(small: SmallDatabase) -> None:
    asked = count(date("TIME_FOR_UNIT_DURATION", "2024", isFiscal=True))
    with pytest.raises(Refused, match="isFiscal"):
        small.rows(read(small, "fiscal_month_offset: 3"), asked)
    assert small.rows(read(small, "fiscal_month_offset: 0"), asked) == [(366,)]


@pytest.mark.parametrize(
    "settings",
    [
        "week_start_day: Someday",
        "week_start_day: '{{ omni_attributes.week_start }}'",
        "fiscal_month_offset: 12",
        "fiscal_month_offset: 1.5",
    ],
)
def test_a_setting_that_cannot_be_read_refuses_every_query(
    small: SmallDatabase, settings: str
) -> None:
    key = settings.partition(":")[0]
    model = small.read({"model": settings})
    assert [each.message.partition(key)[0] for each in model.issues] == ["Not modeled: "]
    with pytest.raises(Refused, match=f'The model sets "{key}"'):
        small.rows(model, query("t.count"))


def test_without_a_fiscal_calendar_its_timeframes_are_missing(small: SmallDatabase) -> None:
    engine = Engine([(read(small, ""), small.warehouse)])
    asked = query("t.count", "t.day[fiscal_year]")
    plan = engine.plan({"modelId": next(iter(engine.models)), **asked}, now=NOW)
    assert plan.missing_fields == ["t.day[fiscal_year]"]
