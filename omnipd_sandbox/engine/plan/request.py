"""The query object as it came over the wire: what is read, what is refused, what is echoed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.engine.calculations.calculation import Calculation, read_calculations
from omnipd_sandbox.engine.model.filters import refuse_bare_values
from omnipd_sandbox.engine.plan.comparisons import Comparison, read_comparisons
from omnipd_sandbox.refused_query import Refused

DEFAULT_LIMIT = 1000
HIGH_LIMIT = 50_000

# Every key that the planner knows, with its default.
_DEFAULTS: dict[str, Any] = {
    "modelId": None,
    "table": "",
    "join_paths_from_topic_name": None,
    "fields": [],
    "filters": {},
    "sorts": [],
    "limit": DEFAULT_LIMIT,
    "offset": 0,
    "pivots": [],
    "column_limit": 50,
    "fill_fields": [],
    "calculations": [],
    "column_totals": {},
    "row_totals": {},
    "custom_summary_types": {},
    "join_via_map": {},
    "controls": [],
    "transposed_measures": [],
    "period_over_period_computations": [],
    "default_group_by": True,
    "userEditedSQL": "",
    "rewriteSql": None,
    "parsed": None,
    "dbtMode": None,
    "sqlSortsEnabled": None,
    "dimensionIndex": None,
    "staticQueryReferences": {},
    "version": 9,
}

# Whose values are of the kind of their defaults, and those that have none.
_KINDS: dict[str, type] = {
    key: type(default)
    for key, default in _DEFAULTS.items()
    # Omni takes true there, too.
    if default is not None and key != "transposed_measures"
} | {
    "join_paths_from_topic_name": str,
    "rewriteSql": bool,
    "parsed": bool,
    "dbtMode": bool,
    "sqlSortsEnabled": bool,
    "dimensionIndex": int,
}
_LEAST = {"limit": 1, "offset": 0, "column_limit": 1}

_NOT_MODELLED = (
    "row_totals", "custom_summary_types", "join_via_map",
)  # fmt: skip

# What only matters on a screen or says again what stands elsewhere; and what belongs beside the
# query, which Omni drops silently here (docs/wire.md).
_WITHOUT_EFFECT = frozenset(
    {"manualSort", "model_id", "cache", "formatResults", "planOnly", "resultType", "workbookUrl"}
)

GRAND_TOTAL = "::total::"


@dataclass(frozen=True)
class Sort:
    """Hold one sort of a query."""

    column: str
    descending: bool
    # True puts nulls first, False last, None leaves it to the database.
    nulls_first: bool | None


@dataclass(frozen=True)
class AnyOf:
    """Hold a control of a query: filters on fields, one of which must hold."""

    filters: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Request:
    """Hold a query of the wire, its types checked and its defaults filled in."""

    table: str
    topic: str | None
    fields: tuple[str, ...]
    filters: Mapping[str, Mapping[str, Any]]
    sorts: tuple[Sort, ...]
    limit: int | None
    offset: int
    # The fields whose subtotals were asked for, and GRAND_TOTAL.
    column_totals: tuple[str, ...]
    # The queries that filters may refer to.
    static_queries: Mapping[str, Any]
    echo: dict[str, Any]
    controls: tuple[AnyOf, ...] = ()
    pivots: tuple[str, ...] = ()
    column_limit: int = 50
    fill_fields: tuple[str, ...] = ()
    # The measures that become rows; None gives no rows at all.
    transposed: tuple[str, ...] | None = ()
    periods: tuple[Comparison, ...] = ()
    calculations: tuple[Calculation, ...] = ()
    # Whether rows that are alike in every dimension are one, where nothing else makes groups.
    # None where it is for the model to say.
    grouped: bool | None = True

    @property
    def model_fields(self) -> tuple[str, ...]:
        """List the selected fields that are not calculations."""
        computed = {each.name for each in self.calculations}
        return tuple(name for name in self.fields if name not in computed)

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> Request:
        """Read a query object.

        Raises
        ------
        BadFilter
            When a filter is a bare value.
        Refused
            For what the sandbox does not do, by name.
        """
        refuse_bare_values(query.get("filters") or {})
        _refuse_unknown(query)
        echo = with_defaults(query)
        refuse(echo, _NOT_MODELLED)
        if not isinstance(echo["default_group_by"], bool):
            raise Refused("PLAN", '"default_group_by" is not readable')
        limit = echo["limit"]
        for key, least in _LEAST.items():
            if echo[key] is not None and echo[key] < least:
                raise Refused("PLAN", f"Invalid {key} {echo[key]!r}")
        if limit is not None and limit > HIGH_LIMIT:
            # High-limit mode is echoed as no limit (docs/wire.md).
            echo["limit"] = None
        return cls(
            table=echo["table"],
            topic=echo["join_paths_from_topic_name"] or None,
            fields=_names(echo, "fields"),
            filters=echo["filters"],
            sorts=read_sorts(echo),
            limit=limit,
            offset=echo["offset"],
            column_totals=read_column_totals(echo),
            static_queries=echo["staticQueryReferences"],
            echo=echoed(echo),
            controls=tuple(_any_of(each) for each in echo["controls"]),
            pivots=_names(echo, "pivots"),
            column_limit=echo["column_limit"],
            fill_fields=_names(echo, "fill_fields"),
            # True silently gives nothing (docs/wire.md).
            transposed=(
                None if echo["transposed_measures"] is True else _names(echo, "transposed_measures")
            ),
            periods=read_comparisons(echo["period_over_period_computations"]),
            grouped=query.get("default_group_by"),
            calculations=read_calculations(echo["calculations"]),
        )


def with_defaults(query: Mapping[str, Any]) -> dict[str, Any]:
    """Give the keys that the planner knows, those that were left out with their defaults.

    Raises
    ------
    Refused
        For a value of another kind than it must be.
    """
    known = {
        key: default if query.get(key) is None and key != "limit" else query.get(key, default)
        for key, default in _DEFAULTS.items()
    }
    # JavaScript has one kind of number: its 10.0 is 10.
    whole = {
        key: int(known[key])
        for key in ("limit", "offset", "column_limit", "dimensionIndex", "version")
        if isinstance(known[key], float) and known[key].is_integer()
    }
    known |= whole
    for key, kind in _KINDS.items():
        if known[key] is not None and type(known[key]) is not kind:
            raise Refused("PLAN", f'"{key}" is not readable')
    return known


def _names(known: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Read a list of names, each once."""
    names = known[key]
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise Refused("PLAN", f'"{key}" is not readable')
    return tuple(dict.fromkeys(names))


