"""The doctor names every way in which a sandbox can differ, but for those that no read can show."""

import pytest
from checkup.conftest import by_check
from checkup.knobs_seen import NOT_SEEN, SEEN, SEEN_ALONE, WITH

from omnipd_sandbox.moods.knobs import KNOBS

EACH = SEEN | SEEN_ALONE


def assert_named(found, expected):
    for check, (result, detail) in expected.items():
        assert found[check][0] == result, (check, found[check])
        assert detail in found[check][1], (check, found[check])


def test_each_knob_is_named_or_has_a_reason():
    assert sorted([*EACH, *NOT_SEEN]) == sorted(KNOBS)


def test_many_differences_at_once_are_all_named(examined):
    plain = by_check(examined(query=True))
    found = by_check(examined(query=True, **{knob: value for knob, (value, _) in SEEN.items()}))
    for _, expected in SEEN.values():
        assert_named(found, expected)
        for check, (result, detail) in expected.items():
            assert plain[check][0] != result or detail not in plain[check][1]


@pytest.mark.thorough
@pytest.mark.parametrize("knob", sorted(EACH))
def test_a_difference_is_named(examined, knob):
    value, expected = EACH[knob]
    report = examined(query=True, **{knob: value}, **WITH.get(knob, {}))
    assert_named(by_check(report), expected)
    assert report.to_markdown().count("\n") == len(report) + 4


def test_faults_are_rows(examined):
    value, expected = SEEN_ALONE["faults"]
    assert_named(by_check(examined(faults=value)), expected)
