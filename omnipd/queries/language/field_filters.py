"""The filters on one field: what it is compared by, and a value → Omni's filter objects.

Each begins its errors with the comparison as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd.arguments import said
from omnipd.errors import ArgumentError
from omnipd.frames.scalars import python_value
from omnipd.queries.language import dates, timeframes
from omnipd.queries.language.conditions import (
    NULL,
    Comparison,
    Condition,
    Filter,
    Junction,
    Leaf,
    Tree,
)
from omnipd.queries.language.recurring import Part
from omnipd.queries.language.values import check_case, digits_of, kind_of, said_of


class FieldFilters:
    """What a field can be compared by, which its timeframe narrows.

    Parameters
    ----------
    name : str
        As it was given.
    bare : str
        Without its timeframe.
    timeframe : str or None
        In brackets behind it.
    """

    __slots__ = ("bare", "key", "shown", "timeframe")

    def __init__(self, name: str, bare: str, timeframe: str | None) -> None:
        self.shown = f"field({name!r})"
        self.bare = bare
        self.timeframe = timeframe
        #: Where the filter stands in a query: a time that is cut is filtered itself.
        self.key = bare if timeframe in timeframes.CUTTING else name

    def leaf(self, filter_: Filter) -> Leaf:
        """Put a filter on the field."""
        return Leaf(self.key, filter_)

    def fits(self, kind: str, words: str) -> None:
        """Refuse a value that is of another type than the timeframe."""
        if self.timeframe is None or kind == "null":
            return
        wanted = timeframes.data_type(self.timeframe)
        if wanted is None:
            raise ArgumentError(
                f"{words}: the timeframe {self.timeframe!r} is not known.",
                hint=f"Known are {', '.join(timeframes.KNOWN)}.",
            )
        given = {"string": "STRING", "number": "NUMBER", "date": "TIMESTAMP"}.get(kind, kind)
        if given != wanted:
            shown = {"STRING": "text", "NUMBER": "a number", "TIMESTAMP": "a time"}[wanted]
            raise ArgumentError(
                f"{words}: [{self.timeframe}] is {shown}.",
                hint="Compare it with one, or leave out the bracket to compare the time itself."
                if wanted != "TIMESTAMP"
                else dates.GRAMMAR,
            )

    def date_literal(self, value: Any, words: str) -> dates.DateLiteral:
        """Return a value as a date, which must begin a unit of the timeframe."""
        self.fits("date", words)
        found = dates.date_literal(python_value(value), words)
        return found if self.timeframe is None else dates.at_timeframe(found, self.timeframe, words)

    def kind_of(self, value: Any) -> str:
        """Tell what a value is compared as: text is a date where the timeframe says so."""
        kind = kind_of(value)
        cut = self.timeframe is not None and timeframes.data_type(self.timeframe) == "TIMESTAMP"
        return "date" if kind == "string" and cut else kind

    def equal(self, value: object, *, case: bool = True) -> Tree:
        """Keep the rows with a value, or in the period that a date names."""
        words = f"{self.shown} == {said(value)}"
        plain, kind = python_value(value), self.kind_of(value)
        self.fits(kind, words)
        if kind == "null":
            return self.leaf(NULL)
        if kind == "boolean":
            return self.flag(bool(plain))
        if kind == "date":
            return self.whole(self.date_literal(plain, words))
        if kind == "string":
            return self.texts("EQUALS", [plain], case=case)
        return self.leaf(number_filter("EQUALS", [digits_of(plain, words)]))

    def one_of(self, values: list[Any], *, case: bool) -> Tree:
        """Keep the rows with any of the values; with none of them, no row."""
        check_case(case)
        words = f"{self.shown}.isin"
        present = [value for value in values if kind_of(value) != "null"]
        kinds = {self.kind_of(value) for value in present}
        if len(kinds) > 1:
            raise ArgumentError(f"{words} is given values of several kinds: {', '.join(kinds)}.")
        parts: list[Tree] = []
        if len(present) < len(values):
            parts.append(self.leaf(NULL))
        if not values:
            # Omni reads an empty list of values as no filter at all (docs/wire.md).
            both = (self.leaf(NULL), self.leaf(NULL).negated())
            return Junction("AND", both)
        kind = next(iter(kinds), "null")
        self.fits(kind, words)
        if kind == "number":
            digits = [digits_of(python_value(value), words) for value in present]
            parts.insert(0, self.leaf(number_filter("EQUALS", list(dict.fromkeys(digits)))))
        elif kind == "string":
            texts = list(dict.fromkeys(python_value(value) for value in present))
            parts.insert(0, self.texts("EQUALS", texts, case=case))
        else:
            parts[:0] = [self.equal(value) for value in present]
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def ordered(self, sign: str, value: Any) -> Condition:
        """Keep the rows on one side of a number or a date."""
        words = f"{self.shown} {sign} {said(value)}"
        kind = self.kind_of(value)
        if kind == "string":
            if self.timeframe is None and not dates.is_date_literal(python_value(value)):
                raise ArgumentError(
                    f"{words}: Omni's filters order numbers and dates, not text.",
                    hint=f"A number is written without quotes. {dates.GRAMMAR}",
                )
            kind = "date" if self.timeframe is None else kind
        if kind == "number":
            self.fits(kind, words)
            return Comparison(words, self.bound(sign, value, words))
        if kind != "date":
            raise ArgumentError(f"{words}: only numbers and dates can be more or less.")
        when = self.date_literal(value, words)
        if sign in {">", "<="}:
            raise ArgumentError(
                f"{words}: Omni compares dates with >= (on or after) and < (before) only.",
                hint="Name the next day, or whatever comes next: >= '2025-04-01' is after March.",
            )
        if sign == ">=":
            return Comparison(words, self.leaf(date_filter("ON_OR_AFTER", left_side=when.text)))
        return Comparison(words, self.leaf(date_filter("BEFORE", right_side=when.text)))

    def bound(self, sign: str, value: Any, words: str) -> Leaf:
        """Keep the rows on one side of a number."""
        self.fits("number", words)
        kind = "GREATER_THAN" if sign[0] == ">" else "LESS_THAN"
        inclusive = {"is_inclusive": True} if sign.endswith("=") else {}
        return self.leaf(number_filter(kind, [digits_of(python_value(value), words)], **inclusive))

    def whole(self, when: dates.DateLiteral) -> Tree:
        """Keep the rows in the unit of time that a date names."""
        if self.timeframe == "week" and when.start is not None:
            return self.window(when, "1 week")
        return self.leaf(date_filter("TIME_FOR_UNIT_DURATION", left_side=when.text))

    def window(self, start: dates.DateLiteral, length: str) -> Leaf:
        """Keep the rows in so long a time from a date on."""
        return self.leaf(
            date_filter("TIME_FOR_INTERVAL_DURATION", left_side=start.text, right_side=length)
        )

    def flag(self, value: bool) -> Leaf:
        """Keep the rows that are true, or false."""
        self.fits("boolean", self.shown)
        return self.leaf({"type": "boolean", "is_negative": not value})

    def textual(
        self, method: str, kind: str, text: str | Iterable[str], *, case: bool
    ) -> Condition:
        """Keep the rows whose text is like any of those given, none of which may be empty."""
        words = f"{self.shown}.{method}({said(text)}{said_of(case)})"
        listed = isinstance(text, Iterable) and not isinstance(text, str)
        texts = [python_value(one) for one in (text if listed else [text])]
        if not texts or not all(isinstance(one, str) and one for one in texts):
            raise ArgumentError(
                f"{words} takes text, or several, and none that is empty.",
                hint="Every text has the empty one in it; .notna() keeps them all.",
            )
        self.fits("string", words)
        return Comparison(words, self.texts(kind, texts, case=case))

    def texts(self, kind: str, texts: list[str], *, case: bool) -> Tree:
        """Return the filter on texts; the empty text has a kind of its own (docs/wire.md)."""
        check_case(case)
        parts: list[Tree] = []
        if filled := [text for text in texts if text]:
            loose = {} if case else {"case_insensitive": True}
            parts.append(self.leaf({"type": "string", "kind": kind, "values": filled, **loose}))
        if len(filled) < len(texts):
            parts.append(self.leaf({"type": "string", "kind": "IS_EMPTY", "values": []}))
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def recurring(self, method: str, part: Part, values: tuple[str | int, ...]) -> Condition:
        """Keep the rows at any of the values of a part of a time that comes again."""
        words = f"{self.shown}.{method}({', '.join(map(said, values))})"
        if self.timeframe not in {None, "raw"}:
            raise ArgumentError(
                f"{words} asks for a part of a time, and [{self.timeframe}] is not the time itself.",
                hint=f"Write field({self.bare!r}).",
            )
        if not values:
            raise ArgumentError(f"{words} names none.", hint=f"It takes {part.values}.")
        sent = dict.fromkeys(part.sent(python_value(value), words) for value in values)
        leaves = [self.leaf(date_filter(part.kind, left_side=one)) for one in sent]
        return Comparison(words, leaves[0] if len(leaves) == 1 else Junction("OR", tuple(leaves)))


def number_filter(kind: str, values: list[str], **rest: bool) -> Filter:
    """Return a filter object on numbers, which it holds as text."""
    return {"type": "number", "kind": kind, "values": values, **rest}


def date_filter(kind: str, **sides: str) -> Filter:
    """Return a filter object on times."""
    return {"type": "date", "kind": kind, **sides}
