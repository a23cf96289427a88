"""A journal is whole or not there, its owner's alone, used by one at a time, and holds no key."""

import multiprocessing
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from changes.things import Things, change, plan_of
from faults.given import KEY, client_of
from scripted_server import answer, reset

import omnipd
from omnipd import ArgumentError, SettingsError
from omnipd.changes.journal_file import JournalFile


def everything(items="abcde"):
    return [change(item, "old", "new") for item in items]


def applied(things, path, *changes):
    return plan_of(things, *changes).apply(destructive=True, journal=path)


def test_it_is_its_owners_alone_and_nothing_lies_beside_it(things, client, tmp_path):
    applied(things, tmp_path / "new" / "one.journal", *everything("ab"))
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["one.journal"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "new" / "one.journal").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_it_says_where_it_is_and_what_became_of_all(things, client, tmp_path):
    things.held["c"] = "somebody's"
    applied(things, tmp_path / "one", *everything("abc"), change("d", "old", "x", refused="No."))
    journal = omnipd.open_journal(tmp_path / "one")
    assert (
        repr(journal)
        == f"omnipd.Journal {tmp_path / 'one'} of {things.url}: 2 ok, 1 conflict, 1 refused"
    )
    assert len(journal) == 4
    assert journal.report()["detail"].tolist()[3] == "No."


def test_no_key_is_in_it_or_in_what_is_said_of_it(things, client, tmp_path):
    things.faults.append(answer({"detail": f"Not with {KEY}", "status": 400}, 400))
    report = applied(things, tmp_path / "one", *everything("a"))
    plan = plan_of(things, *everything("a"))
    plan.to_csv(tmp_path / "plan.csv")
    journal = omnipd.open_journal(tmp_path / "one")
    texts = [repr(journal), repr(plan), plan._repr_html_(), report.to_string()]
    assert "Not with" in report["detail"].iloc[0]
    for text in [
        *texts,
        *((tmp_path / name).read_bytes().decode("latin-1") for name in ("one", "plan.csv")),
    ]:
        assert KEY not in text
        assert KEY[9:] not in text


def test_a_plan_goes_on_with_its_own_journal_until_that_is_at_its_end(things, client, tmp_path):
    plan = plan_of(things, *everything("ab"))
    things.read_faults.extend([None, *[lambda server: reset] * 5])
    with pytest.raises(omnipd.NetworkError) as caught:
        plan.apply(destructive=True)
    first = caught.value.partial.attrs["omni"]["journal"]
    assert plan.apply(destructive=True).attrs["omni"]["journal"] == first
    again = plan.apply(destructive=True)
    assert again.attrs["omni"]["journal"] != first
    assert set(again["state"]) == {"already"}


def test_what_was_made_and_not_read_back_is_not_at_its_end(things, client):
    plan = plan_of(things, *everything("a"))
    things.read_faults.extend([None, *[lambda server: reset] * 5])
    with pytest.raises(omnipd.NetworkError) as caught:
        plan.apply(destructive=True)
    assert caught.value.partial["state"].tolist() == ["ok"]
    report = plan.apply(destructive=True)
    assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"], [True])


def test_the_journal_of_another_plan_or_of_another_omni_is_refused(
    things, client, tmp_path, fake_time
):
    applied(things, tmp_path / "one", *everything("a"))
    asked = len(things.requests)
    with pytest.raises(ArgumentError, match="is of another plan"):
        applied(things, tmp_path / "one", *everything("b"))
    with (
        Things() as other,
        client_of(other, fake_time),
        pytest.raises(ArgumentError, match=r"client"),
    ):
        omnipd.open_journal(tmp_path / "one").resume()
    assert len(things.requests) == asked


@pytest.mark.parametrize("kind", ["none", "a folder", "a text", "a database", "a table", "cut"])
def test_what_is_no_journal_is_said_to_be_none_and_left_as_it_is(things, client, tmp_path, kind):
    path = tmp_path / "one"
    if kind == "a folder":
        path.mkdir()
    elif kind == "a text":
        path.write_text("Not a journal of anything. " * 40)
    elif kind in {"a database", "a table"}:
        name = "entries" if kind == "a table" else "another"
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"CREATE TABLE {name} (a)")
    elif kind == "cut":
        applied(things, path, *everything("abcde"))
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ArgumentError, match="no journal"):
        omnipd.open_journal(path)
    if kind != "none":
        with pytest.raises(ArgumentError, match="no journal"):
            applied(things, path, *everything("a"))
    assert (path.read_bytes() if path.is_file() else None) == before


def test_one_that_was_never_begun_is_begun(things, client, tmp_path):
    (tmp_path / "one").touch()
    with pytest.raises(ArgumentError, match="was never begun: nothing was sent"):
        omnipd.open_journal(tmp_path / "one")
    assert set(applied(things, tmp_path / "one", *everything("ab"))["state"]) == {"ok"}


def test_what_the_plan_refuses_is_refused_from_its_beginning(tmp_path):
    rows = [{"refused": None}, {"refused": "No."}]
    with closing(JournalFile(tmp_path / "one", {"plan": "p"}, rows)) as held:
        assert {row: one.state for row, one in held.entries().items()} == {1: "refused"}


