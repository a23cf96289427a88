"""Every reader as a command: its options are the parameters of the function, its help their meanings."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnipd.shell import options
from omnipd.shell.command import Command
from omnipd.shell.options import client_of
from omnipd.shell.output import deliver
from omnipd.shell.words import counted

if TYPE_CHECKING:
    import pandas as pd

#: What a command does with a reader and what it was given.
Action = Callable[[Callable[..., Any], list[Any], dict[str, Any]], None]

#: Parameters that are no options: who asks is said by those of the connection.
_NO_OPTIONS = {"client"}
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
        from omnipd.lists.manual import meanings_of  # noqa: PLC0415

        parameters = inspect.signature(function).parameters.values()
        meanings = meanings_of(function)
        named = [one for one in parameters if one.name not in _NO_OPTIONS]
        parents = [one.name for one in named if one.kind is one.POSITIONAL_OR_KEYWORD]

        def run(**given: Any) -> None:
            asked = {one.name: given.pop(one.name) for one in named}
            arguments = [_parents(asked.pop(parent)) for parent in parents]
            lists = {
                key: list(value) or None for key, value in asked.items() if isinstance(value, tuple)
            }
            self._act(function, arguments, {**given, "asked": asked | lists})

        summary = (inspect.getdoc(function) or "").split("\n", 1)[0]
        command = click.command(name, cls=Command, help=summary)(self._add(run))
        made = [_as_option(one, *meanings.get(one.name, ("", []))) for one in named]
        command.params = [*made, *command.params]
        return command


def _as_option(
    parameter: inspect.Parameter, meaning: str, choices: Sequence[str]
) -> click.Parameter:
    """Return the option of a parameter, or the argument where it is given by position."""
    name, default, kind = parameter.name, parameter.default, str(parameter.annotation)
    if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
        several = "Parents" in kind
        metavar = "ID…|FILE|-" if several else name.upper()
        needed = parameter.default is parameter.empty
        return click.Argument([name], nargs=-1 if several else 1, metavar=metavar, required=needed)
    option = f"--{name.replace('_', '-')}"
    # One sentence: the rest is in the manual.
    shown = meaning.split(". ", 1)[0].rstrip(".").replace("``", "").replace("`", "") + "."
    # Completed only: the reader refuses others, with near matches.
    more: dict[str, Any] = {
        "help": shown,
        "shell_complete": lambda _ctx, _param, begun: [
            one for one in choices if one.startswith(begun)
        ],
    }
    if isinstance(default, bool):
        names = f"{option}/--no-{option[2:]}" if default else option
        return click.Option([names, name], is_flag=True, default=default, **more)
    if "Sequence" in kind:
        return click.Option([option, name], multiple=True, default=default or (), **more)
    if "PathLike" in kind:
        return click.Option([option, name], type=options.PATH, **more)
    whole = kind.startswith("int")
    return click.Option(
        [option, name],
        type=int if whole else str,
        default=default,
        show_default=default is not None,
        **more,
    )


def _parents(given: Any) -> Any:
    """Return parents: ids, those of the lines of standard input, or the rows of a file."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    if not isinstance(given, tuple):
        return given
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

    asked = given.pop("asked")
    print_cost(of(function, *arguments, **asked, client=client_of(given)))


def print_cost(cost: pd.DataFrame) -> None:
    """Print what :func:`omnipd.estimate` gives, and what it is in all."""
    from omnipd.shell import terminal  # noqa: PLC0415

    terminal.print_table(cost, len(cost))
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
    help="Any list of Omni's as a table: omnipd read users, omnipd read document-access ID…",
)
estimate = Readers(
    "estimate",
    others={"inventory": "read_inventory", "export": "export_inventory"},
    add=options.connection,
    act=_estimate,
    help="What a read would cost, without making it: omnipd estimate document-access ID…",
)
