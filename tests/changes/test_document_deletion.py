"""Documents are deleted only where that is asked for, twice, and said to be for good."""

import pandas as pd
import pytest
from changes.changed_documents import changed_omni, outcome

import omnipd

V1 = "/api/v1/documents"
V2 = "/api/v2/documents"
FOR_GOOD = "It goes into Omni's trash, and no call takes it out again."


def without(identifier, **more):
    documents = omnipd.read_documents()
    rest = documents[documents["document_identifier"] != identifier]
    return omnipd.plan(documents, rest, **more)


def test_a_row_that_is_missing_deletes_nothing_unless_it_is_asked_for():
    with changed_omni() as omni:
        one = omni.dashboard()
        assert without(one).empty
        plan = without(one, delete=True)
        assert plan["call"].tolist() == [f"DELETE {V1}/{one}"]
        assert (plan["tier"].tolist(), plan["reversible"].tolist()) == (["destructive"], [False])
        assert plan["remark"].tolist() == [FOR_GOOD]
        for allowed in ({}, {"confirm": True}):
            with pytest.raises(omnipd.ArgumentError, match="destructive"):
                plan.apply(**allowed)
        assert omni.changes() == []
        report = plan.apply(destructive=True)
        assert outcome(report) == ("ok", True)
        assert omni.changes() == [("DELETE", f"{V1}/{one}", 200)]
        assert [name for name, each in omni.documents().items() if each["deleted"]].count(one) == 1
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert back["refused"].tolist() == [FOR_GOOD]
        assert back.apply(destructive=True)["state"].tolist() == ["refused"]


@pytest.mark.parametrize("kind", ["reset", "lost"])
def test_an_answer_that_is_lost_is_looked_for(kind):
    faults = [{"kind": kind, "method": "DELETE", "path": f"{V1}/*"}]
    with changed_omni(faults=faults) as omni:
        one = omni.dashboard()
        assert outcome(without(one, delete=True).apply(destructive=True)) == ("ok", True)
        assert omni.documents()[one]["deleted"]
        assert len(omni.changes()) == (1 if kind == "lost" else 2)


def test_what_is_deleted_already_is_so_and_what_is_shown_still_is_unverified():
    with changed_omni() as omni:
        one = omni.dashboard()
        plan = without(one, delete=True)
        assert omni.ask("DELETE", f"{V1}/{one}")[0] == 200
        assert outcome(plan.apply(destructive=True)) == ("already", None)
    faults = [{"kind": "no_effect", "method": "DELETE", "path": f"{V1}/*"}]
    with changed_omni(faults=faults) as omni:
        plan = without(omni.dashboard(), delete=True)
        assert outcome(plan.apply(destructive=True)) == ("unverified", False)


def test_a_document_that_has_another_identifier_by_now_is_no_deleted_one():
    with changed_omni() as omni:
        one = omni.dashboard()
        plan = without(one, delete=True)
        assert omni.ask("PUT", f"{V2}/{one}/identifier", {"identifier": "moved"})[0] == 200
        report = plan.apply(destructive=True)
        assert outcome(report) == ("conflict", None)
        assert report["detail"].tolist() == ["It has another identifier by now."]
        assert not omni.documents()["moved"]["deleted"]


def test_what_is_in_the_trash_stays_as_it_is():
    with changed_omni() as omni:
        one = next(name for name, each in omni.documents().items() if each["deleted"])
        documents = omnipd.read_documents(include_deleted=True)
        edited = documents.copy()
        edited.loc[edited["document_identifier"] == one, "name"] = "Back again"
        for plan in (
            omnipd.plan(documents, edited),
            omnipd.plan(documents, documents[documents["document_identifier"] != one], delete=True),
        ):
            assert plan["refused"].tolist() == ["It is in the trash."]
        edited["deleted"] = edited["deleted"].astype("string").str.upper()
        plan = omnipd.plan(documents, edited)  # it has been through a spreadsheet
        assert plan["refused"].tolist() == ["It is in the trash."]


def test_a_new_row_makes_no_document():
    with changed_omni() as omni:
        documents = omnipd.read_documents()
        new = documents.head(1).assign(document_identifier="brand-new")
        plan = omnipd.plan(documents, pd.concat([documents, new], ignore_index=True))
        assert plan["item"].tolist() == ["brand-new"]
        assert plan["refused"][0].startswith("There is no such document, and a plan makes none.")
        assert omni.changes() == []


def test_people_delete_what_is_their_own_with_their_own_key():
    with changed_omni() as omni:
        me = omni.server.organization.token_holder.membership_id
        one = omni.dashboard(owner_id=me)
        with omnipd.connect(omni.server.url, omni.server.personal_key, requests_per_minute=None):
            assert outcome(without(one, delete=True).apply(destructive=True)) == ("ok", True)
        assert omni.documents()[one]["deleted"]
