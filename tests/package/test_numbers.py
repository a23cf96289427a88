"""Whole numbers and seconds as arguments: NumPy's as Python's own, and no booleans."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

import omnipd
from omnipd import Query, field
from omnipd.errors import ArgumentError

COUNTS = Query("flights", "flights").select("flights.origin", "flights.count")
FIVES = (np.int64(5), np.uint8(5), np.array(5))
NO_NUMBERS = (True, np.True_, 5.0, np.float64(5), "5", np.array([5]))


@pytest.mark.parametrize("five", FIVES, ids=repr)
def test_a_query_takes_whole_numbers_of_numpy(five):
    query = COUNTS.limit(five).offset(five).pivot("flights.origin", column_limit=five)
    sent = json.loads(json.dumps(query.to_dict()))
    assert (sent["limit"], sent["offset"], sent["column_limit"]) == (5, 5, 5)


def test_a_condition_takes_whole_numbers_of_numpy():
    quarter, hour = field("a.b").in_quarter(np.int64(2)), field("a.b").at_hour(np.uint8(7))
    sent = COUNTS.where(quarter).to_dict()["filters"]["a.b"]
    assert (sent["kind"], sent["left_side"]) == ("IS_IN_QUARTER_OF_YEAR", "2")
    assert COUNTS.where(hour).to_dict()["filters"]["a.b"]["left_side"] == "7"


def test_calls_take_whole_numbers_of_numpy(omni):
    five = np.int64(5)
    assert len(omnipd.read_users(limit=five)) == 5
    assert len(COUNTS.run(limit=five)) == 3
    assert [len(df) for df in omnipd.run_queries([COUNTS], max_workers=five)] == [3]
    client = omnipd.connect(omni.base_url, "key", requests_per_minute=five)
    assert type(client.requests_per_minute) is int


@pytest.mark.parametrize("given", NO_NUMBERS, ids=repr)
def test_what_counts_nothing_is_refused_by_name(omni, given):
    for name, call in {
        "limit": lambda: COUNTS.limit(given),
        "offset": lambda: COUNTS.offset(given),
        "column_limit": lambda: COUNTS.pivot("flights.origin", column_limit=given),
        "max_workers": lambda: omnipd.run_queries([COUNTS], max_workers=given),
        "requests_per_minute": lambda: omnipd.connect(
            omni.base_url, "key", requests_per_minute=given
        ),
    }.items():
        with pytest.raises(ArgumentError, match=rf"^{name}=.* must be a whole number"):
            call()
    with pytest.raises(ArgumentError, match=r"^limit="):
        omnipd.read_users(limit=given)


@pytest.mark.parametrize(
    "seconds",
    [np.float32(60), np.int64(60), np.float64(60), math.inf, 10**400, Fraction(10**400)],
    ids=type,
)
def test_a_timeout_is_any_number_of_seconds(omni, seconds):
    assert len(COUNTS.run(timeout=seconds)) == 3
    client = omnipd.connect(omni.base_url, "key", timeout=seconds)
    assert type(client.timeout) is float


@pytest.mark.parametrize(
    "given", [0, -1, math.nan, True, np.True_, "60", np.float64(-1), Fraction(-(10**400))], ids=type
)
def test_what_is_no_number_of_seconds_is_refused(omni, given):
    with pytest.raises(ArgumentError, match=r"^timeout=.* must be a positive number of seconds"):
        COUNTS.run(timeout=given)


def test_a_lifetime_is_any_number_of_seconds(omni):
    assert omnipd.connect(omni.base_url, "key", cache=np.int64(90)).cache.lifetime.seconds == 90
    assert len(COUNTS.run(ttl=np.float32(90))) == 3
    with pytest.raises(ArgumentError, match="ttl="):
        COUNTS.run(ttl=np.True_)


def test_a_sandbox_takes_numbers_of_numpy():
    with omnipd.sandbox(
        port=np.int64(0),
        documents=np.int64(0),
        requests_per_minute=np.int64(600),
        tokens=np.int64(2),
        slow_job_polls=np.int64(0),
        faults=[{"kind": "slow", "seconds": np.float32(0), "count": np.int64(1)}],
    ):
        documents = omnipd.read_documents()
    assert documents.empty
    with pytest.raises(ArgumentError, match="documents must be a whole number"):
        omnipd.sandbox(documents=np.True_)
