"""Documents are moved: who sees them then is said beforehand, and a move is taken back with the scope."""

import pandas as pd
import pytest
from changes.small_organization import (
    AROHA,
    AT_THE_TOP,
    BY_AIRLINE,
    IN_DELAYS,
    PERSONAL,
    PRIYA,
    small_omni,
    states,
    undone,
)

import omnipd

MOVE = "/api/v1/documents/{}/move"
WIDER = "It was restricted; everybody in the organization may see it there."
NARROWER = "Only its owner sees it there, and those that it or its folder is shared with."


def test_documents_of_all_places_are_moved_to_a_folder_and_back():
    with small_omni() as omni:
        before = omni.everything()
        plan = omnipd.plan_move([AT_THE_TOP, IN_DELAYS, PERSONAL], "/flights")
        assert plan["old"].tolist() == [
            "/ (organization)",
            "/flights/delays (organization)",
            "/ (restricted)",
        ]
        assert set(plan["new"]) == {"/flights (organization)"}
        assert plan["remark"].fillna("").tolist() == ["", "", WIDER]
        assert set(plan["tier"]) == {"confirm"}
        assert plan["call"].tolist() == [
            f"POST {MOVE.format(one)} " + '{"folderPath":"/flights","scope":"organization"}'
            for one in (AT_THE_TOP, IN_DELAYS, PERSONAL)
        ]
        report = plan.apply(confirm=True)
        assert states(report) == ["ok"] * 3
        assert report["verified"].all()
        for one in (AT_THE_TOP, IN_DELAYS, PERSONAL):
            assert omni.place(one) == ("flights", "organization")
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert back["remark"].fillna("").tolist() == [NARROWER, "", ""]
        assert states(back.apply(confirm=True)) == ["ok"] * 3
        assert omni.everything() == before


def test_a_move_is_not_made_without_being_allowed():
    with small_omni() as omni:
        with pytest.raises(omnipd.ArgumentError, match="'confirm'"):
            omnipd.plan_move(AT_THE_TOP, "/flights").apply()
        assert omni.changes() == []


@pytest.mark.parametrize("root_scope", ["kept", "restricted"])
def test_at_the_top_a_document_keeps_its_scope_whatever_omni_would_do(root_scope):
    with small_omni(root_scope=root_scope) as omni:
        before = omni.everything()
        plan = omnipd.plan_move(BY_AIRLINE, None)
        assert (plan["new"].item(), plan["remark"].isna().item()) == ("/ (organization)", True)
        report = plan.apply(confirm=True)
        assert states(report) == ["ok"]
        assert omni.place(BY_AIRLINE) == (None, "organization")
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_at_the_top_another_scope_can_be_asked_for():
    with small_omni() as omni:
        before = omni.everything()
        plan = omnipd.plan_move([BY_AIRLINE, PERSONAL], "/ (restricted)")
        # The personal one is there already.
        assert plan["item"].tolist() == [BY_AIRLINE]
        assert plan["remark"].item() == NARROWER
        report = plan.apply(confirm=True)
        assert omni.place(BY_AIRLINE) == (None, "restricted")
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_personal_folders_are_those_of_the_documents_owner():
    with small_omni() as omni:
        folder = {"name": "Private", "scope": "restricted", "userId": AROHA}
        omni.ask("POST", "/api/v1/folders", folder)
        before = omni.everything()
        assert omnipd.plan_move(BY_AIRLINE, "/private")["refused"].item() == (
            "There is no folder '/private' of the organization, or of the documents' owners."
        )
        plan = omnipd.plan_move(PERSONAL, "private/")
        assert plan["new"].item() == "/private (restricted)"
        report = plan.apply(confirm=True)
        assert omni.place(PERSONAL) == ("private", "restricted")
        # From there to everybody, and all the way back.
        wider = omnipd.plan_move(PERSONAL, "/flights").apply(confirm=True)
        assert omni.place(PERSONAL) == ("flights", "organization")
        assert states(undone(wider)) == ["ok"]
        assert omni.place(PERSONAL) == ("private", "restricted")
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_a_document_whose_owner_is_gone_is_moved_nonetheless():
    with small_omni() as omni:
        omni.ask("DELETE", f"/api/scim/v2/Users/{PRIYA}")
        plan = omnipd.plan_move(AT_THE_TOP, "/flightz")
        assert "Did you mean '/flights'?" in plan["refused"].item()
        report = omnipd.plan_move(AT_THE_TOP, "/flights").apply(confirm=True)
        assert states(report) == ["ok"]
        assert omni.place(AT_THE_TOP) == ("flights", "organization")


