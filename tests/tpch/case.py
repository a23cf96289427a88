"""A query for the sandbox, beside SQL written by hand over the tables of TPC-H."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omnipd import Query

MODEL = "7d1c0a53-4b8e-4f0e-9a61-2f5c8e9b7a10"

# Within the days of TPC-H, which end in 1998; a Saturday.
NOW = datetime(1998, 8, 15, 10, 30, 45, tzinfo=UTC)

SALES = Query(MODEL, "sales")
CUSTOMERS = Query(MODEL, "customers")
SUPPLY = Query(MODEL, "european_supply")


@dataclass(frozen=True)
class Case:
    """Hold a query and the SQL that gives its answer, column by column in the query's order.

    The SQL is what a person who knows TPC-H would write; nothing in it is taken from a planner. Where
    the query sorts, the SQL sorts to the last tie.
    """

    name: str
    query: Query | dict[str, Any]
    sql: str
    # Who asks, by e-mail; the key of the organization when None.
    user: str | None = None
    # The rows of totals are kept, each marked in a column of its own at the end.
    totals: bool = False

    @property
    def wire(self) -> dict[str, Any]:
        """Give the query object that is sent."""
        return self.query.to_dict() if isinstance(self.query, Query) else self.query

    @property
    def is_sorted(self) -> bool:
        """Tell whether the order of the rows is part of the answer."""
        return bool(self.wire.get("sorts"))
