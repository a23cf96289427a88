"""What the tiles of a dashboard show with its filters, and how a dashboard is found."""

import json
import re
import urllib.request
from datetime import datetime
from urllib.parse import quote

import pyarrow as pa
import pytest
from faults import given
from queries.plain_sql import ENTRANCES, statement
from queries.query_answers import assert_answers
from queries.query_cases import NOW, ORDERS, Case, date, number, orders, text
from scripted_server import answer

import omnipd
from omnipd import field
from omnipd_sandbox.server import Server

# What each filter of the demo organization means when nobody touches it, by its label.
AIRPORT = {"flights.origin": text("EQUALS", "JFK")}
DATE = {"flights.date": date("TIME_FOR_UNIT_DURATION", "2013-02")}
DISTANCE = {"flights.distance": number("GREATER_THAN", "500")}
STATUS = {"order_items.status": text("EQUALS", "complete", "shipped")}
THIRTY_DAYS = date("TIME_FOR_INTERVAL_DURATION", "30 days ago", "30 days")
ORDERED = {"order_items.created_at": THIRTY_DAYS}
SHIPPED = {"order_items.shipped_on": THIRTY_DAYS}
CATEGORY = {"products.category": text("CONTAINS", "shoes")}
TO_AIRPORT = {"flights.dest": text("EQUALS", "JFK")}
NONE: dict = {}

# Twenty dashboards of the demo organization: which filters are on which tile. Written down from what
# the dashboards are, not by the code that puts the filters on.
TWENTY = {
    "w9kwzitc27": {
        "Revenue by month": ORDERED | CATEGORY,
        "Items sold at full price": ORDERED | CATEGORY,
        "Customers by state": ORDERED | CATEGORY,
    },
    "v3spj1wn19": {"Orders by status": ORDERED, "Items sold at full price": ORDERED},
    "report-58": {
        "Cancellations by month": DISTANCE,
        "Planes & seats": DISTANCE,
        "Rain and delay": DISTANCE,
    },
    "xkbusqct1a4": {"Delay by airline": DATE},
    "038fdyma7c": {"Top 10 destinations": DATE, "February, by hour": DATE, "Rain and delay": DATE},
    "report-94": {"Customers by state": STATUS | CATEGORY},
    "xezsnbn2f2": {"Flights by origin": AIRPORT, "February, by hour": AIRPORT},
    "wulkkwibe": {"Revenue by category": ORDERED},
    "nhs8cmus17c": {"Flights by origin": AIRPORT | DATE, "Rain and delay": AIRPORT | DATE},
    "wsyed7tc22e": {
        "Orders by status": STATUS,
        "Revenue by month": STATUS,
        # Its own filter, for what was returned, gives way.
        "Returned, by state": STATUS,
    },
    "report-301": {
        "Revenue by category": STATUS | CATEGORY,
        "Returned, by state": STATUS | CATEGORY,
        "Customers by state": STATUS | CATEGORY,
    },
    "nl5po7b51d": {
        "Delay by airline": NONE,
        "Planes & seats": DISTANCE,
        "Rain and delay": DISTANCE,
    },
    "hkgoybti80": {"Delay by airline": NONE, "Planes & seats": DATE, "Rain and delay": DATE},
    "ktht8bmk74": {"Customers by state": STATUS | ORDERED},
    "report-13": {"Top 10 destinations": DISTANCE},
    "p33iv6qoa8": {"Items sold at full price": STATUS | ORDERED},
    "n3jijspna": {"Top 10 destinations": DATE | DISTANCE},
    "report-220": {
        "Cancellations by month": AIRPORT | DATE | DISTANCE,
        "February, by hour": AIRPORT | DATE | DISTANCE,
    },
    "gpn4ahs219f": {
        "Orders by status": ORDERED,
        "Revenue by category": SHIPPED,
        "Returned, by state": SHIPPED,
    },
    "y1ezjc6i1c1": {
        "Top 10 destinations": AIRPORT | DATE | DISTANCE,
        "Planes & seats": TO_AIRPORT | DATE | DISTANCE,
    },
    "gq7m3yog24b": {
        "Orders by status": NONE,
        "Returned, by state": NONE,
        "Who never ordered": NONE,
    },
}
# When each word for a time begins and ends, by hand: thirty days up to and with the 15th of November.
PERIODS = {
    "2013-02": (datetime.fromisoformat("2013-02-01"), datetime.fromisoformat("2013-03-01")),
    "30 days ago for 30 days": (
        datetime.fromisoformat("2024-10-17"),
        datetime.fromisoformat("2024-11-16"),
    ),
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(False, id="flat"),
        pytest.param(True, id="typed", marks=pytest.mark.thorough),
    ],
)
def demo(request):
    """The demo organization in November 2024, whose filters come in either form."""
    with Server(now=lambda: NOW, typed_dashboard_filters=request.param) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def november(demo):
    with omnipd.connect(demo.url, demo.api_key, requests_per_minute=None) as client:
        yield client


@pytest.fixture(scope="module")
def stored(demo):
    """The queries of the tiles as they are stored, by dashboard and name."""
    return {
        document: {
            each["name"]: each["query"]
            for each in asked(demo, f"/api/v1/documents/{document}/queries")["queries"]
        }
        for document in TWENTY
    }