def test_what_cannot_be_is_refused_with_what_may_be_meant():
    with small_omni() as omni:
        plan = omnipd.plan_move([BY_AIRLINE, "report-5"], "/flihgts/delays")
        assert plan["refused"].tolist() == [
            "There is no folder '/flihgts/delays' of the organization, or of the documents' owners."
            " Did you mean '/flights/delays'?",
            "There is no such document.",
        ]
        plan = omnipd.plan_move(BY_AIRLINE, "/flights (restricted)")
        assert plan["refused"].item() == (
            "What is in the folder '/flights' has its scope, organization."
        )
        assert states(plan.apply(confirm=True)) == ["refused"]
        assert omni.changes() == []
        with pytest.raises(omnipd.ArgumentError, match="must be the path of a folder"):
            omnipd.plan_move(BY_AIRLINE, True)


def test_who_is_where_they_are_to_be_is_no_change():
    with small_omni():
        assert omnipd.plan_move(IN_DELAYS, "flights/delays").empty


def test_what_somebody_else_has_moved_or_shown_to_others_stays():
    with small_omni() as omni:
        plan = omnipd.plan_move([IN_DELAYS, PERSONAL], "/flights/delays/by-airline")
        omni.ask("POST", MOVE.format(IN_DELAYS), {"folderPath": None})
        omni.ask("POST", MOVE.format(PERSONAL), {"folderPath": None, "scope": "organization"})
        report = plan.apply(confirm=True)
        assert states(report) == ["conflict", "conflict"]
        assert report["detail"].tolist() == ["It is '/ (organization)' now."] * 2
        assert omni.place(PERSONAL) == (None, "organization")


@pytest.mark.failure("set-again")
@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"kind": "lost"}, [0]),
        ({"kind": "lost", "code": 504}, [504]),
        ({"kind": "reset"}, [0, 200]),
    ],
)
def test_a_move_whose_answer_was_lost_is_looked_for(fault, sent):
    with small_omni({**fault, "method": "POST", "path": MOVE.format("*")}) as omni:
        before = omni.everything()
        report = omnipd.plan_move(PERSONAL, "/flights").apply(confirm=True)
        assert states(report) == ["ok"]
        assert [status for _, _, status in omni.changes()] == sent
        assert omni.place(PERSONAL) == ("flights", "organization")
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_a_move_without_effect_is_not_taken_for_made():
    with small_omni({"kind": "no_effect", "method": "POST", "path": MOVE.format("*")}):
        report = omnipd.plan_move(PERSONAL, "/flights").apply(confirm=True)
        assert states(report) == ["unverified"]
        assert report["detail"].item() == "Omni took it, and shows '/ (restricted)'."


@pytest.mark.parametrize("reader", [omnipd.read_documents, omnipd.read_content])
def test_paths_are_edited_in_a_frame_that_was_in_a_file(reader, tmp_path):
    with small_omni() as omni:
        start = omni.everything()
        scope = {"scope": "all"} if reader is omnipd.read_content else {}
        before = reader(**scope)
        omnipd.to_csv(before, tmp_path / "sheet.csv")
        after = pd.read_csv(tmp_path / "sheet.csv")
        rows = after["document_identifier"]
        after.loc[rows == PERSONAL, "folder_path"] = "flights"
        after.loc[rows == IN_DELAYS, "folder_path"] = None
        plan = omnipd.plan(before, after)
        made = plan.frame.set_index("item")
        assert made[["old", "new", "remark"]].fillna("").T.to_dict("list") == {
            PERSONAL: ["/ (restricted)", "/flights (organization)", WIDER],
            IN_DELAYS: ["/flights/delays (organization)", "/ (organization)", ""],
        }
        report = plan.apply(confirm=True)
        assert states(report) == ["ok", "ok"]
        now = reader(refresh=True, **scope).set_index("document_identifier")["folder_path"]
        assert (now[PERSONAL], now.isna()[IN_DELAYS]) == ("/flights", True)
        assert states(undone(report)) == ["ok", "ok"]
        assert omni.everything() == start


def test_a_frame_that_is_older_than_a_move_is_a_conflict():
    with small_omni() as omni:
        before = omnipd.read_documents()
        after = before.copy()
        after.loc[after["document_identifier"] == IN_DELAYS, "folder_path"] = "/flights"
        omni.ask("POST", MOVE.format(IN_DELAYS), {"folderPath": None})
        report = omnipd.plan(before, after).apply(confirm=True)
        assert states(report) == ["conflict"]
        assert omni.place(IN_DELAYS) == (None, "organization")


def test_a_plan_that_was_looked_through_in_a_file_is_the_same(tmp_path):
    with small_omni() as omni:
        plan = omnipd.plan_move([PERSONAL, BY_AIRLINE], "/flights")
        plan.to_csv(tmp_path / "plan.csv")
        again = omnipd.Plan.from_csv(tmp_path / "plan.csv")
        assert again == plan
        assert states(again.apply(confirm=True)) == ["ok", "ok"]
        assert omni.place(PERSONAL) == ("flights", "organization")
