"""Raw JSON → columns: every age and shape of a record, and what no one expected."""

import json
from collections import OrderedDict
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import omnipd
from omnipd.readers.content import COLUMNS

DOCUMENT = {
    "type": "document",
    "identifier": "doc123",
    "name": "Monthly Metrics",
    "scope": "organization",
    "owner": {"id": "m1", "name": "Jane Smith"},
    "connectionId": "c1",
    "deleted": False,
    "description": None,
    "folder": {"id": "f1", "name": "Analytics", "path": "analytics", "scope": "organization"},
    "hasDashboard": True,
    "hasApp": False,
    "labels": ["finance", "weekly"],
    "_count": {"favorites": 0, "views": 12},
    "visits": 3,
    "lastViewedAt": "2026-01-02T03:04:05.678Z",
    "updatedAt": "2026-01-02T03:04:05Z",
    "url": "https://acme.omniapp.co/dashboards/doc123",
}
OLD_FOLDER = {
    "type": "folder",
    "id": "f1",
    "name": "Analytics",
    "path": "analytics",
    "ownerId": "m1",
    "ownerName": "Jane Smith",
    "labels": [{"name": "reports", "verified": True}, {"name": "old", "verified": False}],
    "_count": {"documents": 2, "favorites": 1},
}


def one(record):
    return omnipd.flatten_content([record]).iloc[0]


def test_a_new_document_is_flat():
    row = one(DOCUMENT)
    assert row["owner_id"] == "m1"
    assert row["owner_name"] == "Jane Smith"
    assert row["folder_path"] == "/analytics"
    assert row["labels"] == "finance,weekly"
    assert pd.isna(row["labels_verified"])
    assert (row["count_favorites"], row["count_views"]) == (0, 12)
    assert pd.isna(row["count_documents"])
    assert row["last_viewed_at"] == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert pd.isna(row["extra"])


def test_an_old_folder_is_flat():
    row = one(OLD_FOLDER)
    assert (row["owner_id"], row["owner_name"]) == ("m1", "Jane Smith")
    assert row["path"] == "/analytics"
    assert row["labels"] == "reports,old"
    assert row["labels_verified"] == "reports"
    assert row["count_documents"] == 2
    assert pd.isna(row["document_identifier"])


def test_nothing_known_and_nothing_there_differ():
    row = one({"type": "document", "identifier": "d", "labels": [], "description": ""})
    assert row["labels"] == ""
    assert row["labels_verified"] == ""
    assert row["description"] == ""
    assert pd.isna(one({"type": "document", "identifier": "d"})["labels"])


def test_no_record_gives_the_same_columns_and_types():
    empty, full = omnipd.flatten_content([]), omnipd.flatten_content([DOCUMENT, OLD_FOLDER])
    assert empty.dtypes.equals(full.dtypes)
    assert len(empty) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([DOCUMENT, OLD_FOLDER]),
            st.sets(st.sampled_from(sorted(DOCUMENT | OLD_FOLDER))),
        ),
        max_size=6,
    )
)
def test_any_subset_of_keys_gives_the_same_types(chosen):
    records = [
        {
            key: None if key in dropped and len(key) % 2 else value
            for key, value in record.items()
            if not (key in dropped and len(key) % 2 == 0)
        }
        for record, dropped in chosen
    ]
    df = omnipd.flatten_content(records)
    assert len(df) == len(records)
    assert df.dtypes.equals(omnipd.flatten_content([]).dtypes)
    assert df["extra"].isna().all()


def test_an_unknown_key_is_kept_and_named_once():
    with pytest.warns(omnipd.OmniWarning, match=r"owner\.email, sparkle"):
        df = omnipd.flatten_content(
            [
                DOCUMENT,
                DOCUMENT
                | {"sparkle": {"a": [1]}, "owner": {"id": "m1", "name": "J", "email": "j@x"}},
            ]
        )
    assert pd.isna(df["extra"][0])
    assert json.loads(df["extra"][1]) == {"owner.email": "j@x", "sparkle": {"a": [1]}}
    assert df.dtypes.equals(omnipd.flatten_content([]).dtypes)


