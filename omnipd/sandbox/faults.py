"""What can go wrong on purpose: which requests it meets, how often, and what they get instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any

from omnipd.sandbox.checks import Check, listed, one_of, seconds, whole, words
from omnipd.sandbox.nearest import check_names
from omnipd.sandbox.refusals import RefusedRequest
from omnipd.sandbox.reply import Broken, Document, Reply, json_reply
from omnipd.sandbox.routing import is_scim

if TYPE_CHECKING:
    from omnipd.sandbox.request import Request

_SIGN_IN = b"""<!doctype html>
<html><head><title>Sign in</title></head>
<body><h1>Sign in</h1><form method="post" action="/login"><input name="email"></form></body></html>
"""


@dataclass(frozen=True)
class Fault:
    """Describe one thing that goes wrong.

    Parameters
    ----------
    kind : str
        ``status`` (an error status), ``html`` (a sign-in page with status 200), ``reset`` (the
        connection is reset, nothing is answered), ``cut`` (half the answer, then nothing),
        ``slow`` (the answer comes late), ``same_cursor`` (a page that names itself as the next),
        ``drift`` (records change their shape).
    path : str
        The path as it is asked for; ``*`` stands for any part of it.
    method : str, optional
        Only this method; any when None.
    count : int, optional
        How many requests it meets; all when None.
    after : int
        How many requests are left in peace before.
    code : int
        The status, of kind ``status``.
    seconds : float
        How late, of kind ``slow``.
    field : str, optional
        Whose values change their type, of kind ``drift``.
    new_key : str, optional
        Which key is new, of kind ``drift``.
    """

    kind: str
    path: str = "*"
    method: str | None = None
    count: int | None = 1
    after: int = 0
    code: int = 500
    seconds: float = 1.0
    field: str | None = None
    new_key: str | None = None

    def meets(self, request: Request) -> bool:
        """Tell whether a request is of those that it is for."""
        return (
            self.method in {None, request.method}
            and _covers(self.path, request.path)
            # The first page has no cursor that could come again.
            and (self.kind != "same_cursor" or any(name == "cursor" for name, _ in request.query))
        )


def _covers(pattern: str, path: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), path) is not None


def _path(name: str, value: Any) -> str:
    pattern: str = words(1000, or_none=False)(name, value)
    if not pattern.startswith(("/", "*")) or "?" in pattern:
        msg = f"{name} must start with / or * and has no part after a ?, unlike {value!r}"
        raise ValueError(msg)
    return pattern


# Which kinds there are, and what each may say beside path, method, count and after.
KINDS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"code"}),
    "html": frozenset(),
    "reset": frozenset(),
    "cut": frozenset(),
    "slow": frozenset({"seconds"}),
    "same_cursor": frozenset(),
    "drift": frozenset({"field", "new_key"}),
}
# What the kind itself may say, when it stands as a key.
_SAID_BY_KIND = {"status": "code", "slow": "seconds"}
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
    return Fault(**values)


def _with_kind(given: dict[str, Any]) -> dict[str, Any]:
    """Take the shorter ways, too: ``{"status": 503}``, ``{"slow": 2}``, ``"same cursor"``."""
    if isinstance(given.get("kind"), str):
        given["kind"] = given["kind"].replace(" ", "_")
    named = given.get("kind")
    if named is None:
        named = next((kind for kind in KINDS if given.get(kind)), None)
    if named in _SAID_BY_KIND and isinstance(given.get(named), int | float):
        given.setdefault(_SAID_BY_KIND[named], given.pop(named))
    elif "kind" not in given and named is not None and given[named] is True:
        del given[named]
    return given if named is None else {"kind": named, **given}


@dataclass
class _Waiting:
    """A fault with what is left: how many to leave in peace, and how many to meet."""

    fault: Fault
    after: int
    count: int | None


class Faults:
    """Count down what is still to go wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._waiting = [_Waiting(fault, fault.after, fault.count) for fault in faults]
        self._lock = Lock()

    def next(self, request: Request) -> Fault | None:
        """Give what happens to a request: the first fault that meets it and is not used up."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.count == 0 or not waiting.fault.meets(request):
                    continue
                if waiting.after:
                    waiting.after -= 1
                    continue
                if waiting.count is not None:
                    waiting.count -= 1
                return waiting.fault
        return None


def in_place_of_an_answer(
    fault: Fault, request: Request, block: Callable[[], Document]
) -> Reply | None:
    """Give what a request gets when it never reaches the application; `block` makes a 429."""
    if fault.kind == "reset":
        return Broken(None)
    if fault.kind == "html":
        return Document(_SIGN_IN, content_type="text/html; charset=utf-8")
    if fault.kind == "status":
        if fault.code == HTTPStatus.TOO_MANY_REQUESTS:
            return block()
        refusal = RefusedRequest(fault.code, _phrase(fault.code))
        body = refusal.scim_body() if is_scim(request.path) else refusal.body()
        return json_reply(body, status=fault.code)
    return None


def spoiled(fault: Fault, request: Request, reply: Reply) -> Reply:
    """Give an answer in its spoiled form; what cannot be spoiled that way stays whole."""
    if fault.kind == "cut" and not isinstance(reply, Broken):
        return Broken(reply, reply.status)
    change = _CHANGES.get(fault.kind)
    if change is None or not isinstance(reply, Document) or "json" not in reply.content_type:
        return reply
    body = json.loads(reply.body)
    change(body, fault, request)
    return json_reply(body, status=reply.status, headers=reply.headers)


def _repeat_cursor(body: Any, fault: Fault, request: Request) -> None:
    del fault
    info = body.get("pageInfo") if isinstance(body, dict) else None
    if info is not None:
        info["nextCursor"] = dict(request.query)["cursor"]
        info["hasNextPage"] = True


def _drift(body: Any, fault: Fault, request: Request) -> None:
    del request
    for record in _records(body):
        if fault.field in record:
            record[fault.field] = _of_another_type(record[fault.field])
        if fault.new_key is not None or fault.field is None:
            record[fault.new_key or "addedLater"] = "not known yet"


_CHANGES: Mapping[str, Callable[[Any, Fault, Request], None]] = {
    "same_cursor": _repeat_cursor,
    "drift": _drift,
}


def _records(body: Any) -> list[dict[Any, Any]]:
    """Find the records of an answer: those of its lists, or the answer itself."""
    if isinstance(body, list):
        return [each for each in body if isinstance(each, dict)]
    lists = [value for value in body.values() if isinstance(value, list)]
    return [each for one in lists for each in one if isinstance(each, dict)] or [body]


def _of_another_type(value: Any) -> Any:
    if isinstance(value, str):
        return {"value": value}
    return json.dumps(value) if value is not None else 0


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Error"
