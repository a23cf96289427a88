"""What one record of the file calls another: by its id, or by a name that only it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd_sandbox.folder.strict import Unreadable
from omnipd_sandbox.near_matches import near

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


def identity_of(kind: str, record: Any) -> str:
    """Give what tells a record apart from others of its kind."""
    return str(value_of(record, KINDS[kind][0]))


def value_of(record: Any, key: str) -> Any:
    """Give a value of a record, which is one of a table or has a class of its own."""
    return record.get(key) if isinstance(record, Mapping) else getattr(record, key, None)


@dataclass
class References:
    """Find records by what others call them."""

    _records: dict[str, dict[str, Any]] = field(default_factory=dict)
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, kind: str, records: Iterable[Any]) -> None:
        """Make records known; a name that several have stands for none of them."""
        found = self._records.setdefault(kind, {})
        names = self._names.setdefault(kind, {})
        known = {identity_of(kind, each): each for each in records}
        called = {own: value_of(each, KINDS[kind][1]) for own, each in known.items()}
        counted = Counter(called.values())
        for own, text in called.items():
            if text is not None and counted[text] == 1:
                found[text] = known[own]
                names[own] = text
        # An id wins over a name that looks like one.
        found |= known

    def also(self, kind: str, text: str, called: str) -> None:
        """Let another text name a record, unless it names one already."""
        found = self._records.setdefault(kind, {})
        if called in found:
            found.setdefault(text, found[called])

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

    def identity(self, kind: str, text: object) -> str:
        """Give the id of the record that a text names; Unreadable when there is none."""
        return identity_of(kind, self.find(kind, text))

    def name_by(self, kind: str, value: Any, gives: Callable[[Any], Any]) -> str:
        """Give what the record is called that gives a value."""
        known = {gives(each): identity_of(kind, each) for each in self._records[kind].values()}
        return self.name(kind, known[value])
