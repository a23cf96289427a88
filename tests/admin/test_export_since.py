"""An export since the last one: what it costs, what it sees at once, and what only when all is asked for."""

import contextlib
import json
import warnings

import pandas as pd
import pytest
import requests
from faults.given import client_of
from scripted_server import answer, document, page

import omnipd
from omnipd.admin import export_read
from omnipd.admin.open_export import Export
from omnipd.admin.since_last import with_read_at
from omnipd_sandbox.server import Server

pytestmark = pytest.mark.thorough


PUBLIC = {"scope": "organization"}
INCLUDE = ["content", "documents", "folders", "document_access", "folder_permissions", "labels"]


@pytest.fixture(scope="module")
def changing():
    with Server(size="tiny", documents=30, folders=6) as running:
        yield running
        assert running.failures == []


@pytest.fixture(scope="module")
def small(changing):
    return changing


@contextlib.contextmanager
def counted(server):
    """Count the requests of a block by what they end in."""
    since, found = len(server.requests), {}
    yield found
    for one in list(server.requests)[since:]:
        name = one.path.rsplit("/", 1)[1]
        found[name] = found.get(name, 0) + 1


def change(server, method, path, body=None):
    answer = requests.request(
        method,
        f"{server.url}/api/v1/{path}",
        json=body,
        headers={"Authorization": f"Bearer {server.api_key}"},
        timeout=30,
    )
    assert answer.ok, answer.text


def rows(frame, *keys):
    """Return a frame without the times of its rows, in an order that says nothing."""
    bare = frame.drop(columns="read_at", errors="ignore")
    return bare.sort_values(list(keys), ignore_index=True, na_position="first")


def assert_same(one, other):
    for name, keys in {
        "documents": ["document_identifier"],
        "document_access": ["document_identifier", "principal_id", "access_source"],
        "folders": ["folder_id"],
        "folder_permissions": ["folder_id", "principal_id", "source"],
        "content": ["id", "document_identifier"],
    }.items():
        held = [key for key in keys if key in one[name].columns]
        counts = ["count_views", "count_favorites", "visits", "last_viewed_at"]
        pd.testing.assert_frame_equal(
            rows(one[name], *held).drop(columns=counts, errors="ignore"),
            rows(other[name], *held).drop(columns=counts, errors="ignore"),
        )


def test_an_unchanged_organization_costs_its_lists_only(own, changing, folder):
    with counted(changing) as first:
        omnipd.export_inventory(folder, include=INCLUDE, since="last")
    full = omnipd.open_export(folder)
    with counted(changing) as second:
        omnipd.export_inventory(folder, include=INCLUDE, since="last")
    again = omnipd.open_export(folder)
    assert first["access-list"] >= len(full["documents"])
    assert "access-list" not in second
    assert "permissions" not in second
    assert sum(second.values()) / sum(first.values()) < 0.2
    assert_same(again, full)
    assert again.manifest["since"] == full.path.name
    assert again.manifest["full_at"] == full.manifest["full_at"]
    for name in ("document_access", "folder_permissions"):
        pd.testing.assert_series_equal(again[name]["read_at"], full[name]["read_at"])
        assert str(again[name]["read_at"].dtype) == "timestamp[us, tz=UTC][pyarrow]"
    assert "read_at" not in again["documents"]


