"""The masks by which OMNI_FX_TEXT writes a time, in the letters of the database."""

from __future__ import annotations

import re

from omnipd_sandbox.refused_query import Refused

_PARTS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S"}
_TOKENS = re.compile("|".join(_PARTS) + r"|[-/ :.]")


def pattern(mask: str) -> str:
    """Give the pattern of a mask such as ``YYYY-MM``.

    Raises
    ------
    Refused
        For a mask with anything else in it, such as one of numbers.
    """
    if not mask or _TOKENS.sub("", mask):
        raise Refused("PLAN", f'The mask "{mask}" of OMNI_FX_TEXT is not modeled by this sandbox')
    return _TOKENS.sub(lambda found: _PARTS.get(found[0], found[0]), mask)
