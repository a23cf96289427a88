"""A plan is looked through, cut, written and read back, and says what it takes before anything is sent."""

import csv

import pytest
from changes.things import change, plan_of

import omnipd
from omnipd import ArgumentError, OmniWarning
from omnipd.changes.plan import Plan

HOSTILE = [
    "=1+1",
    "@SUM(A1)",
    "-2",
    "+3",
    "'=4",
    "''=5",
    "\t=6",
    "＝7",
    "a,b;c",
    'say "x"',
    "two\nlines",
    "cr\r\nlf",
    "<script>alert(1)</script>",
    "\x1b[31mred",
    "重要 🚀",
    "'",
    "a\u202eb",
]


def hostile(things):
    return plan_of(
        things,
        *[
            change(f"{text} {place}", text, f"{text}{place}", name=text)
            for place, text in enumerate(HOSTILE)
        ],
    )


def test_it_has_manners_of_a_frame(things):
    plan = plan_of(things, *[change(item, "old", "new") for item in "abc"])
    assert len(plan) == 3
    assert not plan.empty
    assert plan["item"].tolist() == ["a", "b", "c"]
    assert list(plan.columns) == list(plan.frame.columns)
    assert plan[plan["item"] == "b"]["item"].tolist() == ["b"]
    assert plan[1:]["item"].tolist() == ["b", "c"]
    assert plan[[True, False, True]]["item"].tolist() == ["a", "c"]
    assert plan[:] == plan
    assert plan[:1] != plan
    assert hash(plan[:]) == hash(plan)
    assert plan != "plan"


def test_a_mask_is_aligned_as_in_pandas(things):
    plan = plan_of(things, *[change(item, "old", "new") for item in "abc"])
    backwards = plan.frame.sort_values("item", ascending=False)
    assert plan[backwards["item"] == "a"]["item"].tolist() == ["a"]
    assert plan[backwards["part"] == "x"].empty  # null is not chosen


@pytest.mark.parametrize("key", [0, [0, 1], [True], None, 1.5, ("item", "old")])
def test_what_chooses_no_rows_is_refused(things, key):
    with pytest.raises(ArgumentError, match="as many booleans"):
        plan_of(things, *[change(item, "old", "new") for item in "abc"])[key]


def test_one_thing_is_not_changed_twice(things):
    with pytest.raises(ArgumentError, match="value of the thing 'a' is in the plan twice"):
        plan_of(things, change("a", "old", "new"), change("a", "old", "newer"))


def test_what_cannot_be_made_is_refused_wherever_the_plan_comes_from(things, client, tmp_path):
    plan = plan_of(things, change("a", "old", "bad", "checked"))
    assert plan["refused"].tolist() == ["It may not be bad."]
    assert plan["call"].isna().all()
    assert plan.apply(dry_run=True)["state"].tolist() == ["refused"]
    assert plan.apply()["state"].tolist() == ["refused"]
    assert plan.estimate()["calls"].tolist() == [0]
    assert things.requests == []


def test_it_says_what_cannot_be_taken_back(things):
    plan = plan_of(
        things, change("a", "old", "gone", "checked"), change("b", "old", "gap", "checked")
    )
    assert plan["reversible"].tolist() == [False, True]
    assert plan["remark"].tolist() == ["What it was is lost.", "Mind the gap."]
    assert "(2 destructive, 1 not reversible)" in repr(plan)


