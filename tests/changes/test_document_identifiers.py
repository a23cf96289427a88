"""Documents get other identifiers: the old one leads there, and all else of a plan still finds them."""

import pandas as pd
import pytest
from changes.changed_documents import changed_omni, outcome

import omnipd
from omnipd.changes.plan import Plan

V1 = "/api/v1/documents"
V2 = "/api/v2/documents"
NEW = "board-pack_2"


@pytest.mark.parametrize("newer", [True, False])
def test_an_identifier_is_changed_and_taken_back_on_either_generation(newer):
    with changed_omni(v2_changes=newer) as omni:
        before = omni.documents()
        one = omni.dashboard()
        plan = omnipd.plan_identifiers({one: NEW})
        assert plan["call"].tolist() == [f'PUT {V2}/{one}/identifier {{"identifier":"{NEW}"}}']
        assert plan["tier"].tolist() == ["confirm"]
        assert plan["remark"].tolist() == [
            f'The old one leads to it. On older servers: PATCH {V1}/{one} {{"identifier":"{NEW}"}}'
        ]
        with pytest.raises(omnipd.ArgumentError, match="1 change"):
            plan.apply()
        report = plan.apply(confirm=True)
        assert outcome(report) == ("ok", True)
        sent = [("PUT", f"{V2}/{one}/identifier", 200 if newer else 404)]
        assert omni.changes() == sent + ([] if newer else [("PATCH", f"{V1}/{one}", 200)])
        assert set(omni.documents()) == set(before) - {one} | {NEW}
        assert omni.ask("GET", f"{V1}/{one}/drafts")[0] == 308
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert back[["item", "old", "new"][0]].tolist() == [NEW]
        assert (back["old"].tolist(), back["new"].tolist()) == ([NEW], [one])
        assert outcome(back.apply(confirm=True)) == ("ok", True)
        assert set(omni.documents()) == set(before)


def test_a_name_and_an_identifier_of_one_plan_are_both_seen_and_both_taken_back():
    with changed_omni() as omni:
        one = omni.dashboard()
        was = omni.documents()[one]
        documents = omnipd.read_documents()
        edited = documents.copy()
        its = edited["document_identifier"] == one
        edited.loc[its, "name"] = "Board pack"
        edited.loc[its, "labels"] = "finance"
        parts = [omnipd.plan_identifiers({one: NEW}), omnipd.plan(documents, edited)]
        plan = Plan([change for part in parts for change in part.changes], omni.client.base_url)
        assert plan["column"].tolist() == ["name", "labels", "identifier"]
        report = plan.apply(confirm=True)
        assert report["state"].tolist() == ["ok"] * 3
        journal = omnipd.open_journal(report.attrs["omni"]["journal"])
        again = journal.verify()
        assert again["verified"].tolist() == [True] * 3
        now = omni.documents()[NEW]
        assert (now["name"], now["labels"]) == ("Board pack", ["finance"])
        back = omnipd.undo(journal)
        assert back["item"].tolist() == [NEW] * 3
        assert back.apply(confirm=True)["state"].tolist() == ["ok"] * 3
        now = omni.documents()[one]
        assert (now["name"], now["labels"]) == (was["name"], was["labels"])
        assert NEW not in omni.documents()


@pytest.mark.parametrize("code", [None, 502])
@pytest.mark.parametrize("kind", ["reset", "lost"])
@pytest.mark.parametrize(
    ("newer", "method", "path"), [(True, "PUT", f"{V2}/*/identifier"), (False, "PATCH", f"{V1}/*")]
)
def test_an_answer_that_is_lost_is_looked_for(newer, method, path, kind, code):
    fault = {"kind": kind, "method": method, "path": path}
    if code is not None:
        fault = (
            fault | {"code": code} if kind == "lost" else fault | {"kind": "status", "code": 502}
        )
    with changed_omni(v2_changes=newer, faults=[fault]) as omni:
        one = omni.dashboard()
        report = omnipd.plan_identifiers({one: NEW}).apply(confirm=True)
        assert outcome(report) == ("ok", True)
        assert NEW in omni.documents()
        sent = [each for each in omni.changes() if each[0] == method]
        assert len(sent) == (1 if kind == "lost" else 2)


def test_drafts_are_in_the_way_of_the_older_call_only():
    with changed_omni() as omni:
        one = omni.dashboard(drafted=True)
        assert outcome(omnipd.plan_identifiers({one: NEW}).apply(confirm=True)) == ("ok", True)
        assert len(omni.drafts(NEW)) == 1
    with changed_omni(v2_changes=False) as omni:
        one = omni.dashboard(drafted=True)
        [draft] = omni.drafts(one)
        report = omnipd.plan_identifiers({one: NEW}).apply(confirm=True)
        assert outcome(report) == ("conflict", None)
        assert f"a draft of it, {draft}. It stays" in report["detail"][0]
        assert omni.drafts(one) == [draft]


