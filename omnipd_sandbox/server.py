"""The sandbox as a server on this machine."""

from __future__ import annotations

import secrets
import traceback
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from omnipd_sandbox.control import control, is_control
from omnipd_sandbox.engine.model.placed_issues import PlacedIssue
from omnipd_sandbox.engine.protocols import QueryEngine
from omnipd_sandbox.foundation import Brought, Foundation, invented
from omnipd_sandbox.http.listener import Door, Doorkeeper
from omnipd_sandbox.http.refusals import RefusedRequest
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.http.request_log import Asked
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.moods.checks import flag, whole
from omnipd_sandbox.moods.knobs import read_knobs
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from typing import Self

_MOST_TENANTS = 1_000
# Those of a brought organization are one data set, with the limits that the server was started with.
_OF_THE_DATA = {"memory_limit", "result_limit"}


def _clock() -> datetime:
    return datetime.now(UTC)


def _check_place(port: object, *, control: object, now: object, org: object, state: object) -> None:
    """Refuse what would fail later, or pass for something else."""
    whole(0, 65_535)("port", port)
    flag("control", control)
    if not callable(now):
        msg = f"now must be a function that gives a datetime, not {now!r}"
        raise ValueError(msg)  # noqa: TRY004 - what is wrong with a knob is one kind of error
    for name, value in (("org", org), ("state", state)):
        if value is not None and not isinstance(value, str | PathLike):
            msg = f"{name} must be a path, not {value!r}"
            raise ValueError(msg)


