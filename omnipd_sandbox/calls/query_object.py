"""A query object, sent, imported or brought: what its keys may hold, and what it asks for.

Every query is checked where it comes in, so that whoever reads one finds nothing of another kind.
A key that is left out, or null, stands for the planner's default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.calls.checks import (
    Check,
    Key,
    anything,
    boolean,
    checked,
    expected,
    items,
    record,
    table,
    text,
)
from omnipd_sandbox.engine.calculations.expressions import references
from omnipd_sandbox.engine.plan.comparisons import PERIOD
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import without_nulls

# Up to here JavaScript counts one by one.
_MOST = 2**53 - 1
_ANY_OF = "MULTI_FIELD_FILTER"


class NoFilter(BadRequest):
    """Refuse what stands in place of a filter object."""


def integer(value: Any) -> int:
    """Take a whole number, however it is written: JavaScript's 10.0 is 10."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(expected("number", value))
    if isinstance(value, float) and not value.is_integer():
        raise BadRequest("Expected integer, received float")
    if abs(value) > _MOST:
        bound = "greater than or equal to -" if value < 0 else "less than or equal to "
        raise BadRequest(f"Number must be {bound}{_MOST}")
    return int(value)


def row_limit(value: Any) -> int:
    """Take a number of rows, of which there is at least one."""
    rows = integer(value)
    if rows <= 0:
        raise BadRequest("Number must be greater than 0")
    return rows


def filter_object(value: Any) -> dict[str, Any]:
    """Take a filter; what it says is the planner's to judge."""
    if not isinstance(value, dict):
        raise NoFilter(expected("object", value))
    record(_FILTER_KEYS)(without_nulls(value))
    if value.get("type") == "composite" and isinstance(value.get("filters"), list):
        checked(items(filter_object), value["filters"], "filters")
    return value


_FILTER_KEYS = {"type": Key(text()), "kind": Key(text()), "conjunction": Key(text())}


def query_object(value: Any) -> dict[str, Any]:
    """Take a query as it is, if each key that is known holds what it should."""
    given: dict[str, Any] = table(anything)(value)
    record(QUERY_KEYS)(without_nulls(given))
    return given


def _control(value: Any) -> dict[str, Any]:
    """Take a control; of other types than this one the form is not known."""
    control: dict[str, Any] = table(anything)(value)
    known = {"type": Key(text())}
    if control.get("type") == _ANY_OF:
        known |= {"conjunction": Key(text()), "filters": Key(items(_of_control))}
    record(known)(without_nulls(control))
    return control


_of_control = record(
    {"fieldName": Key(text(), required=True), "filter": Key(filter_object, required=True)}
)


def _sort(value: Any) -> dict[str, Any]:
    sort: dict[str, Any] = table(anything)(value)
    record(_SORT_KEYS)(without_nulls(sort))
    return sort


_SORT_KEYS = {
    "column_name": Key(text(), required=True),
    "sort_descending": Key(boolean),
    "null_sort": Key(text()),
}
_NAMES: Check = items(text())
_OBJECTS: Check = items(table(anything))
#: The keys of a query, but `transposed_measures`: Omni takes true there, which is none
#: (docs/wire.md), so that it is the planner's to judge.
QUERY_KEYS: Mapping[str, Key] = {
    "modelId": Key(text()),
    "model_id": Key(text()),
    "table": Key(text()),
    "join_paths_from_topic_name": Key(text()),
    "fields": Key(_NAMES),
    "filters": Key(table(filter_object)),
    "sorts": Key(items(_sort)),
    "limit": Key(row_limit),
    "offset": Key(integer),
    "pivots": Key(_NAMES),
    "column_limit": Key(integer),
    "fill_fields": Key(_NAMES),
    "calculations": Key(_OBJECTS),
    "period_over_period_computations": Key(_OBJECTS),
    "column_totals": Key(table(table(anything))),
    "row_totals": Key(table(table(anything))),
    "custom_summary_types": Key(table(anything)),
    "join_via_map": Key(table(anything)),
    "controls": Key(items(_control)),
    "default_group_by": Key(boolean),
    "userEditedSQL": Key(text()),
    "rewriteSql": Key(boolean),
    "parsed": Key(boolean),
    "dbtMode": Key(boolean),
    "sqlSortsEnabled": Key(boolean),
    "staticQueryReferences": Key(table(query_object)),
    "dimensionIndex": Key(integer),
    "version": Key(integer),
}


@dataclass(frozen=True)
class QueryObject:
    """Read a query that was checked where it came in."""

    query: Mapping[str, Any]

    @property
    def model_id(self) -> str:
        """Give the model it is for."""
        return self.query.get("modelId") or ""

    @property
    def topic(self) -> str | None:
        """Give the topic it is on; none for a bare view."""
        return self.query.get("join_paths_from_topic_name") or None

    @property
    def table(self) -> str:
        """Give its base view."""
        return self.query.get("table") or ""

    @property
    def sql(self) -> str:
        """Give the SQL it comes as, if it does."""
        return self.query.get("userEditedSQL") or ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Give what it selects."""
        return tuple(self.query.get("fields") or ())

    @property
    def filters(self) -> Mapping[str, Mapping[str, Any]]:
        """Give its filters by field."""
        return self.query.get("filters") or {}

    @property
    def static_queries(self) -> list[QueryObject]:
        """Give the queries that its filters may refer to."""
        return [
            QueryObject(each) for each in (self.query.get("staticQueryReferences") or {}).values()
        ]

    def names(self) -> Iterator[str]:
        """Give the fields that are named anywhere in it; calculations and periods are none."""
        calculations = self.query.get("calculations") or ()
        made = [PERIOD, *(each.get("calc_name") for each in calculations)]
        for name in (*self.fields, *self.filters, *self._sorted_by(), *references(calculations)):
            if name not in made:
                yield name

    @property
    def model_fields(self) -> list[str]:
        """Give what it selects of the model."""
        named = set(self.names())
        return [name for name in self.fields if name in named]

    def _sorted_by(self) -> Iterator[str]:
        for sort in self.query.get("sorts") or ():
            yield sort["column_name"]
