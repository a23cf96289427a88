"""Ctrl-C at any moment: whatever it cut in two, the next call is answered, in every thread."""

import os
import sys
import threading

import pytest
from echo_server import client_of
from interrupted_calls import interrupt
from scripted_server import answer

from omnipd import call, errors
from omnipd.client import blocks, transport
from omnipd.client.watchdog import Watchdog

#: Where locks, connections and their states are.
_LOOKED_AT = ("/omnipd/client/", "/urllib3/", "/http/client.py", "/queue.py", "/threading.py")


class Interrupt:
    """Raises KeyboardInterrupt at the n-th moment of a block at which Python looks for signals.

    Those are the beginning of a function of Python, and the return from one of C.
    """

    def __init__(self, moment, files=_LOOKED_AT):
        self.left = moment
        self._files = files

    def __enter__(self):
        sys.setprofile(self._look)
        return self

    def __exit__(self, kind, *_):
        sys.setprofile(None)
        return kind is KeyboardInterrupt

    def _look(self, frame, event, _):
        file = frame.f_code.co_filename.replace(os.sep, "/")
        if event in {"call", "c_return"} and any(part in file for part in self._files):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


def in_time(work, *given):
    """Return what a function returns, from a thread of its own; fail if it hangs."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work(*given)), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it hangs"
    return found[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_moment_leaves_the_client_usable(echo, tmp_path):
    client = client_of(echo.url, tmp_path)

    def get(label):
        answer = client.get("/api/v1/documents", {"labels": label})
        return answer.content["records"][0]["identifier"]

    get("first")
    with Interrupt(0) as counted:
        get("second")
    moments = -counted.left
    assert moments > 200
    for moment in range(1, moments + 1, 5):
        with Interrupt(moment):
            get("cut")
        # A lock that was left taken may stop another thread alone.
        assert in_time(get, f"at-{moment}") == f"at-{moment}-0"


def test_interrupts_of_a_process_leave_its_client_usable():
    assert interrupt(8) == {"interrupts": 8, "hangs": 0, "wrong rows": 0, "errors": 0}


def test_what_is_interrupted_while_it_starts_the_watchdog_does_not_end_it(monkeypatch):
    watchdog, cut = Watchdog(), threading.Event()
    start = threading.Thread.start

    def interrupted(thread):
        monkeypatch.setattr(threading.Thread, "start", start)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watchdog.watch(30, print)
    watchdog.watch(30, print)
    watchdog.watch(0.01, cut.set)
    assert cut.wait(10)


def test_a_watch_that_an_interrupt_left_does_not_cut_what_came_after_it(
    scripted, tmp_path, monkeypatch
):
    cuts = []

    def never_canceled(_, cut):
        cuts.append(cut)
        return lambda: None

    def late(connection):
        cuts[0]()
        connection.sendall(answer({"number": 2}))

    monkeypatch.setattr(transport._WATCHDOG, "watch", never_canceled)
    client = client_of(scripted.url, tmp_path)
    scripted.script(answer({"number": 1}), late)
    assert [client.get("/api/v1/x").content["number"] for _ in range(2)] == [1, 2]
    assert scripted.accepted == 1
    assert client.requests_sent == 2


@pytest.mark.parametrize("block", [errors.held_warnings, errors.each_warning_once])
def test_an_interrupted_block_of_warnings_holds_none_afterwards(block):
    for moment in range(1, 12):
        with Interrupt(moment, ("/omnipd/errors.py", "/contextlib.py")), block():
            pass
        assert errors._HELD.get() is None
        assert errors._SAID.get() is None


def test_an_interrupted_call_takes_in_none_that_comes_after_it():
    for moment in range(1, 30):
        with Interrupt(moment, ("/omnipd/call.py", "/contextlib.py")), call.one_call(5):
            pass
        assert not call.current_call().has_own_timeout


def test_a_block_whose_entry_is_interrupted_is_not_entered(echo, tmp_path):
    client = client_of(echo.url, tmp_path)
    interrupted = 0
    for moment in range(1, 40):
        with Interrupt(moment, ("/omnipd/client/client.py", "/omnipd/client/blocks.py")) as one:
            client.__enter__()
        if one.left > 0:
            client.__exit__()
        else:
            interrupted += 1
        assert blocks.innermost() is None
        assert blocks.open_anywhere() is None
    assert interrupted > 2


@pytest.mark.parametrize("part", [call.counting, call.asking_ahead, call.apart])
def test_what_is_a_part_of_a_call_ends_with_it(part):
    # Threads do it for a part that is canceled, and wait for a place or for a server meanwhile.
    with call.one_call() as whole, call.part_of_call() as of_threads:
        with call.working_for(of_threads), part():
            inner = call.current_call()
            whole.cancel()
            assert inner.canceled
            with pytest.raises(call.Canceled):
                inner.sleep(60)
        assert inner.over
