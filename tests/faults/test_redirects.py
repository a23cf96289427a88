"""A GET may be sent on inside the same origin's API, and nowhere else; the key never leaves."""

import contextlib
import urllib.parse

import pytest
from faults.given import QUERY, client_of
from scripted_server import answer

import omnipd
from omnipd import OmniError, ResponseError


def to(location, status=302):
    return answer(b"", status=status, Location=location)


@pytest.mark.failure("redirect-within")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_renamed_thing_is_followed(scripted, fake_time, status):
    scripted.script(to("/api/v1/documents/new?page=2", status), answer({"ok": 1}))
    with client_of(scripted, fake_time) as client:
        assert client.get("/api/v1/documents/old").content == {"ok": 1}
    assert [request[1] for request in scripted.requests] == [
        "/api/v1/documents/old",
        "/api/v1/documents/new?page=2",
    ]


def test_what_was_asked_for_goes_along_but_for_what_the_new_address_says(scripted, fake_time):
    scripted.script(to("/api/v1/documents?moved=1&sort=path"), answer({"ok": 1}))
    with client_of(scripted, fake_time) as client:
        client.get("/api/v1/content", {"labels": "finance", "sort": "name", "cursor": "c&1"})
    address = urllib.parse.urlsplit(scripted.requests[1][1])
    assert address.path == "/api/v1/documents"
    assert sorted(urllib.parse.parse_qsl(address.query)) == [
        ("cursor", "c&1"),
        ("labels", "finance"),
        ("moved", "1"),
        ("sort", "path"),
    ]


def test_the_new_address_is_asked_for_as_it_stands(scripted, fake_time):
    scripted.script(to("/api/v1/content?include=a&include=b&x=%E9"), answer({"ok": 1}))
    with client_of(scripted, fake_time) as client:
        client.get("/api/v1/content", {"include": "z", "cursor": "c"})
    assert scripted.requests[1][1] == "/api/v1/content?include=a&include=b&x=%E9&cursor=c"


def test_an_address_of_ipv6_is_in_brackets(scripted, fake_time):
    scripted.script(to("https://[2001:db8::9]/login"))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        client.get("/api/v1/content")
    assert "to [2001:db8::9]" in str(caught.value)


@pytest.mark.failure("redirect-within")
def test_three_redirects_are_followed_and_a_fourth_is_not(scripted, fake_time):
    steps = [to(f"{scripted.url}/api/v1/step{number}") for number in range(1, 5)]
    scripted.script(*steps[:3], answer({"ok": 1}))
    with client_of(scripted, fake_time) as client:
        assert client.get("/api/v1/step0").content == {"ok": 1}
    scripted.requests.clear()
    scripted.script(*steps, answer({"ok": 1}))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        client.get("/api/v1/step0")
    assert len(scripted.requests) == 4


@pytest.mark.failure("redirect-within")
def test_a_circle_ends(scripted, fake_time):
    scripted.script(to("/api/v1/b"), to("/api/v1/a"), to("/api/v1/b"), to("/api/v1/a"))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError, match="circle"):
        client.get("/api/v1/a")
    assert len(scripted.requests) == 4


@pytest.mark.failure("redirect-away")
@pytest.mark.parametrize(
    "location",
    [
        "{elsewhere}/api/v1/whoami",
        "//{elsewhere_host}/api/v1/whoami",
        "https://{scripted_host}/api/v1/whoami",
        "http://localhost:{scripted_port}/api/v1/whoami",
        "http://mole@{scripted_host}/api/v1/whoami",
        "http://{scripted_host}@{elsewhere_host}/api/v1/whoami",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/login?next=/api/v1/whoami",
        "/",
        "/api/v1/../../login",
        "/api/%2e%2e/login",
        "{scripted}/api/..",
        "{scripted}/api/%2E%2E/login",
        "http://[::1/api/v1/whoami",
        "http://127.0.0.1:notaport/api/v1/whoami",
    ],
)
def test_no_other_redirect_is_followed(scripted, elsewhere, fake_time, location):
    location = location.format(
        scripted=scripted.url,
        scripted_host=f"127.0.0.1:{scripted.port}",
        scripted_port=scripted.port,
        elsewhere=elsewhere.url,
        elsewhere_host=f"127.0.0.1:{elsewhere.port}",
    )
    scripted.script(to(location), answer({"stolen": True}))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        client.get("/api/v1/whoami")
    assert len(scripted.requests) == 1
    assert elsewhere.accepted == 0
    assert "/whoami redirects to" in str(caught.value)


@pytest.mark.failure("redirect-away")
def test_the_error_names_the_host_and_nothing_more_of_the_address(scripted, elsewhere, fake_time):
    scripted.script(to(f"http://idp.example/login?state=s3cret&return={elsewhere.url}"))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        client.get("/api/v1/whoami", {"modelId": "m"})
    assert "idp.example" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.url == f"{scripted.url}/api/v1/whoami"


@pytest.mark.failure("redirect-away")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_post_is_never_sent_on(scripted, elsewhere, fake_time, status):
    scripted.script(to(f"{elsewhere.url}/api/v1/query/run", status), to("/api/v1/other", status))
    with client_of(scripted, fake_time) as client, pytest.raises(OmniError):
        omnipd.run_query(QUERY, client=client)
    assert len(scripted.requests) == 1
    assert elsewhere.accepted == 0


def test_a_redirected_post_is_an_answer_that_omni_does_not_promise(scripted, fake_time):
    scripted.script(to("https://idp.example/login", 302))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(ResponseError, match=r"idp\.example"),
    ):
        omnipd.run_query(QUERY, client=client)


def test_the_body_of_a_redirect_is_not_read(scripted, fake_time):
    sent = []

    def endless(connection):
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: https://idp.example/\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(piece)
                sent.append(len(piece))

    scripted.script(endless)
    with client_of(scripted, timeout=0.3) as client, pytest.raises(ResponseError, match="idp"):
        client.get("/api/v1/whoami")
    assert sum(sent) < 20 * 2**20


def test_pages_do_not_follow_a_list_to_another_host(scripted, elsewhere, fake_time):
    scripted.script(to(f"{elsewhere.url}/api/v1/content"))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        omnipd.read_content(client=client)
    assert elsewhere.accepted == 0


@pytest.mark.parametrize("status", [307, 308])
def test_a_change_is_not_sent_on_even_within_the_api(scripted, fake_time, status):
    scripted.script(to("/api/v1/other", status), answer({"ok": 1}))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        client.post("/api/v1/labels", {"name": "finance"})
    assert [request[:2] for request in scripted.requests] == [("POST", "/api/v1/labels")]
