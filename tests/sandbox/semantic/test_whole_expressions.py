"""An expression of a model's author stays whole in whatever it is put: held to SQL by hand."""

from collections import Counter
from typing import Any

import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
# Every pair of true, false and null, each with a few numbers, texts and days.
TABLES = """
CREATE TABLE t AS SELECT row_number() OVER () AS id, a, b, x, s, day, {'k': x, 'b': a}::JSON AS js
FROM (VALUES (true), (false), (NULL)) v(a), (VALUES (true), (false), (NULL)) w(b),
     (VALUES (1), (5), (NULL)) u(x), (VALUES ('p'), ('q'), (NULL)) q(s),
     (VALUES (DATE '2024-01-31'), (DATE '2024-12-31')) d(day);
CREATE TABLE parents AS SELECT * FROM (VALUES (1, true, 10), (2, false, 20), (3, NULL, 30)) p(id, a, x);
CREATE TABLE children AS SELECT * FROM (VALUES (1, 1), (2, 1), (3, 2), (4, 9)) c(id, parent_id);
"""
CONDITIONS = [
    "a OR b", "a AND b", "NOT a", "x = 1", "x BETWEEN 1 AND 3", "x IN (1, 2)", "s LIKE 'p%'",
    "a IS NULL", "CASE WHEN a THEN b END", "a IS DISTINCT FROM b", "a = b", "s ~ 'p'",
]  # fmt: skip
TEXTS = [
    "s || 'z'", "CASE WHEN a THEN s ELSE 'q' END", "js ->> 'k'", "s COLLATE nocase",
    "CAST(x AS VARCHAR)", "upper(s)",
]  # fmt: skip
NUMBERS = ["-x", "x + 1", "x - 1", "x % 2", "CASE WHEN a THEN x ELSE 7 END", "x & 1", "x ** 2"]
DAYS = ["day + 1", "CASE WHEN a THEN day ELSE day + 1 END", "day - INTERVAL 1 DAY"]
# What stands around a condition, and the same by hand, with {} for the condition in parentheses.
AROUND_CONDITIONS = [
    "NOT {}", "{} = true", "{} IS NULL", "{} AND b", "b OR {}", "CAST({} AS VARCHAR)",
    "{} IN (true)", "CASE WHEN NOT {} THEN 1 END", "{} IS DISTINCT FROM a", "{} || 'z'",
]  # fmt: skip
AROUND_TEXTS = ["{} || 'y'", "{} = 'pz'", "{} LIKE '%z'", "{} IN ('1', 'pz')", "NOT {} = '1'"]
AROUND_NUMBERS = ["-{}", "2 * {}", "{} ** 2", "{} BETWEEN 1 AND 2", "10 - {}", "{}::VARCHAR"]


