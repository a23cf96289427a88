"""The views of a query: a tree of joins from the base view, and which rows it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.engine.model.model import Model, Relationship, Topic, View
from omnipd_sandbox.engine.model.references import SqlText
from omnipd_sandbox.refused_query import Refused

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
    """Build the join tree that a topic declares."""
    relationships = (*topic.relationships, *model.relationships)
    nodes = {topic.base_view: Joined(topic.base_view, _view(model, topic.base_view))}

    def add(parent: str, children: Mapping[str, Any]) -> None:
        for child, grandchildren in children.items():
            node = _join(model, relationships, parent, child)
            if node is not None:
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
        for child in _neighbors(model.relationships, parent):
            node = _join(model, model.relationships, parent, child)
            if child not in nodes and node is not None:
                nodes[child] = node
                nearest.append(child)
    return JoinTree(base, nodes)


def _neighbors(relationships: Iterable[Relationship], alias: str) -> list[str]:
    found = []
    for each in relationships:
        if each.left == alias:
            found.append(each.right)
        elif each.right == alias and each.reversible:
            found.append(each.left)
    return found


def _join(
    model: Model, relationships: Iterable[Relationship], parent: str, child: str
) -> Joined | None:
    for each in relationships:
        forward = (each.left, each.right) == (parent, child)
        if forward or (each.reversible and (each.right, each.left) == (parent, child)):
            to_many, from_many = each.kind in _TO_MANY, each.kind in _FROM_MANY
            return Joined(
                child,
                _view(model, each.right_view if forward else each.left_view),
                parent,
                each.on,
                to_many=to_many if forward else from_many,
                from_many=from_many if forward else to_many,
                join_type=each.join_type,
                unmodeled=each.unmodeled,
            )
    return None


def _view(model: Model, name: str) -> View:
    view = model.views.get(name)
    if view is None:
        raise Refused("PLAN", f'No such view "{name}"')
    return view