def asked(server, path, body=None):
    request = urllib.request.Request(
        server.url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {server.api_key}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def assert_shows(df, query, name):
    """Hold a frame to one plain statement over the base tables."""
    [entrance] = [
        each
        for each in ENTRANCES
        if each.model == query["modelId"] and each.topic == query["join_paths_from_topic_name"]
    ]
    sql = statement(entrance, query, PERIODS)
    assert_answers(pa.Table.from_pandas(df, preserve_index=False), Case(name, query, sql))


@pytest.mark.filterwarnings("ignore:.*which is its limit")
@pytest.mark.parametrize("document", TWENTY)
def test_a_dashboard_shows_what_hand_written_queries_with_its_filters_give(
    november, stored, document
):
    frames = omnipd.run_document(document)
    assert list(frames) == list(TWENTY[document]) == list(stored[document])
    for name, on_it in TWENTY[document].items():
        query = stored[document][name]
        own = {key: one for key, one in query["filters"].items() if key not in on_it}
        assert_shows(frames[name], query | {"filters": own | on_it}, f"{document}: {name}")
        facts = frames[name].attrs["omni"]
        assert {one["field"] for one in facts["filters_applied"]} == set(on_it)
        assert facts["filters_not_applied"] == []
        one = omnipd.run_document_query(document, name)
        assert one.equals(frames[name])
        assert one.attrs["omni"]["filters_applied"] == facts["filters_applied"]


@pytest.mark.filterwarnings("ignore:.*which is its limit")
def test_filters_in_their_typed_form_mean_the_same(november):
    with (
        Server(now=lambda: NOW, typed_dashboard_filters=True) as typed,
        omnipd.connect(typed.url, typed.api_key, requests_per_minute=None) as other,
    ):
        # Text, numbers and both kinds of dates.
        for document in ("w9kwzitc27", "ktht8bmk74", "y1ezjc6i1c1"):
            flat = omnipd.run_document(document, client=november)
            for name, df in omnipd.run_document(document, client=other).items():
                assert df.equals(flat[name])
                on_both = [
                    [each["field"] for each in one.attrs["omni"]["filters_applied"]]
                    for one in (df, flat[name])
                ]
                assert on_both[0] == on_both[1] != []


@pytest.mark.filterwarnings("ignore:.*which is its limit")
@pytest.mark.parametrize("document", TWENTY)
def test_without_filters_the_tiles_are_as_they_are_stored(november, stored, document):
    frames = omnipd.run_document(document, filters=None)
    for name, query in stored[document].items():
        assert_shows(frames[name], query, f"{document}: {name}")
        assert frames[name].attrs["omni"]["filters_applied"] == []


def test_the_known_dashboard_shows_no_rows_today(omni):
    shown = omnipd.run_document("w9kwzitc27")
    assert [len(df) for df in shown.values()] == [0, 0, 0]
    as_stored = omnipd.run_document("w9kwzitc27", filters=None)
    assert [len(df) for df in as_stored.values()] == [14, 170, 7]


def test_the_frames_say_which_filters_are_on_them(omni):
    df = omnipd.run_document_query("w9kwzitc27", "Revenue by month")
    assert df.attrs["omni"]["filters_applied"] == [
        {
            "id": "YaIPNtw4",
            "label": "Ordered",
            "field": "order_items.created_at",
            "filter": {
                "kind": "TIME_FOR_INTERVAL_DURATION",
                "type": "date",
                "left_side": "30 days ago",
                "right_side": "30 days",
            },
        },
        {
            "id": "sEmBlC7j",
            "label": "Category",
            "field": "products.category",
            "filter": {"kind": "CONTAINS", "type": "string", "values": ["shoes"]},
        },
    ]
    assert json.loads(json.dumps(df.attrs["omni"])) == df.attrs["omni"]


SOCKS = {"products.category": text("EQUALS", "Socks")}
TEXAS = {"users.state": text("EQUALS", "Texas")}
JUNE = {"order_items.created_at": date("TIME_FOR_UNIT_DURATION", "2024-06")}
CHANGES = {
    "nothing": ({}, ORDERED | CATEGORY),
    "by label, a condition": (
        {"Ordered": None, "Category": field("products.category") == "Socks"},
        SOCKS,
    ),
    "by id and by field, filter objects": (
        {
            "YaIPNtw4": JUNE["order_items.created_at"],
            "products.category": SOCKS["products.category"],
        },
        JUNE | SOCKS,
    ),
    "plain values": ({"Ordered": "2024-06", "Category": None, "State": "Texas"}, JUNE | TEXAS),
    "a list of plain values": (
        {"Ordered": None, "Category": None, "State": ["Texas", "Ohio"]},
        {"users.state": text("EQUALS", "Texas", "Ohio")},
    ),
    "the others keep their default": ({"Category": None}, ORDERED),
    "one that was not set": ({field("users.state"): "Texas"}, ORDERED | CATEGORY | TEXAS),
    "an empty filter object": ({"Ordered": None, "Category": text("CONTAINS")}, NONE),
    "conditions": (
        [field("products.category") == "Socks", field("order_items.created_at").in_the("2024-06")],
        JUNE | SOCKS,
    ),
    "one condition of two fields": (
        (field("products.category") == "Socks")
        & (field("order_items.created_at[month]") == "2024-06"),
        JUNE | SOCKS,
    ),
}
PERIODS["2024-06"] = (datetime.fromisoformat("2024-06-01"), datetime.fromisoformat("2024-07-01"))


@pytest.mark.parametrize(("changes", "on_it"), CHANGES.values(), ids=CHANGES)
def test_filters_are_changed_by_id_label_or_field(november, stored, changes, on_it):
    for name, df in omnipd.run_document("w9kwzitc27", filters=changes).items():
        query = stored["w9kwzitc27"][name]
        assert_shows(df, query | {"filters": query["filters"] | on_it}, name)


REFUSED = {
    "a name there is not": (
        {"Stat": "x"},
        "has no filter 'Stat'",
        "Did you mean 'State'?",
    ),
    "a field's own name": ({"created_at": "x"}, "no filter 'created_at'", "order_items.created_at"),
    "other case": ({"sTATE": "x"}, "no filter 'sTATE'", "'State'"),
    "a name like none": (
        {"zzzzzz": "x"},
        "no filter 'zzzzzz'",
        r"It has 'Ordered' \(order_items.created_at\), 'State' \(users.state\), 'Category'",
    ),
    "a condition on another field": ([field("users.age") > 3], "no filter 'users.age'", ""),
    "a condition of another filter": (
        {"State": field("users.age") > 3},
        "given a condition on users.age",
        "one on users.state",
    ),
    "or across fields": (
        [(field("users.state") == "x") | (field("products.category") == "y")],
        "cannot say 'or' across users.state and products.category",
        "",
    ),
    "a value for a filter that contains": ({"Category": "Socks"}, "CONTAINS, is not clear", ""),
    "several periods": ({"Ordered": ["2024-06", "2024-07"]}, "is not clear", ""),
    "no values": ({"State": []}, "is not clear", "None for no filter"),
    "another type": ({"Ordered": field("order_items.created_at") == 5}, "is of type date", ""),
    "an object without a type": ({"Category": {"kind": "X"}}, "has no type|no list of values", ""),
    "an unknown kind": (
        {"Ordered": date("WITHIN_RANGE", "2024-01-01", "2024-02-01")},
        "the kind 'WITHIN_RANGE', which is not known",
        "",
    ),
    "a near miss": ({"State": text("EQUAL", "x")}, "Omni refuses", "'EQUALS'"),
    "twice": ({"State": "x", "users.state": "y"}, "is changed twice", ""),
}


@pytest.mark.parametrize(("changes", "words", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_no_filter_can_be_set_to_is_refused_before_any_query_is_sent(
    november, demo, changes, words, hint
):
    before = len(demo.requests)
    for errors in ("raise", "collect"):
        with pytest.raises(omnipd.ArgumentError, match=words) as caught:
            omnipd.run_document("w9kwzitc27", filters=changes, errors=errors)
        assert re.search(hint, caught.value.hint or "")
        with pytest.raises(omnipd.ArgumentError, match=words):
            omnipd.run_document_query(
                "w9kwzitc27", "Revenue by month", filters=changes, errors=errors
            )
    assert not [one for one in demo.requests[before:] if "query/run" in one.path]


@pytest.mark.parametrize("filters", ["stored", 5, ["State"], [{"State": "x"}], True, b"dashboard"])
def test_what_is_no_change_of_filters_is_refused_before_anything_is_sent(scripted, filters):
    client = given.client_of(scripted, cache=False)
    with pytest.raises(omnipd.ArgumentError, match="is neither 'dashboard', nor None"):
        omnipd.run_document("d1", filters=filters, client=client)
    with pytest.raises(omnipd.ArgumentError, match="is neither 'dashboard', nor None"):
        omnipd.run_document_query("d1", "x", filters=filters, client=client)
    assert scripted.requests == []


# --- what stands on the wire, piece by piece

TOPIC = {
    "success": True,
    "topic": {
        "name": "users",
        "views": [
            {
                "name": "users",
                "dimensions": [
                    {
                        "field_name": name,
                        "view_name": "users",
                        "fully_qualified_name": f"users.{name}",
                        "data_type": kind,
                        "is_dimension": True,
                    }
                    for name, kind in {
                        "state": "STRING",
                        "city": "STRING",
                        "age": "NUMBER",
                        "born": "TIMESTAMP",
                        "died": "TIMESTAMP",
                        "happy": "BOOLEAN",
                    }.items()
                ],
                "measures": [],
                "filter_only_fields": [],
            }
        ],
        "relationships": [],
    },
}
QUERY = given.QUERY | {"join_paths_from_topic_name": "users", "filters": {}}


class Board:
    """An Omni with one dashboard, which says what it is told to, and notes what queries ask."""

    def __init__(self, scripted):
        self.scripted = scripted
        self.filters = {}
        self.controls = {}
        self.metadata = {"layout": "grid"}
        self.tiles = {"1": QUERY, "2": QUERY}
        self.details_status = self.filters_status = self.topic_status = 200
        scripted.by_target = self.step
        self.client = given.client_of(scripted, cache=False)

    def step(self, target):
        path = target.partition("?")[0]
        if path == "/api/v1/documents/d1/queries":
            return answer(
                {
                    "queries": [
                        {
                            "id": f"q{key}",
                            "name": f"Tile {key}",
                            "query": query,
                            "queryIdentifierMapKey": key,
                        }
                        for key, query in self.tiles.items()
                    ]
                }
            )
        if path == "/api/v1/dashboards/d1/filters":
            order = [*self.filters, *self.controls]
            return answer(
                {
                    "identifier": "d1",
                    "filterOrder": order,
                    "filters": self.filters,
                    "controls": self.controls,
                },
                self.filters_status,
            )
        if path == "/api/v1/documents/d1":
            return answer(
                {
                    "name": "d1",
                    "modelId": given.MODEL,
                    "facetFilters": False,
                    "filterOrder": [],
                    "refreshInterval": None,
                    "queryPresentations": [],
                    "documentMetadata": self.metadata,
                },
                self.details_status,
            )
        if path == f"/api/v1/models/{given.MODEL}/topic/users":
            return answer(TOPIC, self.topic_status)
        if path == "/api/v1/query/run":
            return answer(given.whole_answer())
        return answer({"detail": "Not found"}, 404)

    def run(self, **options):
        return omnipd.run_document("d1", client=self.client, **options)

    def sent(self):
        """The queries that were posted, in the order of their tiles' limits."""
        bodies = [json.loads(body) for *_, body in self.scripted.requests if body]
        return sorted((one["query"] for one in bodies), key=lambda query: query["limit"])

    def asked(self, part):
        return [target for _, target, *_ in self.scripted.requests if part in target]


@pytest.fixture
def board(scripted):
    made = Board(scripted)
    made.tiles = {"1": QUERY | {"limit": 11}, "2": QUERY | {"limit": 12}}
    return made


def typed(filter_, name="users.state", **rest):
    return filter_ | {"label": "State", "fieldName": name, **rest}


FORMS = {
    "typed": (
        typed(text("EQUALS", "CA"), hidden=True, topic="users", base_view="users", required=True),
        text("EQUALS", "CA"),
    ),
    "typed, negative": (
        typed(text("EQUALS", "CA", is_negative=True)),
        text("EQUALS", "CA", is_negative=True),
    ),
    "typed, null": (
        typed({"type": "null", "is_negative": True}),
        {"type": "null", "is_negative": True},
    ),
    "flat text": (
        {"viewName": "users", "fieldName": "state", "kind": "EQUALS", "defaultValue": ["CA"]},
        text("EQUALS", "CA"),
    ),
    "flat, one text": (
        {"viewName": "users", "fieldName": "state", "kind": "STARTS_WITH", "defaultValue": "C"},
        text("STARTS_WITH", "C"),
    ),
    "flat number": (
        {"viewName": "users", "fieldName": "age", "kind": "LESS_THAN", "defaultValue": 30},
        number("LESS_THAN", "30"),
    ),
    "flat numbers, as text": (
        {"viewName": "users", "fieldName": "age", "kind": "EQUALS", "defaultValue": ["3", "5"]},
        number("EQUALS", "3", "5"),
    ),
    "flat flag": (
        {"viewName": "users", "fieldName": "happy", "kind": "EQUALS", "defaultValue": True},
        {"type": "boolean", "is_negative": False},
    ),
    "flat flag, negative": (
        {
            "viewName": "users",
            "fieldName": "happy",
            "kind": "EQUALS",
            "is_negative": True,
            "defaultValue": True,
        },
        {"type": "boolean", "is_negative": True},
    ),
    "flat flag, nulls count as false": (
        {
            "viewName": "users",
            "fieldName": "happy",
            "kind": "EQUALS",
            "treat_nulls_as_false": True,
            "defaultValue": False,
        },
        {"type": "boolean", "is_negative": True, "treat_nulls_as_false": True},
    ),
    "flat period": (
        {
            "viewName": "users",
            "fieldName": "born",
            "kind": "TIME_FOR_INTERVAL_DURATION",
            "defaultValue": "6 months",
        },
        date("TIME_FOR_INTERVAL_DURATION", "6 months ago", "6 months"),
    ),
    "flat bound": (
        {"viewName": "users", "fieldName": "born", "kind": "BEFORE", "defaultValue": "2024"},
        date("BEFORE", right="2024"),
    ),
    "flat range": (
        {
            "viewName": "users",
            "fieldName": "born",
            "kind": "BETWEEN",
            "defaultValue": ["2024-01-01", "2024-02-01"],
        },
        date("BETWEEN", "2024-01-01", "2024-02-01"),
    ),
    "flat, a filter object as the default": (
        {
            "viewName": "users",
            "fieldName": "state",
            "kind": "EQUALS",
            "defaultValue": text("EQUALS", "CA"),
        },
        text("EQUALS", "CA"),
    ),
    "with its tiles beside it": (
        {"config": typed(text("EQUALS", "CA")), "map": {}},
        text("EQUALS", "CA"),
    ),
}


@pytest.mark.parametrize(("config", "filter_"), FORMS.values(), ids=FORMS)
def test_every_form_of_a_filter_is_put_on_all_tiles(board, config, filter_):
    board.filters = {"f1": config}
    frames = board.run()
    inner = config.get("config", config)
    name = inner["fieldName"] if "." in inner["fieldName"] else f"users.{inner['fieldName']}"
    assert [query["filters"] for query in board.sent()] == [{name: filter_}] * 2
    assert [df.attrs["omni"]["filters_applied"][0]["filter"] for df in frames.values()] == (
        [filter_] * 2
    )


UNSET = {
    "no values": typed(text("EQUALS")),
    "values of null": typed(text("EQUALS") | {"values": None}),
    "no side": typed({"type": "date", "ui_type": "ANY_TIME"}, "users.born"),
    "no boolean": typed({"type": "boolean"}, "users.happy"),
    "a default of null": {"viewName": "users", "fieldName": "state", "kind": "EQUALS"},
    "a kind that nobody knows, of nothing": {
        "viewName": "users",
        "fieldName": "no_such",
        "kind": "NEW",
        "defaultValue": [],
    },
}


@pytest.mark.parametrize("config", UNSET.values(), ids=UNSET)
def test_a_filter_in_which_nothing_is_chosen_is_on_no_tile(board, config):
    board.tiles["1"] = board.tiles["1"] | {"filters": {"users.state": text("EQUALS", "NY")}}
    board.filters = {"f1": config}
    frames = board.run()
    assert [query["filters"] for query in board.sent()] == [
        {"users.state": text("EQUALS", "NY")},
        {},
    ]
    assert frames["Tile 1"].attrs["omni"]["filters_applied"] == []
    assert board.asked("/documents/d1?") == board.asked("/topic/") == []


def test_a_filter_of_the_dashboard_takes_the_place_of_the_tiles_own(board):
    own = {"users.state": text("EQUALS", "NY"), "users.age": number("LESS_THAN", "9")}
    board.tiles = {"1": board.tiles["1"] | {"filters": own}}
    board.filters = {"f1": typed(text("EQUALS", "CA"))}
    board.run()
    assert board.sent()[0]["filters"] == own | {"users.state": text("EQUALS", "CA")}


def test_it_takes_the_place_of_the_tiles_own_in_another_case_too(board):
    own = {"USERS.State": text("EQUALS", "NY")}
    board.tiles = {"1": board.tiles["1"] | {"filters": own}}
    board.filters = {"f1": typed(text("EQUALS", "CA"))}
    board.run()
    assert board.sent()[0]["filters"] == {"users.state": text("EQUALS", "CA")}


def test_two_filters_on_one_field_keep_the_rows_of_either(board):
    board.filters = {
        "f1": typed(text("EQUALS", "CA")),
        "f2": typed(text("STARTS_WITH", "N")),
        "f3": typed(text("EQUALS"), label="Unset"),
    }
    frames = board.run()
    both = {
        "type": "composite",
        "conjunction": "OR",
        "filters": [text("EQUALS", "CA"), text("STARTS_WITH", "N")],
    }
    assert [query["filters"] for query in board.sent()] == [{"users.state": both}] * 2
    applied = frames["Tile 1"].attrs["omni"]["filters_applied"]
    assert [one["id"] for one in applied] == ["f1", "f2"]
    with pytest.raises(omnipd.ArgumentError, match="has 2 filters 'State'") as caught:
        board.run(filters={"State": "x"})
    assert caught.value.hint == "Pass the id of one: f1, f2."
    with pytest.raises(omnipd.ArgumentError, match=r"has 3 filters 'users.state'"):
        board.run(filters=[field("users.state") == "x"])
    board.run(filters={"f1": None, "f2": field("users.state") == "TX"})
    assert board.sent()[-1]["filters"] == {"users.state": text("EQUALS", "TX")}


@pytest.mark.parametrize("place", ["beside", "in the details"])
def test_a_filter_is_off_or_on_another_field_where_the_dashboard_says_so(board, place):
    held = {"1": False, "2": "users.city"}
    board.tiles["3"] = QUERY | {"limit": 13}
    if place == "beside":
        board.filters = {"f1": {"config": typed(text("EQUALS", "CA")), "map": held}}
    else:
        board.filters = {"f1": typed(text("EQUALS", "CA"))}
        board.metadata = {"tileFilterMap": {key: {"f1": value} for key, value in held.items()}}
    frames = board.run()
    assert [query["filters"] for query in board.sent()] == [
        {},
        {"users.city": text("EQUALS", "CA")},
        {"users.state": text("EQUALS", "CA")},
    ]
    fields = [
        [one["field"] for one in df.attrs["omni"]["filters_applied"]] for df in frames.values()
    ]
    assert fields == [[], ["users.city"], ["users.state"]]
    assert len(board.asked("/documents/d1?")) + len(
        [one for one in board.asked("/documents/d1") if one.endswith("/d1")]
    ) == (0 if place == "beside" else 1)


def test_where_the_binding_cannot_be_read_it_is_said_and_all_tiles_are_filtered(board):
    board.filters = {"f1": typed(text("EQUALS", "CA"))}
    board.details_status = 404
    with pytest.warns(omnipd.OmniWarning, match="could not be read: they are put on all"):
        board.run()
    assert [query["filters"] for query in board.sent()] == [
        {"users.state": text("EQUALS", "CA")}
    ] * 2


def test_a_binding_in_a_form_that_is_not_known_is_an_error(board):
    board.filters = {"f1": {"config": typed(text("EQUALS", "CA")), "map": {"1": {"off": True}}}}
    with pytest.raises(omnipd.ArgumentError, match="what it does to this tile is not known"):
        board.run()
    assert board.sent() == []


def test_sql_by_hand_is_not_filtered(board):
    sql = {"modelId": given.MODEL, "userEditedSQL": "SELECT 1", "rewriteSql": False, "fields": []}
    board.tiles = {"1": sql | {"limit": 11}, "2": board.tiles["2"]}
    board.filters = {"f1": typed(text("EQUALS", "CA"))}
    frames = board.run()
    assert [query["filters"] for query in board.sent()] == [
        {},
        {"users.state": text("EQUALS", "CA")},
    ]
    assert frames["Tile 1"].attrs["omni"]["filters_applied"] == []
    with pytest.raises(omnipd.ArgumentError, match="does not reach the tile 'Tile 1': it is SQL"):
        omnipd.run_document_query("d1", "Tile 1", filters={"State": "x"}, client=board.client)


def test_a_changed_filter_that_reaches_no_tile_is_refused(board):
    board.filters = {"f1": {"config": typed(text("EQUALS", "CA")), "map": {"1": False}}}
    board.run(filters={"State": "NY"})
    assert [query["filters"] for query in board.sent()] == [
        {},
        {"users.state": text("EQUALS", "NY")},
    ]
    with pytest.raises(
        omnipd.ArgumentError, match=r"not reach the tile 'q1': .* binds it to other"
    ):
        omnipd.run_document_query("d1", "q1", filters={"State": "NY"}, client=board.client)
    board.filters["f1"]["map"]["2"] = False
    with pytest.raises(
        omnipd.ArgumentError, match=r"not reach the tile 'Tile 1', the tile 'Tile 2': .* other"
    ):
        board.run(filters=[field("users.state") == "NY"])
    assert len(board.sent()) == 2
    assert [len(df) for df in board.run(filters={"State": None}).values()] == [3, 3]


LACKING = {
    "a kind that is not known": (
        typed(date("WITHIN_RANGE", "2024-01-01", "2024-02-01"), "users.born"),
        "its kind 'WITHIN_RANGE' is not known",
    ),
    "a flat kind that is not known": (
        {"label": "State", "fieldName": "users.state", "kind": "NEW", "defaultValue": ["x"]},
        "its kind 'NEW' is not known",
    ),
    "a type that is not known": (
        typed({"type": "by_query", "query_id": "q"}),
        "its type 'by_query' is not known",
    ),
    "another query": (
        typed({"type": "query", "query_id": "q", "field_name": "a.b"}),
        "another query of the dashboard",
    ),
    "a field that the topic lacks": (
        typed(text("EQUALS", "CA"), "orders.status"),
        "the topic of the tile has no field orders.status",
    ),
    "no field": (
        {"type": "string", "kind": "EQUALS", "values": ["x"], "label": "State"},
        "no field",
    ),
    "a field of another type": (
        typed(text("EQUALS", "CA"), "users.age"),
        "users.age is NUMBER: Omni would ignore it",
    ),
    "what Omni would misread": (
        typed(date("BETWEEN", "2024-01-01"), "users.born"),
        "has no right_side",
    ),
    **{
        kind: (
            {
                "controlType": kind,
                "label": "State",
                "field": "users.state",
                "values": ["users.age"],
            },
            f"a control of the type {kind} does to a query is not known",
        )
        for kind in (
            *("FIELD_SELECTION", "MULTI_FIELD_SELECTION", "FIELD_PICKER", "TOP_N"),
            *("DYNAMIC_FILTER", "PERIOD_OVER_PERIOD", "SOMETHING_NEW"),
        )
    },
}


@pytest.mark.parametrize(("config", "reason"), LACKING.values(), ids=LACKING)
def test_what_cannot_be_applied_is_an_error_by_name_or_said_in_the_frame(board, config, reason):
    held = board.controls if "controlType" in config else board.filters
    held["f1"] = config
    board.filters["f2"] = typed(number("LESS_THAN", "9"), "users.age", label="Age")
    with pytest.raises(omnipd.ArgumentError) as caught:
        board.run()
    assert "no query was sent" in str(caught.value)
    assert "On the tile 'Tile 1' 'State'" in str(caught.value)
    assert "On the tile 'Tile 2' 'State'" in str(caught.value)
    assert reason in str(caught.value)
    with pytest.raises(omnipd.ArgumentError, match="On the tile 'q1' 'State'"):
        omnipd.run_document_query("d1", "q1", client=board.client)
    assert board.sent() == []

    with pytest.warns(omnipd.OmniWarning, match="other figures than the dashboard") as warned:
        frames = board.run(errors="collect")
    assert reason in str(warned[0].message)
    assert [query["filters"] for query in board.sent()] == [
        {"users.age": number("LESS_THAN", "9")}
    ] * 2
    for df in frames.values():
        facts = df.attrs["omni"]
        assert [one["label"] for one in facts["filters_applied"]] == ["Age"]
        [lacking] = facts["filters_not_applied"]
        assert (lacking["id"], lacking["label"]) == ("f1", "State")
        assert reason in lacking["reason"]
    with pytest.warns(omnipd.OmniWarning, match="other figures"):
        df = omnipd.run_document_query("d1", "q1", errors="collect", client=board.client)
    assert df.attrs["omni"]["filters_not_applied"] == [lacking]

    # What is left out by its name is in nobody's way.
    assert len(board.run(filters={"State": None})) == 2


def test_a_picker_of_fields_in_which_none_is_chosen_changes_nothing(board):
    board.controls = {"c1": {"controlType": "FIELD_PICKER", "label": "More", "values": []}}
    assert [len(df) for df in board.run().values()] == [3, 3]
    with pytest.raises(
        omnipd.ArgumentError, match="a control of the type FIELD_PICKER, which takes"
    ):
        board.run(filters={"More": "users.age"})
    # Whether one is chosen is not said here.
    board.controls["c1"].pop("values")
    with pytest.raises(omnipd.ArgumentError, match="FIELD_PICKER does to a query is not known"):
        board.run()


def test_a_filter_whose_topic_cannot_be_read_is_sent_for_omni_to_judge(board):
    board.topic_status = 403
    board.filters = {"f1": typed(text("EQUALS", "CA"), "orders.status")}
    board.run()
    assert [query["filters"] for query in board.sent()] == [
        {"orders.status": text("EQUALS", "CA")}
    ] * 2


def test_filters_that_cannot_be_read_stop_everything_and_say_what_goes_without(board):
    board.filters_status = 403
    for errors in ("raise", "collect"):
        with pytest.raises(omnipd.ForbiddenError, match="no query was sent; filters=None runs"):
            board.run(errors=errors)
    assert board.sent() == []
    assert len(board.run(filters=None)) == 2
    assert len(board.asked("/filters")) == 2


def test_a_topic_is_read_once_for_all_tiles(board):
    board.filters = {"f1": typed(text("EQUALS", "CA"))}
    board.run()
    assert len(board.asked("/topic/users")) == 1
    assert len(board.scripted.requests) == 1 + 1 + 1 + 1 + 2


ENTRIES = [
    {"id": "a", "fieldName": "users.state", "filter": text("EQUALS", "CA")},
    {"id": "b", "fieldName": "users.age", "filter": number("LESS_THAN", "9")},
    {"id": "c", "fieldName": "users.city", "filter": text("EQUALS")},
]


@pytest.mark.parametrize("form", ["flat", "with its tiles"])
def test_a_filter_on_several_fields_goes_into_the_controls_of_the_query(board, form):
    config = {
        "type": "MULTI_FIELD_FILTER",
        "label": "Any",
        "conjunction": "OR",
        "filters": list(ENTRIES),
    }
    if form == "flat":
        config["controlType"] = config.pop("type")
        board.controls = {"m1": config}
    else:
        board.filters = {"m1": {"config": config, "map": {"1": False}}}
    frames = board.run()
    sent = {
        "id": "m1",
        "type": "MULTI_FIELD_FILTER",
        "label": "Any",
        "conjunction": "OR",
        "filters": ENTRIES[:2],
    }
    first, second = board.sent()
    assert second["controls"] == [sent]
    assert first.get("controls", []) == ([sent] if form == "flat" else [])
    assert frames["Tile 2"].attrs["omni"]["filters_applied"] == [
        {"id": "m1", "label": "Any", "field": None, "filter": sent}
    ]
    (config["filters"]).append(
        {"id": "d", "fieldName": "orders.id", "filter": number("EQUALS", "1")}
    )
    with pytest.raises(omnipd.ArgumentError, match=r"the topic of the tile has no field orders.id"):
        board.run()
    config["filters"] = ENTRIES[2:3]
    assert board.run()["Tile 2"].attrs["omni"]["filters_applied"] == []


STATE, AGE = field("users.state"), field("users.age")


def test_a_filter_on_several_fields_is_changed_by_a_condition(board):
    config = {"controlType": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": list(ENTRIES)}
    board.controls = {"m1": config | {"label": "Any"}}

    def sent_for(condition):
        board.run(filters={"Any": condition})
        [control] = board.sent()[-1].get("controls", [None])
        return control

    made = {"id": "m1", "type": "MULTI_FIELD_FILTER", "label": "Any", "conjunction": "OR"}
    texan = {"id": "a", "fieldName": "users.state", "filter": text("EQUALS", "Texas")}
    old = {"id": "b", "fieldName": "users.age", "filter": number("GREATER_THAN", "60")}
    assert sent_for((STATE == "Texas") | (AGE > 60)) == {**made, "filters": [texan, old]}
    assert sent_for(AGE > 60) == {**made, "filters": [old]}
    assert sent_for(None) is None
    for wrong in (
        (STATE == "Texas") & (AGE > 60),
        (STATE == "Texas") | (field("users.zip") == "1"),
        ((STATE == "Texas") & (AGE > 60)) | (field("users.city") == "x"),
    ):
        with pytest.raises(omnipd.ArgumentError, match="any of its conditions") as caught:
            board.run(filters={"Any": wrong})
        assert "users.state and users.age and users.city" in caught.value.hint
    with pytest.raises(omnipd.ArgumentError, match="takes no value here") as caught:
        board.run(filters={"Any": "Texas"})
    assert "a condition on users.state and users.age" in caught.value.hint


# --- figures of dashboards that are made for it


def made(server, filters=None, controls=None, bound=None, queries=None):
    """Make a dashboard in a sandbox and return its identifier."""
    return asked(
        server,
        "/api/unstable/documents/import",
        {
            "baseModelId": ORDERS if queries is None else queries[0]["modelId"],
            "exportVersion": "0.1",
            "document": {"name": "Made"},
            "queryModels": {
                f"q{n}": {"name": f"Tile {n}", "query": query}
                for n, query in enumerate(queries or [ITEMS], 1)
            },
            "dashboard": {
                "filterConfig": filters or {},
                "controls": controls or {},
                "filterOrder": [*(filters or {}), *(controls or {})],
                "metadata": {"tileFilterMap": bound or {}},
            },
        },
    )["identifier"]


ITEMS = orders(["order_items.count"])


@pytest.fixture
def own():
    with omnipd.sandbox(documents=3) as client:
        yield client


def count(frames):
    return [int(df.iloc[0, -1]) for df in frames.values()]


def of(server, condition):
    """How many items fulfil a condition of SQL."""
    from omnipd_sandbox.engine.data.warehouse import warehouse

    sql = f"""SELECT count(*) AS n FROM order_items
              LEFT JOIN users ON order_items.user_id = users.id WHERE {condition}"""
    return warehouse("orders").run(sql).to_pylist()[0]["n"]


def test_a_filter_on_several_fields_keeps_what_fulfils_any(own):
    one = {"id": "a", "fieldName": "order_items.status", "filter": text("EQUALS", "complete")}
    other = {"id": "b", "fieldName": "users.state", "filter": text("EQUALS", "Texas")}
    more = {"id": "c", "fieldName": "order_items.quantity", "filter": number("GREATER_THAN", "1")}
    document = made(
        own.server,
        {"f": {"type": "boolean", "fieldName": "order_items.is_gift", "is_negative": True}},
        {
            name: {"controlType": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": filters}
            for name, filters in {"m": [one, other], "n": [more, other]}.items()
        },
    )
    [n] = count(omnipd.run_document(document, errors="raise"))
    assert n == of(
        own.server,
        """(status = 'complete' OR state = 'Texas') AND (quantity > 1 OR state = 'Texas')
           AND NOT is_gift""",
    )
    assert 0 < n < of(own.server, "NOT is_gift")


def test_two_filters_on_one_field_of_the_demo_data_are_a_union(own):
    document = made(
        own.server,
        {
            name: typed(text("EQUALS", name), "order_items.status", label=name)
            for name in ("complete", "shipped")
        },
    )
    [n] = count(omnipd.run_document(document))
    assert n == of(own.server, "status IN ('complete', 'shipped')")
    [n] = count(omnipd.run_document(document, filters={"shipped": None}))
    assert n == of(own.server, "status = 'complete'")


def test_the_sandbox_keeps_what_a_dashboard_binds_its_filters_to(own):
    document = made(
        own.server,
        {"f": typed(text("EQUALS", "complete"), "order_items.status")},
        bound={"1": {"f": False}},
        queries=[ITEMS, ITEMS],
    )
    everything, complete = count(omnipd.run_document(document))
    assert (everything, complete) == (240, of(own.server, "status = 'complete'"))
    copy = asked(own.server, f"/api/v1/documents/{document}/duplicate", {"name": "Copy"})
    again = asked(
        own.server,
        "/api/unstable/documents/import",
        asked(own.server, f"/api/unstable/documents/{document}/export") | {"baseModelId": ORDERS},
    )
    for one in (copy, again):
        assert count(omnipd.run_document(one["identifier"])) == [everything, complete]


def test_where_a_dashboard_is_bound_is_kept_in_a_folder_and_in_a_state(tmp_path):
    state = tmp_path / "state.json"
    with omnipd.sandbox(documents=3, state=state) as client:
        document = made(
            client.server,
            {"f": typed(text("EQUALS", "complete"), "order_items.status")},
            bound={"1": {"f": False}},
        )
    with omnipd.sandbox(documents=3, state=state):
        assert count(omnipd.run_document(document)) == [240]


# --- how a dashboard is found


# Of the second the name looks like an identifier.
@pytest.mark.parametrize(
    ("document", "name", "tile"),
    [
        ("xkbusqct1a4", "Arrival delays 2013", "Delay by airline"),
        ("report-58", "007", "Rain and delay"),
    ],
)
def test_an_identifier_an_address_and_a_name_find_the_same_dashboard(
    omni, server, document, name, tile
):
    documents = omnipd.read_documents(client=omni)
    assert documents.loc[documents["name"] == name, "document_identifier"].tolist() == [document]
    expected = omnipd.run_document(document)
    for address in [
        name,
        f"{server.url}/dashboards/{document}",
        f"{server.url}/dashboards/{document}/",
        f"{server.url.replace('http', 'HTTP')}/dashboards/{document}?tile=2#top",
        f"{server.url}/embed/dashboards/{document}",
        f"{server.url}/w/{document}",
    ]:
        frames = omnipd.run_document(address)
        assert list(frames) == list(expected)
        assert all(df.equals(expected[each]) for each, df in frames.items())
        assert omnipd.run_document_query(address, tile).equals(expected[tile])


def test_an_identifier_and_an_address_need_no_list(omni, server):
    for document in ("xezsnbn2f2", f"{server.url}/dashboards/xezsnbn2f2"):
        before = len(server.requests)
        omnipd.run_document(document, client=omni)
        asked_for = [one.path for one in server.requests[before:]]
        assert not [path for path in asked_for if path.rstrip("/") == "/api/v1/documents"]


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("f--flights.origin=" + quote(json.dumps(text("EQUALS", "EWR"))), {}),
        ("tile=1&f--Airport=EWR", {}),
        ("f--flights.origin=" + quote('{"type":"string","kind":"EQUALS","values":["EWR"]}'), {}),
        ("f--flights.origin=LGA", {"Airport": "EWR"}),
    ],
)
def test_filters_in_an_address_are_set_and_those_of_the_call_come_first(
    omni, server, path, changes
):
    df = omnipd.run_document_query(
        f"{server.url}/dashboards/xezsnbn2f2?{path}",
        "Flights by origin",
        filters=changes,
    )
    assert df.values.tolist() == [["EWR", 120835]]


def test_an_address_may_leave_out_what_the_filter_says_itself(board):
    board.filters = {"f1": typed(text("EQUALS", "CA"))}
    address = f"{board.scripted.url}/dashboards/d1?c--f1=" + quote('{"values":["NY"]}')
    omnipd.run_document(address, client=board.client)
    assert board.sent()[0]["filters"] == {"users.state": text("EQUALS", "NY")}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("f--flights.no_such=x", "no filter 'flights.no_such'"),
        ("c--nobody=x", "no filter 'nobody'"),
        ("f--flights.origin={", "sets 'flights.origin' to what cannot be read"),
        (
            "f--flights.origin=JFK&f--flights.origin=EWR",
            "'flights.origin' twice, to 'JFK' and 'EWR'",
        ),
    ],
)
def test_what_an_address_sets_and_no_filter_is_is_refused(omni, server, path, words):
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.run_document(f"{server.url}/dashboards/xezsnbn2f2?{path}")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (
            "https://omni.example/dashboards/xezsnbn2f2?secret=hush",
            "The address is on omni.example,",
        ),
        ("{url}0/dashboards/xezsnbn2f2", "The address is on 127.0.0.1|is not an address"),
        ("{url}/folders/xezsnbn2f2", "names no dashboard"),
        ("{url}/dashboards/", "names no dashboard"),
        ("{url}", "names no dashboard"),
        ("http://[::1/dashboards/x", "is not an address"),
        ("http://[2001:db8::1]/dashboards/x", r"is on \[2001:db8::1\], and"),
    ],
)
def test_an_address_of_something_else_is_refused_before_anything_is_sent(
    omni, server, address, words
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=words) as caught:
        omnipd.run_document(address.format(url=server.url))
    assert "hush" not in str(caught.value)
    assert len(server.requests) == before


