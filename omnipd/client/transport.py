"""One exchange over HTTP: a request goes out, an answer or a plainly named failure comes back.

No policy lives here: nothing is retried, paced, parsed or cached. What goes wrong is returned as
a value, never raised, so that no error of the HTTP library, whose frames hold the request's
headers, is ever in the chain of what omnipd raises.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import http.client
import http.cookiejar
import os
import platform
import queue
import socket
import ssl
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol
from urllib.parse import urlencode

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from omnipd.call import current_call
from omnipd.client.failures import Failure
from omnipd.client.settings import Settings
from omnipd.client.surroundings import check_surroundings, proxy_shown, trust_hint
from omnipd.client.watchdog import Watchdog
from omnipd.clock import Deadline
from omnipd.locks import NO_FORK, new_lock
from omnipd.version import __version__

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
WAIT_READ_SECONDS = 90.0
LARGEST_BODY = 256 * 2**20
CHUNK = 256 * 1024
#: How many connections are kept for the next requests.
_IDLE = 32
_NO_PROXIES = {"http": "", "https": "", "all": ""}


_WATCHDOG = Watchdog()


class BrokenBody(Exception):
    """The body of an answer ended before its end. Caught in the client; never leaves omnipd."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class _Bearer(str):
    """A header value that goes over the wire as it is and shows nothing in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'Bearer ***'"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a request holds a key and cannot be pickled")


class _Watched:
    """What a watchdog has to cut to end an exchange: the connection and its socket."""

    here = threading.local()

    def __init__(self, deadline: Deadline) -> None:
        self.connection: HTTPConnection | None = None
        self.sock: socket.socket | None = None
        self.is_cut = False
        self._deadline = deadline

    def cut_if_late(self) -> float | None:
        """Cut; or return the seconds left, where other threads of the call have waited for a place."""
        if (left := self._deadline.remaining()) > 0:
            return left
        self.cut()
        return None

    def cut(self) -> None:
        self.is_cut = True
        # After an interrupt this may be called though another exchange has the connection by now.
        if getattr(self.connection, "watched", self) is not self:
            return
        for sock in (self.sock, getattr(self.connection, "sock", None)):
            if sock is not None:
                with contextlib.suppress(OSError):
                    # TLS through a proxy that speaks TLS is no socket, but has one. Not its own
                    # shutdown: a thread that reads would take what is encrypted for plain text.
                    socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)

    def go_on(self) -> None:
        """Raise where it was cut before there was a socket to cut: nothing may be sent then."""
        if self.is_cut:
            raise ConnectionAbortedError


class _Watch:
    """Lets the current exchange of this thread know its connection and socket."""

    #: Whoever sets ``http.client.HTTPConnection.debuglevel`` would have the key printed.
    debuglevel = 0
    #: Whose exchange goes over the connection.
    watched: _Watched | None = None

    def connect(self) -> None:
        watched: _Watched | None = getattr(_Watched.here, "now", None)
        if watched:
            self.watched = watched
            watched.connection = self  # type: ignore[assignment]
        super().connect()  # type: ignore[misc]
        if watched:
            watched.go_on()
            watched.sock = self.sock  # type: ignore[attr-defined]

    def request(self, *args: Any, **kwargs: Any) -> None:
        watched: _Watched | None = getattr(_Watched.here, "now", None)
        if watched:
            self.watched = watched
            watched.connection, watched.sock = self, self.sock  # type: ignore[assignment,attr-defined]
            watched.go_on()
        super().request(*args, **kwargs)  # type: ignore[misc]


class _HTTP(_Watch, HTTPConnection): ...


class _HTTPS(_Watch, HTTPSConnection): ...


class _Idle:
    """The connections of a pool that nothing goes over: the last one in is the first one out.

    Not the queue that comes with the library, whose lock an interrupt may leave taken.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._held: deque[Any] = deque()

    def put(self, connection: Any, block: bool = False) -> None:  # noqa: ARG002 - it never blocks
        if len(self._held) >= self._max_size:
            raise queue.Full
        self._held.append(connection)

    def get(self, block: bool = False, timeout: float | None = None) -> Any:  # noqa: ARG002 - as above
        with contextlib.suppress(IndexError):
            return self._held.pop()
        raise queue.Empty

    def qsize(self) -> int:
        return len(self._held)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls: Any = _HTTP
    QueueCls: Any = _Idle


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _HTTPS
    QueueCls: Any = _Idle


