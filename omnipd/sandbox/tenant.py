"""One organization with all that is its own: keys, content, jobs, limits, faults, and a log."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from omnipd.sandbox.behaviour import Behaviour
from omnipd.sandbox.endpoints import REMOVED, endpoints
from omnipd.sandbox.faults import Fault, Faults, in_place_of_an_answer, spoiled
from omnipd.sandbox.foundation import Foundation
from omnipd.sandbox.identity import Keyring, admit
from omnipd.sandbox.lists import Lists
from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.page.browser import answer_browser, is_browser
from omnipd.sandbox.parameters import read_parameters
from omnipd.sandbox.query.jobs import Jobs
from omnipd.sandbox.query.results import Results
from omnipd.sandbox.rate_limit import RateLimit
from omnipd.sandbox.refusals import RefusedRequest
from omnipd.sandbox.reply import Broken, Reply, json_reply
from omnipd.sandbox.request import Call, Request
from omnipd.sandbox.routing import Endpoint, Route, Router, is_scim
from omnipd.sandbox.short_ids import ShortIds
from omnipd.sandbox.unserved import unserved
from omnipd.sandbox.world import World

if TYPE_CHECKING:
    from omnipd.sandbox.written.file_lock import FileLock

_LOG_LENGTH = 10_000
_PATHS_COUNTED = 10_000


@dataclass(frozen=True)
class Asked:
    """Remember one request and how it was answered; never its key.

    `status` is 0 where the connection was reset, and `fault` the kind of what went wrong on
    purpose.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    fault: str | None = None


