"""Questions of several Omnis: each is answered by itself."""

import pandas as pd
import pytest
from faults.given import client_of

import omnipd
from omnipd import audit
from omnipd_sandbox.server import Server

INCLUDE = ["content:all", "people", "schedules:all", "models:all"]


@pytest.fixture(scope="module")
def fleet():
    """Two organizations that have the same ids."""
    with Server(size="tiny") as dev, Server(size="tiny") as prod:
        clients = {
            name: omnipd.connect(one.url, one.api_key, requests_per_minute=None, cache=False)
            for name, one in {"dev": dev, "prod": prod}.items()
        }
        yield omnipd.Fleet(clients)
        for client in clients.values():
            client.close()


@pytest.fixture(scope="module")
def inventory(fleet):
    return omnipd.read_inventory(include=INCLUDE, client=fleet)


@pytest.fixture(scope="module")
def one(fleet):
    return omnipd.read_inventory(include=INCLUDE, client=fleet["dev"])


@pytest.mark.parametrize("name", ["unused", "orphans", "unused_fields", "validate", "field_usage"])
@pytest.mark.filterwarnings("ignore:Not all is known")
def test_each_has_the_answer_that_it_has_alone(name, inventory, one):
    question = getattr(audit, name)
    alone, together = question(one), question(inventory)
    for instance in ("dev", "prod"):
        rows = together[together["instance"] == instance].drop(columns="instance")
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), alone)


def test_a_question_that_takes_a_client_takes_a_fleet(fleet):
    alone = audit.validate(fleet["dev"])
    together = audit.validate(fleet)
    rows = together[together["instance"] == "prod"].drop(columns="instance")
    pd.testing.assert_frame_equal(rows.reset_index(drop=True), alone)


def test_what_has_changed_in_one_has_not_changed_in_the_other(inventory):
    before = inventory["labels"]
    labels = before[~((before["instance"] == "prod") & (before["label"] == "finance"))]
    after = omnipd.Inventory({"labels": labels})
    found = audit.diff(omnipd.Inventory({"labels": before}), after)
    assert found[["instance", "change", "key"]].values.tolist() == [["prod", "removed", "finance"]]
    counted = audit.diff_summary(found)
    assert counted[["instance", "removed"]].values.tolist() == [["dev", 0], ["prod", 1]]


def test_one_that_was_down_has_no_answer(fleet, inventory, fake_time):
    down = client_of("http://127.0.0.1:9", fake_time)
    some = omnipd.Fleet({"dev": fleet["dev"], "down": down}, errors="collect")
    with pytest.warns(omnipd.OmniWarning, match="down could not be read"):
        found = omnipd.read_inventory(include=["documents", "users", "labels"], client=some)
    assert found.complete is False
    assert found["users"]["instance"].unique().tolist() == ["dev"]
    with pytest.raises(omnipd.ExportIncompleteError):
        audit.diff(found, found)


def test_inventories_of_one_and_of_many_are_not_compared(inventory, one):
    with pytest.raises(omnipd.ArgumentError, match="the other of one"):
        audit.diff(inventory, one)


def test_a_picture_is_of_one(inventory):
    with pytest.raises(omnipd.ArgumentError, match=r"plot_activity\(\) shows one Omni"):
        audit.plot_activity(inventory)
