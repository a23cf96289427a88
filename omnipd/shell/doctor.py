"""The doctor's report on the terminal, as JSON, or as a block for a bug report."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

from omnipd.display import printable
from omnipd.shell import options
from omnipd.shell.command import Command
from omnipd.shell.options import client_of
from omnipd.shell.words import in_commands

if TYPE_CHECKING:
    from omnipd.checkup.findings import Checkup, Finding

_MARKS = {"ok": "ok", "note": "note", "problem": "PROBLEM", "unknown": "?"}
_COLORS = {"note": "yellow", "problem": "red", "unknown": "cyan"}
#: The widest line, so that long ones can still be read.
_WIDEST = 120


@click.command(
    cls=Command,
    short_help="Say whether all is well here, and whether this Omni is as omnipd expects.",
)
@click.option("--json", "form", flag_value="json", help="Print the report as JSON.")
@click.option(
    "--markdown", "form", flag_value="markdown", help="Print it as a block for a bug report."
)
@click.option("--query", is_flag=True, help="Run a query of one row too.")
@options.connection
def doctor(form: str | None, query: bool, **given: Any) -> None:
    """Say whether all is well here, and whether this Omni is as omnipd expects.

    Sends at most 39 requests, all GETs, each once, and with --query one query. What it prints holds no key, no name and no id.

    Exit codes: 0 no problem, 3 settings or key, 5 not reachable or not now, 6 something else is not as
    expected.
    """
    from omnipd.checkup.doctor import CALLS, without_settings  # noqa: PLC0415
    from omnipd.checkup.doctor import doctor as examine  # noqa: PLC0415
    from omnipd.errors import SettingsError  # noqa: PLC0415

    try:
        client = client_of(given)
    except SettingsError:
        report = without_settings()
    else:
        more = ", and one query" if query else ""
        click.echo(f"omnipd: Up to {CALLS} GETs are sent, each once{more}.", err=True)
        report = examine(client, query=query)
    if form == "json":
        click.echo(report.to_json())
    elif form == "markdown":
        click.echo(report.to_markdown(), nl=False)
    else:
        _print(report)
    sys.stdout.flush()
    click.get_current_context().exit(_exit_code(report))


def _print(report: Checkup) -> None:
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    names = max(len(one.check) for one in report)
    area = ""
    for one in sorted(report, key=_place_of_area(report)):
        if one.area != area:
            click.echo(("\n" if area else "") + click.style(one.area, bold=True))
            area = one.area
        for line in _lines(one, names, width):
            click.echo(line)
    click.echo(f"\n{report.summary()}")


def _place_of_area(report: Checkup) -> Any:
    areas = list(dict.fromkeys(one.area for one in report))
    return lambda finding: areas.index(finding.area)


def _lines(finding: Finding, names: int, width: int) -> list[str]:
    """Return a finding as lines: its mark, what was looked at, and beside it what was found."""
    marked = f"  {_MARKS[finding.result]:9}"
    margin = len(marked) + names + 2
    told = textwrap.wrap(printable(finding.detail), max(width - margin, 30), break_long_words=False)
    if finding.what_to_do:
        remedy = "→ " + printable(in_commands(finding.what_to_do))
        told += textwrap.wrap(remedy, max(width - margin, 30), subsequent_indent="  ")
    color = _COLORS.get(finding.result)
    first = click.style(marked, fg=color) if color else marked
    lines = [f"{first}{finding.check:{names}}  {told[0] if told else ''}".rstrip()]
    return [*lines, *(" " * margin + line for line in told[1:])]


def _exit_code(report: Checkup) -> int:
    checks = {(one.area, one.check) for one in report.problems}
    if checks & {("local", "settings"), ("connection", "key")}:
        return 3
    if checks & {("connection", one) for one in ("limit", "calls", "answers")}:
        return 5
    return 6 if checks else 0