class Tenant:
    """Answer the requests to one organization.

    Parameters
    ----------
    tenant_id : str
        What it is known by to the control plane.
    behaviour : Behaviour
        How it differs from others.
    foundation : Foundation
        What it starts with, and what runs its queries.
    now : callable
        The clock: the rate limit and relative dates look at it.
    report : callable
        Told of faults of the sandbox itself.
    state : Path, optional
        The file that keeps what calls change.
    """

    def __init__(
        self,
        tenant_id: str,
        behaviour: Behaviour,
        foundation: Foundation,
        *,
        now: Callable[[], datetime],
        report: Callable[[BaseException], None],
        state: Path | None = None,
    ) -> None:
        self.id = tenant_id
        self.behaviour = behaviour
        #: Where it can be reached, once a server has opened a door for it.
        self.url = ""
        self._closing = Event()
        self._report = report
        self._asked: deque[Asked] = deque(maxlen=_LOG_LENGTH)
        self._by_path: Counter[str] = Counter()
        self._answered = 0
        self._lock = Lock()
        organisation = Organisation(foundation.holdings)
        self._state = state
        self._held: FileLock | None = None
        if state is not None:
            organisation = self._opened(state, organisation)
        self._world = World(
            organisation=organisation,
            lists=Lists(),
            engine=foundation.engine,
            keyring=Keyring(organisation, behaviour),
            behaviour=behaviour,
            jobs=Jobs(),
            results=Results(),
            now=now,
            report=report,
        )
        # One change at a time; whoever reads has the organization as it was or as it is then.
        self._writing = Lock()
        self._router = Router([*endpoints(behaviour), *_not_done(behaviour)])
        self._faults = Faults(behaviour.faults)
        self._short_ids = ShortIds() if behaviour.ids == "short" else None
        self._limit = RateLimit(
            behaviour.requests_per_minute, behaviour.rate_limited_after, behaviour.retry_after, now
        )

    @property
    def organisation(self) -> Organisation:
        """Give the people and content as they are now."""
        return self._world.organisation

    @property
    def api_key(self) -> str:
        """Give the main key; unless asked otherwise it acts as the administrator."""
        return self._world.keyring.api_key

    @property
    def personal_key(self) -> str:
        """Give the personal access token of a member."""
        return self._world.keyring.personal_key

    @property
    def tokens(self) -> Mapping[str, str]:
        """Give the further keys that were asked for, by name."""
        return self._world.keyring.tokens

    @property
    def models(self) -> dict[str, str]:
        """Give the ids of the models that can be queried, by name."""
        short = self._short_ids.short if self._short_ids else str
        return {model.name: short(model.id) for model in self._world.engine.models.values()}

    @property
    def requests(self) -> list[Asked]:
        """List what was asked, the last ten thousand of it."""
        return list(self._asked)

    @property
    def answered(self) -> int:
        """Count what was asked."""
        return self._answered

    @property
    def by_path(self) -> Counter[str]:
        """Count what was asked, by path."""
        with self._lock:
            return self._by_path.copy()

    def open_at(self, url: str) -> None:
        """Take an address; from now on answers can be late again."""
        if self._state is not None and self._held is None:
            self._held = _hold(self._state)
        self.url = url
        self._closing.clear()

    def close(self) -> None:
        """Let go of the answers that are late on purpose, and of the file with the state."""
        self._closing.set()
        if self._held is not None:
            self._held.let_go()
            self._held = None

    def respond(self, request: Request) -> Reply:
        """Answer a request."""
        with chance.seeded(self.behaviour.seed):
            if is_browser(request):
                # Not in the log: it is for those who look at the log.
                return self._refusals(request, self._draw)
            fault = self._faults.next(request)
            reply, fault = self._with_fault(fault, request)
        self._remember(request, reply, fault)
        return reply

    def _remember(self, request: Request, reply: Reply, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        self._asked.append(Asked(request.method, request.path, request.query, reply.status, kind))
        with self._lock:
            self._answered += 1
            if request.path in self._by_path or len(self._by_path) < _PATHS_COUNTED:
                self._by_path[request.path] += 1

    def _with_fault(self, fault: Fault | None, request: Request) -> tuple[Reply, Fault | None]:
        """Answer, and tell what went wrong with it: nothing, where there was nothing to spoil."""
        if fault is None:
            return self._reply(request), None
        reply = in_place_of_an_answer(fault, request, self._limit.block)
        if reply is not None:
            return reply, fault
        if fault.kind == "slow":
            self._closing.wait(fault.seconds)
            return self._reply(request), fault
        whole = self._reply(request)
        reply = spoiled(fault, request, whole)
        if reply is whole:
            self._faults.give_back(fault)
            return whole, None
        return reply, fault

    def _draw(self, request: Request) -> Reply:
        def ask(method: str, path: str, query: tuple[tuple[str, str], ...], body: bytes) -> Reply:
            headers = Message()
            headers["Authorization"] = f"Bearer {self.api_key}"
            asked = Request(method, path, query, headers, body, request.peer)
            return self._refusals(asked, self._behind_the_limit)

        return answer_browser(request, self._world, self.url, self.requests, ask)

    def _reply(self, request: Request) -> Reply:
        if self._short_ids:
            asked = self._short_ids.asked(request)
            reply = self._short_ids.answered(self._refusals(asked, self._answer))
        else:
            reply = self._refusals(request, self._answer)
        # What is turned away by the firewall never reaches the application, which names its answers.
        if not self.behaviour.trace_ids or isinstance(reply, Broken) or reply.status == 429:
            return reply
        trace = f"Root=1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
        return replace(reply, headers={**reply.headers, "x-trace-id": trace})

    def _refusals(self, request: Request, answer: Callable[[Request], Reply]) -> Reply:
        """Answer in one way, and make replies of what it refuses."""
        try:
            return answer(request)
        except RefusedRequest as refusal:
            body = refusal.scim_body() if is_scim(request.path) else refusal.body()
            return json_reply(body, status=refusal.status, headers=refusal.headers)
        except Exception as error:  # noqa: BLE001 - one request must not take the server with it
            self._report(error)
            return json_reply(RefusedRequest(500, "Internal Server Error").body(), status=500)

    def _answer(self, request: Request) -> Reply:
        # The limit stands in front of the server: it counts before anything is looked at.
        turned_away = self._limit.turn_away(request.headers.get("Authorization"))
        return turned_away or self._behind_the_limit(request)

    def _behind_the_limit(self, request: Request) -> Reply:
        route = self._router.find(request.method, request.path)
        if not route.endpoint.writes:
            return self._ask(request, route, self._world)
        with self._writing:
            changed = copy(self._world.organisation)
            reply = self._ask(request, route, self._world_with(changed))
            # Only now: what is refused half way leaves nothing behind.
            self._store(changed)
            # Lists that were read half way are left behind too.
            self._world = self._world_with(changed)
        return reply

    def _world_with(self, organisation: Organisation) -> World:
        return replace(self._world, organisation=organisation, lists=Lists())

    def _opened(self, state: Path, begun: Organisation) -> Organisation:
        """Give the organization of a file; without one, it is written as it begins."""
        from omnipd.sandbox.written.problems import BadOrganisation  # noqa: PLC0415 - as below
        from omnipd.sandbox.written.state import load, store  # noqa: PLC0415 - as below

        try:
            self._held = _hold(state)
            if state.exists():
                return load(state, begun)
            store(begun, state)
        except OSError as error:
            self.close()
            raise BadOrganisation(str(state), [error.strerror or str(error)]) from None
        except BadOrganisation:
            self.close()
            raise
        return begun

    def _store(self, organisation: Organisation) -> None:
        if self._state is None:
            return
        from omnipd.sandbox.written.state import store  # noqa: PLC0415 - needs a package of its own

        try:
            store(organisation, self._state)
        except OSError as error:
            raise RefusedRequest(500, f"The change was not stored: {error.strerror}") from None

    def _ask(self, request: Request, route: Route, world: World) -> Reply:
        authorization = request.headers.get("Authorization")
        caller = world.keyring.caller(authorization, world.organisation)
        admit(caller, route.endpoint.audience)
        parameters: dict[str, Any] = {}
        if route.endpoint.served:
            parameters = read_parameters(request.query, route.endpoint.parameters)
        return route.endpoint.answer(Call(request, world, caller, route.segments, parameters))


def _not_done(behaviour: Behaviour) -> list[Endpoint]:
    gone = REMOVED if behaviour.removed_routes else frozenset()
    return [each for each in unserved() if (each.method, each.path) not in gone]


def _hold(state: Path) -> FileLock:
    from omnipd.sandbox.written.file_lock import FileLock  # noqa: PLC0415 - as above

    return FileLock(state)
