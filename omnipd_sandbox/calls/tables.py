"""Serve tables of plain records: a page of them, or one by its id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, Page, Rank, cut_page, page_reply
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.tables import Row


def rows_of(call: Call, table: str, **values: object) -> list[Row]:
    """Give the records of a table that have certain values."""
    return [
        row
        for row in call.world.organization.tables.get(table, ())
        if all(row[key] == value for key, value in values.items())
    ]


def find_row(rows: Iterable[Row], identity: str, what: str, key: str = "id") -> Row:
    """Give the record with an id; 404 when there is none."""
    for row in rows:
        if row[key] == identity:
            return row
    raise not_found(what, identity)


def without(row: Row, *keys: str) -> dict[str, Any]:
    """Give a record as an answer shows it."""
    return {key: value for key, value in row.items() if key not in keys}


def show_page(
    call: Call,
    rows: Collection[Row],
    rank: Callable[[Row], Rank],
    *,
    key: str = "id",
    descending: bool = False,
    hidden: tuple[str, ...] = (),
    cut: Callable[..., Page[Row]] = cut_page,
) -> Reply:
    """Answer with one page of records.

    Parameters
    ----------
    call : Call
        What was asked.
    rows : collection
        All that match.
    rank : callable
        What they are sorted by.
    key : str
        What tells them apart.
    descending : bool
        Whether the greatest comes first.
    hidden : tuple of str
        What they belong to, which an answer does not repeat.
    cut : callable
        How the list is cut into pages.
    """
    order: Order[Row] = Order(rank=rank, identity=lambda row: str(row[key]), descending=descending)
    return page_reply(cut(call, lambda: rows, order), lambda row: without(row, *hidden))
