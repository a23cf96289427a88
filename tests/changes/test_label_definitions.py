"""Labels are defined, described, renamed and deleted by edited frames, and taken back."""

import pandas as pd
import pytest
from changes.small_omni import small_omni, states, undone

import omnipd


def with_rows(frame, *rows):
    return pd.concat([frame.astype(object), pd.DataFrame(rows)], ignore_index=True)


def set_to(labels, label, **cells):
    new = labels.copy()
    for column, value in cells.items():
        if column not in new:
            new[column] = pd.Series(None, new.index, dtype=object)
        new.loc[labels["label"] == label, column] = value
    return new


def carriers(omni, label):
    held = omni.organization
    return {
        *(one.identifier for one in held.documents.values() if label in one.labels),
        *(one.id for one in held.folders.values() if label in one.labels),
    }


def spare_label(omni):
    """Define a label that nothing carries."""
    label = {"name": "spare", "color": "#0969da", "description": "For later.", "homepage": True}
    return omni.client.change("POST", "/api/v1/labels", label).content["name"]


@pytest.mark.parametrize(
    ("column", "value", "body"),
    [
        ("color", "#123456", '{"color":"#123456"}'),
        ("color", None, '{"color":null}'),
        ("description", "Money, mostly.", '{"description":"Money, mostly."}'),
        ("homepage", True, '{"homepage":true}'),
        ("verified", False, '{"verified":false}'),
    ],
)
def test_what_a_label_is_described_by_is_changed_and_taken_back(column, value, body):
    with small_omni() as omni:
        start = omni.labels()
        labels = omnipd.read_labels()
        plan = omnipd.plan(labels, set_to(labels, "finance", **{column: value}))
        assert plan["call"].tolist() == [f"PUT /api/v1/labels/finance {body}"]
        assert plan["tier"].tolist() == ["safe"]
        report = plan.apply()
        assert states(report) == {("finance", column): "ok"}
        assert report["verified"].all()
        changed = {name: one for name, one in omni.labels().items() if start[name] != one}
        assert {name: getattr(one, column) for name, one in changed.items()} == {"finance": value}
        assert undone(report) == {"ok"}
        assert omni.labels() == start


def test_a_rename_goes_to_all_that_carries_the_label_and_comes_back():
    with small_omni() as omni:
        start, carried = omni.labels(), carriers(omni, "a/b test")
        assert carried
        labels = omnipd.read_labels()
        plan = omnipd.plan(labels, set_to(labels, "a/b test", new_label="Experiment"))
        assert plan["call"].tolist() == ['PUT /api/v1/labels/a%2Fb%20test {"name":"Experiment"}']
        assert plan["remark"].str.startswith("All documents and folders that carry it").all()
        report = plan.apply()
        assert states(report) == {("a/b test", "label"): "ok"}
        assert report["verified"].all()
        assert carriers(omni, "Experiment") == carried
        assert omni.labels().keys() == start.keys() - {"a/b test"} | {"Experiment"}
        assert plan.apply(dry_run=True)["state"].tolist() == ["already"]
        assert undone(report) == {"ok"}
        assert omni.labels() == start
        assert carriers(omni, "a/b test") == carried


def test_a_name_that_is_taken_and_one_that_is_too_short():
    with small_omni() as omni:
        start = omni.labels()
        labels = omnipd.read_labels()
        taken = omnipd.plan(labels, set_to(labels, "finance", new_label="marketing")).apply()
        assert taken["state"].tolist() == ["conflict"]
        assert taken["detail"].tolist() == ["Label with name marketing already exists"]
        short = omnipd.plan(labels, set_to(labels, "finance", new_label="f"))
        assert short["refused"].tolist() == ["The name of a label has 2 to 25 letters, unlike 'f'."]
        assert omni.labels() == start


def test_a_label_is_renamed_by_a_plan_of_its_own():
    with small_omni():
        labels = omnipd.read_labels()
        new = set_to(labels, "finance", new_label="money", color="#000000")
        plan = omnipd.plan(labels, new)
        assert states(plan.apply()) == {("finance", "label"): "ok", ("finance", "color"): "refused"}
        assert "change the rest by one of its own" in " ".join(plan["refused"].dropna())


def test_a_new_label_has_no_other_name():
    with small_omni() as omni:
        labels = omnipd.read_labels()
        plan = omnipd.plan(labels, with_rows(labels, {"label": "board", "new_label": "Board"}))
        assert plan["refused"].tolist() == [
            "There is no such label to give another name: a new one has its name at once."
        ]
        assert plan.apply()["state"].tolist() == ["refused"]
        assert omni.changes() == []


