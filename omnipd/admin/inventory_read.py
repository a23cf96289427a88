"""One reading of the frames of an inventory, one after the other: some need those before them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import pandas as pd

from omnipd.admin.inventory_cost import Calls, Cost, warn_of_cost
from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.inventory_parts import ALL_PARTS, Part, is_of_one_list
from omnipd.call import current_call
from omnipd.client.client import Client
from omnipd.errors import OmniError, warn
from omnipd.lists.allowed_calls import check_calls
from omnipd.lists.read_parents import kept
from omnipd.message import in_python, join
from omnipd.progress import steps
from omnipd.readers.scope_all import ALL


class InventoryRead:
    """One reading of an inventory.

    Parameters
    ----------
    client, scope, errors, strict, refresh
        As :func:`omnipd.read_inventory` takes them.
    """

    def __init__(
        self, client: Client, scope: str, errors: str, strict: bool, refresh: bool
    ) -> None:
        self._client = client
        self._scope = scope
        self._errors = errors
        self._asked = {"strict": strict, "refresh": refresh, "client": client}
        self._frames: dict[str, pd.DataFrame] = {}
        self._failures: dict[str, str] = {}

    def run(self, what: str, names: Sequence[str], max_calls: int | None) -> None:
        """Read frames, and say beforehand what that costs, and on the way how far it is.

        Parameters
        ----------
        what : str
            What it is, on the bar.
        names : sequence of str
            The frames, those that others need before them.
        max_calls : int, optional
            More are refused.
        """
        with steps(self._client, what) as how_far:
            sizes, said = dict.fromkeys(names, 1), dict.fromkeys(names, 0)
            expensive = any(ALL_PARTS[name].is_expensive(self._scope) for name in names)
            if max_calls is None and (known := self._known_calls(names)) is not None:
                sizes = known
            elif expensive or max_calls is not None:
                how_far.part = "estimate"
                calls = self.costs(names)
                sizes = said = {name: one.needed or 0 for name, one in calls.items()}
                if max_calls is not None:
                    more = any(one.why_more for one in calls.values())
                    check_calls(sum(sizes.values()), max_calls, more=more)
                warn_of_cost(self._client, calls)
            whole = left = sum(sizes.values())
            for name, size in sizes.items():
                how_far.at(whole - left, whole, left=left, size=size, part=name)
                current_call().calls_said = said[name]
                self.read(name)
                left -= size
            how_far.at(whole, whole, left=0)

    def costs(self, names: Sequence[str]) -> dict[str, Calls]:
        """Return the calls that frames need still; those that the cache has whole are read from there."""
        cost = Cost(self._client, self._scope, self, refresh=bool(self._asked["refresh"]))
        calls = {name: cost.calls(name) for name in names}
        if not self._asked["refresh"]:
            self._frames |= cost.known
            for text in cost.said:
                warn(text)
        return calls

    def _known_calls(self, names: Sequence[str]) -> dict[str, int] | None:  # noqa: ARG002
        """Return about how many calls each frame takes, where nobody has to be asked for that."""
        return None

    def read(self, name: str) -> None:
        """Read one frame, unless that is done; or note why not."""
        if name in self._frames:
            return
        part = ALL_PARTS[name]
        if part.below is not None and part.below not in self._frames:
            self._failures[name] = f"It needs {part.below}, which could not be read."
            return
        try:
            self._frames[name] = self._frame(name, part)
        except OmniError as error:
            self._failures[name] = join(
                [error.message, error.hint, *getattr(error, "__notes__", ())], "\n"
            )
            if self._errors == "collect" and is_of_one_list(error):
                return
            self._note(error, name)
            raise

    def _frame(self, name: str, part: Part) -> pd.DataFrame:  # noqa: ARG002 - for those who keep it
        """Return what is held of a frame for those that are read after it."""
        return self.read_part(part)

    def _note(self, error: OmniError, name: str) -> None:
        """Let an error carry what was read before it."""
        frames = dict(self._frames)
        if isinstance(error.partial, pd.DataFrame):
            frames[name] = error.partial
        error.partial = Inventory(frames, self._failures)
        error.add_note(
            f"While reading {name}" + in_python("; the frames before it are in .partial") + "."
        )

    def so_far(self) -> list[str]:
        """Say how far the reading is, when it is interrupted."""
        if not self._frames:
            return []
        read = f"Read so far of the inventory: {', '.join(self._frames)}."
        return [read, kept(self._client, refresh=bool(self._asked["refresh"]))]

    def inventory(self, names: Sequence[str]) -> Inventory:
        """Return what was asked for of what was read."""
        return Inventory(
            {name: self._frames[name] for name in names if name in self._frames},
            {name: self._failures[name] for name in names if name in self._failures},
        )

    def parents_of(self, part: Part) -> pd.DataFrame:
        """Return the frame of the parents that a frame is read below."""
        if part.parents is not None:
            return part.parents(self._frames)
        return self._frames[part.below or ""]

    def read_below(self, part: Part, parents: pd.DataFrame) -> pd.DataFrame:
        """Read a frame below some parents."""
        return part.read(parents, errors=self._errors, **self._options(part))

    def read_public(self, part: Part) -> pd.DataFrame:
        """Read what is the organization's of a frame that has what is personal, too."""
        return part.read(scope="organization", **self._options(part))

    def _options(self, part: Part) -> dict[str, Any]:
        taken = inspect.signature(part.read).parameters
        return {name: value for name, value in self._asked.items() if name in taken}

    def read_part(self, part: Part) -> pd.DataFrame:
        """Read one frame."""
        asked = self._options(part)
        if part.below is not None:
            return self.read_below(part, self.parents_of(part))
        if part.is_read_by_person(self._scope):
            return part.read(scope=ALL, errors=self._errors, **asked)
        if part.same_as in self._frames and self._client.cache is not None:
            return part.read(**{**asked, "refresh": False})
        return part.read(**asked)
