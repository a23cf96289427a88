"""What tests of changes share: things of which all can be changed, and a client whose clock does not wait."""

import pytest
from changes.things import ACTIONS, Things
from faults.given import client_of

from omnipd.changes import action_table


@pytest.fixture
def _kinds(monkeypatch):
    """The things are in the table of what can be changed, before all else, as long as a test lasts."""
    more = {(one.kind, one.column): one for one in ACTIONS}
    monkeypatch.setattr(action_table, "_BY_NAME", {**more, **action_table._BY_NAME})
    order = {name: place for place, name in enumerate(action_table._BY_NAME)}
    monkeypatch.setattr(action_table, "_ORDER", order)
    monkeypatch.setattr(action_table, "ACTIONS", (*ACTIONS, *action_table.ACTIONS))
    monkeypatch.setattr(action_table, "KINDS", ("thing", *action_table.KINDS))


@pytest.fixture
def things(_kinds):
    """An Omni of five things, each with the value "old"."""
    with Things(**dict.fromkeys("abcde", "old")) as running:
        yield running


@pytest.fixture
def client(things, fake_time):
    """A client of it, and the default one."""
    with client_of(things, fake_time, cache=False, progress=False) as client:
        yield client
