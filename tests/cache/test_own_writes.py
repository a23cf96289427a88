"""What omnipd changes in an Omni is seen by the next list, whoever reads it on this machine."""

import json
import os
import subprocess
import sys
import tempfile
import warnings

import pytest
from faults.given import client_of
from scripted_server import ScriptedServer, answer, document, page, reset

import omnipd
from omnipd_sandbox.server import Server

EXPORT = {"document": {"name": "A"}, "exportVersion": "0.1", "queryModels": {}}
MODEL = "11111111-2222-4333-8444-555555555555"


def connect(server, key, disk):
    return omnipd.connect(server.url, key, requests_per_minute=None, cache_dir=disk)


def write_export(folder, **more):
    folder.mkdir()
    (folder / "d1.json").write_text(json.dumps(EXPORT | more))
    return folder


def test_a_document_that_was_imported_is_in_the_next_list_of_every_key(tmp_path):
    with Server(documents=20, tokens=["second"]) as server:
        own = connect(server, server.api_key, tmp_path / "disk")
        other = connect(server, server.tokens["second"], tmp_path / "disk")
        elsewhere = connect(server, server.api_key, tmp_path / "another disk")
        before = len(omnipd.read_documents(client=own))
        for client in (other, elsewhere):
            assert len(omnipd.read_documents(client=client)) == before
        outcome = omnipd.import_documents(
            write_export(tmp_path / "in"), model=server.models["flights"], client=own
        )
        assert outcome["status"].tolist() == ["ok"]
        for client in (own, other, elsewhere):  # whatever folder has their lists
            documents = omnipd.read_documents(client=client)
            assert len(documents) == before + 1
            assert documents.attrs["omni"]["from_cache"] is False
        for client in (own, other, elsewhere):
            client.close()


@pytest.mark.parametrize(
    "became",
    [
        answer({"detail": "no"}, 400),
        answer(b"", 502),
        answer(b"half", 201),
        lambda connection: connection.close(),
    ],
    ids=["refused", "unknown", "unreadable", "cut"],
)
def test_lists_are_forgotten_whatever_became_of_the_write(scripted, fake_time, tmp_path, became):
    folder = write_export(tmp_path / "in")
    scripted.script(page(document("a")))
    with client_of(scripted, fake_time) as client:
        omnipd.read_content(client=client)
        scripted.script(became)
        with pytest.warns(omnipd.OmniWarning, match="not imported"):
            omnipd.import_documents(folder, model=MODEL, check=False, client=client)
        scripted.script(page(document("a"), document("b")))
        assert len(omnipd.read_content(client=client)) == 2


def test_another_omni_on_the_same_disk_keeps_its_lists(scripted, fake_time, tmp_path):
    folder = write_export(tmp_path / "in")
    with ScriptedServer() as other:
        other.script(page(document("a")))
        with (
            client_of(scripted, fake_time, cache_dir=tmp_path / "disk") as client,
            client_of(other, fake_time, cache_dir=tmp_path / "disk") as kept,
        ):
            omnipd.read_content(client=kept)
            scripted.script(answer({"identifier": "x"}, 201))
            omnipd.import_documents(folder, model=MODEL, check=False, client=client)
            assert omnipd.read_content(client=kept).attrs["omni"]["from_cache"] is True


def test_a_list_that_was_being_read_when_something_changed_is_not_stored(
    scripted, fake_time, tmp_path
):
    folder = write_export(tmp_path / "in")
    first, last = page(document("a"), cursor="1", total=2), page(document("b"), total=2)
    with client_of(scripted, fake_time) as client:

        def between(_path, rows, _total):
            if rows == 1:
                scripted.script(answer({"identifier": "x"}, 201))
                client.progress = False
                omnipd.import_documents(folder, model=MODEL, check=False, client=client)
                scripted.script(last)

        scripted.script(first)
        client.progress = between
        assert len(omnipd.read_content(client=client)) == 2
        scripted.script(page(*map(document, "abx")))
        assert len(omnipd.read_content(client=client)) == 3


def test_a_list_that_another_client_was_reading_is_not_served_either(scripted, fake_time):
    """A page is read, another program writes, and only then the list is stored."""
    asked = []

    def by_target(target):
        if "import" in target:
            return answer({"identifier": "x"}, 201)
        asked.append(target)
        if len(asked) == 1:
            with client_of(scripted, fake_time) as other:
                other.post("/api/unstable/documents/import", {})
        return page(*[document(f"d{number}") for number in range(len(asked))])

    scripted.by_target = by_target
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.read_content(client=client)) == 1
        assert len(omnipd.read_content(client=client)) == 2
        assert omnipd.read_content(client=client).attrs["omni"]["from_cache"] is True


