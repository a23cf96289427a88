"""An edited frame becomes a plan, whatever it went through; what cannot be meant is refused by name."""

import warnings

import pandas as pd
import pytest

import omnipd
from omnipd import ArgumentError, OmniWarning
from omnipd.changes.same_cells import are_same


@pytest.fixture
def sandbox():
    with omnipd.sandbox(size="tiny", requests_per_minute=None) as running:
        yield running


@pytest.fixture
def documents(sandbox):
    return omnipd.read_documents(include="labels")


def test_a_frame_that_was_not_edited_plans_nothing(documents):
    assert omnipd.plan(documents, documents.copy()).empty
    assert omnipd.plan(documents, documents.iloc[::-1]).empty
    assert omnipd.plan(documents).empty
    assert omnipd.plan(documents, documents.iloc[:1]).empty
    assert omnipd.plan(documents, documents[["document_identifier", "labels"]]).empty


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pandas csv"])
def test_a_file_that_keeps_no_types_plans_what_was_edited(documents, tmp_path, kind):
    path = tmp_path / f"documents.{kind[-4:].strip()}"
    if kind == "csv":
        omnipd.to_csv(documents, path)
    elif kind == "xlsx":
        omnipd.to_excel(documents, path)
    else:
        documents.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    after = pd.read_excel(path) if kind == "xlsx" else pd.read_csv(path)
    assert omnipd.plan(documents, after).empty
    after["labels"] = after["labels"].astype(object)
    after.loc[1, "labels"] = "finance"
    plan = omnipd.plan(documents, after)
    assert plan["item"].tolist() == [documents["document_identifier"].iloc[1]]
    assert plan["new"].tolist() == ["finance"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert omnipd.plan(after, reader="documents") == plan


def test_labels_in_another_order_are_no_edit(documents):
    before = documents.assign(labels="finance,marketing")
    assert omnipd.plan(before, documents.assign(labels="marketing, finance")).empty
    assert set(omnipd.plan(before, documents.assign(labels="marketing"))["new"]) == {"marketing"}


def test_columns_that_cannot_be_changed_are_refused_by_name(documents):
    after = documents.copy()
    after["updated_at"] = pd.Timestamp("2020-01-01", tz="UTC")
    with pytest.raises(ArgumentError, match=r"cannot be changed: updated_at \(4 rows\)"):
        omnipd.plan(documents, after)
    with pytest.warns(OmniWarning, match=r"updated_at \(4 rows\)"):
        assert omnipd.plan(after).empty


def test_columns_that_were_not_read_are_refused_or_named(documents):
    before = documents.drop(columns="labels")
    with pytest.raises(ArgumentError, match="after= has the column labels, and before= has not"):
        omnipd.plan(before, documents)
    after = documents.assign(lables="finance")
    with pytest.warns(OmniWarning, match=r"'lables' is none of .* Did you mean 'labels'\?"):
        assert omnipd.plan(documents, after).empty
    assert omnipd.plan(documents, documents.assign(approved_by="me")).empty


def test_rows_that_are_there_twice_or_of_nothing_are_refused(documents):
    with pytest.raises(ArgumentError, match="after= has two rows of the document"):
        omnipd.plan(documents, pd.concat([documents, documents.iloc[:1]]))
    nothing = documents.astype({"document_identifier": object})
    nothing.loc[2, "document_identifier"] = None
    with pytest.raises(ArgumentError, match="Row 2 of after= has no document_identifier"):
        omnipd.plan(documents, nothing)
    with pytest.raises(ArgumentError, match="Row 0 of after= has no document_identifier"):
        omnipd.plan(documents, documents.drop(columns="document_identifier"))
    with pytest.raises(
        ArgumentError, match=r"Keep that column of what read_documents\(\) returned"
    ):
        omnipd.plan(documents, documents.drop(columns="document_identifier"))
    with pytest.raises(ArgumentError, match=r"in the index: reset_index\(\) makes a column"):
        omnipd.plan(documents, documents.set_index("document_identifier"))
    twice = pd.concat([documents, documents[["labels"]]], axis="columns")
    with pytest.raises(ArgumentError, match="after= has several columns labels"):
        omnipd.plan(documents, twice)


def test_rows_that_are_new_cannot_be_where_nothing_makes_them(documents):
    after = documents.copy()
    after.loc[0, "document_identifier"] = "of-nobody"
    plan = omnipd.plan(documents, after)
    assert plan["refused"].str.startswith("There is no such document").tolist() == [True]


def test_a_frame_that_does_not_say_its_reader_is_refused_unless_it_is_named(documents):
    bare = pd.DataFrame(documents.to_dict("list"))
    with pytest.raises(ArgumentError, match="do not say which reader"):
        omnipd.plan(bare, bare)
    assert omnipd.plan(bare, bare, reader="documents").empty
    assert omnipd.plan(bare, bare, reader="read_documents").empty
    with pytest.raises(ArgumentError, match="Did you mean 'read_documents'"):
        omnipd.plan(bare, bare, reader="document")
    with pytest.raises(ArgumentError, match=r"A frame of /api/v1/\S+ cannot be edited"):
        omnipd.plan(omnipd.read_connections())


def test_frames_of_two_readers_are_told_apart(documents):
    with pytest.raises(
        ArgumentError, match=r"It is a frame of \S+/Users, and not of read_documents\(\)"
    ):
        omnipd.plan(documents, omnipd.read_users())


def test_a_frame_that_was_grouped_is_not_said_to_be_of_another_reader(documents):
    views = documents.groupby("owner_id")[["count_views"]].sum()
    views.attrs = documents.attrs
    with pytest.raises(ArgumentError, match=r"is made of one of read_documents\(\), and has not"):
        omnipd.plan(views)


def test_a_reader_is_named_once_where_one_has_to_be_chosen(documents):
    with pytest.raises(ArgumentError) as refused:
        omnipd.plan(documents, documents, reader="models")
    assert refused.value.hint.count("read_model_roles") == 1


def test_a_series_is_refused_by_its_type_and_not_by_its_values(documents):
    with pytest.raises(ArgumentError, match="before= must be a DataFrame, unlike Series"):
        omnipd.plan(documents["labels"])


@pytest.mark.parametrize("frames", [(None,), ("documents",), ([1],)])
def test_what_is_no_frame_is_refused(sandbox, documents, frames):
    with pytest.raises(ArgumentError, match="before= must be a DataFrame"):
        omnipd.plan(*frames)
    with pytest.raises(ArgumentError, match="after= must be a DataFrame"):
        omnipd.plan(documents, "after")


def test_what_an_edited_frame_alone_does_not_have_is_not_deleted(sandbox, documents):
    asked = len(sandbox.server.requests)
    with pytest.raises(ArgumentError, match="delete=True needs after="):
        omnipd.plan(documents, delete=True)
    assert len(sandbox.server.requests) == asked


def test_a_column_that_was_not_read_takes_nothing_away(documents):
    unread = documents.assign(labels=None)
    with pytest.raises(ArgumentError, match="nothing in its column labels, and Omni has"):
        omnipd.plan(unread)
    assert set(omnipd.plan(documents, unread)["new"].fillna("none")) == {"none"}
    assert set(omnipd.plan(documents.assign(labels=""))["new"].fillna("none")) == {"none"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, "", True),
        (float("nan"), pd.NA, True),
        (None, "None", False),
        (3, "3.0", True),
        (True, "TRUE", True),
        (True, 1, True),
        ("TRUE", "true", False),
        ("a", "A", False),
        (pd.Timestamp("2026-01-02T03:04:05Z"), "2026-01-02 03:04:05+00:00", True),
        (pd.Timestamp("2026-01-02T03:04:05Z"), pd.Timestamp("2026-01-02T03:04:05"), True),
        (pd.Timestamp("2026-01-02T03:04:05Z"), "2026-01-02 03:04:06", False),
    ],
)
def test_cells_are_compared_as_files_leave_them(one, other, same):
    assert are_same(one, other) is same
    assert are_same(other, one) is same
