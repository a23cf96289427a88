"""Addresses that show Omni inside another page, signed from the shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from omnipd.shell import options
from omnipd.shell.function_commands import Function, FunctionCommands, Parameter, parameters_of

#: A secret on the command line could be seen, a nonce is for tests, and a time zone is refused.
_NO_OPTIONS = {"secret", "nonce", "timezone"}
#: What holds more than texts.
_OF_ANYTHING = ("custom_theme", "ui_settings")


def _parameters(function: Function) -> list[Parameter]:
    return [one for one in parameters_of(function) if one[1].name not in _NO_OPTIONS]


def _sign(function: Callable[..., Any], arguments: list[Any], given: dict[str, Any]) -> None:
    asked, file = given.pop("asked"), given.pop("secret")
    asked |= {name: _values(asked[name]) for name in _OF_ANYTHING}
    # Read in the call itself, so that no frame of a traceback holds it.
    click.echo(
        function(
            *arguments,
            **asked,
            secret=None if file is None else options.read_secret(file, "--secret-file"),
        )
    )


def _values(given: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Return numbers, booleans and the like as what they are, and anything else as text."""
    return None if given is None else {name: _value(text) for name, text in given.items()}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


#: The group of commands.
embed = FunctionCommands(
    "embed",
    functions=lambda: {"url": "embed_url"},
    add=lambda _: click.option(
        "--secret-file",
        "secret",
        type=options.PATH,
        help="File that holds the embed secret, or - for standard input. Default: OMNI_EMBED_SECRET. A secret "
        "on the command line could be seen.",
    ),
    act=_sign,
    parameters=_parameters,
    help="Sign addresses that show Omni inside another page: omnipd embed url /dashboards/ID…",
    short_help="Sign addresses that show Omni inside another page.",
)
