"""The calls of the doctor: GETs that are sent once each, counted, and never more than it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd.client import strict_json
from omnipd.client.answers import Once
from omnipd.client.client import Client
from omnipd.client.failures import error_for, message_of
from omnipd.errors import AuthenticationError, OmniError

#: No checkup sends more.
MOST_CALLS = 40
#: How many answers in a row may be none of Omni's, before any is, until it is no use to go on.
_STRANGE = 3


class Stop(Exception):
    """No further call makes sense; the words say why, and what to do."""

    def __init__(self, check: str, why: str, remedy: str) -> None:
        super().__init__(why)
        self.check, self.why, self.remedy = check, why, remedy


class CallsUsedUpError(OmniError):
    """A checkup would send more than it has said."""


@dataclass(frozen=True)
class Heard:
    """One answer.

    Attributes
    ----------
    status : int
        0 where there was none.
    content : dict, list or None
        The JSON of any answer that has some.
    said : str
        What came, in words that hold nothing of the answer's own.
    headers : mapping of str to str
    words : str
        Words of an error, in lower case. They may hold names, and are only looked into.
    body : bytes
        What came, for what is no JSON document.
    """

    status: int
    content: Any
    said: str
    headers: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        """Whether it is a JSON answer with a good status."""
        return 200 <= self.status < 300 and self.content is not None


class Questions:
    """Sends what the doctor asks, and counts it.

    Parameters
    ----------
    client : Client
        Who asks.
    allowed : int
        How many calls may be sent; the next one is refused.
    """

    def __init__(self, client: Client, allowed: int = MOST_CALLS) -> None:
        self._client = client
        self.allowed = min(allowed, MOST_CALLS)
        self.sent = 0
        self._strange = 0
        self._answers = False

    def ask(self, path: str, params: Mapping[str, str] | None = None, *, body: Any = None) -> Heard:
        """Send one GET, or one query.

        Raises
        ------
        CallsUsedUpError
            If as many have been sent as may be.
        Stop
            If no further call makes sense: the key is refused, the limit is reached, nothing answers,
            or what answers is no Omni.
        """
        if self.sent >= self.allowed:
            raise CallsUsedUpError(
                f"The doctor may send {self.allowed} calls, and this would be one more."
            )
        self.sent += 1
        try:
            heard = _heard(self._client.once(path, params or None, body=body))
        except OmniError as error:
            self.sent -= 1
            raise Stop("calls", f"the call was not sent ({type(error).__name__})", "") from None
        self._judge(heard)
        return heard

    def _judge(self, heard: Heard) -> None:
        """Stop where it is no use to go on."""
        if heard.status == 429:
            after = heard.headers.get("Retry-After", "").strip()
            form = "seconds" if after.isdecimal() else "a date" if after else "none"
            raise Stop(
                "limit",
                f"429 after {self.sent} calls: Omni's limit is reached; Retry-After: {form}",
                "Wait a minute and run it again; if 429s stay, set --requests-per-minute lower.",
            )
        if heard.status >= 400 and _is_of_key(heard):
            raise Stop(
                "key",
                f"Omni does not take the key ({heard.status})",
                "Compare it with those in Omni: Settings > API keys. It may have been revoked.",
            )
        self._answers = self._answers or heard.is_good
        # A call that is not there may be 404 with a page of what stands before Omni.
        strange = heard.content is None and (heard.status == 0 or not self._answers)
        self._strange = self._strange + 1 if strange else 0
        if self.sent == 1 and strange and heard.status < 400:
            self._strange = _STRANGE
        if self._strange >= _STRANGE:
            raise Stop(
                "answers",
                f"what answers is no Omni, or something stands before it: {heard.said}",
                "Check the address, and the sign-in page or proxy between here and Omni.",
            )


def _is_of_key(heard: Heard) -> bool:
    error = error_for(heard.status, heard.words or None, url="")
    return isinstance(error, AuthenticationError)


def _heard(once: Once) -> Heard:
    if once.failure is not None:
        return Heard(once.status, None, f"no whole answer ({once.failure.kind})", once.headers)
    content, wrong = strict_json.parse(once.body)
    words = (message_of(once.body) or "").lower() if once.status >= 400 else ""
    if 300 <= once.status < 400:
        said, content = f"{once.status}, a redirect", None
    elif wrong == strict_json.WEB_PAGE:
        said = f"{once.status} with a web page"
    elif wrong is not None:
        said = f"{once.status} with no JSON"
    else:
        said = str(once.status)
    return Heard(once.status, content, said, once.headers, words, once.body)
