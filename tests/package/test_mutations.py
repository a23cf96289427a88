"""The list of faults fits the code: each text is there once, and each test is there."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutations import MUTATIONS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.breaks)
def test_a_fault_can_be_planted_and_its_test_is_there(mutation):
    sound = (ROOT / mutation.file).read_text(encoding="utf-8")
    planted = mutation.planted_in(sound)
    assert planted != sound
    ast.parse(planted)
    file, _, name = mutation.test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_each_part_has_some():
    areas = Counter(mutation.area for mutation in MUTATIONS)
    assert set(areas) == {
        *("client", "paging", "NDJSON", "limiter", "cache", "export", "journal", "plan"),
    }
    assert (min(areas.values()) >= 6, areas.total() >= 60) == (True, True)
    assert len({(one.file, one.old, one.new) for one in MUTATIONS}) == len(MUTATIONS)
