"""The published state of documents, as newer servers have it: its slices, and the tiles among them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import pandas as pd

from omnipd.arguments import function
from omnipd.client.client import Client
from omnipd.errors import ResponseError
from omnipd.frames.columns import TEXT, Column, as_json, count, text
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.parents import Parents
from omnipd.readers.documents import NO_DASHBOARD, PARENT, QUERY_PARTS

STATE = "/api/v2/documents/{document_identifier}"
#: What the state is refused for, and where else tiles and filters are.
NO_STATE = {
    422: "Documents of the classic layout, apps and documents without a dashboard have no such state; "
    + function("read_document_queries")
    + " and "
    + function("read_dashboard_filters")
    + " read the former."
}


def entries_of(state: Record, key: str) -> Iterator[tuple[Any, Any, int | None]]:
    """Yield what a slice of a state holds by id, each with its place; that is None where no order is told.

    Raises
    ------
    ResponseError
        If it is neither an object nor a list.
    """
    whole = state.get(key) or {}
    held = whole
    if isinstance(whole, dict) and isinstance(whole.get("data"), dict | list):
        held = whole["data"]
    if not isinstance(held, dict | list):
        raise ResponseError(f"The {key} of a document are neither an object nor a list.")
    order = whole.get("order") if isinstance(whole, dict) else None
    listed = order if isinstance(order, list) else []
    places = {str(name): place for place, name in enumerate(listed, 1)}
    for name, entry in held.items() if isinstance(held, dict) else _by_id(held):
        yield name, entry, places.get(str(name), len(places) + 1) if places else None


def _by_id(entries: list[Any]) -> Iterator[tuple[Any, Any]]:
    for entry in entries:
        known = entry if isinstance(entry, dict) else {}
        yield known.get("id", known.get("key")), entry


def _tile_rows(state: Record) -> Iterator[Record]:
    """Yield a row for each tile."""
    if "queryPresentations" not in state:
        raise ResponseError("The answer has no tiles of a document.")
    for key, entry, place in entries_of(state, "queryPresentations"):
        if not isinstance(entry, dict):
            raise ResponseError("A tile of a document is not an object.")
        yield {
            "key": key,
            "position": place,
            "name": entry.get("name"),
            "query": entry.get("query"),
            "presentation": {
                name: one for name, one in entry.items() if name not in {"name", "query"}
            }
            or None,
            "workbookModelId": state.get("workbookModelId"),
            "draftOf": state.get("draftOf"),
        }


DOCUMENT_TILES = FanOut(
    Endpoint(
        STATE,
        pages=paging.single,
        rows=None,
        unfold=_tile_rows,
        key=("query_identifier_map_key",),
        meanings=NO_STATE,
        columns={
            "query_identifier_map_key": text(
                "key", doc="Key of the tile: for downloads and alerts"
            ),
            "position": count("position", doc="Place among the tiles, from 1; null: not told"),
            "name": text("name", doc="Name of the tile"),
            **QUERY_PARTS,
            "presentation": Column(
                TEXT, ("presentation",), "What else Omni says of the tile, as JSON", as_json
            ),
            "workbook_model_id": text("workbookModelId", doc="Model of the document's own"),
            "draft_of": text("draftOf", doc="The document, where a draft was asked for"),
        },
    ),
    parent=PARENT,
    none_said=NO_DASHBOARD,
    none_column="has_dashboard",
)


@manual(DOCUMENT_TILES)
def read_document_tiles(
    documents: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the tiles of dashboards from their published state, one row each, with one call per document.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``; also the identifier of a draft. Only
        documents with a dashboard in the advanced layout: Omni answers 422 for others.

    See Also
    --------
    omnipd.read_document_controls : The filters and controls, from the same answers.
    omnipd.read_document_queries : The same queries from the older call, for the classic layout too.

    Notes
    -----
    It takes a newer Omni. A document whose ``has_dashboard`` is False in the frame has no rows.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=10)
    ...     tiles = omnipd.read_document_tiles(documents)
    >>> set(tiles["document_identifier"]) <= set(documents["document_identifier"])
    True
    """
    return DOCUMENT_TILES.read(documents, locals())
