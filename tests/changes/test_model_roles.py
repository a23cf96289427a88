"""Roles on models are changed where they were given, and nowhere else."""

import pandas as pd
import pytest
from changes.changed_people import EMPTY, changed_people

import omnipd
from omnipd.changes.change import Change, Key
from omnipd.changes.plan import Plan

DEMO = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
CONNECTION = "a4d90c17-5e2b-4f86-8b31-7c0e95d2f348"


@pytest.fixture
def omni():
    with changed_people() as people:
        yield people


def querier():
    """Give the roles of one whose own are QUERIER."""
    return omnipd.read_model_roles(omnipd.read_users(filter='userName eq "priya@sandbox.example"'))


def own(roles, **more):
    """Give which rows are the person's own role on the first model."""
    return (roles["origin_type"] == "USER") & (roles["model_id"] == DEMO)


def role_of(people, user):
    path = f"/api/v1/users/{user}/model-roles"
    found = people.ask("GET", path)["results"]
    return {each["modelId"]: each["roleName"] for each in found if each["from"]["type"] == "USER"}


def given(on, new, *, user, old=None, kind="user_model_role"):
    return Change(Key(kind, user, on, "role_name"), old, new)


def test_a_role_is_changed_and_changed_back(omni):
    roles = querier()
    user = roles["user_id"].iloc[0]
    edited = roles.copy()
    edited.loc[own(roles), "role_name"] = "MODELER"
    plan = omnipd.plan(roles, edited)
    assert plan["call"].tolist() == [
        f'POST /api/v1/users/{user}/model-roles {{"roleName":"MODELER","modelId":"{DEMO}"}}'
    ]
    assert (plan["tier"].tolist(), plan["reversible"].tolist()) == (["safe"], [True])
    before = role_of(omni, user)
    report = plan.apply()
    assert report["verified"].tolist() == [True]
    assert role_of(omni, user) == before | {DEMO: "MODELER"}
    omnipd.undo(report.attrs["omni"]["journal"]).apply()
    assert role_of(omni, user) == before
    again = omnipd.read_model_roles(roles[:1], refresh=True)
    pd.testing.assert_frame_equal(again, roles)


def test_only_what_was_given_to_the_person_can_be_changed(omni):
    roles = querier()
    plan = omnipd.plan(roles, roles.assign(role_name="MODELER")).frame
    refused = plan["refused"].fillna("")
    assert refused[plan["part"].str.endswith(" BASE")].unique().tolist() == [
        "It is the base role of the connection, and is changed there."
    ]
    groups = refused[plan["part"].str.contains(" GROUP ")]
    assert groups.str.fullmatch(r"It comes from the group '.+': change it there\.").all()
    changed = plan[refused == ""]
    assert changed["part"].tolist() == sorted(roles["model_id"].unique())
    assert len(plan) == (roles["role_name"] != "MODELER").sum()


def test_what_comes_from_the_organization_or_is_on_nothing_is_told_apart(omni):
    roles = querier()[:1].assign(model_id=None, connection_id=None, role_name="VIEWER")
    rows = pd.concat([roles.assign(origin_type=one) for one in ("ORG", "USER", "NEW")])
    plan = omnipd.plan(rows, rows.assign(role_name="MODELER"), reader="model_roles")
    assert plan["part"].tolist() == ["ORG", "USER", "NEW"]
    assert plan["refused"].tolist() == [
        "It comes from the role in the organization.",
        "It is on no model and no connection.",
        "It comes from NEW, and cannot be changed.",
    ]


def test_a_first_role_is_given_by_a_new_row_and_cannot_be_taken_away(omni):
    [user] = omni.join(1)
    roles = querier()
    new = pd.DataFrame({"user_id": [user], "model_id": [DEMO], "role_name": ["VIEWER"]})
    plan = omnipd.plan(roles, pd.concat([roles, new], ignore_index=True))
    assert plan["reversible"].tolist() == [False]
    assert plan["remark"].tolist() == ["Omni has no call that takes a role away again."]
    report = plan.apply()
    assert report["verified"].tolist() == [True]
    assert role_of(omni, user) == {DEMO: "VIEWER"}
    back = omnipd.undo(report.attrs["omni"]["journal"])
    assert back["refused"].tolist() == ["Omni has no call that takes a role away again."]


def test_a_role_that_is_missing_is_not_taken_away(omni):
    roles = querier()
    assert omnipd.plan(roles, roles[~own(roles)]).empty
    plan = omnipd.plan(roles, roles[~own(roles)], delete=True)
    assert plan["refused"].tolist() == [
        "Omni has no call that takes a role away: give another one instead."
    ]


