"""JSON as the standard has it, from bytes that must be UTF-8.

The HTTP library guesses encodings, and Python's parser takes NaN, Infinity and 1e999; what Omni
sends has none of these, so each is a sign of a damaged answer.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

WEB_PAGE = "a web page instead of JSON"

_DECODER = msgspec.json.Decoder()


def parse(body: bytes) -> tuple[Any, str | None]:
    """Parse a document whose top is an object or a list.

    Returns
    -------
    content : dict, list or None
    wrong : str or None
        What is wrong with the body, in words that fit after "answered with"; None when nothing is.

    Examples
    --------
    >>> parse(b'{"records": []}')
    ({'records': []}, None)
    >>> parse(b"[NaN]")
    (None, 'a body that is not JSON')
    """
    try:
        content = loads(body)
    except (ValueError, RecursionError):
        if body.lstrip()[:1] == b"<":
            return None, WEB_PAGE
        return None, "a body that is not JSON"
    if not isinstance(content, dict | list):
        return None, "JSON that is neither an object nor a list"
    return content, None


def loads(body: bytes) -> Any:
    """Parse strict JSON; raise ValueError or RecursionError for anything else."""
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError):
        # It is fast, and takes no lone surrogate: what it refuses is for the other parser to judge.
        pass
    return json.loads(body.decode("utf-8"), parse_constant=_not_json, parse_float=_finite)


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise ValueError("a number beyond the range of a double")
    return value
