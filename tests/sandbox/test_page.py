"""The page that a browser sees: what stands on it, and what it never lets in or out."""

import dataclasses
import http.client
import json
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

import omnipd
from omnipd_sandbox.server import Server

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onload='x"


class Page(HTMLParser):
    """A page as its elements: the tags with their attributes, and the text."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.rows, self._open = [], "", [], []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" not in self._open:
            self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def links(self):
        return [each["href"] for tag, each in self.tags if tag == "a"]

    def value(self, name):
        return next(each["value"] for _, each in self.tags if each.get("name") == name)


def look(server, path="/", **headers):
    """Ask as a browser does; give the answer and, if it is one, the page."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    accepted = "text/html,application/xhtml+xml,*/*;q=0.8"
    sent = {"Accept": accepted, "Sec-Fetch-Site": "same-origin", **headers}
    connection.request("GET", path, headers={key: value for key, value in sent.items() if value})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, Page(body) if answer.status == 200 else body


def question(model, topic, *fields, **rest):
    return "/?" + urlencode({"model": model, "topic": topic, "fields": ", ".join(fields), **rest})


def test_a_browser_sees_the_organization_and_its_topics(server):
    answer, page = look(server)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for folder in server.organization.folders.values():
        assert folder.name in page.text
    assert "577 documents" in page.text
    assert all(topic in page.text for topic in ("Flights", "Completed Orders", "Users"))
    assert "Average Departure Delay" in page.text
    # Nothing runs before somebody asks.
    assert page.rows == []


def test_programs_get_the_404_of_the_api(wire):
    for accept in (None, "*/*", "application/json"):
        answer = wire.ask("GET", "/", headers={"Accept": accept})
        assert (answer.status, answer.json) == (404, {"detail": "Not Found", "status": 404})
    assert wire.ask("POST", "/", headers={"Accept": "text/html"}).status == 404
    assert wire.ask("GET", "/api/v1/nowhere", headers={"Accept": "text/html"}).status == 404


def test_a_query_is_run_and_shows_its_rows_and_sql(server):
    # 120,835 flights left Newark, 111,279 Kennedy and 104,662 La Guardia.
    flights = server.models["flights"]
    _, page = look(
        server,
        question(flights, "flights", "flights.origin", "flights.count", sort="-flights.count"),
    )
    assert page.rows == [
        ["Origin", "Flights"],
        ["EWR", "120,835"],
        ["JFK", "111,279"],
        ["LGA", "104,662"],
    ]
    assert 'FROM "flights" AS "flights"' in page.text
    assert page.value("limit") == "25"


def test_the_query_can_be_copied_as_python_and_as_json(server):
    asked = question(
        server.models["flights"],
        "flights",
        "flights.origin",
        "flights.count",
        sort="-flights.count",
    )
    _, page = look(server, asked)
    python = page.text.partition("Python")[2].partition("JSON")[0]
    query = json.loads(
        "{" + page.text.partition("JSON")[2].partition("{")[2].partition("\n}")[0] + "}"
    )
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
        held = {}
        exec(compile(python, "<page>", "exec"), held)  # what somebody would paste
        rows = held["df"].to_numpy().tolist()
        assert rows == [["EWR", 120835], ["JFK", 111279], ["LGA", 104662]]
        assert omnipd.run_query(query, client=client).to_numpy().tolist() == rows


def test_a_misspelt_field_shows_what_may_be_meant(server):
    _, page = look(server, question(server.models["flights"], "flights", "flights.cuont"))
    assert "The topic has no field flights.cuont; did you mean 'flights.count'" in page.text


def test_the_number_of_rows_is_what_was_asked_for(server):
    flights = server.models["flights"]
    _, page = look(server, question(flights, "flights", "flights.dest", limit=7))
    assert len(page.rows) == 8
    for nonsense in ("-1", "x", "1e3", "९", "9" * 10):
        _, page = look(server, question(flights, "flights", "flights.origin", limit=nonsense))
        assert len(page.rows) == 4


def test_nulls_and_truth_are_shown_as_such(server):
    _, page = look(
        server, question(server.models["orders"], "users", "users.is_vip", sort="users.is_vip")
    )
    assert sorted(row[0] for row in page.rows[1:]) == ["false", "null", "true"]


@pytest.mark.thorough
def test_every_link_of_the_page_leads_to_an_answer(server):
    _, page = look(server)
    links = page.links()
    assert len(links) > 100
    for link in [*links[:8], *links[40:300:37], links[-1]]:
        assert link.startswith("/?")
        answer, there = look(server, link)
        assert answer.status == 200
        if "fields" in parse_qs(urlsplit(link).query):
            assert "topic has no field" not in there.text
            assert len(there.rows) > 1, link


def test_what_goes_wrong_is_said_on_the_page(server):
    _, page = look(server, question(server.models["flights"], "flights", "flights.nothing"))
    assert "The topic has no field flights.nothing" in page.text
    with Server(documents=0, feature_flag_off=True) as other:
        _, page = look(other, question(other.models["flights"], "flights", "flights.count"))
        assert "403: Feature not enabled" in page.text


def test_a_query_that_must_be_waited_for_is_waited_for(serve):
    server = serve(documents=0, slow_job_polls=3)
    _, page = look(server, question(server.models["orders"], "users", "users.count"))
    assert page.rows[1] == ["40"]


def test_sql_is_not_shown_to_those_who_may_not_see_it(serve):
    server = serve(documents=0, redact_sql=True)
    _, page = look(server, question(server.models["flights"], "flights", "flights.count"))
    assert page.rows[1] == ["336,776"]
    assert "SELECT" not in page.text