def echoed(known: Mapping[str, Any]) -> dict[str, Any]:
    """Give the query as a job line repeats it."""
    return {key: value for key, value in known.items() if value is not None or key == "limit"}


def refuse(known: Mapping[str, Any], keys: Iterable[str], why: str = "") -> None:
    """Refuse the keys that ask for something the sandbox does not do, by name."""
    for key in keys:
        if known[key]:
            raise Refused("PLAN", f'"{key}"{why} is not modeled by this sandbox')


def _refuse_unknown(query: Mapping[str, Any]) -> None:
    """Refuse what the planner does not know, by name; Omni drops it silently (docs/wire.md)."""
    for key, value in query.items():
        if key not in _DEFAULTS and key not in _WITHOUT_EFFECT and value not in (None, [], {}, ""):
            raise Refused("PLAN", f'"{key}" is not modeled by this sandbox')


def _any_of(control: object) -> AnyOf:
    kind = control.get("type") if isinstance(control, Mapping) else None
    if not isinstance(control, Mapping) or kind != "MULTI_FIELD_FILTER":
        raise Refused("PLAN", f'"controls" of type {kind} is not modeled by this sandbox')
    # The only conjunction there is; between two controls it is AND (docs/wire.md).
    if control.get("conjunction") != "OR":
        raise Refused("PLAN", 'A MULTI_FIELD_FILTER needs the conjunction "OR"')
    entries = control.get("filters", [])
    if not isinstance(entries, list):
        raise Refused("PLAN", '"filters" is not readable')
    for each in entries:
        if not isinstance(each, Mapping) or not isinstance(each.get("fieldName"), str):
            raise Refused("PLAN", "A filter of a MULTI_FIELD_FILTER is not readable")
        refuse_bare_values({each["fieldName"]: each.get("filter")})
    return AnyOf(tuple((each["fieldName"], each["filter"]) for each in entries))


def read_sorts(known: dict[str, Any]) -> tuple[Sort, ...]:
    """Read the sorts of a query."""
    return tuple(_sort(each) for each in known["sorts"])


def _sort(sort: object) -> Sort:
    if not isinstance(sort, Mapping) or not isinstance(sort.get("column_name"), str):
        raise Refused("PLAN", '"sorts" is not readable')
    descending = sort.get("sort_descending") or False
    if not isinstance(descending, bool):
        raise Refused("PLAN", f"Invalid sort_descending {descending!r}")
    match sort.get("null_sort") or "OMNI_DEFAULT":
        case "FIRST":
            nulls_first: bool | None = True
        case "LAST":
            nulls_first = False
        case "DIALECT_DEFAULT":
            nulls_first = None
        case "OMNI_DEFAULT":
            # Null counts as the least value: first ascending, last descending (docs/wire.md).
            nulls_first = not descending
        case unknown:
            raise Refused("PLAN", f"Invalid null_sort {unknown!r}")
    return Sort(sort["column_name"], descending, nulls_first)


def read_column_totals(known: dict[str, Any]) -> tuple[str, ...]:
    """Read of what a query asks for totals."""
    totals = known["column_totals"]
    for name, total in totals.items():
        if not isinstance(total, Mapping) or total.get("type") != "aggregation":
            raise Refused("PLAN", f'Column totals of "{name}" are only modeled as an aggregation')
    return tuple(totals)
