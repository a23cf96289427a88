"""The readers of people: against the sandbox over HTTP, and against answers written by hand."""

import json

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import (
    UNKNOWN_ID,
    Case,
    ask,
    check_a_new_key_is_kept,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    cursor_page,
    moment,
    plain,
    scim_page,
    sent,
    under,
    walk,
    walk_scim,
)
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

USER = "11111111-2222-4333-8444-555555555555"
MODEL = "aaaaaaaa-2222-4333-8444-555555555555"
CONNECTION = "cccccccc-2222-4333-8444-555555555555"
ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"

PERSON = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ATTRIBUTES, EXTENSION],
    "id": USER,
    "userName": "ada@example.com",
    "displayName": "Ada Byrne",
    "active": True,
    "emails": [
        {"value": "second@example.com"},
        {"value": "ada@example.com", "primary": True},
    ],
    "groups": [
        {"value": "mEhXj6ZI", "display": "Analysts, all"},
        {"value": "aB3dE6gH", "display": "Everyone"},
    ],
    "meta": {
        "created": "2026-01-02T03:04:05.678Z",
        "lastModified": "2026-02-02T00:00:00Z",
        "resourceType": "User",
    },
    ATTRIBUTES: {"region": "north", "quota": 100, "centers": [1000, "x"], "gone": None, "no": []},
    EXTENSION: {"lastLogin": "2026-03-02T01:00:00+01:00"},
}
PERSON_ROW = {
    "user_id": USER,
    "user_name": "ada@example.com",
    "display_name": "Ada Byrne",
    "active": True,
    "email": "ada@example.com",
    "created_at": pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC"),
    "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
    "last_login_at": pd.Timestamp("2026-03-02", tz="UTC"),
    "group_ids": "mEhXj6ZI,aB3dE6gH",
    "group_names": "Analysts%2C all,Everyone",
    "user_attributes": ('{"region":"north","quota":100,"centers":[1000,"x"],"gone":null,"no":[]}'),
}
GROUP = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    "id": "mEhXj6ZI",
    "displayName": "Analysts",
    "meta": {
        "created": "2026-01-02T03:04:05Z",
        "lastModified": "2026-02-02T00:00:00Z",
        "resourceType": "Group",
    },
    "members": [
        {"value": USER, "display": "ada@example.com"},
        {"value": UNKNOWN_ID, "display": "jo@example.com"},
    ],
}
WHO = {"user_id": USER, "user_name": "ada@example.com"}
NAMELESS = {"attribute_name": None, "position": None, "value": None}
ROLE = {
    "modelId": MODEL,
    "connectionId": CONNECTION,
    "roleName": "Careful analyst",
    "baseRole": "QUERIER",
    "priority": 10,
    "resolved": True,
    "from": {"type": "GROUP", "name": "Analysts", "miniUuid": "mEhXj6ZI", "depth": 0},
}
ROLE_ROW = {
    "model_id": MODEL,
    "connection_id": CONNECTION,
    "role_name": "Careful analyst",
    "base_role": "QUERIER",
    "priority": 10,
    "resolved": True,
    "origin_type": "GROUP",
    "origin_group_id": "mEhXj6ZI",
    "origin_group_name": "Analysts",
    "origin_depth": 0,
}


def roles_by_model(*roles):
    """Return an answer of whoami that names roles."""
    held = dict(zip([MODEL], roles, strict=False))
    return {"user": {"id": "u", "membershipId": USER}, "keyScope": "user", "rolesByModel": held}


