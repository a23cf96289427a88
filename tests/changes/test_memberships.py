"""Groups that a sheet names become memberships of who is not in them yet."""

import pytest
from changes.changed_users import changed_users

from omnipd.changes.memberships import Memberships
from omnipd.changes.now import Now
from omnipd.client.current_client import current_client


@pytest.fixture
def omni():
    with changed_users() as users:
        yield users


def joined(user, *named):
    changes = Memberships(Now(current_client(None))).joined(user, named)
    return [(one.key, one.old, one.new, one.name, one.refused) for one in changes]


def test_groups_are_named_by_name_or_id_and_joined_once(omni):
    analysts = next(
        each for each in omni.server.organization.groups.values() if each.name == "Analysts"
    )
    zoe = omni.user("zoe").membership_id
    key = ("group", analysts.id, zoe, "member")
    assert joined(zoe, "Analysts", analysts.id) == [(key, None, True, "Analysts", None)]


def test_who_is_in_a_group_already_does_not_join_it(omni):
    assert joined(omni.user("jose").membership_id, "Analysts", "Everyone") == []


def test_who_is_yet_to_be_made_joins_by_address(omni):
    ((key, _, new, _, refused),) = joined("new@sandbox.example", "Analysts")
    assert (key.part, new, refused) == ("new@sandbox.example", True, None)


def test_an_unknown_group_is_refused_with_near_matches(omni):
    ((key, *_, refused),) = joined(omni.user("zoe").membership_id, "analyst")
    assert key.item == "analyst"
    assert refused == "There is no group 'analyst'. Did you mean 'Analysts'?"
