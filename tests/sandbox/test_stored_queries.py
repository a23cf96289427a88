"""Queries that are imported or brought: checked where they come in, so that all lists can read them."""

import contextlib
import json
import sqlite3

import pytest
from sandbox.junk import mutations, nested, places, put, written

from omnipd_sandbox.calls.query_object import QueryObject
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.reading import read_organization
from omnipd_sandbox.server import Server

IMPORT = "/api/unstable/documents/import"


@pytest.fixture
def wire(serve, connect):
    return connect(serve(documents=3))


@pytest.fixture
def typed(serve, connect):
    """An Omni that gives filters of dashboards as filter objects."""
    return connect(serve(documents=3, typed_dashboard_filters=True))


def export_of(model_id):
    """Give an export with one of everything that the sandbox reads."""
    query = {
        "modelId": model_id,
        "table": "users",
        "join_paths_from_topic_name": "users",
        "fields": ["users.name"],
        "filters": {
            "users.state": {
                "type": "composite",
                "conjunction": "OR",
                "filters": [{"type": "string", "kind": "EQUALS", "values": ["TX"]}],
            }
        },
        "sorts": [{"column_name": "users.name", "sort_descending": True}],
        "limit": 10,
        "column_totals": {"::total::": {"type": "aggregation"}},
        "userEditedSQL": "",
        "staticQueryReferences": {"q": {"model_id": model_id, "fields": ["users.id"]}},
    }
    dashboard = {
        "filterConfig": {
            "f": {"label": "State", "fieldName": "state", "viewName": "users", "kind": "EQUALS",
                  "defaultValue": ["TX"]},
        },
        "controls": {"c": {"controlType": "FIELD_PICKER", "values": ["users.name"]}},
        "filterOrder": ["f", "c"],
        "facetFilters": False,
        "refreshInterval": 60,
        "metadata": {"tileFilterMap": {"1": {"f": False}}},
    }  # fmt: skip
    return {
        "baseModelId": model_id,
        "document": {"name": "One"},
        "exportVersion": "0.1",
        "dashboard": dashboard,
        "queryModels": {"k": {"name": "Tile", "query": query}},
    }


def lists(model_id):
    model = f"/api/v1/models/{model_id}"
    return [
        "/",
        "/api/v1/documents",
        "/api/v1/content?include=_count,labels",
        f"{model}/content-validator?find=users.name&find_type=FIELD",
        f"{model}/content-validator",
        f"{model}/dbt-exposures",
    ]


def pages(identifier):
    return [
        f"/api/v1/documents/{identifier}",
        f"/api/v2/documents/{identifier}",
        f"/api/v1/documents/{identifier}/queries",
        f"/api/v1/dashboards/{identifier}/filters",
        f"/api/unstable/documents/{identifier}/export",
    ]


def statuses(wire, addresses):
    return {
        address: wire.ask("GET", address, headers={"Accept": "text/html"}).status
        for address in addresses
    }


def what_shows(wire, identifier, model_id):
    """Ask for all that shows a document; give the statuses by address."""
    return statuses(wire, [*lists(model_id), *pages(identifier)])


def swept(wire, within=()):
    """Import every mutation; give how many there were and were taken, and what failed."""
    model_id = wire.server.models["orders"]
    asked = taken = 0
    failed = []

    def look(addresses, *about):
        found = statuses(wire, addresses).items()
        failed.extend((address, *about) for address, status in found if status >= 500)

    for path, bodies in mutations(export_of(model_id), within):
        identifiers = []
        for name, body in bodies.items():
            asked += 1
            answer = wire.ask("POST", IMPORT, body=written(body))
            if answer.status == 201:
                identifiers.append(answer.json["identifier"])
                look(pages(identifiers[-1]), path, name)
            elif answer.status >= 500:
                failed.append(("import", path, name))
        look(lists(model_id), path)
        taken += len(identifiers)
        for each in identifiers:
            assert wire.send("DELETE", f"/api/v1/documents/{each}").status == 200
    return asked, taken, failed


@pytest.mark.thorough
def test_whatever_is_imported_no_list_fails(wire):
    asked, taken, failed = swept(wire)
    assert failed == []
    # 61 parts, each with 23 kinds of junk; what only makes another document is taken.
    assert asked == 61 * 23
    assert taken > asked / 4


@pytest.mark.thorough
def test_whatever_a_dashboard_holds_it_is_shown_with_typed_filters(typed):
    asked, taken, failed = swept(typed, ("dashboard",))
    assert failed == []
    assert taken > asked / 3


