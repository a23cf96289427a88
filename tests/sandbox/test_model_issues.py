"""What is wrong in a brought model is shown where its author is: by the server, on its page, over HTTP."""

import json

import pytest
from sandbox.test_page import NASTY, look

from omnipd_sandbox.server import Server

SHOPS = """
table_name: shops
dimensions:
  id: {primary_key: true}
  town: {sql: 'upper(twon)'}
  area: {level_of_detail: {fixed: [name]}, sql: name}
  gone: {}
measures:
  count: {aggregate_type: count}
"""


@pytest.fixture
def brought(tmp_path):
    """Serve a model of some files, over one table of shops."""
    started = []

    def serve(files, **rest):
        for name, text in {"data/shops.csv": "id,name\n1,North\n2,South\n", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        server = Server(org=tmp_path, **rest).start()
        started.append(server)
        return server

    yield serve
    for server in started:
        server.close()
        assert server.failures == []


def test_issues_have_file_field_and_the_databases_reason_and_errors_come_first(brought):
    server = brought({"models/shop/views/shops.view.yaml": SHOPS})
    (issues,) = server.issues.values()
    assert list(server.issues) == ["shop"]
    assert [(each.severity, each.file, each.about) for each in issues] == [
        ("error", "views/shops.view.yaml", "shops.gone"),
        ("error", "views/shops.view.yaml", "shops.town"),
        ("warning", "views/shops.view.yaml", "shops.area"),
    ]
    gone, town, area = (each.message for each in issues)
    assert gone == "There is neither a column of this name nor sql"
    # As DuckDB names it.
    assert "twon" in town
    assert area == "Not modeled: level_of_detail"


def test_an_issue_of_a_file_as_a_whole_names_the_file(brought):
    server = brought(
        {"models/shop/bad.view": "a: b: c", "models/shop/x/shops.topic": "label: Shops\n"}
    )
    found = {(each.file, each.about): each.message for each in server.issues["shop"]}
    assert "cannot be read as YAML" in found["bad.view", None]
    assert "base_view" in found["x/shops.topic", None]


def test_the_count_and_the_severity_are_those_of_validate(brought, connect):
    server = brought({"models/shop/shops.view": SHOPS})
    wire = connect(server)
    answer = wire.get(f"/api/v1/models/{server.models['shop']}/validate").json
    assert answer["valid"] is False
    shown = {(each["severity"], each["message"]) for each in answer["issues"]}
    assert shown == {(each.severity, each.message) for each in server.issues["shop"]}


def test_models_without_issues_say_nothing(server, brought):
    assert server.issues == {}
    assert "Issues" not in look(server)[1].text
    right = brought({"models/shop/shops.view": "dimensions: {id: {primary_key: true}}\n"})
    assert right.issues == {}
    assert "Issues" not in look(right)[1].text


def test_the_page_shows_them_with_their_file_and_how_to_see_all(brought):
    topic = {"models/shop/shops.topic": "base_view: shops\n"}
    server = brought({"models/shop/views/shops.view.yaml": SHOPS, **topic})
    answer, page = look(server)
    assert answer.status == 200
    for shown in (
        "Model shop 3",
        "views/shops.view.yaml",
        "shops.town",
        "twon",
        "Not modeled: level_of_detail",
        f"GET /api/v1/models/{server.models['shop']}/validate",
    ):
        assert shown in page.text
    # Above the form: it is seen before a query fails.
    assert page.text.index("Issues") < page.text.index("Fields, with commas")


def test_the_page_shows_the_first_of_very_many(brought):
    many = "".join(f"  d{number}: {{}}\n" for number in range(130))
    server = brought({"models/shop/shops.view": f"dimensions:\n{many}"})
    _, page = look(server)
    assert "Model shop 130" in page.text
    assert page.text.count("There is neither a column") == 100
    assert "… and 30 more" in page.text


def test_what_a_file_says_does_not_become_a_part_of_the_page(brought):
    field = json.dumps(NASTY)
    server = brought(
        {
            f"models/{NASTY.replace('/', '')}/shops.view": f"dimensions: {{{field}: {{}}}}\n"
            f"{field}: true\n"
        }
    )
    answer, page = look(server)
    assert answer.status == 200
    assert NASTY in page.text
    assert not {"script", "img"} & {name for name, _ in page.tags}
    assert not [each for _, each in page.tags if {"onload", "onerror"} & set(each)]


def test_a_file_that_is_sent_is_taken_and_validate_says_what_is_wrong_in_it(brought, connect):
    server = brought({"models/shop/shops.view": "dimensions: {id: {primary_key: true}}\n"})
    wire = connect(server)
    model = server.models["shop"]
    path = f"/api/v1/models/{model}"
    (record,) = wire.get("/api/v1/models", modelId=model).json["records"]
    body = {
        "connectionId": record["connectionId"],
        "modelKind": "BRANCH",
        "baseModelId": model,
        "modelName": "trial",
    }
    made = wire.send("POST", "/api/v1/models", body)
    branch = made.json["model"]["id"]
    file = {"fileName": "shops.view", "yaml": SHOPS, "branchId": branch}
    wrote = wire.send("POST", f"{path}/yaml", file)
    assert (wrote.status, wrote.json["files"]) == (200, {"shops.view": SHOPS})
    answer = wire.get(f"{path}/validate", branchId=branch).json
    assert answer["valid"] is False
    reasons = {(each["field"], each["severity"]): each["message"] for each in answer["issues"]}
    assert set(reasons) == {("gone", "error"), ("town", "error"), ("area", "warning")}
    assert "twon" in reasons["town", "error"]
    # Of the branch only.
    assert wire.get(f"{path}/validate").json == {"valid": True, "issues": []}
