"""Formats of fields with a timeframe: what the model also writes out as text.

They are handed over beside the files: what Omni's own files have for them, ``timeframe_metadata``, is
not modeled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from omnipd_sandbox.engine.model.model import Dimension, Model, View
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES

# The signs of a pattern that DuckDB's strftime knows.
_PATTERN = re.compile(r"(?:[^%]|%-?[aAwdbBmyYHIpMSfgnzZjUWcxXGVu%])*")


def with_formats(model: Model, formats: Mapping[str, str]) -> Model:
    """Give a model whose fields are written out as the formats say.

    Parameters
    ----------
    formats
        Patterns such as ``%Y-%m`` by field and timeframe, such as ``orders.created_at[month]``.
        What the model does not have is left out: a branch may do without a field.
    """
    topics = {
        name: replace(topic, views=_written_out(topic.views, formats))
        for name, topic in model.topics.items()
    }
    views = _written_out(model.views, formats)
    return replace(model, views=views, topics=topics, formats=dict(formats))


def _written_out(views: Mapping[str, View], formats: Mapping[str, str]) -> dict[str, View]:
    changed = dict(views)
    for name, pattern in formats.items():
        at = FieldName.parse(name)
        view = changed.get(at.view or "") if at else None
        before = view.dimensions.get(at.field) if at and view else None
        if at is None or at.timeframe is None or view is None or before is None:
            continue
        after = replace(before, formats={**before.formats, at.timeframe.lower(): pattern})
        changed[view.name] = replace(view, dimensions={**view.dimensions, after.name: after})
    return changed


def problems_with_formats(model: Model, formats: Mapping[str, str]) -> Iterator[str]:
    """Say what is wrong with formats, each with its name."""
    for name, pattern in formats.items():
        at = FieldName.parse(name)
        dimension = _dimension(model, at)
        if at is None or dimension is None:
            yield f"{name}: there is no such dimension in the model"
        elif not _cuts(at.timeframe, dimension):
            yield f"{name}: a timeframe that cuts a time is needed in brackets, such as [month]"
        elif "%" not in pattern or not _PATTERN.fullmatch(pattern):
            yield f"{name}: {pattern!r} is not a pattern of dates such as '%Y-%m'"


def _dimension(model: Model, at: FieldName | None) -> Dimension | None:
    view = model.views.get(at.view or "") if at else None
    return view.dimensions.get(at.field) if at and view else None


def _cuts(timeframe: str | None, dimension: Dimension) -> bool:
    known = (timeframe or "").lower()
    return (
        known in dimension.timeframes
        and known in TIMEFRAMES
        and (TIMEFRAMES[known].yields == "time")
    )
