"""The sandbox lets in whoever comes with an address that its own secret has signed, and nobody else."""

import base64
import hashlib
import hmac
import http.client
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

import omnipd

NONCE = "0123456789abcdefghijABCDEFGHIJ01"
FIRST = {"contentPath": "/dashboards/abc", "externalId": "u1", "name": "Ann B", "nonce": NONCE}


def opened(url):
    """Open an address as a browser does, without a key; give the status and the text."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Accept": "text/html"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def signed_by_hand(server, others=(), lines=None, **changed):
    """Sign as the contract says it, with nothing of omnipd's; `lines` are what is signed in its place."""
    first = {**FIRST, **changed}
    given = first | dict(others)
    login = f"{server.url}/embed/login"
    text = "\n".join(lines or [login, *first.values(), *dict(others).values()])
    digest = hmac.new(server.embed_secret.encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return f"{login}?{urlencode(given | {'signature': signature})}"


SETS = [
    {},
    {"mode": "SINGLE_CONTENT"},
    {"prefers_dark": True, "theme": "vibes"},
    {"groups": [], "user_attributes": {"región": "Süd / \"West\"", "n": 0.1, "none": None}},
    {"link_access": True, "ui_settings": {"showNavigation": False}},
    {"link_access": ["a", "b"], "entity": "acme & co", "entity_folder_content_role": "EDITOR"},
    {"model_roles": {"m": "VIEWER"}, "connection_roles": {"c": "RESTRICTED_QUERIER"}},
    {"filter_search_param": "f--flights.carrier=%7B%22kind%22%3A%22EQUALS%22%7D&c--x=1"},
    {"name": " Zoë\u3000", "branch": "  dev", "email": "zoë@acme.example "},
    {
        "access_boost": True, "custom_theme": {"a": [1, "b"]}, "custom_theme_id": "t",
        "entity_folder_group_content_role": "NO_ACCESS", "entity_folder_label": "F",
        "entity_group_label": "G", "preserve_entity_folder_content_role": False,
        "prefers_dark": "system", "mode": "APPLICATION",
    },
]  # fmt: skip


@pytest.mark.parametrize("given", SETS, ids=lambda each: "+".join(each) or "nothing more")
def test_what_omnipd_signs_is_let_in_and_no_other_secret_is(server, given):
    person = {"content_path": "/dashboards/abc", "external_id": "u<1>", "name": "Ann B", **given}
    url = omnipd.embed_url(**person, url=server.url, secret=server.embed_secret)
    status, page = opened(url)
    assert (status, "u&lt;1&gt;" in page) == (200, True)
    other = omnipd.embed_url(**person, url=server.url, secret="another")
    status, answer = opened(other)
    assert (status, json.loads(answer)["detail"][:17]) == (403, "Invalid signature")


@pytest.mark.parametrize("name", ["contentPath", "externalId", "name", "nonce", "theme"])
def test_a_value_that_was_changed_is_not_let_in(server, name):
    url = omnipd.embed_url(
        "/dashboards/abc", "u1", "Ann", theme="vibes", url=server.url, secret=server.embed_secret
    )
    given = dict(parse_qsl(urlsplit(url).query))
    given[name] = given[name][:-1] + ("x" if given[name][-1] != "x" else "y")
    assert opened(f"{server.url}/embed/login?{urlencode(given)}")[0] == 403


def test_what_is_signed_by_hand_is_let_in(server):
    others = {"entity": "acme", "theme": "vibes"}
    assert opened(signed_by_hand(server, others))[0] == 200
    # In the order in which they stand in the address, and not in that of their names.
    wrong = {"theme": "vibes", "entity": "acme"}
    assert opened(signed_by_hand(server, wrong))[0] == 403


def test_blanks_behind_a_line_break_are_not_signed(server):
    login = f"{server.url}/embed/login"
    kept = signed_by_hand(server, name=" Ann\n \u00a0B ", externalId="u1 ")
    taken_out = [login, "/dashboards/abc", "u1 ", "Ann\nB ", NONCE]
    assert opened(kept)[0] == 403
    url = signed_by_hand(server, lines=taken_out, name=" Ann\n \u00a0B ", externalId="u1 ")
    assert opened(url)[0] == 200


@pytest.mark.parametrize(
    ("others", "changed", "words"),
    [
        ({"mode": "application"}, {}, "mode: Invalid enum value"),
        ({"entityFolderContentRole": "ADMIN"}, {}, "entityFolderContentRole: Invalid enum value"),
        ({"userAttributes": "{a}"}, {}, "userAttributes: Invalid JSON"),
        ({"groups": "{}"}, {}, "groups: Expected array"),
        ({"accessBoost": "1"}, {}, "accessBoost: Invalid enum value"),
        ({"timezone": "UTC"}, {}, "Unrecognized key(s) in object: 'timezone'"),
        ({}, {"nonce": "short"}, "nonce: Must be 32 letters and digits"),
        ({}, {"contentPath": "abc"}, "contentPath: Must start with /"),
        ({}, {"name": ""}, "name: String must contain at least 1 character(s)"),
    ],
)
def test_what_it_does_not_know_is_refused_in_words(server, others, changed, words):
    status, answer = opened(signed_by_hand(server, others, **changed))
    assert (status, words in json.loads(answer)["detail"]) == (400, True)


def test_a_missing_value_is_refused(server):
    status, answer = opened(f"{server.url}/embed/login?{urlencode(FIRST)}")
    assert (status, json.loads(answer)["detail"]) == (400, "Bad Request: signature: Required")


def test_a_name_is_no_markup(server):
    status, page = opened(signed_by_hand(server, name="<script>alert(1)</script>"))
    assert (status, "<script>" in page) == (200, False)


def test_each_sandbox_has_a_secret_of_its_own():
    with omnipd.sandbox(size="tiny") as one, omnipd.sandbox(size="tiny") as other:
        url = omnipd.embed_url("/x", "u", "n", url=other.base_url, secret=one.embed_secret)
        assert opened(url)[0] == 403
        assert one.embed_secret not in f"{one!r}{vars(one.server).keys()}"
