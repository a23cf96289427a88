"""The keys of one client, each with connections and a limit of its own: its lanes.

Several keys are for organization keys of one organization, which are all shown the same lists. So a list
may be read by any of them; all pages of it go by one, since a cursor may be that key's. What depends on
who asks goes by the first key that Omni still takes: queries, changes, and what a person has or sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnipd.arguments import argument
from omnipd.client.rate_limit import Limiter
from omnipd.client.redis_limiter import RedisLimiter, RedisPlace
from omnipd.client.settings import Settings
from omnipd.client.transport import Transport
from omnipd.clock import Clock
from omnipd.errors import AuthenticationError, SettingsError, warn
from omnipd.locks import new_lock

#: What says of which kind a key is.
WHOAMI = "/api/v1/whoami"
_NTH = ("1st", "2nd", "3rd")


@dataclass
class Lane:
    """One key.

    Attributes
    ----------
    transport : Transport
        Its connections.
    limiter : Limiter, RedisLimiter or None
        Counts its requests; None without pacing.
    set_aside : bool
        Whether Omni does not take the key any more.
    """

    transport: Transport
    limiter: Limiter | RedisLimiter | None
    set_aside: bool = False

    def close(self) -> None:
        """Close its connections. A later request opens new ones."""
        self.transport.close()
        if self.limiter is not None:
            self.limiter.close()


@dataclass
class Route:
    """By which key the requests of one question go.

    Attributes
    ----------
    any_key : bool
        Whether it may be any, or only the first.
    lane : Lane, optional
        The one by which the last request went, or that has to wait least.
    stays : bool
        Whether the following go by it too, while Omni takes it.
    checks : bool
        Whether it is the key itself that is in question.
    """

    any_key: bool = False
    lane: Lane | None = None
    stays: bool = False
    checks: bool = False

    def hold(self, seconds: float) -> bool:
        """Let no request of its key leave for so long: Omni has answered 429 to one of them.

        Return whether all were told to wait already, when this one was under way.
        """
        limiter = None if self.lane is None else self.lane.limiter
        if limiter is None:
            return False
        is_held = limiter.held() > 0.0
        limiter.hold(seconds)
        return is_held


class Lanes:
    """The keys of one client, in the order in which they were given.

    Parameters
    ----------
    lanes : sequence of Lane
        At least one.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.all = list(lanes)
        #: Whether all may be used as one: nobody has asked of which kind each of several is.
        self._checked = len(self.all) == 1
        self._checking = new_lock()
        self._lock = new_lock()

    @property
    def usable(self) -> list[Lane]:
        """Those that Omni still takes, as far as is known; never none."""
        return [lane for lane in self.all if not lane.set_aside]

    def take(self, route: Route) -> tuple[Lane, float]:
        """Take a place for a request, and return its lane and 0.0; or the one that waits least, and how long."""
        waits: list[tuple[float, Lane]] = []
        for lane in self._open_to(route):
            wait = 0.0 if lane.limiter is None else lane.limiter.try_acquire()
            waits.append((wait, lane))
            if not wait:
                route.stays = True
                break
        wait, route.lane = min(waits, key=lambda one: one[0])
        return route.lane, wait

    def _open_to(self, route: Route) -> list[Lane]:
        if route.lane is not None and route.stays and not route.lane.set_aside:
            return [route.lane]
        usable = self.usable
        # From the end, so that what has to go by the first key finds places there.
        return usable[::-1] if route.any_key else usable[:1]

    def seconds_for(self, requests: int) -> float | None:
        """Return after how many seconds all keys together could have sent so many more; None without a pace."""
        limiters = [lane.limiter for lane in self.usable if lane.limiter is not None]
        each = math.ceil(requests / len(self.usable))
        return max((limiter.seconds_for(each) for limiter in limiters), default=None)

    def give_up(self, route: Route, words: str | None) -> bool:
        """Set the key of a request aside, since Omni refuses it; return whether another one is left."""
        lane = route.lane
        return not route.checks and lane is not None and self._set_aside(lane, words)

    def check(self, who: Callable[[Lane], Any]) -> None:
        """Ask once, where there are several keys, of which kind each is; refuse any but organization keys."""
        if self._checked:
            return
        with self._checking:
            for lane in () if self._checked else self.usable:
                try:
                    said = who(lane)
                except AuthenticationError as error:
                    if not self._set_aside(lane, error.words):
                        raise
                else:
                    self._check_kind(lane, said)
            self._checked = True

    def _set_aside(self, lane: Lane, words: str | None) -> bool:
        with self._lock:
            if lane.set_aside:
                return True  # another thread has said so
            if len(self.usable) == 1:
                return False
            lane.set_aside = True
        said = f" ({words})" if words else ""
        warn(
            f"Omni refuses the {self._name_of(lane)}{said}. It is set aside, and requests go by the others. "
            "Take it out of " + argument("api_key", of="connect") + "."
        )
        return True

    def _check_kind(self, lane: Lane, whoami: Any) -> None:
        scope = whoami.get("keyScope") if isinstance(whoami, dict) else None
        if scope == "organization":
            return
        kind = (
            "is a personal access token"
            if scope == "user"
            else "is of a kind that Omni does not name"
        )
        raise SettingsError(
            f"The {self._name_of(lane)} {kind}; several keys are for organization keys only.",
            hint="What a person sees is that person's: a list would depend on which key happened to read "
            "it. Pass organization keys of one organization, or one key alone.",
        )

    def _name_of(self, lane: Lane) -> str:
        """Return what a key is called in messages, which tells nothing of the key itself."""
        number = next(at for at, one in enumerate(self.all) if one is lane)
        nth = _NTH[number] if number < len(_NTH) else f"{number + 1}th"
        return f"{nth} of {len(self.all)} API keys"


def open_lanes(
    settings: Settings, pace: int | None, place: RedisPlace | None, state: Path, clock: Clock
) -> Lanes:
    """Return a lane for each key of a client.

    Parameters
    ----------
    pace : int or None
        What Omni allows each in a minute; None sends without pacing.
    place : RedisPlace or None
        Where requests are counted, if not in request logs below `state`.
    """

    def limiter_of(fingerprint: str) -> Limiter | RedisLimiter | None:
        if pace is None:
            return None
        if place is not None:
            return RedisLimiter(place, fingerprint, pace, clock=clock).checked()
        return Limiter(state / "limiter" / f"{fingerprint}.sqlite", pace, clock=clock.since_boot)

    return Lanes([Lane(Transport(one), limiter_of(one.fingerprint)) for one in settings.by_key])
