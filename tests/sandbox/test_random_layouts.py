"""Queries made by chance as pivots and with totals, each held to the same query as plain rows.

That plain rows are right is what `test_random_queries` holds. Ranks, places and limits are worked out
here, in Python.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from queries.plain_sql import DIMENSIONS, MEASURES
from sandbox.random_queries import NOW, random_query
from sandbox.test_random_queries import Held, alike

BATCHES, QUERIES = 10, 40
ROW, COLUMN = "$omni_pivot_row_num", "$omni_pivot_col_num"
MARK = "$omni_column_total_indicator"
TOTAL = {"type": "aggregation"}
Rows = list[dict[str, Any]]


class Laid(Held):
    """Lay queries out, and work out what should come."""

    def hold_layouts(self, number: int) -> None:
        """Compare a pivot and totals of one query with its plain rows."""
        chance = Random(number)
        entrance, query = random_query(chance, self.values)
        keys = [name for name in query["fields"] if _bare(name) in DIMENSIONS[entrance.model]]
        if not keys:
            return
        plain = {key: value for key, value in query.items() if key not in {"limit", "offset"}}
        plain |= {"limit": None, "sorts": [_sort(chance, name) for name in keys]}
        self._hold_pivot(chance, plain, keys)
        if not any(_bare(name) in MEASURES[entrance.model] for name in query["filters"]):
            self._hold_totals(chance, plain, keys)

    def _hold_pivot(self, chance: Random, plain: dict[str, Any], keys: list[str]) -> None:
        pivots = chance.sample(keys, chance.randint(1, len(keys)))
        down = [name for name in keys if name not in pivots]
        sorts = {sort["column_name"]: sort for sort in plain["sorts"]}
        first = plain | {"sorts": [sorts[name] for name in [*down, *pivots]]}
        rows, across = self._rows(first), self._rows(plain | {"sorts": [sorts[n] for n in pivots]})
        row_ranks, column_ranks = _ranks(rows, down), _ranks(across, pivots)
        limit, columns = chance.choice((1, 4, 1000)), chance.choice((1, 3, 50))
        least: dict[int, int] = {}
        wanted = []
        for each in rows:
            row, column = row_ranks[_of(each, down)], column_ranks[_of(each, pivots)]
            # The first that comes, because they come sorted.
            smallest = least.setdefault(row, column)
            if row <= limit and (column <= columns or column == smallest):
                wanted.append({**each, ROW: row, COLUMN: column})
        asked = first | {"pivots": pivots, "limit": limit, "column_limit": columns}
        _assert_alike(self._rows(asked), wanted, asked)

    def _hold_totals(self, chance: Random, plain: dict[str, Any], keys: list[str]) -> None:
        measures = [name for name in plain["fields"] if name not in keys]
        kept = sorted(chance.sample(range(1, len(keys) + 1), chance.randint(0, len(keys))))
        marks = {depth: f"column_subtotal::{keys[depth - 1]}" for depth in kept}
        if measures:
            marks[0] = "column_total"
        if not marks:
            return
        rows = self._rows(plain)
        levels = {depth: self._level(plain, keys, depth) for depth in marks}
        limit = chance.choice((None, 1, 3, 8))
        names = {mark.removeprefix("column_subtotal::") for mark in marks.values()} - {
            "column_total"
        }
        totals = dict.fromkeys([*names, *(["::total::"] if 0 in marks else [])], TOTAL)
        asked = plain | {"column_totals": totals, "limit": limit}
        wanted = _behind_groups(rows, levels, marks, keys)
        if limit is not None:
            looked_at = wanted[: limit * (1 + len(marks))]
            wanted = [
                each
                for place, each in enumerate(looked_at)
                if [other[MARK] for other in looked_at[:place]].count(each[MARK]) < limit
            ]
        _assert_alike(self._rows(asked), wanted, asked)
        last = [{**each, MARK: None} for each in (rows if limit is None else rows[:limit])]
        for depth in sorted(marks, reverse=True):
            last += [{**each, MARK: marks[depth]} for each in levels[depth].values()]
        _assert_alike(self._rows(asked, totals="last"), last, asked)

    def _level(self, plain: dict[str, Any], keys: list[str], depth: int) -> dict[Any, Any]:
        """Give the rows of a total: the query without the other dimensions."""
        rolled_up = keys[depth:]
        fields = [name for name in plain["fields"] if name not in rolled_up]
        sorts = [each for each in plain["sorts"] if each["column_name"] not in rolled_up]
        rows = self._rows(plain | {"fields": fields, "sorts": sorts})
        nulls = dict.fromkeys(rolled_up)
        return {_of(each, keys[:depth]): {**each, **nulls} for each in rows}

    def _rows(self, query: dict[str, Any], **rest: Any) -> Rows:
        plan = self.engine.plan(query, now=NOW[query["modelId"]], **rest)
        kept = [*query["fields"], *_helpers(query)]
        # A time that is also written out comes twice.
        answer = self.engine.execute(plan)
        kept += [name for name in answer.column_names if name.endswith("__raw")]
        return answer.select(kept).to_pylist()


def _helpers(query: dict[str, Any]) -> list[str]:
    return ([ROW, COLUMN] if query.get("pivots") else []) + (
        [MARK] if query.get("column_totals") else []
    )


def _behind_groups(
    rows: Rows, levels: dict[int, dict[Any, Any]], marks: dict[int, str], keys: list[str]
) -> Rows:
    wanted = []
    for place, each in enumerate(rows):
        wanted.append({**each, MARK: None})
        below = rows[place + 1] if place + 1 < len(rows) else None
        for depth in sorted(marks, reverse=True):
            group = _of(each, keys[:depth])
            if depth and (below is None or _of(below, keys[:depth]) != group):
                wanted.append({**levels[depth][group], MARK: marks[depth]})
    return wanted + [{**each, MARK: marks[0]} for each in levels.get(0, {}).values()]


def _bare(name: str) -> str:
    return name.partition("[")[0]


def _of(row: dict[str, Any], names: list[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _ranks(rows: Rows, names: list[str]) -> dict[Any, int]:
    return {each: n for n, each in enumerate(dict.fromkeys(_of(row, names) for row in rows), 1)}


def _sort(chance: Random, name: str) -> dict[str, Any]:
    return {
        "column_name": name,
        "sort_descending": chance.random() < 0.5,
        "null_sort": chance.choice(("FIRST", "LAST", "OMNI_DEFAULT")),
    }


def _assert_alike(got: Rows, wanted: Rows, query: dict[str, Any]) -> None:
    assert len(got) == len(wanted), query
    for mine, theirs in zip(got, wanted, strict=True):
        # A time that is also written out is null twice where it is rolled up.
        assert all(alike(mine[name], theirs.get(name)) for name in mine), (mine, theirs, query)


@pytest.fixture(scope="module")
def laid() -> Laid:
    return Laid()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_query_made_by_chance_has_the_same_cells_and_totals(batch: int, laid: Laid) -> None:
    for number in range(batch, QUERIES, BATCHES):
        laid.hold_layouts(number)
