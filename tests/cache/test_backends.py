"""What is promised of stored lists holds wherever they are stored."""

import base64
import gc
import json
import os
import pickle
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests_cache
from faults.given import KEY, client_of
from requests_cache import BaseCache, CachedResponse
from scripted_server import answer, document, page

import omnipd
from omnipd import ArgumentError, OmniWarning, SettingsError
from omnipd.cache import backends
from omnipd.cache.lists import LARGEST_LIST
from omnipd.client.client import Client
from omnipd.client.settings import resolve

#: What requests-cache uses of the latest redis-py.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

#: Where omnipd has no folder of its own.
among_others = pytest.mark.parametrize("place", ["memory", "a SQLiteCache", "redis"], indirect=True)


def pages_of(*names):
    return [
        page(document(name), cursor=f"c{index}" if index < len(names) else None, total=len(names))
        for index, name in enumerate(names, start=1)
    ]


def read(client, **more):
    return omnipd.read_content(client=client, **more)["document_identifier"].tolist()


@pytest.fixture
def connect(scripted, place, tmp_path):
    """Make a client that stores in the place."""

    def connected(key=KEY, **more):
        more = {"cache_dir": tmp_path / "disk", "cache_backend": place.backend} | more
        return Client(resolve(scripted.url, key), requests_per_minute=None, **more)

    return connected


def test_a_list_is_served_whole_and_asked_for_again_when_told_to(scripted, place, connect):
    scripted.script(*pages_of("a", "b"), *pages_of("x", "y"))
    client = connect()
    assert read(client) == ["a", "b"]
    df = omnipd.read_content(client=client)
    assert df["document_identifier"].tolist() == ["a", "b"]
    assert df.attrs["omni"]["from_cache"] is True
    assert len(place.texts()) == 2
    assert read(client, refresh=True) == ["x", "y"]
    assert read(client) == ["x", "y"]
    assert len(scripted.requests) == 4


def test_one_keys_answers_are_never_anothers_and_each_deletes_its_own(scripted, place, connect):
    scripted.script(*pages_of("a"), *pages_of("b"), *pages_of("c"))
    client, other = connect(), connect(KEY[:-1] + "f")
    assert (read(client), read(other)) == (["a"], ["b"])
    assert (read(client), read(other)) == (["a"], ["b"])
    assert len(place.texts()) == 2
    assert omnipd.clear_cache(client) == 1
    assert read(other) == ["b"]
    assert read(client) == ["c"]
    assert client.cache.clear() == 1
    assert len(place.texts()) == 1


def test_what_was_stored_for_another_key_is_not_served_in_its_place(scripted, place, connect):
    scripted.script(*pages_of("a"), *pages_of("b"), *pages_of("c"))
    read(connect())
    [theirs] = place.texts().values() if place.backend.__class__ is not BaseCache else [None]
    if theirs is None:
        theirs = next(iter(place.backend.responses.data.values()))
    connect().cache.clear()
    other = connect(KEY[:-1] + "f")
    read(other)
    [key] = place.texts()
    place.plant(key, theirs)
    with pytest.warns(OmniWarning, match="damaged"):
        assert read(other) == ["c"]


@pytest.mark.failure("bad-cache")
def test_no_key_and_no_header_is_stored_and_nothing_is_a_pickle(scripted, place, connect):
    body = json.loads(pages_of("a")[0].partition(b"\r\n\r\n")[2])
    scripted.script(answer(body, Set_Cookie="s=cookie!"))
    read(connect())
    for key, text in place.texts().items():
        for secret in (KEY.encode(), b"earer", b"cookie!"):
            assert secret not in key.encode() + text
        if type(place.backend) is not BaseCache:
            assert base64.b64decode(json.loads(text)["_content"]).startswith(b'{"records"')


class Trap:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was read",))


def foreign():
    yield pickle.dumps(Trap())
    yield b""
    yield b"[]"
    yield b"[" * 100_000
    yield b"\xff\xfe nonsense"
    yield json.dumps({"url": "/elsewhere", "status_code": 200}).encode()


