"""Every reader as a command: its options are the parameters of the function, its help their meanings."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from omnipd.display import printable
from omnipd.shell import options
from omnipd.shell.command import Command
from omnipd.shell.options import client_of
from omnipd.shell.output import deliver
from omnipd.shell.words import counted, in_commands, in_options, short

#: What a command does with a reader and what it was given.
Action = Callable[[Callable[..., Any], list[Any], dict[str, Any]], None]

#: Parameters that are no options: who asks is said by those of the connection, and a store by its own.
_NO_OPTIONS = {"client", "storage_options"}
_ENDINGS = (".parquet", ".csv", ".jsonl")


class Readers(click.Group):
    """A command for each reader, made when it is asked for.

    Parameters
    ----------
    others : mapping of str to str
        Functions of omnipd beside the readers, by the name of the command.
    add : callable
        Adds what a command has beside the parameters of its reader.
    act : callable
        What a command does.
    """

    def __init__(
        self,
        *args: Any,
        others: Mapping[str, str],
        add: Callable[[Any], Any],
        act: Action,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._others, self._add, self._act = others, add, act

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Return the names of the readers, with dashes."""
        import omnipd  # noqa: PLC0415

        readers = {name for name in omnipd.__all__ if name.startswith("read_")}
        names = [name.removeprefix("read_") for name in readers - {"read_inventory"}]
        return sorted([*(name.replace("_", "-") for name in names), *self._others])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a reader; its name may have underscores, too."""
        import omnipd  # noqa: PLC0415

        name = cmd_name.replace("_", "-")
        if name not in self.list_commands(ctx):
            return None
        reader = self._others.get(name) or f"read_{name.replace('-', '_')}"
        return self._command(name, getattr(omnipd, reader))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; one that is not there is named, with near matches."""
        import difflib  # noqa: PLC0415

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=3, cutoff=0.5)
            if near:
                error.message += f" Did you mean {' or '.join(near)}?"  # type: ignore[misc]
            raise

    def _command(self, name: str, function: Callable[..., Any]) -> click.Command:
        parameters = inspect.signature(function).parameters.values()
        meanings = _meanings(function)
        named = [one for one in parameters if one.name not in _NO_OPTIONS]
        by_position = [one.name for one in named if one.kind is one.POSITIONAL_OR_KEYWORD]
        of_parents = [one.name for one in named if "Parents" in str(one.annotation)]

        def run(**given: Any) -> None:
            asked = {one.name: given.pop(one.name) for one in named}
            asked |= {one: _parents(asked[one]) for one in of_parents}
            arguments = [asked.pop(one) for one in by_position]
            self._act(function, arguments, {**given, "asked": asked})

        summary = (inspect.getdoc(function) or "").split("\n", 1)[0]
        command = click.command(name, cls=Command, help=summary, short_help=short(summary))(
            self._add(run)
        )
        made = [_as_option(one, *meanings.get(one.name, ("", []))) for one in named]
        command.params = [*made, *command.params]
        return command


def _meanings(function: Callable[..., Any]) -> dict[str, tuple[str, list[str]]]:
    """Return what the manual says of parameters; what is as for another function, it says of that."""
    import omnipd  # noqa: PLC0415
    from omnipd.lists.manual import meanings_of  # noqa: PLC0415

    found = meanings_of(function)
    for name, (meaning, choices) in found.items():
        if other := re.match(r"As for :func:`omnipd\.(\w+)`", meaning):
            found[name] = _meanings(getattr(omnipd, other[1]))[name][0], choices
        found[name] = in_options(found[name][0], found), choices
    return found


