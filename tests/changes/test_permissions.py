"""Roles and boosts on documents and folders are given, changed, taken away and taken back by edited frames."""

import pandas as pd
import pytest
from changes.small_omni import small_omni, states, undone

import omnipd
from omnipd.errors import ArgumentError


class Shared:
    """Documents or folders, of which the permissions are edited."""

    def __init__(self, kind, column, read_items, read):
        self.kind = kind
        self.column = column
        self.read_items = read_items
        self.read = read

    def edited(self, item, *rows):
        """Return what an item has, and the same with more rows: (principal, role, boost)."""
        before = self.read([item], refresh=True)
        more = [
            {
                self.column: item,
                "principal_type": principal.partition(":")[0],
                "principal_id": principal.partition(":")[2],
                "role": role,
                "access_boost": boost,
            }
            for principal, role, boost in rows
        ]
        return before, pd.concat([before.astype(object), pd.DataFrame(more)], ignore_index=True)


DOCUMENTS = Shared(
    "document", "document_identifier", omnipd.read_documents, omnipd.read_document_access
)
FOLDERS = Shared("folder", "folder_id", omnipd.read_folders, omnipd.read_folder_permissions)


@pytest.fixture(params=[DOCUMENTS, FOLDERS], ids=["documents", "folders"])
def shared(request):
    return request.param


def groups():
    return omnipd.read_groups()["group_id"].tolist()


def with_two_users(omni, shared):
    """Find an item on which two users have the same role, without a boost: give it, them and the role."""
    held = {}
    known = set(shared.read_items()[shared.column])
    for item, kind, principal, role, boost in sorted(omni.permits()):
        if item in known and kind == "user" and not boost:
            held.setdefault((item, role), []).append(principal)
    return next((item, users[:2], role) for (item, role), users in held.items() if len(users) > 1)


def without_groups(omni, shared):
    """Find an item on which no group has a role."""
    given = {item for item, kind, *_ in omni.permits() if kind == "userGroup"}
    return next(item for item in shared.read_items()[shared.column] if item not in given)


@pytest.mark.parametrize("old_shapes", [False, True])
def test_roles_are_given_changed_and_taken_away_and_taken_back(shared, old_shapes):
    with small_omni(old_shapes=old_shapes) as omni:
        start = omni.permits()
        item, [one, other], role = with_two_users(omni, shared)
        first, second, *_ = groups()
        new = "EDITOR" if role != "EDITOR" else "VIEWER"
        before, after = shared.edited(
            item, (f"userGroup:{first}", "VIEWER", True), (f"userGroup:{second}", "VIEWER", None)
        )
        direct = after.get("access_source", pd.Series("direct", after.index)) != "folder"
        after.loc[direct & (after["principal_id"] == one), "role"] = new
        after.loc[direct & (after["principal_id"] == other), "role"] = None
        plan = omnipd.plan(before, after, delete=True)
        path = f"/api/v1/{shared.kind}s/{item}/permissions"
        assert plan["call"].tolist() == [
            f'PATCH {path} {{"role":"{new}","userIds":["{one}"]}}',
            f'POST {path} {{"role":"VIEWER","userGroupIds":["{first}"]}}',
            f'POST {path} {{"role":"VIEWER","userGroupIds":["{second}"]}}',
            f'PATCH {path} {{"accessBoost":true,"userGroupIds":["{first}"]}}',
            f'DELETE {path} {{"userIds":["{other}"]}}',
        ]
        assert set(plan["tier"]) == {"confirm"}
        assert plan["reversible"].all()
        assert plan.apply(dry_run=True)["state"].tolist() == ["pending"] * 5
        assert omni.permits() == start
        report = plan.apply(confirm=True)
        assert set(report["state"]) == {"ok"}
        assert report["verified"].all()
        assert omni.permits() == start - {
            (item, "user", one, role, False),
            (item, "user", other, role, False),
        } | {
            (item, "user", one, new, False),
            (item, "userGroup", first, "VIEWER", True),
            (item, "userGroup", second, "VIEWER", False),
        }
        # Both groups were given their role at once.
        assert [method for method, *_ in omni.changes()] == ["PATCH", "POST", "PATCH", "DELETE"]
        assert undone(report) == {"ok"}
        assert omni.permits() == start


