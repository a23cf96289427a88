"""Documents leave as files and come back as documents: each once, none outside its folder."""

import json
import os

import pandas as pd
import pytest
from scripted_server import ScriptedServer, answer, reset

import omnipd
from omnipd.sandbox.server import Server

MODEL = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"


@pytest.fixture
def writable(tmp_path):
    """A small sandbox of its own: an import changes it."""
    with Server(documents=130) as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path / "disk"
        )
        with client:
            yield server
        assert server.failures == []


def names_of(server):
    listed = omnipd.read_records("/api/v1/documents", params={"pageSize": 100}, refresh=True)
    return listed["name"].tolist()


def test_what_is_exported_can_be_imported_whatever_its_name(writable, tmp_path):
    documents = omnipd.read_content().query("type == 'document'")
    folder = tmp_path / "out"
    manifest = omnipd.export_documents(documents, folder)
    assert manifest["identifier"].tolist() == documents["identifier"].tolist()
    assert manifest["name"].tolist() == documents["name"].tolist()
    assert {"../x", "CON", "\tstarts with a tab"} <= set(manifest["name"])
    assert max(map(len, manifest["name"])) >= 255
    files = sorted(os.listdir(folder))
    assert files == sorted([*manifest["file"], "manifest.jsonl"])
    assert sorted(os.listdir(tmp_path)) == ["disk", "out"]
    assert len({name.lower() for name in files}) == len(files)
    for name in files:
        assert len(name) < 200
        assert name.isascii()
    before = names_of(writable)
    outcome = omnipd.import_documents(folder, base_model_id=MODEL)
    assert set(outcome["status"]) == {"ok"}
    assert outcome["identifier"].is_unique
    after = names_of(writable)
    assert sorted(after) == sorted(before + documents["name"].tolist())
    posts = [one for one in writable.requests if one.method == "POST"]
    assert len(posts) == len(documents)


def test_an_export_holds_what_omni_said(writable, tmp_path):
    one = omnipd.read_content().query("type == 'document'")["identifier"].iloc[0]
    manifest = omnipd.export_documents(one, tmp_path / "out")
    held = json.loads((tmp_path / "out" / manifest["file"][0]).read_text(encoding="utf-8"))
    assert held["exportVersion"] == "0.1"
    assert held["document"]["name"] == manifest["name"][0]
    assert (tmp_path / "out" / manifest["file"][0]).stat().st_size == manifest["bytes"][0]
    again = pd.read_json(tmp_path / "out" / "manifest.jsonl", lines=True)
    assert again["identifier"].tolist() == [one]


def test_a_document_that_is_gone_ends_the_export_or_is_a_row(writable, tmp_path):
    one = omnipd.read_content().query("type == 'document'")["identifier"].iloc[0]
    with pytest.raises(omnipd.NotFoundError) as caught:
        omnipd.export_documents([one, "no-such-document"], tmp_path / "out")
    assert caught.value.partial["identifier"].tolist() == [one, "no-such-document"]
    manifest = omnipd.export_documents(
        ["no-such-document", one], tmp_path / "out", errors="collect"
    )
    assert manifest["error"].notna().tolist() == [True, False]
    assert manifest["file"].notna().tolist() == [False, True]
    assert manifest.attrs["omni"]["complete"] is False


def test_a_document_that_omni_refuses_to_export_ends_the_export_or_is_a_row(scripted, tmp_path):
    refused = answer({"detail": "It has no dashboard.", "status": 400}, 400)
    scripted.script(refused)
    with client_of(scripted, tmp_path):
        with pytest.raises(omnipd.BadRequestError) as caught:
            omnipd.export_documents(["d1", "d2"], tmp_path / "out")
        assert caught.value.partial["identifier"].tolist() == ["d1"]
        manifest = omnipd.export_documents(["d1", "d2"], tmp_path / "out", errors="collect")
    assert manifest["error"].str.contains("no dashboard").tolist() == [True, True]


def test_a_planted_link_is_not_followed_out_of_the_folder(writable, tmp_path):
    one = omnipd.read_content().query("type == 'document'")["identifier"].iloc[0]
    name = omnipd.export_documents(one, tmp_path / "out")["file"][0]
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "out" / name).unlink()
    (tmp_path / "out" / name).symlink_to(victim)
    with pytest.raises(omnipd.ExportError, match="is a link"):
        omnipd.export_documents(one, tmp_path / "out", errors="collect")
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    "identifier", ["..", ".", "a/../../b", "x\\..\\y", "C:evil", "con", "é" * 300]
)
def test_an_identifier_cannot_name_a_file_elsewhere(tmp_path, identifier):
    from omnipd.migration import _file_name

    taken = set()
    names = [_file_name(identifier, "Name", taken), _file_name(identifier.upper(), "NAME", taken)]
    for name in names:
        assert (tmp_path / name).resolve().parent == tmp_path.resolve()
        assert len(name) < 160
        assert name.isascii()
        assert name.split("-")[0].split(".")[0].upper() not in {"", "C:EVIL"}
    assert len({name.lower() for name in names}) == 2


