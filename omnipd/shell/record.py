"""``omnipd record``: another command, with what Omni answers recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from omnipd.shell.command import Command
from omnipd.shell.options import PATH


@click.command(
    cls=Command,
    short_help="Run a command and keep what Omni answers, with all names replaced.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option(
    "--results", is_flag=True, help="Keep the numbers in results of queries; texts are replaced."
)
@click.argument("file", type=PATH)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def record(ctx: click.Context, /, file: Path, command: Sequence[str], *, results: bool) -> None:
    """Run a command of omnipd and write what it asks and what Omni answers to FILE (HAR 1.2).

    Names, ids, emails, labels and paths are replaced, and the key is never in it, so it can be sent to
    somebody else: omnipd.sandbox(replay=FILE) answers it again. What the command itself prints or writes
    is not replaced. Lists are asked for and not taken from the cache. Example: omnipd record odd.har --
    content --limit 5
    """
    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.recording.record import record as recorded  # noqa: PLC0415

    words = list(command)
    while words[:1] in (["--"], [ctx.find_root().info_name]):
        words = words[1:]
    group = ctx.find_root().command
    assert isinstance(group, click.Group)  # noqa: S101 - it is what all commands are in
    if not words or words[0] not in group.commands or words[0] == ctx.command.name:
        raise ArgumentError(
            "What is recorded is one command of omnipd, with its options.",
            hint="For example: omnipd record odd.har -- content --limit 5",
        )
    chosen = group.commands[words[0]]
    # Read first: of a line that cannot be, nothing is recorded.
    made = chosen.make_context(words[0], words[1:], parent=ctx.parent)
    with made, recorded(file, results=results):
        chosen.invoke(made)
