"""The types that a value can be cast to, in the words of the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from omnipd_sandbox.refused_query import Refused

_TYPES = {
    "DOUBLE": "DOUBLE",
    "FLOAT": "DOUBLE",
    "INTEGER": "INTEGER",
    "BIGINT": "BIGINT",
    "VARCHAR": "VARCHAR",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
}
_MOST_DIGITS = 38


def sql_type(node: Mapping[str, Any]) -> exp.DataType:
    """Give the type that a ``sql_type`` node names.

    Raises
    ------
    Refused
        For a type that the sandbox does not know.
    """
    name, digits, scale = (node.get(key) for key in ("type_name_name", "precision", "scale"))
    if name == "DECIMAL" and isinstance(digits, int) and isinstance(scale, int):
        if 1 <= digits <= _MOST_DIGITS and 0 <= scale <= digits:
            return exp.DataType.build(f"DECIMAL({digits}, {scale})", dialect="duckdb")
    elif isinstance(name, str) and name in _TYPES:
        return exp.DataType.build(_TYPES[name], dialect="duckdb")
    raise Refused("PLAN", f'The type "{name}" of CAST is not modeled by this sandbox')
