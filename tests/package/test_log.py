"""What the package logs: requests, waits, what is sent again; never the key."""

import logging
import re

from faults.given import KEY, client_of
from scripted_server import answer, document, page, reset

import omnipd


def logged(caplog):
    """What was logged: the level and the text, without what the clock says."""
    return [
        (record.levelname, re.sub(r"http://[^/ ]+", "http://…", record.getMessage()))
        for record in caplog.records
        if record.name == "omnipd"
    ]


def test_requests_are_debug_and_waits_are_info(scripted, fake_time, caplog):
    caplog.set_level(logging.DEBUG, "omnipd")
    scripted.script(
        answer({"detail": f"no {KEY}"}, 503),
        answer(b"", 429, retry_after="7"),
        reset,
        page(document("a")),
    )
    with client_of(scripted, fake_time) as client:
        omnipd.read_content(client=client)
        omnipd.read_content(client=client)
    [*sent, stored] = logged(caplog)
    assert sent == [
        ("DEBUG", "GET /api/v1/content: 503 after 0.00 s (x-trace-id None)"),
        ("INFO", sent[1][1]),
        ("DEBUG", "GET /api/v1/content: 429 after 0.00 s (x-trace-id None)"),
        ("INFO", sent[3][1]),
        ("DEBUG", "GET /api/v1/content: lost after 0.00 s"),
        ("INFO", sent[5][1]),
        ("DEBUG", "GET /api/v1/content: 200 after 0.00 s (x-trace-id None)"),
    ]
    assert "503" in sent[1][1]
    assert re.search(r"Sending it again after \d\.\d s\.$", sent[1][1])
    assert "429" in sent[3][1]
    assert sent[3][1].endswith("Waiting 7 s.")
    assert re.search(r"Sending it again after \d\.\d s\.$", sent[5][1])
    assert stored[0] == "DEBUG"
    assert stored[1].startswith("GET /api/v1/content: from the cache, fetched 20")
    assert KEY not in caplog.text


def test_a_wait_for_a_place_is_logged_once(scripted, fake_time, caplog):
    caplog.set_level(logging.INFO, "omnipd")
    scripted.script(*[page(document("a"))] * 2)
    with client_of(scripted, fake_time, requests_per_minute=1, cache=False) as client:
        omnipd.read_content(client=client)
        omnipd.read_content(client=client)
    assert logged(caplog) == [("INFO", "waiting 60 s for a place among the requests of a minute")]


def test_nothing_is_printed_where_nobody_listens(scripted, fake_time, capfd):
    logger = logging.getLogger("omnipd")
    assert any(isinstance(one, logging.NullHandler) for one in logger.handlers)
    scripted.script(answer(b"", 503), page(document("a")))
    with client_of(scripted, fake_time) as client:
        omnipd.read_content(client=client)
    assert "".join(capfd.readouterr()) == ""
