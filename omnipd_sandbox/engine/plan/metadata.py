"""What the summary says of each selected field."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.engine.model.filters import kind_of
from omnipd_sandbox.engine.model.model import Dimension, Field, Measure
from omnipd_sandbox.engine.model.timeframes import timeframe_type
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.helper_columns import (
    MEASURE_NAME,
    MEASURE_ORDER,
    MEASURE_VALUE,
)

_DATA_TYPES = {"string": "STRING", "number": "NUMBER", "boolean": "BOOLEAN", "date": "TIMESTAMP"}


def describe(selected: Selected) -> dict[str, Any]:
    """Describe a selected field as ``summary.fields`` does; what is null is left out."""
    found, timeframe = selected.field, selected.timeframe
    sql_type = found.sql_type
    label, name = found.label, found.name
    if timeframe is not None:
        # The brackets are part of the name, as they were sent (docs/wire.md).
        name = f"{name}[{selected.at.timeframe}]"
        if timeframe != "raw":
            sql_type = timeframe_type(timeframe, sql_type)
            label = f"{label} {timeframe.replace('_', ' ').title()}"
    described = {
        "field_name": name,
        "fully_qualified_name": f"{selected.at.view}.{name}" if selected.at.view else name,
        "view_name": selected.at.view,
        "data_type": data_type(sql_type),
        "is_dimension": isinstance(found, Dimension),
        "is_calc": False,
        "label": label,
        "description": found.description,
        "format": selected.format,
        "date_type": date_type(sql_type),
        "aggregate_type": aggregate_type(found),
        "filter_only_field": False,
        "hidden": found.hidden,
        "sql": found.sql.text if found.sql else None,
    }
    return {key: value for key, value in described.items() if value is not None}


def describe_all(draft: Draft) -> dict[str, dict[str, Any]]:
    """Describe the fields of a result in order, measures that became rows by what they became."""
    described: dict[str, dict[str, Any]] = {}
    for each in draft.selected:
        if draft.transposed and each.name in draft.transposed:
            described |= _transposed(each.field.sql_type)
        else:
            described[each.name] = describe(each)
    return described


def _transposed(sql_type: str) -> dict[str, dict[str, Any]]:
    """Describe the three columns that stand for measures, whose values are of a type."""
    columns = {
        MEASURE_NAME: ("VARCHAR", True),
        MEASURE_ORDER: ("BIGINT", True),
        MEASURE_VALUE: (sql_type, False),
    }
    return {
        name: {
            "field_name": name,
            "fully_qualified_name": name,
            "data_type": data_type(kind),
            "is_dimension": is_dimension,
            "is_calc": False,
            "label": name.replace("_", " ").title(),
            "filter_only_field": False,
            "hidden": False,
        }
        for name, (kind, is_dimension) in columns.items()
    }


def data_type(sql_type: str) -> str:
    """Tell the wire's data type for a DuckDB type."""
    return _DATA_TYPES.get(kind_of(sql_type), "UNKNOWN")


def date_type(sql_type: str) -> str | None:
    """Tell whether a time is a date or a timestamp; None for anything else."""
    if kind_of(sql_type) != "date":
        return None
    return "DATE" if sql_type == "DATE" else "TIMESTAMP"


def aggregate_type(found: Field) -> str | None:
    """Tell how a measure aggregates, in the capitals of the wire."""
    if isinstance(found, Measure) and found.aggregate_type:
        return found.aggregate_type.upper()
    return None
