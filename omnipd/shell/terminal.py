"""What a person sees on a terminal: tables that fit, and nothing that moves the cursor."""

from __future__ import annotations

import shutil
import unicodedata
from typing import Any

import click
import pandas as pd

from omnipd.display import counted, printable

#: How narrow a column may become.
_LEAST = 16


def print_table(df: pd.DataFrame, rows: int, *, cut: str | None = None) -> None:
    """Print a frame for eyes: some rows, the columns that fit, nothing that moves the cursor.

    Parameters
    ----------
    cut : str, optional
        A column that is cut to the room that is left for it, rather than left out.
    """
    room = shutil.get_terminal_size((100, 24)).columns
    shown = df.head(rows)
    lines = [""] * (len(shown) + 1)
    left_out: list[str] = []
    for place, name in enumerate(df.columns):
        if left_out:
            left_out.append(printable(name))
            continue
        column = shown.iloc[:, place]
        cells = [printable(name), *(_cell(value) for value in column)]
        width = max(_width(cell) for cell in cells)
        left = room - _width(lines[0]) - 2
        if name == cut and _LEAST <= left < width:
            cells = [_cut(cell, left) for cell in cells]
            width = max(_width(cell) for cell in cells)
        if lines[0] and _width(lines[0]) + 2 + width > room:
            left_out.append(printable(name))
            continue
        gap = "  " if lines[0] else ""
        right = pd.api.types.is_numeric_dtype(column.dtype)
        for index, cell in enumerate(cells):
            pad = " " * (width - _width(cell))
            lines[index] += gap + (pad + cell if right else cell + pad)
    click.echo("\n".join(line.rstrip() for line in lines))
    if len(df) > rows:
        click.echo(f"… {len(df) - rows:,} more rows")
    if left_out:
        click.echo(f"… {counted(len(left_out), 'more column')}: {', '.join(left_out)}")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        # Of shares and rates, too, three digits are shown.
        return f"{value:.2f}" if value == 0 or abs(value) >= 1 else f"{value:.3g}"
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    text = printable(str(value)[:200] if isinstance(value, str) else value)
    return _cut(text, 40)


def _cut(text: str, widest: int) -> str:
    if _width(text) <= widest:
        return text
    end = next(end for end in range(widest, 0, -1) if _width(text[:end]) <= widest - 1)
    return text[:end] + "…"


def _width(text: str) -> int:
    """Return how many places a terminal gives a text: two for wide letters, none for combining ones."""
    return sum(
        0
        if unicodedata.combining(letter)
        else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )
