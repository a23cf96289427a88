"""Members, groups, embed users, roles and keys are made, changed and removed."""

import pytest

ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NOBODY = "00000000-0000-4000-8000-000000000000"
USERS, GROUPS = "/api/scim/v2/Users", "/api/scim/v2/Groups"


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=60))


@pytest.fixture
def priya(own, connect):
    return connect(own.server, own.server.personal_key)


@pytest.fixture
def people(own):
    users = own.server.organization.users.values()
    return {each.email.partition("@")[0]: each.membership_id for each in users}


def groups(wire):
    return {each["displayName"]: each for each in wire.get(GROUPS).json["Resources"]}


def operations(*found):
    return {"schemas": [PATCH], "Operations": list(found)}


def test_a_user_who_is_made_is_listed_last(own):
    body = {"userName": "eve@sandbox.example", "displayName": "Eve", ATTRIBUTES: {"region": "east"}}
    made = own.send("POST", USERS, body)
    assert made.status == 201
    assert (made.json["userName"], made.json["active"]) == ("eve@sandbox.example", True)
    assert made.json[ATTRIBUTES] == {"region": "east"}
    assert own.get(f"{USERS}/{made.json['id']}").json == made.json
    listed = own.get(USERS, startIndex=131).json
    assert (listed["totalResults"], listed["Resources"]) == (131, [made.json])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"displayName": "Eve"}, 400),
        ({"userName": "eve@sandbox.example"}, 400),
        ({"userName": "eve", "displayName": "Eve"}, 400),
        ({"userName": "ADA@sandbox.example", "displayName": "Ada"}, 409),
        ({"userName": "e@x.example", "displayName": "E", ATTRIBUTES: {"shoe": 42}}, 400),
        ({"userName": "e@x.example", "displayName": "E", ATTRIBUTES: {"omni_user_id": "x"}}, 400),
        ({"userName": "e@x.example", "displayName": "E", ATTRIBUTES: {"quota": "many"}}, 400),
        ({"userName": "e@x.example", "displayName": "E", ATTRIBUTES: {"region": ["x"]}}, 400),
        ({"userName": "e@x.example", "displayName": "E", ATTRIBUTES: "region"}, 400),
    ],
)
def test_a_user_who_cannot_be_made_is_refused_as_scim_refuses(own, body, status):
    refused = own.send("POST", USERS, body)
    assert refused.status == refused.json["status"] == status
    assert refused.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert own.get(USERS).json["totalResults"] == 130


def test_a_put_changes_what_it_says_and_wakes_who_slept(own, people):
    zoe = f"{USERS}/{people['zoe']}"
    before = own.get(zoe).json
    asleep = own.send("PUT", zoe, {"userName": before["userName"], "active": False})
    assert asleep.json["active"] is False
    body = {"userName": before["userName"], ATTRIBUTES: {"language": "de"}}
    awake = own.send("PUT", zoe, body).json
    # Nobody said active, and the name and the other attributes are as they were.
    assert awake["active"] is True
    assert awake["displayName"] == before["displayName"]
    assert awake[ATTRIBUTES] == before[ATTRIBUTES] | {"language": "de"}
    assert own.get(zoe).json == awake


def test_an_address_cannot_be_changed(own, people):
    zoe = f"{USERS}/{people['zoe']}"
    assert own.send("PUT", zoe, {"userName": "zoe@other.example"}).status == 400
    change = operations({"op": "replace", "path": "userName", "value": "zoe@other.example"})
    assert own.send("PATCH", zoe, change).status == 400
    assert own.send("PUT", zoe, {"displayName": "Zoe"}).status == 400


