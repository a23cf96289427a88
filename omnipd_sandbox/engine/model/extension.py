"""Views and topics that extend others: what they do not say, they have from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd_sandbox.engine.model.keys import NotModeled
from omnipd_sandbox.engine.model.yaml_parts import Body, said, texts

# What is said of one thing and not of those that extend it.
_OWN = ("extends", "ignored", "template")


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
        own = {key: self.bodies[name][key] for key in _OWN if key in self.bodies[name]}
        return self._inheritable(name, ()) | own

    def _inheritable(self, name: str, below: tuple[str, ...]) -> dict[str, Any]:
        if name in below:
            raise BadExtension(f'"{name}" extends itself')
        if name not in self.bodies:
            raise BadExtension(f'extends "{name}", which is not there')
        if name not in self._inherited:
            merged: dict[str, Any] = {}
            for base in bases_of(name, self.bodies):
                merged = overlaid(merged, self._inheritable(base, (*below, name)))
            own = {
                key: value
                for key, value in self.bodies[name].items()
                if key not in _OWN or isinstance(value, NotModeled)
            }
            self._inherited[name] = overlaid(merged, own)
        return self._inherited[name]


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