def test_what_changes_is_seen_at_once_but_for_what_no_list_tells(
    own, changing, folder, monkeypatch
):
    omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    before = omnipd.open_export(folder)
    public = before["documents"][before["documents"]["scope"] == "organization"]
    renamed, moved, given, shared, deleted, *_ = public["document_identifier"]
    people = omnipd.read_users()
    somebody, other = people[people["active"]]["user_id"].tolist()[:2]
    path = before["folders"]["path"][0]
    change(
        changing,
        "PATCH",
        f"documents/{renamed}",
        {"name": "Another name", "clearExistingDraft": True},
    )
    change(changing, "POST", f"documents/{moved}/move", {"folderPath": path})
    change(changing, "PUT", f"documents/{given}/transfer-ownership", {"userId": somebody})
    change(
        changing, "POST", f"documents/{shared}/permissions", {"role": "VIEWER", "userIds": [other]}
    )
    change(changing, "DELETE", f"documents/{deleted}")
    later = "2100-01-01T00:00:00+00:00"
    with counted(changing) as asked, monkeypatch.context() as patched:
        patched.setattr(export_read, "with_read_at", lambda rows, _: with_read_at(rows, later))
        omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    after = omnipd.open_export(folder)
    documents = after["documents"].set_index("document_identifier")
    assert documents["name"][renamed] == "Another name"
    assert documents["owner_id"][given] == somebody
    assert deleted not in documents.index
    access = after["document_access"]
    assert deleted not in set(access["document_identifier"])
    now = omnipd.read_document_access([renamed, moved, given], refresh=True)
    kept = access[access["document_identifier"].isin([renamed, moved, given])]
    keys = ["document_identifier", "principal_id", "access_source"]
    pd.testing.assert_frame_equal(rows(kept, *keys), rows(now, *keys))
    assert asked["access-list"] <= 4
    # Nothing in the document says that somebody else may see it now.
    mine = access[(access["document_identifier"] == shared) & (access["principal_id"] == other)]
    seen_before = (before["document_access"]["document_identifier"] == shared) & (
        before["document_access"]["principal_id"] == other
    )
    assert len(mine) == seen_before.sum()
    fresh = access.set_index("document_identifier")["read_at"]
    assert fresh[renamed].min() == pd.Timestamp(later) > fresh[shared].max()
    # When the time for all has come, both are the same.
    omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC, full_every=0)
    omnipd.export_inventory(folder.with_name("whole"), include=INCLUDE, **PUBLIC)
    assert_same(omnipd.open_export(folder), omnipd.open_export(folder.with_name("whole")))
    access = omnipd.open_export(folder)["document_access"]
    assert other in set(access[access["document_identifier"] == shared]["principal_id"])


def test_what_has_a_gap_is_asked_for_again(own, changing, folder):
    omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    manifest = folder / omnipd.open_export(folder).path.name / "manifest.json"
    held = manifest.read_text()
    table = held.index('"document_access": {')
    manifest.write_text(
        held[:table] + held[table:].replace('"complete": true', '"complete": false', 1)
    )
    with counted(changing) as asked:
        omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    assert asked["access-list"] >= 25
    assert "permissions" not in asked


