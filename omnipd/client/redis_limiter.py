"""Never more than so many requests in any minute, over all hosts of one key: the window is in Redis.

One script counts as ``rate_limit.py`` does, by the server's own clock. Whatever holds one holds all: a
429, and the loss of what was counted. Nobody knows how many requests were sent before a loss, so none is
sent for a whole window then. A loss is noticed by what the server itself says of the last look: it was
started since, or another one took its place; its clock was set; or what it should hold is not there. A
server that omnipd has never used, or not for long, is as one that has lost everything.

A place that was given is known by a token, so that asking again after a lost answer takes no second one.
A server that does not answer is waited for, for a time: nothing is sent that it does not count.
"""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import threading
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from omnipd.arguments import argument, check_choice
from omnipd.client.rate_limit import (
    BETWEEN_LOOKS,
    LONGEST_HOLD,
    SLACK,
    WINDOW,
    Busy,
    capacity_of,
)
from omnipd.client.settings import Secret, is_host
from omnipd.clock import Clock
from omnipd.display import shortened
from omnipd.errors import ArgumentError, NetworkError, SettingsError, warn
from omnipd.key_texts import hide_key
from omnipd.locks import NO_FORK

if TYPE_CHECKING:
    from redis import Redis

_SCHEMES = ("redis", "rediss", "unix")
_FORM = "Such as redis://host:6379/0, rediss:// for TLS, or unix:///path/to/redis.sock."
#: What may stand behind the ``?`` of an address; with TLS, also where its certificates are.
_TIMEOUTS = ("socket_timeout", "socket_connect_timeout")
_OPTIONS = ("db", "username", "password", *_TIMEOUTS)
_OF_TLS = (
    *("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"),
    *("ssl_cert_reqs", "ssl_check_hostname"),
)
#: Seconds that the server may take for one answer, and for which one that gives none is waited for.
_ANSWER_SECONDS = 1.0
_PATIENCE = 60.0
#: Seconds without a look after which its silence is a new one.
_ANOTHER_SILENCE = 5.0
#: Milliseconds that the server remembers that it was used.
_REMEMBERED = 30 * 86_400_000
_LONGEST_REASON = 200

#: All times are whole milliseconds.
_SCRIPT = """
local server, key, sent = KEYS[1], KEYS[2], KEYS[3]
local window, capacity, hold = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local new, seen, token = ARGV[4], ARGV[5], ARGV[6]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '-'

local known = redis.call('HMGET', server, 'id', 'run', 'since', 'now')
local kept = redis.call('HMGET', key, 'count', 'until', 'hold')
local id, since = known[1], tonumber(known[3])
local lost = not id or known[2] ~= run or now < tonumber(known[4]) - 1000
    or redis.call('ZCARD', sent) ~= tonumber(kept[1] or 0)
    or seen == id and not kept[1] or seen == 'lost'
if lost then
    id, since = new, now
    redis.call('DEL', sent)  -- all that it holds ends before what is held now
end

local till, held = tonumber(kept[2] or 0), tonumber(kept[3] or 0)
till = math.min(till, now + held)  -- also where the clock was set back
if now + hold > till then
    till, held = now + hold, hold
end

redis.call('ZREMRANGEBYSCORE', sent, '-inf', now)
for at = 7, #ARGV do
    redis.call('ZADD', sent, now + window, ARGV[at])
end
local wait = math.max(since + window, till, now) - now
if wait == 0 and token ~= '' then
    local count = redis.call('ZCARD', sent)
    if count < capacity or redis.call('ZSCORE', sent, token) then
        redis.call('ZADD', sent, now + window, token)
    else
        local place = count - capacity
        local free = redis.call('ZRANGE', sent, place, place, 'WITHSCORES')[2]
        wait = math.max(1, free - now)
    end
end

local ends = math.max(now + window, till) + window
redis.call('HSET', key, 'count', redis.call('ZCARD', sent), 'until', till, 'hold', held)
redis.call('PEXPIREAT', key, ends)
redis.call('PEXPIREAT', sent, ends)
redis.call('HSET', server, 'id', id, 'run', run, 'since', since, 'now', now)
redis.call('PEXPIRE', server, REMEMBERED)
local first = redis.call('ZRANGE', sent, 0, 0, 'WITHSCORES')[2] or now
return {wait, till - now, id, now, lost and 1 or 0,
    redis.call('ZCARD', sent), first - now, math.max(since + window, till, now) - now}
""".replace("REMEMBERED", str(_REMEMBERED))