@pytest.mark.parametrize(
    ("operation", "key", "value"),
    [
        ({"op": "replace", "path": "active", "value": False}, "active", False),
        ({"op": "Replace", "path": "active", "value": "False"}, "active", False),
        ({"op": "replace", "value": {"active": False, "displayName": "Zed"}}, "displayName", "Zed"),
        (
            {"op": "add", "path": f"{ATTRIBUTES}:quota", "value": "12345678901234567890"},
            "quota",
            "12345678901234567890",
        ),
        (
            {"op": "Add", "path": f"{ATTRIBUTES}:cost_centers", "value": [1, 2]},
            "cost_centers",
            [1, 2],
        ),
        ({"op": "Remove", "path": f"{ATTRIBUTES}:region", "value": None}, "region", None),
    ],
)
def test_a_patch_changes_one_thing(own, people, operation, key, value):
    zoe = f"{USERS}/{people['zoe']}"
    changed = own.send("PATCH", zoe, operations(operation))
    assert changed.status == 200
    assert {**changed.json, **changed.json[ATTRIBUTES]}[key] == value
    assert own.get(zoe).json == changed.json


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"schemas": [PATCH], "Operations": []},
        {"schemas": ["x"], "Operations": [{"op": "add", "path": "active", "value": True}]},
        operations({"op": "move", "path": "active", "value": True}),
        operations({"op": "replace", "path": "active"}),
        operations({"op": "replace", "path": "active", "value": 1}),
        operations({"op": "replace", "path": "nickName", "value": "Z"}),
        operations({"op": "replace", "path": f"{ATTRIBUTES}:shoe", "value": 42}),
        operations({"op": "replace", "value": "Z"}),
    ],
)
def test_a_patch_that_breaks_a_rule_changes_nothing(own, people, body):
    zoe = f"{USERS}/{people['zoe']}"
    before = own.get(zoe).json
    if body.get("Operations"):
        body["Operations"].insert(0, {"op": "replace", "path": "displayName", "value": "Half"})
    assert own.send("PATCH", zoe, body).status == 400
    assert own.get(zoe).json == before


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("userName", "zoe@other.example", "Operations.1.userName: userName cannot be changed"),
        ("active", 1, "Operations.1.value: Expected boolean, received number"),
        ("displayName", None, "Operations.1.value: Expected string, received null"),
        (None, "Z", "Operations.1.value: Expected object, received string"),
        ("nickName", "Z", "Operations.1.path: Unsupported path: nickName"),
        (f"{ATTRIBUTES}:shoe", 42, "Operations.1.shoe: User attribute shoe does not exist"),
    ],
)
def test_what_is_wrong_in_a_patch_of_a_user_is_named_with_its_place(own, people, path, value, at):
    right = {"op": "replace", "path": "displayName", "value": "Zoe"}
    wrong = {"op": "replace", "value": value} | ({"path": path} if path else {})
    refused = own.send("PATCH", f"{USERS}/{people['zoe']}", operations(right, wrong))
    assert refused.json["detail"] == f"Bad Request: {at}"


def test_what_is_wrong_in_a_patch_of_a_group_is_named_with_its_place(own):
    path = f"{GROUPS}/{groups(own)['Analysts']['id']}"
    member = {"op": "add", "path": "members", "value": [{"value": NOBODY}]}
    refused = own.send("PATCH", path, operations(member))
    expected = f"Operations.0.members: User with id {NOBODY} does not exist"
    assert refused.json["detail"] == f"Bad Request: {expected}"


def test_a_user_who_is_removed_still_owns_what_they_owned(own, people):
    records = own.get("/api/v1/documents", pageSize=300).json["records"]
    owned = next(each for each in records if each["owner"]["name"] == "Ivan Petrov")
    groups_before = groups(own)
    gone = own.send("DELETE", f"{USERS}/{people['ivan']}")
    assert (gone.status, gone.body) == (204, b"")
    assert own.get(f"{USERS}/{people['ivan']}").status == 404
    assert own.send("DELETE", f"{USERS}/{people['ivan']}").status == 404
    assert own.get(USERS).json["totalResults"] == 129
    assert own.get("/api/v1/documents", pageSize=300).json["records"] == records
    members = {each["value"] for each in groups(own)["Everyone"]["members"]}
    assert people["ivan"] not in members
    assert len(members) == len(groups_before["Everyone"]["members"]) - 1
    # Everything that names people still answers.
    for path in ("/api/v1/schedules", "/api/v1/uploads", "/api/v1/content", "/api/v1/folders"):
        assert own.get(path, pageSize=100).status == 200
    access = own.get(f"/api/v1/documents/{owned['identifier']}/access-list", pageSize=100).json
    assert "Ivan Petrov" in {each["name"] for each in access["principals"] if each.get("isOwner")}


def test_everything_is_still_read_when_many_are_gone(own):
    for user in list(own.server.organization.users)[2:30]:
        assert own.send("DELETE", f"{USERS}/{user}").status == 204
    for one in own.server.organization.documents.values():
        if not one.deleted:
            for rest in ("access-list", "drafts", "favorites"):
                answer = own.get(f"/api/v1/documents/{one.identifier}/{rest}")
                assert answer.status == 200
    for one in own.server.organization.schedules:
        assert own.get(f"/api/v1/schedules/{one}").status == 200
        assert own.get(f"/api/v1/schedules/{one}/recipients").status == 200
    model = own.server.models["orders"]
    assert own.get(f"/api/v1/models/{model}/content-validator").status == 200
    assert own.get(f"/api/v1/models/{model}/dbt-exposures").status == 200


