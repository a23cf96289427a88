"""What the tiles of a dashboard show, as frames."""

from __future__ import annotations

import difflib
from typing import Any, Literal

import pandas as pd

from omnipd.client import Client, current_client
from omnipd.documents import read_document_queries
from omnipd.errors import ArgumentError, NotFoundError, OmniError
from omnipd.many import run_queries
from omnipd.queries import run_query


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
    return run_query(str(found["query"].iloc[0]), client=client, **options)


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
        As for :func:`omnipd.run_queries`; ``collect`` leaves an OmniError where a tile failed.
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
    client = current_client(client)
    tiles = _tiles(document, client)
    names = _distinct([str(name) for name in tiles["name"]])
    queries = [str(query) for query in tiles["query"]]
    try:
        outcomes: list[Any] = run_queries(queries, errors="collect", client=client, **options)
    except ArgumentError as error:
        error.message = f"Document {document}: {error.message}"
        raise
    frames = dict(zip(names, outcomes, strict=True))
    for name, outcome in frames.items():
        if isinstance(outcome, OmniError) and errors == "raise":
            outcome.message += (
                f"\nThat was the tile {name!r}; the others are in the error's .partial."
            )
            outcome.partial = frames
            raise outcome
    return frames


def _tiles(document: str, client: Client) -> pd.DataFrame:
    if not isinstance(document, str) or not document:
        raise ArgumentError(f"document={document!r} is not the identifier of a document.")
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
