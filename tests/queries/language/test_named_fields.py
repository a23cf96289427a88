"""Which fields a stored query names: each place once, and nothing that only looks like a field."""

import pytest

from omnipd.queries.language.named_fields import NamedField, named_fields
from omnipd.queries.language.references import references

EQUALS = {"type": "string", "kind": "EQUALS", "values": ["orders.tax"]}
ANY_OF = {
    "id": "c",
    "type": "MULTI_FIELD_FILTER",
    "filters": [{"id": "f", "fieldName": "orders.total", "filter": EQUALS}],
}


def literal(text):
    return {"type": "literal", "value": text, "string_value": text}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"fields": ["orders.total[month]"]}, [("field", "orders.total[month]")]),
        ({"filters": {"orders.total": EQUALS}}, [("filter", "orders.total")]),
        ({"sorts": [{"column_name": "orders.total"}]}, [("sort", "orders.total")]),
        ({"pivots": ["orders.total"]}, [("pivot", "orders.total")]),
        ({"fill_fields": ["orders.total[date]"]}, [("fill", "orders.total[date]")]),
        ({"transposed_measures": ["orders.total"]}, [("field", "orders.total")]),
        ({"column_totals": {"orders.total": {}, "::total::": {}}}, [("total", "orders.total")]),
        ({"row_totals": {"orders.total": {}}}, [("total", "orders.total")]),
        (
            {"period_over_period_computations": [{"date_filter_field_name": "orders.total"}]},
            [("period", "orders.total")],
        ),
        ({"controls": [ANY_OF]}, [("control", "orders.total")]),
        # The calculation's own name may have a dot; only field_name in its tree is a field.
        (
            {
                "fields": ["my.calc"],
                "sorts": [{"column_name": "my.calc"}],
                "calculations": [
                    {
                        "calc_name": "my.calc",
                        "original_formula": "orders.tax",
                        "description": "orders.tax",
                        "sql_expression": {
                            "type": "call",
                            "operator": "Omni.OMNI_FX_PLUS",
                            "operands": [
                                {"type": "field", "field_name": "orders.total"},
                                literal("orders.tax"),
                                {"type": "field", "field_name": "my.calc"},
                            ],
                        },
                    }
                ],
            },
            [("calculation", "orders.total")],
        ),
        # What a filter compares with is a value, but for a field of another query.
        (
            {
                "filters": {
                    "orders.id": {
                        "type": "composite",
                        "conjunction": "AND",
                        "filters": [
                            EQUALS,
                            {"type": "query", "field_name": "x.y", "query_id": "q"},
                        ],
                    }
                }
            },
            [("filter", "orders.id"), ("filter", "x.y")],
        ),
        ({"fields": ["measure_name"], "table": "orders.tax", "name": "orders.tax"}, []),
        ({"fields": None, "filters": None, "sorts": None, "controls": None}, []),
    ],
)
def test_each_field_that_is_named_is_found_with_its_use(query, found):
    named = named_fields(query)
    assert [(one.used_as, one.name) for one in named.found] == found
    assert named.unread == []


def test_a_query_within_a_query_says_which():
    inner = {"model_id": "m", "fields": ["users.id"]}
    assert named_fields({"fields": ["orders.id"], "staticQueryReferences": {"q": inner}}).found == [
        NamedField("field", "orders.id"),
        NamedField("field", "users.id", "q"),
    ]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (None, "cannot be read"),
        ([], "cannot be read"),
        ({"fields": ["orders.*"]}, "all of orders.*"),
        ({"userEditedSQL": "SELECT total FROM orders"}, "SQL by hand"),
        ({"calculations": [{"calc_name": "c", "sql_expression": "orders.tax"}]}, "calculation 'c'"),
        ({"controls": [{"type": "TOP_N"}]}, "type 'TOP_N'"),
        ({"controls": ["?"]}, "type None"),
        ({"controls": [{"type": "MULTI_FIELD_FILTER", "filters": [{}]}]}, "MULTI_FIELD_FILTER"),
        ({"controls": [{"type": "FIELD_PICKER", "values": [1], "options": []}]}, "FIELD_PICKER"),
        ({"staticQueryReferences": {"q": None}}, "the query 'q' within it"),
    ],
)
def test_what_cannot_be_read_is_said(query, why):
    named = named_fields(query)
    assert named.found == []
    assert len(named.unread) == 1
    assert why in named.unread[0]


def test_a_query_that_is_nested_without_end_is_said():
    query = {"fields": ["orders.total"]}
    query["staticQueryReferences"] = {"q": query}
    assert named_fields(query).unread == ["its query is nested too deeply"]


def test_a_picker_of_fields_names_what_it_offers():
    picker = {"type": "FIELD_PICKER", "options": [{"value": "a.b"}], "values": []}
    assert [one.name for one in named_fields({"controls": [picker]}).found] == ["a.b"]


def test_sql_over_the_model_names_fields_and_is_open_all_the_same():
    sql = "SELECT ${orders.total[month]}, orders.tax FROM ${orders} -- ${orders.tax}"
    named = named_fields({"userEditedSQL": sql, "fields": ["orders.tax"]})
    assert named.found == [NamedField("sql", "orders.total[month]")]
    assert named.unread == ["it is SQL by hand"]


def test_a_quote_does_not_hide_a_reference_and_a_comment_does():
    assert references("'it''s ${a.b}' /* ${a.c} */ || '--' || ${a.d}") == ["a.b", "a.d"]