def test_labels_are_made_and_taken_back():
    with small_omni() as omni:
        start = omni.labels()
        labels = omnipd.read_labels()
        plan = omnipd.plan(
            labels,
            with_rows(
                labels,
                {"label": "board", "color": "#0969da", "verified": True, "homepage": False},
                {"label": "Émile's"},
                {"label": "x" * 26},
                {"label": "loud", "color": "#0123456789"},
            ),
        )
        assert plan["call"].dropna().tolist() == [
            'POST /api/v1/labels {"name":"board","color":"#0969da","verified":true}',
            'POST /api/v1/labels {"name":"Émile\'s"}',
        ]
        assert plan["refused"].dropna().tolist() == [
            f"The name of a label has 2 to 25 letters, unlike '{'x' * 26}'.",
            "color has 9 letters at most, not 11.",
        ]
        assert plan["remark"].iloc[0] == "Only an administrator of the organization may do it."
        report = plan.apply()
        assert report["state"].tolist() == ["ok", "ok", "refused", "refused"]
        made = {name: one for name, one in omni.labels().items() if name not in start}
        assert {name: (one.color, one.verified) for name, one in made.items()} == {
            "board": ("#0969da", True),
            "Émile's": (None, False),
        }
        assert undone(report) == {"ok"}
        assert omni.labels() == start


def test_a_label_that_is_there_as_another_one_is_a_conflict_and_the_same_one_is_left():
    with small_omni() as omni:
        labels = omnipd.read_labels()
        rows = [{"label": "board", "color": "#0969da"}, {"label": "plan", "color": "#0969da"}]
        plan = omnipd.plan(labels, with_rows(labels, *rows))
        omni.client.change("POST", "/api/v1/labels", {"name": "board", "color": "#0969da"})
        omni.client.change("POST", "/api/v1/labels", {"name": "plan", "color": "#ffffff"})
        assert plan.apply()["state"].tolist() == ["already", "conflict"]


@pytest.mark.failure("make-named")
@pytest.mark.parametrize(("kind", "sent"), [("lost", [0]), ("reset", [0, 201])])
def test_a_lost_answer_is_looked_for_and_the_label_made_once(kind, sent):
    with small_omni(faults=[{"kind": kind, "method": "POST", "path": "/api/v1/labels"}]) as omni:
        start = omni.labels()
        labels = omnipd.read_labels()
        report = omnipd.plan(labels, with_rows(labels, {"label": "board"})).apply()
        assert report["state"].tolist() == ["ok"]
        assert [status for *_, status in omni.changes()] == sent
        assert omni.labels().keys() - start.keys() == {"board"}


def test_only_labels_that_no_document_carries_are_deleted_and_they_come_back():
    with small_omni() as omni:
        free = spare_label(omni)
        start = omni.labels()
        used = next(
            name
            for name in start
            if any(
                name in one.labels and not one.deleted
                for one in omni.organization.documents.values()
            )
        )
        labels = omnipd.read_labels()
        plan = omnipd.plan(labels, labels[~labels["label"].isin([free, used])], delete=True)
        assert set(plan["tier"]) == {"destructive"}
        report = plan.apply(destructive=True)
        assert states(report) == {(free, "exists"): "ok", (used, "exists"): "failed"}
        failed = report[report["state"] == "failed"]
        assert failed["detail"].tolist() == ["Cannot delete label that is applied to documents"]
        assert failed["status"].tolist() == [409]
        assert omni.labels() == {name: one for name, one in start.items() if name != free}
        assert undone(report) == {"ok"}
        assert omni.labels() == start


def test_a_label_that_was_described_anew_is_not_deleted():
    with small_omni() as omni:
        free = spare_label(omni)
        labels = omnipd.read_labels()
        plan = omnipd.plan(labels, labels[labels["label"] != free], delete=True)
        omni.client.change("PUT", f"/api/v1/labels/{free}", {"description": "In use again."})
        report = plan.apply(destructive=True)
        assert report["state"].tolist() == ["conflict"]
        assert free in omni.labels()


def test_null_and_empty_text_and_a_file_between_change_nothing(tmp_path):
    with small_omni():
        labels = omnipd.read_labels()
        labels.to_csv(tmp_path / "labels.csv", index=False)
        back = pd.read_csv(tmp_path / "labels.csv")
        assert omnipd.plan(labels, back).empty
        assert omnipd.plan(back, reader="labels").empty
