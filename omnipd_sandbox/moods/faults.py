"""What can go wrong on purpose: which requests it meets, how often, and what they get instead."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any

from omnipd_sandbox.http.refusals import RefusedRequest
from omnipd_sandbox.http.reply import Broken, Document, Reply, json_reply, to_json
from omnipd_sandbox.http.request import is_scim
from omnipd_sandbox.moods.checks import Check, listed, one_of, seconds, whole, words
from omnipd_sandbox.nearest import check_names

if TYPE_CHECKING:
    from omnipd_sandbox.http.request import Request

_SIGN_IN = b"""<!doctype html>
<html><head><title>Sign in</title></head>
<body><h1>Sign in</h1><form method="post" action="/login"><input name="email"></form></body></html>
"""
# What stands before Omni says these, in its own form and not in Omni's (docs/wire.md).
_GATEWAY = frozenset({502, 503, 504})
_GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


@dataclass(frozen=True)
class Fault:
    """Describe one thing that goes wrong.

    Parameters
    ----------
    kind : str
        ``status`` (an error status), ``html`` (a sign-in page with status 200), ``reset`` (the
        connection is reset, nothing is answered), ``cut`` (half the answer, then nothing),
        ``slow`` (the answer comes late), ``same_cursor`` (a page that names itself as the next),
        ``drift`` (records change their shape), ``message`` (status 200 with one line of words, as
        ``query/run`` puts a query off), ``not_ok`` (status 200 with ``success: false`` and words).
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
    words : str
        What is said, of kinds ``message`` and ``not_ok``.
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
    words: str = "Please try again later"

    def meets(self, request: Request) -> bool:
        """Tell whether a request is of those that it is for."""
        return (
            self.method in {None, request.method}
            and _covers(self.path, request.path)
            # The first page has no cursor that could come again.
            and (self.kind != "same_cursor" or any(name == "cursor" for name, _ in request.query))
        )


def _covers(pattern: str, path: str) -> bool:
    """Match from left to right, so that many stars take no longer than few."""
    first, *rest = pattern.split("*")
    if not rest:
        return path == pattern
    *middle, last = rest
    at, end = len(first), len(path) - len(last)
    if not path.startswith(first) or not path.endswith(last):
        return False
    for part in middle:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= end


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
    "message": frozenset({"words"}),
    "not_ok": frozenset({"words"}),
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
    "words": words(200, or_none=False),
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

    def give_back(self, fault: Fault) -> None:
        """Take note that a fault found nothing to spoil, so that it waits for the next request."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.fault is fault and waiting.count is not None:
                    waiting.count += 1
                    return


def in_place_of_an_answer(
    fault: Fault, request: Request, block: Callable[[], Document]
) -> Reply | None:
    """Give what a request gets when it never reaches the application; `block` makes a 429."""
    if fault.kind == "reset":
        return Broken(None)
    if fault.kind == "message":
        return Document(to_json({"message": fault.words}) + b"\n", content_type="text/ndjson")
    if fault.kind == "not_ok":
        return json_reply({"success": False, "error": fault.words})
    if fault.kind == "html":
        return Document(_SIGN_IN, content_type="text/html; charset=utf-8")
    if fault.kind == "status":
        if fault.code == HTTPStatus.TOO_MANY_REQUESTS:
            return block()
        if fault.code in _GATEWAY:
            title = f"{fault.code} {_phrase(fault.code)}"
            return Document(_GATEWAY_PAGE.format(title).encode(), fault.code, "text/html")
        refusal = RefusedRequest(fault.code, _phrase(fault.code))
        body = refusal.scim_body() if is_scim(request.path) else refusal.body()
        return json_reply(body, status=fault.code)
    return None


def spoiled(fault: Fault, request: Request, reply: Reply) -> Reply:
    """Give an answer in its spoiled form; the very same where there is nothing to spoil."""
    if fault.kind == "cut" and not isinstance(reply, Broken):
        empty = isinstance(reply, Document) and not reply.body
        return reply if empty else Broken(reply, reply.status)
    change = _CHANGES.get(fault.kind)
    if change is None or not isinstance(reply, Document) or "json" not in reply.content_type:
        return reply
    # An error has no records and no pages.
    if reply.status >= HTTPStatus.BAD_REQUEST:
        return reply
    body = json.loads(reply.body)
    if not change(body, fault, request):
        return reply
    return json_reply(body, status=reply.status, headers=reply.headers)


def _repeat_cursor(body: Any, fault: Fault, request: Request) -> bool:
    del fault
    info = body.get("pageInfo") if isinstance(body, dict) else None
    if info is None:
        return False
    info["nextCursor"] = dict(request.query)["cursor"]
    info["hasNextPage"] = True
    return True


def _drift(body: Any, fault: Fault, request: Request) -> bool:
    del request
    changed = False
    for record in _records(body):
        if fault.field in record:
            record[fault.field] = _of_another_type(record[fault.field])
            changed = True
        if fault.new_key is not None or fault.field is None:
            record[fault.new_key or "addedLater"] = "not known yet"
            changed = True
    return changed


#: What changes an answer, and tells whether there was anything to change.
_CHANGES: Mapping[str, Callable[[Any, Fault, Request], bool]] = {
    "same_cursor": _repeat_cursor,
    "drift": _drift,
}


#: What stands beside the records of a list, also of an empty one.
_AROUND_A_LIST = frozenset({"pageInfo", "totalResults"})


def _records(body: Any) -> list[dict[Any, Any]]:
    """Find the records of an answer: those of its lists, or the answer itself."""
    if isinstance(body, list):
        return [each for each in body if isinstance(each, dict)]
    if not isinstance(body, dict):
        return []
    lists = [value for value in body.values() if isinstance(value, list)]
    records = [each for one in lists for each in one if isinstance(each, dict)]
    is_list = lists and (len(body) == 1 or not body.keys().isdisjoint(_AROUND_A_LIST))
    return records if records or is_list else [body]


def _of_another_type(value: Any) -> Any:
    if isinstance(value, str):
        return {"value": value}
    return json.dumps(value) if value is not None else 0


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Error"
