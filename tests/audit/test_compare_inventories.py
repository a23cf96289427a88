"""What has changed from one inventory or export to another: keys, renamed documents, and gaps."""

import json
import urllib.request

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest
from audit.test_compare import told

import omnipd
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.audit import diff, diff_summary
from omnipd.audit.keys import key_of
from omnipd.frames.to_pandas import marked_incomplete
from omnipd.lists.manual import list_of
from omnipd_sandbox.server import Server


def frame_of(table, *rows):
    """A table of an inventory as its reader gives it; what a row does not say is null."""
    schema = list_of(ALL_PARTS[table].reader_name).schema.remove_metadata()
    held = pa.Table.from_pylist([dict.fromkeys(schema.names) | row for row in rows], schema)
    return held.to_pandas(types_mapper=pd.ArrowDtype)


def inventory(failures=None, **tables):
    return omnipd.Inventory(
        {name: frame_of(name, *rows) for name, rows in tables.items()}, failures
    )


def test_every_list_has_a_key_that_it_has_columns_for_or_none_by_nature():
    without = set()
    for table, part in ALL_PARTS.items():
        key = key_of(table)
        assert set(key.columns) <= set(list_of(part.reader_name).schema.names), table
        if not key.columns:
            without.add((table, key.alone))
    assert without == {
        ("model_issues", False),
        ("content_issues", False),
        ("ai_agent_actions", False),
        ("ai_messages", False),
        ("ai_credit_controls", True),
    }


def test_tables_are_compared_by_their_keys():
    before = inventory(
        content=[
            {"type": "document", "document_identifier": "d1", "name": "Sales", "count_views": 3},
            {"type": "folder", "id": "f1", "path": "/emea", "name": "EMEA"},
        ],
        group_members=[
            {"group_id": "g1", "user_id": "u1", "group_name": "A"},
            {"group_id": "g1", "user_id": "u2", "group_name": "A"},
        ],
        ai_credit_controls=[{"credits_used": 1.5}],
    )
    after = inventory(
        content=[
            {"type": "folder", "id": "f1", "path": "/emea", "name": "Europe"},
            {"type": "document", "document_identifier": "d1", "name": "Sales", "count_views": 4},
        ],
        group_members=[
            {"group_id": "g2", "user_id": "u2", "group_name": "B"},
            {"group_id": "g1", "user_id": "u1", "group_name": "A"},
        ],
        ai_credit_controls=[{"credits_used": 2.5}],
    )
    found = diff(before, after)
    assert told(found, "table", "change", "key", "name", "column", "old", "new") == [
        ("content", "changed", "d1", "Sales", "count_views", "3", "4"),
        ("content", "changed", "f1", "Europe", "name", "EMEA", "Europe"),
        ("group_members", "added", "group_id=g2, user_id=u2", None, None, None, None),
        ("group_members", "removed", "group_id=g1, user_id=u2", None, None, None, None),
        ("ai_credit_controls", "changed", None, None, "credits_used", "1.5", "2.5"),
    ]
    assert told(diff_summary(found), "table", "added", "removed", "changed", "not_known") == [
        ("content", 0, 0, 2, 0),
        ("group_members", 1, 1, 0, 0),
        ("ai_credit_controls", 0, 0, 1, 0),
    ]
    assert told(diff_summary(found, by="column"), "table", "column", "changed") == [
        ("content", "count_views", 1),
        ("content", "name", 1),
        ("ai_credit_controls", "credits_used", 1),
    ]
    assert set(diff(before, after, ignore="count_views")["column"].dropna()) == {
        "name",
        "credits_used",
    }
    assert set(diff(before, after, include="group_members")["table"]) == {"group_members"}


