"""Everything that an audit needs, in one call: what it holds, what it costs, and its files."""

import contextlib
import errno
import os
import pickle
import sqlite3
import warnings

import pandas as pd
import pytest
from click.testing import CliRunner
from faults.given import client_of
from readers.reader_checks import scim_page
from scripted_server import answer

import omnipd
from omnipd.admin.inventory_parts import PARTS
from omnipd.export import whole_files
from omnipd.shell.cli import main
from omnipd_sandbox.server import Server

# What is counted before it is read.
PAGED = {"content", "documents", "folders", "users", "groups", "api_keys", "models", "schedules"}


class Stopped(Exception):
    """Raised by a test that has seen enough."""


def stop_at(word):
    """Return a progress that stops the reading at a path with this word."""

    def progress(path, *_):
        if word in path:
            raise Stopped

    return progress


@pytest.fixture(scope="module")
def small():
    """A sandbox with little in it, so that one call per item is few."""
    with Server(documents=40, folders=6) as running:
        yield running
        assert running.failures == []


def test_each_frame_is_what_its_reader_gives(own):
    inventory = omnipd.read_inventory()
    assert list(inventory) == list(PARTS)
    assert inventory.complete
    for name in ("labels", "users", "groups", "group_members", "documents", "user_attributes"):
        pd.testing.assert_frame_equal(inventory[name], getattr(omnipd, f"read_{name}")())
    pd.testing.assert_frame_equal(inventory["content"], omnipd.read_content(scope="all"))
    assert set(inventory["models"]["model_kind"]) == {"SHARED"}
    assert set(inventory["document_access"]["document_identifier"]) == set(
        inventory["documents"]["document_identifier"]
    )
    assert set(inventory["folder_permissions"]["folder_id"]) <= set(
        inventory["folders"]["folder_id"]
    )
    assert set(inventory["schedule_recipients"]["destination_type"]) == {"email"}


def test_the_calls_are_those_of_the_estimate(own, small):
    cost = omnipd.estimate_inventory(scope="organization").set_index("name")["calls"]
    since = len(small.requests)
    access = omnipd.read_inventory(scope="organization")["document_access"]
    second_pages = (access.groupby("document_identifier").size() > 100).sum()
    assert len(small.requests) - since == cost.sum() + second_pages


def test_without_a_cache_nothing_is_free_and_the_estimate_says_so(small):
    with omnipd.connect(small.url, small.api_key, requests_per_minute=None, cache=False) as client:
        cost = omnipd.estimate_inventory().set_index("name")["calls"]
        since = len(small.requests)
        inventory = omnipd.read_inventory(client=client)
    assert cost["group_members"] == 1
    assert cost["user_attribute_values"] == 4
    # Each asks for the people, and then for one list of each.
    assert cost["content"] == cost["folders"] == 4 + 1 + cost["model_roles"]
    second_pages = (inventory["document_access"].groupby("document_identifier").size() > 100).sum()
    personal = len(inventory["folders"]) - cost["folder_permissions"]
    assert len(small.requests) - since == cost.sum() + second_pages + personal


def test_an_estimate_is_what_the_organization_says(own, small):
    organization = small.organization
    cost = omnipd.estimate_inventory().set_index("name")["calls"]
    users = len(organization.users)
    documents = sum(not one.deleted for one in organization.documents.values())
    public = sum(one.scope == "organization" for one in organization.folders.values())
    assert sorted(cost.index) == sorted(PARTS)
    assert cost["users"] == 4  # two pages, read twice
    assert cost["content"] == 1 + users
    assert cost["folders"] == 1 + users
    assert cost["model_roles"] == users
    assert cost["documents"] == 1
    assert cost["document_access"] == documents
    assert cost["folder_permissions"] == public
    assert cost["group_members"] == cost["user_attribute_values"] == 0
    assert cost["labels"] == cost["connections"] == cost["user_attributes"] == 1


def test_an_estimate_is_eight_calls_and_leaves_nothing_behind(own, small):
    since = len(small.requests)
    cost = omnipd.estimate_inventory()
    assert len(small.requests) - since == 8
    assert cost["stored"].sum() == 0
    again = omnipd.estimate_inventory()
    pd.testing.assert_frame_equal(again, cost)


