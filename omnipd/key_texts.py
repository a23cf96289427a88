"""Texts that may hold an API key, because somebody echoed it or gave it as another argument.

It would then stand in an error and in every log of errors, or go out in a question to a name server.
What looks like a key is known by its form; the keys of this process are known by themselves.
"""

from __future__ import annotations

import re
from typing import Any

#: So much of a secret, from its beginning, is not shown either: an answer may be cut inside it.
_SHORTEST_PART = 12
_MOST_KNOWN = 100

# Omni's own prefixes, in any case, since hosts are written in lower case; a token in three parts, as OAuth
# has them.
_KEY = r"(?i:omni_(?:osk|pat)_)\w{4,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
# One long piece in which letters of both cases and digits take turns: no name, and perhaps a key.
_MAYBE_KEY = (
    r"\b(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])(?=(?:[A-Za-z]*[0-9]+[A-Za-z]+){3})[A-Za-z0-9]{32,}"
)
_CERTAIN, _POSSIBLE = re.compile(_KEY), re.compile(f"{_KEY}|{_MAYBE_KEY}")
_known: dict[str, None] = {}


def remember_key(key: str) -> None:
    """Hide a key from now on, whatever it looks like; not a short one, which may be a word."""
    if len(key) >= 2 * _SHORTEST_PART:
        _known[key] = None
        while len(_known) > _MOST_KNOWN:
            _known.pop(next(iter(_known)), None)


def hide_key(key: str, text: str) -> str:
    """Return a text without a key in it, and without what is left where it was cut.

    Examples
    --------
    >>> key = "omni_osk_0123456789abcdef"
    >>> hide_key(key, "Bearer omni_osk_0123456789abcdef, https://OMNI_OSK_01234567")
    'Bearer ***, https://***'
    """
    if len(key) < 2 * _SHORTEST_PART:
        return text.replace(key, "***")
    if len(text) < _SHORTEST_PART:  # most of what an answer is made of
        return text
    shown, after = [], 0
    for found in re.finditer(re.escape(key[:_SHORTEST_PART]), text, re.IGNORECASE):
        if found.start() < after:
            continue
        shown += [text[after : found.start()], "***"]
        after = found.end()
        for wanted in key[_SHORTEST_PART:].lower():
            if text[after : after + 1].lower() != wanted:
                break
            after += 1
    return "".join([*shown, text[after:]])


def hide_keys(text: str) -> str:
    """Return a text without the keys of this process, and without what looks like one.

    Examples
    --------
    >>> hide_keys("There is no profile 'omni_osk_0123456789abcdef'.")
    "There is no profile '***'."
    """
    for key in tuple(_known):
        text = hide_key(key, text)
    return _POSSIBLE.sub("***", text)


def holds_key(value: Any) -> bool:
    """Whether a text, or one in a list or mapping, holds a key of this process, or one by its form.

    What may be a key or an id is none here: an id has to be taken, also one that begins as a key does.

    Examples
    --------
    >>> holds_key({"path": ["omni_osk_0123456789abcdef"]}), holds_key("omni_osk_")
    (True, False)
    """
    if isinstance(value, str):
        lowered = value.lower()
        known = any(key.lower() in lowered for key in tuple(_known))
        return known or bool(_CERTAIN.search(value))
    if isinstance(value, dict):
        return any(holds_key(name) or holds_key(one) for name, one in value.items())
    return isinstance(value, list | tuple) and any(map(holds_key, value))
