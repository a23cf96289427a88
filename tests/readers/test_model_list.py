"""Models by their names: where a name is taken, what it costs, and what it never means."""

import inspect
import json
import pickle
import re

import pytest
from scripted_server import answer, page

import omnipd
from omnipd.client.client import Client
from omnipd.client.settings import resolve
from omnipd.readers.model_list import model_id

ID = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
FLIGHTS = {"join_paths_from_topic_name": "flights", "fields": ["flights.count"]}
NAMED = {"modelId": "flights", **FLIGHTS}


def model(name, id_=ID, **more):
    return {"id": id_, "name": name, "modelKind": "SHARED", **more}


def client_of(scripted, **more):
    return omnipd.connect(scripted.url, "key", requests_per_minute=None, **more)


def of_models(server):
    return [asked for asked in server.requests if asked.path == "/api/v1/models"]


def imported(name, tmp_path):
    with omnipd.sandbox(size="tiny"):  # the server of all tests is only looked at
        documents = omnipd.read_documents(limit=1)
        omnipd.export_documents(documents, tmp_path)
        assert omnipd.import_documents(tmp_path, model=name)["error"].isna().all()


def of_environment():
    return omnipd.connect(requests_per_minute=None)


def promoted(name, tmp_path):
    with omnipd.sandbox(size="tiny") as source, omnipd.sandbox(size="tiny", documents=0) as target:
        documents = omnipd.read_documents(limit=1, client=source)
        made = omnipd.promote(
            documents, tmp_path, source=source, target=target, model=name, folders=True
        )
    assert made["status"].tolist() == ["made"]


BOARD = "w9kwzitc27"
MONTHS = FLIGHTS | {"fields": ["flights.date[month]", "flights.count"]}
YEARS = {"split_on": "flights.date", "by": "year"}
#: A call for each public function that takes a model; of each parameter that does.
CALLS = {
    "Query": lambda m, _: omnipd.Query(m, "flights").select("flights.count").run(),
    "run_query": lambda m, _: [omnipd.run_query(NAMED), omnipd.run_query(FLIGHTS, model=m)],
    "run_query_arrow": lambda m, _: omnipd.run_query_arrow(FLIGHTS, model=m),
    "run_queries": lambda m, _: omnipd.run_queries([NAMED, NAMED], model=m),
    "iter_batches": lambda m, _: list(omnipd.iter_batches(FLIGHTS, model=m)),
    "query_to_parquet": lambda m, to: omnipd.query_to_parquet(
        FLIGHTS, to / "flights.parquet", model=m
    ),
    "run_query_in_pieces": lambda m, _: omnipd.run_query_in_pieces(MONTHS, **YEARS, model=m),
    "query_to_dataset": lambda m, to: omnipd.query_to_dataset(MONTHS, to / "d", **YEARS, model=m),
    "dask_frame": lambda m, _: omnipd.dask_frame(MONTHS, **YEARS, model=m, connect=of_environment),
    "run_sql": lambda m, _: omnipd.run_sql("SELECT ${flights.count} FROM ${flights}", model=m),
    "run_document": lambda _, __: omnipd.run_document(BOARD, model="orders", limit=1),
    "run_document_query": lambda _, __: omnipd.run_document_query(
        BOARD, "Customers by state", model="orders"
    ),
    "explain": lambda m, _: omnipd.explain(FLIGHTS, model=m),
    "schema": lambda m, _: omnipd.schema(FLIGHTS, model=m),
    "ask": lambda m, _: omnipd.ask("How many flights left each airport?", model=m),
    "import_documents": imported,
    "promote": promoted,
    "read_models": lambda m, _: [
        omnipd.read_models(model=m),
        omnipd.read_models(base_model_id="orders"),
    ],
    "read_topics": lambda m, _: omnipd.read_topics([m]),
    "read_topic_fields": lambda m, _: [
        omnipd.read_topic_fields(m, "flights"),
        omnipd.read_topic_fields([(m, "flights")]),
    ],
    "read_relationships": lambda m, _: omnipd.read_relationships(m, "flights"),
    "read_views": lambda m, _: omnipd.read_views(m),
    "read_schemas": lambda m, _: omnipd.read_schemas(m),
    "read_model_files": lambda m, _: omnipd.read_model_files(m),
    "read_model_git": lambda m, _: omnipd.read_model_git(m),
    "read_model_issues": lambda m, _: omnipd.read_model_issues(m),
    "read_model_roles": lambda m, _: omnipd.read_model_roles(omnipd.whoami().user_id, model=m),
    "read_model_suggestions": lambda m, _: omnipd.read_model_suggestions(m),
    "read_content_issues": lambda m, _: omnipd.read_content_issues(m),
    "read_dbt_exposures": lambda m, _: omnipd.read_dbt_exposures(m),
    "read_ai_agent_actions": lambda m, _: omnipd.read_ai_agent_actions(m),
    "read_uploads": lambda m, _: omnipd.read_uploads(model=m),
    "read_whoami_roles": lambda m, _: omnipd.read_whoami_roles(model=["orders", m]),
    "whoami": lambda m, _: omnipd.whoami(model=m),
}