def test_a_query_that_leaves_out_its_fields_is_shown_without_them(wire):
    model_id = wire.server.models["orders"]
    body = export_of(model_id)
    del body["queryModels"]["k"]["query"]["fields"]
    answer = wire.send("POST", IMPORT, body)
    assert answer.status == 201
    identifier = answer.json["identifier"]
    assert set(what_shows(wire, identifier, model_id).values()) == {200}
    [stored] = wire.get(f"/api/v1/documents/{identifier}/queries").json["queries"]
    assert "fields" not in stored["query"]
    again = wire.send("POST", "/api/v1/query/run", {"query": stored["query"]})
    assert again.json["detail"] == "Bad Request: query.fields: Required"


QUERY = ("queryModels", "k", "query")


@pytest.mark.parametrize(
    ("path", "value", "detail"),
    [
        (("queryModels", "k"), 5, "queryModels.k: Expected object, received number"),
        (QUERY, [], "queryModels.k.query: Expected object, received array"),
        ((*QUERY, "fields"), "a.b", "queryModels.k.query.fields: Expected array, received string"),
        ((*QUERY, "fields"), [1], "queryModels.k.query.fields.0: Expected string, received number"),
        (
            (*QUERY, "filters"),
            {"users.name": "x"},
            "queryModels.k.query.filters.users.name: Expected object, received string",
        ),
        ((*QUERY, "sorts"), [{}], "queryModels.k.query.sorts.0.column_name: Required"),
        (("dashboard",), "x", "dashboard: Expected object, received string"),
        (
            ("dashboard", "filterConfig", "f"),
            [],
            "dashboard.filterConfig.f: Expected object, received array",
        ),
        (
            ("dashboard", "metadata", "tileFilterMap", "1"),
            None,
            "dashboard.metadata.tileFilterMap.1: Expected object, received null",
        ),
    ],
)
def test_what_is_of_another_kind_is_refused_with_its_place(wire, path, value, detail):
    body = put(export_of(wire.server.models["orders"]), path, value)
    answer = wire.send("POST", IMPORT, body)
    assert (answer.status, answer.json["detail"]) == (400, f"Bad Request: {detail}")


def test_a_calculation_is_no_field_of_the_model_and_what_it_refers_to_is(wire):
    model_id = wire.server.models["orders"]
    export = export_of(model_id)
    operands = [
        {"type": "field", "field_name": name} for name in ("twice", "users.name", "users.gone")
    ]
    tree = {"type": "call", "operator": "Omni.NEWER", "operands": operands}
    export["queryModels"]["k"]["query"] |= {
        "fields": ["users.name", "twice", "omni_period_pivot"],
        "sorts": [{"column_name": "twice"}],
        "calculations": [{"calc_name": "twice", "sql_expression": tree}],
    }
    identifier = wire.ask("POST", IMPORT, body=written(export)).json["identifier"]
    content = wire.get(f"/api/v1/models/{model_id}/content-validator").json["content"]
    [found] = [each for each in content if each["identifier"] == identifier]
    [told] = found["queries_and_issues"]
    assert told["issues"] == ["Field 'users.gone' not found in model"]
    assert QueryObject(export["queryModels"]["k"]["query"]).model_fields == ["users.name"]


def test_an_identifier_that_no_address_can_hold_is_refused(wire):
    body = export_of(wire.server.models["orders"])
    answer = wire.send("POST", IMPORT, {**body, "identifier": "a/b\x00"})
    assert (answer.status, answer.json["detail"]) == (
        400,
        "Bad Request: identifier: Only letters, digits, - and _",
    )


def test_queries_of_another_form_are_taken_and_not_understood(wire):
    body = export_of(wire.server.models["orders"])
    answer = wire.send("POST", IMPORT, {**body, "queryModels": {"k": {"queryJson": {"a": 1}}}})
    assert answer.status == 201
    path = f"/api/v1/documents/{answer.json['identifier']}/queries"
    assert wire.get(path).json == {"queries": []}


def test_one_default_of_a_filter_is_one_value(typed):
    body = export_of(typed.server.models["orders"])
    body["dashboard"]["filterConfig"]["f"]["defaultValue"] = "Texas"
    identifier = typed.send("POST", IMPORT, body).json["identifier"]
    shown = typed.get(f"/api/v1/dashboards/{identifier}/filters").json["filters"]["f"]
    assert shown["values"] == ["Texas"]


FILES = {
    "models/shop/shops.view": "sql_table_name: main.shops\ndimensions: {name: {}}\n",
    "models/shop/shops.topic": "base_view: shops\n",
    "data/shops.csv": "name\nNorth\n",
}
BROUGHT = {
    "name": "Board",
    "queries": [{"name": "Tile", "query": {"join_paths_from_topic_name": "shops"}}],
    "drafts": [{"queries": [{"query": {"fields": ["shops.name"]}}]}],
    "dashboard": {
        "filters": {"f": {"fieldName": "name", "viewName": "shops", "kind": "EQUALS"}},
        "controls": {"c": {"controlType": "FIELD_PICKER"}},
        "tile_filters": {"1": {"f": False}},
    },
}


