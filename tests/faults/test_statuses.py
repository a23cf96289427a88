"""Each error status becomes its error: how often it is tried, how long is waited, what is said."""

from dataclasses import replace

import pytest
from faults.given import KEY, client_of
from scripted_server import after, answer, hang_up, page

import omnipd
from omnipd import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OmniError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from omnipd.client.lanes import Lane, Route
from omnipd.client.rate_limit import Limiter
from omnipd.client.retry import Quota, Retry
from omnipd.clock import Deadline

GOOD = answer({"user": {"id": "u", "membershipId": "m"}})
SERVER_DATE = "Sat, 07 Nov 2026 10:00:00 GMT"


def blocked(**headers):
    """Omni's firewall: 429 with a page for people."""
    return answer(
        b"<html>Too many requests</html>",
        429,
        "text/html",
        X_Omni_Waf_Action="block",
        **headers,
    )


def whoami(client):
    return client.get("/api/v1/whoami")


# --- 429

RETRY_AFTER = {
    # What the server says, and how long is then waited before the second and third request.
    "nothing": ({}, [5, 10]),
    "seconds": ({"Retry_After": "7"}, [7, 7]),
    "a fraction": ({"Retry_After": "2.5"}, [2.5, 2.5]),
    "the longest": ({"Retry_After": "70"}, [70, 70]),
    "zero": ({"Retry_After": "0"}, [5, 10]),
    "negative": ({"Retry_After": "-30"}, [5, 10]),
    "garbage": ({"Retry_After": "soon"}, [5, 10]),
    "not a number": ({"Retry_After": "nan"}, [5, 10]),
    "empty": ({"Retry_After": ""}, [5, 10]),
    "a date": (
        {"Retry_After": "Sat, 07 Nov 2026 10:00:09 GMT", "Date": SERVER_DATE},
        [9, 9],
    ),
    "a past date": (
        {"Retry_After": "Sat, 07 Nov 2026 09:59:00 GMT", "Date": SERVER_DATE},
        [5, 10],
    ),
    "a broken date": (
        {"Retry_After": "Sat, 99 Nov 2026 10:00:09 GMT", "Date": SERVER_DATE},
        [5, 10],
    ),
}


@pytest.mark.failure("throttled")
@pytest.mark.parametrize(("headers", "waits"), RETRY_AFTER.values(), ids=RETRY_AFTER.keys())
def test_429_waits_as_long_as_the_server_asks_or_five_and_ten_seconds(
    scripted, fake_time, headers, waits
):
    scripted.script(blocked(**headers), blocked(**headers), GOOD)
    with client_of(scripted, fake_time) as client:
        whoami(client)
    assert fake_time.slept == pytest.approx(waits)
    assert len(scripted.requests) == 3


@pytest.mark.failure("throttled")
def test_429_without_end_is_waited_for_150_seconds_and_no_more(scripted, fake_time):
    scripted.script(blocked())
    with client_of(scripted, fake_time) as client, pytest.raises(RateLimitError) as caught:
        whoami(client)
    assert fake_time.slept == pytest.approx([5, 10, 20, 30, 30, 30])
    assert len(scripted.requests) == 7
    assert caught.value.status == 429
    assert caught.value.retryable


def test_waits_that_the_server_asks_for_count_toward_the_150_seconds(scripted, fake_time):
    scripted.script(blocked(Retry_After="60"))
    with client_of(scripted, fake_time) as client, pytest.raises(RateLimitError):
        whoami(client)
    assert fake_time.slept == [60, 60]
    assert len(scripted.requests) == 3


@pytest.mark.failure("throttled-long")
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "121"},
        {"Retry_After": "86400"},
        {"Retry_After": "Sat, 07 Nov 2026 10:02:01 GMT", "Date": SERVER_DATE},
    ],
)
def test_a_longer_wait_than_two_minutes_is_an_error_at_once(scripted, fake_time, headers):
    scripted.script(blocked(**headers))
    with client_of(scripted, fake_time) as client, pytest.raises(RateLimitError) as caught:
        whoami(client)
    assert fake_time.slept == []
    assert len(scripted.requests) == 1
    assert caught.value.retry_after > 120