def test_another_type_than_declared_becomes_text_with_a_warning():
    with pytest.warns(omnipd.OmniWarning, match="visits"):
        df = omnipd.flatten_content([DOCUMENT, DOCUMENT | {"visits": "many"}])
    assert df["visits"].tolist() == ["3", "many"]
    with pytest.warns(omnipd.OmniWarning, match="updated_at"):
        df = omnipd.flatten_content([DOCUMENT | {"updatedAt": "yesterday"}])
    assert df["updated_at"].tolist() == ["yesterday"]


@pytest.mark.parametrize(
    ("labels", "held"),
    [
        ("finance", "finance"),
        ("q1,q2", "q1,q2"),
        ({"name": "n", "verified": True}, '{"name":"n","verified":true}'),
        (True, "true"),
    ],
)
def test_labels_that_are_no_list_are_kept_as_they_came_and_said(labels, held):
    with pytest.warns(omnipd.OmniWarning, match=r"another type.*labels"):
        df = omnipd.flatten_content([DOCUMENT, DOCUMENT | {"labels": labels}])
    assert df["labels"].tolist() == ["finance,weekly", held]
    assert df["labels_verified"].isna().all()


def test_an_owner_that_is_no_object_is_kept_whole():
    with pytest.warns(omnipd.OmniWarning, match="owner"):
        df = omnipd.flatten_content([DOCUMENT | {"owner": "Jane"}])
    assert pd.isna(df["owner_id"][0])
    assert json.loads(df["extra"][0]) == {"owner": "Jane"}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.1Z", datetime(2026, 3, 1, 12, 0, 0, 100000, UTC)),
        ("2026-03-01T12:00:00.123456789Z", datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)),
        ("2026-03-01T12:00:00.5+05:30", datetime(2026, 3, 1, 6, 30, 0, 500000, UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (1_772_366_400_123, datetime(2026, 3, 1, 12, 0, 0, 123000, UTC)),
    ],
)
def test_every_form_of_a_time_is_read(text, time):
    assert one(DOCUMENT | {"updatedAt": text})["updated_at"] == time


def test_paths_have_one_leading_slash():
    for sent in ("a/b", "/a/b", "//a/b"):
        assert one(OLD_FOLDER | {"path": sent})["path"] == "/a/b"


def test_a_lone_surrogate_is_mended_and_said():
    with pytest.warns(omnipd.OmniWarning, match="U\\+FFFD in: name"):
        assert one(DOCUMENT | {"name": "a\ud83dz"})["name"] == "a\ufffdz"
    assert one(DOCUMENT | {"name": "a\x00z"})["name"] == "a\x00z"


def test_a_whole_answer_is_taken_too_and_anything_else_is_refused():
    assert len(omnipd.flatten_content({"records": [DOCUMENT]})) == 1
    with pytest.raises(omnipd.ArgumentError, match="records"):
        omnipd.flatten_content({"data": []})
    with pytest.raises(omnipd.ArgumentError, match="mapping"):
        omnipd.flatten_content(["doc123"])


def test_labels_explode_to_one_row_each():
    df = omnipd.explode_labels(
        omnipd.flatten_content([DOCUMENT, OLD_FOLDER | {"labels": []}, OLD_FOLDER])
    )
    assert df["label"].tolist() == ["finance", "weekly", "reports", "old"]
    assert df["verified"].tolist() == [pd.NA, pd.NA, True, False]
    assert df.index.tolist() == [0, 0, 2, 2]
    assert "labels" not in df.columns


def test_a_comma_in_a_label_survives():
    df = omnipd.flatten_content([DOCUMENT | {"labels": ["a,b", "c"]}])
    assert df["labels"].tolist() == ["a%2Cb,c"]
    assert omnipd.explode_labels(df)["label"].tolist() == ["a,b", "c"]


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("100%", "100%"),
        ("a%2Cb", "a%252Cb"),
        ("a%2cb", "a%2cb"),
        ("%25", "%2525"),
        ("%252C", "%25252C"),
        ("%,", "%%2C"),
        ("%2,5", "%2%2C5"),
        ("%%2C", "%%252C"),
        ("50%,25%", "50%%2C25%"),
    ],
)
def test_what_looks_like_an_escaped_comma_in_a_label_survives(name, held):
    df = omnipd.flatten_content([DOCUMENT | {"labels": [name, name]}])
    assert df["labels"].tolist() == [f"{held},{held}"]
    assert omnipd.explode_labels(df)["label"].tolist() == [name, name]


