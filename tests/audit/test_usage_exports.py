"""Views from the exports in a folder: sixty days of the sandbox's clock, counted by hand and by SQL."""

import json
from datetime import datetime, timedelta

import duckdb
import pytest
import requests
from sandbox.viewed_days import BEGUN, SCHEDULE, Days

import omnipd
from omnipd.audit import usage
from omnipd_sandbox.server import Server

EXPORTED_ON = (0, 7, 14, 21, 28, 31, 45, 52, 60)


class Exports:
    """A folder, and a sandbox that it is filled from; one clock says the time to both."""

    def __init__(self, folder, monkeypatch, **knobs):
        clock = self.clock = Days()
        self.server = Server(now=clock, **knobs)
        self.folder = folder

        class Now(datetime):
            @classmethod
            def now(cls, tz=None):
                return clock().astimezone(tz)

        monkeypatch.setattr("omnipd.admin.snapshots.datetime", Now)

    def on(self, day, **given):
        self.clock.passed = day
        return omnipd.export_inventory(self.folder, client=self.client, **given)

    def change(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.server.api_key}"}
        url = f"{self.server.url}/api/v1/{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text

    def __enter__(self):
        self.server.start()
        self.client = omnipd.connect(
            self.server.url, self.server.api_key, requests_per_minute=None, cache=False
        )
        return self

    def __exit__(self, *_):
        self.client.close()
        self.server.close()
        assert self.server.failures == []