def test_an_embed_user_is_removed_for_good(own):
    one = next(iter(own.server.organization.embed_users))
    path = f"/api/scim/v2/embed/Users/{one}"
    assert own.send("DELETE", path).status == 204
    assert own.send("DELETE", path).status == own.get(path).status == 404
    assert own.get("/api/scim/v2/embed/Users").json["totalResults"] == 9


def test_a_group_is_made_changed_and_deleted(own, people):
    zoe, jose = people["zoe"], people["jose"]
    made = own.send("POST", GROUPS, {"displayName": "Board", "members": [{"value": zoe}]})
    assert made.status == 201
    assert len(made.json["id"]) == 8
    assert made.json["members"] == [{"value": zoe, "display": "zoe@sandbox.example"}]
    assert groups(own)["Board"] == made.json
    path = f"{GROUPS}/{made.json['id']}"
    added = operations({"op": "add", "path": "members", "value": [{"value": jose}, {"value": zoe}]})
    assert [e["value"] for e in own.send("PATCH", path, added).json["members"]] == [zoe, jose]
    member = own.get(f"{USERS}/{jose}").json
    assert {"value": made.json["id"], "display": "Board"} in member["groups"]
    removed = operations({"op": "Remove", "path": f'members[value eq "{zoe}"]'})
    assert [e["value"] for e in own.send("PATCH", path, removed).json["members"]] == [jose]
    renamed = operations(
        {"op": "replace", "path": "displayName", "value": "The board"},
        {"op": "replace", "path": "members", "value": [{"value": zoe}]},
    )
    changed = own.send("PATCH", path, renamed).json
    assert changed["displayName"] == "The board"
    assert [each["value"] for each in changed["members"]] == [zoe]
    named = operations({"op": "replace", "value": {"displayName": "Board"}})
    assert own.send("PATCH", path, named).json["displayName"] == "Board"
    gone = own.send("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    assert "Board" not in groups(own)
    assert own.get(path).status == own.send("DELETE", path).status == 404


def test_a_put_of_a_group_replaces_all_members(own, people):
    one = groups(own)["Analysts"]
    path = f"{GROUPS}/{one['id']}"
    # As clients do it: the group as it was read, with another member.
    kept = {"value": people["zoe"], "display": ""}
    changed = own.send("PUT", path, one | {"members": [kept]})
    assert changed.status == 200
    assert [each["value"] for each in changed.json["members"]] == [people["zoe"]]
    assert groups(own)["Analysts"] == changed.json
    assert own.send("PUT", path, {"displayName": "Analysts"}).status == 400
    assert own.send("PUT", path, {"displayName": "Analysts", "members": []}).status == 200
    assert groups(own)["Analysts"]["members"] == []


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", {}, 400),
        ("POST", {"displayName": "Everyone"}, 409),
        ("POST", {"displayName": "x", "members": [{"value": NOBODY}]}, 400),
        ("POST", {"displayName": "x", "members": [{"value": "zoe"}]}, 400),
        ("POST", {"displayName": "x", "members": [{"display": "zoe"}]}, 400),
        ("PUT", {"displayName": "Everyone", "members": []}, 409),
        ("PUT", {"displayName": "x", "members": [{"value": NOBODY, "display": ""}]}, 400),
        ("PATCH", {}, 400),
        ("PATCH", operations({"op": "remove", "path": "members"}), 400),
        ("PATCH", operations({"op": "add", "path": "owners", "value": []}), 400),
        ("PATCH", operations({"op": "add", "path": "members", "value": "zoe"}), 400),
        ("PATCH", operations({"op": "replace", "path": "displayName", "value": 3}), 400),
        ("PATCH", operations({"op": "replace", "path": "id", "value": "x"}), 400),
    ],
)
def test_a_group_that_cannot_be_is_refused(own, method, body, status):
    before = groups(own)
    path = GROUPS if method == "POST" else f"{GROUPS}/{before['Analysts']['id']}"
    assert own.send(method, path, body).status == status
    assert groups(own) == before


def test_a_group_that_is_deleted_opens_nothing_any_more(own, priya, people):
    hidden = next(
        f"/api/v1/documents/{each['identifier']}/permissions"
        for each in own.get("/api/v1/documents", pageSize=300).json["records"]
        if priya.get(f"/api/v1/documents/{each['identifier']}/permissions").status == 404
    )
    members = [{"value": people["priya"]}]
    made = own.send("POST", GROUPS, {"displayName": "New", "members": members}).json["id"]
    own.send("POST", hidden, {"role": "VIEWER", "userGroupIds": [made]})
    assert priya.get(hidden).status == 200
    own.send("DELETE", f"{GROUPS}/{made}")
    assert priya.get(hidden).status == 404