def test_names_are_text_and_never_markup(serve, connect):
    server = serve(documents=30, model_name=NASTY, topic_name="<b>topic<_b>")
    organization = server.organization
    nasty = [dataclasses.replace(each, name=NASTY) for each in organization.documents.values()]
    organization.documents = {each.identifier: each for each in nasty}
    folders = [dataclasses.replace(each, name=NASTY) for each in organization.folders.values()]
    organization.folders = {each.id: each for each in folders}
    connect(server).get(f"/<script>{'x' * 5}")
    model = server.models[NASTY]
    for path in ("/", question(model, "<b>topic<_b>", NASTY), "/?" + urlencode({"sort": NASTY})):
        _, page = look(server, path)
        assert not {"script", "img", "iframe"} & {tag for tag, _ in page.tags}
        assert not [name for _, each in page.tags for name in each if name.startswith("on")]
        assert page.text.count("<script>alert(1)</script>") > 10
        assert "/<script>xxxxx" in page.text
        assert "<b>topic<_b>" in page.text


def test_a_name_that_no_encoding_holds_does_no_harm(serve):
    server = serve(documents=1)
    [document] = server.organization.documents.values()
    odd = dataclasses.replace(document, name="half \ud83d and \0 nothing", deleted=False)
    server.organization.documents = {odd.identifier: odd}
    answer, _ = look(server)
    assert answer.status == 200


def test_nothing_from_outside_may_run_or_be_loaded(server):
    answer, page = look(server)
    policy = dict(
        each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["style-src"].startswith("'sha256-")
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    addresses = [each[key] for _, each in page.tags for key in ("src", "href") if key in each]
    assert all(each.startswith("/") or each == "data:," for each in addresses)
    assert not any("style" in each for _, each in page.tags)


def test_no_key_is_shown_in_full(serve, connect):
    server = serve(documents=3, tokens=[{"name": "another"}])
    keys = [server.api_key, server.personal_key, *server.tokens.values()]
    connect(server).get("/api/v1/whoami")
    _, page = look(server)
    whole = page.text + str(page.tags)
    assert f"omni_osk_…{server.api_key[-4:]}" in whole
    for key in keys:
        # Not even half of it.
        assert key[9:40] not in whole
        assert key[-10:] not in whole


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_name_that_was_made_to_point_here_shows_nothing(server, headers):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.putrequest("GET", "/", skip_host="Host" in headers)
    for name, value in {"Accept": "text/html", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 403
    assert b"detail" in body
    assert len(body) < 200


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8000", "mine.localhost:80"])
def test_the_names_of_this_machine_are_welcome(serve, host):
    answer, _ = look(serve(documents=0), Host=host)
    assert answer.status == 200


def test_the_page_shows_what_was_asked_last_and_is_not_among_it(serve, connect):
    server = serve(documents=3, faults=[{"kind": "status", "code": 503, "path": "*/labels"}])
    _, page = look(server)
    assert "No program has asked for anything yet." in page.text
    wire = connect(server)
    wire.get("/api/v1/content", pageSize=7)
    wire.get("/api/v1/labels")
    look(server, question(server.models["orders"], "users", "users.count"))
    _, page = look(server)
    assert "/api/v1/content?pageSize=7" in page.text
    assert "503 status" in page.text
    assert [each.path for each in server.requests] == ["/api/v1/content", "/api/v1/labels"]


def test_looking_is_not_limited_and_spends_no_faults(serve, connect):
    server = serve(documents=0, rate_limited_after=1, faults=[{"kind": "status", "path": "*"}])
    for _ in range(3):
        _, page = look(server, question(server.models["orders"], "users", "users.count"))
        assert page.rows[1] == ["40"]
    wire = connect(server)
    assert [wire.get("/api/v1/whoami").status for _ in range(3)] == [500, 200, 429]


def test_a_tenant_has_a_page_of_its_own():
    with Server(control=True, documents=0) as server:
        tenant = server.open_tenant(documents=30, model_name="Departures")
        _, page = look(tenant)
        assert tenant.url in page.text
        assert "Departures" in page.text
        assert server.failures == []


def own(server):
    return question(server.models["orders"], "users", "users.count")


@pytest.mark.parametrize(
    "headers",
    [
        # A link, a frame, a form of another page: none of them has an origin.
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        # Another port of this machine is of the same site.
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "own"},
        # Browsers that do not say which site asks.
        {"Sec-Fetch-Site": None},
        {"Sec-Fetch-Site": None, "Referer": "https://evil.example/"},
        {"Sec-Fetch-Site": None, "Referer": "http://127.0.0.1.evil.example/"},
        {"Sec-Fetch-Site": None, "Referer": "http://["},
    ],
)
def test_no_other_page_can_have_a_query_run(serve, headers):
    server = serve(documents=0)
    headers = {name: server.url if text == "own" else text for name, text in headers.items()}
    answer, page = look(server, own(server), **headers)
    assert answer.status == 200
    assert page.rows == []
    assert "SELECT" not in page.text
    assert "Press Run to ask" in page.text
    # The form is filled in, so that one more click asks.
    assert "users.count" in page.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": None}])
def test_what_is_typed_or_follows_from_the_page_itself_is_run(server, headers):
    if headers["Sec-Fetch-Site"] is None:
        headers = {**headers, "Referer": f"{server.url}/?model=x"}
    answer, page = look(server, own(server), **headers)
    assert page.rows[1] == ["40"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_an_origin_that_cannot_be_read_is_not_ours(server):
    answer, _ = look(server, Origin="http://[")
    assert answer.status == 403
