"""What each way to see something comes to, and what is not known, over tables made by hand."""

import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd import audit
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.frames.to_pandas import marked_incomplete, to_frame
from omnipd.lists.manual import list_of


def frame(name, *rows):
    schema = list_of(ALL_PARTS[name].reader_name).schema
    unknown = {key for row in rows for key in row} - {*schema.names}
    assert not unknown
    return to_frame(pa.Table.from_pylist(list(rows), schema=schema), {"complete": True})


def user(name, **rest):
    return {
        "user_id": name,
        "email": f"{name}@x.example",
        "display_name": name.title(),
        "active": True,
        "user_attributes": '{"omni_is_org_admin": false}',
    } | rest


def document(identifier, **rest):
    return {
        "type": "document",
        "document_identifier": identifier,
        "name": identifier,
        "scope": "restricted",
        "owner_id": "olga",
    } | rest


def folder(path, **rest):
    return {
        "type": "folder",
        "id": path,
        "name": path,
        "path": path,
        "scope": "restricted",
        "owner_id": "olga",
    } | rest


def member(group, user_id):
    return {"group_id": group, "group_name": group.upper(), "user_id": user_id}


def given(kind, who, role="VIEWER", **rest):
    principal = {"user": "user", "group": "userGroup"}[kind]
    return {"principal_type": principal, "principal_id": who, "role": role} | rest


def on_document(identifier, *args, **rest):
    return {"document_identifier": identifier, "access_source": "direct"} | given(*args, **rest)


def on_folder(path, *args, **rest):
    return {"folder_id": path} | given(*args, **rest)


PEOPLE = (user("olga"), user("ann"), user("bob"), user("gone", active=False))


def inventory(
    content=(), access=(), permits=(), members=(), people=PEOPLE, without=(), cut=(), **rest
):
    groups = dict.fromkeys(row["group_id"] for row in members)
    made = {
        "content": content,
        "users": people,
        "documents": (),
        "folders": [
            {"folder_id": row["id"], "path": row["path"], "scope": row["scope"]}
            for row in content
            if row["type"] == "folder" and "id" in row
        ],
        "groups": [{"group_id": group, "display_name": str(group).upper()} for group in groups],
        "group_members": members,
        "document_access": access,
        "folder_permissions": permits,
        "model_roles": (),
    } | rest
    frames = {name: frame(name, *rows) for name, rows in made.items() if name not in without}
    frames |= {name: marked_incomplete(frames[name]) for name in cut}
    return omnipd.Inventory(frames, dict.fromkeys(without, "refused"))


def ways(answer, *columns):
    """The rows as tuples: whose, of what, how, by which group and folder, and the role."""
    usual = ("user_id", "item", "access_source", "group_id", "folder_path", "role")
    rows = pa.Table.from_pandas(answer).to_pylist()
    for row in rows:
        row["item"] = row["document_identifier"] or row["id"]
    return [tuple(row[name] for name in columns or usual) for row in rows]


def results(answer):
    found = ways(answer, "user_id", "item", "resulting_role", "can_see")
    return {(who, item): rest for who, item, *rest in found if who is not None}


def unknowns(answer):
    return [
        one
        for one in ways(answer, "user_id", "item", "access_source", "role", "unknown")
        if one[-1]
    ]


def test_the_owner_is_its_manager_and_nobody_else_sees_it():
    answer = audit.access(inventory([document("d")]))
    assert ways(answer) == [("olga", "d", "owner", None, None, "MANAGER")]
    assert results(answer) == {("olga", "d"): ["MANAGER", True]}
    assert answer.attrs["omni"]["complete"] is True


