"""The readers of folders and labels: against the sandbox over HTTP, and answers written by hand."""

from dataclasses import replace

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import (
    Case,
    ask,
    check_a_new_key_is_kept,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    documented_columns,
    plain,
    sent,
    types_of,
    under,
    walk,
)
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

USER = "11111111-2222-4333-8444-555555555555"
F1 = "0f010101-0000-4000-8000-000000000000"
F2 = "0f020202-0000-4000-8000-000000000000"
FOLDER = {
    "id": F2,
    "name": "Reports",
    "path": "sales/reports",
    "scope": "organization",
    "owner": {"id": "m1", "name": "Ada"},
    "labels": [{"name": "finance", "verified": True}, {"name": "old", "verified": False}],
    "_count": {"documents": 2, "favorites": 0},
    "url": "https://acme.omniapp.co/f/sales/reports",
}
FOLDER_ROW = {
    "folder_id": F2,
    "name": "Reports",
    "path": "/sales/reports",
    "parent_path": "/sales",
    "depth": 2,
    "scope": "organization",
    "owner_id": "m1",
    "owner_name": "Ada",
    "labels": "finance,old",
    "labels_verified": "finance",
    "count_documents": 2,
    "count_favorites": 0,
    "url": "https://acme.omniapp.co/f/sales/reports",
}
PERMIT = {
    "id": "m1",
    "name": "Ada",
    "description": "ada@example.com",
    "type": "user",
    "direct": {"role": "EDITOR", "isOwner": True, "accessBoost": False},
}
LABEL = {
    "name": "finance",
    "color": "#1a7f37",
    "description": "Checked",
    "homepage": False,
    "verified": True,
    "usage_count": 3,
}
LABEL_ROW = {"label" if key == "name" else key: value for key, value in LABEL.items()}
CASES = [
    Case("read_folders", FOLDER, [FOLDER_ROW], {"id": F2}),
    Case(
        "read_folder_permissions",
        PERMIT,
        [
            {
                "folder_id": F2,
                "principal_type": "user",
                "principal_id": "m1",
                "principal_name": "Ada",
                "description": "ada@example.com",
                "role": "EDITOR",
                "access_boost": False,
                "is_owner": True,
            }
        ],
        {"id": "m1"},
        under("permits"),
        parents=([F2],),
    ),
    Case("read_labels", LABEL, [LABEL_ROW], {"name": "finance"}, under("labels")),
]
PERMITS = CASES[1]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each_case
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


@each_case
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


@each_case
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    check_a_new_key_is_kept(case, scripted)


def test_folders_and_permits_of_both_ages_are_read(scripted):
    new = {key: FOLDER[key] for key in FOLDER.keys() - {"owner", "scope"}}
    [row] = plain(CASES[0].read(scripted, {**new, "ownerId": "m1", "labels": ["finance", "old"]}))
    unsaid = {"scope": None, "owner_name": None, "labels_verified": None, "extra": None}
    assert row == FOLDER_ROW | unsaid
    df = PERMITS.read(
        scripted,
        {"role": "EDITOR", "userId": "m1"},
        {"role": "VIEWER", "userGroupId": "g1", "accessBoost": True},
        {"id": "g2", "type": "userGroup", "folder": {"role": "VIEWER", "isOwner": False}},
    )
    columns = ["principal_type", "principal_id", "role", "access_boost", "is_owner"]
    assert [list(row.values()) for row in plain(df[columns])] == [
        ["user", "m1", "EDITOR", None, None],
        ["userGroup", "g1", "VIEWER", True, None],
        ["userGroup", "g2", "VIEWER", None, False],
    ]
    assert df["extra"].isna().all()
    assert types_of(df) == documented_columns("read_folder_permissions")


@pytest.mark.parametrize(
    ("path", "parent", "depth"),
    [("sales", None, 1), ("/sales", None, 1), ("/a/b/c", "/a/b", 3), (None, None, None)],
)
def test_a_path_says_its_parent_and_depth(scripted, path, parent, depth):
    [row] = plain(CASES[0].read(scripted, {"id": F1, "path": path}))
    assert (row["parent_path"], row["depth"]) == (parent, depth)