def test_a_row_with_two_changes_counts_once_and_a_table_without_any_with_zeros():
    before = inventory(labels=[{"label": "a"}, {"label": "b"}], groups=[{"group_id": "g"}])
    after = inventory(
        labels=[{"label": "a", "color": "red", "verified": True}, {"label": "b", "color": "red"}],
        groups=[{"group_id": "g"}],
    )
    found = diff(before, after)
    assert told(diff_summary(found), "table", "changed") == [("labels", 2), ("groups", 0)]
    assert told(diff_summary(found, by="column"), "column", "changed") == [
        ("color", 2),
        ("verified", 1),
    ]
    same = diff(before["labels"], before["labels"], key="label")
    assert told(diff_summary(same), "table", "added", "removed", "changed") == [(None, 0, 0, 0)]
    with pytest.raises(omnipd.ArgumentError, match="Expected what has changed"):
        diff_summary(before["labels"])


def test_rows_of_tables_without_a_key_are_counted():
    one = {"model_id": "m", "severity": "error", "message": "No view x"}
    other = one | {"message": "No view y"}
    found = diff(inventory(model_issues=[one, one]), inventory(model_issues=[other, one]))
    assert told(found, "change", "key", "note") == [
        (
            "added",
            "model_id=m, severity=error, message=No view y",
            "compared by all columns: no key is known",
        ),
        (
            "removed",
            "model_id=m, severity=error, message=No view x",
            "compared by all columns: no key is known",
        ),
    ]


def test_json_is_compared_as_what_it_says():
    def queries(query, extra=None):
        row = {"document_identifier": "d", "query_id": "q", "query": query, "extra": extra}
        return inventory(document_queries=[row])

    before = queries('{"limit":1,"fields":["a","b"]}')
    assert told(diff(before, queries('{"fields": ["a","b"], "limit": 1}'))) == []
    key = "document_identifier=d, query_id=q"
    for new in ('{"limit":1,"fields":["b","a"]}', '{"limit":true,"fields":["a","b"]}', "{", None):
        [row] = told(diff(before, queries(new)))
        assert row == ("changed", key, "query", '{"limit":1,"fields":["a","b"]}', new)
    [row] = told(diff(before, queries('{"limit":1,"fields":["a","b"]}', '{"new":1}')))
    assert row == ("changed", key, "extra", None, '{"new":1}')


def test_tables_of_ones_own_need_a_key_that_is_named():
    before = omnipd.Inventory({"mine": pd.DataFrame({"id": [1, 2], "x": ["a", "b"]})})
    after = omnipd.Inventory({"mine": pd.DataFrame({"id": [2, 1], "x": ["b", "c"]}, index=[5, 3])})
    assert told(diff(before, after, key={"mine": "id"})) == [("changed", "1", "x", "a", "c")]
    assert told(diff(before, after), "change", "key") == [
        ("added", "id=1, x=c"),
        ("removed", "id=1, x=a"),
    ]
    with pytest.raises(omnipd.ArgumentError, match=r"key='mime' is not known.\nDid you mean"):
        diff(before, after, key={"mime": "id"})
    with pytest.raises(omnipd.ArgumentError, match=r"key='no' is not known"):
        diff(before, after, key={"mine": ["id", "no"]})
    with pytest.raises(omnipd.ArgumentError, match=r"include='users' is not known"):
        diff(before, after, include=["users"])


def test_a_table_that_lacks_its_key_is_compared_by_all_columns():
    whole = inventory(labels=[{"label": "a", "color": "red"}, {"label": "b"}])
    lacking = omnipd.Inventory({"labels": whole["labels"].drop(columns="label")})
    found = diff(whole, lacking)
    assert told(found, "change", "column", "note") == [("column removed", "label", None)]
    blue = omnipd.Inventory({"labels": lacking["labels"].fillna({"color": "blue"})})
    assert set(diff(whole, blue)["note"].dropna()) == {
        "compared by all columns: not all of the key is there"
    }


# Documents that were given another identifier.


def documents(*identifiers, **more):
    return [
        {
            "type": "document",
            "document_identifier": identifier,
            "name": f"Name of {identifier.removeprefix('new-')}",
            "folder_path": "/emea",
            "owner_id": "u1",
            "url": f"https://omni.example/dashboards/{identifier}",
            **more,
        }
        for identifier in identifiers
    ]


