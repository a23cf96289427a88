"""Frames as tables of a page: some rows, some columns, and each cell as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from omnipd.display import printable

#: How many rows a table shows; a page is read, and a file has the rest.
ROWS = 20
#: For what is null: not known, or not there.
NONE = "–"
_LONGEST = 120


@dataclass(frozen=True)
class Cell:
    """A text, whether it stays on one line, as numbers and dates do, and where it leads to."""

    text: str
    one_line: bool = False
    address: str | None = None


@dataclass(frozen=True)
class PageTable:
    """A table of the page.

    Attributes
    ----------
    caption : str
        What its rows are.
    columns : tuple of str
        The names of its columns.
    rows : tuple of tuple of Cell
        At most ``ROWS``.
    more : int
        How many rows it does not show.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int


def page_table(
    caption: str,
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    addresses: Mapping[str, str] | None = None,
    of: str = "document_identifier",
) -> PageTable:
    """Return the first rows of a frame.

    Parameters
    ----------
    caption : str
        What its rows are.
    frame : pandas.DataFrame
        The rows.
    columns : mapping of str to str
        Which of its columns are shown, and what each is called.
    addresses : mapping of str to str, optional
        Where the first column leads to, by the value of the column `of`.
    """
    shown = frame.head(ROWS)
    rows = []
    for row in shown.to_dict("records"):
        cells = [_cell(row[name]) for name in columns]
        address = (addresses or {}).get(str(row.get(of)))
        if address is not None and cells:
            cells[0] = Cell(cells[0].text, cells[0].one_line, address)
        rows.append(tuple(cells))
    return PageTable(caption, tuple(columns.values()), tuple(rows), len(frame) - len(shown))


def addresses_of(content: pd.DataFrame) -> dict[str, str]:
    """Return where each document is, by its identifier; only what leads to a web page is an address."""
    pairs = zip(content["document_identifier"], content["url"], strict=True)
    return {
        str(identifier): str(url)
        for identifier, url in pairs
        if not pd.isna(identifier)
        and not pd.isna(url)
        and urlsplit(str(url)).scheme in {"http", "https"}
    }


def _cell(value: Any) -> Cell:
    if value is None or value is pd.NA or (not isinstance(value, str) and pd.isna(value)):
        return Cell(NONE)
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int):
        return Cell(f"{value:,}", one_line=True)
    if isinstance(value, datetime):
        return Cell(f"{value:%Y-%m-%d}", one_line=True)
    text = printable(value).strip()
    return Cell((text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…") or "(no name)")


def joined(names: Sequence[str]) -> str:
    """Return names as a sentence has them.

    Examples
    --------
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
