"""What came of a request, or did not come → the error to raise.

Statuses go through one table, because Omni's codes mislead: a bad key is 403, a malformed header
400 (docs/wire.md). Every message names the place and what happened; every hint says what to do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from omnipd.arguments import argument, function
from omnipd.client.strict_json import WEB_PAGE
from omnipd.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DeadlineError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    OmniError,
    OutcomeUnknownError,
    RateLimitError,
    ResponseError,
    ServerError,
)

#: ``unsent``: Omni never saw the request. ``unresolved``: no such host. ``untrusted``: TLS refused.
#: ``unsendable``: no request can be made of it. ``lost``: sent, and the answer did not come whole.
#: ``garbled``: what came is not HTTP. ``late``: the wall clock ran out. ``oversized``: the answer is
#: larger than any that is expected.
Kind = Literal[
    "unsent", "unresolved", "untrusted", "unsendable", "lost", "garbled", "late", "oversized"
]


@dataclass(frozen=True)
class Failure:
    """Why there is no whole answer."""

    kind: Kind
    reason: str
    hint: str | None = None

    @property
    def nothing_sent(self) -> bool:
        """Whether Omni cannot have seen the request."""
        return self.kind in {"unsent", "unresolved", "untrusted", "unsendable"}


_MORE_TIME = "Allow more time with " + argument("timeout", ..., of="connect") + "."
_KEY_HINT = "Compare the key with those in Omni: Settings > API keys. It may have been revoked."

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
        "The key is valid but lacks the permission; " + function("whoami") + " shows its roles.",
    ),
    (404, (), NotFoundError, "Check the id; Omni says the same of what this key may not see."),
    (408, (), ServerError, "Omni took too long; try again later."),
    (409, (), ConflictError, None),
    (
        429,
        (),
        RateLimitError,
        "Other programs may share this key: Omni allows 60 requests a minute over all of them.",
    ),
]


#: The keys of Omni's envelopes of errors.
_OF_ERRORS = {"message", "detail", "error", "reason", "code", "status", "success"}
# Words in lower case, class, hint, whether it may succeed later; the first match decides.
_BY_WORDS: list[tuple[tuple[str, ...], type[APIError], str | None, bool]] = [
    (("bearer", "authorization header", "api key"), AuthenticationError, _KEY_HINT, False),
    (
        ("permission", "forbidden", "not authorized"),
        ForbiddenError,
        "The key is valid but lacks the permission; " + function("whoami") + " shows its roles.",
        False,
    ),
    (
        ("rate limit", "too many"),
        RateLimitError,
        "Omni is asked too much at once; try again in a minute.",
        True,
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
    return words_in(said)


def words_in(said: Any) -> str | None:
    """Return what a parsed answer says of a failure; None without words."""
    if isinstance(said, dict):
        nested = said.get("error")
        if isinstance(nested, dict):
            said = nested.get("message") or nested.get("detail")
        else:
            said = said.get("detail") or said.get("message") or nested
    return said if isinstance(said, str) and said.strip() else None


def failure_in(content: Any) -> str | None:
    """Return the words of an answer that says it is a failure although its status is good; else None.

    Examples
    --------
    >>> failure_in({"success": False, "error": "Model is archived"})
    'Model is archived'
    >>> failure_in({"success": True}), failure_in({"ok": False})
    (None, 'no reason given')
    """
    if not isinstance(content, dict):
        return None
    if content.get("success") is not False and content.get("ok") is not False:
        return None
    return words_in(content) or "no reason given"


def only_words_in(content: Any) -> str | None:
    """Return the words of an answer that has nothing else; None where it holds more, or no words.

    Examples
    --------
    >>> only_words_in({"message": "try later"}), only_words_in({"message": "none", "records": []})
    ('try later', None)
    """
    return words_in(content) if isinstance(content, dict) and content.keys() <= _OF_ERRORS else None


def job_named_in(body: bytes) -> str | None:
    """Return the job that an error answer leaves behind, where it names just one.

    Examples
    --------
    >>> job_named_in(b'{"detail": "Timed out", "remaining_job_ids": ["j1"], "timed_out": true}')
    'j1'
    """
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    listed = said.get("remaining_job_ids") if isinstance(said, dict) else None
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], str):
        return listed[0]
    return None


def error_for(
    status: int, words: str | None, *, url: str, retry_after: float | None = None, tries: int = 1
) -> APIError:
    """Build the error for one answer. ``words`` must already be free of the key."""
    kind, hint = _row_for(status, (words or "").lower())
    if status == 400 and not words and url.startswith("http://"):
        # How servers of https answer plain http; Omni's own 400 has words in JSON.
        hint = "Does the address begin with https:// instead of http://? Check OMNI_BASE_URL."
    said = f": {words}" if words else ""
    return kind(
        f"{_place(url)} answered {status}{said}{_after(tries)}",
        hint=hint,
        status=status,
        url=url,
        retry_after=retry_after,
        retryable=status in {408, 429} or status >= 500,
        words=words,
    )


def error_of_failure(failure: Failure, *, url: str, tries: int = 1) -> OmniError:
    """Build the error for an exchange that gave no whole answer."""
    text = f"{_place(url)}: {failure.reason}{_after(tries) or '.'}"
    if failure.kind == "oversized":
        return ResponseError(text, hint="Ask for less: narrow the filters.", url=url)
    if failure.kind == "late":
        return DeadlineError(text, hint=_MORE_TIME, url=url, retryable=True)
    again = failure.kind not in {"untrusted", "unsendable"}
    return NetworkError(text, hint=failure.hint, url=url, retryable=again)


def too_late_to_send(seconds: float, *, url: str) -> DeadlineError:
    """Build the error for a request that was not sent, because the time of its call is up."""
    return DeadlineError(
        f"{_place(url)}: the {seconds:g} s of the call were up before it was sent.",
        hint=_MORE_TIME,
        url=url,
        retryable=True,
    )


def unknown_outcome(reason: str, *, url: str, status: int | None = None) -> OutcomeUnknownError:
    """Build the error for a request that must not be sent twice and whose answer is lost."""
    return OutcomeUnknownError(
        f"{_place(url)}: {reason}; whether Omni acted on the request is not known.",
        hint="It was not sent again. Look whether it took effect; a query changes nothing and may be run "
        "again if its cost is no matter.",
        status=status,
        url=url,
    )


def unexpected_answer(wrong: str, start: str, *, url: str) -> ResponseError:
    """Build the error for a 200 whose body is not what Omni promises; ``start`` is its beginning."""
    if wrong == WEB_PAGE:
        said, hint = (
            ".",
            (
                "OMNI_BASE_URL points at a page for people, probably to sign in; use the address of the "
                "Omni instance itself."
            ),
        )
    else:
        said = f": {start!r}"
        hint = "Something between here and Omni may have cut or changed the answer."
    return ResponseError(
        f"{_place(url)} answered 200 with {wrong}{said}", hint=hint, status=200, url=url
    )


def refused_with_200(words: str, *, url: str) -> APIError:
    """Build the error for a good status whose body says that it is a failure.

    The words alone tell of which kind it is. None of them makes it a NotFoundError: that may mean
    that there is nothing, and here nobody knows.
    """
    text = words.lower()
    found = next((row for row in _BY_WORDS if any(word in text for word in row[0])), None)
    _, kind, hint, again = found or ((), BadRequestError, None, False)
    return kind(
        f"{_place(url)} answered 200 with a failure: {words}",
        hint=hint,
        status=200,
        url=url,
        retryable=again,
    )


def nothing_but_words(words: str, *, url: str) -> ResponseError:
    """Build the error for a good status with words in place of what was asked for."""
    return ResponseError(
        f"{_place(url)} answered 200 with nothing but words: {words}", status=200, url=url
    )


def throttled_with_200(words: str, *, url: str) -> RateLimitError:
    """Build the error for a query, or a wait for one, that was answered with a message alone."""
    return RateLimitError(
        f"{_place(url)} answered 200 with no job: {words}",
        hint="Omni does so when it is asked too much at once; run it again later.",
        status=200,
        url=url,
        retryable=True,
    )


def unwanted_redirect(to: str, *, url: str, status: int) -> ResponseError:
    """Build the error for a redirect that is not followed."""
    return ResponseError(
        f"{_place(url)} redirects {to}.",
        hint="The key was not sent there. Check OMNI_BASE_URL: it may be an old or a sign-in address.",
        status=status,
        url=url,
    )


def _row_for(status: int, text: str) -> tuple[type[APIError], str | None]:
    for row_status, row_words, kind, hint in _TABLE:
        if status == row_status and all(word in text for word in row_words):
            return kind, hint
    if status >= 500:
        return ServerError, "Omni or something before it failed; try again later."
    return BadRequestError, None


def _after(tries: int) -> str:
    return f" ({tries} tries)." if tries > 1 else ""


def _place(url: str) -> str:
    """Return the host and path of an address, which is what a reader of an error needs."""
    return url.split("://", 1)[-1]
