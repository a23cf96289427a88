"""One limit for all hosts: never more requests in a window than allowed, whoever counts in the server."""

import contextlib
import itertools
import os
import socket
import threading
import time
import traceback
import warnings
from bisect import bisect_right

import pytest
from faults.given import KEY
from redis_server import RedisServer
from scripted_server import answer

import omnipd
from omnipd import ArgumentError, DeadlineError, NetworkError, OmniWarning, SettingsError
from omnipd.client.current_client import current_client
from omnipd.client.rate_limit import WINDOW
from omnipd.client.redis_limiter import RedisLimiter, redis_place
from omnipd.client.settings import Secret
from omnipd.clock import Clock

GOOD = answer({"user": {"id": "u", "membershipId": "m"}})
PASSWORD = "pass-word-of-the-server"


def place_of(url):
    return redis_place(Secret(url))


@pytest.fixture
def used(redis_server):
    """A server that holds nothing of any key, and has been used for longer than a window."""
    redis = redis_server.connection
    redis.flushall()
    with pytest.warns(OmniWarning, match="cannot say what was sent in the last minute"):
        host(redis_server, key="another").checked()
    redis.hset("omnipd:limiter", "since", 0)
    return redis_server


def host(server, per_minute=10, key="key", **more):
    """Return the limiter of one host; each has a connection of its own."""
    return RedisLimiter(place_of(server.url), key, per_minute, **more)


def taken_at_once(limiter):
    """How many places are given without a wait."""
    return next(count for count in itertools.count() if limiter.try_acquire() != 0.0)


def fork():
    with warnings.catch_warnings():
        # The latest Python warns of the threads that other tests have left.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def most_in_a_window(stamps, window):
    stamps = sorted(stamps)
    return max(n + 1 - bisect_right(stamps, at - window) for n, at in enumerate(stamps))


# --- what is shared


def test_hosts_share_one_window_and_each_key_has_its_own(used):
    one, other = host(used), host(used)
    assert [limiter.try_acquire() for limiter in (one, other) * 4] == [0.0] * 8
    assert one.try_acquire() == 0.0
    assert 0 < other.try_acquire() <= WINDOW
    assert 0 < one.try_acquire() <= WINDOW
    assert taken_at_once(host(used, key="its own")) == 9


@pytest.mark.parametrize(("per_minute", "capacity"), [(1, 1), (20, 19), (60, 57)])
def test_five_of_a_hundred_are_left_unused_and_one_is_never_none(used, per_minute, capacity):
    limiter = host(used, per_minute)
    assert limiter.capacity == capacity
    assert taken_at_once(limiter) == capacity


