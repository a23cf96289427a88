"""What is not there is told from what cannot be had: none is zero rows, unavailable never is."""

import json

import pytest
from faults.given import client_of
from scripted_server import ScriptedServer, answer

import omnipd
from omnipd import BadRequestError, NotFoundError
from omnipd_sandbox.server import Server

READERS = {
    "read_document_queries": "/api/v1/documents/*/queries",
    "read_dashboard_filters": "/api/v1/dashboards/*/filters",
}

MODEL = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"


def client_to(server):
    return omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False)


@pytest.fixture
def documents(omni):
    return omnipd.read_documents(client=omni)


@pytest.mark.parametrize("name", READERS)
def test_a_document_without_a_dashboard_has_none(omni, documents, name):
    without = documents[~documents["has_dashboard"].fillna(False)].head(3)
    for given in (without, without["document_identifier"].tolist()):
        frame = getattr(omnipd, name)(given, client=omni)
        assert (len(frame), frame.attrs["omni"]["complete"]) == (0, True)


@pytest.mark.parametrize("name", READERS)
def test_a_document_that_is_not_there_is_an_error_and_not_none(omni, name):
    with pytest.raises(NotFoundError):
        getattr(omnipd, name)("no-such-doc", client=omni)


@pytest.mark.parametrize("name", READERS)
def test_the_address_of_a_document_is_refused_and_not_shown(omni, name):
    with pytest.raises(omnipd.ArgumentError, match="is an address") as caught:
        getattr(omnipd, name)(
            "https://acme.omniapp.co/dashboards/abc?f--users.email=x", client=omni
        )
    assert "email" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("as_frame", [True, False])
@pytest.mark.parametrize("name", READERS)
def test_a_call_that_answers_404_to_all_is_an_error(name, as_frame):
    faults = [
        {"kind": "status", "code": 404, "path": path, "count": None}
        for path in (READERS[name], "/api/v2/documents/*")
    ]
    with Server(documents=20, faults=faults) as server, client_to(server) as client:
        documents = omnipd.read_documents(client=client)
        dashboards = documents[documents["has_dashboard"].fillna(False)]
        given = dashboards if as_frame else dashboards["document_identifier"].tolist()
        with pytest.raises(NotFoundError):
            getattr(omnipd, name)(given, client=client)
        with pytest.warns(omnipd.OmniWarning, match="could not be read"):
            collected = getattr(omnipd, name)(given, errors="collect", client=client)
    facts = collected.attrs["omni"]
    assert (len(collected), facts["complete"], facts["failed"]) == (0, False, len(dashboards))


@pytest.mark.parametrize("name", READERS)
def test_one_dashboard_that_is_said_to_be_there_and_is_not_is_an_error(omni, documents, name):
    without = documents[~documents["has_dashboard"].fillna(False)].head(1)
    claimed = without.assign(has_dashboard=True)
    with pytest.raises(NotFoundError):
        getattr(omnipd, name)(claimed, client=omni)


def test_a_frame_that_says_there_is_none_is_believed_whatever_the_words(scripted, documents):
    without = documents[~documents["has_dashboard"].fillna(False)].head(1)
    scripted.script(answer({"detail": "Not Found"}, 404))
    with client_of(scripted) as client:
        frame = omnipd.read_document_queries(without, client=client)
    assert (len(frame), frame.attrs["omni"]["complete"]) == (0, True)


def test_a_model_without_git_has_none_and_an_unknown_404_is_an_error(scripted):
    with client_of(scripted) as client:
        scripted.script(answer({"detail": "Git is not configured for this model"}, 404))
        assert len(omnipd.read_model_git(MODEL, client=client)) == 0
        no_route = {"message": "Route GET:/api/v1/models/m1/git not found", "error": "Not Found"}
        for words in ({"detail": "Not Found"}, {}, no_route):
            scripted.script(answer(words, 404))
            with pytest.raises(NotFoundError):
                omnipd.read_model_git(MODEL, refresh=True, client=client)


# --- calls that newer servers have no more


@pytest.mark.parametrize("status", [404, 405])
def test_a_list_that_is_gone_says_so_and_what_to_use(scripted, status):
    scripted.script(answer({"detail": "Not Found"}, status))
    with (
        client_of(scripted) as client,
        pytest.raises((NotFoundError, BadRequestError), match="do not have this call") as caught,
    ):
        omnipd.read_connection_environments(client=client)
    assert "read_connections()" in caught.value.hint


@pytest.mark.parametrize("ids", ["uuid", "short"])
def test_filters_come_from_the_state_of_the_document_where_their_call_is_gone(ids):
    with Server(documents=30, ids=ids) as old, Server(documents=30, removed_routes=True) as new:
        with client_to(old) as client:
            documents = omnipd.read_documents(client=client)
            dashboards = documents[documents["has_dashboard"].fillna(False)]
            wanted = omnipd.read_dashboard_filters(dashboards, client=client)
            assert not wanted.empty
        with client_to(new) as client:
            before = len(new.requests)
            found = omnipd.read_dashboard_filters(dashboards, client=client)
            asked = [one.path for one in new.requests[before:]]
            with pytest.raises(NotFoundError):
                omnipd.read_dashboard_filters("no-such-doc", client=client)
            with pytest.raises(BadRequestError) as gone:
                omnipd.read_connection_environments(client=client)
    names = [
        "document_identifier",
        "item",
        "item_id",
        "label",
        "field",
        "view",
        "default_value",
    ]
    assert found[[*names, "position"]].equals(wanted[[*names, "position"]])
    # The old call is tried once, and then no more.
    assert sum(path.endswith("/filters") for path in asked) == 1
    assert len(asked) == len(dashboards) + 1
    assert gone.value.status == 405


