"""A function as a command: its options are the parameters of the function, its help their meanings."""

from __future__ import annotations

import inspect
import operator
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from omnipd.shell import options
from omnipd.shell.command import Command
from omnipd.shell.words import in_options, short

#: What a command is of, and what it does with that and what it was given.
Function = Callable[..., Any]
Action = Callable[[Function, list[Any], dict[str, Any]], None]
#: A parameter, and the function whose manual says what it means.
Parameter = tuple[Function, inspect.Parameter]

#: Parameters that are no options: who asks is said by those of the connection, and a store by its own.
_NO_OPTIONS = {"client", "storage_options"}
_ENDINGS = (".parquet", ".csv", ".jsonl")


def parameters_of(function: Function) -> list[Parameter]:
    """Return the parameters of a function that are options or arguments of its command."""
    named = inspect.signature(function).parameters.values()
    return [(function, one) for one in named if one.name not in _NO_OPTIONS]


class FunctionCommands(click.Group):
    """A command for each of some functions, made when it is asked for.

    Parameters
    ----------
    functions : callable
        Returns the functions by the names of their commands, each as it is named below omnipd.
    add : callable
        Adds what the command of a function has beside the parameters of that.
    act : callable
        What a command does.
    parameters : callable
        Returns those parameters of a function that its command has.
    """

    def __init__(
        self,
        *args: Any,
        functions: Callable[[], Mapping[str, str]],
        add: Callable[[Function], Callable[[Any], Any]],
        act: Action,
        parameters: Callable[[Function], list[Parameter]] = parameters_of,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._functions, self._add, self._act = functions, add, act
        self._parameters = parameters

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Return the names of the commands, with dashes."""
        return sorted(self._functions())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a function; its name may have underscores, too."""
        import omnipd  # noqa: PLC0415

        name = cmd_name.replace("_", "-")
        function = self._functions().get(name)
        if function is None:
            return None
        return self._command(name, operator.attrgetter(function)(omnipd))

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

    def _command(self, name: str, function: Function) -> click.Command:
        parameters = self._parameters(function)
        named = [one for _, one in parameters]
        by_position = [one.name for one in named if one.kind is one.POSITIONAL_OR_KEYWORD]
        of_parents = [one.name for one in named if "Parents" in str(one.annotation)]
        of_frames = [one.name for one in named if _is_frame(one)]

        def run(**given: Any) -> None:
            asked = {one.name: given.pop(one.name) for one in named}
            asked |= {one: parents_of(asked[one]) for one in of_parents}
            asked |= {one: _rows(asked[one]) for one in of_frames if asked[one] is not None}
            arguments = [asked.pop(one) for one in by_position]
            self._act(function, arguments, {**given, "asked": asked})

        summary = (inspect.getdoc(function) or "").split("\n", 1)[0]
        command = click.command(name, cls=Command, help=summary, short_help=short(summary))(
            self._add(function)(run)
        )
        meanings = {of: _meanings(of) for of, _ in parameters}
        made = [_as_option(one, *meanings[of].get(one.name, ("", []))) for of, one in parameters]
        command.params = [*made, *command.params]
        return command


def _meanings(function: Callable[..., Any]) -> dict[str, tuple[str, list[str]]]:
    """Return what the manual says of parameters; what is as for another function, it says of that."""
    import omnipd  # noqa: PLC0415
    from omnipd.lists.manual import meanings_of  # noqa: PLC0415

    found = meanings_of(function)
    for name, (meaning, choices) in found.items():
        if other := re.match(r"As for :func:`omnipd\.([\w.]+)`", meaning):
            said, their_choices = _meanings(operator.attrgetter(other[1])(omnipd))[name]
            found[name] = said, choices or their_choices
        found[name] = in_options(found[name][0], found), found[name][1]
    return found


def _as_option(
    parameter: inspect.Parameter, meaning: str, choices: Sequence[str]
) -> click.Parameter:
    """Return the option of a parameter, or the argument where it is given by position."""
    name, default, kind = parameter.name, parameter.default, str(parameter.annotation)
    by_position = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    if by_position and "PathLike" not in kind:
        if _is_frame(parameter):
            return click.Argument([name], metavar="FILE", type=options.PATH)
        if "Mapping" in kind:
            return click.Argument(
                [name], nargs=-1, metavar="OLD=NEW…", required=True, callback=_pairs_once
            )
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
    if _is_frame(parameter):
        return click.Option([f"--{option}", name], metavar="FILE", type=options.PATH, **more)
    if kind.startswith("bool"):
        both = "" if default is False else f"/--no-{option}"
        return click.Option([f"--{option}{both}", name], is_flag=True, default=default, **more)
    if "Parents" in kind:
        more["help"] += f" {options.REPEAT}"
        more["shell_complete"] = options.complete_files
        return click.Option([f"--{option}", name], multiple=True, metavar="ID|FILE|-", **more)
    if "Mapping" in kind:
        more["help"] += f" {options.REPEAT}"
        is_of_lists = "Sequence" in kind
        return click.Option(
            [f"--{option}", name],
            multiple=True,
            metavar="TABLE=COLUMN" if is_of_lists else "NAME=VALUE",
            callback=_lists if is_of_lists else _pairs,
            **more,
        )
    if choices:
        more |= options.one_of(choices)
    if "Sequence" in kind or "Iterable" in kind:
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
        default=None if default is parameter.empty else default,
        show_default=default is not None and default is not parameter.empty,
        required=default is parameter.empty,
        **more,
    )