def test_the_highest_of_several_ways_results():
    answer = audit.access(
        inventory(
            [document("d", folder_id="/a", folder_path="/a"), folder("/a")],
            [
                on_document("d", "user", "ann", "VIEWER", is_owner=False),
                on_document("d", "group", "g", "EXPLORER"),
                on_document("d", "user", "bob", "NO_ACCESS"),
            ],
            [on_folder("/a", "user", "ann", "EDITOR")],
            [member("g", "ann"), member("g", "bob")],
        ),
        content="d",
    )
    assert ways(answer) == [
        ("olga", "d", "owner", None, None, "MANAGER"),
        ("olga", "d", "folder", None, "/a", "MANAGER"),
        ("ann", "d", "direct", None, None, "VIEWER"),
        ("ann", "d", "direct", "g", None, "EXPLORER"),
        ("ann", "d", "folder", None, "/a", "EDITOR"),
        ("bob", "d", "direct", "g", None, "EXPLORER"),
        ("bob", "d", "direct", None, None, "NO_ACCESS"),
    ]
    assert results(answer) == {
        ("olga", "d"): ["MANAGER", True],
        ("ann", "d"): ["EDITOR", True],
        ("bob", "d"): ["EXPLORER", True],
    }


def test_no_access_alone_is_none():
    answer = audit.access(
        inventory([document("d")], [on_document("d", "user", "bob", "NO_ACCESS")])
    )
    assert results(answer)["bob", "d"] == ["NO_ACCESS", False]


def test_who_is_deactivated_keeps_roles_and_sees_nothing():
    answer = audit.access(
        inventory(
            [document("d", owner_id="gone"), document("wide", scope="organization")],
            [on_document("wide", "user", "gone", "EDITOR")],
        ),
        "gone",
    )
    assert ways(answer) == [
        ("gone", "d", "owner", None, None, "MANAGER"),
        ("gone", "wide", "direct", None, None, "EDITOR"),
        ("gone", "wide", "organization", None, None, None),
    ]
    assert {*map(tuple, results(answer).values())} == {("NO_ACCESS", False)}


def test_whether_somebody_is_active_may_not_be_known():
    people = [user("olga", active=None)]
    assert results(audit.access(inventory([document("d")], people=people))) == {
        ("olga", "d"): [None, None]
    }


def test_groups_in_groups_have_the_role_to_any_depth_and_circles_end():
    members = [
        member("top", "middle"),
        member("middle", "low"),
        member("low", "ann"),
        member("low", "top"),
        member("top", "bob"),
        member("other", "gone"),
    ]
    answer = audit.access(
        inventory([document("d")], [on_document("d", "group", "top", "EDITOR")], members=members)
    )
    found = ways(answer, "user_id", "access_source", "group_name", "group_path")
    assert found == [
        ("olga", "owner", None, None),
        ("ann", "direct", "TOP", "TOP > MIDDLE > LOW"),
        ("bob", "direct", "TOP", "TOP"),
    ]
    # The role of an inner group is not that of the outer one.
    answer = audit.access(
        inventory([document("d")], [on_document("d", "group", "low")], members=members[1:2])
    )
    assert unknowns(answer) == [(None, "d", "direct", "VIEWER", "no table names this group")]


def test_people_say_themselves_and_roles_on_models_say_in_which_groups_they_are():
    people = [user("olga", group_ids=""), user("ann", group_ids="g,h"), user("bob", group_ids="")]
    one = inventory(
        [document("d")], [on_document("d", "group", "g")], people=people, without=["group_members"]
    )
    with pytest.warns(omnipd.OmniWarning, match="group_members"):
        answer = audit.access(one)
    # They do not say in which groups by another one.
    assert ways(answer)[1:] == [
        ("ann", "d", "direct", "g", None, "VIEWER"),
        (None, "d", "direct", "g", None, "VIEWER"),
    ]
    assert results(answer)["ann", "d"] == [None, True]
    role = {"user_id": "bob", "model_id": "m", "role_name": "VIEWER", "origin_group_id": "g"}
    answer = audit.access(
        inventory(
            [document("d")],
            [on_document("d", "group", "g")],
            members=[member("g", "ann")],
            model_roles=[role | {"origin_type": "GROUP", "origin_depth": 1}],
        )
    )
    assert [who for who, *_ in ways(answer)] == ["olga", "ann", "bob"]


def test_a_group_of_another_id_is_found_by_its_name():
    row = on_document("d", "group", "uuid-of-g", principal_name="g")
    answer = audit.access(inventory([document("d")], [row], members=[member("g", "ann")]))
    assert ways(answer)[1:] == [("ann", "d", "direct", "g", None, "VIEWER")]


