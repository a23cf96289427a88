"""E-mail addresses, as far as one can tell by looking at them."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^@\s,;<>\"()\\]+@[^@\s,;<>\"()\\.]+(\.[^@\s,;<>\"()\\.]+)+")


def why_no_address(text: str) -> str | None:
    """Return why a text is no e-mail address; None where it looks like one.

    Examples
    --------
    >>> why_no_address("ada@sandbox.example")
    >>> why_no_address("Ada <ada@sandbox.example>")
    "'Ada <ada@sandbox.example>' is no e-mail address."
    """
    return None if _ADDRESS.fullmatch(text) else f"{text!r} is no e-mail address."
