"""Any edit of any frame that can be edited is made, read again as it was edited, and taken back.

What may stand in a cell, which rows may be new and which may be missing is said here for each frame; a frame or
a column that is not here fails a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import omnipd
from omnipd.changes.edited_frame import EDITED_FRAMES
from omnipd.changes.plan import Plan

LABELS = ["finance", "marketing", "équipe données", "50% off", "🚀 launch", "a/b test"]
NAMES = ["Umsätze, 2026", "=1+1", "名前", "two  spaces"]
ROLES = ["VIEWER", "EDITOR", "EXPLORER", "MANAGER"]
MODEL_ROLES = ["VIEWER", "QUERIER", "MODELER", "QUERY_TOPICS"]
#: What Omni itself says of a row, and other edits change, too.
FOLLOWS = {
    *("updated_at", "created_at", "extra", "url", "count_documents", "usage_count"),
    *("labels_verified", "owner_name", "folder_id", "folder_name", "folder_scope", "scope"),
    *("parent_path", "disabled_at", "member_count", "user_attributes", "base_role", "priority"),
    *("resolved", "position", "recipient_count", "favorited_at"),
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class AnyEdit:
    """What can be edited of a frame.

    Attributes
    ----------
    read : callable
        Returns the frame as Omni has it now.
    ids : tuple of str
        The columns that tell a row from others.
    cells : mapping of str to callable
        For each column the values that the cell of a row may have; none where it cannot be changed.
    new : callable, optional
        Returns a row that is not there, of a number that no other has.
    gone : callable, optional
        Whether a row may be missing.
    """

    read: Callable[[], pd.DataFrame]
    ids: tuple[str, ...]
    cells: Mapping[str, Callable[[Row], list[Any]]] = field(default_factory=dict)
    new: Callable[[pd.DataFrame, int], Row] | None = None
    gone: Callable[[Row], bool] | None = None


def now(reader, *parents, **options):
    return lambda: reader(*(one() for one in parents), refresh=True, **options)


def users():
    frame = omnipd.read_users()
    return frame[frame["active"]]["user_id"].tolist()


def documents():
    return omnipd.read_documents()


def shared():
    frame = documents()
    return set(frame[frame["scope"] == "organization"]["document_identifier"])


def some_users():
    return omnipd.read_users(limit=4)


def any_user(_):
    return users()[:6]


def is_kept(row):
    return row["deleted"] is not True


def of_document(values):
    return lambda row: values if row.get("type", "document") == "document" and is_kept(row) else []


def of_folder(values):
    return lambda row: values(row) if row.get("type", "folder") == "folder" else []


def is_direct(row):
    return row.get("access_source", "direct") == "direct" and row.get("is_owner") is not True


def of_direct(values):
    return lambda row: values if is_direct(row) and row["principal_type"] == "user" else []


def is_folder_right(row):
    owners = omnipd.read_folders().set_index("folder_id")["owner_id"]
    return row["principal_type"] == "user" and owners[row["folder_id"]] != row["principal_id"]


def of_right(values):
    return lambda row: values if is_folder_right(row) else []


def is_leaf(row):
    paths = omnipd.read_folders()["path"]
    return not any(path.startswith(f"{row['path']}/") for path in paths)


def other_path(row):
    return [f"{row['path']}-{end}" for end in ("a", "b")] if is_leaf(row) else []


def label_sets(_):
    return [None, LABELS[0], ",".join(sorted(LABELS[1:3])), ",".join(sorted(LABELS[2:]))]


def paths(row):
    return omnipd.read_folders()["path"].tolist() if of_document([1])(row) else []


def values_of(row):
    kinds = {"region": ["north", "west"], "quota": ["17", "4700"], "cost_centers": ["1010", "1060"]}
    return kinds.get(row["attribute_name"], [])


def is_of_others(row):
    """Whether it is a key that can be switched off, and not the one that is used."""
    return row["type"] == "organization" and row["name"] != "Production"


def not_everyone(row):
    return row.get("display_name", row.get("group_name")) != "Everyone"


def is_of_user(row):
    return row["origin_type"] == "USER"


def is_of_group(row):
    return row["origin_type"] == "GROUP" and row["origin_group_id"] == row["group_id"]


def new_favorite(frame, number):
    identifier = documents()["document_identifier"].iloc[0]
    there = set(frame[frame["document_identifier"] == identifier]["user_id"])
    return {
        "document_identifier": identifier,
        "user_id": [one for one in users() if one not in there][number],
    }


def new_right(parent, ids):
    def make(frame, number):
        of = ids()
        there = set(frame[frame[parent] == of]["principal_id"])
        return {
            parent: of,
            "principal_type": "user",
            "principal_id": [one for one in users() if one not in there][number],
            "role": ROLES[number],
        } | ({"access_source": "direct"} if parent == "document_identifier" else {})

    return make


def new_member(frame, number):
    group = omnipd.read_groups().query("display_name == 'Analysts'")["group_id"].item()
    there = set(frame[frame["group_id"] == group]["user_id"])
    return {"group_id": group, "user_id": [one for one in users() if one not in there][number]}


def new_recipient(frame, number):
    of = frame[frame["destination_type"] == "email"]["schedule_id"].iloc[0]
    there = set(frame[frame["schedule_id"] == of]["email"])
    people = omnipd.read_users().query("active")
    free = [one for one in people.itertuples() if one.email not in there]
    return {
        "schedule_id": of,
        "destination_type": "email",
        "recipient_id": free[number].user_id,
        "email": free[number].email,
    }


def values():
    # Of a value that was taken away Omni shows the attribute, with none.
    frame = omnipd.read_user_attribute_values(refresh=True)
    return frame[frame["value"].notna()]


def is_another(row):
    return row["user_id"] != omnipd.whoami().user_id


def new_attribute(frame, number):
    have = set(frame[frame["attribute_name"] == "quota"]["user_id"])
    free = [one for one in users() if one not in have][number]
    return {"user_id": free, "attribute_name": "quota", "value": str(100 + number)}


def new_model_role(of):
    def make(frame, number):
        held = frame[frame["origin_type"] == ("USER" if of == "user_id" else "GROUP")]
        have = set(zip(held[of], held["model_id"], strict=True))
        ids = some_users()[of] if of == "user_id" else omnipd.read_groups()[of]
        models = omnipd.read_models(model_kind="SHARED")["model_id"]
        free = [(one, model) for one in ids for model in models if (one, model) not in have]
        if number >= len(free):
            return None
        one, model = free[number]
        return {of: one, "model_id": model, "role_name": MODEL_ROLES[number]}

    return make


#: By the path of the list: two readers may share a name.
EDITS = {
    "/api/v1/documents": AnyEdit(
        now(omnipd.read_documents, include=["labels"]),
        ("document_identifier",),
        {
            "name": of_document(NAMES),
            "description": of_document([None, "Two\nlines", "'quoted'"]),
            "labels": lambda row: label_sets(row) if is_kept(row) else [],
            "folder_path": paths,
            "owner_id": lambda row: any_user(row) if is_kept(row) else [],
        },
        gone=is_kept,
    ),
    "/api/v1/folders": AnyEdit(
        now(omnipd.read_folders),
        ("folder_id",),
        {"name": of_folder(lambda _: NAMES), "path": other_path, "labels": lambda _: []},
        new=lambda _, number: {"path": f"/new-{number}", "name": f"New {number}"},
    ),
    "/api/v1/content": AnyEdit(
        now(omnipd.read_content),
        ("document_identifier", "id"),
        {
            "name": lambda _: NAMES,
            "description": of_document([None, "Two\nlines"]),
            "labels": of_document([None, *LABELS]),
            "folder_path": paths,
            "owner_id": lambda row: any_user(row) if of_document([1])(row) else [],
            # The folder_path of all that is in it would be another, too; folders alone have it above.
            "path": lambda _: [],
        },
        new=lambda _, number: {"type": "folder", "path": f"/new-{number}", "name": f"New {number}"},
    ),
    "/api/v1/documents/{document_identifier}/favorites": AnyEdit(
        now(omnipd.read_document_favorites, documents),
        ("document_identifier", "user_id"),
        new=new_favorite,
        # Of what somebody may not see any more Omni takes no favorite away.
        gone=lambda row: row["document_identifier"] in shared(),
    ),
    "/api/v1/documents/{document_identifier}/access-list": AnyEdit(
        now(omnipd.read_document_access, documents),
        ("document_identifier", "principal_id", "access_source", "folder_path"),
        {"role": of_direct(ROLES), "access_boost": of_direct([True, False])},
        new=new_right("document_identifier", lambda: documents()["document_identifier"].iloc[0]),
        gone=lambda row: is_direct(row) and row["principal_type"] == "user",
    ),
    "/api/v1/folders/{folder_id}/permissions": AnyEdit(
        now(omnipd.read_folder_permissions, omnipd.read_folders),
        ("folder_id", "principal_id"),
        {"role": of_right(ROLES), "access_boost": of_right([True, False])},
        new=new_right("folder_id", lambda: omnipd.read_folders()["folder_id"].iloc[0]),
        gone=is_folder_right,
    ),
    "/api/v1/schedules": AnyEdit(
        now(omnipd.read_schedules),
        ("schedule_id",),
        {"owner_id": any_user, "is_active": lambda _: [True, False]},
        gone=lambda _: True,
    ),
    "/api/v1/schedules/{schedule_id}/recipients": AnyEdit(
        now(omnipd.read_schedule_recipients, omnipd.read_schedules),
        ("schedule_id", "via_group_id", "recipient_id", "email"),
        new=new_recipient,
        gone=lambda row: row["destination_type"] == "email" and row["via_group_id"] is None,
    ),
    "/api/scim/v2/Users values": AnyEdit(
        values,
        ("user_id", "attribute_name", "position"),
        {"value": values_of},
        new=new_attribute,
        gone=lambda row: row["position"] is None and row["attribute_name"] in {"region", "quota"},
    ),
    "/api/scim/v2/Users": AnyEdit(
        now(omnipd.read_users),
        ("user_id",),
        {
            "display_name": lambda _: NAMES,
            "active": lambda row: [True, False] if is_another(row) else [],
        },
        new=lambda _, number: {
            "user_name": f"new{number}@sandbox.example",
            "display_name": f"New {number}",
        },
        gone=is_another,
    ),
    "/api/v1/users/email-only": AnyEdit(
        now(omnipd.read_email_only_users),
        ("user_id",),
        new=lambda _, number: {"email": f"new{number}@outside.example"},
    ),
    "/api/scim/v2/Groups members": AnyEdit(
        now(omnipd.read_group_members),
        ("group_id", "user_id"),
        new=new_member,
        gone=not_everyone,
    ),
    "/api/scim/v2/Groups": AnyEdit(
        now(omnipd.read_groups),
        ("group_id",),
        {"display_name": lambda row: [f"{row['group_id']} ü"] if not_everyone(row) else []},
        new=lambda _, number: {"display_name": f"New {number}"},
        gone=not_everyone,
    ),
    "/api/v1/users/{user_id}/model-roles": AnyEdit(
        now(omnipd.read_model_roles, some_users),
        ("user_id", "model_id", "origin_type", "origin_group_id"),
        {"role_name": lambda row: MODEL_ROLES if is_of_user(row) else []},
        new=new_model_role("user_id"),
    ),
    "/api/v1/user-groups/{group_id}/model-roles": AnyEdit(
        lambda: omnipd.read_model_roles(groups=omnipd.read_groups(), refresh=True),
        ("group_id", "model_id", "origin_type", "origin_group_id"),
        {"role_name": lambda row: MODEL_ROLES if is_of_group(row) else []},
        new=new_model_role("group_id"),
    ),
    "/api/v1/api-keys": AnyEdit(
        now(omnipd.read_api_keys),
        ("api_key_id",),
        {"enabled": lambda row: [True, False] if is_of_others(row) else []},
        gone=is_of_others,
    ),
    "/api/v1/labels": AnyEdit(
        now(omnipd.read_labels),
        ("label",),
        {
            "color": lambda _: ["#123456", "#bf3989"],
            "description": lambda _: ["Kept", "Zwei\nZeilen"],
            "homepage": lambda _: [True, False],
            "verified": lambda _: [True, False],
        },
        new=lambda _, number: {"label": f"new {number}", "color": "#123456", "verified": False},
        # What documents carry cannot be deleted.
        gone=lambda row: row["usage_count"] == 0,
    ),
}


def place_of(of):
    """Name a frame: those of parts share the list of the whole."""
    path = of.endpoint.path
    parts = {"read_user_attribute_values": " values", "read_group_members": " members"}
    return path + parts.get(of.name, "")


def plain(cell, column=""):
    """Return a cell as it is compared: nothing is nothing, labels are a set, and no boost is none."""
    if column == "access_boost":
        return cell is True
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)) or cell == "":
        return None
    return frozenset(cell.split(",")) if column == "labels" else cell


def rows_of(frame, ids):
    rows = {}
    for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        rows.setdefault(tuple(plain(row[name]) for name in ids), []).append(row)
    return rows


def assert_is_as_edited(after, edited, before, how, made):
    """Compare what Omni has with the frame that was edited, and all that was not edited with what was before."""
    old, new, had = (rows_of(frame, how.ids) for frame in (after, edited, before))
    kept = {key for key in had if key in new}
    assert {key for key in old if key in had} == kept
    for key in kept:
        for is_row, wanted_row, was_row in zip(old[key], new[key], had[key], strict=True):
            for column, is_now in is_row.items():
                wanted = wanted_row if column in how.cells else was_row
                if column in how.cells or column not in FOLLOWS:
                    assert plain(is_now, column) == plain(wanted[column], column), (key, column)
    came = [row for key, rows in old.items() if key not in had for row in rows]
    said = sorted(
        (tuple(str(row[name]) for name in one), tuple(one)) for row in came for one in made[:1]
    )
    wanted = sorted((tuple(str(one[name]) for name in made[0]), tuple(made[0])) for one in made)
    assert said == wanted


@pytest.mark.parametrize("of", EDITED_FRAMES, ids=place_of)
def test_each_frame_that_can_be_edited_is_here(of):
    how = EDITS[place_of(of)]
    assert how.cells.keys() == of.editable.columns.keys()
    assert (how.new is not None or how.gone is not None or bool(how.cells)) is True


def edit(data, how, before, *, deletes):
    """Return an edited frame and the rows that are new in it."""
    rows = before.astype(object).where(before.notna(), None).to_dict("records")
    kept = []
    for row in rows:
        if deletes and how.gone and how.gone(row) and data.draw(st.integers(0, 5)) == 0:
            continue
        cells = dict(row)
        for column, values in how.cells.items():
            if data.draw(st.integers(0, 3)) == 0 and (legal := values(row)):
                cells[column] = data.draw(st.sampled_from(legal))
        kept.append(cells)
    made = []
    if how.new is not None:
        made = [how.new(before, number) for number in range(data.draw(st.integers(0, 2)))]
        made = [row for row in made if row is not None]
    frame = pd.DataFrame([*kept, *made], columns=before.columns, dtype=object)
    frame = frame.astype(dict(before.dtypes))
    frame.attrs = before.attrs
    return frame, made


def refused_of(plan):
    return (
        plan[plan["refused"].notna()][["item", "part", "column", "new", "refused"]]
        .to_numpy()
        .tolist()
    )


def not_made(report):
    wrong = report[~report["state"].isin(["ok", "already"]) | report["verified"].eq(False)]
    return wrong[["item", "part", "column", "old", "new", "state", "detail"]].to_numpy().tolist()


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
@pytest.mark.parametrize("place", EDITS)
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # an example takes a second: to make it smaller would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_edit_is_made_and_comes_back(place, tmp_path, data):
    how = EDITS[place]
    deletes = how.gone is not None and data.draw(st.booleans())
    with omnipd.sandbox(size="tiny", requests_per_minute=None) as omni:
        before = how.read()
        assert omnipd.plan(before, before.copy(), delete=deletes).empty
        edited, made = edit(data, how, before, deletes=deletes)
        plan = omnipd.plan(before, edited, delete=deletes)
        assert refused_of(plan.frame) == []
        plan.to_csv(tmp_path / "plan.csv")
        if not plan.empty:
            assert Plan.from_csv(tmp_path / "plan.csv") == plan
        asked = len(omni.server.requests)
        for tier in {*plan["tier"]} - {"safe"}:
            others = {"confirm": True, "destructive": True} | {tier: False}
            with pytest.raises(omnipd.ArgumentError, match=f"of the tier '{tier}'"):
                plan.apply(**others)
        assert len(omni.server.requests) == asked
        report = plan.apply(confirm=True, destructive=True)
        assert not_made(report) == []
        assert_is_as_edited(how.read(), edited, before, how, made)
        if plan.empty:
            return
        back = omnipd.undo(report.attrs["omni"]["journal"])
        undone = back.apply(confirm=True, destructive=True)
        assert set(undone["state"]) <= {"ok", "already", "refused"}
        if not (undone["state"] == "refused").any() and plan["reversible"].all():
            assert_is_as_edited(how.read(), before, before, how, [])
