"""omni-python-sdk 0.1.11, Omni's older Python client, at work on the sandbox over HTTP.

Whatever goes wrong in it, it prints a line and returns None. Where that, or another habit of its
own, shows, the test says so; the sandbox's part is the status in the printed line.
"""

import re
from collections import Counter
from inspect import isfunction
from pathlib import Path

import pytest

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.server import Server

pytest.importorskip("omni_python_sdk", reason="omni-python-sdk comes with the extra dev")

from omni_python_sdk import OmniAPI

ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"
FLIGHTS = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
ADA = "ada@sandbox.example"


@pytest.fixture
def api(server):
    return OmniAPI(server.api_key, server.url)


@pytest.fixture
def own():
    """A sandbox that the test may change."""
    with Server(documents=60, folders=20) as started:
        yield started
        assert started.failures == []


@pytest.fixture
def writer(own):
    return OmniAPI(own.api_key, own.url)


def query(fields, **rest):
    return {
        "query": {
            "modelId": ORDERS,
            "table": "order_items",
            "join_paths_from_topic_name": "orders",
            "fields": fields,
            **rest,
        }
    }


BY_CATEGORY = query(["products.category", "order_items.count"])


def nothing_but(capsys, printed):
    """Tell what was printed; it is all that remains of an error."""
    assert re.search(printed, capsys.readouterr().out)
    return True


# --- addresses and keys


@pytest.mark.parametrize("end", ["", "/", "/api", "/api/", "/api/v1", "/api/v1/", "/api/unstable"])
def test_an_address_is_taken_in_every_form(end, server):
    api = OmniAPI(server.api_key, server.url + end)
    assert api.base_url == server.url
    assert api.list_groups()["totalResults"] == 5


def test_address_and_key_come_from_a_file(server, tmp_path, monkeypatch):
    for name in ("OMNI_API_KEY", "OMNI_BASE_URL"):
        # Set first, so that what the file sets is taken back, too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    env = tmp_path / "omni.env"
    env.write_text(f"OMNI_API_KEY={server.api_key}\nOMNI_BASE_URL={server.url}/api/v1\n")
    assert OmniAPI(env_file=str(env)).list_groups()["totalResults"] == 5


def test_a_wrong_key_is_a_printed_line_and_none(server, capsys):
    assert OmniAPI("omni_osk_wrong", server.url).list_models() is None
    assert nothing_but(capsys, r"Request Failed: 403 Client Error: Forbidden")


def test_a_personal_token_may_not_list_people(server, capsys):
    assert OmniAPI(server.personal_key, server.url).list_groups() is None
    assert nothing_but(capsys, r"403 Client Error")


# --- queries


def test_a_query_gives_a_table_and_its_fields(api):
    table, fields = api.run_query_blocking(BY_CATEGORY)
    wanted = warehouse("orders").run(
        """SELECT p.category AS "products.category", count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN products p USING (sku) GROUP BY 1"""
    )
    assert table.column_names == wanted.column_names
    assert Counter(map(str, table.to_pylist())) == Counter(map(str, wanted.to_pylist()))
    labels = {name: field["label"] for name, field in fields.items()}
    assert labels == {"products.category": "Category", "order_items.count": "Count"}


def test_the_example_of_its_pages(api):
    """Dates grouped, sorted, renamed by label: what its example script does."""
    body = query(
        ["order_items.created_at[date]", "order_items.total_sale_price"],
        sorts=[{"column_name": "order_items.created_at[date]", "sort_descending": False}],
    )
    table, fields = api.run_query_blocking(body)
    frame = table.to_pandas()[body["query"]["fields"]]
    frame = frame.rename(columns={name: each.get("label", name) for name, each in fields.items()})
    assert list(frame.columns) == ["Ordered At Date", "Total Sale Price"]
    assert frame["Ordered At Date"].is_monotonic_increasing
    days = "SELECT count(DISTINCT created_at::DATE) AS n FROM order_items"
    assert len(frame) == warehouse("orders").run(days)["n"][0].as_py()


def test_the_old_address_of_queries_answers(api):
    table, _ = api.run_query_blocking(BY_CATEGORY, version="unstable")
    assert table.num_rows == 4


def test_a_query_that_takes_its_time_is_waited_for():
    with Server(slow_job_polls=2) as server:
        table, _ = OmniAPI(server.api_key, server.url).run_query_blocking(BY_CATEGORY)
        asked = Counter(each.path for each in server.requests)
    assert table.num_rows == 4
    assert (asked["/api/v1/query/run"], asked["/api/v1/query/wait"]) == (1, 2)


def test_waiting_for_a_job_that_is_not_there_ends(api):
    lines, done = api.wait_query_blocking(["no-such-job"])
    assert done
    assert lines[0]["error_message"] == "Unable to find job"