def test_scim_is_for_organization_keys_in_both_spellings(own, priya, people):
    body = {"displayName": "x"}
    assert priya.send("POST", GROUPS, body).status == 403
    assert priya.send("DELETE", f"{USERS}/{people['zoe']}").status == 403
    assert own.send("POST", "/api/scim/v2/groups", body).status == 201


def test_a_role_is_given_on_a_model(own, people):
    model = own.server.models["orders"]
    path = f"/api/v1/users/{people['viewer']}/model-roles"
    given = own.send("POST", path, {"roleName": "QUERIER", "modelId": model})
    assert given.status == 200
    assert given.json == {
        "membershipId": people["viewer"],
        "modelId": model,
        "connectionId": own.server.organization.models[model].connection_id,
        "roleName": "QUERIER",
    }
    rows = own.get(path).json["results"]
    assert {row["modelId"]: row["roleName"] for row in rows if row["resolved"]} == {
        model: "QUERIER",
        own.server.models["flights"]: "VIEWER",
    }
    # And it counts at once.
    query = {
        "query": {
            "modelId": model,
            "table": "order_items",
            "fields": ["order_items.count"],
            "join_paths_from_topic_name": "orders",
        }
    }
    asked = own.send("POST", "/api/v1/query/run", query, userId=people["viewer"])
    assert asked.status == 200


def test_a_personal_key_sees_the_role_it_was_given(own, priya, people):
    model = own.server.models["flights"]
    path = f"/api/v1/users/{people['priya']}/model-roles"
    connection = own.server.organization.models[model].connection_id
    own.send("POST", path, {"roleName": "VIEWER", "connectionId": connection})
    roles = priya.get("/api/v1/whoami").json["rolesByModel"]
    assert roles[model]["roleName"] == "VIEWER"
    assert roles[own.server.models["orders"]]["roleName"] == "QUERIER"
    own.send("POST", path, {"roleName": "NO_ACCESS", "modelId": model})
    assert model not in priya.get("/api/v1/whoami").json["rolesByModel"]


def test_a_member_without_a_role_has_the_groups(own):
    made = own.send("POST", USERS, {"userName": "e@x.example", "displayName": "E"}).json["id"]
    body = {"displayName": "New", "members": [{"value": made}]}
    group = own.send("POST", GROUPS, body).json["id"]
    model = own.server.models["orders"]
    given = own.send(
        "POST",
        f"/api/v1/user-groups/{group}/model-roles",
        {"roleName": "MODELER", "modelId": model},
    )
    assert given.json["userGroupId"] == group
    rows = own.get(f"/api/v1/users/{made}/model-roles", modelId=model).json["results"]
    assert [(row["roleName"], row["from"]["type"]) for row in rows if row["resolved"]] == [
        ("MODELER", "GROUP")
    ]
    group_rows = own.get(f"/api/v1/user-groups/{group}/model-roles").json["results"]
    assert [(row["modelId"], row["roleName"]) for row in group_rows] == [(model, "MODELER")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"roleName": "QUERIER"}, 400),
        ({"modelId": NOBODY}, 400),
        ({"roleName": "", "modelId": NOBODY}, 400),
        ({"roleName": "QUERIER", "modelId": "orders"}, 400),
        ({"roleName": "EMPEROR", "modelId": NOBODY}, 422),
        ({"roleName": "QUERIER", "modelId": NOBODY}, 404),
        ({"roleName": "QUERIER", "connectionId": NOBODY}, 404),
    ],
)
def test_a_role_that_cannot_be_given_is_refused(own, people, body, status):
    group = next(iter(own.server.organization.groups))
    for holder in (f"users/{people['zoe']}", f"user-groups/{group}"):
        answer = own.send("POST", f"/api/v1/{holder}/model-roles", body)
        assert answer.status == status
        if status == 422:
            assert answer.json["detail"] == "Invalid role"


def test_a_base_user_id_is_nobody_here(own, priya):
    body = {"roleName": "QUERIER", "modelId": own.server.models["orders"]}
    base = own.server.organization.administrator.user_id
    assert own.send("POST", f"/api/v1/users/{base}/model-roles", body).status == 404
    me = own.server.organization.token_holder.membership_id
    assert priya.send("POST", f"/api/v1/users/{me}/model-roles", body).status == 403


