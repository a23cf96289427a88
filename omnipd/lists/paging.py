"""How Omni hands out a long list: one generator per family, over a function that fetches.

Each yields pages in order and raises as soon as the server contradicts itself: a cursor that comes
back, a next page that is promised and not named, a page that is not a list of records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from omnipd.errors import ResponseError

#: Query parameters in the wire's spelling → the parsed JSON answer.
Fetch = Callable[[Mapping[str, str]], Any]

_EMPTY_PAGES = 3
#: How servers say whether there is more, where it is, and how much there is in all.
_WHETHER = ("hasnextpage", "hasnext", "hasmore")
_WHERE = ("nextcursor", "nextpage", "nextlink", "next", "cursor")
_TOTALS = ("totalrecords", "totalresults", "totalcount", "total")


@dataclass(frozen=True)
class Page:
    """The records of one answer, and how many the server says there are in all."""

    records: list[dict[str, Any]]
    total: int | None


#: The key under which the rows stand, or the keys that servers of different age use for it; None
#: where the answer itself is the list.
Rows = str | tuple[str, ...] | None

#: A family: how to read a list, given what fetches, the fixed parameters and the key of the rows.
Family = Callable[[Fetch, Mapping[str, str], Rows], Iterator[Page]]


def cursor(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read a list with opaque cursors: ``pageInfo`` says whether there is more, and where.

    The cursor is echoed unchanged and the other parameters stay as they are.
    """
    seen: set[str] = set()
    asked = dict(params)
    empty = 0
    while True:
        answer = fetch(asked)
        records = rows_of(answer, rows)
        info = answer.get("pageInfo")
        if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
            raise ResponseError(
                "The answer has no usable pageInfo, so the end of the list cannot be known."
            )
        total = info.get("totalRecords")
        known = isinstance(total, int) and not isinstance(total, bool)
        yield Page(records, total if known else None)
        if not info["hasNextPage"]:
            return
        following = info.get("nextCursor")
        if not isinstance(following, str | int) or following == "" or isinstance(following, bool):
            raise ResponseError("The answer promises a next page and names no cursor for it.")
        following = str(following)
        if following in seen:
            raise ResponseError("The server named the same cursor twice; the list would never end.")
        empty = 0 if records else empty + 1
        if empty > _EMPTY_PAGES:
            raise ResponseError(f"More than {_EMPTY_PAGES} empty pages came in a row.")
        seen.add(following)
        asked["cursor"] = following


def numbered(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read a list whose cursor is the number of the page, which says how far one got and not where."""
    return cursor(fetch, params, rows)


def whole(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read a list that comes in one piece, under a key or as a bare array."""
    answer = fetch(params)
    records = rows_of(answer, rows)
    more, total = _announced(answer)
    if more:
        raise ResponseError(
            "The answer says that there is more, in a way that omnipd does not know."
        )
    yield Page(records, total)


def whole_or_bare(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read a list under its key, or as the bare array that some servers send."""
    answer = fetch(params)
    yield Page(rows_of(answer, None if isinstance(answer, list) else rows), None)


def scim(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read a list of the SCIM kind: from a start index, advancing by what came, not by what was asked."""
    start, first = 1, None
    while True:
        answer = fetch({**params, "startIndex": str(start)})
        records = rows_of(answer, rows)
        total = answer.get("totalResults")
        if not isinstance(total, int) or isinstance(total, bool):
            raise ResponseError(
                "The answer has no totalResults, so the end of the list cannot be known."
            )
        yield Page(records, total)
        # Later totals may count what remains; the first is that of the list in either case.
        first = total if first is None else first
        start += len(records)
        if not records or start > first:
            return


def single(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read one object as a list of one row: the answer itself, or what stands under a key."""
    answer = fetch(params)
    if isinstance(rows, str) and isinstance(answer, dict):
        answer = answer.get(rows)
    if not isinstance(answer, dict):
        raise ResponseError(f"The answer is not an object{f' with {rows!r}' if rows else ''}.")
    yield Page([answer], None)


def either(fetch: Fetch, params: Mapping[str, str], rows: Rows) -> Iterator[Page]:
    """Read a list of an unknown family: with ``pageInfo`` it goes on page by page, without it is whole.

    Without a key the rows are the bare array, ``records``, the ``Resources`` of SCIM, or the only list in
    the answer.
    """
    first = fetch(params)
    if rows is None and isinstance(first, dict):
        lists = [name for name, value in first.items() if isinstance(value, list)]
        usual = [name for name in ("records", "Resources") if name in lists]
        rows = usual[0] if usual else lists[0] if len(lists) == 1 else "records"
    held = first if isinstance(first, dict) else {}
    again = cursor if "pageInfo" in held else scim if "totalResults" in held else whole
    answers = [first]  # what was asked already is not asked for again
    yield from again(lambda asked: answers.pop() if answers else fetch(asked), params, rows)


def _announced(answer: Any) -> tuple[bool, int | None]:
    """Return whether an answer says that there is more, and how many rows there are, in any spelling."""
    if not isinstance(answer, dict):
        return False, None
    info = answer.get("pageInfo")
    said = {
        key.replace("_", "").lower(): value
        for key, value in (answer | (info if isinstance(info, dict) else {})).items()
    }
    totals = [said[word] for word in _TOTALS if type(said.get(word)) is int]
    flags = [said[word] for word in _WHETHER if isinstance(said.get(word), bool)]
    # A cursor may be named on the last page too, which a flag then says it is.
    more = any(flags) if flags else any(said.get(word) for word in (*_WHETHER, *_WHERE))
    return more, totals[0] if totals else None


def rows_of(answer: Any, rows: Rows) -> list[dict[str, Any]]:
    """Return the records of one answer.

    Raises
    ------
    ResponseError
        When they are not where they should be, or are not objects.
    """
    keys = (rows,) if isinstance(rows, str) else rows
    found = answer
    if keys is not None:
        held = answer if isinstance(answer, dict) else {}
        found = next((held[key] for key in keys if key in held), None)
    if not isinstance(found, list):
        holds = ", ".join(sorted(answer))[:200] if isinstance(answer, dict) else "a bare list"
        raise ResponseError(
            f"The answer has no list of rows {'at its top' if keys is None else f'under {keys[0]!r}'}; "
            f"it holds {holds or 'nothing'}."
        )
    if not all(issubclass(kind, dict | msgspec.Struct) for kind in set(map(type, found))):
        raise ResponseError("A row of the list is not an object.")
    return found


#: How a family is asked for pages of a size.
PAGE_SIZE_PARAMS: dict[Family, str] = {cursor: "pageSize", numbered: "pageSize", scim: "count"}

#: Families of which there may be another page.
IN_PAGES: frozenset[Family] = frozenset({*PAGE_SIZE_PARAMS, either})

#: Families of one answer.
IN_ONE_PIECE: frozenset[Family] = frozenset({whole, whole_or_bare, single})

#: Families that count to the next page. What is deleted before it moves a row to a page already read.
BY_OFFSET: frozenset[Family] = frozenset({numbered, scim})
