"""Texts that ``to_csv`` keeps from being run by a spreadsheet: the ``'`` before them is none of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd.export.csv import unguarded


def as_it_was(row: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of an edited frame with those cells as they were that differ by nothing else."""
    return {
        column: old[column] if column in old and _is_guarded(cell, old[column]) else cell
        for column, cell in row.items()
    }


def _is_guarded(cell: Any, old: Any) -> bool:
    return isinstance(cell, str) and cell != old and unguarded(cell) == old
