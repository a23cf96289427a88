"""Documents become favorites of people, and are no more: a row of a frame for each."""

import pandas as pd
import pytest
from changes.changed_documents import changed_omni, outcome

import omnipd
from omnipd.changes.change import Change, Key
from omnipd.changes.plan import Plan

V1 = "/api/v1/documents"


def admirers(omni, identifier):
    _, page = omni.ask("GET", f"{V1}/{identifier}/favorites", pageSize=100)
    return {each["userId"] for each in page["records"]}


def favorite(omni, *, count=3):
    """Find a document that is somebody's favorite, but not everybody's."""
    return next(
        name
        for name, each in omni.documents().items()
        if not each["deleted"] and each["_count"]["favorites"] >= count
    )


def other_user(omni, identifier):
    users = omnipd.read_users()
    return next(one for one in users["user_id"] if one not in admirers(omni, identifier))


def edits(omni, one):
    """Give the frame of one document, and that with a row less and a row more."""
    favorites = omnipd.read_document_favorites(one)
    new = pd.DataFrame({"document_identifier": [one], "user_id": [other_user(omni, one)]})
    return favorites, pd.concat([favorites.iloc[1:], new], ignore_index=True)


def test_a_row_more_makes_a_favorite_and_a_row_less_says_nothing():
    with changed_omni() as omni:
        one = favorite(omni)
        before = admirers(omni, one)
        old, new = edits(omni, one)
        added = new["user_id"].iloc[-1]
        plan = omnipd.plan(old, new)
        assert plan["part"].tolist() == [added]
        assert plan["call"].tolist() == [f"PUT {V1}/{one}/favorite?userId={added}"]
        assert (plan["tier"].tolist(), plan["reversible"].tolist()) == (["safe"], [True])
        report = plan.apply()
        assert outcome(report) == ("ok", True)
        assert admirers(omni, one) == before | {added}
        assert outcome(omnipd.undo(report.attrs["omni"]["journal"]).apply()) == ("ok", True)
        assert admirers(omni, one) == before


def test_a_row_less_takes_it_off_where_that_is_asked_for():
    with changed_omni() as omni:
        one = favorite(omni)
        before = admirers(omni, one)
        old, new = edits(omni, one)
        gone, added = old["user_id"].iloc[0], new["user_id"].iloc[-1]
        report = omnipd.plan(old, new, delete=True).apply()
        assert report["state"].tolist() == ["ok", "ok"]
        assert set(report["call"]) == {
            f"PUT {V1}/{one}/favorite?userId={added}",
            f"DELETE {V1}/{one}/favorite?userId={gone}",
        }
        assert admirers(omni, one) == before - {gone} | {added}
        # Nobody but these is asked for, and for nobody else's favorites.
        assert [sent[2] for sent in omni.changes()] == [204, 204]
        undone = omnipd.undo(report.attrs["omni"]["journal"]).apply()
        assert undone["state"].tolist() == ["ok", "ok"]
        assert admirers(omni, one) == before


def test_a_frame_alone_is_compared_with_what_omni_has():
    with changed_omni() as omni:
        one = favorite(omni)
        _, new = edits(omni, one)
        plan = omnipd.plan(new, reader="document_favorites")
        assert plan["item"].tolist() == [one]
        assert plan["part"].tolist() == [new["user_id"].iloc[-1]]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("kind", ["reset", "lost"])
def test_an_answer_that_is_lost_is_looked_for(method, kind):
    faults = [{"kind": kind, "method": method, "path": f"{V1}/*/favorite"}]
    with changed_omni(faults=faults) as omni:
        one = favorite(omni)
        old, new = edits(omni, one)
        report = omnipd.plan(old, new, delete=True).apply()
        assert report["state"].tolist() == ["ok", "ok"]
        assert admirers(omni, one) == set(new["user_id"])
        assert len(omni.changes()) == (2 if kind == "lost" else 3)


def test_what_is_so_already_is_left_alone():
    with changed_omni() as omni:
        one = favorite(omni)
        old, new = edits(omni, one)
        plan = omnipd.plan(old, new)
        added = new["user_id"].iloc[-1]
        assert omni.ask("PUT", f"{V1}/{one}/favorite", userId=added)[0] == 204
        assert outcome(plan.apply()) == ("already", None)


@pytest.mark.parametrize("new", [None, False])
def test_nothing_and_false_are_both_no_favorite(new):
    with changed_omni() as omni:
        one = favorite(omni)
        some = min(admirers(omni, one))
        for part, state in ((some, "ok"), (other_user(omni, one), "already")):
            change = Change(Key("document", one, part, "favorite"), True, new)
            plan = Plan([change], omni.client.base_url)
            assert plan["call"].tolist() == [f"DELETE {V1}/{one}/favorite?userId={part}"]
            assert plan.apply()["state"].tolist() == [state]
        assert some not in admirers(omni, one)


def test_a_favorite_of_nobody_is_refused():
    with changed_omni() as omni:
        change = Change(Key("document", favorite(omni), None, "favorite"), None, True)
        plan = Plan([change], omni.client.base_url)
        assert plan["refused"].tolist() == ["Whose favorite it is has to be said."]


def test_a_document_that_is_gone_is_a_conflict():
    with changed_omni() as omni:
        one = favorite(omni)
        plan = omnipd.plan(*edits(omni, one))
        assert omni.ask("DELETE", f"{V1}/{one}")[0] == 200
        report = plan.apply()
        assert outcome(report) == ("conflict", None)
        assert report["detail"].tolist() == ["It is not there."]


def test_an_unknown_person_is_refused_by_name():
    with changed_omni() as omni:
        one = favorite(omni)
        old, new = edits(omni, one)
        nobody = "00000000-0000-4000-8000-000000000000"
        new.loc[len(new) - 1, "user_id"] = nobody
        plan = omnipd.plan(old, new)
        assert plan["refused"].tolist() == [f"There is no user {nobody!r}."]
        assert omni.changes() == []


def test_what_cannot_be_edited_says_that_rows_can():
    with changed_omni() as omni:
        favorites = omnipd.read_document_favorites(favorite(omni))
        edited = favorites.copy()
        edited.loc[0, "email"] = "x@y.example"
        with pytest.raises(omnipd.ArgumentError, match=r"email \(1 row\)") as refused:
            omnipd.plan(favorites, edited)
    assert refused.value.hint == "Only rows can be added and taken away."
