"""Never more requests in a minute than allowed: over threads, processes, clocks and damaged files."""

import contextlib
import itertools
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import warnings
from bisect import bisect_right
from dataclasses import replace
from pathlib import Path

import pytest
from faults.given import KEY, client_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_server import answer, document, page, reset

import omnipd
from omnipd import OmniWarning, RateLimitError
from omnipd.client.client import Client
from omnipd.client.rate_limit import WINDOW, Limiter
from omnipd.client.settings import resolve
from omnipd.clock import boot_clock_id, seconds_since_boot

GOOD = answer({"user": {"id": "u", "membershipId": "m"}})


def most_in_a_window(stamps, window):
    """Return the largest number of stamps in any half-open window of that length."""
    stamps = sorted(stamps)
    return max(
        (index + 1 - bisect_right(stamps, stamp - window) for index, stamp in enumerate(stamps)),
        default=0,
    )


def test_the_count_of_this_file_counts():
    assert most_in_a_window([0, 1, 2, 60, 61], 60) == 3
    assert most_in_a_window([0, 60], 60) == 1
    assert most_in_a_window([0, 59.9], 60) == 2


def spent(client):
    """How many requests the log of this client's key holds."""
    with contextlib.closing(
        sqlite3.connect(next((client.state / "limiter").glob("*.sqlite")))
    ) as log:
        return log.execute("SELECT count(*) FROM entries WHERE hold = 0").fetchone()[0]


# --- exact


@pytest.mark.parametrize(
    ("per_minute", "capacity"), [(60, 57), (500, 475), (1, 1), (2, 1), (10, 9), (20, 19)]
)
def test_the_capacity_leaves_a_margin_and_is_never_nothing(tmp_path, per_minute, capacity):
    now = [1000.0]
    limiter = Limiter(tmp_path / "log.sqlite", per_minute, clock=lambda: now[0])
    taken = 0
    while limiter.try_acquire() == 0.0:
        taken += 1
    assert taken == capacity
    assert limiter.try_acquire() == pytest.approx(WINDOW)


@given(
    st.integers(1, 12),
    st.lists(st.floats(0, 40) | st.sampled_from([0.0, 1e-9, WINDOW, 60.0, 200.0]), max_size=50),
    st.booleans(),
)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_window_ever_holds_more_than_the_capacity(tmp_path, per_minute, gaps, patient):
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.sqlite"
    now = [1_000_000.0]
    limiter = Limiter(path, per_minute, clock=lambda: now[0])
    sent, refused = [], 0
    for gap in gaps:
        now[0] += gap
        wait = limiter.try_acquire()
        while wait and patient:
            assert wait <= WINDOW
            now[0] += wait
            refused += 1
            wait = limiter.try_acquire()
        if not wait:
            sent.append(now[0])
        elif len(sent) < limiter.capacity:
            raise AssertionError("a place was free and was not given")
    assert most_in_a_window(sent, WINDOW) <= limiter.capacity
    assert not patient or len(sent) == len(gaps)
    assert refused <= 3 * len(gaps)  # the waits that are named are long enough


def test_a_client_sends_no_more_than_the_server_allows_and_waits_no_longer_than_needed(
    scripted, fake_time
):
    scripted.script(GOOD)
    arrivals = []
    with client_of(scripted, fake_time, requests_per_minute=60, cache=False) as client:
        for _ in range(130):
            client.get("/api/v1/whoami")
            arrivals.append(fake_time.now)
    assert most_in_a_window(arrivals, 60.0) <= 60
    assert most_in_a_window(arrivals, 60.5) == 57
    # 57 at once, 57 a window later, the rest a window after that.
    assert sum(fake_time.slept) == pytest.approx(2 * WINDOW)


def test_threads_of_one_client_share_the_window(scripted):
    scripted.script(GOOD)
    taken = []
    with client_of(scripted, requests_per_minute=20) as client:
        limiter = client._limiter

        def work():
            taken.extend(1 for _ in range(10) if limiter.try_acquire() == 0.0)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(taken) == 19


