"""Conditions joined by ``&``, ``|`` and ``~``, and the filter objects that say them to Omni.

Every comparison is true or false for a row, never unknown: only ``isna()`` is true of a null, and
``~`` turns all around, as Omni's ``is_negative`` does (docs/wire.md). So ``~`` can be moved down to
the comparisons, and the laws of De Morgan hold.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from omnipd.arguments import said
from omnipd.errors import ArgumentError
from omnipd.queries.language.expression import Expression

Filter = dict[str, Any]

NULL: Filter = {"type": "null", "is_negative": False}


class Condition(Expression, ABC):
    """What a row must fulfil: made from :func:`field`, joined by ``&``, ``|`` and ``~``.

    ``&`` and ``|`` join conditions on one field and on several; :meth:`omnipd.Query.where` refuses the
    few that Omni cannot be told.

    Examples
    --------
    >>> import omnipd
    >>> adult = omnipd.field("users.age") >= 18
    >>> texan = omnipd.field("users.state") == "Texas"
    >>> adult & ~texan
    ((field('users.age') >= 18) & ~(field('users.state') == 'Texas'))
    """

    __slots__ = ()

    @abstractmethod
    def _pushed(self, *, negative: bool) -> Tree:
        """Return the tree with every negation moved down to the filters."""

    def __and__(self, other: object) -> Condition:
        return _joined("&", self, _condition(other))

    def __or__(self, other: object) -> Condition:
        return _joined("|", self, _condition(other))

    def __rand__(self, other: object) -> NoReturn:
        raise not_a_condition(other)

    __ror__ = __rand__

    def __invert__(self) -> Condition:
        return _Not(self)

    def __bool__(self) -> NoReturn:
        raise ArgumentError(
            "A condition is neither true nor false here; Omni decides for each row.",
            hint="Join conditions by &, | and ~, each in brackets: (a > 1) & (b < 2). "
            "For 1 < a < 2 there is a.between(1, 2).",
        )


@dataclass(frozen=True, repr=False)
class Comparison(Condition):
    """One comparison: how it was written, and what is sent for it."""

    words: str
    tree: Tree
    #: Whether it is the contrary that was written: ``!=``.
    contrary: bool = False

    def __repr__(self) -> str:
        return f"({self.words})"

    def __hash__(self) -> int:
        return hash(self.words)

    def _pushed(self, *, negative: bool) -> Tree:
        return self.tree.negated() if negative != self.contrary else self.tree


@dataclass(frozen=True, repr=False)
class _Joined(Condition):
    """Any number of conditions: a loop that joins thousands makes no tree thousands deep."""

    sign: Literal["&", "|"]
    parts: tuple[Condition, ...]

    def __repr__(self) -> str:
        try:
            return f"({f' {self.sign} '.join(map(repr, self.parts))})"
        except RecursionError:
            return "(…)"

    def _pushed(self, *, negative: bool) -> Tree:
        conjunction: Literal["AND", "OR"] = "AND" if (self.sign == "&") != negative else "OR"
        return Junction(conjunction, tuple(part._pushed(negative=negative) for part in self.parts))


def _joined(sign: Literal["&", "|"], *conditions: Condition) -> Condition:
    parts: list[Condition] = []
    for one in conditions:
        parts += one.parts if isinstance(one, _Joined) and one.sign == sign else [one]
    return _Joined(sign, tuple(parts))


@dataclass(frozen=True, repr=False)
class _Not(Condition):
    inner: Condition

    def __repr__(self) -> str:
        return f"~{self.inner!r}"

    def __invert__(self) -> Condition:
        return self.inner

    def _pushed(self, *, negative: bool) -> Tree:
        return self.inner._pushed(negative=not negative)


def _condition(value: object) -> Condition:
    if isinstance(value, Condition):
        return value
    raise not_a_condition(value)


def not_a_condition(value: object) -> ArgumentError:
    """Return the error to raise for what stands where a condition should.

    Examples
    --------
    >>> not_a_condition({"users.state": "Texas"}).hint
    "Write omnipd.field('users.state') == 'Texas'."
    """
    if isinstance(value, Mapping):
        written = [_compared(str(name), one) for name, one in list(value.items())[:_MOST_WRITTEN]]
        more = ["…"] if len(value) > len(written) else []
        hint = f"Write {', '.join([*written, *more])}." if written else _EXAMPLE
    elif isinstance(value, str):
        written_as_text = _read(value)
        hint = f"Write {written_as_text}." if written_as_text else _EXAMPLE
    else:
        hint = (
            "Put each comparison in brackets: (a > 1) & (b < 2). A true-or-false field is "
            "field(…).is_true()."
        )
    return ArgumentError(f"{said(value):.60} is not a condition.", hint=hint)


_EXAMPLE = "Write, for example, omnipd.field('users.state') == 'Texas'."
_MOST_WRITTEN = 3
#: A comparison as SQL and others write it: name, sign, and a literal or a word.
_WRITTEN = re.compile(
    r"""\s*([\w.\[\]]+)\s*(?:(==?|!=|<>|<=|>=|<|>)\s*('[^']*'|"[^"]*"|-?\d+(?:\.\d+)?)?.*)?""",
    re.DOTALL,
)
_SIGNS = {"=": "==", "<>": "!="}


