"""An invented shop: what the flights lack.

Exact prices, booleans and dates with nulls, instants around the changes to and from summer time,
keys that are null or lead nowhere, and texts that break careless quoting. The rows follow from
their number alone, so they are the same every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SCHEMA = """
CREATE TABLE users (
    id INTEGER, name VARCHAR, email VARCHAR, state VARCHAR, age INTEGER, is_vip BOOLEAN,
    signed_up_on DATE, credit DECIMAL(12, 2)
);
CREATE TABLE products (
    sku VARCHAR, name VARCHAR, category VARCHAR, list_price DECIMAL(12, 2), discontinued_on DATE
);
CREATE TABLE order_items (
    id INTEGER, order_id INTEGER, user_id INTEGER, sku VARCHAR, quantity INTEGER,
    sale_price DECIMAL(12, 2), status VARCHAR, is_gift BOOLEAN, note VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE, shipped_on DATE
);
"""

USERS = 40
ORDER_ITEMS = 240
LARGE_USERS = 100_000
LARGE_ORDER_ITEMS = 5_000_000

PRODUCTS = (
    ("P-01", "Plain tee", "Shirts", Decimal("19.90"), None),
    ("P-02", "O'Brien's polo", "Shirts", Decimal("34.95"), None),
    ("P-03", 'The "quoted" one', "Shirts", Decimal("29.99"), date(2024, 6, 30)),
    ("P-04", "100% cotton", "Shirts", Decimal("24.50"), None),
    ("P-05", "snake_case socks", "Socks", Decimal("7.25"), None),
    ("P-06", "Back\\slash socks", "Socks", Decimal("8.10"), None),
    ("P-07", "Party socks 🎉", "Socks", Decimal("9.99"), date(2024, 2, 29)),
    ("P-08", "Ärmelschoner", "Extras", Decimal("12.00"), None),
    ("P-09", "=1+1", "Extras", Decimal("0.01"), None),
    ("P-10", "", "Extras", Decimal("5.00"), None),
    ("P-11", None, None, None, None),
    ("P-12", "Never sold", "Extras", Decimal("99999999.99"), None),
)

NOTES = (
    None,
    "",
    "gift wrap",
    "Leave at door",
    "it's 50% off",
    "a_b",
    "a\\b",
    'say "hi"',
    "🎁",
    " ",
)
STATES = ("California", "New York", "Texas", "", None, "new york", "Illinois")
STATUSES = ("complete", "complete", "complete", "returned", "pending", None)

# The instants at which a naive reading of a clock goes wrong, each beside its neighbor.
EDGES = (
    datetime(2023, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=UTC),
    datetime(2024, 3, 10, 6, 59, 59, tzinfo=UTC),  # New York springs forward at 07:00 UTC
    datetime(2024, 3, 10, 7, 0, 0, tzinfo=UTC),
    datetime(2024, 3, 31, 0, 59, 59, tzinfo=UTC),  # Paris springs forward at 01:00 UTC
    datetime(2024, 3, 31, 1, 0, 0, tzinfo=UTC),
    datetime(2024, 10, 27, 0, 30, 0, tzinfo=UTC),  # Paris falls back at 01:00 UTC
    datetime(2024, 10, 27, 1, 30, 0, tzinfo=UTC),
    datetime(2024, 11, 3, 5, 30, 0, tzinfo=UTC),  # New York falls back at 06:00 UTC
    datetime(2024, 11, 3, 6, 30, 0, tzinfo=UTC),
    datetime(2024, 12, 30, 0, 0, 0, tzinfo=UTC),  # a Monday: week 1 of 2025
)


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the rows into the tables."""
    connection.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _users())
    connection.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?)", list(PRODUCTS))
    connection.executemany(
        "INSERT INTO order_items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _order_items()
    )


def fill_large(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the rows, and go on in their manner to five million items of 100,000 users."""
    fill(connection)
    connection.execute(
        f"INSERT INTO users SELECT n, 'User ' || n, 'user' || n || '@example.com', {_pick(STATES)},"  # noqa: S608
        " 18 + n * 7 % 50, n % 3 = 0, DATE '2023-01-15' + (n % 700)::INTEGER,"
        " (n * 1234 % 5000) / 100.0 - 10"
        f" FROM range({USERS + 1}, {LARGE_USERS + 1}) AS numbers(n)"
    )
    connection.execute(
        "INSERT INTO order_items SELECT n, (n + 2) // 3,"  # noqa: S608 - numbers and words of this file
        f" CASE WHEN n % 23 = 0 THEN NULL ELSE n // 3 * 7 % {LARGE_USERS} + 1 END,"
        " CASE WHEN n % 31 = 0 THEN NULL ELSE 'P-' || lpad((n * 5 % 11 + 1)::VARCHAR, 2, '0') END,"
        " n % 5 + 1, CASE WHEN n % 41 = 0 THEN NULL ELSE (n * 977 % 9000 + 5) / 100.0 END,"
        f" {_pick(STATUSES)}, n % 4 = 0, {_pick(NOTES)},"
        " TIMESTAMPTZ '2023-11-20 03:17:05.123456+00' + to_seconds(n * 613 % 63072000),"
        " (DATE '2023-11-20' + (n % 730)::INTEGER)"
        f" FROM range({ORDER_ITEMS + 1}, {LARGE_ORDER_ITEMS + 1}) AS numbers(n)"
    )


def _pick(words: Sequence[str | None]) -> str:
    """Write the choice of a word by the row's number."""
    listed = ", ".join(
        "NULL" if word is None else "'" + word.replace("'", "''") + "'" for word in words
    )
    return f"[{listed}][n % {len(words)} + 1]"


def _users() -> list[tuple[object, ...]]:
    return [
        (
            number,
            # Two people may share a name; the key tells them apart.
            f"User {(number - 1) % 38 + 1:02}",
            None if number % 11 == 0 else "" if number % 13 == 0 else f"user{number}@example.com",
            STATES[number % len(STATES)],
            None if number % 9 == 0 else 18 + number * 7 % 50,
            (True, False, None)[number % 3],
            None if number % 10 == 0 else date(2023, 1, 15) + timedelta(days=number * 17),
            Decimal(number * 1234 % 5000) / 100 - 10,
        )
        for number in range(1, USERS + 1)
    ]


def _order_items() -> list[tuple[object, ...]]:
    return [_order_item(number) for number in range(1, ORDER_ITEMS + 1)]


def _order_item(number: int) -> tuple[object, ...]:
    if number <= len(EDGES):
        created_at = EDGES[number - 1]
    else:
        created_at = datetime(2023, 11, 20, 3, 17, 5, 123456, tzinfo=UTC) + timedelta(
            hours=number * 41, seconds=number * 613
        )
    # Users 31 to 40 never ordered; user 999 and product P-99 do not exist.
    user_id = None if number % 23 == 0 else 999 if number % 29 == 0 else number * 7 % 30 + 1
    sku = (
        None if number % 31 == 0 else "P-99" if number % 37 == 0 else f"P-{number * 5 % 11 + 1:02}"
    )
    price = None if number % 41 == 0 else Decimal(number * 977 % 9000 + 5) / 100
    shipped_on = None if number % 4 == 0 else created_at.date() + timedelta(days=number % 6)
    return (
        number,
        (number + 2) // 3,
        user_id,
        sku,
        number % 5 + 1 if number % 19 else None,
        price,
        STATUSES[number % len(STATUSES)],
        (True, False, False, None)[number % 4],
        NOTES[number % len(NOTES)],
        created_at,
        shipped_on,
    )