def test_a_name_or_address_of_two_says_nothing():
    groups = [{"group_id": one, "display_name": "Same"} for one in ("g", "h")]
    people = [*PEOPLE, user("ann2", email="ann@x.example")]
    rows = [
        on_document("d", "group", "uuid", principal_name="Same"),
        on_document("d", "user", "other id", email="ann@x.example"),
    ]
    answer = audit.access(inventory([document("d")], rows, groups=groups, people=people))
    assert unknowns(answer) == [
        ("other id", "d", "direct", "VIEWER", "not among the users"),
        (None, "d", "direct", "VIEWER", "no table names this group"),
    ]


def test_folders_give_what_is_in_them_at_any_depth():
    content = [
        folder("/a"),
        folder("/a/b"),
        folder("/a/b/c", owner_id="bob"),
        folder("/ab"),
        document("d", folder_id="/a/b/c", folder_path="/a/b/c", owner_id="bob"),
        document("beside", folder_id="/ab", folder_path="/ab", owner_id="bob"),
        document("top", owner_id="bob"),
    ]
    permits = [
        on_folder("/a", "user", "ann", "VIEWER"),
        on_folder("/a/b", "user", "ann", "MANAGER", access_boost=True),
        on_folder("/a/b/c", "user", "ann", "NO_ACCESS"),
    ]
    answer = audit.access(inventory(content, permits=permits), "ann")
    assert ways(answer) == [
        ("ann", "/a", "direct", None, None, "VIEWER"),
        ("ann", "/a/b", "direct", None, None, "MANAGER"),
        ("ann", "/a/b", "folder", None, "/a", "VIEWER"),
        ("ann", "/a/b/c", "direct", None, None, "NO_ACCESS"),
        ("ann", "/a/b/c", "folder", None, "/a/b", "MANAGER"),
        ("ann", "/a/b/c", "folder", None, "/a", "VIEWER"),
        ("ann", "d", "folder", None, "/a/b/c", "NO_ACCESS"),
        ("ann", "d", "folder", None, "/a/b", "MANAGER"),
        ("ann", "d", "folder", None, "/a", "VIEWER"),
    ]
    assert results(answer)["ann", "d"] == ["MANAGER", True]
    # Who owns a folder manages what is in it.
    owned = audit.access(inventory(content), "olga", "d")
    assert ways(owned) == [
        ("olga", "d", "folder", None, "/a/b", "MANAGER"),
        ("olga", "d", "folder", None, "/a", "MANAGER"),
    ]


def test_the_list_of_who_sees_a_document_and_the_permits_of_its_folder_are_one_way():
    row = on_document("d", "user", "ann", "EDITOR", access_boost=True)
    row |= {"access_source": "folder", "folder_id": "/a", "folder_path": "/a"}
    answer = audit.access(
        inventory(
            [folder("/a"), document("d", folder_id="/a", folder_path="/a")],
            [row],
            [on_folder("/a", "user", "ann", "EDITOR")],
        ),
        "ann",
        "d",
    )
    assert ways(answer, "access_source", "folder_id", "role", "access_boost") == [
        ("folder", "/a", "EDITOR", True)
    ]


def test_personal_folders_of_two_people_may_have_one_path():
    content = [
        folder("/mine", id="olgas"),
        folder("/mine", id="anns", owner_id="ann"),
        folder("/mine/in", id="in", owner_id="ann"),
        document("d", folder_id="in", folder_path="/mine/in", owner_id="ann"),
    ]
    answer = audit.access(
        inventory(
            content,
            permits=[on_folder("olgas", "user", "bob"), on_folder("anns", "user", "gone")],
        ),
        content="d",
    )
    assert [row[0] for row in ways(answer)] == ["ann", "ann", "ann", "gone"]
    assert unknowns(answer) == []


