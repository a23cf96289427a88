"""A POST that Omni may have seen is never sent twice; one that it cannot have seen is."""

import json
import socket

import pytest
from faults.given import MODEL, QUERY, client_of, complete, footer, header, whole_answer
from scripted_server import ScriptedServer, after, answer, chunked, hang_up, reset, silence

import omnipd
from omnipd import (
    AuthenticationError,
    BadRequestError,
    NetworkError,
    OmniError,
    OutcomeUnknownError,
    ServerError,
)

DONE = answer(whole_answer(), content_type="text/ndjson")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/ndjson\r\nContent-Length: 5000\r\n\r\n"

LOST = {
    "reset": reset,
    "closed": hang_up,
    "reset in the headers": after(b"HTTP/1.1 200 OK\r\n", reset),
    "body without a byte": after(HEAD, hang_up),
    "body cut before the job is named": after(HEAD + header()[:9], hang_up),
    "chunks without end and without a job": after(chunked(b"", end=False)[:-5], hang_up),
    "502": answer(b"", 502),
    "502 with a page": answer(b"<html>Bad Gateway</html>", 502, "text/html"),
    "503": answer({"detail": "down"}, 503),
    "503 with Retry-After": answer(b"", 503, Retry_After="1"),
    "504": answer(b"", 504),
    "500 without words": answer(b"", 500),
    "not HTTP": after(b"SSH-2.0\r\n", hang_up),
}


@pytest.mark.failure("query-lost")
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_post_that_may_have_arrived_is_sent_once(scripted, fake_time, fault):
    scripted.script(fault, DONE)
    with client_of(scripted, fake_time) as client, pytest.raises(OutcomeUnknownError) as caught:
        omnipd.run_query(QUERY, client=client)
    assert [request[:2] for request in scripted.requests] == [("POST", "/api/v1/query/run")]
    assert fake_time.slept == []
    assert caught.value.job_id is None
    assert "not known" in str(caught.value)


@pytest.mark.parametrize(
    "handled", [ConnectionRefusedError(), UnicodeDecodeError("a", b"", 0, 1, "")]
)
def test_what_the_caller_is_handling_does_not_make_it_sent_again(scripted, fake_time, handled):
    scripted.script(reset, answer({"ok": 1}))
    with client_of(scripted, fake_time) as client:
        try:
            raise handled
        except (OSError, ValueError):
            with pytest.raises(OutcomeUnknownError):
                client.post("/api/v1/labels", {"name": "new"})
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("first", [(), (header() + footer("job-1"),)], ids=["run", "wait"])
def test_a_result_that_came_whole_is_not_lost_when_the_answer_does_not_end(scripted, first):
    done = (complete() if first else header() + complete()) + footer()
    open_end = after(HEAD + done, silence(3))
    scripted.script(*[answer(one, content_type="text/ndjson") for one in first], open_end)
    with client_of(scripted) as client:
        df = omnipd.run_query(QUERY, client=client, timeout=1.5, check=False)
    assert df["users.count"].tolist() == [3, 2, 1]


@pytest.mark.failure("query-lost")
def test_a_post_that_is_answered_by_silence_is_sent_once(scripted, monkeypatch):
    monkeypatch.setattr("omnipd.client.transport.READ_SECONDS", 0.2)
    scripted.script(silence(3), DONE)
    with client_of(scripted) as client, pytest.raises(OutcomeUnknownError):
        omnipd.run_query(QUERY, client=client)
    assert len(scripted.requests) == 1


def test_a_post_that_outlives_its_timeout_is_sent_once_and_says_so(scripted):
    scripted.script(silence(3), DONE)
    with client_of(scripted) as client, pytest.raises(OmniError) as caught:
        omnipd.run_query(QUERY, client=client, timeout=0.3)
    assert len(scripted.requests) == 1
    assert isinstance(caught.value, OutcomeUnknownError | omnipd.QueryTimeoutError)
    assert "0.3 s" in str(caught.value)


@pytest.mark.failure("no-connection")
def test_a_post_to_a_port_where_nobody_listens_is_tried_five_times(fake_time):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with client_of(address, fake_time) as client, pytest.raises(NetworkError) as caught:
        omnipd.run_query(QUERY, client=client)
    assert client.requests_sent == 5
    assert "not known" not in str(caught.value)


@pytest.mark.failure("no-connection")
def test_a_post_is_sent_when_the_server_comes_up(fake_time):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sleep, started = fake_time.sleep, []

    def sleep_and_start(seconds):
        sleep(seconds)
        if len(fake_time.slept) == 2:
            started.append(ScriptedServer(port=port).script(DONE).__enter__())

    fake_time.sleep = sleep_and_start
    with client_of(f"http://127.0.0.1:{port}", fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
    started[0].__exit__()
    assert client.requests_sent == 3
    assert len(started[0].requests) == 1


@pytest.mark.failure("throttled")
def test_a_post_that_was_throttled_is_sent_again(scripted, fake_time):
    scripted.script(answer(b"", 429), answer(b"", 429, Retry_After="3"), DONE)
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
    assert fake_time.slept == pytest.approx([5, 3])
    assert [request[3] for request in scripted.requests] == [scripted.requests[0][3]] * 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (answer({"detail": "Bad Request: query.fields: Required"}, 400), BadRequestError),
        (answer({"error": {"message": "Invalid bearer token"}}, 403), AuthenticationError),
        (answer({"detail": "slow", "timed_out": True}, 408), ServerError),
        (answer({"detail": "Cannot use 'in' operator to search for 'query_id'"}, 500), ServerError),
    ],
    ids=["400", "403", "408", "500 in Omni's words"],
)
def test_an_answer_to_a_post_is_an_answer(scripted, fake_time, fault, kind):
    scripted.script(fault, DONE)
    with client_of(scripted, fake_time) as client, pytest.raises(kind):
        omnipd.run_query(QUERY, client=client)
    assert len(scripted.requests) == 1


@pytest.mark.failure("query-cut")
def test_once_the_job_is_named_only_waiting_is_repeated(scripted, fake_time):
    waited = answer(complete() + footer(), content_type="text/ndjson")
    scripted.script(after(HEAD + header(), reset), reset, answer(b"", 502), waited)
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
    assert [request[:2] for request in scripted.requests] == [
        ("POST", "/api/v1/query/run"),
        *[("GET", "/api/v1/query/wait?jobIds=job-1")] * 3,
    ]


def test_what_is_posted_names_everything_that_has_a_default(scripted, fake_time):
    query = dict(QUERY)
    scripted.script(DONE)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(query, client=client)
    assert query == QUERY
    sent = json.loads(scripted.requests[0][3])["query"]
    assert sent["modelId"] == MODEL
    assert sent["limit"] == 1000
    assert sent["version"] == 9
    assert sent["filters"] == {}
