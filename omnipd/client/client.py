"""The only place that talks to Omni: pace, send, retry, judge; or an error of the tree.

Order of one GET, or of a POST that only reads: take a place in the window of the key → send → on 429 hold the whole key and wait
→ on a passing fault wait a little and try again, with a new place → judge the status → parse.
A POST that starts something is never sent a second time once Omni may have seen it.

The client owns no endpoints, but for asking several keys of which kind they are. Readers take one as
``client=``; without it they use that which ``current_client.py`` finds.
"""

from __future__ import annotations

import math
import os
import urllib.parse
from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Self

from omnipd import log
from omnipd.arguments import DECIMALS, argument, check_choice, refuse_key, whole_number
from omnipd.cache.backends import checked_backend
from omnipd.cache.last_write import LastWrite
from omnipd.cache.lifetime import checked_lifetime
from omnipd.cache.lists import ListCache
from omnipd.call import WouldSend, current_call, sleep
from omnipd.client import blocks, failures, recorder, strict_json
from omnipd.client.answers import Answer, Once, Received
from omnipd.client.failures import Failure
from omnipd.client.in_flight import InFlight
from omnipd.client.kept_answers import KeptAnswers
from omnipd.client.lanes import WHOAMI, Lane, Route, open_lanes
from omnipd.client.rate_limit import Limiter
from omnipd.client.redirects import followed
from omnipd.client.redis_limiter import RedisLimiter, RedisPlace
from omnipd.client.retry import LEFT_OPEN, THROTTLE_STEPS, Quota, Retry, retry_after_of
from omnipd.client.settings import Settings, disk_root, state_root
from omnipd.client.transport import BrokenBody, Reply, Request, Transport
from omnipd.clock import Clock, Deadline, checked_timeout
from omnipd.display import shortened
from omnipd.errors import (
    ArgumentError,
    AuthenticationError,
    DeadlineError,
    OmniError,
)
from omnipd.locks import NO_FORK
from omnipd.progress import Told, check_progress, waiting

if TYPE_CHECKING:
    from requests_cache.backends.base import BaseCache

WORK_SECONDS = 120.0
LARGEST_RESULT = 2 * 2**30
_LARGEST_ERROR = 2**20
_LONGEST_SHOWN = 1000

#: What completion and ``dir()`` show of a client.
_SHOWN = (
    *("base_url", "close", "decimals", "models", "progress", "requests_per_minute"),
    *("requests_sent", "timeout", "user_id"),
)
_REDIRECTS = {301, 302, 303, 307, 308}
#: Whoever waits looks at the log so often, so that all know the window should the log be lost.
_LONGEST_SLEEP = 1.0


