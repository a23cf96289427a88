"""Ids of eight letters and digits on the wire, where the organization has UUIDs (docs/wire.md)."""

from __future__ import annotations

import re
from dataclasses import replace

from omnipd_sandbox.http.reply import Document, Reply
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.organization import derived

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_LONG = re.compile(_UUID.encode())
_SHORT = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{8}(?![0-9A-Za-z])")


class ShortIds:
    """Write each id shortly in answers, and know it again in requests.

    The lines of queries are left as they are: their ids are those of jobs.
    """

    def __init__(self) -> None:
        self._long: dict[str, str] = {}

    def short(self, long: str) -> str:
        """Give the short form of an id."""
        short = derived.base62(8, "short id", long)
        self._long[short] = long
        return short

    def asked(self, request: Request) -> Request:
        """Give a request with the ids that the organization has."""
        return replace(
            request,
            path=self._lengthen(request.path),
            query=tuple((name, self._lengthen(value)) for name, value in request.query),
            body=self._lengthen(request.body.decode("latin-1")).encode("latin-1"),
        )

    def answered(self, reply: Reply) -> Reply:
        """Give an answer with short ids."""
        if not isinstance(reply, Document):
            return reply
        return replace(reply, body=_LONG.sub(self._shorten, reply.body))

    def _shorten(self, found: re.Match[bytes]) -> bytes:
        return self.short(found[0].decode()).encode()

    def _lengthen(self, text: str) -> str:
        return _SHORT.sub(lambda found: self._long.get(found[0], found[0]), text)
