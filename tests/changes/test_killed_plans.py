"""A plan that is killed again and again comes to its end, and its report is the truth."""

import os

import pytest
from killed_plans import SCENARIOS, trial

#: Which part of each kind of plan is enough here; ``python -m tests.killed_plans`` tries them whole.
_PARTS = {
    "relabel 200 documents": 8,
    "move 50 documents": 2,
    "hand over what a leaver has": 3,
    "bring 600 users into groups": 12,
    "make 40 folders and 20 groups": 2,
}


@pytest.mark.thorough
@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_plan_that_is_killed_again_and_again_comes_to_its_end(name):
    tried = trial(name, 0, _PARTS[name])
    assert tried.killed == {"sending": 3, "verifying": 1, "sending back": 3, "verifying back": 1}
    assert tried.faults.keys() >= {"lost", "reset", "no_effect", "status", "meanwhile"}
    assert tried.states["ok"] >= 10