def test_a_role_on_a_connection_is_one_on_its_shared_model(omni):
    [user] = omni.join(1)
    plan = Plan([given(f"connection:{CONNECTION}", "QUERIER", user=user)], omni.server.url)
    assert (
        plan["call"].tolist()[0].endswith(f'{{"roleName":"QUERIER","connectionId":"{CONNECTION}"}}')
    )
    report = plan.apply()
    assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"], [True])
    assert role_of(omni, user) == {DEMO: "QUERIER"}


def test_a_group_gives_another_role_after_a_change(omni):
    groups = omnipd.read_groups()
    roles = omnipd.read_model_roles(groups=groups)
    empty = omni.group(EMPTY).id
    edited = roles.copy()
    row = (roles["group_id"] == empty) & (roles["model_id"] == DEMO)
    edited.loc[row, "role_name"] = "QUERIER"
    plan = omnipd.plan(roles, edited)
    assert plan["call"].tolist() == [
        f'POST /api/v1/user-groups/{empty}/model-roles {{"roleName":"QUERIER","modelId":"{DEMO}"}}'
    ]
    report = plan.apply()
    assert report["verified"].tolist() == [True]
    # Read again for the groups of the edited frame, also where it does not say what it is.
    edited.attrs.clear()
    edited = edited.drop(columns="base_role")
    assert omnipd.plan(edited, reader="model_roles").empty
    omnipd.undo(report.attrs["omni"]["journal"]).apply()
    pd.testing.assert_frame_equal(omnipd.read_model_roles(groups=groups, refresh=True), roles)


def test_an_unknown_role_is_asked_about_and_fails_as_omni_says(omni):
    roles = querier()
    edited = roles.copy()
    edited.loc[own(roles), "role_name"] = "MODELLER"
    plan = omnipd.plan(roles, edited)
    assert plan["remark"].tolist() == [
        "'MODELLER' is not one of Omni's own roles. Did you mean 'MODELER'?"
    ]
    report = plan.apply()
    assert (report["state"].tolist(), report["status"].tolist()) == (["failed"], [422])
    assert report["detail"].tolist() == ["Invalid role"]


def test_who_is_not_there_is_refused_when_it_is_planned(omni):
    roles = querier()
    base = next(iter(omni.organization.users.values())).user_id
    new = pd.DataFrame({"user_id": [base], "model_id": [DEMO], "role_name": ["VIEWER"]})
    plan = omnipd.plan(roles, pd.concat([roles, new], ignore_index=True))
    assert plan["refused"].tolist() == [f"There is no user with the membership id {base!r}."]


def test_a_role_that_somebody_has_changed_meanwhile_stays(omni):
    roles = querier()
    user = roles["user_id"].iloc[0]
    edited = roles.copy()
    edited.loc[own(roles), "role_name"] = "MODELER"
    plan = omnipd.plan(roles, edited)
    body = {"roleName": "VIEWER", "modelId": DEMO}
    omni.ask("POST", f"/api/v1/users/{user}/model-roles", body)
    report = plan.apply()
    assert (report["state"].tolist(), report["detail"].tolist()) == (
        ["conflict"],
        ["It is 'VIEWER' now."],
    )


@pytest.mark.parametrize(("kind", "calls"), [("lost", 1), ("reset", 2)])
def test_a_role_whose_answer_was_lost_is_asked_for(kind, calls):
    fault = {"kind": kind, "method": "POST", "path": "/api/v1/users/*/model-roles"}
    with changed_people(fault) as people:
        user = next(iter(people.organization.users))
        old = role_of(people, user)[DEMO]
        report = Plan([given(DEMO, "VIEWER", user=user, old=old)], people.server.url).apply()
        assert report["state"].tolist() == ["ok"]
        assert role_of(people, user)[DEMO] == "VIEWER"
        assert len(people.writes()) == calls


def test_a_role_that_has_no_effect_is_seen():
    fault = {"kind": "no_effect", "method": "POST", "path": "/api/v1/users/*/model-roles"}
    with changed_people(fault) as people:
        user = next(iter(people.organization.users))
        old = role_of(people, user)[DEMO]
        report = Plan([given(DEMO, "VIEWER", user=user, old=old)], people.server.url).apply()
        assert report["state"].tolist() == ["unverified"]


def test_a_row_without_a_model_is_refused_by_name(omni):
    roles = querier()
    new = pd.DataFrame({"user_id": [roles["user_id"].iloc[0]], "role_name": ["VIEWER"]})
    with pytest.raises(omnipd.ArgumentError, match="has no model_id or connection_id"):
        omnipd.plan(roles, pd.concat([roles, new], ignore_index=True))