def test_lists_are_forgotten_before_the_answer_comes(scripted, fake_time):
    """Should the program be killed while it waits, what it did is seen all the same."""
    served = []

    def by_target(target):
        if "import" in target:
            with client_of(scripted, fake_time) as other:
                facts = omnipd.read_content(client=other).attrs["omni"]
            served.append(facts["from_cache"])
            return answer({"identifier": "x"}, 201)
        return page(document("a"))

    scripted.by_target = by_target
    with client_of(scripted, fake_time) as client:
        omnipd.read_content(client=client)
        client.post("/api/unstable/documents/import", {})
    assert served == [False]


@pytest.mark.thorough
def test_another_process_sees_it_and_a_client_without_a_cache_says_it_too(tmp_path):
    read = (
        "import omnipd\n"
        "with omnipd.connect(requests_per_minute=None):\n"
        "    for _ in range(2):\n"
        "        df = omnipd.read_content()\n"
        "        print(len(df), df.attrs['omni']['from_cache'])"
    )
    with Server(documents=20) as server:
        settings = {"OMNI_BASE_URL": server.url, "OMNI_API_KEY": server.api_key}
        environment = os.environ | settings | {"OMNIPD_CACHE_DIR": str(tmp_path / "disk")}

        def in_another_process():
            command = [sys.executable, "-c", read]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            )
            return done.stdout

        with connect(server, server.api_key, tmp_path / "disk") as client:
            count = len(omnipd.read_content(client=client))
        assert in_another_process() == f"{count} True\n" * 2
        with omnipd.connect(
            server.url,
            server.api_key,
            cache=False,
            requests_per_minute=None,
            cache_dir=tmp_path / "disk",
        ):
            omnipd.import_documents(write_export(tmp_path / "in"), model=server.models["flights"])
        assert in_another_process() == f"{count + 1} False\n{count + 1} True\n"


def test_a_disk_that_takes_no_note_is_a_warning_where_lists_are_stored(scripted, tmp_path):
    scripted.script(page(document("a")), answer({}, 201))
    with client_of(scripted) as client:
        omnipd.read_content(client=client)
        (client.state).mkdir()
        (client.state / "writes").write_text("a file")
        with pytest.warns(omnipd.OmniWarning, match=r"OMNIPD_STATE_DIR.*refresh=True"):
            client.post("/api/unstable/documents/import", {})
    file = tmp_path / "file"
    file.write_text("a file")
    with client_of(scripted, cache_dir=file, state_dir=file, cache=False) as client:
        client.post("/api/unstable/documents/import", {})


@pytest.mark.parametrize("backend", ["filesystem", "sqlite", "memory"])
def test_a_program_sees_its_own_writes_where_they_cannot_be_noted(scripted, tmp_path, backend):
    scripted.script(page(document("a")))
    one, other = (
        client_of(scripted, cache_dir=tmp_path / name, cache_backend=backend)
        for name in ("one", "other")
    )
    with one, other, warnings.catch_warnings():
        # A folder lies where the note should.
        (one.state / "writes" / one._settings.instance).mkdir(parents=True)
        warnings.simplefilter("ignore")
        assert [len(omnipd.read_content(client=client)) for client in (one, other)] == [1, 1]
        scripted.script(answer({}, 201), page(document("a"), document("b")))
        one.post("/api/unstable/documents/import", {})
        assert [len(omnipd.read_content(client=client)) for client in (one, other)] == [2, 2]


@pytest.mark.parametrize("nonsense", [b"\xff nonsense", b"2026-11-29T10:00:00"])
def test_a_damaged_note_is_as_old_as_its_file(scripted, nonsense):
    scripted.script(page(document("a")), answer({}, 201), page(document("b")))
    with client_of(scripted) as client:
        omnipd.read_content(client=client)
        client.post("/api/unstable/documents/import", {})
        [note] = (client.state / "writes").iterdir()
        note.write_bytes(nonsense)
        os.utime(note, (1_000_000, 1_000_000))
        assert omnipd.read_content(client=client)["name"].tolist() == ["b"]
        assert omnipd.read_content(client=client).attrs["omni"]["from_cache"] is True
        os.utime(note)
        assert omnipd.read_content(client=client).attrs["omni"]["from_cache"] is False


def test_a_closed_sandbox_leaves_no_note(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    omni = omnipd.sandbox(documents=0)
    omni.close()
    with pytest.raises(omnipd.SettingsError, match="closed"):
        omni.post("/api/unstable/documents/import", {})
    assert list(tmp_path.glob("omnipd-sandbox-*")) == []


def test_questions_and_queries_forget_nothing(omni):
    omnipd.read_labels()
    omnipd.ask("Which airport has the most flights?", model=omni_model(omni))
    assert omnipd.read_labels().attrs["omni"]["from_cache"] is True


def omni_model(client):
    models = omnipd.read_models(model_kind="SHARED", client=client)
    return models.loc[models["name"] == "flights", "model_id"].iloc[0]


# --- what is imported


def query_on(*fields, topic="flights"):
    query = {"fields": list(fields), "join_paths_from_topic_name": topic}
    return {"queryModels": {"q": {"name": "t", "query": query}}}


@pytest.fixture
def writable(tmp_path):
    with (
        Server(documents=0) as server,
        connect(server, server.api_key, tmp_path / "disk") as client,
    ):
        client.model = server.models["flights"]
        yield client


def test_a_document_whose_fields_the_model_lacks_is_made_and_told_of(writable, tmp_path):
    lacks = query_on("flights.origin", "flights.gone[month]", "order_items.count", "calc_1")
    folder = write_export(tmp_path / "in", **lacks)
    with pytest.warns(omnipd.OmniWarning, match="1 of 1 documents ask for what the model lacks"):
        outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["status"].tolist() == ["ok_with_issues"]
    assert outcome["issues"].tolist() == ["The model lacks flights.gone, order_items.count."]


def test_a_topic_that_the_model_lacks_is_told_of(writable, tmp_path):
    folder = write_export(tmp_path / "in", **query_on("flights.origin", topic="sales"))
    with pytest.warns(omnipd.OmniWarning, match="ask for what the model lacks"):
        outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["issues"].tolist() == ["The model lacks topic sales."]


def test_a_view_that_a_topic_joins_in_a_role_of_its_own_is_there(writable, tmp_path):
    fields = omnipd.read_topic_fields((writable.model, "flights"))
    views = set(omnipd.read_views(writable.model)["view"])
    role = fields[~fields["view"].isin(views)]["fully_qualified_name"]
    assert not role.empty
    folder = write_export(tmp_path / "in", **query_on(*role.head(2)))
    outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["status"].tolist() == ["ok"]


def test_what_a_workbook_defines_for_itself_comes_with_it(writable, tmp_path):
    own = {"workbookModel": {"views": {"flights": {"measures": {"delayed_share": {}}}}}}
    folder = write_export(tmp_path / "in", **query_on("flights.delayed_share"), **own)
    outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["status"].tolist() == ["ok"]


def test_without_the_check_nothing_is_asked_but_the_import(writable, tmp_path):
    folder = write_export(tmp_path / "in", **query_on("flights.gone"))
    sent = writable.requests_sent
    outcome = omnipd.import_documents(folder, model=writable.model, check=False)
    assert outcome["status"].tolist() == ["ok"]
    assert writable.requests_sent - sent == 1


def test_an_unknown_model_is_an_error_before_anything_is_made(writable, tmp_path):
    folder = write_export(tmp_path / "in")
    with pytest.raises(omnipd.NotFoundError):
        omnipd.import_documents(folder, model="123e4567-e89b-12d3-a456-426614174000")
    assert len(omnipd.read_documents()) == 0


def test_a_second_import_makes_no_second_document_unless_told(writable, tmp_path):
    folder = write_export(tmp_path / "in")
    first = omnipd.import_documents(folder, model=writable.model)
    with pytest.warns(omnipd.OmniWarning, match="imported before"):
        second = omnipd.import_documents(folder, model=writable.model)
    assert second["status"].tolist() == ["skipped"]
    assert second["document_identifier"].tolist() == first["document_identifier"].tolist()
    assert len(omnipd.read_documents()) == 1
    third = omnipd.import_documents(folder, model=writable.model, again=True)
    assert third["status"].tolist() == ["ok"]
    assert len(omnipd.read_documents()) == 2


def test_a_document_that_was_imported_into_another_omni_is_imported_here(writable, tmp_path):
    folder = write_export(tmp_path / "in")
    omnipd.import_documents(folder, model=writable.model)
    with Server(documents=0) as other, connect(other, other.api_key, tmp_path / "disk") as client:
        outcome = omnipd.import_documents(folder, model=other.models["flights"])
        assert outcome["status"].tolist() == ["ok"]
        assert len(omnipd.read_documents(client=client)) == 1


def notes_in(folder):
    lines = (folder / "imported.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    "lost",
    [reset, answer(b"<html>", 502, "text/html"), answer(b"{", 201)],
    ids=["connection reset", "502", "half an answer"],
)
def test_what_may_have_been_made_is_not_sent_again_either(scripted, tmp_path, lost):
    folder = write_export(tmp_path / "in")
    scripted.script(lost)
    with client_of(scripted) as client:
        asked = {"model": MODEL, "check": False, "client": client}
        with pytest.warns(omnipd.OmniWarning, match="not imported"):
            first = omnipd.import_documents(folder, **asked)
        assert first["status"].tolist() == ["unknown"]
        sent = len(scripted.requests)
        with pytest.warns(omnipd.OmniWarning, match="not made twice"):
            second = omnipd.import_documents(folder, **asked)
        assert second["status"].tolist() == ["skipped"]
        assert second["document_identifier"].isna().all()
        assert "the answer was lost" in second["issues"][0]
        assert len(scripted.requests) == sent
        scripted.script(answer({"identifier": "x", "documentId": "y"}, 201))
        assert omnipd.import_documents(folder, again=True, **asked)["status"].tolist() == ["ok"]
        with pytest.warns(omnipd.OmniWarning, match="not made twice"):
            assert omnipd.import_documents(folder, **asked)["document_identifier"].tolist() == ["x"]


def test_it_is_noted_before_it_is_sent(scripted, tmp_path):
    """A process that is killed leaves no second word."""
    folder = write_export(tmp_path / "in")
    seen = []

    def by_target(_):
        seen.extend(note["status"] for note in notes_in(folder))
        return answer({"identifier": "x"}, 201)

    scripted.by_target = by_target
    with client_of(scripted) as client:
        omnipd.import_documents(folder, model=MODEL, check=False, client=client)
    assert seen == ["unknown"]
    assert [note["status"] for note in notes_in(folder)] == ["unknown", "ok"]


def test_what_omni_refused_is_sent_again(scripted, tmp_path):
    folder = write_export(tmp_path / "in")
    with client_of(scripted) as client:
        asked = {"model": MODEL, "check": False, "client": client}
        scripted.script(answer({"detail": "no"}, 400))
        with pytest.warns(omnipd.OmniWarning, match="not imported"):
            assert omnipd.import_documents(folder, **asked)["status"].tolist() == ["failed"]
        scripted.script(answer({"identifier": "x"}, 201))
        assert omnipd.import_documents(folder, **asked)["status"].tolist() == ["ok"]


def test_notes_that_cannot_be_written_are_a_warning_and_said_once(scripted, tmp_path):
    folder = write_export(tmp_path / "in")
    (folder / "d2.json").write_text(json.dumps(EXPORT))
    (folder / "imported.jsonl").mkdir()
    scripted.script(answer({"identifier": "x"}, 201))
    files = sorted(folder.glob("*.json"))
    with client_of(scripted) as client:
        asked = {"model": MODEL, "check": False, "again": True, "client": client}
        with pytest.warns(omnipd.OmniWarning) as caught:
            outcome = omnipd.import_documents(files, **asked)
    assert outcome["status"].tolist() == ["ok", "ok"]
    assert [str(one.message)[-36:] for one in caught] == [
        "import would make the documents again."[-36:]
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"identifier": "one", "documentId": "1"},
        {"dashboard": {"dashboardId": "d"}, "miniUuidMap": {}, "workbook": {"identifier": "one"}},
    ],
    ids=["at the top", "below the workbook"],
)
def test_the_identifier_is_found_in_either_answer(scripted, tmp_path, said):
    folder = write_export(tmp_path / "in")
    scripted.script(answer(said, 201))
    with client_of(scripted) as client:
        outcome = omnipd.import_documents(folder, model=MODEL, check=False, client=client)
    assert outcome["document_identifier"].tolist() == ["one"]
    assert outcome["document_id"].fillna("").tolist() == [said.get("documentId", "")]