def _compared(name: str, value: object) -> str:
    """Return how a comparison with a value, or with any of several, is written."""
    bare = f"omnipd.field({name!r})"
    if value is None:
        return f"{bare}.isna()"
    if isinstance(value, list | tuple | set | frozenset):
        return f"{bare}.isin({said(list(value)):.60})"
    return f"{bare} == {'…' if isinstance(value, Mapping) else f'{said(value):.60}'}"


def _read(text: str) -> str | None:
    """Return how a comparison that was written as text is written, as far as it can be told."""
    found = _WRITTEN.fullmatch(text)
    if found is None or "." not in found[1]:
        return None
    sign = found[2] or "=="
    return f"omnipd.field({found[1]!r}) {_SIGNS.get(sign, sign)} {found[3] or '…'}"


# --- what is sent for them


@dataclass(frozen=True)
class Leaf:
    """A filter object and the name under which it is sent."""

    key: str
    filter: Filter

    def negated(self) -> Tree:
        """Return what is true where this is not."""
        if self.filter["type"] == "boolean":
            # Not true is false or null; a boolean filter alone leaves null out either way.
            other = {"type": "boolean", "is_negative": not self.filter["is_negative"]}
            return Junction("OR", (Leaf(self.key, other), Leaf(self.key, NULL)))
        if self.filter["type"] == "null":
            return Leaf(self.key, {"type": "null", "is_negative": not self.filter["is_negative"]})
        return Leaf(self.key, {**self.filter, "is_negative": True})

    def leaves(self) -> Iterator[Leaf]:
        """Give every filter in it."""
        yield self

    def sent(self) -> Filter:
        """Return the filter object."""
        return self.filter


@dataclass(frozen=True)
class Junction:
    """Filters joined by AND or OR."""

    conjunction: Literal["AND", "OR"]
    parts: tuple[Tree, ...]

    def negated(self) -> Tree:
        """Return what is true where this is not."""
        other: Literal["AND", "OR"] = "OR" if self.conjunction == "AND" else "AND"
        return Junction(other, tuple(part.negated() for part in self.parts))

    def leaves(self) -> Iterator[Leaf]:
        """Give every filter in it."""
        for part in self.parts:
            yield from part.leaves()

    def sent(self) -> Filter:
        """Return the filter object."""
        return joined(self.conjunction, [part.sent() for part in self.parts])


Tree = Leaf | Junction


def joined(conjunction: Literal["AND", "OR"], filters: Iterable[Mapping[str, Any]]) -> Filter:
    """Return one filter for several on the same field; what is said twice is sent once."""
    parts: list[Filter] = []
    for one in filters:
        plain = {"type": "composite", "conjunction": conjunction}
        same = {key: value for key, value in one.items() if key != "filters"} == plain
        for part in one["filters"] if same else [dict(one)]:
            if part not in parts:
                parts.append(part)
    if len(parts) == 1:
        return parts[0]
    return {"type": "composite", "conjunction": conjunction, "filters": parts}
