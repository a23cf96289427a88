"""JSON is read as the standard library reads it, exactly, and what is not JSON is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipd.client import strict_json

DOCUMENTS = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec=None)),
    ),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(DOCUMENTS)
def test_what_was_written_is_read_with_the_same_types(document):
    body = json.dumps(document).encode()
    assert repr(strict_json.loads(body)) == repr(json.loads(body))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"[18446744073709551616]", [2**64]),
        (b"[-9223372036854775809]", [-(2**63) - 1]),
        (b"[1" + b"0" * 400 + b"]", [10**400]),
        (b"[9007199254740993]", [2**53 + 1]),
        (b"[-0]", [0]),
        (b"[-0.0]", [-0.0]),
        (b"[1E5]", [100000.0]),
        (b"[1e-400]", [0.0]),
        (b"[123456789012345678.5]", [1.2345678901234568e17]),
        (b'{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}),
        (b'["\\ud83d"]', ["\ud83d"]),
        (b'["\\ude00\\ud83d"]', ["\ude00\ud83d"]),
        (b'["\\ud83e\\udd86"]', ["🦆"]),
        (b'["\\u0000"]', ["\x00"]),
        (b" [] ", []),
    ],
)
def test_a_value_is_read_exactly(body, value):
    assert repr(strict_json.loads(body)) == repr(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b'["\xff"]',
        b'["\xed\xa0\xbd"]',
        b"\xef\xbb\xbf[]",
        b'["\x01"]',
        b"[1,]",
        b"[01]",
        b"[1.]",
        b"[.5]",
        b"[+1]",
        b"[]x",
        b"['a']",
        b'["\\x"]',
        b"[" + b"9" * 5000 + b"]",
    ],
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the parser's
        strict_json.loads(body)


def test_what_is_nested_without_end_is_refused():
    with pytest.raises(RecursionError):
        strict_json.loads(b"[" * 100_000)
