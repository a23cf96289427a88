"""A list is served from disk as it was read at one time, or it is read again."""

import base64
import contextlib
import json
import os
import pickle
import shutil
import stat
import subprocess
import sys
import tempfile
import warnings
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from faults.given import KEY, client_of
from scripted_server import ScriptedServer, answer, document, page, reset

import omnipd
from omnipd import OmniWarning
from omnipd.client.client import Client
from omnipd.client.settings import resolve


def pages_of(*names):
    """The pages of a list, one document each."""
    return [
        page(document(name), cursor=f"c{index}" if index < len(names) else None, total=len(names))
        for index, name in enumerate(names, start=1)
    ]


def serve(scripted, *names):
    scripted.requests.clear()
    scripted.script(*pages_of(*names))


def read(client, **more):
    return omnipd.read_content(client=client, **more)["document_identifier"].tolist()


def files(client):
    return sorted(client.cache.folder.glob("*.json"))


@pytest.fixture
def stored(scripted, fake_time):
    """A client that has a list of three pages on disk."""
    scripted.script(*pages_of("a", "b", "c"))
    with client_of(scripted, fake_time) as client:
        assert read(client) == ["a", "b", "c"]
        assert len(files(client)) == 3
        scripted.requests.clear()
        scripted.script(*pages_of("x", "y", "z"))
        yield client


# --- served whole


def test_a_list_is_served_without_a_request_and_says_so(scripted, stored):
    df = omnipd.read_content(client=stored)
    assert df["document_identifier"].tolist() == ["a", "b", "c"]
    assert scripted.requests == []
    assert df.attrs["omni"]["requests"] == 0
    assert df.attrs["omni"]["from_cache"] is True
    assert df.attrs["omni"]["complete"] is True


def test_a_long_list_is_served_as_it_came(scripted, fake_time):
    names = [letter * 2**21 for letter in "abcd"]  # the last two are held compressed
    serve(scripted, *names)
    with client_of(scripted, fake_time) as client:
        assert read(client) == names
        assert read(client) == names
        assert len(scripted.requests) == 4
        assert len(files(client)) == 4


READS = """
import sys, gc, omnipd, pyarrow as pa
client = omnipd.connect(sys.argv[1], "omni_osk_of_nobody", cache_dir=sys.argv[2])
df = omnipd.read_content(client=client, refresh=True)
held = pa.system_memory_pool().bytes_allocated()
del df
gc.collect()
print(held, pa.system_memory_pool().bytes_allocated())
"""


