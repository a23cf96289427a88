"""Users are replaced, and several parts of users and of groups changed in one call."""

import pytest

ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NOBODY = "00000000-0000-4000-8000-000000000000"
USERS, GROUPS = "/api/scim/v2/Users", "/api/scim/v2/Groups"


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=5))


@pytest.fixture
def people(own):
    users = own.server.organization.users.values()
    return {each.email.partition("@")[0]: each.membership_id for each in users}


def operations(*found):
    return {"schemas": [PATCH], "Operations": list(found)}


def test_a_put_that_replaces_gives_what_it_does_not_say_its_default(serve, connect):
    wire = connect(serve(documents=5, user_put="replace"))
    one = wire.server.organization.users
    zoe = next(f"{USERS}/{each.membership_id}" for each in one.values() if "zoe@" in each.email)
    values = {"region": "west", "language": "de"}
    body = {"userName": "zoe@sandbox.example", "displayName": "Z", ATTRIBUTES: values}
    whole = wire.send("PUT", zoe, body | {"active": False}).json
    assert (whole["displayName"], whole["active"], whole[ATTRIBUTES]) == ("Z", False, values)
    said = {"userName": "zoe@sandbox.example", ATTRIBUTES: {"language": "fr"}}
    partly = wire.send("PUT", zoe, said).json
    assert (partly["displayName"], partly["active"]) == ("zoe@sandbox.example", True)
    assert partly[ATTRIBUTES] == {"language": "fr"}
    bare = wire.send("PUT", zoe, {"userName": "zoe@sandbox.example"}).json
    assert bare[ATTRIBUTES] == {}
    assert wire.get(zoe).json == bare


def test_several_parts_of_a_user_change_in_one_call(own, people):
    zoe = f"{USERS}/{people['zoe']}"
    changed = own.send(
        "PATCH",
        zoe,
        operations(
            {"op": "Replace", "path": "displayName", "value": "Z"},
            {"op": "add", "path": f"{ATTRIBUTES}:quota", "value": 7},
            {"op": "remove", "path": f"{ATTRIBUTES}:region", "value": None},
            {"op": "replace", "path": "active", "value": False},
            {"op": "Add", "path": f"{ATTRIBUTES}:quota", "value": 8},
        ),
    )
    assert changed.status == 200
    found = own.get(zoe).json
    assert (found["displayName"], found["active"]) == ("Z", False)
    assert (found[ATTRIBUTES]["quota"], found[ATTRIBUTES]["region"]) == (8, None)


def test_several_members_of_a_group_change_in_one_call(own, people):
    zoe, jose, mei = people["zoe"], people["jose"], people["mei"]
    body = {"displayName": "Board", "members": [{"value": zoe}, {"value": jose}]}
    path = f"{GROUPS}/{own.send('POST', GROUPS, body).json['id']}"
    changed = own.send(
        "PATCH",
        path,
        operations(
            {"op": "remove", "path": f'members[value eq "{zoe}"]'},
            {"op": "Remove", "path": f'members[value eq "{jose.upper()}"]'},
            # Who is no member is taken out without an error.
            {"op": "remove", "path": f'members[value eq "{NOBODY}"]'},
            {"op": "Add", "path": "members", "value": [{"value": mei}]},
            {"op": "Replace", "path": "displayName", "value": "Council"},
        ),
    )
    assert changed.status == 200
    assert own.get(path).json == changed.json
    assert [each["value"] for each in changed.json["members"]] == [mei]
    assert changed.json["displayName"] == "Council"
    emptied = own.send("PATCH", path, operations({"op": "Replace", "path": "members", "value": []}))
    assert emptied.json["members"] == []


@pytest.mark.parametrize(
    ("user_patch", "region"), [("any", {"region": "north"}), ("declared", {"region": None})]
)
def test_attributes_without_a_path_are_taken_or_dropped_without_a_word(
    serve, connect, user_patch, region
):
    wire = connect(serve(documents=5, user_patch=user_patch))
    body = {"userName": "eve@sandbox.example", "displayName": "Eve", ATTRIBUTES: {"region": None}}
    eve = f"{USERS}/{wire.send('POST', USERS, body).json['id']}"
    value = {"displayName": "E", ATTRIBUTES: {"region": "north"}}
    changed = wire.send("PATCH", eve, operations({"op": "replace", "value": value}))
    assert (changed.status, changed.json["displayName"]) == (200, "E")
    assert wire.get(eve).json[ATTRIBUTES] == region
    # With a path they are taken everywhere.
    one = {"op": "replace", "path": f"{ATTRIBUTES}:region", "value": "south"}
    assert wire.send("PATCH", eve, operations(one)).json[ATTRIBUTES] == {"region": "south"}
