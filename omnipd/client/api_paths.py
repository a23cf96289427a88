"""Paths of Omni's API: parts that came from a caller put in, and where a path leads."""

from __future__ import annotations

import urllib.parse

from omnipd.arguments import said
from omnipd.errors import ArgumentError


def segment(text: str) -> str:
    """Percent-encode one path segment that came from a caller.

    Raises
    ------
    ArgumentError
        For an empty one, and for ``.`` and ``..``, which would lead to another endpoint.

    Examples
    --------
    >>> segment("Q1/Q2 report")
    'Q1%2FQ2%20report'
    """
    if text in {"", ".", ".."}:
        raise ArgumentError(f"{said(text):.60} cannot be an id.")
    return urllib.parse.quote(text, safe="")


def is_api_path(path: str) -> bool:
    """Whether a path stays inside Omni's API however its dots and escapes are read.

    Examples
    --------
    >>> is_api_path("/api/v1/content"), is_api_path("/api/%2e%2e/login")
    (True, False)
    """
    parts = urllib.parse.unquote(path).split("/")
    return parts[:2] == ["", "api"] and len(parts) > 2 and not {".", ".."} & set(parts)
