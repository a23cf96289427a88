"""The words of filters in model files: each with each form of value, answered as SQL by hand is."""

from typing import Any

import duckdb
import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
TABLES = """
CREATE TABLE t (id INTEGER, name VARCHAR, n INTEGER, price DECIMAL(10, 2), gift BOOLEAN,
                day DATE, moment TIMESTAMP, tags VARCHAR[], code ENUM('lo', 'hi'), key UUID);

"""
ROWS = """
INSERT INTO t VALUES
  (1, 'North', 1, 1.50, true, '2024-01-31', '2024-01-31 00:15', ['a'], 'lo',
   '00000000-0000-0000-0000-00000000000a'),
  (2, 'north', 5, 5.00, false, '2024-02-04', '2024-02-04 23:59', [], 'hi', NULL),
  (3, '', 9, 9.99, NULL, '2024-12-31', '2024-12-31 12:00', NULL, NULL, NULL),
  (4, NULL, NULL, NULL, true, NULL, NULL, NULL, 'lo', NULL),
  (5, '5', 3, 3.25, false, '2023-04-03', '2023-04-03 09:30', ['x'], 'hi', NULL),
  (6, 'South', 7, 7.00, NULL, '2024-07-15', '2024-07-15 18:00', NULL, 'lo', NULL);
"""

