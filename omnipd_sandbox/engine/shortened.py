"""Long texts cut to what a message can show of them."""

from __future__ import annotations

_LONGEST_SHOWN = 100


def first_line(said: object) -> str:
    """Give the first line of an error; what follows shows where in the SQL it is."""
    lines = str(said).strip().splitlines()
    return lines[0] if lines else ""


def shown(value: object) -> str:
    """Write a value as Python does, of which there may be any length."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