def test_the_queries_of_an_export_are_found_where_omni_itself_puts_them(writable, tmp_path):
    """Its charts name fields, too, of views that only the topic of the query beside them has."""
    fields = omnipd.read_topic_fields((writable.model, "flights"))
    views = set(omnipd.read_views(writable.model)["view"])
    role = fields[~fields["view"].isin(views)]["fully_qualified_name"].iloc[0]
    query = {
        "modelId": "123e4567-e89b-42d3-a456-426614174000",
        "table": "flights",
        "join_paths_from_topic_name": "flights",
        "fields": [role, "flights.gone"],
    }
    shown = {
        "visConfig": {"visType": "basic", "fields": query["fields"]},
        "query": {"queryJson": query},
    }
    members = [{"queryPresentation": shown}]
    export = {
        "dashboard": {
            "queryPresentationCollection": {"queryPresentationCollectionMemberships": members}
        },
        "queryModels": {"q": {"id": "q", "queryJson": query}},
    }
    folder = write_export(tmp_path / "in", **export)
    with pytest.warns(omnipd.OmniWarning, match="lacks"):
        outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["issues"].tolist() == ["The model lacks flights.gone."]


def test_a_field_that_the_model_has_and_the_topic_has_not_is_lacking(writable, tmp_path):
    """Airports are in the topic twice, under the names of what they are in it."""
    views = omnipd.read_views(writable.model)
    assert ("airports", "name") in set(zip(views["view"], views["field"], strict=True))
    query = query_on("flights.origin", "airports.name")
    folder = write_export(tmp_path / "in", **query)
    with pytest.warns(omnipd.OmniWarning, match="lacks"):
        outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["issues"].tolist() == ["The model lacks airports.name."]
    asked = query["queryModels"]["q"]["query"] | {"modelId": writable.model}
    with pytest.raises(omnipd.MissingFieldsError, match=r"airports\.name"):
        omnipd.run_query(asked)