def test_what_is_revoked_comes_back_with_its_boost(shared):
    with small_omni() as omni:
        start = omni.permits()
        known = set(shared.read_items()[shared.column])
        item, kind, principal, role, _ = next(
            one for one in sorted(start) if one[0] in known and one[4]
        )
        before, after = shared.edited(item)
        by_folder = after.get("access_source", pd.Series("", after.index)) == "folder"
        gone = (after["principal_id"] == principal) & ~by_folder
        plan = omnipd.plan(before, after[~gone], delete=True)
        part = f"{kind}:{principal}"
        columns = ["part", "column", "old", "new"]
        assert plan.frame[columns].astype(object).where(plan.frame[columns].notna(), None).to_numpy(
            object
        ).tolist() == [[part, "access_boost", "true", None], [part, "role", role, None]]
        assert "may still have access" in plan["remark"].iloc[1]
        # An emptied role says the same as a row that is gone, where that is asked for.
        emptied = after.copy()
        emptied.loc[gone, "role"] = None
        assert omnipd.plan(before, emptied, delete=True) == plan
        why = "Its role is empty, which would take it away: fill it, or allow deletions."
        assert omnipd.plan(before, emptied)["refused"].tolist() == [why, why]
        report = plan.apply(confirm=True)
        assert set(report["state"]) == {"ok"}
        assert omni.permits() == start - {(item, kind, principal, role, True)}
        assert undone(report) == {"ok"}
        assert omni.permits() == start


def test_what_comes_from_a_folder_and_what_an_owner_has_is_left_alone():
    with small_omni() as omni:
        start = omni.permits()
        access = omnipd.read_document_access(omnipd.read_documents())
        both = access[access.duplicated(["document_identifier", "principal_id"], keep=False)]
        of_two = both.iloc[0]  # the one of a pair comes by a folder
        edited = access.copy()
        rows = edited["document_identifier"] == of_two["document_identifier"]
        edited.loc[rows, "role"] = "EXPLORER"
        plan = omnipd.plan(access, edited)
        why = dict(zip(plan["part"], plan["refused"], strict=True))
        part = f"{of_two['principal_type']}:{of_two['principal_id']}"
        [path] = both[
            (both["document_identifier"] == of_two["document_identifier"])
            & (both["principal_id"] == of_two["principal_id"])
        ]["folder_path"].dropna()
        assert why[f"{part} by folder"] == (
            f"It comes from the folder {path}: change it there, or add a row with a direct one."
        )
        is_direct = access["access_source"] == "direct"
        [owner] = access[rows & is_direct & access["is_owner"].eq(other=True)]["principal_id"]
        assert why[f"user:{owner}"].startswith("The owner has it")
        report = plan.apply(confirm=True)
        assert set(report["state"]) == {"ok", "refused"}
        changed = start ^ omni.permits()
        assert changed
        assert {item for item, *_ in changed} == {of_two["document_identifier"]}
        assert undone(report) == {"ok"}
        assert omni.permits() == start


def test_who_owns_a_folder_is_looked_up_where_its_permissions_do_not_say_it():
    with small_omni():
        folder = omnipd.read_folders().iloc[0]
        before = omnipd.read_folder_permissions([folder["folder_id"]])
        edited = before.copy()
        edited.loc[edited["principal_id"] == folder["owner_id"], "role"] = "VIEWER"
        plan = omnipd.plan(before, edited)
        assert plan["refused"].tolist() == ["The owner of a folder may do everything in it."]


