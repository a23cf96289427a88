"""A plan as a CSV file that goes through other hands: each row bears a checksum of what it says."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from omnipd.arguments import function
from omnipd.changes.change import Change, Key
from omnipd.changes.plan_rows import SAYING, change_of, checksum, saying
from omnipd.display import counted, listed
from omnipd.errors import ArgumentError, warn
from omnipd.export.csv import unguarded, write_csv
from omnipd.export.whole_files import write_atomically
from omnipd.frames.columns import TEXT
from omnipd.paths import local_path

_MOST_NAMED = 10


def file_table(table: pa.Table, instance: str) -> pa.Table:
    """Return the rows of a plan with what the file of one has beside them."""
    sums = [checksum(cells, instance) for cells in table.to_pylist()]
    table = table.append_column("instance", pa.array([instance] * table.num_rows, TEXT))
    return table.append_column("checksum", pa.array(sums, TEXT))


def write_plan(table: pa.Table, instance: str, path: str | os.PathLike[str]) -> None:
    """Write the rows of a plan to a file, whole or not at all."""
    table = file_table(table, instance)
    write_atomically(local_path("path", path), lambda file: write_csv(table, file))


def read_plan(path: str | os.PathLike[str]) -> tuple[list[Change], str, list[Key]]:
    """Return the changes of a file, the Omni that they are for, and which rows were edited: a warning says so.

    A file of no changes says no Omni: the address is empty then.
    """
    file = local_path("path", path)
    header, rows = _rows(file)
    lacking = [name for name in (*SAYING, "instance", "checksum") if name not in header]
    if lacking:
        raise ArgumentError(
            f"{file} is no plan: it has no column {listed(lacking)}.",
            hint=function("plan") + " and its kin make one.",
        )
    changes: list[Change] = []
    instances: dict[str, None] = {}
    edited: dict[int, Key] = {}
    for line, cells in rows:
        try:
            change = change_of(cells)
        except ArgumentError as error:
            raise ArgumentError(
                f"Line {line} of {file}: {error.message}", hint=error.hint
            ) from None
        instance = cells["instance"] or ""
        if not instance and any(instances):
            raise ArgumentError(
                f"Line {line} of {file} does not say which Omni it is for: its column instance is empty.",
                hint="The row may be cut off. Take it out, or write the plan anew.",
            )
        instances[instance] = None
        if checksum(saying(change), instance) != cells["checksum"]:
            edited[line] = change.key
            # They are those of the ids that were there.
            change = replace(change, part_name=None, old_name=None, new_name=None)
        changes.append(change)
    if not rows:
        return [], "", []
    if len(instances) != 1 or "" in instances:
        raise ArgumentError(
            f"The rows of {file} are of "
            + (listed(instances) if any(instances) else "no Omni")
            + ".",
            hint="A plan is for one.",
        )
    if edited:
        warn(
            f"{counted(len(edited), 'row')} of {file} "
            + ("was" if len(edited) == 1 else "were")
            + " edited since the plan was made, and checked again: "
            + ("line " if len(edited) == 1 else "lines ")
            + listed(edited, _MOST_NAMED)
            + "."
        )
    return changes, next(iter(instances)), list(edited.values())


def _rows(file: Path) -> tuple[Sequence[str], list[tuple[int, dict[str, str | None]]]]:
    """Return the names of the columns of a CSV file, and its rows that hold anything with their lines."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            first = opened.readline()
            opened.seek(0)
            # Spreadsheets write semicolons where the comma is that of decimals, and tabs as text.
            delimiter = max(",;\t", key=first.count)
            reader = csv.DictReader(opened, delimiter=delimiter)
            rows, line = [], 2
            for row in reader:
                cells = {name: _cell(one) for name, one in row.items() if isinstance(name, str)}
                if any(one is not None for one in cells.values()):
                    rows.append((line, cells))
                line = reader.line_num + 1
            return reader.fieldnames or (), rows
    except OSError as error:
        raise ArgumentError(
            f"The plan {file} cannot be read ({type(error).__name__}).",
            hint="Name a CSV file of one.",
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise ArgumentError(
            f"{file} is no plan: it is not CSV in UTF-8.",
            hint="A spreadsheet writes it as CSV UTF-8.",
        ) from None


def _cell(text: Any) -> str | None:
    if not isinstance(text, str) or text == "":
        return None
    return unguarded(text)
