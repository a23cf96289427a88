"""Choices that look random and never change: each is a hash of what is being chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from omnipd_sandbox.organization.derived import number

Choice = TypeVar("Choice")


def one_in(many: int, *topic: str | int) -> bool:
    """Choose yes once in so many times."""
    return number(many, *topic) == 0


def pick(choices: Sequence[Choice], *topic: str | int) -> Choice:
    """Choose one of several."""
    return choices[number(len(choices), *topic)]


def some(choices: Sequence[Choice], percent: int, *topic: str | int) -> list[Choice]:
    """Choose each of several with a chance of `percent`."""
    return [choice for place, choice in enumerate(choices) if number(100, *topic, place) < percent]
