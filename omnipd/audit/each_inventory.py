"""A question of several Omnis: asked of each by itself, since ids of one mean others in another."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pandas as pd

from omnipd.admin.inventories import split_inventory
from omnipd.admin.inventory_frames import Inventory
from omnipd.client.fleet import Fleet
from omnipd.errors import ArgumentError, ExportIncompleteError, OmniError, warn
from omnipd.lists.each_instance import of_each_instance
from omnipd.lists.instances import frame_of, has_instances, join_frames, names_in
from omnipd.lists.outcomes import outcome_of

_Function = TypeVar("_Function", bound=Callable[..., Any])


def of_each_inventory(function: _Function) -> _Function:
    """Let a function of inventories take those of a fleet, and the fleet where it takes a client."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        given = [*args, *options.values()]
        fleet = next((one for one in given if isinstance(one, Fleet)), None)
        names = _names(given)
        if fleet is None and not names:
            return function(*args, **options)
        if "DataFrame" not in str(function.__annotations__["return"]):
            raise ArgumentError(
                f"{function.__name__}() shows one Omni, and this is of several.",
                hint="Give it the inventory of one, read with its own client.",
            )
        if fleet is not None:
            return _of_clients(function, fleet, args, options)
        return _of_inventories(function, names, args, options)

    return cast("_Function", call)


def _names(given: list[Any]) -> list[str]:
    """Return the Omnis of inventories, or of a frame that was made of them."""
    split = [split_inventory(one) for one in given if isinstance(one, Inventory)]
    if any(split) and not all(split):
        raise ArgumentError(
            "One inventory is of several Omnis and the other of one.",
            hint="Give both of the same fleet, or both of one Omni.",
        )
    names = [name for one in split if one is not None for name in one]
    if not split and given and has_instances(given[0]):
        names = names_in(given[0])
    return list(dict.fromkeys(names))


def _of_clients(
    function: Callable[..., Any], fleet: Fleet, args: tuple[Any, ...], options: dict[str, Any]
) -> pd.DataFrame:
    @functools.wraps(function)
    def ask(*rest: Any, client: Any, **more: Any) -> Any:
        return function(
            *[client if isinstance(one, Fleet) else one for one in rest],
            **{name: client if isinstance(one, Fleet) else one for name, one in more.items()},
        )

    answer: pd.DataFrame = of_each_instance()(ask)(*args, **options, client=fleet)
    return answer


def _of_inventories(
    function: Callable[..., Any],
    names: list[str],
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> pd.DataFrame:
    answers: dict[str, pd.DataFrame] = {}
    failed: dict[str, OmniError] = {}
    for name in names:
        try:
            answers[name] = function(
                *(_part(one, name) for one in args),
                **{key: _part(one, name) for key, one in options.items()},
            )
        except ExportIncompleteError:  # which the caller may allow
            raise
        except OmniError as error:
            failed[name] = error
    if not answers:
        raise next(iter(failed.values()))
    failures = {name: (outcome_of(fault), fault.message) for name, fault in failed.items()}
    for name, (_, why) in failures.items():
        warn(f"Of {name} there is no answer, and the frame is marked incomplete: {why}")
    return join_frames(answers, failures, names)


def _part(value: Any, name: str) -> Any:
    if isinstance(value, Inventory):
        parts = split_inventory(value) or {}
        return parts.get(name, Inventory({}, dict.fromkeys(value, f"{name} is not in it")))
    return frame_of(value, name) if has_instances(value) else value
