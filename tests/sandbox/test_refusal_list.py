"""The page's list of what the sandbox refuses, held against the sandbox."""

import re
from pathlib import Path

import pytest
from queries.query_cases import NOW, flights

from omnipd_sandbox.engine.engine import Engine, Refused

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
# One value for each key of a query that asks for something.
ASKING = {
    "pivots": ["flights.origin"],
    "fill_fields": ["flights.date"],
    "calculations": [{"calc_name": "c"}],
    "column_totals": {"::total::": {"type": "aggregation"}},
    "row_totals": {"::total::": {"type": "aggregation"}},
    "custom_summary_types": {"flights.count": "sum"},
    "join_via_map": {"planes": ["flights"]},
    "controls": [{"type": "FIELD_SELECTION"}],
    "transposed_measures": ["flights.count"],
    "default_group_by": False,
    "userEditedSQL": "SELECT 1 AS a",
    "staticQueryReferences": {"q": {}},
    "column_limit": 3,
    "dimensionIndex": 1,
    "sorts": [{"column_name": "flights.count", "sort_descending": True}],
    "filters": {"flights.origin": {"type": "string", "kind": "EQUALS", "values": ["JFK"]}},
    "limit": None,
    "offset": 1,
}
FILTERS = {
    "by_query": {"type": "by_query", "query_id": "q", "field_name": "flights.origin"},
    "query": {"type": "query", "query_id": "q", "field_name": "flights.origin"},
    "user_attribute": {"type": "user_attribute", "user_attribute_name": "region"},
    "view_query": {"type": "query", "view_query": {"table": "flights"}},
    "cancel_query_filter": {"type": "null", "cancel_query_filter": True},
    "QUERY_OFFSET": {"type": "date", "kind": "QUERY_OFFSET", "offset_interval_string": "1 year"},
    "IS_IN_WEEK_OF_YEAR": {"type": "date", "kind": "IS_IN_WEEK_OF_YEAR", "left_side": "2"},
    "offset_interval_string": {
        "type": "date",
        "kind": "TIME_FOR_UNIT_DURATION",
        "left_side": "2013-03-01",
        "right_side": "1 months",
        "offset_interval_string": "1 year",
    },
    "isFiscal": {"type": "date", "kind": "BEFORE", "right_side": "FY2013", "isFiscal": True},
}


@pytest.fixture(scope="module")
def engine():
    return Engine()


def listed(beginning):
    text = PAGE.read_text(encoding="utf-8").split("## What it refuses by name")[1]
    [entry] = [each for each in re.split(r"^- ", text, flags=re.M) if each.startswith(beginning)]
    return set(re.findall(r"`(\w+)`", entry))


def is_refused(engine, query):
    try:
        engine.plan(query, now=NOW, user_attributes={"region": "north"})
    except Refused as refused:
        return "not modeled by this sandbox" in refused.message
    return False


def test_the_list_names_the_keys_of_a_query_that_are_refused(engine):
    refused = {
        key
        for key, value in ASKING.items()
        if is_refused(engine, flights(["flights.count"], **{key: value}))
    }
    assert refused == listed("in a query:")


def test_the_list_names_the_filters_that_are_refused(engine):
    references = {"q": {**flights(["flights.origin"]), "model_id": flights([])["modelId"]}}
    refused = {
        name
        for name, kept in FILTERS.items()
        if is_refused(
            engine,
            flights(
                ["flights.count"],
                filters={
                    ("flights.time_hour" if kept["type"] == "date" else "flights.origin"): kept
                },
                staticQueryReferences=references,
            ),
        )
    }
    assert refused == listed("in filters:")