# What is said of a field, and the SQL by hand of the rows that it keeps.
ANSWERED = [
    # Any field.
    ("name", "{is: North}", "name = 'North'"),
    ("name", "{is: [North, South]}", "name IN ('North', 'South')"),
    ("name", "{is: null}", "name IS NULL"),
    ("name", "{is: [North, null]}", "name = 'North' OR name IS NULL"),
    ("name", "{not: North}", "name IS DISTINCT FROM 'North'"),
    ("name", "{not: [North, South]}", "coalesce(name NOT IN ('North', 'South'), true)"),
    ("name", "{not: null}", "name IS NOT NULL"),
    ("name", "{not: [North, null]}", "name <> 'North'"),
    ("name", "{not_is: North}", "name IS DISTINCT FROM 'North'"),
    ("name", "{is: 5}", "name = '5'"),
    ("name", "{and: [{contains: o}, {not: North}]}", "name IN ('north', 'South')"),
    ("name", "{or: [{is: North}, {starts_with: S}]}", "name IN ('North', 'South')"),
    ("name", "{not_or: [{is: North}, {is: South}]}", "coalesce(name NOT IN ('North','South'), true)"),
    ("name", "{starts_with: N, ends_with: h}", "name = 'North'"),
    # Texts.
    ("name", "{contains: ort}", "name LIKE '%ort%'"),
    ("name", "{contains: [ort, out]}", "name LIKE '%ort%' OR name LIKE '%out%'"),
    ("name", "{not_contains: ort}", "coalesce(name NOT LIKE '%ort%', true)"),
    ("name", "{starts_with: [N, S]}", "name LIKE 'N%' OR name LIKE 'S%'"),
    ("name", "{not_ends_with: th}", "coalesce(name NOT LIKE '%th', true)"),
    ("name", "{is: NORTH, case_insensitive: true}", "name ILIKE 'north'"),
    ("name", "{not: NORTH, case_insensitive: true}", "coalesce(name NOT ILIKE 'north', true)"),
    ("name", "{contains: ORT, case_insensitive: true}", "name ILIKE '%ort%'"),
    ("name", "{contains: ORT, case_insensitive: false}", "false"),
    ("name", "{case_insensitive: true, or: [{is: NORTH}, {is: SOUTH}]}", "lower(name) IN ('north', 'south')"),
    ("name", "{is_empty: true}", "name = ''"),
    ("name", "{is_empty: false}", "name IS DISTINCT FROM ''"),
    ("name", "{not_is_empty: true}", "name IS DISTINCT FROM ''"),
    ("code", "{is: hi}", "code = 'hi'"),
    ("code", "{is: [hi, none such]}", "code = 'hi'"),
    ("code", "{starts_with: l}", "code = 'lo'"),
    ("key", "{is: 00000000-0000-0000-0000-00000000000A}", "id = 1"),
    ("key", "{ends_with: 0a}", "id = 1"),
    # Numbers.
    ("n", "{is: 5}", "n = 5"),
    ("n", "{is: '5'}", "n = 5"),
    ("n", "{is: [1, 9, null]}", "n IN (1, 9) OR n IS NULL"),
    ("price", "{is: 1.5}", "price = 1.50"),
    ("n", "{greater_than: 5}", "n > 5"),
    ("n", "{greater_than_or_equal_to: 5}", "n >= 5"),
    ("n", "{less_than: 5}", "n < 5"),
    ("n", "{less_than_or_equal_to: 5}", "n <= 5"),
    ("n", "{not_greater_than: 5}", "coalesce(n <= 5, true)"),
    ("n", "{greater_than: 1, less_than: 9}", "n > 1 AND n < 9"),
    ("n", "{between: [3, 7]}", "n BETWEEN 3 AND 7"),
    ("price", "{between: [1.5, 5]}", "price BETWEEN 1.5 AND 5"),
    ("n", "{not_between: [3, 7]}", "coalesce(n NOT BETWEEN 3 AND 7, true)"),
    # Booleans.
    ("gift", "{is: true}", "gift"),
    ("gift", "{is: false}", "gift = false"),
    ("gift", "{is: 'true'}", "gift"),
    ("gift", "{is: 'false'}", "gift = false"),
    ("gift", "{is: truthy}", "gift"),
    ("gift", "{is: falsey}", "gift IS NOT TRUE"),
    ("gift", "{not: true}", "gift IS NOT TRUE"),
    ("gift", "{not: false}", "gift IS DISTINCT FROM false"),
    ("gift", "{not: falsey}", "gift"),
    ("gift", "{not: truthy}", "gift IS NOT TRUE"),
    ("gift", "{is: null}", "gift IS NULL"),
    ("gift", "{not: null}", "gift IS NOT NULL"),
    ("gift", "{is: [true, null]}", "gift IS DISTINCT FROM false"),
    ("gift", "{is: [true, false]}", "gift IS NOT NULL"),
    # Dates and times.
    ("day", "{is: 2024-01-31}", "id = 1"),
    ("day", "{is: 2024}", "year(day) = 2024"),
    ("day", "{is: '2024-02'}", "id = 2"),
    ("day", "{is: ['2024-02', 2023, null]}", "id IN (2, 4, 5)"),
    ("day", "{not: 2024}", "id IN (4, 5)"),
    ("day", "{before: 2024-02-04}", "day < DATE '2024-02-04'"),
    ("day", "{on_or_after: 2024-02-04}", "day >= DATE '2024-02-04'"),
    ("day", "{between_dates: [2024-01-31, 2024-02-04]}", "id IN (1, 2)"),
    ("day", "{time_for_duration: [2024-01-01, 2 months]}", "id IN (1, 2)"),
    ("moment", "{on_or_after: 2024-02-04 23:59:00}", "id IN (2, 3, 6)"),
    ("moment", "{on_or_after: 2024-02-04T23:59:00Z}", "id IN (2, 3, 6)"),
    ("moment", "{on_or_after: 2024-02-05T01:59:00+02:00}", "id IN (2, 3, 6)"),
    # 31 January 2024 was a Wednesday, 4 February a Sunday, 31 December a Tuesday.
    ("day", "{day_of_week: Sunday}", "id = 2"),
    ("day", "{day_of_week: 0}", "id = 2"),
    ("day", "{day_of_week: 3}", "id = 1"),
    ("day", "{day_of_week: [Sunday, wednesday]}", "id IN (1, 2)"),
    ("day", "{not_day_of_week: Sunday}", "id <> 2"),
    ("day", "{month_of_year: December}", "id = 3"),
    ("day", "{month_of_year: [12, 1]}", "id IN (1, 3)"),
    ("day", "{quarter_of_year: 3}", "id = 6"),
    ("day", "{quarter_of_year: [1, 2]}", "id IN (1, 2, 5)"),
    ("day", "{day_of_month: 31}", "id IN (1, 3)"),
    ("day", "{day_of_quarter: 92}", "id = 3"),
    ("day", "{day_of_year: 366}", "id = 3"),
    ("moment", "{hour_of_day: 0}", "id = 1"),
    ("moment", "{hour_of_day: [0, 23]}", "id IN (1, 2)"),
    ("moment", "{not_hour_of_day: 0}", "id <> 1"),
    # Of a field whose type no filter fits.
    ("tags", "{is: null}", "tags IS NULL"),
    ("tags", "{not: null}", "tags IS NOT NULL"),
]  # fmt: skip

