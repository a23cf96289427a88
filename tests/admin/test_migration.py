"""Documents leave as files and come back as documents: each once, none outside its folder."""

import gzip
import json
import os
import warnings

import pandas as pd
import pytest
from scripted_server import ScriptedServer, answer, reset

import omnipd
from omnipd_sandbox.server import Server

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


@pytest.mark.failure("file-names")
def test_what_is_exported_can_be_imported_whatever_its_name(writable, tmp_path):
    documents = omnipd.read_content().query("type == 'document'")
    folder = tmp_path / "out"
    manifest = omnipd.export_documents(documents, folder)
    assert manifest["document_identifier"].tolist() == documents["document_identifier"].tolist()
    assert manifest["name"].tolist() == documents["name"].tolist()
    assert {"../x", "CON", "\tstarts with a tab"} <= set(manifest["name"])
    assert max(map(len, manifest["name"])) >= 255
    files = sorted(os.listdir(folder))
    assert files == sorted([*manifest["file"], "manifest.jsonl"])
    assert sorted(os.listdir(tmp_path)) == ["disk", "out"]
    assert all(name == name.lower() for name in files)
    for name in files:
        assert len(name) < 200
        assert name.isascii()
    before = names_of(writable)
    outcome = omnipd.import_documents(folder, model=MODEL, check=False)
    assert set(outcome["status"]) == {"ok"}
    assert outcome["document_identifier"].is_unique
    after = names_of(writable)
    assert sorted(after) == sorted(before + documents["name"].tolist())
    posts = [one for one in writable.requests if one.method == "POST"]
    assert len(posts) == len(documents)


def test_an_export_holds_what_omni_said(writable, tmp_path):
    one = omnipd.read_content().query("type == 'document'")["document_identifier"].iloc[0]
    manifest = omnipd.export_documents(one, tmp_path / "out")
    held = json.loads((tmp_path / "out" / manifest["file"][0]).read_text(encoding="utf-8"))
    assert held["exportVersion"] == "0.1"
    assert held["document"]["name"] == manifest["name"][0]
    assert (tmp_path / "out" / manifest["file"][0]).stat().st_size == manifest["bytes"][0]
    again = pd.read_json(tmp_path / "out" / "manifest.jsonl", lines=True)
    assert again["document_identifier"].tolist() == [one]


@pytest.mark.failure("refused")
def test_a_document_that_is_gone_ends_the_export_or_is_a_row(writable, tmp_path):
    one = omnipd.read_content().query("type == 'document'")["document_identifier"].iloc[0]
    with pytest.raises(omnipd.NotFoundError) as caught:
        omnipd.export_documents([one, "no-such-document"], tmp_path / "out")
    assert caught.value.partial["document_identifier"].tolist() == [one, "no-such-document"]
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
        assert caught.value.partial["document_identifier"].tolist() == ["d1"]
        manifest = omnipd.export_documents(["d1", "d2"], tmp_path / "out", errors="collect")
    assert manifest["error"].str.contains("no dashboard").tolist() == [True, True]


@pytest.mark.failure("file-names")
def test_a_planted_link_is_not_followed_out_of_the_folder(writable, tmp_path):
    one = omnipd.read_content().query("type == 'document'")["document_identifier"].iloc[0]
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
    from omnipd.admin.document_files import file_name

    names = [file_name(identifier), file_name(identifier.upper())]
    for name in names:
        assert (tmp_path / name).resolve().parent == tmp_path.resolve()
        assert len(name) < 160
        assert name.isascii()
        assert name.split(".")[0].upper() not in {"", "CON", "C:EVIL"}
    assert len({name.lower() for name in names}) == len({identifier, identifier.upper()})


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
            outcome = omnipd.import_documents(folder, model=MODEL, folder_path="/new", check=False)
        assert outcome["status"].tolist() == ["ok", "unknown", "unknown", "failed"]
        assert outcome["document_identifier"].fillna("").tolist() == ["one", "", "", ""]
        assert outcome["error"].notna().tolist() == [False, True, True, True]
        bodies = [json.loads(request[3]) for request in server.requests]
    assert [body["document"]["name"] for body in bodies] == ["a", "b", "c", "d"]
    assert bodies[0] == export_of("a") | {"baseModelId": MODEL, "folderPath": "/new"}


