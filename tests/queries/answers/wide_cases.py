"""Pivoted queries built in Python, beside SQL by hand that has a column for each of their columns.

The SQL knows nothing of ranks: each cell is an aggregate over the rows of its row and column, null where
there are none. Its columns are named as ``pivot="flat"`` names them, and its order is that of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from queries.query_cases import FLIGHTS, ORDERS

from omnipd import Query, field

_FLIGHTS = Query(FLIGHTS, "flights")
_ITEMS = Query(ORDERS, "orders")


@dataclass(frozen=True)
class WideCase:
    """Hold a query, and SQL over the base tables that gives its wide rows."""

    name: str
    built: Query
    sql: str

    @property
    def query(self) -> dict[str, object]:
        """What is sent."""
        return self.built.to_dict()


def _counted(holds: str) -> str:
    return f"CASE WHEN count(*) FILTER (WHERE {holds}) > 0 THEN count(*) FILTER (WHERE {holds}) END"


_STATUS = [
    (text, f"status IS NOT DISTINCT FROM {value}")
    for text, value in (
        ("complete", "'complete'"),
        ("pending", "'pending'"),
        ("returned", "'returned'"),
        ("null", "NULL"),
    )
]
_JULY = field("flights.date").in_the("2013-07")
_AIRPORTS = [(name, f"origin = '{name}'") for name in ("EWR", "JFK", "LGA")]

WIDE_CASES = [
    WideCase(
        "null is a column and a row of its own",
        _ITEMS.select("products.category", "order_items.count").pivot("order_items.status"),
        'SELECT category AS "products.category", '
        + ", ".join(f'{_counted(holds)} AS "{text} · order_items.count"' for text, holds in _STATUS)
        + """ FROM order_items i LEFT JOIN products p ON p.sku = i.sku
              GROUP BY category ORDER BY category NULLS LAST""",
    ),
    WideCase(
        "two measures, downwards, with the cells that are empty",
        _FLIGHTS.select("flights.carrier", "flights.count", "flights.average_dep_delay")
        .where(field("flights.carrier").isin(["AS", "HA", "F9", "DL"]))
        .pivot("flights.origin")
        .sort("-flights.origin", "-flights.carrier"),
        'SELECT carrier AS "flights.carrier", '
        + ", ".join(
            f'{_counted(holds)} AS "{text} · flights.count", '
            f'avg(dep_delay) FILTER (WHERE {holds}) AS "{text} · flights.average_dep_delay"'
            for text, holds in reversed(_AIRPORTS)
        )
        + """ FROM flights WHERE carrier IN ('AS', 'HA', 'F9', 'DL')
              GROUP BY carrier ORDER BY carrier DESC""",
    ),
    WideCase(
        "months of a year across, and rows of two dimensions",
        _FLIGHTS.select("flights.origin", "flights.carrier", "flights.count")
        .where(
            field("flights.date").between("2013-02-01", "2013-05-01"),
            field("flights.carrier").isin(["AA", "HA"]),
        )
        .pivot("flights.date[month]"),
        'SELECT origin AS "flights.origin", carrier AS "flights.carrier", '
        + ", ".join(
            f'{_counted(f"month = {month}")} AS "2013-0{month}-01 · flights.count"'
            for month in (2, 3, 4)
        )
        + """ FROM flights WHERE month IN (2, 3, 4) AND carrier IN ('AA', 'HA')
              GROUP BY origin, carrier ORDER BY origin, carrier""",
    ),
    WideCase(
        "two pivots: only the pairs that there are",
        _FLIGHTS.select("flights.month", "flights.count")
        .where(_JULY, field("flights.carrier").isin(["HA", "F9", "AS"]))
        .pivot("flights.carrier", "flights.origin"),
        'SELECT month::BIGINT AS "flights.month", '
        + ", ".join(
            f"count(*) FILTER (WHERE carrier = '{carrier}' AND origin = '{origin}') "
            f'AS "{carrier} · {origin} · flights.count"'
            for carrier, origin in (("AS", "EWR"), ("F9", "LGA"), ("HA", "JFK"))
        )
        + """ FROM flights WHERE month = 7 AND carrier IN ('HA', 'F9', 'AS') GROUP BY month""",
    ),
    WideCase(
        "nothing but the pivot",
        _FLIGHTS.select("flights.count").pivot("flights.origin"),
        "SELECT "
        + ", ".join(
            f'count(*) FILTER (WHERE {holds}) AS "{text} · flights.count"'
            for text, holds in _AIRPORTS
        )
        + " FROM flights",
    ),
    WideCase(
        "a month, and the one before",
        _FLIGHTS.select("flights.origin", "flights.count")
        .where(_JULY)
        .compare("flights.date", 1, "month")
        .sort("flights.origin"),
        """SELECT origin AS "flights.origin",
                  count(*) FILTER (WHERE month = 7) AS "Current Period · flights.count",
                  count(*) FILTER (WHERE month = 6) AS "Previous Month · flights.count"
           FROM flights GROUP BY origin ORDER BY origin""",
    ),
    WideCase(
        "ten days and the ten days before",
        _FLIGHTS.select("flights.carrier", "flights.count")
        .where(
            field("flights.date").in_the("2013-03-11", "10 days"),
            field("flights.carrier").isin(["AA", "DL"]),
        )
        .compare("flights.date")
        .sort("flights.carrier"),
        """SELECT carrier AS "flights.carrier",
                  count(*) FILTER (WHERE day >= 11) AS "Current Period · flights.count",
                  count(*) FILTER (WHERE day <= 10) AS "Previous Period · flights.count"
           FROM flights WHERE month = 3 AND day BETWEEN 1 AND 20 AND carrier IN ('AA', 'DL')
           GROUP BY carrier ORDER BY carrier""",
    ),
]
