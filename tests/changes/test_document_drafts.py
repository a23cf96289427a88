"""Which draft may be published: one that this key began, and that holds one change and nothing else."""

import pytest
from faults.given import client_of
from readers.reader_checks import scim_page
from scripted_server import answer

import omnipd
from omnipd.changes.document_drafts import check_draft, draft_in_the_way
from omnipd.changes.now import Now

ME = "11111111-2222-4333-8444-555555555555"
OTHER = "21111111-2222-4333-8444-555555555555"
PUBLISHED = {
    "identifier": "board",
    "name": "Board",
    "description": None,
    "workbookModelId": "w1",
    "queryPresentations": {"data": {"1": {"query": {"modelId": "w1", "limit": 10}}}},
    "updatedAt": "2026-01-01T00:00:00Z",
}
# As Omni makes it: with a workbook of its own, which its tiles name.
DRAFTED = {
    "identifier": "d1",
    "draftOf": "board",
    "name": "Board pack",
    "workbookModelId": "w2",
    "queryPresentations": {"data": {"1": {"query": {"modelId": "w2", "limit": 10}}}},
    "updatedAt": "2026-02-02T00:00:00Z",
}


def draft(by=None, last=None, **more):
    return {
        "identifier": "d1",
        "publishedIdentifier": "board",
        "status": "active",
        "draftOutOfDate": False,
        "branch": None,
        "createdBy": by or {"name": "Ada"},
        "lastEditedBy": last or by or {"name": "Ada"},
        "createdAt": "2026-02-01T00:00:00Z",
        "updatedAt": "2026-02-02T00:00:00Z",
        "workbookModelId": "w2",
        **more,
    }


@pytest.fixture
def omni(scripted):
    """What gives a view of an Omni with these drafts, whose key acts for Ada."""

    def start(*drafts, drafted=DRAFTED, published=PUBLISHED, user=None):
        drafted, published = (
            answer(one) if isinstance(one, dict) else one for one in (drafted, published)
        )
        answers = {
            "/api/v1/documents/board/drafts": answer(list(drafts)),
            "/api/v2/documents/board": published,
            "/api/v2/documents/board/draft/d1": drafted,
            "/api/v1/whoami": answer({"user": {"id": "b", "membershipId": ME}}),
            f"/api/scim/v2/Users/{ME}": user or answer({"id": ME, "displayName": "Ada"}),
        }
        scripted.by_target = lambda target: answers[target.partition("?")[0]]
        return Now(client_of(scripted))

    return start


def check(now, column="name", new="Board pack"):
    check_draft(now, "board", draft_in_the_way(now, "board"), column, new)


@pytest.mark.parametrize("by", [{"name": "Ada"}, {"id": ME, "name": "Another Ada"}])
def test_ones_own_draft_that_holds_the_change_passes(omni, by):
    check(omni(draft(by)))


def test_a_description_that_is_taken_away_may_be_left_out(omni):
    published = PUBLISHED | {"description": "Why"}
    now = omni(draft(), published=published, drafted=DRAFTED | {"name": "Board"})
    check(now, "description", None)
    with pytest.raises(omnipd.ConflictError):
        check(now, "description", "Other")


@pytest.mark.parametrize(
    "by",
    [
        {"name": "Ben"},
        {"id": OTHER, "name": "Ada"},  # a namesake
        {"name": None},
    ],
)
def test_anothers_draft_is_a_conflict_though_it_says_the_same(omni, by):
    with pytest.raises(omnipd.ConflictError) as conflict:
        check(omni(draft(by)))
    said = str(conflict.value)
    assert said.startswith(f"{by['name'] or 'Somebody'} has a draft of it, d1. It holds only this")


def test_a_draft_that_another_has_edited_names_both(omni):
    now = omni(draft({"name": "Ada"}, {"name": "Ben"}))
    with pytest.raises(omnipd.ConflictError, match=r"^Ada and Ben have a draft of it, d1"):
        check(now)


@pytest.mark.parametrize(
    "more",
    [
        {"name": "Board packs"},
        {"description": "More"},
        {"queryPresentations": {"data": {"1": {"query": {"modelId": "w2", "limit": 20}}}}},
        {"settings": {"refreshInterval": 60}},
        {"what nobody knows yet": True},
    ],
)
def test_a_draft_that_holds_anything_else_is_work(omni, more):
    with pytest.raises(omnipd.ConflictError, match=r"^Ada has a draft of it, d1\. It stays"):
        check(omni(draft(), drafted=DRAFTED | more))


@pytest.mark.parametrize(
    "untold",
    [
        {"published": answer({"detail": "Classic layout"}, status=422)},
        {"drafted": answer({"detail": "Not found"}, status=404)},
        {"drafted": answer([])},
    ],
)
def test_a_draft_whose_state_is_not_told_is_taken_for_work(omni, untold):
    with pytest.raises(omnipd.ConflictError, match=r"^Ada has a draft of it, d1\. It stays"):
        check(omni(draft(), **untold))


def test_nothing_is_in_the_way_on_a_branch_or_once_it_is_archived(omni):
    on_branch = draft(branch={"id": OTHER, "name": "next"})
    now = omni(on_branch, draft(identifier="d2", status="archived"))
    assert draft_in_the_way(now, "board") is None


def test_who_may_not_ask_for_people_is_told_that_it_may_be_their_own(omni):
    refused = answer({"detail": "SCIM needs an organization key"}, status=403)
    with pytest.raises(omnipd.ConflictError, match="It holds only this change"):
        check(omni(draft(), user=refused))


def test_the_page_of_people_is_not_taken_for_a_person(omni):
    with pytest.raises(omnipd.ConflictError, match="It holds only this change"):
        check(omni(draft(), user=answer(scim_page())))