def test_an_estimate_says_the_minutes_at_the_pace_of_the_key(small):
    with omnipd.connect(small.url, small.api_key, requests_per_minute=600):
        cost = omnipd.estimate_inventory(include=["users", "model_roles"])
    assert cost["calls"].tolist() == [4, 130]
    assert cost["minutes"].round(4).tolist() == [0.007, 0.2281]
    assert {name: str(kind) for name, kind in cost.dtypes.items()} == {
        "name": "string[pyarrow]",
        "calls": "int64[pyarrow]",
        "at_least": "bool[pyarrow]",
        "stored": "int64[pyarrow]",
        "minutes": "double[pyarrow]",
        "why_more": "string[pyarrow]",
    }


def test_the_cost_is_said_before_the_expensive_part(small):
    with omnipd.connect(small.url, small.api_key, requests_per_minute=100) as client:
        since = len(small.requests)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            client.progress = stop_at("model-roles")
            with pytest.raises(Stopped):
                omnipd.read_inventory(include="model_roles")
    assert "about 134 calls (model_roles 130, users 4), 1 minute." in str(said[0].message)
    assert (
        len(small.requests) - since == 5
    )  # two pages of users twice, the first of which was asked for to count; one user's roles


def test_the_cost_is_that_of_what_is_not_cached(own, small):
    omnipd.read_model_roles(omnipd.read_users().head(20))
    with (
        omnipd.connect(
            small.url, small.api_key, requests_per_minute=100, progress=stop_at("model-roles")
        ),
        pytest.warns(omnipd.OmniWarning) as said,
        pytest.raises(Stopped),
    ):
        omnipd.read_inventory(include="model_roles")
    assert [str(one.message) for one in said] == [
        "The inventory is about 110 calls (model_roles 110), 1 minute."
    ]


def test_an_inventory_that_is_cached_costs_nothing_and_says_nothing(own, small):
    include = ["documents", "document_access"]
    first = omnipd.read_inventory(include=include)
    since = len(small.requests)
    with omnipd.connect(small.url, small.api_key, requests_per_minute=30):
        again = omnipd.read_inventory(include=include)
    assert len(small.requests) == since
    for name in include:
        pd.testing.assert_frame_equal(again[name], first[name])
        assert again[name].attrs["omni"]["from_cache"] is True


def test_personal_content_that_is_cached_in_part_is_counted_in_part(own, small):
    omnipd.read_content(scope="organization")
    omnipd.read_users()
    with (
        omnipd.connect(small.url, small.api_key, requests_per_minute=100, progress=stop_at("inv")),
        pytest.warns(omnipd.OmniWarning, match="at least 130 calls \\(content 130\\), 1 minute"),
        pytest.raises(Stopped),
    ):
        omnipd.read_inventory(include="content")


def test_one_call_per_hundred_is_not_counted_first(own, small):
    since = len(small.requests)
    omnipd.read_inventory(include=["users", "labels"])
    assert len(small.requests) - since == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"include": "user"}, "Did you mean 'users'"),
        ({"include": ["users", "documnts"]}, "Did you mean 'documents'"),
        ({"include": []}, "is empty"),
        ({"include": 7}, "must be text"),
        ({"scope": "restricted"}, "scope='restricted'"),
        ({"errors": "ignore"}, "errors='ignore'"),
    ],
)
def test_what_is_not_known_is_refused_before_anything_is_sent(scripted, arguments, words):
    with client_of(scripted), pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.read_inventory(**arguments)
    assert scripted.requests == []


def test_what_others_need_is_read_and_is_no_part_of_the_answer(own):
    inventory = omnipd.read_inventory(include="document_access")
    assert list(inventory) == ["document_access"]
    assert len(inventory["document_access"])


def test_personal_documents_are_asked_for_their_access_even_if_documents_leaves_them_out(scripted):
    ada = "11111111-2222-4333-8444-555555555555"
    one = {
        "pageInfo": {"hasNextPage": False, "nextCursor": None, "pageSize": 100, "totalRecords": 1}
    }
    mine = {"type": "document", "identifier": "mine", "name": "m", "scope": "restricted"}
    public = {**mine, "identifier": "public", "scope": "organization"}
    person = {"id": ada, "name": "Ada", "type": "user", "role": "VIEWER", "accessSource": "direct"}

    def step(target):
        if "/Users" in target:
            return answer(scim_page({"id": ada, "userName": "a", "displayName": "Ada"}))
        if "/access-list" in target:
            return answer({"principals": [{**person, "accessBoost": False}], **one})
        return answer({"records": [mine if "restricted" in target else public], **one})

    scripted.by_target = step
    with client_of(scripted):
        inventory = omnipd.read_inventory(include=["content", "document_access"])
    assert inventory["document_access"]["document_identifier"].tolist() == ["public", "mine"]


# --- what fails


