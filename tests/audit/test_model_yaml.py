"""The fields that the YAML of models names: in SQL as ${…}, elsewhere by name, and never in words for people."""

import pytest

from omnipd.audit.model_yaml import extended_views, fields_in

KNOWN = {
    *(f"orders.{name}" for name in ("id", "status", "rank", "tax", "total", "count", "label")),
    *("users.name", "users.state"),
}


def found(yaml, view="orders"):
    return {tuple(one) for one in fields_in(yaml, view, KNOWN)}


@pytest.mark.parametrize(
    ("yaml", "field", "used_as", "used_by"),
    [
        ("dimensions:\n  x:\n    sql: ${tax} + 1", "orders.tax", "sql", "orders.x"),
        ("dimensions:\n  x:\n    sql: ${tax[month]}", "orders.tax[month]", "sql", "orders.x"),
        ("dimensions:\n  x: {sql: '${tax}'}", "orders.tax", "sql", "orders.x"),
        ("dimensions:\n  x:\n    sql: |\n      1 +\n\n      ${tax}", "orders.tax", "sql", "orders.x"),
        ("dimensions:\n  label:\n    sql: ${tax}", "orders.tax", "sql", "orders.label"),
        ("measures:\n  x:\n    filters:\n      status:\n        is: a", *("orders.status", "filters", "orders.x")),
        ("measures:\n  x:\n    filters: {}\n    sql: ${gone.x}", "gone.x", "sql", "orders.x"),
        ("dimensions:\n  x:\n    order_by_field: rank", "orders.rank", "order_by_field", "orders.x"),
        ("dimensions:\n  x:\n    dynamic_top_n: {n: 3, by: total}", *("orders.total", "dynamic_top_n", "orders.x")),
        ("measures:\n  x:\n    filters: {status: {is: a, cancel_query_filter: true}}", *("orders.status", "filters", "orders.x")),
        ("dimensions:\n  id:\n    primary_key: true", "orders.id", "primary_key", None),
        ("dimensions:\n  id: {primary_key: true}", "orders.id", "primary_key", None),
        ("default_drill_fields: [id]", "orders.id", "default_drill_fields", None),
        ("default_drill_fields:\n- id", "orders.id", "default_drill_fields", None),
        ("custom_compound_primary_key_sql: [id]", *("orders.id", "custom_compound_primary_key_sql", None)),
    ],
)  # fmt: skip
def test_a_use_in_the_file_of_a_view_is_found(yaml, field, used_as, used_by):
    assert found(yaml) == {(field, used_as, used_by)}


@pytest.mark.parametrize(
    ("yaml", "field", "used_as"),
    [
        ("fields: [orders.*, -orders.tax]", "orders.tax", "fields"),
        ("access_filters:\n- field: users.state\n  user_attribute: tax", "users.state", "access_filters"),
        ("always_where_filters:\n  orders.status:\n    is: orders.tax", "orders.status", "always_where_filters"),
        ("always_where_sql: ${orders.tax} > 0", "orders.tax", "always_where_sql"),
        ("- id: a\n  on_sql: ${orders.tax} = users.name", "orders.tax", "on_sql"),
        ("query:\n  fields:\n    users.name[month]: n", "users.name[month]", "query"),
    ],
)  # fmt: skip
def test_a_use_in_another_file_is_found(yaml, field, used_as):
    assert found(yaml, None) == {(field, used_as, None)}


def test_a_topic_may_define_fields_of_a_view():
    yaml = "views:\n  orders:\n    dimensions:\n      x:\n        sql: ${tax}"
    assert found(yaml, None) == {("orders.tax", "sql", "orders.x")}


@pytest.mark.parametrize(
    "yaml",
    [
        "description: Sum of ${orders.tax} and orders.tax",
        "description: >\n  Of ${tax}\n\n  and orders.tax\n",
        "# ${orders.tax}",
        "table_name: tax # orders.tax",
        "dimensions:\n  tax:\n    label: ${tax}",
        "dimensions:\n  tax:\n    sql: ${tax}",
        "dimensions:\n  tax: {}",
        'dimensions:\n  x:\n    sql: orders.tax || "tax"',
        "dimensions:\n  x:\n    sql: 1 -- ${tax}",
        "measures:\n  x:\n    aggregate_type: count",
        "measures:\n  x:\n    filters:\n      gone:\n        is: tax",
        "sql: SELECT * FROM ${orders}",
        "default_drill_fields: [returns.tax, tax_rate, orders.tax.x]",
        "",
        ":\n- - :\n  |\n}{",
    ],
)
def test_what_only_looks_like_a_field_is_not_one(yaml):
    assert found(yaml) == set()


def test_a_view_says_what_it_extends():
    assert list(extended_views("extends: [a, b]", "c")) == [("c", "a"), ("c", "b")]
    assert list(extended_views("views:\n  c:\n    extends:\n    - a", None)) == [("c", "a")]
    assert list(extended_views("extends: [a_topic]\nlabel: extends", None)) == []
