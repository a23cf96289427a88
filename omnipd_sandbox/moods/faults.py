"""What can go wrong on purpose: the kinds of faults, and which requests each is for."""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.moods.checks import Check, listed, one_of, seconds, whole, words
from omnipd_sandbox.near_matches import check_names


@dataclass(frozen=True)
class OtherCall:
    """Describe what somebody else does.

    Parameters
    ----------
    method : str
        Its method.
    path : str
        Its path, perhaps with parameters behind a ``?``; ``{1}`` stands for what the first ``*`` of
        the fault's path stood for, ``{2}`` for the second, and so on.
    body : bytes
        Its body, as JSON; none when empty.
    """

    method: str
    path: str
    body: bytes = b""

    def with_stars(self, stars: tuple[str, ...]) -> OtherCall:
        """Give the call with what each star stood for in its place."""
        path = _PLACE.sub(lambda place: stars[int(place[1]) - 1], self.path)
        return OtherCall(self.method, path, self.body)


# Where a path names what a star stood for.
_PLACE = re.compile(r"\{([0-9]+)\}")


@dataclass(frozen=True)
class Fault:
    """Describe one thing that goes wrong.

    Parameters
    ----------
    kind : str
        ``status`` (an error status), ``html`` (a sign-in page with status 200), ``reset`` (the
        connection is reset; nothing has happened, and nothing is answered), ``lost`` (what is
        asked for is done, then the connection is reset and nothing is answered, or an error),
        ``no_effect`` (a change is checked and answered as one that was made, and was not made),
        ``partial`` (of each list in the body only the first half is taken), ``meanwhile``
        (somebody else does something just before what is asked for is done), ``cut`` (half the
        answer, then nothing), ``slow`` (the answer comes late), ``same_cursor`` (a page that names itself as the next),
        ``shift`` (a later page as it is when a record before it was deleted and one added behind:
        its first record is on the page before, and a new one stands at its end), ``drift``
        (records change their shape), ``message`` (status 200 with one line of words, as
        ``query/run`` puts a query off), ``not_ok`` (status 200 with ``success: false`` and words).
    path : str
        The path as it is asked for; ``*`` stands for any part of it.
    method : str, optional
        Only this method; any when None.
    count : int, optional
        How many requests it meets; all when None.
    after : int
        How many requests are left in peace before.
    code : int, optional
        The status, of kind ``status``: 500 when None. Of kinds ``lost`` and ``partial`` what is
        answered in place of a reset, or of what was done in part.
    seconds : float
        How late, of kind ``slow``.
    field : str, optional
        Whose values change their type, of kind ``drift``.
    new_key : str, optional
        Which key is new, of kind ``drift``.
    words : str
        What is said, of kinds ``message`` and ``not_ok``.
    does : OtherCall
        What somebody else does, of kind ``meanwhile``, as the administrator.
    """

    kind: str
    path: str = "*"
    method: str | None = None
    count: int | None = 1
    after: int = 0
    code: int | None = None
    seconds: float = 1.0
    field: str | None = None
    new_key: str | None = None
    words: str = "Please try again later"
    does: OtherCall | None = None


def _path(name: str, value: Any) -> str:
    pattern: str = words(1000, or_none=False)(name, value)
    if not pattern.startswith(("/", "*")) or "?" in pattern:
        msg = f"{name} must start with / or * and has no part after a ?, unlike {value!r}"
        raise ValueError(msg)
    return pattern


def _other_call(name: str, value: Any) -> OtherCall:
    if isinstance(value, OtherCall):
        return value
    if not isinstance(value, Mapping) or not {"method", "path"} <= value.keys():
        msg = f"{name} must be an object with a method and a path, and perhaps a body"
        raise ValueError(msg)
    check_names(map(str, value), ("method", "path", "body"), f"key of {name}:")
    method = one_of(_METHODS)(f"{name}.method", value["method"])
    path: str = words(1000, or_none=False)(f"{name}.path", value["path"])
    if not path.startswith("/"):
        msg = f"{name}.path must start with /, unlike {path!r}"
        raise ValueError(msg)
    return OtherCall(method, path, _as_json(f"{name}.body", value.get("body")))


