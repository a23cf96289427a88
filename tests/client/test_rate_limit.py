"""Never more requests in a minute than allowed: over threads, processes, clocks and damaged files."""

import contextlib
import json
import sqlite3
import stat
import subprocess
import sys
import threading
import warnings
from bisect import bisect_right

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
        sqlite3.connect(next((client.disk / "limiter").glob("*.sqlite")))
    ) as log:
        return log.execute("SELECT count(*) FROM sent").fetchone()[0]


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
    looks.append(time.time())
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
    assert list((client.disk / "limiter").glob("*")) == []


# --- a hold by one is seen by all of the key


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


# --- clocks that jump


def test_stamps_of_the_future_are_dropped(tmp_path):
    now = [2000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 2, clock=lambda: now[0])
    assert limiter.try_acquire() == 0.0
    now[0] = 1000.0  # the clock was set back
    assert limiter.try_acquire() == 0.0
    assert 0 < limiter.try_acquire() <= WINDOW


def test_a_hold_of_the_far_future_is_no_hold(tmp_path):
    now = [1_000_000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 60, clock=lambda: now[0])
    limiter.hold(1000)
    now[0] -= 500_000
    assert limiter.try_acquire() == 0.0
    limiter.hold(7)
    assert limiter.try_acquire() == 7.0


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
        other.execute("CREATE TABLE sent (name TEXT)")
        other.execute("CREATE TABLE hold (name TEXT)")


def texts_for_numbers(path):
    Limiter(path, 60).try_acquire()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as log:
        log.execute("INSERT INTO sent VALUES ('soon')")
        log.execute("INSERT INTO hold VALUES (1, 'later')")


DAMAGE = [of_bytes, of_zeros, half_a_database, a_folder, another_database, texts_for_numbers]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_log_is_one_warning_at_most_and_still_counts(tmp_path, damage):
    path = tmp_path / "log.sqlite"
    damage(path)
    now = [1000.0 if damage is not texts_for_numbers else __import__("time").time()]
    limiter = Limiter(path, 10, clock=lambda: now[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        taken = 0
        while limiter.try_acquire() == 0.0:
            taken += 1
        limiter.hold(70)
        assert limiter.try_acquire() == pytest.approx(70)
    assert 8 <= taken <= 9
    assert [one.category for one in caught] in ([], [OmniWarning])
    if caught:
        assert "OMNIPD_CACHE_DIR" in str(caught[0].message)


def test_a_log_that_another_program_keeps_locked_is_passed_by_with_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("omnipd.client.rate_limit._BUSY_SECONDS", 0.1)
    path = tmp_path / "log.sqlite"
    limiter = Limiter(path, 2, clock=lambda: 1000.0)
    assert limiter.try_acquire() == 0.0
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.warns(OmniWarning, match="in this process only"):
            assert limiter.try_acquire() == 0.0
        assert limiter.try_acquire() == pytest.approx(WINDOW)


def test_a_folder_that_cannot_be_made_is_one_warning_and_the_list_is_read(
    scripted, fake_time, tmp_path
):
    file = tmp_path / "file"
    file.write_text("in the way")
    scripted.script(page(document("a")))
    client = client_of(scripted, fake_time, requests_per_minute=60, cache=False, cache_dir=file)
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
    (tmp_path / "deep").rmdir()
    assert limiter.try_acquire() == 0.0


def test_the_log_is_for_its_owner_only_and_holds_no_key(scripted, fake_time):
    scripted.script(GOOD)
    with client_of(scripted, fake_time, requests_per_minute=60) as client:
        client.get("/api/v1/whoami")
    folder = client.disk / "limiter"
    [file] = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KEY.encode() not in file.read_bytes()
    assert KEY not in file.name


def test_without_a_limit_there_is_no_log(scripted, fake_time):
    scripted.script(GOOD)
    with client_of(scripted, fake_time, requests_per_minute=None) as client:
        for _ in range(100):
            client.get("/api/v1/whoami")
    assert not (client.disk / "limiter").exists()
    assert fake_time.slept == []


@pytest.mark.parametrize("value", [0, -1, 0.5, "60", True, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused_before_anything_is_sent(scripted, value):
    with pytest.raises(omnipd.ArgumentError):
        client_of(scripted, requests_per_minute=value)


def test_an_interrupt_inside_leaves_the_log_of_the_process_usable(tmp_path):
    times = iter([100.0, KeyboardInterrupt(), 101.0])

    def clock():
        if isinstance(now := next(times), BaseException):
            raise now
        return now

    (tmp_path / "file").write_bytes(b"")
    limiter = Limiter(tmp_path / "file" / "log.sqlite", 60, clock=clock)
    with pytest.warns(omnipd.OmniWarning, match="counted in this process only"):
        assert limiter.try_acquire() == 0.0
    with pytest.raises(KeyboardInterrupt):
        limiter.try_acquire()
    assert limiter.try_acquire() == 0.0
