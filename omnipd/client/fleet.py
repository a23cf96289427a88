"""Several Omnis under names: what is read of all of them is one frame, and nothing of them is mixed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NoReturn, Self

from omnipd.arguments import argument, check_choice, function, refuse_key, said_shortly
from omnipd.client import blocks
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.message import join

if TYPE_CHECKING:
    # For type checkers only: whatever is typed to take a client takes a fleet, or refuses it by name. It
    # is none, and has nothing of one: an address, a key and a limit belong to one Omni.
    _AsClient = Client
else:
    _AsClient = object

#: A name is a value in frames, and the folder of an export or a checkpoint on any system.
_NAME = re.compile(r"[^\W_](?:[\w .-]*[\w-])?")


class Fleet(_AsClient):
    """Several Omnis, each under a name of its own: dev and prod, or the Omni of each customer.

    Readers, inventories and exports take it as ``client=``. They ask all its Omnis at the same time, each
    with its own key, limit and cache, and give one frame with the name of the Omni in the column
    ``instance``, which is the first. ``with fleet:`` and :func:`omnipd.use` make it the default, as for a
    client; ``fleet["dev"]`` is the client of one. What works with one Omni only refuses a fleet.

    Parameters
    ----------
    clients : mapping of str to Client
        The clients by name. A name is text of letters, digits, spaces, ``.``, ``_`` and ``-``.
    errors : {"raise", "collect"}, default "raise"
        What becomes of a call when one Omni cannot be read. ``raise`` raises its error when the others
        are done; its ``partial`` holds what was read. ``collect`` goes on without it: it is missing
        from the frame, which is marked incomplete, and ``df.attrs["omni"]["failures"]`` says why by its
        name. When none can be read the error is raised in either case.

    Raises
    ------
    ArgumentError
        If there is no client, or a name or a client is none.

    See Also
    --------
    omnipd.connect : Makes a client.
    omnipd.outcomes : What became of each Omni.

    Examples
    --------
    >>> import omnipd
    >>> fleet = omnipd.Fleet(
    ...     {"dev": omnipd.sandbox(size="tiny"), "prod": omnipd.sandbox(documents=20)}
    ... )
    >>> with fleet:
    ...     documents = omnipd.read_documents()
    >>> documents.groupby("instance").size().to_dict()
    {'dev': 4, 'prod': 19}
    """

    def __init__(
        self, clients: Mapping[str, Client], *, errors: Literal["raise", "collect"] = "raise"
    ) -> None:
        check_choice("errors", errors, ("raise", "collect"))
        refuse_key(argument("clients"), list(clients) if isinstance(clients, Mapping) else clients)
        if not isinstance(clients, Mapping) or not clients:
            raise ArgumentError(
                argument("clients") + f" is {said_shortly(clients)}, not clients by their names.",
                hint="Give each a name, such as dev and prod.",
            )
        for name, client in clients.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise ArgumentError(
                    f"{said_shortly(name)} is not a name of an Omni.",
                    hint='Take letters, digits, spaces, ".", "_" and "-", as for a folder.',
                )
            if not isinstance(client, Client):
                raise ArgumentError(
                    f"What is named {name} is {type(client).__name__}, not a Client.",
                    hint="Make one with " + function("connect") + ".",
                )
        if len({name.casefold() for name in clients}) < len(clients):
            raise ArgumentError(
                "Two names differ in their case only, and may be the same folder on a disk."
            )
        self._clients = dict(clients)
        self.errors = errors

    def __getitem__(self, name: str) -> Client:
        """Return the client of one Omni."""
        if name in self._clients:
            return self._clients[name]
        near = difflib.get_close_matches(str(name), self._clients, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise KeyError(
            f"{said_shortly(name)} is not in this fleet; it has {', '.join(self)}.{guess}"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._clients)

    def __len__(self) -> int:
        return len(self._clients)

    def items(self) -> list[tuple[str, Client]]:
        """Return each name with its client."""
        return list(self._clients.items())

    def values(self) -> list[Client]:
        """Return the clients."""
        return list(self._clients.values())

    def close(self) -> None:
        """Close the connections of all its clients; a sandbox ends."""
        for client in self.values():
            client.close()

    def __enter__(self) -> Self:
        """Make this the default of this context."""
        blocks.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        if blocks.leave(self):
            self.close()

    def __dir__(self) -> list[str]:
        return ["close", "errors", "items", "values"]

    def __repr__(self) -> str:
        told = ", ".join(f"{name}: {client.base_url}" for name, client in self.items())
        return f"<omnipd.Fleet {told}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Fleet holds keys and cannot be pickled: make it again where it is needed"
        )

    def refuse(self, called: str) -> NoReturn:
        """Refuse to be used as one client."""
        raise ArgumentError(
            f"{called}() works with one Omni, not with a fleet of {join(list(self), ' and ')}.",
            hint=f"Pass the client of one, such as fleet[{next(iter(self))!r}], as "
            + argument("client")
            + ".",
        )
