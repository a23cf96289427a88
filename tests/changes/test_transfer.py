"""What somebody leaves behind is handed over, and what Omni has no call for is not passed over in silence."""

from collections import Counter

import pytest
from changes.small_organization import (
    ALEX,
    AROHA,
    AT_THE_TOP,
    BY_AIRLINE,
    DAILY,
    GRACE,
    IN_DELAYS,
    JOSE,
    MONTHLY,
    OF_JOSE,
    PERSONAL,
    PRIYA,
    small_omni,
    states,
    undone,
)

import omnipd

FOLDER = "Omni has no call that gives a folder to somebody else."
KEY = "A key acts for its owner and cannot be given away. It can be disabled, or deleted for good."
ROUTINE = "No call is known that gives a routine to somebody else."


def rows(plan, *columns):
    """Give rows of a plan as tuples, with empty text for null."""
    frame = plan.frame.astype(object)
    return list(frame[list(columns)].where(frame.notna(), "").itertuples(index=False, name=None))


def test_documents_go_to_the_new_owner_and_the_rest_says_why_not():
    with small_omni() as omni:
        before = omni.everything()
        plan = omnipd.plan_transfer("priya@sandbox.example", "Grace Lee")
        made = plan[plan["refused"].isna()]
        assert rows(made, "kind", "item", "column", "old", "new") == [
            ("document", AT_THE_TOP, "owner_id", PRIYA, GRACE)
        ]
        assert Counter(rows(plan[plan["refused"].notna()], "kind", "column", "refused")) == {
            ("folder", "owner_id", FOLDER): 1,
            ("api_key", "user_id", KEY): 2,
            ("routine", "owner_id", ROUTINE): 2,
        }
        assert plan["tier"].dropna().tolist() == ["confirm"]
        report = plan.apply(confirm=True)
        assert Counter(states(report)) == {"ok": 1, "refused": 5}
        assert omni.organization.documents[AT_THE_TOP].owner_id == GRACE
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_schedules_go_to_the_new_owner_and_come_to_them_instead():
    with small_omni() as omni:
        before = omni.everything()
        plan = omnipd.plan_transfer(JOSE, GRACE, kinds=["schedule", "received_schedule"])
        assert rows(plan, "item", "part", "column", "old", "new") == [
            (OF_JOSE, "", "owner_id", JOSE, GRACE),
            (MONTHLY, GRACE, "recipient", "", "true"),
            (MONTHLY, JOSE, "recipient", "true", ""),
            (DAILY, GRACE, "recipient", "", "true"),
            (DAILY, JOSE, "recipient", "true", ""),
        ]
        report = plan.apply(confirm=True)
        assert states(report) == ["ok"] * 5
        assert report["verified"].all()
        held = omni.organization.schedules
        assert held[OF_JOSE].owner_id == GRACE
        for one in (MONTHLY, DAILY):
            assert GRACE in held[one].member_ids
            assert JOSE not in held[one].member_ids
        assert states(undone(report)) == ["ok"] * 5
        assert omni.everything() == before


@pytest.mark.parametrize("unknown_owner", ["not_found", "empty"])
def test_who_only_bears_their_name_keeps_what_they_have(unknown_owner):
    with small_omni(owner_ids="other", unknown_owner=unknown_owner) as omni:
        plan = omnipd.plan_transfer(PRIYA, GRACE, kinds="document")
        (item, old, why), (more, _, gap) = rows(plan, "item", "old", "refused")
        assert (item, more) == (AT_THE_TOP, "(more)")
        # On such a tenant no owner is known to be a user.
        assert why == f"Its owner is {old}."
        assert old not in omni.organization.users
        assert gap.startswith("There may be more: no owner's id is that of a user")


