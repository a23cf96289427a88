"""What the database says of the types of fields, asked for in few questions."""

from typing import Any

import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Issue, Model
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
TABLES = "CREATE TABLE sales (id INTEGER, price DECIMAL(10, 2), sold_on DATE, shop VARCHAR);"


class Asked(Warehouse):
    """Count what is asked."""

    times = 0

    def describe(self, select: str) -> list[str]:
        self.times += 1
        return super().describe(select)


def read(dimensions: dict[str, str], measures: dict[str, str]) -> tuple[Model, Asked]:
    lines = ["dimensions:", *(f"  {name}: {{sql: '{sql}'}}" for name, sql in dimensions.items())]
    lines += ["measures:"]
    lines += [f"  {n}: {{aggregate_type: max, sql: '{sql}'}}" for n, sql in measures.items()]
    shops = Asked(Dataset(TABLES, lambda _: None))
    files = {"sales.view": "\n".join(lines), "sales.topic": "base_view: sales\n"}
    model = read_checked_model(
        files, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID
    )
    return model, shops


def refusal(model: Model, shops: Warehouse, field: str) -> str:
    query: dict[str, Any] = {
        "modelId": MODEL_ID,
        "join_paths_from_topic_name": "sales",
        "fields": [field],
    }
    with pytest.raises(Refused) as refused:
        Engine([(model, shops)]).plan(query, now=NOW)
    assert refused.value.error_type == "PLAN"
    return refused.value.message


def test_two_thousand_fields_are_asked_for_in_two_questions() -> None:
    kinds = {"INTEGER": "id + {}", "DECIMAL(12,2)": "price * {}", "VARCHAR": "shop || {}"}
    expressions = list(kinds.values())
    dimensions = {f"d{n}": expressions[n % 2 * 2].format(n) for n in range(1000)}
    measures = {f"m{n}": f"${{d{n}}}" for n in range(1000)}
    model, shops = read(dimensions, measures)
    assert shops.times == 2
    assert model.issues == ()
    sales = model.views["sales"]
    for n in range(1000):
        expected = "INTEGER" if n % 2 == 0 else "VARCHAR"
        assert sales.dimensions[f"d{n}"].sql_type == expected
        assert sales.measures[f"m{n}"].sql_type == expected
    assert sales.dimensions["price"].sql_type == "DECIMAL(10,2)"


def test_of_many_fields_those_that_do_not_run_are_named_with_the_reason() -> None:
    dimensions = {f"d{n}": f"id + {n}" for n in range(300)}
    dimensions |= {"d7": "amont", "d150": "prize * 2", "d299": "no_such_function(id)"}
    model, shops = read(dimensions, {"total": "${d8}", "lost": "${d7} + 1", "typo": "pryce"})
    assert shops.times < 100
    reasons = {
        "d7": 'Binder Error: Table "sales" does not have a column named "amont"',
        "d150": 'Binder Error: Table "sales" does not have a column named "prize"',
        "d299": "Catalog Error: Scalar Function with name no_such_function does not exist!",
        "typo": 'Binder Error: Table "sales" does not have a column named "pryce"',
    }
    found = {issue.field: issue for issue in model.issues}
    for field, reason in reasons.items():
        assert found[field] == Issue(reason, "sales", field, "sales.view")
        # A query says it too, and does not blame the sandbox for a typo.
        wanted = f'"sales.{field}" cannot be computed: {reason}'
        assert refusal(model, shops, f"sales.{field}") == wanted
    # What refers to it is named as well, and what it refers to.
    assert found.keys() == reasons.keys() | {"lost"}
    assert found["lost"].message == f'"sales.d7" cannot be computed: {reasons["d7"]}'
    sales = model.views["sales"]
    assert all(
        each.sql_type == "INTEGER"
        for name, each in sales.dimensions.items()
        if name.startswith("d") and name not in reasons
    )
    assert sales.measures["total"].sql_type == "INTEGER"


