"""What breaks on the way: a GET is tried again as often as promised, and what remains is one error."""

import contextlib
import gzip
import socket
import threading
import zlib

import pytest
from faults.given import KEY, QUERY, client_of
from scripted_server import (
    after,
    answer,
    chunked,
    document,
    drip,
    hang_up,
    page,
    reset,
    silence,
)

import omnipd
from omnipd import DeadlineError, NetworkError, OmniError, ResponseError
from omnipd.clock import Clock

BODY = b'{"user": {"id": "u", "membershipId": "m"}}'
GOOD = answer(BODY)


def head(*lines):
    return "\r\n".join(
        ["HTTP/1.1 200 OK", "Content-Type: application/json", *lines, "", ""]
    ).encode()


def cut_at(size, encoding=None, body=BODY):
    """An answer that promises its whole body and ends after some bytes of it."""
    more = [f"Content-Encoding: {encoding}"] if encoding else []
    return after(head(f"Content-Length: {len(body)}", *more) + body[:size], hang_up)


BREAKS = {
    "reset before a byte": reset,
    "closed before a byte": hang_up,
    "reset in the status line": after(b"HTTP/1.1 2", reset),
    "reset in the headers": after(b"HTTP/1.1 200 OK\r\nContent-Le", reset),
    "reset in the body": after(head("Content-Length: 100") + BODY, reset),
    "short body": cut_at(10),
    "short by one byte": cut_at(len(BODY) - 1),
    "body without a byte": cut_at(0),
    "chunked without end": after(chunked(BODY, end=False), hang_up),
    "chunk cut in the middle": after(
        head("Transfer-Encoding: chunked") + b"ff\r\n" + BODY, hang_up
    ),
    "size of a chunk is not a number": after(
        head("Transfer-Encoding: chunked") + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n", hang_up
    ),
    "size of a chunk is negative": after(
        head("Transfer-Encoding: chunked") + b"-5\r\n" + BODY + b"\r\n0\r\n\r\n", hang_up
    ),
    "corrupt gzip": answer(b"\x1f\x8b\x08\x00not gzip at all", Content_Encoding="gzip"),
    "gzip with a wrong checksum": answer(
        gzip.compress(BODY)[:-8] + b"\0\0\0\0" + gzip.compress(BODY)[-4:], Content_Encoding="gzip"
    ),
}


@pytest.mark.failure("broken")
@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_get_is_tried_five_times_and_then_a_network_error(scripted, fake_time, fault):
    scripted.script(fault)
    with client_of(scripted, fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 5
    assert len(fake_time.slept) == 4
    assert "5 tries" in str(caught.value)
    assert caught.value.retryable
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.failure("broken")
@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS.keys())
def test_a_get_that_broke_once_succeeds_the_second_time(scripted, fake_time, fault):
    scripted.script(fault, GOOD)
    with client_of(scripted, fake_time) as client:
        assert client.get("/api/v1/whoami").body == BODY
    assert len(scripted.requests) == 2


@pytest.mark.failure("broken")
def test_the_waits_between_tries_grow_and_are_spread(scripted, fake_time):
    scripted.script(reset)
    with client_of(scripted, fake_time) as client, pytest.raises(NetworkError):
        client.get("/api/v1/whoami")
    # (0.1 + 0.9 · 0.5) of 1, 2, 4 and 8 seconds: the fake clock's chance is always one half.
    assert fake_time.slept == pytest.approx([0.55, 1.1, 2.2, 4.4])


@pytest.mark.failure("no-connection")
def test_a_refused_connection_is_tried_five_times(fake_time):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with client_of(address, fake_time) as client, pytest.raises(NetworkError):
        client.get("/api/v1/whoami")
    assert client.requests_sent == 5
    assert len(fake_time.slept) == 4


@pytest.mark.failure("unknown-host", connects=False)
def test_an_unknown_host_is_tried_twice(fake_time):
    with client_of("https://nowhere.invalid", fake_time) as client:
        with pytest.raises(NetworkError, match="host name is not known"):
            client.get("/api/v1/whoami")
        assert client.requests_sent == 2
    assert sum(fake_time.slept) <= 5


@pytest.mark.parametrize(
    "address",
    ["https://.omniapp.co", "https://" + "a" * 70 + ".omniapp.co", "https://a..omniapp.co"],
)
def test_an_address_that_no_host_can_have_is_not_asked_again_and_again(fake_time, address):
    try:
        client = client_of(address, fake_time)
    except omnipd.SettingsError:
        return  # better still: it is refused before anything is sent
    with client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert client.requests_sent <= 2
    assert "connection broke" not in str(caught.value)


