"""What the answer to a query has to be: plain rows of plain SQL, laid out and computed with in Python.

Sorts, limits, pivots, totals, periods and fills are read from docs/wire.md. The rows come from
`plain_sql.statement`; nothing here has seen how a query is planned.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from queries.plain_sql import asked, statement
from sandbox.random_calculations import COLUMN, ROW, Rows
from sandbox.random_layouts import PERIOD, Asked

MARK, GROUPING = "$omni_column_total_indicator", "$omni_group_grouping"
TOTAL_SORT = "$omni_total_sort"
_NAMES = {
    name: place
    for names in (calendar.month_name, calendar.day_name)
    for place, name in enumerate(names)
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
Periods = Mapping[str, tuple[datetime, datetime]]
# How a statement over the base tables is run.
Run = Callable[[str], Rows]


def answer(found: Asked, periods: Periods, run: Run, *, totals_last: bool) -> Rows:
    """Work out the rows of the answer, in their order."""
    query = found.query
    if "column_totals" in query:
        return _with_totals(found, periods, run, last=totals_last)
    if query.get("pivots"):
        rows = _pivoted(found, _cells(found, periods, run))
    else:
        rows = run(statement(found.entrance, query | {"fields": found.fields}, periods))
        if "fill_fields" in query:
            rows = _filled(found, _plain(found, periods, run), periods)
            rows = _sorted(found, rows, _terms(query["sorts"], found.keys))
            limit, offset = query.get("limit", 1000), query.get("offset", 0)
            rows = rows[offset : None if limit is None else offset + limit]
    for name, made in found.made.items():
        for row, value in zip(rows, made.of(rows), strict=True):
            row[name] = value
    return rows


def _plain(found: Asked, periods: Periods, run: Run, **changes: Any) -> Rows:
    """Give the rows without any layout, all of them."""
    whole = {"fields": found.fields, "sorts": [], "limit": None, "offset": 0}
    options = {key: changes.pop(key) for key in ("total_of", "of_nothing") if key in changes}
    return run(statement(found.entrance, found.query | whole | changes, periods, **options))


# --- order


def _terms(
    sorts: Iterable[Mapping[str, Any]], others: Iterable[str]
) -> list[tuple[str, bool, bool]]:
    """List by what rows are sorted: by which column, downwards or not, nulls first or not."""
    terms = []
    for sort in sorts:
        descending = sort["sort_descending"]
        null_sort = sort.get("null_sort", "OMNI_DEFAULT")
        if null_sort == "OMNI_DEFAULT":
            null_sort = "LAST" if descending else "FIRST"
        # The database's own default is last, whichever way.
        terms.append((sort["column_name"], descending, null_sort == "FIRST"))
    named = [name for name, *_ in terms]
    return terms + [(name, False, False) for name in others if name not in named]


def _sorted(found: Asked, rows: Rows, terms: list[tuple[str, bool, bool]]) -> Rows:
    labels = list(_labels(found))
    for name, descending, nulls_first in reversed(terms):
        dimension = asked(found.entrance.model, name)
        is_named = dimension is not None and dimension.sql != dimension.order

        def place(row: dict[str, Any], name: str = name, is_named: bool = is_named) -> Any:
            if name == PERIOD:
                return labels.index(row[name])
            return _NAMES[row[name]] if is_named else row[name]

        null = [row for row in rows if row[name] is None]
        known = [row for row in rows if row[name] is not None]
        known.sort(key=place, reverse=descending)
        rows = null + known if nulls_first else known + null
    return rows


def _of(row: Mapping[str, Any], names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


# --- pivots and periods


def _cells(found: Asked, periods: Periods, run: Run) -> Rows:
    if "period_over_period_computations" not in found.query:
        return _plain(found, periods, run)
    rows = []
    for label, (start, end) in _compared(found, periods):
        time = found.query["period_over_period_computations"][0]["date_filter_field_name"]
        during = {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": label}
        filters = found.query["filters"] | {time: during}
        spans = {**periods, label: (start, end)}
        own = _plain(found, spans, run, filters=filters, of_nothing=False)
        rows += [{**row, PERIOD: label} for row in own]
    return rows


def _labels(found: Asked) -> dict[str, dict[str, Any]]:
    """List the periods that are compared by what they are called, in their order."""
    labels = {}
    for each in found.query.get("period_over_period_computations", []):
        ago, unit = each["periods_ago"], each["time_unit_name"]
        if each.get("is_ignored"):
            continue
        if each.get("is_dynamic_previous_period"):
            label = "Previous Period"
        elif ago is None:
            label = "Current Period"
        else:
            title = unit.capitalize()
            label = f"Previous {title}" if ago == 1 else f"{ago} {title}s Ago"
        labels[label] = each
    return labels


def _compared(found: Asked, periods: Periods) -> list[tuple[str, tuple[datetime, datetime]]]:
    """Say when the periods that are compared begin and end."""
    listed = []
    for label, each in _labels(found).items():
        start, end = _span(found.query["filters"][each["date_filter_field_name"]], periods)
        ago, unit = each["periods_ago"], each["time_unit_name"]
        if each.get("is_dynamic_previous_period"):
            start, end = _right_before(start, end)
        elif ago is not None:
            start, end = _back(start, ago, unit), _back(end, ago, unit)
        listed.append((label, (start, end)))
    return listed


def _span(filter_: Mapping[str, Any], periods: Periods) -> tuple[datetime, datetime]:
    left = filter_["left_side"]
    match filter_["kind"]:
        case "BETWEEN":
            return periods[left][0], periods[filter_["right_side"]][0]
        case "TIME_FOR_UNIT_DURATION":
            return periods[left]
    return periods[f"{left} for {filter_['right_side']}"]


def _back(time: datetime, count: int, unit: str) -> datetime:
    months = _MONTHS.get(unit.lower())
    if months is None:
        return time - timedelta(days=count * (7 if unit == "WEEK" else 1))
    year, month = divmod(time.year * 12 + time.month - 1 - count * months, 12)
    return time.replace(
        year=year, month=month + 1, day=min(time.day, calendar.monthrange(year, month + 1)[1])
    )


def _right_before(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    if all(each.day == 1 and not each.hour + each.minute + each.second for each in (start, end)):
        months = (end.year - start.year) * 12 + end.month - start.month
        return _back(start, months, "MONTH"), start
    return start - (end - start), start


def _pivoted(found: Asked, rows: Rows) -> Rows:
    query = found.query
    across = query["pivots"]
    down = [name for name in found.keys if name not in across]
    sorts = query["sorts"]
    rows = _sorted(
        found, rows, _terms([each for each in sorts if each["column_name"] in across], across)
    )
    columns = _numbers(_of(row, across) for row in rows)
    rows = _sorted(
        found, rows, _terms([each for each in sorts if each["column_name"] in down], down)
    )
    lines = _numbers(_of(row, down) for row in rows)
    kept, least = [], dict[int, int]()
    # The rows are stable: within a line they have the order of the columns.
    for row in rows:
        line, column = lines[_of(row, down)], columns[_of(row, across)]
        first = least.setdefault(line, column)
        if line <= query["limit"] and (column <= query.get("column_limit", 50) or column == first):
            kept.append({**row, ROW: line, COLUMN: column})
    if any(None in _of(row, across) for row in kept):
        found.features.add("pivots, null value")
    if len(lines) > query["limit"]:
        found.features.add("pivots, cut rows")
    if len(columns) > query.get("column_limit", 50):
        found.features.add("pivots, cut columns")
    return kept


def _numbers(values: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    return {value: number for number, value in enumerate(dict.fromkeys(values), 1)}


# --- fills


def _filled(found: Asked, rows: Rows, periods: Periods) -> Rows:
    [time] = found.query["fill_fields"]
    name, _, timeframe = time.removesuffix("]").partition("[")
    filter_ = found.query["filters"].get(name, {"type": "null"})
    if filter_["type"] != "date":
        return rows
    start, end = _span(filter_, periods)
    kind = asked(found.entrance.model, name)
    assert kind is not None
    pattern = (asked(found.entrance.model, time) or kind).pattern
    at = time if pattern is None else f"{time}__raw"
    known = {row[at] for row in rows}
    value = _unit_of(start, timeframe)
    while value < end:
        shown = value.replace(tzinfo=UTC) if kind.kind == "instant" else value
        if shown not in known:
            row = dict.fromkeys(found.fields) | {time: shown}
            if pattern is not None:
                row |= {at: shown, time: shown.strftime(pattern)}
            rows.append(row)
        months = _MONTHS.get(timeframe)
        steps = {"week": timedelta(7), "date": timedelta(1), "hour": timedelta(hours=1)}
        value = value + steps[timeframe] if months is None else _back(value, -1, timeframe.upper())
    return rows


def _unit_of(time: datetime, timeframe: str) -> datetime:
    """Give the begin of the unit that a time is in."""
    if timeframe == "hour":
        return time.replace(minute=0, second=0)
    day = time.replace(hour=0, minute=0, second=0)
    if timeframe == "date":
        return day
    if timeframe == "week":
        return day - timedelta(day.weekday())
    months = _MONTHS[timeframe]
    return day.replace(day=1, month=(day.month - 1) // months * months + 1)


# --- totals


def _with_totals(found: Asked, periods: Periods, run: Run, *, last: bool) -> Rows:
    query, keys = found.query, found.keys
    marks = {
        keys.index(name) + 1: f"column_subtotal::{name}"
        for name in query["column_totals"]
        if name in keys
    }
    if "::total::" in query["column_totals"]:
        marks[0] = "column_total"
    levels = {}
    for depth, mark in marks.items():
        helpers = {MARK: mark, GROUPING: 2 ** (len(keys) - depth) - 1, TOTAL_SORT: int(not depth)}
        rows = _plain(found, periods, run, total_of=depth)
        levels[depth] = [{**dict.fromkeys(keys), **row, **helpers} for row in rows]
    terms = _terms(query["sorts"], keys)
    rows = _sorted(found, _plain(found, periods, run), terms)
    rows = [{**row, MARK: None, GROUPING: 0, TOTAL_SORT: 0} for row in rows]
    limit = query["limit"]
    coarser = sorted(marks, reverse=True)
    if last:
        # Behind all rows, finer ones first, each in the order of the rows.
        by_depth = [_sorted(found, levels[depth], terms) for depth in coarser]
        return [*rows[:limit], *(each for level in by_depth for each in level)]
    own = {(depth, _of(row, keys[:depth])): row for depth in marks for row in levels[depth]}
    placed = []
    for row, below in pairwise([*rows, None]):
        assert row is not None
        placed.append(row)
        for depth in coarser:
            group = _of(row, keys[:depth])
            if depth and (below is None or _of(below, keys[:depth]) != group):
                placed.append(own[depth, group])
    placed += levels.get(0, [])
    if limit is None:
        return placed
    left = dict.fromkeys([None, *marks.values()], limit)
    kept = []
    for row in placed[: limit * (1 + len(marks))]:
        left[row[MARK]] -= 1
        if left[row[MARK]] >= 0:
            kept.append(row)
    if len(kept) < len(placed):
        found.features.add("totals, cut by the quota")
    return kept
