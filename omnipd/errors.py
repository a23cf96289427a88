"""What may go wrong, as one tree.

::

    OmniError                        the root: except OmniError catches all of omnipd
    ├── SettingsError                no address, no key, or an unusable one; nothing was sent
    ├── ArgumentError                bad input, also a ValueError; nothing was sent
    ├── NetworkError                 sent, or meant to be sent, and never answered in full
    │   └── DeadlineError            the wall clock ran out, also a TimeoutError
    ├── OutcomeUnknownError          sent, and whether it took effect is not known
    ├── APIError                     Omni answered with an error status
    │   ├── BadRequestError          400, 402, 405, 410, 422 …: this request cannot succeed
    │   ├── AuthenticationError      the key is missing, malformed, unknown or revoked
    │   ├── ForbiddenError           the key is known and may not do this
    │   ├── NotFoundError            missing, or not visible to this key
    │   ├── ConflictError            409
    │   ├── RateLimitError           429, after all the waiting that was allowed
    │   └── ServerError              5xx or 408, after the retries
    ├── ResponseError                answered 2xx, but not what Omni promises
    │   └── IncompleteReadError      a list that cannot be shown to be whole
    ├── QueryError                   the query was accepted and did not give a result
    │   ├── QueryTimeoutError        not finished in time, also a DeadlineError; resumable by job id
    │   ├── MissingFieldsError       fields or timeframes that the model does not have
    │   └── PlanError                Omni could not plan the query
    └── ExportError                  a file could not be written; any existing file was left unchanged
        └── ExportIncompleteError    the frame is marked incomplete, or the disk ran out

    OmniWarning (a UserWarning)      worth knowing, and the result is still right
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from omnipd.bars import aside
from omnipd.display import shortened
from omnipd.key_texts import hide_keys
from omnipd.message import changed

#: Texts of an error that people see.
_SHOWN = {"message", "hint", "url", "words"}
#: Letters of a message in a repr.
_LONGEST = 200


class OmniError(Exception):
    """Anything that omnipd raises.

    Parameters
    ----------
    message : str
        What happened. What it names of Python comes from ``omnipd.arguments.argument()``.
    hint : str, optional
        What to do next; appended to the message.
    status : int, optional
        The HTTP status, where there was an answer.
    url : str, optional
        The address that was asked, without its query string.
    retry_after : float, optional
        Seconds after which the server invites another try.
    retryable : bool
        Whether the same call may succeed later without a change.
    partial : object, optional
        What was read before the failure: a DataFrame for readers, else None.
    job_id : str, optional
        The query job, where one is known.
    words : str, optional
        What Omni itself said.
    trace_id : str, optional
        Omni's own name for the exchange (``x-trace-id``), where it sent one. Its support asks for it.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        url: str | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        partial: Any = None,
        job_id: str | None = None,
        words: str | None = None,
        trace_id: str | None = None,
    ) -> None:
        super().__init__(hide_keys(message))
        self.message = message
        self.hint = hint
        self.status = status
        self.url = url
        self.retry_after = retry_after
        self.retryable = retryable
        self.partial = partial
        self.job_id = job_id
        self.words = words
        self._again: Callable[[], Any] | None = None
        self.trace_id: str | None = None
        if trace_id is not None:
            self.trace(trace_id)

    def __str__(self) -> str:
        """Say what happened, then what to do."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __repr__(self) -> str:
        """Say the kind, what happened, what to do and the status, in one line that is not too long."""
        told = {"hint": self.hint, "status": self.status}
        said = [
            f"{name}={shortened(one, _LONGEST)!r}" if isinstance(one, str) else f"{name}={one}"
            for name, one in told.items()
            if one is not None
        ]
        message = repr(shortened(self.message, _LONGEST))
        return f"{type(self).__name__}({', '.join([message, *said])})"

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep keys out of what is shown: an argument that is echoed may be one by mistake."""
        if name in _SHOWN and isinstance(value, str):
            value = changed(value, hide_keys)
        super().__setattr__(name, value)

    def add_note(self, note: str, /) -> None:
        """Add a line to what a traceback shows."""
        super().add_note(changed(note, hide_keys))

    def trace(self, trace_id: str | None) -> None:
        """Note what Omni calls the exchange, unless that is known; a traceback shows it."""
        if self.trace_id is None and trace_id is not None:
            self.trace_id = trace_id
            self.add_note(f"Omni's trace id: {trace_id}")

    def resumable_by(self, again: Callable[[], Any]) -> None:
        """Note the call that goes on where this one was broken off."""
        self._again = again

    @property
    def is_resumable(self) -> bool:
        """Whether there is something to go on from."""
        return self._again is not None

    def resume(self) -> Any:
        """Make the call again that was broken off; it goes on from its checkpoint.

        Returns
        -------
        object
            What the call returns.

        Raises
        ------
        ArgumentError
            If the call had no ``checkpoint=``, or the error comes from another process.
        """
        if self._again is None:
            raise ArgumentError(
                "There is nothing to go on from.",
                hint="Calls that have a checkpoint keep what they have read, and go on.",
            )
        return self._again()

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive a pickle with every attribute: errors cross process pools."""
        return _rebuild, (type(self), self.message, {**self.__dict__, "_again": None})


def _rebuild(cls: type[OmniError], message: str, state: dict[str, Any]) -> OmniError:
    error = cls(message)
    error.__dict__.update(state)
    return error


class SettingsError(OmniError):
    """No address, no key, or an unusable one. Nothing was sent."""


class ArgumentError(OmniError, ValueError):
    """An argument that Omni would refuse or misread. Nothing was sent."""


class NetworkError(OmniError):
    """The request never got a whole answer: name lookup, connection, TLS, or a cut body."""


class DeadlineError(NetworkError, TimeoutError):
    """The wall-clock time that the call was given ran out."""


class OutcomeUnknownError(OmniError):
    """A request that must not be sent twice was sent, and its answer was lost."""


class APIError(OmniError):
    """Omni answered with an error status."""


class BadRequestError(APIError):
    """Omni refused the request as it stands; sending it again gives the same answer."""


class AuthenticationError(APIError):
    """The key is missing, malformed, unknown or revoked."""


class ForbiddenError(APIError):
    """The key is known, and may not do this."""


class NotFoundError(APIError):
    """The thing does not exist, or this key cannot see it."""


class ConflictError(APIError):
    """The request conflicts with how things stand."""


class RateLimitError(APIError):
    """Omni kept answering 429 for as long as waiting was allowed."""


class ServerError(APIError):
    """Omni, or something before it, failed; retries did not help."""


class ResponseError(OmniError):
    """The answer has a good status, and is not what Omni promises."""


class IncompleteReadError(ResponseError):
    """A list could not be shown to be whole. ``partial`` holds the rows that were read."""


class QueryError(OmniError):
    """A query was accepted and gave no result.

    ``error_type`` is Omni's own word for the kind (``PLAN``, ``FORBIDDEN`` …), ``sql`` the SQL
    where the key may see it.
    """

    def __init__(
        self, message: str, *, error_type: str | None = None, sql: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.error_type = error_type
        self.sql = sql


class QueryTimeoutError(QueryError, DeadlineError):
    """The query was still running when the time was up."""


class MissingFieldsError(QueryError):
    """The query names fields or timeframes that the model does not have."""


class PlanError(QueryError):
    """Omni could not turn the query into SQL."""


class ExportError(OmniError):
    """A file could not be written. Any existing file was left unchanged."""


class ExportIncompleteError(ExportError):
    """The frame is marked incomplete, or the file could not be written to its end."""


class OmniWarning(UserWarning):
    """Something worth knowing; the result is still right."""


# Python shows a warning once for each line of code. That a result is cut has to be said each time, also
# in a loop. At the end of the filters, so that whatever a caller has set or will set comes first.
warnings.simplefilter("always", OmniWarning, append=True)

# Where notices go instead of to the caller, while they are held.
_HELD: ContextVar[list[str] | None] = ContextVar("omnipd-held-notices", default=None)
# What was said since a call began that says each thing once.
_SAID: ContextVar[set[str] | None] = ContextVar("omnipd-said-notices", default=None)


@contextmanager
def held_warnings() -> Iterator[list[str]]:
    """Collect the warnings of a block instead of giving them; who holds them passes them on.

    For work in other threads, where no line of the caller's is on the stack.
    """
    texts: list[str] = []
    before = _HELD.get()
    try:  # an interrupt that comes when it is set must not leave it so
        _HELD.set(texts)
        yield texts
    finally:
        _HELD.set(before)


@contextmanager
def each_warning_once() -> Iterator[None]:
    """Give each warning of a block once, though many lists that it reads say the same."""
    # Within another such block it goes on with what was said there.
    said = _SAID.get()
    try:
        _SAID.set(set() if said is None else said)
        yield
    finally:
        _SAID.set(said)


#: omnipd, and what of Python may call it for the caller: ``Mapping.get()`` of a client's models.
_INSIDE = (__name__.partition(".")[0], "collections.abc")


def is_inside(module: object) -> bool:
    """Whether a module of this name is none of the caller's; by name, since files lie anywhere."""
    return isinstance(module, str) and any(
        module == one or module.startswith(f"{one}.") for one in _INSIDE
    )


def warn(text: str) -> None:
    """Warn with an OmniWarning that points at the caller's line, however deep inside omnipd it is."""
    text = changed(text, hide_keys)
    held, said = _HELD.get(), _SAID.get()
    if held is not None:
        held.append(text)
        return
    if said is not None:
        if text in said:
            return
        said.add(text)
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and is_inside(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    with aside():
        warnings.warn(text, OmniWarning, stacklevel=level)
