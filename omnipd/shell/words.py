"""The words of the shell: an argument of Python is the option that it is here, a function its command."""

from __future__ import annotations

import shlex

import click

from omnipd.message import Code, Text

# The functions that are commands.
_COMMANDS = {
    "clear_cache": "cache --clear",
    "read_content": "content",
    "read_inventory": "inventory",
    "run_query": "query",
    "sandbox": "sandbox",
    "whoami": "whoami",
}


def in_words_of(command: click.Command, text: str) -> str:
    """Return a text with its code in the words of a command.

    Examples
    --------
    >>> from omnipd.arguments import argument, function
    >>> limit = click.Command("list", params=[click.Option(["--limit"])])
    >>> in_words_of(limit, argument("limit", 0) + " is none; " + function("whoami") + " has more.")
    '--limit 0 is none; `omnipd whoami` has more.'
    """
    if not isinstance(text, Text):
        return text
    return "".join(
        _in_words(command, part) if isinstance(part, Code) else part for part in text.parts
    )


def _in_words(command: click.Command, code: Code) -> str:
    if code.argument is None:
        name = _COMMANDS.get(code.function or "")
        return f"Python's {code}" if name is None else f"`omnipd {name}`"
    by_name = {param.name: param for param in [*_of_connections(code), *command.params]}
    # An option that several functions have a parameter for is named after its function too.
    param = by_name.get(f"{code.function}_{code.argument}") or by_name.get(code.argument)
    if param is None:
        return code.python
    if not isinstance(param, click.Option):
        return " ".join([param.human_readable_name, *_quoted(code.value or ())])
    on = max(param.opts, key=len)
    if code.value is None or code.value is True:
        return on
    if code.value is False:
        off = f"no {on}" if param.is_flag else f"{on} off"
        return param.secondary_opts[0] if param.secondary_opts else off
    return " ".join(f"{on} {value}" for value in _quoted(code.value)) or on


def _of_connections(code: Code) -> list[click.Parameter]:
    """Return the options of other commands too, for what is said of the function that connects."""
    context = click.get_current_context(silent=True)
    if code.function != "connect" or context is None:
        return []
    main = context.find_root().command
    commands = main.commands.values() if isinstance(main, click.Group) else []
    return [param for one in commands for param in one.params]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which has an s where there is not just one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _quoted(value: bool | tuple[str, ...]) -> list[str]:
    """Return texts as a shell takes them; what would write to the terminal as Python writes it."""
    texts = value if isinstance(value, tuple) else ()
    return [shlex.quote(text) if text.isprintable() else repr(text) for text in texts]
