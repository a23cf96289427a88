"""Folders are made, renamed, labeled and deleted by edited frames, and taken back."""

import pandas as pd
import pytest
from changes.small_omni import small_omni, states, undone

import omnipd

FLIGHTS, DELAYS, AIRLINE = "/flights", "/flights/delays", "/flights/delays/by-airline"


def with_rows(frame, *rows):
    return pd.concat([frame.astype(object), pd.DataFrame(rows)], ignore_index=True)


def ids(folders):
    return dict(zip(folders["path"], folders["folder_id"], strict=True))


def set_to(folders, column, by_path):
    """Return a frame in which some folders have another value."""
    new = folders.copy()
    for path, value in by_path.items():
        new.loc[folders["path"] == path, column] = value
    return new


def test_a_folder_is_renamed_and_keeps_its_path():
    with small_omni() as omni:
        start = omni.folders()
        folders = omnipd.read_folders()
        plan = omnipd.plan(folders, set_to(folders, "name", {DELAYS: "Late flights"}))
        one = ids(folders)[DELAYS]
        assert plan["call"].tolist() == [f'PATCH /api/v1/folders/{one} {{"name":"Late flights"}}']
        assert plan["tier"].tolist() == ["safe"]
        assert plan["remark"].tolist() == ["Its path stays as it is."]
        report = plan.apply()
        assert states(report) == {(one, "name"): "ok"}
        _, path, labels = start[one]
        assert omni.folders() == start | {one: ("Late flights", path, labels)}
        assert undone(report) == {"ok"}
        assert omni.folders() == start


def test_a_path_goes_to_all_below_and_comes_back():
    with small_omni() as omni:
        start = omni.folders()
        folders = omnipd.read_folders()
        by_path = ids(folders)
        # All paths below are written anew, too, as a spreadsheet would; one has another last part as well.
        plan = omnipd.plan(
            folders,
            set_to(
                folders,
                "path",
                {FLIGHTS: "/air", DELAYS: "/air/delays", AIRLINE: "/air/delays/carrier"},
            ),
        )
        path = "/api/v1/folders"
        assert plan.frame[["item", "call", "tier"]].astype(object).fillna(
            ""
        ).to_numpy().tolist() == [
            [by_path[AIRLINE], f'PATCH {path}/{by_path[AIRLINE]} {{"path":"carrier"}}', "confirm"],
            [by_path[DELAYS], "", ""],
            [by_path[FLIGHTS], f'PATCH {path}/{by_path[FLIGHTS]} {{"path":"air"}}', "confirm"],
        ]
        assert "addresses, scripts and bookmarks" in plan["remark"].iloc[2]
        report = plan.apply(confirm=True)
        assert set(report["state"]) == {"ok"}
        assert report["verified"].all()
        assert [path for _, path, _ in omni.folders().values()] == [
            "air",
            "air/delays",
            "air/delays/carrier",
            "air/delays/carrier/2013",
            "air/delays/carrier/2013/q1",
            "air/delays/carrier/2013/q2",
        ]
        assert undone(report) == {"ok"}
        assert omni.folders() == start


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (DELAYS, "/delays", "Omni has no call that moves a folder"),
        (AIRLINE, "/flights/by-airline", "Omni has no call that moves a folder"),
        (DELAYS, "/flights/too late", "letters A to Z, digits and - only, unlike 'too late'"),
        (DELAYS, "late", "A path starts with /."),
        (DELAYS, None, "A path starts with /."),
    ],
)
def test_other_paths_are_refused(old, new, why):
    with small_omni() as omni:
        folders = omnipd.read_folders()
        plan = omnipd.plan(folders, set_to(folders, "path", {old: new}))
        assert why in plan["refused"].iloc[0]
        assert plan.apply(confirm=True)["state"].tolist() == ["refused"]
        assert omni.changes() == []