def test_words_of_a_workbook_are_not_taken_for_fields_of_its_own(writable, tmp_path):
    """Every workbook's model has an id and a name, which fields are often called."""
    own = {"workbookModel": {"id": "x", "name": "W", "model_kind": "WORKBOOK", "views": []}}
    export = query_on("order_items.id", "products.name", topic="orders")
    folder = write_export(tmp_path / "in", **own, **export)
    with pytest.warns(omnipd.OmniWarning, match="lacks"):
        outcome = omnipd.import_documents(folder, model=writable.model)
    lacks = "The model lacks topic orders, order_items.id, products.name."
    assert outcome["issues"].tolist() == [lacks]


@pytest.mark.parametrize(
    "views",
    [
        {"flights": {"measures": {"delayed_share": {}}}},
        [{"name": "flights", "measures": [{"field_name": "delayed_share"}]}],
        [{"name": "flights", "measures": [{"name": "delayed_share"}]}],
        [{"name": "flights", "written": "in a way of its own"}],
    ],
    ids=str,
)
def test_what_a_workbook_defines_in_any_way_comes_with_it(writable, tmp_path, views):
    own = {"workbookModel": {"views": views}}
    folder = write_export(tmp_path / "in", **query_on("flights.delayed_share"), **own)
    outcome = omnipd.import_documents(folder, model=writable.model)
    assert outcome["status"].tolist() == ["ok"]


def test_a_topic_that_may_not_be_read_makes_no_field_lacking(scripted, tmp_path):
    folder = write_export(tmp_path / "in", **query_on("role_of_airport.name"))

    def by_target(target):
        if "/topic/" in target:
            return answer({"detail": "no"}, 403)
        if target.endswith("/view") or "/view?" in target:
            return answer({"success": True, "views": []})
        return answer({"identifier": "x"}, 201)

    scripted.by_target = by_target
    with client_of(scripted) as client:
        outcome = omnipd.import_documents(folder, model=MODEL, client=client)
    assert outcome["status"].tolist() == ["ok"]


def test_the_model_is_asked_and_not_the_cache(writable, tmp_path):
    omnipd.read_views(writable.model)
    omnipd.read_topic_fields((writable.model, "flights"))
    sent = writable.requests_sent
    folder = write_export(tmp_path / "in", **query_on("flights.origin"))
    omnipd.import_documents(folder, model=writable.model)
    assert writable.requests_sent - sent == 3  # views, a topic, the import


@pytest.mark.parametrize("where", ["document", "workbook"])
def test_what_was_made_is_found_by_its_identifier(tmp_path, where):
    with (
        Server(documents=0, import_answer=where) as server,
        connect(server, server.api_key, tmp_path / "disk"),
    ):
        folder = write_export(tmp_path / "in")
        outcome = omnipd.import_documents(folder, model=server.models["flights"])
        assert (
            outcome["document_identifier"].tolist()
            == omnipd.read_documents()["document_identifier"].tolist()
        )