def test_threads_of_many_hosts_never_send_more_than_the_capacity_in_any_window(used):
    """Nine in any 150 ms; what they are given is stamped by the server's clock."""
    stamps, end = [], time.monotonic() + 0.6

    def work():
        limiter = host(used, window=0.15)
        while time.monotonic() < end:
            if wait := limiter.try_acquire():
                time.sleep(min(wait, 0.01))
            else:
                stamps.append(limiter._last.now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most_in_a_window(stamps, 0.149) <= 9
    assert len(stamps) >= 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_children_of_a_fork_share_the_window_over_connections_of_their_own(used):
    limiter = host(used, 60)
    assert limiter.try_acquire() == 0.0
    reading, writing = os.pipe()
    children = []
    for _ in range(3):
        child = fork()
        if not child:
            with contextlib.suppress(BaseException):
                got = sum(limiter.try_acquire() == 0.0 for _ in range(30))
                os.write(writing, b"%d " % got)
                os._exit(0)
            os._exit(1)
        children.append(child)
    taken = taken_at_once(limiter)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    os.close(writing)
    with os.fdopen(reading) as told:
        assert sum(map(int, told.read().split())) + taken + 1 == 57


def test_429_seen_by_one_holds_all_of_the_key_and_a_shorter_one_does_not_shorten_it(used):
    one, other = host(used), host(used)
    one.hold(100)
    one.hold(5)
    assert WINDOW < other.try_acquire() <= 100
    assert WINDOW < other.held() <= 100
    assert WINDOW < one.held() <= 100
    assert host(used, key="its own").try_acquire() == 0.0


def test_a_429_ends(used):
    one, other = host(used), host(used)
    one.hold(0.03)
    assert other.try_acquire() > 0
    while other.try_acquire() or one.held():
        pass
    assert other.held() == one.held() == 0.0


def test_what_arrives_late_counts_from_then(used):
    now = [1000.0]
    limiter = host(used, clock=Clock(since_boot=lambda: now[0]))
    limiter.try_acquire()
    [(token, counted)] = used.connection.zrange("omnipd:limiter:key:sent", 0, -1, withscores=True)
    used.connection.zadd("omnipd:limiter:key:sent", {token: counted - 50_000})
    limiter.arrived()  # at once: nothing to say
    assert used.connection.zscore("omnipd:limiter:key:sent", token) == counted - 50_000
    now[0] += 0.3
    limiter.arrived()
    assert used.connection.zscore("omnipd:limiter:key:sent", token) >= counted


def test_nothing_of_the_key_is_in_the_server_and_nothing_stays(used, scripted):
    scripted.script(GOOD)
    with omnipd.connect(scripted.url, KEY, limiter=used.url) as client:
        client.get("/api/v1/whoami")
        client.hold(30)
    redis = used.connection
    keys = redis.keys("*")
    assert len(keys) == 4  # the server's own, another's state, and the two of this key
    for key in keys:
        assert redis.ttl(key) > 0
        held = redis.hgetall(key) if redis.type(key) == b"hash" else redis.zrange(key, 0, -1)
        assert KEY.encode() not in key + repr(held).encode()


def test_how_long_many_requests_would_wait_is_known_as_of_the_last_look(used):
    limiter = host(used)
    assert limiter.seconds_for(100) == 0.0  # nothing is known
    assert limiter.try_acquire() == 0.0
    assert limiter.seconds_for(0) == limiter.seconds_for(8) == 0.0
    assert 0 < limiter.seconds_for(9) <= WINDOW
    # Eight now, the ninth after a window, and as many more in each window that follows.
    assert WINDOW < limiter.seconds_for(17) < 2 * WINDOW
    limiter.hold(300)
    assert limiter.seconds_for(1) > 2 * WINDOW
    used.connection.flushall()
    with pytest.warns(OmniWarning, match="cannot say"):
        new = host(used).checked()
    assert 0 < new.seconds_for(1) <= WINDOW


# --- what is lost


def losses():
    yield "all", lambda redis: redis.flushall()
    yield "the count of a key", lambda redis: redis.delete("omnipd:limiter:key")
    yield "its requests", lambda redis: redis.delete("omnipd:limiter:key:sent")
    yield "both", lambda redis: redis.delete("omnipd:limiter:key", "omnipd:limiter:key:sent")
    yield "one request", lambda redis: redis.zpopmin("omnipd:limiter:key:sent")
    yield "that it was used", lambda redis: redis.delete("omnipd:limiter")
    yield "its identity", lambda redis: redis.hset("omnipd:limiter", "run", "of another server")


@pytest.mark.parametrize("lose", [pytest.param(lose, id=name) for name, lose in losses()])
def test_a_loss_holds_all_for_one_window(used, lose):
    limiters = [host(used) for _ in range(3)]
    for limiter in limiters:
        assert limiter.try_acquire() == 0.0
    lose(used.connection)
    with pytest.warns(OmniWarning, match="cannot say what was sent in the last minute") as caught:
        waits = [limiter.try_acquire() for limiter in [*limiters, host(used)] * 2]
    assert len(caught) == 1
    assert waits[0] == WINDOW
    assert sorted(waits, reverse=True) == waits  # it began once, and nobody begins it anew
    assert limiters[0].held() == 0.0  # it is not Omni that says so


def test_whoever_comes_after_a_loss_waits_as_well_and_then_the_window_is_free(used):
    used.connection.flushall()
    with pytest.warns(OmniWarning, match="cannot say"):
        assert host(used, window=0.05).try_acquire() == 0.05
    limiter = host(used, window=0.05)
    while limiter.try_acquire():
        pass
    assert sum(limiter.try_acquire() == 0.0 for _ in range(8)) == 8


def test_a_longer_429_is_told_again_by_those_who_knew_it(used):
    one, other = host(used), host(used)
    one.hold(300)
    assert other.try_acquire() > WINDOW
    used.connection.flushall()
    with pytest.warns(OmniWarning, match="cannot say"):
        assert other.try_acquire() > WINDOW
    assert one.try_acquire() > WINDOW


def test_what_was_known_before_the_window_is_no_reason_to_wait(used):
    now = [1000.0]
    limiter = host(used, clock=Clock(since_boot=lambda: now[0]))
    assert limiter.try_acquire() == 0.0
    used.connection.delete("omnipd:limiter:key", "omnipd:limiter:key:sent")  # as time does
    now[0] += WINDOW
    assert limiter.try_acquire() == 0.0


def test_a_script_that_is_lost_is_loaded_again(used):
    limiter = host(used)
    assert limiter.try_acquire() == 0.0
    used.connection.script_flush()
    assert taken_at_once(limiter) == 8


def test_a_server_that_was_started_again_holds_all_for_a_window_though_it_has_saved_all():
    with RedisServer() as server:
        with pytest.warns(OmniWarning, match="cannot say"):
            host(server).checked()
        server.connection.hset("omnipd:limiter", "since", 0)
        limiter = host(server)
        assert taken_at_once(limiter) == 9
        server.stop(save=True)
        assert 0 < limiter.try_acquire() < 1
        assert "cannot be used" in limiter.busy.why
        server.start()
        with pytest.warns(OmniWarning, match="cannot say"):
            assert host(server).try_acquire() == WINDOW
        assert 0 < limiter.try_acquire() <= WINDOW
        assert limiter.busy is None


# --- clocks


def test_a_clock_of_the_server_that_leaps_forward_holds_all_for_a_window(used):
    now = [1000.0]
    clock = Clock(since_boot=lambda: now[0], wall=lambda: now[0])
    one, other = host(used, clock=clock), host(used)
    assert one.try_acquire() == other.try_acquire() == 0.0
    now[0] -= 100.0  # as if the server had gone on by so much more
    with pytest.warns(OmniWarning, match="cannot say"):
        assert one.try_acquire() == WINDOW
    assert 0 < other.try_acquire() <= WINDOW


def test_a_clock_of_the_server_that_is_set_back_holds_all_for_a_window_and_no_longer(used):
    redis, limiter = used.connection, host(used)
    limiter.hold(30)
    ahead = 10_000_000
    redis.hset("omnipd:limiter", "now", int(redis.hget("omnipd:limiter", "now")) + ahead)
    redis.hset(
        "omnipd:limiter:key", "until", int(redis.hget("omnipd:limiter:key", "until")) + ahead
    )
    with pytest.warns(OmniWarning, match="cannot say"):
        assert host(used).try_acquire() == WINDOW
    assert host(used).held() == 0.0
    assert 0 < limiter.try_acquire() <= WINDOW
    assert 0 < limiter.held() <= 30


def test_what_lies_in_the_future_does_not_count_longer_than_a_window(used):
    redis, limiter = used.connection, host(used, window=0.05)
    assert limiter.try_acquire() == 0.0
    ahead = 10_000_000
    redis.hset("omnipd:limiter", "now", int(redis.hget("omnipd:limiter", "now")) + ahead)
    for token in redis.zrange("omnipd:limiter:key:sent", 0, -1):
        redis.zincrby("omnipd:limiter:key:sent", ahead, token)
    with pytest.warns(OmniWarning, match="cannot say"):
        assert limiter.try_acquire() == 0.05
    while limiter.try_acquire():
        pass
    assert sum(limiter.try_acquire() == 0.0 for _ in range(8)) == 8


# --- a server that does not answer


def lose_the_next_answer(limiter):
    """Let the server do what it is asked, and nobody hear of it."""
    script = limiter._scripts[os.getpid()]

    def lost(**given):
        limiter._scripts[os.getpid()] = script
        script(**given)
        raise ConnectionResetError("by peer")

    limiter._scripts[os.getpid()] = lost


def test_a_place_whose_answer_was_lost_is_taken_once_though_it_was_the_last(used):
    limiter = host(used, 3)
    assert limiter.try_acquire() == 0.0
    lose_the_next_answer(limiter)
    assert 0 < limiter.try_acquire() < 1
    assert "by peer" in limiter.busy.why
    assert limiter.try_acquire() == 0.0
    assert limiter.busy is None
    assert used.connection.zcard("omnipd:limiter:key:sent") == 2
    assert limiter.try_acquire() > 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_place_whose_answer_was_lost_is_not_a_childs_as_well(used):
    limiter = host(used)
    assert limiter.try_acquire() == 0.0
    lose_the_next_answer(limiter)
    limiter.try_acquire()
    child = fork()
    if not child:
        with contextlib.suppress(BaseException):
            os._exit(limiter.try_acquire() != 0.0)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert limiter.try_acquire() == 0.0
    assert used.connection.zcard("omnipd:limiter:key:sent") == 3


def test_what_could_not_be_told_is_told_with_the_next_look(used):
    now = [1000.0]
    one, other = host(used, clock=Clock(since_boot=lambda: now[0])), host(used)
    assert one.try_acquire() == 0.0
    script = one._scripts[os.getpid()]

    def away(**_):
        raise ConnectionRefusedError("refused")

    one._scripts[os.getpid()] = away
    now[0] += 0.1
    one.hold(100)
    assert other.try_acquire() == 0.0
    one._scripts[os.getpid()] = script
    assert one.try_acquire() > WINDOW
    assert other.try_acquire() > WINDOW


class Nowhere:
    """An address that nothing answers on."""

    url = f"redis://:{PASSWORD}@127.0.0.1:1/0"


def test_a_server_that_is_silent_for_long_is_an_error_and_nothing_is_sent(
    scripted, used, fake_time
):
    clock = fake_time.clock()
    with omnipd.connect(scripted.url, KEY, limiter=used.url) as client:
        client.clock = clock
        client._lanes.all[0].limiter = host(Nowhere, clock=clock)
        for _ in range(2):  # once more later: it is not given up for ever
            began = fake_time.now
            with pytest.raises(NetworkError, match="cannot be used") as caught:
                client.get("/api/v1/whoami")
            assert fake_time.now - began == pytest.approx(60, abs=1)
            assert caught.value.retryable
            assert PASSWORD not in str(caught.value)
            fake_time.now += 1000
        client.timeout = 5.0
        began = fake_time.now
        with pytest.raises(DeadlineError, match=r"127\.0\.0\.1:1/0 cannot be used"):
            client.get("/api/v1/whoami")
        assert fake_time.now - began <= 5
    assert scripted.requests == []


# The oldest redis-py leaves the socket open that it could not connect.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("url", [Nowhere.url, f"unix:///nowhere/redis.sock?password={PASSWORD}"])
def test_a_server_that_cannot_be_used_is_refused_at_once_and_its_password_is_in_nothing(url):
    pytest.importorskip("redis")
    if url.startswith("unix") and not hasattr(socket, "AF_UNIX"):
        pytest.skip("this system has no such sockets")
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        omnipd.connect("acme.omniapp.co", KEY, limiter=url)
    error = caught.value
    shown = traceback.TracebackException(
        type(error), error, error.__traceback__, capture_locals=True, compact=False
    )
    frames = [frame for frame in shown.stack if "test_redis_limiter" not in frame.filename]
    assert PASSWORD not in str(error) + repr([frame.locals for frame in frames])
    assert error.__context__ is None


def test_a_server_that_wants_a_password_is_refused_in_its_own_words(used):
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        omnipd.connect(
            "acme.omniapp.co", KEY, limiter=used.url.replace("//", f"//some:{PASSWORD}@")
        )
    assert "password" in str(caught.value)
    assert PASSWORD not in str(caught.value)


# --- through a client


def test_two_hosts_with_nothing_else_in_common_share_the_allowance(used, scripted, tmp_path):
    scripted.script(GOOD, GOOD, answer(b"", 429, Retry_After="100"), GOOD)
    hosts = [
        omnipd.connect(
            scripted.url, KEY, limiter=used.url, requests_per_minute=60, timeout=30, cache=False
        )
        for _ in range(2)
    ]
    for number, client in enumerate(hosts):
        assert not (client.state / "limiter").exists()
        client.get("/api/v1/whoami")
        [sent] = used.connection.keys("*:sent")
        assert used.connection.zcard(sent) == number + 1
    with pytest.raises(omnipd.RateLimitError):
        hosts[0].get("/api/v1/whoami")
    with pytest.raises(omnipd.RateLimitError, match="another request with this key was told"):
        hosts[1].get("/api/v1/whoami")
    assert len(scripted.requests) == 3
    for client in hosts:
        client.close()


def test_the_environment_names_it_and_the_argument_wins(used, scripted, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", KEY)
    counted_here = current_client()
    monkeypatch.setenv("OMNIPD_LIMITER", used.url)
    assert current_client() is not counted_here
    assert isinstance(current_client()._limiter, RedisLimiter)
    assert current_client() is current_client()
    monkeypatch.setenv("OMNIPD_LIMITER", "redi://host")
    with pytest.raises(ArgumentError, match="OMNIPD_LIMITER='redi' is not known") as caught:
        current_client()
    assert "Did you mean 'redis'" in str(caught.value)
    with omnipd.connect(limiter=used.url) as client:
        assert isinstance(client._limiter, RedisLimiter)
    monkeypatch.setenv("OMNIPD_LIMITER", used.url)
    assert omnipd.connect(requests_per_minute=None)._limiter is None


# --- addresses


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host", "redis://host:6379/0"),
        (f" redis://:{PASSWORD}@10.0.0.7:7000/2 ", "redis://10.0.0.7:7000/2"),
        ("rediss://user:p%40ss@host/1?ssl_ca_certs=/ca.pem", "rediss://host:6379/1"),
        ("redis://[::1]:6380?db=3", "redis://[::1]:6380/3"),
        (f"unix://:{PASSWORD}@/run/redis.sock?db=1", "unix:///run/redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    pytest.importorskip("redis")
    place = place_of(url)
    assert place.shown == shown
    assert PASSWORD not in repr(place)
    place.open()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (7, "limiter= is int"),
        ("", "not the address of a Redis server"),
        ("host:6379", "not the address of a Redis server"),
        (f"rediss//:{PASSWORD}@host", "not the address of a Redis server"),
        (f"redi://:{PASSWORD}@host", "Did you mean 'redis'"),
        (f"http://:{PASSWORD}@host", "It takes: redis, rediss, unix"),
        (f"redis://:{PASSWORD}@ho st", "holds a space"),
        (f"redis://:{PASSWORD}@ho;st", "not a host name"),
        (f"redis://:{PASSWORD}@host:port", "cannot be read"),
        (f"redis://:{PASSWORD}@host/name", "a database that is not a number"),
        (f"redis://:a?{PASSWORD}=1@host", "write %3F"),
        (f"redis://:{PASSWORD}@host?sokcet_timeout=1", "Did you mean 'socket_timeout'"),
        (f"redis://:{PASSWORD}@host?ssl_ca_certs=x", "It takes: db"),
        (f"redis://:{PASSWORD}@host?socket_timeout=soon", "socket_timeout that is not a number"),
        (f"redis://:{PASSWORD}@host?socket_timeout=0", "socket_timeout that is not a number"),
        (f"unix://redis.sock?password={PASSWORD}", "a socket in full"),
    ],
)
def test_what_is_no_address_is_refused_by_name_without_its_password(url, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        omnipd.connect("acme.omniapp.co", KEY, limiter=url)
    assert PASSWORD not in str(caught.value)


def test_without_its_package_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda wanted: None)
    with pytest.raises(SettingsError, match=r'pip install "omnipd\[redis\]"'):
        omnipd.connect("acme.omniapp.co", KEY, limiter="redis://host")


def test_it_is_refused_where_nothing_is_counted():
    with pytest.raises(ArgumentError, match="do not go together"):
        omnipd.connect("acme.omniapp.co", KEY, limiter="redis://host", requests_per_minute=None)
