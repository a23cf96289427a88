"""Every question of an administrator as a command: of exports, or of what is read for it now."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnipd.message import renamed
from omnipd.shell import options
from omnipd.shell.function_commands import Function, FunctionCommands, Parameter, parameters_of
from omnipd.shell.options import client_of
from omnipd.shell.output import deliver

if TYPE_CHECKING:
    from omnipd.admin.inventory_frames import Inventory

_FOLDER = "A folder of exports, as omnipd export makes them."
_BY_THEN = "its name, or a time or day for the last one by then."
_LAST = "Default: the last one."

#: What each answer is asked for, in the room that a terminal has; by the name of the function.
FIRST = {
    "diff": ("table", "change", "name", "column", "old", "new"),
    "leaver": ("kind", "name", "could_take_over", "hand_over"),
    "schedule_health": ("name", "findings", "last_status"),
    "unused": ("name", "viewed", "days_since_view", "has_reason_to_stay"),
    "usage": ("name", "views", "visits", "owner_name"),
    "what_can_see": ("type", "name", "resulting_role", "ways"),
    "who_can_see": ("email", "display_name", "resulting_role", "ways"),
}


def from_folder(name: str, meaning: str, *, required: bool = False) -> Callable[..., Any]:
    """Return the option that names a folder of exports."""
    return click.option(
        "--from", name, metavar="FOLDER", type=options.PATH, required=required, help=meaning
    )


def at_export(name: str, meaning: str, *, required: bool = False) -> Callable[..., Any]:
    """Return an option that names one of the exports in that folder."""
    return click.option(
        f"--{name}",
        name,
        metavar="AT",
        required=required,
        help=meaning,
        shell_complete=_complete_exports,
    )


def _complete_exports(ctx: click.Context, _param: click.Parameter, begun: str) -> list[Any]:
    """Complete the name of an export in the folder that is named before."""
    from omnipd.admin.snapshots import Snapshots  # noqa: PLC0415
    from omnipd.paths import place  # noqa: PLC0415

    folder = ctx.params.get("folder")
    names = [] if folder is None else Snapshots(place("folder", folder)).names()
    return [name for name in reversed(names) if name.startswith(begun)]


_of_two_exports = options.apply_all(
    from_folder("folder", _FOLDER, required=True),
    at_export("before", f"The earlier export: {_BY_THEN}", required=True),
    at_export("at", f"The later export: {_BY_THEN} {_LAST}"),
    options.output,
)
_of_an_export_or_now = options.apply_all(
    from_folder("folder", f"{_FOLDER} Default: what is asked for is read now."),
    at_export("at", f"Which export: {_BY_THEN} {_LAST}"),
    options.scope,
    options.long_read,
    options.refresh,
    options.output,
    options.connections,
)


def _of_all_exports(name: str) -> Callable[..., Any]:
    return options.apply_all(from_folder(name, _FOLDER, required=True), options.output)


def _questions() -> dict[str, str]:
    """Return the functions that give a frame, not a picture."""
    from omnipd import audit  # noqa: PLC0415

    return {
        name.replace("_", "-"): f"audit.{name}"
        for name in audit.__all__
        if "DataFrame" in str(inspect.signature(getattr(audit, name)).return_annotation)
    }


def _other_question(parameter: inspect.Parameter) -> Function | None:
    """Return the question whose answer a parameter is; it is named as that."""
    from omnipd import audit  # noqa: PLC0415

    return getattr(audit, parameter.name) if parameter.name in audit.__all__ else None


def _sources(function: Function) -> list[inspect.Parameter]:
    """Return the parameters that a function finds its answer in: inventories, or a folder of exports."""
    named = inspect.signature(function).parameters.values()
    return [one for one in named if "Inventory" in str(one.annotation) and one.default is one.empty]


#: What only a client in place of an inventory can be asked.
_OF_A_CLIENT = {"branch"}


def _parameters(function: Function) -> list[Parameter]:
    """Return what is asked: who or what it is about is an argument, all else an option."""
    found: list[Parameter] = []
    for of, one in parameters_of(function):
        if other := _other_question(one):
            found += _parameters(other)
        elif one not in _sources(of) and one.name not in _OF_A_CLIENT:
            is_option = one.default is not one.empty
            found.append((of, one.replace(kind=one.KEYWORD_ONLY) if is_option else one))
    return found


def _of(function: Function) -> Callable[..., Any]:
    """Return the options that say what a question is asked of."""
    others = filter(None, (_other_question(one) for _, one in parameters_of(function)))
    sources = [one for each in (function, *others) for one in _sources(each)]
    if len(sources) > 1:
        return _of_two_exports
    [source] = sources
    if "PathLike" in str(source.annotation):
        return _of_all_exports(source.name)
    return _of_an_export_or_now


def _ask(function: Function, arguments: list[Any], given: dict[str, Any]) -> None:
    asked = given.pop("asked")
    output, style, raw = given.pop("output"), given.pop("style"), given.pop("raw")
    answer = _answer(function, arguments, asked, _opened(function, given))
    # What a person reads goes first: ids are long.
    read = [name for name in answer.columns if name != "id" and not name.endswith("_id")]
    instance = [name for name in read if name == "instance"]
    first = dict.fromkeys([*instance, *FIRST.get(function.__name__, ()), *read])
    deliver(answer, output, style, raw=raw, first=tuple(first))


def _answer(
    function: Function, arguments: list[Any], asked: dict[str, Any], sources: list[Any]
) -> Any:
    parameters = inspect.signature(function).parameters
    own = {name: value for name, value in asked.items() if name in parameters}
    for name, one in parameters.items():
        if other := _other_question(one):
            own[name] = _answer(other, [], asked, sources)
    return function(*(sources if _sources(function) else ()), *arguments, **own)


def _opened(function: Function, given: dict[str, Any]) -> list[Any]:
    """Return what a question is asked of, in the order of its parameters."""
    from omnipd.admin.open_export import open_export  # noqa: PLC0415

    if "folder" not in given:
        return list(given.values())
    folder, at = given.pop("folder"), given.pop("at")
    if "before" in given:
        return [open_before(folder, given["before"]), open_export(folder, at)]
    refuse_of_the_other(folder, given)
    if folder is not None:
        return [open_export(folder, at)]
    return [read_for(function, given)]


def open_before(folder: Path, at: str) -> Inventory:
    """Open the earlier of two exports; what is said of it is said of the option that names it."""
    from omnipd.admin.open_export import open_export  # noqa: PLC0415
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    try:
        return open_export(folder, at)
    except ArgumentError as error:
        error.message = renamed(error.message, "at", "before")
        raise


def refuse_of_the_other(
    folder: Path | None, given: dict[str, Any], of_exports: Sequence[str] = ("at",)
) -> None:
    """Refuse options of a reading beside an export, and the other way round."""
    ctx = click.get_current_context()
    useless = of_exports if folder is None else list(given)
    for param in ctx.command.params:
        source = ctx.get_parameter_source(param.name or "")
        if param.name in useless and source is click.core.ParameterSource.COMMANDLINE:
            why = "is of an export: name its folder with --from."
            other = "is for what is read now, and --from names an export."
            raise click.UsageError(f"{param.opts[0]} {why if folder is None else other}", ctx)


def read_for(function: Any, given: dict[str, Any]) -> Inventory:
    """Read what a question needs and takes, and go on after what is refused."""
    from omnipd.admin.inventory import read_inventory  # noqa: PLC0415

    names = ("scope", "checkpoint", "max_calls", "refresh")
    asked = {name: given.pop(name) for name in names}
    include = [*function.needs, *function.also]
    return read_inventory(include=include, errors="collect", **asked, client=client_of(given))


#: The group of commands.
audit = FunctionCommands(
    "audit",
    functions=_questions,
    parameters=_parameters,
    add=_of,
    act=_ask,
    help="Ask a question of an administrator: omnipd audit unused --from FOLDER",
    short_help="Ask a question of an administrator.",
)
