"""A query object, as Omni's inspector shows it → the body of ``POST /api/v1/query/run``.

The server silently drops what it does not know, and gives its own defaults to what is left
out. So near-misses of known keys are refused here, and everything that has a default is sent.
"""

from __future__ import annotations

import difflib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Protocol, runtime_checkable

from omnipd.arguments import IDS_OF_MODELS, argument, check_id, refuse_key, said, whole_number
from omnipd.errors import ArgumentError, warn
from omnipd.frames.scalars import python_value
from omnipd.paths import local_path
from omnipd.queries.language import clauses, dates, filters
from omnipd.queries.language.nesting import check_nesting
from omnipd.queries.language.time_zones import check_time_zone

#: What Omni gives when a query names no limit; sent, so that it is seen (docs/wire.md).
DEFAULT_LIMIT = 1000
_FORMS = "Pass the query as a dict, as JSON text that starts with {, or as a .json file."
#: More than a decimal of 76 digits needs.
_MOST_BITS = 256
CACHE_MODES = ("Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts")

#: What is sent for keys that a query leaves out.
QUERY_DEFAULTS: dict[str, Any] = {
    "table": "",
    "fields": [],
    "filters": {},
    "sorts": [],
    "pivots": [],
    "fill_fields": [],
    "calculations": [],
    "column_totals": {},
    "row_totals": {},
    "userEditedSQL": "",
    "version": 9,
}
_QUERY_KEYS = {
    *QUERY_DEFAULTS,
    *("modelId", "join_paths_from_topic_name", "limit", "offset", "column_limit"),
    *("custom_summary_types", "join_via_map", "controls", "transposed_measures"),
    *("default_group_by", "rewriteSql", "parsed", "dbtMode", "sqlSortsEnabled"),
    *("staticQueryReferences", "dimensionIndex", "period_over_period_computations"),
}
# What people call them; Query does, too.
_CALLED_OTHERWISE = {
    "topic": "join_paths_from_topic_name",
    "view": "table",
    "model": "modelId",
    "columns": "fields",
}
_OUTSIDE = {
    "branchId": "Pass " + argument("branch_id") + ".",
    "userId": "Pass " + argument("user_id") + ".",
    "cache": "Pass " + argument("cache") + ".",
    "timezone": "Pass " + argument("timezone") + ".",
    "environmentConnectionId": 'Put it beside "query".',
    "resultType": "run_query reads Arrow.",
    "formatResults": "run_query reads Arrow.",
    "planOnly": "run_query runs the query.",
    "workbookUrl": "run_query does not ask for it.",
}
_ENVELOPE_KEYS = ("query", "cache", "branchId", "userId", "timezone", "environmentConnectionId")


@runtime_checkable
class Built(Protocol):
    """A query that was put together in Python; ``omnipd.Query`` is one."""

    @property
    def model(self) -> str:
        """Id or name of the model."""

    @property
    def topic(self) -> str | None:
        """Name of the topic, if it has one."""

    def to_dict(self) -> dict[str, Any]:
        """Return the query object."""


#: What a caller may pass as a query.
AnyQuery = Built | Mapping[str, Any] | str | os.PathLike[str]


@dataclass(frozen=True)
class QueryRequest:
    """A checked request.

    Attributes
    ----------
    body : dict
        What is posted.
    params : dict
        Query parameters.
    fields : tuple of str
        What was asked for, in order.
    limit : int or None
        The limit that applies; None is unlimited.
    is_sql : bool
        Whether the query is SQL; Omni ignores the limit then.
    """

    body: dict[str, Any]
    params: dict[str, str]
    fields: tuple[str, ...]
    limit: int | None
    is_sql: bool


