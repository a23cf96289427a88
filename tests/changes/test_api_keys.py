"""API keys are switched and deleted, but for the one that all this goes by."""

import pytest
from changes.changed_people import changed_people
from scripted_server import answer, page

import omnipd

KEYS = "/api/v1/api-keys/"


@pytest.fixture
def omni():
    with changed_people() as people:
        yield people


def switched(keys, **enabled):
    """Give the keys with some switched on or off, by their names."""
    edited = keys.copy()
    for name, on in enabled.items():
        edited.loc[keys["name"] == name.replace("_", " "), "enabled"] = on
    return edited


def enabled(people):
    """Give which keys of the organization are enabled."""
    keys = people.organization.api_keys.values()
    return {each.name for each in keys if each.type == "organization" and each.enabled}


def test_a_key_is_switched_off_and_on_again(omni):
    keys = omnipd.read_api_keys()
    plan = omnipd.plan(keys, switched(keys, Nightly_inventory=False))
    key = keys.loc[keys["name"] == "Nightly inventory", "api_key_id"].item()
    assert plan["call"].tolist() == [f'PUT {KEYS}{key} {{"enabled":false}}']
    assert plan["tier"].tolist() == ["confirm"]
    assert "does not say which key is in use" in plan["remark"].item()
    report = plan.apply(confirm=True)
    assert report["verified"].tolist() == [True]
    assert enabled(omni) == {"Production"}
    omnipd.undo(report.attrs["omni"]["journal"]).apply(confirm=True)
    assert enabled(omni) == {"Nightly inventory", "Production"}


def test_nothing_is_to_be_known_of_a_key_that_is_switched_on(omni):
    keys = omnipd.read_api_keys()
    plan = omnipd.plan(keys, switched(keys, Old_notebook=True))
    assert plan["remark"].isna().all()
    assert plan.apply(confirm=True)["state"].tolist() == ["ok"]
    assert "Old notebook" in enabled(omni)


def test_not_all_keys_that_may_be_in_use_are_switched_off(omni):
    keys = omnipd.read_api_keys()
    plan = omnipd.plan(keys, switched(keys, Production=False, Nightly_inventory=False))
    assert plan["refused"].unique().tolist() == [
        "It would leave no other key that this may go by: one of these 2 is the one in use. "
        "Connect with another key."
    ]
    # One of them off, the other one is the key in use.
    omnipd.plan(keys, switched(keys, Nightly_inventory=False)).apply(confirm=True)
    keys = omnipd.read_api_keys(refresh=True)
    plan = omnipd.plan(keys, switched(keys, Production=False))
    assert "it is the one in use" in plan["refused"].item()


def test_to_switch_one_key_off_and_delete_the_other_comes_to_the_same(omni):
    keys = omnipd.read_api_keys()
    left = switched(keys, Production=False)
    plan = omnipd.plan(keys, left[left["name"] != "Nightly inventory"], delete=True)
    assert plan["refused"].notna().sum() == 1
    assert "one of these 2 is the one in use" in plan["refused"].dropna().item()


def test_the_key_in_use_that_is_switched_off_all_the_same_ends_everything_at_once(omni):
    keys = omnipd.read_api_keys()
    # It cannot be told from the other one that is enabled.
    plan = omnipd.plan(keys, switched(keys, Production=False))
    assert plan["refused"].isna().all()
    with pytest.raises(omnipd.AuthenticationError) as caught:
        plan.apply(confirm=True)
    assert caught.value.partial["state"].tolist() == ["ok"]
    assert enabled(omni) == {"Nightly inventory"}


def test_only_keys_of_the_organization_are_switched(omni):
    keys = omnipd.read_api_keys()
    plan = omnipd.plan(keys, keys.assign(enabled=False)).frame
    types = keys.set_index("api_key_id")["type"][plan["item"]].tolist()
    for kind, refused in zip(types, plan["refused"], strict=True):
        personal = "Only keys of the organization can be switched on and off; it is "
        assert refused.startswith(
            "It would leave no other key" if kind == "organization" else personal
        )


def test_a_key_of_any_kind_is_deleted_for_good(omni):
    keys = omnipd.read_api_keys()
    gone = keys.loc[keys["type"] == "personal", "api_key_id"].iloc[0]
    plan = omnipd.plan(keys, keys[keys["api_key_id"] != gone], delete=True)
    assert plan["call"].tolist() == [f"DELETE {KEYS}{gone}"]
    assert (plan["tier"].tolist(), plan["reversible"].tolist()) == (["destructive"], [False])
    report = plan.apply(destructive=True)
    assert report["verified"].tolist() == [True]
    assert gone not in omni.organization.api_keys
    back = omnipd.undo(report.attrs["omni"]["journal"])
    assert back["refused"].tolist() == ["A key that is deleted is gone for good."]


def test_no_key_is_made(omni):
    keys = omnipd.read_api_keys()
    more = keys.copy()
    more.loc[len(keys), ["api_key_id", "name"]] = ["new", "New"]
    assert omnipd.plan(keys, more)["refused"].tolist() == [
        "Omni has no call that makes an API key."
    ]


def key_record(key_id, owner, kind="personal"):
    """Give a key as Omni lists it."""
    made = "2026-01-02T03:04:05.000Z"
    facts = {"type": kind, "enabled": True, "membershipId": owner, "createdAt": made}
    return {"id": key_id, "name": key_id.title(), **facts}


def test_a_personal_token_is_not_deleted_by_itself(scripted):
    # Two are an administrator's; one of another person and one of the organization are not in use.
    records = [
        key_record("laptop", "me"),
        key_record("train", "me"),
        key_record("claude", "me", "mcp"),
        key_record("other", "you"),
        key_record("nightly", None, "organization"),
    ]
    keys = page(*records)
    me = answer({"user": {"id": "base", "membershipId": "me"}, "keyScope": "user"})
    scripted.script(keys, keys, me, keys, me)
    with omnipd.connect(scripted.url, "key", requests_per_minute=None):
        listed = omnipd.read_api_keys()
        rest = listed[~listed["api_key_id"].isin(["laptop", "other", "nightly", "claude"])]
        assert omnipd.plan(listed, rest, delete=True)["refused"].isna().all()
        plan = omnipd.plan(listed, listed[:0], delete=True)
    refused = plan.frame.set_index("item")["refused"]
    assert set(refused[refused.notna()].index) == {"laptop", "train"}


@pytest.mark.parametrize(("kind", "calls"), [("lost", 1), ("reset", 2)])
def test_a_key_whose_answer_was_lost_is_asked_for(kind, calls):
    with changed_people({"kind": kind, "method": "PUT", "path": KEYS + "*"}) as people:
        keys = omnipd.read_api_keys()
        report = omnipd.plan(keys, switched(keys, Nightly_inventory=False)).apply(confirm=True)
        assert report["state"].tolist() == ["ok"]
        assert enabled(people) == {"Production"}
        assert len(people.writes()) == calls


def test_many_keys_are_looked_for_in_one_list(omni):
    keys = omnipd.read_api_keys()
    plan = omnipd.plan(keys, switched(keys, Nightly_inventory=False, Old_notebook=True))
    omni.forget()
    report = plan.apply(confirm=True)
    assert report["verified"].all()
    assert omni.reads() == 2 + 1