CASES = [
    Case("read_users", PERSON, [PERSON_ROW], {"id": USER}, scim_page),
    Case(
        "read_embed_users",
        {**PERSON, "embedExternalId": "7", "embedEntity": "acme", "embedEmail": "a@acme.example"},
        [
            {
                **PERSON_ROW,
                "embed_external_id": "7",
                "embed_entity": "acme",
                "embed_email": "a@acme.example",
            }
        ],
        {"id": USER},
        scim_page,
    ),
    Case(
        "read_user_groups",
        PERSON,
        [
            {**WHO, "group_id": "mEhXj6ZI", "group_name": "Analysts, all"},
            {**WHO, "group_id": "aB3dE6gH", "group_name": "Everyone"},
        ],
        {"id": USER},
        scim_page,
        place=("groups", 0),
    ),
    Case(
        "read_user_attribute_values",
        PERSON,
        [
            {**WHO, "attribute_name": "region", "position": None, "value": "north"},
            {**WHO, "attribute_name": "quota", "position": None, "value": "100"},
            {**WHO, "attribute_name": "centers", "position": 1, "value": "1000"},
            {**WHO, "attribute_name": "centers", "position": 2, "value": "x"},
            {**WHO, "attribute_name": "gone", "position": None, "value": None},
            {**WHO, "attribute_name": "no", "position": None, "value": None},
        ],
        {"id": USER},
        scim_page,
    ),
    Case(
        "read_groups",
        GROUP,
        [
            {
                "group_id": "mEhXj6ZI",
                "display_name": "Analysts",
                "member_count": 2,
                "created_at": pd.Timestamp("2026-01-02 03:04:05", tz="UTC"),
                "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
            }
        ],
        {"id": "mEhXj6ZI"},
        scim_page,
    ),
    Case(
        "read_group_members",
        GROUP,
        [
            {
                "group_id": "mEhXj6ZI",
                "group_name": "Analysts",
                "user_id": user,
                "user_display": email,
            }
            for user, email in [(USER, "ada@example.com"), (UNKNOWN_ID, "jo@example.com")]
        ],
        {"id": "mEhXj6ZI"},
        scim_page,
        place=("members", 1),
    ),
    Case(
        "read_email_only_users",
        {
            "user_id": USER,
            "email": "a@b.example",
            "user_attributes": {"omni_is_org_admin": "false"},
        },
        [
            {
                "user_id": USER,
                "email": "a@b.example",
                "user_attributes": '{"omni_is_org_admin":"false"}',
            }
        ],
        {"user_id": USER},
    ),
    Case(
        "read_user_attributes",
        {
            "id": UNKNOWN_ID,
            "name": "quota",
            "label": "Quota",
            "description": "How much",
            "type": "Number",
            "multiple_values": True,
            "system": False,
            "default_value": ["1", 2],
        },
        [
            {
                "attribute_id": UNKNOWN_ID,
                "attribute_name": "quota",
                "label": "Quota",
                "description": "How much",
                "type": "Number",
                "multiple_values": True,
                "system": False,
                "default_value": '["1",2]',
            }
        ],
        {"name": "quota"},
        under("records"),
    ),
    Case(
        "read_model_roles",
        ROLE,
        [{"user_id": USER, **ROLE_ROW}],
        {"modelId": MODEL},
        under("results", membershipId=USER),
        parents=([USER],),
    ),
    Case(
        "read_whoami_roles",
        {
            "roleName": "Careful analyst",
            "baseRole": "QUERIER",
            "connectionId": CONNECTION,
            "permissions": ["QUERY_SQL", "VIEW_SQL"],
        },
        [
            {
                "model_id": MODEL,
                "role_name": "Careful analyst",
                "base_role": "QUERIER",
                "connection_id": CONNECTION,
                "permissions": "QUERY_SQL,VIEW_SQL",
            }
        ],
        {},
        roles_by_model,
    ),
    Case(
        "read_api_keys",
        {
            "id": USER,
            "name": "Ada's laptop",
            "type": "personal",
            "enabled": False,
            "membershipId": UNKNOWN_ID,
            "createdAt": "2026-01-02T03:04:05.678Z",
        },
        [
            {
                "api_key_id": USER,
                "name": "Ada's laptop",
                "type": "personal",
                "enabled": False,
                "user_id": UNKNOWN_ID,
                "created_at": pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC"),
            }
        ],
        {"id": USER},
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
SCIM = [
    "read_users",
    "read_embed_users",
    "read_user_groups",
    "read_user_attribute_values",
    "read_groups",
    "read_group_members",
]


@each_case
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each_case
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


@each_case
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


# Any name of an attribute is a value there, so that none is new.
@pytest.mark.failure("new-shape")
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name != "read_user_attribute_values"],
    ids=lambda case: case.name,
)
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    check_a_new_key_is_kept(case, scripted)


# --- the sandbox


def person_row(one):
    return {
        "user_id": one["id"],
        "user_name": one["userName"],
        "display_name": one["displayName"],
        "active": one["active"],
        "email": one["emails"][0]["value"],
        "created_at": moment(one["meta"]["created"]),
        "updated_at": moment(one["meta"]["lastModified"]),
        "last_login_at": moment(one.get(EXTENSION, {}).get("lastLogin")),
        "group_ids": ",".join(group["value"] for group in one["groups"]),
        "group_names": ",".join(group["display"] for group in one["groups"]),
    }


