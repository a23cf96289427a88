"""What somebody else could have put on the disk is not served, blocks nothing and is not written over."""

import contextlib
import gc
import os
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from faults.given import QUERY, ROWS, arrow, client_of, whole_answer
from scripted_server import answer, document, page

import omnipd
from omnipd import OmniWarning

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="other systems do not say whose a file is"
)

NOBODY = 65534
OTHER = pa.table({"users.state": ["TX"], "users.count": [9]})


class Lists:
    """The cache of lists."""

    steps = (page(document("a")), page(document("b")), page(document("c")))
    ending = ".json"

    def __init__(self, client):
        self.client, self.folder = client, client.cache.folder

    def frame(self):
        return omnipd.read_content(client=self.client)

    def ask(self):
        return "abc".index(self.frame()["document_identifier"][0])

    def ask_another(self):
        omnipd.read_content(direction="desc", client=self.client)


class Results:
    """The cache of results."""

    steps = tuple(answer(whole_answer(arrow(ROWS.slice(0, rows)))) for rows in (1, 2, 3))
    ending = ".arrow"

    def __init__(self, client):
        self.client, self.folder = client, client.result_folder

    def frame(self):
        return omnipd.run_query(QUERY, ttl="1h", client=self.client)

    def ask(self):
        return len(self.frame()) - 1

    def ask_another(self):
        omnipd.run_query(QUERY, ttl="1h", names="label", client=self.client)


@pytest.fixture(params=[Lists, Results])
def cache(request, scripted):
    """A cache of either kind; its three answers are 0, 1 and 2, and the first is stored."""
    with client_of(scripted, cache_dir=None) as client:
        made = request.param(client)
        scripted.script(*made.steps)
        assert made.ask() == made.ask() == 0
        yield made


def stored(cache):
    return [file for file in cache.folder.iterdir() if file.suffix == cache.ending]


def give_away(*paths):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    for path in paths:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o777])
def test_a_folder_of_another_user_is_not_used_whatever_is_in_it(cache, mode):
    [file] = stored(cache)
    give_away(cache.folder)
    cache.folder.chmod(mode)
    before = file.stat().st_mtime_ns
    with pytest.warns(OmniWarning, match="belongs to another user.*OMNIPD_CACHE_DIR"):
        assert cache.ask() == 1
    assert file.stat().st_mtime_ns == before
    assert stat.S_IMODE(cache.folder.stat().st_mode) == mode
    assert list(cache.folder.iterdir()) == [file]


def test_it_is_said_once_of_a_list(scripted):
    scripted.script(page(document("a")))
    with client_of(scripted) as client:
        client.cache.folder.mkdir(parents=True)
        give_away(client.cache.folder)
        with pytest.warns(OmniWarning, match="fetched each time"):
            omnipd.read_content(client=client)
        omnipd.read_content(client=client)  # and here a second warning would be an error


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_could_write_is_closed_and_emptied(cache, mode):
    cache.ask_another()
    (cache.folder / "a folder").mkdir()
    cache.folder.chmod(mode)
    with pytest.warns(OmniWarning, match="closed to them.*deleted") as caught:
        assert cache.ask() == 2
    assert len(caught) == 1
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert len(list(cache.folder.iterdir())) == 1
    assert cache.ask() == 2


def test_a_folder_that_others_can_only_read_is_closed_and_kept(cache):
    cache.folder.chmod(0o755)
    assert cache.ask() == 0
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700


def test_a_link_in_the_place_of_the_folder_is_not_followed(cache, tmp_path):
    cache.folder.rename(tmp_path / "elsewhere")
    cache.folder.symlink_to(tmp_path / "elsewhere")
    with pytest.warns(OmniWarning, match="is not a folder"):
        assert cache.ask() == 1
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


def test_what_is_stored_for_another_key_is_not_served_from_this_folder(cache):
    """Whoever can write in the folder above can move the folders that are in it."""
    [file] = stored(cache)
    name = cache.folder.name.encode()
    assert name in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(name, name[::-1]))
    with pytest.warns(OmniWarning, match="damaged"):
        assert cache.ask() == 1


def of_another_user(file):
    give_away(file)


def written_by_a_group(file):
    file.chmod(0o660)


def a_link(file):
    moved = file.with_name("moved")
    file.rename(moved)
    file.symlink_to(moved)


def a_pipe(file):
    file.unlink()
    os.mkfifo(file)


@pytest.mark.failure("bad-cache")
@pytest.mark.parametrize("plant", [of_another_user, written_by_a_group, a_link, a_pipe])
def test_a_file_that_is_not_ours_alone_is_not_read_and_blocks_nothing(cache, plant):
    [file] = stored(cache)
    plant(file)
    waiting = []

    def free():
        try:
            os.close(os.open(file, os.O_WRONLY | os.O_NONBLOCK))
            waiting.append("for the pipe")
        except OSError:
            pass

    rescue = threading.Timer(10, free)
    rescue.start()
    try:
        with pytest.warns(OmniWarning, match="set aside"):
            assert cache.ask() == 1
    finally:
        rescue.cancel()
    assert waiting == []
    assert cache.ask() == 1
    assert stat.S_ISREG(file.lstat().st_mode)


def test_a_note_of_a_write_that_others_could_have_made_is_not_believed(scripted):
    scripted.script(answer({}, 201), page(document("a")), page(document("b")))
    with client_of(scripted) as client:
        client.post("/api/v1/something", {})
        [note] = client._last_write._file.parent.iterdir()
        give_away(note.parent)
        omnipd.read_content(client=client)
        with pytest.warns(OmniWarning, match="writes belongs to another user.*OMNIPD_STATE_DIR"):
            assert omnipd.read_content(client=client)["name"].tolist() == ["b"]


