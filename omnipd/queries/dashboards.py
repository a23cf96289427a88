"""What the tiles of a dashboard show, as frames."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Unpack
from uuid import UUID

import pandas as pd

from omnipd.arguments import argument, check_choice, function
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import (
    ArgumentError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    OmniError,
    ResponseError,
    warn,
)
from omnipd.queries import find_dashboard
from omnipd.queries.check_topic import topic_fields
from omnipd.queries.job.options import QueryKeywords, check_keywords
from omnipd.queries.language.check_fields import KnownField
from omnipd.queries.language.dashboard_filters import (
    Changes,
    DashboardFilters,
    Filtered,
    check_shape,
    control_of,
)
from omnipd.queries.run_queries import run_each
from omnipd.queries.run_query import Ready
from omnipd.readers.dashboard_filters import read_dashboard_filters
from omnipd.readers.documents import read_document_details, read_document_queries
from omnipd.readers.model_list import model_id


def run_document_query(
    document: str,
    query: str,
    *,
    filters: Changes = "dashboard",
    errors: Literal["raise", "collect"] = "raise",
    client: Client | None = None,
    **options: Unpack[QueryKeywords],
) -> pd.DataFrame:
    """Run what one tile of a dashboard shows.

    Parameters
    ----------
    document : str
        The dashboard, as for :func:`run_document`.
    query : str
        Name of the tile, or the id of its query.
    filters : "dashboard", dict, condition, list of conditions or None, default "dashboard"
        As for :func:`run_document`. A filter that is changed and does not reach this tile is
        refused.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` runs the tile without the filters that cannot be applied, with a warning.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
    **options
        Any other keyword of :func:`omnipd.run_query`, such as ``limit="all"``.

    Returns
    -------
    pandas.DataFrame
        As from :func:`omnipd.run_query`; ``df.attrs["omni"]`` has ``filters_applied`` and
        ``filters_not_applied`` as for :func:`run_document`.

    Raises
    ------
    ArgumentError
        If the document has no such tile, or several of that name; the message has those it has.
        For filters as in :func:`run_document`.
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
    ...     tile = "Customers by state"
    ...     shown = omnipd.run_document_query("w9kwzitc27", tile)
    ...     socks = omnipd.field("products.category") == "Socks"
    ...     of_socks = omnipd.run_document_query(
    ...         "w9kwzitc27", tile, filters={"Ordered": None, "Category": socks}
    ...     )
    >>> len(shown), len(of_socks)
    (0, 7)
    """
    check_choice("errors", errors, ("raise", "collect"))
    check_keywords(options)
    check_shape(filters)
    client = current_client(client)
    with one_call(options.get("timeout")):
        _look_up_model(options, client)
        board = _opened(document, client)
        [tile] = _filtered(board, _tile(board, query), [query], filters, errors, client, options)
        if isinstance(tile, OmniError):
            raise tile
        return _marked(Ready(tile.query, client=client, **options).frame(), tile)


def _tile(board: _Board, query: str) -> pd.DataFrame:
    """Return the one tile that has a name, or whose query has an id."""
    tiles = board.tiles
    if not isinstance(query, str):
        raise ArgumentError(argument("query", query) + " is not the name of a tile.")
    found = tiles[(tiles["name"] == query) | (tiles["query_id"] == query)]
    names = [str(name) for name in tiles["name"]]
    if found.empty:
        near = difflib.get_close_matches(str(query), names, n=1)
        raise ArgumentError(
            f"Document {board.identifier} has no tile {query!r}; it has "
            f"{', '.join(map(repr, names))}.",
            hint=f"Did you mean {near[0]!r}?" if near else None,
        )
    if len(found) > 1:
        raise ArgumentError(
            f"Document {board.identifier} has {len(found)} tiles named {query!r}.",
            hint=f"Pass the id of one: {', '.join(found['query_id'])}.",
        )
    return found


def run_document(
    document: str,
    *,
    filters: Changes = "dashboard",
    errors: Literal["raise", "collect"] = "raise",
    client: Client | None = None,
    **options: Unpack[QueryKeywords],
) -> dict[str, pd.DataFrame]:
    """Run what all tiles of a dashboard show, some at the same time.

    Parameters
    ----------
    document : str
        The dashboard: its identifier, its address as a browser shows it, or its name, if no other
        has it. Filters that an address sets (``f--view.field=``) are set.
    filters : "dashboard", dict, condition, list of conditions or None, default "dashboard"
        ``dashboard`` is what people see who open it: each filter and control as it is set at first,
        on the tiles that it is bound to. A dict changes some of that: the id, the label or the
        field of a filter, and a condition (``omnipd.field("users.state") == "Texas"``), Omni's
        filter object, or values, where only one thing can be meant by them; None as a value takes
        the filter away. A list of conditions changes the filters on their fields. None runs the
        tiles as they are stored.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` leaves an OmniError where a tile failed or cannot be run as it is stored, and
        runs a tile without those filters of its dashboard that cannot be applied, which is a
        warning and stands in the frame's ``filters_not_applied``; ``raise`` runs nothing then,
        and raises the first failure of a tile when all have ended.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
    **options
        Any other keyword of :func:`omnipd.run_query`, for all tiles alike; ``timeout`` is for all
        of them together.

    Returns
    -------
    dict of str to pandas.DataFrame
        By the names of the tiles, in their order; of tiles with one name the later ones have a
        number behind it. ``df.attrs["omni"]["filters_applied"]`` lists the filters of the
        dashboard that are on a tile, each with ``id``, ``label``, ``field`` and ``filter``;
        ``filters_not_applied`` those that should be, with ``reason`` in place of the filter.

    Raises
    ------
    ArgumentError
        For a name that no filter of the dashboard has, and for values of which it is not clear
        what they mean; and where a filter cannot be applied: its kind is not known, a control
        changes tiles in a way that is not known, or the topic of a tile lacks the field. No query
        was sent.
    NotFoundError
        If there is no such dashboard, or it cannot be seen.
    OmniError
        The first failure of a tile; ``partial`` is the dict of the others.

    Warns
    -----
    OmniWarning
        With ``errors="collect"`` of the filters that could not be applied.

    See Also
    --------
    run_document_query : One tile.
    omnipd.read_dashboard_filters : The filters themselves.

    Notes
    -----
    A filter of the dashboard takes the place of the tile's own on the same field; two of them on
    one field keep the rows of either. SQL by hand is not filtered, as in Omni.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     shown = omnipd.run_document("w9kwzitc27")
    ...     ever = omnipd.run_document("w9kwzitc27", filters={"Ordered": None, "Category": None})
    >>> [(name, len(df), len(ever[name])) for name, df in shown.items()]
    [('Revenue by month', 0, 14), ('Items sold at full price', 0, 170), ('Customers by state', 0, 7)]
    >>> [one["label"] for one in shown["Revenue by month"].attrs["omni"]["filters_applied"]]
    ['Ordered', 'Category']
    """
    check_choice("errors", errors, ("raise", "collect"))
    check_keywords(options)
    check_shape(filters)
    client = current_client(client)
    # What is wrong with the options is the caller's doing, and no tile's.
    Ready({"modelId": str(UUID(int=0)), "fields": ["any"]}, client=client, **options)
    with one_call(options.get("timeout")):
        _look_up_model(options, client)
        board = _opened(document, client)
        names = _distinct([str(name) for name in board.tiles["name"]])
        tiles = _filtered(board, board.tiles, names, filters, errors, client, options)
        ready = [_ready(tile, client, options) for tile in tiles]
        called = [f"tile {name!r}" for name in names]
        frames: dict[str, Any] = dict(zip(names, run_each(ready, called, client), strict=True))
    for tile, outcome in zip(tiles, frames.values(), strict=True):
        if isinstance(outcome, pd.DataFrame) and isinstance(tile, Filtered):
            _marked(outcome, tile)
    for name, outcome in frames.items():
        if isinstance(outcome, OmniError) and errors == "raise":
            outcome.add_note(f"That was the tile {name!r}; the others are in the error's .partial.")
            outcome.partial = frames
            raise outcome
    return frames


@dataclass(frozen=True)
class _Board:
    """A dashboard that was found, with its tiles and the filters that its address sets."""

    identifier: str
    tiles: pd.DataFrame
    set_by_url: Mapping[str, Any]


def _look_up_model(options: QueryKeywords, client: Client) -> None:
    """Put a model's id in place of its name: here, so that all tiles ask once for the names."""
    if (model := options.get("model")) is not None:
        options["model"] = model_id(model, client)


