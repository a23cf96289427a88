"""How far a call is: one bar on a terminal or in a notebook, or a function that is told."""

import io
import os
import re
import sys
import threading
import types
import warnings
from collections import Counter
from contextlib import redirect_stderr

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import MODEL, QUERY, arrow, client_of, whole_answer
from scripted_server import answer, document, page

import omnipd
from omnipd import bars
from omnipd.call import current_call, one_call
from omnipd.errors import warn
from omnipd.progress import steps


class Terminal(io.StringIO):
    """A terminal without escape sequences, which is all that a bar needs."""

    def isatty(self):
        return True

    @property
    def screen(self):
        """What is to be seen: a return goes back to the first letter of a line."""
        lines = []
        for line in self.getvalue().split("\n"):
            shown = ""
            for part in line.split("\r"):
                shown = part + shown[len(part) :]
            lines.append(shown.rstrip())
        return lines


@pytest.fixture
def terminal():
    yield Terminal()
    assert bars._SHOWN == []


class Asking:
    """What a report asks of a client: 57 requests pass at once, the others one a second."""

    def __init__(self, fake_time, progress=True):
        self.progress = progress
        self.clock = fake_time.clock()

    def seconds_at_pace(self, requests):
        return max(0.0, requests - 57)


def later(fake_time, seconds, body):
    """Return an answer that takes its time."""

    def step(connection):
        fake_time.now += seconds
        connection.sendall(body.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))

    return step


def three_pages(fake_time, seconds):
    return [
        later(fake_time, seconds, page(*map(document, some), cursor=cursor, total=6))
        for some, cursor in (("ab", "1"), ("cd", "2"), ("ef", None))
    ]


def test_a_list_of_more_than_two_seconds_shows_a_bar_and_takes_it_away(
    scripted, fake_time, terminal
):
    scripted.script(*three_pages(fake_time, 3))
    with client_of(scripted, fake_time) as client, redirect_stderr(terminal):
        assert len(omnipd.read_content(client=client)) == 6
    shown = terminal.getvalue()
    assert re.search(r"content:  33%\|\S+ +\| 2/6 rows \[00:03<00:06\]", shown)
    assert re.search(r"content:  67%\|\S+ +\| 4/6 rows \[00:06<00:03\]", shown)
    assert terminal.screen == [""]


@pytest.mark.parametrize("progress", [True, False])
def test_what_is_short_or_not_wanted_shows_nothing(scripted, fake_time, terminal, progress):
    scripted.script(*three_pages(fake_time, 0.5 if progress else 3))
    with (
        client_of(scripted, fake_time, progress=progress) as client,
        redirect_stderr(terminal),
    ):
        omnipd.read_content(client=client)
    assert terminal.getvalue() == ""


def test_a_script_shows_nothing_and_a_notebook_does(scripted, fake_time, monkeypatch):
    monkeypatch.setattr(sys, "stderr", held := io.StringIO())
    scripted.script(*three_pages(fake_time, 3), *three_pages(fake_time, 3))
    with client_of(scripted, fake_time, cache=False) as client:
        omnipd.read_content(client=client)
        assert held.getvalue() == ""
        notebook = types.ModuleType("IPython")
        notebook.get_ipython = lambda: types.SimpleNamespace(kernel=object())
        monkeypatch.setitem(sys.modules, "IPython", notebook)
        omnipd.read_content(client=client)
    assert "content:  67%" in held.getvalue()


def test_the_time_left_is_that_of_the_limit_and_not_of_the_burst(scripted, fake_time, terminal):
    # One request in 60.5 s, and the burst is one: five documents end after four windows.
    scripted.script(*[later(fake_time, 3, answer({"queries": []}))] * 5)
    with (
        client_of(scripted, fake_time, requests_per_minute=1) as client,
        pytest.warns(omnipd.OmniWarning, match="needs 5 requests, about 5 minutes"),
        redirect_stderr(terminal),
    ):
        omnipd.read_document_queries(list("abcde"), client=client)
    lines = re.findall(r"(\d)/5 \[(\S+)<(\S+?)(, waiting for the limit)?\]", terminal.getvalue())
    # A request counts for 60.5 s from when it arrived: 4 of them.
    assert lines[:3] == [
        ("1", "00:03", "04:02", ""),
        ("1", "00:04", "04:01", ", waiting for the limit"),
        ("1", "00:05", "04:00", ", waiting for the limit"),
    ]
    assert terminal.screen == [""]


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (0, r"some_long_name_of_a_thing:  25%\|\S+ +\| 100/400 rows \[00:03<00:00\]"),  # not known
        (20, r"some_lon:  25%\|.\|"),
        (80, r"some_long_name_of_a_thing:  25%\|\S+ +\| 100/400 rows \[00:03<00:00\]"),
    ],
)
def test_a_bar_fits_the_terminal(fake_time, terminal, monkeypatch, columns, shown):
    terminal.fileno = lambda: 2
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, 24)))
    with (
        redirect_stderr(terminal),
        one_call(),
        steps(Asking(fake_time), "/api/v1/some-long-name-of-a-thing", "rows") as told,
    ):
        fake_time.now += 3
        told.at(100, 400, left=3)
        assert re.fullmatch(shown, terminal.screen[0])
        assert len(terminal.screen[0]) < (columns or 100)