CONFIG = {"fieldName": "state", "viewName": "users", "defaultValue": ["CA"]}
IN_FULL = {"type": "string", "fieldName": "users.state", "defaultValue": ["CA"]}


@pytest.mark.parametrize(
    "controls",
    [
        {"f1": CONFIG},
        [{"id": "f1"} | CONFIG],
        {"data": {"f1": {"config": CONFIG, "map": {"1": False}}}, "order": ["f1"]},
        {"data": {"f1": {"config": IN_FULL, "map": {}}}, "order": ["f1"]},
    ],
    ids=["by id", "list", "with tiles", "typed"],
)
def test_controls_are_read_in_every_form(controls):

    def step(target):
        if "/v2/" in target:
            return answer({"identifier": "d", "controls": controls, "settings": {}})
        return answer({"detail": "Not Found"}, 404)

    with ScriptedServer() as server:
        server.by_target = step
        with client_of(server) as client:
            row = omnipd.read_dashboard_filters("d", client=client).iloc[0]
    named = (row["item"], row["item_id"], row["view"], row["field"])
    assert named == ("filter", "f1", "users", "state")
    assert json.loads(row["default_value"]) == ["CA"]


# --- ids of any form


@pytest.mark.parametrize("ids", ["uuid", "short"])
def test_ids_that_omni_sent_are_taken_whatever_their_form(ids):
    with Server(size="tiny", documents=10, ids=ids) as server, client_to(server) as client:
        models = omnipd.read_models(model_kind="SHARED", client=client)
        lengths = {len(one) for one in models["model_id"]}
        assert lengths == ({8} if ids == "short" else {36})
        assert set(server.models.values()) <= set(models["model_id"])
        topics = omnipd.read_topics(models, client=client)
        assert not topics.empty
        permissions = omnipd.read_folder_permissions(
            omnipd.read_folders(client=client), client=client
        )
        assert not permissions.empty
        inventory = omnipd.read_inventory(client=client)
        assert inventory.complete
        counted = omnipd.run_query(
            omnipd.Query(server.models["flights"], "flights").select("flights.count"), client=client
        )
        assert counted["flights.count"].tolist() == [336_776]
        owner = omnipd.read_documents(client=client)["owner_id"].iloc[0]
        assert not omnipd.read_documents(creator_id=owner, client=client).empty
        assert server.failures == []


@pytest.mark.thorough
@pytest.mark.parametrize("typed", [False, True])
def test_a_dashboard_shows_the_same_where_the_call_of_its_filters_is_gone(typed):
    shown = []
    for removed in (False, True):
        with (
            Server(removed_routes=removed, typed_dashboard_filters=typed) as server,
            client_to(server) as client,
        ):
            documents = omnipd.read_documents(client=client)
            identifiers = documents.loc[
                documents["has_dashboard"].fillna(False), "document_identifier"
            ]
            frames = {
                one: omnipd.run_document(one, limit="all", errors="collect", client=client)
                for one in identifiers.head(12)
                if not omnipd.read_document_queries(one, client=client).empty
            }
            shown.append(frames)
    with_call, without = shown
    assert with_call.keys() == without.keys()
    applied = 0
    for one, frames in with_call.items():
        for name, frame in frames.items():
            other = without[one][name]
            assert frame.equals(other), (one, name)
            facts = frame.attrs["omni"]
            assert facts["filters_applied"] == other.attrs["omni"]["filters_applied"]
            applied += len(facts["filters_applied"])
    assert applied > 10


def test_a_dashboard_whose_filters_cannot_be_read_is_not_run_without_them():
    faults = [
        {"kind": "status", "code": 404, "path": path, "count": None}
        for path in ("/api/v1/dashboards/*/filters", "/api/v2/documents/*")
    ]
    with Server(faults=faults) as server, client_to(server) as client:
        with pytest.raises(NotFoundError, match="filters of the dashboard could not be read"):
            omnipd.run_document("w9kwzitc27", client=client)
        assert not [one for one in server.requests if one.path.endswith("/query/run")]


def test_an_answer_that_says_nothing_of_filters_is_not_one_without_any(scripted):
    scripted.script(answer({"identifier": "d"}))
    with (
        client_of(scripted) as client,
        pytest.raises(omnipd.ResponseError, match="neither filters"),
    ):
        omnipd.read_dashboard_filters("d", client=client)


@pytest.mark.parametrize("told", [True, False])
def test_where_only_the_newer_call_is_left_the_list_of_documents_tells_who_has_none(told):
    with omnipd.sandbox(documents=60):
        documents = omnipd.read_documents()
        before = omnipd.read_dashboard_filters(documents)
        assert (~documents["has_dashboard"]).any()
        assert len(before) > 0
    with omnipd.sandbox(documents=60, removed_routes=True):
        documents = omnipd.read_documents()
        if not told:
            documents = documents.drop(columns="has_dashboard")
            with pytest.raises(omnipd.BadRequestError, match="advanced layout"):
                omnipd.read_dashboard_filters(documents)
            return
        after = omnipd.read_dashboard_filters(documents)
    assert after.attrs["omni"]["complete"]
    assert after["item_id"].tolist() == before["item_id"].tolist()