@dataclass(frozen=True)
class RedisPlace:
    """Where a Redis server is.

    Attributes
    ----------
    shown : str
        Its address, without a password.
    """

    shown: str
    _url: Secret
    _password: Secret | None

    def open(self) -> Redis:
        """Return a client of it; nothing is sent."""
        with NO_FORK:
            from redis import Redis  # noqa: PLC0415 - not everybody has it
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.retry import Retry  # noqa: PLC0415

        return Redis.from_url(
            self._url.reveal(),
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def said(self, error: Exception) -> str:
        """Return what an error says, without the password: some servers echo what they do not know."""
        text = str(error) or type(error).__name__
        if self._password is not None:
            text = hide_key(self._password.reveal(), text)
        return shortened(text, _LONGEST_REASON).rstrip(".")


def redis_place(url: Secret | None, name: str = "limiter") -> RedisPlace | None:
    """Return what an address of a Redis server says; refuse what is none. Nothing is opened.

    Parameters
    ----------
    url : Secret or None
        It may hold a password, and is in no message.
    name : str
        What it was given as.

    Raises
    ------
    ArgumentError
        If it is not an address of a Redis server.
    SettingsError
        If the package that this needs is not installed.

    Examples
    --------
    >>> redis_place(Secret("redis://:pass-word@10.0.0.7/2")).shown
    'redis://10.0.0.7:6379/2'
    """
    if url is None:
        return None
    parts = _split(url)
    if isinstance(parts, str):
        raise ArgumentError(f"{name} {parts}.", hint=_FORM)
    scheme, place, options, password = parts
    check_choice(f"The scheme of {name}", scheme, _SCHEMES)
    legal = (*_OPTIONS, *_OF_TLS) if scheme == "rediss" else _OPTIONS
    for option in options:
        check_choice(f"An option of {name}", option, legal)
    if importlib.util.find_spec("redis") is None:
        raise SettingsError(
            f"{name} needs a package that is not installed: redis.",
            hint='pip install "omnipd[redis]"',
        )
    return RedisPlace(f"{scheme}://{place}", url.stripped(), password)


def _split(url: Secret) -> tuple[str, str, list[str], Secret | None] | str:
    """Return scheme, place, names of options and password of an address, or what is wrong with it.

    Nothing is raised here: it may hold a password, and a traceback shows locals.
    """
    text = url.reveal().strip()
    scheme, found, _ = text.partition("://")
    if not found or not scheme.isalpha() or len(scheme) > 10:
        return "is not the address of a Redis server"
    if any(ord(letter) < 33 for letter in text):
        return "holds a space or a control character"
    # Parts of a password would be taken for names of options.
    if "#" in text or "@" in text.partition("?")[2]:
        return "has a ?, # or @ that ends something: in a password write %3F, %23 or %40"
    try:
        parts = urllib.parse.urlsplit(text)
        options = urllib.parse.parse_qs(parts.query, strict_parsing=bool(parts.query))
        port = parts.port or 6379
    except ValueError:
        return "cannot be read as an address"
    password = options.get("password", [urllib.parse.unquote(parts.password or "")])[0]
    secret = Secret(password) if password else None
    for timeout in _TIMEOUTS:
        for seconds in options.get(timeout, ()):
            if not re.fullmatch(r"\d{0,6}\.?\d{1,6}", seconds) or not float(seconds):
                return f"has a {timeout} that is not a number of seconds"
    if scheme == "unix":
        if not parts.path or parts.hostname:
            return "does not name a socket in full"
        if not hasattr(socket, "AF_UNIX"):
            return "names a socket, and this system has none"
        return scheme, parts.path, list(options), secret
    host, database = parts.hostname or "localhost", parts.path.strip("/")
    if not is_host(host):
        return "has a host that is not a host name"
    database = options.get("db", [database])[0] or "0"
    if not (database.isascii() and database.isdecimal()):
        return "has a database that is not a number"
    shown = f"[{host}]" if ":" in host else host
    return scheme, f"{shown}:{port}/{database}", list(options), secret


@dataclass(frozen=True)
class _Look:
    """What the server said, and when it was asked by the two clocks of this machine."""

    wait: float
    id: str
    now: float
    lost: bool
    asked: tuple[float, float]
    held_until: float
    counted: int
    first_until: float
    closed_until: float


@dataclass(frozen=True)
class _Silence:
    """Since when the server has not answered, when it was last asked, and why it did not."""

    since: float
    asked: float
    reason: str


class RedisLimiter:
    """A sliding window in Redis, shared by all hosts that use the same key.

    Parameters
    ----------
    place : RedisPlace
        The server.
    fingerprint : str
        What stands for instance and key there.
    per_minute : int
        What Omni allows the key; 95 % of it, at least one, is used.
    clock : Clock
        That of this machine: how long ago the server was last looked at.
    window : float
        Seconds.
    """

    def __init__(
        self,
        place: RedisPlace,
        fingerprint: str,
        per_minute: int,
        *,
        clock: Clock | None = None,
        window: float = WINDOW,
    ) -> None:
        self.capacity = capacity_of(per_minute)
        self._place = place
        self._window = window
        self._clock = clock or Clock()
        self._keys = (
            "omnipd:limiter",
            f"omnipd:limiter:{fingerprint}",
            f"omnipd:limiter:{fingerprint}:sent",
        )
        self._mine = threading.local()
        #: Each process of a fork has its own, and leaves that of its parent alone.
        self._scripts: dict[int, Any] = {}
        self._last: _Look | None = None
        #: What the server does not know yet: requests that arrived later than they were counted, and
        #: until when a 429 holds.
        self._pending: dict[str, None] = {}
        self._pending_hold = 0.0
        self._unusable: _Silence | None = None

    def checked(self) -> Self:
        """Refuse a server that cannot be used, before anything is sent to Omni."""
        self._look()
        if self._unusable is not None:
            raise SettingsError(
                f"The limiter {self._place.shown} cannot be used: {self._unusable.reason}.",
                hint="It must be a Redis server, 5 or later, that runs scripts and can be written to. "
                "Without " + argument("limiter") + ", requests are counted on this machine only.",
            )
        return self

    def try_acquire(self) -> float:
        """Take a place in the window and return 0.0, or return the seconds to wait before retrying.

        Raises
        ------
        NetworkError
            If the server has not answered for long.
        """
        process, token = getattr(self._mine, "wanted", (0, ""))
        if process != os.getpid():
            token = os.urandom(8).hex()
            self._mine.wanted = os.getpid(), token
        look = self._look(token)
        if look is None:
            self._refuse_silence()
            return BETWEEN_LOOKS
        if look.wait == 0.0:
            del self._mine.wanted
            self._mine.sent = token, self._clock.since_boot()
        return look.wait

    def arrived(self) -> None:
        """Count this thread's last request from now: making its connection may have taken long."""
        token, at = getattr(self._mine, "sent", ("", 0.0))
        if token and self._clock.since_boot() - at > SLACK:
            self._pending[token] = None
            self._look()

    def held(self) -> float:
        """Return the seconds for which a server's 429 still held the key at the last look, else 0.0."""
        until = max(self._last.held_until if self._last else 0.0, self._pending_hold)
        return max(0.0, until - self._clock.since_boot())

    def seconds_for(self, requests: int) -> float:
        """Return after how many seconds so many more requests could have been sent, as far as is known.

        The places of those that are sent are taken to come back evenly.
        """
        last = self._last
        if requests <= 0 or last is None:
            return 0.0
        waiting = max(0, requests - self.capacity + last.counted)
        until = last.closed_until
        if waiting:
            free_at = last.first_until + (waiting - 1) * self._window / self.capacity
            until = max(until, free_at)
        return max(self.held(), until - self._clock.since_boot())

    def hold(self, seconds: float) -> None:
        """Let no request of this key leave for so long: Omni has answered 429 to one of them."""
        until = self._clock.since_boot() + min(float(seconds), LONGEST_HOLD)
        self._pending_hold = max(self._pending_hold, until)
        self._look()

    @property
    def busy(self) -> Busy | None:
        """Why nobody knows whether there is a place, where the server did not answer the last look."""
        if (unusable := self._unusable) is None:
            return None
        return Busy(
            f"the limiter {self._place.shown} cannot be used: {unusable.reason}", "Start it again"
        )

    def close(self) -> None:
        """Close the connections of this process. A later look opens new ones."""
        script = self._scripts.pop(os.getpid(), None)
        if script is not None:
            script.registered_client.connection_pool.disconnect(inuse_connections=False)

    def _refuse_silence(self) -> None:
        unusable = self._unusable
        if unusable is not None and unusable.asked - unusable.since >= _PATIENCE:
            raise NetworkError(
                f"The limiter {self._place.shown} cannot be used: {unusable.reason}.",
                hint="Nothing was sent, since nobody counts it. Start the limiter again, or connect "
                "without "
                + argument("limiter")
                + ": requests are then counted on this machine only.",
                retryable=True,
            )

    def _look(self, token: str = "") -> _Look | None:
        """Let the server count, and tell it what it does not know; None where it does not answer."""
        last = self._last
        seen = last.id if last is not None and self._since(last) < self._window else ""
        look = self._ask(token, seen)
        if look is not None and last is not None and look.id == last.id == seen:
            # Whatever the answer took, no more time has passed than by the clocks here.
            if look.now - last.now > self._since(last) + SLACK:
                look = self._ask(token, "lost")
        elif look is not None and last is not None and last.held_until > self._clock.since_boot():
            self._pending_hold = max(self._pending_hold, last.held_until)  # it is lost as well
            look = self._ask(token, look.id)
        return look

    def _since(self, look: _Look) -> float:
        """Return the seconds since a look, though one of the clocks may have stood still or was set."""
        return max(now - then for now, then in zip(self._times(), look.asked, strict=True))

    def _times(self) -> tuple[float, float]:
        return self._clock.since_boot(), self._clock.wall()

    def _ask(self, token: str, seen: str) -> _Look | None:
        asked, pending, until = self._times(), tuple(self._pending), self._pending_hold
        hold = max(0.0, until - asked[0])
        with NO_FORK:
            from redis.exceptions import RedisError  # noqa: PLC0415 - not everybody has it

        new = os.urandom(8).hex()
        args = (round(self._window * 1000), self.capacity, round(hold * 1000), new, seen, token)
        reply, reason = None, ""
        try:
            reply = self._script()(keys=self._keys, args=(*args, *pending))
        except (RedisError, OSError) as error:
            reason = self._place.said(error)
        if reply is None:
            before, now = self._unusable, asked[0]
            goes_on = before is not None and now - before.asked < _ANOTHER_SILENCE
            self._unusable = _Silence(before.since if before and goes_on else now, now, reason)
            return None
        self._unusable = None
        for one in pending:
            self._pending.pop(one, None)
        if self._pending_hold == until:
            self._pending_hold = 0.0
        wait, held, found, now, lost, counted, first, closed = reply
        self._last = look = _Look(
            wait / 1000,
            found.decode(),
            now / 1000,
            bool(lost),
            asked,
            asked[0] + held / 1000,
            counted,
            asked[0] + first / 1000,
            asked[0] + closed / 1000,
        )
        if look.lost:
            warn(
                f"The limiter {self._place.shown} cannot say what was sent in the last minute: it is "
                "new, was restarted, or has lost something. Requests wait until that minute is over."
            )
        return look

    def _script(self) -> Any:
        process = os.getpid()
        if process not in self._scripts:
            self._scripts[process] = self._place.open().register_script(_SCRIPT)
        return self._scripts[process]
