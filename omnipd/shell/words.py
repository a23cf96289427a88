"""The words of the shell: an argument of Python is the option that it is here, a function its command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Container

import click

from omnipd.message import Code, Text

# The functions that are commands, beside the readers.
_COMMANDS = {
    "clear_cache": "cache --clear",
    "compare": "compare",
    "embed_url": "embed url",
    "estimate_inventory": "estimate inventory",
    "export_inventory": "export",
    "open_journal": "journal",
    "plan": "plan edits",
    "plan_rights": "promote --rights",
    "promote": "promote",
    "read_content": "content",
    "read_inventory": "inventory",
    "run_query": "query",
    "sandbox": "sandbox",
    "undo": "undo",
    "whoami": "whoami",
}


#: A longer sentence does not fit beside the name of a reader where a terminal has 80 columns.
_SHORT = 52


def in_words_of(command: click.Command, text: str) -> str:
    """Return a text with its code in the words of a command.

    Examples
    --------
    >>> from omnipd.arguments import argument, function
    >>> limit = click.Command("list", params=[click.Option(["--limit"])])
    >>> in_words_of(limit, argument("limit", 0) + " is none; " + function("whoami") + " has more.")
    '--limit 0 is none; `omnipd whoami` has more.'
    >>> in_words_of(limit, "What was read is kept, and the same call goes on.")
    'What was read is kept, and the same command goes on.'
    """
    parts = text.parts if isinstance(text, Text) else (text,)
    said = "".join(_in_words(command, part) if isinstance(part, Code) else part for part in parts)
    return re.sub(r"\bthe same call\b", "the same command", said)


def command_of(function: str) -> str | None:
    """Return the command of a function; None where it has none.

    Examples
    --------
    >>> command_of("read_topic_fields"), command_of("run_query"), command_of("connect")
    ('read topic-fields', 'query', None)
    >>> command_of("plan_labels")
    'plan labels'
    >>> command_of("audit.who_can_see")
    'audit who-can-see'
    """
    if function in _COMMANDS:
        return _COMMANDS[function]
    for before, group in (("read_", "read"), ("audit.", "audit"), ("plan_", "plan")):
        if function.startswith(before) and not function.startswith("audit.plot_"):
            return f"{group} {function.removeprefix(before).replace('_', '-')}"
    return None


def in_commands(text: str) -> str:
    """Return a text that a file has kept, with the functions in it as their commands.

    Examples
    --------
    >>> in_commands("omnipd.whoami() shows its roles; omnipd.connect() takes another.")
    '`omnipd whoami` shows its roles; omnipd.connect() takes another.'
    """
    return re.sub(
        r"\bomnipd\.(\w+)\(\)",
        lambda one: f"`omnipd {name}`" if (name := command_of(one[1])) else one[0],
        text,
    )


def in_options(meaning: str, parameters: Container[str]) -> str:
    """Return the first sentence of what a manual says of a parameter, in the words of the shell.

    Examples
    --------
    >>> in_options('What `find` names, by `updated_at`, with ``scope="all"``. More.', {"find", "scope"})
    'What --find names, by updated_at, with --scope all.'
    >>> in_options("A frame, such as that of :func:`omnipd.read_users`.", ())
    'A frame, such as that of omnipd read users.'
    """
    text = meaning.split(". ", 1)[0].rstrip(".") + "."
    text = re.sub(
        r":func:`omnipd\.([\w.]+)`", lambda one: f"omnipd {command_of(one[1]) or one[1]}", text
    )
    text = re.sub(r"``(\w+)=\"([^\"`]*)\"``", lambda one: f"{_option(one[1])} {one[2]}", text)
    text = re.sub(r"``[\"']?(.*?)[\"']?``", r"\1", text)
    return re.sub(r"`(\w+)`", lambda one: _option(one[1]) if one[1] in parameters else one[1], text)


def short(summary: str) -> str:
    """Return what a list of commands says of one: its first sentence, a long one without what a row is.

    Examples
    --------
    >>> short("Read folders, one row each. For administrators.")
    'Read folders, one row each.'
    >>> short("Read who has access to documents, one row per document, person or group, and way of access.")
    'Read who has access to documents.'
    """
    sentence = summary.split(". ", 1)[0].rstrip(".")
    return (sentence if len(sentence) <= _SHORT else sentence.split(", one row", 1)[0]) + "."


def _option(parameter: str) -> str:
    return f"--{parameter.replace('_', '-')}"


def _in_words(command: click.Command, code: Code) -> str:
    if code.argument is None and code.function is None:
        return ""
    if code.argument is None:
        name = command_of(code.function or "")
        return f"Python's {code}" if name is None else f"`omnipd {name}`"
    by_name = {param.name: param for param in [*_of_connections(code), *command.params]}
    # An option that several functions have a parameter for is named after its function too.
    param = by_name.get(f"{code.function}_{code.argument}") or by_name.get(code.argument)
    if param is None and command_of(code.function or "") is not None:
        # Of another command, where the function is named.
        return " ".join(f"{_option(code.argument)} {one}" for one in _quoted(code.value or ()))
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


def _quoted(value: bool | tuple[str, ...]) -> list[str]:
    """Return texts as a shell takes them; what would write to the terminal as Python writes it."""
    texts = value if isinstance(value, tuple) else ()
    return [shlex.quote(text) if text.isprintable() else repr(text) for text in texts]
