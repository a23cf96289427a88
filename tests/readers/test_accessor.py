"""What every frame has as ``df.omni``: the same as the functions, and columns that add no rows."""

import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd.frames.to_pandas import is_whole, marked_incomplete, to_frame


def document(identifier, **more):
    return {"type": "document", "identifier": identifier, "name": identifier, **more}


def frame(**columns):
    return pd.DataFrame(
        {
            name: pd.array(pa.array(values), dtype=pd.ArrowDtype(pa.array(values).type))
            for name, values in columns.items()
        }
    )


EACH_IN_A_NEW_OMNIPD = """
import sys
import pandas

for name in sys.argv[1:]:
    if hasattr(pandas.DataFrame, "omni"):
        del pandas.DataFrame.omni
    for module in [one for one in sys.modules if one.partition(".")[0] == "omnipd"]:
        del sys.modules[module]
    import omnipd

    assert not hasattr(pandas.DataFrame, "omni")
    getattr(omnipd, name)
    print(name, hasattr(pandas.DataFrame, "omni"))
"""


def test_every_part_that_makes_frames_brings_it():
    names = ["open_export", "read_labels", "run_query", "estimate", "audit"]
    program = [sys.executable, "-c", EACH_IN_A_NEW_OMNIPD, *names]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{name} True" for name in names]


def test_an_opened_export_has_it(omni, tmp_path):
    omnipd.export_inventory(tmp_path / "export", include="labels")
    labels = omnipd.open_export(tmp_path / "export")["labels"]
    assert isinstance(labels.omni, omnipd.OmniAccessor)


def test_the_functions_about_frames_are_there():
    content = omnipd.flatten_content(
        [
            {"type": "folder", "id": "f1", "name": "Sales", "path": "sales"},
            document("d1", folder={"id": "f1"}, labels=["a", "b"]),
        ]
    )
    pd.testing.assert_frame_equal(content.omni.explode_labels(), omnipd.explode_labels(content))
    pd.testing.assert_frame_equal(content.omni.folder_tree(), omnipd.folder_tree(content))


def test_has_label_is_of_whole_names_and_null_where_labels_are_not_known():
    content = omnipd.flatten_content(
        [
            document("d1", labels=["finance", "q1, q2"]),
            document("d2", labels=["refinance"]),
            document("d3", labels=[]),
            document("d4"),
        ]
    ).set_axis([7, 7, 8, 9])
    found = content.omni.has_label("finance")
    assert found.dtype == pd.ArrowDtype(pa.bool_())
    assert found.tolist() == [True, False, False, pd.NA]
    assert found.index.tolist() == [7, 7, 8, 9]
    assert content[content.omni.has_label("q1, q2")]["document_identifier"].tolist() == ["d1"]
    assert content.omni.has_label("Finance").tolist() == [False, False, False, pd.NA]
    none = content.head(0).omni.has_label("finance")
    assert (none.dtype, len(none)) == (found.dtype, 0)


def test_labels_that_were_not_asked_for_are_said():
    content = omnipd.flatten_content([document("d1"), document("d2")])
    with pytest.warns(omnipd.OmniWarning, match='include="labels"'):
        found = content.omni.has_label("finance")
    assert found.isna().all()
    with pytest.raises(omnipd.ArgumentError, match="no column 'labels'"):
        content.drop(columns="labels").omni.has_label("finance")
    with pytest.raises(omnipd.ArgumentError, match="is not text: the name of one label"):
        content.omni.has_label(["finance"])


USERS = {
    "user_id": ["u1", "u2", None, None],
    "email": ["ada@x", "bob@x", "nobody@x", "noone@x"],
    "active": [True, False, True, True],
}


def test_owners_are_joined_to_one_row_each_and_null_matches_nothing():
    df = frame(owner_id=["u2", None, "u1", "u2", "gone"], name=list("abcde"))
    df.index = [3, 3, 1, 0, 2]
    df.attrs["omni"] = {"instance": "https://x.example", "complete": True}
    owned = df.omni.with_owners(frame(**USERS))
    assert owned.columns.tolist() == ["owner_id", "name", "owner_email", "owner_active"]
    assert owned["name"].tolist() == list("abcde")
    assert owned.index.tolist() == [3, 3, 1, 0, 2]
    assert owned["owner_email"].tolist() == ["bob@x", pd.NA, "ada@x", "bob@x", pd.NA]
    assert owned["owner_active"].tolist() == [False, pd.NA, True, False, pd.NA]
    assert owned["owner_active"].dtype == pd.ArrowDtype(pa.bool_())
    assert owned.attrs["omni"]["instance"] == "https://x.example"
    assert is_whole(owned)
    assert df.columns.tolist() == ["owner_id", "name"]


