"""What belongs to nobody: each kind, what comes near it, and what withholds it."""

import pytest
from audit.hand_made import lacking, rows, table

import omnipd
from omnipd import audit

ALL_SCOPES = {"public_rows": 1}


def document(identifier, owner="ann", **rest):
    return {
        "type": "document",
        "document_identifier": identifier,
        "owner_id": owner,
        "labels": "",
        "deleted": False,
    } | rest


def folder(path, owner="ann", **rest):
    return {
        "type": "folder",
        "id": path,
        "path": path,
        "owner_id": owner,
        "scope": "restricted",
        "labels": "",
    } | rest


def tables(*content, facts=ALL_SCOPES, **others):
    held = {
        "content": [document("first"), *content],
        "users": [
            {"user_id": "ann", "active": True},
            {"user_id": "off", "active": False},
            {"user_id": "maybe"},
        ],
        "embed_users": [],
        "email_only_users": [{"user_id": "mail", "email": "mail@x.example"}],
        "folders": [{"folder_id": row["id"]} for row in content if row["type"] == "folder"],
    } | others
    names = [*audit.orphans.needs, *audit.orphans.also]
    made = {name: table(name, *held.get(name, [])) for name in names}
    made["content"].attrs["omni"] |= facts
    return made


def found(answer, kind=None):
    """What is found, and whether it is known."""
    return [
        (row["kind"], row["type"], row["id"], row["refers_to"], row["unknown"])
        for row in rows(answer)
        if kind in (None, row["kind"])
    ]


def asked(*content, kind=None, **others):
    return found(audit.orphans(omnipd.Inventory(tables(*content, **others))), kind)


def test_what_is_in_order_is_left_out():
    assert asked(document("d"), document("mine", "mail"), folder("/f")) == []


def test_owners_that_are_gone_and_deactivated_are_apart():
    answer = audit.orphans(
        omnipd.Inventory(
            tables(
                document("gone", "ghost", name="Gone", folder_path="/f", owner_name="Ghost"),
                document("off", "off"),
                document("trash", "ghost", deleted=True),
                documents=[document("more", "ghost"), document("more", "ann"), document("first")],
                schedules=[
                    {"schedule_id": "s1", "owner_id": "ghost", "document_identifier": "first"},
                    {"schedule_id": "s2", "owner_id": "ann", "document_identifier": "first"},
                ],
                api_keys=[
                    {"api_key_id": "k1", "user_id": "off", "type": "personal"},
                    {"api_key_id": "k2", "user_id": None, "type": "organization"},
                ],
            )
        )
    )
    assert found(answer) == [
        ("owner gone", "document", "gone", "ghost", None),
        ("owner deactivated", "document", "off", "off", None),
        # In each list, none is said to be gone unless another one is there.
        ("owner gone", "document", None, None, "no owner's id is that of a person, of 1"),
        ("owner gone", "schedule", "s1", "ghost", None),
        ("owner deactivated", "api_key", "k1", "off", None),
    ]
    first = rows(answer)[0]
    assert (first["name"], first["folder_path"], first["refers_to_name"]) == (
        "Gone",
        "/f",
        "Ghost",
    )


def test_owner_ids_of_another_kind_withhold_the_claim():
    held = tables(document("d", "base-1"), document("e", "base-2"))
    held["content"] = held["content"].iloc[1:]
    held["content"].attrs["omni"] = {"public_rows": 1}
    assert found(audit.orphans(omnipd.Inventory(held))) == [
        ("owner gone", "document", None, None, "no owner's id is that of a person, of 2")
    ]


def test_owners_that_are_not_told_or_of_whom_it_is_not_known():
    assert asked(document("d", None), document("e", None), document("f", "maybe")) == [
        ("owner gone", "document", None, None, "Omni does not tell the owner, of 2"),
        (
            "owner deactivated",
            "document",
            None,
            None,
            "Omni does not tell whether the owner is active, of 1",
        ),
    ]


@pytest.mark.parametrize(
    ("name", "how"),
    [("users", "refused"), ("embed_users", "missing"), ("email_only_users", "incomplete")],
)
def test_without_everybody_nobody_is_gone(name, how):
    held = tables(document("d", "ghost"))
    why = {"missing": "not in the inventory"}.get(how, how)
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = found(audit.orphans(lacking(held, name, how)), "owner gone")
    assert all(unknown is not None for *_, unknown in answer)
    assert ("owner gone", None, None, None, f"{name}: {why}") in answer
    lead = ("owner gone", "document", "d", "ghost", f"{name}: {why}")
    assert (lead in answer) == (name != "users")


@pytest.mark.parametrize("name", ["documents", "folders", "schedules", "api_keys"])
def test_where_a_list_of_what_is_owned_is_missing_there_may_be_more(name):
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = found(audit.orphans(lacking(tables(), name, "refused")), "owner gone")
    assert answer == [("owner gone", None, None, None, f"{name}: refused")]


def permit(path, who, role="VIEWER", kind="user"):
    return {"folder_id": path, "principal_type": kind, "principal_id": who, "role": role}


