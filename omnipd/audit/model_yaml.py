"""The fields that the YAML files of models name, read line by line: omnipd has no YAML reader.

Words for people are left out. In SQL only ``${…}`` is a field. Elsewhere a name with its view is one, and
in the file of a view the bare name of one of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from omnipd.queries.language.references import REFERENCE, references

#: What holds things by a name that somebody chose.
_HOLDERS = {"dimensions", "measures", "filters", "views", "joins", "sample_queries", "skills"}
_FIELDS = {"dimensions", "measures", "filters"}
#: What is written for people, or names something else than a field.
_PROSE = {
    *("label", "description", "group_label", "view_label", "ai_context", "synonyms", "aliases"),
    *("prompt", "input", "tags", "display_order", "format", "aggregate_type", "timeframes"),
    *("default_timeframes", "schema", "catalog", "table_name", "all_values", "sample_values"),
}
#: What of a filter's operators names a field; the others have values.
_NAMING = {"bind", "field_name_in_query", "field", "fields"}
#: What holds conditions by the field that they are on.
_FILTERS = re.compile(r"(?!access_)(?:\w+_)?filters")
_KEY_FIELD = r"\bprimary_key\s*:\s*true\b"
_KEY = re.compile(r"""^(\s*)((?:-\s+)*)("[^"]*"|'[^']*'|[^\s:#"'\[{][^:#]*?)\s*:(?:\s+(.*))?$""")
_ITEM = re.compile(r"^(\s*)((?:-\s+)+)(.*)$")
_BLOCK = re.compile(r"^[|>][-+0-9]*$")
_QUOTED_OR_COMMENT = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?:^|(?<=\s))#.*$""")
_NAME = re.compile(r"(?<![\w.$/{])([^\W\d]\w*\.[^\W\d]\w*)(\[\w+\])?(?![\w.(])")
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*(?![\w.])")


class InFile(NamedTuple):
    """A field that a file names.

    Attributes
    ----------
    field : str
        ``view.field``, with its timeframe.
    used_as : str
        The key that it stands under.
    used_by : str or None
        The field whose definition it is in.
    """

    field: str
    used_as: str
    used_by: str | None


@dataclass(frozen=True)
class _Line:
    path: tuple[str, ...]
    #: Whether the last of the path stands in this line.
    is_key: bool
    text: str


def fields_in(yaml: str, view: str | None, known: Collection[str]) -> Iterator[InFile]:
    r"""Give the fields that a file names.

    Parameters
    ----------
    yaml : str
        What is in it.
    view : str or None
        The view that it defines.
    known : collection of str
        The fields of the model in lower case: any other name is one in ``${…}`` only.

    Examples
    --------
    >>> file = "measures:\n  total:\n    sql: ${amount}\n    description: Not ${sales.tax}"
    >>> list(fields_in(file, "sales", {"sales.amount"}))
    [InFile(field='sales.amount', used_as='sql', used_by='sales.total')]
    """
    for path, text in _statements(yaml):
        place = _Place(path, view)
        if place.is_for_people:
            continue
        used_as, used_by = place.used_as, place.defined
        if used_by is not None and re.search(_KEY_FIELD, f"{path[-1]}: {text}"):
            yield InFile(used_by, "primary_key", None)
        for name in references(text):
            bare, timeframe = name.partition("[")[0], name.partition("[")[1:]
            if "." not in bare:
                bare = f"{place.view}.{bare}"
                if bare.lower() not in known:
                    continue  # a view
            if bare != used_by:
                yield InFile(bare + "".join(timeframe), used_as, used_by)
        plain = place.plain(REFERENCE.sub(" ", text))
        for name, timeframe in _NAME.findall(plain):
            if name.lower() in known and name != used_by:
                yield InFile(name + timeframe, used_as, used_by)
        for word in _WORD.findall(_NAME.sub(" ", plain)) if place.view is not None else ():
            name = f"{place.view}.{word}"
            if name.lower() in known and name != used_by:
                yield InFile(name, used_as, used_by)