def test_another_omni_or_scope_is_refused(own, changing, folder):
    omnipd.export_inventory(folder, include="labels", since="last", scope="organization")
    with pytest.raises(omnipd.ArgumentError, match="nothing can be taken from it"):
        omnipd.export_inventory(folder, include="labels", since="last")
    for wrong, words in (
        ({"since": "first"}, "since='first'"),
        ({"since": "last", "full_every": "often"}, "full_every"),
        ({"full_every": "12h"}, "full_every='12h' needs since='last'"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=words):
            omnipd.export_inventory(folder, include="labels", **wrong)


def test_an_incremental_export_that_is_broken_off_goes_on(own, changing, folder, monkeypatch):
    omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    expected = omnipd.open_export(folder)

    class Stopped(Exception):
        pass

    def stop(path, *_):
        if "folders" in path:
            raise Stopped

    own.progress = stop
    with pytest.raises(Stopped):
        omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    own.progress = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        omnipd.export_inventory(folder, include=INCLUDE, since="last", **PUBLIC)
    assert_same(omnipd.open_export(folder), expected)


def test_where_there_is_nothing_nothing_is_asked_for(scripted, folder):
    scripted.by_target = lambda _: page()
    with client_of(scripted) as client:
        for _ in range(2):
            omnipd.export_inventory(
                folder, include="document_access", since="last", client=client, **PUBLIC
            )
    opened = omnipd.open_export(folder)
    assert opened.complete
    assert opened["document_access"].empty
    assert {target.split("?")[0] for _, target, *_ in scripted.requests} == {"/api/v1/documents"}


def users(*last_logins):
    """Return a list of people who have logged in at these times."""
    login = "urn:omni:params:scim:schemas:extension:user:2.0"
    people = [
        {"id": f"m{number}", "userName": f"u{number}@example.com", login: {"lastLogin": at}}
        for number, at in enumerate(last_logins)
    ]
    return answer(
        {"Resources": people, "totalResults": len(people), "itemsPerPage": 100, "startIndex": 1}
    )


class Scripted:
    """An Omni with documents, people and what is below them, which a test changes."""

    def __init__(self, server):
        self.favorites = 0
        self.logins = ["2026-05-01T06:00:00Z"]
        self.server = server
        server.by_target = self

    def __call__(self, target):
        path = target.split("?")[0]
        if path.endswith("/documents"):
            return page({**document("d1"), "_count": {"favorites": self.favorites, "views": 1}})
        if path.endswith("/Users"):
            return users(*self.logins)
        if path.endswith("/favorites"):
            return page()
        return answer({"results": []})

    def below(self):
        """Return which calls below others were made since this was asked last."""
        asked = {target.split("?")[0].rsplit("/", 1)[1] for _, target, *_ in self.server.requests}
        self.server.requests.clear()
        return asked & {"favorites", "model-roles"}


def test_what_is_used_is_not_changed_but_for_what_shows_the_use(scripted, folder):
    omni = Scripted(scripted)
    asked = {"include": ["document_favorites", "model_roles"], "since": "last", **PUBLIC}
    with client_of(scripted, cache=False) as client:
        omnipd.export_inventory(folder, client=client, **asked)
        assert omni.below() == {"favorites", "model-roles"}
        omni.logins = ["2026-05-02T06:00:00Z"]
        omnipd.export_inventory(folder, client=client, **asked)
        assert omni.below() == set()
        omni.favorites = 1
        omnipd.export_inventory(folder, client=client, **asked)
        assert omni.below() == {"favorites"}


def test_the_age_is_that_of_the_oldest_row_also_where_some_are_new(scripted, folder):
    Scripted(scripted)
    asked = {"include": "document_favorites", "since": "last", **PUBLIC}
    with client_of(scripted, cache=False) as client:
        first = omnipd.export_inventory(folder, client=client, **asked)
        manifest = json.loads((first / "manifest.json").read_text())
        old = manifest["tables"]["document_favorites"]["fetched_at"] = "2026-05-01T06:00:00+00:00"
        (first / "manifest.json").write_text(json.dumps(manifest))
        omnipd.export_inventory(folder, client=client, **asked)
    opened = omnipd.open_export(folder)
    assert opened.manifest["tables"]["document_favorites"]["fetched_at"] == old
    assert opened["document_favorites"].attrs["omni"]["fetched_at"] == old


def test_all_is_asked_for_where_the_last_one_is_no_help(scripted, folder):
    omni = Scripted(scripted)
    asked = {"include": "document_favorites", "since": "last", **PUBLIC}

    def manifest():
        return folder / omnipd.open_export(folder).path.name / "manifest.json"

    def last(**changes):
        held = json.loads(manifest().read_text())
        manifest().write_text(json.dumps(held | changes))

    def lose(name):
        (omnipd.open_export(folder).path / f"{name}.parquet").unlink()

    with client_of(scripted, cache=False) as client:
        for spoil in (
            lambda: None,  # there is none
            lambda: lose("documents"),
            lambda: lose("document_favorites"),
            lambda: last(key="of somebody else"),
            lambda: last(user_id="somebody else"),
            lambda: last(omnipd="0.0.0"),
            lambda: last(full_at="2036-05-01T06:00:00+00:00"),  # the clock was wrong
        ):
            spoil()
            omnipd.export_inventory(folder, client=client, **asked)
            assert omni.below() == {"favorites"}
        for spoil in (
            lambda: manifest().write_text("{"),
            lambda: last(manifest=2),
            lambda: last(full_at=None),
            lambda: last(tables=[]),
        ):
            spoil()
            with pytest.warns(omnipd.OmniWarning, match=r"manifest\.json .* All is asked for\."):
                omnipd.export_inventory(folder, client=client, **asked)
            assert omni.below() == {"favorites"}
        omnipd.export_inventory(folder, client=client, **asked)
        assert omni.below() == set()
        last(instance="https://other.example")
        with pytest.raises(omnipd.ArgumentError, match=r"is of https://other\.example with scope"):
            omnipd.export_inventory(folder, client=client, **asked)
        assert scripted.requests == []


def test_what_the_last_one_does_not_have_is_asked_for(scripted, folder):
    omni = Scripted(scripted)
    below = {"document_favorites": "favorites", "model_roles": "model-roles"}
    with client_of(scripted, cache=False) as client:

        def asked(*include, **more):
            omnipd.export_inventory(folder, include=include, client=client, **PUBLIC, **more)
            return omni.below()

        assert asked("document_favorites") == {"favorites"}  # which does not say when its rows came
        for include, expected in (
            (["document_favorites"], {"favorites"}),
            (["document_favorites"], set()),
            (["document_favorites", "model_roles"], {"model-roles"}),
            (["model_roles"], set()),
            ([*below], {"favorites"}),
            ([*below], set()),
        ):
            assert asked(*include, since="last") == expected


def test_only_the_parents_that_were_refused_are_asked_for_again(scripted, folder):
    refused = {"d2", "d3"}
    documents = ["d1", "d2", "d3"]

    def told(target):
        path = target.split("?")[0]
        if path.endswith("/documents"):
            return page(*(document(one) for one in documents))
        if path.split("/")[-2] in refused:
            return answer({"detail": "Bad Request: no", "status": 400}, status=400)
        return page({"userId": "m1", "name": path.split("/")[-2], "favoritedAt": None})

    def export():
        scripted.requests.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", omnipd.OmniWarning)
            omnipd.export_inventory(
                folder,
                include="document_favorites",
                since="last",
                errors="collect",
                client=client,
                **PUBLIC,
            )
        targets = [target.split("?")[0] for _, target, *_ in scripted.requests]
        opened = omnipd.open_export(folder)
        frame = opened["document_favorites"]
        assert opened.complete == (not refused)
        return {one.split("/")[-2] for one in targets if one.endswith("/favorites")}, frame

    scripted.by_target = told
    with client_of(scripted, cache=False) as client:
        first, frame = export()
        assert (first, frame["document_identifier"].tolist()) == ({"d1", "d2", "d3"}, ["d1"])
        # Each in the same words, and no table is given up for that.
        second, frame = export()
        assert (second, frame["document_identifier"].tolist()) == ({"d2", "d3"}, ["d1"])
        refused.clear()
        third, frame = export()
        assert third == {"d2", "d3"}
        assert frame["document_identifier"].tolist() == frame["name"].tolist() == documents
        assert export()[0] == set()


def test_of_the_jobs_of_the_ai_only_those_that_go_on_are_asked_for_again(scripted, folder):
    states = {"j1": "COMPLETE", "j2": "EXECUTING", "j3": None}

    def told(target):
        [*_, kind, one] = target.split("?")[0].split("/")
        if one == "conversations":
            return page({"id": "c1", "updatedAt": "2026-05-01T06:00:00Z"})
        if kind == "conversations":
            said = {"role": "assistant", "createdAt": "2026-05-01T06:00:00Z"}
            messages = [{**said, "text": job, "jobId": job} for job in states]
            return answer({"id": one, "messages": messages})
        return answer({"id": one, "conversationId": "c1", "state": states[one]})

    scripted.by_target = told
    with client_of(scripted, cache=False) as client:
        for expected in ({"j1", "j2", "j3"}, {"j2", "j3"}, {"j2", "j3"}, set()):
            scripted.requests.clear()
            omnipd.export_inventory(folder, include="ai_jobs", since="last", client=client)
            asked = {target.rsplit("/", 1)[1] for _, target, *_ in scripted.requests}
            assert asked & set(states) == expected
            assert omnipd.open_export(folder)["ai_jobs"]["job_id"].tolist() == [*states]
            if expected == {"j2", "j3"}:
                states.update(j2="FAILED", j3="CANCELLED")


@pytest.fixture
def tables_read(monkeypatch):
    """List the tables of exports that are read."""
    read, frame = [], Export.__getitem__
    monkeypatch.setattr(
        Export, "__getitem__", lambda self, name: read.append(name) or frame(self, name)
    )
    return read


def test_the_table_of_parents_is_read_once_whatever_is_below_them(scripted, folder, tables_read):
    omni = Scripted(scripted)
    scripted.by_target = lambda target: answer([]) if "/drafts" in target else omni(target)
    include = ["document_favorites", "document_drafts"]  # of one, use is a change
    asked = {"include": include, "since": "last", **PUBLIC}
    with client_of(scripted, cache=False) as client:
        omnipd.export_inventory(folder, client=client, **asked)
        omnipd.export_inventory(folder, client=client, **asked)
    assert sorted(tables_read) == sorted(["documents", *include])


def test_nothing_is_asked_for_only_to_be_counted_unless_there_is_a_limit(scripted, folder):
    Scripted(scripted)
    asked = {"include": "document_favorites", "since": "last", **PUBLIC}
    with client_of(scripted, cache=False) as client:
        for expected, more in ((2, {}), (1, {}), (1, {"max_calls": 10})):
            scripted.requests.clear()
            omnipd.export_inventory(folder, client=client, **asked, **more)
            assert len(scripted.requests) == expected
        with pytest.raises(omnipd.ArgumentError, match="needs at least 2 requests"):
            omnipd.export_inventory(folder, client=client, max_calls=1, **asked)


def test_a_list_that_agrees_with_the_last_one_is_not_read_a_second_time(folder):
    with Server(size="tiny", scim_count_at_most=9) as server:  # 24 people on three pages
        client = omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False)

        def asked():
            with counted(server) as found:
                omnipd.export_inventory(folder, include="users", since="last", client=client)
            return found["Users"]

        assert [asked(), asked()] == [6, 3]
        body = {"userName": "new@x.example", "displayName": "New"}
        requests.post(
            f"{server.url}/api/scim/v2/Users",
            json=body,
            headers={"Authorization": f"Bearer {server.api_key}"},
            timeout=30,
        ).raise_for_status()
        assert [asked(), asked()] == [6, 3]
        assert len(omnipd.open_export(folder)["users"]) == 25


def test_what_belongs_to_somebody_who_is_gone_goes_with_them(folder, tables_read):
    with Server(size="tiny", documents=12) as server:
        client = omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False)
        asked = {"include": "content", "client": client}
        omnipd.export_inventory(folder, since="last", **asked)
        content = omnipd.open_export(folder)["content"]
        own = content[content["scope"] == "restricted"]
        keys = {user.membership_id for user in [*server.organization.users.values()][:2]}
        gone = sorted(set(own["owner_id"]) - keys)[0]
        requests.delete(
            f"{server.url}/api/scim/v2/Users/{gone}",
            headers={"Authorization": f"Bearer {server.api_key}"},
            timeout=30,
        ).raise_for_status()
        tables_read.clear()
        omnipd.export_inventory(folder, since="last", **asked)
        assert tables_read == ["users", "content"]
        omnipd.export_inventory(folder.with_name("whole"), **asked)
    now = omnipd.open_export(folder)["content"]
    assert gone not in set(now[now["scope"] == "restricted"]["owner_id"])
    pd.testing.assert_frame_equal(now, omnipd.open_export(folder.with_name("whole"))["content"])
