"""The knobs of a sandbox: their names, what each takes, and the behavior they make."""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from omnipd_sandbox.moods.behavior import Behavior, KeyScope, RetryAfter, Token
from omnipd_sandbox.moods.checks import Check, flag, listed, one_of, whole, words
from omnipd_sandbox.moods.faults import read_faults
from omnipd_sandbox.near_matches import check_names
from omnipd_sandbox.organization.roles import PERMISSIONS


def read_knobs(given: Mapping[str, Any]) -> Behavior:
    """Check knobs and give the behavior they describe.

    Raises
    ------
    ValueError
        For an unknown knob, naming those it may have meant, and for a value that is none.
    """
    check_names(map(str, given), KNOBS, "knob")
    return Behavior(**{name: KNOBS[name](name, value) for name, value in given.items()})


def _permissions(name: str, value: Any) -> frozenset[str] | None:
    if value is None:
        return None
    known = sorted(frozenset().union(*PERMISSIONS.values()))
    check = one_of(known)
    return frozenset(
        check(f"{name}[{place}]", each) for place, each in enumerate(listed(name, value))
    )


def _topic(name: str, value: Any) -> str | None:
    topic: str | None = words(100)(name, value)
    # A topic is a file of the model.
    if topic is not None and re.search(r"[/\\\0]", topic):
        msg = f"{name} cannot hold a slash: {topic!r}"
        raise ValueError(msg)
    return topic


def _tokens(name: str, value: Any) -> tuple[Token, ...]:
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        value = [{"name": f"token-{place}"} for place in range(1, _so_many(name, value) + 1)]
    if not isinstance(value, list | tuple | set | frozenset):
        # Not shown: it may be somebody's real key.
        msg = f"{name} must be a list of names, or of objects with a name"
        raise ValueError(msg)  # noqa: TRY004 - what is wrong with a knob is one kind of error
    tokens = tuple(
        _token(f"{name}[{place}]", each) for place, each in enumerate(listed(name, value))
    )
    names = [token.name for token in tokens]
    for place, each in enumerate(names):
        if each == "main" or each in names[:place]:
            # Not shown: a name may be somebody's key.
            msg = f"{name}[{place}] has a name that is taken"
            raise ValueError(msg)
    return tokens


def _token(at: str, given: Any) -> Token:
    if isinstance(given, Token):
        return given
    if isinstance(given, str):
        # A text is the key itself, and what it is listed under.
        given = {"name": given, "token": given}
    if not isinstance(given, Mapping) or "name" not in given:
        msg = f"{at} must be a key, or an object with a name"
        raise ValueError(msg)
    check_names(map(str, given), _OF_A_TOKEN, f"key of {at}:")
    return Token(**{key: _OF_A_TOKEN[key](f"{at}.{key}", value) for key, value in given.items()})


def _key(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value)):
        # Not shown: it may be somebody's real key.
        msg = f"{name} must be a text without spaces that a header can carry"
        raise ValueError(msg)
    return value


_so_many = whole(0, 1000)
_advice = one_of(get_args(RetryAfter))
_OF_A_TOKEN: Mapping[str, Check] = {
    "name": words(100, or_none=False),
    "key_scope": one_of(get_args(KeyScope)),
    "user": words(200),
    "token": _key,
}

_BY_HAND: Mapping[str, Check] = {
    "documents": whole(0, 1_000_000),
    "folders": whole(0, 100_000),
    "seed": whole(0, 2**63 - 1),
    "model_name": words(100),
    "topic_name": _topic,
    "tokens": _tokens,
    "permissions": _permissions,
    "requests_per_minute": whole(1, 1_000_000, or_none=True),
    "rate_limited_after": whole(0, 1_000_000, or_none=True),
    "retry_after": lambda name, value: _advice(name, "none" if value is None else value),
    "slow_job_polls": whole(0, 10_000),
    "default_page_size": whole(1, 100, or_none=True),
    "scim_count_at_most": whole(1, 100_000, or_none=True),
    "memory_limit": whole(10_000_000, 2**50),
    "result_limit": whole(1, 2**50),
    "faults": read_faults,
}


def _check_of(name: str, kind: Any) -> Check:
    """Give the check that a knob has by hand, or that its type says: a switch, or some words."""
    return _BY_HAND.get(name) or (flag if kind is bool else one_of(get_args(kind)))


KNOBS: Mapping[str, Check] = {
    name: _check_of(name, kind) for name, kind in get_type_hints(Behavior).items()
}