def _is_frame(parameter: inspect.Parameter) -> bool:
    """Whether a parameter is a frame, and nothing else: the shell has it as a file."""
    return str(parameter.annotation).removesuffix(" | None") == "pd.DataFrame"


def _names(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> Any:
    return _texts(ctx, param, options.split_at_commas(ctx, param, given))


def _texts(_ctx: click.Context, _param: click.Parameter, given: Sequence[str]) -> Any:
    return list(given) or None


def _pairs(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> Any:
    """Return a mapping of what is given as a name and a value each."""
    return dict(_split(ctx, param, given)) or None


def _pairs_once(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> Any:
    """Return the same mapping; a name that is given twice is refused, since only one value could hold."""
    found: dict[str, str] = {}
    for name, value in _split(ctx, param, given):
        if name in found:
            raise click.BadParameter(f"{name} is given twice.", ctx, param)
        found[name] = value
    return found


def _lists(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> Any:
    """Return a mapping of names to the values that were given with each."""
    found: dict[str, list[str]] = {}
    for name, value in _split(ctx, param, given):
        found.setdefault(name, []).append(value)
    return found or None


def _split(
    ctx: click.Context, param: click.Parameter, given: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for one in given:
        name, sign, value = one.partition("=")
        if not name or not sign:
            raise click.BadParameter(
                f"{name or sign + value} has no name, or no value.", ctx, param
            )
        yield name, value


def parents_of(given: tuple[str, ...]) -> Any:
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
    from omnipd.export.csv import unguarded  # noqa: PLC0415
    from omnipd.paths import local_path  # noqa: PLC0415

    file, reason = local_path("path", os.fspath(path)), ""
    try:
        if file.suffix.lower() == ".parquet":
            return pd.read_parquet(file, dtype_backend="pyarrow")
        if file.suffix.lower() == ".csv":
            # "NA" is a name, and null an empty cell; what keeps spreadsheets from running a text goes again.
            read = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
            return read.map(lambda cell: unguarded(cell) if isinstance(cell, str) else cell)
        return pd.read_json(file, lines=True, dtype=False)
    except (OSError, ValueError) as error:
        reason = type(error).__name__
    raise ArgumentError(f"{file} cannot be read ({reason}).")