def export_of(name):
    return {"document": {"name": name}, "exportVersion": "0.1", "queryModels": {}}


def write_exports(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / f"{name}.json").write_text(json.dumps(export_of(name)))
    return folder


def client_of(server, tmp_path):
    return omnipd.connect(server.url, "key", requests_per_minute=None, cache_dir=tmp_path / "disk")


def test_a_create_whose_answer_is_lost_is_never_sent_again(tmp_path):
    folder = write_exports(tmp_path / "in", "a", "b", "c", "d")
    made = answer({"documentId": "1", "identifier": "one"}, 201)
    with ScriptedServer() as server:
        server.script(
            made, reset, answer(b"<html>", 502, "text/html"), answer({"detail": "no"}, 400)
        )
        with client_of(server, tmp_path), pytest.warns(omnipd.OmniWarning, match="3 of 4"):
            outcome = omnipd.import_documents(folder, base_model_id=MODEL, folder_path="/new")
        assert outcome["status"].tolist() == ["ok", "unknown", "unknown", "failed"]
        assert outcome["identifier"].fillna("").tolist() == ["one", "", "", ""]
        assert outcome["error"].notna().tolist() == [False, True, True, True]
        bodies = [json.loads(request[3]) for request in server.requests]
    assert [body["document"]["name"] for body in bodies] == ["a", "b", "c", "d"]
    assert bodies[0] == export_of("a") | {"baseModelId": MODEL, "folderPath": "/new"}


def test_an_answer_that_cannot_be_read_is_unknown_too(tmp_path):
    folder = write_exports(tmp_path / "in", "a")
    with ScriptedServer() as server:
        server.script(answer(b"{", 201))
        with client_of(server, tmp_path), pytest.warns(omnipd.OmniWarning):
            outcome = omnipd.import_documents(folder, base_model_id=MODEL)
        assert outcome["status"].tolist() == ["unknown"]
        assert len(server.requests) == 1


def test_a_key_that_stops_working_leaves_the_rest_pending_and_the_rest_can_be_sent(tmp_path):
    folder = write_exports(tmp_path / "in", "a", "b", "c")
    made = answer({"documentId": "1", "identifier": "one"}, 201)
    revoked = answer({"error": {"code": 403, "message": "Invalid bearer token"}}, 403)
    with ScriptedServer() as server:
        server.script(made, revoked)
        with client_of(server, tmp_path), pytest.warns(omnipd.OmniWarning, match="2 of 3"):
            outcome = omnipd.import_documents(folder, base_model_id=MODEL)
        assert outcome["status"].tolist() == ["ok", "pending", "pending"]
        assert len(server.requests) == 2
        server.script(made, made, made, made)
        with client_of(server, tmp_path):
            left = outcome.loc[outcome["status"] == "pending", "file"]
            assert omnipd.import_documents(left, base_model_id=MODEL)["status"].tolist() == [
                "ok",
                "ok",
            ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "no export"),
        ('{"document": {}}', "exportVersion, queryModels"),
    ],
)
def test_a_file_that_is_no_export_is_refused_before_anything_is_sent(tmp_path, text, message):
    folder = write_exports(tmp_path / "in", "a")
    (folder / "z.json").write_text(text)
    with ScriptedServer() as server:
        server.script(answer({}, 201))
        with client_of(server, tmp_path), pytest.raises(omnipd.ArgumentError, match=message):
            omnipd.import_documents(folder, base_model_id=MODEL)
        assert server.requests == []


def test_wrong_places_and_models_are_refused(tmp_path):
    folder = write_exports(tmp_path / "in", "a")
    (tmp_path / "empty").mkdir()
    for where, model, path, message in (
        (folder, "not-an-id", None, "base_model_id"),
        (folder, MODEL, " ", "folder_path"),
        (tmp_path / "none", MODEL, None, "not a folder"),
        (tmp_path / "empty", MODEL, None, "no .json files"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=message):
            omnipd.import_documents(where, base_model_id=model, folder_path=path)
