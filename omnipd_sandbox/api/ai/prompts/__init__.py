"""The prompts that the sandbox's AI understands: a written list, a file for each model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Known:
    """Hold prompts that mean the same, and the query that answers them."""

    prompts: tuple[str, ...]
    topic: str
    query: Mapping[str, Any]


@cache
def known_prompts(model_name: str) -> tuple[Known, ...]:
    """Read the prompts of a model; there are none for a model without a file."""
    return tuple(
        Known(tuple(each["prompts"]), each["topic"], each["query"])
        for file in files(__name__).iterdir()
        if file.name == f"{model_name}.yaml"
        for each in yaml.safe_load(file.read_text(encoding="utf-8"))
    )


def find(model_name: str, prompt: str, topic: str | None = None) -> Known | None:
    """Find what a prompt means, in any case and spacing; a topic narrows it down."""
    asked = _plain(prompt)
    for known in known_prompts(model_name):
        if topic in {None, known.topic} and asked in map(_plain, known.prompts):
            return known
    return None


def _plain(prompt: str) -> str:
    return " ".join(prompt.casefold().split()).rstrip(" .?!")