def test_a_server_with_neither_call_is_named():
    with changed_omni(removed_routes=True, v2_changes=False) as omni:
        report = omnipd.plan_identifiers({omni.dashboard(): NEW}).apply(confirm=True)
        assert outcome(report) == ("failed", None)
        assert report["detail"].tolist() == [
            "This Omni has none of the calls that change the identifier of a document."
        ]


def test_a_document_that_was_readdressed_since_is_a_conflict_or_already_so():
    with changed_omni() as omni:
        one = omni.dashboard()
        plan = omnipd.plan_identifiers({one: NEW})
        assert omni.ask("PUT", f"{V2}/{one}/identifier", {"identifier": "theirs"})[0] == 200
        report = plan.apply(confirm=True, journal=None)
        assert outcome(report) == ("conflict", None)
        assert report["detail"].tolist() == ["It is not there."]
        assert omni.ask("PUT", f"{V2}/theirs/identifier", {"identifier": NEW})[0] == 200
        assert plan.apply(dry_run=True)["state"].tolist() == ["already"]


def test_another_document_with_the_new_identifier_is_not_taken_for_it():
    with changed_omni() as omni:
        one, other = list(omni.documents())[:2]
        plan = omnipd.plan_identifiers({one: NEW})
        assert omni.ask("DELETE", f"{V1}/{one}")[0] == 200
        assert omni.ask("PUT", f"{V2}/{other}/identifier", {"identifier": NEW})[0] == 200
        report = plan.apply(confirm=True)
        assert outcome(report) == ("conflict", None)
        assert report["detail"].tolist() == ["It is not there."]


@pytest.mark.parametrize("wrong", ["x", "x" * 49, "a/b", "a b", "é" * 3])
def test_an_identifier_that_cannot_be_is_refused(wrong):
    with changed_omni() as omni:
        plan = omnipd.plan_identifiers({omni.dashboard(): wrong})
        assert plan["refused"].tolist() == [
            "An identifier is 2 to 48 of the letters a to z, digits, - and _."
        ]
        assert omni.changes() == []


def test_an_identifier_in_use_is_refused_with_whose_it_is_and_so_is_the_same_twice():
    with changed_omni() as omni:
        one, other, third = list(omni.documents())[:3]
        plan = omnipd.plan_identifiers({one: other, other: NEW, third: NEW, "nothing": "free"})
        names = {name: each["name"] for name, each in omni.documents().items()}
        refused = dict(zip(plan["item"], plan["refused"], strict=True))
        assert refused[one] == f"{other!r} is that of {names[other]!r}."
        assert pd.isna(refused[other])
        assert refused[third] == f"{NEW!r} is that of {names[other]!r}."
        assert refused["nothing"] == "There is no such document."


@pytest.mark.parametrize("wrong", [None, {}, "abc", ["a"], {"a": None}, {"": "b"}, {1: "b"}])
def test_what_names_no_identifiers_is_refused_by_name(wrong):
    with changed_omni(), pytest.raises(omnipd.ArgumentError, match="identifiers"):
        omnipd.plan_identifiers(wrong)


def test_a_series_may_not_have_one_document_twice():
    twice = pd.Series(["x1", "x2"], index=["a", "a"])
    with changed_omni(), pytest.raises(omnipd.ArgumentError, match="two new ones"):
        omnipd.plan_identifiers(twice)


def test_a_series_of_a_sheet_says_them_too():
    with changed_omni() as omni:
        one = omni.dashboard()
        sheet = pd.DataFrame({"document_identifier": [one], "new": [NEW]})
        plan = omnipd.plan_identifiers(sheet.set_index("document_identifier")["new"])
        assert plan["new"].tolist() == [NEW]


def test_an_edited_identifier_in_a_frame_is_refused_and_says_how_it_goes():
    with changed_omni() as omni:
        documents = omnipd.read_documents()
        edited = documents.copy()
        edited.loc[0, "document_identifier"] = NEW
        plan = omnipd.plan(documents, edited)
        assert plan["item"].tolist() == [NEW]
        assert plan["refused"].tolist() == [
            "There is no such document, and a plan makes none. For another identifier there is "
            "omnipd.plan_identifiers()."
        ]
        assert plan.apply()["state"].tolist() == ["refused"]
        assert omni.changes() == []


def test_an_edited_identifier_deletes_nothing_though_missing_rows_are_to():
    with changed_omni() as omni:
        documents = omnipd.read_documents()
        edited = documents.drop(index=1)
        edited.loc[0, "document_identifier"] = NEW
        plan = omnipd.plan(documents, edited, delete=True)
        gone = plan[plan["new"].isna()]
        assert gone["item"].tolist() == documents["document_identifier"][:2].tolist()
        assert set(gone["refused"]) == {
            "It may be one of the new rows, which cannot be made: leave those out to delete it."
        }
        assert set(plan.apply()["state"]) == {"refused"}
        assert omni.changes() == []
