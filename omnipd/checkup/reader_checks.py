"""Whether each reader's list comes as it is declared."""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd.checkup.compare import Difference, compare
from omnipd.checkup.findings import Finding, Result
from omnipd.checkup.looks import LOOKS, Look
from omnipd.checkup.questions import Heard, Questions, Stop
from omnipd.client.api_paths import segment
from omnipd.client.failures import failure_in
from omnipd.display import counted
from omnipd.errors import OmniError
from omnipd.frames.records import Record, Values
from omnipd.lists.endpoint import Endpoint

_AREA = "readers"
#: What an answer of another shape raises where it is read.
_STRANGE = (OmniError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
#: A word of so many letters is told in a key that is one word with it.
_LONG_WORD = 5
_REPORT = "Send this report to the makers of omnipd: nothing in it names anybody."


@dataclass
class Seen:
    """What has been heard so far.

    Attributes
    ----------
    answers : dict
        The answer to each look and question, by its name.
    records : dict
        The records of each reader's page.
    words : set of str
        Every word of every text in the answers, in lower case: it may be of a name.
    """

    answers: dict[str, Heard] = field(default_factory=dict)
    records: dict[str, list[Record]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    def keep(self, name: str, heard: Heard) -> None:
        """Remember an answer, and what texts are in it."""
        self.answers[name] = heard
        for text in _texts(heard.content):
            self.words.update(words_in(text))

    def is_private(self, key: str) -> bool:
        """Whether a key of an answer holds a word of some text, and may so be made of a name.

        Words that declared keys are made of are no names.
        """
        words = self.words - _known_words()
        joined = key.lower()
        return not words.isdisjoint(words_in(key)) or any(
            len(word) >= _LONG_WORD and word in joined for word in words
        )


def read_lists(questions: Questions, seen: Seen) -> Iterator[Finding]:
    """Ask for one page of each list, then compare each with what is declared.

    Only then, since what is a name in one answer may be a key in another.
    """
    stopped: Stop | None = None
    lacking: set[str] = set()
    for look in LOOKS:
        path = _path_of(look, seen)
        if path is None:
            lacking.add(look.reader)
            continue
        try:
            heard = questions.ask(path, look.params())
        except Stop as stop:
            stopped = stop
            break
        seen.keep(look.reader, heard)
        with contextlib.suppress(*_STRANGE):
            if heard.is_good:
                seen.records[look.reader] = records_in(look.listing, heard.content)
    for look in LOOKS:
        if look.reader in seen.answers:
            yield look_at(look, seen.answers[look.reader], seen)
        elif look.reader in lacking:
            needed = ", ".join(sorted(set(look.needs.values())))
            yield Finding(_AREA, look.reader, "unknown", f"{needed} has shown none to look at")
    if stopped is not None:
        raise stopped


def look_at(look: Look, heard: Heard, seen: Seen) -> Finding:
    """Compare one answer with what its reader declares."""
    if not heard.is_good:
        return _not_answered(look, heard)
    if failure_in(heard.content) is not None:
        return Finding(
            _AREA, look.reader, "problem", f"{heard.said} with words of a failure", _REPORT
        )
    try:
        records = records_in(look.listing, heard.content)
        shown = unfolded(look.listing, records)
        seen.records[look.reader] = records
        found = compare(look.listing.columns or {}, shown, is_private=seen.is_private)
    except _STRANGE as error:
        words = f"it has another shape than any that is known ({type(error).__name__})"
        return Finding(_AREA, look.reader, "problem", words, _REPORT)
    return _as_finding(look, len(shown), found)


def records_in(listing: Endpoint, content: Any) -> list[Record]:
    """Return the records of one page, read as the reader reads it."""
    pages = listing.pages(lambda _: content, {}, listing.rows)
    return next((page.records for page in itertools.islice(pages, 1)), [])


def unfolded(listing: Endpoint, records: list[Record]) -> list[Record]:
    """Return the rows that records hold."""
    unfold: Callable[[Record], Any] | None = listing.unfold
    return records if unfold is None else [row for one in records for row in unfold(one)]


def _not_answered(look: Look, heard: Heard) -> Finding:
    result: Result = "problem"
    said, remedy = heard.said, _REPORT
    if heard.status in {404, 405, 501} and look.gone:
        result, said, remedy = "note", f"{said}: this server has the call no more", ""
    elif heard.status in {404, 405, 501} and look.may_lack:
        result, said, remedy = "note", f"{said}: this server does not have the call", ""
    elif heard.status == 404 and look.needs:
        result, said, remedy = "note", f"{said}: there is none, or it is not visible", ""
    elif heard.status == 403:
        result, said, remedy = "note", "403: the key may not see it", "Use an administrator's key."
    elif heard.status == 200 or (heard.status == 0 and heard.content is None):
        remedy = "Something before Omni may answer in its place: run it again, then look there."
    elif heard.status >= 500:
        remedy = "Run it again; if it stays, ask Omni's support."
    return Finding(_AREA, look.reader, result, said, remedy)


def _as_finding(look: Look, rows: int, found: Difference) -> Finding:
    parts = [counted(rows, "row")]
    result: Result = "ok"
    if rows:
        columns = look.listing.columns or {}
        key = sorted(columns[name].paths[0] for name in look.listing.key if name in columns)
        lost = [one for one in key if one in found.missing]
        if lost != key:  # of several columns each row has at least one
            lost = []
        if found.changed or lost:
            result = "problem"
        elif found.unknown and look.listing.exhaustive:
            result = "note"
        for word, items in (
            ("key missing", lost),
            ("other type", found.changed),
            ("unknown", found.unknown),
            ("not there", [one for one in found.missing if one not in lost]),
            ("forms", found.forms),
        ):
            parts += [f"{word}: {', '.join(items)}"] if items else []
    return Finding(_AREA, look.reader, result, "; ".join(parts), "" if result == "ok" else _REPORT)


def _path_of(look: Look, seen: Seen) -> str | None:
    """Return the path with what has been seen in it; None where nothing has."""
    path = look.listing.path
    for name, reader in look.needs.items():
        value = value_of(name, reader, seen.records.get(reader, []))
        if value is None:
            return None
        path = path.replace("{" + name + "}", segment(value))
    return path


def value_of(name: str, reader: str, records: list[Record]) -> str | None:
    """Return what a column has in the first record that has more below it than others."""
    columns: Mapping[str, Any] = Look(reader).listing.columns or {}
    if reader == "read_documents":  # of a workbook alone there is less to see
        records = sorted(records, key=lambda one: one.get("hasDashboard") is not True)
    if reader == "read_topics":  # one that is made of others has no fields of its own
        records = sorted(records, key=lambda one: one.get("is_composite") is True)
    paths = columns[name].paths
    values = Values(records).first(paths) if records else []
    return next(
        (one for one in values if isinstance(one, str) and one not in {"", ".", ".."}), None
    )


def words_in(text: str) -> list[str]:
    """Return the words of a text or a key, in lower case: those of ``isOfAcme`` are three."""
    return [
        word.lower()
        for word in re.findall(r"[^\W\d_A-Z]{3,}|[^\W\d_][^\W\d_A-Z]{2,}|[A-Z]{3,}", text)
    ]


@functools.cache
def _known_words() -> set[str]:
    """Return the words of all keys that are declared."""
    columns = [one for look in LOOKS for one in (look.listing.columns or {}).values()]
    return {word for one in columns for path in one.paths for word in words_in(path)}


def _texts(content: Any) -> Iterator[str]:
    left = [content]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            left += one.values() if isinstance(one, dict) else one