NOT_HTTP = {
    "another protocol": after(b"SSH-2.0-OpenSSH_9.6\r\n", hang_up),
    "two thousand headers": after(
        head(*[f"X-{number}: y" for number in range(2000)], "Content-Length: 0"), hang_up
    ),
    "a header of a megabyte": after(head("X-Long: " + "y" * 2**20, "Content-Length: 0"), hang_up),
}


@pytest.mark.failure("not-http")
@pytest.mark.parametrize("fault", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_is_not_http_gets_one_more_try(scripted, fake_time, fault):
    scripted.script(fault)
    with client_of(scripted, fake_time) as client, pytest.raises(NetworkError):
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 2


@pytest.mark.failure("cut-body")
def test_a_cut_body_of_matching_length_gets_one_more_try(scripted, fake_time):
    scripted.script(answer(BODY[:-1]))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 2


def test_gzip_that_ends_early_within_its_length_is_no_answer(scripted, fake_time):
    body = b'{"records": [' + b",".join(b'{"n": %d}' % n for n in range(4000)) + b"]}"
    packed = gzip.compress(body)
    scripted.script(answer(packed[: len(packed) // 2], Content_Encoding="gzip"))
    with client_of(scripted, fake_time) as client, pytest.raises((ResponseError, NetworkError)):
        client.get("/api/v1/whoami")
    assert 2 <= len(scripted.requests) <= 5


def test_a_body_without_length_that_is_whole_is_taken(scripted, fake_time):
    scripted.script(after(head("Connection: close") + BODY, hang_up))
    with client_of(scripted, fake_time) as client:
        assert client.get("/api/v1/whoami").body == BODY


STALLS = {
    "silence": silence(5),
    "drip in the headers": drip(head(*["X-Drip: " + "y" * 500]), 0.02),
    "drip in the body": lambda connection: (
        connection.sendall(head("Content-Length: 1000")),
        drip(b" " * 1000, 0.02)(connection),
    ),
    "drip in chunks": lambda connection: (
        connection.sendall(head("Transfer-Encoding: chunked")),
        drip(b"1\r\n \r\n" * 200, 0.02)(connection),
    ),
    "silence in the body": after(head("Content-Length: 1000") + BODY, silence(5)),
    "headers without end": lambda connection: [
        connection.sendall(b"HTTP/1.1 200 OK\r\n"),
        [connection.sendall(b"X-A: b\r\n") for _ in range(50)],
        silence(5)(connection),
    ],
}


@pytest.mark.failure("late")
@pytest.mark.parametrize("fault", STALLS.values(), ids=STALLS.keys())
def test_timeout_is_a_wall_clock_that_no_drip_can_beat(scripted, fault):
    scripted.script(fault)
    with client_of(scripted, timeout=0.3) as client, pytest.raises(DeadlineError) as caught:
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 1
    assert "0.3 s" in str(caught.value)
    assert isinstance(caught.value, TimeoutError)


@pytest.mark.failure("late")
def test_the_tries_of_a_get_share_one_timeout(scripted, fake_time):
    scripted.script(reset)
    with client_of(scripted, fake_time, timeout=2.0) as client, pytest.raises(DeadlineError):
        client.get("/api/v1/whoami")
    # 0.55 s and 1.1 s fit into two seconds; another 2.2 s does not.
    assert fake_time.slept == pytest.approx([0.55, 1.1])
    assert len(scripted.requests) == 3


@pytest.mark.failure("silence")
def test_silence_longer_than_the_read_timeout_is_tried_again(scripted, monkeypatch):
    monkeypatch.setattr("omnipd.client.transport.READ_SECONDS", 0.2)
    scripted.script(silence(5), after(head("Content-Length: 99") + BODY, silence(5)), GOOD)
    with client_of(scripted) as client:
        client.clock = Clock(sleep=lambda _: None)
        assert client.get("/api/v1/whoami").body == BODY
    assert len(scripted.requests) == 3


def test_any_timeout_that_is_a_number_can_be_used(scripted):
    scripted.script(GOOD)
    with client_of(scripted, timeout=float("inf")) as client:
        assert client.get("/api/v1/whoami").body == BODY


def endless(connection):
    connection.sendall(head("Transfer-Encoding: chunked"))
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(piece)


@pytest.mark.failure("too-large")
def test_an_endless_body_ends_at_the_limit(scripted, fake_time, monkeypatch):
    monkeypatch.setattr("omnipd.client.transport.LARGEST_BODY", 4 * 2**20)
    scripted.script(endless)
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError, match="MiB"):
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 1


@pytest.mark.failure("too-large")
def test_a_gzip_bomb_is_unpacked_to_the_limit_only(scripted, fake_time, monkeypatch):
    monkeypatch.setattr("omnipd.client.transport.LARGEST_BODY", 4 * 2**20)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(20)) + packer.flush()
    assert len(bomb) < 25_000
    scripted.script(answer(bomb, Content_Encoding="gzip"))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 1
    assert 4 <= float(str(caught.value).split("over ")[1].split(" MiB")[0]) < 6


@pytest.mark.failure("too-large")
def test_a_good_answer_is_read_however_well_it_is_packed(scripted, fake_time):
    body = b'{"a": "' + b"x" * 12_000_000 + b'"}'
    packed = gzip.compress(body)
    assert len(body) > 900 * len(packed)
    scripted.script(answer(packed, Content_Encoding="gzip"))
    with client_of(scripted, fake_time) as client:
        assert client.get("/api/v1/whoami").body == body


def test_a_connection_that_was_closed_in_between_is_not_used(scripted, fake_time):
    closed = threading.Event()
    scripted.script(after(GOOD, lambda it: (hang_up(it), closed.set())), GOOD)
    with client_of(scripted, fake_time) as client:
        client.get("/api/v1/whoami")
        assert closed.wait(30)  # on one machine the end is there as soon as it was sent
        client.get("/api/v1/whoami")
    assert fake_time.slept == []
    assert len(scripted.requests) == 2
    assert scripted.accepted == 2


LEFT_OPEN = {
    "a stalled body": head("Content-Length: 1000") + b'{"a": ',
    "a malformed line": head("Content-Length: 1000") + b'{"jobs_submitted": {"j": 1}}\nx\n' * 2,
    "an error": b"HTTP/1.1 404 X\r\nContent-Length: 1000\r\n\r\nshort",
    "a redirect": b"HTTP/1.1 302 X\r\nLocation: https://idp.example\r\nContent-Length: 9\r\n\r\n",
    "bad base64": head("Content-Length: 900")
    + b'{"jobs_submitted":{"j":1}}\n{"job_id":"j","status":"COMPLETE","result":"***',
    "whole": GOOD,
}


@pytest.mark.parametrize("data", LEFT_OPEN.values(), ids=LEFT_OPEN.keys())
@pytest.mark.parametrize("call", ["get", "query"])
def test_no_thread_and_no_connection_is_left_behind_an_error(scripted, data, call):
    closed = threading.Event()

    def send_and_wait(connection):
        connection.sendall(data)
        with contextlib.suppress(OSError):
            while connection.recv(1000):
                pass
        closed.set()

    scripted.script(send_and_wait)
    before = set(threading.enumerate())
    error = None
    with client_of(scripted, timeout=0.3) as client:
        try:
            if call == "get":
                client.get("/api/v1/whoami")
            else:
                omnipd.run_query(QUERY, client=client)
        except OmniError as caught:
            error = caught  # whoever keeps the error keeps its frames: nothing may hang on them
        left = {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}
        for thread in left - before:
            thread.join(10)  # one that was told to end may take a moment
        assert not [thread for thread in left - before if thread.is_alive()]
    assert closed.wait(30)
    assert error is not None or data is GOOD


@pytest.mark.failure("cookies")
def test_cookies_are_ignored(scripted, fake_time):
    scripted.script(answer(BODY, Set_Cookie="session=abc; Path=/"))
    with client_of(scripted, fake_time) as client:
        client.get("/api/v1/whoami")
        client.get("/api/v1/whoami")
    assert [request[2].get("cookie") for request in scripted.requests] == [None, None]


def test_every_request_carries_the_key_and_says_who_asks(scripted, fake_time):
    scripted.script(GOOD)
    with client_of(scripted, fake_time) as client:
        client.get("/api/v1/whoami")
    [(method, target, headers, body)] = scripted.requests
    assert (method, target, body) == ("GET", "/api/v1/whoami", b"")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"].startswith("omnipd/")


def test_a_page_after_a_fault_is_read_over_the_same_rules(scripted, fake_time):
    scripted.script(page(document("a"), cursor="c", total=2), reset, page(document("b"), total=2))
    with client_of(scripted, fake_time) as client:
        df = omnipd.read_content(client=client)
    assert df["document_identifier"].tolist() == ["a", "b"]
    assert len(scripted.requests) == 3