def test_a_query_without_a_model_is_a_printed_line_and_none(api, capsys):
    assert api.run_query_blocking({"query": {"fields": []}}) is None
    assert nothing_but(capsys, r"400 Client Error: Bad Request for url: \S+/api/v1/query/run")


def test_a_job_that_fails_is_a_printed_line_without_the_reason(api, capsys):
    body = query(["users.state"], filters={"users.nope": {"type": "null"}})
    assert api.run_query_blocking(body) is None
    assert nothing_but(capsys, r"Request Failed: No result found in the response")


def test_a_field_that_does_not_exist_is_lost_without_a_word(api, capsys):
    table, fields = api.run_query_blocking(query(["users.state", "users.nope"]))
    assert (table.column_names, list(fields)) == (["users.state"], ["users.state"])
    assert not capsys.readouterr().out


def test_totals_arrive_as_rows_like_any_other(api):
    totals = {"::total::": {"type": "aggregation"}}
    table, _ = api.run_query_blocking({"query": {**BY_CATEGORY["query"], "column_totals": totals}})
    assert table.num_rows == 5
    assert table["$omni_column_total_indicator"].to_pylist().count("column_total") == 1


# --- folders, documents, models


def test_folders_are_listed_one_page_at_most(api, read, server):
    listed = api.list_folders()
    assert (len(listed["records"]), listed["pageInfo"]["totalRecords"]) == (20, 54)
    first = listed["records"][0]
    assert [each["id"] for each in api.list_folders(first["path"])["records"]] == [first["id"]]
    assert api.list_folders(version="unstable") == listed


def test_documents_are_listed_one_page_at_most(api):
    listed = api.list_documents()
    assert len(listed["records"]) == 50 < listed["pageInfo"]["totalRecords"]
    assert api.list_documents(version="unstable") == listed
    folder = next(each["folder"]["id"] for each in listed["records"] if each["folder"])
    inside = api.list_documents(folder)["records"]
    assert {each["folder"]["id"] for each in inside} == {folder}


def test_models_are_found_by_kind_name_and_connection(api):
    shared = {each["name"]: each for each in api.list_models(modelKind="SHARED")["records"]}
    assert {name: each["id"] for name, each in shared.items()} == {
        "orders": ORDERS,
        "flights": FLIGHTS,
    }
    assert [each["id"] for each in api.list_models(name="Orders")["records"]] == [ORDERS]
    connection = shared["orders"]["connectionId"]
    found = api.list_models(connectionId=connection, modelKind="SHARED")["records"]
    assert [each["id"] for each in found] == [ORDERS]
    below = api.list_models(baseModelId=ORDERS)["records"]
    assert {each["baseModelId"] for each in below} == {ORDERS}


def test_a_model_is_read_as_files(api):
    files = api.yamlr(ORDERS, {})["files"]
    assert "base_view: order_items" in files["orders.topic"]
    assert list(api.yamlr(ORDERS, {"fileName": "users.view"})["files"]) == ["users.view"]


def test_a_branch_is_made_and_a_file_written_on_it(writer):
    connection = writer.list_models(name="orders")["records"][0]["connectionId"]
    made = writer.create_model(connection, "trial", "BRANCH", ORDERS)["model"]
    text = "base_view: products\n"
    body = {"fileName": "goods.topic", "yaml": text, "branchId": made["id"]}
    assert writer.yamlw(ORDERS, body)["files"] == {"goods.topic": text}
    read = writer.yamlr(ORDERS, {"fileName": "goods.topic", "branchId": made["id"]})
    assert read["files"] == {"goods.topic": text}
    goods = {
        "modelId": ORDERS,
        "join_paths_from_topic_name": "goods",
        "table": "products",
        "fields": ["products.count"],
    }
    table, _ = writer.run_query_blocking({"query": goods, "branchId": made["id"]})
    assert table["products.count"].to_pylist() == [12]


# --- export and import


def test_a_dashboard_moves_to_another_model(writer, own, read):
    documents = read(own, "/api/v1/documents?pageSize=100")["records"]
    source = next(each for each in documents if each["hasDashboard"])
    exported = writer.document_export(source["identifier"])
    assert exported["document"]["name"] == source["name"]
    imported = writer.document_import({**exported, "baseModelId": ORDERS})
    assert imported.status_code == 201
    identifier = imported.json()["identifier"]
    again = writer.document_export(identifier)
    assert again["document"]["name"] == source["name"]
    listed = read(own, "/api/v1/documents?pageSize=100")["records"]
    assert identifier in {each["identifier"] for each in listed}


def test_an_import_without_a_model_is_a_printed_line_and_none(writer, own, read, capsys):
    documents = read(own, "/api/v1/documents?pageSize=100")["records"]
    source = next(each for each in documents if each["hasDashboard"])
    exported = writer.document_export(source["identifier"])
    assert writer.document_import(exported) is None
    assert nothing_but(capsys, r"400 Client Error")


