import contextlib
import gzip
import json
import socket
import threading
from urllib.parse import urlsplit

import pytest

from omnipd_sandbox.server import Server


def raw(server, data):
    """Send bytes as they are; give all that comes back until the server hangs up."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(65536):
            received += more
    return received


def test_many_requests_use_one_connection(wire):
    wire.get("/api/v1/whoami")
    own_socket = wire.http.sock
    for _ in range(200):
        assert wire.get("/api/v1/whoami").status == 200
        assert wire.http.sock is own_socket


def test_refusals_keep_the_connection_open_too(wire):
    wire.get("/api/v1/whoami")
    own_socket = wire.http.sock
    assert wire.get("/api/v1/content", pageSize=0).status == 400
    assert wire.get("/api/v1/nowhere").status == 404
    assert wire.ask("POST", "/api/v1/content", body=b"x" * 5000).status == 405
    assert wire.get("/api/v1/whoami").status == 200
    assert wire.http.sock is own_socket


def test_an_unknown_path_is_404_in_the_route_form(wire):
    for path in ("/", "/api", "/api/v1", "/api/v1/nowhere", "/api/v1/content/", "/content"):
        answer = wire.get(path)
        assert (answer.status, answer.json) == (404, {"detail": "Not Found", "status": 404})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_another_method_is_405_and_names_the_right_one(wire, method):
    answer = wire.ask(method, "/api/v1/content")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET"
    assert answer.json == {"detail": "Method Not Allowed", "status": 405}


def test_head_is_405_without_a_body(wire):
    answer = wire.ask("HEAD", "/api/v1/content")
    assert (answer.status, answer.body) == (405, b"")
    assert wire.get("/api/v1/whoami").status == 200


def test_the_run_endpoint_allows_post_only(wire):
    assert wire.get("/api/v1/query/run").headers["Allow"] == "POST"


def test_large_bodies_are_compressed_for_those_who_can_read_it(wire):
    plain = wire.ask("GET", "/api/v1/content", {"pageSize": 50})
    packed = wire.ask(
        "GET", "/api/v1/content", {"pageSize": 50}, headers={"Accept-Encoding": "gzip, deflate"}
    )
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert int(packed.headers["Content-Length"]) == len(packed.body)


def test_small_bodies_and_refused_codings_are_not_compressed(wire):
    small = wire.ask("GET", "/api/v1/nowhere", headers={"Accept-Encoding": "gzip"})
    refused = wire.ask(
        "GET", "/api/v1/content", {"pageSize": 50}, headers={"Accept-Encoding": "gzip;q=0"}
    )
    assert "Content-Encoding" not in small.headers
    assert "Content-Encoding" not in refused.headers


def test_an_oversized_body_is_413(server):
    answer = raw(
        server, b"POST /api/v1/query/run HTTP/1.1\r\nHost: x\r\nContent-Length: 10000001\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer


@pytest.mark.parametrize("length", [b"abc", b"-1", b"1e3", b"+5"])
def test_an_unreadable_content_length_is_400(server, length):
    request = b"POST /api/v1/query/run HTTP/1.1\r\nHost: x\r\nContent-Length: " + length
    assert raw(server, request + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_chunked_request_body_is_read(wire):
    wire.http.request(
        "POST",
        "/api/v1/query/run",
        body=iter([b'{"que', b'ry": 1}']),
        headers={"Authorization": f"Bearer {wire.key}"},
        encode_chunked=True,
    )
    response = wire.http.getresponse()
    assert json.loads(response.read())["detail"] == (
        "Bad Request: query: Expected object, received number"
    )
    assert wire.get("/api/v1/whoami").status == 200


def test_a_client_that_waits_to_be_invited_is_invited(server):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/v1/query/run HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\nAuthorization: Bearer "
            + server.api_key.encode()
            + b"\r\n\r\n"
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "nonsense", [b"\r\n\r\n", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02"]
)
def test_what_is_not_http_does_no_harm(server, connect, nonsense):
    raw(server, nonsense)
    assert connect(server).get("/api/v1/whoami").status == 200


def test_an_endless_request_line_is_refused(server):
    answer = raw(server, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 414 ")


def test_an_older_client_gets_an_answer_that_ends_with_the_connection(server):
    body = b'{"query": {"modelId": "00000000-0000-0000-0000-000000000000", "fields": []}}'
    key = server.api_key.encode()
    answer = raw(
        server,
        b"POST /api/v1/query/run HTTP/1.0\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
        % (key, len(body), body),
    )
    assert answer.startswith(b"HTTP/1.1 404 ")
    waited = raw(
        server,
        b"GET /api/v1/query/wait?jobIds=x HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n" % key,
    )
    assert b"Transfer-Encoding" not in waited
    assert waited.endswith(b'{"remaining_job_ids":[],"timed_out":"false"}\n')


def test_old_paths_still_answer(wire):
    assert wire.get("/api/unstable/content").body == wire.get("/api/v1/content").body
    assert wire.get("/api/unstable/query/wait", jobIds="x").status == 200
    assert wire.get("/api/unstable/whoami").status == 404
    assert wire.get("/api/v2/content").status == 404


def test_twenty_clients_at_once_are_all_answered(server, connect):
    answers = []

    def ask(wire):
        answers.extend(wire.get("/api/v1/content", pageSize=5).status for _ in range(5))

    threads = [threading.Thread(target=ask, args=(connect(server),)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 100


def test_closing_leaves_no_thread_and_no_socket(connect):
    before = set(threading.enumerate())
    server = Server(documents=3).start()
    idle = connect(server)
    idle.get("/api/v1/whoami")
    port = urlsplit(server.url).port
    assert set(threading.enumerate()) - before
    server.close()
    server.close()
    assert set(threading.enumerate()) - before == set()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    with pytest.raises(RuntimeError, match="not started, or closed"):
        _ = server.url


def test_a_closed_server_can_start_again(connect):
    server = Server(documents=3)
    for _ in range(2):
        with server:
            assert connect(server).get("/api/v1/whoami").status == 200


def test_starting_twice_is_an_error(serve):
    with pytest.raises(RuntimeError, match="already started"):
        serve(documents=0).start()


def test_a_client_that_leaves_in_the_middle_does_no_harm(serve, connect):
    server = serve()
    address = urlsplit(server.url)
    for _ in range(10):
        connection = socket.create_connection((address.hostname, address.port), timeout=10)
        # Closing with unread data resets the connection under the server's hands.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        with contextlib.closing(connection):
            connection.sendall(
                b"GET /api/v1/content?pageSize=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + server.api_key.encode()
                + b"\r\n\r\n"
            )
    assert connect(server).get("/api/v1/whoami").status == 200
    assert server.failures == []


def test_nothing_is_written_to_the_terminal(serve, connect, capfd):
    server = serve(documents=1)
    connect(server).get("/api/v1/nowhere")
    raw(server, b"hello\r\n\r\n")
    server.close()
    assert capfd.readouterr() == ("", "")
