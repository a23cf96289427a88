"""The parts of a time that come again: days of the week, months, hours; what each may be."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from omnipd.arguments import said
from omnipd.errors import ArgumentError

_NEAR = 0.6


@dataclass(frozen=True)
class Part:
    """A part of a time that comes again.

    Attributes
    ----------
    kind : str
        Of the date filter that asks for it.
    least, greatest : int
        Between which it is a number.
    names : tuple of str
        Those of all that there are, from the least on; what has names is sent by name.
    has_one_count : bool
        Whether all count it alike; what they count differently is taken by name only.
    """

    kind: str
    least: int
    greatest: int
    names: tuple[str, ...] = ()
    has_one_count: bool = True

    @property
    def values(self) -> str:
        """All that it may be, in words."""
        numbers = f"{self.least} to {self.greatest}" if self.has_one_count else ""
        return " or ".join(filter(None, (numbers, ", ".join(self.names))))

    def sent(self, value: Any, words: str) -> str:
        """Return a value as it is sent.

        Raises
        ------
        ArgumentError
            Beginning with `words`, with the name that seems to be meant.
        """
        is_number = type(value) is int and self.least <= value <= self.greatest
        if is_number and self.has_one_count:
            return self.names[value - self.least] if self.names else str(value)
        if is_number:
            raise ArgumentError(
                f"{words}: {value} is another day in Omni than in pandas.",
                hint=f"In a filter of Omni's it is {self.names[value]}; write the name of the day.",
            )
        folded = {name.lower(): name for name in self.names}
        given = value.strip().lower() if isinstance(value, str) else ""
        if given in folded:
            return folded[given]
        near = near_name(given, self.names)
        raise ArgumentError(
            f"{words}: {said(value)} is none of {self.values}.",
            hint=f"Did you mean {near!r}?" if near else None,
        )

    def holds(self, text: str) -> bool:
        """Tell whether a text of a filter object is one of its values, as Omni counts them."""
        given = text.strip()
        if given.isascii() and given.isdigit():
            return self.least <= int(given) <= self.greatest
        return given.lower() in map(str.lower, self.names)


def near_name(given: str, names: tuple[str, ...]) -> str | None:
    """Return the name that begins like a text, or is much like it.

    Examples
    --------
    >>> near_name("tue", DAY_OF_WEEK.names), near_name("juli", MONTH.names), near_name("x", ())
    ('Tuesday', 'July', None)
    """
    begun = [name for name in names if given and name.lower().startswith(given.lower())]
    close = difflib.get_close_matches(given.title(), names, n=1, cutoff=_NEAR)
    return next(iter([*begun, *close]), None)


DAY_OF_WEEK = Part(
    "IS_ON_DAY_OF_WEEK",
    0,
    6,
    ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    has_one_count=False,
)
DAY_OF_MONTH = Part("IS_ON_DAY_OF_MONTH", 1, 31)
DAY_OF_QUARTER = Part("IS_ON_DAY_OF_QUARTER", 1, 92)
DAY_OF_YEAR = Part("IS_ON_DAY_OF_YEAR", 1, 366)
MONTH = Part(
    "IS_IN_MONTH_OF_YEAR",
    1,
    12,
    (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
)
QUARTER = Part("IS_IN_QUARTER_OF_YEAR", 1, 4)
HOUR_OF_DAY = Part("IS_AT_HOUR_OF_DAY", 0, 23)
#: By kind. What values a filter by the week of the year takes is not known (docs/wire.md).
PARTS = {
    one.kind: one
    for one in (
        *(DAY_OF_WEEK, DAY_OF_MONTH, DAY_OF_QUARTER, DAY_OF_YEAR, MONTH, QUARTER, HOUR_OF_DAY),
    )
}
