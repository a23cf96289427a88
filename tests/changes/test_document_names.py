"""Documents get other names and descriptions, in place or by a draft, and nobody's draft is touched."""

import pandas as pd
import pytest
from changes.changed_documents import changed_omni, outcome, renamed

import omnipd
from omnipd.changes.journal import Journal
from omnipd.changes.journal_file import JournalFile
from omnipd.changes.plan_rows import plan_name
from omnipd_sandbox.organization.drafts import drafts_of

V1 = "/api/v1/documents"
V2 = "/api/v2/documents"


def by_draft(identifier):
    return [
        ("PATCH", f"{V2}/{identifier}/draft", 200),
        ("POST", f"{V2}/{identifier}/draft/publish", 200),
    ]


@pytest.mark.parametrize(("column", "key"), [("name", "name"), ("description", "description")])
@pytest.mark.parametrize("newer", [False, True])
def test_a_name_is_changed_and_taken_back_on_either_generation(column, key, newer):
    knobs = {"removed_routes": True} if newer else {"v2_changes": False}
    with changed_omni(**knobs) as omni:
        one = omni.dashboard()
        before = omni.documents()
        plan = renamed(one, column)
        assert plan["call"].tolist() == [f'PATCH {V1}/{one} {{"{key}":"Board pack"}}']
        assert plan["tier"].tolist() == ["safe"]
        assert plan["remark"].tolist() == [
            f'On newer servers: PATCH {V2}/{one}/draft {{"{key}":"Board pack"}}; '
            f"POST {V2}/{one}/draft/publish"
        ]
        report = plan.apply()
        assert outcome(report) == ("ok", True)
        in_place = [("PATCH", f"{V1}/{one}", 405 if newer else 200)]
        assert omni.changes() == in_place + (by_draft(one) if newer else [])
        after = omni.documents()
        assert after[one][key] == "Board pack"
        assert omni.drafts(one) == []
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert outcome(back.apply()) == ("ok", True)
        again = omni.documents()
        assert again[one][key] == before[one][key]
        same = {name: {**each, "updatedAt": None} for name, each in again.items()}
        assert same == {name: {**each, "updatedAt": None} for name, each in before.items()}


def test_a_description_is_taken_away_and_comes_back():
    with changed_omni() as omni:
        one = next(name for name, each in omni.documents().items() if each.get("description"))
        said = omni.documents()[one]["description"]
        report = renamed(one, "description", None).apply()
        assert outcome(report) == ("ok", True)
        assert omni.documents()[one]["description"] is None
        omnipd.undo(report.attrs["omni"]["journal"]).apply()
        assert omni.documents()[one]["description"] == said


def test_what_a_server_has_no_more_is_asked_once():
    with changed_omni(removed_routes=True) as omni:
        documents = omnipd.read_documents()
        some = documents[documents["has_dashboard"]]["document_identifier"]
        two = [one for one in some if not omni.drafts(one)][:2]
        edited = documents.copy()
        edited.loc[edited["document_identifier"].isin(two), "name"] = "Same for both"
        report = omnipd.plan(documents, edited).apply()
        assert report["state"].tolist() == ["ok", "ok"]
        assert omni.changes() == [
            ("PATCH", f"{V1}/{two[0]}", 405),
            *by_draft(two[0]),
            *by_draft(two[1]),
        ]


@pytest.mark.parametrize("newer", [False, True])
def test_somebodys_draft_is_a_conflict_that_names_them_and_it_stays(newer):
    with changed_omni(removed_routes=newer) as omni:
        one = omni.dashboard(drafted=True)
        [draft] = omni.drafts(one)
        _, drafts = omni.ask("GET", f"{V1}/{one}/drafts")
        [record] = [each for each in drafts if each["identifier"] == draft]
        who = [record[each]["name"] for each in ("createdBy", "lastEditedBy")]
        assert who[0] != who[1]
        before = omni.documents()
        report = renamed(one).apply()
        assert outcome(report) == ("conflict", None)
        assert report["status"].tolist() == [409]
        assert report["detail"].tolist() == [
            f"{who[0]} and {who[1]} have a draft of it, {draft}. "
            "It stays: publish or discard it in Omni, then plan again."
        ]
        assert omni.changes() == [("PATCH", f"{V1}/{one}", 405 if newer else 409)]
        assert (omni.documents(), omni.drafts(one)) == (before, [draft])


