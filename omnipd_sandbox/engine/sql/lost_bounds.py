"""A predicate that Omni loses: when a field is tested bare and cut to a timeframe in one WHERE.

People saw that of the two the tighter bound is dropped, silently (docs/wire.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import cast

from sqlglot import exp

from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.sql.omni_sql import Item

_LOWER = (exp.GT, exp.GTE)
_UPPER = (exp.LT, exp.LTE)


@dataclass(frozen=True)
class _Test:
    """Hold a test of one field."""

    place: int
    name: FieldName
    tree: exp.Expression

    @property
    def of(self) -> tuple[str | None, str]:
        return self.name.view, self.name.field


def without_lost_bounds(tests: Sequence[Item]) -> list[Item]:
    """Leave out the tests that Omni loses."""
    single = [
        _Test(place, name, cast("exp.Expression", item.tree.unnest()))
        for place, item in enumerate(tests)
        if len(set(item.fields)) == 1 and (name := FieldName.parse(item.fields[0])) is not None
    ]
    bare = [each for each in single if each.name.timeframe is None]
    cut = [each for each in single if each.name.timeframe is not None]
    lost = {_lost(one, other).place for one, other in product(bare, cut) if one.of == other.of}
    return [item for place, item in enumerate(tests) if place not in lost]


def _lost(bare: _Test, cut: _Test) -> _Test:
    """Tell which of two tests is lost: the tighter of two bounds on one side, else the cut one."""
    for side, tighter_is_greater in ((_LOWER, True), (_UPPER, False)):
        if isinstance(bare.tree, side) and isinstance(cut.tree, side):
            one, other = _bound(bare.tree), _bound(cut.tree)
            if one is not None and other is not None:
                return bare if (one > other) is tighter_is_greater and one != other else cut
    return cut


def _bound(test: exp.Expression) -> Decimal | None:
    """Read a bound, a number or a date, as something that compares."""
    literal = test.expression.find(exp.Literal)
    if literal is None:
        return None
    # Dates and times written as ISO 8601 has them compare as the numbers that their digits make.
    digits = "".join(each for each in str(literal.this) if each.isdigit())
    text = f"{digits:0<14}" if literal.is_string else str(literal.this)
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
