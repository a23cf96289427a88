"""What is between two Omnis as commands: what each has, and documents brought from one to the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnipd.display import counted
from omnipd.shell import options
from omnipd.shell.change_tables import checked_plan_file, deliver_plan
from omnipd.shell.command import Command
from omnipd.shell.function_commands import parents_of
from omnipd.shell.options import CONNECTION, client_of
from omnipd.shell.output import deliver

if TYPE_CHECKING:
    from omnipd.client.client import Client

#: What a person wants to see first.
_COMPARED = (
    "status",
    "differs",
    "document_identifier_left",
    "document_identifier_right",
    "name_left",
    "name_right",
)


@click.command("compare", cls=Command, short_help="Say what two Omnis have of the same documents.")
@click.option(
    "--queries",
    is_flag=True,
    help="Also compare what the tiles ask for: one request for each document.",
)
@options.output
@options.two_profiles
def compare(*, queries: bool, output: Path | None, style: str, raw: bool, **given: Any) -> None:
    """Compare the documents of two Omnis: --profile dev --profile prod."""
    from omnipd.audit.compare_omnis import compare as compared  # noqa: PLC0415

    left, right = _two_clients(given)
    frame = compared(left, right, queries=queries)
    deliver(frame, output, style, raw=raw, first=_COMPARED)


@click.command("promote", cls=Command, short_help="Make documents of one Omni in another.")
@click.argument(
    "documents",
    nargs=-1,
    metavar="ID…|FILE|-",
    required=True,
    shell_complete=options.complete_files,
)
@click.option(
    "-o",
    "--output",
    "--to",
    "folder",
    metavar="FOLDER",
    type=options.PATH,
    required=True,
    help="Where the exported files are written, and what became of them; keep it to go on.",
)
@click.option("--model", help="The target's model to build on. Default: that of the same name.")
@click.option("--folders", is_flag=True, help="Also make folders that the target lacks.")
@click.option(
    "--again",
    is_flag=True,
    help="Also make what was made or sent before, and is not in the target's list.",
)
@click.option(
    "--rights",
    metavar="PLAN.csv",
    type=options.PATH,
    help="Write the plan of owners and permissions for what is there, to be applied by omnipd apply.",
)
@click.option(
    "--dry-run/--no-dry-run",
    default=True,
    show_default=True,
    help="Only export and check, and say what would be made.",
)
@options.two_profiles
def promote(*, documents: tuple[str, ...], rights: Path | None, **given: Any) -> None:
    """Bring documents from the first --profile to the second: nothing is sent without --no-dry-run."""
    from omnipd.changes.plan_rights import plan_rights  # noqa: PLC0415
    from omnipd.changes.promote import promote as promoted  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    plan_file = checked_plan_file(rights, "csv", "--rights")
    source, target = _two_clients(given)
    outcome = promoted(parents_of(documents), **given, source=source, target=target)
    terminal.print_table(outcome, len(outcome))
    there = outcome[outcome["status"].isin(["made", "already"])]
    counts = outcome["status"].value_counts()
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    sent = " Nothing was sent." if given["dry_run"] else ""
    click.echo(f"{counted(len(outcome), 'document')}: {told}.{sent}", err=True)
    if given["dry_run"] and (outcome["status"] == "pending").any():
        click.echo("--no-dry-run makes what is pending.", err=True)
    if plan_file is not None:
        deliver_plan(plan_rights(there, source=source, target=target), plan_file, "csv")
    due = {"made", "already"} | ({"pending"} if given["dry_run"] else set())
    if not outcome["status"].isin(due).all():
        click.get_current_context().exit(4)


def _two_clients(given: dict[str, Any]) -> tuple[Client, Client]:
    """Take the connection's options out of a command's, and connect to both."""
    ctx = click.get_current_context()
    if len(given["profile"]) != 2:
        raise click.UsageError(
            f"--profile is given {counted(len(given['profile']), 'time')}: name two, such as "
            "--profile dev --profile prod.",
            ctx,
        )
    profiles = given.pop("profile")
    left, right = (client_of({**given, "profile": one}) for one in profiles)
    for name in CONNECTION:
        given.pop(name, None)
    return left, right