def _as_option(
    parameter: inspect.Parameter, meaning: str, choices: Sequence[str]
) -> click.Parameter:
    """Return the option of a parameter, or the argument where it is given by position."""
    name, default, kind = parameter.name, parameter.default, str(parameter.annotation)
    by_position = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    if by_position and "PathLike" not in kind:
        several = "Parents" in kind
        return click.Argument(
            [name],
            nargs=-1 if several else 1,
            metavar="ID…|FILE|-" if several else name.upper(),
            required=default is parameter.empty,
            shell_complete=options.complete_files if several else None,
        )
    option = name.replace("_", "-")
    more: dict[str, Any] = {"help": options.HELP.get(name, meaning)}
    if by_position:
        return click.Option(
            ["-o", "--output", "--to", name], metavar="FOLDER", type=options.PATH, **more
        )
    if kind.startswith("bool"):
        both = "" if default is False else f"/--no-{option}"
        return click.Option([f"--{option}{both}", name], is_flag=True, default=default, **more)
    if "Parents" in kind:
        more["help"] += f" {options.REPEAT}"
        more["shell_complete"] = options.complete_files
        return click.Option([f"--{option}", name], multiple=True, metavar="ID|FILE|-", **more)
    if "Mapping" in kind:
        more["help"] += f" {options.REPEAT}"
        return click.Option(
            [f"--{option}", name], multiple=True, metavar="NAME=VALUE", callback=_pairs, **more
        )
    if choices:
        more |= options.one_of(choices)
    if "Sequence" in kind:
        first = (default,) if isinstance(default, str) else default
        commas = name == "include"
        more["help"] += f" {options.REPEAT_OR_COMMAS if commas else options.REPEAT}"
        if commas and default is None:
            more["shell_complete"] = options.complete_lists
        return click.Option(
            [f"--{option}", name],
            multiple=True,
            default=first or (),
            show_default=bool(first),
            callback=_names if commas else _texts,
            **more,
        )
    return click.Option(
        [f"--{option}", name],
        type=options.PATH if "PathLike" in kind else int if kind.startswith("int") else str,
        default=default,
        show_default=default is not None,
        **more,
    )


def _names(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> Any:
    return _texts(ctx, param, options.split_at_commas(ctx, param, given))


def _texts(_ctx: click.Context, _param: click.Parameter, given: Sequence[str]) -> Any:
    return list(given) or None


def _pairs(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> Any:
    """Return a mapping of what is given as a name and a value each."""
    pairs = [one.partition("=") for one in given]
    for name, sign, value in pairs:
        if not name or not sign:
            raise click.BadParameter(
                f"{name or sign + value} has no name, or no value.", ctx, param
            )
    return {name: value for name, _, value in pairs} or None


def _parents(given: tuple[str, ...]) -> Any:
    """Return parents: ids, those of the lines of standard input, or the rows of a file."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    if not given:
        return None
    if given == ("-",):
        return [line.strip() for line in sys.stdin if line.strip()]
    if len(given) == 1 and given[0].lower().endswith(_ENDINGS):
        return _rows(Path(given[0]))
    if any(one.lower().endswith(_ENDINGS) for one in given):
        raise ArgumentError("One file, or ids: not several files, and not both.")
    return list(given)


def _rows(path: Path) -> Any:
    """Return the frame of a file that omnipd has written."""
    import pandas as pd  # noqa: PLC0415

    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.paths import local_path  # noqa: PLC0415

    file, reason = local_path("path", os.fspath(path)), ""
    try:
        if file.suffix.lower() == ".parquet":
            return pd.read_parquet(file, dtype_backend="pyarrow")
        if file.suffix.lower() == ".csv":
            return pd.read_csv(file, dtype=str)
        return pd.read_json(file, lines=True, dtype=False)
    except (OSError, ValueError) as error:
        reason = type(error).__name__
    raise ArgumentError(f"{file} cannot be read ({reason}).")


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


def _reading(function: Any) -> Any:
    return options.apply_all(options.output, options.connection)(function)


#: The two groups of commands.
read = Readers(
    "read",
    others={},
    add=_reading,
    act=_read,
    help="Read any list of Omni's as a table: omnipd read users, omnipd read document-access ID…",
    short_help="Read any list of Omni's as a table.",
)
estimate = Readers(
    "estimate",
    others={"inventory": "read_inventory", "export": "export_inventory"},
    add=options.connection,
    act=_estimate,
    help="Say what a read would cost, without making it: omnipd estimate document-access ID…",
    short_help="Say what a read would cost, without making it.",
)