def test_the_role_of_the_organization_is_not_told():
    answer = audit.access(inventory([document("d", scope="organization")]), content="d")
    why = "Omni does not tell the organization's role"
    assert unknowns(answer) == [
        (one, "d", "organization", None, why) for one in ("olga", "ann", "bob", "gone")
    ]
    assert results(answer) == {
        ("olga", "d"): ["MANAGER", True],
        ("ann", "d"): [None, None],
        ("bob", "d"): [None, None],
        ("gone", "d"): ["NO_ACCESS", False],
    }


@pytest.mark.parametrize(("role", "sees"), [("EDITOR", True), ("NO_ACCESS", False)])
def test_the_role_of_the_organization_may_be_given(role, sees):
    one = inventory([document("d", scope="organization"), document("own")])
    answer = audit.access(one, "ann", organization_role=role)
    assert ways(answer) == [("ann", "d", "organization", None, None, role)]
    assert results(answer) == {("ann", "d"): [role, sees]}
    with pytest.raises(omnipd.ArgumentError, match="organization_role"):
        audit.access(one, organization_role="viewer")


ORGANIZATION = {"principal_name": "Organization", "description": "Organization"}


@pytest.mark.parametrize(
    "said", [("some-id", ORGANIZATION), ("ORG-MEMBERSHIP", {"principal_name": "Blobby"})]
)
def test_omni_may_tell_the_role_of_the_organization_among_the_permits(said):
    identity, rest = said
    content = [
        folder("/a", scope="organization"),
        document("d", scope="organization", folder_id="/a", folder_path="/a"),
    ]
    permits = [on_folder("/a", "user", identity, "EXPLORER", **rest)]
    answer = audit.access(inventory(content, permits=permits), "ann")
    # On the folder that is its role; the document may have more.
    assert ways(answer) == [
        ("ann", "/a", "organization", None, None, "EXPLORER"),
        ("ann", "d", "organization", None, "/a", "EXPLORER"),
        ("ann", "d", "organization", None, None, None),
    ]
    assert results(answer) == {("ann", "/a"): ["EXPLORER", True], ("ann", "d"): [None, True]}


def test_somebody_called_organization_is_a_person():
    people = [*PEOPLE, user("some-id", display_name="Organization")]
    permits = [on_folder("/a", "user", "some-id", "EDITOR", **ORGANIZATION)]
    answer = audit.access(inventory([folder("/a")], permits=permits, people=people))
    assert ways(answer)[1:] == [("some-id", "/a", "direct", None, None, "EDITOR")]


def test_a_name_that_begins_like_the_organizations_is_not_everybody():
    row = on_folder("/a", "user", "bot", "EDITOR", principal_name="Organization chart")
    answer = audit.access(inventory([folder("/a")], permits=[row]))
    assert ways(answer)[1:] == [("bot", "/a", "direct", None, None, "EDITOR")]


def test_what_a_folder_has_from_above_is_not_direct():
    description = {"principal_name": "Ann", "description": "ann@x.example - via Folder"}
    content = [folder("/a"), document("d", folder_id="/a", folder_path="/a")]
    permits = [on_folder("/a", "user", "ann", "EDITOR", **description)]
    answer = audit.access(inventory(content, permits=permits), "ann")
    # From which folder, it does not say; and what it gives on a document stands in that one's list.
    assert ways(answer) == [("ann", "/a", "folder", None, None, "EDITOR")]
    wide = [folder("/a", scope="organization")]
    permits = [on_folder("/a", "user", "x", "VIEWER", description="Organization - via Folder")]
    answer = audit.access(inventory(wide, permits=permits), "ann")
    assert ways(answer) == [("ann", "/a", "organization", None, None, "VIEWER")]


def test_a_group_is_one_also_where_its_kind_is_not_told():
    row = on_folder("/a", "group", "g", "EDITOR") | {"principal_type": None}
    answer = audit.access(inventory([folder("/a")], permits=[row], members=[member("g", "ann")]))
    assert ways(answer)[1:] == [("ann", "/a", "direct", "g", None, "EDITOR")]


