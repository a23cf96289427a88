"""What the name of a model file says: what it holds, and the name of that."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import PurePosixPath

VIEW, TOPIC, COMPOSITE_TOPIC, MODEL, RELATIONSHIPS = (
    "view", "topic", "composite_topic", "model", "relationships",
)  # fmt: skip
_KINDS = (VIEW, TOPIC, COMPOSITE_TOPIC, MODEL, RELATIONSHIPS)
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


def is_meant_for_a_model(path: str) -> bool:
    """Tell whether a file is one of a model, or would be but for its name."""
    name = PurePosixPath(path).name
    suffix = name.rpartition(".")[2]
    return (
        what_it_holds(path) is not None
        or name.endswith(_SUFFIXES)
        or bool(get_close_matches(suffix, _KINDS, cutoff=0.8))
    )


def folder_of(path: str) -> str:
    """Give the name of the folder that a file stands in; empty for none."""
    return PurePosixPath(path).parent.name
