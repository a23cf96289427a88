"""scope="all": what is the organization's and what is personal, with one walk per person."""

import urllib.parse

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import cursor_page, scim_page
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

ADA = "11111111-2222-4333-8444-555555555555"
BEN = "21111111-2222-4333-8444-555555555555"
CID = "31111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def server():
    """A sandbox of 24 people, each of whom is one walk."""
    with Server(size="tiny", documents=400, folders=40) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def organization(server):
    """What the sandbox holds, looked at from inside."""
    return server.organization


def hundreds(rows):
    return max(1, -(-rows // 100))


def people(*ids):
    return answer(
        scim_page(
            *({"id": one, "userName": f"{one[0]}@x.example", "displayName": one} for one in ids)
        )
    )


def document(identifier, owner, scope="restricted"):
    return {
        "type": "document",
        "identifier": identifier,
        "name": identifier,
        "scope": scope,
        "owner": {"id": owner, "name": owner[0]},
    }


def by_person(users, **walks):
    """Return what answers a target by whose walk it is."""

    def step(target):
        parts = urllib.parse.urlsplit(target)
        if parts.path.endswith("/Users"):
            return users
        asked = dict(urllib.parse.parse_qsl(parts.query))
        whose = asked.get("creatorId") if asked["scope"] == "restricted" else "organization"
        return walks[{"organization": "org", ADA: "ada", BEN: "ben", CID: "cid"}[whose]]

    return step


def test_every_document_and_folder_of_the_organization_is_there_once(omni, organization):
    df = omnipd.read_content(scope="all")
    documents = {one.identifier for one in organization.documents.values() if not one.deleted}
    assert sorted(df["document_identifier"].dropna()) == sorted(documents)
    assert sorted(df["id"].dropna()) == sorted(organization.folders)
    owners = {one.identifier: one.owner_id for one in organization.documents.values()}
    listed = df[df["type"] == "document"]
    assert listed["owner_id"].tolist() == [owners[one] for one in listed["document_identifier"]]


def test_every_folder_of_the_organization_is_there_once(omni, organization):
    df = omnipd.read_folders(scope="all")
    assert sorted(df["folder_id"]) == sorted(organization.folders)
    assert len(omnipd.read_folders()) < len(df)


def test_the_organization_comes_first_then_person_by_person_in_the_order_of_users(omni):
    df = omnipd.read_content(scope="all")
    public = omnipd.read_content(scope="organization")
    personal = [
        omnipd.read_content(scope="restricted", creator_id=one)
        for one in omnipd.read_users()["user_id"]
    ]
    pd.testing.assert_frame_equal(
        df, pd.concat([public, *personal], ignore_index=True), check_like=False
    )


def test_the_requests_are_those_of_the_estimate():
    with (
        Server() as whole,
        omnipd.connect(whole.url, whole.api_key, requests_per_minute=None) as client,
    ):
        organization = whole.organization
        df = omnipd.read_content(scope="all")
        public = [
            one
            for one in [*organization.documents.values(), *organization.folders.values()]
            if one.scope == "organization" and not getattr(one, "deleted", False)
        ]
        users = len(organization.users)
        by_hand = hundreds(len(public)) + 2 * hundreds(users) + users
        assert len(whole.requests) == by_hand == 140
        assert df.attrs["omni"]["requests"] == by_hand
        assert df.attrs["omni"]["complete"] is True
        omnipd.clear_cache(client)
        assert omnipd.estimate_inventory(include="content")["calls"].sum() == by_hand


def test_a_second_call_asks_nothing(omni, server):
    omnipd.read_content(scope="all")
    since = len(server.requests)
    again = omnipd.read_content(scope="all")
    assert len(server.requests) == since
    assert again.attrs["omni"]["from_cache"] is True


def test_the_cost_is_said_before_anything_is_read():
    with (
        Server(documents=3, folders=0) as small,
        omnipd.connect(small.url, small.api_key, requests_per_minute=120) as client,
    ):
        client.progress = lambda path, *_: 1 / ("content" not in path)
        with (
            pytest.raises(ZeroDivisionError),
            pytest.warns(omnipd.OmniWarning, match="content needs 131 requests, about 1 minute\\."),
        ):
            omnipd.read_content(scope="all")
        assert client.requests_sent == 5  # the users twice, and the first walk


def test_what_several_walks_show_comes_once(scripted):
    shared = document("shared", ADA)
    scripted.by_target = by_person(
        people(ADA, BEN),
        org=answer(cursor_page(document("public", ADA, "organization"))),
        ada=answer(cursor_page(shared, document("a", ADA))),
        ben=answer(cursor_page(document("b", BEN), shared)),
    )
    with client_of(scripted):
        df = omnipd.read_content(scope="all")
    assert df["document_identifier"].tolist() == ["public", "shared", "a", "b"]


def test_a_person_who_is_refused_fails_all_and_what_was_read_is_in_partial(scripted):
    scripted.by_target = by_person(
        people(ADA, BEN, CID),
        org=answer(cursor_page(document("public", ADA, "organization"))),
        ada=answer(cursor_page(document("a", ADA))),
        ben=answer({"detail": f"User with id {BEN} does not exist", "status": 404}, 404),
        cid=answer(cursor_page(document("c", CID))),
    )
    with client_of(scripted):
        with pytest.raises(omnipd.NotFoundError, match="3 of 4") as caught:
            omnipd.read_content(scope="all")
        assert caught.value.partial["document_identifier"].tolist() == ["public", "a"]
        assert caught.value.partial.attrs["omni"]["complete"] is False
        with pytest.warns(omnipd.OmniWarning, match="1 of 4 could not be read"):
            df = omnipd.read_content(scope="all", errors="collect")
    assert df["document_identifier"].tolist() == ["public", "a", "c"]
    assert df.attrs["omni"]["complete"] is False
    assert list(df.attrs["omni"]["failures"]) == [BEN]


def test_a_personal_token_is_told_that_it_needs_an_organization_key(server):
    since = len(server.requests)
    with omnipd.connect(server.url, server.personal_key, requests_per_minute=None):
        with pytest.raises(omnipd.ForbiddenError, match="has to know all people") as caught:
            omnipd.read_content(scope="all")
        assert "organization key" in str(caught.value)
        assert "scope='organization'" in caught.value.hint
    assert len(server.requests) - since == 1


def test_with_a_creator_it_is_two_walks_for_what_is_theirs(omni, server, organization):
    owner = next(
        one.owner_id for one in organization.documents.values() if one.scope != "organization"
    )
    since = len(server.requests)
    df = omnipd.read_content(scope="all", creator_id=owner)
    assert len(server.requests) - since == 2
    theirs = [
        one.identifier
        for one in organization.documents.values()
        if one.owner_id == owner and not one.deleted
    ]
    assert sorted(df["document_identifier"].dropna()) == sorted(theirs)
    assert set(df["scope"]) == {"organization", "restricted"}


def test_labels_from_a_generator_hold_for_all_walks_and_nothing_is_said(omni):
    df = omnipd.read_content(scope="all", labels=(one for one in ["finance"]))
    everything = omnipd.read_content(scope="all")
    carrying = everything[everything["labels"].str.split(",").map(lambda names: "finance" in names)]
    assert len(df) == len(carrying) > 0
    assert set(df["scope"]) == {"organization", "restricted"}


def test_a_label_that_nobody_carries_is_said_once(omni):
    with pytest.warns(omnipd.OmniWarning, match="finanse") as warned:
        df = omnipd.read_content(scope="all", labels="finanse")
    assert (len(df), len(warned)) == (0, 1)


def test_the_last_update_sorts_all_walks_together(omni):
    df = omnipd.read_content(scope="all", sort="updated_at", direction="desc")
    updated = df["updated_at"].dropna()
    assert len(updated) > 300
    assert updated.is_monotonic_decreasing
    assert df.loc[len(updated) :, "updated_at"].isna().all()


@pytest.mark.parametrize(
    ("reader", "arguments", "words"),
    [
        ("read_content", {"path": "/a"}, "does not go with path="),
        ("read_content", {"folder_id": ADA}, "folder_id="),
        ("read_content", {"limit": 3}, "limit="),
        ("read_content", {"sort": "nam"}, "Did you mean 'name'"),
        ("read_content", {"creator_id": ".."}, "creator_id='..'"),
        ("read_content", {"errors": "colect"}, "Did you mean 'collect'"),
        ("read_content", {"scope": "al"}, "Did you mean 'all'"),
        ("read_content", {"scope": "organization", "errors": "collect"}, "only with scope"),
        ("read_folders", {"path": "/a"}, "does not go with path="),
        ("read_folders", {"only_shared_with_me": True}, "only_shared_with_me="),
        ("read_folders", {"limit": 3}, "limit="),
        ("read_folders", {"scope": None, "errors": "collect"}, "only with scope"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    scripted, reader, arguments, words
):
    with client_of(scripted), pytest.raises(omnipd.ArgumentError, match=words):
        getattr(omnipd, reader)(**{"scope": "all", **arguments})
    assert scripted.requests == []