PROCESS = """
import sys, time, json
from pathlib import Path
from omnipd.client import rate_limit as limiter
limiter.WINDOW = 0.4
looks = []
def clock():
    looks.append(time.monotonic())
    return looks[-1]
log = limiter.Limiter(Path(sys.argv[1]), 10, clock=clock)
print("ready", flush=True)
sys.stdin.readline()
stamps, end = [], time.monotonic() + 2.0
while time.monotonic() < end:
    looks.clear()
    wait = log.try_acquire()
    if wait:
        time.sleep(min(wait, 0.02))
    else:
        stamps.append(looks[0])  # the first look at the clock under the lock is the stamp
print(json.dumps(stamps))
"""


def test_processes_share_the_window(tmp_path):
    path = tmp_path / "limiter" / "log.sqlite"
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROCESS, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    stamps = []
    for process in running:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        stamps.extend(json.loads(out))
    # Nine in any 0.4 s; in two seconds five windows begin.
    assert most_in_a_window(stamps, 0.4) <= 9
    assert 9 <= len(stamps) <= 54


# --- what spends, and what does not


ASKS_TWICE = """
import sys, omnipd
with omnipd.connect(sys.argv[1], sys.argv[2], requests_per_minute=4, cache=False) as client:
    for _ in range(2):
        client.get("/api/v1/whoami")
"""


@pytest.mark.failure("shared-limit")
def test_what_another_process_has_sent_leaves_this_one_the_rest_of_the_minute(scripted, fake_time):
    scripted.script(GOOD)
    subprocess.run([sys.executable, "-c", ASKS_TWICE, scripted.url, KEY], check=True)
    began = seconds_since_boot() - fake_time.now
    clock = replace(fake_time.clock(), since_boot=lambda: began + fake_time.now)
    with Client(resolve(scripted.url, KEY), clock=clock, requests_per_minute=4) as client:
        client.get("/api/v1/whoami")
        assert fake_time.slept == []
        client.get("/api/v1/whoami")
    # Three of four are used: the fourth waits until the first of the other process is a window old.
    assert WINDOW - 30 < sum(fake_time.slept) <= WINDOW
    assert len(scripted.requests) == 4


def test_a_page_spends_one_and_a_cached_page_none(scripted, fake_time):
    scripted.script(page(document("a"), cursor="c", total=2), page(document("b"), total=2))
    with client_of(scripted, fake_time, requests_per_minute=60) as client:
        omnipd.read_content(client=client)
        assert spent(client) == 2
        for _ in range(5):
            omnipd.read_content(client=client)
        assert spent(client) == 2
    assert len(scripted.requests) == 2
    assert fake_time.slept == []


@pytest.mark.parametrize("fault", [reset, answer(b"", 503), answer(b"", 429)])
def test_every_try_spends(scripted, fake_time, fault):
    scripted.script(fault, fault, GOOD)
    with client_of(scripted, fake_time, requests_per_minute=60) as client:
        client.get("/api/v1/whoami")
        assert spent(client) == 3
        assert client.requests_sent == 3


def test_an_argument_that_is_refused_spends_nothing(scripted, fake_time):
    scripted.script(page())
    with (
        client_of(scripted, fake_time, requests_per_minute=60) as client,
        pytest.raises(omnipd.ArgumentError),
    ):
        omnipd.read_content(sort="nmae", client=client)
    assert list((client.state / "limiter").glob("*")) == []


# --- a hold by one is seen by all of the key


@pytest.mark.failure("throttled")
def test_429_of_one_client_holds_the_others_of_the_key(scripted, fake_time, tmp_path):
    scripted.script(answer(b"", 429, Retry_After="100"), GOOD)
    seen = []
    sleep = fake_time.sleep

    def sleep_and_look(seconds):
        other = client_of(scripted, fake_time, requests_per_minute=60)
        stranger = Client(resolve(scripted.url, KEY + "other"), clock=fake_time.clock())
        seen.append((other._limiter.try_acquire(), stranger._limiter.try_acquire()))
        sleep(seconds)

    fake_time.sleep = sleep_and_look
    with client_of(scripted, fake_time, requests_per_minute=60) as client:
        client.get("/api/v1/whoami")
    assert seen == [(100.0, 0.0)]