def build_request(
    query: AnyQuery,
    *,
    limit: int | Literal["all"] | None = None,
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    client_user_id: str | None = None,
    timezone: str | None = None,
    cache: str | None = None,
    plan_only: bool = False,
) -> QueryRequest:
    """Check a query and everything around it; the caller's object is not changed.

    Parameters
    ----------
    plan_only : bool
        Ask for the plan, and run nothing.

    Raises
    ------
    ArgumentError
        Naming the key at fault, with near matches.
    """
    given = _read(query)
    outer: dict[str, Any] = {}
    if isinstance(given.get("query"), Mapping):
        outer = {key: value for key, value in given.items() if key != "query" and value is not None}
        unknown = [key for key in outer if key not in _ENVELOPE_KEYS]
        if unknown:
            raise ArgumentError(
                f"Beside 'query' stands {unknown[0]!r}, which run_query does not send.",
                hint=f"It takes {', '.join(_ENVELOPE_KEYS[1:])} there.",
            )
        given = given["query"]
    for key, value in given.items():
        check_nesting(f"{key!s:.60} of the query", value)
    inner = {str(key): _plain(value, str(key)) for key, value in given.items()}
    if model is not None:
        refuse_key(argument("model"), model)
        inner["modelId"] = model
    _check_keys(inner)
    _check_values(inner)
    applied = checked_limit(inner.get("limit", DEFAULT_LIMIT) if limit is None else limit)
    if applied is None and inner.get("pivots"):
        raise ArgumentError("A query with pivots needs a numeric limit; Omni refuses it without.")
    inner = QUERY_DEFAULTS | {key: value for key, value in inner.items() if value is not None}
    inner["limit"] = applied
    for name, given_id in {
        "user_id": user_id,
        "branch_id": branch_id,
        "timezone": timezone,
        "model": model,
        # An empty one would be none, and the query would run with all rights of the key.
        **{key: value for key, value in outer.items() if key != "cache"},
    }.items():
        refuse_key(argument(name), given_id)
        if given_id is not None and (not isinstance(given_id, str) or not given_id.strip()):
            what = "time zone" if name == "timezone" else "id"
            raise ArgumentError(argument(name, given_id) + f" is no {what}; leave it out for none.")
    acting = next(
        (one for one in (user_id, outer.get("userId"), client_user_id) if one is not None), None
    )
    mode = cache if cache is not None else outer.get("cache")
    if mode is not None and mode not in CACHE_MODES:
        raise ArgumentError(
            (argument("cache", mode) + " is not known."), hint=f"It takes {', '.join(CACHE_MODES)}."
        )
    zone = timezone if timezone is not None else outer.get("timezone")
    if zone is not None:
        check_time_zone(zone)
    beside = {
        "cache": mode,
        "branchId": branch_id if branch_id is not None else outer.get("branchId"),
        "timezone": zone,
        "environmentConnectionId": outer.get("environmentConnectionId"),
        "planOnly": plan_only or None,
    }
    body = {"query": inner} | {key: value for key, value in beside.items() if value is not None}
    return QueryRequest(
        body=body,
        # As a query parameter: beside a body userId Omni answers 400 (docs/wire.md).
        params={} if acting is None else {"userId": acting},
        fields=tuple(inner["fields"]),
        limit=applied,
        is_sql=bool(inner["userEditedSQL"]),
    )


def _read(query: AnyQuery) -> Mapping[str, Any]:
    """Return the object that was given as a mapping, as JSON text, or as a .json file."""
    if isinstance(query, Built):
        return query.to_dict()
    where = "The query"
    loaded: Any = query
    if isinstance(query, str) and not query.strip():
        raise ArgumentError("The query is empty.")
    if isinstance(query, str) and query.lstrip()[:1] in {"{", "["}:
        loaded = _parse(query, where)
    elif isinstance(query, str | os.PathLike):
        path = local_path("query", query, hint=_FORMS)
        where = f"The file {path}"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            reason = type(error).__name__
        else:
            reason = ""
        if reason:
            raise ArgumentError(
                f"{where} cannot be read ({reason}).",
                hint=_FORMS,
            )
        loaded = _parse(text, where)
    if not isinstance(loaded, Mapping):
        raise ArgumentError(
            f"{where} is {type(loaded).__name__}, not an object with modelId and fields."
        )
    return loaded


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        reason = "nested too deeply"
    except ValueError as error:
        reason = f"not JSON: {error}"
    raise ArgumentError(f"{where} is {reason}.")