def _as_json(name: str, value: Any) -> bytes:
    try:
        return b"" if value is None else json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        msg = f"{name} must be what JSON can say"
        raise ValueError(msg) from None


# Which kinds there are, and what each may say beside path, method, count and after.
KINDS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"code"}),
    "html": frozenset(),
    "reset": frozenset(),
    "lost": frozenset({"code"}),
    "no_effect": frozenset(),
    "partial": frozenset({"code"}),
    "meanwhile": frozenset({"does"}),
    "cut": frozenset(),
    "slow": frozenset({"seconds"}),
    "same_cursor": frozenset(),
    "shift": frozenset(),
    "drift": frozenset({"field", "new_key"}),
    "message": frozenset({"words"}),
    "not_ok": frozenset({"words"}),
}
# What the kind itself may say, when it stands as a key.
_SAID_BY_KIND: Mapping[str, tuple[str, type]] = {
    "status": ("code", numbers.Real),
    "slow": ("seconds", numbers.Real),
    "meanwhile": ("does", Mapping),
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_CHECKS: Mapping[str, Check] = {
    "kind": one_of(tuple(KINDS)),
    "path": _path,
    "method": lambda name, value: None if value is None else one_of(_METHODS)(name, value),
    "count": whole(1, 1_000_000, or_none=True),
    "after": whole(0, 1_000_000),
    "code": whole(400, 599),
    "seconds": seconds(600),
    "field": words(200),
    "new_key": words(200),
    "words": words(200, or_none=False),
    "does": _other_call,
}


def read_faults(name: str, given: Any) -> tuple[Fault, ...]:
    """Check a list of faults."""
    return tuple(_read(f"{name}[{place}]", each) for place, each in enumerate(listed(name, given)))


def _read(at: str, given: Any) -> Fault:
    if isinstance(given, Fault):
        return given
    if isinstance(given, Mapping):
        given = _with_kind({str(key): value for key, value in given.items()})
    if not isinstance(given, Mapping) or "kind" not in given:
        msg = f"{at} must be an object with a kind: {', '.join(KINDS)}"
        raise ValueError(msg)
    check_names(map(str, given), _CHECKS, f"key of {at}:")
    values = {key: _CHECKS[key](f"{at}.{key}", value) for key, value in given.items()}
    allowed = KINDS[values["kind"]] | {"kind", "path", "method", "count", "after"}
    check_names(values, sorted(allowed), f"key of {at}, a fault of kind {values['kind']!r}:")
    fault = Fault(**values)
    if fault.kind == "meanwhile":
        _check_places(at, fault)
    return fault


def _check_places(at: str, fault: Fault) -> None:
    """Refuse a call that names a star which the path does not have."""
    if fault.does is None:
        msg = f"{at} must say with does what somebody else does: a method, a path, perhaps a body"
        raise ValueError(msg)
    stars = fault.path.count("*")
    for place in _PLACE.findall(fault.does.path):
        if not 1 <= int(place) <= stars:
            msg = f"{at}.does.path has {{{place}}}, and {at}.path has {stars} *"
            raise ValueError(msg)


def _with_kind(given: dict[str, Any]) -> dict[str, Any]:
    """Take the shorter ways, too: ``{"status": 503}``, ``{"meanwhile": {…}}``, ``"no effect"``."""
    if isinstance(given.get("kind"), str):
        given["kind"] = given["kind"].replace(" ", "_")
    named = given.get("kind")
    if named is None:
        named = next((kind for kind in KINDS if given.get(kind)), None)
    if not isinstance(named, str):
        # None, or said as something that is no kind.
        return given
    key, kind_of_value = _SAID_BY_KIND.get(named, ("", type(None)))
    if key and isinstance(given.get(named), kind_of_value):
        given.setdefault(key, given.pop(named))
    elif "kind" not in given and given[named] is True:
        del given[named]
    return {"kind": named, **given}
