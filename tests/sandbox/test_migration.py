import json
import uuid

import pytest


@pytest.fixture
def own(serve, connect):
    server = serve(documents=40)
    wire = connect(server)
    wire.document = next(
        each
        for each in server.organization.documents.values()
        if each.has_dashboard and each.queries and not each.deleted
    )
    return wire


def export(wire, identifier):
    return wire.get(f"/api/unstable/documents/{identifier}/export").json


def send(wire, body):
    return wire.ask("POST", "/api/unstable/documents/import", body=json.dumps(body).encode())


def import_(wire, **changes):
    blob = export(wire, wire.document.identifier)
    return send(wire, {"baseModelId": blob["workbookModel"]["base_model_id"], **blob, **changes})


def test_an_export_is_one_document(own):
    blob = export(own, own.document.identifier)
    assert set(blob) == {
        "document", "dashboard", "exportVersion", "workbookModel", "queryModels",
    }  # fmt: skip
    assert blob["exportVersion"] == "0.1"
    assert blob["document"]["name"] == own.document.name


def test_what_is_imported_is_listed_and_can_be_read(own):
    before = own.get("/api/v1/documents").json["pageInfo"]["totalRecords"]
    answer = import_(own, folderPath="/flights", identifier="brought-along")
    assert answer.status == 201
    assert set(answer.json) == {"documentId", "identifier"}
    assert uuid.UUID(answer.json["documentId"]).version == 4
    assert answer.json["identifier"] == "brought-along"
    assert own.get("/api/v1/documents").json["pageInfo"]["totalRecords"] == before + 1
    listed = own.get("/api/v1/documents", sortField="updatedAt", sortDirection="desc").json
    newest = listed["records"][0]
    assert newest["identifier"] == "brought-along"
    assert newest["folder"]["path"] == "flights"
    assert newest["name"] == own.document.name
    queries = own.get("/api/v1/documents/brought-along/queries").json["queries"]
    assert [each["name"] for each in queries] == [each.name for each in own.document.queries]


def test_an_import_brings_everything_but_ids(own):
    first = export(own, own.document.identifier)
    second = export(own, import_(own).json["identifier"])
    assert second["dashboard"] == first["dashboard"]
    assert second["document"] == first["document"]
    assert list(second["queryModels"].values()) == list(first["queryModels"].values())
    assert second["queryModels"].keys().isdisjoint(first["queryModels"])


def test_a_second_import_is_a_second_document(own):
    first, second = import_(own).json, import_(own).json
    assert first["identifier"] != second["identifier"]
    assert first["documentId"] != second["documentId"]


def test_an_identifier_that_is_taken_is_409(own):
    assert import_(own, identifier=own.document.identifier).status == 409


def test_nobody_else_sees_an_import(own, serve, connect):
    import_(own)
    assert len(serve(documents=40).organization.documents) == 40


@pytest.mark.parametrize(
    ("changes", "status", "where"),
    [
        ({"baseModelId": "x"}, 400, "baseModelId"),
        ({"baseModelId": "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11"}, 404, "Model"),
        ({"exportVersion": "0.2"}, 400, "exportVersion"),
        ({"document": {}}, 400, "document.name"),
        ({"document": {"name": "x" * 256}}, 400, "document.name"),
        ({"queryModels": []}, 400, "queryModels"),
        ({"identifier": "x"}, 400, "identifier"),
        ({"folderPath": "/nowhere"}, 404, "Folder"),
        ({"surprise": 1}, 400, "surprise"),
    ],
)
def test_a_bad_import_is_refused_and_says_where(own, changes, status, where):
    answer = import_(own, **changes)
    assert answer.status == status
    assert where in answer.json["detail"]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"document": {}}, "document.name: Required"),
        ({"document": {"name": 7}}, "document.name: Expected string, received number"),
        ({"queryModels": []}, "queryModels: Expected object, received array"),
        ({"identifier": "x"}, "identifier: String must contain at least 2 character(s)"),
        ({"exportVersion": 1}, "exportVersion: Expected string, received number"),
    ],
)
def test_a_bad_import_is_refused_in_the_words_of_other_bodies(own, changes, detail):
    assert import_(own, **changes).json["detail"] == f"Bad Request: {detail}"


@pytest.mark.parametrize("missing", ["baseModelId", "document", "exportVersion", "queryModels"])
def test_a_missing_part_is_named(own, missing):
    blob = {
        "baseModelId": next(iter(own.server.models.values())),
        "document": {"name": "x"},
        "exportVersion": "0.1",
        "queryModels": {},
    }
    assert send(own, blob).status == 201
    del blob[missing]
    assert send(own, blob).json["detail"] == f"Bad Request: {missing}: Required"


def test_an_import_that_is_no_json_is_400(own):
    answer = own.ask("POST", "/api/unstable/documents/import", body=b"{")
    assert answer.status == 400
