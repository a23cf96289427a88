"""What else comes in the answer to a query on some Omnis, and in another form (docs/wire.md)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd_sandbox.engine.plan.helper_columns import TOTALS_MARK

if TYPE_CHECKING:
    from omnipd_sandbox.moods.behavior import Behavior

_RESULTS = uuid.UUID(int=0x6F6D6E69)


def table_of(table: pa.Table, query: Mapping[str, Any], behavior: Behavior) -> pa.Table:
    """Give a result as this Omni sends it."""
    if behavior.totals == "absent" and TOTALS_MARK in table.column_names:
        table = table.filter(pc.is_null(table.column(TOTALS_MARK)))
    table = _in_zone(table, behavior.zone_of_instants)
    return _with_unrequested(table, query) if behavior.unrequested_columns else table


def _in_zone(table: pa.Table, zone: str) -> pa.Table:
    """Call the zone of instants by another name of UTC."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz not in {None, zone}:
            named = table.column(place).cast(pa.timestamp(field.type.unit, zone))
            table = table.set_column(place, field.name, named)
    return table


def summary_of(summary: dict[str, Any], behavior: Behavior) -> dict[str, Any]:
    """Give what a job says of its result as this Omni does."""
    if not behavior.formats_as_objects:
        return summary
    fields = {
        name: field | {"format": {"value": field["format"]}} if "format" in field else field
        for name, field in summary["fields"].items()
    }
    return summary | {"fields": fields}


def echo_of(query: Mapping[str, Any], behavior: Behavior) -> dict[str, Any]:
    """Give what a job says of its query as this Omni does."""
    if behavior.query_echo == "query":
        return dict(query)
    return {"model_job": {_snake_case(key): value for key, value in query.items()}}


def client_result_id(job_id: str, behavior: Behavior) -> str | None:
    """Give the server's own name of a job's result, where this Omni has one."""
    return str(uuid.uuid5(_RESULTS, job_id)) if behavior.client_result_ids else None


def _snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z]+)", lambda found: f"_{found[1].lower()}", key)


def _with_unrequested(table: pa.Table, query: Mapping[str, Any]) -> pa.Table:
    """Add sort keys, the key of the base view, and the numbers behind what is written as text."""
    first, numbers = table.column_names[:1], range(table.num_rows)
    for behind, name in enumerate(("ssort_0", "ssort_1"), 1):
        # Totals have some of their own.
        if name not in table.column_names:
            place = min(behind, table.num_columns)
            table = table.add_column(place, name, pa.array(numbers, pa.int32()))
    if query.get("userEditedSQL"):
        return table
    view = query.get("table") or (first[0].partition(".")[0] if first else "")
    if f"{view}.id" not in table.column_names:
        table = table.append_column(f"{view}.id", pa.array(map(str, numbers), pa.string()))
    for name in query.get("fields") or ():
        held = table.column(name) if name in table.column_names else None
        if held is None or not (pa.types.is_integer(held.type) or pa.types.is_decimal(held.type)):
            continue
        written = [None if value is None else f"{value:,}" for value in held.to_pylist()]
        table = table.set_column(
            table.column_names.index(name), name, pa.array(written, pa.string())
        ).append_column(f"{name}__raw", held)
    return table
