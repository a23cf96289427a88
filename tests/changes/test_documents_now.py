"""Documents are found where they are, with few calls, also those that only their owners list."""

import urllib.parse

import pytest
from changes.changed_documents import changed_omni, outcome, renamed
from faults.given import client_of
from readers.reader_checks import cursor_page, scim_page
from scripted_server import answer

import omnipd
from omnipd.changes.documents_now import documents_now
from omnipd.changes.now import Now

DOCUMENTS = "/api/v1/documents"
CONTENT = "/api/v1/content"
ADA = "11111111-2222-4333-8444-555555555555"
BEN = "21111111-2222-4333-8444-555555555555"


def looked(omni, work):
    """Do something; give what came of it and the paths that were read for it."""
    before = len(omni.server.requests)
    return work(), omni.reads(since=before)


def test_many_are_found_in_one_list_and_then_each_where_it_lies():
    with changed_omni() as omni:
        now = Now(omni.client)
        records = omni.documents()
        there = [name for name, each in records.items() if not each["deleted"]]
        found, reads = looked(omni, lambda: documents_now(now, there))
        assert reads == [DOCUMENTS]
        assert found.keys() == set(there)
        for name, row in found.items():
            record = records[name]
            assert row["name"] == record["name"]
            assert row["folder_id"] == (record["folder"] or {}).get("id")
            assert row["owner_id"] == record["owner"]["id"]
        inside = next(name for name in there if records[name]["folder"])
        one, reads = looked(omni, lambda: documents_now(now, [inside]))
        assert (list(one), reads) == ([inside], [DOCUMENTS])
        folder = dict(omni.server.requests[-1].query)["folderId"]
        assert folder == records[inside]["folder"]["id"]


def test_one_list_tells_where_the_others_lie_too():
    with changed_omni() as omni:
        now = Now(omni.client)
        records = omni.documents()
        inside = [name for name, each in records.items() if each["folder"] and not each["deleted"]]
        documents_now(now, inside[:1])
        _, reads = looked(omni, lambda: documents_now(now, inside[1:2]))
        assert reads == [DOCUMENTS]
        assert "folderId" in dict(omni.server.requests[-1].query)


def test_one_that_was_moved_is_found_in_the_list_of_all():
    with changed_omni() as omni:
        now = Now(omni.client)
        one = next(name for name, each in omni.documents().items() if each["folder"])
        documents_now(now, [one])
        assert omni.ask("POST", f"{DOCUMENTS}/{one}/move", {"folderPath": None})[0] == 200
        found, reads = looked(omni, lambda: documents_now(now, [one]))
        assert (found[one]["folder_id"], reads) == (None, [DOCUMENTS, DOCUMENTS])


def test_what_is_in_the_trash_or_nowhere_has_no_row():
    with changed_omni() as omni:
        gone = next(name for name, each in omni.documents().items() if each["deleted"])
        assert documents_now(Now(omni.client), [gone, "nothing"]) == {}


def test_what_was_renamed_is_looked_for_once():
    with changed_omni() as omni:
        one = omni.dashboard()
        renames = {one: "other-name"}
        now = Now(omni.client)
        found, reads = looked(omni, lambda: documents_now(now, renames, renamed=renames))
        assert (list(found), reads) == ([one], [DOCUMENTS])
        path = f"/api/v2/documents/{one}/identifier"
        assert omni.ask("PUT", path, {"identifier": "other-name"})[0] == 200
        found, reads = looked(omni, lambda: documents_now(now, renames, renamed=renames))
        assert (list(found), set(reads)) == (["other-name"], {DOCUMENTS})


@pytest.mark.parametrize("newer", [False, True])
def test_a_personal_document_gets_another_name(newer):
    with changed_omni(removed_routes=newer) as omni:
        personal = [
            name
            for name, each in omni.documents().items()
            if each["scope"] == "restricted" and each["hasDashboard"] and not omni.drafts(name)
        ]
        organization = omnipd.read_content()["document_identifier"]
        assert personal
        assert not {*personal} & {*organization}
        report = renamed(personal[0]).apply()
        assert outcome(report) == ("ok", True)
        assert omni.documents()[personal[0]]["name"] == "Board pack"
        # It is looked for with its owner once it is known whose it is.
        whose = omni.documents()[personal[0]]["owner"]["id"]
        last = [one for one in omni.server.requests if one.path == CONTENT][-1]
        assert dict(last.query)["creatorId"] == whose
        assert dict(last.query)["scope"] == "restricted"


