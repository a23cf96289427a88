"""Somebody leaves: what is theirs of each kind, what is not, who could take it over, and how."""

from itertools import cycle

import pytest
from audit.hand_made import lacking, rows, table

import omnipd
from omnipd import audit

KINDS = {
    "document": ("content", "documents"),
    "folder": ("content", "folders"),
    "schedule": ("schedules",),
    "received_schedule": ("schedule_recipients",),
    "api_key": ("api_keys",),
    "group": ("group_members",),
    "model_role": ("model_roles",),
    "permission": ("document_access", "folder_permissions"),
    "favorite": ("document_favorites",),
    "draft": ("document_drafts",),
    "routine": ("ai_routines",),
    "attribute": ("user_attribute_values",),
    "credit_limit": ("ai_user_credit_limits",),
}
USERS = [
    {"user_id": "ann", "email": "Ann@x.example", "display_name": "Ann", "active": True},
    {"user_id": "bob", "email": "bob@x.example", "display_name": "Bob", "active": True},
    {"user_id": "cleo", "email": "cleo@x.example", "display_name": "Cleo", "active": True},
    {"user_id": "off", "email": "off@x.example", "display_name": "Off", "active": False},
]


def document(identifier, owner="ann", **rest):
    return {
        "type": "document",
        "document_identifier": identifier,
        "name": identifier.title(),
        "owner_id": owner,
    } | rest


def folder(path, owner="ann", **rest):
    return {"type": "folder", "id": path, "path": path, "owner_id": owner} | rest


def access(identifier, who, role="MANAGER", **rest):
    return {
        "document_identifier": identifier,
        "principal_type": "user",
        "principal_id": who,
        "role": role,
        "access_source": "direct",
        "is_owner": False,
    } | rest


def tables(scopes=1, **others):
    held = {"users": USERS} | others
    names = [*audit.leaver.needs, *audit.leaver.also]
    made = {name: table(name, *held.get(name, [])) for name in names}
    made["content"].attrs["omni"]["public_rows"] = scopes
    return made


def asked(kind, person="ann@x.example", **others):
    answer = rows(audit.leaver(omnipd.Inventory(tables(**others)), person))
    assert {row["kind"] for row in answer} <= {*KINDS}
    return [row for row in answer if row["kind"] == kind]


def told(found, *columns):
    return [tuple(row[name] for name in columns) for row in found]


def test_of_somebody_who_has_nothing_only_the_routines_are_not_known():
    [row] = rows(audit.leaver(omnipd.Inventory(tables()), "ann"))
    assert (row["kind"], row["id"]) == ("routine", None)
    assert row["unknown"] == (
        "ai_routines: Omni lists those of one person, and does not tell whose"
    )


def test_documents():
    found = asked(
        "document",
        content=[document("a b", folder_path="/f", scope="organization"), document("b", "bob")],
        documents=[document("a b"), document("c"), document("t", deleted=True)],
        document_access=[
            access("a b", "ann", is_owner=True),
            access("a b", "cleo", "EDITOR"),
            access("a b", "bob"),
            access("a b", "off"),
            access("c", "ann", is_owner=True),
            access("c", "bob", "VIEWER"),
            access("e", "ann", is_owner=True, email="ann@x.example"),
            access("e", "cleo", "EDITOR"),
            access("g", "ann", is_owner=True, access_source="folder"),
        ],
    )
    assert told(found, "id", "name", "folder_path", "detail", "could_take_over", "unknown") == [
        ("a b", "A B", "/f", "organization", "bob@x.example", None),
        ("c", "C", None, None, "administrators", None),
        ("t", "T", None, "in the trash", "nobody", None),
        ("e", None, None, None, "cleo@x.example", None),
    ]
    assert told(found, "hand_over", "take_away")[0] == (
        "PUT /api/v1/documents/a%20b/transfer-ownership",
        "DELETE /api/v1/documents/a%20b",
    )
    assert told(found, "hand_over")[2] == ("not by the API",)


