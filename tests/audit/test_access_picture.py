"""A grid of people or groups and folders: the highest role that is known, and where it may be more."""

import numpy as np
import pandas as pd
import pytest
from audit.pictures import axes, draw, legend, texts
from audit.test_access_cases import PEOPLE, folder, inventory, member, on_folder, user

import omnipd
from omnipd import audit

NO, VIEWER, EXPLORER, EDITOR, MANAGER, UNKNOWN = range(6)
NONE = -1

HELD = inventory(
    content=[folder("/a"), folder("/a/b"), folder("/o", scope="organization")],
    permits=[
        on_folder("/a", "user", "ann", "VIEWER"),
        on_folder("/a/b", "user", "ann", "EDITOR"),
        on_folder("/a", "group", "g", "EXPLORER"),
        on_folder("/o", "user", "gone", "EDITOR"),
    ],
    members=[member("g", "bob"), member("g", "ann")],
)


def grid(ax):
    """The values of the cells by row and column name; a hidden one has no role."""
    (cells,) = [one for one in ax.collections if one.get_array() is not None]
    values = np.ma.filled(cells.get_array(), NONE)
    folders = [label.get_text() for label in ax.get_xticklabels()]
    return {
        label.get_text(): dict(zip(folders, row.tolist(), strict=True))
        for label, row in zip(ax.get_yticklabels(), values, strict=True)
    }


def dots(ax):
    """The cells with a dot, by place."""
    found = [one for one in ax.collections if one.get_array() is None]
    return sorted((int(y), int(x)) for one in found for x, y in one.get_offsets())


def test_the_highest_role_of_each_person_is_drawn_and_those_with_most_come_first():
    ax = audit.plot_access(HELD, organization_role="VIEWER", ax=axes())
    assert grid(ax) == {
        "Olga": {"/a": MANAGER, "/a/b": MANAGER, "/o": MANAGER},
        "Ann": {"/a": EXPLORER, "/a/b": EDITOR, "/o": VIEWER},
        "Bob": {"/a": EXPLORER, "/a/b": EXPLORER, "/o": VIEWER},
        # Who is deactivated sees nothing, whatever is given to them.
        "Gone": {"/a": NONE, "/a/b": NONE, "/o": NO},
    }
    assert [*grid(ax)] == ["Olga", "Ann", "Bob", "Gone"]
    assert dots(ax) == []
    assert legend(ax) == ["Manager", "Editor", "Explorer", "Viewer", "No access", "No role"]
    assert ax.get_title(loc="left") == "Roles of people on folders"
    assert ax.get_xlabel() == "Folder"
    draw(ax)


def test_where_something_is_not_known_a_role_may_be_more_and_none_is_not_no_role():
    ax = audit.plot_access(HELD, ax=axes())
    found = grid(ax)
    assert found["Ann"] == {"/a": EXPLORER, "/a/b": EDITOR, "/o": UNKNOWN}
    assert found["Gone"] == {"/a": NONE, "/a/b": NONE, "/o": NO}
    assert "Not known" in legend(ax)
    assert "May be more" not in legend(ax)
    rows = [
        folder("/o", scope="organization"),
        folder("/p"),
    ]
    ax = audit.plot_access(
        inventory(content=rows, permits=[on_folder("/o", "user", "ann", "EDITOR")]), ax=axes()
    )
    assert grid(ax)["Ann"]["/o"] == EDITOR
    assert dots(ax) == [(1, 0)]
    assert legend(ax)[-1] == "May be more"
    draw(ax)


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
@pytest.mark.parametrize("how", ["without", "cut"])
def test_permits_that_were_not_read_are_not_taken_for_none(how):
    held = inventory(
        content=[folder("/a"), folder("/b")],
        permits=[on_folder("/a", "user", "ann", "VIEWER")],
        **{how: ["folder_permissions"]},
    )
    ax = audit.plot_access(held, ax=axes())
    found = grid(ax)
    assert found["Olga"] == {"/a": MANAGER, "/b": MANAGER}
    assert NONE not in {value for row in found.values() for value in row.values()}


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
@pytest.mark.parametrize("name", ["documents", "folders", "groups", "group_members", "model_roles"])
def test_a_table_that_was_refused_is_said(name):
    held = inventory(content=[folder("/a")], without=[name])
    note = audit.plot_access(held, ax=axes()).get_xlabel()
    assert "Not all is known" in note or f"{name}: refused" in note


