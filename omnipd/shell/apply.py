"""Plans are applied from the shell, looked at afterwards, and taken back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnipd.message import renamed
from omnipd.shell import options
from omnipd.shell.change_tables import (
    checked_plan_file,
    deliver_plan,
    in_states,
    print_changes,
    quoted,
    tell_rows,
)
from omnipd.shell.command import Command
from omnipd.shell.options import client_of
from omnipd.shell.output import deliver
from omnipd.shell.plans import output as plan_output

if TYPE_CHECKING:
    import pandas as pd

    from omnipd.changes.journal import Journal
    from omnipd.changes.plan import Plan

#: The states in which Omni is as the plan has it.
_DONE = {"ok", "already"}
_PLANS = click.argument(
    "path", metavar="PLAN.csv", type=options.PATH, shell_complete=options.complete_files
)


@click.command(cls=Command, short_help="Make the changes of a plan, once it is told to.")
@_PLANS
@click.option(
    "--dry-run/--no-dry-run",
    default=True,
    show_default=True,
    help="Only ask what Omni has, and say what would become of each change.",
)
@click.option("--confirm", is_flag=True, help="Also make what has the tier confirm.")
@click.option("--destructive", is_flag=True, help="Also make what has the tier destructive.")
@click.option(
    "--journal",
    type=options.PATH,
    help="The file that says what became of each change, by which the same command goes on after a break. "
    "Default: beside the plan, with the ending .journal.",
)
@options.output
@options.connection
def apply(
    path: Path,
    dry_run: bool,
    journal: Path | None,
    output: Any,
    style: str,
    raw: bool,
    **given: Any,
) -> None:
    """Say what would become of the changes of a plan; with --no-dry-run, make them."""
    from omnipd.changes.plan import Plan  # noqa: PLC0415
    from omnipd.errors import OmniError  # noqa: PLC0415
    from omnipd.paths import local_path  # noqa: PLC0415

    allowed = {tier: given.pop(tier) for tier in ("confirm", "destructive")}
    plan = Plan.from_csv(path)
    client = client_of(given)
    if journal is None:
        journal = local_path("path", path).with_suffix(".journal")
    with _said_of_the_address():
        if dry_run:
            report = plan.apply(dry_run=True, client=client)
        else:
            was_made = _is_made(journal)
            try:
                report = plan.apply(**allowed, journal=journal, client=client)
            except OmniError as error:
                if error.partial is not None:
                    click.echo(in_states(error.partial), err=True)
                raise
    _deliver_report(report, output, style, raw=raw)
    if dry_run:
        click.echo(f"{in_states(report)}. Nothing was sent.", err=True)
        if (report["state"] == "pending").any():
            click.echo(f"`{_command(path, plan)}` sends what is pending.", err=True)
    else:
        told = f"; the journal is {journal}" if len(report) else ", and nothing to be made"
        click.echo(f"{in_states(report)}{told}.", err=True)
        if was_made:
            click.echo(
                "It was at its end: nothing was sent. Another --journal makes the plan anew.",
                err=True,
            )
        if (report["state"] == "ok").any():
            click.echo(f"`omnipd undo {quoted(journal)}` plans to take it back.", err=True)
    _end(report, {"pending"} if dry_run else set())


def _command(path: Path, plan: Plan) -> str:
    """Return the command that makes all changes of a plan."""
    tiers = set(plan["tier"].dropna())
    flags = [f" --{tier}" for tier in ("confirm", "destructive") if tier in tiers]
    return f"omnipd apply {quoted(path)} --no-dry-run{''.join(flags)}"


def _is_made(journal: Path) -> bool:
    """Whether a journal is there, and nothing is left to be made or looked at."""
    from omnipd.changes.journal import Journal  # noqa: PLC0415

    found = Journal.found(journal)
    return found is not None and found.is_at_its_end


@click.command(cls=Command, short_help="Plan to take back what a plan has changed.")
@click.argument("journal", type=options.PATH, shell_complete=options.complete_files)
@plan_output
def undo(journal: Path, path: Path | None, style: str) -> None:
    """Plan to take back what a plan has changed, as its journal says; `omnipd apply` makes it."""
    from omnipd.changes.undo import undo as undone  # noqa: PLC0415

    path = checked_plan_file(path, style)
    opened = _opened(journal)
    back = undone(opened)
    deliver_plan(back, path, style)
    if back.empty:
        click.echo(
            f"Nothing was made that could be taken back ({in_states(opened.report())}).", err=True
        )


@click.command(cls=Command, short_help="Show what became of the changes of a plan.")
@click.argument("journal", type=options.PATH, shell_complete=options.complete_files)
@click.option("--verify", is_flag=True, help="Ask Omni again for what it took.")
@options.output
@options.connection
def journal(journal: Path, verify: bool, output: Any, style: str, raw: bool, **given: Any) -> None:
    """Show what became of the changes of a plan, without asking Omni."""
    if not verify:
        _refuse_connection(given)
    opened = _opened(journal)
    if verify:
        with _said_of_the_address():
            report = opened.verify(client=client_of(given))
    else:
        report = opened.report()
    _deliver_report(report, output, style, raw=raw)
    click.echo(in_states(report), err=True)
    if not opened.is_at_its_end:
        click.echo("It is not at its end: `omnipd apply` of its plan goes on with it.", err=True)
    _end(report)


def _opened(journal: Path) -> Journal:
    """Open a journal; what is said of its path is said of the argument that names it."""
    from omnipd.changes.journal import open_journal  # noqa: PLC0415
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    try:
        return open_journal(journal)
    except ArgumentError as error:
        error.message = renamed(error.message, "path", "journal")
        raise


@contextlib.contextmanager
def _said_of_the_address() -> Iterator[None]:
    """Say of the address what is said of a client of another Omni: here it has no other name."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    try:
        yield
    except ArgumentError as error:
        error.message = renamed(error.message, "client", "base_url")
        raise


def _refuse_connection(given: dict[str, Any]) -> None:
    ctx = click.get_current_context()
    for param in ctx.command.params:
        source = ctx.get_parameter_source(param.name or "")
        if param.name in given and source is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{param.opts[0]} is for --verify: else Omni is not asked.", ctx)


def _deliver_report(report: pd.DataFrame, output: Any, style: str, *, raw: bool) -> None:
    """Write or print a report, and say why of each row that is not as the plan has it."""
    if output is None and style == "table":
        print_changes(report, "state", report["state"])
    else:
        deliver(report, output, style, raw=raw)
    tell_rows(report[~report["state"].isin([*_DONE, "pending"])])


def _end(report: pd.DataFrame, also: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """End with 4 where some change is not made, or would not be."""
    if not report["state"].isin([*_DONE, *also]).all():
        click.get_current_context().exit(4)
