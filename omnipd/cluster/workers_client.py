"""How a worker comes to its client: from what it finds itself, never from a key that is sent to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from omnipd.arguments import argument, function, refuse_key
from omnipd.client import blocks
from omnipd.client.client import Client
from omnipd.client.current_client import client_of_environment, connect, current_client
from omnipd.errors import ArgumentError, OmniError, SettingsError
from omnipd.locks import load, new_lock

#: So many clients are held by a process at most; who still works with an older one holds it.
_MOST_HELD = 8
_held: dict[str, Client] = {}
_making = new_lock()

_HINT = (
    "Workers find Omni by their own environment, by "
    + argument("profile", ...)
    + ", or by a function as "
    + argument("connect", ...)
    + " that calls "
    + function("connect")
    + " there."
)


@dataclass(frozen=True)
class WorkersClient:
    """How each worker makes its client; it holds no key, and is a part of what all workers are sent.

    Attributes
    ----------
    connect : callable or None
        Makes a client; called once in each process.
    profile : str or None
        The profile of Omni's command line; where there is neither, the environment says which Omni.
    base_url : str
        The Omni that all of them have to ask.
    """

    connect: Callable[[], Client] | None = None
    profile: str | None = None
    base_url: str = ""
    _name: str = field(default_factory=lambda: secrets.token_hex(8))

    def client(self) -> Client:
        """Return the client of this process; refuse one that asks another Omni than was planned with."""
        client = self._made()
        if self.base_url and client.base_url != self.base_url:
            raise SettingsError(
                f"A worker would ask {client.base_url}, and the pieces are those of {self.base_url}.",
                hint="Give all workers the same environment. " + _HINT,
            )
        return client

    def _made(self) -> Client:
        if self.connect is None and self.profile is None:
            return client_of_environment()
        with _making:
            if self._name not in _held:
                client: Any = self.connect() if self.connect else connect(profile=self.profile)
                if not isinstance(client, Client):
                    raise ArgumentError(
                        argument("connect") + f" returned {type(client).__name__}, and no Client."
                    )
                _held[self._name] = client
                while len(_held) > _MOST_HELD:
                    del _held[next(iter(_held))]
            return _held[self._name]


def workers_client(connect: object, profile: str | None) -> tuple[WorkersClient, Client]:
    """Check how workers are to make their clients, and make one of them here.

    Parameters
    ----------
    connect, profile
        As for :func:`omnipd.dask_frame`.

    Raises
    ------
    ArgumentError
        For what cannot be sent to a worker: a Client, or a function that holds a key.
    """
    if isinstance(connect, Client):
        raise ArgumentError(
            argument("connect")
            + " is a Client. It holds an API key, which goes into no task and cannot be pickled.",
            hint=_HINT,
        )
    if connect is not None and not callable(connect):
        raise ArgumentError(
            argument("connect", connect) + " is not a function that returns a Client.", hint=_HINT
        )
    if connect is not None and profile is not None:
        raise ArgumentError(
            argument("connect") + " and " + argument("profile") + " do not go together."
        )
    theirs = WorkersClient(connect, profile)
    if connect is None and profile is None:
        _refuse_client_around()
    else:
        refuse_unsendable(theirs)  # before it is called: what it returns would be the caller's own
    client = theirs.client()
    return WorkersClient(connect, profile, client.base_url, theirs._name), client


def refuse_unsendable(sent: object) -> None:
    """Refuse what workers cannot be sent, and what has an API key in it.

    Raises
    ------
    ArgumentError
        Saying which.
    """
    try:
        pickled = load("cloudpickle").dumps(sent)
    except Exception as error:  # noqa: BLE001 - any object may refuse in a way of its own
        reason = str(error) or type(error).__name__
    else:
        refuse_key(
            "What would be sent to the workers, " + argument("connect") + " with it,",
            pickled.decode("latin-1"),
        )
        return
    raise ArgumentError(
        argument("connect") + f" cannot be sent to a worker: {reason}.",
        hint="It has to make a client there, and to hold none. " + _HINT,
    )


def _refuse_client_around() -> None:
    """Refuse a client of a with block, or of use(), that no worker could make from its environment."""
    try:
        around = current_client()
    except SettingsError:
        if blocks.open_anywhere() is None:
            raise  # nothing says which Omni
        return
    try:
        same = client_of_environment().fingerprint == around.fingerprint
    except OmniError:
        same = False
    if not same:
        raise ArgumentError(
            f"{around!r} is the client here, and it cannot be sent to workers: it holds an API key. The "
            "environment does not lead to the same Omni and key.",
            hint=_HINT,
        )