def listed(*names):
    return [
        {"type": "document", "identifier": f"d{n}", "name": name, "hasDashboard": dashboard}
        for n, (name, dashboard) in enumerate(names, 1)
    ]


@pytest.fixture
def names(board):
    """Three documents, of which the first has tiles; two have one name."""
    documents = listed(
        ("Sales", True), ("Weekly sales", True), ("Weekly sales", True), ("Plan", False)
    )
    before = board.step

    def step(target):
        if target.startswith("/api/v1/documents?"):
            info = {
                "hasNextPage": False,
                "nextCursor": None,
                "pageSize": 100,
                "totalRecords": len(documents),
            }
            return answer({"records": documents, "pageInfo": info})
        return before(target)

    board.scripted.by_target = step
    return board


def test_a_name_that_looks_like_an_identifier_is_found(names):
    assert list(omnipd.run_document("Sales", client=names.client)) == ["Tile 1", "Tile 2"]


def test_a_name_that_several_have_is_refused_with_their_identifiers(names):
    with pytest.raises(
        omnipd.ArgumentError, match="2 dashboards are named 'Weekly sales'"
    ) as caught:
        omnipd.run_document("Weekly sales", client=names.client)
    assert caught.value.hint == "Pass the identifier of one: d2, d3."
    assert names.sent() == []


@pytest.mark.parametrize("name", ["Weekly sale", "weekly SALES", "sales"])
def test_a_name_that_none_has_is_not_found_and_names_those_near(names, name):
    with pytest.raises(omnipd.NotFoundError) as caught:
        omnipd.run_document(name, client=names.client)
    assert "ales'" in caught.value.hint


def test_a_document_without_a_dashboard_is_no_dashboard_of_its_name(names):
    with pytest.raises(omnipd.NotFoundError):
        omnipd.run_document("Plan", client=names.client)
    with pytest.raises(omnipd.NotFoundError, match="d4"):
        omnipd.run_document("d4", client=names.client)


def test_where_documents_cannot_be_listed_the_identifier_is_not_found(board):
    with pytest.raises(omnipd.NotFoundError, match="d9"):
        omnipd.run_document("d9", client=board.client)