class World:
    """Answer questions about a view of one dimension, ``d``, and those that are made of it."""

    def __init__(self) -> None:
        self.shop = Warehouse(Dataset(TABLES, lambda _: None))

    def by_hand(self, sql: str) -> Counter[tuple[Any, ...]]:
        table = self.shop.run(sql)
        return Counter(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def rows(self, view: str, query: dict[str, Any], **files: str) -> Counter[tuple[Any, ...]]:
        model = read_checked_model(
            {"t.view": view, "t.topic": "base_view: t\n", **files},
            self.shop,
            model_id=MODEL_ID,
            name="Shop",
            connection_id=MODEL_ID,
        )
        assert model.issues == ()
        engine = Engine([(model, self.shop)])
        topic = {} if "userEditedSQL" in query else {"join_paths_from_topic_name": "t"}
        table = engine.execute(engine.plan({"modelId": MODEL_ID, **topic, **query}, now=NOW))
        return Counter(zip(*(column.to_pylist() for column in table.columns), strict=True))


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def dimension(expression: str, *more: str) -> str:
    d = f"  d: {{sql: {quoted(expression)}{''.join(f', {each}' for each in more)}}}\n"
    return "dimensions:\n  id: {primary_key: true}\n" + d


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize(
    ("expressions", "around"),
    [(CONDITIONS, AROUND_CONDITIONS), (TEXTS, AROUND_TEXTS), (NUMBERS, AROUND_NUMBERS)],
)
def test_what_refers_to_an_expression(
    world: World, expressions: list[str], around: list[str]
) -> None:
    for expression in expressions:
        fields = "".join(
            f"  e{n}: {{sql: {quoted(each.replace('{}', '${d}'))}}}\n"
            for n, each in enumerate(around)
        )
        names = ["t.id", *(f"t.e{n}" for n in range(len(around)))]
        values = ", ".join(each.replace("{}", f"({expression})") for each in around)
        found = world.rows(dimension(expression) + fields, {"fields": names})
        assert found == world.by_hand(f"SELECT id, {values} FROM t"), expression


@pytest.mark.parametrize("expression", [*CONDITIONS, *TEXTS])
def test_groups(world: World, expression: str) -> None:
    first = "'false'" if expression in CONDITIONS else "'pz'"
    groups = f"groups: [{{name: A, filter: {{is: {first}}}}}, {{name: B, filter: {{is: null}}}}], else: C"
    found = world.rows(dimension(expression, groups), {"fields": ["t.id", "t.d"]})
    assert found == world.by_hand(
        f"SELECT id, CASE WHEN ({expression}) = {first} THEN 'A' WHEN ({expression}) IS NULL"
        " THEN 'B' ELSE 'C' END FROM t"
    )


@pytest.mark.parametrize("expression", NUMBERS)
def test_bins(world: World, expression: str) -> None:
    found = world.rows(dimension(expression, "bin_boundaries: [0, 2]"), {"fields": ["t.id", "t.d"]})
    assert found == world.by_hand(
        f"SELECT id, CASE WHEN ({expression}) < 0 THEN '< 0' WHEN ({expression}) < 2"
        f" THEN '>= 0 and < 2' WHEN ({expression}) >= 2 THEN '2 and above' END FROM t"
    )


FILTERS = [
    *((each, {"type": "boolean", "is_negative": False}, "{} IS TRUE") for each in CONDITIONS),
    *((each, {"type": "boolean", "is_negative": True}, "{} IS FALSE") for each in CONDITIONS),
    *((each, {"type": "null"}, "{} IS NULL") for each in [*CONDITIONS, *TEXTS, *NUMBERS, *DAYS]),
    *(
        (each, {"type": "string", "kind": "EQUALS", "values": ["pz", "1"]}, "{} IN ('pz', '1')")
        for each in TEXTS
    ),
    *((each, {"type": "string", "kind": "SQL_LIKE", "values": ["p%"]}, "{} LIKE 'p%'") for each in TEXTS),
    *(
        (each, {"type": "number", "kind": "BETWEEN", "values": [1, 5]}, "{} >= 1 AND {} < 5")
        for each in NUMBERS
    ),
    *(
        (each, {"type": "date", "kind": "ON_OR_AFTER", "left_side": "2024-02-01"}, "{} >= DATE '2024-02-01'")
        for each in DAYS
    ),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "filter_", "by_hand"), FILTERS)
@pytest.mark.parametrize("negative", [False, True])
def test_filters(
    world: World, expression: str, filter_: dict[str, Any], by_hand: str, negative: bool
) -> None:
    if negative:
        # What does not hold, or is not known to.
        filter_ = {
            "type": "composite", "conjunction": "AND", "filters": [filter_], "is_negative": True,
        }  # fmt: skip
    query = {"fields": ["t.id"], "filters": {"t.d": filter_}}
    test = by_hand.replace("{}", f"({expression})")
    expected = f"SELECT id FROM t WHERE {f'({test}) IS NOT TRUE' if negative else test}"
    assert world.rows(dimension(expression), query) == world.by_hand(expected)


