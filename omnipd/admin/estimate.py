"""What any read would cost, before it is made."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.export_inventory import export_inventory
from omnipd.admin.inventory import read_inventory
from omnipd.admin.inventory_cost import calls_of, estimate_inventory
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.arguments import said
from omnipd.call import WouldSend, one_call, rehearsal
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, held_warnings
from omnipd.frames.columns import COUNT, NUMBER, TEXT
from omnipd.frames.to_pandas import to_frame
from omnipd.lists.fanout import minutes_for
from omnipd.readers.document_access import read_document_permissions
from omnipd.readers.scope_all import ALL
from omnipd.readers.users import read_users

#: What may be named: the readers that ask once for each parent, the lists, and the inventory.
_READERS: dict[str, Callable[..., Any]] = {
    name: getattr(part.read, "func", part.read) for name, part in ALL_PARTS.items()
} | {
    "document_permissions": read_document_permissions,
    "inventory": read_inventory,
}
#: Options that say nothing of what is read.
_NOT_ASKED = {
    "checkpoint",
    "errors",
    "format",
    "full_every",
    "keep",
    "max_calls",
    "refresh",
    "since",
}


def estimate(
    reader: Callable[..., Any] | str,
    /,
    *arguments: Any,
    client: Client | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Estimate what a read would cost, without making it.

    Parameters
    ----------
    reader : callable or str
        A reader, or its name without ``read_``: ``"document_access"``, ``"users"``, ``"inventory"``.
    *arguments
        What the reader would be given by position.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
    **options
        What the reader would be given by name.

    Returns
    -------
    pandas.DataFrame
        One row per list, with ``name`` (string), ``calls`` (int64): the requests that are still needed,
        null where they cannot be counted; ``stored`` (int64): how many answers are in the cache or the
        checkpoint already, null where that is not known; ``minutes`` (float64): what the calls take at
        the pace of the key, null without one.

    Raises
    ------
    ArgumentError
        For a reader that is not known, and for what the reader would refuse.
    OmniError
        If a first page that has to be asked for cannot be read.

    See Also
    --------
    omnipd.estimate_inventory : What an inventory costs with an empty cache.

    Notes
    -----
    A reader that asks once for each parent sends nothing. Of a list the first page is asked for, which
    says how many rows there are. A parent with more rows than fit on a page needs more than one call.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents()
    ...     access = omnipd.read_document_access(documents[:100])
    ...     cost = omnipd.estimate("document_access", documents)
    >>> cost[["name", "calls", "stored"]]
                  name  calls  stored
    0  document_access    477     100
    """
    function = _reader(reader)
    client = current_client(client)
    if function in {read_inventory, export_inventory}:
        asked = {name: one for name, one in options.items() if name not in _NOT_ASKED | {"strict"}}
        cost = estimate_inventory(**asked, client=client)
        rows = [
            (name, calls, None) for name, calls in zip(cost["name"], cost["calls"], strict=True)
        ]
        return _frame(rows, client)
    name = function.__name__.removeprefix("read_")
    with one_call(), held_warnings():
        try:
            with rehearsal():
                frame = function(*arguments, **options, client=client)
        except WouldSend as lacks:
            calls, stored = lacks.requests, lacks.stored
        else:
            facts = frame.attrs["omni"]
            return _frame([(name, 0, facts.get("parents", 1))], client)
        if calls is None:
            calls, stored = _pages(name, arguments, options, client), 0
    return _frame([(name, calls, stored)], client)


def _reader(reader: Callable[..., Any] | str) -> Callable[..., Any]:
    """Return a reader by itself or by its name."""
    if isinstance(reader, str):
        name = reader.removeprefix("read_")
        if name in _READERS:
            return _READERS[name]
        near = difflib.get_close_matches(name, _READERS, n=1, cutoff=0.5)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        raise ArgumentError(
            f"{reader!r} is no reader.", hint=f"{guess}A reader's name is that of its function."
        )
    if reader in _READERS.values() or reader is export_inventory:
        return reader
    raise ArgumentError(
        f"{said(reader):.60} is no reader.",
        hint="Pass a function such as omnipd.read_document_access.",
    )


def _pages(
    name: str,
    arguments: Sequence[Any],
    options: dict[str, Any],
    client: Client,
) -> int | None:
    """Return how many calls a list takes, by what its first page says; one where it has no pages."""
    function, part = _READERS[name], ALL_PARTS.get(name)
    if "limit" not in inspect.signature(function).parameters:
        return 1
    if part is not None and part.same_as is not None:
        part = ALL_PARTS[part.same_as]
    if options.get("scope") == ALL:
        # The list of all people, one for the organization, and one for each person.
        people = estimate(read_users, client=client)["calls"][0]
        public = {**options, "scope": None, "errors": "raise", "checkpoint": None}
        own = estimate(function, *arguments, **public, client=client)["calls"][0]
        count = read_users(limit=1, client=client).attrs["omni"].get("total")
        return None if pd.isna(own) or count is None else int(people + own + count)
    first = function(*arguments, **{**options, "limit": 1}, client=client)
    total: int | None = first.attrs["omni"].get("total")
    wanted = options.get("limit")
    if total is None:
        return None
    rows = total if wanted is None else min(total, int(wanted))
    return calls_of(rows, part)


def _frame(rows: Sequence[tuple[str, Any, Any]], client: Client) -> pd.DataFrame:
    names, calls, stored = zip(*rows, strict=True) if rows else ((), (), ())
    needed = [None if pd.isna(number) else int(number) for number in calls]
    pace = client.requests_per_minute
    minutes = [
        None if number is None or pace is None else minutes_for(number, pace) for number in needed
    ]
    columns = {
        "name": pa.array(names, TEXT),
        "calls": pa.array(needed, COUNT),
        "stored": pa.array(stored, COUNT),
        "minutes": pa.array(minutes, NUMBER),
    }
    return to_frame(pa.table(columns), {"instance": client.base_url})