@pytest.mark.failure("bad-cache")
def test_what_is_damaged_or_foreign_is_never_served_nor_fatal(scripted, place, connect):
    client = connect()
    for number, text in enumerate(foreign()):
        scripted.requests.clear()
        scripted.script(*pages_of("a", "b"), *pages_of("x", "y"))
        read(client, refresh=True)
        place.plant(sorted(place.texts())[number % 2], text)
        with pytest.warns(OmniWarning, match="damaged"):
            assert read(client) == ["x", "y"]
        assert read(client) == ["x", "y"]
        assert len(scripted.requests) == 4


def test_pages_of_two_reads_are_never_mixed(scripted, place, connect):
    scripted.script(*pages_of("a", "b"), *pages_of("x", "y"), *pages_of("p", "q"))
    client = connect()
    read(client)
    memory = type(place.backend) is BaseCache
    old = dict(place.backend.responses.data) if memory else place.texts()
    read(client, refresh=True)
    key = sorted(place.texts())[0]
    place.plant(key, old[key])
    assert read(client) == ["p", "q"]


def test_what_has_run_out_is_not_served_and_is_deleted_in_time(scripted, place, connect):
    scripted.script(*pages_of("a"), *pages_of("b"), *pages_of("c"))
    short = connect(cache=timedelta(microseconds=1))
    assert read(short, direction="desc") == ["a"]
    client = connect(cache="1d")
    assert read(client, direction="desc") == ["b"]  # who stored it wanted it for a microsecond
    now = datetime.now(UTC)
    client.cache.save("/api/v1/old", [({}, b"{}")], now - timedelta(days=8))
    patient = connect(cache="7d")
    patient.cache.save("/api/v1/young", [({}, b"{}")], now - timedelta(days=2))
    assert patient.cache.load("/api/v1/young", {}) is not None
    another = connect(cache="1m")
    assert read(another) == ["c"]  # whose storing looks for what has run out
    assert patient.cache.load("/api/v1/young", {}) is not None
    if not hasattr(place, "_redis"):  # which does it by itself, an hour later
        assert len(place.texts()) == 3


def test_what_was_begun_before_a_write_is_not_served(scripted, place, connect, tmp_path):
    """Not even where the one that writes is another machine, with a disk and a key of its own."""
    client = connect()
    shared = not isinstance(place.backend, str)
    elsewhere = {"cache_dir": tmp_path / "another machine"} if shared else {}
    scripted.script(*pages_of("a"))
    read(client)
    writer = connect(KEY + "2", cache=False, **elsewhere)
    scripted.script(answer({}, 201))
    writer.post("/api/v1/something", {})
    if place.backend != "sqlite":  # whose pages stay there unserved until they run out
        assert place.texts() == {}
    scripted.requests.clear()
    scripted.script(
        *pages_of("b", "c")[:1], answer({}, 201), *pages_of("b", "c")[1:], *pages_of("d")
    )

    def between(_path, rows, _total):
        if rows == 1:
            client.progress = False
            writer.post("/api/v1/something", {})

    client.progress = between
    assert read(client) == ["b", "c"]
    assert read(client) == ["d"]
    assert read(client) == ["d"]
    assert len(scripted.requests) == 4


@among_others
def test_a_note_of_a_write_that_cannot_be_read_counts_from_now(scripted, place, connect):
    client = connect()
    scripted.script(answer({}, 201), *pages_of("a"), *pages_of("b"))
    client.post("/api/v1/something", {})
    assert read(client) == ["a"]
    place.spoil_note(b"nonsense")
    assert read(client) == ["b"]
    assert read(client) == ["b"]


def test_a_list_that_is_too_large_is_not_stored(scripted, place, connect):
    client = connect()
    client.cache.save("/api/v1/x", [({}, bytes(LARGEST_LIST + 1))], datetime.now(UTC))
    scripted.script(*pages_of("a"))
    read(client)
    assert len(place.texts()) == 1