@pytest.mark.parametrize("expression", DAYS)
def test_timeframes_and_durations(world: World, expression: str) -> None:
    view = dimension(expression, "timeframes: [month, day_of_quarter, day_of_week_name]") + (
        f"  took: {{duration: {{sql_start: {quoted(expression)}, sql_end: day, intervals: [days]}}}}\n"
        "  odd: {sql: '2 * ${d[day_of_quarter]}'}\n"
    )
    fields = [
        "t.id", "t.d[month]", "t.d[day_of_quarter]", "t.d[day_of_week_name]", "t.took[days]", "t.odd",
    ]  # fmt: skip
    of_quarter = f"date_diff('day', date_trunc('quarter', ({expression})), ({expression})) + 1"
    assert world.rows(view, {"fields": fields}) == world.by_hand(
        f"SELECT id, date_trunc('month', ({expression}))::TIMESTAMP, {of_quarter},"
        f" dayname(({expression})), date_diff('day', ({expression})::TIMESTAMP, day::TIMESTAMP),"
        f" 2 * ({of_quarter}) FROM t"
    )


@pytest.mark.parametrize("expression", CONDITIONS)
def test_filters_of_measures_and_of_topics(world: World, expression: str) -> None:
    view = dimension(expression) + (
        "measures:\n"
        "  false_ones: {aggregate_type: count, filters: {d: {is: false}}}\n"
        "  not_true: {sql: 'count(CASE WHEN NOT ${d} THEN 1 END)'}\n"
    )
    topic = "base_view: t\nalways_where_sql: NOT ${t.d} OR ${t.d} IS NULL\n"
    query = {"fields": ["t.false_ones", "t.not_true"]}
    false_ones = f"count(*) FILTER (WHERE NOT ({expression}))"
    assert world.rows(view, query, **{"t.topic": topic}) == world.by_hand(
        f"SELECT {false_ones}, {false_ones} FROM t WHERE ({expression}) IS NOT TRUE"
    )


@pytest.mark.parametrize("expression", ["${t.a} OR ${t.b}", "${t.a} AND ${t.b}", "${t.x} = 1"])
def test_what_with_names(world: World, expression: str) -> None:
    view = "dimensions:\n  id: {primary_key: true}\n"
    sql = (
        f"WITH w AS (SELECT ${{t.id}}, {expression} AS d FROM ${{t}}) SELECT id, NOT d AS n FROM w"
    )
    plain = expression.replace("${t.", "").replace("}", "")
    assert world.rows(view, {"userEditedSQL": sql}) == world.by_hand(
        f"SELECT id, NOT ({plain}) FROM t"
    )


def test_a_key_that_is_a_condition(world: World) -> None:
    # Parent 1 is there twice and counts once; there is no parent 9, nor one that has no children.
    files = {
        "children.view": "dimensions:\n  id: {primary_key: true}\n  parent_id: {}\n",
        "parents.view": "custom_compound_primary_key_sql: ['${id} = 1 OR ${id} = 3', '${x}']\n"
        "dimensions: {id: {}, x: {}}\nmeasures: {total: {aggregate_type: sum, sql: '${x}'}}\n",
        "relationships": "- {join_from_view: children, join_to_view: parents, relationship_type:"
        " many_to_one, on_sql: '${children.parent_id} = ${parents.id}'}\n",
        "c.topic": "base_view: children\njoins: {parents: {}}\n",
    }
    query = {"fields": ["parents.total"], "join_paths_from_topic_name": "c"}
    assert world.rows("dimensions:\n  id: {}\n", query, **files) == Counter([(30,)])


