"""What stands where a key or an address is wanted, and is neither: in quotes, not filled in, the other one."""

from __future__ import annotations

import re

from omnipd.key_texts import hide_keys

_QUOTES = "\"'`“”‘’«»"
_VARIABLE = re.compile(r"\$\{.*\}|\$\(.*\)|\$(?:env:)?\w+|%\w+%|!\w+!|\{\{.*\}\}")
_PLACEHOLDER = re.compile(
    r"<.*>|\[[^:]*\]|.*(?:\.\.\.|…)|your[ _-]?.*(?:key|token)(?:[ _-]?here)?|x{3,}|\*{3,}",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?:authorization\s*[:=]\s*)?bearer\b", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"(?:export\s+|set\s+)?OMNI_[A-Z_]+\s*=")


def wrong_with_key(text: str) -> str | None:
    """Return what a key is that cannot be one, to be read behind its name; None where it may be one.

    Examples
    --------
    >>> wrong_with_key("${OMNI_API_KEY}"), wrong_with_key("omni_osk_0123456789abcdef")
    ('is a variable that nobody filled in', None)
    """
    text = text.strip()
    if "://" in text or re.search(r"\.omniapp\.co\b", text):
        return "is an address"
    return _wrong_with_either(text) or (
        "begins with Bearer, which omnipd adds itself" if _BEARER.match(text) else None
    )


def wrong_with_address(text: str) -> str | None:
    """Return what an address is that cannot be one, to be read behind its name; None where it may be one."""
    return "is an API key" if hide_keys(text) != text else _wrong_with_either(text.strip())


def _wrong_with_either(text: str) -> str | None:
    if text and (text[0] in _QUOTES or text[-1] in _QUOTES):
        return "has quotes around it, as a part of the value"
    if _VARIABLE.fullmatch(text):
        return "is a variable that nobody filled in"
    if _PLACEHOLDER.fullmatch(text):
        return "is a placeholder that nobody filled in"
    if _ASSIGNMENT.match(text):
        return "begins with the name of its variable and ="
    return None
