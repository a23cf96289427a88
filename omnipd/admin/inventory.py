"""Everything that an audit needs in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import pandas as pd

from omnipd.admin.inventory_cost import Cost
from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.inventory_parts import PARTS, Part, is_of_one_list, names_of, with_needed
from omnipd.arguments import check_choice
from omnipd.call import WouldSend, noted_interrupt, one_call, rehearsal
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import OmniError, held_warnings, warn
from omnipd.lists.fanout import kept
from omnipd.lists.manual import manual
from omnipd.message import join
from omnipd.progress import steps
from omnipd.readers.scope_all import ALL


@manual()
def read_inventory(
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> Inventory:
    """Read the frames that an audit needs, in one call.

    What it costs is estimated first, and said when it takes more than a minute.

    Parameters
    ----------
    include : str or sequence of str, optional
        Only these frames. Default: ``content``, ``documents``, ``folders``, ``labels``, ``users``,
        ``user_attributes``, ``user_attribute_values``, ``groups``, ``group_members``,
        ``model_roles``, ``api_keys``, ``connections``, ``models`` (shared ones only),
        ``schedules``, ``schedule_recipients``, ``document_access``, ``folder_permissions``. Each is
        what the reader of its name gives.
    scope : {"all", "organization"}, default "all"
        Whether ``content`` and ``folders`` hold what is personal, with one call more for each
        user, or only what is the organization's.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` goes on after a frame that Omni refuses or does not send whole. It is then not
        in the inventory, and ``.failures`` says why. What would fail every frame, such as an
        unknown key or no network, is raised all the same.

    Returns
    -------
    Inventory
        The frames by name, with ``to_parquet``, ``to_csv`` and ``to_excel``.

    Raises
    ------
    ArgumentError
        For a name that is not known; nothing was sent.
    APIError, NetworkError, ResponseError, IncompleteReadError
        If a list could not be read whole; ``partial`` is an Inventory of what was read before, with
        the part of a list marked incomplete.

    See Also
    --------
    omnipd.estimate_inventory : What it would cost.

    Notes
    -----
    Most of it needs an organization key. ``model_roles`` is one call per user,
    ``schedule_recipients`` one per email, ``document_access`` one per document,
    ``folder_permissions`` one per folder: minutes for some hundreds. Each answer is cached, so
    that a call that was broken off goes on where it ended; ``connect(cache="1d")`` keeps them for
    longer than the usual ten minutes.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     inventory = omnipd.read_inventory(include=["labels", "users", "groups"])
    >>> inventory
    omnipd.Inventory: 3 frames, complete
      labels   12 rows x  7 columns
      users   130 rows x 12 columns
      groups    5 rows x  6 columns
    """
    wanted = names_of(include)
    check_choice("scope", scope, (ALL, "organization"))
    check_choice("errors", errors, ("raise", "collect"))
    client = current_client(client)
    names = with_needed(wanted, scope)
    reading = _Reading(client, scope, errors, strict, refresh)
    with (
        one_call() as call,
        noted_interrupt(reading.so_far),
        steps(client, "inventory") as how_far,
    ):
        calls = dict.fromkeys(names, 1)
        if any(PARTS[name].is_expensive(scope) for name in names):
            how_far.part = "estimate"
            cost = Cost(client, scope)
            calls = {name: reading.cost(name, cost) for name in names}
            cost.warn(calls)
            call.cost_is_said = True
        whole = left = sum(calls.values())
        for name, size in calls.items():
            how_far.at(whole - left, whole, left=left, size=size, part=name)
            reading.read(name)
            left -= size
        how_far.at(whole, whole, left=0)
    return reading.inventory(wanted)


class _Reading:
    """One reading of an inventory."""

    def __init__(
        self, client: Client, scope: str, errors: str, strict: bool, refresh: bool
    ) -> None:
        self._client = client
        self._scope = scope
        self._errors = errors
        self._asked = {"strict": strict, "refresh": refresh, "client": client}
        self._frames: dict[str, pd.DataFrame] = {}
        self._failures: dict[str, str] = {}
        self._lists_are_cached = True

    def cost(self, name: str, cost: Cost) -> int:
        """Return how many calls a frame needs still; one that the cache has whole is read from there."""
        part = PARTS[name]
        if self._asked["refresh"] or self._client.cache is None:
            return cost.calls(part) or 0
        # What is below others has a call for each row of all lists before it.
        if part.below is None or self._lists_are_cached:
            frame, lacking = self._rehearsed(lambda: self._read(part))
            if frame is not None:
                self._frames[name] = frame
                return 0
            if part.below is not None and lacking:
                return lacking
            self._lists_are_cached = False
            if lacking:  # for people who are known, and perhaps for the organization's own list
                own = partial(part.read, scope="organization", **self._asked)
                pages = None if self._rehearsed(own)[0] is not None else cost.pages(part)
                return lacking + (pages or 1) - 1
        return cost.calls(part) or 0

    def _rehearsed(
        self, read: Callable[[], pd.DataFrame]
    ) -> tuple[pd.DataFrame | None, int | None]:
        """Return a frame if the cache has all of it, else how many requests it lacks, if that is known."""
        with held_warnings() as texts:
            try:
                with rehearsal():
                    frame = read()
            except WouldSend as lacks:
                return None, lacks.requests
            except OmniError:  # which is met again
                return None, None
        for text in texts:
            warn(text)
        return frame, 0

    def read(self, name: str) -> None:
        """Read one frame, unless that is done; or note why not."""
        if name in self._frames:
            return
        part = PARTS[name]
        if part.below is not None and part.below not in self._frames:
            self._failures[name] = f"It needs {part.below}, which could not be read."
            return
        try:
            self._frames[name] = self._read(part)
        except OmniError as error:
            self._failures[name] = join(
                [error.message, error.hint, *getattr(error, "__notes__", ())], "\n"
            )
            if self._errors == "collect" and is_of_one_list(error):
                return
            frames = dict(self._frames)
            if isinstance(error.partial, pd.DataFrame):
                frames[name] = error.partial
            error.partial = Inventory(frames, self._failures)
            error.add_note(f"While reading {name}; the frames before it are in .partial.")
            raise

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

    def _read(self, part: Part) -> pd.DataFrame:
        if part.below is not None:
            parents = part.parents(self._frames) if part.parents else self._frames[part.below]
            return part.read(parents, errors=self._errors, **self._asked)
        if part.is_read_by_person(self._scope):
            return part.read(scope=ALL, errors=self._errors, **self._asked)
        if part.same_as in self._frames and self._client.cache is not None:
            return part.read(**{**self._asked, "refresh": False})
        return part.read(**self._asked)