def test_a_path_that_is_taken_is_a_conflict():
    with small_omni() as omni:
        omni.client.change("POST", "/api/v1/folders", {"name": "Air"})
        folders = omnipd.read_folders(refresh=True)
        start = omni.folders()
        report = omnipd.plan(folders, set_to(folders, "path", {FLIGHTS: "/air"})).apply(
            confirm=True
        )
        assert report["state"].tolist() == ["conflict"]
        assert report["detail"].tolist() == ["Folder with path air already exists"]
        assert omni.folders() == start


def test_folders_are_made_with_those_in_them_and_deleted_again():
    with small_omni() as omni:
        start = omni.folders()
        folders = omnipd.read_folders()
        after = with_rows(
            folders,
            {"path": "/plans/next-year"},  # before the one that it is in
            {"path": "/plans", "name": "Plans & budgets"},
        )
        plan = omnipd.plan(folders, after)
        assert plan["call"].tolist() == [
            'POST /api/v1/folders {"name":"Plans & budgets","scope":"organization"}',
            'POST /api/v1/folders {"name":"next-year","parentFolderId":"<id of /plans>"}',
        ]
        assert plan["tier"].tolist() == ["safe", "safe"]
        report = plan.apply()
        assert set(report["state"]) == {"ok"}
        assert report["verified"].all()
        made = {one: it for one, it in omni.folders().items() if one not in start}
        assert sorted(made.values()) == [
            ("Plans & budgets", "plans", ()),
            ("next-year", "plans/next-year", ()),
        ]
        # Omni makes the path of the name: the first one needed another.
        assert [method for method, *_ in omni.changes()] == ["POST", "PATCH", "POST"]
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert back["item"].tolist() == ["/plans/next-year", "/plans"]
        assert set(back["tier"]) == {"destructive"}
        assert undone(report) == {"ok"}
        assert omni.folders() == start


def test_new_folders_that_cannot_be_are_refused():
    with small_omni() as omni:
        folders = omnipd.read_folders()
        after = with_rows(
            folders,
            {"path": "/nowhere/new"},
            {"path": "/too wide"},
            {"path": "/labeled", "labels": "finance"},
            {"folder_id": "00000000-0000-4000-8000-000000000000", "name": "Gone"},
            {"path": "/1/2/3/4/5/6/7/8"},
        )
        plan = omnipd.plan(folders, after)
        assert dict(zip(plan["item"], plan["refused"], strict=True)) == {
            "/nowhere/new": "There is no folder /nowhere of the organization to make it in.",
            "/too wide": (
                "The last part of a path has letters A to Z, digits and - only, unlike 'too wide'."
            ),
            "/labeled": "A new folder is made without labels: plan that when it is there.",
            "00000000-0000-4000-8000-000000000000": (
                "There is no such folder; a new one is named by its path, without an id."
            ),
            "/1/2/3/4/5/6/7/8": "Folders are 7 levels deep at most.",
        }
        assert plan.apply()["state"].eq("refused").all()
        assert omni.changes() == []


@pytest.mark.parametrize("kind", ["lost", "reset"])
def test_a_folder_whose_answer_is_lost_is_never_made_again(kind):
    fault = {"kind": kind, "method": "POST", "path": "/api/v1/folders"}
    with small_omni(faults=[fault]) as omni:
        start = omni.folders()
        folders = omnipd.read_folders()
        plan = omnipd.plan(folders, with_rows(folders, {"path": "/plans", "name": "Our plans"}))
        report = plan.apply()
        assert report["state"].tolist() == ["unknown"]
        made = [one for one in omni.folders() if one not in start]
        told = report["detail"].iloc[0]
        if kind == "lost":
            assert told.endswith(f"What may have come of it: {made[0]} (/our-plans).")
        else:
            assert made == []
            assert told.endswith("nothing like it is there so far.")
        assert omnipd.open_journal(report.attrs["omni"]["journal"]).resume()["state"].tolist() == [
            "unknown"
        ]
        assert len(omni.changes()) == 1