def test_users_are_those_of_a_hand_written_walk(omni, server):
    df = omnipd.read_users()
    raw = walk_scim(server, "/api/scim/v2/Users")
    assert plain(df.drop(columns=["user_attributes", "extra"])) == [person_row(one) for one in raw]
    assert len(raw) > 100
    assert df["extra"].isna().all()


def test_embed_users_are_those_of_a_hand_written_walk(omni, server):
    df = omnipd.read_embed_users()
    assert plain(df.drop(columns=["user_attributes", "extra"])) == [
        person_row(one)
        | {
            "embed_external_id": one["embedExternalId"],
            "embed_entity": one.get("embedEntity"),
            "embed_email": one.get("embedEmail"),
        }
        for one in walk_scim(server, "/api/scim/v2/embed/Users")
    ]
    assert df["extra"].isna().all()


def test_groups_and_members_are_those_of_a_hand_written_walk(omni, server):
    raw = walk_scim(server, "/api/scim/v2/Groups")
    groups = omnipd.read_groups()
    assert plain(groups) == [
        {
            "group_id": one["id"],
            "display_name": one["displayName"],
            "member_count": len(one["members"]),
            "created_at": moment(one["meta"]["created"]),
            "updated_at": moment(one["meta"]["lastModified"]),
            "extra": None,
        }
        for one in raw
    ]
    members = omnipd.read_group_members()
    assert plain(members) == [
        {
            "group_id": one["id"],
            "group_name": one["displayName"],
            "user_id": member["value"],
            "user_display": member["display"],
            "extra": None,
        }
        for one in raw
        for member in one["members"]
    ]
    assert 0 in groups["member_count"].tolist()


def test_both_sides_of_membership_agree_and_join(omni):
    left = omnipd.read_user_groups()[["user_id", "group_id"]]
    right = omnipd.read_group_members()[["user_id", "group_id"]]
    assert len(left) > 100
    assert set(map(tuple, left.to_numpy())) == set(map(tuple, right.to_numpy()))
    assert set(left["user_id"]) <= set(omnipd.read_users()["user_id"])
    assert set(left["group_id"]) <= set(omnipd.read_groups()["group_id"])


def test_attribute_values_are_those_of_a_hand_written_walk(omni, server):
    expected = []
    for one in walk_scim(server, "/api/scim/v2/Users"):
        for name, value in one[ATTRIBUTES].items():
            many = isinstance(value, list)
            for place, item in enumerate(value if many else [value], 1):
                expected.append(
                    {
                        "user_id": one["id"],
                        "user_name": one["userName"],
                        "attribute_name": name,
                        "position": place if many else None,
                        "value": None if item is None else str(item),
                        "extra": None,
                    }
                )
    df = omnipd.read_user_attribute_values()
    assert plain(df) == expected
    assert df["position"].max() == 2
    assert set(df["attribute_name"]) <= set(omnipd.read_user_attributes()["attribute_name"])


def test_the_long_forms_of_users_ask_nothing_again(omni, server):
    omnipd.read_users()
    before = len(server.requests)
    assert len(omnipd.read_user_groups()) > len(omnipd.read_user_attribute_values().columns)
    assert len(server.requests) == before


def test_email_only_users_come_twenty_at_a_time(omni, server):
    before = len(server.requests)
    df = omnipd.read_email_only_users(direction="desc")
    assert len(sent(server, before)) == 3
    raw = walk(server, "/api/v1/users/email-only", sortDirection="desc")
    assert df["user_id"].tolist() == [one["user_id"] for one in raw]
    assert df["email"].tolist() == [one["email"] for one in raw]
    assert [json.loads(text) for text in df["user_attributes"]] == [
        one["user_attributes"] for one in raw
    ]


def test_attributes_are_those_that_the_server_sends(omni, server):
    raw = ask(server, "/api/v1/user-attributes")["records"]
    df = omnipd.read_user_attributes()
    assert plain(
        df[
            [
                "attribute_id",
                "attribute_name",
                "label",
                "description",
                "type",
                "multiple_values",
                "system",
            ]
        ]
    ) == [
        {
            "attribute_id": one["id"] or None,
            "attribute_name": one["name"],
            **{key: one[key] for key in one if key not in {"id", "name", "default_value"}},
        }
        for one in raw
    ]
    assert df["attribute_id"].isna().tolist() == df["system"].tolist()
    defaults = dict(zip(df["attribute_name"], plain(df), strict=True))
    assert defaults["quota"]["default_value"] == '"0"'
    assert defaults["cost_centers"]["default_value"] == '["1000","1010"]'
    assert defaults["language"]["default_value"] is None


