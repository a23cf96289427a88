"""The only place that talks to Omni: pace, send, retry, judge; or an error of the tree.

Order of one GET: take a place in the window of the key → send → on 429 hold the whole key and wait
→ on a passing fault wait a little and try again, with a new place → judge the status → parse.
A POST that starts something is never sent a second time once Omni may have seen it.

The client owns no endpoints. Readers take one as ``client=``; without it they use the client of
the surrounding ``with`` block, else one made from the environment.
"""

from __future__ import annotations

import contextvars
import email.utils
import os
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Self

from omnipd import strictjson, verdicts
from omnipd.cache import WalkCache, clear_all, parse_lifetime
from omnipd.clock import Clock, Deadline
from omnipd.errors import (
    ArgumentError,
    DeadlineError,
    NetworkError,
    OmniError,
    OutcomeUnknownError,
    ResponseError,
    SettingsError,
)
from omnipd.limiter import Limiter
from omnipd.settings import Settings, disk_root, resolve, tidy_base_url
from omnipd.transport import BrokenBody, Failure, Reply, Transport

WORK_SECONDS = 120.0
THROTTLE_SECONDS = 150.0
LONGEST_RETRY_AFTER = 120.0
READ_SECONDS = 60.0
WAIT_READ_SECONDS = 90.0
LARGEST_BODY = 256 * 2**20
LARGEST_RESULT = 2 * 2**30
_LARGEST_ERROR = 2**20

_TRIES = {"unsent": 5, "unresolved": 2, "lost": 5, "garbled": 2}
_NOTHING_SENT = {"unsent", "unresolved", "untrusted", "unsendable"}
_STATUS_TRIES = {500: 3, 502: 5, 503: 5, 504: 5, 408: 5}
_THROTTLE_STEPS = (5.0, 10.0, 20.0, 30.0)
_REDIRECTS = {301, 302, 303, 307, 308}

_current: contextvars.ContextVar[Client | None] = contextvars.ContextVar(
    "omnipd_client", default=None
)


@dataclass(frozen=True)
class Answer:
    """A whole JSON answer.

    Attributes
    ----------
    content : dict or list
        The parsed body.
    body : bytes
        The body as it came, decoded from gzip.
    """

    content: Any
    body: bytes