def test_the_whole_organization_is_nobody_whose_role_is_given():
    with small_omni():
        item = omnipd.read_documents()["document_identifier"].iloc[0]
        before, after = DOCUMENTS.edited(item, ("user:ORG-MEMBERSHIP", "VIEWER", None))
        plan = omnipd.plan(before, after)
        assert plan["refused"].str.startswith("It is what the whole organization may do").all()


def test_bad_principals_and_roles_are_refused_by_name(shared):
    with small_omni() as omni:
        item = without_groups(omni, shared)
        group = omnipd.read_groups().iloc[0]
        before, after = shared.edited(
            item,
            (f"userGroup:{group['display_name']}", "VIEWER", None),
            (f"userGroup:{group['group_id']}", "viewr", None),
            ("user:ada@example.com", "VIEWER", None),
            ("usergroup:x", "VIEWER", None),
        )
        plan = omnipd.plan(before, after)
        assert dict(zip(plan["part"], plan["refused"], strict=True)) == {
            f"userGroup:{group['display_name']}": (
                f"{group['display_name']!r} is the name of a group: its id is {group['group_id']!r}."
            ),
            f"userGroup:{group['group_id']}": ("There is no role 'viewr'. Did you mean 'VIEWER'?"),
            "user:ada@example.com": (
                "ada@example.com is an address: people are named by their membership ids."
            ),
            "usergroup:x": (
                "It does not say whose it is: principal_type must be user or userGroup, "
                "unlike 'usergroup'. Did you mean 'userGroup'?"
            ),
        }
        # Omni may have roles that nobody knows of yet.
        before, after = shared.edited(item, (f"userGroup:{group['group_id']}", "CURATOR", None))
        plan = omnipd.plan(before, after)
        assert plan["refused"].isna().all()
        assert "does not know the role 'CURATOR'" in plan["remark"].iloc[0]
        twice = pd.concat([after, after.tail(1)], ignore_index=True)
        with pytest.raises(ArgumentError, match=rf"two rows of the {shared.kind}_permission"):
            omnipd.plan(before, twice)


def test_one_bad_principal_does_not_keep_the_others_of_its_call(shared):
    with small_omni() as omni:
        start = omni.permits()
        item = without_groups(omni, shared)
        first, second, *_ = groups()
        before, after = shared.edited(
            item,
            (f"userGroup:{first}", "EDITOR", None),
            ("userGroup:nobody00", "EDITOR", None),
            (f"userGroup:{second}", "EDITOR", None),
        )
        report = omnipd.plan(before, after).apply(confirm=True)
        assert states(report) == {
            (f"userGroup:{first}", "role"): "ok",
            ("userGroup:nobody00", "role"): "failed",
            (f"userGroup:{second}", "role"): "ok",
        }
        assert report["detail"].dropna().tolist() == ["User group with id nobody00 does not exist"]
        assert omni.changes() == [
            ("POST", "permissions", 404),
            ("POST", "permissions", 200),
            ("POST", "permissions", 404),
            ("POST", "permissions", 200),
        ]
        assert omni.permits() - start == {
            (item, "userGroup", first, "EDITOR", False),
            (item, "userGroup", second, "EDITOR", False),
        }
        assert undone(report) == {"ok"}
        assert omni.permits() == start


@pytest.mark.parametrize("kind", ["lost", "reset"])
@pytest.mark.parametrize("existing", ["replaced", "refused"])
def test_a_lost_answer_is_looked_for_and_nothing_is_given_twice(shared, kind, existing):
    fault = {"kind": kind, "method": "POST", "path": "*/permissions"}
    with small_omni(faults=[fault], existing_permits=existing) as omni:
        start = omni.permits()
        item = without_groups(omni, shared)
        [group, *_] = groups()
        before, after = shared.edited(item, (f"userGroup:{group}", "EDITOR", None))
        report = omnipd.plan(before, after).apply(confirm=True)
        assert report["state"].tolist() == ["ok"]
        assert len(omni.changes()) == (1 if kind == "lost" else 2)
        assert omni.permits() - start == {(item, "userGroup", group, "EDITOR", False)}


