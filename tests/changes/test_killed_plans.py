"""A plan that is killed again and again comes to its end, and its report is the truth."""

import os

import pytest
from killed_plans import SCENARIOS, trial


@pytest.mark.thorough
@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_plan_that_is_killed_again_and_again_comes_to_its_end(name):
    tried = trial(name, 0)
    assert tried.killed.total() == 6
    assert tried.faults.keys() >= {"lost", "reset", "no_effect", "status", "meanwhile"}
    assert tried.states["ok"] >= 20
