"""The page about an organization says what its inventory says, in one file that runs and loads nothing."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from click.testing import CliRunner

import omnipd
from omnipd import ArgumentError
from omnipd.report_page.cells import ROWS
from omnipd.report_page.drawings import Tile, bars, treemap
from omnipd.shell.cli import main

NOW = "2026-05-01"
INCLUDE = ["content", *omnipd.report.also]


class Page(HTMLParser):
    """The tags of a page with their attributes, its text by section, and its tables by caption."""

    VOID = frozenset({"meta", "rect"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.tables, self.counts = [], [], {}, {}
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.row = []
        elif tag in {"td", "th", "caption", "dt", "dd"}:
            self.held = ""

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "caption":
            self.caption = self.held
            self.tables[self.caption] = []
        elif tag in {"td", "th"}:
            self.row.append(self.held)
        elif tag == "tr":
            self.tables[self.caption].append(self.row)
        elif tag == "dt":
            self.label = self.held
        elif tag == "dd":
            self.counts[self.label] = self.held

    def handle_data(self, data):
        self.text += data
        self.held = getattr(self, "held", "") + data


@pytest.fixture(scope="module")
def inventory():
    with omnipd.sandbox(size="tiny", requests_per_minute=None):
        return omnipd.read_inventory(include=INCLUDE)


def page_of(inventory, tmp_path, **options):
    omnipd.report(inventory, tmp_path / "report.html", **{"now": NOW, **options})
    return Page((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_numbers_are_those_of_the_inventory(inventory, tmp_path):
    page = page_of(inventory, tmp_path)
    active = int(inventory["users"]["active"].sum())
    assert page.counts == {
        "Documents": "4",
        "Folders": "3",
        "Active users": str(active),
        "Groups": "5",
        "Labels": "12",
        "Schedules": "9",
        "API keys": "33",
        "Models": "2",
    }
    documents = inventory["documents"]
    views = {
        name: int(n) for name, n in zip(documents["name"], documents["count_views"], strict=True)
    }
    # Two documents in folders below /flights, and two that are in none.
    top = page.tables["Folders at the top, with all below them"]
    assert top[0] == ["Folder", "Documents", "Views"]
    inside = documents["folder_path"].fillna("").str.startswith("/flights")
    expected = {
        "/flights": [str(int(inside.sum())), f"{int(documents[inside]['count_views'].sum()):,}"],
        "(in no folder)": [
            str(int((~inside).sum())),
            f"{int(documents[~inside]['count_views'].sum()):,}",
        ],
    }
    assert {name: numbers for name, *numbers in top[1:]} == expected
    assert sum(views.values()) == documents["count_views"].sum()


def test_ages_count_every_document_once(inventory, tmp_path):
    page = page_of(inventory, tmp_path)
    ages = {
        label: int(number)
        for label, number, _ in page.tables["Documents by when they were last viewed"]
    }
    last = inventory["content"].query("type == 'document'")["last_viewed_at"]
    assert sum(ages.values()) == 4
    assert ages["Omni does not tell when"] == int(last.isna().sum())
    old = (pd.Timestamp(NOW, tz="UTC") - last.dropna()).dt.days
    assert ages["longer ago"] == int((old > 365).sum())


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, "in 30 days"),
        (30, "in 30 days"),
        (31, "31 to 90 days ago"),
        (180, "91 to 180 days ago"),
        (181, "181 to 365 days ago"),
        (365, "181 to 365 days ago"),
        (366, "longer ago"),
    ],
)
def test_a_view_counts_by_its_whole_days(inventory, tmp_path, days, age):
    content = inventory["content"].query("type == 'document'").head(1).copy()
    viewed = pd.Timestamp(NOW, tz="UTC") - pd.Timedelta(days=days, hours=1)
    content["last_viewed_at"] = pd.array([viewed], dtype=content["last_viewed_at"].dtype)
    page = page_of(omnipd.Inventory({"content": content}), tmp_path)
    ages = {
        label: number for label, number, _ in page.tables["Documents by when they were last viewed"]
    }
    assert [label for label, number in ages.items() if number == "1"] == [age]


def test_nothing_is_run_and_nothing_loaded(inventory, tmp_path):
    content = inventory["content"].copy()
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'
    content["name"] = pd.array([bad] * len(content), dtype=content["name"].dtype)
    content["folder_path"] = content["path"] = pd.array(
        ["/<b>&"] * len(content), dtype=content["name"].dtype
    )
    content["url"] = pd.array(["javascript:alert(1)"] * len(content), dtype=content["url"].dtype)
    frames = dict(inventory.items()) | {"content": content}
    page = page_of(omnipd.Inventory(frames), tmp_path)
    known = {tag for tag, _ in page_of(inventory, tmp_path).tags}
    assert {tag for tag, _ in page.tags} <= known
    assert not known & {"script", "img", "iframe", "link", "object", "form"}
    for _, given in page.tags:
        assert not any(name.startswith("on") for name in given)
        assert given.get("href", "#").startswith(("#", "http"))
        assert "src" not in given
    assert bad[:40] in page.text
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|49", re.sub(r"(?s)<main>.*", "", text))


def test_what_was_not_read_is_not_known_and_not_zero(inventory, tmp_path):
    partial = omnipd.Inventory(
        {"content": inventory["content"]}, {"users": "403: not for this key"}
    )
    page = page_of(partial, tmp_path)
    assert page.counts["Documents"] == "4"
    assert set(page.counts.values()) == {"4", "3", "not known"}
    assert "Not all was read:" in page.text
    assert "users (403: not for this key)" in page.text
    assert ["users", "–", "403: not for this key"] in page.tables["Tables"]


def test_changes_are_those_of_the_diff(inventory, tmp_path):
    with omnipd.sandbox(size="tiny", requests_per_minute=None):
        documents = omnipd.read_documents()
        before = omnipd.read_inventory(include=["content", "documents"])
        omnipd.plan_labels(documents.head(1), set="finance").apply()
        after = omnipd.read_inventory(include=["content", "documents"], refresh=True)
    page = page_of(after, tmp_path, before=before)
    found = omnipd.audit.diff(before, after)
    shown = page.tables["Changes"]
    assert shown[0] == ["Table", "Change", "Name", "Column", "Before", "Now"]
    assert len(shown) - 1 == len(found)
    assert {row[3] for row in shown[1:]} >= {"labels"}
    assert "Changes" not in page_of(after, tmp_path).tables


def test_long_tables_say_how_much_they_leave_out(inventory, tmp_path):
    page = page_of(inventory, tmp_path)
    shown = page.tables["Active, and not known to have signed in lately"]
    away = len(inventory["users"][inventory["users"]["active"]])
    assert len(shown) - 1 == min(ROWS, away)
    assert f"And {away - ROWS:,} more." in page.text


def test_every_column_has_its_heading_and_every_anchor_its_place(inventory, tmp_path):
    page = page_of(inventory, tmp_path)
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    used = {given["href"][1:] for _, given in page.tags if given.get("href", "").startswith("#")}
    assert used <= set(ids)
    assert all("scope" in given for tag, given in page.tags if tag == "th")
    assert ("html", {"lang": "en"}) in page.tags


def test_what_is_no_inventory_is_refused(inventory, tmp_path):
    with pytest.raises(ArgumentError, match="inventory= must be an Inventory, unlike"):
        omnipd.report(inventory["content"], tmp_path / "r.html")
    with pytest.raises(ArgumentError, match="before= must be an Inventory, unlike"):
        omnipd.report(inventory, tmp_path / "r.html", before=tmp_path)
    with pytest.raises(ArgumentError, match="has no content"):
        omnipd.report(omnipd.Inventory({"users": inventory["users"]}), tmp_path / "r.html")
    with pytest.raises(ArgumentError, match="days"):
        omnipd.report(inventory, tmp_path / "r.html", days=0)
    assert not (tmp_path / "r.html").exists()


def test_the_shell_compares_with_the_export_before(tmp_path, monkeypatch):
    folder = tmp_path / "nightly"
    with omnipd.sandbox(size="tiny", requests_per_minute=None):
        omnipd.export_inventory(folder, include=["content", "labels"])
        omnipd.plan_labels("dop4rbem2", add="finance").apply()
        omnipd.export_inventory(folder, include=["content", "labels"])
    done = CliRunner().invoke(
        main, ["report", "--from", str(folder), "--to", str(tmp_path / "now.html")]
    )
    assert done.exit_code == 0, done.output
    page = Page((tmp_path / "now.html").read_text(encoding="utf-8"))
    assert page.tables["Changes"][1][:4] == [
        "content",
        "changed",
        "Busiest routes by airport",
        "labels",
    ]
    refused = CliRunner().invoke(main, ["report", "--at", "x", "--to", str(tmp_path / "no.html")])
    assert refused.exit_code == 2
    assert "--at is of an export" in refused.output


def test_tiles_fill_the_drawing_and_bars_the_longest():
    drawn = treemap([Tile("a", 3, 30), Tile("b", 1, None), Tile("empty", 0, 0)], 100, 40, 10)
    assert sum(tile.place.width * tile.place.height for tile in drawn.tiles) == pytest.approx(4000)
    assert [(tile.tile.name, tile.shade) for tile in drawn.tiles] == [
        ("a", "shade0"),
        ("b", "unknown"),
    ]
    assert drawn.tiles[0].tile.words == "a: 3 documents, 30 views"
    assert drawn.tiles[1].tile.words == "b: 1 document, views not known"
    least, most = treemap([Tile("a", 1, 1), Tile("b", 1, 9)], 100, 40, 10).tiles
    assert (least.shade, most.shade) == ("shade0", "shade4")
    assert treemap([], 100, 40, 10).tiles == ()
    assert [bar.percent for bar in bars([("none", 0)])] == [0.0]