def test_a_draft_that_is_begun_in_the_meantime_is_a_conflict():
    opened = {"method": "POST", "path": V1 + "/{1}/draft", "body": {}}
    faults = [{"meanwhile": opened, "method": "PATCH", "path": f"{V2}/*/draft"}]
    with changed_omni(removed_routes=True, faults=faults) as omni:
        one = omni.dashboard()
        report = renamed(one).apply()
        assert outcome(report) == ("conflict", None)
        [draft] = omni.drafts(one)
        assert report["detail"][0].startswith(f"Ada Byrne has a draft of it, {draft}.")
        assert omni.documents()[one]["name"] != "Board pack"


def test_a_draft_on_a_branch_is_in_nobodys_way():
    with changed_omni(removed_routes=True) as omni:
        one = omni.dashboard()
        model = omni.server.organization.documents[one].model_id
        branch = omni.server.organization.branches_of(model)[0].id
        body = {"name": "On a branch", "branchId": branch}
        assert omni.ask("PATCH", f"{V2}/{one}/draft", body)[0] == 200
        assert outcome(renamed(one).apply()) == ("ok", True)
        _, [left] = omni.ask("GET", f"{V1}/{one}/drafts")
        assert left["branch"]["id"] == branch


IN_PLACE = (False, "PATCH", f"{V1}/*")
DRAFTING = (True, "PATCH", f"{V2}/*/draft")
PUBLISHING = (True, "POST", f"{V2}/*/draft/publish")


@pytest.mark.parametrize("code", [None, 504])
@pytest.mark.parametrize("kind", ["reset", "lost"])
@pytest.mark.parametrize("call", [IN_PLACE, DRAFTING, PUBLISHING])
def test_an_answer_that_is_lost_is_looked_for_and_gone_on_from(call, kind, code):
    newer, method, path = call
    if kind == "reset" and code is not None:
        fault = {"status": code, "method": method, "path": path}  # nothing was done
    else:
        fault = {"kind": kind, "method": method, "path": path}
        fault |= {} if code is None else {"code": code}
    with changed_omni(removed_routes=newer, faults=[fault]) as omni:
        one = omni.dashboard()
        report = renamed(one).apply()
        assert outcome(report) == ("ok", True)
        assert omni.documents()[one]["name"] == "Board pack"
        assert omni.drafts(one) == []
        # What took effect is not done again, and no second draft is made beside the first.
        made = [sent for sent in omni.changes() if sent[2] == 200 and sent[0] == "PATCH"]
        lost = kind == "lost"
        in_doubt = call is not PUBLISHING and lost
        assert len(made) == (0 if in_doubt else 1)
        posts = [sent[2] for sent in omni.changes() if sent[0] == "POST"]
        assert len(posts) == (
            0 if call is IN_PLACE else 2 if call is PUBLISHING and not lost else 1
        )


def left_draft(omni, one, **body):
    """Leave what is left where a process was killed before it published."""
    status, answer = omni.ask("PATCH", f"{V2}/{one}/draft", {"name": "Board pack", **body})
    assert status == 200
    return answer["draftId"]


@pytest.mark.parametrize("reached", ["nothing", "its draft", "its publication"])
def test_what_a_killed_process_has_begun_is_gone_on_with(reached, tmp_path):
    with changed_omni(removed_routes=True) as omni:
        one = omni.dashboard()
        plan = renamed(one)
        file = tmp_path / "killed.journal"
        Journal.begun(file, plan.changes, plan.instance, plan_name(plan.changes, plan.instance))
        held = JournalFile(file)
        held.note([0], "sent")
        held.close()
        if reached != "nothing":
            left_draft(omni, one)
        if reached == "its publication":
            assert omni.ask("POST", f"{V2}/{one}/draft/publish")[0] == 200
        before = len(omni.changes())
        assert outcome(omnipd.open_journal(file).resume()) == ("ok", True)
        assert omni.documents()[one]["name"] == "Board pack"
        assert omni.drafts(one) == []
        sent = omni.changes()[before:]
        assert [each for each in sent if each[2] == 200] == {
            "nothing": by_draft(one),
            "its draft": by_draft(one)[1:],
            "its publication": [],
        }[reached]


def test_a_draft_of_ones_own_that_holds_more_is_somebodys_work():
    with changed_omni(removed_routes=True) as omni:
        one = omni.dashboard()
        draft = left_draft(omni, one, description="Not yet for others")
        report = renamed(one).apply()
        assert outcome(report) == ("conflict", None)
        assert report["detail"][0].startswith(f"Ada Byrne has a draft of it, {draft}. It stays")
        assert omni.drafts(one) == [draft]
        assert omni.documents()[one]["name"] != "Board pack"