def _opened(document: str, client: Client) -> _Board:
    """Find a dashboard by its address, its identifier or its name; an identifier needs no list."""
    set_by_url: Mapping[str, Any] = {}
    if not isinstance(document, str) or not document:
        return _Board("", _tiles(document, client), {})
    if "://" in document:
        document, set_by_url = find_dashboard.read_url(document, client)
    elif not find_dashboard.is_like_identifier(document):
        document = find_dashboard.identifier_of(document, client) or document
    try:
        return _Board(document, _tiles(document, client), set_by_url)
    except NotFoundError as error:
        if set_by_url or not find_dashboard.is_like_identifier(document):
            raise
        missing = error
    # Outside, so that what is wrong with the name does not show the error of the identifier, too.
    named = _named(document, client, missing)
    return _Board(named, _tiles(named, client), {})


def _named(document: str, client: Client, missing: NotFoundError) -> str:
    """Return the identifier of the dashboard that has a name which looks like an identifier."""
    try:
        named = find_dashboard.identifier_of(document, client)
    except NotFoundError as error:
        missing.hint = error.hint
    except ArgumentError:
        raise
    except OmniError:
        if client.is_late:
            raise
        # without the list, what Omni said of the identifier is all there is
    else:
        if named is not None:
            return named
    raise missing