BELOW = {
    "schedules": lambda identifier: {"schedule_id": "s1", "document_identifier": identifier},
    "document_queries": lambda identifier: {
        "query_id": "q1",
        "document_identifier": identifier,
        "url": f"https://omni.example/dashboards/{identifier}?tile=1",
    },
    "document_drafts": lambda identifier: {
        "draft_identifier": "draft",
        "document_identifier": identifier,
        "published_identifier": identifier,
    },
    "content_issues": lambda identifier: {
        "model_id": "m",
        "document_id": "i1",
        "document_identifier": identifier,
    },
}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("schedules", "schedule_id"),
        ("document_queries", "query_id"),
        ("document_drafts", "draft_identifier"),
        ("content_issues", "document_id"),
    ],
)
def test_a_renamed_document_is_one_change_where_an_id_that_stays_shows_it(table, column):
    access = {"principal_type": "user", "principal_id": "u1", "access_source": "direct"}
    sides = [
        inventory(
            content=documents(identifier, "same"),
            document_access=[access | {"document_identifier": identifier, "role": role}],
            **{table: [BELOW[table](identifier)]},
        )
        for identifier, role in (("old", "VIEWER"), ("new-old", "EDITOR"))
    ]
    found = diff(*sides)
    key = "document_identifier=new-old, principal_type=user, principal_id=u1, access_source=direct"
    assert told(found, "table", "change", "key", "column", "old", "new", "note") == [
        (
            "content",
            "changed",
            "new-old",
            "document_identifier",
            "old",
            "new-old",
            f"renamed: {table}.{column} is the same",
        ),
        ("document_access", "changed", key, "role", "VIEWER", "EDITOR", None),
    ]
    # The other way round, as well.
    assert told(diff(*sides[::-1]), "old", "new")[0] == ("new-old", "old")


def test_a_renamed_document_that_changed_otherwise_is_a_change_for_each_column():
    before = inventory(documents=documents("old"), schedules=[BELOW["schedules"]("old")])
    after = inventory(
        documents=documents("new-old", name="Other", url="https://omni.example/w/new-old"),
        schedules=[BELOW["schedules"]("new-old")],
    )
    assert told(diff(before, after), "key", "column", "old", "new") == [
        ("new-old", "document_identifier", "old", "new-old"),
        ("new-old", "name", "Name of old", "Other"),
        (
            "new-old",
            "url",
            "https://omni.example/dashboards/old",
            "https://omni.example/w/new-old",
        ),
    ]


LIKELY = "likely renamed: it looks the same, but nothing that stays shows it"


def test_without_an_id_that_stays_the_other_document_is_named_where_only_one_looks_the_same():
    before = inventory(documents=documents("old", "a", "b", "gone", "moved"))
    after = inventory(
        documents=[
            *documents("new-old"),
            *documents("c", "d", name="Twin"),
            *documents("new-moved", folder_path="/apac"),
        ]
    )
    for row in (1, 2):
        before["documents"].loc[row, "name"] = "Twin"
    assert told(diff(before, after), "change", "key", "same_as", "note") == [
        ("added", "c", None, None),
        ("added", "d", None, None),
        ("added", "new-moved", None, None),
        ("added", "new-old", "old", LIKELY),
        ("removed", "a", None, None),
        ("removed", "b", None, None),
        ("removed", "gone", None, None),
        ("removed", "moved", None, None),
        ("removed", "old", "new-old", LIKELY),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The id stands beside two documents.
        ({"s1": ["old"]}, {"s1": ["new-old", "other"]}),
        # Two ids say two things.
        ({"s1": ["old"], "s2": ["old"]}, {"s1": ["new-old"], "s2": ["other"]}),
        # Two documents became one.
        ({"s1": ["old"], "s2": ["gone"]}, {"s1": ["new-old"], "s2": ["new-old"]}),
        # The schedule was given to a document that was there before.
        ({"s1": ["old"]}, {"s1": ["same"]}),
    ],
)
def test_no_document_is_taken_for_another_where_it_is_in_doubt(before, after):
    sides = [
        inventory(
            documents=documents(*names),
            schedules=[
                {"schedule_id": id_, "document_identifier": identifier}
                for id_, identifiers in held.items()
                for identifier in identifiers
            ],
        )
        for names, held in (
            (("old", "gone", "same"), before),
            (("new-old", "other", "same"), after),
        )
    ]
    found = diff(*sides, include="documents")
    assert told(found, "change", "key") == [
        ("added", "new-old"),
        ("added", "other"),
        ("removed", "gone"),
        ("removed", "old"),
    ]