@pytest.mark.parametrize(("rows", "people"), [(0, 4), (5, 0), (0, 0)])
def test_owners_of_no_rows_or_among_no_users_have_the_same_types(rows, people):
    df = frame(owner_id=["u2", None, "u1", "u2", "gone"])
    whole = df.omni.with_owners(frame(**USERS))
    some = df.head(rows).omni.with_owners(frame(**USERS).head(people))
    assert some.dtypes.equals(whole.dtypes)
    assert len(some) == rows
    assert some["owner_email"].isna().all()


def test_a_mark_of_either_frame_is_on_what_is_joined():
    df, users = frame(owner_id=["u1"]), frame(**USERS)
    assert not is_whole(df.omni.with_owners(marked_incomplete(users)))
    assert not is_whole(marked_incomplete(df).omni.with_owners(users))


def test_owners_that_cannot_be_told_apart_are_refused():
    df = frame(owner_id=["u1"])
    twice = frame(user_id=["u1", "u1"], email=["a@x", "b@x"])
    with pytest.raises(omnipd.ArgumentError, match="several rows of the user_id 'u1'"):
        df.omni.with_owners(twice)
    with pytest.raises(omnipd.ArgumentError, match="no frame with a column 'user_id'"):
        df.omni.with_owners(frame(id=["u1"]))
    with pytest.raises(omnipd.ArgumentError, match="no column 'owner_id'"):
        frame(name=["a"]).omni.with_owners(twice)
    with pytest.raises(omnipd.ArgumentError, match="already a column 'owner_email'"):
        df.omni.with_owners(frame(**USERS)).omni.with_owners(frame(**USERS))


def test_owners_in_the_sandbox_are_those_that_it_holds(omni, server):
    content, users = omnipd.read_content(limit=60), omnipd.read_users()
    owned = content.omni.with_owners(users)
    people = {each.membership_id: each.email for each in server.organization.users.values()}
    assert owned["owner_email"].tolist() == [people[one] for one in content["owner_id"]]


def test_links_are_those_that_came_or_are_made_as_the_register_says():
    table = pa.table(
        {
            "document_identifier": ["d1", "d2", "d3", "a/b c", None],
            "has_dashboard": [True, True, False, None, None],
            "url": ["https://cdn.example/d1", None, "", None, None],
        }
    )
    df = to_frame(table, {"instance": "https://x.example"})
    assert df.omni.links().tolist() == [
        "https://cdn.example/d1",
        "https://x.example/dashboards/d2",
        "https://x.example/w/d3",
        "https://x.example/w/a%2Fb%20c",
        pd.NA,
    ]
    assert df.head(0).omni.links().dtype == df.omni.links().dtype == pd.ArrowDtype(pa.string())
    bare = df.drop(columns=["url", "has_dashboard"])
    assert bare.omni.links().iloc[0] == "https://x.example/w/d1"
    bare.attrs.clear()
    assert bare.omni.links().isna().all()
    chats = to_frame(pa.table({"omni_chat_url": ["https://x.example/chat/1"]}), {})
    assert chats.omni.links().tolist() == ["https://x.example/chat/1"]
    with pytest.raises(omnipd.ArgumentError, match="nothing in it can be opened"):
        frame(name=["a"]).omni.links()


def test_addresses_of_folders_are_not_made_up():
    content = omnipd.flatten_content(
        [{"type": "folder", "id": "f1", "name": "Sales", "path": "sales"}]
    )
    content.attrs["omni"]["instance"] = "https://x.example"
    assert content.omni.links().isna().all()


def test_links_in_the_sandbox_are_made_as_it_sends_them(omni):
    documents = omnipd.read_documents(limit=50)
    documents = documents[~(documents["has_app"] & ~documents["has_dashboard"])]
    made = documents.drop(columns="url").omni.links()
    paths = [link.removeprefix(omni.base_url) for link in made]
    assert paths == [url.removeprefix("https://sandbox.omni.example") for url in documents["url"]]
