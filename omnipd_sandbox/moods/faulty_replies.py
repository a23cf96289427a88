"""What a request gets when something goes wrong: another answer, or a spoiled one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from omnipd_sandbox.http.refusals import RefusedRequest
from omnipd_sandbox.http.reply import Broken, Document, Reply, json_reply, to_json
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.moods.faults import Fault

_SIGN_IN = b"""<!doctype html>
<html><head><title>Sign in</title></head>
<body><h1>Sign in</h1><form method="post" action="/login"><input name="email"></form></body></html>
"""
# What stands before Omni says these, in its own form and not in Omni's (docs/wire.md).
_GATEWAY = frozenset({502, 503, 504})
_GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


def in_place_of_an_answer(
    fault: Fault, request: Request, block: Callable[[], Document]
) -> Reply | None:
    """Give what is answered in place of what the application says; `block` makes a 429."""
    if fault.kind == "reset":
        return Broken(None)
    if fault.kind == "message":
        return Document(to_json({"message": fault.words}) + b"\n", content_type="text/ndjson")
    if fault.kind == "not_ok":
        return json_reply({"success": False, "error": fault.words})
    if fault.kind == "html":
        return Document(_SIGN_IN, content_type="text/html; charset=utf-8")
    if fault.kind == "status":
        return _error(fault.code or HTTPStatus.INTERNAL_SERVER_ERROR, request, block)
    return None if fault.code is None else _error(fault.code, request, block)


def _error(code: int, request: Request, block: Callable[[], Document]) -> Document:
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return block()
    if code in _GATEWAY:
        title = f"{code} {_phrase(code)}"
        return Document(_GATEWAY_PAGE.format(title).encode(), code, "text/html")
    return RefusedRequest(code, _phrase(code)).reply(request.path)


def first_half(request: Request) -> Request | None:
    """Give a request with the first half of each list in its body; None where it cannot be halved."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    given = body.items() if isinstance(body, dict) else ()
    lists = {key: value for key, value in given if isinstance(value, list) and len(value) > 1}
    if not lists:
        return None
    halves = {key: value[: len(value) // 2] for key, value in lists.items()}
    return replace(request, body=to_json({**body, **halves}))


def of_somebody_else(fault: Fault, request: Request, stars: tuple[str, ...]) -> Request:
    """Give the request of somebody else that comes just before one."""
    assert fault.does is not None  # noqa: S101 - a fault of this kind says it
    call = fault.does.with_stars(stars)
    address = urlsplit(call.path)
    query = tuple(parse_qsl(address.query, keep_blank_values=True))
    return Request(call.method, address.path, query, Message(), call.body, request.peer)


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


def _shift(body: Any, fault: Fault, request: Request) -> bool:
    del fault, request
    lists = body.values() if isinstance(body, dict) else ()
    records = next((held for held in lists if held and _is_list_of_records(held)), None)
    if records is None:
        return False
    new = deepcopy(records[-1])
    new["id" if "id" in new else "identifier"] = str(uuid4())
    del records[0]
    records.append(new)
    return True


def _is_list_of_records(held: Any) -> bool:
    return isinstance(held, list) and all(isinstance(each, dict) for each in held)


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
    "shift": _shift,
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
