"""The sandbox as a server on this machine."""

from __future__ import annotations

import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from socketserver import TCPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from omnipd.sandbox.behaviour import Behaviour, RetryAfter
from omnipd.sandbox.connection import Connection
from omnipd.sandbox.endpoints import endpoints
from omnipd.sandbox.identity import Keyring, admit
from omnipd.sandbox.organisation.invention import invent
from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.organisation.queries import ModelReference
from omnipd.sandbox.parameters import read_parameters
from omnipd.sandbox.query.jobs import Jobs
from omnipd.sandbox.query.results import Results
from omnipd.sandbox.rate_limit import RateLimit
from omnipd.sandbox.refusals import RefusedRequest
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call, Request
from omnipd.sandbox.routing import Router, is_scim
from omnipd.sandbox.world import QueryEngine, World

if TYPE_CHECKING:
    from typing import Self

_LOG_LENGTH = 10_000
_SECONDS_TO_FINISH = 5.0


@dataclass(frozen=True)
class Asked:
    """Remember one request and how it was answered; never its key."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int


def _clock() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def _engine() -> QueryEngine:
    # Models and data are only read, so that all servers of a process can share them.
    from omnipd.sandbox.semantic.engine import Engine  # noqa: PLC0415

    engine: QueryEngine = Engine()
    return engine


class Server:
    """Serve the sandbox over HTTP, in threads of this process.

    Parameters
    ----------
    host : str
        Address to listen on; only this machine by default.
    port : int
        Port to listen on; 0 takes a free one.
    documents, folders : int
        How much content there is. One in about thirty documents is in the Trash and one in
        about eight is one person's own, and neither stands in the default list.
    now : callable
        The clock: the rate limit and relative dates look at it.
    engine : QueryEngine, optional
        What plans and runs queries; the bundled models when None.
    org : str or Path, optional
        A folder with an organization of your own: people and content, models, data. `documents`,
        `folders` and `engine` are then without effect.
    requests_per_minute, retry_after, slow_job_polls, labels_as_objects, accepts_labels_filter, \