def import_twice(scripted, tmp_path):
    """Import the same file in two calls and return both outcomes."""
    folder = write_exports(tmp_path / "in", "a")
    with client_of(scripted, tmp_path):
        with pytest.warns(omnipd.OmniWarning, match="not imported"):
            first = omnipd.import_documents(folder, model=MODEL, check=False)
        with warnings.catch_warnings(action="ignore"):
            second = omnipd.import_documents(folder, model=MODEL, check=False)
    return first, second


MAY_HAVE_MADE_IT = {
    "408": answer({"detail": "Timed out", "timed_out": True}, 408),
    "499": answer({"message": "client closed the request"}, 499),
    "500 with words": answer({"detail": "Internal error"}, 500),
    "524 with words": answer({"message": "origin timeout"}, 524),
    "302": answer(b"", 302, Location="/api/unstable/documents/new1"),
    "303": answer(b"", 303, Location="/api/unstable/documents/new1"),
    "303 to elsewhere": answer(b"", 303, Location="https://idp.example/login"),
    "an answer that is too large": answer(
        gzip.compress(bytes(11 * 2**20)), 201, Content_Encoding="gzip"
    ),
}
MADE_NOTHING = {
    "400": answer({"detail": "no"}, 400),
    "409": answer({"detail": "exists"}, 409),
    "307": answer(b"", 307, Location="/api/unstable/documents/new1"),
}


@pytest.mark.failure("make-unnamed")
@pytest.mark.parametrize("step", MAY_HAVE_MADE_IT.values(), ids=MAY_HAVE_MADE_IT)
def test_what_may_have_been_made_is_not_made_by_a_second_import_either(scripted, tmp_path, step):
    scripted.script(step, answer({"documentId": "1", "identifier": "one"}, 201))
    first, second = import_twice(scripted, tmp_path)
    assert [*first["status"], *second["status"]] == ["unknown", "skipped"]
    assert "not known" in first["error"][0]
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("step", MADE_NOTHING.values(), ids=MADE_NOTHING)
def test_what_was_refused_is_made_by_a_second_import(scripted, tmp_path, step):
    scripted.script(step, answer({"documentId": "1", "identifier": "one"}, 201))
    first, second = import_twice(scripted, tmp_path)
    assert [*first["status"], *second["status"]] == ["failed", "ok"]
    assert len(scripted.requests) == 2


def test_an_answer_that_cannot_be_read_is_unknown_too(tmp_path):
    folder = write_exports(tmp_path / "in", "a")
    with ScriptedServer() as server:
        server.script(answer(b"{", 201))
        with client_of(server, tmp_path), pytest.warns(omnipd.OmniWarning):
            outcome = omnipd.import_documents(folder, model=MODEL, check=False)
        assert outcome["status"].tolist() == ["unknown"]
        assert len(server.requests) == 1


@pytest.mark.failure("bad-key")
def test_a_key_that_stops_working_leaves_the_rest_pending_and_the_rest_can_be_sent(tmp_path):
    folder = write_exports(tmp_path / "in", "a", "b", "c")
    made = answer({"documentId": "1", "identifier": "one"}, 201)
    revoked = answer({"error": {"code": 403, "message": "Invalid bearer token"}}, 403)
    with ScriptedServer() as server:
        server.script(made, revoked)
        with client_of(server, tmp_path), pytest.warns(omnipd.OmniWarning, match="2 of 3"):
            outcome = omnipd.import_documents(folder, model=MODEL, check=False)
        assert outcome["status"].tolist() == ["ok", "pending", "pending"]
        assert len(server.requests) == 2
        server.script(made, made, made, made)
        with client_of(server, tmp_path):
            left = outcome.loc[outcome["status"] == "pending", "file"]
            assert omnipd.import_documents(left, model=MODEL, check=False)["status"].tolist() == [
                "ok",
                "ok",
            ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "not an export"),
        ("5", "not an export"),
        ('{"document": {}}', "exportVersion, queryModels"),
    ],
)
def test_a_file_that_is_no_export_is_refused_before_anything_is_sent(tmp_path, text, message):
    folder = write_exports(tmp_path / "in", "a")
    (folder / "z.json").write_text(text)
    with ScriptedServer() as server:
        server.script(answer({}, 201))
        with client_of(server, tmp_path), pytest.raises(omnipd.ArgumentError, match=message):
            omnipd.import_documents(folder, model=MODEL, check=False)
        assert server.requests == []


