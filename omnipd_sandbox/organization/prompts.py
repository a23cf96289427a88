"""What the AI can be asked, and the query that it answers with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KnownPrompt:
    """Prompts that mean the same, and the query that answers them, on a topic of a model.

    A prompt is meant if it is one of `prompts`, or if one of `contains` stands in it.
    """

    model_id: str
    topic: str
    query: Mapping[str, Any]
    prompts: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()

    def is_meant_by(self, prompt: str) -> bool:
        """Tell whether a prompt is one of these, in any case and spacing."""
        asked = plain(prompt)
        return asked in map(plain, self.prompts) or any(
            plain(each) in asked for each in self.contains
        )


def find_prompt(
    prompts: Iterable[KnownPrompt], model_id: str, prompt: str, topic: str | None = None
) -> KnownPrompt | None:
    """Find what a prompt means on a model; a topic narrows it down."""
    for known in prompts:
        if (
            known.model_id == model_id
            and topic in {None, known.topic}
            and known.is_meant_by(prompt)
        ):
            return known
    return None


def plain(prompt: str) -> str:
    """Give a prompt as it is compared: without case, spacing and the final sign."""
    return " ".join(prompt.casefold().split()).rstrip(" .?!")
