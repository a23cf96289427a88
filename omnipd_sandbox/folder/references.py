"""What one record of the file calls another: by its id, or by a name that only it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

# kind: what tells its records apart, and what people call them
KINDS = {
    "user": ("membership_id", "email"),
    "group": ("id", "name"),
    "label": ("name", "name"),
    "folder": ("id", "path"),
    "document": ("identifier", "identifier"),
    "connection": ("id", "name"),
    "model": ("id", "name"),
    "model or branch": ("id", "name"),
    "email-only user": ("membership_id", "email"),
    "prompt set": ("id", "name"),
    "prompt": ("id", "id"),
    "conversation": ("id", "id"),
}


class Unreadable(ValueError):
    """Say what is wrong with one value of the file."""


def near(text: str, choices: Iterable[str]) -> str:
    """Write what may have been meant, or nothing."""
    close = get_close_matches(text, list(choices), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(each) for each in close)}?" if close else ""


@dataclass
class References:
    """Find records by what others call them."""

    _records: dict[str, dict[str, Any]] = field(default_factory=dict)
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, kind: str, records: Iterable[Any]) -> None:
        """Make records known; a name that several have stands for none of them."""
        identity, name = KINDS[kind]
        found = self._records.setdefault(kind, {})
        names = self._names.setdefault(kind, {})
        known = list(records)
        called: dict[str, int] = {}
        for each in known:
            text = getattr(each, name)
            if text is not None:
                called[text] = called.get(text, 0) + 1
        for each in known:
            own, text = getattr(each, identity), getattr(each, name)
            if text is not None and called[text] == 1:
                found[text] = each
                names[own] = text
        # An id wins over a name that looks like one.
        found |= {getattr(each, identity): each for each in known}

    def find(self, kind: str, text: object) -> Any:
        """Give the record that a text names.

        Raises
        ------
        Unreadable
            When there is none.
        """
        if not isinstance(text, str):
            raise Unreadable(f"{text!r} is not the name of a {kind}")
        found = self._records.get(kind, {})
        if text not in found:
            raise Unreadable(f"there is no {kind} {text!r}{near(text, found)}")
        return found[text]

    def name(self, kind: str, identity: str) -> str:
        """Give what a record is called: its name if only it has that, else its id."""
        return self._names.get(kind, {}).get(identity, identity)

    def name_by(self, kind: str, value: Any, gives: Callable[[Any], Any]) -> str:
        """Give what the record is called that gives a value."""
        identity = KINDS[kind][0]
        known = {gives(each): getattr(each, identity) for each in self._records[kind].values()}
        return self.name(kind, known[value])