def _check_keys(query: Mapping[str, Any]) -> None:
    """Refuse what looks like a known key and is none; keys that are newer than omnipd pass."""
    for key, instead in _OUTSIDE.items():
        if key in query:
            raise ArgumentError(
                f"{key} does not belong inside the query, where Omni drops it.", hint=instead
            )
    folded = {_fold(key): key for key in _QUERY_KEYS}
    for key in query:
        if key in _QUERY_KEYS:
            continue
        near = (
            folded.get(_fold(key))
            or _CALLED_OTHERWISE.get(key)
            or next(iter(difflib.get_close_matches(str(key), _QUERY_KEYS, n=1, cutoff=0.8)), None)
        )
        if near:
            raise ArgumentError(
                f"The query has {key!r}, which Omni would silently drop.",
                hint=f"Did you mean {near!r}?",
            )


def _plain(value: Any, where: str) -> Any:
    """Copy a value as JSON can hold it: dates in Omni's spelling, exact numbers as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, where) for inner in value]
    value = python_value(value)
    if isinstance(value, date):
        return dates.date_literal(value, where).text
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise ArgumentError(f"{where} holds a number that has more digits than any database holds.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ArgumentError(f"{where} holds {value}, which JSON cannot.")
    if isinstance(value, str | int | float | bool | None):
        return value
    raise ArgumentError(
        f"{where} holds {said(value):.60}, which JSON cannot.", hint="Pass text or a number."
    )


def _fold(key: Any) -> str:
    return str(key).replace("_", "").lower()


def _check_values(query: Mapping[str, Any]) -> None:
    if not isinstance(query.get("modelId"), str | None):
        raise ArgumentError(
            f"The model of the query is {said(query['modelId']):.60}, which is not text.",
            hint="Pass a shared model's name or id, or the id of a workbook's model.",
        )
    if not query.get("modelId"):
        raise ArgumentError(
            "The query has no modelId.",
            hint=(
                "Pass "
                + argument("model", ...)
                + ", a shared model's name or id, or the id of a workbook's model."
            ),
        )
    check_id("modelId", query["modelId"], IDS_OF_MODELS)
    fields = query.get("fields", [])
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise ArgumentError("fields must be a list of names such as 'users.state'.")
    if not fields and not query.get("userEditedSQL"):
        raise ArgumentError(
            "The query asks for no fields.", hint="Put at least one name into fields."
        )
    if (given := query.get("filters")) is not None:
        filters.check(given)
    if (given := query.get("controls")) is not None:
        filters.check_controls(given)
    clauses.check(query)
    _check_references(query)


def _check_references(query: Mapping[str, Any]) -> None:
    """Refuse queries within the query that Omni would misread; it drops there what it drops here."""
    references = query.get("staticQueryReferences")
    if references is None:
        return
    if not isinstance(references, Mapping):
        raise ArgumentError("staticQueryReferences must be an object: key → query.")
    for key, inner in references.items():
        try:
            _check_reference(inner)
        except ArgumentError as error:
            error.message = f"In staticQueryReferences, {key!r:.60}: " + error.message
            raise
        unlimited = {
            one.get("query_id") for one in filters.all_in(query) if one.get("disregard_limit")
        }
        if "limit" not in inner and key not in unlimited:
            warn(
                f"The query {key!r:.60} of staticQueryReferences names no limit: only its first "
                f"{DEFAULT_LIMIT:,} rows count. Give it one, or null for none."
            )


def _check_reference(query: Any) -> None:
    if not isinstance(query, Mapping):
        raise ArgumentError("It must be a query.")
    if not isinstance(query.get("model_id"), str) or not query["model_id"]:
        raise ArgumentError(
            "It has no model_id.", hint='A query within a query says its model as "model_id".'
        )
    of_model = {"modelId": query["model_id"]}
    bare = {key: value for key, value in query.items() if key != "model_id"} | of_model
    _check_keys(bare)
    _check_values(bare)
    if "limit" in query:
        checked_limit(query["limit"])


def checked_limit(limit: Any) -> int | None:
    """Return a number of rows, None for no limit, or refuse what is neither."""
    if limit is None or (isinstance(limit, str) and limit == "all"):
        return None
    hint = "For all rows: " + argument("limit", "all") + "."
    rows = whole_number("limit", limit, unit="rows", hint=hint)
    if rows.bit_length() > _MOST_BITS:
        raise ArgumentError(
            "The limit has more digits than any count of rows.", hint='"all" is none.'
        )
    return rows
