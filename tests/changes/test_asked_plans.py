"""What Omni was not asked about when a plan was made, it is asked about when the plan is applied."""

import pandas as pd
import pytest
from changes.changed_people import changed_people

import omnipd
from omnipd import OmniWarning, Plan


@pytest.fixture
def sandbox():
    with omnipd.sandbox(size="tiny", requests_per_minute=None) as running:
        yield running


def edited(plan, path, **cells):
    """Give a plan as it comes back from a file in which some columns were given other cells."""
    plan.to_csv(path)
    sheet = pd.read_csv(path, dtype=str)
    sheet.assign(**cells).to_csv(path, index=False)
    with pytest.warns(OmniWarning, match="checked again"):
        return Plan.from_csv(path)


def test_labels_that_are_given_as_one_are_told_apart(sandbox):
    documents = omnipd.read_documents(limit=1)
    plan = omnipd.plan_labels(documents, add=["finance,marketing"])
    assert plan["refused"].tolist() == [
        "There is no label 'finance,marketing'. 'finance', 'marketing' are labels: give each by itself."
    ]


def test_a_label_that_somebody_misspelled_in_the_file_is_refused_before_anything_is_sent(
    sandbox, tmp_path
):
    documents = omnipd.read_documents(limit=1)
    plan = edited(omnipd.plan_labels(documents, set="finance"), tmp_path / "p.csv", new="finanse")
    assert plan["refused"].isna().all()
    for report in (plan.apply(dry_run=True), plan.apply(journal=tmp_path / "p.journal")):
        assert report["state"].tolist() == ["refused"]
        assert report["detail"].tolist() == ["There is no label 'finanse'. Did you mean 'finance'?"]
    # It is the same plan, and the same journal goes on.
    assert plan.apply(journal=tmp_path / "p.journal")["state"].tolist() == ["refused"]
    assert omnipd.read_documents(limit=1, refresh=True)["labels"].equals(documents["labels"])


def test_a_folder_that_was_written_into_the_file_gets_its_scope_before_a_document_is_moved(
    sandbox, tmp_path
):
    plan = edited(omnipd.plan_move("report-4", "/flights"), tmp_path / "p.csv", new="/hr")
    folders = omnipd.read_folders()
    report = plan.apply(dry_run=True)
    assert "/hr" not in set(folders["path"])
    assert report["state"].tolist() == ["refused"]
    there = folders.loc[folders["path"] != "/flights", "path"].iloc[0]
    plan = edited(omnipd.plan_move("report-4", "/flights"), tmp_path / "q.csv", new=there)
    report = plan.apply(confirm=True)
    assert report["new"].tolist() == [f"{there} (organization)"]
    assert '"scope":"organization"' in report["call"].item()


def test_a_reason_that_was_taken_out_does_not_take_the_last_key_away(tmp_path):
    with changed_people() as omni:
        keys = omnipd.read_api_keys()
        keys = keys[keys["type"] == "organization"]
        plan = omnipd.plan(keys, keys.assign(enabled=False))
        assert plan["refused"].notna().all()
        report = edited(plan, tmp_path / "p.csv", refused=None).apply(
            confirm=True, journal=tmp_path / "p.journal"
        )
        assert set(report["state"]) == {"refused"}
        assert omni.writes() == []


def test_what_is_taken_back_is_asked_about(sandbox):
    labels = omnipd.read_labels()
    label = pd.DataFrame({"label": ["for a day"]})
    omnipd.plan(labels, pd.concat([labels, label])).apply()
    document = omnipd.read_documents(limit=1)
    omnipd.plan_labels(document, add="for a day").apply()
    report = omnipd.plan_labels(document, remove="for a day").apply()
    labels = omnipd.read_labels(refresh=True)
    gone = omnipd.plan(labels, labels[labels["label"] != "for a day"], delete=True)
    assert gone.apply(destructive=True)["state"].tolist() == ["ok"]
    back = omnipd.undo(report.attrs["omni"]["journal"]).apply()
    assert back["state"].tolist() == ["refused"]
    assert back["detail"].item().startswith("There is no label 'for a day'.")


def test_some_rows_of_a_plan_are_asked_about_all_the_same(sandbox, tmp_path):
    plan = omnipd.plan_labels(omnipd.read_documents(), add="finance")
    some = edited(plan, tmp_path / "p.csv", new="finanse")[:1]
    assert some.apply()["state"].tolist() == ["refused"]


def test_a_file_of_no_changes_makes_none(sandbox, tmp_path):
    none = omnipd.plan_labels(omnipd.read_documents(), add=[])
    none.to_csv(tmp_path / "none.csv")
    plan = Plan.from_csv(tmp_path / "none.csv")
    assert plan.empty
    assert plan.apply(dry_run=True).empty
    assert plan.apply(journal=tmp_path / "none.journal").empty
    assert not (tmp_path / "none.journal").exists()


def test_two_rows_of_a_document_that_say_different_labels_are_refused(sandbox):
    documents = omnipd.read_documents(limit=1)
    twice = pd.concat([documents, documents], ignore_index=True)
    with pytest.raises(omnipd.ArgumentError, match="two rows of the document"):
        omnipd.plan_labels(twice, add=pd.Series(["finance", "hr"]))
    assert len(omnipd.plan_labels(twice, add=pd.Series(["finance", "finance"]))) <= 1


def test_a_sheet_of_users_that_went_through_a_file_says_what_it_said(sandbox, tmp_path):
    sheet = pd.DataFrame({"email": ["new@sandbox.example"], "display_name": ["=New Colleague"]})
    omnipd.to_csv(sheet, tmp_path / "users.csv")
    plan = omnipd.plan_users(pd.read_csv(tmp_path / "users.csv", dtype=str))
    assert plan["new"].tolist() == ['{"display_name":"=New Colleague"}']