def test_a_draft_that_says_the_same_and_is_anothers_stays_and_is_told_of():
    with changed_omni(removed_routes=True) as omni:
        me = omni.server.organization.token_holder
        one = omni.dashboard(owner_id=me.membership_id)
        key = omni.server.personal_key
        status, made = omni.ask("PATCH", f"{V2}/{one}/draft", {"name": "Board pack"}, key=key)
        assert status == 200
        report = renamed(one).apply()
        assert outcome(report) == ("conflict", None)
        assert report["detail"].tolist() == [
            f"{me.name} has a draft of it, {made['draftId']}. It holds only this change: it may have been "
            "begun by it. It stays: publish or discard it in Omni, then plan again."
        ]
        assert omni.drafts(one) == [made["draftId"]]


def test_who_cannot_ask_what_they_are_called_leaves_such_a_draft_and_is_told():
    """Drafts may name their authors without an id, and people by id are known to organization keys only."""
    with changed_omni(removed_routes=True) as omni:
        me = omni.server.organization.token_holder
        one = omni.dashboard(owner_id=me.membership_id)
        key = omni.server.personal_key
        _, made = omni.ask("PATCH", f"{V2}/{one}/draft", {"name": "Board pack"}, key=key)
        with omnipd.connect(omni.server.url, key, requests_per_minute=None):
            report = renamed(one).apply()
            assert outcome(report) == ("conflict", None)
            assert "It holds only this change" in report["detail"][0]
            assert omni.drafts(one) == [made["draftId"]]
            status, _ = omni.ask("DELETE", f"{V1}/{one}/draft", {}, key=key)
            assert (status, outcome(renamed(one).apply())) == (200, ("ok", True))


def test_a_draft_that_cannot_be_published_is_named_and_left():
    with changed_omni(removed_routes=True, pull_requests="required") as omni:
        one = omni.dashboard()
        needed = {"requirePullRequestToPublish": True}
        assert omni.ask("PUT", f"{V1}/{one}/permissions", needed)[0] == 200
        before = omni.documents()
        report = renamed(one).apply()
        assert (outcome(report), report["status"].tolist()) == (("failed", None), [403])
        [draft] = omni.drafts(one)
        said = (
            f"The change is in a draft, {draft}, that could not be published: "
            "A pull request is required to publish this document. Publish or discard it in Omni."
        )
        assert said in report["detail"][0]
        assert omni.documents() == before


@pytest.mark.parametrize(
    ("refused", "state", "detail"),
    [
        (
            {"status": 403, "count": None},
            "failed",
            "The change is in a draft that could not be published: Forbidden. "
            "Publish or discard it in Omni.",
        ),
        (
            {"kind": "reset", "count": None},
            "unknown",
            "It was sent 3 times without an answer, and had no effect so far.",
        ),
    ],
)
def test_a_draft_that_cannot_be_asked_for_any_more_is_told_of_without_its_name(
    refused, state, detail
):
    # Before it is made, and, where it is sent again, to see that it is one's own.
    looks = 1 if state == "failed" else 3
    faults = [
        {"method": "POST", "path": f"{V2}/*/draft/publish", **refused},
        {"status": 403, "method": "GET", "path": f"{V1}/*/drafts", "after": looks},
    ]
    with changed_omni(removed_routes=True, faults=faults) as omni:
        one = next(
            each.identifier
            for each in omni.server.organization.documents.values()
            if each.has_dashboard
            and not each.deleted
            and drafts_of(each, omni.server.organization) == []
        )
        report = renamed(one).apply()
        assert outcome(report) == (state, None)
        assert detail in report["detail"][0]


def test_a_draft_whose_publication_is_never_answered_is_named():
    faults = [{"kind": "reset", "method": "POST", "path": f"{V2}/*/draft/publish", "count": None}]
    with changed_omni(removed_routes=True, faults=faults) as omni:
        one = omni.dashboard()
        report = renamed(one).apply()
        assert outcome(report) == ("unknown", None)
        [draft] = omni.drafts(one)
        assert report["detail"].tolist() == [
            "It was sent 3 times without an answer, and had no effect so far. "
            f"What may have come of it: the draft {draft}."
        ]
        assert [sent[0] for sent in omni.changes()] == ["PATCH", "PATCH", "POST", "POST", "POST"]


