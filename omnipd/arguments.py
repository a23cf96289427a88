"""Checks of arguments: a refusal by name, with near matches, before anything is sent."""

from __future__ import annotations

import difflib
import math
import numbers
import operator
import re
from collections.abc import Iterable
from typing import Any

from omnipd.display import listed
from omnipd.errors import ArgumentError
from omnipd.key_texts import hide_keys, holds_key
from omnipd.message import Code, Text
from omnipd.unicode_text import whole_text


def said(value: object) -> str:
    """Return how a value is written, but for a key; Python refuses to write the longest and the deepest."""
    try:
        return hide_keys(repr(value))
    except ValueError:
        return f"a {type(value).__name__} of thousands of digits"
    except RecursionError:
        return f"a {type(value).__name__} that is nested too deeply"


def said_shortly(value: object) -> str:
    """Return how a value is written, cut; of what takes several lines, as a frame does, only its type.

    Examples
    --------
    >>> import pandas
    >>> said_shortly("omni"), said_shortly(pandas.DataFrame({"name": ["Flights"]}))
    ("'omni'", 'DataFrame')
    """
    shown = said(value)
    return type(value).__name__ if "\n" in shown else shown[:60]


_ANY = object()
_LONGEST = 100
_MOST_NAMES = 60


def argument(name: str, value: object = _ANY, *, of: str | None = None) -> Text:
    """Return how a message names an argument: Python's ``limit=0`` is ``--limit 0`` in the shell.

    Parameters
    ----------
    value : object, optional
        What was given, or should be; ``...`` for any.
    of : str, optional
        Its function, where the call around may be of another one; named where the value is ``...``.

    Examples
    --------
    >>> argument("limit", 0) + " is none; leave out " + argument("limit") + "."
    'limit=0 is none; leave out limit=.'
    >>> "Allow more time with " + argument("timeout", ..., of="connect")
    'Allow more time with connect(timeout=…)'
    """
    shown = "" if value is _ANY else "…" if value is ... else said(value)
    if "\n" in shown:  # a frame, or the like
        shown = type(value).__name__
    written = f"{name}={_cut(shown)}"
    python = f"{of}({written})" if of and value is ... else written
    return Text(Code(python, of, name, _in_words(value)))


def function(name: str) -> Text:
    """Return how a message names a public function: Python's ``omnipd.whoami()`` is a command in the shell.

    Examples
    --------
    >>> function("whoami") + " shows its roles."
    'omnipd.whoami() shows its roles.'
    """
    return Text(Code(f"omnipd.{name}()", name))


def _in_words(value: object) -> bool | tuple[str, ...] | None:
    """Return a value as the shell would be given it."""
    if value is _ANY or value is ...:
        return None
    if value is None or isinstance(value, bool):
        return bool(value)
    each = value if isinstance(value, list | tuple) else [value]
    return tuple(_cut(hide_keys(one) if isinstance(one, str) else said(one)) for one in each)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:60]}…{text[-30:]}"


def refuse_key(name: str, value: object) -> None:
    """Refuse an API key in an argument that is none: it would be sent, looked up or written down."""
    try:
        found = holds_key(value)
    except RecursionError:
        found = None
    if found is None:
        raise ArgumentError(name + " holds lists or objects that are nested too deeply.")
    if found:
        raise ArgumentError(
            name + " holds an API key.",
            hint=(
                "Only "
                + argument("api_key", ..., of="connect")
                + " takes one. It is not shown here on purpose."
            ),
        )


def as_list(name: str, value: Any) -> list[Any]:
    """Return what was given as text, as several texts or not at all as a list.

    Examples
    --------
    >>> as_list("include", "labels"), as_list("include", None)
    (['labels'], [])
    """
    if value is None or isinstance(value, str):
        return [] if value is None else [value]
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        raise ArgumentError(argument(name, value) + " must be text or several texts.")
    return list(value)


#: How results of queries give decimals: as they came, or as floats.
DECIMALS = ("exact", "float64")


#: Where the ids are that people take names or paths for.
IDS_OF_MODELS = function("read_models") + " has the ids of models beside their names."


IDS_OF_PEOPLE = function("read_users") + " has the membership ids of people."


NAMES_OF_TOPICS = function("read_topics") + " has the topics of a model."


IDS_OF_GROUPS = function("read_groups") + " has the ids of groups beside their names."


IDS_OF_FOLDERS = function("read_folders") + " has the ids of folders beside their paths."


IDS_OF_CONNECTIONS = (
    function("read_connections") + " has the ids of connections beside their names."
)


IDS_OF_SCHEDULES = function("read_schedules") + " has the ids of schedules beside their names."


def check_id(name: str, value: object, hint: str | None = None) -> None:
    """Refuse what cannot be an id. Ids are opaque: whether it is one is for Omni to say.

    Parameters
    ----------
    hint : str, optional
        Where such ids are found.
    """
    refuse_key(argument(name), value)
    possible = (
        isinstance(value, str)
        and value.strip() not in {"", ".", ".."}
        and value.isprintable()
        and whole_text(value) == value
    )
    if not possible:
        raise ArgumentError(argument(name, value) + " is not an id.", hint=hint)
    if name == "document_identifier" and re.match("https?://", str(value)):
        # It is not shown: an address can hold what is nobody's business.
        raise ArgumentError(
            "A document is asked for by its identifier, and this is an address.",
            hint="The identifier stands behind /dashboards/ or /w/ there.",
        )


def check_flag(name: str, value: bool) -> None:
    """Refuse what is not a boolean: the text ``"false"`` would count as true."""
    if not isinstance(value, bool):
        raise ArgumentError(argument(name, value) + " must be True or False.")


def number_of(value: object) -> int | float | None:
    """Return a real number, one of NumPy's as Python's own; None for what is none, such as a boolean.

    Examples
    --------
    >>> number_of(2.5), number_of(True), number_of("2")
    (2.5, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    except OverflowError:  # a fraction
        return -math.inf if value < 0 else math.inf


def whole_number(
    name: str,
    value: Any,
    *,
    minimum: int = 1,
    maximum: int | None = None,
    unit: str | None = None,
    hint: str | None = None,
) -> int:
    """Return a whole number, one of NumPy's as Python's own; refuse anything else.

    Parameters
    ----------
    minimum, maximum : int
        The smallest and the largest that are taken.
    unit : str, optional
        What is counted, for the message.

    Examples
    --------
    >>> whole_number("limit", 0, unit="rows")
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: limit=0 must be a whole number of rows, 1 or more.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < minimum or (maximum is not None and number > maximum):
        what = f"a whole number of {unit}" if unit else "a whole number"
        span = f", {minimum} or more" if maximum is None else f" from {minimum} to {maximum}"
        raise ArgumentError((argument(name, value) + f" must be {what}{span}."), hint=hint)
    return number


def check_choice(name: str, value: str, legal: Iterable[str]) -> None:
    """Refuse a value outside a set, with near matches.

    Examples
    --------
    >>> check_choice("direction", "des", ["asc", "desc"])
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: direction='des' is not known.
    Did you mean 'desc'? It takes: asc, desc.
    """
    legal = list(legal)
    if value in legal:
        return
    near = (
        difflib.get_close_matches(value, legal, n=1, cutoff=0.5) if isinstance(value, str) else []
    )
    guess = f"Did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(
        (argument(name, value) + " is not known."),
        hint=f"{guess}It takes: {listed(legal, _MOST_NAMES)}.",
    )
