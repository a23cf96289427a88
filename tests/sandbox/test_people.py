import pytest

EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"


def resources(wire, path, **query):
    """Walk a list, going on by what came rather than by what was asked for."""
    found, start, total = [], 1, None
    while total is None or start <= total:
        answer = wire.get(f"/api/scim/v2/{path}", startIndex=start, **query).json
        assert answer["startIndex"] == start
        assert answer["itemsPerPage"] == len(answer["Resources"])
        total = answer["totalResults"]
        found += answer["Resources"]
        start += len(answer["Resources"])
        if not answer["Resources"]:
            break
    return found


@pytest.mark.parametrize("count", [7, 100, 1000])
def test_every_member_comes_once_whatever_the_count(server, wire, count):
    found = resources(wire, "Users", count=count)
    assert [each["id"] for each in found] == list(server.organization.users)
    assert len(found) == 130


@pytest.mark.parametrize(("path", "total"), [("Users", 130), ("embed/Users", 10), ("Groups", 5)])
def test_a_server_may_give_less_than_was_asked_for(serve, connect, path, total):
    wire = connect(serve(documents=0, scim_count_at_most=3))
    assert len(wire.get(f"/api/scim/v2/{path}", count=100).json["Resources"]) == 3
    found = resources(wire, path, count=100)
    assert len({each["id"] for each in found}) == len(found) == total


@pytest.mark.parametrize(
    ("query", "start", "items"),
    [
        ({"startIndex": "-4", "count": "2"}, 1, 2),
        ({"startIndex": "0"}, 1, 100),
        ({"count": "-1"}, 1, 0),
        ({"count": "2.9"}, 1, 2),
        ({"startIndex": "130"}, 130, 1),
        ({"startIndex": "131"}, 131, 0),
    ],
)
def test_odd_numbers_are_taken_as_scim_takes_them(wire, query, start, items):
    answer = wire.get("/api/scim/v2/Users", **query).json
    assert (answer["startIndex"], answer["itemsPerPage"]) == (start, items)
    assert answer["totalResults"] == 130


@pytest.mark.parametrize("count", ["", "ten", "1e3", "٣"])
def test_what_is_no_number_is_400(wire, count):
    answer = wire.get("/api/scim/v2/Users", count=count)
    assert answer.status == 400
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_a_member_has_addresses_groups_and_attributes(server, wire):
    found = {each["userName"]: each for each in resources(wire, "Users")}
    ada = found["ada@sandbox.example"]
    admin = server.organization.administrator
    assert ada["id"] == admin.membership_id != admin.user_id
    assert ada["emails"] == [{"value": "ada@sandbox.example", "primary": True}]
    assert ada["urn:omni:params:1.0:UserAttribute"]["region"] == "north"
    assert ada["meta"]["resourceType"] == "User"
    logins = {each[EXTENSION]["lastLogin"] is None for each in found.values()}
    assert logins == {True, False}
    assert {each["active"] for each in found.values()} == {True, False}
    assert wire.get(f"/api/scim/v2/Users/{ada['id']}").json == ada


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("Users", 'userName eq "ADA@sandbox.example"', ["Ada Byrne"]),
        ("Users", 'USERNAME Eq "nobody@sandbox.examples"', []),
        ("embed/Users", 'embedExternalId eq "customer-1"', ["Customer 1"]),
        ("embed/Users", 'embedexternalid co "-1"', ["Customer 1", "Customer 9"]),
        ("Groups", 'displayName eq "Everyone"', ["Everyone"]),
    ],
)
def test_a_filter_finds_by_name(wire, path, text, names):
    assert [each["displayName"] for each in resources(wire, path, filter=text)] == names


@pytest.mark.parametrize(
    "text", ["ada", 'userName co "a"', 'displayName eq "Ada Byrne"', 'userName eq "a" or x']
)
def test_a_filter_the_sandbox_does_not_know_is_400(wire, text):
    assert wire.get("/api/scim/v2/Users", filter=text).status == 400


def test_groups_and_members_agree(wire):
    groups = resources(wire, "Groups")
    pairs = {(group["id"], member["value"]) for group in groups for member in group["members"]}
    assert pairs == {
        (group["value"], user["id"])
        for user in resources(wire, "Users")
        for group in user["groups"]
    }
    assert {len(each["id"]) for each in groups} == {8}
    assert [len(each["members"]) for each in groups if each["displayName"] == "Everyone"] == [130]
    assert [len(each["members"]) for each in groups if each["displayName"] == "Empty group"] == [0]
    without = resources(wire, "Groups", excludedAttributes="members")
    assert all("members" not in each for each in without)
    assert wire.get(f"/api/scim/v2/Groups/{groups[0]['id']}").json == groups[0]


