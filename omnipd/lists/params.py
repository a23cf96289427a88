"""Query parameters: an argument of a reader → its form on the wire, or a refusal by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from omnipd.arguments import argument, as_list, check_choice, check_flag, check_id, refuse_key
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.unicode_text import whole_text

#: What a caller gave, and who asks → the id that is meant.
Lookup = Callable[[str, Client], str]

#: The same done locally: the table and the reader's arguments → the table.
ClientSide = Callable[[pa.Table, Mapping[str, Any]], pa.Table]


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
    client_side : callable, optional
        How to do the same locally, ``(table, arguments) → table``, for what some servers refuse.
    maybe_unsupported : tuple of str
        The values that some servers refuse, when it is not all of them.
    lookup : callable, optional
        Returns the id where a name may stand for one; it may ask Omni.
    """

    wire: str
    kind: Literal["text", "id", "choice", "list", "flag"] = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    client_side: ClientSide | None = None
    maybe_unsupported: tuple[str, ...] = ()
    lookup: Lookup | None = None

    def may_be_refused(self, value: Any) -> bool:
        """Whether some servers answer 400 to this value of the parameter."""
        return self.client_side is not None and (
            not self.maybe_unsupported or value in self.maybe_unsupported
        )

    def materialize(self, value: Any) -> Any:
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
        items = as_list(name, value)
        if not items:
            raise ArgumentError(
                argument(name, []) + " is empty; leave it out to ask for everything."
            )
        encoded = [self._encode_one(name, item) for item in items]
        for item in encoded:
            if "," in item:
                raise ArgumentError(
                    argument(name, item) + " holds a comma, which separates values on the wire."
                )
        return ",".join(encoded)

    def looked_up(self, encoded: str, client: Client) -> str:
        """Return what :meth:`encode` returned with ids in place of names."""
        if self.lookup is None:
            return encoded
        parts = encoded.split(",") if self.kind == "list" else [encoded]
        return ",".join(self.lookup(part, client) for part in parts)

    def _encode_one(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise ArgumentError(
                argument(name, value) + f" must be text, not {type(value).__name__}."
            )
        if whole_text(value) != value:
            raise ArgumentError(
                argument(name, value) + " is not valid Unicode: it has a lone surrogate."
            )
        if not value.strip():
            # An empty filter is dropped by the server: it would answer with everything.
            raise ArgumentError(
                argument(name, value) + " is empty; leave it out to ask for everything."
            )
        refuse_key(argument(name), value)
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


#: The direction of a sorted list, as nearly every call spells it.
SORT_DIRECTION = Param("sortDirection", "choice", choices("asc", "desc"))