def _filtered(
    board: _Board,
    tiles: pd.DataFrame,
    names: list[str],
    changes: Any,
    errors: str,
    client: Client,
    options: Mapping[str, Any],
) -> list[Filtered | OmniError]:
    """Return the queries of tiles with the dashboard's filters on them, or why one has none.

    Raises
    ------
    ArgumentError
        For what is wrong with the changes, and unless errors are collected for filters that cannot
        be applied.
    """
    stored: list[dict[str, Any] | OmniError] = [
        _stored(query, name) for query, name in zip(tiles["query"], names, strict=True)
    ]
    if changes is None:
        return [one if isinstance(one, OmniError) else Filtered(one, [], []) for one in stored]
    wanted = _wanted_filters(board, changes, client, options)
    keys = [str(key) for key in tiles["query_identifier_map_key"]]
    whole = [(key, one) for key, one in zip(keys, stored, strict=True) if isinstance(one, dict)]
    for control, why in wanted.unreached(whole):
        raise ArgumentError(
            f"The filter {control} of the dashboard {board.identifier} does not reach "
            f"{', '.join(f'the tile {name!r}' for name in names)}: {why}.",
            hint="Leave it out of " + argument("filters") + ".",
        )
    known = _known_fields(whole, wanted, client, options)
    done = [
        one if isinstance(one, OmniError) else wanted.on(one, key, known.get(_topic_of(one)))
        for key, one in zip(keys, stored, strict=True)
    ]
    lacking = [
        f"On the tile {name!r} {each['label'] or each['id']!r}"
        f"{' (' + each['field'] + ')' if each['field'] else ''}: {each['reason']}."
        for name, one in zip(names, done, strict=True)
        if isinstance(one, Filtered)
        for each in one.not_applied
    ]
    if lacking:
        listed = "\n".join(lacking)
        if errors == "raise":
            raise ArgumentError(
                f"Not all filters of the dashboard {board.identifier} can be applied, and no query "
                f"was sent.\n{listed}",
                hint=(
                    argument("filters", {"…": None})
                    + " leaves one out, "
                    + argument("errors", "collect")
                    + " runs the tiles without those, "
                    + argument("filters", None)
                    + " runs them as they are stored."
                ),
            )
        warn(
            f"Filters of the dashboard {board.identifier} could not be applied: these tiles show "
            f"other figures than the dashboard.\n{listed}"
        )
    return done