def test_who_receives_it_already_receives_it_once():
    with small_omni() as omni:
        plan = omnipd.plan_transfer(JOSE, ALEX, kinds="received_schedule")
        assert rows(plan, "item", "part", "new") == [
            (MONTHLY, JOSE, ""),
            (DAILY, ALEX, "true"),
            (DAILY, JOSE, ""),
        ]
        assert states(plan.apply(confirm=True)) == ["ok"] * 3
        assert omni.organization.schedules[MONTHLY].member_ids.count(ALEX) == 1


def test_what_comes_by_a_group_is_no_matter_of_a_person():
    with small_omni():
        assert omnipd.plan_transfer("Ada Byrne", GRACE, kinds="received_schedule").empty


def test_what_is_personal_is_found_and_stays_restricted():
    with small_omni() as omni:
        before = omni.everything()
        report = omnipd.plan_transfer("Aroha Ngata", GRACE, kinds="document").apply(confirm=True)
        [row] = report.to_dict("records")
        assert (row["item"], row["old"], row["new"], row["state"]) == (PERSONAL, AROHA, GRACE, "ok")
        document = omni.organization.documents[PERSONAL]
        assert (document.owner_id, document.scope) == (GRACE, "restricted")
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_what_is_in_the_trash_stays_there():
    with small_omni() as omni:
        omni.ask("DELETE", f"/api/v1/documents/{AT_THE_TOP}")
        plan = omnipd.plan_transfer(PRIYA, GRACE, kinds="document")
        assert rows(plan, "item", "refused") == [
            (AT_THE_TOP, "It is in the trash, and no call takes it out.")
        ]


def test_drafts_are_told_of_where_they_are_asked_for():
    with small_omni() as omni:
        assert not (omnipd.plan_transfer("Ada Byrne", GRACE)["kind"] == "draft").any()
        omni.ask("POST", f"/api/v1/documents/{IN_DELAYS}/draft", {})
        draft = omnipd.read_document_drafts([IN_DELAYS], refresh=True)
        assert draft["created_by_name"].tolist() == ["Ada Byrne"]
        plan = omnipd.plan_transfer("Ada Byrne", GRACE, kinds="draft")
        why = "Omni has no call that gives a draft to somebody else. It can be published or discarded."
        assert rows(plan, "kind", "item", "column", "refused") == [
            ("draft", draft["draft_identifier"].item(), "created_by_id", why),
            (
                "draft",
                "(more)",
                "created_by_id",
                "There may be more: document_drafts: Omni does not tell whose, of 1.",
            ),
        ]


def test_an_inventory_that_is_there_is_not_read_again():
    with small_omni() as omni:
        names = ["users", "content", "documents", "schedules", "schedule_recipients"]
        inventory = omnipd.read_inventory(include=names, scope="all")
        before = len(omni.server.requests)
        plan = omnipd.plan_transfer(JOSE, GRACE, inventory=inventory)
        made = plan[plan["refused"].isna()]
        assert Counter(made["column"]) == {"owner_id": 1, "recipient": 4}
        # What is not in it may hold more.
        more = plan[plan["item"] == "(more)"]
        assert rows(more, "kind", "column", "refused") == [
            (
                "folder",
                "owner_id",
                "There may be more: folders: not in the inventory.",
            ),
            ("api_key", "user_id", "There may be more: api_keys: not in the inventory."),
            (
                "routine",
                "owner_id",
                "There may be more: ai_routines: Omni lists those of one person, and does not tell"
                " whose; ai_routines: not in the inventory.",
            ),
        ]
        asked = {one.path for one in list(omni.server.requests)[before:]}
        assert asked == {
            "/api/scim/v2/Users",
            "/api/v1/schedules",
            *(f"/api/v1/schedules/{one}/recipients" for one in (MONTHLY, DAILY)),
        }
        assert states(made.apply(confirm=True)) == ["ok"] * 5


