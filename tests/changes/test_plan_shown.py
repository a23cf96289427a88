"""A plan can be read in a terminal of 80 columns and in a notebook: what changes, and all that is said of it."""

import pandas as pd
import pytest

from omnipd.changes.plan_rows import COLUMNS
from omnipd.changes.plan_shown import as_html, as_text
from omnipd.display import places

ROW = dict.fromkeys(COLUMNS) | {
    "kind": "document",
    "item": "d",
    "column": "labels",
    "tier": "safe",
    "reversible": True,
}
LONG = "It was restricted; everybody in the organization who is not a guest may see it there from then on."
IDS = ["b23f49c9-0e40-48d9-a78d-48a514b6e208", "80f08ea4-fd90-4014-9856-615170f593c4"]


def plan(*rows):
    return pd.DataFrame([ROW | row for row in rows], columns=list(COLUMNS)).astype(
        {"reversible": "boolean", **dict.fromkeys(set(COLUMNS) - {"reversible"}, "string")}
    )


def test_texts_are_aligned_to_the_left():
    shown = as_text(plan({"name": "Long name", "new": "a"}, {"name": "B", "old": "bb"}))
    assert shown.splitlines() == [
        "omnipd.Plan: 2 changes (2 safe)",
        "kind      item       column  old  new  tier",
        "document  Long name  labels       a    safe",
        "document  B          labels  bb        safe",
    ]


def test_a_reason_is_said_once_in_full_with_the_number_of_its_changes():
    no_call = {"tier": None, "reversible": None, "refused": "Omni has no call for it."}
    shown = as_text(plan({"remark": LONG}, no_call, {"item": "e", "remark": LONG}, {"item": "f"}))
    assert shown.splitlines() == [
        "omnipd.Plan: 4 changes (3 safe, 1 refused)",
        "kind      item  column  old  new  tier     note",
        "document  d     labels            safe     1",
        "document  d     labels            refused  2",
        "document  e     labels            safe     1",
        "document  f     labels            safe",
        " 1  It was restricted; everybody in the organization who is not a guest may see",
        "    it there from then on. (2 changes)",
        " 2  Omni has no call for it. (1 change)",
    ]


@pytest.mark.parametrize("name", ["A name of a document that is very long", "長い名前" * 10])
def test_a_line_has_at_most_80_columns(name):
    row = {"name": name, "part": IDS[0], "old": "an old value " * 5, "new": "new " * 20}
    shown = as_text(plan(row | {"column": "folder_path", "tier": "destructive", "remark": LONG}))
    assert all(places(line) <= 80 for line in shown.splitlines())
    assert f"{name[:3]}" in shown.splitlines()[2]


def test_of_an_id_there_are_its_first_letters_where_room_is_scarce():
    short = as_text(plan({"part": IDS[0]}))
    assert IDS[0] in short
    long = as_text(plan({"part": IDS[0], "name": "n" * 60, "old": IDS[0], "new": IDS[1]}))
    assert long.splitlines()[2].split()[2:6] == ["b23f49c9…", "labels", "b23f49c9…", "80f08ea4…"]


def test_of_long_values_that_begin_alike_there_is_what_differs():
    labels = ", ".join(f"label {number}" for number in range(10))
    shown = as_text(plan({"old": labels, "new": f"{labels}, the new one"}))
    assert "the new one" in shown
    assert labels not in shown


def test_of_many_rows_and_reasons_there_are_the_first_and_how_many_more():
    rows = [{"item": f"d{number}", "remark": f"Reason {number}."} for number in range(100)]
    lines = as_text(plan(*rows)).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("document")] == [
        f"d{number}" for number in (*range(10), *range(90, 100))
    ]
    assert lines[12] == "… 80 more"
    assert lines[-2:] == [
        "10  Reason 9. (1 change)",
        "… 90 more in its columns refused and remark",
    ]
    html = as_html(plan(*rows))
    assert (html.count("<tr>"), html.count("<li>")) == (22, 10)
    assert "… 80 more" in html


def test_in_a_notebook_a_reason_is_whole_and_what_looks_like_html_is_text():
    html = as_html(plan({"name": "<b>x</b>", "remark": LONG}))
    assert '<td style="text-align: left">document</td>' in html  # never broken within the word
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert f"<li>{LONG} (1 change)</li>" in html
    assert "<ol>" not in as_html(plan({"new": "a"}))


def test_a_plan_without_changes_is_its_title():
    assert as_text(plan()) == "omnipd.Plan: 0 changes"
    assert as_html(plan()) == "<div><p><b>omnipd.Plan: 0 changes</b></p></div>"
