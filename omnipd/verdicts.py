"""An error status and what Omni says with it → the error to raise.

One table, because Omni's codes mislead: a bad key is 403, a malformed header 400 (docs/wire.md).
"""

from __future__ import annotations

import json
from typing import Any

from omnipd.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
)

_KEY_HINT = "Check OMNI_API_KEY against Omni: Settings > API keys. It may have been revoked."

# (status, words that the message holds in lower case, class, hint); the first match decides.
_TABLE: list[tuple[int, tuple[str, ...], type[APIError], str | None]] = [
    (400, ("authorization header",), AuthenticationError, _KEY_HINT),
    (401, (), AuthenticationError, _KEY_HINT),
    (403, ("bearer",), AuthenticationError, _KEY_HINT),
    (403, ("invalid token",), AuthenticationError, _KEY_HINT),
    (
        403,
        ("scim",),
        ForbiddenError,
        "User and group lists need an organization key; this is a personal access token.",
    ),
    (
        403,
        ("on behalf",),
        ForbiddenError,
        "A personal access token acts for its own user only; leave out user_id or use an "
        "organization key.",
    ),
    (
        403,
        ("feature not enabled",),
        ForbiddenError,
        "An Omni administrator has to switch this feature on for the organization.",
    ),
    (
        403,
        (),
        ForbiddenError,
        "The key is valid but lacks the permission; omnipd.whoami() shows its roles.",
    ),
    (404, (), NotFoundError, "Check the id; Omni says the same of what this key may not see."),
    (409, (), ConflictError, None),
    (
        429,
        (),
        RateLimitError,
        "Other programs may share this key: Omni allows 60 requests a minute over all of them.",
    ),
]


def message_of(body: bytes) -> str | None:
    """Return what an error body says, in whichever of Omni's envelopes it came; None without words.

    Examples
    --------
    >>> message_of(b'{"error": {"code": 403, "message": "Invalid bearer token"}}')
    'Invalid bearer token'
    """
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(said, dict):
        nested = said.get("error")
        if isinstance(nested, dict):
            said = nested.get("message") or nested.get("detail")
        else:
            said = said.get("detail") or said.get("message") or nested
    return said if isinstance(said, str) and said.strip() else None


def error_for(
    status: int, words: str | None, *, url: str, retry_after: float | None = None
) -> APIError:
    """Build the error for one answer. ``words`` must already be free of the key."""
    kind, hint = _row_for(status, (words or "").lower())
    said = f": {words}" if words else ""
    return kind(
        f"{_place(url)} answered {status}{said}",
        hint=hint,
        status=status,
        url=url,
        retry_after=retry_after,
        retryable=status == 429 or status >= 500,
    )


def _row_for(status: int, text: str) -> tuple[type[APIError], str | None]:
    for row_status, row_words, kind, hint in _TABLE:
        if status == row_status and all(word in text for word in row_words):
            return kind, hint
    if status >= 500:
        return ServerError, "Omni or something before it failed; try again later."
    return BadRequestError, None


def _place(url: str) -> str:
    """Return the host and path of an address, which is what a reader of an error needs."""
    return url.split("://", 1)[-1]