@pytest.mark.parametrize("rest", ["publish", "discard"])
def test_a_draft_that_somebody_takes_in_hand_before_it_is_published(rest):
    """Published by them, it is as it was to be; discarded, it is begun once more."""
    publish = {"method": "POST", "path": V2 + "/{1}/draft/publish"}
    discard = {"method": "DELETE", "path": V1 + "/{1}/draft", "body": {}}
    faults = [
        {
            "meanwhile": publish if rest == "publish" else discard,
            "method": "POST",
            "path": f"{V2}/*/draft/publish",
        }
    ]
    with changed_omni(removed_routes=True, faults=faults) as omni:
        one = omni.dashboard()
        assert outcome(renamed(one).apply()) == ("ok", True)
        assert omni.documents()[one]["name"] == "Board pack"
        assert omni.drafts(one) == []


def test_what_has_no_dashboard_is_refused_by_a_newer_server_in_its_own_words():
    with changed_omni(removed_routes=True) as omni:
        one = next(name for name, each in omni.documents().items() if not each["hasDashboard"])
        report = renamed(one).apply()
        assert (outcome(report), report["status"].tolist()) == (("failed", None), [422])
        assert report["detail"].tolist() == [
            "Document does not have a dashboard in the advanced layout"
        ]


def test_a_server_with_neither_call_is_named():
    with changed_omni(removed_routes=True, v2_changes=False) as omni:
        one = omni.dashboard()
        report = renamed(one).apply()
        assert outcome(report) == ("failed", None)
        assert report["detail"].tolist() == [
            "This Omni has none of the calls that change the name of a document."
        ]


def test_a_document_without_effect_is_unverified():
    faults = [{"kind": "no_effect", "method": "PATCH", "path": f"{V1}/*"}]
    with changed_omni(faults=faults):
        report = renamed("report-4").apply()
        assert outcome(report) == ("unverified", False)
        assert report["detail"].tolist() == ["Omni took it, and shows 'Cancellations by airport'."]


def test_a_name_that_somebody_has_changed_since_stays():
    with changed_omni() as omni:
        one = omni.dashboard()
        plan = renamed(one)
        assert omni.ask("PATCH", f"{V1}/{one}", {"name": "Theirs"})[0] == 200
        assert plan.apply(dry_run=True)["detail"].tolist() == ["It is 'Theirs' now."]
        assert outcome(plan.apply()) == ("conflict", None)
        assert omni.documents()[one]["name"] == "Theirs"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (None, "A document needs a name."),
        ("  ", "A document needs a name."),
        ("x" * 255, "A name has at most 254 characters."),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_sent(name, why):
    with changed_omni() as omni:
        plan = renamed(omni.dashboard(), "name", name)
        assert plan["refused"].tolist() == [why]
        assert plan.apply()["state"].tolist() == ["refused"]
        assert omni.changes() == []


def test_a_column_that_cannot_be_changed_is_named_with_those_that_can():
    with (
        changed_omni() as omni,
        pytest.raises(omnipd.ArgumentError, match=r"owner_name \(1 row\)") as refused,
    ):
        renamed(omni.dashboard(), "owner_name", "Me")
    assert refused.value.hint.startswith("What can be: name, description, labels")


def test_a_name_that_begins_a_formula_comes_back_from_a_spreadsheet_as_it_was(tmp_path):
    with changed_omni() as omni:
        documents = omnipd.read_documents()
        omnipd.to_csv(documents, tmp_path / "documents.csv")
        back = pd.read_csv(tmp_path / "documents.csv", keep_default_na=False)
        assert "'=1+1" in set(back["name"])
        assert omnipd.plan(documents, back).empty
        back.loc[back["name"] == "'=1+1", "description"] = "Two"
        plan = omnipd.plan(documents, back)
        assert (plan["name"].tolist(), plan["new"].tolist()) == (["=1+1"], ["Two"])
        assert omni.changes() == []


def test_a_sheet_with_what_is_in_the_trash_says_nothing_of_it():
    with changed_omni():
        documents = omnipd.read_documents(include_deleted=True)
        edited = documents.copy()
        edited.loc[edited["document_identifier"] == "report-4", "name"] = "Board pack"
        for plan in (omnipd.plan(documents, edited), omnipd.plan(edited)):
            assert plan["item"].tolist() == ["report-4"]
            assert plan["refused"].isna().all()
