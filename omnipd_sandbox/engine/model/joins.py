"""The views of a query: a tree of joins from the base view, and which rows it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from omnipd_sandbox.engine.model.model import Model, Relationship, Topic, View
from omnipd_sandbox.engine.model.references import SqlText
from omnipd_sandbox.refused_query import Refused

_ALWAYS = SqlText.parse("TRUE")
_TO_MANY = {"one_to_many", "many_to_many"}
_FROM_MANY = {"many_to_one", "assumed_many_to_one", "many_to_many"}


@dataclass(frozen=True)
class Joined:
    """Hold one view of the tree, under the name that queries call it by."""

    alias: str
    view: View
    parent: str | None = None
    on: SqlText | None = None
    # Walking away from the base view meets many rows, or walking towards it does.
    to_many: bool = False
    from_many: bool = False
    join_type: str = "always_left"
    unmodeled: tuple[str, ...] = ()


@dataclass(frozen=True)
class JoinTree:
    """Hold the views that a query can reach; parents come before their children."""

    base: str
    nodes: Mapping[str, Joined]

    def pruned(self, needed: Iterable[str]) -> list[Joined]:
        """List the views needed, those between them and the base view, and the base view."""
        kept = {self.base}
        for alias in needed:
            kept.update(self._path(alias))
        return [node for alias, node in self.nodes.items() if alias in kept]

    def repeats(self, home: Iterable[str], kept: Iterable[str]) -> bool:
        """Tell whether joining the kept views repeats the rows of the home views.

        It does when, walking away from them, any edge leads to many.
        """
        inside = self._spanned(home)
        reached, unseen = set(inside), set(kept) - inside
        while unseen:
            step = {alias for alias in unseen if self._touches(alias, reached)}
            if not step:
                return False
            for alias in step:
                if self._leads_to_many(alias, reached):
                    return True
            reached |= step
            unseen -= step
        return False

    def _path(self, alias: str) -> list[str]:
        path = [alias]
        while (parent := self.nodes[path[-1]].parent) is not None:
            path.append(parent)
        return path

    def _spanned(self, home: Iterable[str]) -> set[str]:
        paths = [self._path(alias)[::-1] for alias in home]
        spanned = {alias for path in paths for alias in path}
        shared = 0
        while all(len(path) > shared + 1 for path in paths) and (
            len({path[shared + 1] for path in paths}) == 1
        ):
            shared += 1
        # What lies above the last view that all paths share is outside.
        return spanned - set(paths[0][:shared])

    def _touches(self, alias: str, reached: set[str]) -> bool:
        parent = self.nodes[alias].parent
        return parent in reached or any(self.nodes[each].parent == alias for each in reached)

    def _leads_to_many(self, alias: str, reached: set[str]) -> bool:
        node = self.nodes[alias]
        if node.parent in reached:
            return node.to_many
        return any(
            self.nodes[each].from_many for each in reached if self.nodes[each].parent == alias
        )


def tree_of_topic(model: Model, topic: Topic) -> JoinTree:
    """Build the join tree that a topic declares.

    Raises
    ------
    Refused
        For a view that is not there, and for one that is joined twice.
    """
    model = model.within(topic)
    nodes = {topic.base_view: Joined(topic.base_view, _view(model, topic.base_view))}

    def add(parent: str, children: Mapping[str, Any]) -> None:
        for child, grandchildren in children.items():
            node = _join(model, topic.relationships, parent, child)
            if node is None:
                continue
            if child in nodes:
                raise Refused("PLAN", f'The topic "{topic.name}" joins "{child}" twice')
            nodes[child] = node
            add(child, grandchildren or {})

    add(topic.base_view, topic.joins)
    return JoinTree(topic.base_view, nodes)


def tree_of_view(model: Model, base: str) -> JoinTree:
    """Build the tree of everything that the model's relationships reach from a view."""
    nodes = {base: Joined(base, _view(model, base))}
    nearest = [base]
    while nearest:
        parent = nearest.pop(0)
        for child in _neighbors(model, parent):
            node = _join(model, (), parent, child) if child not in nodes else None
            if node is not None:
                nodes[child] = node
                nearest.append(child)
    return JoinTree(base, nodes)


def _neighbors(model: Model, alias: str) -> list[str]:
    found = []
    for each in model.relationships:
        if {each.left_view, each.right_view} - model.views.keys():
            # It leads to a view that is not there, which is an issue of the model.
            continue
        if each.left == alias:
            found.append(each.right)
        elif each.right == alias and each.reversible:
            found.append(each.left)
    return found


def _join(model: Model, of_topic: Iterable[Relationship], parent: str, child: str) -> Joined | None:
    """Join a view by a topic's own relationship, else by one that all share."""
    for relationships in (of_topic, model.relationships):
        forward = [each for each in relationships if (each.left, each.right) == (parent, child)]
        backward = [
            each
            for each in relationships
            if each.reversible and (each.right, each.left) == (parent, child)
        ]
        found = forward or backward
        if found:
            node = _joined(model, found[0], parent, child, forward=bool(forward))
            if len(found) == 1:
                return node
            # Which of them Omni takes is not known.
            either = f'one of {len(found)} relationships with "{parent}"'
            return replace(node, unmodeled=(*node.unmodeled, either))
    if model.relationships_unread and child in model.views:
        unread = "relationships that cannot be read"
        return Joined(child, model.views[child], parent, _ALWAYS, unmodeled=(unread,))
    return None


def _joined(
    model: Model, relationship: Relationship, parent: str, child: str, *, forward: bool
) -> Joined:
    to_many, from_many = relationship.kind in _TO_MANY, relationship.kind in _FROM_MANY
    name = relationship.right_view if forward else relationship.left_view
    own = model.views.get(child)
    return Joined(
        child,
        # A topic may have the role for itself.
        own if own is not None and name in own.stands_for else _view(model, name),
        parent,
        relationship.on,
        to_many=to_many if forward else from_many,
        from_many=from_many if forward else to_many,
        join_type=relationship.join_type,
        unmodeled=relationship.unmodeled,
    )


def _view(model: Model, name: str) -> View:
    view = model.views.get(name)
    if view is None:
        raise Refused("PLAN", f'No such view "{name}"')
    return view