@pytest.mark.failure("throttled-long")
def test_two_minutes_are_waited(scripted, fake_time):
    scripted.script(blocked(Retry_After="120"), GOOD)
    with client_of(scripted, fake_time) as client:
        whoami(client)
    assert fake_time.slept == [120]


@pytest.mark.failure("throttled")
def test_429_is_no_try(scripted, fake_time):
    from scripted_server import reset

    scripted.script(*[blocked(Retry_After="1"), reset] * 4, GOOD)
    with client_of(scripted, fake_time) as client:
        whoami(client)
    assert len(scripted.requests) == 9


def test_429s_use_up_the_fund_of_retries_and_successes_fill_it_again(scripted, fake_time):
    # 500 in the fund and never more, 5 for each wait, 1 back for each success.
    once = blocked(Retry_After="1")
    scripted.script(*[GOOD] * 5, *[once] * 101, *[GOOD] * 5, once, GOOD, once)
    with client_of(scripted, fake_time) as client:
        for _ in range(5):
            whoami(client)
        with pytest.raises(RateLimitError):
            whoami(client)
        assert fake_time.slept == [1] * 100
        for _ in range(5):
            whoami(client)
        whoami(client)
        assert fake_time.slept == [1] * 101
        with pytest.raises(RateLimitError):
            whoami(client)
    assert fake_time.slept == [1] * 101
    assert len(scripted.requests) == 5 + 101 + 5 + 2 + 1


def test_429s_of_requests_that_were_under_way_together_cost_the_fund_once(fake_time, tmp_path):
    # Two storms meet sixteen requests each; 10 in the fund are enough for two waits of 5, and no third.
    limiter = Limiter(tmp_path / "log.sqlite", 500, clock=lambda: fake_time.now)
    clock = replace(fake_time.clock(), sleep=lambda _: None)
    quota = Quota()
    quota.left = 10

    def meet_429():
        route = Route(lane=Lane(None, limiter))
        deadline = Deadline(120, clock)
        retry = Retry(
            "/",
            repeatable=True,
            changes=False,
            deadline=deadline,
            quota=quota,
            hold=route.hold,
            clock=clock,
        )
        retry.after_status(429, {"Retry-After": "1"}, None)

    for left in (5, 0):
        for _ in range(16):
            meet_429()
        assert quota.left == left
        fake_time.now += 1.5
    with pytest.raises(RateLimitError):
        meet_429()


def test_retries_use_up_the_same_fund(scripted, fake_time):
    # 14 for each retry, 4 retries in each call: the ninth call has 52 left, and pays for three.
    scripted.script(answer(b"", 503))
    with client_of(scripted, fake_time) as client:
        for _ in range(10):
            with pytest.raises(omnipd.ServerError):
                whoami(client)
    assert len(fake_time.slept) == 8 * 4 + 3
    assert len(scripted.requests) == 8 * 5 + 4 + 1


def test_with_a_timeout_429_is_waited_for_within_it(scripted, fake_time):
    scripted.script(blocked())
    with client_of(scripted, fake_time, timeout=30) as client, pytest.raises(RateLimitError):
        whoami(client)
    assert fake_time.slept == pytest.approx([5, 10])


def test_waiting_for_429_does_not_use_up_the_time_for_work(scripted, fake_time):
    scripted.script(*[blocked(Retry_After="70")] * 2, GOOD)
    with client_of(scripted, fake_time) as client:
        whoami(client)
    assert fake_time.slept == [70, 70]


def test_retries_come_to_an_end_when_everything_fails_all_the_time(scripted, fake_time):
    scripted.script(answer(b"", 503))
    with client_of(scripted, fake_time) as client:
        for _ in range(12):
            with pytest.raises(ServerError):
                whoami(client)
    # 500 tokens at 14 a retry pay for 35 retries; after them each call is tried once.
    assert len(scripted.requests) <= 12 + 36


def test_after_an_outage_retries_come_back_with_a_few_successes(scripted, fake_time):
    scripted.script(answer(b"", 503))
    with client_of(scripted, fake_time) as client:
        for _ in range(100):
            with pytest.raises(ServerError):
                whoami(client)
        scripted.script(GOOD)
        for _ in range(30):  # a success gives one token back, a retry costs fourteen
            whoami(client)
        scripted.requests.clear()
        scripted.script(answer(b"", 503), GOOD)
        whoami(client)
    assert len(scripted.requests) == 2