@pytest.fixture
def bring(tmp_path):
    """Write an organization with one document."""

    def write(document, text=None):
        for name, content in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        told = json.dumps({"documents": [document]}) if text is None else text
        (tmp_path / "organization.json").write_text(told)
        return tmp_path

    return write


def test_a_document_may_leave_out_the_fields_of_a_query(bring, serve, connect):
    wire = connect(serve(org=bring(BROUGHT)))
    [identifier] = wire.server.organization.documents
    shown = what_shows(wire, identifier, wire.server.models["shop"])
    assert set(shown.values()) == {200}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("queries", 0, "query", "fields"),
            "shops.name",
            "documents[0].queries[0].query.fields: Expected array, received string",
        ),
        (
            ("queries", 0, "query", "join_paths_from_topic_name"),
            ["shops"],
            "documents[0].queries[0].query.join_paths_from_topic_name: Expected string, received array",
        ),
        (
            ("drafts", 0, "queries", 0, "query", "fields", 0),
            None,
            "documents[0].drafts[0].queries[0].query.fields.0: Expected string, received null",
        ),
        (
            ("dashboard", "filters", "f"),
            "x",
            "documents[0].dashboard.filters.f: Expected object, received string",
        ),
        (
            ("dashboard", "tile_filters", "1"),
            [],
            "documents[0].dashboard.tile_filters.1: Expected object, received array",
        ),
        (("drafts",), {}, "documents[0].drafts: a list is needed here, not {}"),
        (("forbidden",), None, "documents[0].forbidden: a list is needed here, not None"),
        (("permits",), 5, "documents[0].permits: a list is needed here, not 5"),
    ],
)
def test_content_of_a_folder_that_cannot_be_read_is_named_with_its_place(bring, path, value, said):
    document = json.loads(json.dumps(BROUGHT))
    document["queries"][0]["query"]["fields"] = []
    document |= {"forbidden": [], "permits": []}
    with pytest.raises(BadOrganization) as refused:
        Server(org=bring(put(document, path, value)))
    assert said in str(refused.value)
    assert "organization.json" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"documents": [{"views": 1e999}]}', "the number 1e999 is too large"),
        ('{"documents": [{"views": NaN}]}', "it is not JSON: NaN is not JSON"),
        (f'{{"documents": {"[" * 400}{"]" * 400}}}', "it is nested too deeply"),
        (f'{{"documents": {"[" * 100_000}{"]" * 100_000}}}', "it is nested too deeply"),
    ],
)
def test_a_file_that_no_answer_could_hold_is_refused(bring, text, said):
    with pytest.raises(BadOrganization) as refused:
        Server(org=bring({}, text))
    assert said in str(refused.value)


def test_names_that_are_no_utf_8_can_be_brought(bring, serve, connect):
    wire = connect(serve(org=bring({**BROUGHT, "name": "\ud800"})))
    assert wire.get("/api/v1/documents").json["records"][0]["name"] == "\ud800"
    assert wire.ask("GET", "/", headers={"Accept": "text/html"}).status == 200


@pytest.mark.thorough
def test_whatever_a_folder_holds_no_list_fails(bring, serve, connect):
    """Every part of the document is replaced; it is refused by name, or all lists show it."""
    taken, refused = [], 0
    for path in places(BROUGHT):
        for junk in (None, 0, [], {"a": 1}, nested(100)) if path else ():
            document = put(BROUGHT, path, junk)
            try:
                read_organization({"documents": [document]}, ["shop"], "organization.json")
            except BadOrganization:
                refused += 1
            else:
                taken.append(document)
    assert len(taken) > 30
    assert refused > 40
    wire = connect(serve(org=bring(None, json.dumps({"documents": taken}))))
    kept = wire.server.organization.documents
    assert len(kept) == len(taken)
    asked = [*lists(wire.server.models["shop"])]
    asked += [address for identifier in kept for address in pages(identifier)]
    found = statuses(wire, asked)
    assert {address: status for address, status in found.items() if status >= 500} == {}


def test_a_state_with_queries_that_cannot_be_read_is_refused(tmp_path, serve, connect):
    path = tmp_path / "state.json"
    with Server(documents=1, state=path) as server:
        wire = connect(server)
        body = export_of(server.models["orders"])
        assert wire.send("POST", IMPORT, {**body, "identifier": "kept"}).status == 201
        wire.http.close()
    with Server(documents=1, state=path) as again:
        assert "kept" in again.organization.documents
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        changed = database.execute(
            'UPDATE record SET value = replace(value, \'"fields":["users.name"]\', \'"fields":5\')'
            " WHERE mapping = 'documents' AND key = '\"kept\"'"
        )
        assert changed.rowcount == 1
    with pytest.raises(BadOrganization) as refused:
        Server(documents=1, state=path)
    assert "document kept: queries[0].query.fields: Expected array, received number" in str(
        refused.value
    )
