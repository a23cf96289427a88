"""What sheets of a workbook may be called, and what they are called where a name cannot be kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from omnipd.errors import warn
from omnipd.unicode_text import whole_text

# https://support.microsoft.com/office/3f1f7148-ee83-404d-8ef0-9ff99fbad1f9
_LONGEST = 31
# An apostrophe at either end, and what XML cannot hold either.
_ILLEGAL = re.compile("[\x00-\x1f\ufffe\uffff\\[\\]:*?/\\\\]|^'|'$")
_RESERVED = "history"


def sheet_names(names: Iterable[str]) -> dict[str, str]:
    """Return what the sheet of each name is called; say in one warning which differ.

    Examples
    --------
    >>> sheet_names(["users", "labels"])
    {'users': 'users', 'labels': 'labels'}
    """
    names = list(names)
    found: dict[str, str] = {}
    for name in names:  # what is legal first, so that it stays as it is
        if name == _mended(name) and not _is_taken(name, found):
            found[name] = name
    for name in names:
        if name not in found:
            found[name] = _free(_mended(name), found)
    if changed := [f"{name!r} → {found[name]!r}" for name in names if found[name] != name]:
        warn(f"Sheets were renamed, since Excel does not allow their names: {', '.join(changed)}.")
    return {name: found[name] for name in names}


def _mended(name: str) -> str:
    text = _cut(_ILLEGAL.sub("_", whole_text(name)), _LONGEST) or "Sheet"
    # What is cut may end in an apostrophe.
    text = _ILLEGAL.sub("_", text)
    return f"{text}_" if text.casefold() == _RESERVED else text


def _free(name: str, found: dict[str, str]) -> str:
    """Return a name that no sheet has yet, with a number behind it where need be."""
    number, free = 1, name
    while _is_taken(free, found):
        number += 1
        behind = f"_{number}"
        free = _cut(name, _LONGEST - len(behind)) + behind
    return free


def _is_taken(name: str, found: dict[str, str]) -> bool:
    return name.casefold() in {one.casefold() for one in found.values()}


def _cut(text: str, letters: int) -> str:
    """Return the beginning of a text; Excel counts in UTF-16."""
    return text.encode("utf-16-le")[: letters * 2].decode("utf-16-le", "ignore")