def test_administrators_see_all_where_omni_says_who_they_are():
    yes = '{"team": "a", "omni_is_org_admin": true}'
    people = [user("olga"), user("ann", user_attributes=yes)]
    answer = audit.access(inventory([document("d")], people=people))
    assert ways(answer)[1:] == [("ann", "d", "administrator", None, None, "MANAGER")]
    # Some servers write what is true or false as text.
    people = [user("olga", user_attributes='{"omni_is_org_admin": "false"}'), *people[1:]]
    assert len(audit.access(inventory([document("d")], people=people))) == 2
    # Of one person it is not told.
    people = [*people, user("bob", user_attributes="{}")]
    answer = audit.access(inventory([document("d")], people=people))
    assert unknowns(answer) == [
        (None, None, "administrator", "MANAGER", "Omni does not tell who is an administrator")
    ]


def test_an_owner_who_is_no_user_is_not_known():
    ghost = document("d", owner_id="other id", owner_name="Ann")
    answer = audit.access(inventory([ghost], [on_document("d", "user", "bob", "EDITOR")]))
    assert unknowns(answer) == [(None, "d", "owner", "MANAGER", "the owner is not among the users")]
    # Anybody may be the owner, so that no role but the highest is certain.
    assert results(answer) == {("bob", "d"): [None, True]}
    assert answer["display_name"].tolist() == ["Bob", "Ann"]
    silent = audit.access(inventory([document("d", owner_id=None)]))
    assert unknowns(silent) == [(None, "d", "owner", "MANAGER", "the owner is not told")]


def test_the_list_of_who_sees_a_document_may_name_its_owner():
    ghost = document("d", owner_id="other id", owner_name="Ann")
    row = on_document("d", "user", "third id", "MANAGER", is_owner=True, email="ANN@x.example")
    answer = audit.access(inventory([ghost], [row]))
    assert ways(answer) == [("ann", "d", "owner", None, None, "MANAGER")]
    assert unknowns(answer) == []


def test_who_owns_the_folder_does_not_own_the_document():
    row = on_document("d", "user", "ann", "MANAGER", is_owner=True) | {"access_source": "folder"}
    answer = audit.access(inventory([document("d")], [row]))
    assert ways(answer)[1:] == [("ann", "d", "folder", None, None, "MANAGER")]


def test_who_has_a_role_and_is_no_user_is_shown_as_omni_names_them():
    row = on_document("d", "user", "embed", principal_name="Customer", email="c@y.example")
    answer = audit.access(
        inventory(
            [document("d")], [row, on_document("d", "group", "g")], members=[member("g", "left")]
        )
    )
    found = ways(answer, "user_id", "email", "display_name", "active", "can_see", "unknown")
    who = "not among the users"
    assert sorted(found[1:]) == [
        ("embed", "c@y.example", "Customer", None, None, who),
        ("left", None, None, None, None, who),
    ]


def test_what_is_said_of_a_person_on_a_folder_may_be_their_address():
    said = [
        on_folder("/a", "user", "other id", "EDITOR", description="ann@x.example"),
        on_folder("/a", "user", "robot", "VIEWER", description="Made by hand"),
    ]
    answer = audit.access(inventory([folder("/a")], permits=said))
    assert ways(answer, "user_id", "email", "role")[1:] == [
        ("ann", "ann@x.example", "EDITOR"),
        ("robot", None, "VIEWER"),
    ]


def test_a_role_of_nobody_and_a_role_that_is_not_omnis_are_said():
    answer = audit.access(
        inventory(
            [document("d")],
            [
                on_document("d", "user", None, "EDITOR"),
                on_document("d", "user", "ann", "WIZARD"),
                on_document("d", "user", "bob", None),
                on_document("d", "user", "olga", "viewer"),
            ],
        )
    )
    assert unknowns(answer) == [
        ("ann", "d", "direct", "WIZARD", "not Omni's role"),
        ("bob", "d", "direct", None, "the role is not told"),
        (None, "d", "direct", "EDITOR", "Omni does not say whose role it is"),
    ]
    assert results(answer)["ann", "d"] == [None, None]
    assert ("olga", "d", "direct", None, None, "VIEWER") in ways(answer)


