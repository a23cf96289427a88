"""Where a field is used, and which fields nothing uses: every kind of use, and what only looks like one."""

import json

import pandas as pd
import pytest
from audit.hand_made import table

import omnipd
from omnipd.audit import field_usage, unused_fields
from omnipd.frames.to_pandas import marked_incomplete

pytestmark = pytest.mark.thorough


QUERY = {"fields": ["orders.total"], "filters": {"orders.day": {"type": "date"}}}


def tile(query, **more):
    return {
        "document_identifier": "d1",
        "query_id": "t1",
        "name": "Sales",
        "model_id": "m",
        "topic": "orders",
        "query": query if query is None or isinstance(query, str) else json.dumps(query),
    } | more


def document(identifier="d1", **more):
    return {
        "document_identifier": identifier,
        "type": "document",
        "name": identifier.upper(),
        "owner_id": "u1",
        "owner_name": "Ann",
        "has_dashboard": True,
    } | more


def control(config, item="filter"):
    return {
        "document_identifier": "d1",
        "item": item,
        "item_id": "f1",
        "config": config if config is None or isinstance(config, str) else json.dumps(config),
    }


def fields(*names, model="m", topic=None, **more):
    """Name fields of views, or of a topic."""
    rows = [dict(zip(("view", "field"), name.split("."), strict=True)) for name in names]
    told = {} if topic is None else {"topic": topic}
    return [{"model_id": model, "kind": "dimension", **row, **told, **more} for row in rows]


ALL = ("orders.total", "orders.day", "orders.tax", "returns.total", "returns.tax")


def tables(**rows):
    """Return an inventory in which little is used, with other rows for some tables."""
    held = {
        "documents": [document()],
        "content": [document()],
        "document_queries": [tile(QUERY)],
        "dashboard_filters": [],
        "topic_fields": fields(*ALL, topic="orders"),
        "relationships": [],
        "views": fields(*ALL),
        "model_files": [{"model_id": "m", "file_name": "model", "yaml": "label: x"}],
        "schedules": [
            {"document_identifier": "d1", "schedule_id": "s1"},
            {"document_identifier": "d2", "schedule_id": "s2"},
            {"document_identifier": "d1", "schedule_id": "s3"},
        ],
    }
    return {
        # It says so where what is one person's own is in it.
        name: table(name, *each, **({"public_rows": len(each)} if name == "content" else {}))
        for name, each in (held | rows).items()
    }


def inventory(**rows):
    return omnipd.Inventory(tables(**rows))


def unused(held):
    """Return the fields that are unused, and those of which it is not known."""
    answer = unused_fields(held)
    sure = answer["is_unused"].fillna(False)
    names = answer["fully_qualified_name"]
    assert answer["reason"].isna().tolist() == sure.tolist()
    return set(names[sure]), set(names[~sure])


def uses(held, field=None):
    """Return the columns that tell a use, of those that are known."""
    answer = field_usage(held, field)
    known = answer[answer["is_known"]]
    return list(zip(known["field"], known["used_in"], known["used_as"], strict=True))


def test_a_row_says_who_uses_the_field_where_and_who_gets_it():
    answer = field_usage(inventory(), "orders.day")
    assert answer.iloc[0].dropna().to_dict() == {
        "field": "orders.day",
        "used_in": "tile",
        "used_as": "filter",
        "is_known": True,
        "model_id": "m",
        "topic": "orders",
        "document_identifier": "d1",
        "document_name": "D1",
        "owner_id": "u1",
        "owner_name": "Ann",
        "query_id": "t1",
        "query_name": "Sales",
        "schedule_ids": "s1,s3",
    }
    assert len(answer) == 1


def test_a_document_without_schedules_has_none_and_without_the_table_it_is_not_known():
    held = tables(schedules=[])
    assert field_usage(omnipd.Inventory(held))["schedule_ids"].eq("").all()
    del held["schedules"]
    with pytest.warns(omnipd.OmniWarning, match="schedules"):
        answer = field_usage(omnipd.Inventory(held))
    assert answer["schedule_ids"].isna().all()
    # The uses themselves are known.
    assert answer["is_known"].all()


