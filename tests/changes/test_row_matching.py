"""What was lost on the way through a file is no change, and least of all one that deletes."""

import pandas as pd
import pytest

import omnipd
from omnipd import ArgumentError, OmniWarning
from omnipd.changes.plan_edits import plan
from omnipd.changes.row_matching import matched, without_guards
from omnipd.readers.groups import GROUP_MEMBERS, GROUPS
from omnipd.readers.labels import LABEL_LIST


@pytest.fixture
def sandbox():
    with omnipd.sandbox(size="tiny", requests_per_minute=None) as running:
        yield running


@pytest.mark.parametrize(
    ("reader", "column"),
    [
        (omnipd.read_groups, "group_id"),
        (omnipd.read_group_members, "group_id"),
        (omnipd.read_group_members, "user_id"),
        (omnipd.read_users, "user_id"),
        (omnipd.read_folders, "folder_id"),
    ],
)
def test_a_frame_without_its_ids_deletes_nothing(sandbox, reader, column):
    before = reader()
    assert plan(before, before.drop(columns=column), delete=True).empty
    assert plan(before, before.assign(**{column: None}), delete=True).empty
    without_one = before.drop(columns=column).iloc[1:]
    assert len(plan(before, without_one, delete=True)) == 1


def test_a_frame_whose_ids_are_lost_and_whose_rows_are_not_known_deletes_nothing(sandbox):
    groups = omnipd.read_groups()
    other = groups.drop(columns="group_id").assign(display_name="Another")
    with pytest.raises(ArgumentError, match="has no column group_id"):
        plan(groups, other.iloc[:1], delete=True)


@pytest.mark.parametrize("column", ["access_source", "principal_type"])
def test_permissions_of_which_it_was_lost_where_they_come_from_are_not_given_anew(sandbox, column):
    access = omnipd.read_document_access(omnipd.read_documents())
    only = ~access.duplicated(["document_identifier", "principal_id"], keep=False)
    by_folder = access[only & (access["access_source"] == "folder")].iloc[:1]
    assert len(by_folder) == 1
    with pytest.raises(ArgumentError, match=f"has no column {column}"):
        plan(access, by_folder.drop(columns=column))


def test_roles_of_which_it_was_lost_where_they_come_from_are_not_given_anew(sandbox):
    roles = omnipd.read_model_roles(omnipd.read_users())
    by_group = roles[roles["origin_type"] == "GROUP"].iloc[:1]
    assert len(by_group) == 1
    with pytest.raises(ArgumentError, match="has no column origin_type"):
        plan(by_group, by_group.drop(columns=["origin_type"]))


def test_a_label_that_begins_a_formula_is_the_same_behind_a_csv_file(sandbox, tmp_path):
    new = pd.DataFrame({"label": ["@team", "-1 day"], "color": ["#111111", None]})
    made = plan(omnipd.read_labels(), new, reader="labels").apply()
    assert made["state"].tolist() == ["ok", "ok"]
    labels = omnipd.read_labels(refresh=True)
    omnipd.to_csv(labels, tmp_path / "labels.csv")
    behind = pd.read_csv(tmp_path / "labels.csv", dtype=str)
    assert "'@team" in set(behind["label"])
    assert plan(labels, behind, delete=True).empty
    assert plan(behind, reader="labels").empty


def test_new_rows_and_edits_that_went_through_a_csv_file_are_what_they_were(sandbox, tmp_path):
    labels = omnipd.read_labels()
    edited = pd.concat([labels, pd.DataFrame({"label": ["=new"], "description": ["+1"]})])
    edited.iloc[0, edited.columns.get_loc("description")] = "-5 and less"
    omnipd.to_csv(edited.reset_index(drop=True), tmp_path / "labels.csv")
    behind = pd.read_csv(tmp_path / "labels.csv", dtype=str)
    frame = plan(labels, behind).frame
    assert set(frame["item"]) == {labels["label"].iloc[0], "=new"}
    assert frame["new"].tolist()[0] == '{"description":"+1"}'
    assert frame["new"].tolist()[1] == "-5 and less"


def test_what_begins_with_an_apostrophe_in_omni_too_is_left_alone():
    known = pd.DataFrame({"name": ["'=a", "b"]})
    edited = pd.DataFrame({"name": ["'=a", "'=b", "it's"]})
    assert without_guards(edited, known)["name"].tolist() == ["'=a", "=b", "it's"]


def test_ids_of_digits_that_became_numbers_are_the_same():
    before = {("label", "0012", None): {"label": "0012"}, ("label", "7e1", None): {"label": "7e1"}}
    after = {("label", "12", None): {"label": 12}, ("label", "70", None): {"label": 70.0}}
    assert matched(LABEL_LIST.editable, before, after) == list(before)
    texts = {("label", "12", None): {"label": "12"}}
    assert matched(LABEL_LIST.editable, before, texts) == list(texts)


def test_of_two_that_may_be_meant_none_is():
    of = GROUP_MEMBERS.editable
    before = {
        ("group", "g1", "u1"): {"group_id": "g1", "user_id": "u1", "user_display": "a@x.de"},
        ("group", "g1", "u2"): {"group_id": "g1", "user_id": "u2", "user_display": "a@x.de"},
    }
    after = {("group", "g1", "a@x.de"): {"group_id": "g1", "user_display": "a@x.de"}}
    assert matched(of, before, after) == list(after)


def test_what_another_row_names_by_its_id_is_not_meant_by_a_name():
    before = {("group", "g1", None): {"group_id": "g1", "display_name": "Sales"}}
    after = {
        ("group", "g1", None): {"group_id": "g1", "display_name": "Sellers"},
        ("group", "Sales", None): {"group_id": None, "display_name": "Sales"},
    }
    assert matched(GROUPS.editable, before, after) == list(after)


def test_what_was_read_in_part_does_not_delete_the_rest(sandbox):
    documents = omnipd.read_documents()
    few = omnipd.read_documents(limit=1, refresh=True)
    assert plan(documents, few).empty
    with pytest.raises(ArgumentError, match="has not all that there is"):
        plan(documents, few, delete=True)
    assert len(plan(documents, documents.iloc[1:], delete=True)) == 1


def test_what_new_rows_say_and_nothing_makes_is_told(sandbox):
    groups = omnipd.read_groups()
    new = pd.DataFrame({"display_name": ["New"], "member_count": [3]})
    with pytest.warns(OmniWarning, match=r"is not made: member_count \(1 row\)"):
        assert len(plan(groups, pd.concat([groups, new]))) == 1


def test_a_new_folder_that_is_to_be_restricted_is_not_made_for_everybody(sandbox):
    folders = omnipd.read_folders()
    new = pd.DataFrame({"path": ["/secret"], "scope": ["restricted"]})
    made = plan(folders, pd.concat([folders, new]))
    assert made["refused"].tolist() == [
        "A folder that a plan makes is of the organization: make a restricted one in Omni."
    ]
    new = pd.DataFrame({"path": ["/ada"], "owner_id": [folders["owner_id"].dropna().iloc[0]]})
    made = plan(folders, pd.concat([folders, new]))
    assert made["refused"].tolist() == [
        "Omni says who owns a new folder: leave its owner_id empty."
    ]