# What is said of a field, and words of the refusal.
REFUSED = [
    ("gift", "{is: maybe}", "\"is\" does not take 'maybe'"),
    ("gift", "{is: 1}", '"is" does not take 1'),
    ("gift", "{is: 'True'}", "does not take 'True'"),
    ("gift", "{not: 'no'}", "\"not\" does not take 'no'"),
    ("gift", "{contains: t}", '"contains" does not fit a boolean'),
    ("gift", "{greater_than: 0}", '"greater_than" does not fit a boolean'),
    ("name", "{is: true}", '"is" does not take True'),
    ("name", "{is: 1.50}", '"is" does not take 1.5'),
    ("name", "{is: []}", '"is" does not take []'),
    ("name", "{is: {a: b}}", "\"is\" does not take {'a': 'b'}"),
    ("name", "{contains: null}", '"contains" does not take None'),
    ("name", "{contains: []}", '"contains" does not take []'),
    ("name", "{contains: [a, null]}", '"contains" does not take'),
    ("name", "{greater_than: 5}", '"greater_than" does not fit a string'),
    ("name", "{between: [1, 2]}", '"between" does not fit a string'),
    ("name", "{before: 2024}", '"before" does not fit a string'),
    ("name", "{day_of_week: Sunday}", '"day_of_week" does not fit a string'),
    ("name", "{case_insensitive: true}", "must name an operator"),
    ("name", "{is: a, case_insensitive: 'yes'}", "\"case_insensitive\" does not take 'yes'"),
    ("name", "{is_empty: 'true'}", "\"is_empty\" does not take 'true'"),
    ("name", "{is_empty: null}", '"is_empty" does not take None'),
    ("name", "{}", "must name an operator"),
    ("name", "{and: North}", "\"and\" does not take 'North'"),
    ("name", "{or: []}", '"or" does not take []'),
    ("name", "{or: [North]}", "\"or\" does not take 'North'"),
    ("name", "{or: [{is: a}, {resembles: b}]}", 'the filter "resembles"'),
    ("name", "{is: '{{ omni_attributes.name }}'}", "a template"),
    ("name", "North", 'the filter "a bare value"'),
    ("n", "{is: many}", "Invalid literal value 'many'"),
    ("n", "{is: true}", '"is" does not take True'),
    ("n", "{is: 2024-01-01}", "Invalid literal value '2024-01-01'"),
    ("n", "{is: .nan}", "Invalid literal value 'nan'"),
    ("n", "{contains: 1}", '"contains" does not fit a number'),
    ("n", "{is: 1, case_insensitive: true}", '"case_insensitive" does not fit a number'),
    ("n", "{is_empty: true}", '"is_empty" does not fit a number'),
    ("n", "{greater_than: [1, 2]}", '"greater_than" does not take [1, 2]'),
    ("n", "{greater_than: null}", '"greater_than" does not take None'),
    ("n", "{between: 5}", '"between" does not take 5'),
    ("n", "{between: [1, 2, 3]}", '"between" does not take [1, 2, 3]'),
    ("n", "{between: [1, null]}", '"between" does not take'),
    ("n", "{hour_of_day: 1}", '"hour_of_day" does not fit a number'),
    ("day", "{between: [2023, 2024]}", '"between" does not fit a date'),
    ("day", "{greater_than: 2023}", '"greater_than" does not fit a date'),
    ("day", "{is: true}", '"is" does not take True'),
    ("day", "{is: 1.5}", '"is" does not take 1.5'),
    ("day", "{is: someday}", "Invalid literal value 'someday'"),
    ("day", "{before: null}", '"before" does not take None'),
    ("day", "{before: [2023, 2024]}", '"before" does not take'),
    ("day", "{between_dates: 2023}", '"between_dates" does not take 2023'),
    ("day", "{time_for_duration: [2023, 3]}", '"time_for_duration" does not take'),
    ("day", "{day_of_week: Someday}", "Invalid literal value 'Someday'"),
    ("day", "{day_of_week: 7}", "Invalid literal value '7'"),
    ("day", "{day_of_week: null}", '"day_of_week" does not take None'),
    ("day", "{day_of_week: true}", '"day_of_week" does not take True'),
    ("day", "{month_of_year: 13}", "Invalid literal value '13'"),
    ("day", "{quarter_of_year: 0}", "Invalid literal value '0'"),
    ("day", "{day_of_quarter: 93}", "Invalid literal value '93'"),
    ("day", "{hour_of_day: 5}", "does not fit the field"),
    ("moment", "{on_or_after: 2024-02-04 23:59:00.5}", '"on_or_after" does not take'),
    ("moment", "{hour_of_day: 24}", "Invalid literal value '24'"),
    ("tags", "{is: a}", '"is" does not fit a field of its type'),
    ("tags", "{contains: a}", '"contains" does not fit a field of its type'),
    ("n", "{field_name_in_query: t.id}", 'the filter "field_name_in_query"'),
    ("n", "{bind: t.id}", 'the filter "bind"'),
    ("n", "{not_not: 1}", 'the filter "not_not"'),
    ("n", "{on: 1}", 'the filter "on"'),
]


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))


