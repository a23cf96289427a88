"""One organization with all that is its own: keys, content, jobs, limits, faults, and a log."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from email.message import Message
from functools import partial
from http import HTTPStatus
from pathlib import Path
from threading import Event, Lock
from typing import Any

from omnipd_sandbox.api.endpoints import endpoints, there_now
from omnipd_sandbox.api.unserved import not_done, unserved
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import Caller, Keyring, admit
from omnipd_sandbox.calls.jobs import Jobs
from omnipd_sandbox.calls.kept import Kept
from omnipd_sandbox.calls.parameters import read_parameters
from omnipd_sandbox.calls.routing import Route, Router
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.engine.model.placed_issues import PlacedIssue, issues_by_model
from omnipd_sandbox.foundation import Foundation
from omnipd_sandbox.http.refusals import RefusedRequest
from omnipd_sandbox.http.reply import Broken, Document, Reply
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.http.request_log import Asked, RequestLog
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.moods.fault_queue import FaultQueue, stars_of
from omnipd_sandbox.moods.faults import Fault
from omnipd_sandbox.moods.faulty_replies import (
    first_half,
    in_place_of_an_answer,
    of_somebody_else,
    spoiled,
)
from omnipd_sandbox.moods.rate_limit import RateLimit
from omnipd_sandbox.moods.short_ids import ShortIds
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.habits import DAY, viewed
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.page.browser import answer_browser, is_browser
from omnipd_sandbox.state_file import StateFile

# Bytes.
_RESULTS_AT_MOST = 64_000_000
# References to records that are there anyway: some eight bytes each.
_LISTED_AT_MOST = 1_000_000
# What shows how often documents are viewed.
_SHOW_VIEWS = {"/api/v1/content", "/api/v1/documents"}


class Tenant:
    """Answer the requests to one organization.

    Parameters
    ----------
    tenant_id : str
        What it is known by to the control plane.
    behavior : Behavior
        How it differs from others.
    foundation : Foundation
        What it starts with, and what runs its queries.
    now : callable
        The clock: the rate limit, relative dates and the counters of views look at it.
    report : callable
        Told of faults of the sandbox itself.
    state : Path, optional
        The file that keeps what calls change.
    """

    def __init__(
        self,
        tenant_id: str,
        behavior: Behavior,
        foundation: Foundation,
        *,
        now: Callable[[], datetime],
        report: Callable[[BaseException], None],
        state: Path | None = None,
    ) -> None:
        self.id = tenant_id
        self.behavior = behavior
        #: Where it can be reached, once a server has opened a door for it.
        self.url = ""
        self._closing = Event()
        self._report = report
        #: What was asked, and how it was answered.
        self.log = RequestLog()
        # Kept, so that others with the same names share it for as long.
        self._foundation = foundation
        organization = copy(foundation.organization)
        self._state = None if state is None else StateFile(state, organization)
        if self._state is not None:
            organization = self._state.load()
        self._world = World(
            organization=organization,
            lists=_no_lists(),
            engine=foundation.engine,
            keyring=Keyring(organization, behavior),
            behavior=behavior,
            jobs=Jobs(),
            results=Kept(lambda table: table.nbytes, _RESULTS_AT_MOST),
            now=now,
            report=report,
        )
        # One change at a time; whoever reads has the organization as it was or as it is then.
        self._writing = Lock()
        # When views were first asked for, and how many days of views have been counted since.
        self._begun: datetime | None = None
        self._days = 0
        self._router = Router([*endpoints(behavior), *there_now(unserved(), behavior)])
        self._faults = FaultQueue(behavior.faults)
        self._short_ids = ShortIds() if behavior.ids == "short" else None
        self._limit = RateLimit(
            behavior.requests_per_minute, behavior.rate_limited_after, behavior.retry_after, now
        )

    @property
    def organization(self) -> Organization:
        """Give the people and content as they are now."""
        return self._world.organization

    @property
    def api_key(self) -> str:
        """Give the main key; unless asked otherwise it acts as the administrator."""
        return self._world.keyring.api_key

    @property
    def personal_key(self) -> str:
        """Give the personal access token of a member."""
        return self._world.keyring.personal_key

    @property
    def embed_secret(self) -> str:
        """Give the secret that addresses for embedding are signed with."""
        return self._world.keyring.embed_secret

    @property
    def tokens(self) -> Mapping[str, str]:
        """Give the further keys that were asked for, by name."""
        return self._world.keyring.tokens

    @property
    def models(self) -> dict[str, str]:
        """Give the ids of the models that can be queried, by the names that one of them has."""
        short = self._short_ids.short if self._short_ids else str
        served = self._world.engine.models
        named = [(model.name, model.id) for model in served.values()] + [
            (model.name, model.id)
            for model in self._world.organization.fixed_models.values()
            if model.kind == "SHARED" and model.deleted_at is None and model.id not in served
        ]
        count = Counter(name for name, _ in named)
        return {name: short(id_) for name, id_ in named if name and count[name] == 1}

    @property
    def issues(self) -> dict[str, list[PlacedIssue]]:
        """Give what is wrong in the files of the models, by the name of each that has such."""
        return issues_by_model(self._world.engine.models.values())

    @property
    def requests(self) -> list[Asked]:
        """List what was asked, the last ten thousand of it."""
        return self.log.last

    def open_at(self, url: str) -> None:
        """Take an address; from now on answers can be late again."""
        if self._state is not None:
            with self._writing:
                # Another sandbox may have had the file since this one was closed.
                self._world = self._world_with(self._state.load())
        self.url = url
        self._closing.clear()

    def hurry(self) -> None:
        """Let go of the answers that are late on purpose."""
        self._closing.set()

    def close(self) -> None:
        """Let go of the file with the state; a change that is under way is stored first."""
        self.hurry()
        if self._state is not None:
            with self._writing:
                self._state.let_go()

    def respond(self, request: Request) -> Reply:
        """Answer a request."""
        came_at = time.monotonic()
        with derived.seeded(self.behavior.seed):
            if is_browser(request):
                # Not in the log: it is for those who look at the log.
                return self._refusals(request, self._draw)
            fault = self._faults.next(request)
            reply, fault = self._with_fault(fault, request)
        kind = fault.kind if fault else None
        self.log.add(
            Asked(request.method, request.path, request.query, reply.status, kind, came_at)
        )
        return reply

    def _with_fault(self, fault: Fault | None, request: Request) -> tuple[Reply, Fault | None]:
        """Answer, and tell what went wrong with it: nothing, where there was nothing to spoil."""
        if fault is None:
            return self._reply(request), None
        reply, went_wrong = self._go_wrong(fault, request)
        if went_wrong:
            return reply, fault
        self._faults.give_back(fault)
        return reply, None

    def _go_wrong(self, fault: Fault, request: Request) -> tuple[Reply, bool]:
        instead = in_place_of_an_answer(fault, request, self._limit.block)
        match fault.kind:
            case "lost":
                self._reply(request)
                return instead or Broken(None), True
            case "partial":
                part = first_half(request)
                reply = self._reply(part or request)
                is_made = part is not None and reply.status < HTTPStatus.BAD_REQUEST
                return (instead or reply) if is_made else reply, is_made
            case _ if instead is not None:
                return instead, True
            case "slow":
                self._closing.wait(fault.seconds)
                return self._reply(request), True
            case "meanwhile":
                return self._do_meanwhile(fault, request) or self._reply(request), True
            case "no_effect":
                reply = self._reply(request, keeps=False)
                is_success = reply.status < HTTPStatus.BAD_REQUEST
                return reply, is_success and self._changes(request)
            case _:
                whole = self._reply(request)
                reply = spoiled(fault, request, whole)
                return reply, reply is not whole

    def _do_meanwhile(self, fault: Fault, request: Request) -> Reply | None:
        """Do what somebody else does; give an error if they could not, so that nobody relies on it."""
        other = of_somebody_else(fault, request, stars_of(fault, request))
        asked = self._short_ids.asked(other) if self._short_ids else other
        reply = self._refusals(asked, self._as_administrator)
        if isinstance(reply, Document) and reply.status >= HTTPStatus.MULTIPLE_CHOICES:
            words = (
                f"{other.method} {other.path}, which a fault does meanwhile, is {reply.status}: "
            )
            return RefusedRequest(500, words + reply.body.decode()).reply(request.path)
        return None

    def _as_administrator(self, request: Request) -> Reply:
        """Do what the administrator asks for, whichever keys there are and however much is asked."""
        administrator = self.organization.administrator
        return self._behind_the_limit(request, caller=Caller(administrator, "organization"))

    def _changes(self, request: Request) -> bool:
        try:
            return self._router.find(request.method, request.path).endpoint.writes
        except RefusedRequest:
            return False

    def _draw(self, request: Request) -> Reply:
        def ask(method: str, path: str, query: tuple[tuple[str, str], ...], body: bytes) -> Reply:
            headers = Message()
            headers["Authorization"] = f"Bearer {self.api_key}"
            asked = Request(method, path, query, headers, body, request.peer)
            return self._refusals(asked, self._behind_the_limit)

        return answer_browser(request, self._world, self.url, self.log.last, ask)

    def _reply(self, request: Request, *, keeps: bool = True) -> Reply:
        answer = partial(self._answer, keeps=keeps)
        if self._short_ids:
            asked = self._short_ids.asked(request)
            reply = self._short_ids.answered(self._refusals(asked, answer))
        else:
            reply = self._refusals(request, answer)
        # What is turned away by the firewall never reaches the application, which names its answers.
        if not self.behavior.trace_ids or isinstance(reply, Broken) or reply.status == 429:
            return reply
        trace = f"Root=1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
        return replace(reply, headers={**reply.headers, "x-trace-id": trace})

    def _refusals(self, request: Request, answer: Callable[[Request], Reply]) -> Reply:
        """Answer in one way, and make replies of what it refuses."""
        try:
            return answer(request)
        except RefusedRequest as refusal:
            return refusal.reply(request.path)
        except Exception as error:  # noqa: BLE001 - one request must not take the server with it
            self._report(error)
            return RefusedRequest(500, "Internal Server Error").reply()

    def _answer(self, request: Request, *, keeps: bool) -> Reply:
        # The limit stands in front of the server: it counts before anything is looked at.
        turned_away = self._limit.turn_away(request.headers.get("Authorization"))
        return turned_away or self._behind_the_limit(request, keeps=keeps)

    def _behind_the_limit(
        self, request: Request, *, keeps: bool = True, caller: Caller | None = None
    ) -> Reply:
        route = self._router.find(request.method, request.path)
        if route.endpoint.path in _SHOW_VIEWS:
            self._count_views()
        if not route.endpoint.writes:
            return self._ask(request, route, self._world, caller)
        with self._writing:
            changed = copy(self._world.organization)
            reply = self._ask(request, route, self._world_with(changed), caller)
            if not keeps:
                # An id that was answered is never that of another.
                self._world.organization.made = changed.made
                return reply
            # Only now: what is refused half way leaves nothing behind.
            self._store(changed)
            # Lists that were read half way are left behind too.
            self._world = self._world_with(changed)
        return reply

    def _count_views(self) -> None:
        """Add the views of the days that have gone by, which are a change like any other."""
        now = self._world.now()
        if self._begun is not None and self._days_until(now) <= self._days:
            return
        with self._writing:
            self._begun = self._begun or now
            days = self._days_until(now)
            if days > self._days:
                changed = copy(self._world.organization)
                changed.documents = viewed(
                    changed.documents, changed.habits, self._begun, self._days, days
                )
                self._store(changed)
                self._world, self._days = self._world_with(changed), days

    def _days_until(self, now: datetime) -> int:
        return 0 if self._begun is None else (now - self._begun) // DAY

    def _world_with(self, organization: Organization) -> World:
        return replace(self._world, organization=organization, lists=_no_lists())

    def _store(self, organization: Organization) -> None:
        if self._state is None:
            return
        try:
            self._state.store(organization)
        except OSError as error:
            raise RefusedRequest(500, f"The change was not stored: {error.strerror}") from None

    def _ask(
        self, request: Request, route: Route, world: World, caller: Caller | None = None
    ) -> Reply:
        if not (route.endpoint.needs_key or route.endpoint.served):
            raise not_done(request)
        if route.endpoint.needs_key and caller is None:
            authorization = request.headers.get("Authorization")
            caller = world.keyring.caller(authorization, world.organization)
            admit(caller, route.endpoint.audience)
        parameters: dict[str, Any] = {}
        if route.endpoint.served:
            parameters = read_parameters(request.query, route.endpoint.parameters)
        return route.endpoint.answer(Call(request, world, caller, route.segments, parameters))


def _no_lists() -> Kept[list[Any]]:
    return Kept(len, _LISTED_AT_MOST)