def _wanted_filters(
    board: _Board, changes: Any, client: Client, options: Mapping[str, Any]
) -> DashboardFilters:
    """Read the filters of a dashboard, with what was changed in them."""
    try:
        rows = read_dashboard_filters(
            board.identifier, user_id=options.get("user_id"), client=client
        )
    except OmniError as error:
        error.add_note(
            "The filters of the dashboard could not be read, and no query was sent; "
            + argument("filters", None)
            + " runs the tiles as they are stored."
        )
        error.partial = None
        raise
    controls = [
        control_of(str(item), str(id_), json.loads(config) if isinstance(config, str) else None)
        for item, id_, config in zip(rows["item"], rows["item_id"], rows["config"], strict=True)
    ]
    wanted = DashboardFilters(board.identifier, controls, changes, board.set_by_url)
    if not wanted.are_bound:
        wanted.bind(_tile_map(board.identifier, client))
    return wanted


def _tile_map(identifier: str, client: Client) -> Any:
    """Return which tiles do not obey the filters as they are, by key of tile and id.

    The list of filters does not say it, so the details of the document are asked.
    """
    try:
        details = read_document_details(identifier, client=client)
    except (BadRequestError, ForbiddenError, NotFoundError):
        warn(
            f"Which tiles the filters of the dashboard {identifier} are bound to could not be read: "
            "they are put on all of them."
        )
        return {}
    text = next(iter(details["document_metadata"]), None)
    metadata = json.loads(text) if isinstance(text, str) else None
    if not isinstance(metadata, dict):
        return {}
    maps = [metadata.get(name) for name in ("tileFilterMap", "tileControlMap")]
    joined: dict[str, Any] = {}
    for one in maps:
        for key, held in (one if isinstance(one, dict) else {}).items():
            both = isinstance(held, dict) and isinstance(joined.get(key), dict)
            joined[key] = {**joined[key], **held} if both else held
    return joined


def _topic_of(query: Mapping[str, Any]) -> tuple[str, str]:
    return str(query.get("modelId")), str(query.get("join_paths_from_topic_name"))


def _known_fields(
    tiles: list[tuple[str, dict[str, Any]]],
    wanted: DashboardFilters,
    client: Client,
    options: Mapping[str, Any],
) -> dict[tuple[str, str], Mapping[str, KnownField] | None]:
    """Return the fields of the topics whose tiles have filters put on them, each read once."""
    needed: dict[tuple[str, str], set[str]] = {}
    asked: dict[tuple[str, str], dict[str, Any]] = {}
    for key, query in tiles:
        if not query.get("userEditedSQL") and (names := wanted.needed(key)):
            needed.setdefault(_topic_of(query), set()).update(names)
            asked[_topic_of(query)] = query
    known: dict[tuple[str, str], Mapping[str, KnownField] | None] = {}
    for place, query in asked.items():
        model = options.get("model") or query.get("modelId")
        try:
            known[place] = topic_fields(
                {**query, "modelId": model}, client, options.get("branch_id"), needed[place]
            )
        except ArgumentError:
            known[place] = None  # there is no such topic, which the tile itself will say
    return known


def _marked(df: pd.DataFrame, tile: Filtered) -> pd.DataFrame:
    """Say in a frame which filters of the dashboard are on it."""
    df.attrs["omni"] |= {
        "filters_applied": tile.applied,
        "filters_not_applied": tile.not_applied,
    }
    return df


def _ready(
    tile: Filtered | OmniError, client: Client, options: Mapping[str, Any]
) -> Ready | OmniError:
    """Return a tile's query to be run, or why it cannot be: it was stored, and is not the caller's."""
    if isinstance(tile, OmniError):
        return tile
    try:
        return Ready(tile.query, client=client, **options)
    except OmniError as error:
        return error


def _stored(stored: Any, name: str) -> dict[str, Any] | OmniError:
    """Return the query object of a tile, which is never taken for the name of a file."""
    query = json.loads(stored) if isinstance(stored, str) else None
    if not isinstance(query, dict):
        return ResponseError(f"Omni gave no query for the tile {name!r}.")
    return query


def _tiles(document: str, client: Client) -> pd.DataFrame:
    if not isinstance(document, str) or not document:
        raise ArgumentError(
            argument("document", document) + " is not the identifier of a document.",
            hint="Pass one of " + function("read_documents") + "['document_identifier'].",
        )
    tiles = read_document_queries(document, client=client)
    if tiles.empty:
        raise NotFoundError(
            f"Document {document} has no tiles: it has no dashboard, is gone, or is not yours to see.",
            hint=(
                function("read_documents")
                + " has the identifiers; has_dashboard says which have tiles."
            ),
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
