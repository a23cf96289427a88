"""What the tiles of a dashboard show, as frames."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import pandas as pd

from omnipd.client import Client, current_client
from omnipd.documents import read_document_queries
from omnipd.errors import ArgumentError, NotFoundError, OmniError, ResponseError
from omnipd.many import run_each
from omnipd.params import check_choice
from omnipd.queries import Ready, check_options, run_query


def run_document_query(
    document: str, query: str, *, client: Client | None = None, **options: Any
) -> pd.DataFrame:
    """Run what one tile of a dashboard shows.

    Parameters
    ----------
    document : str
        Identifier of the document.
    query : str
        Name of the tile, or the id of its query.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.
    **options
        Any other keyword of :func:`omnipd.run_query`, such as ``limit="all"``.

    Returns
    -------
    pandas.DataFrame
        As from :func:`omnipd.run_query`. The dashboard's own filters are not applied.

    Raises
    ------
    ArgumentError
        If the document has no such tile, or several of that name; the message has those it has.
    NotFoundError
        If the document has no dashboard, or cannot be seen.
    OmniError
        As :func:`omnipd.run_query` raises it.

    See Also
    --------
    run_document : All tiles of a dashboard.
    omnipd.read_document_queries : The queries themselves.

    Notes
    -----
    A tile whose query names no limit gives at most 1000 rows, as Omni has it; a result with exactly
    as many rows as its limit is warned of.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents()
    ...     document = documents.loc[documents["has_dashboard"], "identifier"].iloc[0]
    ...     tiles = omnipd.read_document_queries(document)
    ...     df = omnipd.run_document_query(document, tiles["name"].iloc[0])
    >>> len(df) > 0
    True
    """
    client = current_client(client)
    tiles = _tiles(document, client)
    found = tiles[(tiles["name"] == query) | (tiles["id"] == query)]
    names = [str(name) for name in tiles["name"]]
    if found.empty:
        near = difflib.get_close_matches(str(query), names, n=1)
        raise ArgumentError(
            f"Document {document} has no tile {query!r}; it has {', '.join(map(repr, names))}.",
            hint=f"Did you mean {near[0]!r}?" if near else None,
        )
    if len(found) > 1:
        raise ArgumentError(
            f"Document {document} has {len(found)} tiles named {query!r}.",
            hint=f"Pass the id of one: {', '.join(found['id'])}.",
        )
    return run_query(_query_of(found["query"].iloc[0], query), client=client, **options)


def run_document(
    document: str,
    *,
    errors: Literal["raise", "collect"] = "raise",
    client: Client | None = None,
    **options: Any,
) -> dict[str, pd.DataFrame]:
    """Run what all tiles of a dashboard show, some at the same time.

    Parameters
    ----------
    document : str
        Identifier of the document.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` leaves an OmniError where a tile failed or cannot be run as it is stored;
        ``raise`` raises the first such error when all have ended.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.
    **options
        Any other keyword of :func:`omnipd.run_query`, for all tiles alike.

    Returns
    -------
    dict of str to pandas.DataFrame
        By the names of the tiles, in their order; of tiles with one name the later ones have a
        number behind it. As from :func:`run_document_query`.

    Raises
    ------
    NotFoundError
        If the document has no dashboard, or cannot be seen.
    OmniError
        The first failure of a tile; ``partial`` is the dict of the others.

    See Also
    --------
    run_document_query : One tile.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents()
    ...     document = documents.loc[documents["has_dashboard"], "identifier"].iloc[0]
    ...     frames = omnipd.run_document(document)
    >>> all(len(df) > 0 for df in frames.values())
    True
    """
    check_choice("errors", errors, ("raise", "collect"))
    check_options(options)
    client = current_client(client)
    # What is wrong with the options is the caller's doing, and no tile's.
    Ready({"modelId": str(UUID(int=0)), "fields": ["any"]}, client=client, **options)
    tiles = _tiles(document, client)
    names = _distinct([str(name) for name in tiles["name"]])
    ready = [
        _ready(query, name, client, options)
        for query, name in zip(tiles["query"], names, strict=True)
    ]
    called = [f"tile {name!r}" for name in names]
    frames: dict[str, Any] = dict(zip(names, run_each(ready, called), strict=True))
    for name, outcome in frames.items():
        if isinstance(outcome, OmniError) and errors == "raise":
            outcome.message += (
                f"\nThat was the tile {name!r}; the others are in the error's .partial."
            )
            outcome.partial = frames
            raise outcome
    return frames


def _ready(query: Any, name: str, client: Client, options: Mapping[str, Any]) -> Ready | OmniError:
    """Return a tile's query to be run, or why it cannot be: it was stored, and is not the caller's."""
    try:
        return Ready(_query_of(query, name), client=client, **options)
    except OmniError as error:
        return error


def _query_of(stored: Any, name: str) -> dict[str, Any]:
    """Return the query object of a tile, which is never taken for the name of a file."""
    query = json.loads(stored) if isinstance(stored, str) else None
    if not isinstance(query, dict):
        raise ResponseError(f"Omni gave no query for the tile {name!r}.")
    return query


def _tiles(document: str, client: Client) -> pd.DataFrame:
    if not isinstance(document, str) or not document:
        shown = repr(document) if isinstance(document, str) else type(document).__name__
        raise ArgumentError(
            f"document={shown:.60} is not the identifier of a document.",
            hint="Pass one of read_documents()['identifier'].",
        )
    tiles = read_document_queries(document, client=client)
    if tiles.empty:
        raise NotFoundError(
            f"Document {document} has no tiles: it has no dashboard, is gone, or is not yours to see.",
            hint="read_documents() has the identifiers; has_dashboard says which have tiles.",
        )
    return tiles


def _distinct(names: list[str]) -> list[str]:
    """Return the names with a number behind those that came before."""
    distinct: list[str] = []
    for name in names:
        number, other = 2, name
        while other in distinct:
            number, other = number + 1, f"{name} ({number})"
        distinct.append(other)
    return distinct
