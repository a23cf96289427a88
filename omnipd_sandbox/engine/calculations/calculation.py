"""The calculations of a query as they came over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.refused_query import Refused


class CalculationFailed(Exception):
    """Say why a calculation cannot be computed; the others of its query may be."""


@dataclass(frozen=True)
class Calculation:
    """Hold one calculation of a query."""

    name: str
    # The tree of what it computes, not looked at yet.
    expression: Any
    label: str | None
    format: str | None
    description: str | None
    # Over the columns of a pivot, one value for each of its rows.
    outside_pivot: bool
    # Its failure is a text in its cells, and not that of the job.
    swallow_errors: bool
    # It may read fields that the query does not select.
    reads_unselected: bool


_TEXTS = ("label", "format", "description", "original_formula", "sql")
_SWITCHES = (
    "outside_pivot", "swallow_errors", "allow_refs_to_unselected_fields", "drill_disabled",
)  # fmt: skip
_KEYS = {"calc_name", "sql_expression", *_TEXTS, *_SWITCHES}


def read_calculations(objects: list[Any]) -> tuple[Calculation, ...]:
    """Read the calculations of a query.

    Raises
    ------
    Refused
        For what is none, and for two of one name.
    """
    found: dict[str, Calculation] = {}
    for each in objects:
        calculation = _read(each)
        # Names of columns do not mind case.
        if calculation.name.lower() in found:
            raise Refused("PLAN", f'"calculations" has two that are called "{calculation.name}"')
        found[calculation.name.lower()] = calculation
    return tuple(found.values())


def _read(given: Any) -> Calculation:
    name = given.get("calc_name") if isinstance(given, Mapping) else None
    if not isinstance(name, str) or not name.strip():
        raise Refused("PLAN", '"calculations" is not readable: one has no "calc_name"')
    if ":" in name:
        raise Refused("PLAN", f'"calculations": the name "{name}" has a colon')
    for key, value in given.items():
        kind = str if key in _TEXTS else bool if key in _SWITCHES else object
        if value is not None and not isinstance(value, kind):
            raise Refused("PLAN", f'"calculations": "{key}" of "{name}" is not readable')
        if key not in _KEYS and value not in (None, [], {}, ""):
            raise Refused("PLAN", f'"calculations": "{key}" is not modeled by this sandbox')
    return Calculation(
        name=name,
        expression=given.get("sql_expression"),
        label=given.get("label"),
        format=given.get("format"),
        description=given.get("description"),
        outside_pivot=given.get("outside_pivot") or False,
        swallow_errors=given.get("swallow_errors") or False,
        reads_unselected=given.get("allow_refs_to_unselected_fields") or False,
    )