def test_a_name_is_taken_by_all_that_takes_a_model(omni, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    before = len(server.requests)
    for number, call in enumerate(CALLS.values()):
        (folder := tmp_path / str(number)).mkdir()
        call("flights", folder)
    named = [asked for asked in server.requests[before:] if ("modelKind", "SHARED") in asked.query]
    assert len(named) == 1


def test_what_takes_a_model_is_in_the_test():
    words = {"model", "models", "base_model_id"}
    takes = {"Query"}
    for name in omnipd.__all__:
        if inspect.isfunction(function := getattr(omnipd, name)):
            signature = inspect.signature(function)
            passed_on = re.search("(Query|Batch)Keywords", str(signature))
            if passed_on or words & signature.parameters.keys():
                takes.add(name)
    assert takes == CALLS.keys()


def test_a_query_by_name_is_the_query_by_id(omni, server):
    by_name = omnipd.Query("flights", "flights").select("flights.origin", "flights.count")
    by_id = omnipd.Query(server.models["flights"], "flights").select(
        "flights.origin", "flights.count"
    )
    assert by_name.run().equals(by_id.run())
    with pytest.raises(omnipd.ArgumentError, match=r"has no field flights\.cuont"):
        by_name.select("flights.cuont").run()
    topics = omnipd.read_topics("flights")
    assert topics["model_id"].unique().tolist() == [server.models["flights"]]


def test_a_query_within_the_query_has_its_model_by_name_too(omni):
    newark = {"type": "string", "kind": "EQUALS", "values": ["EWR"]}
    within = {"model_id": "flights", "join_paths_from_topic_name": "flights", "limit": None}
    within |= {"fields": ["flights.origin"], "filters": {"flights.origin": newark}}
    by_query = {"type": "query", "query_id": "newark", "field_name": "flights.origin"}
    query = NAMED | {"filters": {"flights.origin": by_query}}
    [count] = omnipd.run_query(query | {"staticQueryReferences": {"newark": within}})[
        "flights.count"
    ]
    assert count == 120_835


def test_an_id_is_never_looked_up(omni, server):
    before = len(of_models(server))
    omnipd.run_query(FLIGHTS, model=server.models["flights"])
    omnipd.read_topics(server.models["flights"].upper())
    omnipd.read_topics(omnipd.read_models(model_kind="SHARED"))
    assert len(of_models(server)) == before + 1  # read_models itself


def test_a_name_costs_one_list_and_a_stored_one_none(scripted):
    models = page(model("Sales"), total=1)
    scripted.script(models, models, answer({"topics": []}))
    for _ in range(2):
        # The second client finds the list on the disk.
        client = client_of(scripted)
        for _ in range(2):
            assert model_id("Sales", client) == ID
        assert client.models == {"Sales": ID}
    assert len(scripted.requests) == 1
    client = client_of(scripted, cache=False)
    omnipd.read_topics(["Sales"], client=client)
    omnipd.read_topics("Sales", client=client)
    assert [target.split("?")[0] for _, target, _, _ in scripted.requests[1:]] == [
        "/api/v1/models",
        *[f"/api/v1/models/{ID}/topic"] * 2,
    ]


def test_a_name_that_is_not_known_is_looked_for_again_and_then_refused_with_near_ones(scripted):
    scripted.script(
        page(model("Sales"), total=1), page(model("Sales"), model("Stock", OTHER), total=2)
    )
    client = client_of(scripted)
    assert client.models["Sales"] == ID
    assert client.models["Stock"] == OTHER
    for wrong, near in (("sales", "Sales"), ("STOCK", "Stock"), ("Sale", "Sales")):
        with pytest.raises(omnipd.ArgumentError) as caught:
            omnipd.run_query(FLIGHTS, model=wrong, client=client)
        assert str(caught.value) == (
            f"There is no shared model named {wrong!r}.\nDid you mean {near!r}? This key sees 'Sales', "
            "'Stock'. A model of another kind is named by its id, which omnipd.read_models() has."
        )
    assert {target.split("?")[0] for _, target, _, _ in scripted.requests} == {"/api/v1/models"}


def test_a_name_that_two_models_have_is_refused_with_their_ids(scripted):
    unnamed = model(None, "88888888-2222-4333-8444-555555555555")
    scripted.script(page(model("Sales"), model("Sales", OTHER), unnamed, total=3))
    client = client_of(scripted)
    assert client.models == {}
    with pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.read_topics("Sales", client=client)
    assert str(caught.value) == (
        f"2 shared models are named 'Sales'.\nPass the id of one: {ID}, {OTHER}."
    )


def test_only_shared_models_go_by_name(omni, server):
    kinds = omnipd.read_models(name="margin")["model_kind"].tolist()
    assert kinds == ["BRANCH"]
    assert omni.models == server.models
    for name in ("margin", "orders_for_finance", "orders_2023"):
        with pytest.raises(omnipd.ArgumentError, match="no shared model named"):
            omni.models[name]


def test_where_ids_are_no_uuids_what_is_no_name_may_be_one(scripted):
    scripted.script(page(model("Sales", "a1B2c3D4"), total=1))
    client = client_of(scripted)
    assert model_id("Sales", client) == "a1B2c3D4"
    assert model_id("Zz9yX8w7", client) == "Zz9yX8w7"


def test_a_server_without_a_list_of_models_judges_what_it_is_given(scripted):
    gone = answer({"message": "Route not found"}, 404)
    scripted.script(gone, answer({"topics": []}))
    topics = omnipd.read_topics("m1", client=client_of(scripted))
    assert len(topics) == 0
    assert [request[1].split("?")[0] for request in scripted.requests] == [
        "/api/v1/models",
        "/api/v1/models/m1/topic",
    ]


def test_names_that_cannot_be_read_say_what_they_were_read_for(scripted):
    scripted.script(answer({"detail": "no"}, 403))
    with pytest.raises(omnipd.ForbiddenError) as caught:
        omnipd.read_topics("Sales", client=client_of(scripted))
    assert "to find the one that is named 'Sales'" in "".join(caught.value.__notes__)


def test_names_are_found_where_nothing_can_be_kept(scripted, tmp_path):
    (tmp_path / "file").write_text("a file")
    scripted.script(page(model("Sales"), total=1))
    nowhere = {"cache_dir": tmp_path / "file", "state_dir": tmp_path / "file" / "state"}
    client = Client(resolve(scripted.url, "key"), requests_per_minute=None, **nowhere)
    with pytest.warns(omnipd.OmniWarning, match="lists are fetched each time"):
        assert client.models["Sales"] == ID
    sent = len(scripted.requests)
    assert model_id("Sales", client) == ID
    assert len(scripted.requests) == sent
    scripted.script(answer({}, 201), page(model("Sales", OTHER), total=1))
    client.post("/api/v1/something", {})
    assert model_id("Sales", client) == OTHER


@pytest.mark.parametrize(
    "call",
    [
        lambda: omnipd.read_models(model="flights", sort="nmae"),
        lambda: omnipd.read_content_issues("flights", find="a.b", find_type="some"),
        lambda: omnipd.read_topics("flights", strict="no"),
        lambda: omnipd.read_topics(["flights", ""]),
        lambda: omnipd.whoami(model=["flights", 3]),
        lambda: omnipd.run_query(NAMED, limit=-1),
        lambda: omnipd.run_query(NAMED | {"fields": []}),
        lambda: omnipd.run_queries([NAMED, NAMED | {"fields": []}]),
        lambda: omnipd.run_query_in_pieces(NAMED, split_on="flights.date", by="day", start="x"),
        lambda: omnipd.run_document("x", model="flights", limit=-1),
        lambda: omnipd.query_to_parquet(NAMED, 3),
    ],
)
def test_a_call_that_is_refused_looks_no_name_up(scripted, call):
    with client_of(scripted), pytest.raises(omnipd.ArgumentError):
        call()
    assert scripted.requests == []


def test_the_names_are_a_mapping_that_asks_nothing_until_it_is_looked_into(scripted):
    scripted.script(page(model("Sales"), total=1))
    client = client_of(scripted)
    names = client.models
    assert {"models"} <= set(dir(client))
    assert repr(names) == f"<names of models of {scripted.url}, not read yet>"
    assert scripted.requests == []
    assert json.dumps(dict(names)) == json.dumps({"Sales": ID})
    assert pickle.loads(pickle.dumps(names)) == {"Sales": ID}
    assert repr(names) == repr({"Sales": ID})
    assert "Stock" not in names
    assert names.get(None) is names.get("Stock") is None
    with pytest.raises(KeyError):
        names["Stock"]


def test_a_model_that_is_made_is_seen_at_once():
    with omnipd.sandbox(size="tiny") as omni:
        before = len(omni.server.requests)
        assert sorted(omni.models) == ["flights", "orders"]
        assert len(omni.server.requests) == before
        client = omnipd.connect(omni.base_url, omni.api_key, cache_dir=omni.disk / "other")
        assert client.models == omni.models
        flights = omnipd.read_models(model="flights")
        body = {"connectionId": flights["connection_id"][0], "modelKind": "SHARED"}
        made = omni.post("/api/v1/models", body | {"modelName": "bare"}).content["model"]["id"]
        assert omni.models["bare"] == client.models["bare"] == made
        assert sorted(omni.models) == sorted(client.models) == ["bare", "flights", "orders"]
        omni.post("/api/v1/models", body | {"modelName": "bare"})
        for one in (omni, client):
            assert "bare" not in one.models or one is client
        with pytest.raises(omnipd.ArgumentError, match="2 shared models are named 'bare'"):
            omni.models["bare"]
