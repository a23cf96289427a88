r"""Omni's query answer, byte by byte: JSON lines, one of which holds the whole result.

The result is base64 inside one JSON string, in a line that may have hundreds of megabytes. It is
found while the bytes arrive, decoded at once and never held as text; what is left of the line is
small and parsed as JSON at its end. No I/O happens here.

A plain search for ``"result":"`` could be fooled by a nested key, so the scanner keeps the depth.
Python has no incremental JSON parser in its library, and the published ones deliver such a string
as text; the part needed here is this one.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pybase64

from omnipd.errors import ResponseError
from omnipd.strictjson import loads

_SIGN = re.compile(rb'["{}\[\]\n]')
_INSIDE = re.compile(rb'[^"\\\n]*(?:\\[^\n][^"\\\n]*)*')
_LONGEST_REST = 64 * 2**20


@dataclass
class Line:
    """One line of the answer.

    Attributes
    ----------
    content : dict
        The parsed line, without ``result``.
    payload : bytearray or None
        The decoded result, where the line has one.
    terminated : bool
        Whether a line break ended it.
    """

    content: dict[str, Any]
    payload: bytearray | None
    terminated: bool = True


class LineReader:
    r"""Turns chunks of bytes, cut anywhere, into lines.

    Examples
    --------
    >>> reader = LineReader()
    >>> list(reader.feed(b'{"job_id":"j","resu'))
    []
    >>> [line] = reader.feed(b'lt":"AAEC"}\n')
    >>> line.content, bytes(line.payload)
    ({'job_id': 'j'}, b'\x00\x01\x02')
    """

    def __init__(self) -> None:
        self._start_line()

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """Take the next bytes and yield the lines that they complete.

        Raises
        ------
        ResponseError
            When a result is not base64; and, marked ``retryable``, when a line is not a JSON
            object. The lines before it were yielded.
        """
        while chunk:
            if self._decoder is not None:
                chunk = self._decode(self._decoder, chunk)
                continue
            self._rest += chunk
            chunk = b""
            end = self._scan()
            if end is not None:
                after = bytes(self._rest[end:])
                del self._rest[end:]
                if self._decoder is not None:
                    chunk = after
                    continue
                if (line := self._finish_line(terminated=True)) is not None:
                    yield line
                chunk = after
            elif len(self._rest) > _LONGEST_REST:
                raise ResponseError(
                    "A line of the query answer is too long without a result in it."
                )

    def finish(self) -> tuple[Line | None, bytes]:
        """Take the end of the answer.

        Returns
        -------
        line : Line or None
            The last line when only its line break is missing.
        tail : bytes
            The start of what came after the last whole line and is not JSON; empty when nothing did.
        """
        if self._decoder is not None:
            return None, bytes(self._rest[:200])
        tail = bytes(self._rest[:200])
        try:
            return self._finish_line(terminated=False), b""
        except ResponseError:
            return None, tail

    def _start_line(self) -> None:
        self._rest = bytearray()
        self._scanned = 0
        self._depth = 0
        self._string: int | None = None  # where the string began that is being read
        self._key_end: int | None = None  # where a top-level "result" ended
        self._decoder: _Base64 | None = None
        self._payload: bytearray | None = None

    def _scan(self) -> int | None:
        """Read on; return where the line ends or its result begins, None when more is needed.

        Every byte is looked at once, however long a string is and however the chunks are cut.
        """
        rest = self._rest
        while True:
            if self._string is not None:
                end = _INSIDE.match(rest, self._scanned).end()  # type: ignore[union-attr]
                self._scanned = end
                if end == len(rest) or rest[end] == 0x5C:
                    return None
                if rest[end] == 0x0A:  # no JSON string holds a raw line break: the line is cut
                    return end + 1
                self._scanned = end + 1
                if self._depth == 1 and rest[self._string : end + 1] == b'"result"':
                    self._key_end = end + 1
                self._string = None
                continue
            found = _SIGN.search(rest, self._scanned)
            if found is None:
                self._scanned = len(rest)
                return None
            sign, self._scanned = found.group(), found.end()
            if sign == b"\n":
                return found.end()
            if sign == b'"':
                if self._is_result(found.start()):
                    self._decoder = _Base64()
                    return found.end()
                self._string = found.start()
            else:
                self._depth += 1 if sign in b"{[" else -1
            self._key_end = None

    def _is_result(self, quote: int) -> bool:
        """Whether the string that opens here is the value of the line's own ``result``."""
        if self._key_end is None or self._rest[self._key_end : quote].strip(b" \t\r") != b":":
            return False
        if self._payload is not None:
            raise ResponseError("A line of the query answer has two results.")
        return True

    def _decode(self, decoder: _Base64, chunk: bytes) -> bytes:
        """Decode up to the closing quote; return what follows it, with the quote."""
        end = chunk.find(b'"')
        decoder.feed(chunk if end < 0 else chunk[:end])
        if end < 0:
            return b""
        self._payload = decoder.finish()
        self._decoder = None
        # The closing quote is appended here: a new scan would take it for an opening one.
        self._rest += b'"'
        self._scanned = len(self._rest)
        return chunk[end + 1 :]

    def _finish_line(self, *, terminated: bool) -> Line | None:
        text, payload = bytes(self._rest).strip(), self._payload
        self._start_line()
        if not text:
            return None
        try:
            content = loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            start = text[:120].decode("utf-8", "replace")
            what = (
                "a web page, probably for signing in" if text[:1] == b"<" else "not a JSON object"
            )
            raise ResponseError(f"A line of the query answer is {what}: {start!r}", retryable=True)
        if payload is not None:
            content.pop("result", None)
        return Line(content, payload, terminated)


class _Base64:
    """Strict base64, decoded as it comes."""

    def __init__(self) -> None:
        self._carry = b""
        self._ended = False
        self._out = bytearray()

    def feed(self, piece: bytes) -> None:
        text = self._carry + piece
        if b"\\" in text:
            if text.endswith(b"\\"):
                self._carry = text
                return
            text = text.replace(b"\\/", b"/")  # JSON may write a slash escaped
        whole = len(text) & ~3
        self._carry = text[whole:]
        if not whole:
            return
        padding = text.find(b"=", 0, whole)
        try:
            self._out += pybase64.b64decode(memoryview(text)[:whole], validate=True)
        except (binascii.Error, ValueError):
            fault = True
        else:
            # The decoder takes a second message after the padding of a first.
            fault = self._ended or 0 <= padding < whole - 2
        if fault:
            raise ResponseError("The result of the query is not valid base64.")
        self._ended = padding >= 0

    def finish(self) -> bytearray:
        if self._carry:
            raise ResponseError("The base64 of the result is cut.")
        return self._out