def test_members_that_are_not_told_are_said():
    answer = audit.access(
        inventory(
            [document("d")],
            [on_document("d", "group", "g"), on_document("d", "group", "h")],
            members=[member("g", "ann"), member("g", None)],
        )
    )
    assert unknowns(answer) == [
        (None, "d", "direct", "VIEWER", "its members are not told"),
        (None, "d", "direct", "VIEWER", "no table names this group"),
    ]
    # An empty group is known.
    empty = inventory(
        [document("d")],
        [on_document("d", "group", "g")],
        groups=[{"group_id": "g", "display_name": "G", "member_count": 0}],
    )
    assert unknowns(audit.access(empty)) == []


def test_a_scope_and_a_folder_that_are_not_known_are_said():
    content = [folder("/a/b"), document("d", scope=None)]
    answer = audit.access(inventory(content))
    assert unknowns(answer) == [
        (None, "/a/b", "folder", None, "a folder around it is not known"),
        (None, "d", "organization", None, "the scope is not told"),
    ]


def test_a_folder_that_was_not_asked_about_leaves_open_what_its_documents_lists_do_not():
    content = [folder("/a"), document("d", folder_id="/a", folder_path="/a")]
    answer = audit.access(inventory(content, folders=()))
    assert unknowns(answer) == [(None, "/a", "direct", None, "folder_permissions: not asked for")]
    with pytest.warns(omnipd.OmniWarning, match="document_access"):
        answer = audit.access(
            inventory(content, folders=(), without=["document_access"]), None, "d"
        )
    assert unknowns(answer) == [
        (None, "d", "direct", None, "document_access: refused"),
        (None, "d", "folder", None, "folder_permissions: not asked for"),
    ]


def test_public_is_the_older_word_for_what_is_the_organizations():
    answer = audit.access(inventory([document("d", scope="public")]), "ann")
    assert [row[:2] for row in ways(answer)] == [("ann", "d")]


def test_the_role_on_the_connection_stands_beside_it():
    def role(who, connection, name, resolved=True, model="m"):
        return {
            "user_id": who,
            "model_id": model,
            "connection_id": connection,
            "role_name": f"own {name}",
            "base_role": name,
            "resolved": resolved,
        }

    content = [
        document(identifier, scope="organization", connection_id=connection)
        for identifier, connection in (("d1", "c1"), ("d2", "c2"), ("d3", None))
    ]
    roles = [
        role("ann", "c1", "NO_ACCESS"),
        role("ann", "c1", "MODELER", resolved=False),
        role("ann", "c2", "VIEWER", model="m1"),
        role("ann", "c2", "QUERIER", model="m2"),
        role("bob", None, "QUERIER", model=None),
    ]
    answer = audit.access(inventory(content, model_roles=roles), ["ann", "bob"])
    assert ways(answer, "user_id", "item", "model_role") == [
        ("ann", "d1", "NO_ACCESS"),
        ("bob", "d1", "QUERIER"),
        ("ann", "d2", None),
        ("bob", "d2", "QUERIER"),
        ("ann", "d3", None),
        ("bob", "d3", None),
    ]


def test_what_is_in_the_trash_is_left_out_and_each_table_may_name_items():
    content = [document("d"), document("thrown", deleted=True)]
    row = {"document_identifier": "personal", "name": "P", "scope": "restricted",
           "owner_id": "bob", "type": "document"}  # fmt: skip
    answer = audit.access(
        inventory(
            content,
            [on_document("thrown", "user", "ann"), on_document("named", "user", "ann")],
            documents=[row, document("d")],
        )
    )
    assert dict.fromkeys(item for _, item, *_ in ways(answer)) == dict.fromkeys(
        ["d", "personal", "named"]
    )