def test_folders_are_named_by_a_list_a_series_or_a_frame(scripted):
    expected = PERMITS.read(scripted, PERMIT)
    wanted = [F2, None, F2]
    for parents in [
        F2,
        pd.Series(wanted, dtype="string[pyarrow]"),
        pd.DataFrame({"id": wanted}),
        pd.DataFrame({"id": ["other"] * 3, "folder_id": wanted}),
    ]:
        before = len(scripted.requests)
        df = replace(PERMITS, parents=(parents,)).read(scripted, PERMIT)
        pd.testing.assert_frame_equal(df, expected)
        assert len(scripted.requests) - before == 1  # the same parent is asked once


@pytest.mark.parametrize(
    ("status", "error"), [(403, omnipd.ForbiddenError), (404, omnipd.NotFoundError)]
)
def test_a_folder_that_may_not_be_managed_fails_the_whole_or_is_named(scripted, status, error):
    def by_target(target):
        if f"/{F1}/" in target:
            return answer({"detail": "Permission denied", "status": status}, status)
        return answer({"permits": [PERMIT]})

    scripted.by_target = by_target
    with client_of(scripted):
        with pytest.raises(error, match="1 of 2"):
            omnipd.read_folder_permissions([F1, F2])
        with pytest.warns(omnipd.OmniWarning, match="1 of 2 could not be read"):
            df = omnipd.read_folder_permissions([F1, F2], errors="collect")
    assert df["folder_id"].tolist() == [F2]
    assert list(df.attrs["omni"]["failures"]) == [F1]
    assert df.attrs["omni"]["complete"] is False


# --- the sandbox


@pytest.fixture(scope="module")
def records(server):
    asked = {"include": "_count,labels", "sortField": "path", "sortDirection": "desc"}
    return walk(server, "/api/v1/folders", **asked)


def folder_row(one):
    return {
        "folder_id": one["id"],
        "name": one["name"],
        "path": f"/{one['path']}",
        "parent_path": f"/{one['path'].rpartition('/')[0]}" if "/" in one["path"] else None,
        "depth": len(one["path"].split("/")),
        "scope": None,
        "owner_id": one["ownerId"],
        "owner_name": None,
        "labels": ",".join(one["labels"]),
        "labels_verified": None if one["labels"] else "",
        "count_documents": one["_count"]["documents"],
        "count_favorites": one["_count"]["favorites"],
        "url": one["url"],
        "extra": None,
    }


def test_folders_are_those_of_a_hand_written_walk(omni, records):
    assert len(records) > 40
    df = omnipd.read_folders(sort="path", direction="desc")
    assert plain(df) == [folder_row(one) for one in records]
    assert df["depth"].max() == 5
    assert set(df["parent_path"].dropna()) <= set(df["path"])


def test_permits_are_those_of_a_hand_written_loop(omni, server, records):
    expected = []
    for folder in records:
        raw = ask(server, f"/api/v1/folders/{folder['id']}/permissions")
        for one in raw["permits"]:
            person = "userId" in one
            expected.append(
                {
                    "folder_id": folder["id"],
                    "principal_type": "user" if person else "userGroup",
                    "principal_id": one["userId"] if person else one["userGroupId"],
                    "principal_name": None,
                    "description": None,
                    "role": one["role"],
                    "access_boost": one.get("accessBoost"),
                    "is_owner": None,
                    "extra": None,
                }
            )
    folders = omnipd.read_folders(sort="path", direction="desc")
    df = omnipd.read_folder_permissions(folders)
    assert plain(df) == expected
    assert set(df["principal_type"]) == {"user", "userGroup"}
    owner = records[0]["ownerId"]
    own = omnipd.read_folder_permissions([records[0]["id"]], user_id=owner)
    assert owner in own["principal_id"].tolist()


def test_labels_are_those_that_the_server_lists(omni, server):
    df = omnipd.read_labels()
    raw = ask(server, "/api/v1/labels")["labels"]
    assert plain(df.rename(columns={"label": "name"})) == [{**one, "extra": None} for one in raw]
    assert len(raw) == 12
    carried = omnipd.explode_labels(omnipd.read_content(include="labels"))
    assert set(carried["label"]) <= set(df["label"])


