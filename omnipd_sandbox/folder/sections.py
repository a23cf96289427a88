"""The parts of an organization's file, taken out one by one; what is wrong with them is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_type_hints

from omnipd_sandbox.folder.conversion import as_instant, converter
from omnipd_sandbox.folder.problems import problems_of
from omnipd_sandbox.folder.references import References, value_of
from omnipd_sandbox.folder.strict import Unreadable
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.organization.derived import stable_uuid

Record = TypeVar("Record")

# What an id is called where records have one; those of attributes follow from their names.
_ID_KEYS = ("id", "scheduleId")
_TOLD_APART_BY = {
    "users": ("membership_id", "email"),
    "user_attributes": ("name",),
    "models": ("id", "name"),
    "labels": ("name",),
    "folders": ("id", "path"),
    "documents": ("identifier",),
    "embed_users": ("membership_id",),
    "email_only_users": ("membership_id",),
    "refreshes": ("scheduleId",),
    "dbt_projects": ("connectionId",),
    "user_limits": ("userId",),
    "entity_limits": ("entity",),
}


class Sections:
    """Take parts out of a parsed file, and note what is wrong, each thing with its place."""

    def __init__(self, file: Mapping[str, Any]) -> None:
        self.file = file
        self.problems: list[str] = []
        self.references = References()
        self.converter = converter(self.references)

    def items(self, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the objects of a section, each with its place."""
        items = self.file.get(section, [])
        if not isinstance(items, list):
            self.problems.append(f"{section}: a list is needed here")
            return
        for number, item in enumerate(items):
            place = f"{section}[{number}]"
            if isinstance(item, dict):
                yield place, dict(item)
            else:
                self.problems.append(f"{place}: an object is needed here, not {item!r}")

    def one(self, kind: type[Record], item: Mapping[str, Any], place: str) -> list[Record]:
        """Read one record; none where something is wrong with it."""
        try:
            return [self.converter.structure(item, kind)]
        except Exception as error:  # noqa: BLE001 - whatever is wrong is said with its place
            self.problems += problems_of(error, place)
            return []

    def all(
        self, section: str, kind: type[Record], defaults: Mapping[str, Any] | None = None
    ) -> list[Record]:
        """Read every record of a section."""
        found: list[Record] = []
        key = next((each for each in _ID_KEYS if each in get_type_hints(kind)), None)
        for place, item in self.items(section):
            seeded = {key: stable_uuid(section, place)} if key else {}
            found += self.one(kind, {**seeded, **(defaults or {}), **item}, place)
        self.once(section, found)
        return found

    def once(self, section: str, records: Sequence[Any]) -> None:
        """Note records that share what should tell them apart."""
        for key in _TOLD_APART_BY.get(section, ("id",)):
            counted = Counter(value_of(each, key) for each in records)
            self.problems += [
                f"{section}: {key} {value!r} is there {count} times"
                for value, count in counted.items()
                if value is not None and count > 1
            ]

    def dates(self, given: Any, place: str) -> dict[str, str]:
        """Read dates and times by the user they are about."""
        found = {}
        for name, value in self.texts(given, place).items():
            try:
                found[self.references.identity("user", name)] = as_instant(value)
            except Unreadable as error:
                self.problems.append(f"{place}.{name}: {error}")
        return found

    def list_of(self, given: Any, place: str) -> list[Any]:
        """Take a list."""
        if isinstance(given, list):
            return given
        self.problems.append(f"{place}: a list is needed here, not {given!r}")
        return []

    def texts(self, given: Any, place: str) -> dict[str, str]:
        """Read texts by their names."""
        if isinstance(given, dict) and all(isinstance(each, str) for each in given.values()):
            return given
        self.problems.append(f"{place}: an object of texts is needed here, not {given!r}")
        return {}

    def known_word(self, word: Any, words: Sequence[str], place: str) -> None:
        """Note a word that is none of a few."""
        if word not in words:
            close = near(str(word), words)
            self.problems.append(f"{place}: {word!r} is none of {', '.join(words)}{close}")