def test_a_warning_does_not_tear_the_bar(fake_time, terminal):
    with (
        redirect_stderr(terminal),
        one_call(),
        steps(Asking(fake_time), "/api/v1/content", "rows") as told,
    ):
        fake_time.now += 3
        told.at(100, 400, left=3)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_: print(f"omnipd: {message}", file=sys.stderr)
            warn("Something.")
        assert terminal.screen[0] == "omnipd: Something."
        assert terminal.screen[1].startswith("content:  25%|")
    assert terminal.screen == ["omnipd: Something.", ""]


def test_a_warning_that_is_an_error_takes_the_bar_away(fake_time, terminal):
    def read():
        with redirect_stderr(terminal), one_call(), steps(Asking(fake_time), "content") as told:
            fake_time.now += 3
            told.at(100, 400)
            warn("Something.")

    with pytest.raises(omnipd.OmniWarning):
        read()
    assert terminal.screen == [""]


def test_an_inventory_is_one_bar_with_the_requests_of_all_that_is_in_it(fake_time, terminal):
    # 4 requests for users and 130 for their roles; of the roles 63 are done, and in the 64th one of two pages.
    client = Asking(fake_time)
    with redirect_stderr(terminal), one_call(), steps(client, "inventory") as inventory:
        inventory.at(0, 134, left=134, size=4, part="users")
        with steps(client, "/api/v1/users", "rows") as users:
            users.at(50, 100, left=1)
        inventory.at(4, 134, left=130, size=130, part="model_roles")
        with steps(client, "/api/v1/users/{user_id}/model-roles") as roles:
            roles.at(63, 130, left=67)
            with steps(client, "/api/v1/users/ada/model-roles", "rows") as ada:
                fake_time.now += 10
                ada.at(1, 2, left=1)
    shown = [line.strip() for line in terminal.getvalue().split("\r") if line.strip()]
    # 66 behind the one that is read, and its second page: 67, of which ten have to wait.
    assert len(shown) == 1
    assert re.fullmatch(r"inventory, model_roles:  50%\|\S+ +\| 67/134 \[00:10<00:10\]", shown[0])


def test_an_inventory_tells_a_function_of_each_step_of_all_that_is_in_it(server):
    told = []
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, progress=lambda *one: told.append(one)
    ):
        omnipd.read_inventory(include=["labels", "groups"])
    assert told == [
        ("inventory", 0, 2),
        ("/api/v1/labels", 12, None),
        ("inventory", 1, 2),
        ("/api/scim/v2/Groups", 5, 5),
        ("inventory", 2, 2),
    ]


def test_a_function_hears_of_queries_in_the_thread_of_the_caller(scripted, fake_time):
    told = []
    scripted.script(*[answer(whole_answer())] * 3)
    with client_of(scripted, fake_time) as client:
        client.progress = lambda *one: told.append((*one, threading.current_thread()))
        omnipd.run_queries([QUERY] * 3, client=client)
    here = threading.current_thread()
    assert told == [("queries", done, 3, here) for done in (1, 2, 3)]


def test_a_function_hears_of_pieces(scripted, fake_time):
    told = []
    pieces = [
        pa.table({"users.day[date]": [pd.Timestamp(2024, month, 1)], "users.count": [1]})
        for month in (1, 2)
    ]
    scripted.script(*[answer(whole_answer(arrow(one))) for one in pieces])
    query = {"modelId": MODEL, "table": "users", "fields": pieces[0].column_names}
    with client_of(scripted, fake_time, progress=lambda *one: told.append(one)) as client:
        omnipd.run_query_in_pieces(
            query, split_on="users.day", start="2024-01", end="2024-03", check=False, client=client
        )
    assert told == [("pieces", 1, 2), ("pieces", 2, 2)]


def test_what_a_function_raises_is_raised(scripted, fake_time):
    scripted.script(page(document("a")))
    with client_of(scripted, fake_time, progress=lambda *_: 1 / 0) as client:
        with pytest.raises(ZeroDivisionError):
            omnipd.read_content(client=client)
        assert client.requests_sent == 1


