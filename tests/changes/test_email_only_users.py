"""People who are only an address are made by new rows, many with one call."""

import pandas as pd
import pytest
from changes.changed_users import changed_users

import omnipd

BOARD = "Board.0@outside.example"


def with_rows(*rows):
    before = omnipd.read_email_only_users()
    new = pd.DataFrame(list(rows), dtype=object)
    return before, pd.concat([before.astype(object), new], ignore_index=True)


def addresses(omni):
    users = omni.server.organization.email_only_users.values()
    return {each.email for each in users}


def test_new_rows_are_made_twenty_with_one_call():
    with changed_users() as omni:
        start = addresses(omni)
        new = {f"p{number}@outside.example" for number in range(21)}
        report = omnipd.plan(*with_rows(*({"email": one} for one in sorted(new)))).apply()
        assert set(report["state"]) == {"ok"}
        assert report["verified"].all()
        assert not report["reversible"].any()
        assert addresses(omni) == start | new
        assert omni.writes() == [("POST", 201), ("POST", 200)]
        assert omnipd.undo(report.attrs["omni"]["journal"])["refused"].notna().all()


def test_an_address_of_a_member_is_refused_and_the_others_are_made():
    with changed_users() as omni:
        rows = [{"email": "zoe@sandbox.example"}, {"email": "p@outside.example"}]
        report = omnipd.plan(*with_rows(*rows)).apply()
        assert report["state"].tolist() == ["failed", "ok"]
        assert "A member has this address" in report["detail"][0]
        assert "p@outside.example" in addresses(omni)


@pytest.mark.parametrize("email_only_upsert", ["merge", "replace"])
def test_who_is_there_already_is_left_alone(email_only_upsert):
    with changed_users(email_only_upsert=email_only_upsert) as omni:
        before = omnipd.read_email_only_users()
        report = omnipd.plan(*with_rows({"email": BOARD.lower()})).apply()
        assert report["state"].tolist() == ["already"]
        assert omni.writes() == []
        assert omnipd.read_email_only_users(refresh=True).equals(before)


def test_what_cannot_be_made_or_deleted_is_refused():
    with changed_users() as omni:
        start = addresses(omni)
        before, after = with_rows(
            {"email": "nobody"}, {"email": "p@outside.example", "user_attributes": "{}"}
        )
        why = omnipd.plan(before, after)["refused"].tolist()
        assert why[0] == "'nobody' is no e-mail address."
        assert "leave user_attributes empty" in why[1]
        gone = omnipd.plan(before, before.iloc[1:], delete=True)
        assert "is not known" in gone["refused"][0]
        gone.apply()
        assert addresses(omni) == start