USES = {
    "pivot": ({"document_queries": [tile({"pivots": ["orders.tax"]})]}, "tile"),
    "sort": ({"document_queries": [tile({"sorts": [{"column_name": "orders.tax"}]})]}, "tile"),
    "nested": (
        {"document_queries": [tile({"staticQueryReferences": {"q": {"fields": ["orders.tax"]}}})]},
        "tile",
    ),
    "filter in two parts": (
        {"dashboard_filters": [control({"viewName": "orders", "fieldName": "tax"})]},
        "dashboard_filter",
    ),
    "filter by its name": (
        {"dashboard_filters": [control({"fieldName": "orders.tax", "type": "string"})]},
        "dashboard_filter",
    ),
    "filter bound to another field": (
        {
            "dashboard_filters": [
                control({"fieldName": "orders.day", "map": {"1": "orders.tax", "2": False}})
            ]
        },
        "dashboard_filter",
    ),
    "filter without its JSON": (
        {"dashboard_filters": [control(None) | {"view": "orders", "field": "tax"}]},
        "dashboard_filter",
    ),
    "filter on several fields": (
        {
            "dashboard_filters": [
                control(
                    {
                        "controlType": "MULTI_FIELD_FILTER",
                        "filters": [{"fieldName": "orders.tax", "filter": {"type": "null"}}],
                    },
                    "control",
                )
            ]
        },
        "dashboard_filter",
    ),
    "field": ({"topic_fields": fields("orders.x", topic="t", sql="${orders.tax}")}, "field"),
    "field of its own view": ({"topic_fields": fields("orders.x", topic="t", sql="${tax}")}, "field"),
    "relationship": (
        {"relationships": [{"model_id": "m", "topic": "t", "sql": "${orders.tax} = ${returns.id}"}]},
        "relationship",
    ),
    "file": (
        {"model_files": [{"model_id": "m", "file_name": "t", "yaml": "fields: [orders.tax]"}]},
        "model_file",
    ),
    "field in a file": (
        {
            "model_files": [
                {"model_id": "m", "view": "orders", "yaml": "dimensions:\n  x:\n    sql: ${tax}"}
            ]
        },
        "field",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "used_in"), USES.values(), ids=USES)
def test_each_kind_of_use_is_found_and_not_in_another_view(rows, used_in):
    assert [one[:2] for one in uses(inventory(**rows), "orders.tax")] == [("orders.tax", used_in)]
    assert uses(inventory(**rows), "returns.tax") == []
    sure, unsure = unused(inventory(**rows))
    assert "orders.tax" not in sure | unsure
    assert "returns.tax" in sure | unsure


NEAR_MISSES = {
    "name of a tile": {"document_queries": [tile(QUERY, name="orders.tax")]},
    "value of a filter": {
        "document_queries": [
            tile(QUERY | {"filters": {"orders.day": {"type": "string", "values": ["orders.tax"]}}})
        ]
    },
    "longer name": {"document_queries": [tile(QUERY | {"filters": {"orders.tax_rate": {}}})]},
    "label of a filter": {
        "dashboard_filters": [control({"fieldName": "orders.day", "label": "orders.tax"})]
    },
    "comment": {"topic_fields": fields("orders.x", topic="t", sql="1 -- ${orders.tax}")},
    "column": {"topic_fields": fields("orders.x", topic="t", sql='orders.tax + "tax"')},
    "itself": {"topic_fields": fields("orders.tax", topic="t", sql="${tax}")},
    "column in a join": {
        "relationships": [{"model_id": "m", "topic": "t", "sql": "orders.tax = ${returns.total}"}]
    },
    "description": {
        "model_files": [{"model_id": "m", "file_name": "t", "yaml": "description: ${orders.tax}"}]
    },
}