@pytest.mark.parametrize(
    ("given", "who"),
    [
        ([access("d", "team", principal_type="userGroup", principal_name="Team")], "group Team"),
        ([access("d", "empty", principal_type="userGroup")], "administrators"),
        ([access("d", "alone", principal_type="userGroup")], "administrators"),
        ([access("d", "uuid", principal_type="userGroup")], "group uuid"),
        ([access("d", "nest", principal_type="userGroup")], "group nest"),
        ([access("d", "embed")], "administrators"),
        (
            [access("d", "team", principal_type="userGroup"), access("d", "cleo")],
            "cleo@x.example, group team",
        ),
    ],
)
def test_groups_take_over_unless_nobody_is_in_them(given, who):
    found = asked(
        "document",
        content=[document("d")],
        document_access=[access("d", "ann", is_owner=True), *given],
        groups=[{"group_id": "empty", "member_count": 0}, {"group_id": "team", "member_count": 2}],
        group_members=[
            {"group_id": "team", "user_id": "ann"},
            {"group_id": "team", "user_id": "bob"},
            {"group_id": "alone", "user_id": "ann"},
            {"group_id": "alone", "user_id": "off"},
            {"group_id": "nest", "user_id": "team"},
        ],
    )
    assert told(found, "could_take_over", "unknown") == [(who, None)]


def test_more_than_five_are_not_all_named():
    users = [{"user_id": f"u{n}", "email": f"u{n}@x.example", "active": True} for n in range(6)]
    found = asked(
        "document",
        users=[*USERS, *users],
        content=[document("d")],
        document_access=[access("d", one["user_id"]) for one in users],
    )
    assert found[0]["could_take_over"] == ", ".join(f"u{n}@x.example" for n in range(5)) + ", …"


def test_owners_with_ids_of_another_kind():
    content = [
        document("d", "base-1", owner_name="Ann"),
        document("e", "base-2", owner_name="Bob"),
        document("f", None),
    ]
    listed = [access("f", "ann", is_owner=True)]
    found = asked("document", content=content, document_access=listed)
    lead = "the owner has their name, and an id that no user has"
    assert told(found, "id", "unknown") == [
        ("d", f"{lead}; document_access: Omni does not tell who has a role"),
        ("f", None),
        (None, "Omni does not tell the owner, of 1"),
        (None, "no owner's id is that of a user"),
    ]
    # Where ids are those of users, a name is no sign.
    content = [document("d", "base-1", owner_name="Ann"), document("e", "bob")]
    assert asked("document", content=content) == []


def test_what_one_list_knows_for_certain_is_known():
    found = asked(
        "document",
        content=[document("d", "base-1", owner_name="Ann")],
        documents=[document("d")],
        document_access=[access("d", "bob")],
    )
    assert told(found, "id", "unknown") == [("d", None), (None, "no owner's id is that of a user")]


def test_what_is_personal_may_be_missing():
    for kind in ("document", "folder"):
        [row] = asked(kind, scopes=None)
        assert told([row], "id", "unknown") == [
            (None, "content: what is personal is not known to be in it")
        ]


def test_folders():
    found = asked(
        "folder",
        content=[folder("/f", name="F", scope="restricted"), folder("/g", "bob")],
        folders=[{"folder_id": "/f", "owner_id": "ann"}, {"folder_id": "/h", "owner_id": "ann"}],
        folder_permissions=[
            {"folder_id": "/f", "principal_type": "user", "principal_id": "bob", "role": "EDITOR"}
        ],
    )
    assert told(found, "id", "detail", "could_take_over", "hand_over", "take_away", "unknown") == [
        ("/f", "restricted", "bob@x.example", "not by the API", "DELETE /api/v1/folders/%2Ff", None),
        (
            "/h",
            None,
            None,
            "not by the API",
            "DELETE /api/v1/folders/%2Fh",
            "folder_permissions: Omni does not tell who has a role",
        ),
    ]  # fmt: skip


