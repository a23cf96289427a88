"""Every row of the table of failures has a test over a real socket, and every mark names a row."""

import re

import pytest
from failure_table import MODEL, TESTS, failures, proofs

import omnipd


def test_every_failure_has_a_test_that_uses_a_socket():
    proven = {proof.failure for proof in proofs() if proof.connects}
    refused = {proof.failure for proof in proofs() if not proof.connects}
    missing = [
        one.name for one in failures() if one.name not in (refused if one.sends_nothing else proven)
    ]
    assert missing == []


def test_every_mark_names_a_failure():
    names = [one.name for one in failures()]
    assert len(set(names)) == len(names)
    assert {proof.failure for proof in proofs()} - set(names) == set()


def test_every_mark_stands_where_it_is_found():
    # A mark of a class, a module or a parameter would count for the run and not for the table.
    written = sum(
        len(re.findall(r"^\s*@?pytest\.mark\.failure\(", file.read_text("utf-8"), re.MULTILINE))
        for file in TESTS.rglob("test_*.py")
    )
    assert written == len({(proof.file, proof.test) for proof in proofs()})


def test_every_part_is_shown_once_and_under_its_title():
    page = MODEL.with_name("failures.md").read_text(encoding="utf-8")
    shown = re.findall(
        r"^## (.*)\n(?:(?!^## )[^`]|`(?!``\{failures))*```\{failures\} (\w+)$", page, re.M
    )
    assert sorted(shown) == sorted({(one.title, one.part) for one in failures()})


@pytest.mark.parametrize("failure", failures(), ids=lambda failure: failure.name)
def test_the_errors_of_a_row_exist(failure):
    for name in re.findall(r"`(\w+(?:Error|Warning))`", failure.ends):
        assert issubclass(getattr(omnipd, name), omnipd.OmniError | omnipd.OmniWarning)
