"""Exports: what is in one, what goes on after a break, and what is there meanwhile."""

import datetime
import errno
import json
import multiprocessing
import os
import pathlib
import re
import signal
import warnings

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from faults.given import KEY, client_of
from scripted_server import answer, document, page

import omnipd
from omnipd.admin.inventory_parts import ALL_PARTS, GROUPS, PARTS
from omnipd.admin.table_file import TableFile, as_declared


def files(export):
    return {one.name: one.read_bytes() for one in export.iterdir() if one.name != "manifest.json"}


def test_an_export_is_the_inventory_that_its_readers_give(own, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)  # what the sandbox does not have
        export = omnipd.export_inventory(folder, include="all", errors="collect", format="csv")
        direct = omnipd.read_inventory(include="all", errors="collect")  # from the cache
    opened = omnipd.open_export(folder)
    assert list(opened) == list(direct) == list(ALL_PARTS)
    assert opened.path == export
    for name in direct:
        pd.testing.assert_frame_equal(opened[name], direct[name])
        assert opened[name].attrs["omni"]["complete"] is direct[name].attrs["omni"]["complete"]
        assert (export / f"{name}.csv").is_file()
    assert opened.complete is direct.complete
    tables = opened.manifest["tables"]
    assert tables["users"]["rows"] == len(direct["users"])
    assert tables["users"]["columns"]["created_at"] == "timestamp[us, tz=UTC]"
    pointer = json.loads((folder / "latest.json").read_text())
    assert pointer["export"] == export.name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", export.name)
    assert sorted(one.name for one in folder.iterdir()) == [export.name, "latest.json"]


def test_every_reader_of_a_list_is_a_part_but_for_those_that_need_a_choice():
    readers = {name for name in omnipd.__all__ if name.startswith("read_")}
    read = {part.reader_name for part in ALL_PARTS.values()}
    assert readers - read == {
        "read_inventory",
        "read_records",
        "read_document_permissions",
        # Twice what others of them cost, and what no source says enough of: docs/exports.md.
        "read_ai_credit_usage",
        "read_ai_skills",
        "read_color_palettes",
        "read_content_search",
        "read_document_controls",
        "read_document_tiles",
    }
    groups = {"content", "people", "access", "schedules", "connections", "models", "ai"}
    assert {*GROUPS} == {f"{group}:all" for group in groups} | {"people", "access", "ai"}
    assert sum(len(GROUPS[f"{group}:all"]) for group in groups) == len(ALL_PARTS)


def test_plain_pandas_and_duckdb_read_all_exports_together(own, folder):
    first = omnipd.export_inventory(folder, include=["labels", "users"])
    second = omnipd.export_inventory(folder, include=["labels", "users"], format="xlsx")
    labels = pd.read_parquet(first / "labels.parquet")
    assert labels.attrs == {"omni": {"complete": True}}
    assert files(first).items() <= files(second).items()  # the same bytes
    found = duckdb.sql(f"SELECT count(*) FROM '{folder}/*/labels.parquet'").fetchall()
    assert found == [(2 * len(labels),)]
    book = openpyxl.load_workbook(second / "inventory.xlsx", read_only=True)
    assert book.sheetnames == ["labels", "users"]
    assert len(list(book["users"].rows)) == len(omnipd.open_export(folder)["users"]) + 1
    book.close()


def test_groups_stand_for_their_lists_and_what_is_only_needed_is_not_there(own, folder):
    export = omnipd.export_inventory(folder, include="schedules:all", scope="organization")
    assert sorted(one.stem for one in export.glob("*.parquet")) == sorted(
        ["schedules", "schedule_details", "schedule_recipients"]
    )
    export = omnipd.export_inventory(folder, include="document_access", scope="organization")
    assert [one.name for one in export.glob("*.parquet")] == ["document_access.parquet"]
    with pytest.raises(omnipd.ArgumentError, match="Did you mean 'access'"):
        omnipd.export_inventory(folder, include="acces")