class _Place:
    """Where a text stands in a file.

    Attributes
    ----------
    view : str or None
        The view that bare names are of.
    defined : str or None
        The field whose definition it is in.
    used_as : str
        What is said there.
    is_for_people : bool
        Whether it is no place for names of fields.
    """

    def __init__(self, path: tuple[str, ...], view: str | None) -> None:
        is_within = len(path) > 1 and path[0] == "views"
        self.view = path[1] if is_within else view
        self._inner = path[2:] if is_within else path
        self.defined, self.used_as = None, self._inner[0] if self._inner else ""
        #: Whether nothing but what stands behind the name of a field, in one line.
        self._is_definition = False
        if self._inner[:1] and self._inner[0] in _FIELDS and self.view is not None:
            self._is_definition = len(self._inner) <= 2
            if len(self._inner) > 1:
                self.defined, self.used_as = f"{self.view}.{self._inner[1]}", "sql"
            self._inner = self._inner[2:]
        if self.defined is not None and self._inner:
            self.used_as = self._inner[0]
        chosen = {at for at in range(1, len(path)) if path[at - 1] in _HOLDERS}
        self.is_for_people = any(key in _PROSE for at, key in enumerate(path) if at not in chosen)

    def plain(self, text: str) -> str:
        """Return what of a text, and of the key that it stands behind, may be names of fields."""
        leaf = self._inner[-1] if self._inner else ""
        if self._is_definition or (leaf.endswith("sql") and not leaf.endswith("key_sql")):
            return ""
        if leaf.startswith("sql_"):
            return ""
        filters = [at for at, key in enumerate(self._inner) if _FILTERS.fullmatch(key)]
        depth = len(self._inner) - 1 - filters[-1] if filters else 0
        if depth > 1 and leaf not in _NAMING:
            return ""  # what a filter compares with
        if depth == 1:
            return leaf
        return f"{leaf} {text}" if "." in leaf else text


def extended_views(yaml: str, view: str | None) -> Iterator[tuple[str, str]]:
    """Give each view that a file makes of others, with one of these.

    Examples
    --------
    >>> list(extended_views("extends: [orders]", "returns"))
    [('returns', 'orders')]
    """
    for path, lines in _statements(yaml):
        if path == ("extends",) and view is not None:
            yield from ((view, word) for word in _WORD.findall(lines))
        elif len(path) == 3 and path[0] == "views" and path[2] == "extends":
            yield from ((path[1], word) for word in _WORD.findall(lines))


def _statements(yaml: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each key by its path, with what stands behind it on its lines."""
    path: tuple[str, ...] = ()
    held: list[str] = []
    for line in _lines(yaml):
        if line.is_key or line.path != path:
            if path:
                yield path, "\n".join(held)
            path, held = line.path, []
        held.append(line.text)
    if path:
        yield path, "\n".join(held)


def _lines(yaml: str) -> Iterator[_Line]:
    keys: list[tuple[int, str]] = []
    block: int | None = None
    for raw in yaml.splitlines():
        indent = len(raw) - len(raw.lstrip())
        if block is not None and (not raw.strip() or indent > block):
            yield _Line(tuple(key for _, key in keys), False, raw)
            continue
        block = None
        line = _QUOTED_OR_COMMENT.sub(
            lambda match: "" if match[0].startswith("#") else match[0], raw
        ).rstrip()
        if not line.strip():
            continue
        found = _KEY.match(line)
        if found is None:
            item = _ITEM.match(line)
            if item is not None:
                # A list may stand as far left as the key that it is of.
                while keys and keys[-1][0] > len(item[1]):
                    keys.pop()
            yield _Line(tuple(key for _, key in keys), False, item[3] if item else line)
            continue
        at = len(found[1]) + len(found[2])
        while keys and keys[-1][0] >= at:
            keys.pop()
        keys.append((at, found[3].strip("\"'")))
        text = found[4] or ""
        if _BLOCK.match(text):
            block, text = at, ""
        yield _Line(tuple(key for _, key in keys), True, text)
