"""The values that come first by a measure, as queries of their own before the query.

They see the rows that the query asks for: its filters on dimensions hold, those on measures do not
(assumed; docs/wire.md).
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from omnipd_sandbox.engine.model.fields import Fields
from omnipd_sandbox.engine.model.filters import kind_of
from omnipd_sandbox.engine.model.model import Dimension, Measure
from omnipd_sandbox.engine.model.references import FieldName, enclosed
from omnipd_sandbox.engine.model.top_values import VALUE, TopValues
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.request import Sort
from omnipd_sandbox.refused_query import Refused


def ranked(found: Draft, at: FieldName, dimension: Dimension, top: TopValues) -> exp.Expression:
    """Write a dimension's first values, and note that their ranking is needed.

    Raises
    ------
    Refused
        For values that are no texts, beside which a name could not stand.
    """
    if at.timeframe != top.bracket:
        raise Refused(
            "PLAN",
            f'"{at}": of a dimension with dynamic_top_n this sandbox models [{top.bracket}] alone',
        )
    if kind_of(dimension.sql_type) != "string":
        raise Refused("PLAN", f'dynamic_top_n of "{at}", which is no text, is not modeled')
    name = f"omni_top_{len(found.rankings)}"
    found.rankings[name] = (at, dimension, top)
    return top.write(enclosed(found.fields.dimension(at.view or "", dimension)), name)


def ranking(found: Draft, at: FieldName, dimension: Dimension, top: TopValues) -> Draft:
    """Draft the query that ranks a dimension's values."""
    alias = at.view or ""
    fields = Fields(found.fields.views, found.fields.base, found.fields.around, found.fields.asked)
    value = fields.dimension(alias, dimension)
    # A view that names itself means itself under whatever alias it is joined.
    own = top.by.view in {None, found.fields.views[alias].name}
    by = replace(top.by, view=alias) if own else top.by
    measure = fields.find(by)
    if not isinstance(measure, Measure):
        raise Refused("PLAN", f'dynamic_top_n of "{at}" is by "{by}", which is no measure')
    selected = [
        Selected(VALUE, at, dimension, None, 0, value),
        Selected("by", by, measure, None, None, fields.measure(by.view or "", measure)),
    ]
    request = replace(
        found.request, fields=(), sorts=(), fill_fields=(), limit=top.count, offset=0, column_totals=(), pivots=(),
        transposed=(), periods=(),
    )  # fmt: skip
    kept = exp.Not(this=exp.Is(this=enclosed(value.copy()), expression=exp.Null()))
    return replace(
        found,
        request=request,
        fields=fields,
        selected=selected,
        where=[*found.where, kept],
        filtered=dict(found.filtered),
        having=[],
        sorts=[(selected[1], Sort("by", top.descending, nulls_first=False))],
        # Lists of its own: what the query is laid out by is no concern of its rankings.
        totals=[],
        pivots=[],
        rankings={},
        ranked=[],
    )
