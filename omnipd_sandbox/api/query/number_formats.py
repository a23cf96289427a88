"""Numbers as Omni's pages show them in the formats that they name."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

_CURRENCIES = {"USD": "$", "EUR": "€", "GBP": "£", "AUD": "A$", "JPY": "¥", "BRL": "R$"}
_UNITS = {"THOUSANDS": (3, "K"), "MILLIONS": (6, "M"), "BILLIONS": (9, "B")}
_NAME = re.compile(
    rf"(?P<big>BIG(?=[A-Z]))?(?P<currency>{'|'.join(_CURRENCIES)})?(?P<kind>[A-Z]+)(?:_(?P<digits>\d))?"
)
# Where the name says none, as in the pages' examples.
_DECIMALS = {"PERCENT": 1, "MILLIONS": 1, "ID": 0}
_MONEY = {"CURRENCY", "ACCOUNTING", "FINANCIAL"}
_EXACT = Context(prec=400)


def number_text(value: int | float | Decimal, format_: str) -> str:
    """Write a number in a format such as ``USDCURRENCY_2``; without one that is known, in groups."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    found = _NAME.fullmatch(format_.upper())
    kind = found["kind"] if found else ""
    digits = int(found["digits"]) if found and found["digits"] else _DECIMALS.get(kind, 2)
    sign = _CURRENCIES[found["currency"] or "USD"] if found else ""
    if kind in _MONEY:
        size = (
            _in_units(abs(exact), digits)
            if found and found["big"]
            else _in_groups(abs(exact), digits)
        )
        is_below = exact < 0 and any(each in "123456789" for each in size)
        if kind == "CURRENCY":
            return f"{'-' if is_below else ''}{sign}{size}"
        size = f"({size})" if is_below else size
        return size if kind == "FINANCIAL" else f"{sign}{size}"
    if kind == "PERCENT":
        return f"{_in_groups(exact.scaleb(2, _EXACT), digits)}%"
    if kind in _UNITS:
        power, unit = _UNITS[kind]
        return f"{_in_groups(exact.scaleb(-power, _EXACT), digits)}{unit}"
    if kind == "BIG":
        return _in_units(exact, digits)
    if kind == "ID":
        return _in_groups(exact, digits).replace(",", "")
    return _in_groups(exact, digits) if kind == "NUMBER" else f"{exact:,f}"


def _in_groups(value: Decimal, digits: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT)
    # Nothing is below zero that is shown as zero.
    return f"{rounded if rounded else abs(rounded):,f}"


def _in_units(value: Decimal, digits: int) -> str:
    for power, unit in ((0, ""), *_UNITS.values()):
        text = _in_groups(value.scaleb(-power, _EXACT), digits)
        if "," not in text:
            return f"{text}{unit}"
    return f"{_in_groups(value.scaleb(-12, _EXACT), digits).replace(',', '')}T"
