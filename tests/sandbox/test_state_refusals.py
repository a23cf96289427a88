"""Files with a state that a sandbox does not take: damaged, another's, or in use."""

import json
import os
import random
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.server import Server


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


def starts(path, **knobs):
    """Start on a file and end; give what is said when it is refused."""
    try:
        with Server(state=path, **knobs) as server:
            assert server.failures == []
    except BadOrganization as refusal:
        return str(refusal)
    return None


def write_some(path, **knobs):
    """Make a file that has seen a few changes."""
    assert starts(path, **knobs) is None


# The last three damage the names of tables so that SQLite's own messages are no UTF-8.
@pytest.mark.parametrize(
    "seed", [0, 108, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 113, 130))]
)
def test_a_file_with_flipped_bits_is_refused_by_name_or_good(path, seed):
    write_some(path, documents=3, folders=3)
    whole = path.read_bytes()
    dice = random.Random(seed)
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(dice.choice([1, 1, 20])):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        for beside in path.parent.iterdir():
            beside.unlink()
        path.write_bytes(damaged)
        said = starts(path, documents=3, folders=3)
        assert said is None or str(path) in said
        refused += said is not None
    assert refused > 10


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        # Nothing that SQLite itself would mind.
        ("UPDATE record SET value = CAST(x'ff' AS TEXT) WHERE mapping = 'labels'", "not UTF-8"),
        ("UPDATE record SET value = CAST(1 AS BLOB) || x'ff' WHERE mapping = 'labels'", "UTF-8"),
        ("UPDATE record SET place = 'x' WHERE mapping = 'labels'", "the place of a record"),
        ("UPDATE record SET place = 9e999 WHERE mapping = 'labels'", "the place of a record"),
        ("UPDATE record SET mapping = CAST(x'ff' AS TEXT) WHERE mapping = 'labels'", "not UTF-8"),
        ("UPDATE single SET value = CAST(x'ff' AS TEXT)", "not UTF-8"),
        (
            "INSERT INTO record SELECT mapping, ' ' || key, place, value FROM record"
            " WHERE mapping = 'group_roles'",
            "group_roles: a key is there twice",
        ),
    ],
)
def test_what_is_no_text_or_no_place_is_refused_by_name(path, statement, said):
    write_some(path, documents=10)
    database = sqlite3.connect(path)
    assert database.execute(statement).rowcount > 0
    database.commit()
    database.close()
    assert said in starts(path, documents=10)


def folder_of(place, organization, model="shop"):
    """Write an organization with one model of one table."""
    for name, text in (
        ("organization.json", json.dumps(organization)),
        (f"models/{model}/shops.view", "dimensions:\n  name: {}\n"),
        (f"models/{model}/shops.topic", "base_view: shops\n"),
        ("data/shops.csv", "name\nNorth\n"),
    ):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


PEOPLE = {"users": [{"email": "a@x.example", "organization_role": "ORG_ADMIN"}]}


def test_the_state_of_another_organization_is_refused_by_name(path, tmp_path):
    folder = folder_of(tmp_path / "one", {**PEOPLE, "labels": [{"name": "mine"}]})
    write_some(path, org=folder)
    before = path.read_bytes()
    # What it holds now is not what it began with, and is no other organization.
    (folder / "data/shops.csv").write_text("name\nNorth\nSouth\n")
    (folder / "models/shop/shops.view").write_text("dimensions:\n  name: {label: Name}\n")
    assert starts(path, org=folder) is None
    other_people = {"users": [{"email": "b@x.example", "organization_role": "ORG_ADMIN"}]}
    for name, given, model, knobs, differs in (
        ("two", {**other_people, "labels": [{"name": "mine"}]}, "shop", {}, "users"),
        ("three", {**PEOPLE, "labels": [{"name": "yours"}]}, "shop", {}, "labels"),
        ("four", {**PEOPLE, "labels": [{"name": "mine"}]}, "store", {}, "models, fixed_models"),
        ("five", {**PEOPLE, "labels": [{"name": "mine"}]}, "shop", {"model_name": "x"}, "models"),
        ("six", {**PEOPLE, "labels": [{"name": "mine"}]}, "shop", {"topic_name": "x"}, "models"),
    ):
        said = starts(path, org=folder_of(tmp_path / name, given, model), **knobs)
        assert said is not None, name
        assert f"another organization, which began with other {differs}: " in said
    assert "your own" in starts(path, documents=10)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "other", [{"model_name": "Departures"}, {"topic_name": "everything"}, {"seed": 5}]
)
def test_the_state_of_one_that_was_invented_otherwise_is_refused_by_name(path, other):
    write_some(path, documents=10)
    said = starts(path, documents=10, **other)
    assert said is not None
    assert "it is of an" in said
    # The other way about, too.
    path.unlink()
    write_some(path, documents=10, **other)
    assert starts(path, documents=10, **other) is None
    assert starts(path, documents=10) is not None


def test_a_link_leads_to_the_same_file(path):
    link = path.with_name("link.db")
    link.symlink_to(path)
    with Server(documents=0, state=link):
        assert "another sandbox is using it" in starts(path, documents=0)
    with Server(documents=0, state=path):
        assert "another sandbox is using it" in starts(link, documents=0)
    link.unlink()
    link.hardlink_to(path)
    assert "hard link" in starts(link, documents=0)
    link.unlink()
    assert starts(path, documents=0) is None


def test_a_file_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Server(documents=0, state=":memory:"):
        """Only written."""
    assert [each.name for each in tmp_path.iterdir()] == [":memory:"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no such permissions")
def test_a_file_that_can_only_be_read_is_refused_at_the_start():
    # Not where others cannot go: who may do everything becomes somebody else here.
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    path = folder / "state.db"
    everything = os.geteuid() == 0
    try:
        write_some(path, documents=0)
        path.chmod(0o444)
        if everything:
            os.seteuid(65_534)
        said = starts(path, documents=0)
        assert said is not None
        assert "readonly" in said
    finally:
        if everything:
            os.seteuid(0)
        shutil.rmtree(folder)