class Client:
    """One Omni, one key. Make it with :func:`omnipd.connect`.

    Parameters
    ----------
    settings : Settings
        Address and key.
    user_id : str, optional
        Membership id to act for, where an endpoint allows it.
    cache : str, float, timedelta or False
        How long lists are kept on disk.
    requests_per_minute : int or None
        The key's allowance; None sends without pacing.
    timeout : float, optional
        Wall-clock seconds for one request with its retries and waits.
    cache_dir : path-like, optional
        Where everything on disk lives.
    clock : Clock
        For tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        user_id: str | None = None,
        cache: Any = "10m",
        requests_per_minute: int | None = 60,
        timeout: float | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.base_url = settings.origin
        self.user_id = user_id
        self.timeout = timeout
        self.clock = clock or Clock()
        self.disk = disk_root(cache_dir)
        self.requests_sent = 0
        #: Called after every page of a list with its path, the rows so far and the total.
        self.progress: Callable[[str, int, int | None], None] | None = None
        #: Parameters that this server has refused, so that it is asked once.
        self.refused: set[tuple[str, str]] = set()
        self._settings = settings
        self._transport = Transport(settings)
        self._quota = 500
        self._entered: list[contextvars.Token[Client | None]] = []
        fingerprint = settings.fingerprint
        lifetime = _checked_lifetime(cache)
        self.cache = WalkCache(self.disk / "lists" / fingerprint, lifetime) if lifetime else None
        self._limiter: Limiter | None = None
        if requests_per_minute is not None:
            if requests_per_minute < 1:
                raise ArgumentError(f"requests_per_minute={requests_per_minute} must be 1 or more.")
            log = self.disk / "limiter" / f"{fingerprint}.sqlite"
            self._limiter = Limiter(log, requests_per_minute, clock=self.clock.wall)
        if timeout is not None and not timeout > 0:
            raise ArgumentError(f"timeout={timeout} must be a positive number of seconds.")

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask for a JSON document.

        Parameters
        ----------
        path : str
            Starts with ``/api``; parts that came from a caller are percent-encoded
            (:func:`segment`).
        params : mapping of str to str, optional
            Query parameters in the wire's spelling.

        Returns
        -------
        Answer

        Raises
        ------
        OmniError
            Of the kind that the tree in :mod:`omnipd.errors` names.
        """
        deadline = self._deadline()
        garbled = 0
        while True:
            body = b"".join(self._stream("GET", path, params, None, deadline, True))
            content, wrong = strictjson.parse(body)
            if wrong is None:
                return Answer(content, body)
            # A cut or garbled body is worth one more try: it may be a fault on the way.
            garbled += 1
            if garbled > 1:
                raise self._response_error(path, wrong, body)

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        deadline: Deadline,
    ) -> Iterator[bytes]:
        """Send one request and yield the body of its good answer as it arrives.

        A GET is retried until an answer begins; a POST only while Omni cannot have seen it. Once
        the body has begun, a break is a NetworkError (a DeadlineError when the time is up): the
        caller knows what can be resumed.
        """
        return self._stream(method, path, params, body, deadline, False)

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Make this the default client of this context."""
        self._entered.append(_current.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._entered.pop())
        self.close()

    def __repr__(self) -> str:
        acting = f", user_id={self.user_id!r}" if self.user_id else ""
        return f"<omnipd.Client {self.base_url}{acting}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Client holds a key and cannot be pickled: connect() again where it is needed"
        )

    # --- one request, with all that may happen to it

    def _stream(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Any,
        deadline: Deadline,
        whole: bool,
    ) -> Iterator[bytes]:
        """Yield the body of a 2xx answer. ``whole`` yields it as one piece, so a cut can be retried."""
        retry = _Retry(self, method, path, deadline)
        redirects = 0
        while True:
            self._pace(deadline)
            self.requests_sent += 1
            reply = self._transport.exchange(
                method,
                path,
                params=params,
                json=body,
                deadline=deadline,
                read_seconds=WAIT_READ_SECONDS if path.endswith("/query/wait") else READ_SECONDS,
                most=LARGEST_BODY if whole else LARGEST_RESULT,
            )
            if isinstance(reply, Failure):
                retry.after_failure(reply)
                continue
            if reply.status in _REDIRECTS:
                redirects += 1
                reply.close()
                path, params = self._follow(reply, method, path, redirects)
                continue
            if not 200 <= reply.status < 300:
                retry.after_status(reply)
                continue
            failure = None
            try:
                if whole:
                    yield reply.read()
                else:
                    yield from reply.chunks()
            except BrokenBody as broken:
                failure = broken.failure
            finally:
                reply.close()
            if failure is None:
                self._quota = min(500, self._quota + 1)
                return
            if not whole and (method == "GET" or failure.kind == "oversized"):
                raise self._network_error(path, failure)
            retry.after_failure(failure)

    def _pace(self, deadline: Deadline) -> None:
        """Wait for a place in the key's window; this wait is ours and not counted as the server's."""
        while self._limiter is not None and (wait := self._limiter.try_acquire()):
            self.clock.sleep(wait)
            deadline.extend(wait)

    def _follow(
        self, reply: Reply, method: str, path: str, redirects: int
    ) -> tuple[str, Mapping[str, str] | None]:
        """Follow a redirect of a GET inside this origin's API: a renamed document redirects."""
        host, inside, target = None, False, ""
        try:
            parts = urllib.parse.urlsplit(
                urllib.parse.urljoin(self.base_url + path, reply.headers.get("Location", ""))
            )
            host = parts.hostname
            origin = tidy_base_url(f"{parts.scheme}://{parts.netloc}", allow_http=True)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            inside = origin == self.base_url and is_api_path(parts.path)
        except (ValueError, SettingsError):
            inside = False
        if not inside or method != "GET":
            raise ResponseError(
                f"{self._place(path)} redirects to {host or 'an unusable address'}.",
                hint="The key was not sent there. Check OMNI_BASE_URL: it may be an old or a sign-in "
                "address.",
                status=reply.status,
                url=self.base_url + path,
            )
        if redirects > 3:
            raise ResponseError(
                f"{self._place(path)} redirects in a circle.",
                status=reply.status,
                url=self.base_url + path,
            )
        return target, None

    def _deadline(self) -> Deadline:
        return Deadline(self.timeout or WORK_SECONDS, self.clock)

    # --- errors

    def scrub(self, text: str) -> str:
        """Return a server's words fit to be shown: without the key, in one line, not too long."""
        text = text.replace(self._settings.key.reveal(), "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= 200 else text[:199] + "…"

    def _place(self, path: str) -> str:
        return self.base_url.split("://", 1)[-1] + path.split("?", 1)[0]

    def _network_error(self, path: str, failure: Failure) -> OmniError:
        text = f"{self._place(path)}: {failure.reason}."
        url = self.base_url + path.split("?", 1)[0]
        if failure.kind == "oversized":
            return ResponseError(text, hint="Ask for less: narrow the filters.", url=url)
        if failure.kind == "late":
            return DeadlineError(
                text, hint="Give it more: connect(timeout=…).", url=url, retryable=True
            )
        return NetworkError(
            text,
            hint=failure.hint,
            url=url,
            retryable=failure.kind not in {"untrusted", "unsendable"},
        )

    def _response_error(self, path: str, wrong: str, body: bytes) -> ResponseError:
        start = self.scrub(body[:400].decode("utf-8", "replace"))
        login = "login" in wrong
        return ResponseError(
            f"{self._place(path)} answered 200 with {wrong}" + ("." if login else f": {start!r}"),
            hint="OMNI_BASE_URL points at a page for people, probably a sign-in page; use the address "
            "of the Omni instance itself."
            if login
            else "Something between here and Omni may have cut or changed the answer.",
            status=200,
            url=self.base_url + path,
        )


class _Retry:
    """What has happened to one request so far, and whether it may be sent again."""

    def __init__(self, client: Client, method: str, path: str, deadline: Deadline) -> None:
        self._client = client
        self._safe = method == "GET"
        self._path = path
        self._deadline = deadline
        self._failed = 0
        self._throttled = 0
        self._waited = 0.0

    def after_failure(self, failure: Failure) -> None:
        """Wait and return when the request may be sent again; raise when it may not."""
        client = self._client
        self._failed += 1
        if not self._safe and failure.kind not in _NOTHING_SENT:
            raise self._unknown(failure.reason, None)
        if self._failed >= _TRIES.get(failure.kind, 1):
            error = client._network_error(self._path, failure)
            if self._failed > 1:
                error.message = f"{error.message[:-1]} ({self._failed} tries)."
            raise error
        self._back_off(lambda: client._network_error(self._path, failure))

    def after_status(self, reply: Reply) -> None:
        """Wait and return when the request may be sent again; raise the error of the status if not."""
        client = self._client
        try:
            body = b"".join(_at_most(reply.chunks(), _LARGEST_ERROR))
        except BrokenBody:
            body = b""
        reply.close()
        said = verdicts.message_of(body)
        words = client.scrub(said) if said else None
        retry_after = _retry_after(reply.headers)
        error = verdicts.error_for(
            reply.status,
            words,
            url=client.base_url + self._path.split("?", 1)[0],
            retry_after=retry_after,
        )
        if reply.status == 429:
            self._throttle(error, retry_after)
            return
        if reply.status == 407:
            self.after_failure(client._transport.refused_by_proxy())
            return
        if (
            not self._safe
            and reply.status in {500, 502, 503, 504}
            and not (reply.status == 500 and words)
        ):
            # A 500 with Omni's own words is an answer; the others may come from a proxy before it.
            raise self._unknown(f"it answered {reply.status}", reply.status)
        self._failed += 1
        tries = _STATUS_TRIES.get(reply.status, 1) if self._safe else 1
        if self._failed >= tries or (retry_after or 0) > LONGEST_RETRY_AFTER:
            if tries > 1:
                error.message += f" ({self._failed} tries)"
            raise error
        self._back_off(lambda: error, at_least=retry_after or 0.0)

    def _throttle(self, error: OmniError, retry_after: float | None) -> None:
        """Hold every request of the key, here and in other processes, and wait."""
        client = self._client
        client._quota -= 5
        step = _THROTTLE_STEPS[min(self._throttled, len(_THROTTLE_STEPS) - 1)]
        wait = retry_after or step * (0.8 + 0.4 * client.clock.jitter())
        self._throttled += 1
        allowed = THROTTLE_SECONDS if client.timeout is None else self._deadline.remaining()
        spent = self._waited if client.timeout is None else 0.0
        if wait > LONGEST_RETRY_AFTER or spent + wait > allowed or client._quota <= 0:
            raise error
        if client._limiter is not None:
            client._limiter.hold(wait)
        self._waited += wait
        client.clock.sleep(wait)
        if client.timeout is None:
            self._deadline.extend(wait)

    def _back_off(self, error: Callable[[], OmniError], at_least: float = 0.0) -> None:
        """Wait with full jitter; raise when the retries of this client or the time are used up."""
        client = self._client
        client._quota -= 14
        spread = 0.1 + 0.9 * client.clock.jitter()
        wait = max(at_least, spread * min(20.0, 0.5 * 2.0**self._failed))
        if client._quota <= 0:
            raise error()
        if wait >= self._deadline.remaining():
            late = error()
            raise DeadlineError(
                f"{late.message} No time is left for another try ({self._deadline.seconds:g} s).",
                hint="Give it more: connect(timeout=…).",
                status=late.status,
                url=late.url,
                retryable=True,
            )
        client.clock.sleep(wait)

    def _unknown(self, reason: str, status: int | None) -> OutcomeUnknownError:
        client = self._client
        return OutcomeUnknownError(
            f"{client._place(self._path)}: {reason}; whether Omni acted on the request is not known.",
            hint="It was not sent again. A query changes nothing: run it again if its cost is no matter.",
            status=status,
            url=client.base_url + self._path,
        )


def connect(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    user_id: str | None = None,
    profile: str | None = None,
    cache: Any = "10m",
    requests_per_minute: int | None = 60,
    timeout: float | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    allow_http: bool = False,
) -> Client:
    """Connect to an Omni instance. Nothing is sent.

    Address and key are looked for in this order: the arguments; the environment (``OMNI_BASE_URL``
    with ``OMNI_API_KEY`` or ``OMNI_API_TOKEN``); the profile file of Omni's own command line, which
    is read and never written. ``with connect(...)`` makes the client the default inside the block
    (of this thread or task); ``client=`` always wins.

    Parameters
    ----------
    base_url : str, optional
        The address that you sign in at, in any form: ``acme.omniapp.co``,
        ``https://acme.omniapp.co/api/v1``. HTTPS only, but for loopback addresses.
    api_key : str, optional
        An organization key or a personal access token.
    user_id : str, optional
        Membership id to act for, where an endpoint allows it (:func:`omnipd.run_query` does).
    profile : str, optional
        Name of a profile of Omni's command line; wins over the environment.
    cache : str, float, timedelta or False, default "10m"
        How long lists are served from disk ("30s", "10m", "2h", "1d", seconds). Query results are
        never kept.
    requests_per_minute : int or None, default 60
        What Omni allows the key. omnipd sends at most 95 % of it in any minute, counted over all
        threads and processes of this machine. None sends without pacing.
    timeout : float, optional
        Wall-clock seconds that one request may take with its retries and the waits that Omni asks
        for. By default 120 s of work, and up to 150 s more while Omni says 429. Waiting for a
        place under ``requests_per_minute`` does not count.
    cache_dir : path-like, optional
        Where cache and request log live; else ``OMNIPD_CACHE_DIR``, else the user's cache folder.
    allow_http : bool, default False
        Allow plain http to another machine. The key then travels in clear text.

    Returns
    -------
    Client

    Raises
    ------
    SettingsError
        If address or key is missing or unusable; the message says what to export.

    See Also
    --------
    omnipd.sandbox : An Omni on this machine, without a key.
    omnipd.whoami : Who the key is, and which roles it has.

    Examples
    --------
    >>> import omnipd
    >>> omnipd.connect("acme.omniapp.co/api/", api_key="omni_osk_example")
    <omnipd.Client https://acme.omniapp.co>
    """
    settings = resolve(base_url, api_key, profile=profile, allow_http=allow_http)
    return Client(
        settings,
        user_id=user_id,
        cache=cache,
        requests_per_minute=requests_per_minute,
        timeout=timeout,
        cache_dir=cache_dir,
    )


_implicit: dict[str, Client] = {}
_implicit_lock = threading.Lock()


def current_client(client: Client | None = None) -> Client:
    """Return the client to use: the one given, else that of the context, else one of the environment."""
    if client is not None:
        return client
    if (default := _current.get()) is not None:
        return default
    settings = resolve()
    with _implicit_lock:
        if settings.fingerprint not in _implicit:
            _implicit.clear()
            _implicit[settings.fingerprint] = Client(settings)
        return _implicit[settings.fingerprint]


def clear_cache(
    client: Client | None = None, *, cache_dir: str | os.PathLike[str] | None = None
) -> int:
    """Delete the lists that omnipd keeps on disk.

    Parameters
    ----------
    client : Client, optional
        Only what this client's instance and key have stored; by default everything.
    cache_dir : path-like, optional
        Where to look when no client is given.

    Returns
    -------
    int
        The number of stored answers that were deleted.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> omnipd.clear_cache(cache_dir=tempfile.mkdtemp())
    0
    """
    if client is None:
        return clear_all(disk_root(cache_dir))
    return client.cache.clear() if client.cache else 0


def segment(text: str) -> str:
    """Percent-encode one path segment that came from a caller.

    Raises
    ------
    ArgumentError
        For an empty one, and for ``.`` and ``..``, which would walk to another endpoint.

    Examples
    --------
    >>> segment("Q1/Q2 report")
    'Q1%2FQ2%20report'
    """
    if text in {"", ".", ".."}:
        raise ArgumentError(f"{text!r} cannot be an id.")
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


def _at_most(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait; None for what is absent, past or unreadable."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until = _http_date(text)
        # Read against the server's own clock: the one here may be wrong.
        now = _http_date(headers.get("Date", ""))
        if until is None or now is None:
            return None
        seconds = until - now
    return seconds if 0 < seconds < 1e9 else None


def _http_date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _checked_lifetime(cache: Any) -> Any:
    try:
        return parse_lifetime(cache)
    except (ValueError, TypeError) as error:
        reason = str(error)
    raise ArgumentError(reason)
