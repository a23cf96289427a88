"""Views and topics that extend others: what they do not say, they have from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class BadExtension(ValueError):
    """Say what cannot be extended."""


def extended(name: str, bodies: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give what a view or topic says, with all that it extends; its own word wins.

    Raises
    ------
    BadExtension
        For what is not there, and for what extends itself.
    """
    return _extended(name, bodies, ())


def _extended(
    name: str, bodies: Mapping[str, Mapping[str, Any]], below: tuple[str, ...]
) -> dict[str, Any]:
    if name in below:
        raise BadExtension(f'"{name}" extends itself')
    if name not in bodies:
        raise BadExtension(f'extends "{name}", which is not there')
    own = {key: value for key, value in bodies[name].items() if key != "extends"}
    bases = bodies[name].get("extends") or []
    merged: dict[str, Any] = {}
    for base in bases if isinstance(bases, list) else [bases]:
        inherited = _extended(str(base), bodies, (*below, name))
        # A template may be left out of the model itself.
        inherited.pop("ignored", None)
        merged = overlaid(merged, inherited)
    return overlaid(merged, own)


def overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one body over another, object by object."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            value = overlaid(known, value)  # noqa: PLW2901
        merged[key] = value
    return merged
