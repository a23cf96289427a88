"""How a query becomes a draft: what it can reach, what it names, what shapes its result."""

from __future__ import annotations

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import Fields
from omnipd_sandbox.engine.model.grants import holds
from omnipd_sandbox.engine.model.joins import tree_of_topic, tree_of_view
from omnipd_sandbox.engine.model.model import Model, Topic
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.plan.canceled_filters import put_in_place
from omnipd_sandbox.engine.plan.comparisons import PERIOD
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.filling import filling
from omnipd_sandbox.engine.plan.finder import Finder
from omnipd_sandbox.engine.plan.grouping import is_grouped
from omnipd_sandbox.engine.plan.layout import lay_out
from omnipd_sandbox.engine.plan.periods import (
    compare_periods,
    period_field,
    period_texts,
    place_of_period,
)
from omnipd_sandbox.engine.plan.rankings import ranking
from omnipd_sandbox.engine.plan.request import Request
from omnipd_sandbox.engine.plan.topic_filters import topic_filters
from omnipd_sandbox.refused_query import Refused


def draft(model: Model, request: Request, around: Circumstances) -> Draft:
    """Find everything that a query names.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    found, finder = begin(model, request, around)
    complete(found, finder)
    return found


def complete(found: Draft, finder: Finder) -> None:
    """Find what a query names that was begun.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    request, around = found.request, found.fields.around
    for name in request.model_fields:
        if request.periods and name == PERIOD:
            _select_period(found)
        else:
            finder.select(name)
    if not request.model_fields:
        raise Refused("PLAN", "The query selects no fields")
    compared = compare_periods(found, finder, around)
    if compared is not None:
        found.cannot_be_bound = "A comparison of periods"
    for name, filter_ in request.filters.items():
        if name != compared:
            finder.filter(name, filter_, around)
    for control in request.controls:
        found.cannot_be_bound = "A control"
        finder.any_of(control, around)
    for sort in request.sorts:
        finder.sort(sort)
    _rank(found)
    found.where += put_in_place(found.filtered, found.aggregates, found.in_controls)
    lay_out(found)
    found.grouped = is_grouped(found, found.model.default_group_by)
    found.filling = filling(found, around)
    refuse_unmodeled_joins(found)


def begin(model: Model, request: Request, around: Circumstances) -> tuple[Draft, Finder]:
    """Begin a draft with what a query can reach and what always holds there.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    for setting in model.unmodeled:
        raise Refused("PLAN", f'The model sets "{setting}", which this sandbox does not model')
    topic = _topic(model, request, around)
    if topic is not None:
        tree = tree_of_topic(model, topic)
    elif request.table:
        tree = tree_of_view(model, request.table)
    else:
        raise Refused("PLAN", "The query names neither a topic nor a table")
    # A full join may have no row of the base view either.
    full = any(node.join_type == "full_outer" for node in tree.nodes.values())
    views = {alias: node.view for alias, node in tree.nodes.items()}
    fields = Fields(views, None if full else tree.base, around)
    found = Draft(request, tree, fields, model, model.within(topic))
    finder = Finder(fields, topic, found, model.grants)
    fields.asked = finder.heard(request.filters)
    for each in topic_filters(topic, tree.base) if topic else ():
        test = each.write(fields)
        if test is not None:
            (found.having if each.of_groups else found.where).append(test)
    return found, finder


def _rank(found: Draft) -> None:
    if found.rankings and found.request.periods:
        raise Refused("PLAN", "dynamic_top_n in periods that are compared is not modeled")
    for name, (at, dimension, top) in found.rankings.items():
        draft = ranking(found, at, dimension, top)
        draft.where += put_in_place(draft.filtered, draft.aggregates, draft.in_controls)
        found.ranked.append((name, draft))


def _topic(model: Model, request: Request, around: Circumstances) -> Topic | None:
    if request.topic is None:
        return None
    topic = model.topics.get(request.topic)
    if topic is None or not holds(model.grants, topic.grants, around):
        raise Refused("PLAN", f"Topic {request.topic} not found")
    for what in topic.unmodeled:
        raise Refused(
            "PLAN", f'The topic "{topic.name}" uses {what}, which this sandbox does not model'
        )
    return topic


def _select_period(found: Draft) -> None:
    at = FieldName(None, PERIOD)
    texts = period_texts(found)
    found.selected.append(
        Selected(PERIOD, at, period_field(), None, len(found.keys), place_of_period(), texts)
    )


def refuse_unmodeled_joins(found: Draft) -> None:
    """Refuse a draft that needs a join the sandbox does not do."""
    for node in found.joined():
        for what in (*node.unmodeled, *node.view.unmodeled):
            raise Refused(
                "PLAN", f'"{node.alias}" is joined by {what}, which this sandbox does not model'
            )