@pytest.fixture(scope="module")
def sixty_days(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usage") / "omni"
    with pytest.MonkeyPatch.context() as patch, Exports(folder, patch) as exports:
        for day in EXPORTED_ON:
            exports.on(day, include="content", scope="organization")
    return folder


@pytest.fixture
def own(tmp_path, monkeypatch):
    with Exports(tmp_path / "omni", monkeypatch, size="tiny", documents=30) as exports:
        yield exports


def file_of(folder, day):
    name = (BEGUN + timedelta(days=day)).strftime("%Y-%m-%dT%H-%M-%SZ")
    return folder / name / "content.parquet"


@pytest.mark.parametrize(
    ("window", "after", "views"),
    [
        # By hand: the views of a day, times the days of the schedule after that of the first export.
        ("30d", 28, {"gz1lqftq5": 25, "report-22": 4, "report-13": 96, "v3spj1wn19": 66}),
        ("60d", 0, {"gz1lqftq5": 45, "report-22": 8, "report-13": 180, "v3spj1wn19": 120}),
        ("8d", 52, {"gz1lqftq5": 5, "report-22": 0, "report-13": 24, "v3spj1wn19": 18}),
    ],
)
def test_the_views_are_those_that_are_counted_by_hand(sixty_days, window, after, views):
    frame = usage(sixty_days, window).set_index("document_identifier")
    assert frame.loc[[*views], "views"].to_dict() == views
    for identifier, (at_once, days) in SCHEDULE.items():
        between = [day for day in days if after < day <= 60]
        row = frame.loc[identifier]
        assert (row["views"], row["visits"]) == (at_once * len(between), len(between))
    assert set(frame["measured_from"]) == {BEGUN + timedelta(days=after)}
    assert set(frame["measured_to"]) == {BEGUN + timedelta(days=60)}
    assert frame["unknown"].isna().all()


@pytest.mark.parametrize(("by", "key"), [("owner", "owner_id"), ("folder", "folder_id")])
def test_the_sums_are_those_of_sql_over_the_files(sixty_days, by, key):
    before, after = (file_of(sixty_days, day) for day in (28, 60))
    counted = duckdb.sql(
        f"""
        SELECT b.{key}, count(*), sum(b.count_views) - sum(a.count_views)
        FROM '{before}' a JOIN '{after}' b USING (document_identifier) GROUP BY 1
        """
    ).fetchall()
    frame = usage(sixty_days, by=by).astype(object)
    found = frame.where(frame.notna(), None)[[key, "documents", "views"]]
    assert sorted(found.itertuples(index=False, name=None), key=str) == sorted(counted, key=str)
    assert len(counted) > 20
    assert frame["views"].sum() > 10_000


def test_only_the_two_exports_that_are_needed_are_opened(sixty_days):
    for day in set(EXPORTED_ON) - {28, 60}:
        file_of(sixty_days, day).write_bytes(b"no table")
        file_of(sixty_days, day).with_name("manifest.json").write_text("no manifest")
    assert usage(sixty_days)["views"].sum() > 10_000
    with pytest.raises(omnipd.ExportError, match=r"manifest\.json cannot be read"):
        usage(sixty_days, "40d")


def test_deleted_and_new_documents_are_told(own):
    given = {"include": "content", "scope": "organization"}
    own.on(0, **given)
    own.change("DELETE", "documents/report-13")
    own.change("POST", "documents/gz1lqftq5/duplicate", {"name": "Again"})
    own.on(30, **given)
    frame = usage(own.folder)
    told = frame.set_index("document_identifier")[["name", "views", "change"]]
    assert told.loc["gz1lqftq5"].dropna().to_dict() == {"name": "Orders 2020", "views": 25}
    changed = told[told["change"].notna()]
    assert changed["change"].value_counts().to_dict() == {"added": 1, "removed": 1}
    assert changed["views"].isna().all()
    assert changed.index[changed["change"] == "removed"].tolist() == ["report-13"]
    assert changed.loc[changed["change"] == "added", "name"].tolist() == ["Again"]


def test_a_document_with_another_identifier_is_followed(own):
    given = {"include": ["content", "document_queries"], "scope": "organization"}
    own.on(0, **given)
    body = {"identifier": "orders-now", "clearExistingDraft": True}
    own.change("PATCH", "documents/gz1lqftq5", body)
    own.on(30, **given)
    frame = usage(own.folder).set_index("document_identifier")
    assert frame.loc["orders-now", ["views", "change", "renamed_from"]].tolist() == [
        25,
        "renamed",
        "gz1lqftq5",
    ]
    assert frame["change"].notna().sum() == 1


@pytest.mark.parametrize(
    ("fact", "other", "message"),
    [
        (
            "instance",
            "https://other.example",
            "is of another Omni than .*https://other.example, not",
        ),
        ("key", "another", r"is of another key than 2026-10-01T06-00-00Z\. Their"),
        ("user_id", "somebody", "is of another person than"),
        ("scope", "all", "is of another scope than .*: all, not organization"),
    ],
)
def test_exports_that_do_not_show_the_same_are_refused_by_name(own, fact, other, message):
    given = {"include": "content", "scope": "organization"}
    first = own.on(0, **given)
    own.on(30, **given)
    manifest = json.loads((first / "manifest.json").read_text())
    (first / "manifest.json").write_text(json.dumps({**manifest, fact: other}))
    with pytest.raises(omnipd.ArgumentError, match=message) as error:
        usage(own.folder)
    assert str(error.value).startswith(f"The export {first.name} is of another ")


def test_an_export_without_content_is_passed_over(own):
    given = {"include": "content", "scope": "organization"}
    own.on(0, **given)
    own.on(30, **given)
    labels = own.on(31, include="labels", scope="organization")
    with pytest.warns(omnipd.OmniWarning, match=f"without content: {labels.name}"):
        frame = usage(own.folder)
    assert set(frame["measured_to"]) == {BEGUN + timedelta(days=30)}


def test_what_is_personal_was_read_when_all_was_asked_for(own, monkeypatch):
    given = {"include": "content", "scope": "all", "since": "last", "full_every": "3650d"}
    full = own.on(0, **given)
    manifest = json.loads((full / "manifest.json").read_text())
    # The answers came at the time of the same clock.
    manifest["tables"]["content"]["fetched_at"] = manifest["full_at"]
    (full / "manifest.json").write_text(json.dumps(manifest))
    own.on(30, **given)
    frame = usage(own.folder)
    personal = frame["scope"] == "restricted"
    assert personal.sum() > 0
    assert frame.loc[personal, "views"].isna().all()
    assert set(frame.loc[personal, "unknown"]) == {"personal content was not read again in between"}
    assert frame.loc[~personal, "views"].notna().all()
    assert frame.loc[~personal, "views"].sum() > 100
    # Asked for again, it is measured since it was last read.
    own.on(60, include="content", scope="all")
    frame = usage(own.folder)
    assert frame["views"].notna().all()
    assert set(frame.loc[personal, "measured_from"]) == {BEGUN}
    assert set(frame.loc[~personal, "measured_from"]) == {BEGUN + timedelta(days=30)}


def test_a_folder_may_be_at_an_address(own):
    own.folder = "memory://usage/omni"
    for day in (0, 30):
        own.on(day, include="content", scope="organization")
    assert usage(own.folder).set_index("document_identifier")["views"]["gz1lqftq5"] == 25