def test_old_exports_are_dropped_and_any_is_found_by_its_time(own, folder, monkeypatch):
    names = []
    for day in (1, 2, 3, 3):

        class Then(datetime.datetime):
            now = classmethod(lambda cls, tz: cls(2026, 5, day, 6, tzinfo=tz))  # noqa: B023

        monkeypatch.setattr("omnipd.admin.snapshots.datetime", Then)
        names.append(omnipd.export_inventory(folder, include="labels").name)
    monkeypatch.undo()
    assert names == [f"2026-05-0{day}T06-00-00Z" for day in (1, 2, 3)] + ["2026-05-03T06-00-00Z-2"]
    at = {
        None: names[3],
        "2026-05-01": names[0],
        "2026-05-02T05:59": names[0],
        "2026-05-02T07:00+01:00": names[1],
        datetime.datetime(2026, 5, 2, 7): names[1],  # noqa: DTZ001 - as people write it
        names[1]: names[1],
        "2027-01-01": names[3],
    }
    for moment, name in at.items():
        assert omnipd.open_export(folder, at=moment).path.name == name
    with pytest.raises(omnipd.ArgumentError, match="before the first export"):
        omnipd.open_export(folder, at="2026-04-30")
    with pytest.raises(omnipd.ArgumentError, match="neither the name"):
        omnipd.open_export(folder, at="yesterday")
    omnipd.export_inventory(folder, include="labels", keep=2)
    assert len([one for one in folder.iterdir() if one.is_dir()]) == 2
    with pytest.raises(omnipd.ArgumentError, match="no export in"):
        omnipd.open_export(folder / "nothing")
    last = omnipd.open_export(folder).path
    with pytest.raises(omnipd.ArgumentError, match="is one export, not a folder") as error:
        omnipd.open_export(last)
    assert error.value.hint == f"Name the folder that it is in, {folder}, with at={last.name!r}."
    with pytest.raises(omnipd.ArgumentError, match="is one export, not a folder") as error:
        omnipd.audit.usage(last)
    assert error.value.hint == f"Name the folder that it is in, {folder}."
    with pytest.raises(omnipd.ArgumentError, match="keep=0"):
        omnipd.export_inventory(folder, include="labels", keep=0)


def test_while_one_is_made_the_one_before_it_is_there(own, small, folder):
    before = omnipd.export_inventory(folder, include=["labels", "users"])
    rows = len(omnipd.open_export(folder)["labels"])
    seen = []

    def look(*_):
        # To DuckDB a name that begins with a dot is one like others.
        [[counted]] = duckdb.sql(f"SELECT count(*) FROM '{folder}/*/labels.parquet'").fetchall()
        seen.append((omnipd.open_export(folder).path, counted))

    own.progress = look
    omnipd.export_inventory(folder, include=["labels", "users"])
    own.progress = False
    assert list(folder.glob("*/*.parquet")) != []
    assert set(seen) == {(before, rows)}