def test_an_older_server_gives_the_same_columns(tmp_path):
    with Server(old_shapes=True) as old:
        client = omnipd.connect(old.url, old.api_key, requests_per_minute=None, cache_dir=tmp_path)
        folders = omnipd.read_folders(client=client)
        permits = omnipd.read_folder_permissions(folders.head(10), client=client)
        client.close()
    assert types_of(folders) == documented_columns("read_folders")
    assert types_of(permits) == documented_columns("read_folder_permissions")
    for name in ("scope", "owner_id", "owner_name", "labels_verified"):
        assert folders[name].notna().all()
    assert not folders["path"].str.startswith("//").any()
    for name in ("principal_name", "is_owner", "access_boost", "role"):
        assert permits[name].notna().all()
    assert folders["extra"].isna().all()
    assert permits["extra"].isna().all()


# --- parameters

BASE = {"pageSize": "100", "sortField": "name", "sortDirection": "asc"}


@pytest.mark.parametrize(
    ("arguments", "wire"),
    [
        ({}, {"include": "_count,labels"}),
        ({"include": None, "labels": "finance"}, {"labels": "finance"}),
        ({"include": "_count", "path": "PATH/**"}, {"include": "_count", "path": "PATH/**"}),
        (
            {"include": None, "scope": "restricted", "owner_id": "OWNER"},
            {"scope": "restricted", "ownerId": "OWNER"},
        ),
        (
            {"only_shared_with_me": True, "user_id": "OWNER"},
            {"include": "_count,labels,onlySharedWithMe", "userId": "OWNER"},
        ),
        (
            {"include": None, "sort": "created_at", "direction": "desc"},
            {"sortField": "createdAt", "sortDirection": "desc"},
        ),
    ],
)
def test_parameters_of_folders_reach_the_wire(omni, server, records, arguments, wire):
    top = next(one for one in records if "/" not in one["path"])

    def real(value):
        if not isinstance(value, str):
            return value
        return value.replace("OWNER", top["ownerId"]).replace("PATH", "/" + top["path"])

    before = len(server.requests)
    omnipd.read_folders(
        **{name: real(value) for name, value in arguments.items()}, limit=1, refresh=True
    )
    wire = {name: real(value) for name, value in wire.items()}
    assert sent(server, before) == [("/api/v1/folders", BASE | wire)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sort": "createdAt"}, "Did you mean 'created_at'"),
        ({"scope": "public"}, "scope='public' is not known"),
        ({"only_shared_with_me": "yes"}, "must be True or False"),
        ({"only_shared_with_me": True, "path": "/a"}, "excludes owner_id= and path="),
        ({"only_shared_with_me": True, "owner_id": USER}, "excludes owner_id= and path="),
        ({"user_id": USER}, "goes only with only_shared_with_me=True"),
        ({"owner_id": ".."}, "owner_id='..' is not an id"),
        ({"path": " "}, "path=' ' is empty"),
        ({"limit": -1}, "1 or more"),
        ({"include": 7}, "include=7 must be text"),
    ],
)
def test_bad_parameters_of_folders_are_refused_by_name(omni, server, arguments, message):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        omnipd.read_folders(**arguments)
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("parents", "arguments", "message"),
    [
        ([7], {}, "is not a folder_id"),
        (pd.DataFrame({"name": ["x"]}), {}, "none of the columns folder_id, id"),
        ([".."], {}, "folder_id='..' is not an id"),
        ([F1], {"user_id": ".."}, "user_id='..' is not an id"),
        ([F1], {"errors": "skip"}, "errors='skip' is not known"),
    ],
)
def test_bad_parameters_of_permits_are_refused_by_name(omni, server, parents, arguments, message):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        omnipd.read_folder_permissions(parents, **arguments)
    assert len(server.requests) == before


def test_a_frame_of_content_does_not_say_which_of_its_folders_are_meant(omni, server):
    content = omnipd.read_content(client=omni)
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match="folder_id the folder it is in") as caught:
        omnipd.read_folder_permissions(content[content["type"] == "folder"], client=omni)
    assert 'df["id"]' in caught.value.hint
    assert len(server.requests) == before