# --- 5xx and 408

HTML = b"<html><body>502 Bad Gateway</body></html>"
PASSING = {
    "502": (answer(b"", 502), 5),
    "503": (answer({"detail": "down", "status": 503}, 503), 5),
    "504": (answer(HTML, 504, "text/html"), 5),
    "408": (answer({"detail": "slow", "status": 408}, 408), 5),
    "500": (answer({"detail": "oops", "status": 500}, 500), 3),
    "500 without words": (answer(b"", 500), 3),
    "a broken error body": (
        after(b"HTTP/1.1 502 X\r\nContent-Length: 99\r\n\r\nshort", hang_up),
        5,
    ),
}


@pytest.mark.failure("server-error", "server-away")
@pytest.mark.parametrize(("fault", "tries"), PASSING.values(), ids=PASSING.keys())
def test_a_failing_server_is_tried_again_as_often_as_promised(scripted, fake_time, fault, tries):
    scripted.script(fault)
    with client_of(scripted, fake_time) as client, pytest.raises(omnipd.APIError) as caught:
        whoami(client)
    assert len(scripted.requests) == tries
    assert f"{tries} tries" in str(caught.value)


@pytest.mark.failure("server-error", "server-away")
@pytest.mark.parametrize(("fault", "tries"), PASSING.values(), ids=PASSING.keys())
def test_a_server_that_recovers_is_heard(scripted, fake_time, fault, tries):
    scripted.script(*[fault] * (tries - 1), GOOD)
    with client_of(scripted, fake_time) as client:
        whoami(client)
    assert len(scripted.requests) == tries


@pytest.mark.failure("server-away")
def test_503_waits_as_long_as_it_asks(scripted, fake_time):
    scripted.script(answer(b"", 503, Retry_After="33"), GOOD)
    with client_of(scripted, fake_time) as client:
        whoami(client)
    assert fake_time.slept == [33]


@pytest.mark.failure("server-away")
def test_503_that_asks_for_more_than_two_minutes_is_an_error_at_once(scripted, fake_time):
    scripted.script(answer(b"", 503, Retry_After="600"))
    with client_of(scripted, fake_time) as client, pytest.raises(ServerError) as caught:
        whoami(client)
    assert caught.value.retry_after == 600
    assert len(scripted.requests) == 1


@pytest.mark.failure("server-error")
def test_the_words_of_a_server_are_short_clean_and_without_the_key(scripted, fake_time):
    detail = f"key {KEY} \x1b[31mred\r\n\u202etext " + "long " * 500
    scripted.script(answer({"detail": detail}, 500))
    with client_of(scripted, fake_time) as client, pytest.raises(ServerError) as caught:
        whoami(client)
    said = str(caught.value)
    assert KEY not in said
    assert "key ***" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\r" not in said
    assert len(said) < 450


# --- keys that are not taken

REFUSED_KEYS = {
    "401": answer(b"", 401),
    "401 in words": answer({"detail": "Unauthorized", "status": 401}, 401),
    "403 of the middleware": answer(
        {"error": {"code": 403, "message": "Invalid bearer token"}}, 403
    ),
    "403 in another case": answer({"detail": "invalid BEARER token"}, 403),
    "400 of a malformed header": answer(
        {
            "error": {
                "code": 400,
                "message": "Bad authorization header, must be formatted as Bearer <token>",
            }
        },
        400,
    ),
}


@pytest.mark.failure("bad-key")
@pytest.mark.parametrize("fault", REFUSED_KEYS.values(), ids=REFUSED_KEYS.keys())
def test_a_key_that_is_refused_is_not_sent_again(scripted, fake_time, fault):
    scripted.script(fault)
    with client_of(scripted, fake_time) as client, pytest.raises(AuthenticationError) as caught:
        omnipd.read_content(client=client)
    assert len(scripted.requests) == 1
    assert fake_time.slept == []
    assert "Compare the key with those in Omni" in str(caught.value)
    assert not caught.value.retryable


# --- every envelope