def member(group, who):
    return {"group_id": group, "user_id": who}


TEAM = {"group_id": "team", "member_count": 1}


@pytest.mark.parametrize(
    ("others", "readers"),
    [
        ({}, False),
        ({"folder_permissions": [permit("/f", "ann")]}, True),
        ({"folder_permissions": [permit("/f", "ann", "NO_ACCESS")]}, False),
        ({"folder_permissions": [permit("/f", "off"), permit("/f", "ann", "NO_ACCESS")]}, False),
        ({"folder_permissions": [permit("/f", "ann", None)]}, None),
        ({"folder_permissions": [permit("/f", "maybe")]}, None),
        ({"folder_permissions": [permit("/g", "ann")]}, False),
        ({"folder_permissions": [permit("/f", "ORG-MEMBERSHIP", kind="userGroup")]}, True),
        (
            {
                "folder_permissions": [permit("/f", "team", kind="userGroup")],
                "groups": [TEAM],
                "group_members": [member("team", "off"), member("team", "ann")],
            },
            True,
        ),
        (
            {
                "folder_permissions": [permit("/f", "team", kind="userGroup")],
                "groups": [TEAM],
                "group_members": [member("team", "off")],
            },
            False,
        ),
        (
            {
                "folder_permissions": [permit("/f", "team", kind="userGroup")],
                "groups": [TEAM],
                "group_members": [member("team", None)],
            },
            None,
        ),
        ({"folder_permissions": [permit("/f", "uuid", kind="userGroup")], "groups": [TEAM]}, None),
        (
            {
                "folder_permissions": [permit("/f", "none", kind="userGroup")],
                "groups": [{"group_id": "none", "display_name": "None", "member_count": 0}],
            },
            False,
        ),
        ({"folders": []}, None),
    ],
)
def test_a_folder_without_readers(others, readers):
    answer = asked(folder("/f", "off"), kind="no readers", **others)
    if readers:
        assert answer == []
    else:
        [(_, kind, identity, owner, unknown)] = answer
        assert (kind, identity, owner) == ("folder", "/f", "off")
        assert (unknown is None) == (readers is False)


def test_who_reads_the_folder_around_reads_the_one_inside():
    inner = folder("/f/g/h", "off")
    assert asked(folder("/f"), folder("/f/g", "off"), inner, kind="no readers") == []
    assert [one[2] for one in asked(folder("/f", "off"), inner, kind="no readers")] == [
        "/f",
        "/f/g/h",
    ]
    [_, (*_, unknown)] = asked(folder("/f", "off"), inner, kind="no readers")
    assert unknown == "the folder /f/g is not known"


def test_what_is_the_organizations_may_be_read_by_its_role():
    [(*_, unknown)] = asked(folder("/f", "off", scope="organization"), kind="no readers")
    assert unknown == "Omni does not tell the organization's role"
    assert asked(folder("/f", scope="organization"), kind="no readers") == []


def test_personal_folders_of_one_path_are_those_of_their_owners():
    mine, theirs = folder("/f", id="1"), folder("/f", "off", id="2")
    inner = folder("/f/g", "off", id="3")
    answer = asked(mine, theirs, inner, kind="no readers")
    assert [one[2] for one in answer] == ["2", "3"]


@pytest.mark.parametrize(
    "name", ["folders", "folder_permissions", "groups", "group_members", "users", "embed_users"]
)
def test_without_all_permits_and_members_no_folder_is_without_readers(name):
    held = tables(
        folder("/f", "off"),
        folder_permissions=[permit("/f", "ghost"), permit("/f", "team", kind="userGroup")],
        groups=[{"group_id": "team", "member_count": 0}],
    )
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = found(audit.orphans(lacking(held, name, "refused")), "no readers")
    assert [one[2] for one in answer] == ["/f", None]
    assert all(name in unknown for *_, unknown in answer if name != "groups")


def schedule(identifier):
    return {"schedule_id": "s", "document_identifier": identifier, "owner_id": "ann"}


@pytest.mark.parametrize(
    ("identifier", "facts", "others", "gone"),
    [
        ("first", ALL_SCOPES, {}, False),
        ("away", ALL_SCOPES, {}, True),
        ("away", {}, {}, None),
        ("away", ALL_SCOPES, {"embed_users": [{"user_id": "e", "active": True}]}, None),
        ("away", {}, {"documents": [document("away")]}, False),
        ("away", {}, {"documents": [document("away", deleted=True)]}, True),
        ("away", {}, {"documents": [document("away", deleted=None)]}, False),
        (None, ALL_SCOPES, {}, None),
    ],
)
def test_a_schedule_of_a_document_that_is_gone(identifier, facts, others, gone):
    others = {"schedules": [schedule(identifier)], **others}
    answer = asked(facts=facts, kind="document gone", **others)
    if gone is False:
        assert answer == []
    else:
        [(_, kind, identity, refers_to, unknown)] = answer
        assert (kind, identity, refers_to) == ("schedule", "s", identifier)
        assert (unknown is None) == (gone is True)


