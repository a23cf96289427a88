"""Parts of times that come again answer as SQL written by hand; what is none of them is refused."""

import pytest
from queries.answers.built import assert_is_answered, assert_sends
from queries.answers.recurring_cases import CASES, ORDERED, OTHER_VALUES
from queries.query_answers import assert_answers
from queries.query_cases import Case, date, orders

import omnipd
from omnipd import field


@pytest.mark.parametrize("built", CASES, ids=lambda built: built.case.name)
def test_a_recurring_part_answers_as_sql_written_by_hand(dated, built):
    assert_sends(built, "filters")
    assert_is_answered(built, dated)


@pytest.mark.parametrize(("kind", "value", "where"), OTHER_VALUES.values(), ids=OTHER_VALUES)
def test_a_filter_object_may_have_numbers_and_any_case(dated, kind, value, where):
    query = orders(["order_items.count"], filters={ORDERED: date(kind, value)})
    sql = f"""SELECT count(*) AS "order_items.count" FROM order_items WHERE {where}"""
    assert_answers(omnipd.run_query_arrow(query, client=dated), Case(kind, query, sql))


REFUSED = {
    "a day cut short": (lambda f: f.on_weekday("Tue"), "'Tue' is none of", "'Tuesday'"),
    "a misspelt day": (lambda f: f.on_weekday("Wendsday"), "is none of", "'Wednesday'"),
    "a German month": (lambda f: f.in_month("Mai"), "is none of 1 to 12 or", "'May'|'March'"),
    "a number of a day": (
        lambda f: f.on_weekday(0),
        "0 is another day in Omni than in pandas",
        "it is Sunday",
    ),
    "no such number of a day": (lambda f: f.on_weekday(7), "7 is none of", ""),
    "month 0": (lambda f: f.in_month(0), "0 is none of 1 to 12", ""),
    "quarter 5": (lambda f: f.in_quarter(5), "5 is none of 1 to 4", ""),
    "a quarter as text": (lambda f: f.in_quarter("Q1"), "'Q1' is none of 1 to 4", ""),
    "day 32": (lambda f: f.on_day_of_month(1, 32), "32 is none of 1 to 31", ""),
    "day 93": (lambda f: f.on_day_of_quarter(93), "93 is none of 1 to 92", ""),
    "day 367": (lambda f: f.on_day_of_year(367), "367 is none of 1 to 366", ""),
    "hour 24": (lambda f: f.at_hour(24), "24 is none of 0 to 23", ""),
    "true": (lambda f: f.at_hour(True), "True is none of 0 to 23", ""),
    "none": (lambda f: f.in_quarter(), "names none", "1 to 4"),
}


@pytest.mark.parametrize(("write", "words", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_such_part_is_refused_with_what_is_meant(write, words, hint):
    with pytest.raises(omnipd.ArgumentError, match=words) as caught:
        write(field("v.t"))
    assert any(each in (caught.value.hint or "") for each in hint.split("|"))


@pytest.mark.parametrize(
    ("kind", "value", "hint"),
    [
        ("IS_ON_DAY_OF_WEEK", "7", "Sunday, Monday"),
        ("IS_ON_DAY_OF_WEEK", "Thur", "'Thursday'"),
        ("IS_IN_QUARTER_OF_YEAR", "Q2", "1 to 4"),
        ("IS_ON_DAY_OF_MONTH", "32", "1 to 31"),
        ("IS_ON_DAY_OF_YEAR", "0", "1 to 366"),
        ("IS_AT_HOUR_OF_DAY", "24", "0 to 23"),
    ],
)
def test_both_sides_refuse_a_filter_object_with_another_value(dated, kind, value, hint):
    query = orders(["order_items.count"], filters={ORDERED: date(kind, value)})
    with pytest.raises(omnipd.ArgumentError, match="which is none") as caught:
        omnipd.run_query(query, client=dated)
    assert hint in caught.value.hint


def test_nobody_knows_what_a_week_of_the_year_takes(dated):
    query = orders(["order_items.count"], filters={ORDERED: date("IS_IN_WEEK_OF_YEAR", "1")})
    with pytest.raises(omnipd.PlanError, match="IS_IN_WEEK_OF_YEAR are not modeled"):
        omnipd.run_query(query, client=dated)
    assert not hasattr(field(ORDERED), "is_week_of_year")
    by_number = omnipd.Query(query["modelId"], "orders").select("order_items.count")
    by_number = by_number.where(field(f"{ORDERED}[week_of_year]") == 1)
    sql = """SELECT count(*) AS "order_items.count" FROM order_items
             WHERE strftime(created_at, '%V') = '01'"""
    table = omnipd.run_query_arrow(by_number, client=dated)
    assert_answers(table, Case("week", by_number.to_dict(), sql))
