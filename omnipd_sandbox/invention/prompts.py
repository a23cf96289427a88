"""The prompts that the AI knows of the bundled models: a written list, a file for each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.prompts import KnownPrompt


def invent_prompts(models: Sequence[ModelReference]) -> list[KnownPrompt]:
    """Give the prompts of some models; there are none for a model without a file."""
    return [prompt for model in models for prompt in known_prompts(model)]


def known_prompts(model: ModelReference) -> Iterator[KnownPrompt]:
    """Read the prompts of a model, on its topics as they are called today."""
    for each in _written(model.subject):
        topic = model.topic_now(each["topic"])
        yield KnownPrompt(model.id, topic, each["query"], tuple(each["prompts"]))


@cache
def _written(subject: str) -> Sequence[dict[str, Any]]:
    return [
        each
        for file in (files("omnipd_sandbox.invention") / "prompt_lists").iterdir()
        if file.name == f"{subject}.yaml"
        for each in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
