"""What the rows of failures promise beside the error: figures as they are set, and what is kept."""

import os
import socket
import zlib

import pyarrow.parquet as pq
import pytest
from faults.given import KEY, QUERY, client_of
from scripted_server import after, answer, document, hang_up, page, reset, silence

import omnipd
from omnipd import NetworkError, ResponseError
from omnipd.client import transport
from omnipd.clock import Clock

GOOD = answer({"user": {"id": "u", "membershipId": "m"}})


def kinds_of_end():
    """Steps that a list does not survive, with how often each is sent and the error."""
    return {
        "a reset": (reset, 5, NetworkError),
        "a short body": (after(answer(b"x" * 50)[:-9], hang_up), 5, NetworkError),
        "another protocol": (after(b"SSH-2.0\r\n", hang_up), 2, NetworkError),
        "a cut body of matching length": (answer(b'{"records": ['), 2, ResponseError),
        "bad UTF-8": (answer(b'{"records": [], "a": "\xff"}'), 2, ResponseError),
        "a page": (answer(b"<html>Sign in</html>"), 1, ResponseError),
        "500": (answer({"detail": "oops"}, 500), 3, omnipd.ServerError),
        "503": (answer(b"", 503), 5, omnipd.ServerError),
        "408": (answer(b"", 408), 5, omnipd.ServerError),
        "a refused key": (answer(b"", 401), 1, omnipd.AuthenticationError),
        "a failure with a good status": (
            answer({"success": False, "error": "no"}),
            1,
            omnipd.BadRequestError,
        ),
    }


@pytest.mark.failure(
    "broken", "not-http", "cut-body", "web-page", "not-json", "server-error", "server-away"
)
@pytest.mark.parametrize(("step", "tries", "kind"), kinds_of_end().values(), ids=kinds_of_end())
def test_the_pages_before_a_fault_are_in_its_error_and_not_in_the_cache(
    scripted, fake_time, step, tries, kind
):
    scripted.script(page(document("a"), cursor="c", total=2), step)
    with client_of(scripted, fake_time) as client, pytest.raises(kind) as caught:
        omnipd.read_content(client=client)
    assert len(scripted.requests) == 1 + tries
    assert caught.value.partial["document_identifier"].tolist() == ["a"]
    assert caught.value.partial.attrs["omni"]["complete"] is False
    assert list(client.cache.folder.glob("*.json")) == []


@pytest.mark.failure("unknown-host", connects=False)
def test_a_query_to_an_unknown_host_is_tried_twice(fake_time):
    with client_of("https://nowhere.invalid", fake_time) as client, pytest.raises(NetworkError):
        omnipd.run_query(QUERY, client=client)
    assert client.requests_sent == 2
    assert sum(fake_time.slept) <= 5


@pytest.mark.failure("silence")
def test_silence_without_end_is_a_network_error_with_the_pages_before_it(scripted, monkeypatch):
    monkeypatch.setattr(transport, "READ_SECONDS", 0.05)
    scripted.script(page(document("a"), cursor="c", total=2), silence(5))
    with client_of(scripted) as client:
        client.clock = Clock(sleep=lambda _: None)
        with pytest.raises(NetworkError) as caught:
            omnipd.read_content(client=client)
    assert len(scripted.requests) == 6
    assert not isinstance(caught.value, omnipd.DeadlineError)
    assert caught.value.partial["document_identifier"].tolist() == ["a"]


@pytest.mark.failure("silence")
def test_of_a_time_twice_as_long_as_a_silence_there_is_one_more_try(scripted, monkeypatch):
    # As 60 s are to the 120 s of a call. The pause between the tries is the shortest, not to weigh more than it does there.
    monkeypatch.setattr(transport, "READ_SECONDS", 0.3)
    scripted.script(silence(5))
    with client_of(scripted, timeout=0.6) as client:
        client.clock = Clock(sleep=lambda _: None, jitter=lambda: 0.0)
        with pytest.raises(omnipd.DeadlineError):
            client.get("/api/v1/whoami")
    assert len(scripted.requests) == 2


@pytest.mark.failure("late")
def test_a_time_that_is_up_in_a_list_leaves_the_pages_before_it(scripted):
    scripted.script(page(document("a"), cursor="c", total=2), silence(5))
    with client_of(scripted, timeout=0.3) as client, pytest.raises(omnipd.DeadlineError) as caught:
        omnipd.read_content(client=client)
    assert caught.value.partial["document_identifier"].tolist() == ["a"]


@pytest.mark.failure("silence", "no-connection")
@pytest.mark.parametrize(
    ("path", "seconds"), [("/api/v1/whoami", 60), ("/api/v1/query/wait", 90)], ids=["any", "wait"]
)
def test_a_socket_waits_as_long_as_is_said(scripted, monkeypatch, path, seconds):
    waits = []
    set_time = socket.socket.settimeout

    def noted(self, value):
        waits.append(value)
        return set_time(self, value)

    monkeypatch.setattr(socket.socket, "settimeout", noted)
    scripted.script(GOOD)
    with client_of(scripted) as client:
        client.get(path)
    assert waits[0] == 10
    assert max(wait for wait in waits if wait is not None) == seconds


