"""Say what somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(given: str, known: Iterable[str]) -> str:
    """Give the end of a sentence about an unknown word: the words that are nearly it."""
    matches = get_close_matches(given, list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, matches))}?" if matches else ""


def check_names(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse, by name, what is not among the known words.

    Raises
    ------
    ValueError
        Naming the first one, and what is nearly it.
    """
    words = list(known)
    for each in given:
        if each not in words:
            msg = f"unknown {what} {each!r}{near(each, words) or '; known: ' + ', '.join(words)}"
            raise ValueError(msg)
