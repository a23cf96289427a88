"""Calculations as chance has them: each as a person writes it, and what it comes to, in plain Python.

What a calculation means is read from docs/queries/calculations.md and docs/wire.md; nothing here has
seen how one is planned.
"""

from __future__ import annotations

import operator
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from typing import Any

import omnipd
from omnipd import calc

ROW, COLUMN = "$omni_pivot_row_num", "$omni_pivot_col_num"
Rows = list[dict[str, Any]]
Values = list[Any]

HOW = ("sum", "average", "min", "max", "median", "count")
_LITERALS = (0, 1, 2, 10, 100, -3, 0.5)
_COMPARISONS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """Hold a column that calculations may read."""

    name: str
    # number, text, condition, date or time.
    kind: str
    # An integer, which is written out as one.
    whole: bool = False
    # How its last digits come out does not depend on the order of a sum.
    exact: bool = True
    # It has the very same digits whoever computes it.
    same: bool = True
    is_measure: bool = False


@dataclass(frozen=True)
class Made:
    """Hold a calculation: as it is asked for, and its value in each row."""

    # Or a constant, to compute with.
    node: Any
    kind: str
    of: Callable[[Rows], Values]
    whole: bool = False
    exact: bool = True
    # Others may be computed from it: it is neither very large nor infinite.
    reusable: bool = True
    # Beside the pivot.
    outside: bool = False
    # What it is made by.
    words: frozenset[str] = frozenset()

    def said(self, *words: str) -> Made:
        return replace(self, words=self.words.union(words))


def calculations(
    chance: Random, columns: Sequence[Column], *, pivoted: bool, column_limit: int
) -> dict[str, Made]:
    """Make some calculations, by name; later ones may be made of earlier ones."""
    maker = _Maker(chance, list(columns), pivoted=pivoted)
    made: dict[str, Made] = {}
    for number in range(chance.choice((1, 1, 2, 3))):
        name = chance.choice((f"calc {number}", f"Z{number}", f"a_{number}"))
        if pivoted and chance.random() < 0.4 and any(each.is_measure for each in maker.numbers()):
            made[name] = maker.row_total(column_limit)
            continue
        made[name] = one = maker.any()
        if one.reusable:
            maker.columns.append(Column(name, one.kind, one.whole, one.exact, one.exact))
    return made