SCIM = ["urn:ietf:params:scim:api:messages:2.0:Error"]
ENVELOPES = {
    "E1": ({"detail": "Bad Request: pageSize: too big", "status": 400}, 400, BadRequestError),
    "E1 forbidden": ({"detail": "Permission denied", "status": 403}, 403, ForbiddenError),
    "E1 missing": ({"detail": "Not found: Folder", "status": 404}, 404, NotFoundError),
    "E2": ({"error": {"code": 403, "message": "Feature not enabled"}}, 403, ForbiddenError),
    "E3": ({"error": "Invalid cursor", "success": False}, 400, BadRequestError),
    "E4": ({"detail": "No such user", "schemas": SCIM, "status": "404"}, 404, NotFoundError),
    "E4 with a number": (
        {"detail": "Bad path", "schemas": SCIM, "status": 400},
        400,
        BadRequestError,
    ),
    "E5": ({"error": "not renderable"}, 422, BadRequestError),
    "conflict": ({"detail": "label exists", "status": 409}, 409, ConflictError),
    "credits": ({"detail": "AI credits are used up", "status": 402}, 402, BadRequestError),
    "gone": ({"detail": "download failed", "status": 410}, 410, BadRequestError),
    "method": ({"detail": "Method not allowed", "status": 405}, 405, BadRequestError),
}


@pytest.mark.failure("refused", "bad-request")
@pytest.mark.parametrize(("body", "status", "kind"), ENVELOPES.values(), ids=ENVELOPES.keys())
def test_every_envelope_is_read(scripted, fake_time, body, status, kind):
    scripted.script(answer(body, status))
    with client_of(scripted, fake_time) as client, pytest.raises(OmniError) as caught:
        whoami(client)
    assert type(caught.value) is kind
    words = body.get("detail") or body["error"]
    assert (words if isinstance(words, str) else words["message"]) in str(caught.value)
    assert caught.value.status == status
    assert caught.value.url == f"{scripted.url}/api/v1/whoami"
    assert len(scripted.requests) == 1


WORDLESS = {
    "empty": b"",
    "html": b"<html><title>404</title></html>",
    "plain text": b"nope",
    "cut JSON": b'{"detail": "No',
    "a list": b'["detail"]',
    "a string": b'"detail"',
    "null": b"null",
    "a detail that is an object": b'{"detail": {"a": 1}}',
    "an error that is a list": b'{"error": ["a"]}',
    "bad UTF-8": b'{"detail": "\xff\xfe"}',
    "deep nesting": b"[" * 100_000,
    "a huge number": b'{"detail": ' + b"9" * 10_000 + b"}",
    "a lone surrogate": b'{"detail": "\\ud800"}',
    "megabytes": b"x" * 3_000_000,
}


@pytest.mark.parametrize("body", WORDLESS.values(), ids=WORDLESS.keys())
@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (403, ForbiddenError)])
def test_an_error_without_words_is_judged_by_its_status(scripted, fake_time, body, status, kind):
    scripted.script(answer(body, status))
    with client_of(scripted, fake_time) as client, pytest.raises(kind) as caught:
        whoami(client)
    assert str(status) in str(caught.value)
    str(caught.value).encode()
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("status", [300, 304, 305, 418, 451, 511, 599])
def test_a_status_of_no_row_is_an_error_of_the_tree_too(scripted, fake_time, status):
    body = b"" if status == 304 else b"{}"
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    scripted.script(head + body)
    with client_of(scripted, fake_time) as client, pytest.raises(OmniError) as caught:
        whoami(client)
    assert caught.value.status == status


def test_an_empty_200_is_no_answer(scripted, fake_time):
    scripted.script(answer(b""))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        whoami(client)


@pytest.mark.failure("refused", "bad-request", "server-error")
def test_an_error_inside_a_list_carries_the_pages_before_it(scripted, fake_time):
    scripted.script(
        page({"type": "folder", "id": "f", "name": "F"}, cursor="c", total=150),
        answer({"detail": "Permission denied"}, 403),
    )
    with client_of(scripted, fake_time) as client, pytest.raises(ForbiddenError) as caught:
        omnipd.read_content(client=client)
    assert caught.value.partial["id"].tolist() == ["f"]
    assert "1 page(s), 1 of 150 rows" in caught.value.__notes__[-1]
