"""TLS that cannot be trusted gets nothing of us; a proxy that refuses is named, its password is not."""

import base64
import contextlib
import socket
import threading

import pytest
from faults.given import KEY, QUERY, client_of
from scripted_server import ScriptedServer, answer, hang_up, page, reset

import omnipd
from omnipd import NetworkError, OutcomeUnknownError

GOOD = answer({"user": {"id": "u", "membershipId": "m"}})


@pytest.mark.failure("untrusted-tls")
def test_a_certificate_of_an_unknown_authority_is_refused_at_once(secure, fake_time):
    server = secure().script(GOOD)
    with client_of(server, fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert not caught.value.retryable
    assert server.accepted == 1
    assert server.requests == []
    assert fake_time.slept == []


@pytest.mark.failure("untrusted-tls")
@pytest.mark.parametrize(
    ("certificate", "host", "why"),
    [("good", "other.test", "name"), ("expired", "omni.test", "expired")],
)
@pytest.mark.usefixtures("trusted", "hosts")
def test_a_certificate_for_another_name_or_time_is_refused_at_once(
    secure, fake_time, certificate, host, why
):
    server = secure(certificate).script(GOOD)
    with (
        client_of(f"https://{host}:{server.port}", fake_time) as client,
        pytest.raises(NetworkError, match=f"(?i){why}"),
    ):
        client.get("/api/v1/whoami")
    assert server.accepted == 1
    assert server.requests == []


@pytest.mark.failure("untrusted-tls")
@pytest.mark.usefixtures("trusted", "hosts")
def test_a_post_over_untrusted_tls_was_never_sent(secure, fake_time):
    server = secure("expired").script(GOOD)
    with (
        client_of(f"https://omni.test:{server.port}", fake_time) as client,
        pytest.raises(NetworkError),
    ):
        omnipd.run_query(QUERY, client=client)
    assert server.requests == []


@pytest.mark.usefixtures("trusted", "hosts")
def test_an_authority_of_the_environment_is_trusted(secure, fake_time):
    server = secure().script(GOOD)
    with client_of(f"https://omni.test:{server.port}", fake_time) as client:
        assert client.get("/api/v1/whoami").content["user"]["id"] == "u"
    assert server.requests[0][2]["authorization"] == f"Bearer {KEY}"


@pytest.mark.failure("no-connection")
@pytest.mark.parametrize("end", [reset, hang_up], ids=["reset", "closed"])
def test_a_post_whose_tls_handshake_breaks_was_not_sent_and_is_tried_again(fake_time, end):
    accepted = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                accepted.append(connection)
                connection.recv(1)
                end(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with client_of(address, fake_time) as client, pytest.raises(NetworkError):
            omnipd.run_query(QUERY, client=client)
        listener.shutdown(socket.SHUT_RDWR)
    for connection in accepted:
        connection.close()
    assert len(accepted) == 5


@pytest.mark.failure("not-tls")
def test_https_to_a_server_of_plain_http_says_so_at_once(server, fake_time):
    address = server.url.replace("http://", "https://")
    with client_of(address, fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert "does not speak TLS" in str(caught.value)
    assert "http:// instead of https://?" in caught.value.hint
    assert fake_time.slept == []


def test_plain_http_to_a_server_of_https_says_what_it_may_be(secure, fake_time):
    server = secure().script(GOOD)
    address = server.url.replace("https://", "http://")
    with client_of(address, fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert "https:// instead of http://?" in caught.value.hint
    assert server.requests == []


def test_a_server_of_https_that_answers_plain_http_with_400_says_what_it_may_be(scripted):
    scripted.script(answer(b"<html>The plain HTTP request was sent to HTTPS port</html>", 400))
    with client_of(scripted) as client, pytest.raises(omnipd.BadRequestError) as caught:
        client.get("/api/v1/whoami")
    assert "https:// instead of http://?" in caught.value.hint
    scripted.script(answer({"detail": "Bad Request: limit", "status": 400}, 400))
    with client_of(scripted) as client, pytest.raises(omnipd.BadRequestError) as caught:
        client.get("/api/v1/whoami")
    assert caught.value.hint is None


@pytest.mark.usefixtures("trusted", "hosts")
def test_tls_that_breaks_after_a_post_was_sent_leaves_its_outcome_unknown(secure, fake_time):
    def garbage(connection):
        # Plain bytes in the middle of an encrypted stream: the client sees an SSL error.
        socket.socket.sendall(connection, b"\x16\x03\x03\x00\x04oops" * 20)
        hang_up(connection)

    server = secure().script(garbage)
    with (
        client_of(f"https://omni.test:{server.port}", fake_time) as client,
        pytest.raises(OutcomeUnknownError),
    ):
        omnipd.run_query(QUERY, client=client)
    assert len(server.requests) == 1


@pytest.mark.failure("late")
@pytest.mark.usefixtures("trusted", "hosts")
def test_a_timeout_cuts_a_stalled_tls_answer_too(secure):
    def stall(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        threading.Event().wait(3)

    server = secure().script(stall)
    with (
        client_of(f"https://omni.test:{server.port}", timeout=0.5) as client,
        pytest.raises(omnipd.DeadlineError),
    ):
        client.get("/api/v1/whoami")


@pytest.mark.usefixtures("trusted", "hosts")
def test_a_timeout_cuts_what_comes_through_a_proxy_that_speaks_tls(secure, monkeypatch):
    ended = threading.Event()

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):
            while not ended.wait(0.05):
                connection.sendall(b" ")

    server = secure().script(drip)

    def tunnel(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection(("127.0.0.1", server.port)) as onward:
            threading.Thread(target=_pass_on, args=(onward, connection), daemon=True).start()
            _pass_on(connection, onward)

    monkeypatch.setenv("HTTPS_PROXY", f"https://omni.test:{secure().script(tunnel).port}")
    for _ in range(2):  # also after the first: one thread cuts for all
        with (
            client_of(f"https://omni.test:{server.port}", timeout=0.5) as client,
            pytest.raises(omnipd.DeadlineError),
        ):
            client.get("/api/v1/whoami")
    ended.set()


def _pass_on(source, to):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)


class Proxy(ScriptedServer):
    """A proxy that keeps what it is asked, the CONNECT of a tunnel too."""

    def address(self, user="mole:p%40ssw0rd@"):
        return f"http://{user}127.0.0.1:{self.port}"


@pytest.fixture
def proxy():
    with Proxy() as running:
        yield running


REFUSALS = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.failure("proxy")
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_proxy_that_refuses_is_named_without_its_password(proxy, fake_time, monkeypatch, refusal):
    monkeypatch.setenv("HTTPS_PROXY", proxy.address())
    proxy.script(refusal)
    with client_of("https://omni.test", fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    said = str(caught.value)
    assert f"127.0.0.1:{proxy.port}" in said
    assert "ssw0rd" not in said
    assert "mole" not in said
    assert len(proxy.requests) == 5
    assert {request[:2] for request in proxy.requests} == {("CONNECT", "omni.test:443")}
    assert all(KEY not in str(request) for request in proxy.requests)


@pytest.mark.failure("proxy")
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_post_that_a_proxy_refused_was_not_sent_and_is_tried_again(
    proxy, fake_time, monkeypatch, refusal
):
    monkeypatch.setenv("HTTPS_PROXY", proxy.address())
    proxy.script(refusal)
    with client_of("https://omni.test", fake_time) as client, pytest.raises(NetworkError):
        omnipd.run_query(QUERY, client=client)
    assert len(proxy.requests) == 5


def test_the_proxy_that_was_used_is_named_and_no_other_variable(proxy, fake_time, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    monkeypatch.setenv("HTTP_PROXY", "http://wrong.example:1")
    monkeypatch.setenv("HTTPS_PROXY", proxy.address())
    monkeypatch.setenv("FTP_PROXY", "http://ftp.example:2")
    proxy.script(REFUSALS["407"])
    with client_of("https://omni.test", fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert f"127.0.0.1:{proxy.port}" in str(caught.value)


@pytest.mark.failure("proxy")
def test_a_proxy_that_is_not_there_is_named(fake_time, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://mole:ssw0rd@127.0.0.1:1")
    with client_of("https://omni.test", fake_time) as client, pytest.raises(NetworkError) as caught:
        client.get("/api/v1/whoami")
    assert "127.0.0.1:1" in str(caught.value)
    assert "ssw0rd" not in str(caught.value)
    assert "NO_PROXY" in caught.value.hint
    assert client.requests_sent == 5


def test_a_time_that_is_up_before_the_next_try_still_says_what_to_look_at(fake_time):
    with (
        client_of("https://127.0.0.1:1", fake_time, timeout=0.05) as client,
        pytest.raises(omnipd.DeadlineError, match="No time is left for another try") as caught,
    ):
        omnipd.whoami(client=client)
    assert "Check OMNI_BASE_URL" in caught.value.hint
    assert "Allow more time" in caught.value.hint


def test_407_over_plain_http_is_the_proxy_too(proxy, fake_time, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", proxy.address())
    proxy.script(REFUSALS["407"])
    settings = omnipd.connect("http://omni.test", KEY, allow_http=True, requests_per_minute=None)
    settings.clock = fake_time.clock()
    with settings as client, pytest.raises(NetworkError, match=f"127.0.0.1:{proxy.port}"):
        client.get("/api/v1/whoami")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_proxies_of_the_environment_never_see_what_goes_to_this_machine(
    scripted, elsewhere, monkeypatch, host
):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, elsewhere.url)
    scripted.script(page())
    with client_of(f"http://{host}:{scripted.port}") as client:
        assert len(omnipd.read_content(client=client)) == 0
    assert len(scripted.requests) == 1
    assert elsewhere.requests == []
    assert elsewhere.accepted == 0


def test_a_netrc_entry_for_the_host_is_not_used(proxy, fake_time, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine omni.test login mole password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", proxy.address(user=""))
    proxy.script(page())
    client = omnipd.connect(
        "http://omni.test", KEY, allow_http=True, requests_per_minute=None, cache=False
    )
    client.clock = fake_time.clock()
    with client:
        omnipd.read_content()
    assert proxy.requests[0][2]["authorization"] == f"Bearer {KEY}"
    assert base64.b64encode(b"mole:hunter2").decode() not in str(proxy.requests)