def test_a_hold_ends(tmp_path):
    now = [1000.0]
    one, other = (Limiter(tmp_path / "log.sqlite", 60, clock=lambda: now[0]) for _ in range(2))
    one.hold(30)
    assert other.try_acquire() == 30.0
    now[0] += 29.5
    assert other.try_acquire() == 0.5
    now[0] += 0.5
    assert other.try_acquire() == 0.0


def test_a_shorter_hold_does_not_shorten_a_longer_one(tmp_path):
    now = [1000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 60, clock=lambda: now[0])
    limiter.hold(100)
    limiter.hold(5)
    assert limiter.try_acquire() == 100.0


def test_the_timeout_of_a_call_holds_although_another_process_was_told_to_wait(scripted, fake_time):
    scripted.script(GOOD)
    with client_of(scripted, fake_time, requests_per_minute=60, timeout=10) as client:
        client._limiter.hold(100)
        with pytest.raises((omnipd.DeadlineError, RateLimitError)):
            client.get("/api/v1/whoami")
    assert sum(fake_time.slept) <= 10
    assert scripted.requests == []


# --- clocks that jump, and those of other machines


@pytest.mark.failure("clock-set")
def test_a_wall_clock_that_is_set_frees_nothing_and_holds_nothing(scripted, fake_time):
    scripted.script(answer(b"", 429, Retry_After="100"), GOOD)
    clock = replace(fake_time.clock(), wall=lambda: wall[0])
    wall = [1_000_000.0]
    settings = resolve(scripted.url, KEY)
    with Client(settings, clock=clock, requests_per_minute=2) as client:
        client.get("/api/v1/whoami")
        for step in (1e6, -3e6):
            wall[0] += step
            began = fake_time.now
            client.get("/api/v1/whoami")
            assert fake_time.now - began == pytest.approx(WINDOW)
            client._limiter.hold(90)
            began = fake_time.now
            wall[0] -= step
            client.get("/api/v1/whoami")
            assert fake_time.now - began == pytest.approx(90)


def test_what_lies_in_the_future_counts_as_now_and_ends(tmp_path):
    now = [2000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 2, clock=lambda: now[0])
    assert limiter.try_acquire() == 0.0
    for each in (limiter, Limiter(tmp_path / "log.sqlite", 2, clock=lambda: now[0])):
        now[0] -= 500  # a machine that was started again
        assert each.try_acquire() == pytest.approx(WINDOW)
        now[0] += WINDOW / 2
        assert each.try_acquire() == pytest.approx(WINDOW / 2)
    now[0] += WINDOW / 2
    assert each.try_acquire() == 0.0
    assert limiter.try_acquire() <= WINDOW


def test_a_hold_of_the_future_holds_as_long_as_it_was_said(tmp_path):
    now = [1_000_000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 60, clock=lambda: now[0])
    limiter.hold(1000)
    now[0] -= 500_000
    assert limiter.try_acquire() == pytest.approx(1000)
    now[0] += 1000
    assert limiter.try_acquire() == 0.0


def test_what_was_sent_before_another_start_counts_for_one_window(tmp_path):
    path = tmp_path / "log.sqlite"
    before = Limiter(path, 10, clock=lambda: 1e6, clock_id=1)
    assert sum(before.try_acquire() == 0.0 for _ in range(20)) == 9
    now = [5.0]
    for _ in range(3):  # also where no process lives for a window
        wait = Limiter(path, 10, clock=lambda: now[0], clock_id=2).try_acquire()
        assert wait == pytest.approx(5.0 + WINDOW - now[0])
        now[0] += 20
    now[0] = 5.0 + WINDOW
    after = Limiter(path, 10, clock=lambda: now[0], clock_id=2)
    assert sum(after.try_acquire() == 0.0 for _ in range(20)) == 9


def test_machines_with_a_clock_each_share_the_window_and_none_waits_for_ever(tmp_path):
    now, sent = [0.0], {1: [], 2: [], 3: []}
    machines = {
        each: Limiter(
            tmp_path / "log.sqlite", 10, clock=lambda ahead=ahead: now[0] + ahead, clock_id=each
        )
        for each, ahead in ((1, 0.0), (2, 1e6), (3, 30.0))
    }
    while now[0] < 900:
        for each, limiter in machines.items():
            if limiter.try_acquire() == 0.0:
                sent[each].append(now[0])
        now[0] += 3.0
    assert most_in_a_window([at for one in sent.values() for at in one], WINDOW) <= 9
    assert sum(map(len, sent.values())) >= 9 * 900 / WINDOW * 0.75
    now[0] += WINDOW
    assert [limiter.try_acquire() for limiter in machines.values()] == [0.0] * 3