def test_content_of_all_scopes_is_edited_and_taken_back():
    with changed_omni() as omni:
        content = omnipd.read_content(scope="all")
        personal = content[(content["scope"] == "restricted") & (content["type"] == "document")]
        name = personal["document_identifier"].iloc[0]
        edited = content.copy()
        its = edited["document_identifier"] == name
        edited.loc[its, "description"] = "For nobody else"
        for plan in (omnipd.plan(content, edited), omnipd.plan(edited)):
            assert plan[["item"][0]].tolist() == [name]
            assert plan["kind"].tolist() == ["document"]
        report = omnipd.plan(content, edited).apply()
        assert outcome(report) == ("ok", True)
        assert omni.documents()[name]["description"] == "For nobody else"
        omnipd.undo(report.attrs["omni"]["journal"]).apply()
        again = omnipd.read_content(scope="all", refresh=True)
        kept = [column for column in content if column != "updated_at"]
        assert again[kept].equals(content[kept])


def test_content_of_the_organization_is_read_again_without_asking_each_person():
    with changed_omni() as omni:
        content = omnipd.read_content()
        content.loc[content["type"] == "document", "labels"] = "finance"
        plan, reads = looked(omni, lambda: omnipd.plan(content))
        assert set(plan["column"]) == {"labels"}
        assert reads.count(CONTENT) == 1


def document(identifier, owner, **more):
    return {
        "type": "document",
        "identifier": identifier,
        "name": f"Name of {identifier}",
        "scope": "restricted",
        "owner": {"id": owner, "name": "Somebody"},
        **more,
    }


@pytest.fixture
def hiding(scripted):
    """A server whose list of documents has nothing personal."""
    lists = {None: [], ADA: [document("a1", ADA)], BEN: [document("b1", BEN)]}

    def step(target):
        parts = urllib.parse.urlsplit(target)
        if parts.path.endswith("/Users"):
            return answer(scim_page(*({"id": one, "userName": one} for one in (ADA, BEN))))
        asked = dict(urllib.parse.parse_qsl(parts.query))
        return answer(cursor_page(*lists[asked.get("creatorId")]))

    scripted.by_target = step
    return scripted


def creators(server):
    queries = [urllib.parse.urlsplit(target).query for _, target, *_ in server.requests]
    return [dict(urllib.parse.parse_qsl(one)).get("creatorId") for one in queries]


def test_what_only_its_owner_lists_is_looked_for_with_everybody_and_then_with_its_owner(hiding):
    now = Now(client_of(hiding))
    found = documents_now(now, ["b1"])
    assert found["b1"]["name"] == "Name of b1"
    # The list of documents, the users, the organization's content, and that of each.
    assert creators(hiding) == [None, None, None, ADA, BEN]
    del hiding.requests[:]
    assert documents_now(now, ["b1"]).keys() == {"b1"}
    assert creators(hiding) == [BEN]
    # Where they lie was learned of all.
    del hiding.requests[:]
    assert documents_now(now, ["a1"]).keys() == {"a1"}
    assert creators(hiding) == [ADA]


def test_whose_they_may_be_spares_asking_everybody(hiding):
    now = Now(client_of(hiding))
    assert documents_now(now, ["b1", "a1"], [BEN]).keys() == {"b1"}
    assert creators(hiding) == [None, BEN]


def test_a_personal_key_looks_among_what_is_its_own(scripted):
    def step(target):
        parts = urllib.parse.urlsplit(target)
        asked = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path.endswith("/Users"):
            return answer({"detail": "Forbidden"}, 403)
        if parts.path.endswith("/whoami"):
            return answer({"user": {"id": "base", "membershipId": ADA}, "keyScope": "user"})
        is_own = parts.path.endswith("/content") and asked.get("creatorId") == ADA
        return answer(cursor_page(*([document("a1", ADA)] if is_own else [])))

    scripted.by_target = step
    assert documents_now(Now(client_of(scripted)), ["a1", "gone"]).keys() == {"a1"}
