"""Texts replaced by others of the same form: the same one always by the same, within a recording.

A text is taken word by word, so that a path begins as the path of its folder does, and a label on a
field is the same as in a list. A word is replaced letter by letter at random: small letters by small
ones, digits by digits. An id of letters and digits is one word, and a UUID is, too. Dates stay.

What is not kept, a reader cannot undo: which word stood for which is known only while the recording is made.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Collection

_DAY = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?"
_TIME = r"[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_WORD = re.compile(
    rf"(?P<uuid>{_UUID})|(?P<date>(?<![\w-]){_DAY}(?:{_TIME})?(?![\w-]))|(?P<word>[^\W_]+)"
)
_HEX = "0123456789abcdef"
#: So often another word is drawn before it gets longer.
_DRAWS = 60
#: A word that is shorter may come out as another one that was there: there are too few of them.
_SHORT = 3
# The digits of the largest numbers of Arrow's types: one more than such a number would not fit.
_LONGEST_NUMBERS = {3, 5, 10, 19, 20, 38}


class Replacement:
    """What each word is replaced by.

    It is told all words first, by going through everything once; then it gives none for another that was
    there itself.

    Attributes
    ----------
    is_learning : bool
        Whether words are only taken note of, and texts come back as they are. Set it to False to begin.

    Examples
    --------
    >>> replaced = Replacement()
    >>> replaced.text("Ann Lee, ann.lee@example.com")
    'Ann Lee, ann.lee@example.com'
    >>> replaced.is_learning = False
    >>> first, second = replaced.text("Ann Lee"), replaced.text("ann@example.com")
    >>> first.lower().split()[0] == second.split("@")[0], first == "Ann Lee", len(second)
    (True, False, 15)
    """

    def __init__(self) -> None:
        self.is_learning = True
        self._original: set[str] = set()
        self._by: dict[str, str] = {}
        self._given: set[str] = set()

    def text(self, text: str, keep: Collection[str] = ()) -> str:
        """Return a text with its words replaced, but for those to keep, which are given in small letters."""

        def replaced(found: re.Match[str]) -> str:
            if found["date"] or (keep and found[0].lower() in keep):
                return found[0]
            return self._word(found[0], is_uuid=found["uuid"] is not None)

        return _WORD.sub(replaced, text)

    def number(self, literal: str) -> str:
        """Return a number with its digits replaced; its sign, its point and its exponent stay."""
        mantissa, exponent = re.fullmatch(r"([^eE]*)(.*)", literal, re.DOTALL).groups()  # type: ignore[union-attr]
        return re.sub(r"\d+", lambda found: self._digits(found[0]), mantissa) + exponent

    def _digits(self, digits: str) -> str:
        return digits if not digits.strip("0") else self._word(digits, is_uuid=False)

    def _word(self, word: str, *, is_uuid: bool) -> str:
        low = "".join(one.lower() if len(one.lower()) == 1 else one for one in word)
        if self.is_learning:
            self._original.add(low)
            return word
        by = self._by.get(low)
        if by is None:
            by = self._by[low] = self._drawn(low, is_uuid=is_uuid)
            self._given.add(by)
        after = by[len(low) :]
        return (
            "".join(
                new.upper() if old.isupper() else new for old, new in zip(word, by, strict=False)
            )
            + after
        )

    def _drawn(self, low: str, *, is_uuid: bool) -> str:
        draw = _hex_like if is_uuid else _like
        more = ""
        while True:
            for _ in range(_DRAWS):
                drawn = draw(low + more)
                was_there = drawn in self._original and len(low) >= _SHORT
                if drawn != low and drawn not in self._given and not was_there:
                    return drawn
            more += "1" if low.isdigit() else "a"


def _hex_like(low: str) -> str:
    """Return another UUID; its version is the same."""
    return "".join(
        one if one == "-" or place == 14 else secrets.choice(_HEX) for place, one in enumerate(low)
    )


def _like(low: str) -> str:
    if low.isascii() and low.isdigit():
        first = "0" if low[0] == "0" else secrets.choice("123456789")
        if len(low) in _LONGEST_NUMBERS and first != "0":
            first = "1"
        return first + "".join(secrets.choice(string.digits) for _ in low[1:])
    return "".join(map(_letter_like, low))


def _letter_like(one: str) -> str:
    if one.isascii():
        return secrets.choice(string.digits if one.isdigit() else string.ascii_lowercase)
    # A neighbor in Unicode is mostly a letter of the same script.
    block = ord(one) & ~0x1F
    near = [chr(block + step) for step in range(32)]
    alike = [new for new in near if new.isalnum() and not new.isupper() and new.lower() == new]
    return secrets.choice(alike) if alike else secrets.choice(string.ascii_lowercase)
