from datetime import UTC, datetime, timedelta

import pytest


class Clock:
    def __init__(self):
        self.time = datetime(2025, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)

    def __call__(self):
        return self.time

    def forward(self, seconds):
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


def statuses(wire, times):
    return [wire.get("/api/v1/whoami").status for _ in range(times)]


def test_one_request_too_many_is_429_from_the_firewall(serve, connect, clock):
    wire = connect(serve(documents=0, requests_per_minute=3, now=clock))
    assert statuses(wire, 3) == [200, 200, 200]
    answer = wire.get("/api/v1/whoami")
    assert answer.status == 429
    assert answer.headers["X-Omni-Waf-Action"] == "block"
    assert answer.headers["Content-Type"] == "text/html"
    assert "Retry-After" not in answer.headers
    assert answer.body.startswith(b"<html>")
    assert len(answer.body) < 200


def test_the_window_slides(serve, connect, clock):
    wire = connect(serve(documents=0, requests_per_minute=2, now=clock))
    assert statuses(wire, 1) == [200]
    clock.forward(40)
    assert statuses(wire, 2) == [200, 429]
    clock.forward(19.9)
    assert statuses(wire, 1) == [429]
    clock.forward(0.1)
    # The first request is 60 seconds old now, the second 20.
    assert statuses(wire, 2) == [200, 429]


def test_retry_after_in_seconds_is_long_enough(serve, connect, clock):
    wire = connect(serve(documents=0, requests_per_minute=1, retry_after="seconds", now=clock))
    statuses(wire, 1)
    clock.forward(17.5)
    answer = wire.get("/api/v1/whoami")
    # 42.5 seconds are left.
    assert (answer.status, answer.headers["Retry-After"]) == (429, "43")
    clock.forward(43)
    assert statuses(wire, 1) == [200]


def test_retry_after_as_a_date_is_late_enough(serve, connect, clock):
    wire = connect(serve(documents=0, requests_per_minute=1, retry_after="date", now=clock))
    statuses(wire, 1)
    answer = wire.get("/api/v1/whoami")
    # Free at 12:01:00.25, so the next whole second.
    assert answer.headers["Retry-After"] == "Sat, 01 Mar 2025 12:01:01 GMT"
    # Who reads the one against the other waits a minute, and not for years.
    assert answer.headers["Date"] == "Sat, 01 Mar 2025 12:00:00 GMT"


def test_each_key_has_its_own_minute(serve, connect, clock):
    server = serve(documents=0, requests_per_minute=1, now=clock)
    organization, personal = connect(server), connect(server, server.personal_key)
    assert statuses(organization, 2) == [200, 429]
    assert statuses(personal, 2) == [200, 429]


def test_every_process_with_the_same_key_shares_the_minute(serve, connect, clock):
    server = serve(documents=0, requests_per_minute=2, now=clock)
    assert statuses(connect(server), 1) + statuses(connect(server), 2) == [200, 200, 429]


def test_refused_requests_count_and_come_after_the_limit(serve, connect, clock):
    wire = connect(serve(documents=0, requests_per_minute=2, now=clock))
    assert wire.get("/api/v1/nowhere").status == 404
    assert wire.content(nonsense=1).status == 400
    assert wire.content(nonsense=1).status == 429


def test_there_is_no_limit_unless_asked_for(serve, connect, clock):
    assert set(statuses(connect(serve(documents=0, now=clock)), 100)) == {200}