def test_a_field_may_need_the_type_of_one_that_is_written_after_it() -> None:
    model, _ = read({"a": "${b[month]}", "b": "sold_on + INTERVAL 1 DAY"}, {})
    assert model.issues == ()
    assert model.views["sales"].dimensions["b"].sql_type == "TIMESTAMP"


def test_fields_over_other_tables_do_not_disturb_one_another() -> None:
    tables = TABLES + "CREATE TABLE shops (shop VARCHAR, rent INTEGER);"
    shops = Asked(Dataset(tables, lambda _: None))
    files = {
        "sales.view": "dimensions:\n"
        "  own: {sql: shop}\n"
        "  both: {sql: '${shops.rent} + ${id}'}\n"
        "  missing: {sql: '${nowhere.x}'}\n",
        "shops.view": "dimensions: {rent: {}}\n",
        "relationships": "- {join_from_view: sales, join_to_view: shops,"
        " relationship_type: many_to_one, on_sql: '${sales.shop} = ${shops.shop}'}\n",
    }
    model = read_checked_model(
        files, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID
    )
    assert [(each.field, each.message) for each in model.issues] == [
        ("missing", 'No such view "nowhere"')
    ]
    sales = model.views["sales"]
    assert (sales.dimensions["own"].sql_type, sales.dimensions["both"].sql_type) == (
        "VARCHAR",
        "INTEGER",
    )


TWO_TABLES = TABLES + (
    "CREATE TABLE users (id INTEGER, born DATE); CREATE TABLE people (id INTEGER, born VARCHAR);"
)
TAKEN = {
    "users.view": "dimensions:\n  id: {primary_key: true}\n  year: {sql: 'date_part(''year'', ${born})'}\n"
    "  again: {sql: '${users.born}'}\n",
    "people.view": "dimensions:\n  id: {primary_key: true}\n",
    "sales.view": "dimensions:\n  id: {primary_key: true}\n",
    "sales.topic": "base_view: sales\njoins: {users: {}}\n",
    "plain.topic": "base_view: users\n",
}
JOIN = (
    "- {join_from_view: sales, join_to_view: people, join_to_view_as: users,"
    " relationship_type: many_to_one, on_sql: '${sales.id} = ${users.id}'}\n"
)
TAKEN_ISSUE = 'The alias "users" of "people" is the name of another view'


def checked(files: dict[str, str], tables: str = TABLES) -> tuple[Model, Asked]:
    shops = Asked(Dataset(tables, lambda _: None))
    model = read_checked_model(files, shops, model_id=MODEL_ID, name="S", connection_id=MODEL_ID)
    return model, shops


def test_an_alias_does_not_take_the_name_of_a_view() -> None:
    model, shops = checked({**TAKEN, "relationships": JOIN}, TWO_TABLES)
    # The view keeps its own types, in whatever it says of itself.
    users = model.views["users"]
    assert {name: each.sql_type for name, each in users.dimensions.items()} == {
        "id": "INTEGER", "born": "DATE", "year": "BIGINT", "again": "DATE",
    }  # fmt: skip
    assert [(each.message, each.yaml_path) for each in model.issues] == [
        (TAKEN_ISSUE, "relationships")
    ]
    assert refusal(model, shops, "users.born").startswith(
        '"users" is joined by an alias that is another view\'s name'
    )
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "plain", "fields": ["users.year"]}
    assert Engine([(model, shops)]).plan(query, now=NOW).missing_fields == []
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "sales", "fields": ["sales.id"]}
    assert Engine([(model, shops)]).plan(query, now=NOW).missing_fields == []


def test_an_alias_of_a_topics_own_does_not_either() -> None:
    own = TAKEN["sales.topic"] + "relationships:\n" + JOIN
    model, shops = checked({**TAKEN, "sales.topic": own}, TWO_TABLES)
    assert [(each.message, each.yaml_path) for each in model.issues] == [
        (TAKEN_ISSUE, "sales.topic")
    ]
    assert "another view's name" in refusal(model, shops, "users.born")