def test_an_old_document_that_is_still_there_was_not_renamed():
    before = inventory(documents=documents("old"), schedules=[BELOW["schedules"]("old")])
    after = inventory(documents=documents("old", "copy"), schedules=[BELOW["schedules"]("copy")])
    assert told(diff(before, after), "table", "change", "key", "column") == [
        ("documents", "added", "copy", None),
        ("schedules", "changed", "s1", "document_identifier"),
    ]


# What is not known whole.


def test_an_incomplete_side_is_refused_unless_told():
    whole = inventory(labels=[{"label": "a"}], groups=[{"group_id": "g"}])
    cut = omnipd.Inventory(
        {"labels": marked_incomplete(whole["labels"]), "groups": whole["groups"]}
    )
    failed = omnipd.Inventory({"labels": whole["labels"]}, {"groups": "refused"})
    for pair, name in [
        ((whole, cut), "labels"),
        ((cut, whole), "labels"),
        ((whole, failed), "groups"),
    ]:
        with pytest.raises(omnipd.ExportIncompleteError, match=f"incomplete: {name}") as error:
            diff(*pair)
        assert "allow_incomplete=True" in error.value.hint
    assert told(diff(whole, cut, include="groups")) == []
    with pytest.raises(omnipd.ExportIncompleteError, match="incomplete: before"):
        diff(cut["labels"], whole["labels"], key="label")


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("after", [("added", "c", None), (None, "a", "not known whether removed: incomplete")]),
        ("before", [("removed", "a", None), (None, "c", "not known whether added: incomplete")]),
    ],
)
def test_what_an_incomplete_side_does_not_hold_is_left_open(side, expected):
    before = frame_of("labels", {"label": "a"}, {"label": "b"})
    after = frame_of("labels", {"label": "b", "color": "red"}, {"label": "c"})
    if side == "after":
        after = marked_incomplete(after)
    else:
        before = marked_incomplete(before)
    changed = ("changed", "b", None)
    for pair in (
        (before, after),
        tuple(omnipd.Inventory({"labels": frame}) for frame in (before, after)),
    ):
        key = "label" if pair[0] is before else None
        with pytest.warns(omnipd.OmniWarning, match="Not all is known"):
            found = diff(*pair, key, allow_incomplete=True)
        assert told(found, "change", "key", "note") == [expected[0], changed, expected[1]]
        assert found.attrs["omni"]["complete"] is False
        other = "added" if side == "after" else "removed"
        [summary] = diff_summary(found).to_dict("records")
        assert (summary[other], summary["changed"], summary["not_known"]) == (1, 1, 1)
        assert pd.isna(summary["removed" if side == "after" else "added"])


def test_a_table_of_one_side_is_not_taken_for_added_or_removed():
    both = inventory(labels=[{"label": "a"}], groups=[{"group_id": "g"}])
    one = omnipd.Inventory({"labels": both["labels"]})
    failed = omnipd.Inventory({"labels": both["labels"]}, {"groups": "refused"})
    for pair, why in [
        ((both, one), "after: not in the inventory"),
        ((one, both), "before: not in the inventory"),
        ((failed, both), "before: refused"),
    ]:
        with pytest.warns(omnipd.OmniWarning, match=rf"groups \({why}\)"):
            found = diff(*pair, allow_incomplete=True)
        assert told(found, "table", "change", "key", "note") == [
            ("groups", None, None, f"not compared: {why}")
        ]
        assert found.attrs["omni"]["failures"] == {"groups": why}
        assert told(diff_summary(found), "table", "added", "changed", "not_known") == [
            ("groups", None, None, None),
            ("labels", 0, 0, 0),
        ]