def test_it_is_used_by_one_at_a_time(things, client, tmp_path):
    plan = plan_of(things, *everything("ab"))
    path, seen = tmp_path / "one", {}

    def meanwhile(server):
        try:
            plan.apply(destructive=True, journal=path, client=client)
        except ArgumentError as error:
            seen["thread"] = str(error)
        seen["repr"] = repr(seen["journal"])
        code = f"import omnipd; omnipd.open_journal({str(path)!r})"
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        seen["process"] = run.stderr

    JournalFile(path, {"instance": things.url, "plan": "another", "begun_at": ""}, []).close()
    seen["journal"] = omnipd.open_journal(path)
    path.unlink()
    things.faults.append(meanwhile)
    assert set(plan.apply(destructive=True, journal=path)["state"]) == {"ok"}
    assert len(things.changes) == 2
    for how in ("thread", "process", "repr"):
        assert "is being used by another process or thread" in seen[how]


def _apply(url, path, sent):
    with client_of(url, cache=False) as client:
        client.progress = False
        try:
            omnipd.open_journal(path).resume()
        except omnipd.OmniError as error:
            sent.put(type(error).__name__)
        else:
            sent.put("done")


def test_a_fork_goes_on_with_what_its_parent_has_begun(things, client, tmp_path):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    things.read_faults.extend([None, *[lambda server: reset] * 5])
    with pytest.raises(omnipd.NetworkError):
        applied(things, tmp_path / "one", *everything("abc"))
    context = multiprocessing.get_context("fork")
    said = context.Queue()
    child = context.Process(target=_apply, args=(things.url, tmp_path / "one", said))
    child.start()
    assert said.get(timeout=60) == "done"
    child.join()
    assert set(omnipd.open_journal(tmp_path / "one").report()["state"]) == {"ok"}
    assert len(things.changes) == 3


@pytest.mark.skipif(os.name != "posix", reason="the size of files is limited by POSIX systems")
def test_where_it_cannot_be_written_nothing_is_sent_and_it_goes_on_later(things, client, tmp_path):
    """A limit of the size of files is what a process can be given that a full disk would be."""
    plan = plan_of(things, *everything())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def full(server):
        size = (tmp_path / "one").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(size, 4096), before[1]))

    things.faults.append(full)
    try:
        with pytest.raises(SettingsError, match="cannot be written") as caught:
            plan.apply(destructive=True, journal=tmp_path / "one")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert len(things.changes) == 1
    assert "Make room" in str(caught.value)
    report = plan.apply(destructive=True, journal=tmp_path / "one")
    assert set(report["state"]) == {"ok"}
    assert len(things.changes) == 5


def test_a_place_that_cannot_be_written_is_said_before_anything_is_sent(things, client, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="Nothing was sent"):
        applied(things, tmp_path / "file" / "one", *everything())
    assert things.requests == []


def test_one_that_cannot_be_written_any_more_can_be_read(things, client, tmp_path, monkeypatch):
    path = tmp_path / "one"
    applied(things, path, *everything("ab"))
    path.chmod(0o400)
    # Whoever runs the tests may write every file.
    monkeypatch.setattr(os, "access", lambda file, mode: mode != os.W_OK)
    journal = omnipd.open_journal(path)
    assert set(journal.report()["state"]) == {"ok"}
    assert len(omnipd.undo(journal)) == 2
    with pytest.raises(SettingsError, match=r"READONLY"):
        journal.verify()


def test_many_rows_are_noted_and_read_fast(things, client, tmp_path):
    changes = [change(f"thing-{number}", "old", "new") for number in range(5000)]
    began = time.process_time()
    plan = plan_of(things, *changes)
    shown = repr(plan), plan._repr_html_()
    plan.to_csv(tmp_path / "plan.csv")
    assert omnipd.Plan.from_csv(tmp_path / "plan.csv") == plan
    with closing(
        JournalFile(
            tmp_path / "one",
            {"instance": things.url, "plan": "p"},
            [dict.fromkeys(["part", "name", "refused"]) | _cells(one) for one in changes],
        )
    ) as held:
        held.note(range(5000), "ok", verified=True)
    journal = omnipd.open_journal(tmp_path / "one")
    assert len(journal.report()) == 5000
    assert all(len(text) < 20_000 for text in shown)
    assert time.process_time() - began < 10  # it takes one; machines differ


def _cells(one):
    return {
        "kind": "thing",
        "item": one.key.item,
        "column": "value",
        "old": one.old,
        "new": one.new,
    }


def test_threads_that_apply_plans_of_their_own_do_not_meet(things, client):
    reports = {}

    def work(item):
        plan = plan_of(things, change(item, "old", "new"))
        reports[item] = plan.apply(destructive=True, client=client)["state"].tolist()

    threads = [threading.Thread(target=work, args=(item,)) for item in "abcde"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert reports == {item: ["ok"] for item in "abcde"}