@pytest.mark.parametrize("how", ["without", "cut"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("document_access", [(None, "d", "direct", None), (None, "e", "direct", None)]),
        ("folder_permissions", [(None, "/a", "direct", None)]),
        ("group_members", [(None, "d", "direct", "EDITOR")]),
        ("documents", [(None, None, None, None)]),
        ("folders", [(None, None, None, None)]),
    ],
)
def test_a_table_that_is_not_whole_withholds_what_rests_on_it(name, said, how):
    content = [
        folder("/a"),
        document("d", folder_id="/a", folder_path="/a"),
        document("e"),
    ]
    access = [on_document("d", "group", "g", "EDITOR"), on_document("d", "user", "ann", "VIEWER")]
    permits = [on_folder("/a", "user", "bob")]
    one = inventory(content, access, permits, [member("g", "bob")], **{how: [name]})
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = audit.access(one)
    why = "refused" if how == "without" else "incomplete"
    found = [row for row in unknowns(answer) if row[-1] == f"{name}: {why}"]
    if (name, how) == ("group_members", "without"):
        # The group is known from its list, and nobody in it.
        assert [row[:-1] for row in found] == [(None, "d", "direct", "EDITOR")]
    assert {*said} <= {row[:-1] for row in found}
    assert answer.attrs["omni"]["complete"] is False
    assert answer.attrs["omni"]["failures"] == {name: why}


def test_groups_of_some_people_are_not_all_members():
    people = [user("olga", group_ids="g")]
    rows = [on_document("d", "group", "g")]
    one = inventory([document("d")], rows, people=people, without=["group_members"], cut=["users"])
    with pytest.warns(omnipd.OmniWarning, match="group_members"):
        answer = audit.access(one)
    assert (None, "d", "direct", "VIEWER", "group_members: refused") in unknowns(answer)


def test_people_who_were_not_read_are_said():
    one = inventory([document("d")], cut=["users"])
    with pytest.warns(omnipd.OmniWarning, match="users"):
        answer = audit.access(one)
    assert unknowns(answer) == [(None, None, None, None, "users: incomplete")]
    with pytest.raises(omnipd.ArgumentError, match="no users"):
        audit.access(inventory([document("d")], without=["users"]))


def test_of_a_fan_out_with_gaps_what_was_read_is_known(server):
    with omnipd.connect(server.url, server.api_key, cache=False) as client:
        documents = omnipd.read_documents(limit=2, client=client)
        first, second = documents["document_identifier"]
        with pytest.warns(omnipd.OmniWarning):
            access = omnipd.read_document_access([first, "gone"], errors="collect", client=client)
    one = inventory([document(first), document("gone"), document(second)])
    one = omnipd.Inventory({**one, "document_access": access})
    with pytest.warns(omnipd.OmniWarning, match="document_access"):
        answer = audit.access(one)
    open_items = {row[1] for row in unknowns(answer) if row[-1].startswith("document_access")}
    assert open_items == {"gone", second}


def test_tables_without_rows_and_odd_rows_are_no_error():
    nothing = audit.access(inventory(people=()))
    assert list(nothing.columns) == list(audit.access(inventory([document("d")])).columns)
    assert nothing.dtypes.equals(audit.access(inventory([document("d")])).dtypes)
    odd = inventory(
        [{"type": None}, {"type": "document"}, {"type": "folder"}, document("d"), document("d")],
        [{"document_identifier": None}, {"document_identifier": "d"}],
        [{"folder_id": None}, {"folder_id": "f"}],
        [{"group_id": None}, member("g", "g"), member("g", "ann"), member("g", "ann")],
        people=[{}, {"user_id": "olga"}, {"user_id": "olga"}, user("x", user_attributes="[1]")],
        model_roles=[{}, {"user_id": "olga"}],
    )
    assert ("olga", "d", "owner", None, None, "MANAGER") in ways(audit.access(odd))


def test_who_can_see_has_a_row_per_person():
    one = inventory(
        [document("d", scope="organization")],
        [
            on_document("d", "user", "ann", "EDITOR"),
            on_document("d", "group", "g"),
            on_document("d", "user", "bob", "NO_ACCESS"),
        ],
        members=[member("g", "ann")],
    )
    answer = audit.who_can_see(one, "d", organization_role="NO_ACCESS")
    columns = ("user_id", "can_see", "resulting_role", "ways", "unknown")
    assert ways(answer.assign(document_identifier="d", id="d"), *columns) == [
        ("olga", True, "MANAGER", "owner: MANAGER", None),
        (
            "ann",
            True,
            "EDITOR",
            "direct: EDITOR; direct group G: VIEWER",
            None,
        ),
    ]
    answer = audit.who_can_see(one, "d")
    # Who is deactivated is known not to see it; of Bob it is not known.
    assert answer["user_id"].tolist() == ["olga", "ann", "bob"]
    assert answer["can_see"].tolist() == [True, True, pd.NA]
    assert answer["unknown"].tolist() == ["Omni does not tell the organization's role"] * 3