def test_an_alias_that_is_no_views_name_is_none_the_worse() -> None:
    files = {key: text for key, text in TAKEN.items() if key not in {"users.view", "plain.topic"}}
    tables = TABLES + "CREATE TABLE people (id INTEGER, born VARCHAR);"
    model, shops = checked({**files, "relationships": JOIN}, tables)
    assert model.issues == ()
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "sales", "fields": ["users.born"]}
    assert Engine([(model, shops)]).plan(query, now=NOW).missing_fields == []


def chain(length: int, sql: str, kind: str = "dimensions", first: str = "sql: id") -> str:
    fields = [f"  d0: {{{first}}}"]
    fields += [
        f"  d{n}: {{sql: '{sql.replace('{}', f'${{d{n - 1}}}')}'}}" for n in range(1, length)
    ]
    return "\n".join([f"{kind}:", *fields])


SUMMED = {"dimensions": "sql: id", "measures": "sql: id, aggregate_type: sum"}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["dimensions", "measures"])
@pytest.mark.parametrize("sql", ["{} + 1", "1 - abs({})", "CASE WHEN {} > 1 THEN 1 ELSE 0 END"])
def test_a_long_chain_of_fields_is_an_issue_of_those_that_are_too_deep(kind: str, sql: str) -> None:
    view = chain(400, sql, kind, SUMMED[kind])
    model, shops = checked({"sales.view": view, "sales.topic": "base_view: sales\n"})
    wrong = {each.field for each in model.issues}
    assert all(each.message.endswith("nested too deeply") for each in model.issues if each.field)
    assert not wrong & {f"d{n}" for n in range(40)}
    assert {f"d{n}" for n in range(165, 400)} <= wrong
    assert "nested too deeply" in refusal(model, shops, "sales.d399")
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "sales", "fields": ["sales.d30"]}
    engine = Engine([(model, shops)])
    assert engine.execute(engine.plan(query, now=NOW)).num_rows <= 1


@pytest.mark.thorough
def test_a_chain_that_is_written_backwards() -> None:
    first, *others = chain(400, "{} + 1").splitlines()
    view = "\n".join([first, *reversed(others)])
    model, shops = checked({"sales.view": view, "sales.topic": "base_view: sales\n"})
    assert {f"d{n}" for n in range(165, 400)} <= {each.field for each in model.issues}
    assert "nested too deeply" in refusal(model, shops, "sales.d399")


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["dimensions", "measures"])
def test_fields_that_double_are_refused_before_they_fill_the_memory(kind: str) -> None:
    view = chain(100, "{} + {}", kind, SUMMED[kind])
    model, shops = checked({"sales.view": view, "sales.topic": "base_view: sales\n"})
    wrong = {each.field: each.message for each in model.issues}
    # Each level is twice the one below it, and a little more.
    assert not wrong.keys() & {f"d{n}" for n in range(11)}
    assert wrong.keys() >= {f"d{n}" for n in range(14, 100)}
    assert all("more than 20000 parts" in message for message in wrong.values())
    assert "more than 20000 parts" in refusal(model, shops, "sales.d99")


@pytest.mark.thorough
def test_filters_of_topics_that_are_too_deep_are_issues() -> None:
    files = {
        "sales.view": chain(400, "{} + 1"),
        "sales.topic": "base_view: sales\nalways_where_sql: ${sales.d399} > 1\n",
    }
    model, shops = checked(files)
    found = [each.message for each in model.issues if each.yaml_path == "sales.topic"]
    assert any(
        each.startswith("always_where_sql") and each.endswith("nested too deeply") for each in found
    )
    assert "nested too deeply" in refusal(model, shops, "sales.id")


def test_a_long_chain_of_one_operator_is_not_deep() -> None:
    long = " OR ".join(f"id = {n}" for n in range(600))
    model, _ = checked({"sales.view": f"dimensions: {{d: {{sql: '{long}'}}}}"})
    assert model.issues == ()
    assert model.views["sales"].dimensions["d"].sql_type == "BOOLEAN"
