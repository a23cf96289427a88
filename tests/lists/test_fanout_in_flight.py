"""Many parents at once: how many requests are under way, whose rows come first, what stops them all."""

import gc
import threading
import time

import pandas as pd
import pytest
from faults.given import client_of
from scripted_server import answer

import omnipd
from omnipd.call import current_call

WAIT = 0.1


def abilities(name):
    return answer({"abilities": {"canAnalyze": name.endswith("1")}})


class Slow:
    """Answers each request after a while, and knows how many waited for an answer at once."""

    def __init__(self, seconds=WAIT, **answers):
        self.most = 0
        self._now = 0
        self._seconds = seconds
        self._answers = answers
        self._lock = threading.Lock()

    def __call__(self, target):
        name = target.split("/")[4]
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._seconds * (2 if name in self._answers else 1))
        with self._lock:
            self._now -= 1
        return self._answers.get(name, abilities(name))


NAMES = [f"d{number}" for number in range(48)]


def test_one_request_at_a_time_where_that_uses_the_allowance(scripted):
    scripted.by_target = slow = Slow(0.01)
    with client_of(scripted, requests_per_minute=60):
        omnipd.read_document_abilities(NAMES)
    assert slow.most == 1


def test_as_many_at_once_as_the_allowance_and_the_latency_need(scripted):
    # 2,400 a minute are 40 a second, and 4 at a time where each takes a tenth of a second; twice that.
    scripted.by_target = slow = Slow()
    with client_of(scripted, requests_per_minute=2400):
        df = omnipd.read_document_abilities(NAMES)
    assert 4 <= slow.most <= 16
    assert df["document_identifier"].tolist() == NAMES
    assert df["can_analyze"].tolist() == [name.endswith("1") for name in NAMES]


def test_the_first_error_ends_all_and_the_rows_before_it_are_in_the_parents_order(scripted):
    refused = answer({"detail": "no", "status": 403}, 403)
    scripted.by_target = Slow(d9=refused)
    with (
        client_of(scripted, requests_per_minute=2400),
        pytest.raises(omnipd.ForbiddenError, match=r"At d9, .* of 48") as caught,
    ):
        omnipd.read_document_abilities(NAMES)
    asked = len(scripted.requests)
    partial = caught.value.partial
    read = partial["document_identifier"].tolist()
    assert read == sorted(read, key=NAMES.index)
    assert set(NAMES[:5]) <= set(read) < set(NAMES)
    became = omnipd.outcomes(partial).set_index("document_identifier")["outcome"]
    assert became.index.tolist() == NAMES
    assert became["d9"] == "forbidden"
    assert set(became[became == "ok"].index) == set(read)
    assert (became[NAMES[-4:]] == "not asked").all()
    time.sleep(3 * WAIT)
    assert len(scripted.requests) == asked


def test_each_parent_has_an_outcome(scripted):
    none = answer({"detail": "d2 does not have a dashboard", "status": 404}, 404)
    answers = {
        "d1": answer({"filterOrder": [], "filters": {}, "controls": {}}),
        "d2": none,
        "d3": answer({"detail": "no", "status": 403}, 403),
        "d4": answer({"detail": "gone", "status": 404}, 404),
        "d5": answer({"detail": "what?", "status": 409}, 409),
    }
    scripted.by_target = lambda target: answers[target.split("?")[0].split("/")[4].split("/")[0]]
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="3 of 5"):
        df = omnipd.read_dashboard_filters(list(answers), errors="collect")
    became = omnipd.outcomes(df)
    assert became["outcome"].tolist() == ["ok", "has none", "forbidden", "not found", "failed"]
    assert became["message"].isna().tolist() == [True, True, False, False, False]
    assert became.dtypes.map(str).unique().tolist() == ["string[pyarrow]"]
    # pandas hands it on to what is made of the frame.
    pd.testing.assert_frame_equal(omnipd.outcomes(df[["document_identifier"]].head(1)), became)


def test_outcomes_are_refused_where_there_are_none(scripted):
    for other in (None, pd.DataFrame({"a": [1]})):
        with pytest.raises(omnipd.ArgumentError):
            omnipd.outcomes(other)


def test_no_parents_have_no_outcomes(scripted):
    with client_of(scripted):
        df = omnipd.read_document_abilities([], errors="collect")
    assert omnipd.outcomes(df).shape == (0, 3)


def test_warnings_from_threads_point_at_the_caller(scripted):
    scripted.by_target = lambda target: (
        time.sleep(WAIT),
        answer({"abilities": {"canAnalyze": "perhaps"}}),
    )[1]
    with client_of(scripted, requests_per_minute=2400), pytest.warns(omnipd.OmniWarning) as said:
        omnipd.read_document_abilities(NAMES[:6])
    assert {one.filename for one in said} == {__file__}
    assert len({str(one.message) for one in said}) == len(said)


def test_an_error_of_the_progress_function_ends_all_while_its_traceback_is_kept(scripted):
    scripted.by_target = Slow()

    def stop(path, done, total):
        if done == 12:
            raise ZeroDivisionError

    with (
        client_of(scripted, requests_per_minute=2400, progress=stop),
        pytest.raises(ZeroDivisionError) as kept,
    ):
        omnipd.read_document_abilities(NAMES)
    assert kept.value.__traceback__ is not None
    assert not [one for one in threading.enumerate() if one.name == "omnipd"]


def test_what_is_broken_off_is_no_part_of_the_next_call(scripted):
    scripted.by_target = Slow(d9=answer({"detail": "no", "status": 403}, 403))
    with client_of(scripted, requests_per_minute=2400, timeout=60):
        with pytest.raises(omnipd.ForbiddenError) as kept:
            omnipd.read_document_abilities(NAMES)
        assert current_call().deadline is None
        del kept  # its frames held the threads' results
        gc.collect()
        assert current_call().deadline is None