def test_schedules_that_they_own_and_that_they_receive():
    held = {
        "schedules": [
            {"schedule_id": "s1", "name": "S1", "owner_id": "ann", "document_identifier": "d"},
            {"schedule_id": "s2", "name": "S2", "owner_id": "bob", "document_identifier": "d"},
        ],
        "document_access": [access("d", "bob", is_owner=True)],
        "schedule_recipients": [
            {"schedule_id": "s1", "recipient_id": "bob", "email": "bob@x.example"},
            {"schedule_id": "s2", "recipient_id": "ann"},
            {"schedule_id": "s3", "recipient_id": "base", "email": "ann@X.example"},
            {"schedule_id": "s4", "recipient_id": "ann", "via_group_name": "Team"},
            {"schedule_id": "s5", "via_group_id": "team"},
            {"schedule_id": "s6", "via_group_id": "other"},
        ],
        "group_members": [{"group_id": "team", "user_id": "ann"}],
    }
    [row] = asked("schedule", **held)
    assert told([row], "id", "could_take_over", "hand_over", "unknown") == [
        ("s1", "bob@x.example", "PUT /api/v1/schedules/s1/transfer-ownership", None)
    ]
    found = asked("received_schedule", **held)
    assert told(found, "id", "name", "detail", "could_take_over", "take_away") == [
        ("s2", "S2", None, "anybody", "PUT /api/v1/schedules/s2/remove-recipients"),
        ("s3", None, None, "anybody", "PUT /api/v1/schedules/s3/remove-recipients"),
        ("s4", None, "by the group Team", "anybody", None),
        ("s5", None, "by the group team", "anybody", None),
    ]


def test_keys_groups_and_roles():
    keys = [
        {"api_key_id": "k1", "name": "K", "type": "personal", "enabled": False, "user_id": "ann"},
        {"api_key_id": "k2", "type": "organization", "enabled": True, "user_id": None},
        {"api_key_id": "k3", "type": "personal", "enabled": True, "user_id": "bob"},
    ]
    found = asked("api_key", api_keys=keys)
    assert told(found, "id", "detail", "could_take_over", "hand_over", "take_away") == [
        ("k1", "personal, disabled", "nobody", "not by the API", "PUT /api/v1/api-keys/k1")
    ]
    found = asked(
        "group",
        users=[USERS[0] | {"group_ids": "own,told"}, *USERS[1:]],
        groups=[{"group_id": "own", "display_name": "Own", "member_count": 1}],
        group_members=[
            {"group_id": "own", "user_id": "ann"},
            {"group_id": "team", "group_name": "Team", "user_id": "ann"},
            {"group_id": "team", "user_id": "bob"},
            {"group_id": "other", "user_id": "bob"},
        ],
    )
    assert told(found, "id", "name", "detail", "take_away") == [
        ("own", "Own", "the only member", "PATCH /api/scim/v2/Groups/own"),
        ("told", None, None, "PATCH /api/scim/v2/Groups/told"),
        ("team", "Team", None, "PATCH /api/scim/v2/Groups/team"),
    ]
    roles = [
        {"user_id": "ann", "model_id": "m", "role_name": "MODELER", "origin_type": "USER"},
        {"user_id": "ann", "connection_id": "c", "role_name": "ADMIN", "origin_type": "USER"},
        {"user_id": "ann", "model_id": "m", "role_name": "VIEWER", "origin_type": "GROUP"},
        {"user_id": "ann", "model_id": "m", "role_name": "VIEWER", "origin_type": None},
        {"user_id": "bob", "model_id": "m", "role_name": "VIEWER", "origin_type": "USER"},
    ]
    found = asked("model_role", model_roles=roles)
    assert told(found, "id", "name", "detail", "take_away", "unknown") == [
        ("m", "MODELER", "model", "not by the API", None),
        ("c", "ADMIN", "connection", "not by the API", None),
        (
            "m",
            "VIEWER",
            "model",
            "not by the API",
            "model_roles: Omni does not tell where it comes from",
        ),
    ]
    assert found[0]["hand_over"] == "POST /api/v1/users/{user_id}/model-roles"


