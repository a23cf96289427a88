"""The doctor at Omnis that are not as the sandbox, and at what is no Omni at all."""

import contextlib
import json

import pytest
from checkup.conftest import by_check
from checkup.other_omni import OtherOmni, has_mark
from openapi.openapi_file import openapi_file
from scripted_server import answer

import omnipd
from omnipd.checkup.doctor import CALLS
from omnipd.checkup.questions import MOST_CALLS, CallsUsedUpError, Heard, Questions, Stop
from omnipd.checkup.specification import compare_specification

KEY = "omni_osk_" + "Secretive9" * 5 + "abcdef"
LOGIN = b"<html><title>Sign in</title></html>"


@contextlib.contextmanager
def connected(url, **settings):
    client = omnipd.connect(url, KEY, requests_per_minute=None, cache=False, **settings)
    with contextlib.closing(client):
        yield client


def all_said(report):
    return report.to_json() + report.to_markdown() + repr(report) + report._repr_html_()


def test_an_omni_of_other_make_is_described_without_a_name():
    with OtherOmni() as omni, connected(omni.url) as client:
        report = omnipd.doctor(client)
    found = by_check(report)
    assert found["totalRecords"] == ("note", "counts what is left of the list")
    assert found["records on a page where nobody says"] == ("note", "50")
    assert found["form of ids"] == (
        "note",
        "users: eight letters and digits, models: eight letters and digits",
    )
    assert found["ids of owners"] == ("note", "others than those of users")
    assert found["kind of the key"][1].startswith("a personal access token; role")
    assert found["permissions"][1] == "roles on 1 model; permissions: VIEW_SQL and 1 other"
    assert found["read_folders"] == ("note", "403: the key may not see it")
    assert found["read_content"][0] == "problem"
    assert "other type: _count.views is text" in found["read_content"][1]
    assert "unknown: shade, 2 not shown" in found["read_content"][1]
    assert "labels: list of object" in found["read_content"][1]
    assert found["format of fields"] == ("note", "object")
    assert found["ids of relationships"] == ("note", "not there")
    assert found["composite topics"] == ("note", "1")
    assert found["SQL of fields"] == ("note", "blank")
    assert found["x-trace-id"] == ("note", "does not come")
    assert found["read_connection_environments"][1].endswith("has the call no more")
    assert found["paths of readers"][1].startswith("1 of ")
    assert "sortField of /api/v1/content" in found["parameters of readers"][1]
    assert "labels of /api/v1/content" not in found["parameters of readers"][1]
    assert {method for method, *_ in omni.requests} == {"GET"}
    assert len(omni.requests) == report.calls <= CALLS
    assert not has_mark(all_said(report))
    assert "Secretive9" not in all_said(report)


def test_where_all_is_404_it_stops_after_three(scripted):
    scripted.script(answer(b"", status=404, content_type="text/html"))
    with connected(scripted.url) as client:
        report = omnipd.doctor(client)
    assert report.calls == len(scripted.requests) == 3
    assert [(one.check, one.detail) for one in report.problems if one.area == "connection"] == [
        ("answers", "what answers is no Omni, or something stands before it: 404 with no JSON")
    ]


def test_where_all_is_404_with_omnis_words_each_list_is_a_row(scripted):
    scripted.script(answer({"detail": "Not Found", "status": 404}, status=404))
    with connected(scripted.url) as client:
        report = omnipd.doctor(client)
    found = by_check(report)
    assert found["read_content"][0] == found["read_users"][0] == "problem"
    assert found["read_connection_environments"] == (
        "note",
        "404: this server has the call no more",
    )
    assert found["read_topics"] == ("unknown", "read_models has shown none to look at")
    assert report.calls == len(scripted.requests) < CALLS


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (answer(LOGIN, content_type="text/html"), "200 with a web page"),
        (answer(LOGIN, status=302, location="/login"), "302, a redirect"),
    ],
)
def test_a_login_page_stops_it_at_once(scripted, page, said):
    scripted.script(page)
    with connected(scripted.url) as client:
        report = omnipd.doctor(client)
    assert report.calls == len(scripted.requests) == 1
    assert report.problems[-1].check == "answers"
    assert report.problems[-1].detail.endswith(said)


def test_a_bad_key_stops_it_at_once(scripted):
    words = {"error": {"code": 403, "message": f"Invalid bearer token {KEY}"}}
    scripted.script(answer(words, status=403))
    with connected(scripted.url) as client:
        report = omnipd.doctor(client)
    assert report.calls == len(scripted.requests) == 1
    assert [(one.check, one.detail) for one in report.problems] == [
        ("key", "Omni does not take the key (403)")
    ]
    assert "Secretive9" not in all_said(report)


def test_a_server_that_is_away_is_one_row():
    with connected("http://127.0.0.1:9") as client:
        report = omnipd.doctor(client)
    assert report.calls == 1
    assert report.problems[-1].detail.endswith("no whole answer (unsent)")


def test_no_more_is_sent_than_may_be(scripted):
    scripted.script(answer({"detail": "no", "status": 404}, status=404))
    with connected(scripted.url) as client:
        questions = Questions(client, 1000)
        for _ in range(MOST_CALLS):
            assert questions.ask("/api/v1/labels").status == 404
        with pytest.raises(CallsUsedUpError, match="may send 40 calls"):
            questions.ask("/api/v1/labels")
    assert len(scripted.requests) == questions.sent == MOST_CALLS == CALLS + 1


def test_a_429_is_sent_once_and_holds_the_key(scripted):
    scripted.script(answer(b"", status=429, retry_after="30"))
    with connected(scripted.url) as client, pytest.raises(Stop, match="Retry-After: seconds"):
        Questions(client).ask("/api/v1/labels")
    with contextlib.closing(omnipd.connect(scripted.url, KEY, timeout=1)) as paced:
        report = omnipd.doctor(paced)
        again = omnipd.doctor(paced)
    assert len(scripted.requests) == 2
    assert report.problems[-1].check == "limit"
    assert (report.calls, again.calls) == (1, 0)
    assert again.problems[-1].detail == "the call was not sent (RateLimitError)"


def test_omnis_own_specification_has_what_the_readers_ask():
    found = {
        one.check: one.detail for one in compare_specification(Heard(200, openapi_file(), "200"))
    }
    assert "/api/v1/content" not in found["paths of readers"].split("not there:")[1].split(", ")
    assert "labels of /api/v1/content" in found["parameters of readers"]


def test_no_settings_are_one_row_and_nothing_is_sent():
    report = omnipd.doctor()
    assert [(one.check, one.result) for one in report] == [
        ("versions", "ok"),
        ("settings", "problem"),
    ]
    assert report.calls == 0


def test_a_report_in_all_its_forms(server):
    with connected(server.url):
        pass
    with contextlib.closing(
        omnipd.connect(server.url, server.api_key, requests_per_minute=None)
    ) as client:
        report = omnipd.doctor(client, query=True)
    told = json.loads(report.to_json())
    assert (told["calls"], told["allowed"]) == (report.calls, 40)
    frame = report.to_frame()
    assert list(frame) == ["area", "check", "result", "detail", "what_to_do"]
    assert frame["check"].tolist() == [one["check"] for one in told["findings"]]
    assert len(report.to_markdown().splitlines()) == len(frame) + 4
    organization = server.organization
    named = [
        *(one.name for one in organization.users.values()),
        *(one.name for one in organization.documents.values()),
        *organization.users,
        *organization.documents,
        *organization.groups,
        server.api_key,
    ]
    words = all_said(report)
    assert [one for one in named if len(one) > 4 and one in words] == []
    assert len(named) > 1000