def test_documents_that_are_not_known_whole_are_not_taken_for_renamed():
    before = inventory(documents=documents("old"), schedules=[BELOW["schedules"]("old")])
    after = inventory(documents=documents("new-old"), schedules=[BELOW["schedules"]("new-old")])
    cut = omnipd.Inventory(
        {"documents": marked_incomplete(after["documents"]), "schedules": after["schedules"]}
    )
    with pytest.warns(omnipd.OmniWarning):
        found = diff(before, cut, allow_incomplete=True)
    assert told(found, "table", "change", "key", "column") == [
        ("documents", "added", "new-old", None),
        ("documents", None, "old", None),
        ("schedules", "changed", "s1", "document_identifier"),
    ]


# Over a sandbox.


LISTS = ["users", "labels", "group_members", "schedules"]


def test_an_export_is_the_inventory_that_was_read(server, tmp_path):
    with omnipd.connect(server.url, server.api_key) as client:
        now = omnipd.read_inventory(include=LISTS, client=client)
        omnipd.export_inventory(tmp_path, include=LISTS, client=client)
    export = omnipd.open_export(tmp_path)
    found = diff(export, now)
    assert told(found) == []
    assert sorted(diff_summary(found)["table"]) == sorted(LISTS)
    assert {found.attrs["omni"][side]["instance"] for side in ("before", "after")} == {
        now["users"].attrs["omni"]["instance"]
    }


def test_when_rows_were_read_is_no_change_of_an_inventory():
    before = inventory(folder_permissions=[{"folder_id": "f", "principal_id": "p"}])
    after = omnipd.Inventory(
        {"folder_permissions": before["folder_permissions"].assign(read_at=pd.Timestamp.now("UTC"))}
    )
    assert told(diff(before, after)) == []
    frames = [one["folder_permissions"] for one in (before, after)]
    assert told(diff(*frames, key="folder_id"), "change", "column") == [("column added", "read_at")]


def test_a_csv_file_is_the_frame_that_was_written(server, tmp_path):
    with omnipd.connect(server.url, server.api_key) as client:
        users = omnipd.read_users(client=client)
    omnipd.to_csv(users, tmp_path / "users.csv", raw=True)
    as_text = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(users.columns, pa.string()),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    lines = pyarrow.csv.ParseOptions(newlines_in_values=True)
    file = pyarrow.csv.read_csv(
        tmp_path / "users.csv", parse_options=lines, convert_options=as_text
    )
    assert told(diff(file.to_pandas(), users, key="user_id")) == []


def test_what_is_changed_in_a_sandbox_is_found():
    with (
        Server(documents=30) as server,
        omnipd.connect(server.url, server.api_key, cache=False, requests_per_minute=None) as client,
    ):

        def read():
            return omnipd.Inventory(
                {
                    "documents": omnipd.read_documents(client=client),
                    "schedules": omnipd.read_schedules(client=client),
                }
            )

        before = read()
        held = set(before["documents"]["document_identifier"])
        old = next(one for one in before["schedules"]["document_identifier"] if one in held)
        body = {"identifier": "renamed-here", "clearExistingDraft": True}
        request = urllib.request.Request(
            f"{server.url}/api/v1/documents/{old}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"},
            method="PATCH",
        )
        urllib.request.urlopen(request).close()
        after = read()
    found = diff(before, after, ignore="updated_at")
    assert told(found, "table", "change", "key", "column", "old", "new") == [
        ("documents", "changed", "renamed-here", "document_identifier", old, "renamed-here")
    ]
