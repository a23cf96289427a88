"""What an endpoint answers: a small JSON document, or lines written as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Sink(Protocol):
    """Where a streamed answer is written."""

    def write(self, data: bytes, /) -> int:
        """Send some bytes, or hold them back for a while."""

    def flush(self) -> None:
        """Send what was held back."""


@dataclass(frozen=True)
class Document:
    """Answer with one body of known length."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """Answer with a body that is written piece by piece."""

    write_to: Callable[[Sink], None]
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Broken:
    """Answer with the first half of a reply and hang up; with None, reset the connection."""

    half_of: Document | Stream | None
    status: int = 0


Reply = Document | Stream | Broken


def to_json(value: Any) -> bytes:
    """Encode as compact UTF-8 JSON, the way a JavaScript server does."""
    try:
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        ).encode()
    except UnicodeEncodeError:
        # A lone surrogate, echoed from a request; JSON.stringify escapes it too.
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def json_reply(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Document:
    """Answer with a JSON value."""
    return Document(to_json(value), status=status, headers=headers or {})


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is null, where the wire does not tell it from what is absent."""
    return {name: value for name, value in values.items() if value is not None}


def done() -> Document:
    """Answer that a change was made."""
    return json_reply({"success": True})


def nothing() -> Document:
    """Answer that a change was made, without a body."""
    return Document(b"", status=204)