@pytest.mark.parametrize("rows", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_only_looks_like_a_use_is_none(rows):
    assert uses(inventory(**rows), "orders.tax") == []
    sure, unsure = unused(inventory(**rows))
    assert "orders.tax" in sure | unsure


def test_a_timeframe_is_a_use_of_the_field():
    queries = [tile({"fields": ["orders.day[Month]", "orders.day[year]"]})]
    held = inventory(document_queries=queries)
    assert field_usage(held, "Orders.Day")["timeframe"].tolist() == ["month", "year"]
    assert field_usage(held, "orders.day[year]")["timeframe"].tolist() == ["year"]
    assert field_usage(held, "orders.day[week]").empty
    assert unused(held) == ({"orders.total", "orders.tax", "returns.total", "returns.tax"}, set())


def test_a_field_that_nobody_knows_is_refused_with_near_ones():
    with pytest.raises(omnipd.ArgumentError, match="in no model") as error:
        field_usage(inventory(), "orders.totals")
    assert "orders.total" in error.value.hint
    for wrong in ("total", "orders.", "", 5):
        with pytest.raises(omnipd.ArgumentError, match="is not a field name"):
            field_usage(inventory(), wrong)


def test_a_field_that_is_gone_and_still_used_is_found():
    held = inventory(document_queries=[tile({"fields": ["orders.gone"]})])
    assert uses(held, "orders.gone") == [("orders.gone", "tile", "field")]


def test_without_a_field_all_uses_come():
    held = inventory(relationships=[{"model_id": "m", "topic": "t", "sql": "${a.b} = ${c.d}"}])
    assert uses(held) == [
        ("orders.total", "tile", "field"),
        ("orders.day", "tile", "filter"),
        ("a.b", "relationship", "sql"),
        ("c.d", "relationship", "sql"),
    ]


UNUSED = {"orders.tax", "returns.total", "returns.tax"}


def test_what_nothing_uses_is_unused():
    answer = unused_fields(inventory())
    assert set(answer["fully_qualified_name"]) == UNUSED
    assert answer["is_unused"].all()
    assert answer["topics"].tolist() == ["orders"] * 3
    assert answer.attrs["omni"]["complete"] is True


OPEN = {
    "SQL by hand": {"document_queries": [tile(QUERY), tile({"userEditedSQL": "SELECT 1"})]},
    "cannot be read": {"document_queries": [tile(QUERY), tile(None)]},
    "cannot be read ": {"document_queries": [tile(QUERY), tile("{")]},
    "all of orders": {"document_queries": [tile(QUERY), tile({"fields": ["orders.*"]})]},
    "orders.gone is in no model": {
        "document_queries": [tile(QUERY), tile({"fields": ["orders.gone"]})]
    },
    "no dashboard": {"documents": [document(), document("d2", has_dashboard=False)]},
    "has a dashboard is not known": {"documents": [document(), document("d2", has_dashboard=None)]},
    "not in documents": {"content": [document(), document("d2")]},
    "names no field": {"dashboard_filters": [control({"type": "string"})]},
    "type TOP_N": {"dashboard_filters": [control({"controlType": "TOP_N"}, "control")]},
    "its condition": {"relationships": [{"model_id": "m", "topic": "t", "relationship_id": "r"}]},
    "what is in it": {"model_files": [{"model_id": "m", "file_name": "orders.view"}]},
}


@pytest.mark.parametrize(("why", "rows"), OPEN.items(), ids=OPEN)
def test_what_could_not_be_looked_into_is_a_row_and_withholds_unused(why, rows):
    held = inventory(**rows)
    answer = unused_fields(held)
    assert set(answer["fully_qualified_name"]) == UNUSED
    assert answer["is_unused"].isna().all()
    assert answer["reason"].str.contains(why.strip()).all()
    if "gone" not in why:
        rows = field_usage(held, "orders.tax")
        assert rows["is_known"].tolist() == [False]
        assert why.strip() in rows["reason"].item()
        assert rows["field"].isna().all()


def test_an_empty_dashboard_is_looked_into():
    held = inventory(documents=[document(), document("d2")])
    assert unused(held) == (UNUSED, set())


def test_sql_over_the_model_names_what_it_uses():
    held = inventory(document_queries=[tile({"userEditedSQL": "SELECT ${orders.tax}"})])
    assert uses(held) == [("orders.tax", "tile", "sql")]


def test_a_tile_of_one_model_says_nothing_of_another():
    both = [*fields("orders.tax"), *fields("orders.tax", model="n")]
    open_tile = tile({"fields": ["orders.tax"]}, model_id="n"), tile(None, model_id="n")
    held = inventory(views=both, topic_fields=[], document_queries=open_tile)
    answer = unused_fields(held)
    assert answer["model_id"].tolist() == ["m"]
    assert answer["is_unused"].tolist() == [True]


def test_the_model_of_a_workbook_may_be_any():
    both = [*fields("orders.tax", "orders.id"), *fields("orders.tax", model="n")]
    held = inventory(
        views=both,
        topic_fields=[],
        document_queries=[tile({"fields": ["orders.tax"]}, model_id="w")],
    )
    assert unused(held) == ({"orders.id"}, set())


def test_a_role_is_the_view_that_has_its_fields():
    views = fields("airports.name", "airports.lat", "airports.tz", "planes.name", "flights.id")
    topic = fields("origin.name", "origin.lat", "flights.id", topic="flights")
    held = inventory(
        views=views,
        topic_fields=topic,
        document_queries=[tile({"fields": ["origin.name", "flights.id"]})],
    )
    assert unused(held) == ({"airports.lat", "airports.tz", "planes.name"}, set())


def test_a_role_that_may_be_of_two_views_leaves_both_open():
    views = fields("airports.name", "airports.tz", "planes.name", "planes.tz", "people.tz")
    held = inventory(
        views=views,
        topic_fields=fields("origin.name", topic="flights"),
        document_queries=[tile({"fields": ["origin.name"]})],
    )
    sure, unsure = unused(held)
    assert unsure == {"airports.name", "planes.name"}
    assert sure == {"airports.tz", "planes.tz", "people.tz"}


def test_a_view_that_is_extended_is_used_with_the_one_that_extends_it():
    held = inventory(
        views=fields("a.x", "a.y", "b.x", "b.y", "c.x"),
        topic_fields=[],
        model_files=[
            {"model_id": "m", "file_name": "b.view", "view": "b", "yaml": "extends: [a]"},
            {"model_id": "m", "file_name": "c.view", "view": "c", "yaml": "extends: [b]"},
        ],
        document_queries=[tile({"fields": ["c.x"]})],
    )
    assert unused(held) == ({"a.y", "b.y"}, set())


LACKING = ["content", "dashboard_filters", "relationships", "model_files"]


@pytest.mark.parametrize(
    "name", [*LACKING, "document_queries", "topic_fields", "views", "documents"]
)
def test_a_table_that_is_not_whole_withholds_the_claim(name):
    held = tables()
    held[name] = marked_incomplete(held[name])
    _check_withheld(omnipd.Inventory(held), name, "incomplete")


@pytest.mark.parametrize("name", LACKING)
@pytest.mark.parametrize(("failures", "why"), [(True, "refused"), (False, "not in the inventory")])
def test_a_table_that_was_refused_or_not_asked_for_withholds_the_claim(name, failures, why):
    held = tables()
    del held[name]
    _check_withheld(omnipd.Inventory(held, {name: "refused"} if failures else {}), name, why)


def _check_withheld(held, name, why):
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = unused_fields(held)
    assert set(answer["fully_qualified_name"]) == UNUSED
    assert answer["is_unused"].isna().all()
    assert answer["reason"].str.contains(f"{name}: {why}").all()
    assert answer.attrs["omni"]["complete"] is False
    with pytest.warns(omnipd.OmniWarning, match=name):
        rows = field_usage(held, "orders.tax")
    assert rows["reason"].tolist() == [f"{name}: {why}"]
    assert rows["is_known"].tolist() == [False]


def test_without_the_queries_nothing_is_answered():
    held = tables()
    del held["document_queries"]
    refused = omnipd.Inventory(held, {"document_queries": "403"})
    for asked in (field_usage, unused_fields):
        with pytest.raises(omnipd.ArgumentError, match=r"no document_queries\. Not read: .*403"):
            asked(refused)


def test_what_is_one_person_s_own_is_looked_for():
    held = tables() | {"content": table("content", document())}
    answer = unused_fields(omnipd.Inventory(held))
    assert answer["is_unused"].isna().all()
    assert answer["reason"].str.startswith("content: what is one person's own").all()
    assert field_usage(omnipd.Inventory(held), "orders.tax")["is_known"].tolist() == [False]


def test_a_document_whose_queries_failed_is_named():
    held = tables()
    held["documents"] = table("documents", document(), document("d2"))
    held["document_queries"] = table(
        "document_queries", tile(QUERY), complete=False, failures={"d2": "500 from Omni"}
    )
    with pytest.warns(omnipd.OmniWarning, match="document_queries"):
        rows = field_usage(omnipd.Inventory(held), "orders.tax")
    assert rows[["document_name", "reason"]].to_numpy().tolist()[1:] == [["D2", "500 from Omni"]]


def test_answers_have_the_same_columns_without_rows():
    empty = inventory(**{name: [] for name in tables()})
    assert field_usage(empty).dtypes.equals(field_usage(inventory()).dtypes)
    assert unused_fields(empty).dtypes.equals(unused_fields(inventory()).dtypes)
    assert field_usage(empty).empty
    assert unused_fields(empty).empty


def test_odd_rows_are_no_error():
    nothing = {name: [{}, {}] for name in tables()}
    answer = field_usage(inventory(**nothing))
    assert not answer["is_known"].any()
    odd = inventory(
        document_queries=[tile(query) for query in ("[1]", "3", '{"fields": 3, "filters": [1]}')],
        dashboard_filters=[control(config) for config in ("[]", "{", '{"map": [1]}')],
        views=[*fields("orders.tax"), *fields("orders.tax")],
    )
    assert not field_usage(odd)["is_known"].any()
    assert unused_fields(odd)["is_unused"].isna().all()


@pytest.fixture(scope="module")
def of_sandbox(server):
    with omnipd.connect(server.url, server.api_key, cache=False) as client:
        documents = omnipd.read_documents(limit=12, client=client)
        boards = documents[documents["has_dashboard"]]
        models = omnipd.read_models(model_kind="SHARED", client=client)
        topics = omnipd.read_topics(models, client=client)
        return omnipd.Inventory(
            {
                "documents": boards,
                "content": omnipd.read_content(client=client).iloc[:0],
                "document_queries": omnipd.read_document_queries(boards, client=client),
                "dashboard_filters": omnipd.read_dashboard_filters(boards, client=client),
                "topic_fields": omnipd.read_topic_fields(topics, client=client),
                "relationships": omnipd.read_relationships(topics, client=client),
                "views": omnipd.read_views(models, client=client),
                "model_files": omnipd.read_model_files(models, client=client),
                "schedules": omnipd.read_schedules(client=client),
            }
        )


def test_every_field_of_the_sandbox_is_used_or_listed_as_not(of_sandbox):
    answer = field_usage(of_sandbox)
    tiles = answer[(answer["used_in"] == "tile") & (answer["used_as"] == "field")]
    asked = of_sandbox["document_queries"]["fields"].str.split(",").explode()
    assert set(tiles["field"]) == set(asked.str.partition("[")[0])
    of_joins = answer[(answer["used_in"] == "relationship") & (answer["topic"] == "flights")]
    assert "flights.tailnum" in set(of_joins["field"])
    names = set(unused_fields(of_sandbox)["fully_qualified_name"])
    # The first has no use; year, month and day make the date; origin_airport.faa is airports.faa.
    assert "planes.engines" in names
    assert not {"flights.year", "flights.day", "airports.faa", "weather.time_hour"} & names


def test_a_client_in_place_of_an_inventory_is_asked_now():
    with omnipd.sandbox(documents=5) as client:
        asked = [*field_usage.needs, *field_usage.also]
        inventory = omnipd.read_inventory(include=asked, errors="collect")
        pd.testing.assert_frame_equal(field_usage(client), field_usage(inventory))
        assert len(field_usage(inventory)) > 0