def test_permissions_are_those_in_person_and_not_the_owners():
    found = asked(
        "permission",
        content=[document("d", "bob"), document("mine"), folder("/f", "bob"), folder("/mine")],
        document_access=[
            access("d", "ann", "VIEWER"),
            access("d", "ann", "EDITOR", access_source="folder"),
            access("d", "ann", principal_type="userGroup"),
            access("d", "bob"),
            access("mine", "ann"),
            access("gone", "ann", is_owner=True),
        ],
        folder_permissions=[
            {"folder_id": one, "principal_type": "user", "principal_id": "ann", "role": "MANAGER"}
            for one in ("/f", "/mine")
        ],
    )
    assert told(found, "id", "name", "detail", "take_away") == [
        ("d", "D", "VIEWER", "DELETE /api/v1/documents/d/permissions"),
        ("/f", None, "MANAGER", "DELETE /api/v1/folders/%2Ff/permissions"),
    ]


def test_favorites_and_drafts():
    favorites = [
        {"document_identifier": one, "user_id": who} for one, who in (("d", "ann"), ("e", "bob"))
    ]
    [row] = asked("favorite", content=[document("d", "bob")], document_favorites=favorites)
    assert told([row], "id", "name", "hand_over", "take_away") == [
        (
            "d",
            "D",
            "PUT /api/v1/documents/d/favorite?userId={user_id}",
            "DELETE /api/v1/documents/d/favorite?userId=ann",
        )
    ]
    drafts = [
        {"created_by_id": "ann", "draft_identifier": "r1", "published_identifier": "d"},
        {"last_edited_by_id": "ann", "draft_identifier": "r2", "published_identifier": "d"},
        {"created_by_id": "bob", "draft_identifier": "r3", "published_identifier": "d"},
        {"created_by_id": "ann", "draft_identifier": "r4", "status": "archived"},
    ]
    found = asked(
        "draft",
        content=[document("d", "bob")],
        document_drafts=drafts,
        document_access=[access("d", "bob", is_owner=True)],
    )
    assert told(found, "id", "name", "detail", "could_take_over", "hand_over", "take_away") == [
        (draft, "D", how, "bob@x.example", "not by the API", "DELETE /api/v1/documents/d/draft")
        for draft, how in (("r1", "begun"), ("r2", "changed last"))
    ]


def test_routines_attributes_and_limits():
    routines = [
        {"routine_id": "r1", "recipient_emails": "bob@x.example,ANN@x.example"},
        {"routine_id": "r2", "user_group_ids": "team"},
        {"routine_id": "r3", "recipient_emails": "bob@x.example", "user_group_ids": "other"},
    ]
    members = [{"group_id": "team", "user_id": "ann"}]
    found = asked("routine", ai_routines=routines, group_members=members)
    assert told(found, "id", "detail") == [
        ("r1", "comes to them"),
        ("r2", "comes by a group"),
        (None, None),
    ]
    values = [
        {"user_id": "ann", "attribute_name": "region", "value": "south"},
        {"user_id": "ann", "attribute_name": "empty", "value": None},
        {"user_id": "bob", "attribute_name": "region", "value": "north"},
    ]
    found = asked("attribute", user_attribute_values=values)
    assert told(found, "id", "detail", "take_away") == [
        ("region", "south", "PATCH /api/scim/v2/Users/ann")
    ]
    limits = [
        {"user_id": "ann", "credit_limit": 12.5, "unlimited": False},
        {"user_id": "ann", "unlimited": True},
        {"user_id": "bob", "credit_limit": 1.0, "unlimited": False},
    ]
    found = asked("credit_limit", ai_user_credit_limits=limits)
    assert told(found, "id", "detail") == [("ann", "12.5"), ("ann", "unlimited")]