@pytest.fixture(scope="module")
def by_hand() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    connection.execute(ROWS)
    return connection


def read(warehouse: Warehouse, view: str = "", topic: str = "") -> Model:
    files = {"t.view": view, "t.topic": f"base_view: t\n{topic}"}
    return read_checked_model(files, warehouse, model_id=MODEL_ID, name="T", connection_id=MODEL_ID)


def answer(warehouse: Warehouse, model: Model, *fields: str) -> list[tuple[Any, ...]]:
    engine = Engine([(model, warehouse)])
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "t", "fields": list(fields)}
    table = engine.execute(engine.plan(query, now=NOW))
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize(("field", "said", "sql"), ANSWERED)
def test_a_word_keeps_the_rows_that_sql_by_hand_keeps(
    warehouse: Warehouse, by_hand: duckdb.DuckDBPyConnection, field: str, said: str, sql: str
) -> None:
    kept = by_hand.execute(f"SELECT id FROM t WHERE {sql} ORDER BY id").fetchall()
    always = read(warehouse, topic=f"always_where_filters: {{t.{field}: {said}}}")
    assert always.issues == ()
    assert answer(warehouse, always, "t.id") == kept
    view = f"measures: {{some: {{aggregate_type: count, filters: {{{field}: {said}}}}}}}"
    measured = read(warehouse, view=view)
    assert measured.issues == ()
    assert answer(warehouse, measured, "t.some") == [(len(kept),)]