def test_keys_are_those_of_a_hand_written_walk(omni, server):
    raw = walk(server, "/api/v1/api-keys", sortField="createdAt", sortDirection="desc")
    assert plain(omnipd.read_api_keys()) == [
        {
            "api_key_id": one["id"],
            "name": one["name"],
            "type": one["type"],
            "enabled": one["enabled"],
            "user_id": one["membershipId"],
            "created_at": moment(one["createdAt"]),
            "extra": None,
        }
        for one in raw
    ]
    assert {one["type"] for one in raw} == {"organization", "personal", "mcp"}


def role_rows(parent, key, results):
    return [
        {
            parent: key,
            "model_id": one["modelId"],
            "connection_id": one["connectionId"],
            "role_name": one["roleName"],
            "base_role": one["baseRole"],
            "priority": one["priority"],
            "resolved": one.get("resolved"),
            "origin_type": one["from"]["type"],
            "origin_group_id": one["from"].get("miniUuid"),
            "origin_group_name": one["from"].get("name"),
            "origin_depth": one["from"].get("depth"),
            "extra": None,
        }
        for one in results
    ]


def test_roles_of_users_and_groups_are_those_the_server_sends(omni, server):
    users, groups = omnipd.read_users(limit=12), omnipd.read_groups()
    of_users = omnipd.read_model_roles(users)
    assert plain(of_users) == [
        row
        for user in users["user_id"]
        for row in role_rows(
            "user_id", user, ask(server, f"/api/v1/users/{user}/model-roles")["results"]
        )
    ]
    of_groups = omnipd.read_model_roles(groups=groups)
    assert plain(of_groups) == [
        row
        for group in groups["group_id"]
        for row in role_rows(
            "group_id", group, ask(server, f"/api/v1/user-groups/{group}/model-roles")["results"]
        )
    ]
    assert list(of_users.columns[1:]) == list(of_groups.columns[1:])
    assert (of_users.dtypes.to_numpy()[1:] == of_groups.dtypes.to_numpy()[1:]).all()
    assert {"BASE", "GROUP", "USER"} == set(of_users["origin_type"])
    assert len(of_groups) > 0


def test_parents_may_be_ids_a_series_or_a_frame(omni):
    users = omnipd.read_users(limit=3)
    frames = [
        omnipd.read_model_roles(users["user_id"].tolist()),
        omnipd.read_model_roles(users["user_id"]),
        omnipd.read_model_roles(users),
        omnipd.read_model_roles(users.rename(columns={"id": "user_id"})),
    ]
    for df in frames:
        pd.testing.assert_frame_equal(df, frames[0])
    assert frames[0]["user_id"].unique().tolist() == users["user_id"].tolist()
    assert len(omnipd.read_model_roles([])) == 0
    assert list(omnipd.read_model_roles([]).columns) == list(frames[0].columns)


def test_a_user_that_nobody_is_fails_all_or_is_named(omni):
    known = omnipd.read_users(limit=1)["user_id"].tolist()
    with pytest.raises(omnipd.NotFoundError) as caught:
        omnipd.read_model_roles([*known, UNKNOWN_ID])
    assert set(caught.value.partial["user_id"]) == set(known)
    with pytest.warns(omnipd.OmniWarning, match="1 of 2 could not be read"):
        df = omnipd.read_model_roles([*known, UNKNOWN_ID], errors="collect")
    assert set(df["user_id"]) == set(known)
    assert df.attrs["omni"]["complete"] is False
    assert UNKNOWN_ID in df.attrs["omni"]["failures"]


def test_roles_of_the_key_are_those_of_whoami(omni):
    df = omnipd.read_whoami_roles()
    assert {
        row["model_id"]: {
            "roleName": row["role_name"],
            "baseRole": row["base_role"],
            "connectionId": row["connection_id"],
            "permissions": row["permissions"].split(","),
        }
        for row in plain(df)
    } == omnipd.whoami().roles
    one = df["model_id"][1]
    assert omnipd.read_whoami_roles(model=one)["model_id"].tolist() == [one]


def test_roles_that_omni_left_out_are_an_error_that_has_the_others(scripted):
    scripted.script(
        answer({**roles_by_model({"roleName": "VIEWER"}), "rolesByModelTruncated": True})
    )
    with (
        client_of(scripted),
        pytest.raises(omnipd.IncompleteReadError, match="model=") as caught,
    ):
        omnipd.read_whoami_roles()
    assert caught.value.partial["model_id"].tolist() == [MODEL]