def test_what_a_function_raises_is_no_error_of_the_read(scripted, fake_time):
    """Neither of a page that the cache has, nor of one of many parents."""
    why = ZeroDivisionError("why")

    def stop(*_):
        error = omnipd.NotFoundError("mine")
        error.__context__ = why
        raise error

    scripted.script(*[answer({"queries": []})] * 2, page(document("a")))
    with client_of(scripted, fake_time) as client:
        omnipd.read_document_queries(["a", "b"], client=client)
        omnipd.read_content(client=client)
        scripted.requests.clear()
        client.progress = stop
        for read in (
            lambda: omnipd.read_content(client=client),
            lambda: omnipd.read_document_queries(["a", "b"], client=client),
            lambda: omnipd.read_document_queries(["a", "b"], errors="collect", client=client),
        ):
            with pytest.raises(omnipd.NotFoundError, match=r"^mine$") as caught:
                read()
            assert caught.value.partial is None
            assert caught.value.__context__ is why
            assert not hasattr(caught.value, "__notes__")
    assert scripted.requests == []


def test_what_a_function_reads_is_not_told_to_it(server):
    told = []

    def read(*one):
        told.append(one)
        omnipd.read_labels(client=client)

    client = omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache=False, progress=read
    )
    assert len(omnipd.read_groups(client=client)) == 5
    assert told == [("/api/scim/v2/Groups", 5, 5)]
    assert client.requests_sent == 2


def test_a_function_that_counts_as_false_is_told(server):
    class Told(list):
        def __call__(self, *one):
            self.append(one)

    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, progress=Told()
    ) as client:
        omnipd.read_groups(client=client)
        assert client.progress == [("/api/scim/v2/Groups", 5, 5)]


def test_progress_is_a_flag_or_a_function(scripted):
    with pytest.raises(omnipd.ArgumentError, match="progress='no' is not True, False or a func"):
        omnipd.connect(scripted.url, "key", progress="no")
    client = omnipd.connect(scripted.url, "key", timeout=1)
    client.progress = "no"
    with pytest.raises(omnipd.ArgumentError, match="progress='no' is not True, False or a func"):
        omnipd.read_labels(client=client)
    assert scripted.requests == []


def test_two_threads_have_a_bar_each(fake_time, terminal):
    both, names = threading.Barrier(2), {}

    def read(name):
        with one_call(), steps(Asking(fake_time), name) as told:
            both.wait()
            told.at(1, 4)
            names[name] = [one.name for one in current_call().report.within]
            both.wait()

    threads = [threading.Thread(target=read, args=(name,)) for name in ("content", "users")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == {"content": ["content"], "users": ["users"]}


def test_what_threads_read_for_a_call_is_no_bar_of_its_own(fake_time):
    client, seen = Asking(fake_time), []

    def read(call):
        from omnipd.call import working_for

        with working_for(call), steps(client, "topics"):
            seen.append([one.name for one in call.report.within])

    with one_call() as call, steps(client, "queries"):
        thread = threading.Thread(target=read, args=(call,))
        thread.start()
        thread.join()
    assert seen == [["queries"]]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, omnipd.NetworkError])
def test_an_interrupt_and_an_error_take_the_bar_away(fake_time, terminal, stop):
    def read():
        with redirect_stderr(terminal), one_call(), steps(Asking(fake_time), "content") as told:
            fake_time.now += 3
            told.at(1, 4)
            assert "25%" in terminal.screen[0]
            raise stop("")

    with pytest.raises(stop):
        read()
    assert terminal.screen == [""]
    assert current_call().report is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_of_a_fork_leaves_the_bar_to_its_parent(fake_time, terminal):
    with redirect_stderr(terminal), one_call(), steps(Asking(fake_time), "content") as told:
        fake_time.now += 3
        told.at(1, 4)
        shown = terminal.getvalue()
        if not (child := os.fork()):
            fake_time.now += 3
            told.at(2, 4)
            current_call().report.close()
            os._exit(terminal.getvalue() != shown)
        assert os.waitpid(child, 0)[1] == 0


def test_a_terminal_that_is_gone_does_not_end_a_read(scripted, fake_time):
    class Gone(Terminal):
        def write(self, _):
            raise BrokenPipeError

    scripted.script(*three_pages(fake_time, 3))
    with client_of(scripted, fake_time) as client, redirect_stderr(Gone()):
        assert len(omnipd.read_content(client=client)) == 6


def test_a_function_that_is_told_costs_no_parsing(scripted, fake_time):
    def calls(progress):
        counted = Counter()

        def count(frame, event, _):
            name = frame.f_code.co_filename
            if event == "call" and name.endswith(("parse_pages.py", "strict_json.py")):
                counted[name, frame.f_code.co_name] += 1

        scripted.requests.clear()
        scripted.script(*three_pages(fake_time, 0))
        with client_of(scripted, fake_time, cache=False, progress=progress) as client:
            sys.setprofile(count)
            try:
                omnipd.read_content(client=client)
            finally:
                sys.setprofile(None)
        return counted

    asked = calls(lambda *_: None)
    assert sum(asked.values()) >= 3
    assert asked == calls(progress=False)
