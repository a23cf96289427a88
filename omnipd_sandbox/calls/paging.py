"""Lists a page at a time, with cursors that say where to go on rather than how far one got."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply

Record = TypeVar("Record")
Rank = str | int
Ranks = Mapping[str, Callable[[Record], Rank]]
#: The records of a page, and its ``pageInfo``.
Page = tuple[list[Record], dict[str, Any]]


@dataclass(frozen=True)
class Order(Generic[Record]):
    """Sort records by a rank, then by an identity no two of them share.

    The identity is always ascending, so that equal ranks keep one order and a cursor between
    them neither repeats nor skips.
    """

    rank: Callable[[Record], Rank]
    identity: Callable[[Record], str]
    descending: bool


def asked_order(
    call: Call, ranks: Ranks[Record], identity: Callable[[Record], str]
) -> Order[Record]:
    """Give the order that the parameters ``sortField`` and ``sortDirection`` ask for."""
    asked = call.parameters
    return Order(ranks[asked["sortField"]], identity, asked["sortDirection"] == "desc")


def page_reply(page: Page[Record], write: Callable[[Record], Any]) -> Reply:
    """Answer with the records of a page, and its ``pageInfo``."""
    records, info = page
    return json_reply({"records": [write(each) for each in records], "pageInfo": info})


def cut_page(
    call: Call, find: Callable[[], Iterable[Record]], order: Order[Record]
) -> Page[Record]:
    """Cut one page out of all matching records.

    Parameters
    ----------
    call : Call
        What was asked, among its parameters ``cursor`` and ``pageSize``. A cursor is good only
        with all the others unchanged.
    find : callable
        Gives every record that matches, in any order. Not asked for each page: it must look at
        nothing but the organization and the call, and not at the clock.
    order : Order
        How to sort them.

    Returns
    -------
    tuple
        The records of the page, and its ``pageInfo``.
    """
    asked = call.parameters
    digest = _digest(asked)
    ordered = _ordered(call, find, order)
    start = _start(asked["cursor"], digest, ordered, order) if asked["cursor"] else 0
    return _cut(
        call,
        ordered,
        start,
        lambda last: _write(order.rank(last), order.identity(last), digest),
    )


def cut_numbered_page(
    call: Call, find: Callable[[], Iterable[Record]], order: Order[Record]
) -> Page[Record]:
    """Cut a page whose cursor is its number, from "1"; a change in between shifts the rows."""
    number = call.parameters["cursor"] or "1"
    if not (number.isascii() and number.isdigit() and int(number[:9]) > 0 and len(number) < 10):
        raise BadRequest("Invalid cursor", at="cursor")
    ordered = _ordered(call, find, order)
    start = (int(number) - 1) * call.parameters["pageSize"]
    return _cut(call, ordered, start, lambda _: str(int(number) + 1))


def cut_page_after_id(
    call: Call, find: Callable[[], Iterable[Record]], order: Order[Record]
) -> Page[Record]:
    """Cut a page whose cursor is the id of the record before it."""
    cursor = call.parameters["cursor"]
    ordered = _ordered(call, find, order)
    start = 0
    if cursor:
        places = {order.identity(record): place for place, record in enumerate(ordered)}
        if cursor not in places:
            raise BadRequest("Invalid cursor", at="cursor")
        start = places[cursor] + 1
    return _cut(call, ordered, start, order.identity)


def _cut(
    call: Call, ordered: list[Record], start: int, cursor_after: Callable[[Record], str]
) -> Page[Record]:
    size: int = call.parameters["pageSize"]
    page = ordered[start : start + size]
    more = start + size < len(ordered)
    # Tenants differ on what they count (docs/wire.md).
    begin = 0 if call.world.behavior.total_records == "all" else start
    return page, {
        "hasNextPage": more,
        "nextCursor": cursor_after(page[-1]) if more else None,
        "pageSize": size,
        "totalRecords": max(0, len(ordered) - begin),
    }


def _ordered(
    call: Call, find: Callable[[], Iterable[Record]], order: Order[Record]
) -> list[Record]:
    caller = call.caller
    # All that a list can depend on beside the organization, but for where its pages are cut.
    chosen = _written(call.parameters, without={"cursor", "pageSize"})
    key = (call.request.path, caller.user.membership_id, caller.key_scope, chosen)
    kept = call.world.lists.find(key)
    # Two that come at once sort it twice, which is better than waiting for each other's.
    return call.world.lists.keep(key, _sorted(find(), order)) if kept is None else kept


def _sorted(records: Iterable[Record], order: Order[Record]) -> list[Record]:
    ordered = sorted(records, key=order.identity)
    # Stable, also when reversed: equal ranks keep the ascending identity.
    ordered.sort(key=lambda record: _collated(order.rank(record)), reverse=order.descending)
    return ordered


def _collated(rank: Rank) -> tuple[str, str] | int:
    # Names that differ only by case stand together; Omni's own collation is not known.
    return (rank.casefold(), rank) if isinstance(rank, str) else rank


def _start(cursor: str, digest: str, ordered: Sequence[Record], order: Order[Record]) -> int:
    """Tell where the records after a cursor begin."""
    rank, identity = _read(cursor, digest, ordered, order)
    position: Any = _collated(rank)

    def is_after(record: Record) -> bool:
        here: Any = _collated(order.rank(record))
        if here == position:
            return order.identity(record) > identity
        return bool((here > position) != order.descending)

    return bisect_left(ordered, True, key=is_after)


def _digest(asked: Mapping[str, Any]) -> str:
    return sha256(_written(asked, without={"cursor"}).encode()).hexdigest()[:12]


def _written(asked: Mapping[str, Any], *, without: Set[str]) -> str:
    others = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asked.items()
        if name not in without
    }
    return json.dumps(others, sort_keys=True)


def _write(rank: Rank, identity: str, digest: str) -> str:
    text = json.dumps([rank, identity, digest], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def _read(
    cursor: str, digest: str, ordered: Sequence[Record], order: Order[Record]
) -> tuple[Rank, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        rank, identity, made_for = json.loads(
            b64decode(padded, b"-_", validate=True).decode("utf-8", "surrogatepass")
        )
    except (ValueError, TypeError, RecursionError):
        raise BadRequest("Invalid cursor", at="cursor") from None
    right_kind = not ordered or type(rank) is type(order.rank(ordered[0]))
    if not (right_kind and isinstance(identity, str) and made_for == digest):
        raise BadRequest("Invalid cursor", at="cursor")
    return rank, identity
