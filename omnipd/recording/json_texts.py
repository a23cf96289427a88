"""The texts and numbers of JSON replaced, and nothing else touched.

The text is gone through piece by piece and never parsed as a whole, since what is recorded may be what no
parser takes: cut off, with a key twice, with NaN. Spaces, escapes that nothing is changed in, the order of
keys and how a number is written stay as they came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

_PIECE = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<sign>[{}\[\],:])"
    r"|(?P<cut>\".*)"
    r"|(?P<bare>[^\s{}\[\],:\"]+)",
    re.DOTALL,
)
_LITERALS = {"true", "false", "null", "NaN", "Infinity", "-Infinity"}


#: What stands among the keys above a value for an array.
ARRAY = "[]"


@dataclass
class Place:
    """Where a value stands.

    Attributes
    ----------
    keys : list of str
        The keys above it and, for each array around it, ``ARRAY``; the nearest last.
    is_key : bool
        Whether it is itself the key of something.
    """

    keys: list[str] = field(default_factory=list)
    is_key: bool = False

    @property
    def key(self) -> str:
        """The nearest key, or an empty text."""
        return next((one for one in reversed(self.keys) if one != ARRAY), "")

    @property
    def container(self) -> str:
        """Of a key: that of the object that it is in; ``ARRAY`` where that is one of several."""
        return self.keys[-1] if self.keys else ""

    def is_named_by_others(self, containers: Collection[str]) -> bool:
        """Whether the nearest key stands in the object of one of these keys."""
        end = len(self.keys)
        while end and self.keys[end - 1] == ARRAY:
            end -= 1
        return end > 1 and self.keys[end - 2] in containers


Rewrite = Callable[[str, Place], str]


def rewrite(body: str, text: Rewrite, number: Rewrite) -> str:
    """Return JSON with each text and each number replaced by what a function says.

    Parameters
    ----------
    body : str
        JSON, or what was meant to be.
    text, number : callable
        Takes a text, or a number as it is written, and its place; returns what comes instead.

    Examples
    --------
    >>> rewrite('{"a": ["b", 1.50, null', lambda text, at: text if at.is_key else f"{at.key}!", lambda n, at: "0")
    '{"a": ["a!", 0, null'
    """
    keys: list[str] = []
    # Of each object or array around: whether it is an object, and how many keys were above it.
    around: list[tuple[bool, int]] = []
    wants_key = False
    written, end = [], 0
    for piece in _PIECE.finditer(body):
        written.append(body[end : piece.start()])
        end = piece.end()
        came = piece[0]
        if piece.lastgroup == "sign":
            wants_key = _after_sign(came, keys, around, wants_key=wants_key)
        elif piece.lastgroup == "number":
            came = number(came, Place(keys))
        elif piece.lastgroup == "text":
            plain = _plain(came)
            new = text(plain, Place(keys, is_key=wants_key))
            if wants_key:
                keys.append(plain)
                wants_key = False
            if new != plain:
                came = json.dumps(new, ensure_ascii=came.isascii())
        elif came not in _LITERALS:
            came = text(came, Place(keys))
        written.append(came)
    written.append(body[end:])
    return "".join(written)


def _after_sign(
    sign: str, keys: list[str], around: list[tuple[bool, int]], *, wants_key: bool
) -> bool:
    """Go on after a sign; return whether a key comes next."""
    if sign in "{[":
        around.append((sign == "{", len(keys)))
        if sign == "[":
            keys.append(ARRAY)
        return sign == "{"
    if sign in "}]":
        if around:
            del keys[around.pop()[1] :]
        return False
    if sign == "," and around:
        is_object, above = around[-1]
        if is_object:
            del keys[above:]
        return is_object
    return wants_key


def _plain(came: str) -> str:
    try:
        return str(json.loads(came, strict=False))
    except ValueError:  # a wrong escape
        return came[1:-1]
