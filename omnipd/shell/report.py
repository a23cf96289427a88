"""The page about an organization as a command: of an export, or of what is read for it now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnipd.shell import options
from omnipd.shell.command import Command
from omnipd.shell.questions import (
    at_export,
    from_folder,
    open_before,
    read_for,
    refuse_of_the_other,
)

if TYPE_CHECKING:
    from omnipd.admin.inventory_frames import Inventory


@click.command(cls=Command, short_help="Write a page about the organization.")
@click.option(
    "-o",
    "--output",
    "--to",
    "to",
    metavar="FILE",
    type=options.PATH,
    required=True,
    help="The HTML file: it opens without a network.",
)
@from_folder("folder", "A folder of exports, as omnipd export makes them. Default: it is read now.")
@at_export(
    "at",
    "Which export: its name, or a time or day for the last one by then. Default: the last one.",
)
@at_export(
    "before", "The earlier export to compare with, named likewise. Default: the one before it."
)
@click.option(
    "--days",
    type=int,
    default=180,
    show_default=True,
    help="How long nobody must have viewed a document, or signed in, for it to be named.",
)
@options.scope
@options.long_read
@options.refresh
@options.connection
def report(to: Path, folder: Path | None, days: int, **given: Any) -> None:
    """Write a page about the organization: what there is, what is stale, broken or nobody's, and what changed."""
    from omnipd.admin.open_export import open_export  # noqa: PLC0415
    from omnipd.report_page.write_report import checked  # noqa: PLC0415
    from omnipd.report_page.write_report import report as write  # noqa: PLC0415

    at, before = given.pop("at"), given.pop("before")
    refuse_of_the_other(folder, given, ("at", "before"))
    checked("to", to, days)
    earlier: Inventory | None = None
    if folder is None:
        inventory = read_for(write, given)
    else:
        inventory = export = open_export(folder, at)
        earlier = (
            _earlier(folder, export.path.name) if before is None else open_before(folder, before)
        )
    write(inventory, to, before=earlier, days=days)
    click.echo(f"{to}", err=True)
    if not inventory.complete:
        click.get_current_context().exit(4)


def _earlier(folder: Path, name: str) -> Inventory | None:
    """Return the export before the one of this name; None where it is the first."""
    from omnipd.admin.open_export import open_export  # noqa: PLC0415
    from omnipd.admin.snapshots import Snapshots  # noqa: PLC0415
    from omnipd.paths import place  # noqa: PLC0415

    names = Snapshots(place("folder", folder)).names()
    earlier = names[: names.index(name)] if name in names else []
    return open_export(folder, earlier[-1]) if earlier else None
