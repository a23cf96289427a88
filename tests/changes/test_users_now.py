"""Users are found by id or address, anew, with few calls."""

import pytest

import omnipd
from omnipd.changes.now import Now
from omnipd.changes.users_now import all_users, learn_user, user_id_of, users_now

ADA = "ada@sandbox.example"


@pytest.fixture
def omni():
    with omnipd.sandbox(size="tiny") as client:
        yield client


def asked(omni, work):
    before = omni.requests_sent
    return work(), omni.requests_sent - before


def test_one_user_is_asked_for_alone_by_id_or_by_address(omni):
    ada = omnipd.read_users(filter=f'userName eq "{ADA}"').iloc[0]
    now = Now(omni)
    by_id, calls = asked(omni, lambda: users_now(now, [ada["user_id"]]))
    assert (by_id[ada["user_id"]].address, calls) == (ADA, 1)
    by_address, calls = asked(omni, lambda: users_now(now, ["ADA@Sandbox.example"]))
    assert (by_address["ADA@Sandbox.example"].user_id, calls) == (ada["user_id"], 1)
    assert by_id[ada["user_id"]] == by_address["ADA@Sandbox.example"]


def test_who_is_not_there_is_left_out(omni):
    now = Now(omni)
    assert users_now(now, ["nobody@x.example", "no-such-id", 'odd"\\@x.example']) == {}
    assert users_now(now, [f"nobody{each}@x.example" for each in range(9)]) == {}


def test_many_users_are_looked_for_in_one_list(omni):
    ids = omnipd.read_users()["user_id"].tolist()
    found, calls = asked(omni, lambda: users_now(Now(omni), ids))
    assert list(found) == ids
    assert calls == 1


def test_an_address_is_looked_up_once_and_an_id_never(omni):
    ada = omnipd.read_users(filter=f'userName eq "{ADA}"').iloc[0]["user_id"]
    now = Now(omni)
    assert asked(omni, lambda: user_id_of(now, ada)) == (ada, 0)
    assert asked(omni, lambda: user_id_of(now, ADA)) == (ada, 1)
    assert asked(omni, lambda: user_id_of(now, ADA.upper())) == (ada, 0)
    assert user_id_of(now, "nobody@x.example") is None


def test_who_was_made_later_is_found_and_who_was_deleted_is_forgotten(omni):
    now = Now(omni)
    all_users(now)
    body = {"userName": "New@x.example", "displayName": "New"}
    made = omni.change("POST", "/api/scim/v2/Users", body).content["id"]
    assert user_id_of(now, "new@x.example") == made
    omni.change("DELETE", f"/api/scim/v2/Users/{made}")
    learn_user(now, "New@X.example", None)
    assert user_id_of(now, "new@x.example") is None


def test_attributes_are_as_omni_has_them(omni):
    ada = omnipd.read_users(filter=f'userName eq "{ADA}"').iloc[0]["user_id"]
    raw = omni.get(f"/api/scim/v2/Users/{ada}").content["urn:omni:params:1.0:UserAttribute"]
    assert raw
    assert users_now(Now(omni), [ADA])[ADA].attributes == raw
