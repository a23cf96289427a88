"""What the database says of the types of fields, asked for in few questions."""

from typing import Any

import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Issue, Model
from omnipd_sandbox.engine.model.read_yaml import read_model

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
    model = read_model(files, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID)
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
    model = read_model(files, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID)
    assert [(each.field, each.message) for each in model.issues] == [
        ("missing", 'No such view "nowhere"')
    ]
    sales = model.views["sales"]
    assert (sales.dimensions["own"].sql_type, sales.dimensions["both"].sql_type) == (
        "VARCHAR",
        "INTEGER",
    )