def test_what_is_refused_hides_nothing_else_and_is_never_an_empty_frame(small):
    with omnipd.connect(small.url, small.personal_key, requests_per_minute=None):
        inventory = omnipd.read_inventory(
            include=["labels", "users", "model_roles", "schedules"],
            scope="organization",
            errors="collect",
        )
    assert list(inventory) == ["labels", "schedules"]
    assert list(inventory.failures) == ["users", "model_roles"]
    assert not inventory.complete
    assert "users" not in inventory
    assert inventory.get("users") is None
    with pytest.raises(KeyError, match=r"users could not be read: .*403"):
        inventory["users"]
    with pytest.raises(KeyError, match="It needs users"):
        inventory["model_roles"]
    with pytest.raises(KeyError, match="not in this inventory; it has labels, schedules"):
        inventory["folders"]
    assert "users        not read: " in repr(inventory)


def test_the_first_refusal_is_raised_with_what_was_read_before_it(small):
    with (
        omnipd.connect(small.url, small.personal_key, requests_per_minute=None),
        pytest.raises(omnipd.ForbiddenError, match="While reading users") as caught,
    ):
        omnipd.read_inventory(include=["labels", "users"], scope="organization")
    partial = pickle.loads(pickle.dumps(caught.value)).partial
    assert list(partial) == ["labels"]
    assert list(partial.failures) == ["users"]


def test_what_fails_every_list_is_raised_also_when_collecting(small):
    wrong = small.api_key[:-1] + ("a" if small.api_key[-1] != "a" else "b")
    with (
        omnipd.connect(small.url, wrong, requests_per_minute=None),
        pytest.raises(omnipd.AuthenticationError) as caught,
    ):
        omnipd.read_inventory(include=["labels", "users"], errors="collect")
    assert len(caught.value.partial) == 0


def test_an_estimate_of_what_is_refused_is_not_known(small):
    with omnipd.connect(small.url, small.personal_key, requests_per_minute=None):
        cost = omnipd.estimate_inventory(
            include=["documents", "model_roles"], scope="organization"
        ).set_index("name")["calls"]
    assert cost["documents"] == 1
    assert pd.isna(cost["model_roles"])
    assert pd.isna(cost["users"])


# --- files


@pytest.fixture
def folder(tmp_path):
    """An empty folder."""
    path = tmp_path / "folder"
    path.mkdir()
    return path


@pytest.fixture
def two(own):
    return omnipd.read_inventory(include=["labels", "users"])


def test_each_format_holds_every_frame(two, tmp_path):
    parquet = two.to_parquet(tmp_path / "new" / "parquet")
    assert parquet == [tmp_path / "new" / "parquet" / f"{name}.parquet" for name in two]
    for path, frame in zip(parquet, two.values(), strict=True):
        pd.testing.assert_frame_equal(
            pd.read_parquet(path, dtype_backend="pyarrow"), frame, check_dtype=False
        )
    rows = [len(pd.read_csv(path)) for path in two.to_csv(tmp_path / "csv")]
    assert rows == [len(frame) for frame in two.values()]
    sheets = pd.read_excel(two.to_excel(tmp_path / "audit.xlsx"), sheet_name=None)
    assert list(sheets) == list(two)
    assert sheets["users"]["user_name"].tolist() == two["users"]["user_name"].tolist()
    assert (
        sheets["users"]["created_at"].tolist()
        == two["users"]["created_at"].dt.tz_convert("UTC").dt.tz_localize(None).tolist()
    )


def test_csv_is_safe_in_a_spreadsheet_unless_it_is_asked_to_be_raw(tmp_path):
    frame = omnipd.flatten_content([{"type": "document", "identifier": "d", "name": "=1+1"}])
    inventory = omnipd.Inventory({"content": frame})
    [path] = inventory.to_csv(tmp_path)
    assert '"\'=1+1"' in path.read_text()
    [path] = inventory.to_csv(tmp_path, raw=True)
    assert '"=1+1"' in path.read_text()


def test_all_files_are_written_or_none(two, folder):
    (folder / "users.parquet").mkdir()
    (folder / "labels.parquet").write_text("old")
    with pytest.raises(omnipd.ExportError, match=r"users\.parquet cannot be written"):
        two.to_parquet(folder)
    assert (folder / "labels.parquet").read_text() == "old"
    assert sorted(os.listdir(folder)) == ["labels.parquet", "users.parquet"]