def entries(made: dict[str, Made], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Write them as a query has them."""
    query = omnipd.Query("any", "any").select(*fields)
    for name, each in made.items():
        query = query.calculate(name, each.node)
    listed: list[dict[str, Any]] = query.to_dict().get("calculations", [])
    return listed


class _Maker:
    def __init__(self, chance: Random, columns: list[Column], *, pivoted: bool) -> None:
        self.chance, self.columns, self.pivoted = chance, columns, pivoted

    def of_kind(self, kind: str) -> list[Column]:
        return [each for each in self.columns if each.kind == kind]

    def numbers(self) -> list[Column]:
        return self.of_kind("number")

    def any(self) -> Made:
        ways: list[Callable[[], Made]] = [lambda: self.text(2)]
        if self.numbers():
            ways += [lambda: self.apart(3)] * 4 + [self.product, self.quotient, self.template]
            ways += [self.window] * 3 + [lambda: self.condition(2)] * 2
        if self.of_kind("date"):
            ways += [self.date_diff] * 6
        if self.of_kind("date") or self.of_kind("time"):
            ways.append(self.to_date)
        return self.chance.choice(ways)()

    # --- numbers

    def number(self, depth: int) -> Made:
        columns = self.numbers()
        if not columns or (depth and self.chance.random() < 0.15) or self.chance.random() < 0.1:
            return self.literal()
        if not depth:
            return self.field(self.chance.choice(columns))
        ways = [
            self.template,
            self.template,
            self.window,
            self.window,
            lambda: self.arithmetic(depth),
        ]
        ways += [lambda: self.chosen("number", depth), lambda: self.to_number(depth)]
        ways += [lambda: self.power(depth), lambda: self.safe_divide(depth)]
        if self.of_kind("date"):
            ways.append(self.date_diff)
        return self.chance.choice(ways)()

    def literal(self) -> Made:
        value = self.chance.choice(_LITERALS)
        return Made(
            value,
            "number",
            lambda rows: [Fraction(str(value))] * len(rows),
            whole=isinstance(value, int),
        )

    def field(self, column: Column) -> Made:
        return Made(
            calc.field(column.name),
            column.kind,
            lambda rows: [_plain(row, column.name) for row in rows],
            whole=column.whole,
            exact=column.exact,
        )

    def template(self) -> Made:
        ways = {
            "running_total": (calc.running_total, _running_total),
            "percent_of_total": (calc.percent_of_total, _of_total),
            "percent_of_previous": (calc.percent_of_previous, _of_previous),
            "percent_change_from_previous": (calc.percent_change_from_previous, _changed),
            "rank": (calc.rank, _rank),
        }
        # Of sums that are not exact it hangs on the last digit what is equal, and what is zero.
        same = [each for each in self.numbers() if each.same]
        word = self.chance.choice(list(ways)) if same else "running_total"
        build, work_out = ways[word]
        column = self.chance.choice(self.numbers() if word == "running_total" else same)
        return Made(
            build(column.name),
            "number",
            lambda rows: _by_column(rows, column.name, work_out),
            whole=word == "rank" or (word == "running_total" and column.whole),
            exact=word == "rank" or (word == "running_total" and column.exact),
            words=frozenset({word}),
        )

    def window(self) -> Made:
        if self.pivoted:
            return self.template()
        column, how = self.chance.choice(self.numbers()), self.chance.choice(HOW)
        size = self.chance.choice((1, 2, 3, 5))
        ways: dict[str, tuple[calc.Calculation, Callable[[Values], Values]]] = {
            f"moving {how}": (
                calc.moving(column.name, size, how),
                lambda values: [
                    _summed(values[max(0, n + 1 - size) : n + 1], how) for n in range(len(values))
                ],
            ),
            f"cumulative {how}": (
                calc.cumulative(column.name, how), lambda values: _cumulative(values, how)
            ),
            f"overall {how}": (
                calc.overall(column.name, how), lambda values: [_summed(values, how)] * len(values)
            ),
        }  # fmt: skip
        if column.same:
            ways["change_from_previous"] = (calc.change_from_previous(column.name), _change)
        word = self.chance.choice(list(ways))
        node, work_out = ways[word]
        exact = column.exact and how not in {"average", "median"}
        return Made(
            node,
            "number",
            lambda rows: work_out([_plain(row, column.name) for row in rows]),
            whole=(column.whole and exact) or how == "count",
            exact=exact or (column.exact and word == "change_from_previous"),
            words=frozenset({word.split()[0], word}),
        )

    def arithmetic(self, depth: int) -> Made:
        left, right = self.apart(depth), self.number(depth - 1)
        sign = self.chance.choice("+-")
        work_out = {"+": operator.add, "-": operator.sub}[sign]
        if self.chance.random() < 0.2:
            return replace(
                left,
                node=-left.node,
                of=lambda rows: [None if each is None else -each for each in left.of(rows)],
            ).said("-x")
        return Made(
            work_out(left.node, right.node),
            "number",
            lambda rows: _each(work_out, left.of(rows), right.of(rows)),
            whole=left.whole and right.whole,
            exact=left.exact and right.exact,
            words=left.words | right.words,
        ).said(sign)

    def apart(self, depth: int) -> Made:
        """Make what is more than a constant."""
        while not isinstance((made := self.number(depth - 1)).node, calc.Calculation):
            pass
        return made

    def product(self) -> Made:
        left = self.field(self.chance.choice(self.numbers()))
        right = self.number(0)
        if not left.whole or not right.whole:
            # The database keeps so many digits of decimals, and fails beyond.
            right = self.literal()
        return Made(
            left.node * right.node,
            "number",
            lambda rows: _each(operator.mul, left.of(rows), right.of(rows)),
            exact=False,
            reusable=False,
            words=right.words | {"*"},
        )

    def quotient(self) -> Made:
        exact = [each for each in self.numbers() if each.exact]
        if not exact:
            return self.product()
        left, right = self.apart(1), self.field(self.chance.choice(exact))
        return Made(
            left.node / right.node,
            "number",
            lambda rows: _each(_divided, left.of(rows), right.of(rows)),
            exact=False,
            reusable=False,
            words=left.words | {"/"},
        )

    def power(self, depth: int) -> Made:
        made, exponent = self.apart(depth), self.chance.choice((2, 3))
        return Made(
            made.node**exponent,
            "number",
            lambda rows: [
                None if each is None else float(each) ** exponent for each in made.of(rows)
            ],
            exact=False,
            words=made.words | {"**"},
        )

    def safe_divide(self, depth: int) -> Made:
        left, right = self.apart(depth), self.apart(depth)
        if not right.exact:
            return left
        return Made(
            calc.safe_divide(left.node, right.node),
            "number",
            lambda rows: _each(_share, left.of(rows), right.of(rows)),
            exact=False,
            words=left.words | right.words | {"safe_divide"},
        )

    def to_number(self, depth: int) -> Made:
        if self.chance.random() < 0.3:
            made = self.condition(depth - 1)
            return Made(
                calc.cast(made.node, "integer"), "number",
                lambda rows: [None if each is None else int(each) for each in made.of(rows)],
                whole=True, words=made.words | {"cast"},
            )  # fmt: skip
        made = self.apart(depth)
        if self.chance.random() < 0.5 or not made.exact:
            return Made(
                calc.cast(made.node, "double"), "number",
                lambda rows: [None if each is None else float(each) for each in made.of(rows)],
                exact=made.exact and _is_column(made), words=made.words | {"cast"},
            )  # fmt: skip
        kind, digits = self.chance.choice((("bigint", 0), ("decimal(18, 2)", 2)))
        return Made(
            calc.cast(made.node, kind), "number",
            lambda rows: [None if each is None else _rounded(each, digits) for each in made.of(rows)],
            whole=kind == "bigint", words=made.words | {"cast"},
        )  # fmt: skip

    def date_diff(self) -> Made:
        unit = self.chance.choice(("day", "month", "year"))
        start = self.field(self.chance.choice(self.of_kind("date")))
        other = self.chance.choice([*self.of_kind("date"), None])
        day = self.chance.choice(
            (date(2023, 1, 31), date(2024, 2, 29), date(2013, 3, 30), date(2012, 11, 30))
        )
        end = None if other is None else self.field(other)
        ends = [start.node, day if end is None else end.node]
        is_turned = self.chance.random() < 0.5

        def of(rows: Rows) -> Values:
            both = [start.of(rows), [day] * len(rows) if end is None else end.of(rows)]
            return _each(lambda a, b: _between(unit, a, b), *(both[::-1] if is_turned else both))

        node = calc.date_diff(unit, *(ends[::-1] if is_turned else ends))
        return Made(node, "number", of, whole=True, words=frozenset({"date_diff"}))

    def row_total(self, column_limit: int) -> Made:
        chance = self.chance
        column = chance.choice([each for each in self.numbers() if each.is_measure])
        how, columns = chance.choice(HOW), chance.choice((1, 2, column_limit))

        def of(rows: Rows) -> Values:
            return [
                _summed(
                    [
                        _plain(other, column.name)
                        for other in rows
                        if other[ROW] == row[ROW] and other[COLUMN] <= columns
                    ],
                    how,
                )
                for row in rows
            ]

        node = calc.row_total(column.name, how, columns=columns)
        made = Made(node, "number", of, outside=True, words=frozenset({"row_total"}))
        if chance.random() < 0.3:
            return replace(
                made,
                node=made.node + 1,
                of=lambda rows: [None if each is None else each + 1 for each in made.of(rows)],
            ).said("+")
        return made

    # --- conditions, texts, dates

    def condition(self, depth: int) -> Made:
        if self.of_kind("condition") and self.chance.random() < 0.2:
            return self.field(self.chance.choice(self.of_kind("condition")))
        if depth and self.chance.random() < 0.4:
            return self.joined(depth)
        dates = self.of_kind("date")
        if dates and self.chance.random() < 0.3:
            left = self.field(self.chance.choice(dates))
            day = self.chance.choice((date(2024, 3, 10), date(2023, 6, 1), date(2013, 5, 5)))
            return self.compared(left, day, lambda rows: [day] * len(rows))
        texts = self.of_kind("text")
        if texts and self.chance.random() < 0.3:
            left = self.field(self.chance.choice(texts))
            word = self.chance.choice(("complete", "M", "", "JFK"))
            return self.compared(left, word, lambda rows: [word] * len(rows))
        left = self.apart(depth or 1)
        if not left.exact:
            return self.compared(*self.counted())
        right = self.number(0)
        if not right.exact:
            right = self.literal()
        return self.compared(left, right.node, right.of, right.words)

    def counted(self) -> tuple[Made, int, Callable[[Rows], Values]]:
        """Make what is exact of whatever there is."""
        column = self.chance.choice(self.columns)
        text = Made(
            calc.concat(calc.cast(calc.field(column.name), "varchar"), "") == "",
            "condition",
            lambda rows: [_plain(row, column.name) is None for row in rows],
        )
        return (
            Made(
                calc.cast(text.node, "integer"),
                "number",
                lambda rows: [int(each) for each in text.of(rows)],
            ),
            1,
            lambda rows: [1] * len(rows),
        )

    def compared(
        self,
        left: Made,
        value: Any,
        of: Callable[[Rows], Values],
        words: frozenset[str] = frozenset(),
    ) -> Made:
        sign = self.chance.choice(list(_COMPARISONS))
        work_out = _COMPARISONS[sign]
        return Made(
            work_out(left.node, value),
            "condition",
            lambda rows: _each(work_out, left.of(rows), of(rows)),
            words=left.words | words | {sign},
        )

    def joined(self, depth: int) -> Made:
        left, right = self.condition(depth - 1), self.condition(depth - 1)
        word = self.chance.choice("&|~")
        if word == "~":
            return Made(
                ~left.node, "condition",
                lambda rows: [None if each is None else not each for each in left.of(rows)],
                words=left.words | {"~"},
            )  # fmt: skip
        node = left.node & right.node if word == "&" else left.node | right.node
        return Made(
            node,
            "condition",
            lambda rows: [
                _and_or(word, *pair) for pair in zip(left.of(rows), right.of(rows), strict=True)
            ],
            words=left.words | right.words | {word},
        )

    def chosen(self, kind: str, depth: int) -> Made:
        """Choose between values by conditions."""
        make = self.number if kind == "number" else self.text
        conditions = [self.condition(depth - 1) for _ in range(self.chance.choice((1, 1, 2)))]
        values = [make(depth - 1) for _ in (*conditions, None)]
        whole_words = frozenset().union(*(each.words for each in [*conditions, *values]))
        has_default = len(conditions) == 1 or self.chance.random() < 0.5
        if len(conditions) == 1 and self.chance.random() < 0.7:
            node = calc.if_else(conditions[0].node, *(each.node for each in values))
            word = "if_else"
        else:
            pairs = [
                (each.node, value.node) for each, value in zip(conditions, values, strict=False)
            ]
            node = calc.case_when(*pairs, default=values[-1].node if has_default else None)
            word = "case_when"

        def of(rows: Rows) -> Values:
            tests, columns = (
                [each.of(rows) for each in conditions],
                [each.of(rows) for each in values],
            )
            otherwise = columns[-1] if has_default else [None] * len(rows)
            return [
                next((columns[n][row] for n, test in enumerate(tests) if test[row]), otherwise[row])
                for row in range(len(rows))
            ]

        return Made(node, kind, of, exact=False, words=whole_words | {word})

    def text(self, depth: int) -> Made:
        texts, whole = self.of_kind("text"), [each for each in self.numbers() if each.whole]
        if not depth:
            if texts and self.chance.random() < 0.6:
                return self.field(self.chance.choice(texts))
            word = self.chance.choice(("", "it's", " – ", "9"))
            return Made(word, "text", lambda rows: [word] * len(rows))
        if self.numbers() and self.chance.random() < 0.3:
            return self.chosen("text", depth)
        if whole and self.chance.random() < 0.5:
            column = self.field(self.chance.choice(whole))
            return Made(
                calc.cast(column.node, "varchar"), "text",
                lambda rows: [None if each is None else str(each) for each in column.of(rows)],
                words=frozenset({"cast"}),
            )  # fmt: skip
        left, right = self.text(depth - 1), self.text(depth - 1)
        return Made(
            calc.concat(left.node, right.node),
            "text",
            lambda rows: [
                (a or "") + (b or "") for a, b in zip(left.of(rows), right.of(rows), strict=True)
            ],
            words=left.words | right.words | {"concat"},
        )

    def to_date(self) -> Made:
        made = self.field(self.chance.choice([*self.of_kind("date"), *self.of_kind("time")]))
        return Made(
            calc.cast(made.node, "date"), "date",
            lambda rows: [None if each is None else _day(each) for each in made.of(rows)],
            words=frozenset({"cast"}),
        )  # fmt: skip


def _is_column(made: Made) -> bool:
    return not made.words


# --- what they come to


def _plain(row: dict[str, Any], name: str) -> Any:
    """Give a value; decimals as fractions, which lose no digit, and of a time that is also text the time."""
    value = row.get(f"{name}__raw", row[name])
    return Fraction(value) if isinstance(value, Decimal) else value


def _each(work_out: Callable[[Any, Any], Any], left: Values, right: Values) -> Values:
    return [
        None if a is None or b is None else work_out(*_alike(a, b))
        for a, b in zip(left, right, strict=True)
    ]


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    # A day and a midnight are compared as days are with times, and doubles as doubles.
    if isinstance(a, date) and isinstance(b, date):
        return _time(a), _time(b)
    return (float(a), float(b)) if isinstance(a, float) or isinstance(b, float) else (a, b)


def _time(value: date) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time())


def _day(value: date) -> date:
    return _time(value).date()


def _by_column(rows: Rows, name: str, work_out: Callable[[Values], Values]) -> Values:
    """Work something out over the rows of each column of a pivot, or over all."""
    places: dict[Any, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.get(COLUMN), []).append(place)
    found: Values = [None] * len(rows)
    for own in places.values():
        values = work_out([_plain(rows[place], name) for place in own])
        for place, value in zip(own, values, strict=True):
            found[place] = value
    return found


def _running_total(values: Values) -> Values:
    return _cumulative(values, "sum")


def _share(value: Any, of: Any) -> float | None:
    return None if value is None or not of else float(value) / float(of)


def _divided(value: Any, by: Any) -> float:
    if by:
        return float(value) / float(by)
    return float("nan") if not value else float("inf") if value > 0 else float("-inf")


def _of_total(values: Values) -> Values:
    total = _summed(values, "sum")
    return [_share(value, total) for value in values]


def _of_previous(values: Values) -> Values:
    return [_share(value, before) for before, value in zip([None, *values], values, strict=False)]


def _change(values: Values) -> Values:
    return [
        None if value is None or before is None else value - before
        for before, value in zip([None, *values], values, strict=False)
    ]


def _changed(values: Values) -> Values:
    changes = _change(values)
    return [_share(each, before) for before, each in zip([None, *values], changes, strict=False)]


def _rank(values: Values) -> Values:
    known = [value for value in values if value is not None]
    return [
        1 + (len(known) if value is None else sum(other > value for other in known))
        for value in values
    ]


def _summed(values: Values, how: str) -> Any:
    return _of_sorted(sorted(value for value in values if value is not None), how)


def _of_sorted(known: Values, how: str) -> Any:
    if how == "count":
        return len(known)
    if not known:
        return None
    middle = known[(len(known) - 1) // 2 : len(known) // 2 + 1]
    match how:
        case "sum":
            return sum(known)
        case "average":
            return float(sum(known)) / len(known)
        case "median":
            return float(middle[0] + middle[-1]) / 2
    return known[0] if how == "min" else known[-1]


def _cumulative(values: Values, how: str) -> Values:
    known: Values = []
    total: Any = 0
    found = []
    for value in values:
        if value is not None:
            insort(known, value)
            total += value
        if how in {"sum", "average"}:
            of_all = total if how == "sum" else float(total) / max(1, len(known))
            found.append(of_all if known else None)
        else:
            found.append(_of_sorted(known, how))
    return found


def _and_or(word: str, left: bool | None, right: bool | None) -> bool | None:
    decides = word == "|"
    if left is decides or right is decides:
        return decides
    return None if left is None or right is None else not decides


def _rounded(value: Any, digits: int) -> Fraction:
    if isinstance(value, float):
        value = Fraction(value)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return Fraction(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _between(unit: str, start: date, end: date) -> int:
    """Count what lies whole between two days, as DATEDIF of spreadsheets does."""
    start, end = _day(start), _day(end)
    if start > end:
        return -_between(unit, end, start)
    if unit == "day":
        return (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return months if unit == "month" else months // 12
