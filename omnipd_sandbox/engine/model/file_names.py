"""What the name of a model file says: what it holds, and the name of that."""

from __future__ import annotations

from pathlib import PurePosixPath

VIEW, TOPIC, COMPOSITE_TOPIC, MODEL, RELATIONSHIPS = (
    "view", "topic", "composite_topic", "model", "relationships",
)  # fmt: skip
_SUFFIXES = (".yaml", ".yml")


def plain_path(path: str) -> str:
    """Give a path as Omni writes it: a git export adds a suffix."""
    for suffix in _SUFFIXES:
        path = path.removesuffix(suffix)
    return path


def what_it_holds(path: str) -> tuple[str, str] | None:
    """Tell what a file holds and the name it gives to that; None for what is no model file."""
    stem = plain_path(PurePosixPath(path).name)
    if stem in {MODEL, RELATIONSHIPS}:
        return stem, stem
    name, _, kind = stem.rpartition(".")
    if kind not in {VIEW, TOPIC, COMPOSITE_TOPIC} or not name:
        return None
    # A view that is a query is called so in its file's name.
    return kind, name.removesuffix(".query") if kind == VIEW else name


def folder_of(path: str) -> str:
    """Give the name of the folder that a file stands in; empty for none."""
    return PurePosixPath(path).parent.name
