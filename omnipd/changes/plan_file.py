"""A plan as a CSV file that goes through other hands: each row bears a checksum of what it says."""

from __future__ import annotations

import csv
import os
from typing import Any

import pyarrow as pa

from omnipd.changes.change import Change
from omnipd.changes.guarded_cells import unguarded
from omnipd.changes.plan_rows import COLUMNS, change_of, checksum
from omnipd.display import counted, listed
from omnipd.errors import ArgumentError, warn
from omnipd.export.csv import write_csv
from omnipd.export.whole_files import write_atomically
from omnipd.frames.columns import TEXT
from omnipd.paths import local_path

_MOST_NAMED = 10


def write_plan(table: pa.Table, instance: str, path: str | os.PathLike[str]) -> None:
    """Write the rows of a plan to a file, whole or not at all."""
    sums = [checksum(cells, instance) for cells in table.to_pylist()]
    table = table.append_column("instance", pa.array([instance] * table.num_rows, TEXT))
    table = table.append_column("checksum", pa.array(sums, TEXT))
    write_atomically(local_path("path", path), lambda file: write_csv(table, file))


def read_plan(path: str | os.PathLike[str]) -> tuple[list[Change], str]:
    """Return the changes of a file, and the Omni that they are for. Rows that were edited are named."""
    file = local_path("path", path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            rows, header = list(reader), reader.fieldnames or ()
    except OSError as error:
        raise ArgumentError(
            f"The plan {file} cannot be read ({type(error).__name__}).",
            hint="Name a CSV file of one.",
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise ArgumentError(f"{file} is no plan: it is not CSV in UTF-8.") from None
    lacking = [name for name in (*COLUMNS, "instance", "checksum") if name not in header]
    if lacking:
        raise ArgumentError(
            f"{file} is no plan: it has no column {listed(lacking)}.",
            hint="Plan.to_csv() writes one.",
        )
    changes: list[Change] = []
    instances: dict[str, None] = {}
    edited: list[int] = []
    for line, row in enumerate(rows, start=2):
        cells = {name: _cell(one) for name, one in row.items() if isinstance(name, str)}
        instance = cells["instance"] or ""
        instances[instance] = None
        if checksum(cells, instance) != cells["checksum"]:
            edited.append(line)
            cells["refused"] = None
        changes.append(change_of(cells))
    if not rows:
        raise ArgumentError(f"{file} is a plan of no changes.", hint="There is nothing to be made.")
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
            + f" edited since the plan was made, and checked again: {listed(edited, _MOST_NAMED)}."
        )
    return changes, next(iter(instances))


def _cell(text: Any) -> str | None:
    if not isinstance(text, str) or text == "":
        return None
    return unguarded(text)
