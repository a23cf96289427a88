"""What all tests share: one sandbox, clients with a disk of their own, and a server that misbehaves."""

import gc
import signal
import socket
from itertools import count

import pytest
from _pytest.doctest import DoctestModule
from echo_server import EchoServer
from fake_time import FakeTime
from redis_server import RedisServer
from scripted_server import ScriptedServer, answer

import omnipd
from omnipd import key_texts
from omnipd_sandbox.server import Server


def pytest_configure():
    """Let what tests start be interrupted: a job in the background ignores Ctrl-C, and so would they."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure():
    """Take from the garbage collector what Hypothesis leaves there.

    It reaches every fixture, also when Python ends, and DuckDB then prints a page of "leaked".
    """
    gc.callbacks[:] = [one for one in gc.callbacks if not one.__module__.startswith("hypothesis.")]


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep what is collected from the garbage collector, which would look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """Look for no examples in the tests: they have none, and each file would be searched twice."""
    return [found for found in (yield) if not isinstance(found, DoctestModule)]


#: Whether a test was run to its end: what is skipped, or fails, proves nothing either way.
_PASSED = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Note that a test was run to its end."""
    result = yield
    item.stash[_PASSED] = True
    return result


@pytest.fixture(autouse=True)
def _what_proves_a_failure_uses_a_socket(request, monkeypatch):
    """Count the connections that a marked test makes, or that a child of it makes to a server here."""
    mark = request.node.get_closest_marker("failure")
    if mark is None:
        yield
        return
    met = []
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "accept")}

    def note(one):
        met.extend(["connection"] if one.family in {socket.AF_INET, socket.AF_INET6} else [])
        return one

    def accept(listener):
        connection, address = real["accept"](listener)
        return note(connection), address

    # A try that is refused is one, too; a server that waits for nobody has met nobody.
    monkeypatch.setattr(socket.socket, "accept", accept)
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(
            socket.socket, name, lambda one, *to, name=name: real[name](note(one), *to)
        )
    yield
    if not request.node.stash.get(_PASSED, False):
        return
    connects = mark.kwargs.get("connects", True)
    assert bool(met) == connects, "a proof needs a connection" if connects else "it connected"


@pytest.fixture(scope="session")
def _own_folders(tmp_path_factory):
    """Paths that nothing is at: most tests write nothing, and pytest makes a folder ever more slowly."""
    root = tmp_path_factory.mktemp("own")
    return (root / str(number) for number in count())


@pytest.fixture
def _own_folder(request, _own_folders):
    """Where what a test writes goes: into the folder that it looks at, if it looks at one."""
    looks = "tmp_path" in request.fixturenames
    return request.getfixturevalue("tmp_path") if looks else next(_own_folders)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, _own_folder):
    """No test reads the settings of whoever runs it, or leaves anything on their disk."""
    for name in ("OMNI_BASE_URL", "OMNI_API_KEY", "OMNI_API_TOKEN", "OMNI_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("OMNIPD_LIMITER", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(_own_folder / "no-profile.json"))
    monkeypatch.setenv("OMNIPD_CACHE_DIR", str(_own_folder / "omnipd-disk"))
    monkeypatch.setenv("OMNIPD_STATE_DIR", str(_own_folder / "omnipd-state"))
    # A key of one test may be what another one takes for an id.
    monkeypatch.setattr(key_texts, "_known", {})


@pytest.fixture(scope="module")
def server():
    """A sandbox with the default organization, for tests that only look.

    One for each file, which costs little: its log holds ten thousand requests, and tests count them.
    """
    with Server() as running:
        yield running
        assert running.failures == []


@pytest.fixture(scope="session")
def redis_server():
    """A Redis server; skips where one cannot be started."""
    with RedisServer() as running:
        yield running


@pytest.fixture
def omni(server):
    """A client of it, and the default client inside the test."""
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
        yield client


@pytest.fixture
def fake_time():
    return FakeTime()


@pytest.fixture
def scripted():
    """A server that answers exactly what the test says, byte by byte."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def elsewhere():
    """A second server, on another port: nothing that omnipd does may reach it."""
    with ScriptedServer() as running:
        yield running.script(answer({"records": [], "stolen": True}))


@pytest.fixture
def echo():
    """A server whose rows name the question."""
    with EchoServer() as running:
        yield running