def test_labels_that_were_not_asked_for_are_not_taken_for_none():
    with pytest.raises(omnipd.ArgumentError, match="not asked for"):
        omnipd.explode_labels(omnipd.flatten_content([{"type": "document", "identifier": "d"}]))
    empty = omnipd.explode_labels(omnipd.flatten_content([]))
    full = omnipd.explode_labels(omnipd.flatten_content([DOCUMENT]))
    assert empty.dtypes.equals(full.dtypes)


def folder(identity, path):
    return {"type": "folder", "id": identity, "name": path.rpartition("/")[2], "path": path}


def inside(identity, views=None):
    record = {"type": "document", "identifier": f"d-{identity}-{views}", "folder": {"id": identity}}
    return record | ({} if views is None else {"_count": {"views": views}})


def test_a_folder_tree_adds_up():
    df = omnipd.folder_tree(
        omnipd.flatten_content(
            [
                folder("f3", "a/b/c"),
                folder("f1", "a"),
                folder("f2", "a/b"),
                folder("f9", "a-b"),
                folder("f8", "x/orphan"),
                inside("f3", 5),
                inside("f3", 7),
                inside("f1", 1),
                inside("f9"),
                {"type": "document", "identifier": "free", "folder": None},
            ]
        )
    )
    assert df["path"].tolist() == ["/a", "/a-b", "/a/b", "/a/b/c", "/x/orphan"]
    rows = df.set_index("folder_id")
    assert rows["parent_id"].to_dict() == {
        "f1": None,
        "f9": None,
        "f2": "f1",
        "f3": "f2",
        "f8": None,
    }
    assert rows["depth"].to_dict() == {"f1": 1, "f9": 1, "f2": 2, "f3": 3, "f8": 2}
    assert rows["documents"].to_dict() == {"f1": 1, "f9": 1, "f2": 0, "f3": 2, "f8": 0}
    assert rows["total_documents"].to_dict() == {"f1": 3, "f9": 1, "f2": 2, "f3": 2, "f8": 0}
    assert rows["folders"].to_dict() == {"f1": 1, "f9": 0, "f2": 1, "f3": 0, "f8": 0}
    assert rows["total_folders"].to_dict() == {"f1": 2, "f9": 0, "f2": 1, "f3": 0, "f8": 0}
    assert rows["total_views"].to_dict() == {"f1": 13, "f9": None, "f2": 12, "f3": 12, "f8": 0}


def test_a_folder_tree_needs_a_content_frame_and_is_the_same_when_empty():
    with pytest.raises(omnipd.ArgumentError, match="'type'"):
        omnipd.folder_tree(pd.DataFrame({"a": [1]}))
    empty = omnipd.folder_tree(omnipd.flatten_content([]))
    assert empty.dtypes.equals(
        omnipd.folder_tree(omnipd.flatten_content([folder("f", "a")])).dtypes
    )


def test_every_declared_column_says_what_it_means():
    for name, column in COLUMNS.items():
        assert column.doc, name
        assert not column.doc.endswith(".")


class Text(str):
    """A text of a type of its own, as NumPy and enumerations have them."""


def test_labels_are_read_whatever_class_they_are_of():
    record = {"type": "document", "identifier": "d1"}
    df = omnipd.flatten_content(
        [
            record | {"labels": [Text("a,b"), "c"]},
            record | {"labels": [OrderedDict(name="q", verified=True)]},
        ]
    )
    assert df["labels"].tolist() == ["a%2Cb,c", "q"]
    assert df["labels_verified"].fillna("?").tolist() == ["?", "q"]


@pytest.mark.parametrize("owner", [("m1", "Ann"), [("id", "m1")], ["m1", "Ann"]])
def test_what_stands_in_the_place_of_an_object_names_no_owner(owner):
    with pytest.warns(omnipd.OmniWarning, match="keys that omnipd does not know"):
        df = omnipd.flatten_content([{"type": "document", "identifier": "d1", "owner": owner}])
    assert df["owner_id"].isna().all()
    assert df["owner_name"].isna().all()