def test_a_pipe_in_the_place_of_a_note_blocks_nothing(scripted):
    scripted.script(answer({}, 201), page(document("a")))
    with client_of(scripted) as client:
        client.post("/api/v1/something", {})
        [note] = client._last_write._file.parent.iterdir()
        a_pipe(note)
        omnipd.read_content(client=client)
        assert omnipd.read_content(client=client).attrs["omni"]["from_cache"]


@pytest.mark.parametrize("place", ["the folder", "a database in it"])
def test_a_pipe_does_not_block_who_counts_and_clears(tmp_path, place):
    folder = tmp_path / "lists" / "01234567-0123456789abcdef"
    pipe = folder if place == "the folder" else folder / "lists.sqlite"
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    code = f"import omnipd; print(omnipd.clear_cache(cache_dir={str(tmp_path)!r}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "0\n"


# --- leftovers


def test_what_was_left_behind_goes_in_time(cache):
    now = time.time()
    ages = {
        ".one.json.0123abcd.part": now - 2 * 3600,
        ".two.json.0123abcd.part": now - 60,
        "three.damaged": now - 1,
        "four.damaged": now + 60,
        f"five{cache.ending}": now - 1,
        f"six{cache.ending}": now + 60,
    }
    for name, changed in ages.items():
        (cache.folder / name).touch()
        os.utime(cache.folder / name, (changed, changed))
    with client_of(cache.client.base_url) as another:
        type(cache)(another).ask_another()
    left = {file.name for file in cache.folder.iterdir()} & ages.keys()
    assert left == {".two.json.0123abcd.part", "four.damaged", f"six{cache.ending}"}


def test_what_is_left_of_keys_that_nobody_uses_goes_too(cache):
    other = cache.folder.parent / "01234567-0123456789abcdef"
    foreign = cache.folder.parent / "results-of-mine"
    past = time.time() - 86_400
    names = (".one.json.0123abcd.part", "two.damaged", f"three{cache.ending}", "lists.sqlite")
    for folder in (other, foreign):
        folder.mkdir()
        for name in names:
            (folder / name).touch()
            os.utime(folder / name, (past, past))
    with client_of(cache.client.base_url) as another:
        type(cache)(another).ask_another()
    # A database has many pages, and each its own time.
    assert [file.name for file in other.iterdir()] == ["lists.sqlite"]
    assert {file.name for file in foreign.iterdir()} == set(names)


def test_what_was_not_put_in_place_beside_notes_and_logs_goes_too(scripted):
    with client_of(scripted, requests_per_minute=1000) as client:
        left = []
        for folder in (client.state / "writes", client.state / "limiter"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            for name, hours in (
                (".old.0123abcd.part", 2),
                (".new.0123abcd.part", 0),
                ("a stranger's.part", 900),
            ):
                (folder / name).touch()
                then = time.time() - hours * 3600
                os.utime(folder / name, (then, then))
            left += [folder / ".new.0123abcd.part", folder / "a stranger's.part"]
        scripted.script(answer({}))
        client.post("/api/v1/labels", {})
        assert sorted(client.state.rglob("*.part")) == sorted(left)


# --- descriptors


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="nobody says which are open")
def test_no_descriptor_is_held_after_a_call_nor_by_what_came_of_it(cache):
    """Not even until a frame goes, or until garbage is collected."""

    def held():
        names = []
        for descriptor in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                names.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        inside = (str(cache.client.disk), str(cache.client.state))
        return [name for name in names if name.startswith(inside)]

    gc.disable()
    try:
        with client_of(cache.client.base_url, requests_per_minute=1000) as counted:
            another = type(cache)(counted)
            frames = [another.frame() for _ in range(3)]
            assert held() == []
            another.ask_another()
            assert held() == []
            for file in stored(another):
                file.write_bytes(b"nonsense")
            [log] = (counted.state / "limiter").glob("*.sqlite")
            log.write_bytes(b"nonsense" * 1000)
            with pytest.warns(OmniWarning):
                frames.append(another.frame())
            assert held() == []
        assert held() == []
    finally:
        gc.enable()


@pytest.mark.failure("bad-cache")
def test_what_was_damaged_can_be_looked_at_for_a_week(cache):
    [file] = stored(cache)
    file.write_bytes(b"nonsense")
    with pytest.warns(OmniWarning, match="set aside"):
        cache.ask()
    aside = file.with_suffix(".damaged")
    assert aside.read_bytes() == b"nonsense"
    assert 6.9 * 86_400 < aside.stat().st_mtime - time.time() < 7.1 * 86_400


def test_a_file_lives_as_long_as_the_one_that_wrote_it_said(scripted):
    """And not as long as another program thinks that files live."""
    now = datetime.now(UTC)
    with client_of(scripted, cache="7d") as patient, client_of(scripted, cache="1m") as hasty:
        for days in (2, 8):
            fetched = now - timedelta(days=days)
            patient.cache.save(f"/api/v1/{days}", [({}, b"{}")], fetched)
        runs_out = [file.stat().st_mtime for file in patient.cache.folder.glob("*.json")]
        assert sorted(runs_out) == pytest.approx(
            [(now - timedelta(days=1)).timestamp(), (now + timedelta(days=5)).timestamp()], abs=1
        )
        scripted.script(page(document("a")))
        omnipd.read_content(client=hasty)
        assert len(list(patient.cache.folder.glob("*.json"))) == 2
        assert patient.cache.load("/api/v1/2", {}).body == b"{}"
