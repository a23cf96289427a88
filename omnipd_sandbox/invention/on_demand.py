"""Traits that are made up when somebody asks for them, because most of them nobody ever does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from omnipd_sandbox.organization.derived import seed, seeded

Item = TypeVar("Item")
Trait = TypeVar("Trait")


class OnDemand(Mapping[str, Trait]):
    """Give a trait of each item, always the same one.

    Parameters
    ----------
    items : mapping
        What has the trait, as the organization begins.
    invent : callable
        Makes the trait up. It runs under the seed that was in force when this was made.
    """

    def __init__(self, items: Mapping[str, Item], invent: Callable[[Item], Trait]) -> None:
        self._items: Mapping[str, Any] = items
        self._invent: Callable[[Any], Trait] = invent
        self._seed = seed()

    def __getitem__(self, key: str) -> Trait:
        with seeded(self._seed):
            return self._invent(self._items[key])

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
