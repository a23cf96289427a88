"""A person may have more than one id: owners whom no user is, and what is said of them."""

import urllib.parse

import pytest
from faults.given import client_of
from readers.reader_checks import cursor_page, scim_page
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

ADA, BEN = "scim-ada", "scim-ben"
OWNER_ADA, OWNER_BEN = "owner-ada", "owner-ben"


def client_to(server):
    return omnipd.connect(server.url, server.api_key, requests_per_minute=None)


def document(identifier, owner, scope):
    return {
        "type": "document",
        "identifier": identifier,
        "name": identifier,
        "scope": scope,
        "owner": {"id": owner, "name": owner.removeprefix("owner-")},
    }


class Tenant:
    """Lists users by one id and owners by another; an unknown owner is empty or a 404."""

    def __init__(self, unknown):
        self.unknown = unknown
        self.asked = []
        self.personal = {
            OWNER_ADA: [document("mine", OWNER_ADA, "restricted")],
            OWNER_BEN: [],
        }

    def __call__(self, target):
        parts = urllib.parse.urlsplit(target)
        if parts.path.endswith("/Users"):
            return answer(scim_page({"id": ADA, "displayName": "ada"}, {"id": BEN}))
        asked = dict(urllib.parse.parse_qsl(parts.query))
        if asked["scope"] == "organization":
            everybodys = [document("a", OWNER_ADA, "organization")]
            everybodys.append(document("b", OWNER_BEN, "organization"))
            return answer(cursor_page(*everybodys))
        self.asked.append(asked["creatorId"])
        if asked["creatorId"] in self.personal:
            return answer(cursor_page(*self.personal[asked["creatorId"]]))
        if self.unknown == "empty":
            return answer(cursor_page())
        return answer({"detail": f"User with id {asked['creatorId']} does not exist"}, 404)


@pytest.mark.parametrize("unknown", ["empty", "not_found"])
def test_owners_whom_no_user_is_are_asked_for_by_their_own_ids(scripted, unknown):
    tenant = scripted.by_target = Tenant(unknown)
    with (
        client_of(scripted) as client,
        pytest.warns(omnipd.OmniWarning, match="people have another id there") as warned,
    ):
        content = omnipd.read_content(scope="all", client=client)
    assert content["document_identifier"].tolist() == ["a", "b", "mine"]
    # Several at once, in no order.
    assert sorted(tenant.asked) == sorted([ADA, BEN, OWNER_ADA, OWNER_BEN])
    facts = content.attrs["omni"]
    assert (facts["complete"], facts["read_by"]) == (False, "user ids and owner ids")
    assert len(warned) == 1


def test_a_user_who_is_gone_is_still_an_error_where_owners_are_users(scripted):
    tenant = scripted.by_target = Tenant("not_found")
    tenant.personal = {ADA: []}

    def step(target):
        if "scope=organization" in target:
            return answer(cursor_page(document("a", ADA, "organization")))
        return tenant(target)

    scripted.by_target = step
    with client_of(scripted) as client, pytest.raises(omnipd.NotFoundError):
        omnipd.read_content(scope="all", client=client)


def test_where_owners_are_users_the_list_is_whole_and_says_how_it_was_read(omni):
    facts = omnipd.read_content(scope="all", client=omni).attrs["omni"]
    assert (facts["complete"], facts["read_by"]) == (True, "user ids")


@pytest.mark.parametrize("unknown", ["empty", "not_found"])
@pytest.mark.parametrize("reader", ["read_content", "read_folders"])
def test_a_sandbox_whose_owners_are_no_users_is_read_as_far_as_it_can_be(reader, unknown):
    read = getattr(omnipd, reader)
    options = {"size": "tiny", "documents": 60, "folders": 20}
    with (
        Server(**options) as plain,
        Server(**options, owner_ids="other", unknown_owner=unknown) as other,
    ):
        with client_to(plain) as client:
            wanted = read(scope="all", client=client)
            seen = set(read(client=client)["owner_id"])
        with client_to(other) as client:
            users = omnipd.read_users(client=client)
            with pytest.warns(omnipd.OmniWarning, match="people have another id there"):
                found = read(scope="all", client=client)
    assert not set(found["owner_id"]) & set(users["user_id"])
    assert found.attrs["omni"]["complete"] is False
    # Those who own nothing that everybody sees cannot be asked for: their items are what is missing.
    known = wanted[wanted["owner_id"].isin(seen)]
    assert sorted(found["name"]) == sorted(known["name"])
    assert len(known) > len(wanted[wanted["scope"] == "organization"]) or reader == "read_folders"


def test_an_inventory_of_such_an_omni_does_not_claim_to_be_whole():
    with (
        Server(size="tiny", documents=10, owner_ids="other") as server,
        client_to(server) as client,
        pytest.warns(omnipd.OmniWarning, match="people have another id there"),
    ):
        inventory = omnipd.read_inventory(client=client)
    assert not inventory.complete