def test_attributes_that_are_not_sent_are_not_known():
    found = asked("attribute", user_attribute_values=[{"user_id": "ann"}])
    assert told(found, "id", "unknown") == [(None, "user_attribute_values: Omni does not tell")]


@pytest.mark.parametrize(
    ("kind", "name", "how"),
    [
        (kind, name, how)
        for (kind, names), how in zip(KINDS.items(), cycle(["missing", "refused", "incomplete"]))
        for name in names
    ],
)
def test_what_is_not_known_whole_may_hold_more(kind, name, how):
    why = {"missing": "not in the inventory"}.get(how, how)
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = audit.leaver(lacking(tables(), name, how), "ann")
    found = [row for row in rows(answer) if row["kind"] == kind]
    assert (None, f"{name}: {why}") in told(found, "id", "unknown")
    assert answer.attrs["omni"]["complete"] is False


@pytest.mark.parametrize("how", ["missing", "refused", "incomplete"])
def test_without_the_roles_nobody_is_said_to_be_without_successor(how):
    held = tables(
        content=[document("d"), folder("/f")],
        document_access=[access("d", "ann", is_owner=True)],
        folder_permissions=[{"folder_id": "/f", "principal_id": "ann", "role": "MANAGER"}],
    )
    for kind, name in [("document", "document_access"), ("folder", "folder_permissions")]:
        with pytest.warns(omnipd.OmniWarning):
            answer = rows(audit.leaver(lacking(held, name, how), "ann"))
        [row] = [one for one in answer if one["kind"] == kind]
        assert row["could_take_over"] is None
        assert row["unknown"].startswith(name)


def test_who_is_not_in_an_incomplete_list_of_users_may_take_over():
    held = tables(content=[document("d")], document_access=[access("d", "dora")])
    with pytest.warns(omnipd.OmniWarning, match="users"):
        answer = rows(audit.leaver(lacking(held, "users", "incomplete"), "ann"))
    assert told(answer[:1], "could_take_over", "unknown") == [(None, "users: incomplete")]


def test_somebody_is_needed():
    with pytest.raises(omnipd.ArgumentError, match="has no users"):
        audit.leaver(lacking(tables(), "users", "refused"), "ann")
    with pytest.raises(omnipd.ArgumentError, match="nobody"):
        audit.leaver(omnipd.Inventory(tables()), "dora@x.example")


def test_odd_rows_are_no_error():
    names = [*audit.leaver.needs, *audit.leaver.also]
    empty = {name: table(name, {}) for name in names} | {"users": table("users", {}, *USERS)}
    odd = audit.leaver(omnipd.Inventory(empty), "ann")
    assert odd.dtypes.equals(audit.leaver(omnipd.Inventory(tables()), "ann").dtypes)


def test_the_sandbox_has_what_its_records_say(listed):
    [person] = listed["documents"]["owner_id"].mode().head(1)
    with pytest.warns(omnipd.OmniWarning, match="document_access"):
        answer = rows(audit.leaver(listed, person))
    for kind, name, key, column in [
        ("document", "documents", "document_identifier", "owner_id"),
        ("folder", "folders", "folder_id", "owner_id"),
        ("schedule", "schedules", "schedule_id", "owner_id"),
        ("api_key", "api_keys", "api_key_id", "user_id"),
        ("group", "group_members", "group_id", "user_id"),
    ]:
        mine = [row[key] for row in rows(listed[name]) if row[column] == person]
        theirs = [row["id"] for row in answer if row["kind"] == kind and row["id"] is not None]
        assert sorted(theirs) == sorted(mine)
        assert len(mine) > 0 or kind in {"folder", "api_key"}