class _Adapter(HTTPAdapter):
    """Watches every connection, those through a proxy too. It is for one origin."""

    _pool: Any = None
    #: What stood before the question mark of the last address, and what was sent for it.
    _last_target: tuple[str, str] = "", ""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        # Which pool an origin has is a longer question than what is asked of it.
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def request_url(self, request: Any, proxies: Any) -> str:
        # How an address is written for a proxy does not depend on its query, and takes long to tell.
        url: str = request.url
        address, mark, query = url.partition("?")
        known, target = self._last_target
        if address != known:
            target = super().request_url(request, proxies).partition("?")[0]
            self._last_target = address, target
        return target + mark + query

    def build_response(self, req: Any, resp: Any) -> Any:  # noqa: ARG002 - as the library calls it
        """Return the answer as it is: one for requests' users costs as much as its head to read."""
        return resp

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        socks = proxy.lower().startswith("socks")
        manager.pool_classes_by_scheme = _socks_pools() if socks else _POOLS
        return manager


@functools.cache
def _socks_pools() -> dict[str, type[HTTPConnectionPool]]:
    """Return the pools of connections through a SOCKS proxy; they need a package of their own."""
    with NO_FORK:
        from urllib3.contrib import socks  # noqa: PLC0415

    class HTTP(_Watch, socks.SOCKSConnection): ...

    class HTTPS(_Watch, socks.SOCKSHTTPSConnection): ...

    class HTTPPool(_HTTPPool):
        ConnectionCls = HTTP

    class HTTPSPool(_HTTPSPool):
        ConnectionCls = HTTPS

    return {"http": HTTPPool, "https": HTTPSPool}


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class Copied(Protocol):
    """Who wants the body of an answer too, while it is read."""

    pieces: list[bytes]
    whole: bool
    failure: str | None