def test_what_can_see_has_a_row_per_item():
    one = inventory(
        [folder("/a"), document("d", folder_id="/a", folder_path="/a"), document("e")],
        [on_document("e", "user", "bob", "NO_ACCESS")],
        [on_folder("/a", "user", "bob", "EDITOR")],
    )
    answer = audit.what_can_see(one, "bob@x.example")
    assert ways(answer, "type", "item", "can_see", "resulting_role", "ways") == [
        ("folder", "/a", True, "EDITOR", "direct: EDITOR"),
        ("document", "d", True, "EDITOR", "folder /a: EDITOR"),
    ]


def test_who_and_what_are_named_as_people_name_them():
    one = inventory([folder("/a"), document("d")])
    assert {who for who, *_ in ways(audit.access(one, ["Olga", "ann@x.example"]))} == {"olga"}
    assert {item for _, item, *_ in ways(audit.access(one, content=["/a"]))} == {"/a"}
    with pytest.raises(omnipd.ArgumentError, match="people='olgaa'"):
        audit.access(one, "olgaa")
    with pytest.raises(omnipd.ArgumentError, match="item='dd'"):
        audit.who_can_see(one, "dd")
    with pytest.raises(omnipd.ArgumentError, match="person='nobody'"):
        audit.what_can_see(one, "nobody")


def test_somebody_who_is_listed_twice_is_one_and_without_an_id_nobody_of_a_name():
    rows = [on_document("d", "user", "ann")]
    one = inventory([document("d")], rows, people=[*PEOPLE, user("ann")])
    assert [row[0] for row in ways(audit.access(one))] == ["olga", "ann"]
    assert len(audit.what_can_see(one, "ann")) == 1
    one = inventory([document("d")], rows, people=[*PEOPLE, user("new") | {"user_id": None}])
    with pytest.raises(omnipd.ArgumentError, match="has no id"):
        audit.what_can_see(one, "new@x.example")


def test_a_folder_without_an_id_is_not_that_of_what_names_none():
    inner = document("d", folder_path="/a")
    one = inventory(
        [inner, folder("/b", owner_id="ann") | {"id": None}], cut=["document_access"], folders=()
    )
    with pytest.warns(omnipd.OmniWarning):
        answer = audit.access(one, content="d")
    assert "ann" not in {row[0] for row in ways(answer)}
    assert (None, "d", "folder", None, "a folder around it is not known") in unknowns(answer)
    # By its path it is found all the same.
    inner = document("d", folder_path="/b")
    one = inventory([inner, folder("/b", owner_id="ann") | {"id": None}], folders=())
    assert results(audit.access(one, content="d"))["ann", "d"] == ["MANAGER", True]


def test_the_role_on_models_is_not_known_where_not_all_of_them_were_read():
    roles = [{"user_id": "olga", "connection_id": "c", "base_role": "VIEWER", "resolved": True}]
    content = [document("d", connection_id="c")]
    [row] = ways(audit.access(inventory(content, model_roles=roles)), "model_role")
    assert row == ("VIEWER",)
    with pytest.warns(omnipd.OmniWarning, match="model_roles"):
        answer = audit.access(inventory(content, model_roles=roles, cut=["model_roles"]))
    assert ways(answer, "model_role") == [(None,)]


def test_a_list_that_is_missing_is_no_way_to_see_anything():
    with pytest.warns(omnipd.OmniWarning, match="documents"):
        answer = audit.what_can_see(inventory(without=["documents"]), "ann")
    assert ways(answer, "ways", "unknown") == [(None, "documents: refused")]
