"""Every reader as a command, and what it would cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from omnipd.display import counted, printable
from omnipd.shell import options
from omnipd.shell.function_commands import FunctionCommands
from omnipd.shell.options import client_of
from omnipd.shell.output import deliver
from omnipd.shell.words import in_commands


def _readers() -> dict[str, str]:
    import omnipd  # noqa: PLC0415

    readers = {name for name in omnipd.__all__ if name.startswith("read_")} - {"read_inventory"}
    return {name.removeprefix("read_").replace("_", "-"): name for name in readers}


def _estimated() -> dict[str, str]:
    return {**_readers(), "inventory": "read_inventory", "export": "export_inventory"}


def _read(function: Callable[..., Any], arguments: list[Any], given: dict[str, Any]) -> None:
    asked = given.pop("asked")
    output, style, raw = given.pop("output"), given.pop("style"), given.pop("raw")
    frame = function(*arguments, **asked, client=client_of(given))
    deliver(frame, output, style, raw=raw)


def _estimate(function: Callable[..., Any], arguments: list[Any], given: dict[str, Any]) -> None:
    from omnipd.admin.estimate import estimate as of  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    asked = given.pop("asked")
    cost = of(function, *arguments, **asked, client=client_of(given))
    cost = cost.assign(minutes=cost["minutes"].round(2))
    terminal.print_table(cost.drop(columns="why_more"), len(cost))
    for why, names in cost.groupby("why_more", sort=False)["name"]:
        click.echo(f"{', '.join(names)} may be more: {printable(in_commands(str(why)))}.")
    calls, minutes = int(cost["calls"].sum()), round(cost["minutes"].sum())
    at_least = "at least " if cost["at_least"].any() else ""
    click.echo(f"{at_least}{counted(calls, 'call')}, {counted(minutes, 'minute')}", err=True)


#: The two groups of commands.
read = FunctionCommands(
    "read",
    functions=_readers,
    add=lambda _: options.apply_all(options.output, options.connections),
    act=_read,
    help="Read any list of Omni's as a table: omnipd read users, omnipd read document-access ID…",
    short_help="Read any list of Omni's as a table.",
)
estimate = FunctionCommands(
    "estimate",
    functions=_estimated,
    add=lambda _: options.connections,
    act=_estimate,
    help="Say what a read would cost, without making it: omnipd estimate document-access ID…",
    short_help="Say what a read would cost, without making it.",
)