def test_an_export_of_nothing_is_a_printed_line_and_none(api, capsys):
    assert api.document_export("no-such-document") is None
    assert nothing_but(capsys, r"404 Client Error")


# --- people and groups


def test_a_person_is_found_by_address(api, capsys):
    found = api.find_user_by_email(ADA)
    assert (found.status_code, found.json()["totalResults"]) == (200, 1)
    assert api.return_user_by_email(ADA)["displayName"] == "Ada Byrne"
    assert api.return_user_by_email("stranger@elsewhere.example") is None
    assert nothing_but(capsys, "Found 0 users")


def test_groups_are_listed_and_found_by_name(api):
    groups = api.get_all_groups()
    assert [each["displayName"] for each in groups] == [
        each["displayName"] for each in api.list_groups(count=3)["Resources"]
    ] + [each["displayName"] for each in api.list_groups(count=3, startIndex=4)["Resources"]]
    first = groups[0]
    assert api.get_group_id(first["displayName"]) == first["id"]
    assert api.get_group_id("No such group") is None
    assert api.get_group(first["id"])["members"] == first["members"]


def test_pages_shorter_than_it_asks_for_lose_groups():
    """It goes on by what it asked for, not by what it got."""
    with Server(scim_count_at_most=2) as server:
        assert len(OmniAPI(server.api_key, server.url).get_all_groups()) == 2


def test_lists_in_attributes_are_read():
    assert OmniAPI.listify({"a": "[x,y]", "b": "z"}) == {"a": ["x", "y"], "b": "z"}


def test_a_person_is_created_changed_and_deleted(writer, capsys):
    created = writer.create_user({"userName": "new@sandbox.example", "displayName": "New"})
    assert created.status_code == 201
    new = created.json()["id"]
    assert writer.return_user_by_email("new@sandbox.example")["id"] == new
    changed = writer.update_user(new, {"userName": "new@sandbox.example", "displayName": "Newer"})
    assert (changed.status_code, changed.json()["displayName"]) == (200, "Newer")
    assert writer.delete_user("new@sandbox.example").status_code == 204
    assert nothing_but(capsys, f"deleted userid: {new}")
    writer.delete_user("new@sandbox.example")
    assert nothing_but(capsys, "not found")


def test_a_person_is_created_or_changed_whichever_is_needed(writer, capsys):
    writer.upsert_user("new@sandbox.example", "New", {"region": "north"})
    assert nothing_but(capsys, "Created new@sandbox.example")
    writer.upsert_user("new@sandbox.example", "Newer", {"region": "south"})
    assert nothing_but(capsys, "updated user id")
    person = writer.return_user_by_email("new@sandbox.example")
    assert person["displayName"] == "Newer"
    assert person["urn:omni:params:1.0:UserAttribute"]["region"] == "south"
    assert writer.delete_user_by_id(person["id"]).status_code == 204


def test_a_person_who_exists_is_not_created_twice(writer, capsys):
    assert writer.create_user({"userName": ADA, "displayName": "Ada"}) is None
    assert nothing_but(capsys, "409 Client Error")


def test_a_person_joins_and_leaves_a_group(writer):
    ada = writer.return_user_by_email(ADA)["id"]
    group = next(
        each
        for each in writer.get_all_groups()
        if ada not in {member["value"] for member in each["members"]}
    )
    name, before = group["displayName"], {each["value"] for each in group["members"]}
    assert writer.add_user_to_group(name, ada).status_code == 200
    members = {each["value"] for each in writer.get_group(group["id"])["members"]}
    assert members == before | {ada}
    assert writer.remove_user_from_group(name, ada).status_code == 200
    assert {each["value"] for each in writer.get_group(group["id"])["members"]} == before


def test_a_group_that_does_not_exist_is_a_printed_line_and_none(writer, capsys):
    assert writer.add_user_to_group("No such group", "x") is None
    assert nothing_but(capsys, "Group 'No such group' not found")
    assert writer.update_group("nosuchid", {"displayName": "x", "members": []}) is None
    assert nothing_but(capsys, "404 Client Error")


# --- what is covered


def test_what_the_sandbox_does_not_serve_is_no_success(api, capsys):
    assert api.generate_embed_url({"contentPath": "/dashboards/x"}) is None
    assert nothing_but(capsys, "501 Server Error")


def test_every_public_function_is_asked_for_here():
    source = Path(__file__).read_text(encoding="utf-8")
    public = {
        name
        for name, value in vars(OmniAPI).items()
        if not name.startswith("_") and (isfunction(value) or hasattr(value, "func"))
    }
    assert {"get_all_groups", "run_query_blocking"} < public
    assert [name for name in sorted(public) if not re.search(rf"\.{name}\(", source)] == []
