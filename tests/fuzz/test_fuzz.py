"""Some hundred damaged answers; python -m tests.fuzz tries thousands."""

import pytest

from fuzz import list_trials, query_trials
from fuzz.list_samples import samples


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("trials", "server"),
    [(list_trials, list_trials.Pages), (query_trials, query_trials.OneAnswer)],
    ids=["lists", "queries"],
)
def test_a_damaged_answer_is_whole_or_an_error(trials, server):
    with server() as running:
        came = set()
        for seed in range(300):
            running.requests.clear()
            came.add(trials.trial(seed, running))
    # It is no promise of anything where all of them are refused, or all of them taken.
    assert {"same: whole", "bytes: ResponseError", "json: whole"} <= came


@pytest.mark.thorough
def test_every_list_is_damaged():
    assert len(samples()) > 70
