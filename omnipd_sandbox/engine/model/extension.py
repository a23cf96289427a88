"""Views and topics that extend others: what they do not say, they have from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd_sandbox.engine.model.keys import NotModeled
from omnipd_sandbox.engine.model.yaml_parts import Body, said, texts

# What is said of one thing and not of those that extend it.
_OWN = ("extends", "ignored", "template")


# What a view can read: a table, SQL, or a query.
_EITHER = {frozenset({"table_name", "schema"}), frozenset({"sql"}), frozenset({"query"})}


class BadExtension(ValueError):
    """Say what cannot be extended."""


def bases_of(name: str, bodies: Mapping[str, Body]) -> tuple[str, ...]:
    """List what a view or topic extends, as its file says."""
    return texts(said(bodies.get(name, {}), "extends"))


@dataclass
class Extension:
    """Give what views or topics say with all that they extend; each one's own word wins."""

    bodies: Mapping[str, Body]
    # What others have from each: worked out once, however many extend it.
    _inherited: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, name: str) -> dict[str, Any]:
        """Give one.

        Raises
        ------
        BadExtension
            For what is not there, and for what extends itself.
        """
        for each in self.line(name) if name not in self._inherited else ():
            if each not in self._inherited:
                self._inherited[each] = self._inheritable(each)
        own = {key: self.bodies[name][key] for key in _OWN if key in self.bodies[name]}
        return self._inherited[name] | own

    def line(self, name: str) -> list[str]:
        """List a view or topic and all that it extends, each after those that it extends itself.

        Raises
        ------
        BadExtension
            For what is not there, and for what extends itself.
        """
        done: dict[str, None] = {}
        # Each with whether its own bases have been put before it.
        waiting, above = [(name, False)], set[str]()
        while waiting:
            each, ready = waiting.pop()
            if ready:
                above.discard(each)
                done[each] = None
            elif each in above:
                raise BadExtension(f'"{each}" extends itself')
            elif each not in self.bodies:
                raise BadExtension(f'extends "{each}", which is not there')
            elif each not in done:
                above.add(each)
                waiting.append((each, True))
                waiting += [(base, False) for base in reversed(bases_of(each, self.bodies))]
        return list(done)

    def _inheritable(self, name: str) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for base in bases_of(name, self.bodies):
            merged = overlaid(merged, self._inherited[base])
        own = {
            key: value
            for key, value in self.bodies[name].items()
            if key not in _OWN or isinstance(value, NotModeled)
        }
        return laid_over(merged, own)


def laid_over(base: Body, own: Body) -> dict[str, Any]:
    """Lay what a view says itself over what it has from another."""
    left = dict(base)
    for kind in _EITHER:
        # A view reads one thing: its own table takes the place of a base's SQL, and so on.
        if kind & own.keys():
            for other in _EITHER - {kind}:
                left = {key: value for key, value in left.items() if key not in other}
    if "query" in own:
        # A query is one thing, too (assumed; docs/wire.md).
        left.pop("query", None)
    return overlaid(left, own)


def overlaid(base: Body, over: Body) -> dict[str, Any]:
    """Lay one body over another, object by object."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            value = overlaid(known, value)  # noqa: PLW2901
        elif isinstance(known, NotModeled) and isinstance(value, Mapping):
            # What it would be laid over cannot be read.
            continue
        merged[key] = value
    return merged