def test_all_processes_read_the_same_clock():
    code = "from omnipd.clock import *; print(boot_clock_id(), seconds_since_boot())"
    before = seconds_since_boot()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(done[0]) == boot_clock_id()
    assert before < float(done[1]) < seconds_since_boot()


def test_a_clock_that_leaps_forward_frees_the_window(tmp_path):
    now = [1000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 1, clock=lambda: now[0])
    assert limiter.try_acquire() == 0.0
    now[0] += 1e9
    assert limiter.try_acquire() == 0.0


# --- files that are damaged, foreign or cannot be written


def of_bytes(path):
    path.write_bytes(b"not a database " * 99)


def of_zeros(path):
    path.write_bytes(bytes(5000))


def half_a_database(path):
    Limiter(path, 60).try_acquire()
    path.write_bytes(path.read_bytes()[:3000])


def a_folder(path):
    path.mkdir()


def another_database(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE entries (name TEXT)")


def texts_for_numbers(path):
    Limiter(path, 60).try_acquire()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as log:
        log.execute("INSERT INTO entries VALUES (1, 2, 3, 'soon', 'long')")
        log.execute("PRAGMA user_version = 7")


DAMAGE = [of_bytes, of_zeros, half_a_database, a_folder, another_database, texts_for_numbers]


def taken_at_once(limiter):
    """How many places are given without a wait."""
    return next(count for count in itertools.count() if limiter.try_acquire() != 0.0)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_log_is_one_warning_and_still_counts(tmp_path, damage):
    path = tmp_path / "log.sqlite"
    damage(path)
    now = [1000.0]
    limiter = Limiter(path, 10, clock=lambda: now[0])
    with pytest.warns(OmniWarning) as caught:
        # Nobody knows who has sent what: the one that is never used is free.
        assert taken_at_once(limiter) == (9 if damage is a_folder else 1)
    assert len(caught) == 1
    assert ("OMNIPD_STATE_DIR" if damage is a_folder else "begun anew") in str(caught[0].message)
    now[0] += WINDOW
    assert taken_at_once(limiter) == 9
    limiter.hold(70)
    assert limiter.try_acquire() == pytest.approx(70)
    other = Limiter(path, 10, clock=lambda: now[0])
    if damage is not a_folder:  # all share it again
        assert other.try_acquire() == pytest.approx(70)


@pytest.mark.parametrize("damage", [of_bytes, of_zeros])
def test_a_log_that_was_damaged_long_ago_is_no_reason_to_wait(tmp_path, damage):
    path = tmp_path / "log.sqlite"
    damage(path)
    for old in (path, tmp_path):
        os.utime(old, (1_000_000, 1_000_000))
    with pytest.warns(OmniWarning, match="begun anew"):
        assert taken_at_once(Limiter(path, 10, clock=lambda: 1000.0)) == 9


def garbled(path):
    """Overwrite the entries and leave the rest as it is."""
    content = path.read_bytes()
    path.write_bytes(content[:-2000] + b"\x5a" * 2000)


@pytest.mark.parametrize(
    "damage", [of_bytes, garbled, Path.unlink, lambda path: path.write_bytes(b"")]
)
@pytest.mark.parametrize("first", ["knows", "is new"])
def test_a_log_that_is_lost_never_lets_too_many_through(tmp_path, damage, first):
    path = tmp_path / "log.sqlite"
    now, sent = [1000.0], []

    def send(limiter, most):
        for _ in range(most):
            if limiter.try_acquire() != 0.0:
                return
            sent.append(now[0])

    old = [Limiter(path, 60, clock=lambda: now[0]) for _ in range(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OmniWarning)
        for limiter in old:
            send(limiter, 15)  # the first has not seen what the others have sent
        now[0] += 10
        damage(path)
        new = Limiter(path, 60, clock=lambda: now[0])
        for limiter in [*old, new] if first == "knows" else [new, *old]:
            send(limiter, 100)
        assert len(sent) <= 60
        for _ in range(50):
            now[0] += 4
            for limiter in (new, *old):
                send(limiter, 100)
    assert most_in_a_window(sent, 60) <= 60
    assert len(sent) >= 45 + 3 * 57


def test_what_a_process_knows_is_in_the_log_again_after_a_loss(tmp_path):
    path = tmp_path / "log.sqlite"
    now = [1000.0]
    limiter = Limiter(path, 60, clock=lambda: now[0])
    assert taken_at_once(limiter) == 57
    limiter.hold(200)
    path.unlink()
    with pytest.warns(OmniWarning, match="begun anew"):
        assert limiter.try_acquire() == 200
    other = Limiter(path, 60, clock=lambda: now[0])
    assert other.try_acquire() == 200
    now[0] += 200
    assert taken_at_once(other) == 57


def test_what_others_know_takes_the_place_of_what_nobody_knew(tmp_path):
    path = tmp_path / "log.sqlite"
    now = [1000.0]
    one, other = (Limiter(path, 60, clock=lambda: now[0]) for _ in range(2))
    for limiter in (one, other) * 28:
        assert limiter.try_acquire() == 0.0
        now[0] += 1
    path.unlink()
    new = Limiter(path, 60, clock=lambda: now[0])
    with pytest.warns(OmniWarning, match="begun anew"):
        assert [new.try_acquire() for _ in range(3)] == [0.0] * 3
    assert new.try_acquire() > 50  # the window is full, as of now
    for limiter in (one, other, new):
        wait = limiter.try_acquire()
    assert wait == pytest.approx(WINDOW - 56 + 2)  # of the 59 that were sent the third has to end


def test_a_second_loss_in_a_minute_gives_nothing_more(tmp_path):
    path = tmp_path / "log.sqlite"
    taken = [taken_at_once(Limiter(path, 60, clock=lambda: 1000.0))]
    for _ in range(3):
        path.unlink()
        with pytest.warns(OmniWarning, match="begun anew"):
            taken.append(taken_at_once(Limiter(path, 60, clock=lambda: 1000.0)))
    assert taken == [57, 3, 0, 0]


LOCKER = """
import sqlite3, sys
log = sqlite3.connect(sys.argv[1], isolation_level=None)
log.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
log.rollback()
log.close()
print("free", flush=True)
sys.stdin.readline()
"""


@contextlib.contextmanager
def locked_by_another_process(path):
    """Keep a log locked until the end of the block, or until what is given is called."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "locked\n"

        def let_go():
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "free\n"

        try:
            yield let_go
        finally:
            process.kill()


def test_a_log_that_another_process_keeps_locked_is_waited_for(tmp_path):
    path = tmp_path / "log.sqlite"
    now = [1000.0]
    limiter = Limiter(path, 3, clock=lambda: now[0])
    assert limiter.try_acquire() == 0.0
    with locked_by_another_process(path) as let_go:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(5):
                now[0] += 2
                assert 0 < limiter.try_acquire() < 1
                assert limiter.busy
                limiter.arrived()
        assert ["locked by another program" in str(one.message) for one in caught] == [True]
        let_go()
        now[0] += 1
        assert limiter.try_acquire() == 0.0
        assert not limiter.busy
        now[0] += WINDOW - 2
        # The first counts from when it arrived, though the log was locked then.
        assert limiter.try_acquire() == pytest.approx(1)


def test_a_hold_that_came_while_the_log_was_locked_is_seen_by_all_afterwards(tmp_path):
    path = tmp_path / "log.sqlite"
    now = [1000.0]
    one, other = (Limiter(path, 60, clock=lambda: now[0]) for _ in range(2))
    assert one.try_acquire() == 0.0
    with locked_by_another_process(path) as let_go:
        one.hold(30)
        let_go()
        now[0] += 1
        assert one.try_acquire() == other.try_acquire() == 29


def test_a_call_with_a_time_of_its_own_ends_by_it_and_says_that_the_log_is_locked(scripted):
    scripted.script(GOOD)
    with client_of(scripted, requests_per_minute=60, timeout=1.0) as client:
        client.get("/api/v1/whoami")
        with locked_by_another_process(client._limiter.path):
            began = time.monotonic()
            with pytest.raises(omnipd.DeadlineError, match="keeps the request log locked"):
                client.get("/api/v1/whoami")
            assert time.monotonic() - began < 8  # machines differ
    assert len(scripted.requests) == 1


def test_a_wait_for_a_place_stays_one_while_another_thread_finds_the_log_locked(
    scripted, fake_time
):
    scripted.script(GOOD)
    with client_of(scripted, fake_time, requests_per_minute=2, timeout=5) as client:
        client.get("/api/v1/whoami")
        limiter = client._limiter
        look = limiter.try_acquire

        def look_and_then_another_looks():
            limiter.try_acquire = look
            wait = look()
            limiter._busy_since = fake_time.now
            return wait

        limiter.try_acquire = look_and_then_another_looks
        client.get("/api/v1/whoami")
    assert sum(fake_time.slept) == pytest.approx(WINDOW)


def test_a_call_without_one_waits_longer_than_its_request_may_take(scripted, fake_time):
    scripted.script(GOOD)
    sleep, free = fake_time.sleep, []

    def sleep_long(seconds):
        sleep(100)
        if len(fake_time.slept) == 3:
            free.pop()()

    fake_time.sleep = sleep_long
    with client_of(scripted, fake_time, requests_per_minute=60) as client:
        client.get("/api/v1/whoami")
        with locked_by_another_process(client._limiter.path) as let_go:
            free.append(let_go)
            with pytest.warns(OmniWarning, match="locked by another program") as caught:
                client.get("/api/v1/whoami")
    assert len(caught) == 1
    assert len(scripted.requests) == 2


@pytest.mark.parametrize(
    "code", ["BUSY", "LOCKED", "FULL", "IOERR", "READONLY", "CORRUPT", "ERROR"]
)
def test_no_error_of_sqlite_leaves(tmp_path, monkeypatch, code):
    def connect(*_, **__):
        error = sqlite3.OperationalError(code)
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{code}") | 1 << 8
        raise error

    now = [1000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 60, clock=lambda: now[0])
    assert limiter.try_acquire() == 0.0
    with monkeypatch.context() as broken, warnings.catch_warnings():
        warnings.simplefilter("ignore", OmniWarning)
        broken.setattr(sqlite3, "connect", connect)
        assert (limiter.try_acquire() > 0) == (code in {"BUSY", "LOCKED"})
        limiter.arrived()
        limiter.hold(9)
        now[0] += 6
        assert limiter.held() == 3
        broken.undo()
        assert limiter.try_acquire() == 3


def test_without_a_usable_log_a_process_goes_on_from_what_it_knows_and_comes_back(tmp_path):
    path = tmp_path / "log.sqlite"
    now = [1000.0]
    limiter, other = (Limiter(path, 60, clock=lambda: now[0]) for _ in range(2))
    for each in (other, limiter):
        assert sum(each.try_acquire() == 0.0 for _ in range(20)) == 20
    aside = path.rename(tmp_path / "aside")
    path.mkdir()  # nothing can be written there
    with pytest.warns(OmniWarning, match="in this process only") as caught:
        assert limiter.try_acquire() == 0.0
    for _ in range(8):
        assert limiter.try_acquire() == 0.0
    now[0] += 6
    assert limiter.try_acquire() == 0.0  # and no second warning
    assert len(caught) == 1
    path.rmdir()
    aside.rename(path)
    now[0] += 6
    assert limiter.try_acquire() == 0.0
    assert taken_at_once(other) == 57 - 51
    assert limiter.try_acquire() == pytest.approx(WINDOW - 12)


def test_a_folder_that_cannot_be_made_is_one_warning_and_the_list_is_read(
    scripted, fake_time, tmp_path
):
    file = tmp_path / "file"
    file.write_text("in the way")
    scripted.script(page(document("a")))
    client = client_of(scripted, fake_time, requests_per_minute=60, cache=False, state_dir=file)
    with client:
        with pytest.warns(OmniWarning, match="request log"):
            assert len(omnipd.read_content(client=client)) == 1
        assert len(omnipd.read_content(client=client)) == 1  # and no second warning
    assert file.read_text() == "in the way"


def test_a_log_that_vanishes_is_made_again(tmp_path):
    now = [1000.0]
    limiter = Limiter(tmp_path / "deep" / "log.sqlite", 60, clock=lambda: now[0])
    limiter.try_acquire()
    (tmp_path / "deep" / "log.sqlite").unlink()
    (tmp_path / "deep" / "log.used").unlink()
    for left in (tmp_path / "deep").iterdir():
        left.unlink()
    (tmp_path / "deep").rmdir()
    assert limiter.try_acquire() == 0.0
    assert stat.S_IMODE((tmp_path / "deep" / "log.sqlite").stat().st_mode) == 0o600


def test_the_log_is_for_its_owner_only_and_holds_no_key(scripted, fake_time):
    scripted.script(GOOD)
    with client_of(scripted, fake_time, requests_per_minute=60) as client:
        client.get("/api/v1/whoami")
    folder = client.state / "limiter"
    files = list(folder.iterdir())
    assert {file.suffix for file in files} >= {".sqlite", ".used"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert KEY.encode() not in file.read_bytes()
        assert KEY not in file.name


def test_without_a_limit_there_is_no_log(scripted, fake_time):
    scripted.script(GOOD)
    with client_of(scripted, fake_time, requests_per_minute=None) as client:
        for _ in range(100):
            client.get("/api/v1/whoami")
    assert not (client.state / "limiter").exists()
    assert fake_time.slept == []


@pytest.mark.parametrize("value", [0, -1, 0.5, "60", True, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused_before_anything_is_sent(scripted, value):
    with pytest.raises(omnipd.ArgumentError):
        client_of(scripted, requests_per_minute=value)


@pytest.mark.parametrize("usable", [True, False])
def test_an_interrupt_inside_leaves_the_log_usable(tmp_path, usable):
    interrupted = []

    def clock():
        if interrupted:
            raise interrupted.pop()
        return 100.0

    if not usable:
        (tmp_path / "log.sqlite").mkdir()
    limiter = Limiter(tmp_path / "log.sqlite", 4, clock=clock)
    with contextlib.nullcontext() if usable else pytest.warns(OmniWarning, match="this process"):
        assert limiter.try_acquire() == 0.0
    interrupted.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        limiter.try_acquire()
    assert taken_at_once(limiter) == 2
    if usable:
        assert taken_at_once(Limiter(tmp_path / "log.sqlite", 4, clock=clock)) == 0


def test_two_cache_folders_of_a_key_share_its_window(scripted, fake_time, tmp_path):
    scripted.script(GOOD)
    folders = [tmp_path / "one", tmp_path / "two"]
    clients = [
        client_of(scripted, fake_time, requests_per_minute=60, cache_dir=folder)
        for folder in folders
    ]
    for _ in range(30):
        for client in clients:
            client.get("/api/v1/whoami")
            client.close()
    assert sum(fake_time.slept) == pytest.approx(WINDOW)
    assert spent(clients[0]) == 3
    assert not any((folder / "limiter").exists() for folder in folders)


# --- how long it takes


@pytest.mark.parametrize(
    ("requests", "seconds"),
    [
        (0, 0.0),
        (54, 0.0),  # three of 57 places are taken
        (55, 50.5),  # the first of them was taken ten seconds ago
        (57, 50.5),
        (58, 60.5),  # the place of the first of those that pass at once
        (577, 10 * 60.5),  # 7 behind ten windows of 57
        (569, 9 * 60.5 + 50.5),  # 56 behind nine
    ],
)
def test_requests_take_as_long_as_their_places(tmp_path, requests, seconds):
    now = [1000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 60, clock=lambda: now[0])
    assert [limiter.try_acquire() for _ in range(3)] == [0.0] * 3
    now[0] += 10
    assert limiter.seconds_for(requests) == pytest.approx(seconds)


def test_requests_take_as_long_as_a_429_holds_them(tmp_path):
    limiter = Limiter(tmp_path / "log.sqlite", 60, clock=lambda: 1000.0)
    limiter.hold(30)
    assert limiter.seconds_for(1) == 30.0
    assert limiter.seconds_for(58) == 30.0 + 60.5