def test_a_disk_that_is_full_leaves_the_old_files(folder):
    old, new = folder / "old", folder / "new"
    old.write_text("before")

    def full(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(omnipd.ExportIncompleteError, match="new could not be written to its end"):
        whole_files.write_together({old: lambda file: file.write(b"after"), new: full})
    assert old.read_text() == "before"
    assert os.listdir(folder) == ["old"]


def test_files_that_are_new_already_are_named_when_a_later_one_cannot_be_moved(folder):
    first, second = folder / "first", folder / "second"

    def in_the_way(file):
        file.write(b"x")
        second.mkdir()

    with pytest.raises(omnipd.ExportError, match="second cannot be written") as caught:
        whole_files.write_together({first: lambda file: file.write(b"new"), second: in_the_way})
    assert caught.value.hint == f"These are new already, the others as before: {first}."
    assert sorted(os.listdir(folder)) == ["first", "second"]


def test_an_incomplete_inventory_is_refused_unless_it_is_allowed(two, folder):
    whole = dict(two)
    lacking = omnipd.Inventory(whole, {"groups": "403"})
    with pytest.raises(omnipd.ExportIncompleteError, match="incomplete: groups"):
        lacking.to_parquet(folder)
    half = whole["users"].copy()
    half.attrs["omni"] = {"complete": False}
    marked = omnipd.Inventory({**whole, "users": half})
    assert not marked.complete
    assert "incomplete" in repr(marked)
    with pytest.raises(omnipd.ExportIncompleteError, match="incomplete: users"):
        marked.to_excel(folder / "a.xlsx")
    assert os.listdir(folder) == []
    assert len(marked.to_csv(folder, allow_incomplete=True)) == 2


def test_excel_takes_the_names_of_all_frames(tmp_path):
    empty = omnipd.flatten_content([])
    file = omnipd.Inventory(dict.fromkeys(PARTS, empty)).to_excel(tmp_path / "all.xlsx")
    assert list(pd.read_excel(file, sheet_name=None)) == list(PARTS)
    assert max(map(len, PARTS)) <= 31


def test_a_workbook_has_its_ending(two, tmp_path):
    with pytest.raises(omnipd.ArgumentError, match=r"does not end in \.xlsx"):
        two.to_excel(tmp_path / "audit.xls")


def test_an_inventory_cannot_be_changed(two):
    with pytest.raises(TypeError):
        two["users"] = None
    two.failures["users"] = "no"
    assert two.failures == {}
    assert two in [two]
    assert two != omnipd.Inventory(dict(two))


# --- the shell


@pytest.fixture
def shell(small, monkeypatch, tmp_path):
    monkeypatch.setenv("OMNI_BASE_URL", small.url)
    monkeypatch.setenv("OMNI_API_KEY", small.api_key)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(
            main, ["inventory", "--requests-per-minute", "100000", *arguments]
        )

    return run


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["-o", "audit"], ["labels.parquet", "users.parquet"]),
        (["-o", "new/audit", "--format", "csv"], ["labels.csv", "users.csv"]),
        (["-o", "audit", "--format", "csv.gz"], ["labels.csv.gz", "users.csv.gz"]),
    ],
)
def test_the_shell_writes_a_folder(shell, tmp_path, arguments, files):
    result = shell("--include", "labels", "--include", "users", *arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert sorted(os.listdir(tmp_path / arguments[1])) == files
    assert f"2 frames, 2 files in {arguments[1]}" in result.stderr


def test_the_shell_writes_a_workbook(shell, tmp_path):
    result = shell("--include", "labels", "-o", "new/audit.xlsx")
    assert result.exit_code == 0, result.stderr
    assert len(pd.read_excel(tmp_path / "new" / "audit.xlsx", sheet_name="labels")) == 12


def test_an_inventory_that_cannot_be_read_leaves_no_folder(shell, monkeypatch, tmp_path):
    monkeypatch.setenv("OMNI_API_KEY", "omni_osk_wrong")
    assert shell("--include", "labels", "-o", "new/audit").exit_code == 3
    assert not (tmp_path / "new").exists()


def test_the_shell_says_the_cost_and_reads_nothing(shell, small):
    since = len(small.requests)
    result = CliRunner().invoke(main, ["estimate", "inventory", "--include", "model_roles"])
    assert result.exit_code == 0, result.stderr
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["name", "calls"],
        ["users", "4"],
        ["model_roles", "130"],
    ]
    assert "134 calls" in result.stderr
    assert len(small.requests) - since == 1