def test_an_email_only_user_is_made_once(own):
    path = "/api/v1/users/email-only"
    body = {"email": "new@outside.example", "userAttributes": {"region": "east"}}
    made = own.send("POST", path, body)
    assert (made.status, set(made.json)) == (200, {"email", "userId"})
    body["userAttributes"] = {"language": "fr"}
    body["email"] = "NEW@outside.example"
    assert own.send("POST", path, body).json == made.json
    found = own.get(path, email="new@outside").json["records"]
    assert [each["user_id"] for each in found] == [made.json["userId"]]
    values = found[0]["user_attributes"]
    assert (values["region"], values["language"]) == ("east", "fr")
    assert own.get(path).json["pageInfo"]["totalRecords"] == 44


def test_an_email_only_user_loses_what_is_not_said_where_a_server_replaces(serve, connect):
    wire = connect(serve(documents=5, email_only_upsert="replace"))
    path = "/api/v1/users/email-only"
    for values in ({"region": "east", "quota": 3}, {"quota": 4}):
        wire.send("POST", path, {"email": "new@outside.example", "userAttributes": values})
    [found] = wire.get(path, email="new@outside").json["records"]
    assert (found["user_attributes"]["region"], found["user_attributes"]["quota"]) == (None, 4)


def test_email_only_users_are_made_twenty_at_a_time_all_or_none(own):
    path = "/api/v1/users/email-only/bulk"
    users = [{"email": f"guest.{number}@outside.example"} for number in range(21)]
    assert own.send("POST", path, {"users": users}).status == 400
    assert own.send("POST", path, {"users": []}).status == 400
    broken = [*users[:3], {"email": "nobody"}]
    refused = own.send("POST", path, {"users": broken})
    assert refused.json["detail"] == "Bad Request: users.3.email: Invalid email"
    wrong = [*users[:3], {"email": "g@x.example", "userAttributes": {"shoe": 1}}]
    assert own.send("POST", path, {"users": wrong}).status == 400
    assert own.get("/api/v1/users/email-only").json["pageInfo"]["totalRecords"] == 43
    made = own.send("POST", path, {"users": users[:20]})
    assert made.status == 201
    assert [each["email"] for each in made.json["results"]] == [e["email"] for e in users[:20]]
    assert own.get("/api/v1/users/email-only").json["pageInfo"]["totalRecords"] == 63


def test_a_member_is_no_email_only_user(own, priya):
    path = "/api/v1/users/email-only"
    assert own.send("POST", path, {"email": "ada@sandbox.example"}).status == 400
    assert priya.send("POST", path, {"email": "x@outside.example"}).status == 403


def keys(wire, kind):
    return wire.get("/api/v1/api-keys", type=kind, pageSize=100).json["records"]


def test_an_organization_key_is_switched_off_and_on(own):
    one = next(each for each in keys(own, "organization") if each["name"] == "Nightly inventory")
    path = f"/api/v1/api-keys/{one['id']}"
    off = own.send("PUT", path, {"enabled": False})
    assert (off.status, off.json) == (200, one | {"enabled": False})
    assert own.get(path).json == off.json
    assert own.send("PUT", path, {"enabled": True}).json == one
    for body in ({}, {"enabled": "no"}, {"enabled": True, "name": "x"}):
        assert own.send("PUT", path, body).status == 400


def test_only_organization_keys_are_switched_and_any_is_revoked(own, priya):
    one = keys(own, "mcp")[0]["id"]
    assert own.send("PUT", f"/api/v1/api-keys/{one}", {"enabled": False}).status == 400
    assert priya.send("DELETE", f"/api/v1/api-keys/{one}").status == 403
    revoked = own.send("DELETE", f"/api/v1/api-keys/{one}")
    assert (revoked.status, revoked.json["success"]) == (200, True)
    assert own.send("DELETE", f"/api/v1/api-keys/{one}").status == 404
    assert own.send("PUT", f"/api/v1/api-keys/{NOBODY}", {"enabled": True}).status == 404


def test_the_key_in_use_can_be_switched_off(own, priya):
    mine = next(each for each in keys(own, "personal") if each["name"] == "Priya Nair's laptop")
    own.send("DELETE", f"/api/v1/api-keys/{mine['id']}")
    assert priya.get("/api/v1/whoami").status == 403
    one = next(each for each in keys(own, "organization") if each["name"] == "Production")
    assert own.send("PUT", f"/api/v1/api-keys/{one['id']}", {"enabled": False}).status == 200
    refused = own.send("PUT", f"/api/v1/api-keys/{one['id']}", {"enabled": True})
    assert refused.status == 403
    assert refused.json == {"error": {"code": 403, "message": "Invalid bearer token"}}


def test_a_key_goes_with_its_person(own, priya, people):
    off = operations({"op": "replace", "path": "active", "value": False})
    own.send("PATCH", f"{USERS}/{people['priya']}", off)
    assert priya.get("/api/v1/whoami").status == 403