class TestNamesOfTheSandboxsOwn:
    """Columns that stand for references and aggregates are no names that an author may use."""

    VIEW = "dimensions:\n  id: {primary_key: true}\n"

    def model_of(self, world: World, field: str, kind: str = "dimensions") -> Any:
        view = self.VIEW + (
            f"  d: {field}\n" if kind == "dimensions" else f"{kind}:\n  d: {field}\n"
        )
        return read_checked_model(
            {"t.view": view, "t.topic": "base_view: t\n"},
            world.shop,
            model_id=MODEL_ID,
            name="Shop",
            connection_id=MODEL_ID,
        )

    @pytest.mark.parametrize("sql", ["omni_{}_0", "omni_{}_x", "${id} + omni_{}_1", "\"omni_{}_0\"",
                                     "OMNI_{}_0 + 1", "max(omni_{}_0)", "f('omni_{}_')"])  # fmt: skip
    @pytest.mark.parametrize("what", ["reference", "aggregate"])
    @pytest.mark.parametrize("kind", ["dimensions", "measures"])
    def test_they_are_refused_by_name(self, world: World, sql: str, what: str, kind: str) -> None:
        model = self.model_of(world, f"{{sql: {quoted(sql.format(what, id='{id}'))}}}", kind)
        named = f"Not modeled: a name that begins with omni_{what}_"
        assert any(issue.message.startswith(named) for issue in model.issues)
        query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "t", "fields": ["t.d"]}
        with pytest.raises(Refused, match="does not model"):
            Engine([(model, world.shop)]).plan(query, now=NOW)

    @pytest.mark.parametrize("sql", ["${id}1", "${id}${id}", "${id}_x", "${id}(1)", "t.${id}",
                                     "CAST(1 AS ${id})", "max(${id}0)"])  # fmt: skip
    def test_a_reference_is_no_part_of_a_name(self, world: World, sql: str) -> None:
        model = self.model_of(world, f"{{sql: {quoted(sql)}}}")
        (issue,) = model.issues
        assert (issue.view, issue.field) == ("t", "d")
        with pytest.raises(Refused, match="SQL that cannot be read"):
            Engine([(model, world.shop)]).plan(
                {"modelId": MODEL_ID, "join_paths_from_topic_name": "t", "fields": ["t.d"]}, now=NOW
            )

    @pytest.mark.parametrize("quote", ["'", '"'])
    def test_a_reference_in_quotes_is_none(self, world: World, quote: str) -> None:
        model = self.model_of(world, f"{{sql: {quoted(f'{quote}${{id}}{quote}')}}}")
        assert [issue.message for issue in model.issues] == [
            "A ${reference} inside quotes is not a reference"
        ]

    def test_a_reference_in_a_comment_does_no_harm(self, world: World) -> None:
        model = self.model_of(world, "{sql: '${id} + 1 -- once ${id} + 2'}")
        assert model.issues == ()

    @pytest.mark.parametrize("what", ["reference", "aggregate"])
    @pytest.mark.parametrize("number", ["0", "1", "x"])
    def test_sql_over_a_model_that_has_them_is_refused(
        self, world: World, what: str, number: str
    ) -> None:
        model = self.model_of(world, "{sql: '1'}")
        sql = f"SELECT ${{t.id}}, omni_{what}_{number} + 1 AS y FROM ${{t}}"
        with pytest.raises(Refused, match=f"a name that begins with omni_{what}_"):
            Engine([(model, world.shop)]).plan({"modelId": MODEL_ID, "userEditedSQL": sql}, now=NOW)

    def test_columns_of_a_table_may_be_called_so(self) -> None:
        tables = "CREATE TABLE odd AS SELECT 3 AS omni_aggregate_0, 4 AS omni_reference_x, 5 AS z"
        shop = Warehouse(Dataset(tables, lambda _: None))
        measures = "measures:\n" + "".join(
            f"  m{n}: {{aggregate_type: max, sql: '${{{name}}}'}}\n"
            for n, name in enumerate(["omni_aggregate_0", "omni_reference_x"])
        )
        files = {
            "odd.view": measures,
            "both.view": "sql: SELECT omni_aggregate_0, omni_reference_x FROM odd\n" + measures,
        }
        model = read_checked_model(
            files, shop, model_id=MODEL_ID, name="Odd", connection_id=MODEL_ID
        )
        assert model.issues == ()
        engine = Engine([(model, shop)])
        for view in ("odd", "both"):
            fields = [
                f"{view}.{name}" for name in ("omni_aggregate_0", "omni_reference_x", "m0", "m1")
            ]
            plan = engine.plan({"modelId": MODEL_ID, "table": view, "fields": fields}, now=NOW)
            assert [list(row.values()) for row in engine.execute(plan).to_pylist()] == [
                [3, 4, 3, 4]
            ]