def test_wrong_places_and_models_are_refused(tmp_path):
    folder = write_exports(tmp_path / "in", "a")
    (tmp_path / "empty").mkdir()
    for where, model, path, message in (
        (folder, "..", None, "model='"),
        (folder, MODEL, " ", "folder_path"),
        (folder, MODEL, 5, "folder_path"),
        (5, MODEL, None, "not a path"),
        ([5], MODEL, None, "not a path"),
        (tmp_path / "none", MODEL, None, "not a folder"),
        (tmp_path / "empty", MODEL, None, "no .json files"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=message):
            omnipd.import_documents(where, model=model, folder_path=path)


def test_a_folder_that_is_no_path_is_refused_before_anything_is_sent(scripted, tmp_path):
    with client_of(scripted, tmp_path):
        with pytest.raises(omnipd.ArgumentError, match="folder=None"):
            omnipd.export_documents("d1", None)
        with pytest.raises(omnipd.ArgumentError, match="document_identifier"):
            omnipd.export_documents("a\ud83d", tmp_path / "out")
    assert scripted.requests == []


@pytest.mark.parametrize("odd", [{}, [], {"document": {}, "exportVersion": "0.1"}])
def test_an_answer_that_is_no_export_replaces_no_file(scripted, tmp_path, odd):
    folder = tmp_path / "out"
    scripted.script(answer(export_of("Sales")), answer(export_of("Costs")), answer(odd))
    with client_of(scripted, tmp_path):
        omnipd.export_documents("d1", folder)
        held = (folder / "d1.json").read_bytes()
        with pytest.raises(
            omnipd.ResponseError, match=r"d1 is not an export.*queryModels"
        ) as caught:
            omnipd.export_documents(["d2", "d1"], folder, errors="collect")
    assert (folder / "d1.json").read_bytes() == held
    assert caught.value.partial["file"].fillna("").tolist() == ["d2.json", ""]
    assert caught.value.partial.attrs["omni"]["complete"] is False


def test_a_renamed_document_stays_one_file_and_is_imported_once(scripted, tmp_path):
    folder = tmp_path / "out"
    scripted.script(answer(export_of("Sales")), answer(export_of("Sales EMEA")))
    with client_of(scripted, tmp_path):
        omnipd.export_documents("d1", folder)
        omnipd.export_documents("d1", folder)
        assert sorted(os.listdir(folder)) == ["d1.json", "manifest.jsonl"]
        scripted.script(answer({"documentId": "1", "identifier": "one"}, 201))
        outcome = omnipd.import_documents(folder, model=MODEL, check=False)
    assert outcome["name"].tolist() == ["Sales EMEA"]


def test_the_file_of_an_identifier_does_not_depend_on_what_else_is_exported(scripted, tmp_path):
    scripted.script(answer(export_of("Sales")))
    with client_of(scripted, tmp_path):
        both = omnipd.export_documents(["AB", "ab"], tmp_path / "both")["file"].tolist()
        for identifier, name in zip(["AB", "ab"], both, strict=True):
            alone = omnipd.export_documents(identifier, tmp_path / identifier)["file"].tolist()
            assert alone == [name]
    assert len({name.lower() for name in both}) == 2


def test_two_files_of_one_identifier_are_refused_before_anything_is_sent(scripted, tmp_path):
    first = write_exports(tmp_path / "monday", "d1", "d2")
    second = write_exports(tmp_path / "tuesday", "d1")
    files = [*sorted(first.iterdir()), *second.iterdir()]
    with (
        client_of(scripted, tmp_path),
        pytest.raises(omnipd.ArgumentError, match="of one document"),
    ):
        omnipd.import_documents(files, model=MODEL)
    assert scripted.requests == []


def test_two_files_that_a_system_may_take_for_one_are_of_one_identifier(scripted, tmp_path):
    first, second = write_exports(tmp_path / "a", "d1"), write_exports(tmp_path / "b", "D1")
    with (
        client_of(scripted, tmp_path),
        pytest.raises(omnipd.ArgumentError, match="of one document"),
    ):
        omnipd.import_documents([*first.iterdir(), *second.iterdir()], model=MODEL)
    assert scripted.requests == []


HALF = b'{"document":{"name":"a\\ud83d"},"exportVersion":"0.1","queryModels":{}}'


@pytest.mark.failure("half-character")
def test_half_a_character_is_exported_as_it_came(scripted, tmp_path):
    scripted.script(answer(HALF))
    with client_of(scripted, tmp_path), pytest.warns(omnipd.OmniWarning, match="U.FFFD in: name"):
        manifest = omnipd.export_documents("d1", tmp_path / "out")
    assert manifest["name"].tolist() == ["a\ufffd"]
    held = (tmp_path / "out" / "d1.json").read_bytes()
    assert json.loads(held) == json.loads(HALF)
    assert b"a\\ud83d" in held
    assert manifest["bytes"].tolist() == [len(held)]


def test_half_a_character_does_not_lose_what_was_imported(scripted, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "d1.json").write_bytes(HALF)
    scripted.script(answer(b'{"documentId":"1","identifier":"n\\ud83d"}', 201))
    with client_of(scripted, tmp_path), pytest.warns(omnipd.OmniWarning, match="U.FFFD"):
        outcome = omnipd.import_documents(folder, model=MODEL, check=False)
    assert outcome["status"].tolist() == ["ok"]
    assert outcome["name"].tolist() == ["a\ufffd"]
    assert outcome["document_identifier"].tolist() == ["n\ufffd"]
    assert json.loads(scripted.requests[0][3])["document"]["name"] == "a\ud83d"


def test_an_export_that_ends_early_leaves_its_manifest(scripted, tmp_path):
    folder = tmp_path / "out"
    scripted.script(answer(export_of("Sales")), answer({"detail": "no"}, 501))
    with client_of(scripted, tmp_path), pytest.raises(omnipd.ServerError) as caught:
        omnipd.export_documents(["d1", "d2", "d3"], folder, errors="collect")
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert [row["document_identifier"] for row in rows] == ["d1", "d2"]
    assert [row["file"] for row in rows] == ["d1.json", None]
    assert [row["error"] is None for row in rows] == [True, False]
    assert caught.value.partial["file"].fillna("").tolist() == ["d1.json", ""]


def interrupted_at(second):
    """A progress function that is interrupted at its n-th call, as by Ctrl-C."""

    def progress(_what, done, _of):
        if done == second:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_export_leaves_its_manifest(scripted, tmp_path):
    folder = tmp_path / "out"
    scripted.script(answer(export_of("Sales")))
    with client_of(scripted, tmp_path) as client:
        client.progress = interrupted_at(1)
        with pytest.raises(KeyboardInterrupt):
            omnipd.export_documents(["d1", "d2"], folder)
    assert json.loads((folder / "manifest.jsonl").read_text())["file"] == "d1.json"


def test_an_interrupted_import_says_what_was_made(scripted, tmp_path):
    folder = write_exports(tmp_path / "in", "a", "b", "c")
    scripted.script(answer({"documentId": "1", "identifier": "one"}, 201))
    with client_of(scripted, tmp_path) as client:
        client.progress = interrupted_at(2)
        with pytest.raises(KeyboardInterrupt) as caught:
            omnipd.import_documents(folder, model=MODEL, check=False)
    assert caught.value.partial["status"].tolist() == ["ok", "ok", "pending"]
    assert "a.json is one" in caught.value.__notes__[0]
    assert len(scripted.requests) == 2


def test_a_manifest_that_is_a_link_is_not_followed_out_of_the_folder(scripted, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (folder / "manifest.jsonl").symlink_to(victim)
    with client_of(scripted, tmp_path), pytest.raises(omnipd.ExportError, match="is a link"):
        omnipd.export_documents("d1", folder)
    assert victim.read_text() == "mine"
    assert scripted.requests == []