@pytest.mark.failure("no-connection")
@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems queue otherwise")
def test_a_connection_that_is_never_taken_is_tried_five_times(fake_time, monkeypatch):
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.1)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # One fills the queue of a listener that takes none; all others get no answer.
        with socket.create_connection(listener.getsockname()):
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with client_of(address, fake_time) as client, pytest.raises(NetworkError) as caught:
                client.get("/api/v1/whoami")
    assert client.requests_sent == 5
    assert "5 tries" in str(caught.value)


@pytest.mark.failure("too-large")
@pytest.mark.thorough
def test_a_bomb_is_unpacked_to_256_mib(scripted, fake_time):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(300)) + packer.flush()
    scripted.script(answer(bomb, Content_Encoding="gzip"))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 1
    assert 256 <= float(str(caught.value).split("over ")[1].split(" MiB")[0]) < 258


@pytest.mark.failure("plain-http", connects=False)
def test_plain_http_is_refused_before_a_proxy_could_see_the_key(scripted, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", scripted.url)
    with pytest.raises(omnipd.SettingsError, match="clear text"):
        omnipd.connect("http://omni.test", KEY)
    assert scripted.accepted == 0


@pytest.mark.failure("path-ids")
@pytest.mark.parametrize(
    ("identifier", "quoted"),
    [("a/b", "a%2Fb"), ("a?b", "a%3Fb"), ("a#b", "a%23b"), ("a%2Fb", "a%252Fb"), ("é", "%C3%A9")],
)
def test_an_id_is_one_part_of_the_address(scripted, fake_time, identifier, quoted):
    scripted.script(answer({"queries": []}))
    with client_of(scripted, fake_time) as client:
        omnipd.read_document_queries([identifier], client=client)
    assert [request[1] for request in scripted.requests] == [f"/api/v1/documents/{quoted}/queries"]


@pytest.mark.failure("file-names")
@pytest.mark.parametrize("identifier", ["a/../../b", "x\\..\\y", "C:evil", "con", "é" * 100])
def test_an_identifier_of_any_form_is_a_file_of_the_folder(
    scripted, fake_time, tmp_path, identifier
):
    export = {"document": {"name": identifier}, "exportVersion": "0.1", "queryModels": {}}
    scripted.script(answer(export))
    out = tmp_path / "a" / "b" / "out"
    with client_of(scripted, fake_time) as client:
        manifest = omnipd.export_documents([identifier], out, client=client)
    [name] = manifest["file"]
    assert {one.name for one in out.iterdir()} == {name, "manifest.jsonl"}
    assert [one.name for one in out.parent.iterdir()] == ["out"]
    assert [one.name for one in (tmp_path / "a").iterdir()] == ["b"]


@pytest.mark.failure("throttled-long", "bad-key")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (answer(b"", 429, Retry_After="600"), omnipd.RateLimitError),
        (answer(b"", 401), omnipd.AuthenticationError),
    ],
    ids=["a long 429", "a refused key"],
)
def test_an_export_stops_at_once_and_goes_on_with_what_it_has(
    scripted, fake_time, tmp_path, fault, kind
):
    labels = answer({"labels": [{"name": "a"}]})
    connections = answer({"connections": []})
    answers = {"labels": labels, "connections": fault}
    scripted.by_target = lambda target: answers[target.split("?")[0].rsplit("/", 1)[1]]
    include = ["labels", "connections"]

    def export(client):
        return omnipd.export_inventory(tmp_path / "out", include=include, client=client)

    def asked(name):
        return sum(request[1].split("?")[0].endswith(name) for request in scripted.requests)

    with client_of(scripted, fake_time, cache=False) as client, pytest.raises(kind):
        export(client)
    assert (asked("labels"), asked("connections")) == (1, 1)
    answers["connections"] = connections
    fake_time.now += 601
    with (
        client_of(scripted, fake_time, cache=False) as client,
        pytest.warns(omnipd.OmniWarning, match="taken from the checkpoint"),
    ):
        export(client)
    assert (asked("labels"), asked("connections")) == (1, 2)
    assert sorted(omnipd.open_export(tmp_path / "out")) == include[::-1]


@pytest.mark.failure("formula")
@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_a_name_from_omni_is_no_formula_of_a_file(scripted, fake_time, tmp_path, begins):
    name = f"{begins}1+1"
    scripted.script(page({"type": "folder", "id": "f", "name": name}))
    with client_of(scripted, fake_time) as client:
        df = omnipd.read_content(client=client)[["id", "name"]]
    omnipd.to_csv(df, tmp_path / "safe.csv")
    omnipd.to_csv(df, tmp_path / "raw.csv", raw=True)
    omnipd.to_parquet(df, tmp_path / "whole.parquet")
    head = '"id","name"\n'
    assert (tmp_path / "safe.csv").read_bytes().decode() == f'{head}"f","\'{name}"\n'
    assert (tmp_path / "raw.csv").read_bytes().decode() == f'{head}"f","{name}"\n'
    assert pq.read_table(tmp_path / "whole.parquet")["name"].to_pylist() == [name]
