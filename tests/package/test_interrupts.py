"""Ctrl-C: what it ends, how fast, what is still sent, and what the interrupt says.

Each script is a process of its own, forked off one that has imported everything.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pandas as pd
import pytest
from click.testing import CliRunner
from scripted_server import answer, document, page

import omnipd
from omnipd.shell.cli import main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals")

FORKS = """
import json, os, signal, sys, time
import pandas, omnipd
import omnipd.queries.dashboards, omnipd.queries.run_queries, omnipd.admin.export_documents
signal.signal(signal.SIGINT, signal.default_int_handler)
for line in sys.stdin:
    script = json.loads(line)
    child = os.fork()
    if not child:
        break
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
else:
    raise SystemExit
exec(script)
"""
#: The server holds its answers for so long, and a limiter its requests: a process that waits for them
#: takes longer than any that does not, on however slow a machine.
HELD = 40
SOON = 15

QUERIES = """
item = {"modelId": "11111111-2222-4333-8444-555555555555", "table": "a", "fields": ["a.b"]}
client = omnipd.connect(URL, "key", cache=False, requests_per_minute=PACE)
omnipd.run_queries([item] * 6, max_workers=3, errors="collect", timeout=None, client=client)
"""


@pytest.fixture(scope="module")
def forks(tmp_path_factory):
    """A process whose children run a script each."""
    own = {name: one for name, one in os.environ.items() if "proxy" not in name.lower()}
    process = subprocess.Popen(
        [sys.executable, "-c", FORKS],
        env=own | {"OMNIPD_CACHE_DIR": str(tmp_path_factory.mktemp("disk"))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    os.killpg(process.pid, signal.SIGKILL)  # and a child that a test has left
    process.communicate()


def interrupted(forks, script, when, *, times=1, **values):
    """Run a script, interrupt it when something is so; return the seconds that it lived after it."""
    for name, value in values.items():
        script = script.replace(name, repr(value))
    forks.stdin.write(json.dumps(textwrap.dedent(script)) + "\n")
    forks.stdin.flush()
    child = int(forks.stdout.readline())
    until = time.monotonic() + 30
    while not when():
        assert time.monotonic() < until
        time.sleep(0.01)
    began = time.monotonic()
    for _ in range(times):
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            os.kill(child, signal.SIGINT)
        time.sleep(0.02)
    assert forks.stdout.readline() == "ended\n"
    return time.monotonic() - began


def hold(connection):
    connection.settimeout(HELD)
    with contextlib.suppress(OSError):
        connection.recv(1)  # nothing more comes: it waits until one of the two closes


@pytest.mark.parametrize("times", [1, 3])
def test_a_script_ends_at_once_while_the_server_holds_its_answers(forks, scripted, times):
    scripted.script(hold)
    waits = lambda: len(scripted.requests) == 3  # noqa: E731
    lived = interrupted(forks, QUERIES, waits, times=times, URL=scripted.url, PACE=None)
    assert lived < SOON
    assert len(scripted.requests) == 3


def test_nothing_is_sent_that_waits_for_the_end_of_a_429(forks, scripted):
    scripted.script(answer(b"", 429, Retry_After=str(HELD)))
    waits = lambda: len(scripted.requests) >= 1  # noqa: E731
    assert interrupted(forks, QUERIES, waits, URL=scripted.url, PACE=60) < SOON
    sent = len(scripted.requests)
    time.sleep(0.2)
    assert len(scripted.requests) == sent <= 3


def test_nothing_is_sent_that_waits_for_a_place(forks, scripted):
    scripted.script(answer({"detail": "no"}, 400))
    waits = lambda: len(scripted.requests) == 1  # noqa: E731
    assert interrupted(forks, QUERIES, waits, URL=scripted.url, PACE=1) < SOON
    assert len(scripted.requests) == 1


def test_a_connection_that_is_never_made_keeps_no_process(forks):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # What is in the queue is not accepted, and with the queue full the next waits to be made.
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(address)
        began = time.monotonic()
        lived = interrupted(
            forks,
            QUERIES,
            lambda: time.monotonic() > began + 1,
            URL=f"http://127.0.0.1:{address[1]}",
            PACE=None,
        )
        for other in others:
            other.close()
    assert lived < 7  # of the ten seconds that a connection may take


@pytest.fixture
def ctrl_c(request):
    """A step of a script that interrupts this process, and leaves the request without an answer."""
    # A shell that starts the tests in the background lets them ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    done = threading.Event()

    def step(_):
        number = getattr(request, "param", signal.SIGINT)
        signal.pthread_kill(threading.main_thread().ident, number)
        done.wait(HELD)

    yield step
    done.set()
    signal.signal(signal.SIGINT, before)


def client_of(server, **settings):
    return omnipd.connect(server.url, "key", requests_per_minute=None, **settings)


def notes_of(caught):
    return "\n".join(caught.value.__notes__)


def threads_of_omnipd():
    return [one for one in threading.enumerate() if one.name == "omnipd-query"]


@pytest.mark.parametrize("errors", ["raise", "collect"])
def test_after_an_interrupt_a_notebook_goes_on(scripted, ctrl_c, errors):
    query = {"modelId": "11111111-2222-4333-8444-555555555555", "table": "a", "fields": ["a.b"]}
    scripted.script(hold, hold, ctrl_c, page(document("one")))
    with client_of(scripted, cache=False) as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            omnipd.run_queries([query] * 5, max_workers=3, errors=errors)
        assert threads_of_omnipd() == []
        assert len(omnipd.read_content()) == 1
        assert client.requests_sent == len(scripted.requests) == 4
    assert "0 of 5 queries had given their frames" in notes_of(caught)


def test_an_interrupt_ends_the_tiles_of_a_dashboard(scripted, ctrl_c):
    query = {"modelId": "11111111-2222-4333-8444-555555555555", "table": "a", "fields": ["a.b"]}
    tiles = [{"id": one, "name": one, "query": query} for one in "abcdef"]
    scripted.script(answer({"queries": tiles}), hold, hold, hold, ctrl_c)
    with client_of(scripted), pytest.raises(KeyboardInterrupt):
        omnipd.run_document("board", filters=None)
    assert threads_of_omnipd() == []
    assert len(scripted.requests) == 5


def test_an_interrupted_list_says_that_it_begins_anew(scripted, ctrl_c):
    scripted.script(page(document("a"), document("b"), cursor="c", total=3), ctrl_c)
    with client_of(scripted), pytest.raises(KeyboardInterrupt) as caught:
        omnipd.read_content()
    assert caught.value.__notes__ == [
        "Read so far of /api/v1/content: 1 page(s), 2 of 3 rows. Of a list nothing is kept before "
        "it is whole: the same call begins it anew."
    ]


NO_QUERIES = answer({"queries": []})


@pytest.mark.parametrize(
    ("settings", "given", "words", "asked"),
    [
        ({}, {}, "in the cache for 10 minutes: the same call goes on from there.", "b c"),
        ({"cache": "1d"}, {}, "in the cache for 1 day: the same call goes on from there.", "b c"),
        ({}, {"refresh": True}, "the same call without refresh=True goes on from there.", "a b c"),
        ({"cache": False}, {}, "nothing of it is kept: the same call begins anew.", "a b c"),
    ],
)
def test_an_interrupted_fan_out_says_where_the_same_call_goes_on(
    scripted, ctrl_c, settings, given, words, asked
):
    scripted.script(NO_QUERIES, ctrl_c, NO_QUERIES)
    with client_of(scripted, **settings):
        with pytest.raises(KeyboardInterrupt) as caught:
            omnipd.read_document_queries(["a", "b", "c"], **given)
        omnipd.read_document_queries(["a", "b", "c"], **given)
    assert "Read so far of /api/v1/documents/{document_identifier}/queries: 1 of 3." in notes_of(
        caught
    )
    assert words in notes_of(caught)
    again = [target.split("/")[-2] for _, target, _, _ in scripted.requests[2:]]
    assert (
        " ".join(sorted(again)) == asked
    )  # where the machine is slow, two are asked for at a time


def test_an_interrupted_inventory_names_what_it_has(scripted, ctrl_c):
    labels = answer({"labels": [{"name": "finance"}]})
    scripted.script(labels, ctrl_c)
    with client_of(scripted), pytest.raises(KeyboardInterrupt) as caught:
        omnipd.read_inventory(include=["labels", "connections"])
    assert "Read so far of the inventory: labels." in notes_of(caught)
    assert "in the cache for 10 minutes" in notes_of(caught)


def test_an_interrupted_export_says_what_is_written(scripted, ctrl_c, tmp_path):
    export = {"document": {"name": "A"}, "exportVersion": "0.1", "queryModels": []}
    scripted.script(answer(export), ctrl_c)
    with client_of(scripted), pytest.raises(KeyboardInterrupt) as caught:
        omnipd.export_documents(["a", "b", "c"], tmp_path)
    assert (
        f"Written so far: 1 of 3 documents, which {tmp_path / 'manifest.jsonl'} names."
        in notes_of(caught)
    )
    manifest = pd.read_json(tmp_path / "manifest.jsonl", lines=True)
    assert manifest.loc[manifest["error"].isna(), "file"].tolist() == ["a.json"]


@pytest.mark.parametrize(
    ("ctrl_c", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], indirect=["ctrl_c"]
)
def test_the_shell_shows_what_an_interrupt_says(scripted, ctrl_c, code, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", "key")
    scripted.script(page(document("a"), cursor="c", total=3), ctrl_c)
    result = CliRunner().invoke(main, ["content"])
    assert result.exit_code == code
    assert "Read so far of /api/v1/content: 1 page(s), 1 of 3 rows." in result.stderr
    assert result.stderr.strip().endswith("Aborted!")