@pytest.mark.parametrize(("field", "said", "words"), REFUSED)
def test_what_does_not_fit_is_an_issue_and_refused_by_name(
    warehouse: Warehouse, field: str, said: str, words: str
) -> None:
    always = read(warehouse, topic=f"always_where_filters: {{t.{field}: {said}}}")
    view = f"measures: {{some: {{aggregate_type: count, filters: {{{field}: {said}}}}}}}"
    measured = read(warehouse, view=view)
    for model, asked in ((always, "t.id"), (measured, "t.some")):
        assert any(words in each.message for each in model.issues), model.issues
        with pytest.raises(Refused) as refused:
            answer(warehouse, model, asked)
        assert words.lower() in refused.value.message.lower()
        assert len(refused.value.message) < 400


@pytest.mark.parametrize(
    ("field", "said", "operator"),
    [
        ("n", "{is: 1, cancel_query_filter: true}", "cancel_query_filter"),
        ("day", "{date_offset_from_query: 2 years}", "date_offset_from_query"),
    ],
)
def test_only_measures_look_at_the_filters_of_the_query(
    warehouse: Warehouse, field: str, said: str, operator: str
) -> None:
    model = read(warehouse, topic=f"always_where_filters: {{t.{field}: {said}}}")
    assert any(f'the filter "{operator}"' in each.message for each in model.issues)
    with pytest.raises(Refused, match=operator):
        answer(warehouse, model, "t.id")


def test_a_filter_on_groups_that_does_not_fit_is_an_issue(warehouse: Warehouse) -> None:
    view = "measures: {all: {aggregate_type: count}}"
    model = read(warehouse, view, "always_having_filters: {t.all: {contains: x}}")
    [issue] = model.issues
    assert '"t.all": "contains" does not fit a number' in issue.message
    assert issue.yaml_path == "t.topic"
    with pytest.raises(Refused, match='"contains" does not fit a number'):
        answer(warehouse, model, "t.id")


def test_a_long_value_is_not_repeated_whole(warehouse: Warehouse) -> None:
    model = read(warehouse, topic=f"always_where_filters: {{t.gift: {{is: {'x' * 10_000}}}}}")
    with pytest.raises(Refused) as refused:
        answer(warehouse, model, "t.id")
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    ("groups", "otherwise"),
    [("[{filter: {is: a}, name: true}]", "x"), ("[{filter: {is: a}, name: b}]", "false")],
)
def test_a_group_is_not_named_by_a_boolean(
    warehouse: Warehouse, groups: str, otherwise: str
) -> None:
    view = f"dimensions: {{g: {{sql: name, groups: {groups}, else: {otherwise}}}}}"
    model = read(warehouse, view)
    assert any("must be a text, not" in each.message for each in model.issues)
    with pytest.raises(Refused, match=r"(groups|else) that cannot be read"):
        answer(warehouse, model, "t.g")


@pytest.mark.parametrize("boundaries", ["[.nan]", "[1, .inf]", "[2, 1]", "[]", "['1']"])
def test_bins_are_between_ascending_numbers(warehouse: Warehouse, boundaries: str) -> None:
    model = read(warehouse, f"dimensions: {{g: {{sql: n, bin_boundaries: {boundaries}}}}}")
    with pytest.raises(Refused, match="bin_boundaries that cannot be read"):
        answer(warehouse, model, "t.g")


@pytest.mark.parametrize("percentile", ["'50'", "true", "null", "[50]"])
def test_a_percentile_is_a_number(warehouse: Warehouse, percentile: str) -> None:
    view = f"measures: {{p: {{aggregate_type: percentile, percentile: {percentile}, sql: n}}}}"
    model = read(warehouse, view)
    assert any("percentile must be a number" in each.message for each in model.issues)
    with pytest.raises(Refused, match="percentile that cannot be read"):
        answer(warehouse, model, "t.p")