@pytest.mark.parametrize(
    "held", [[], [{"modelId": MODEL, "roleName": "VIEWER"}], {MODEL: "VIEWER"}, "VIEWER"]
)
def test_roles_that_are_not_by_model_are_taken_for_none_by_nobody(scripted, held):
    scripted.script(answer({**roles_by_model(), "rolesByModel": held}))
    with client_of(scripted, cache=False):
        for ask in (omnipd.whoami, omnipd.read_whoami_roles):
            with pytest.raises(omnipd.ResponseError, match="no roles by model"):
                ask()


# --- older servers, and what must not be


def test_what_an_older_server_does_not_send_is_null_and_not_none(tmp_path):
    with Server(old_shapes=True) as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        users = omnipd.read_users(client=client)
        groups = omnipd.read_user_groups(client=client)
        values = omnipd.read_user_attribute_values(client=client)
        embed = omnipd.read_embed_users(client=client)
        raw = walk_scim(server, "/api/scim/v2/Users")
        client.close()
    assert users["display_name"].tolist() == [one["displayName"] for one in raw]
    for name in ("email", "created_at", "last_login_at", "group_ids", "user_attributes", "extra"):
        assert users[name].isna().all()
    assert embed["embed_external_id"].isna().all()
    for df, column in ((groups, "group_id"), (values, "attribute_name")):
        assert df["user_id"].tolist() == [one["id"] for one in raw]
        assert df[column].isna().all()


@pytest.mark.failure("scim-count")
@pytest.mark.parametrize("name", SCIM)
def test_a_server_that_hands_out_less_than_asked_is_read_to_its_end(tmp_path, name):
    with Server(scim_count_at_most=40) as few, Server() as many:
        frames = []
        for server in (few, many):
            client = omnipd.connect(
                server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
            )
            frames.append(getattr(omnipd, name)(client=client))
            client.close()
        pd.testing.assert_frame_equal(*frames)
        assert len(few.requests) >= len(many.requests)


@pytest.mark.parametrize("name", SCIM)
def test_a_personal_token_is_told_to_be_an_organization_key(server, name):
    with (
        omnipd.connect(server.url, server.personal_key, requests_per_minute=None),
        pytest.raises(omnipd.ForbiddenError, match="organization key"),
    ):
        getattr(omnipd, name)()


def test_a_user_on_two_pages_is_told(scripted):
    page = scim_page(PERSON)
    scripted.script(answer({**page, "totalResults": 2}))
    with (
        client_of(scripted),
        pytest.raises(omnipd.IncompleteReadError, match="came twice"),
    ):
        omnipd.read_users()


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("read_user_groups", {**PERSON, "groups": "Analysts"}),
        ("read_user_groups", {**PERSON, "groups": ["Analysts"]}),
        ("read_user_attribute_values", {**PERSON, ATTRIBUTES: ["north"]}),
        ("read_group_members", {**GROUP, "members": [USER]}),
    ],
)
def test_a_long_form_of_something_else_is_an_error(scripted, name, record):
    scripted.script(answer(scim_page(record)))
    with client_of(scripted), pytest.raises(omnipd.ResponseError):
        getattr(omnipd, name)()


@pytest.mark.failure("new-shape")
def test_another_shape_of_a_users_lists_is_kept_as_text_with_a_warning(scripted):
    odd = {**PERSON, "emails": "ada@example.com", "groups": [{"name": "Analysts"}]}
    scripted.script(answer(scim_page(odd)))
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="another type"):
        df = omnipd.read_users()
    assert df["email"][0] == "ada@example.com"
    assert df["group_ids"][0] == '[{"name":"Analysts"}]'


# --- parameters

PARAMETERS = [
    ("read_users", (), {"filter": 'userName eq "ADA@sandbox.example"'}, {}),
    ("read_embed_users", (), {"filter": 'embedExternalId co "7"'}, {}),
    ("read_groups", (), {"filter": 'displayName eq "Everyone"'}, {}),
    ("read_group_members", (), {"filter": 'displayName eq "Everyone"'}, {}),
    (
        "read_email_only_users",
        (),
        {"email": "BOARD", "direction": "desc"},
        {"email": "BOARD", "sortDirection": "desc", "pageSize": "20"},
    ),
    (
        "read_api_keys",
        (),
        {"type": "mcp", "sort": "name", "direction": "asc"},
        {"type": "mcp", "sortField": "name", "sortDirection": "asc", "pageSize": "100"},
    ),
    (
        "read_api_keys",
        (),
        {},
        {"sortField": "createdAt", "sortDirection": "desc", "pageSize": "100"},
    ),
]