@pytest.mark.parametrize(("kind", "calls"), [("lost", 1), ("reset", 2)])
def test_a_deletion_whose_answer_is_lost_is_looked_for_and_made_once_more(kind, calls):
    fault = {"kind": kind, "method": "DELETE", "path": "/api/v1/folders/*"}
    with small_omni(faults=[fault]) as omni:
        start = omni.folders()
        omni.client.change("POST", "/api/v1/folders", {"name": "Old"})
        folders = omnipd.read_folders(refresh=True)
        plan = omnipd.plan(folders, folders[folders["path"] != "/old"], delete=True)
        report = plan.apply(destructive=True)
        assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"], [True])
        assert omni.folders() == start
        assert [method for method, *_ in omni.changes()] == ["POST"] + ["DELETE"] * calls


def test_a_folder_that_cannot_have_its_path_is_told_with_where_it_is():
    fault = {"kind": "status", "code": 403, "method": "PATCH", "path": "/api/v1/folders/*"}
    with small_omni(faults=[fault]) as omni:
        start = omni.folders()
        folders = omnipd.read_folders()
        plan = omnipd.plan(folders, with_rows(folders, {"path": "/plans", "name": "Our plans"}))
        report = plan.apply()
        assert report["state"].tolist() == ["unknown"]
        [made] = [one for one in omni.folders() if one not in start]
        assert f"{made} (/our-plans)" in report["detail"].iloc[0]


def test_only_empty_folders_are_deleted_and_the_deepest_first():
    with small_omni() as omni:
        new = omni.client.change("POST", "/api/v1/folders", {"name": "Old"}).content
        inner = {"name": "Older", "parentFolderId": new["id"]}
        inner = omni.client.change("POST", "/api/v1/folders", inner).content
        folders = omnipd.read_folders(refresh=True)
        by_path = ids(folders)
        start = omni.folders()
        gone = ["/old", "/old/older", FLIGHTS]
        plan = omnipd.plan(folders, folders[~folders["path"].isin(gone)], delete=True)
        assert set(plan["tier"]) == {"destructive"}
        assert not plan["reversible"].any()
        assert not plan["call"].str.contains("force").any()
        assert plan["item"].iloc[0] == inner["id"]
        report = plan.apply(destructive=True)
        assert states(report) == {
            (inner["id"], "exists"): "ok",
            (new["id"], "exists"): "ok",
            (by_path[FLIGHTS], "exists"): "failed",
        }
        assert report["detail"].dropna().tolist() == ["Bad Request: Folder is not empty"]
        assert omni.folders() == {
            one: it for one, it in start.items() if one not in {new["id"], inner["id"]}
        }
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert back["refused"].str.startswith("Omni has no call that brings a folder back").all()


def test_labels_of_folders_are_changed_where_omni_has_a_call_for_it():
    with small_omni(folder_labels=True) as omni:
        start = omni.folders()
        folders = omnipd.read_folders()
        one = ids(folders)[FLIGHTS]
        plan = omnipd.plan(folders, set_to(folders, "labels", {FLIGHTS: "marketing,operations"}))
        assert plan["call"].tolist() == [
            f"PATCH /api/v1/folders/{one}/labels "
            '{"add":["marketing","operations"],"remove":["finance"]}'
        ]
        report = plan.apply()
        assert states(report) == {(one, "labels"): "ok"}
        name, path, _ = start[one]
        assert omni.folders() == start | {one: (name, path, ("marketing", "operations"))}
        assert undone(report) == {"ok"}
        assert omni.folders() == start


def test_a_server_without_that_call_is_told_from_a_folder_that_is_gone():
    with small_omni() as omni:
        folders = omnipd.read_folders()
        plan = omnipd.plan(
            folders, set_to(folders, "labels", {FLIGHTS: "marketing", DELAYS: "marketing"})
        )
        report = plan.apply()
        assert report["state"].tolist() == ["failed", "failed"]
        assert report["status"].tolist() == [404, 404]
        assert report["detail"].str.startswith("This Omni has no call that labels folders").all()
        # Nothing was asked for twice that is not there.
        assert len(omni.changes()) == 1
        undefined = omnipd.plan(folders, set_to(folders, "labels", {FLIGHTS: "marketin"}))
        assert undefined["refused"].tolist() == [
            "There is no label 'marketin'. Did you mean 'marketing'?"
        ]


