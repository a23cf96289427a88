from datetime import datetime

import pytest

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.refused_query import Refused

# A Friday.
NOW = datetime.fromisoformat("2024-11-15 10:30:45.000500")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("2023", "2023-01-01", "2024-01-01"),
        ("2023-02", "2023-02-01", "2023-03-01"),
        ("2023-12", "2023-12-01", "2024-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2023-12-31 23", "2023-12-31 23:00", "2024-01-01 00:00"),
        ("2023-12-31 23:59", "2023-12-31 23:59", "2024-01-01 00:00"),
        ("2023-12-31 23:59:59", "2023-12-31 23:59:59", "2024-01-01 00:00"),
        ("2012 Q3", "2012-07-01", "2012-10-01"),
        ("2012 q4", "2012-10-01", "2013-01-01"),
        ("today", "2024-11-15", "2024-11-16"),
        ("Yesterday", "2024-11-14", "2024-11-15"),
        ("tomorrow", "2024-11-16", "2024-11-17"),
        ("this second", "2024-11-15 10:30:45", "2024-11-15 10:30:46"),
        ("last minute", "2024-11-15 10:29", "2024-11-15 10:30"),
        ("this hour", "2024-11-15 10:00", "2024-11-15 11:00"),
        ("this week", "2024-11-11", "2024-11-18"),
        ("last month", "2024-10-01", "2024-11-01"),
        ("next quarter", "2025-01-01", "2025-04-01"),
        ("last year", "2023-01-01", "2024-01-01"),
        ("1 day ago", "2024-11-15", "2024-11-16"),
        ("30 days ago", "2024-10-17", "2024-10-18"),
        ("30 complete days ago", "2024-10-16", "2024-10-17"),
        ("12 months ago", "2023-12-01", "2024-01-01"),
        ("12 complete months ago", "2023-11-01", "2023-12-01"),
        ("2 weeks ago", "2024-11-04", "2024-11-11"),
        ("  2   Quarters  ago ", "2024-07-01", "2024-10-01"),
    ],
)
def test_words_name_a_period(words: str, start: str, end: str) -> None:
    assert dates.period(words, NOW) == dates.Period(at(start), at(end))


@pytest.mark.parametrize(
    ("start", "length", "begin", "end"),
    [
        ("30 days ago", "30 days", "2024-10-17", "2024-11-16"),
        ("7 complete days ago", "7 days", "2024-11-08", "2024-11-15"),
        ("2024-01-31", "1 month", "2024-01-31", "2024-02-29"),
        ("2023-01-31", "13 months", "2023-01-31", "2024-02-29"),
        ("2024-02-29", "1 year", "2024-02-29", "2025-02-28"),
        ("2024-06-01 12:15", "90 minutes", "2024-06-01 12:15", "2024-06-01 13:45"),
        ("2024-06-01", "2 quarters", "2024-06-01", "2024-12-01"),
        ("6 months ago", "4 months", "2024-06-01", "2024-10-01"),
    ],
)
def test_a_window_is_a_start_and_a_length(start: str, length: str, begin: str, end: str) -> None:
    assert dates.window(start, length, NOW) == dates.Period(at(begin), at(end))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "soon",
        "2024-2",
        "2024-13",
        "2023-02-29",
        "2024-01-01T00:00:00Z",
        "2024-01-01 24",
        "2024 Q5",
        "12 months",
        "-3 days ago",
        "three days ago",
        "last fortnight",
        "999999 years ago",
        "'; DROP TABLE users",
    ],
)
def test_other_words_are_refused_in_the_words_of_the_wire(words: str) -> None:
    with pytest.raises(Refused) as refused:
        dates.period(words, NOW)
    assert refused.value.error_type == "PLAN"
    assert refused.value.message == f"Invalid literal value '{words}' in filter"


@pytest.mark.parametrize(
    ("fiscal", "plain"),
    [
        ("FY2012", "2012"),
        ("fy2012", "2012"),
        ("this fiscal quarter", "this quarter"),
        ("2 fiscal years ago", "2 years ago"),
        ("3 complete fiscal quarters ago", "3 complete quarters ago"),
    ],
)
def test_a_fiscal_year_is_the_calendars_where_no_model_moves_it(fiscal: str, plain: str) -> None:
    assert dates.period(fiscal, NOW) == dates.period(plain, NOW)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("IS_ON_DAY_OF_WEEK", "monday", 1),
        ("IS_ON_DAY_OF_WEEK", "0", 7),
        ("IS_ON_DAY_OF_WEEK", "Sunday", 7),
        ("IS_ON_DAY_OF_WEEK", "1", 1),
        ("IS_ON_DAY_OF_WEEK", "6", 6),
        ("IS_ON_DAY_OF_WEEK", " SATURDAY ", 6),
        ("IS_IN_MONTH_OF_YEAR", "fEBRUARY", 2),
        ("IS_IN_MONTH_OF_YEAR", "1", 1),
        ("IS_ON_DAY_OF_QUARTER", "92", 92),
        ("IS_ON_DAY_OF_YEAR", "366", 366),
        ("IS_IN_MONTH_OF_YEAR", "December", 12),
        ("IS_IN_QUARTER_OF_YEAR", "2", 2),
        ("IS_AT_HOUR_OF_DAY", "0", 0),
    ],
)
def test_a_recurring_part_is_a_number_or_a_name(kind: str, text: str, value: int) -> None:
    assert dates.PARTS[kind].value(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("IS_ON_DAY_OF_WEEK", "7"),
        ("IS_ON_DAY_OF_WEEK", "Mon"),
        ("IS_ON_DAY_OF_WEEK", "01"),
        ("IS_IN_MONTH_OF_YEAR", "0"),
        ("IS_IN_MONTH_OF_YEAR", "Sept"),
        ("IS_IN_QUARTER_OF_YEAR", "Q2"),
        ("IS_ON_DAY_OF_MONTH", "32"),
        ("IS_ON_DAY_OF_MONTH", "0"),
        ("IS_ON_DAY_OF_QUARTER", "93"),
        ("IS_ON_DAY_OF_YEAR", "367"),
        ("IS_AT_HOUR_OF_DAY", "24"),
        ("IS_AT_HOUR_OF_DAY", "-1"),
    ],
)
def test_a_part_that_no_date_has_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Refused, match=f"Invalid literal value '{text}'"):
        dates.PARTS[kind].value(text)
