"""Plans, and what became of them, as a person reads them: a table, what is wrong row by row, and counts."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnipd.display import counted, first_lines, shortened
from omnipd.shell.output import check_form

if TYPE_CHECKING:
    import pandas as pd

    from omnipd.changes.plan import Plan
    from omnipd.client.client import Client

_MOST_ROWS = 40
_MOST_TOLD = 10
_LONGEST_NAME = 28
_LONGEST_REASON = 300
#: The states of a report in the order in which they are counted.
_STATES = (
    "pending",
    "ok",
    "already",
    "conflict",
    "failed",
    "unknown",
    "unverified",
    "refused",
)


def deliver_plan(
    plan: Plan, path: Path | None, style: str, *, client: Client | None = None
) -> None:
    """Write a plan to a file, or print it; say what it would take, and how to go on."""
    from omnipd.changes.plan_file import file_table  # noqa: PLC0415
    from omnipd.changes.plan_shown import in_short  # noqa: PLC0415
    from omnipd.export.csv import write_csv  # noqa: PLC0415
    from omnipd.export.storable_table import table_of  # noqa: PLC0415

    frame = plan.frame
    if path is not None:
        plan.to_csv(path)
    elif style == "csv":
        write_csv(file_table(table_of(frame), plan.instance), sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        tier = frame["tier"].astype(object).where(frame["refused"].isna(), "refused")
        print_changes(frame, "tier", tier)
    tell_rows(frame[frame["refused"].notna()], "refused")
    told = in_short(frame) + ("" if path is None else f" to {path}")
    is_due = bool(frame["refused"].isna().any())
    if client is not None and is_due:
        told += f"; {_takes(plan, client)}"
    click.echo(told, err=True)
    if path is not None and is_due:
        click.echo(f"`omnipd apply {quoted(path)}` says what would become of them.", err=True)


def checked_plan_file(path: Path | None, style: str, option: str = "--output") -> Path | None:
    """Return the file that a plan goes to; refuse what it could not, before anything is read for it."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.export.whole_files import check_places  # noqa: PLC0415
    from omnipd.paths import local_path  # noqa: PLC0415

    if path is None:
        return None
    file = local_path("path", path)
    if file.suffix.lower() != ".csv":
        raise ArgumentError(
            f"{option} {path} has an unknown ending.", hint="A plan is a .csv file."
        )
    check_form(file, style, raw=False)
    check_places([file])
    return file


def _takes(plan: Plan, client: Client) -> str:
    from omnipd.lists.fanout import in_minutes  # noqa: PLC0415

    calls, minutes = plan.estimate(client=client)[["calls", "minutes"]].iloc[-1].to_list()
    # There is a pace wherever the shell has connected.
    return f"applying it takes {counted(int(calls), 'call')}, {in_minutes(float(minutes))}"


def print_changes(frame: pd.DataFrame, first: str, values: pd.Series[Any]) -> None:
    """Print changes as a table for eyes: what is said of each, what it is of, and what changes."""
    import pandas as pd  # noqa: PLC0415

    from omnipd.shell import terminal  # noqa: PLC0415

    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    shown = {
        first: list(values),
        "name": [shortened(str(row["name"] or row["item"]), _LONGEST_NAME) for row in rows],
        "part": [row["part"] and shortened(str(row["part"]), _LONGEST_NAME) for row in rows],
        "column": [row["column"] for row in rows],
        "change": [_change(row) for row in rows],
    }
    if not any(shown["part"]):
        del shown["part"]
    if rows:
        terminal.print_table(pd.DataFrame(shown, dtype=object), _MOST_ROWS, cut="change")


def _change(row: Mapping[Any, Any]) -> str:
    """Return what changes in one cell: names that come and go, else the value before and after."""
    from omnipd.changes.action_table import action_of  # noqa: PLC0415
    from omnipd.changes.values import NAMES, RECORD, names_in  # noqa: PLC0415

    values = action_of(row["kind"], row["column"]).values
    old, new = row["old"], row["new"]
    if values is NAMES:
        before, after = names_in(values.of(old)), names_in(values.of(new))
        added = [f"+{name}" for name in after if name not in before]
        removed = [f"-{name}" for name in before if name not in after]
        return ", ".join([*added, *removed])
    if values is RECORD:
        return "made" if old is None else "deleted"
    return f"{old or '(none)'} -> {new or '(none)'}"


def tell_rows(frame: pd.DataFrame, state: str | None = None) -> None:
    """Say on standard error of each row why it is as it is; of the first ones, where there are many."""
    lines = []
    for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        why = row["refused"] if state else row["detail"]
        part = f" ({row['part']})" if row["part"] else ""
        of = f"{row['column']} of {row['name'] or row['item']}{part}"
        line = f"{state or row['state']}: {of}" + (f": {why}" if why else "")
        lines.append(shortened(line, _LONGEST_REASON))
    for line in first_lines(lines, _MOST_TOLD):
        click.echo(line, err=True)


def in_states(report: pd.DataFrame) -> str:
    """Return how many changes are in which state."""
    counts = report["state"].value_counts()
    told = [f"{counts[state]:,} {state}" for state in _STATES if state in counts.index]
    return f"{counted(len(report), 'change')}: {', '.join(told)}" if told else "0 changes"


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))