def test_what_somebody_else_gave_meanwhile_is_a_conflict(shared):
    with small_omni() as omni:
        item = without_groups(omni, shared)
        [group, *_] = groups()
        before, after = shared.edited(item, (f"userGroup:{group}", "EDITOR", None))
        plan = omnipd.plan(before, after)
        path = f"/api/v1/{shared.kind}s/{item}/permissions"
        omni.client.change("POST", path, {"role": "MANAGER", "userGroupIds": [group]})
        start = omni.permits()
        report = plan.apply(confirm=True)
        assert report["state"].tolist() == ["conflict"]
        assert report["detail"].tolist() == ["It is 'MANAGER' now."]
        assert omni.permits() == start


def test_a_permission_that_is_gone_is_a_conflict_and_one_that_is_so_already_is_left(shared):
    with small_omni() as omni:
        item, [one, other], role = with_two_users(omni, shared)
        new = "EDITOR" if role != "EDITOR" else "VIEWER"
        before, after = shared.edited(item)
        direct = after.get("access_source", pd.Series("", after.index)) != "folder"
        after.loc[direct & after["principal_id"].isin([one, other]), "role"] = new
        plan = omnipd.plan(before, after)
        path = f"/api/v1/{shared.kind}s/{item}/permissions"
        omni.client.change("DELETE", path, {"userIds": [one]})
        omni.client.change("PATCH", path, {"userIds": [other], "role": new})
        assert states(plan.apply(confirm=True)) == {
            (f"user:{one}", "role"): "conflict",
            (f"user:{other}", "role"): "already",
        }


def test_a_boost_that_is_dropped_without_a_word_is_told(shared):
    with small_omni(access_boosts=False) as omni:
        item = without_groups(omni, shared)
        [group, *_] = groups()
        before, after = shared.edited(item, (f"userGroup:{group}", "VIEWER", True))
        report = omnipd.plan(before, after).apply(confirm=True)
        assert states(report) == {
            (f"userGroup:{group}", "role"): "ok",
            (f"userGroup:{group}", "access_boost"): "unverified",
        }
        assert report["detail"].iloc[1] == "Omni took it, and shows 'false'."


def test_permissions_are_given_for_all_also_by_a_client_that_acts_for_one():
    with small_omni() as omni:
        folder = without_groups(omni, FOLDERS)
        [group, *_] = groups()
        before, after = FOLDERS.edited(folder, (f"userGroup:{group}", "VIEWER", None))
        plan = omnipd.plan(before, after)
        someone = omnipd.read_users()["user_id"].iloc[-1]
        with omnipd.connect(
            omni.server.url, omni.server.api_key, user_id=someone, requests_per_minute=None
        ) as acting:
            report = plan.apply(confirm=True, client=acting)
        assert report["state"].tolist() == ["ok"]
        assert report["verified"].all()


def test_a_plan_survives_its_file(tmp_path, shared):
    with small_omni() as omni:
        item, [one, _], role = with_two_users(omni, shared)
        before, after = shared.edited(item)
        after.loc[after["principal_id"] == one, "role"] = "NO_ACCESS"
        plan = omnipd.plan(before, after)
        plan.to_csv(tmp_path / "plan.csv")
        assert omnipd.Plan.from_csv(tmp_path / "plan.csv") == plan
        # The edited frame alone, from a file: what Omni has now is read again.
        after.to_csv(tmp_path / "edited.csv", index=False)
        edited = pd.read_csv(tmp_path / "edited.csv")
        again = omnipd.plan(edited, reader=shared.read.__name__)
        of_one = again[again["part"] == f"user:{one}"]
        assert of_one["old"].tolist() == [role]
        assert of_one["new"].tolist() == ["NO_ACCESS"]