def test_embed_users_leave_out_what_they_do_not_have(wire):
    found = resources(wire, "embed/Users")
    assert {"embedEntity" in each for each in found} == {True, False}
    assert {"embedEmail" in each for each in found} == {True, False}
    assert all(each["userName"].startswith("embed-user-") for each in found)
    assert wire.get(f"/api/scim/v2/embed/Users/{found[0]['id']}").json == found[0]


def test_email_only_users_come_twenty_at_a_time(wire):
    path = "/api/v1/users/email-only"
    first = wire.get(path).json
    assert len(first["records"]) == 20
    assert first["pageInfo"]["totalRecords"] == 43
    assert wire.get(path, pageSize=21).status == 400
    record = first["records"][0]
    assert record["user_attributes"]["omni_is_org_admin"] == "false"
    assert record["user_id"] != record["user_attributes"]["omni_user_id"]


def test_email_only_users_are_found_by_part_of_an_address_in_any_case(wire):
    found = wire.get("/api/v1/users/email-only", email="BOARD.", sortDirection="asc").json[
        "records"
    ]
    assert [each["email"] for each in found] == [
        f"Board.{number}@outside.example" for number in (0, 10, 15, 20, 25, 30, 35, 40, 5)
    ]


def test_system_attributes_have_no_id(wire):
    records = wire.get("/api/v1/user-attributes").json["records"]
    assert {each["name"] for each in records if each["id"] == ""} == {
        each["name"] for each in records if each["system"]
    }
    assert len({each["name"] for each in records}) == len(records)
    assert any(each["multiple_values"] for each in records)


def test_one_role_on_each_model_is_resolved(server, wire):
    for user in list(server.organization.users.values())[:10]:
        answer = wire.get(f"/api/v1/users/{user.membership_id}/model-roles").json
        assert answer["membershipId"] == user.membership_id
        for model in server.models.values():
            rows = [row for row in answer["results"] if row["modelId"] == model]
            (resolved,) = (row for row in rows if row["resolved"])
            assert resolved["roleName"] == user.model_role
            assert resolved["priority"] == max(row["priority"] for row in rows)


def test_roles_come_from_the_groups_a_member_is_in(server, wire):
    seen = 0
    for user in list(server.organization.users.values())[:24]:
        answer = wire.get(f"/api/v1/users/{user.membership_id}/model-roles").json
        for row in answer["results"]:
            if row["from"]["type"] == "GROUP":
                group = row["from"]["miniUuid"]
                of_group = wire.get(
                    f"/api/v1/user-groups/{group}/model-roles", modelId=row["modelId"]
                ).json
                del row["resolved"]
                assert of_group == {"userGroupId": group, "results": [row]}
                assert user.membership_id in server.organization.groups[group].member_ids
                seen += 1
    assert seen


def test_the_person_behind_a_membership_has_no_roles(server, wire):
    person = server.organization.administrator.user_id
    assert wire.get(f"/api/v1/users/{person}/model-roles").status == 404


def test_a_personal_token_reads_its_own_roles_only(server, connect):
    wire = connect(server, server.personal_key)
    me, other = server.organization.token_holder, server.organization.administrator
    assert wire.get(f"/api/v1/users/{me.membership_id}/model-roles").status == 200
    assert wire.get(f"/api/v1/users/{other.membership_id}/model-roles").status == 403


def test_keys_belong_to_members_or_to_the_organization(server, wire):
    keys = wire.get("/api/v1/api-keys", pageSize=100).json["records"]
    assert {each["type"] for each in keys} == {"organization", "personal", "mcp"}
    for each in keys:
        assert (each["membershipId"] is None) == (each["type"] == "organization")
        assert wire.get(f"/api/v1/api-keys/{each['id']}").json == each
    dates = [each["createdAt"] for each in keys]
    assert dates == sorted(dates, reverse=True)
    mcp = wire.get("/api/v1/api-keys", type="mcp", sortField="name").json["records"]
    assert {each["type"] for each in mcp} == {"mcp"}
    secret = server.api_key.removeprefix("omni_osk_")
    assert secret not in str(keys)


def test_a_key_list_goes_on_after_the_last_id(wire):
    first = wire.get("/api/v1/api-keys", pageSize=5).json
    assert first["pageInfo"]["nextCursor"] == first["records"][-1]["id"]
    unknown = "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11"
    assert wire.get("/api/v1/api-keys", cursor=unknown).status == 400