@pytest.mark.parametrize("name", ["content", "users"])
def test_it_needs_content_and_users(name):
    with pytest.raises(omnipd.ArgumentError, match=f"has no {name}"):
        audit.plot_access(inventory(without=[name]), ax=axes())


def test_groups_have_the_role_that_is_given_to_them():
    ax = audit.plot_access(HELD, by="groups", ax=axes())
    assert grid(ax) == {"G": {"/a": EXPLORER, "/a/b": EXPLORER}}
    assert ax.get_title(loc="left") == "Roles of groups on folders"
    assert "Shown are 1 of 1 groups and 2 of 3 folders" in ax.get_xlabel()
    draw(ax)


def test_what_access_returns_is_drawn_the_same_with_names_for_paths():
    access = audit.access(HELD, organization_role="VIEWER")
    ax = audit.plot_access(access, ax=axes())
    assert grid(ax) == grid(audit.plot_access(HELD, organization_role="VIEWER", ax=axes()))
    with pytest.raises(omnipd.ArgumentError, match="goes with an inventory only"):
        audit.plot_access(access, organization_role="VIEWER", ax=axes())
    with pytest.raises(omnipd.ArgumentError, match="no column user_id"):
        audit.plot_access(pd.DataFrame({"a": [1]}), ax=axes())


def test_no_more_than_the_limit_is_drawn_and_the_rest_is_counted():
    people = [*PEOPLE, *(user(f"p{each}") for each in range(30))]
    folders = [folder(f"/f{each}") for each in range(120)]
    permits = [
        on_folder(f"/f{each}", "user", f"p{each % 30}", "EDITOR" if each < 5 else "VIEWER")
        for each in range(120)
    ]
    held = inventory(content=folders, permits=permits, people=people)
    ax = audit.plot_access(held, limit=5, ax=axes())
    assert [*grid(ax)] == ["Olga", "P0", "P1", "P2", "P3"]
    assert [*grid(ax)["P0"]] == ["/f0", "/f1", "/f2", "/f3", "/f4"]
    assert grid(ax)["P1"] == {"/f0": NONE, "/f1": EDITOR, "/f2": NONE, "/f3": NONE, "/f4": NONE}
    assert "Shown are 5 of 31 people and 5 of 120 folders" in ax.get_xlabel()
    ax = audit.plot_access(held, limit=500, ax=axes(6, 4))
    draw(ax)
    for axis in (ax.xaxis, ax.yaxis):
        places = np.sort(
            [
                label.get_transform().transform(label.get_position())
                for label in axis.get_ticklabels()
            ],
            axis=0,
        )
        steps = np.diff(places[:, 0 if axis is ax.xaxis else 1])
        # Eight points high, at 100 dots per inch.
        assert steps.min() >= 8 * 100 / 72


def test_people_of_one_name_are_told_apart_and_names_are_text():
    people = [
        user("olga", display_name="Sam $x$"),
        user("ann", display_name="Sam $x$"),
        user("bob", display_name="\x1b[31mBob"),
        user("eve", display_name=None),
        user("z", display_name="z" * 300),
    ]
    permits = [on_folder("/a", "user", each["user_id"]) for each in people]
    long = f"/{'deep/' * 20}end"
    ax = audit.plot_access(
        inventory(content=[folder("/a"), folder(long)], permits=permits, people=people), ax=axes()
    )
    assert sorted(grid(ax)) == [
        "Sam $x$ (ann@x.example)",
        "Sam $x$ (olga@x.example)",
        "\\x1b[31mBob",
        "eve@x.example",
        f"{'z' * 31}…",
    ]
    assert [*grid(ax)["eve@x.example"]][1] == f"…{long[-31:]}"
    draw(ax)


def test_no_folders_and_one_folder():
    ax = audit.plot_access(inventory(), ax=axes())
    assert texts(ax) == ["No roles of people on folders"]
    draw(ax)
    ax = audit.plot_access(audit.access(inventory()).head(0), by="groups", ax=axes())
    assert texts(ax) == ["No roles of groups on folders"]
    ax = audit.plot_access(inventory(content=[folder("/a")]), ax=axes())
    assert grid(ax) == {"Olga": {"/a": MANAGER}}
    draw(ax)