@among_others
def test_what_others_keep_in_a_backend_stays(scripted, place, connect):
    place.backend.responses["theirs"] = CachedResponse(content=b"mine", status_code=200)
    scripted.script(*pages_of("a"), answer({}, 201), *pages_of("b"))
    client = connect()
    read(client)
    client.post("/api/v1/something", {})
    read(client)
    assert omnipd.clear_cache(client) == 1
    assert place.backend.responses["theirs"].content == b"mine"


# --- what is said of a place


def test_the_names_are_those_of_requests_cache():
    assert set(backends._NEEDS) == set(requests_cache.backends.BACKEND_CLASSES)


def test_memory_is_of_one_client_alone(scripted, tmp_path):
    scripted.script(*pages_of("a"), *pages_of("b"))
    one, other = (
        client_of(scripted, cache_backend="memory", cache_dir=tmp_path / "disk") for _ in range(2)
    )
    assert (read(one), read(other), read(one)) == (["a"], ["b"], ["a"])
    assert not (tmp_path / "disk" / "lists").exists()
    assert omnipd.clear_cache(one) == 1


def test_a_database_by_name_is_private_and_is_counted_and_deleted_with_the_rest(
    scripted, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    scripted.script(*pages_of("a", "b"), *pages_of("c"))
    client = client_of(scripted, cache_backend="sqlite", cache_dir=tmp_path / "disk")
    read(client)
    [file] = tmp_path.rglob("*.sqlite")
    assert file.parent == client.cache.folder
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert omnipd.clear_cache(cache_dir=tmp_path / "disk") == 2
    assert not file.exists()
    assert read(client) == ["c"]


def test_a_database_that_has_no_place_is_one_warning(scripted, tmp_path, capsys):
    (tmp_path / "file").write_text("a file")
    scripted.script(*pages_of("a"))
    client = client_of(scripted, cache_backend="sqlite", cache_dir=tmp_path / "file")
    with pytest.warns(OmniWarning, match="fetched each time") as caught:
        assert read(client) == ["a"]
    assert len(caught) == 1
    gc.collect()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("damage", [b"nonsense" * 200, b"SQLite format 3\0" + bytes(4000)])
def test_a_database_that_is_damaged_is_a_warning(scripted, tmp_path, damage):
    scripted.script(*pages_of("a"), *pages_of("b"), *pages_of("c"))
    client = client_of(scripted, cache_backend="sqlite", cache_dir=tmp_path / "disk")
    read(client)
    [file] = tmp_path.rglob("*.sqlite")
    file.write_bytes(damage)
    with pytest.warns(OmniWarning, match="fetched each time"):
        assert read(client) == ["b"]
    assert read(client) == ["c"]
    omnipd.clear_cache(client)
    assert not file.exists()


def test_a_server_that_does_not_answer_is_one_warning_without_its_password(scripted, tmp_path):
    redis = pytest.importorskip("redis")
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    nobody = redis.Redis(
        unix_socket_path=str(tmp_path / "none"), password="pass-word", retry=Retry(NoBackoff(), 0)
    )
    backend = requests_cache.RedisCache(connection=nobody)
    scripted.script(*pages_of("a"), *pages_of("b"), answer({}, 201))
    client = client_of(scripted, cache_backend=backend)
    with pytest.warns(OmniWarning, match="RedisCache cannot be used") as caught:
        assert read(client) == ["a"]
    assert read(client) == ["b"]
    assert len(caught) == 1
    assert "pass-word" not in str(caught[0].message)
    with pytest.warns(OmniWarning, match="refresh=True") as caught:
        client.post("/api/v1/something", {})
    assert len(caught) == 1  # it is not waited for again behind the change, nor at the next one
    client.post("/api/v1/something", {})
    with pytest.warns(OmniWarning, match="was not deleted"):
        assert omnipd.clear_cache(client) == 0


class Failing(requests_cache.backends.base.BaseStorage):
    """A storage of somebody's own that fails in a way of its own."""

    def fail(self, *_):
        raise RuntimeError("pass-word")

    __getitem__ = __setitem__ = __delitem__ = __iter__ = __len__ = fail


class FailingAtOnce(Failing):
    __copy__ = Failing.fail


@pytest.mark.parametrize("storage", [Failing, FailingAtOnce])
def test_a_backend_that_fails_in_its_own_way_is_a_warning(scripted, storage):
    backend = BaseCache()
    backend.responses = storage()
    scripted.script(*pages_of("a"))
    client = client_of(scripted, cache_backend=backend)
    with pytest.warns(OmniWarning, match=r"BaseCache cannot be used \(RuntimeError\)"):
        assert read(client) == ["a"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("redi", "Did you mean 'redis'"),
        ("redis://:pass-word@host", "not the name of a backend"),
        (KEY, "not the name of a backend"),
        (5, "but int"),
        (BaseCache, "but BaseCache"),
        ({}, "but dict"),
    ],
)
def test_what_is_no_backend_is_refused(scripted, given, said):
    with pytest.raises(ArgumentError) as refused:
        client_of(scripted, cache_backend=given)
    assert said in str(refused.value)
    assert "memory" in str(refused.value)
    assert "pass-word" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_an_object_that_cannot_be_shared_or_kept_to_is_refused(scripted, tmp_path):
    private = requests_cache.SQLiteCache(use_memory=True)
    bounded = requests_cache.FileCache(tmp_path / "given", max_cache_bytes=10_000)
    for backend, said in ((private, "cache_backend='memory'"), (bounded, "max_cache_bytes")):
        with pytest.raises(ArgumentError, match=said):
            client_of(scripted, cache_backend=backend)
        backend.close()
    bounded.responses.lru_index.close()