@pytest.mark.parametrize("percentile", ["-1", "100.5", ".nan"])
def test_a_percentile_is_a_number_from_0_to_100(warehouse: Warehouse, percentile: str) -> None:
    view = f"measures: {{p: {{aggregate_type: percentile, percentile: {percentile}, sql: n}}}}"
    model = read(warehouse, view)
    assert any("from 0 to 100" in each.message for each in model.issues)
    with pytest.raises(Refused, match="from 0 to 100"):
        answer(warehouse, model, "t.p")


@pytest.mark.parametrize(("percentile", "wanted"), [("0", 1), ("25", 3), ("50", 5), ("100", 9)])
def test_a_percentile_is_that_of_sql(warehouse: Warehouse, percentile: str, wanted: int) -> None:
    view = f"measures: {{p: {{aggregate_type: percentile, percentile: {percentile}, sql: n}}}}"
    assert answer(warehouse, read(warehouse, view), "t.p") == [(wanted,)]


@pytest.mark.parametrize("kind", ["list", "[sum]", "{a: b}", "5"])
def test_an_aggregate_type_that_is_none_is_an_issue(warehouse: Warehouse, kind: str) -> None:
    model = read(warehouse, f"measures: {{m: {{aggregate_type: {kind}, sql: n}}}}")
    assert any("aggregate_type" in each.message for each in model.issues)
    with pytest.raises(Refused, match="aggregate_type"):
        answer(warehouse, model, "t.m")


def test_every_digit_of_a_bin_counts(warehouse: Warehouse) -> None:
    wide = "{sql: '${n}::HUGEINT * 0 + 99999999999999999999999999999999999998'"
    view = f"dimensions: {{w: {wide}, bin_boundaries: [99999999999999999999999999999999999999]}}}}"
    assert answer(warehouse, read(warehouse, view), "t.w")[0] == ("< " + "9" * 38,)


@pytest.mark.parametrize(
    "topic",
    [
        "always_where_filters: {'t.day[eons]': {is: 2024}}",
        "always_where_filters: {'t.day[hour]': {is: 2024}}",
        "always_where_filters: {'t.name[month]': {is: 2024}}",
        "always_having_filters: {'t.all[month]': {greater_than: 1}}",
        "always_where_sql: '${t.day[eons]} IS NOT NULL'",
        "access_filters: [{field: 't.day[month]', user_attribute: shop}]",
        "joins: {u: {}}\nrelationships: [{join_from_view: t, join_to_view: t, join_to_view_as: u,"
        " join_type: inner, on_sql: '${t.day[eons]} = ${u.day}'}]",
    ],
)
def test_a_timeframe_that_a_field_does_not_have_is_not_left_out(
    warehouse: Warehouse, topic: str
) -> None:
    engine = Engine(
        [(read(warehouse, "measures: {all: {aggregate_type: count}}", topic), warehouse)]
    )
    wanted = {"u.id": {"type": "number", "kind": "GREATER_THAN", "values": ["0"]}}
    query = {
        "modelId": MODEL_ID,
        "join_paths_from_topic_name": "t",
        "fields": ["t.id"],
        "filters": wanted if "joins" in topic else {},
    }
    with pytest.raises(Refused, match="No such field"):
        engine.plan(query, now=NOW, user_attributes={"shop": "x"})


def test_a_filter_of_a_model_on_a_timeframe_is_that_of_sql(
    warehouse: Warehouse, by_hand: duckdb.DuckDBPyConnection
) -> None:
    topic = (
        "always_where_filters: {'t.day[month_num]': {between: [2, 7]},"
        " 't.day[month_name]': {not: April}, 't.moment[hour_of_day]': {greater_than: 18}}"
    )
    model = read(warehouse, topic=topic)
    assert model.issues == ()
    sql = "month(day) BETWEEN 2 AND 7 AND monthname(day) <> 'April' AND hour(moment) > 18"
    kept = by_hand.execute(f"SELECT id FROM t WHERE {sql} ORDER BY id").fetchall()
    assert kept == [(2,)]
    assert answer(warehouse, model, "t.id") == kept
