"""Query parameters: an argument of a reader → its form on the wire, or a refusal by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from omnipd.columns import whole_text
from omnipd.errors import ArgumentError

#: A step done on this side: the table and the reader's arguments → the table.
Here = Callable[[pa.Table, Mapping[str, Any]], pa.Table]


@dataclass(frozen=True)
class Param:
    """One query parameter.

    Attributes
    ----------
    wire : str
        Omni's spelling.
    kind : {"text", "id", "choice", "list", "flag"}
        How an argument is checked and written; a flag is a boolean.
    choices : mapping of str to str
        The legal values of a choice or list, each with its spelling on the wire.
    here : callable, optional
        How to do the same on this side, ``(table, arguments) → table``, for what some servers
        refuse.
    doubtful : tuple of str
        The values that some servers refuse, when it is not all of them.
    """

    wire: str
    kind: Literal["text", "id", "choice", "list", "flag"] = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    here: Here | None = None
    doubtful: tuple[str, ...] = ()

    def may_be_refused(self, value: Any) -> bool:
        """Whether some servers answer 400 to this value of the parameter."""
        return self.here is not None and (not self.doubtful or value in self.doubtful)

    def once(self, value: Any) -> Any:
        """Return an argument that can be looked at twice: a list may come as a generator."""
        many = isinstance(value, Iterable) and not isinstance(value, str | bytes)
        return list(value) if many and self.kind == "list" else value

    def encode(self, name: str, value: Any) -> str:
        """Return an argument in the wire's form.

        Raises
        ------
        ArgumentError
            Naming the argument, with near matches where there is a set of legal values.
        """
        if self.kind == "flag":
            check_flag(name, value)
            return "true" if value else "false"
        if self.kind != "list":
            return self._encode_one(name, value)
        items = several(name, value)
        if not items:
            raise ArgumentError(f"{name}=[] is empty; leave {name} out to ask for everything.")
        encoded = [self._encode_one(name, item) for item in items]
        for item in encoded:
            if "," in item:
                raise ArgumentError(
                    f"{name}={item!r} holds a comma, which separates values on the wire."
                )
        return ",".join(encoded)

    def _encode_one(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise ArgumentError(f"{name}={value!r} must be text, not {type(value).__name__}.")
        if whole_text(value) != value:
            raise ArgumentError(f"{name}={value!r} is no valid Unicode: it has half a character.")
        if not value.strip():
            # An empty filter is dropped by the server: it would answer with everything.
            raise ArgumentError(
                f"{name}={value!r} is empty; leave {name} out to ask for everything."
            )
        if self.choices:
            check_choice(name, value, self.choices)
            return self.choices[value]
        if self.kind == "id":
            check_id(name, value)
        return value


def choices(*values: str, **respelt: str) -> dict[str, str]:
    """Return legal values with their wire spelling: as they are, or as a keyword says.

    Examples
    --------
    >>> choices("name", updated_at="updatedAt")
    {'name': 'name', 'updated_at': 'updatedAt'}
    """
    return {value: value for value in values} | respelt


def several(name: str, value: Any) -> list[Any]:
    """Return what was given as text, as several texts or not at all as a list.

    Examples
    --------
    >>> several("include", "labels"), several("include", None)
    (['labels'], [])
    """
    if value is None or isinstance(value, str):
        return [] if value is None else [value]
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        raise ArgumentError(f"{name}={value!r} must be text or several texts.")
    return list(value)


#: How results of queries give decimals: as they came, or as floats.
DECIMALS = ("exact", "float64")

#: Where the ids are that people take names or paths for.
IDS_OF_MODELS = "read_models() has the ids of models beside their names."
IDS_OF_FOLDERS = "read_folders() has the ids of folders beside their paths."


def check_id(name: str, value: object, hint: str | None = None) -> None:
    """Refuse what cannot be an id. Ids are opaque: whether it is one is for Omni to say.

    Parameters
    ----------
    hint : str, optional
        Where such ids are found.
    """
    possible = (
        isinstance(value, str)
        and value.strip() not in {"", ".", ".."}
        and value.isprintable()
        and whole_text(value) == value
    )
    if not possible:
        shown = repr(value) if isinstance(value, str) else type(value).__name__
        raise ArgumentError(f"{name}={shown:.60} is not an id.", hint=hint)


def check_flag(name: str, value: bool) -> None:
    """Refuse what is not a boolean: the text ``"false"`` would count as true."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{name}={value!r} must be True or False.")


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
    near = difflib.get_close_matches(str(value), legal, n=1, cutoff=0.5)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(
        f"{name}={value!r} is not known.", hint=f"{guess}It takes: {', '.join(legal)}."
    )