def test_what_was_given_away_since_the_inventory_is_left_to_its_owner():
    with small_omni() as omni:
        inventory = omnipd.read_inventory(
            include=["users", "content", "documents", "schedules"], scope="all"
        )
        path = f"/api/v1/documents/{BY_AIRLINE}/transfer-ownership"
        owner = omni.organization.documents[BY_AIRLINE].owner_id
        omni.ask("PUT", path, {"userId": AROHA})
        omni.ask("PUT", f"/api/v1/schedules/{OF_JOSE}/transfer-ownership", {"userId": AROHA})
        for leaving, item, kind in ((owner, BY_AIRLINE, "document"), (JOSE, OF_JOSE, "schedule")):
            plan = omnipd.plan_transfer(leaving, GRACE, kinds=kind, inventory=inventory)
            assert rows(plan, "item", "old", "refused") == [(item, AROHA, f"Its owner is {AROHA}.")]
        omni.ask("DELETE", f"/api/v1/schedules/{OF_JOSE}")
        plan = omnipd.plan_transfer(JOSE, GRACE, kinds="schedule", inventory=inventory)
        assert plan["refused"].tolist() == ["It is not there any more."]


def test_what_cannot_be_read_is_said_and_the_rest_is_planned():
    forbidden = {"kind": "status", "code": 403, "path": "/api/v1/ai/routines", "count": None}
    with small_omni(forbidden):
        plan = omnipd.plan_transfer(PRIYA, GRACE, kinds=["document", "routine"])
        assert plan["item"].tolist() == [AT_THE_TOP, "(more)"]
        assert plan["refused"].isna().tolist() == [True, False]
        assert plan["refused"].iloc[1].startswith("There may be more: ai_routines: ")


@pytest.mark.parametrize(
    ("person", "to", "told"),
    [
        ("priya@sandbox.example", "Priya Nair", "to='Priya Nair' is who leaves"),
        ("priya@sandbox.example", "alex.kim2@sandbox.example", "is deactivated"),
        ("priya@sandbox.example", "grac@sandbox.example", "grace@sandbox.example"),
        ("pria@sandbox.example", "grace@sandbox.example", "priya@sandbox.example"),
        ("priya@sandbox.example", "Sam Smith", "to='Sam Smith' is the name of 2."),
    ],
)
def test_both_have_to_be_known(person, to, told):
    with small_omni() as omni:
        omni.deactivate(ALEX)
        with pytest.raises(omnipd.ArgumentError) as raised:
            omnipd.plan_transfer(person, to)
        assert told in str(raised.value)


def test_kinds_and_inventories_that_are_none_are_refused():
    with small_omni():
        with pytest.raises(omnipd.ArgumentError, match="Did you mean 'document'"):
            omnipd.plan_transfer(PRIYA, GRACE, kinds=["documents"])
        with pytest.raises(omnipd.ArgumentError, match="names none"):
            omnipd.plan_transfer(PRIYA, GRACE, kinds=[])
        with pytest.raises(omnipd.ArgumentError, match="must be an Inventory"):
            omnipd.plan_transfer(PRIYA, GRACE, inventory={"users": 1})


def test_a_key_that_must_not_read_users_cannot_plan_it():
    with (
        small_omni(key_scope="user"),
        pytest.raises(omnipd.ForbiddenError, match="must not read"),
    ):
        omnipd.plan_transfer(PRIYA, GRACE)


def test_a_broken_off_hand_over_goes_on_where_it_was():
    refused = {
        "kind": "status",
        "code": 403,
        "method": "PUT",
        "path": "/api/v1/schedules/*/remove-recipients",
    }
    with small_omni(refused) as omni:
        report = omnipd.plan_transfer(JOSE, GRACE, kinds="received_schedule").apply(confirm=True)
        assert states(report) == ["ok", "failed", "ok", "ok"]
        # It comes to both rather than to nobody.
        assert {GRACE, JOSE} <= {*omni.organization.schedules[MONTHLY].member_ids}
        again = omnipd.plan_transfer(JOSE, GRACE, kinds="received_schedule")
        assert rows(again, "item", "part", "new") == [(MONTHLY, JOSE, "")]
        assert states(again.apply(confirm=True)) == ["ok"]