def export_in_child(url, key, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with omnipd.connect(url, key, requests_per_minute=None) as client:
            omnipd.export_inventory(
                folder, include=["document_access", "labels", "folder_permissions"], client=client
            )


@pytest.mark.failure("killed")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to kill")
def test_a_killed_export_goes_on_and_has_the_same_bytes(small, own, folder):
    expected = files(
        omnipd.export_inventory(
            folder / "a", include=["document_access", "labels", "folder_permissions"]
        )
    )
    since = len(small.requests)
    omnipd.clear_cache(own)
    omnipd.export_inventory(
        folder / "b", include=["document_access", "labels", "folder_permissions"]
    )
    calls = len(small.requests) - since
    fork = multiprocessing.get_context("fork")
    for part in (0.15, 0.4, 0.8):
        since, until = len(small.requests), None
        until = since + max(1, int(calls * part * 0.5))
        child = fork.Process(target=export_in_child, args=(small.url, small.api_key, folder / "c"))
        child.start()
        while child.is_alive() and len(small.requests) < until:
            child.join(0.001)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
        assert [one.name for one in (folder / "c").iterdir() if one.name[0] != "."] == []
    with pytest.warns(omnipd.OmniWarning, match="Answers taken from the checkpoint"):
        export = omnipd.export_inventory(
            folder / "c", include=["document_access", "labels", "folder_permissions"]
        )
    assert files(export) == expected
    assert KEY.encode() not in b"".join(expected.values())


def test_an_error_keeps_what_was_read_and_resume_goes_on(scripted, fake_time, folder):
    broken = answer({"detail": "broken", "status": 500}, 500)
    labels = answer({"labels": [{"name": "a"}]})
    users = answer(
        {"Resources": [], "totalResults": 0, "itemsPerPage": 100, "startIndex": 1, "schemas": []}
    )
    answers = {"labels": labels, "Users": broken}
    scripted.by_target = lambda target: answers[target.split("?")[0].rsplit("/", 1)[1]]
    with client_of(scripted, fake_time) as client:
        with pytest.raises(omnipd.ServerError, match="While reading users") as caught:
            omnipd.export_inventory(folder, include=["labels", "users"], client=client)
        answers["Users"] = users
        scripted.requests.clear()
        with pytest.warns(omnipd.OmniWarning, match=r": 1\. The oldest"):
            export = caught.value.resume()
    assert len(scripted.requests) == 1
    assert len(omnipd.open_export(folder)["labels"]) == 1
    assert sorted(one.name for one in export.iterdir()) == [
        "labels.parquet",
        "manifest.json",
        "users.parquet",
    ]


def test_what_is_refused_is_a_gap_that_is_told(scripted, folder):
    answers = {
        "labels": answer({"labels": [{"name": "a"}]}),
        "Users": answer({"detail": "no", "status": 403}, 403),
    }
    scripted.by_target = lambda target: answers[target.split("?")[0].rsplit("/", 1)[1]]
    with client_of(scripted) as client:
        omnipd.export_inventory(
            folder, include=["labels", "users"], errors="collect", client=client
        )
    opened = omnipd.open_export(folder)
    assert (list(opened), list(opened.failures)) == (["labels"], ["users"])
    assert not opened.complete
    assert json.loads((folder / "latest.json").read_text())["complete"] is False
    with pytest.raises(KeyError, match="could not be read"):
        opened["users"]


@pytest.mark.failure("full-disk")
def test_a_full_disk_is_a_plain_error_and_the_same_call_goes_on(own, small, folder, monkeypatch):
    def full(self, table):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(TableFile, "add", full)
        with pytest.raises(omnipd.ExportIncompleteError, match="No space left"):
            omnipd.export_inventory(folder, include="labels")
    since = len(small.requests)
    with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
        omnipd.export_inventory(folder, include="labels")
    assert len(small.requests) == since


def test_a_value_of_another_type_is_kept_beside_its_column():
    schema = pa.schema(
        [("count", pa.int64()), ("at", pa.timestamp("us", "UTC")), ("extra", pa.string())]
    )
    came = pa.table(
        {
            "count": ["1", "many", None],
            "at": ["2026-05-01 06:00:00.000000Z", None, "soon"],
            "extra": [None, '{"more":1}', None],
        }
    )
    noon = datetime.datetime(2026, 5, 1, 6, tzinfo=datetime.UTC)
    assert as_declared(came, schema).to_pylist() == [
        {"count": 1, "at": noon, "extra": None},
        {"count": None, "at": None, "extra": '{"more":1,"count":"many"}'},
        {"count": None, "at": None, "extra": '{"at":"soon"}'},
    ]
    assert as_declared(came, schema).schema == schema


def test_a_table_that_was_changed_is_not_opened(own, folder):
    export = omnipd.export_inventory(folder, include=["labels", "users"])
    pd.DataFrame({"a": [1]}).to_parquet(export / "labels.parquet")
    (export / "users.parquet").write_bytes(b"PAR1")
    opened = omnipd.open_export(folder)
    for name in ("labels", "users"):
        with pytest.raises(omnipd.ExportError, match="cannot be read"):
            opened[name]
    (export / "manifest.json").write_text("{}")
    with pytest.raises(omnipd.ExportError, match=r"manifest\.json cannot be read"):
        omnipd.open_export(folder)


def test_more_calls_than_are_allowed_are_refused_before_the_first(own, small, folder):
    before = len(small.requests)
    for read in (
        lambda: omnipd.export_inventory(folder, include="document_access", max_calls=2),
        lambda: omnipd.read_inventory(include="document_access", max_calls=2),
    ):
        with pytest.raises(omnipd.ArgumentError, match="more than max_calls=2"):
            read()
    documents = omnipd.read_documents()
    since = len(small.requests)
    with pytest.raises(omnipd.ArgumentError, match=f"at least {len(documents)} requests"):
        omnipd.read_document_access(documents, max_calls=2)
    assert len(small.requests) == since
    assert not any("access-list" in one.path for one in list(small.requests)[before:])


def test_the_default_of_an_export_is_what_an_audit_needs(own, folder):
    omnipd.export_inventory(folder, scope="organization")
    assert list(omnipd.open_export(folder)) == list(PARTS)


def test_what_breaks_off_in_the_middle_of_a_table_leaves_no_file_of_it(scripted, folder):
    listed = page(document("d1"), document("d2"))
    people = {"principals": [{"id": "m1", "type": "user", "role": "VIEWER"}]}
    info = {"hasNextPage": False, "nextCursor": None, "pageSize": 100, "totalRecords": 1}
    answers = {
        "documents": listed,
        "d1": answer(people | {"pageInfo": info}),
        "d2": answer({"detail": "broken", "status": 501}, 501),
    }

    def step(target):
        parts = target.split("?")[0].split("/")
        return answers[parts[4] if "access-list" in target else parts[-1]]

    scripted.by_target = step
    with client_of(scripted) as client:
        export = omnipd.export_inventory(
            folder,
            include=["documents", "document_access"],
            scope="organization",
            errors="collect",
            client=client,
        )
    assert list(omnipd.open_export(folder).failures) == ["document_access"]
    assert sorted(one.name for one in export.iterdir()) == ["documents.parquet", "manifest.json"]


def then(monkeypatch, *moment):
    """Let exports be begun at another time."""

    class Then(datetime.datetime):
        now = classmethod(lambda cls, tz: cls(*moment, tzinfo=tz))

    monkeypatch.setattr("omnipd.admin.snapshots.datetime", Then)


def test_one_that_goes_on_is_as_old_as_its_beginning_whatever_is_made_of_it(
    own, small, folder, monkeypatch
):
    then(monkeypatch, 2026, 5, 1, 6)
    with monkeypatch.context() as patched:
        patched.setattr("omnipd.admin.export_formats.workbook", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            omnipd.export_inventory(folder, include=["labels", "users"], format="xlsx")
    since = len(small.requests)
    then(monkeypatch, 2026, 5, 4, 6)
    with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
        export = omnipd.export_inventory(
            folder, include=["labels", "users"], errors="collect", format="csv"
        )
    assert len(small.requests) == since
    assert export.name == "2026-05-01T06-00-00Z"
    manifest = omnipd.open_export(folder).manifest
    assert manifest["begun_at"] == manifest["full_at"] == "2026-05-01T06:00:00+00:00"
    assert {one.suffix for one in export.iterdir()} == {".parquet", ".csv", ".json"}


#: A nightly call may be given what last night's has read.
WHOLE = r"the export that was broken off was whole. It was begun at \d{4}-.* UTC, 0 minutes ago"


def test_a_whole_one_that_has_no_name_yet_is_given_it_and_another_format_is_another(
    own, small, folder, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("omnipd.admin.snapshots.FolderSnapshots.publish", kill)
        for include in ("labels", "users"):
            with pytest.raises(Killed):
                omnipd.export_inventory(folder, include=include)
    since = len(small.requests)
    with pytest.warns(omnipd.OmniWarning, match=WHOLE):
        omnipd.export_inventory(folder, include="users")
    assert len(small.requests) == since
    export = omnipd.export_inventory(folder, include="labels", format="csv")
    assert (export / "labels.csv").is_file()
    assert len([one for one in folder.iterdir() if one.is_dir()]) == 3


class Killed(BaseException):
    """What nothing catches."""


def kill(*_):
    raise Killed


def test_one_that_has_its_name_and_not_the_pointer_is_named_by_it_without_asking(
    own, small, folder, monkeypatch
):
    before = omnipd.export_inventory(folder, include="users")
    with monkeypatch.context() as patched:
        patched.setattr("omnipd.admin.snapshots.FolderSnapshots._let_point", kill)
        with pytest.raises(Killed):
            omnipd.export_inventory(folder, include="labels")
    assert omnipd.open_export(folder).path == before
    [named] = [one for one in folder.glob("2*") if one != before]
    with monkeypatch.context() as patched:  # another one that deletes leaves it
        patched.setattr("omnipd.admin.snapshots.datetime", datetime.datetime)
        omnipd.export_inventory(folder, include="users", keep=1)
    assert named.is_dir()
    since = len(small.requests)
    with pytest.warns(omnipd.OmniWarning, match=WHOLE):
        assert omnipd.export_inventory(folder, include="labels") == named
    assert len(small.requests) == since
    assert omnipd.open_export(folder).path == named
    assert omnipd.export_inventory(folder, include="labels") != named
    assert not list(folder.glob(".*"))


@pytest.mark.failure("full-disk")
def test_a_disk_that_is_full_for_the_pointer_leaves_the_last_export(
    own, small, folder, monkeypatch
):
    before = omnipd.export_inventory(folder, include="users")
    plain = os.replace

    def full(source, target):
        if str(target).endswith(".waiting"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        plain(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(omnipd.ExportIncompleteError, match="No space left") as caught:
            omnipd.export_inventory(folder, include="labels")
    assert "is whole: the same call goes on" in caught.value.__notes__[-1]
    assert omnipd.open_export(folder).path == before
    assert len([one for one in folder.iterdir() if one.name[0] != "."]) == 2
    since = len(small.requests)
    with pytest.warns(omnipd.OmniWarning, match=WHOLE):
        assert caught.value.resume() == omnipd.open_export(folder).path != before
    assert len(small.requests) == since


def test_what_a_killed_call_has_left_is_in_no_export_and_its_requests_are_counted(
    own, folder, monkeypatch
):
    include = ["document_access", "labels"]
    first = omnipd.export_inventory(folder / "a", include=include)
    with monkeypatch.context() as patched:
        patched.setattr("omnipd.admin.snapshots.FolderSnapshots.finish", kill)
        with pytest.raises(Killed):
            omnipd.export_inventory(folder / "b", include=include)
    [unfinished] = (folder / "b" / ".omnipd").iterdir()
    for name in ("half.parquet", ".manifest.json.omnipd-0badcafe.part"):
        (unfinished / name).write_bytes(b"half")
    with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
        second = omnipd.export_inventory(folder / "b", include=include)
    assert files(second) == files(first)
    told = [omnipd.open_export(folder / one).manifest["tables"] for one in "ab"]
    assert told[0]["document_access"]["requests"] == 4
    for table in (*told[0].values(), *told[1].values()):
        del table["fetched_at"]
    assert told[0] == told[1]


def test_the_new_one_stays_where_the_clock_was_set_back(own, folder, monkeypatch):
    then(monkeypatch, 2036, 5, 1, 6)
    omnipd.export_inventory(folder, include="labels")
    then(monkeypatch, 2026, 5, 1, 6)
    export = omnipd.export_inventory(folder, include="labels", keep=1)
    assert [one for one in folder.iterdir() if one.is_dir()] == [export]
    assert omnipd.open_export(folder).path == export


def test_a_name_that_another_export_takes_in_this_moment_is_not_taken_twice(
    own, folder, monkeypatch
):
    then(monkeypatch, 2026, 5, 1, 6)
    plain, taken = pathlib.Path.rename, []

    def rename(path, target):
        if not taken:
            taken.append(target)
            target.mkdir()
            (target / "manifest.json").write_text("{}")
        return plain(path, target)

    monkeypatch.setattr(pathlib.Path, "rename", rename)
    assert omnipd.export_inventory(folder, include="labels").name == "2026-05-01T06-00-00Z-2"


def test_an_export_that_another_call_has_named_meanwhile_is_a_plain_error(own, folder, monkeypatch):
    def gone(path, target):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(pathlib.Path, "rename", gone)
    with pytest.raises(omnipd.ExportError, match="cannot be given its name: No such file"):
        omnipd.export_inventory(folder, include="labels")


def test_what_was_given_up_or_half_deleted_goes_with_the_old_ones(own, folder):
    behind = folder / ".omnipd"
    stays, goes = behind / ".a-b.unfinished", behind / ".c-d.unfinished"
    for one in (stays, goes, behind / ".e.deleted", behind / ".mine", folder / ".mine"):
        one.mkdir(parents=True)
        (one / "file").touch()
    for one in (goes / "file", goes, stays):
        os.utime(one, (0, 0))
    export = omnipd.export_inventory(folder, include="labels", keep=1)
    assert {one for one in folder.iterdir() if one.is_dir()} == {export, behind, folder / ".mine"}
    assert set(behind.iterdir()) == {stays, behind / ".mine"}


def test_whether_an_export_is_whole_is_known_without_its_tables(own, folder):
    export = omnipd.export_inventory(folder, include="labels")
    rows = omnipd.open_export(folder).manifest["tables"]["labels"]["rows"]
    (export / "labels.parquet").unlink()
    opened = omnipd.open_export(folder)
    assert opened.complete
    assert f"labels  {rows} rows" in repr(opened)


def test_what_a_progress_function_reads_is_its_own(own, folder):
    expected = files(omnipd.export_inventory(folder, include="document_access"))
    documents, seen = omnipd.read_documents(), []

    def read(path, done, total):
        if "access-list" in path and not seen:
            seen.append(len(documents))
            own.progress = False
            seen.append(len(omnipd.read_document_abilities(documents)))

    own.progress = read
    assert files(omnipd.export_inventory(folder, include="document_access")) == expected
    assert seen == [len(documents)] * 2


COUNTED = ["documents", "users", "model_roles"]


def test_what_was_asked_for_to_count_the_calls_is_kept_when_it_is_broken_off(own, small, folder):
    def stop(path, *_):
        if path == "/api/v1/documents":  # of the people the first page has been asked for by then
            raise KeyError

    since = len(small.requests)
    omnipd.export_inventory(folder, include=COUNTED)
    whole = len(small.requests) - since
    own.progress = stop
    with pytest.raises(KeyError):
        omnipd.export_inventory(folder, include=COUNTED)
    own.progress = False
    with pytest.warns(omnipd.OmniWarning, match="Answers taken from the checkpoint"):
        omnipd.export_inventory(folder, include=COUNTED)
    assert len(small.requests) - since == 2 * whole


def test_what_was_asked_for_to_count_is_not_taken_later_than_ten_minutes(own, small, folder):
    since = len(small.requests)
    omnipd.export_inventory(folder, include=COUNTED)
    whole = len(small.requests) - since
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("omnipd.asked_ahead._HELD_FOR", datetime.timedelta(0))
        omnipd.export_inventory(folder, include=COUNTED)
        # The first pages of documents and people once more.
        assert len(small.requests) - since == 2 * whole + 2
    assert omnipd.open_export(folder).manifest["tables"]["users"]["requests"] == 1


def test_a_list_that_is_read_twice_without_a_cache_is_counted_twice(small, folder):
    with omnipd.connect(small.url, small.api_key, cache=False, requests_per_minute=None) as client:
        calls = int(omnipd.estimate(omnipd.export_inventory, include="people")["calls"].sum())
        with pytest.raises(omnipd.ArgumentError, match=f"It needs {calls} requests"):
            omnipd.export_inventory(folder, include="people", max_calls=calls - 1)
        since = client.requests_sent  # nothing is left of the one that was refused
        omnipd.export_inventory(folder, include="people", max_calls=calls)
        assert client.requests_sent - since == calls