@pytest.mark.parametrize(
    ("name", "how"),
    [("documents", "incomplete"), ("documents", "refused"), ("embed_users", "missing")],
)
def test_without_all_lists_no_document_is_gone(name, how):
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = audit.orphans(lacking(tables(schedules=[schedule("away")]), name, how))
    assert all(name in unknown for *_, unknown in found(answer, "document gone"))
    assert [one[2] for one in found(answer, "document gone")] == ["s", None]


@pytest.mark.parametrize(
    ("count", "labels", "facts", "without"),
    [
        (0, "", {}, True),
        (0, "q1%2C q2", {}, False),
        (0, "q1,q2", {}, True),
        (0, None, {}, None),
        (3, "", {}, False),
        (None, "", ALL_SCOPES, True),
        (None, "", {}, None),
        (None, "q1%2C q2", {}, False),
    ],
)
def test_a_label_without_content(count, labels, facts, without):
    answer = asked(
        folder("/f", labels=labels),
        facts=facts,
        kind="no content",
        labels=[{"label": "q1, q2", "usage_count": count}],
    )
    if without is False:
        assert answer == []
    else:
        [(_, kind, identity, _, unknown)] = answer
        assert (kind, identity, unknown is None) == ("label", "q1, q2", without is True)


def test_of_incomplete_content_no_label_is_said_to_be_without():
    held = tables(labels=[{"label": "l", "usage_count": 0}])
    with pytest.warns(omnipd.OmniWarning, match="content"):
        answer = found(audit.orphans(lacking(held, "content", "incomplete")), "no content")
    assert answer == [
        ("no content", "label", "l", None, "content: incomplete"),
        ("no content", None, None, None, "content: incomplete"),
    ]


@pytest.mark.parametrize(
    ("count", "others", "empty"),
    [
        (0, {}, True),
        (1, {}, False),
        (None, {}, None),
        (0, {"group_members": [member("g", "off")]}, False),
        (0, {"group_members": [member("g", None)]}, False),
        (0, {"group_members": [member("h", "ann")]}, True),
        (0, {"users": [{"user_id": "ann", "active": True, "group_ids": "h,g"}]}, False),
    ],
)
def test_a_group_without_members(count, others, empty):
    groups = [{"group_id": "g", "display_name": "G", "member_count": count}]
    answer = asked(kind="no members", groups=groups, **others)
    if empty is False:
        assert answer == []
    else:
        [(_, kind, identity, _, unknown)] = answer
        assert (kind, identity, unknown is None) == ("group", "g", empty is True)


@pytest.mark.parametrize(
    ("name", "kind", "how"),
    [
        ("group_members", "no members", "incomplete"),
        ("group_members", "no members", "refused"),
        ("groups", "no members", "missing"),
        ("labels", "no content", "incomplete"),
    ],
)
def test_groups_and_labels_that_are_not_known_are_not_empty(name, kind, how):
    held = tables(groups=[{"group_id": "g", "member_count": 0}])
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = found(audit.orphans(lacking(held, name, how)), kind)
    assert [unknown for *_, unknown in answer if unknown and unknown.startswith(name)]
    if name == "group_members":
        assert all(unknown is not None for *_, unknown in answer)


def test_content_is_needed():
    with pytest.raises(omnipd.ArgumentError, match="has no content"):
        audit.orphans(lacking(tables(), "content", "refused"))


def test_odd_rows_are_no_error():
    empty = {name: [{}] for name in audit.orphans.also}
    answer = audit.orphans(omnipd.Inventory(tables({"type": None}, folder(None), **empty)))
    assert answer.dtypes.equals(audit.orphans(omnipd.Inventory(tables())).dtypes)


def test_the_sandbox_has_what_its_records_say(listed):
    # Whom the first two documents of two people belong to.
    [gone, off] = [*listed["documents"]["owner_id"].unique()][:2]
    users = listed["users"]
    users = users[users["user_id"] != gone]
    users = users.assign(active=users["active"] & (users["user_id"] != off))
    with pytest.warns(omnipd.OmniWarning, match="folder_permissions"):
        answer = audit.orphans(omnipd.Inventory({**listed, "users": users}))
    assert found(answer, "no members") == [("no members", "group", "xa3WX7yk", None, None)]
    assert found(answer, "no content") == []
    assert found(answer, "document gone") == []
    for kind, owner in [("owner gone", gone), ("owner deactivated", off)]:
        told = [(of, one) for _, of, one, whom, _ in found(answer, kind) if whom == owner]
        expected = {
            ("document", "documents", "document_identifier", "owner_id"),
            ("folder", "folders", "folder_id", "owner_id"),
            ("schedule", "schedules", "schedule_id", "owner_id"),
            ("api_key", "api_keys", "api_key_id", "user_id"),
        }
        assert sorted(told) == sorted(
            (of, row[key])
            for of, name, key, column in expected
            for row in rows(listed[name])
            if row[column] == owner
        )
        assert len(told) > 3