def test_the_shell_says_at_which_frame_it_failed(shell, small, monkeypatch):
    monkeypatch.setenv("OMNI_API_KEY", small.personal_key)
    result = shell("--include", "labels", "--include", "users", "-o", "audit")
    assert result.exit_code == 3
    assert "While reading users" in result.stderr


def test_the_shell_tells_a_gap_by_its_exit_code(shell, small, monkeypatch, tmp_path):
    monkeypatch.setenv("OMNI_API_KEY", small.personal_key)
    result = shell("--include", "labels", "--include", "users", "-o", "x", "--errors", "collect")
    assert result.exit_code == 4
    assert "users could not be read" in result.stderr
    assert os.listdir(tmp_path / "x") == ["labels.parquet"]


def test_the_shell_needs_to_know_where(shell):
    result = shell("--include", "labels")
    assert result.exit_code == 2
    assert "--output" in result.stderr


@pytest.mark.parametrize("place", ["file/audit.xlsx", "file/audit"])
def test_the_shell_looks_at_the_place_before_it_reads(shell, small, tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    since = len(small.requests)
    result = shell("--include", "labels", "-o", place)
    assert result.exit_code == 8
    assert len(small.requests) == since
    assert os.listdir(tmp_path) == ["file"]


def test_what_is_no_path_is_refused_by_name():
    inventory = omnipd.Inventory({})
    for write, name in (
        (inventory.to_excel, "path"),
        (inventory.to_parquet, "folder"),
        (inventory.to_csv, "folder"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=f"{name}=5 is not a path"):
            write(5)


def test_a_file_whose_frame_could_not_be_read_does_not_look_new(omni, tmp_path):
    whole = omnipd.read_inventory(include=["labels", "groups"])
    folder = tmp_path / "audit"
    whole.to_parquet(folder)
    before = (folder / "groups.parquet").read_bytes()
    lacking = omnipd.Inventory({"labels": whole["labels"]}, {"groups": "Permission denied"})
    with pytest.warns(omnipd.OmniWarning, match=r"groups could not be read.*groups\.parquet\.old"):
        lacking.to_parquet(folder, allow_incomplete=True)
    assert sorted(file.name for file in folder.iterdir()) == [
        "groups.parquet.old",
        "labels.parquet",
    ]
    assert (folder / "groups.parquet.old").read_bytes() == before


def test_a_name_that_is_nearly_there_is_asked_about(omni, tmp_path):
    inventory = omnipd.read_inventory(include="labels")
    assert repr(inventory).startswith("omnipd.Inventory: 1 frame, complete")
    with pytest.raises(KeyError, match="Did you mean 'labels'"):
        inventory["label"]
    with pytest.raises(omnipd.ArgumentError, match="looks like a file"):
        inventory.to_parquet(tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_what_a_checkpoint_has_is_as_old_as_it_came(small, tmp_path):
    asked = {"include": ["labels", "users", "model_roles"], "checkpoint": tmp_path / "checkpoint"}
    came = "2026-05-01T06:00:00+00:00"
    with omnipd.connect(
        small.url,
        small.api_key,
        cache=False,
        requests_per_minute=None,
        progress=stop_at("model-roles"),
    ) as client:
        with pytest.raises(Stopped):
            omnipd.read_inventory(**asked)
        client.progress = False
        with contextlib.closing(sqlite3.connect(asked["checkpoint"] / "checkpoint.sqlite")) as file:
            file.execute("UPDATE answers SET read_at = ?", (came,))
            file.commit()
        with pytest.warns(omnipd.OmniWarning, match="The oldest is of 2026-05-01 06:00"):
            inventory = omnipd.read_inventory(**asked)
    for name, answers in (("labels", 1), ("users", 4)):
        facts = inventory[name].attrs["omni"]
        assert facts["fetched_at"] == came
        assert (facts["requests"], facts["from_checkpoint"]) == (0, answers)


def test_what_a_progress_function_reads_anew_is_asked_for_anew(small, tmp_path):
    sent = []

    def read(path, *_):
        if path == "/api/v1/labels" and not sent:
            since = len(small.requests)
            sent.append(0)
            users = omnipd.read_users(refresh=True)
            sent.append(len(small.requests) - since)
            assert users.attrs["omni"]["requests"] == sent[1]

    # What counts the calls has asked for the people already, and the checkpoint keeps them.
    for more in ({}, {"checkpoint": tmp_path / "checkpoint"}):
        sent.clear()
        with omnipd.connect(
            small.url, small.api_key, cache=False, requests_per_minute=None, progress=read
        ):
            omnipd.read_inventory(include=["labels", "users", "model_roles"], **more)
        assert sent == [0, 4]