def test_hostile_texts_are_shown_as_they_are_and_move_nothing(things):
    plan = hostile(things)
    for text in (repr(plan), plan._repr_html_()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in plan._repr_html_()
    assert len(repr(plan).splitlines()) == len(HOSTILE) + 2


def test_a_thousand_rows_are_shown_in_part(things):
    plan = plan_of(things, *[change(f"t{number}", "old", "new" * 99) for number in range(1000)])
    assert repr(plan).startswith("omnipd.Plan: 1,000 changes (1,000 destructive)\n")
    assert len(repr(plan).splitlines()) < 30
    assert plan._repr_html_().count("<tr") < 30
    empty = plan_of(things)
    assert (repr(empty), empty.empty) == ("omnipd.Plan: 0 changes", True)
    assert empty.apply(destructive=True, client=omnipd.connect(things.url, "key")).empty


def test_the_estimate_is_what_it_takes(things, client):
    plan = plan_of(
        things,
        *[change(item, "old", "new") for item in "ab"],
        *[change(item, "old", "new", "drafted") for item in "cd"],
        change("e", "old", "new", "checked", refused="No."),
    )
    estimate = plan.estimate()
    assert things.requests == []
    # A look, the calls, and one look at the end for each kind.
    assert estimate["calls"].tolist() == [2 + 2 + 1, 2 + 4 + 1, 12]
    assert estimate["changes"].tolist() == [2, 2, 4]
    plan.apply(destructive=True)
    assert len(things.requests) == 12


def test_a_dry_run_sends_no_change_and_says_what_would_be(things, client, tmp_path):
    things.held |= {"b": "new", "c": "somebody's"}
    plan = plan_of(things, *[change(item, "old", "new") for item in "abc"])
    report = plan.apply(dry_run=True, journal=tmp_path / "one")
    assert report["state"].tolist() == ["pending", "already", "conflict"]
    assert things.changes == []
    assert not (tmp_path / "one").exists()
    assert "journal" not in report.attrs["omni"]


def test_a_tier_that_nobody_has_allowed_sends_nothing_at_all(things, client):
    plan = plan_of(things, *[change(item, "old", "new") for item in "ab"])
    for allowed in ({}, {"confirm": True}):
        with pytest.raises(
            ArgumentError, match=r"2 changes \(thing value\) of the tier 'destructive'"
        ):
            plan.apply(**allowed)
    assert things.requests == []


def test_a_plan_for_another_omni_is_refused(things, client):
    with pytest.raises(ArgumentError, match=r"The plan is for https://else\.example"):
        Plan([change("a", "old", "new")], "https://else.example").apply(destructive=True)
    assert things.requests == []


# The file that goes through other hands.


def edit(path, work, dialect="excel"):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    rows = work(rows) or rows
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(
            file,
            list(dict.fromkeys([*names, *rows[0]])),
            delimiter="," if dialect == "excel" else dialect,
        )
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("dialect", ["excel", ";", "\t"])
def test_a_plan_comes_back_as_it_was_also_from_a_spreadsheet(things, tmp_path, dialect):
    plan = hostile(things)
    plan.to_csv(tmp_path / "plan.csv")
    assert Plan.from_csv(tmp_path / "plan.csv") == plan

    def as_spreadsheets_do(rows):
        for row in rows:
            row["reversible"] = row["reversible"].upper()
        return [*rows, dict.fromkeys(rows[0], "")]

    edit(tmp_path / "plan.csv", as_spreadsheets_do, dialect)
    assert Plan.from_csv(tmp_path / "plan.csv") == plan


def written(things, tmp_path):
    plan = plan_of(
        things,
        change("a", "old", "new", "checked"),
        change("b", "old", "bad", "checked"),
        change("c", "old", "new", "checked", refused="There is no such thing."),
    )
    plan.to_csv(tmp_path / "plan.csv")
    return plan


def test_rows_that_were_edited_are_checked_again_and_named(things, tmp_path):
    written(things, tmp_path)

    def work(rows):
        rows[0]["new"] = "bad"
        rows[1]["new"], rows[1]["refused"] = "good", ""

    edit(tmp_path / "plan.csv", work)
    with pytest.warns(OmniWarning, match="2 rows of .* checked again: lines 2, 3"):
        plan = Plan.from_csv(tmp_path / "plan.csv")
    assert plan["refused"].fillna("").tolist() == [
        "It may not be bad.",
        "",
        "There is no such thing.",
    ]


def test_what_somebody_refuses_in_the_file_is_not_made(things, tmp_path):
    written(things, tmp_path)
    edit(tmp_path / "plan.csv", lambda rows: rows[0].update(refused="Not before Monday."))
    with pytest.warns(OmniWarning, match=r"1 row of .* was edited .*: line 2\."):
        plan = Plan.from_csv(tmp_path / "plan.csv")
    assert plan["refused"].tolist()[0] == "Not before Monday."
    assert plan["tier"].isna().all()


def test_what_follows_from_the_rest_may_be_edited_and_says_nothing(things, tmp_path):
    plan = written(things, tmp_path)

    def work(rows):
        for row in rows:
            row.update(tier="safe", call="GET /", remark="fine", reversible="", approved="yes")

    edit(tmp_path / "plan.csv", work)
    assert Plan.from_csv(tmp_path / "plan.csv") == plan


def test_rows_that_were_deleted_are_not_made(things, tmp_path):
    plan = written(things, tmp_path)
    edit(tmp_path / "plan.csv", lambda rows: rows[1:])
    assert Plan.from_csv(tmp_path / "plan.csv") == plan[1:]


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda rows: rows[0].update(kind="thng"), r"Line 2 of .*There is no kind 'thng'.*'thing'"),
        (lambda rows: rows[0].update(column="chekced"), r"Line 2 of .*'checked'"),
        (lambda rows: rows[1].update(item=""), r"Line 3 of .*has no item"),
        (lambda rows: rows[1].update(instance="https://else.example"), "rows of .* are of "),
        (lambda rows: [row.update(instance="") for row in rows] and rows, "no Omni"),
        (lambda rows: rows[1].update(instance=""), "Line 3 of .* does not say which Omni"),
        (lambda rows: [*rows, rows[0]], "is in the plan twice"),
    ],
)
@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_what_says_no_change_is_refused_with_its_line(things, tmp_path, work, said):
    written(things, tmp_path)
    edit(tmp_path / "plan.csv", work)
    with pytest.raises(ArgumentError, match=said):
        Plan.from_csv(tmp_path / "plan.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"kind,item\na,b\n", "has no column"),
        (b"", "has no column"),
        (b"\xff\xfe\x00", "not CSV in UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path, content, said):
    if content is not None:
        (tmp_path / "plan.csv").write_bytes(content)
    with pytest.raises(ArgumentError, match=said):
        Plan.from_csv(tmp_path / "plan.csv")


# What is taken back.


def test_a_frame_is_no_plan_and_says_how_one_is_read(things, tmp_path):
    frame = written(things, tmp_path).frame
    with pytest.raises(ArgumentError, match=r"made of changes, unlike 'kind'.*\n.*Plan\.from_csv"):
        Plan(frame, things.url)


def test_what_is_no_journal_says_where_its_name_is(things):
    for not_one in (plan_of(things, change("a", "old", "new")), 7):
        with pytest.raises(ArgumentError, match=r"journal=.* is not a path.*\n.*attrs"):
            omnipd.undo(not_one)


def test_undoing_is_a_plan_of_what_was_made(things, client, tmp_path):
    things.held["c"] = "somebody's"
    plan = plan_of(
        things,
        *[change(item, "old", "new") for item in "abc"],
        change("d", "old", "gone", "checked"),
    )
    report = plan.apply(destructive=True)
    things.held["b"] = "newer"
    back = omnipd.undo(report.attrs["omni"]["journal"])
    assert set(zip(back["item"], back["old"], back["new"], strict=True)) == {
        ("a", "new", "old"),
        ("b", "new", "old"),
        ("d", "gone", "old"),
    }
    assert back["refused"].dropna().tolist() == ["What it was is lost."]
    undone = back.apply(destructive=True)
    assert dict(zip(undone["item"], undone["state"], strict=True)) == {
        "a": "ok",
        "b": "conflict",
        "d": "refused",
    }
    assert things.held == {"a": "old", "b": "newer", "c": "somebody's", "d": "gone", "e": "old"}


def test_what_was_made_last_is_taken_back_first(things, client):
    report = plan_of(things, *[change(item, "old", "new") for item in "abc"]).apply(
        destructive=True
    )
    assert omnipd.undo(report.attrs["omni"]["journal"])["item"].tolist() == ["c", "b", "a"]


def test_undoing_what_was_undone_makes_it_again(things, client):
    report = plan_of(things, change("a", "old", "new")).apply(destructive=True)
    undone = omnipd.undo(report.attrs["omni"]["journal"]).apply(destructive=True)
    again = omnipd.undo(omnipd.open_journal(undone.attrs["omni"]["journal"]))
    again.apply(destructive=True)
    assert things.held["a"] == "new"
