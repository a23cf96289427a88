"""Values that fields are compared with, as Omni takes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from omnipd.arguments import argument, said
from omnipd.errors import ArgumentError
from omnipd.frames.scalars import python_value
from omnipd.queries.language.expression import Expression

#: A decimal of a few letters, 1E+999999, would be sent as a million digits.
_MOST_DIGITS = 10_000


def said_of(case: object) -> str:
    """Return how an argument ``case=`` is written, nothing where it is the default."""
    return "" if case is True else (", " + argument("case", case))


def check_case(case: object) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(case, bool):
        raise ArgumentError(argument("case", case) + " is neither True nor False.")


def kind_of(value: Any) -> str:
    """Tell what a value is compared as: null, boolean, number, date or string."""
    plain = python_value(value)
    if plain is None or plain is pd.NA or plain is pd.NaT:
        return "null"
    if isinstance(plain, bool):
        return "boolean"
    if isinstance(plain, int | float | Decimal):
        exact = plain if isinstance(plain, int | Decimal) else Decimal(repr(plain))
        return "null" if isinstance(exact, Decimal) and exact.is_qnan() else "number"
    if isinstance(plain, date):
        return "date"
    if isinstance(plain, str):
        return "string"
    if isinstance(plain, Expression):
        raise ArgumentError(
            f"Omni's filters compare a field with values, not with {plain!r:.200}.",
            hint=plain._in_place_of_it,
        )
    raise ArgumentError(
        f"{said(value):.60} is not a value that Omni's filters take.",
        hint="Pass text, a number, a date or a boolean; several of them to .isin([…]).",
    )


def digits_of(value: Any, words: str) -> str:
    """Return every digit of a number, and no exponent."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise ArgumentError(f"{words}: {value} is not a number that Omni takes.")
    if exact and max(abs(exact.adjusted()), -int(exact.as_tuple().exponent)) > _MOST_DIGITS:
        raise ArgumentError(f"{words}: that number has more digits than any database holds.")
    written = format(exact, "f")
    return written.removeprefix("-") if exact == 0 else written