@pytest.mark.parametrize("name", ["redis", "mongodb", "gridfs", "dynamodb"])
def test_a_backend_whose_package_is_missing_says_how_to_install_it(scripted, name, monkeypatch):
    needed = backends._NEEDS[name]
    monkeypatch.setattr("importlib.util.find_spec", lambda wanted: None)
    with pytest.raises(SettingsError, match=f"pip install {needed}"):
        client_of(scripted, cache_backend=name)


def test_the_object_that_was_given_stays_as_it_was(scripted, tmp_path):
    backend = requests_cache.SQLiteCache(tmp_path / "theirs.sqlite")
    before = dict(vars(backend.responses))
    scripted.script(*pages_of("a"))
    read(client_of(scripted, cache_backend=backend))
    assert vars(backend.responses) == before
    backend.close()


@pytest.mark.parametrize("place", ["filesystem", "sqlite", "redis"], indirect=True)
def test_threads_store_while_another_deletes(scripted, place, connect):
    scripted.by_target = lambda target: page(document("desc" if "desc" in target else "asc"))
    client = connect()

    def work(number):
        for _ in range(6):
            for direction in ("asc", "desc"):
                assert read(client, direction=direction, refresh=number == 1) == [direction]
            if number == 0:
                omnipd.clear_cache(client)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert read(client) == read(client) == ["asc"]
    assert omnipd.read_content(client=client).attrs["omni"]["from_cache"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_and_its_parent_use_one_place(scripted, place, connect):
    both = pages_of("a", "b")
    scripted.by_target = lambda target: both["cursor=c1" in target]
    client = connect()

    def from_cache(**more):
        df = omnipd.read_content(client=client, **more)
        assert df["document_identifier"].tolist() == ["a", "b"]
        return df.attrs["omni"]["from_cache"]

    assert (from_cache(), from_cache()) == (False, True)
    for _ in range(2):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                assert (from_cache(), from_cache(refresh=True)) == (True, False)
                assert omnipd.clear_cache(client) == 2
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        # What is in memory is each process's own.
        assert from_cache() is (type(place.backend) is BaseCache)
        assert from_cache()


def test_a_folder_that_cannot_be_made_is_one_warning_and_where_the_caller_is(
    server, tmp_path, monkeypatch
):
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    (tmp_path / "file").write_text("")
    client = omnipd.connect(
        server.url, server.api_key, cache_backend="sqlite", cache_dir=tmp_path / "file"
    )
    with warnings.catch_warnings(record=True, action="always") as said:
        assert client.models["orders"]
        assert client.models.get("nothing") is None
    assert ignored == []
    assert {one.filename for one in said} == {__file__}
    assert all("cannot be used" in str(one.message) for one in said)