class Server:
    """Serve the sandbox over HTTP, in threads of this process.

    Parameters
    ----------
    host : str
        Address to listen on; only this machine by default.
    port : int
        Port to listen on; 0 takes a free one.
    control : bool
        Whether organizations can be opened and closed over HTTP, at ``/_sandbox/``.
    now : callable
        The clock: the rate limit, relative dates and the counters of views look at it.
    engine : QueryEngine, optional
        What plans and runs queries; the bundled models when None.
    org : str or Path, optional
        A folder with an organization of your own: people and content, models, data. What says
        how much is invented, and `engine`, are refused beside it.
    state : str or Path, optional
        A SQLite file that keeps what calls change in the server's own organization: read if there
        is one, and made otherwise. In memory only when None. For one server at a time.
    **knobs
        See :class:`omnipd_sandbox.moods.behavior.Behavior`.

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
        control: bool = False,
        now: Callable[[], datetime] = _clock,
        engine: QueryEngine | None = None,
        org: str | Path | None = None,
        state: str | Path | None = None,
        **knobs: Any,
    ) -> None:
        _check_place(port, control=control, now=now, org=org, state=state)
        if org is not None and engine is not None:
            msg = "engine is for what is invented; this sandbox has an organization of yours"
            raise ValueError(msg)
        self._failures: deque[str] = deque(maxlen=100)
        self._host, self._port = host, port
        self._has_control = control
        self._now, self._engine = now, engine
        self._limits = {} if org is None else {k: knobs[k] for k in _OF_THE_DATA & set(knobs)}
        self._brought = None if org is None else Brought(org)
        self._own = self._tenant(knobs, "own", None if state is None else Path(state))
        self._tenants: dict[str, Tenant] = {}
        self._closed_answered, self._closed_by_path = 0, Counter[str]()
        self._doors: dict[str, Door] = {}
        self._keeper: Doorkeeper | None = None
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Give the address, once started."""
        if self._keeper is None:
            msg = "the sandbox has no address: it is not started, or closed"
            raise RuntimeError(msg)
        return self._own.url

    @property
    def organization(self) -> Organization:
        """Give the people and content of the server's own organization."""
        return self._own.organization

    @property
    def api_key(self) -> str:
        """Give the main key; unless asked otherwise it acts as the administrator."""
        return self._own.api_key

    @property
    def personal_key(self) -> str:
        """Give the personal access token of a member."""
        return self._own.personal_key

    @property
    def embed_secret(self) -> str:
        """Give the secret that addresses for embedding are signed with."""
        return self._own.embed_secret

    @property
    def tokens(self) -> Mapping[str, str]:
        """Give the further keys that were asked for, by name."""
        return self._own.tokens

    @property
    def models(self) -> dict[str, str]:
        """Give the ids of the models that can be queried, by name."""
        return self._own.models

    @property
    def issues(self) -> Mapping[str, list[PlacedIssue]]:
        """Give what is wrong in the files of the models, by the name of each that has such."""
        return self._own.issues

    @property
    def requests(self) -> list[Asked]:
        """List what was asked of the server's own organization, the last ten thousand of it."""
        return self._own.requests

    @property
    def failures(self) -> list[str]:
        """List the tracebacks of faults of the sandbox itself; empty unless it has a bug."""
        return list(self._failures)

    @property
    def tenants(self) -> Mapping[str, Tenant]:
        """Give the further organizations that are open, by id."""
        return self._tenants

    @property
    def closed_requests(self) -> tuple[int, Counter[str]]:
        """Count the requests to organizations that are closed, in all and by path."""
        return self._closed_answered, self._closed_by_path

    def start(self) -> Self:
        """Listen, and answer from now on."""
        if self._keeper is not None:
            msg = "the sandbox is already started"
            raise RuntimeError(msg)
        door = Door(self._host, self._port, self._respond, self._report)
        self._keeper = Doorkeeper()
        try:
            self._open(self._own, door)
        except BaseException:
            # Another sandbox has the file with the state by now.
            door.server_close()
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop answering and hang up; closing twice is no error."""
        with self._lock:
            keeper, self._keeper = self._keeper, None
            tenants, self._tenants = [self._own, *self._tenants.values()], {}
            doors, self._doors = self._doors, {}
        if keeper is not None:
            keeper.close()
        for tenant in tenants:
            tenant.hurry()
        # Before the tenants, so that each change that is answered has its file.
        for door in doors.values():
            door.server_close()
        for tenant in tenants:
            tenant.close()

    def open_tenant(self, /, **knobs: Any) -> Tenant:
        """Open an organization of its own, with an address and keys of its own.

        It has a port of its own, because that is the one form of an address that every client
        takes: some cut the path off, and names below ``localhost`` lead nowhere on many machines.

        Raises
        ------
        ValueError
            For an unknown knob, or one with a value it cannot have.
        """
        for name in sorted(_OF_THE_DATA & set(knobs)) if self._brought is not None else ():
            msg = f"{name} is said where the sandbox of an organization of yours is started"
            raise ValueError(msg)
        tenant = self._tenant({**self._limits, **knobs}, secrets.token_hex(6))
        door = Door(self._host, 0, tenant.respond, self._report)
        with self._lock:
            refused = (
                "the sandbox is not started, or closed"
                if self._keeper is None
                else f"there are {_MOST_TENANTS:,} tenants already: delete some"
                if len(self._tenants) >= _MOST_TENANTS
                else None
            )
            if refused is None:
                # A new mapping, so that whoever walks the old one is not disturbed.
                self._tenants = {**self._tenants, tenant.id: tenant}
                self._open(tenant, door)
        if refused is not None:
            door.server_close()
            raise ValueError(refused)
        return tenant

    def close_tenant(self, tenant_id: str) -> None:
        """Close an organization; closing it twice is no error."""
        with self._lock:
            tenant = self._tenants.get(tenant_id)
            if tenant is None or self._keeper is None:
                return
            self._tenants = {key: each for key, each in self._tenants.items() if key != tenant_id}
            door = self._doors.pop(tenant_id)
            self._keeper.forget(door)
            self._closed_answered += tenant.log.count
            self._closed_by_path += tenant.log.by_path
        tenant.hurry()
        door.server_close()
        tenant.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self, tenant: Tenant, door: Door) -> None:
        assert self._keeper is not None  # noqa: S101 - asked by both callers
        tenant.open_at(door.url)
        self._doors[tenant.id] = door
        self._keeper.watch(door)

    def _tenant(
        self, knobs: Mapping[str, Any], tenant_id: str, state: Path | None = None
    ) -> Tenant:
        behavior = read_knobs(knobs)
        return Tenant(
            tenant_id,
            behavior,
            self._foundation(behavior),
            now=self._now,
            report=self._report,
            state=state,
        )

    def _foundation(self, behavior: Behavior) -> Foundation:
        if self._brought is None:
            return invented(behavior, self._engine)
        return self._brought.foundation(behavior)

    def _respond(self, request: Request) -> Reply:
        if self._has_control and is_control(request):
            try:
                return control(request, self, self._own)
            except Exception as error:  # noqa: BLE001 - whoever asked is told, as by a tenant
                self._report(error)
                return RefusedRequest(500, "Internal Server Error").reply()
        return self._own.respond(request)

    def _report(self, error: BaseException) -> None:
        self._failures.append("".join(traceback.format_exception(error)))