class Reply:
    """The head of an answer, and its body as it arrives.

    Attributes
    ----------
    status : int
        The HTTP status.
    headers : Mapping[str, str]
        Case-insensitive.
    copied_to : Copied or None
        Who gets the body as well.
    """

    copied_to: Copied | None = None

    def __init__(
        self,
        response: urllib3.BaseHTTPResponse,
        cancel: Callable[[], object],
        deadline: Deadline,
        max_bytes: int,
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._cancel = cancel

    def chunks(self) -> Iterator[bytes]:
        """Yield the decoded body piece by piece; raise BrokenBody when it does not come whole."""
        raw, size, failure, also = self._response, 0, None, self.copied_to
        try:
            while True:
                try:
                    piece = raw.read1(CHUNK, decode_content=True)
                except (urllib3.exceptions.HTTPError, OSError) as error:
                    failure = self._failure(error)
                    break
                if self._deadline.remaining() <= 0:
                    failure = _late(self._deadline)
                    break
                if not piece:
                    if also is not None:
                        also.whole = True
                    break
                if also is not None:
                    also.pieces.append(piece)
                size += len(piece)
                if size > self._max_bytes:
                    failure = Failure("oversized", f"the answer is over {size / 2**20:.0f} MiB")
                    break
                yield piece
        finally:
            self.close()  # a body read to its end has already given its connection back
        if failure is not None:
            if also is not None:
                also.failure = failure.kind
            raise BrokenBody(failure)

    def read(self) -> bytes:
        """Return the whole body; raise BrokenBody when it does not come whole."""
        return b"".join(self.chunks())

    def close(self) -> None:
        """Drop the rest of the answer."""
        self._cancel()
        self._response.close()
        self._response.release_conn()

    def _failure(self, error: Exception) -> Failure:
        if self._deadline.remaining() <= 0:
            return _late(self._deadline)
        if isinstance(error, urllib3.exceptions.ReadTimeoutError | TimeoutError):
            return Failure("lost", "the server fell silent in the middle of its answer")
        if isinstance(error, urllib3.exceptions.DecodeError):
            return Failure("lost", "the compressed answer is damaged")
        return Failure("lost", "the connection broke in the middle of the answer")


@dataclass(frozen=True)
class Request:
    """What is sent.

    Attributes
    ----------
    method : str
    path : str
        Starts with ``/api``; every part that came from a caller is already percent-encoded.
    params : mapping of str to str, optional
        Query parameters in the wire's spelling.
    json : object, optional
        The body.
    changes : bool
        Whether it makes or changes something in Omni.
    reads : bool
        Whether it is a POST that only reads, since no address has room for what it asks: it starts
        nothing, and may be repeated as a GET is.
    max_bytes : int, optional
        The largest decoded body of an answer. Default: that of a page of a list.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    changes: bool = False
    reads: bool = False
    max_bytes: int | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again, whatever became of it."""
        return self.method == "GET" or self.reads

    @property
    def read_seconds(self) -> float:
        """The longest silence of the server."""
        return WAIT_READ_SECONDS if self.path.endswith("/query/wait") else READ_SECONDS


@dataclass(frozen=True)
class _Opened:
    """A session, what it found in the environment, and the process that it is of."""

    session: requests.Session
    surroundings: Mapping[str, Any]
    pid: int


class Transport:
    """The connections to one Omni, for one key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: _Opened | None = None
        #: The address of the last GET, and that request without parameters.
        self._last_get: tuple[str, requests.PreparedRequest | None] = "", None
        self._lock = new_lock()

    def exchange(self, request: Request, deadline: Deadline) -> Reply | Failure:
        """Send one request and return the head of its answer, or why there is none.

        Parameters
        ----------
        request : Request
        deadline : Deadline
            The wall clock for the whole answer, body included.
        """
        left = deadline.remaining()
        if left <= 0:
            return _late(deadline)
        # What the caller is handling is not a cause of what goes wrong here, though Python chains it.
        handled = sys.exception()
        watched = _Watched(deadline)
        _Watched.here.now = watched
        unwatch = _WATCHDOG.watch(left, watched.cut_if_late)
        forget = current_call().cut_by(watched.cut)

        def cancel() -> None:
            unwatch()
            forget()

        answered = False
        try:
            opened = self._open()
            prepared = self._prepared(opened.session, request)
            # Not by the session, which would look for redirects and cookies in every answer.
            response: Any = opened.session.get_adapter(self._settings.origin).send(
                prepared,
                timeout=(min(CONNECT_SECONDS, left), request.read_seconds),
                **opened.surroundings,
            )
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            failure = (
                _late(deadline)
                if deadline.remaining() <= 0
                else self._explain(error, watched, handled)
            )
        else:
            answered = True
            return Reply(response, cancel, deadline, request.max_bytes or LARGEST_BODY)
        finally:
            _Watched.here.now = None
            if not answered:
                cancel()
        return failure

    def check(self) -> None:
        """Raise a SettingsError where the environment lets no request leave."""
        self._open()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            opened, self._opened = self._opened, None
        # Those of the parent are not a child's, and a thread of the parent may have held their locks.
        if opened is not None and opened.pid == os.getpid():
            opened.session.close()

    def _open(self) -> _Opened:
        """Return the session of this process; a fork must not share its parent's sockets."""
        with self._lock:
            if self._opened is None or self._opened.pid != os.getpid():
                session = self._new_session()
                # Proxies and certificates of the environment, read once and not for each request.
                surroundings = session.merge_environment_settings(
                    self._settings.origin,
                    _NO_PROXIES if self._settings.loopback else {},
                    stream=True,
                    verify=None,
                    cert=None,
                )
                check_surroundings(self._settings.origin, surroundings)
                self._opened = _Opened(session, surroundings, os.getpid())
            return self._opened

    def _prepared(self, session: requests.Session, request: Request) -> requests.PreparedRequest:
        address = self._settings.origin + request.path
        if request.method != "GET":
            return session.prepare_request(
                requests.Request(request.method, address, params=request.params, json=request.json)
            )
        # Preparing costs as much as sending; from one page to another only the query changes.
        known, bare = self._last_get
        if bare is None:
            bare = session.prepare_request(requests.Request("GET", address))
        elif known != address:
            bare = bare.copy()
            bare.prepare_url(address, None)
        self._last_get = address, bare
        prepared = copy.copy(bare)
        if request.params and prepared.url is not None:
            prepared.url += ("&" if "?" in prepared.url else "?") + urlencode(request.params)
        return prepared

    def refused_by_proxy(self) -> Failure:
        """Return the failure of a request that the proxy of the environment did not pass on."""
        return Failure(
            "unsent",
            f"the proxy {self._proxy_name()} did not pass the request on",
            "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and whether the proxy runs.",
        )

    def _explain(
        self, error: Exception, watched: _Watched, handled: BaseException | None
    ) -> Failure:
        """Name what went wrong with no word of the HTTP library's own message."""
        chain = list(_causes(error, handled))

        def has(*kinds: type[BaseException]) -> bool:
            return any(isinstance(one, kinds) for one in chain)

        if has(*_UNSENDABLE):
            hint = "Check OMNI_BASE_URL and the proxy variables."
            return Failure("unsendable", "no request can be made of this address", hint)
        # Once a socket stands, urllib3 calls any break of the line an error of the proxy.
        if watched.sock is None and has(
            requests.exceptions.ProxyError, urllib3.exceptions.ProxyError
        ):
            return self.refused_by_proxy()
        if has(ssl.SSLCertVerificationError, ssl.CertificateError):
            why = [
                one.verify_message for one in chain if isinstance(one, ssl.SSLCertVerificationError)
            ]
            return Failure(
                "untrusted",
                f"the server's TLS certificate is not trusted ({why[0] if why else 'wrong host name'})",
                trust_hint(),
            )
        if any(isinstance(one, ssl.SSLError) and one.reason in _NO_TLS for one in chain):
            return Failure(
                "untrusted",
                "what listens there does not speak TLS",
                "Does the address begin with http:// instead of https://? Check OMNI_BASE_URL.",
            )
        if has(urllib3.exceptions.NameResolutionError, socket.gaierror):
            return Failure("unresolved", "the host name is not known", "Check OMNI_BASE_URL.")
        if has(urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
            return Failure(
                "unsent", "no connection could be made", "Check OMNI_BASE_URL and the network."
            )
        if watched.sock is None:  # broken off while it was being made, before a byte of the request
            return Failure(
                "unsent", "the TLS handshake broke off" if self._secure else "no connection"
            )
        if isinstance(error, requests.exceptions.Timeout):
            return Failure("lost", "the server was silent for too long")
        if has(http.client.HTTPException) and not has(http.client.RemoteDisconnected):
            return Failure(
                "garbled",
                "what came back is not HTTP",
                f"Check OMNI_BASE_URL and the proxy.{self._maybe_tls}",
            )
        return Failure(
            "lost", "the connection broke before an answer came", self._maybe_tls.strip() or None
        )

    @property
    def _maybe_tls(self) -> str:
        """Return what else may be wrong: a server that wants TLS takes plain text for garbage."""
        return "" if self._secure else " Does the address begin with https:// instead of http://?"

    @property
    def _secure(self) -> bool:
        return self._settings.origin.startswith("https:")

    def _proxy_name(self) -> str:
        """Return the proxy's host and port; an address may hold a password."""
        origin = self._settings.origin
        proxies = requests.utils.get_environ_proxies(origin, no_proxy=None)
        return proxy_shown(requests.utils.select_proxy(origin, proxies) or "")

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # With an auth callable requests reads no .netrc, which would replace the bearer key.
        session.auth = self._authorize
        session.headers["User-Agent"] = f"omnipd/{__version__} Python/{platform.python_version()}"
        session.headers["Accept"] = "application/json, application/x-ndjson, text/ndjson;q=0.9"
        session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Adapter(pool_maxsize=_IDLE, max_retries=0))
        return session

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = _Bearer(f"Bearer {self._settings.key.reveal()}")
        return request


#: OpenSSL's words for plain text where a handshake was expected.
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}

_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationParseError,
    UnicodeError,
)


def _late(deadline: Deadline) -> Failure:
    return Failure("late", f"no whole answer within {deadline.seconds:g} s")


def _causes(error: BaseException, handled: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it wraps: the libraries nest them in causes, reasons and args.

    What was `handled` already when the request began is left out, with all that it wraps.
    """
    seen: set[int] = {id(handled)}
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