def test_a_folder_that_is_gone_meanwhile_is_said_to_be_gone():
    # It is deleted just before it is to be labeled.
    meanwhile = {
        "kind": "meanwhile",
        "method": "PATCH",
        "path": "/api/v1/folders/*/labels",
        "does": {"method": "DELETE", "path": "/api/v1/folders/{1}?force=true"},
    }
    with small_omni(folder_labels=True, faults=[meanwhile]):
        folders = omnipd.read_folders()
        plan = omnipd.plan(folders, set_to(folders, "labels", {AIRLINE: "finance"}))
        report = plan.apply()
        assert report["state"].tolist() == ["failed"]
        assert "does not exist" in report["detail"].iloc[0]


def test_a_personal_folder_is_found_among_those_of_its_owner():
    with small_omni(folders=40) as omni:
        folders = omnipd.read_folders(scope="all")
        personal = {
            one.id for one in omni.organization.folders.values() if one.scope == "restricted"
        }
        one = next(each for each in folders["folder_id"] if each in personal)
        start = omni.folders()
        after = folders.copy()
        after.loc[after["folder_id"] == one, "name"] = "Mine"
        report = omnipd.plan(folders, after).apply()
        assert states(report) == {(one, "name"): "ok"}
        assert omni.folders()[one][0] == "Mine"
        assert undone(report) == {"ok"}
        assert omni.folders() == start


def test_a_person_renames_a_folder_of_their_own():
    with (
        small_omni() as omni,
        omnipd.connect(
            omni.server.url, omni.server.personal_key, requests_per_minute=None
        ) as person,
    ):
        own = {"name": "Own", "scope": "restricted"}
        one = person.change("POST", "/api/v1/folders", own).content["id"]
        folders = omnipd.read_folders(scope="restricted")
        report = omnipd.plan(folders, set_to(folders, "name", {"/own": "Mine"})).apply()
        assert states(report) == {(one, "name"): "ok"}
        assert omni.folders()[one] == ("Mine", "own", ())


def test_folders_among_content_are_changed_as_those_of_their_own_list():
    with small_omni() as omni:
        content = omnipd.read_content()
        top = content[content["path"] == FLIGHTS].iloc[0]["id"]
        is_labeled = content["labels"].notna() & (content["labels"] != "marketing")
        document = content[(content["type"] == "document") & is_labeled].iloc[0]
        after = with_rows(
            set_to(content, "path", {FLIGHTS: "/air"}), {"type": "folder", "path": "/new"}
        )
        identifier = document["document_identifier"]
        after.loc[after["document_identifier"] == identifier, "labels"] = "marketing"
        report = omnipd.plan(content, after).apply(confirm=True)
        assert states(report) == {
            ("/new", "exists"): "ok",
            (top, "path"): "ok",
            (identifier, "labels"): "ok",
        }
        assert omni.folders()[top] == ("Flights", "air", ("finance",))
        assert ("new", "new", ()) in omni.folders().values()


@pytest.mark.parametrize("first", ["new", "renamed"])
def test_no_folder_is_made_in_one_that_gets_another_path(first):
    with small_omni():
        folders = omnipd.read_folders()
        after = with_rows(
            set_to(folders, "path", {FLIGHTS: "/air"}), {"path": "/flights/delays/new"}
        )
        if first == "new":
            after = after.iloc[::-1]
        plan = omnipd.plan(folders, after)
        refused = {
            column: why
            for column, why in zip(plan["column"], plan["refused"], strict=True)
            if not pd.isna(why)
        }
        assert refused == (
            {
                "path": "A new folder is made in it by the same plan: change its path by one of its own."
            }
            if first == "new"
            else {
                "exists": "A folder above gets another path by the same plan: make it by one of its own."
            }
        )
