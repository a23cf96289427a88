"""The formats of numbers by Omni's names and as patterns of Excel: ``USDCURRENCY_2``, ``0.0%``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Layout:
    """How the digits of a number stand in a text.

    Attributes
    ----------
    before, after : str
        What stands around them.
    shift : int
        How many places the point moves to the right first: 2 for percents, -3 for thousands.
    always, decimals : int
        Decimals that are always shown, and those that are shown where they are not zero.
    whole : int
        Digits before the point that are always shown.
    grouped : bool
        Whether commas stand between thousands.
    """

    before: str = ""
    after: str = ""
    shift: int = 0
    always: int = 0
    decimals: int = 0
    whole: int = 1
    grouped: bool = True

    def around(self, before: str, after: str = "") -> Layout:
        """Return it with more text around the number."""
        return replace(self, before=before + self.before, after=self.after + after)


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are shown.

    Attributes
    ----------
    positive, negative : Layout
        That of numbers above and below zero.
    zero : Layout, optional
        That of zero; else it is the positive one.
    by_value : bool
        Whether a number below zero that is rounded to zero is laid out as a negative one. Where this
        is not so, the two differ in what stands around the number, and in nothing else.
    in_units : bool
        Whether large numbers are shown in thousands, millions and so on.
    """

    positive: Layout
    negative: Layout
    zero: Layout | None = None
    by_value: bool = False
    in_units: bool = False


#: The signs of currencies that Omni has, by their codes.
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "aud": "A$", "jpy": "¥", "brl": "R$"}
_CODE = "|".join(_SIGNS)
_NUMBER = re.compile(r"(number|percent|id|big|bignumber|billions|millions|thousands)(?:_(\d))?")
_MONEY = re.compile(rf"(big)?({_CODE})?(currency|accounting|financial)(?:_(\d))?")
# Models have a code alone, too, which Omni's own pages do not know.
_SHORT = re.compile(rf"({_CODE})(?:_(\d))?")

#: The decimals of a format whose name says none (docs/wire.md).
_DECIMALS = {"percent": 1, "millions": 1, "id": 0}
_SHIFTED = {
    "percent": (2, "%"),
    "thousands": (-3, "K"),
    "millions": (-6, "M"),
    "billions": (-9, "B"),
}


def number_format(text: str) -> NumberFormat | None:
    """Read the format of a number, None for what is none that is known.

    Parameters
    ----------
    text : str
        As models have it, in any case.

    Examples
    --------
    >>> number_format("USDCURRENCY_2").negative.before
    '-$'
    >>> number_format("#,##0.0#").positive.decimals, number_format("DURATION")
    (2, None)
    """
    name = text.strip().lower()
    if found := _NUMBER.fullmatch(name):
        return _number(found[1], found[2])
    if found := _MONEY.fullmatch(name):
        return _money(_SIGNS[found[2] or "usd"], found[3], found[4], in_units=bool(found[1]))
    if found := _SHORT.fullmatch(name):
        return _money(_SIGNS[found[1]], "currency", found[2])
    return _pattern(text.strip())


def _number(kind: str, digits: str | None) -> NumberFormat:
    decimals = int(digits) if digits else _DECIMALS.get(kind, 2)
    shift, unit = _SHIFTED.get(kind, (0, ""))
    in_units = kind.startswith("big")
    layout = Layout("", unit, shift, decimals, decimals, grouped=kind != "id" and not in_units)
    return NumberFormat(layout, layout.around("-"), in_units=in_units)


def _money(sign: str, kind: str, digits: str | None, *, in_units: bool = False) -> NumberFormat:
    decimals = int(digits) if digits else 2
    plain = Layout(always=decimals, decimals=decimals, grouped=not in_units)
    if kind == "financial":  # which has no sign of a currency
        return NumberFormat(plain, plain.around("(", ")"), in_units=in_units)
    negative = plain.around(f"-{sign}") if kind == "currency" else plain.around(f"{sign}(", ")")
    return NumberFormat(plain.around(sign), negative, in_units=in_units)


#: A pattern of Excel in parts: text, the digits of the number, percents; anything else is unknown.
_PART = re.compile(
    r"""(?P<quoted>"[^"]*") | \\(?P<escaped>.) | (?P<digits>[#0.,]+) | (?P<percent>%)
        | (?P<sign>[-$€£¥+() ])""",
    re.VERBOSE,
)
_DIGITS = re.compile(r"(?P<whole>(?:[#0,]*[#0])?)(?:\.(?P<decimals>0*\#*))?(?P<thousands>,*)")
# Not within quotes: an even number of them follows.
_BETWEEN = re.compile(r""";(?=(?:[^"]*"[^"]*")*[^"]*$)""")
_MOST_DECIMALS, _MOST_THOUSANDS = 15, 4


def _pattern(text: str) -> NumberFormat | None:
    """Read a pattern of Excel, whose sections are for numbers above, below and at zero."""
    sections = _BETWEEN.split(text)
    layouts = [layout for section in sections if (layout := _layout(section)) is not None]
    if len(layouts) < len(sections) or len(layouts) > 3:
        return None
    positive, *others = layouts
    if not others:
        return NumberFormat(positive, positive.around("-"))
    return NumberFormat(positive, others[0], others[1] if others[1:] else None, by_value=True)


def _layout(section: str) -> Layout | None:
    around, digits, shift, place = ["", ""], None, 0, 0
    while place < len(section):
        part = _PART.match(section, place)
        if part is None:
            return None
        place = part.end()
        if part["digits"] is not None:
            if digits is not None:
                return None
            digits = _DIGITS.fullmatch(part["digits"])
            if digits is None or not digits["whole"] + (digits["decimals"] or ""):
                return None
            continue
        shift += 2 if part["percent"] else 0
        literal = (part["quoted"] or "").strip('"') or part["escaped"] or part["percent"] or ""
        around[digits is not None] += literal or part["sign"] or ""
    if digits is None:
        return None
    decimals, thousands = digits["decimals"] or "", len(digits["thousands"])
    if len(decimals) > _MOST_DECIMALS or thousands > _MOST_THOUSANDS:
        return None
    return Layout(
        before=around[0],
        after=around[1],
        shift=shift - 3 * thousands,
        always=decimals.count("0"),
        decimals=len(decimals),
        whole=digits["whole"].count("0"),
        grouped="," in digits["whole"],
    )
