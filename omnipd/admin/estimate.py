"""What any read would cost, before it is made."""

from __future__ import annotations

import difflib
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.admin.export_inventory import export_inventory
from omnipd.admin.inventory import identity_of, read_inventory
from omnipd.admin.inventory_cost import Calls
from omnipd.admin.inventory_parts import ALL_PARTS, names_of, with_needed
from omnipd.admin.inventory_read import InventoryRead
from omnipd.arguments import check_choice, said
from omnipd.cache.checkpoint import checkpointed
from omnipd.call import WouldSend, counting, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, held_warnings
from omnipd.frames.columns import COUNT, FLAG, NUMBER, TEXT
from omnipd.frames.to_pandas import to_frame
from omnipd.lists.each_instance import of_each_instance
from omnipd.lists.fanout import minutes_for
from omnipd.readers.ai_credit_usage import read_ai_credit_usage
from omnipd.readers.ai_skills import read_ai_skills
from omnipd.readers.any_list import read_records
from omnipd.readers.color_palettes import read_color_palettes
from omnipd.readers.content_search import read_content_search
from omnipd.readers.dashboard_filters import read_document_controls
from omnipd.readers.document_access import read_document_permissions
from omnipd.readers.document_state import read_document_tiles
from omnipd.readers.scope_all import ALL

#: What may be named: the readers that ask once for each parent, the lists, the inventory and its export.
_READERS: dict[str, Callable[..., Any]] = {
    name: getattr(part.read, "func", part.read) for name, part in ALL_PARTS.items()
} | {
    "ai_credit_usage": read_ai_credit_usage,
    "ai_skills": read_ai_skills,
    "color_palettes": read_color_palettes,
    "content_search": read_content_search,
    "document_controls": read_document_controls,
    "document_permissions": read_document_permissions,
    "document_tiles": read_document_tiles,
    "records": read_records,
    "inventory": read_inventory,
}


@of_each_instance()
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
        One row per list, with ``name`` (string); ``calls`` (int64): the requests that are still needed,
        null where they cannot be counted; ``at_least`` (bool): whether it may be more; ``stored``
        (int64): how many lists, or answers for a parent each, are in the cache or the checkpoint
        already; ``minutes`` (float64): what the calls take at the pace of the key, null without one;
        ``why_more`` (string): why it may be more, null where the number is sure.

    Raises
    ------
    ArgumentError
        For a reader that is not known, and for what the reader would refuse.
    OmniError
        If a first page that has to be asked for cannot be read.

    See Also
    --------
    omnipd.estimate_inventory : What an inventory costs.

    Notes
    -----
    What can be counted cheaply is: of a list the first page is asked for, which says how many rows there
    are. A reader that asks once for each parent sends nothing, but for what may have many pages for each:
    exposures of dbt and suggestions, of which the first page is asked for, of 40 models at most. Nothing of
    it is stored: the read makes the calls that are said, whether it comes now or later.

    What is not known before it is read is left out, and the figure is then "at least": a parent with more
    rows than fit on a page, what is personal with ``scope="all"``, and a list that the server does not
    count. For an inventory the topics of models, the runs of sets of prompts and the messages of
    conversations are read to count what is below them: a call for each, of the first 40 at most.
    Documents and schedules are read, up to 100 pages, where only some of them have what is below. What
    fails and is tried again is not counted. An export with ``since="last"`` is counted as if it asked for all.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents()
    ...     access = omnipd.read_document_access(documents[:100])
    ...     cost = omnipd.estimate("document_access", documents)
    >>> cost[["name", "calls", "at_least", "stored"]]
                  name  calls  at_least  stored
    0  document_access    477      True     100
    >>> cost["why_more"][0]
    'a list of more than 100 rows takes more than one call'
    """
    function = _reader(reader)
    client = current_client(client)
    if function in _OF_MANY:
        inspect.signature(function).bind_partial(*arguments, **options)  # what it does not take
        return _OF_MANY[function](client, **options)
    name = function.__name__.removeprefix("read_")
    with one_call(), held_warnings():
        try:
            with counting():
                frame = function(*arguments, **options, client=client)
        except WouldSend as lacks:
            calls = Calls(lacks.requests, lacks.stored, lacks.more)
        else:
            calls = Calls(0, frame.attrs["omni"].get("parents", 1))
    return _frame({name: calls}, client)


def estimate_inventory(
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    client: Client | None = None,
) -> pd.DataFrame:
    """Estimate what :func:`read_inventory` would cost, one row per frame.

    It asks for the first page of each list, for the server's count: eight calls unless more is included.

    Parameters
    ----------
    include, scope, client
        As for :func:`read_inventory`.

    Returns
    -------
    pandas.DataFrame
        As :func:`omnipd.estimate` gives it. A frame that is not asked for and is needed by another is
        there too.

    Raises
    ------
    ArgumentError
        For a name that is not known; nothing was sent.
    AuthenticationError, NetworkError, RateLimitError
        If nothing can be asked.

    See Also
    --------
    omnipd.estimate : The same of any reader, and of an export.

    Notes
    -----
    The notes of :func:`omnipd.estimate` say what is counted, and what is "at least".

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     cost = omnipd.estimate_inventory(include=["users", "document_access"])
    >>> cost[["name", "calls", "at_least"]]
                  name  calls  at_least
    0            users      4     False
    1        documents      6     False
    2  document_access    577      True
    """
    return estimate(read_inventory, include=include, scope=scope, client=client)


def _of_inventory(
    client: Client,
    *,
    include: Sequence[str] | str | None = None,
    scope: str = ALL,
    checkpoint: str | os.PathLike[str] | None = None,
    refresh: bool = False,
    strict: bool = True,
    **_: Any,
) -> pd.DataFrame:
    wanted = names_of(include)
    check_choice("scope", scope, (ALL, "organization"))
    reading = InventoryRead(client, scope, "collect", strict, refresh)
    with (
        one_call(),
        held_warnings(),
        counting(),  # which leaves the checkpoint as it is
        checkpointed(checkpoint, identity_of(client, wanted, scope), lambda: None),
    ):
        return _frame(reading.costs(with_needed(wanted, scope)), client)


def _of_export(
    client: Client,
    *,
    include: Sequence[str] | str | None = None,
    scope: str = ALL,
    **_: Any,
) -> pd.DataFrame:
    """Estimate an export, which asks for all, whatever the cache has."""
    return _of_inventory(client, include=include, scope=scope, refresh=True)


#: What is estimated list by list.
_OF_MANY: dict[Callable[..., Any], Callable[..., pd.DataFrame]] = {
    read_inventory: _of_inventory,
    export_inventory: _of_export,
}


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


def _frame(calls: Mapping[str, Calls], client: Client) -> pd.DataFrame:
    pace = client.requests_per_minute
    minutes = [
        None if one.needed is None or pace is None else minutes_for(one.needed, pace)
        for one in calls.values()
    ]
    columns = {
        "name": pa.array(calls, TEXT),
        "calls": pa.array([one.needed for one in calls.values()], COUNT),
        "at_least": pa.array([one.why_more is not None for one in calls.values()], FLAG),
        "stored": pa.array([one.stored for one in calls.values()], COUNT),
        "minutes": pa.array(minutes, NUMBER),
        "why_more": pa.array([one.why_more for one in calls.values()], TEXT),
    }
    return to_frame(pa.table(columns), {"instance": client.base_url})