def test_of_the_first_list_that_is_stored_nothing_is_held_for_ever(scripted, tmp_path):
    # requests-cache keeps the errors of imports that fail: their frames would hold what was read.
    serve(scripted, "a" * 2**20)
    said = subprocess.run(
        [sys.executable, "-c", READS, scripted.url, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    held, after = map(int, said.split())
    assert held > 2**20
    assert after < 2**20


def test_the_frame_from_disk_is_the_frame_from_the_server(scripted, fake_time):
    scripted.script(
        page(document("a") | {"_count": {"views": 3}, "labels": ["x"], "deleted": False})
    )
    with client_of(scripted, fake_time) as client:
        first, second = omnipd.read_content(client=client), omnipd.read_content(client=client)
    assert first.equals(second)
    assert first.dtypes.equals(second.dtypes)


def test_refresh_asks_for_every_page_again_and_keeps_them(scripted, stored):
    assert read(stored, refresh=True) == ["x", "y", "z"]
    assert len(scripted.requests) == 3
    assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3


def test_another_argument_is_another_list(scripted, stored):
    assert read(stored, direction="desc") == ["x", "y", "z"]
    assert len(scripted.requests) == 3
    assert read(stored) == ["a", "b", "c"]


def test_without_a_cache_nothing_is_kept(scripted, fake_time):
    scripted.script(*pages_of("a", "b"), *pages_of("x", "y"))
    with client_of(scripted, fake_time, cache=False) as client:
        assert read(client) == ["a", "b"]
        assert read(client) == ["x", "y"]
        assert not (client.disk / "lists").exists()
    assert len(scripted.requests) == 4


def test_queries_and_whoami_are_not_kept(scripted, fake_time):
    from faults.given import QUERY, whole_answer

    scripted.script(answer({"user": {"id": "u", "membershipId": "m"}}), answer(whole_answer()))
    with client_of(scripted, fake_time) as client:
        omnipd.whoami(client=client)
        omnipd.run_query(QUERY, client=client)
        assert not client.cache.folder.exists() or files(client) == []


def test_a_limited_list_is_kept_and_is_not_taken_for_the_whole(scripted, fake_time):
    scripted.script(*pages_of("a", "b", "c")[:2], *pages_of("x", "y", "z"))
    with client_of(scripted, fake_time) as client:
        assert read(client, limit=2) == ["a", "b"]
        assert read(client, limit=2) == ["a", "b"]
        assert len(scripted.requests) == 2
        assert read(client) == ["x", "y", "z"]
        assert len(scripted.requests) == 5


def test_a_shorter_limit_is_served_from_a_longer_one(scripted, stored):
    assert read(stored, limit=1) == ["a"]
    assert scripted.requests == []


# --- or not at all


def test_a_read_that_fails_midway_keeps_nothing_new_and_nothing_old(scripted, stored):
    scripted.script(*pages_of("x", "y", "z")[:2], reset)
    with pytest.raises(omnipd.NetworkError):
        read(stored, refresh=True)
    scripted.requests.clear()
    scripted.script(*pages_of("p", "q", "r"))
    # What was there before is whole and may still be served; a mixture may not.
    assert read(stored) in (["a", "b", "c"], ["p", "q", "r"])


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_page_that_is_gone_makes_the_whole_list_be_read_again(scripted, stored, number):
    files(stored)[number].unlink()
    assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3
    assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3


def cut(file):
    file.write_bytes(file.read_bytes()[:-20])


def empty(file):
    file.write_bytes(b"")


def zeros(file):
    file.write_bytes(bytes(file.stat().st_size))


def other_json(file):
    file.write_text('{"a": 1}')


def a_list(file):
    file.write_text("[]")


def null(file):
    file.write_text("null")


def not_utf8(file):
    file.write_bytes(b"\xff\xfe" + file.read_bytes())


def nested(file):
    file.write_bytes(b"[" * 100_000)


def a_pickle(file):
    file.write_bytes(pickle.dumps({"a": 1}))


def another_body(file):
    content = json.loads(file.read_text())
    assert base64.b64decode(content["_content"]).startswith(b'{"records"')
    content["_content"] = base64.b64encode(b"{}").decode()
    file.write_text(json.dumps(content))


def without_headers(file):
    content = json.loads(file.read_text())
    content["headers"] = {}
    file.write_text(json.dumps(content))


def another_url(file):
    content = json.loads(file.read_text())
    content["url"] = "/api/v1/other?[]"
    file.write_text(json.dumps(content))


def another_status(file):
    content = json.loads(file.read_text())
    content["status_code"] = 500
    file.write_text(json.dumps(content))


def no_dates(file):
    content = json.loads(file.read_text())
    for name in ("expires", "created_at"):
        content[name] = "soon"
    file.write_text(json.dumps(content))


def from_tomorrow(file):
    content = json.loads(file.read_text())
    for name in ("expires", "created_at"):
        later = datetime.fromisoformat(content[name]) + timedelta(days=1)
        content[name] = later.isoformat()
    file.write_text(json.dumps(content))


def a_folder(file):
    file.unlink()
    file.mkdir()


DAMAGE = [cut, empty, zeros, other_json, a_list, null, not_utf8, nested, a_pickle]
DAMAGE += [without_headers, another_url, no_dates]
LOOKS_LIKE_NONE = [from_tomorrow, another_status, a_folder, another_body]


@pytest.mark.failure("bad-cache")
@pytest.mark.parametrize(
    ("damage", "number"), [(cut, 0), (cut, 1), *((damage, 2) for damage in DAMAGE)]
)
def test_a_damaged_page_is_a_warning_and_the_whole_list_is_read_again(
    scripted, stored, damage, number
):
    damage(files(stored)[number])
    with pytest.warns(OmniWarning, match="damaged"):
        assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3
    # It was set aside, and the next call is served again silently.
    assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3


@pytest.mark.parametrize("damage", LOOKS_LIKE_NONE)
def test_a_page_that_is_unusable_in_another_way_is_read_again_too(scripted, stored, damage):
    damage(files(stored)[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OmniWarning)
        assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3


def test_pages_of_two_reads_are_never_mixed(scripted, stored, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(stored.cache.folder, old)
    assert read(stored, refresh=True) == ["x", "y", "z"]
    for number in range(3):
        name = files(stored)[number].name
        shutil.copy(old / name, files(stored)[number])
        serve(scripted, "p", "q", "r")
        assert read(stored) == ["p", "q", "r"]
        assert len(scripted.requests) == 3
        serve(scripted, "x", "y", "z")
        assert read(stored, refresh=True) == ["x", "y", "z"]


@pytest.mark.parametrize("strict", [True, False])
def test_a_page_that_lost_a_row_is_read_again(scripted, fake_time, strict):
    scripted.script(page(document("a"), document("b"), total=2), *pages_of("x", "y"))
    with client_of(scripted, fake_time) as client:
        assert read(client) == ["a", "b"]
        [file] = files(client)
        content = json.loads(file.read_text())
        body = json.loads(base64.b64decode(content["_content"]))
        del body["records"][1]
        content["_content"] = base64.b64encode(json.dumps(body).encode()).decode()
        file.write_text(json.dumps(content))
        assert read(client, strict=strict) == ["x", "y"]


# --- for how long, and for whom


def test_what_has_expired_is_read_again(scripted, fake_time):
    scripted.script(*pages_of("a"), *pages_of("b"), *pages_of("c"))
    with client_of(scripted, fake_time, cache=timedelta(microseconds=1)) as client:
        assert read(client) == ["a"]
        assert read(client) == ["b"]
    with client_of(scripted, fake_time, cache="1d") as client:
        # Whoever stored it wanted it for a microsecond only.
        assert read(client) == ["c"]
    assert len(scripted.requests) == 3


def test_a_client_that_wants_fresher_answers_gets_them(scripted, stored, fake_time):
    with client_of(scripted, fake_time, cache=1e-6) as other:
        assert read(other) == ["x", "y", "z"]


def test_what_has_expired_is_deleted_in_time(scripted, fake_time):
    scripted.script(*pages_of("a"), *pages_of("b"))
    with client_of(scripted, fake_time) as client:
        read(client)
        [old] = files(client)
    os.utime(old, (1, 1))
    with client_of(scripted, fake_time) as client:
        read(client, direction="desc")
        assert old not in files(client)


@pytest.mark.failure("shared-limit")
def test_two_keys_and_two_hosts_never_share(scripted, elsewhere, fake_time):
    scripted.script(*pages_of("a"), *pages_of("b"))
    elsewhere.script(*pages_of("c"))
    with client_of(scripted, fake_time) as client:
        assert read(client) == ["a"]
    with Client(resolve(scripted.url, KEY[:-1] + "f"), requests_per_minute=None) as other:
        assert read(other) == ["b"]
    with client_of(elsewhere, fake_time) as third:
        assert read(third) == ["c"]
    assert len({one.cache.folder for one in (client, other, third)}) == 3


def test_clearing_one_client_leaves_the_others(scripted, fake_time):
    scripted.script(*pages_of("a"), *pages_of("b"), *pages_of("c"))
    with (
        client_of(scripted, fake_time) as client,
        Client(resolve(scripted.url, KEY + "2"), requests_per_minute=None) as other,
    ):
        read(client), read(other)
        assert omnipd.clear_cache(client) == 1
        assert read(other) == ["b"]
        assert read(client) == ["c"]
        assert omnipd.clear_cache() == 2


@pytest.mark.parametrize(
    "cache", ["10 parsecs", "m", "-5m", -1, "nans", float("inf"), float("nan"), [10], b"10m"]
)
def test_a_lifetime_that_is_none_is_refused(scripted, cache):
    with pytest.raises(omnipd.ArgumentError):
        client_of(scripted, cache=cache)


def test_a_lifetime_beyond_the_calendar_is_no_crash(scripted, fake_time):
    scripted.script(*pages_of("a"))
    try:
        client = client_of(scripted, fake_time, cache="3000000d")
    except omnipd.ArgumentError:
        return
    with client, warnings.catch_warnings():
        warnings.simplefilter("ignore", OmniWarning)
        assert read(client) == ["a"]


# --- on disk


@pytest.mark.failure("shared-limit")
def test_folders_and_files_are_for_their_owner_only(stored):
    before = os.umask(0)
    try:
        read(stored, refresh=True)
    finally:
        os.umask(before)
    lists = stored.cache.folder.parent
    assert stat.S_IMODE(lists.stat().st_mode) == 0o700
    assert stat.S_IMODE(stored.cache.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files(stored)} == {0o600}


@pytest.mark.failure("cookies", "key-shown")
def test_nothing_of_the_key_or_the_connection_is_kept(scripted, fake_time):
    scripted.script(
        answer(json.loads(pages_of("a")[0].partition(b"\r\n\r\n")[2]), Set_Cookie="s=cookie!")
    )
    with client_of(scripted, fake_time) as client:
        read(client)
    everything = b"".join(
        str(path).encode() + path.read_bytes() for path in client.disk.rglob("*") if path.is_file()
    )
    assert everything
    assert KEY.encode() not in everything
    assert b"earer" not in everything
    assert b"cookie!" not in everything


def test_a_list_with_unicode_is_kept_whatever_the_locale(scripted):
    code = (
        "import sys, omnipd\n"
        "with omnipd.connect(sys.argv[1], sys.argv[2], requests_per_minute=None) as client:\n"
        "    for _ in range(2):\n"
        "        print(ascii(omnipd.read_content()['name'].tolist()), client.requests_sent)\n"
    )
    scripted.script(page(document("🌴 Ōsaka ﷽")))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, scripted.url, KEY],
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{['🌴 Ōsaka ﷽']!a} 1\n" * 2


@contextlib.contextmanager
def as_nobody():
    """Root may write anywhere: be someone else for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.failure("full-disk")
@pytest.mark.parametrize("where", ["the folder", "its parent"])
def test_a_folder_that_cannot_be_written_only_warns(scripted, fake_time, where):
    scripted.script(page(document("a")))
    root = Path(tempfile.mkdtemp(prefix="omnipd-test-"))
    try:
        root.chmod(0o755)
        client = client_of(scripted, fake_time, cache_dir=root / "disk")
        client.cache.folder.mkdir(parents=True)
        frozen = client.cache.folder if where == "the folder" else root / "disk"
        if where == "its parent":
            shutil.rmtree(root / "disk")
            (root / "disk").mkdir()
        frozen.chmod(0o555)
        with client, as_nobody():
            with pytest.warns(OmniWarning, match="OMNIPD_CACHE_DIR"):
                assert read(client) == ["a"]
            assert read(client) == ["a"]  # and no second warning
    finally:
        for folder in sorted(root.rglob("*")):
            if folder.is_dir():
                folder.chmod(0o755)
        shutil.rmtree(root)
    assert len(scripted.requests) == 2


def test_a_file_in_the_way_of_the_folder_only_warns(scripted, fake_time, tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    scripted.script(page(document("a")))
    client = client_of(scripted, fake_time, cache_dir=file)
    with client, pytest.warns(OmniWarning, match="OMNIPD_CACHE_DIR"):
        assert read(client) == ["a"]
    assert file.read_text() == "in the way"


def test_a_link_in_the_place_of_a_page_is_not_written_through(scripted, stored, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    target = files(stored)[0]
    target.unlink()
    target.symlink_to(precious)
    assert read(stored, refresh=True) == ["x", "y", "z"]
    assert precious.read_text() == "mine"
    assert read(stored) == ["x", "y", "z"]
    assert len(scripted.requests) == 3


READER = """
import sys, warnings, omnipd
warnings.simplefilter("error")
with omnipd.connect(sys.argv[1], sys.argv[2], requests_per_minute=None) as client:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(45):
        names = omnipd.read_content(refresh=number % 3 == int(sys.argv[3])).document_identifier.tolist()
        assert names == ["d0", "d1", "d2"], names
    print("fine")
"""


@pytest.mark.failure("shared-limit")
@pytest.mark.thorough
def test_processes_that_read_and_write_one_list_never_see_half_of_it():
    with ScriptedServer() as server:
        names = ["d0", "d1", "d2"]
        body = [
            page(document(name) | {"name": "n" * 20_000}, cursor=f"c{index}", total=3)
            for index, name in enumerate(names)
        ]
        body[2] = page(document("d2"), total=3)

        server.by_target = lambda target: body[int(target.partition("cursor=c")[2] or -1) + 1]
        running = [
            subprocess.Popen(
                [sys.executable, "-c", READER, server.url, KEY, str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(2)
        ]
        for process in running:
            assert process.stdout.readline() == "ready\n"
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in running:
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err[-2000:]
            assert out == "fine\n"


@pytest.mark.parametrize("wrong", [KEY, "https://acme.omniapp.co", omnipd.Client])
def test_what_is_no_client_clears_nothing_and_is_told_so(wrong):
    with pytest.raises(omnipd.ArgumentError, match="is not a Client") as caught:
        omnipd.clear_cache(wrong)
    assert KEY not in str(caught.value)


def test_a_client_and_a_folder_to_clear_do_not_go_together(tmp_path):
    client = omnipd.connect("acme.omniapp.co", KEY)
    with pytest.raises(omnipd.ArgumentError, match="do not go together"):
        omnipd.clear_cache(client, cache_dir=tmp_path)
