r"""Omni's query answer, byte by byte: JSON lines, one of which holds the whole result.

The result is base64 inside one JSON string, in a line that may have hundreds of megabytes. It is
found while the bytes arrive, decoded and handed on at once, and never held; what is left of the
line is small and parsed as JSON at its end. No I/O happens here.

A plain search for ``"result":"`` could be fooled by a nested key, so the scanner keeps the depth.
Python has no incremental JSON parser in its library, and the published ones deliver such a string
as text; the part needed here is this one.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pybase64

from omnipd.client.strict_json import loads
from omnipd.errors import ResponseError

_SIGN = re.compile(rb'["{}\[\]\n]')
_INSIDE = re.compile(rb'[^"\\\n]*(?:\\[^\n][^"\\\n]*)*')
_LONGEST_REST = 64 * 2**20
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass
class Line:
    """One line of the answer.

    Attributes
    ----------
    content : dict
        The parsed line, without ``result``.
    has_result : bool
        Whether it had one, which was handed out before as :class:`Result`.
    terminated : bool
        Whether a line break ended it.
    """

    content: dict[str, Any]
    has_result: bool
    terminated: bool = True


@dataclass
class Result:
    """The result in a line, while the line is still being read.

    Attributes
    ----------
    head : dict
        What the line said before its result. No order of the keys is promised; it may be nothing.
    pieces : iterator of bytes
        The decoded result as it arrives. What is not taken before the next line is passed over.
    """

    head: dict[str, Any]
    pieces: Iterator[bytes]


class LineReader:
    r"""The lines of an answer, from chunks of bytes that are cut anywhere.

    Parameters
    ----------
    chunks : iterable of bytes
        The answer as it arrives.
    hide_key : callable, optional
        Takes the key out of a text. What is shown of a line is cut afterwards, so that no part of a key
        is left where it is cut.

    Attributes
    ----------
    tail : str
        When the lines are over: the start of what came after the last whole line and is not JSON.

    Examples
    --------
    >>> reader = LineReader([b'{"job_id":"j","resu', b'lt":"AA', b'EC"}\n'])
    >>> for found in reader:
    ...     print(b"".join(found.pieces) if isinstance(found, Result) else found.content)
    b'\x00\x01\x02'
    {'job_id': 'j'}
    """

    def __init__(self, chunks: Iterable[bytes], hide_key: Callable[[str], str] = str) -> None:
        self._chunks = iter(chunks)
        self._hide_key = hide_key
        self.tail = ""
        self._start_line()

    def __iter__(self) -> Iterator[Line | Result]:
        """Yield lines, and before a line that has a result that result.

        Raises
        ------
        ResponseError
            When a result is not base64; and, marked ``retryable``, when a line is not a JSON
            object. The lines before it were yielded.
        """
        for chunk in self._chunks:
            self._rest += chunk
            while (end := self._scan()) is not None:
                after = bytes(self._rest[end:])
                del self._rest[end:]
                if self._in_result:
                    pieces = self._decode(after)
                    yield Result(self._head(), pieces)
                    for _ in pieces:
                        """Nobody wants the rest; it has to be sound all the same."""
                    if self._in_result:  # the answer ended inside it
                        self.tail = self._shown(self._rest, 200)
                        return
                    continue
                if (line := self._finish_line(terminated=True)) is not None:
                    yield line
                self._rest += after
            if len(self._rest) > _LONGEST_REST:
                raise ResponseError(
                    "A line of the query answer is too long without a result in it."
                )
        tail = self._shown(self._rest, 200)
        try:
            line = self._finish_line(terminated=False)
        except ResponseError:
            self.tail = tail
        else:
            if line is not None:
                yield line

    def _shown(self, text: bytes | bytearray, longest: int) -> str:
        """Return the start of a text, fit to be shown."""
        return self._hide_key(text.decode("utf-8", "replace"))[:longest]

    def _start_line(self) -> None:
        self._rest = bytearray()
        self._scanned = 0
        self._depth = 0
        self._string: int | None = None  # where the string began that is being read
        self._key_end: int | None = None  # where a top-level "result" ended
        self._in_result = False
        self._had_result = False

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
                    self._in_result = self._had_result = True
                    return found.end()
                self._string = found.start()
            else:
                self._depth += 1 if sign in b"{[" else -1
            self._key_end = None

    def _is_result(self, quote: int) -> bool:
        """Whether the string that opens here is the value of the line's own ``result``."""
        if self._key_end is None or self._rest[self._key_end : quote].strip(b" \t\r") != b":":
            return False
        if self._had_result:
            raise ResponseError("A line of the query answer has two results.")
        return True

    def _head(self) -> dict[str, Any]:
        try:
            head = loads(bytes(self._rest) + b'"}')
        except (ValueError, RecursionError):
            head = {}
        head.pop("result", None)
        return dict(head)

    def _decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the result decoded, up to its closing quote; what follows it goes to the rest."""
        decoder = _Base64()
        while True:
            pieces = decoder.feed_letters(chunk)
            if pieces is None:
                if (end := chunk.find(b'"')) >= 0:
                    break
                pieces = (decoder.feed(chunk),)
            yield from filter(None, pieces)
            try:
                chunk = next(self._chunks)
            except StopIteration:
                return
        piece = decoder.feed(chunk[:end])
        decoder.finish()
        # The closing quote is appended here: a new scan would take it for an opening one.
        self._rest += b'"'
        self._scanned = len(self._rest)
        self._rest += chunk[end + 1 :]
        self._in_result = False
        if piece:
            yield piece

    def _finish_line(self, *, terminated: bool) -> Line | None:
        text, had_result = bytes(self._rest).strip(), self._had_result
        self._start_line()
        if not text:
            return None
        try:
            content = loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            start = self._shown(text, 120)
            what = (
                "a web page, probably for signing in" if text[:1] == b"<" else "not a JSON object"
            )
            raise ResponseError(f"A line of the query answer is {what}: {start!r}", retryable=True)
        # What was read of it is blank by now; anything else is a second one, which is no text.
        if had_result and content.pop("result", "") != "":
            raise ResponseError("A line of the query answer has two results.")
        return Line(content, had_result, terminated)


class _Base64:
    """Strict base64, decoded as it comes."""

    def __init__(self) -> None:
        self._carry = b""
        self._ended = False

    def feed_letters(self, piece: bytes) -> tuple[bytes, ...] | None:
        """Return what a piece says that is all letters; None, and nothing is taken, where it is not.

        Nothing is looked for in it and nothing copied: anything else fails, or says less.
        """
        missing = -len(self._carry) % 4
        whole = missing + ((len(piece) - missing) & ~3)
        rest = piece[whole:]
        if self._ended or whole < missing or rest.strip(_LETTERS):
            return None
        parts = self._carry + piece[:missing], memoryview(piece)[missing:whole]
        try:
            decoded = tuple(pybase64.b64decode(part, validate=True) for part in parts)
        except (binascii.Error, ValueError):
            return None
        if sum(map(len, decoded)) * 4 != sum(map(len, parts)) * 3:
            return None
        self._carry = rest
        return decoded

    def feed(self, piece: bytes) -> bytes:
        """Return what the next letters say, in whole groups of four."""
        text = self._carry + piece
        if b"\\" in text:
            if text.endswith(b"\\"):
                self._carry = text
                return b""
            text = text.replace(b"\\/", b"/")  # JSON may write a slash escaped
        whole = len(text) & ~3
        self._carry = text[whole:]
        if not whole:
            return b""
        padding = text.find(b"=", 0, whole)
        decoded = b""
        try:
            decoded = pybase64.b64decode(memoryview(text)[:whole], validate=True)
        except (binascii.Error, ValueError):
            fault = True
        else:
            # The decoder takes a second message after the padding of a first.
            fault = self._ended or 0 <= padding < whole - 2
        if fault:
            raise ResponseError("The result of the query is not valid base64.")
        self._ended = padding >= 0
        return decoded

    def finish(self) -> None:
        """Raise when letters are left over."""
        if self._carry:
            raise ResponseError("The base64 of the result is cut.")
