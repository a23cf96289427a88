"""How long an answer may be served from disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from omnipd.arguments import argument, number_of
from omnipd.errors import ArgumentError

_DEFAULT = timedelta(minutes=10)
_LONGEST = timedelta(days=3650)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_lifetime(cache: Any, name: str = "cache", *, can_be_off: bool = True) -> timedelta | None:
    """Read a time: "10m", "2h", "1d", seconds, a timedelta; None for False and "off".

    Examples
    --------
    >>> parse_lifetime("10m").total_seconds()
    600.0
    """
    if can_be_off and (cache is False or cache is None or cache == "off"):
        return None
    if can_be_off and cache is True:
        return _DEFAULT
    lifetime = _as_timedelta(cache)
    given = argument(name, cache, of="connect" if name == "cache" else None)
    if lifetime is None:
        off = ", nor 'off'" if can_be_off else ""
        raise ValueError(given + f" is not a time such as '30s', '10m', '2h' or '1d'{off}.")
    if not timedelta(0) <= lifetime <= _LONGEST:
        raise ValueError(given + " is not a time from 0 to 10 years.")
    return lifetime or None


def checked_lifetime(
    cache: Any, name: str = "cache", *, can_be_off: bool = True
) -> timedelta | None:
    """Return a time that something is kept, None for not at all; refuse what is none.

    Examples
    --------
    >>> checked_lifetime("2h", "ttl").total_seconds()
    7200.0
    """
    try:
        return parse_lifetime(cache, name, can_be_off=can_be_off)
    except ValueError as error:
        reason = error.args[0]
    raise ArgumentError(reason)


def in_words(time: timedelta, *, rounded: bool = False) -> str:
    """Return a time in the largest unit that it is a whole number of, or about two of.

    Examples
    --------
    >>> in_words(timedelta(minutes=10)), in_words(timedelta(days=1)), in_words(timedelta(seconds=90))
    ('10 minutes', '1 day', '90 seconds')
    >>> in_words(timedelta(minutes=130), rounded=True), in_words(timedelta(0), rounded=True)
    ('2 hours', '0 minutes')
    """
    seconds = time.total_seconds()
    units = {"day": 86400, "hour": 3600, "minute": 60}
    if rounded:
        name = next((one for one, length in units.items() if seconds >= 2 * length), "minute")
        number: float = round(seconds / units[name])
    else:
        name = next((one for one, length in units.items() if seconds % length == 0), "second")
        number = seconds / units.get(name, 1)
    return f"{number:g} {name}" if number == 1 else f"{number:g} {name}s"


def _as_timedelta(cache: Any) -> timedelta | None:
    """Return a time in any of its forms; None for what is in none of them, or is too long for one."""
    if isinstance(cache, timedelta):
        return cache
    try:
        if (seconds := number_of(cache)) is not None:
            return timedelta(seconds=seconds)
        text = cache if isinstance(cache, str) else ""
        return timedelta(seconds=float(text[:-1]) * _UNITS[text[-1:]])
    except (KeyError, ValueError, OverflowError):
        return None


def ago(then: datetime) -> str:
    """Return about how long ago something was; what a clock has in the future was now."""
    return in_words(max(datetime.now(UTC) - then, timedelta(0)), rounded=True) + " ago"
