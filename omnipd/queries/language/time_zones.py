"""Names of time zones, as IANA has them."""

from __future__ import annotations

import difflib
import functools
import re
import zoneinfo

from omnipd.arguments import argument
from omnipd.errors import ArgumentError, warn

_NAME = re.compile(r"[A-Za-z][\w+-]*(?:/[\w+-]+)*", re.ASCII)
_EXAMPLE = 'Give its name, such as "Europe/Berlin" or "UTC".'


def check_time_zone(name: str) -> None:
    """Refuse what is no time zone, and a near-miss of one.

    The zones of this machine may be older than Omni's, or not be there at all: a name that is like
    none of them is sent, with a warning.

    Raises
    ------
    ArgumentError
        With the name that seems to be meant.
    """
    if not _NAME.fullmatch(name):
        raise ArgumentError(
            argument("timezone", name) + " is not the name of a time zone.", hint=_EXAMPLE
        )
    known = _known()
    if name in known or not known:
        return
    near = _near(name, known)
    if near is not None:
        raise ArgumentError(
            argument("timezone", name) + " is not a time zone.", hint=f"Did you mean {near!r}?"
        )
    warn(argument("timezone", name) + " is not among the time zones of this machine; it is sent.")


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _near(name: str, known: frozenset[str]) -> str | None:
    folded = {one.lower(): one for one in sorted(known)}
    # The city alone is what people know of it.
    cities = {one.rpartition("/")[2]: folded[one] for one in reversed(folded)}
    given = name.lower()
    close = difflib.get_close_matches(given, folded, n=1, cutoff=0.85)
    return folded.get(given) or cities.get(given) or (folded[close[0]] if close else None)
