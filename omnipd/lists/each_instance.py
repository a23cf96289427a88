"""A call of a fleet: the same call of each of its Omnis at the same time, and one answer of all."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import pandas as pd

from omnipd.call import apart, one_call, part_of_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_fleet
from omnipd.client.fleet import Fleet
from omnipd.errors import ArgumentError, OmniError, each_warning_once, held_warnings, warn
from omnipd.in_threads import as_completed
from omnipd.lists.instances import (
    INSTANCE,
    Failure,
    frame_of,
    has_instances,
    join_frames,
    refuse_other_instances,
)
from omnipd.lists.outcomes import outcome_of
from omnipd.message import in_python
from omnipd.progress import steps

_Function = TypeVar("_Function", bound=Callable[..., Any])
#: Makes one answer of those of several Omnis, and of why others are missing.
Join = Callable[[Mapping[str, Any], Mapping[str, Failure], Sequence[str]], Any]


def of_each_instance(
    joined: Join = join_frames, place: str = "checkpoint"
) -> Callable[[_Function], _Function]:
    """Let a function that takes ``client=`` take a fleet.

    Parameters
    ----------
    joined : callable
        Makes one answer of those of several Omnis.
    place : str
        The argument that is a folder of the call's own: each Omni has one in it, by its name.
    """

    def take_fleets(function: _Function) -> _Function:
        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            fleet = current_fleet(options.get("client"))
            if fleet is None:
                refuse_other_instances([*args, *options.values()])
                return function(*args, **options)
            given = Given(function, args, options, place)
            return _of_all(
                function, given, fleet, joined, functools.partial(call, *args, **options)
            )

        return cast("_Function", call)

    return take_fleets


class Given:
    """What a function was given for all Omnis, and what of it is for one.

    Parameters
    ----------
    function : callable
        What is called.
    args, options
        What it was given.
    place : str
        The argument that is a folder of the call's own.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        options: Mapping[str, Any],
        place: str,
    ) -> None:
        # What comes but once serves one Omni only.
        self._args: list[Any] = [list(one) if isinstance(one, Iterator) else one for one in args]
        self._options: dict[str, Any] = {
            name: list(one) if isinstance(one, Iterator) else one for name, one in options.items()
        }
        names = list(inspect.signature(function).parameters)
        self._place = place
        self._position = names.index(place) if place in names else len(self._args)

    def check(self, fleet: Fleet) -> None:
        """Refuse frames with rows of an Omni that is not in the fleet, or of none."""
        for frame in filter(has_instances, [*self._args, *self._options.values()]):
            for name in frame[INSTANCE].unique():
                if pd.isna(name) or name not in [*fleet]:
                    raise ArgumentError(
                        f"The column instance has {'a null' if pd.isna(name) else repr(str(name))}, "
                        f"and the fleet has {', '.join(fleet)}.",
                        hint="Rename it in the frame, or in the fleet.",
                    )

    def to(self, name: str, client: Client) -> tuple[list[Any], dict[str, Any]]:
        """Return what is for one Omni."""
        args = [_part(one, name) for one in self._args]
        options = {key: _part(one, name) for key, one in self._options.items()}
        if self._position < len(args):
            args[self._position] = _below(args[self._position], name)
        elif self._place in options:
            options[self._place] = _below(options[self._place], name)
        return args, {**options, "client": client}

    def tidy(self) -> None:
        """Take away the folder of a checkpoint that none needs any more."""
        folder = self._options.get("checkpoint")
        if isinstance(folder, str | os.PathLike):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()


def _part(value: Any, name: str) -> Any:
    return frame_of(value, name) if has_instances(value) else value


def _below(place: Any, name: str) -> Any:
    if not isinstance(place, str | os.PathLike):
        return place
    text = os.fspath(place)
    if isinstance(text, str) and "://" in text:
        return f"{text.rstrip('/')}/{name}"
    return Path(place) / name


def _of_all(
    function: Callable[..., Any],
    given: Given,
    fleet: Fleet,
    joined: Join,
    again: Callable[[], Any],
) -> Any:
    def ask(name: str) -> tuple[Any, list[str]]:
        args, options = given.to(name, fleet[name])
        with held_warnings() as said, apart():
            try:
                return function(*args, **options), said
            except OmniError as error:
                return error, said

    given.check(fleet)
    answers: dict[str, Any] = {}
    failed: dict[str, OmniError] = {}
    clients = fleet.values()
    told = next((one for one in clients if one.progress is not False), clients[0])
    times = [one.timeout for one in clients if one.timeout is not None]
    with one_call() as call, each_warning_once():
        # One call has one time: the shortest, from now on.
        call.deadline_of(min(times, default=None), clients[0].clock)
        with (
            steps(told, function.__name__, "instances") as how_far,
            part_of_call() as part,
            contextlib.closing(as_completed(ask, deque(fleet), lambda: len(fleet), part)) as each,
        ):
            how_far.at(0, len(fleet))
            for done, (name, (answer, said)) in enumerate(each, 1):
                for text in said:
                    warn(f"{name}: {text}")
                (failed if isinstance(answer, OmniError) else answers)[name] = answer
                how_far.at(done, len(fleet))
        answers = {name: answers[name] for name in fleet if name in answers}
        failed = {name: failed[name] for name in fleet if name in failed}
        failures: dict[str, Failure] = {
            name: (outcome_of(one), one.message) for name, one in failed.items()
        }
        if failed and (fleet.errors == "raise" or not answers):
            raise _with_partial(
                failed,
                answers,
                lambda held: joined(
                    {name: held[name] for name in fleet if name in held}, failures, [*fleet]
                ),
                again,
            )
        for name, (_, message) in failures.items():
            warn(
                f"{name} could not be read and is missing; the answer is marked incomplete: {message}"
            )
        given.tidy()
        return joined(answers, failures, [*fleet])


def _with_partial(
    failed: Mapping[str, OmniError],
    answers: Mapping[str, Any],
    joined: Callable[[Mapping[str, Any]], Any],
    again: Callable[[], Any],
) -> OmniError:
    """Return the first error, with what was read of all Omnis."""
    name, error = next(iter(failed.items()))
    held = {one: fault.partial for one, fault in failed.items() if fault.partial is not None}
    held |= answers
    error.partial = joined(held) if held else None
    if error.is_resumable:
        error.resumable_by(again)
    if not answers and len({fault.message for fault in failed.values()}) == 1:
        return error  # what was asked is wrong, whichever is asked
    read = f"; what was read of {', '.join(held)} is in .partial" if held else ""
    error.add_note(f"Of {name}" + in_python(read) + ".")
    for other, fault in list(failed.items())[1:]:
        error.add_note(f"Of {other}: {fault.message}")
    return error