accepts_sort_by_updated_at, redact_sql, query_api_enabled, \
manual_sql_allowed, ai_credits_left, old_shapes, scim_count_at_most
        See :class:`omnipd.sandbox.behaviour.Behaviour`.

    Examples
    --------
    >>> with Server(documents=10) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        documents: int = 600,
        folders: int = 60,
        requests_per_minute: int | None = None,
        retry_after: RetryAfter = "none",
        slow_job_polls: int = 0,
        labels_as_objects: bool = False,
        accepts_labels_filter: bool = False,
        accepts_sort_by_updated_at: bool = False,
        redact_sql: bool = False,
        query_api_enabled: bool = True,
        manual_sql_allowed: bool = True,
        ai_credits_left: bool = True,
        old_shapes: bool = False,
        scim_count_at_most: int | None = None,
        now: Callable[[], datetime] = _clock,
        engine: QueryEngine | None = None,
        org: str | Path | None = None,
    ) -> None:
        behaviour = Behaviour(
            requests_per_minute=requests_per_minute,
            retry_after=retry_after,
            slow_job_polls=slow_job_polls,
            labels_as_objects=labels_as_objects,
            accepts_labels_filter=accepts_labels_filter,
            accepts_sort_by_updated_at=accepts_sort_by_updated_at,
            redact_sql=redact_sql,
            query_api_enabled=query_api_enabled,
            manual_sql_allowed=manual_sql_allowed,
            ai_credits_left=ai_credits_left,
            old_shapes=old_shapes,
            scim_count_at_most=scim_count_at_most,
        )
        if org is None:
            queries: QueryEngine = _engine() if engine is None else engine
            models = [
                ModelReference(model.id, model.name, model.connection_id)
                for model in queries.models.values()
            ]
            holdings = invent(models, documents=documents, folders=folders)
        else:
            from omnipd.sandbox.written.folder import bring  # noqa: PLC0415 - as with the engine

            brought = bring(org)
            holdings, queries = brought.holdings, brought.engine
        self.organisation = Organisation(holdings)
        self._failures: deque[str] = deque(maxlen=100)
        self._asked: deque[Asked] = deque(maxlen=_LOG_LENGTH)
        self._world = World(
            organisation=self.organisation,
            engine=queries,
            keyring=Keyring(self.organisation),
            behaviour=behaviour,
            jobs=Jobs(),
            results=Results(),
            now=now,
            report=self._report,
        )
        self._router = Router(endpoints(behaviour))
        self._limit = (
            RateLimit(requests_per_minute, retry_after, now) if requests_per_minute else None
        )
        self._host, self._port = host, port
        self._listener: _Listener | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """Give the address, once started."""
        if self._listener is None:
            msg = "the sandbox has no address: it is not started, or closed"
            raise RuntimeError(msg)
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._listener.server_address[1]}"

    @property
    def api_key(self) -> str:
        """Give the organization key; it acts as the administrator."""
        return self._world.keyring.api_key

    @property
    def personal_key(self) -> str:
        """Give the personal access token of a member."""
        return self._world.keyring.personal_key

    @property
    def models(self) -> dict[str, str]:
        """Give the ids of the models that can be queried, by name."""
        return {model.name: model.id for model in self._world.engine.models.values()}

    @property
    def requests(self) -> list[Asked]:
        """List what was asked, the last ten thousand of it."""
        return list(self._asked)

    @property
    def failures(self) -> list[str]:
        """List the tracebacks of faults of the sandbox itself; empty unless it has a bug."""
        return list(self._failures)

    def start(self) -> Self:
        """Listen, and answer from now on."""
        if self._listener is not None:
            msg = "the sandbox is already started"
            raise RuntimeError(msg)
        handler = type("BoundConnection", (Connection,), {"respond": staticmethod(self._respond)})
        self._listener = _Listener(self._host, self._port, handler, self._report)
        self._thread = Thread(
            target=self._listener.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="omnipd-sandbox",
            daemon=True,
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering and hang up; closing twice is no error."""
        listener, thread = self._listener, self._thread
        if listener is None or thread is None:
            return
        self._listener = self._thread = None
        listener.shutdown()
        thread.join()
        listener.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _report(self, error: BaseException) -> None:
        self._failures.append("".join(traceback.format_exception(error)))

    def _respond(self, request: Request) -> Reply:
        try:
            reply = self._answer(request)
        except RefusedRequest as refusal:
            body = refusal.scim_body() if is_scim(request.path) else refusal.body()
            reply = json_reply(body, status=refusal.status, headers=refusal.headers)
        except Exception as error:  # noqa: BLE001 - one request must not take the server with it
            self._report(error)
            reply = json_reply(RefusedRequest(500, "Internal Server Error").body(), status=500)
        self._asked.append(Asked(request.method, request.path, request.query, reply.status))
        return reply

    def _answer(self, request: Request) -> Reply:
        authorization = request.headers.get("Authorization")
        # The limit stands in front of the server: it counts before anything is looked at.
        turned_away = self._limit.turn_away(authorization) if self._limit else None
        if turned_away is not None:
            return turned_away
        route = self._router.find(request.method, request.path)
        caller = self._world.keyring.caller(authorization)
        admit(caller, route.endpoint.audience)
        parameters = read_parameters(request.query, route.endpoint.parameters)
        return route.endpoint.answer(Call(request, self._world, caller, route.segments, parameters))


class _Listener(TCPServer):
    """Accept connections, one thread each, and know which are open."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        handler: type[Any],
        report: Callable[[BaseException], None],
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._open: dict[Any, Thread] = {}
        self._lock = Lock()
        self._report = report
        super().__init__((host, port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(
            target=self._serve,
            args=(request, client_address),
            name="omnipd-sandbox-connection",
            daemon=True,
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address
        error = sys.exception()
        if error is not None:
            self._report(error)

    def server_close(self) -> None:
        """Close the door, hang up on everybody, and wait for the threads to notice."""
        super().server_close()
        with self._lock:
            connections = list(self._open.items())
        for connection, _ in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                """The other side was faster."""
        deadline = time.monotonic() + _SECONDS_TO_FINISH
        for _, thread in connections:
            # Only a query that is still running takes time; its thread cannot keep the process.
            thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except (ConnectionError, TimeoutError):
            """The client left before it had the whole answer."""
        except Exception as error:  # noqa: BLE001 - the thread ends here, nobody else would tell
            self._report(error)
        finally:
            self.shutdown_request(request)
            with self._lock:
                self._open.pop(request, None)