@pytest.mark.parametrize(("name", "parents", "arguments", "expected"), PARAMETERS)
def test_parameters_arrive_in_omnis_spelling(omni, server, name, parents, arguments, expected):
    if "filter" in arguments:
        expected = {"filter": arguments["filter"], "startIndex": "1", "count": "100"}
    before = len(server.requests)
    df = getattr(omnipd, name)(*parents, **arguments)
    assert sent(server, before)[0][1] == expected
    assert len(df) > 0
    assert len(df) < len(getattr(omnipd, name)(*parents)) or not arguments


def test_roles_can_be_narrowed(omni, server):
    [user] = omnipd.read_users(limit=1)["user_id"]
    every = omnipd.read_model_roles(user)
    model, connection = every["model_id"][0], every["connection_id"][0]
    before = len(server.requests)
    narrowed = omnipd.read_model_roles(user, model=model, connection_id=connection)
    assert sent(server, before) == [
        (f"/api/v1/users/{user}/model-roles", {"modelId": model, "connectionId": connection})
    ]
    assert set(narrowed["model_id"]) == {model}
    assert 0 < len(narrowed) < len(every)


def test_limit_takes_the_first_rows_and_no_more_pages_than_it_needs(omni, server):
    before = len(server.requests)
    assert len(omnipd.read_users(limit=5)) == 5
    assert len(omnipd.read_group_members(limit=7)) == 7
    assert len(omnipd.read_email_only_users(limit=20)) == 20
    assert len(sent(server, before)) == 3


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("read_users", {"filter": " "}, "filter=' ' is empty"),
        ("read_groups", {"limit": 0}, "1 or more"),
        ("read_email_only_users", {"direction": "up"}, "direction='up' is not known"),
        ("read_email_only_users", {"email": ""}, "email='' is empty"),
        ("read_api_keys", {"type": "person"}, "Did you mean 'personal'"),
        ("read_api_keys", {"sort": "createdAt"}, "Did you mean 'created_at'"),
        ("read_model_roles", {}, "either users= or groups="),
        ("read_model_roles", {"users": [], "groups": []}, "either users= or groups="),
        ("read_model_roles", {"users": "x", "model": ".."}, "model='..' is not"),
        ("read_model_roles", {"users": "x", "connection_id": ".."}, "connection_id='..' is not"),
        ("read_model_roles", {"users": "x", "errors": "ignore"}, "errors='ignore' is not known"),
        ("read_model_roles", {"users": pd.DataFrame({"name": ["x"]})}, "user_id, id"),
        ("read_model_roles", {"groups": [""]}, "is not a group_id"),
        ("read_whoami_roles", {"model": []}, "is empty"),
    ],
)
def test_bad_arguments_are_refused_by_name_before_anything_is_sent(
    omni, server, name, arguments, message
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        getattr(omnipd, name)(**arguments)
    assert len(server.requests) == before


def test_a_list_with_pages_is_one_request_where_one_page_holds_it(scripted):
    scripted.script(answer(cursor_page()))
    with client_of(scripted):
        assert len(omnipd.read_api_keys()) == 0
    assert len(scripted.requests) == 1


def test_an_email_that_is_no_list_is_kept_as_it_came_and_said(scripted):
    resources = [PERSON, PERSON | {"id": MODEL, "emails": {"value": "a@b"}}]
    scripted.script(answer({"Resources": resources, "totalResults": 2}))
    with (
        omnipd.connect(scripted.url, "key", requests_per_minute=None),
        pytest.warns(omnipd.OmniWarning, match="email "),
    ):
        df = omnipd.read_users()
    assert df["email"].tolist() == ["ada@example.com", '{"value":"a@b"}']


def test_groups_that_are_no_list_are_kept_as_they_came_and_said(scripted):
    resources = [PERSON, PERSON | {"id": MODEL, "groups": {}}]
    scripted.script(answer({"Resources": resources, "totalResults": 2}))
    with (
        omnipd.connect(scripted.url, "key", requests_per_minute=None),
        pytest.warns(omnipd.OmniWarning, match="group_ids "),
    ):
        df = omnipd.read_users()
    assert df["group_ids"].tolist() == ["mEhXj6ZI,aB3dE6gH", "{}"]