class Client:
    """One Omni, one key or several of one organization. Make it with :func:`omnipd.connect`.

    Parameters
    ----------
    settings : Settings
        Address and key, or keys.
    user_id : str, optional
        Membership id to act for, where an endpoint allows it.
    cache : str, float, timedelta or False
        How long lists are kept on disk.
    requests_per_minute : int or None
        The allowance of each key; None sends without pacing.
    limiter : RedisPlace, optional
        The Redis server in which requests are counted, if not in the request log.
    timeout : float, optional
        As for :func:`omnipd.connect`.
    decimals : {"exact", "float64"}
        How results of queries give decimals.
    cache_dir : path-like, optional
        Where lists and results live.
    cache_backend : str or requests_cache.BaseCache, optional
        Where lists are stored instead.
    state_dir : path-like, optional
        Where that lives which counts for all caches: the request log and the last write.
    progress : bool or callable
        Whether or to whom it is told how far a call is.
    clock : Clock
        For tests.

    Attributes
    ----------
    base_url : str
        The Omni that is asked.
    user_id : str or None
        The membership id it acts for.
    requests_per_minute : int or None
        What Omni allows all its keys together; None sends without pacing.
    requests_sent : int
        How many requests have left.
    fingerprint : str
        What stands for instance and key, and tells nothing of the key.
    progress : bool or callable
        Whether or to whom it is told how far a call is; it may be changed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        user_id: str | None = None,
        cache: Any = "10m",
        requests_per_minute: int | None = 60,
        limiter: RedisPlace | None = None,
        timeout: float | None = None,
        decimals: str = "exact",
        cache_dir: str | os.PathLike[str] | None = None,
        cache_backend: str | BaseCache | None = None,
        state_dir: str | os.PathLike[str] | None = None,
        progress: bool | Told = True,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self.base_url = settings.origin
        self.user_id = user_id
        if user_id is not None and (not isinstance(user_id, str) or not user_id.strip()):
            raise ArgumentError(
                argument("user_id", user_id) + " is not a membership id; leave it out for none."
            )
        refuse_key(argument("user_id"), user_id)
        self.timeout = checked_timeout(timeout)
        check_choice("decimals", decimals, DECIMALS)
        self.decimals = decimals
        self.clock = clock or Clock(sleep=sleep)
        self.disk = disk_root(cache_dir)
        self.state = state_root(state_dir)
        self.requests_sent = 0
        self.progress = check_progress(progress)
        #: Parameters that this server has refused, so that it is asked once.
        self.refused: set[tuple[str, str]] = set()
        #: Calls that this server has: where one says 404, the thing is not there.
        self.served: set[str] = set()
        self._quota = Quota()
        self._in_flight = InFlight()
        fingerprint = self.fingerprint = settings.fingerprint
        lifetime = checked_lifetime(cache)
        #: Where results of queries are kept, when a query asks for that.
        self.result_folder = self.disk / "results" / fingerprint
        self._last_write = LastWrite(self.state, self.disk, settings.instance)
        #: The stored lists of instance and key, which are deleted also by a client that serves none.
        self.stored_lists = ListCache(
            self.disk / "lists" / fingerprint,
            lifetime or timedelta(0),
            self._last_write,
            checked_backend(cache_backend),
        )
        self._cache = self.stored_lists if lifetime else None
        self._pace_of_each: int | None = None
        if requests_per_minute is not None:
            self._pace_of_each = whole_number("requests_per_minute", requests_per_minute)
        self._lanes = open_lanes(settings, self._pace_of_each, limiter, self.state, self.clock)

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        body: Any = None,
        parse: Callable[[bytes], tuple[Any, str | None]] = strict_json.parse,
        route: Route | None = None,
    ) -> Answer:
        """Ask for a JSON document.

        Parameters
        ----------
        path : str
            Starts with ``/api``; parts that came from a caller are percent-encoded
            (:func:`omnipd.client.api_paths.segment`).
        params : mapping of str to str, optional
            Query parameters in the wire's spelling.
        body : object, optional
            What a POST that only reads asks, where no address has room for it. `params` stand for the same
            question then, and are not sent.
        parse : callable
            Returns what :func:`omnipd.client.strict_json.parse` does.
        route : Route, optional
            What the requests of one list have in common. By default it goes by the first key.

        Returns
        -------
        Answer

        Raises
        ------
        OmniError
            Of the kind that the tree in :mod:`omnipd.errors` names.
        """
        kept = KeptAnswers(self, path, params)
        if (answer := kept.find(parse)) is not None:
            return answer
        deadline = self.deadline()
        garbled = 0
        while True:
            reply = Received()
            request = (
                Request("GET", path, params)
                if body is None
                else Request("POST", path, json=body, reads=True)
            )
            began, sent = self.clock.monotonic(), self.requests_sent
            try:
                came = b"".join(self._stream(request, deadline, reply, whole=True, route=route))
            finally:
                if self.requests_sent > sent:
                    self._in_flight.note(self.clock.monotonic() - began - reply.waited)
            content, wrong = parse(came)
            if wrong is None:
                self._refuse_failure(content, path, reply, reads=True)
                kept.keep(came, reply.trace_id)
                return Answer(content, came, reply.trace_id)
            # A cut or garbled body is worth one more try: it may be a fault on the way.
            garbled += 1
            if garbled > 1 or wrong == strict_json.WEB_PAGE:
                start = self.redact(came.decode("utf-8", "replace"))
                error = failures.unexpected_answer(wrong, start, url=self._url(path))
                error.trace(reply.trace_id)
                raise error

    def post(self, path: str, body: Any, *, changes: bool = True) -> Answer:
        """Send a JSON document that starts or makes something, once, and return the JSON answer.

        Parameters
        ----------
        path, body
            Where to and what.
        changes : bool
            Whether it changes what lists show. What any key and process of this machine has stored
            of the lists of this instance, or is reading now, is then not served any more,
            whatever became of it: what it did must be seen.

        Raises
        ------
        OutcomeUnknownError
            If it may have been seen, and its answer was lost or cannot be read.
        OmniError
            As for :meth:`get`.
        """
        answer, reply = self._sent_once(Request("POST", path, json=body, changes=changes))
        return self._judged(answer, path, reply)

    def change(
        self, method: str, path: str, body: Any = None, *, params: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request that changes something, once, and return the answer, which may be empty.

        Parameters
        ----------
        method : str
            ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
        path, params : str and mapping of str to str
            As for :meth:`get`.
        body : object, optional
            What is sent as JSON; some calls send nothing.

        Returns
        -------
        Answer
            Its content is None where Omni answers with a status alone.

        Raises
        ------
        OutcomeUnknownError
            If it may have been seen, and its answer was lost or cannot be read.
        OmniError
            As for :meth:`get`.
        """
        request = Request(method, path, params or None, json=body, changes=True)
        answer, reply = self._sent_once(request)
        if not answer:
            return Answer(None, answer, reply.trace_id)
        return self._judged(answer, path, reply)

    def once(self, path: str, params: Mapping[str, str] | None = None, *, body: Any = None) -> Once:
        """Send a GET, or a query, a single time: no retry, no redirect, and nothing is judged.

        It keeps to the pace as all do, goes by the first key, and a 429 holds that key.

        Raises
        ------
        OmniError
            If it was not sent: the time is up, or the key is told to wait for longer than that.
        """
        method = "GET" if body is None else "POST"
        request = Request(method, path, params, json=body, reads=body is not None)
        _refuse_keys(request)
        self._transport.check()
        deadline, route = self.deadline(), Route(checks=True)
        retry = Retry(
            self._url(path),
            repeatable=True,
            changes=False,
            deadline=deadline,
            quota=self._quota,
            hold=route.hold,
            clock=self.clock,
        )
        lane = self._pace(deadline, retry, route, Received())
        self._refuse_late(request, deadline)
        reply = self._exchange(request, deadline, lane)
        if isinstance(reply, Failure):
            return Once(0, failure=reply)
        if reply.status == 429:
            route.hold(retry_after_of(reply.headers) or THROTTLE_STEPS[0])
        try:
            return Once(reply.status, reply.headers, reply.read())
        except BrokenBody as broken:
            return Once(reply.status, reply.headers, failure=broken.failure)
        finally:
            reply.close()

    def _sent_once(self, request: Request) -> tuple[bytes, Received]:
        """Send what must not be sent twice, and forget the lists that it may have changed."""
        reply = Received()
        stream = self._stream(request, self.deadline(), reply)
        if request.changes:  # should this process be killed before the answer
            self._forget_lists()
        try:
            return b"".join(stream), reply
        finally:
            if request.changes:
                self._forget_lists()

    def _judged(self, answer: bytes, path: str, reply: Received) -> Answer:
        """Return the JSON that came with a good status; one that cannot be read may have had an effect."""
        content, wrong = strict_json.parse(answer)
        if wrong is not None:
            error = failures.unknown_outcome(f"it answered with {wrong}", url=self._url(path))
            error.trace(reply.trace_id)
            raise error
        self._refuse_failure(content, path, reply)
        return Answer(content, answer, reply.trace_id)

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        deadline: Deadline,
        max_bytes: int | None = None,
        into: Received | None = None,
    ) -> Generator[bytes, None, None]:
        """Send one request and yield the body of its good answer as it arrives.

        A GET is retried until an answer begins; a POST only while Omni cannot have seen it. Once
        the body has begun, a break is a NetworkError (a DeadlineError when the time is up): the
        caller knows what can be resumed. A body of more than `max_bytes` bytes is refused; by default
        one that is larger than a result that is held as a whole may be. What is known of the answer
        beside its body is written `into` what is given for it.
        """
        request = Request(method, path, params, json=body, max_bytes=max_bytes or LARGEST_RESULT)
        return self._stream(request, deadline, into or Received())

    @property
    def models(self) -> Mapping[str, str]:
        """Model name → model id of the shared models; each name stands wherever an id does.

        The list of models is read when this is first looked into, through the cache: one request, or
        one for every 100 models. A name that is not in it is looked for in a new list. A name that
        several models have is not in it; asked for, it is an error with their ids.
        """
        # The one import that points up: names come from a list, and lists are read above.
        with NO_FORK:
            from omnipd.readers.model_list import ModelNames  # noqa: PLC0415

        return ModelNames(self)

    def in_flight(self) -> int:
        """Return how many requests have to be under way at once to use what the keys are allowed."""
        return self._in_flight.needed(self.requests_per_minute)

    @property
    def cache(self) -> ListCache | None:
        """The stored lists, where any are served: none while what Omni answers is recorded."""
        return None if recorder.recorder() is not None else self._cache

    @property
    def requests_per_minute(self) -> int | None:
        """What Omni allows all keys together that it still takes; None without pacing."""
        return self._pace_of_each and self._pace_of_each * len(self._lanes.usable)

    @property
    def _transport(self) -> Transport:
        return self._lanes.all[0].transport

    @property
    def _limiter(self) -> Limiter | RedisLimiter | None:
        return self._lanes.all[0].limiter

    @property
    def settings(self) -> Settings:
        """Address and key, and where they came from; the key is shown nowhere."""
        return self._settings

    def requests_counted(self) -> int | None:
        """Return how many requests of the first key are counted in the running minute, whoever sent them.

        None where they are not counted in the request log of this machine, or it cannot be read now.
        """
        limiter = self._limiter
        return limiter.counted() if isinstance(limiter, Limiter) else None

    def changed_at(self) -> datetime:
        """Return when this machine last changed something in this Omni, as far as is known."""
        return self._last_write.known()

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        for lane in self._lanes.all:
            lane.close()

    def __enter__(self) -> Self:
        """Make this the default client of this context."""
        blocks.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        if blocks.leave(self):
            self.close()

    def __dir__(self) -> list[str]:
        """Name what a caller uses; the rest is for the modules of omnipd."""
        return sorted(_SHOWN)

    def __repr__(self) -> str:
        acting = f", user_id={self.user_id!r}" if self.user_id else ""
        number = len(self._settings.keys)
        keys = f", {number} keys" if number > 1 else ""
        return f"<omnipd.Client {self.base_url}{keys}{acting}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Client holds a key and cannot be pickled: connect() again where it is needed"
        )

    def _stream(
        self,
        request: Request,
        deadline: Deadline,
        received: Received,
        *,
        whole: bool = False,
        route: Route | None = None,
    ) -> Generator[bytes, None, None]:
        """Yield the body of a 2xx answer; an error carries the trace id of the last answer."""
        try:
            yield from self._answer(request, deadline, received, route or Route(), whole=whole)
        except OmniError as error:
            error.trace(received.trace_id)
            if isinstance(error, DeadlineError) and current_call().has_own_timeout:
                error.hint = "Allow more time with " + argument("timeout", ...) + "."
            raise

    def _answer(
        self,
        request: Request,
        deadline: Deadline,
        received: Received,
        route: Route,
        *,
        whole: bool,
    ) -> Generator[bytes, None, None]:
        """Yield the body of a 2xx answer. ``whole`` yields it as one piece, so a cut can be retried."""
        method, changes = request.method, request.changes
        _refuse_keys(request)
        self._transport.check()
        if not route.checks:
            self._lanes.check(lambda lane: self._who(lane, deadline))
        retry = Retry(
            self._url(request.path),
            repeatable=request.is_repeatable,
            changes=changes,
            deadline=deadline,
            quota=self._quota,
            hold=route.hold,
            clock=self.clock,
        )
        redirects = 0
        while True:
            self._refuse_late(request, deadline)
            lane = self._pace(deadline, retry, route, received)
            self._refuse_late(request, deadline)
            began = self.clock.monotonic()
            reply = self._exchange(request, deadline, lane)
            took = self.clock.monotonic() - began
            received.trace_id = None
            shown = self.hide_key(request.path.split("?", 1)[0])
            if isinstance(reply, Failure):
                current_call().go_on()
                log.debug("%s %s: %s after %.2f s", method, shown, reply.kind, took)
                retry.after_failure(reply)
                continue
            received.trace_id = self._trace_id(reply)
            told = (reply.status, took, received.trace_id)
            log.debug("%s %s: %d after %.2f s (x-trace-id %s)", method, shown, *told)
            # Where a change is redirected to is not followed; retry judges what it means.
            if reply.status in _REDIRECTS and not (changes and reply.status in LEFT_OPEN):
                redirects += 1
                reply.close()
                request = followed(
                    request, reply, redirects, base_url=self.base_url, hide_key=self.hide_key
                )
                continue
            if not 200 <= reply.status < 300:
                self._after_status(reply, retry, route)
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
                self._quota.refill()
                return
            if not whole and (method == "GET" or (failure.kind == "oversized" and not changes)):
                raise failures.error_of_failure(failure, url=self._url(request.path))
            retry.after_failure(failure)

    def _who(self, lane: Lane, deadline: Deadline) -> Any:
        """Return what Omni says of one of several keys."""
        route = Route(lane=lane, stays=True, checks=True)
        stream = self._stream(Request("GET", WHOAMI), deadline, Received(), whole=True, route=route)
        return strict_json.parse(b"".join(stream))[0]

    def _after_status(self, reply: Reply, retry: Retry, route: Route) -> None:
        """Wait and return when a request that was answered with an error may be sent again."""
        if reply.status == 407:
            reply.close()
            retry.after_failure(self._transport.refused_by_proxy())
            return
        words, job_id = self._said_by(reply)
        error = failures.error_for(reply.status, words, url=self.base_url)
        # Omni has done nothing for a key that it does not take.
        if isinstance(error, AuthenticationError) and self._lanes.give_up(route, words):
            return
        try:
            retry.after_status(reply.status, reply.headers, words)
        except OmniError as error:
            error.job_id = job_id
            raise

    def _exchange(self, request: Request, deadline: Deadline, lane: Lane) -> Reply | Failure:
        self.requests_sent += 1
        if (report := current_call().report) is not None:
            report.sent()
        exchange = recorder.note(
            request, self.base_url, self.clock.wall(), self.fingerprint, self.hide_key
        )
        reply = lane.transport.exchange(request, deadline)
        if exchange is not None:
            exchange.came(reply)
        if lane.limiter is not None:
            lane.limiter.arrived()
        return reply

    def _refuse_late(self, request: Request, deadline: Deadline) -> None:
        """Raise where a request is not to be sent any more: the time is up, or nobody waits for it."""
        call = current_call()
        call.go_on()
        if call.rehearses:
            raise WouldSend
        if deadline.remaining() <= 0:
            raise failures.too_late_to_send(deadline.seconds, url=self._url(request.path))

    def _pace(self, deadline: Deadline, retry: Retry, route: Route, received: Received) -> Lane:
        """Wait for a place in the window of a key; that wait is ours and not counted as the server's."""
        first = began = self.clock.monotonic()
        waited = False
        while True:
            lane, wait = self._lanes.take(route)
            if not wait or (limiter := lane.limiter) is None:
                received.waited += began - first
                return lane
            if busy := limiter.busy:
                retry.while_busy(min(wait, _LONGEST_SLEEP), busy, since=began)
            elif held := limiter.held():
                retry.while_held(held)
            else:
                if not waited:
                    log.info("waiting %.0f s for a place among the requests of a minute", wait)
                waited = True
                with waiting():
                    self.clock.sleep(min(wait, _LONGEST_SLEEP))
                deadline.extend(self.clock.monotonic() - began)
            began = self.clock.monotonic()

    def seconds_at_pace(self, requests: float) -> float | None:
        """Return how long so many more requests have to wait for their places; None without a pace."""
        return self._lanes.seconds_for(math.ceil(requests))

    def hold(self, seconds: float) -> None:
        """Let no request of the key leave for so long, here and wherever they are counted together."""
        Route(lane=self._lanes.usable[0]).hold(seconds)

    def _forget_lists(self) -> None:
        """Serve no list of this instance from the disk whose reading began before now."""
        self._last_write.note()
        self.stored_lists.note_write()

    def _trace_id(self, reply: Reply) -> str | None:
        """Return what Omni calls the exchange, which its support asks for; None without."""
        return self.redact(reply.headers.get("x-trace-id", "")) or None

    def _refuse_failure(
        self, content: Any, path: str, reply: Received, *, reads: bool = False
    ) -> None:
        """Raise for a failure that came with a good status; words alone are no answer to a read."""
        error: OmniError | None = None
        if (said := failures.failure_in(content)) is not None:
            error = failures.refused_with_200(self.redact(said), url=self._url(path))
        elif reads and (said := failures.only_words_in(content)) is not None:
            error = failures.nothing_but_words(self.redact(said), url=self._url(path))
        if error is not None:
            error.trace(reply.trace_id)
            raise error

    def _said_by(self, reply: Reply) -> tuple[str | None, str | None]:
        """Return what an error answer says, fit to be shown, and the one job that it names."""
        body = b""
        try:
            for piece in reply.chunks():
                body += piece
                if len(body) > _LARGEST_ERROR:
                    break
        except BrokenBody:
            body = b""
        reply.close()
        said = failures.message_of(body)
        job_id = failures.job_named_in(body)
        return self.redact(said) if said else None, self.hide_key(job_id) if job_id else None

    def deadline(self, seconds: float = WORK_SECONDS) -> Deadline:
        """Return the time of the call around; where no timeout was given, start so many seconds."""
        whole = current_call().deadline_of(self.timeout, self.clock)
        return whole or Deadline(seconds, self.clock)

    @property
    def is_late(self) -> bool:
        """Whether the time of the call around is up."""
        deadline = current_call().deadline
        return deadline is not None and deadline.remaining() <= 0

    def hide_key(self, text: str) -> str:
        """Return a text without a key in it, should a server or proxy have echoed it."""
        for key in self._settings.keys:
            text = key.hide_in(text)
        return text

    def hide_key_in(self, said: Any) -> Any:
        """Return what a server said as JSON, without the key in any of its texts."""
        if isinstance(said, dict):
            return {self.hide_key(name): self.hide_key_in(one) for name, one in said.items()}
        if isinstance(said, list):
            return [self.hide_key_in(one) for one in said]
        return self.hide_key(said) if isinstance(said, str) else said

    def redact(self, text: str) -> str:
        """Return a server's words fit to be shown: without the key, in one line, not too long."""
        # Cut after the key is hidden, or the first half of one would be left at the cut.
        return shortened(self.hide_key(text)[:_LONGEST_SHOWN], 200)

    def _url(self, path: str) -> str:
        return self.base_url + path.split("?", 1)[0]


def _refuse_keys(request: Request) -> None:
    """Refuse to send an API key as a part of an address or a body, where somebody took it for an id."""
    params = {name: one for name, one in (request.params or {}).items() if name != "cursor"}
    body = request.json
    if request.changes and isinstance(body, dict):  # documents may hold anything
        body = [one for one in body.values() if isinstance(one, str)]
    refuse_key("An argument", [urllib.parse.unquote(request.path), params, body])
