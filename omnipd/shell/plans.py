"""Every way to plan changes as a command: it writes the plan that `omnipd apply` makes, and sends nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from omnipd.message import renamed
from omnipd.shell import options
from omnipd.shell.change_tables import checked_plan_file, deliver_plan
from omnipd.shell.function_commands import Function, FunctionCommands, Parameter, parameters_of
from omnipd.shell.options import client_of
from omnipd.shell.words import short

if TYPE_CHECKING:
    from omnipd.changes.plan import Plan

#: The columns of a file by which its rows say for themselves what an option says for all of them.
COLUMNS = {
    "plan_labels": {"add": "add", "remove": "remove", "set": "labels"},
}
#: What the help says of options, where the manual speaks of more than there is in the shell.
_HELP = {
    "add": "Labels to put on.",
    "before": "The file as it was before somebody edited it. Default: what Omni has now.",
    "delete": "Take away or delete what has no row any more.",
    "folder": "The path of the folder, such as /finance/2026; '' for the top.",
    "reader": "Which reader the file is from, such as documents.",
    "remove": "Labels to take off.",
    "set": "All labels that they are to have; '' for none.",
    "to": "Who takes it over: membership id, address or name.",
}
#: What only Python has.
_NO_OPTIONS = {"inventory"}
#: What says all of it, and is not asked beside others.
_ALONE = "set"


def _plans() -> dict[str, str]:
    """Return the functions that plan for one Omni; what is between two is a part of ``omnipd promote``."""
    import omnipd  # noqa: PLC0415

    plans = {name for name in omnipd.__all__ if name.startswith("plan_")} - {"plan_rights"}
    return {"edits": "plan", **{name.removeprefix("plan_"): name for name in plans}}


def _parameters(function: Function) -> list[Parameter]:
    """Return what is planned for as an argument, and all else as options."""
    first, *others = [one for _, one in parameters_of(function) if one.name not in _NO_OPTIONS]
    if function.__name__ == "plan":
        # What was edited is the argument here, and what it is held against an option.
        (after,) = (one for one in others if one.name == "after")
        others = [first, *(one for one in others if one.name != "after")]
        first = after.replace(annotation="pd.DataFrame", default=after.empty)
    by_row = COLUMNS.get(function.__name__, {})
    found = [first]
    for one in others:
        annotation = function.__globals__.get(str(one.annotation), one.annotation)
        is_needed = one.default is one.empty and one.name not in by_row | {"before": None}
        default = one.empty if is_needed else None if one.default is one.empty else one.default
        found.append(
            one.replace(kind=one.KEYWORD_ONLY, annotation=str(annotation), default=default)
        )
    return [(function, one) for one in found]


class _PlanCommands(FunctionCommands):
    """The commands that plan: of files, which their help says, and of their columns in place of options."""

    def _command(self, name: str, function: Function) -> click.Command:
        command = super()._command(name, function)
        command.help = re.sub(r"\bframe\b", "file", command.help or "")
        command.short_help = short(command.help)
        by_row = COLUMNS.get(function.__name__, {})
        for param in command.params:
            if not isinstance(param, click.Option):
                continue
            name = param.name or ""
            param.help = _HELP.get(name, param.help)
            if name in by_row:
                param.help = f"{param.help} {options.REPEAT} Default: the column {by_row[name]}."
        return command


def _plan(function: Function, arguments: list[Any], given: dict[str, Any]) -> None:
    asked, path, style = given.pop("asked"), given.pop("path"), given.pop("style")
    [subject] = arguments
    path = checked_plan_file(path, style)
    client = client_of(given)
    if function.__name__ == "plan":
        made = _of_edits(function, subject, asked, client)
    else:
        asked |= _of_rows(function, subject, asked)
        made = function(subject, **asked, client=client)
    deliver_plan(made, path, style, client=client)


def _of_edits(function: Function, edited: Any, asked: dict[str, Any], client: Any) -> Plan:
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    before = asked.pop("before")
    try:
        if before is not None:
            made: Plan = function(before, edited, **asked, client=client)
            return made
        made = function(edited, **asked, client=client)
    except ArgumentError as error:
        if before is None:  # the frame that is given alone is the edited one
            error.message = renamed(error.message, "before", "after")
        raise
    return made


def _of_rows(function: Function, subject: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what the rows of a file say for themselves, unless an option says it."""
    import pandas as pd  # noqa: PLC0415

    from omnipd.errors import ArgumentError, warn  # noqa: PLC0415

    by_row = COLUMNS.get(function.__name__, {})
    if not by_row or any(asked[name] is not None for name in by_row):
        return {name: [] for name in by_row if asked[name] == [""]}
    columns = subject.columns if isinstance(subject, pd.DataFrame) else ()
    found = {name: column for name, column in by_row.items() if column in columns}
    if not found:
        raise ArgumentError(
            "Nothing is asked for: give " + " or ".join(f"--{name}" for name in by_row) + ".",
            hint=f"Or a file with a column {' or '.join(by_row.values())}.",
        )
    if len(found) > 1 and (left := found.pop(_ALONE, None)):
        warn(f"The column {left} is not looked at: {' and '.join(found)} say what changes.")
    return {name: subject[column] for name, column in found.items()}


#: Where a plan goes.
output = options.apply_all(
    click.option(
        "-o",
        "--output",
        "path",
        metavar="PLAN.csv",
        type=options.PATH,
        help="Write the plan to a file, to look through and to apply.",
    ),
    click.option(
        "--format",
        "style",
        type=click.Choice(["table", "csv"]),
        default="table",
        show_default=True,
        help="What to print on standard output; csv is what -o writes.",
    ),
)

#: The group of commands.
plan = _PlanCommands(
    "plan",
    functions=_plans,
    parameters=_parameters,
    add=lambda _: options.apply_all(output, options.connection),
    act=_plan,
    help="Plan changes, and send nothing: omnipd plan labels labels.csv -o plan.csv",
    short_help="Plan changes, and send nothing.",
)
