"""A page of a list that is not parsed: where it goes on is read, its rows are left as bytes.

Nearly all of a page is its rows, and many pages are parsed together faster than one by one
(:mod:`omnipd.lists.parse_pages`). What is needed at once, ``pageInfo``, stands at the very end of the
body or at its very beginning; only there it is certain to be the page's own. Any other body is for
the parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_LONGEST_INFO = 4096
_DECODER = json.JSONDecoder()
_END = re.compile(rb"\s*\}\s*\Z")
_LAST_ROW = re.compile(rb"\}\s*\]\s*\}\s*\Z")
_INFO_FIRST = re.compile(rb'\s*\{\s*"pageInfo"\s*:\s*(?=\{)')
_INFO_LAST = re.compile(rb'\}\s*\]\s*,\s*"pageInfo"\s*:\s*(?=\{)')


@dataclass(frozen=True)
class UnreadPage:
    """A page with at least one row.

    Attributes
    ----------
    body : bytes
        As it came.
    info : object
        Its ``pageInfo``.
    again : callable, optional
        Asks for the page once more and parses it, for when the body turns out to be damaged.
    """

    body: bytes
    info: Any
    again: Callable[[], Any] | None = None


def glance(body: bytes, rows: str) -> UnreadPage | None:
    """Return a page whose rows need not be looked at yet; None for a body that is not quite usual.

    Parameters
    ----------
    body : bytes
        Decoded from gzip.
    rows : str
        The key under which the rows stand.

    Examples
    --------
    >>> glance(b'{"records":[{"id":1}],"pageInfo":{"hasNextPage":false}}', "records").info
    {'hasNextPage': False}
    """
    first_row = rb'\s*"%b"\s*:\s*\[\s*\{' % re.escape(rows.encode())
    if re.match(rb"\s*\{" + first_row, body):
        found = _INFO_LAST.search(body, max(0, body.rfind(b'"pageInfo"') - 32))
        rest = _END
    elif (found := _INFO_FIRST.match(body)) and _LAST_ROW.search(body, len(body) - 32):
        rest = re.compile(rb"\s*," + first_row)
    else:
        return None
    if found is None:
        return None
    window = body[found.end() : found.end() + _LONGEST_INFO]
    try:
        # Of Latin-1 each byte is one character, so that lengths agree.
        info, length = _DECODER.raw_decode(window.decode("latin-1"))
    except (ValueError, RecursionError):
        return None
    if not window[:length].isascii():  # a cursor that was read wrongly leads elsewhere
        return None
    return UnreadPage(body, info) if rest.match(body, found.end() + length) else None
