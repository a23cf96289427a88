"""Which fields a topic offers: its list of fields, worked through in Omni's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from omnipd_sandbox.engine.model.joins import tree_of_topic
from omnipd_sandbox.engine.model.model import Field, Issue, Model, Topic, View
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.refused_query import Refused

_ALL, _TAG = "all_views.*", "tag:"


def not_readable(terms: Iterable[str]) -> list[str]:
    """List the terms that are none of Omni's: ``view.*``, ``tag:…`` or ``view.field``."""
    return [term for term in terms if _level(_without_minus(term)) is None]


def offered_fields(
    terms: Iterable[str], views: Mapping[str, View]
) -> tuple[frozenset[str], list[str]]:
    """Work a list of fields through.

    Whatever the order they are written in, all views come first, then single views, tags and
    single fields; what comes later wins.

    Parameters
    ----------
    terms
        The list, each term with a minus in front where it takes away.
    views
        The topic's views, by the names that queries call them by.

    Returns
    -------
    offered : frozenset of str
        The full names of the fields.
    idle : list of str
        The terms that fit no field.
    """
    listed, idle = [term.strip() for term in terms], []
    # A list that only takes away starts from everything.
    only_takes = all(term.startswith("-") for term in listed)
    found = {name for name, *_ in _fields(views)} if only_takes else set()
    for term in sorted(listed, key=lambda each: _level(_without_minus(each)) or 0):
        fitting = _fitting(_without_minus(term), views)
        if not fitting:
            idle.append(term)
        elif term.startswith("-"):
            found -= fitting
        else:
            found |= fitting
    return frozenset(found), idle


def _without_minus(term: str) -> str:
    return term.strip().removeprefix("-").strip()


def _level(term: str) -> int | None:
    """Tell when a term's turn is; None for what is no term."""
    if term == _ALL:
        return 0
    if term.startswith(_TAG):
        return 2 if term != _TAG else None
    view, _, field = term.rpartition(".")
    if not view or not field or "*" in view:
        return None
    if field == "*":
        return 1
    return None if "*" in field or "[" in field else 3


def _fitting(term: str, views: Mapping[str, View]) -> set[str]:
    return {
        name
        for name, alias, view, field in _fields(views)
        if term in {_ALL, f"{alias}.*", name, *_once_called(alias, view, field)}
        or (term.startswith(_TAG) and term.removeprefix(_TAG) in (*view.tags, *field.tags))
    }


def _once_called(alias: str, view: View, field: Field) -> list[str]:
    return [f"{alias}.{old}" for old, new in view.aliases.items() if new == field.name]


def _fields(views: Mapping[str, View]) -> Iterator[tuple[str, str, View, Field]]:
    for alias, view in views.items():
        for field in (*view.dimensions.values(), *view.measures.values()):
            yield f"{alias}.{field.name}", alias, view, field


def with_offered_fields(model: Model) -> tuple[Model, list[Issue]]:
    """Return the model with the fields that its topics offer, and what is wrong with their lists."""
    topics, issues = {}, []
    for name, topic in model.topics.items():
        topics[name], messages = _with_offered(model, topic)
        issues += [Issue(message, yaml_path=topic.path) for message in messages]
    return replace(model, topics=topics), issues


def _with_offered(model: Model, topic: Topic) -> tuple[Topic, list[str]]:
    if topic.fields is None or topic.unmodeled:
        return topic, []
    strange = [f'the fields "{term}"' for term in not_readable(topic.fields)]
    if not topic.fields:
        strange = ["an empty list of fields"]
    if strange:
        unmodeled = (*topic.unmodeled, *strange)
        return replace(topic, unmodeled=unmodeled), [f"Not modeled: {each}" for each in strange]
    try:
        nodes = tree_of_topic(model, topic).nodes
    except Refused:
        # Whatever is wrong with the topic is said where it is looked through.
        return topic, []
    views = {alias: node.view for alias, node in nodes.items()}
    offered, idle = offered_fields(topic.fields, views)
    known = [name for name, *_ in _fields(views)] if idle else []
    messages = [
        f'The topic has no field for "{term}" in its fields{near(_without_minus(term), known)}'
        for term in idle
    ]
    # Whatever was to be taken away would still be there.
    kept = [f'the fields "{term}", which are none' for term in idle if term.startswith("-")]
    return replace(topic, offered=offered, unmodeled=(*topic.unmodeled, *kept)), messages
