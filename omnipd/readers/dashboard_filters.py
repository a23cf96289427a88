"""The filters and controls of dashboards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

import pandas as pd

from omnipd.client.client import Client
from omnipd.errors import ResponseError
from omnipd.frames.columns import (
    TEXT,
    Column,
    Columns,
    as_json,
    count,
    text,
)
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.lists.parents import Parents
from omnipd.readers.document_state import NO_STATE, STATE, entries_of
from omnipd.readers.documents import NO_DASHBOARD, PARENT


def _filter_rows(dashboard: Record) -> Iterator[Record]:
    """Yield a row for each filter and each control of a dashboard."""
    if not {"filters", "controls", "filterOrder"} & dashboard.keys():
        raise ResponseError("The answer has neither filters nor controls of a dashboard.")
    order = dashboard.get("filterOrder")
    listed = order if isinstance(order, list) else []
    places = {str(item): place for place, item in enumerate(listed, 1)}
    known = {"identifier", "filterOrder", "filters", "controls"}
    rest = {key: dashboard[key] for key in dashboard.keys() - known}
    for item, key in (("filter", "filters"), ("control", "controls")):
        held = dashboard.get(key) or {}
        if not isinstance(held, dict):
            raise ResponseError(f"The {key} of a dashboard are not an object.")
        for name, config in held.items():
            yield rest | {
                "item": item,
                "id": name,
                "position": places.get(name),
                "config": config,
            }


def _of_config(*keys: str, doc: str, convert: Callable[[Any], Any] | None = None) -> Column:
    """Declare a column that stands inside a filter, which is kept whole beside it."""

    def found(config: Any) -> Any:
        held = config if isinstance(config, dict) else {}
        value = next((held[key] for key in keys if held.get(key) is not None), None)
        return value if value is None or convert is None else convert(value)

    return Column(TEXT, ("config",), doc, found)


def _control_rows(state: Record) -> Iterator[Record]:
    """Yield a row for each control in the state of a document, which the filters are among."""
    for name, entry, place in entries_of(state, "controls"):
        config = entry
        if isinstance(entry, dict) and isinstance(entry.get("config"), dict):
            # Beside it stands on which tiles it works.
            config = entry["config"] | {"map": entry.get("map") or {}}
        yield {
            "item": "filter" if _is_filter(config) else "control",
            "id": name,
            "position": place,
            "config": config,
        }


def _is_filter(config: Any) -> bool:
    """Whether a control is a filter: its type is that of a filter object, or it has none."""
    held = config if isinstance(config, dict) else {}
    return "fieldName" in held and "controlType" not in held and not str(held.get("type")).isupper()


def _part_of_field(part: Literal["view", "field"]) -> Callable[[Any], Any]:
    """Read the view or the name of a filter's field, which stand apart or in one text."""

    def found(config: Any) -> Any:
        held = config if isinstance(config, dict) else {}
        view, name = held.get("viewName"), held.get("fieldName")
        if view is None and isinstance(name, str) and "." in name:
            view, _, name = name.partition(".")
        return view if part == "view" else name

    return found


_FILTER_COLUMNS: Columns = {
    "item": text("item", doc="filter or control"),
    "item_id": text("id", doc="Id of the filter or control"),
    "position": count("position", doc="Place on the dashboard, from 1"),
    "label": _of_config("label", doc="What people read beside it"),
    "field": Column(TEXT, ("config",), "Field, without its view", _part_of_field("field")),
    "view": Column(TEXT, ("config",), "View of that field", _part_of_field("view")),
    "kind": _of_config("kind", "controlType", "type", doc="Kind of filter or control"),
    "filter_id": _of_config("filterId", doc="Filter that a control works on"),
    "default_value": _of_config(
        "defaultValue", doc="What it is set to at first, as JSON", convert=as_json
    ),
    "config": Column(TEXT, ("config",), "All that Omni says of it, as JSON", as_json),
}


#: The same in the published state.
_OF_STATE = Endpoint(
    STATE,
    pages=paging.single,
    rows=None,
    unfold=_control_rows,
    key=("item", "item_id"),
    columns=_FILTER_COLUMNS,
)


DASHBOARD_FILTERS = FanOut(
    Endpoint(
        "/api/v1/dashboards/{document_identifier}/filters",
        pages=paging.single,
        rows=None,
        unfold=_filter_rows,
        key=("item", "item_id"),
        params={"user_id": Param("userId", "id")},
        columns=_FILTER_COLUMNS,
    ),
    parent=PARENT,
    none_said=NO_DASHBOARD,
    none_column="has_dashboard",
    newer=_OF_STATE,
)


@manual(DASHBOARD_FILTERS)
def read_dashboard_filters(
    documents: Parents,
    *,
    user_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the filters and controls of dashboards, one row each, with one call per dashboard.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``. A document without a
        dashboard has no rows.
    user_id : str, optional
        Membership id (UUID) of the person whose view to ask for. Default: that of the client.

    Notes
    -----
    A document without a dashboard is told as for :func:`omnipd.read_document_queries`. Newer servers
    do not have this call; there the controls of the document's published state are read, with one call
    more for the first document.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=20)
    ...     filters = omnipd.read_dashboard_filters(documents[documents["has_dashboard"]])
    >>> set(filters["item"]) <= {"filter", "control"}
    True
    """
    return DASHBOARD_FILTERS.read(documents, locals())


DOCUMENT_CONTROLS = FanOut(
    replace(_OF_STATE, meanings=NO_STATE),
    parent=PARENT,
    none_said=NO_DASHBOARD,
    none_column="has_dashboard",
)


@manual(DOCUMENT_CONTROLS)
def read_document_controls(
    documents: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read filters and controls from the published state of documents, one row each.

    One call per document, from whose answer :func:`omnipd.read_document_tiles` reads the tiles.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``; also the identifier of a draft. Only
        documents with a dashboard in the advanced layout: Omni answers 422 for others.

    See Also
    --------
    omnipd.read_dashboard_filters : The same from the older call where there is one, for the classic layout too.

    Notes
    -----
    It takes a newer Omni. A document whose ``has_dashboard`` is False in the frame has no rows. In
    ``config``, ``map`` says on which tiles one does not work, or on another field.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=20)
    ...     controls = omnipd.read_document_controls(documents)
    >>> set(controls["item"]) <= {"filter", "control"}
    True
    """
    return DOCUMENT_CONTROLS.read(documents, locals())
