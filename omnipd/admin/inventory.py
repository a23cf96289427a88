"""Everything that an audit needs in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from omnipd.admin.inventory_cost import Cost
from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.inventory_parts import PARTS, Part, is_of_one_list, names_of, with_needed
from omnipd.arguments import check_choice
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import OmniError
from omnipd.lists.fanout import kept
from omnipd.lists.manual import manual
from omnipd.message import join
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
    <omnipd.Inventory of 3 frames, complete>
    name        rows columns
    labels        12       7
    users        130      12
    groups         5       6
    """
    wanted = names_of(include)
    check_choice("scope", scope, (ALL, "organization"))
    check_choice("errors", errors, ("raise", "collect"))
    client = current_client(client)
    names = with_needed(wanted, scope)
    reading = _Reading(client, scope, errors, strict, refresh)
    with one_call(), noted_interrupt(reading.so_far):
        if any(PARTS[name].is_expensive(scope) for name in names):
            Cost(client, scope).warn(names)
        for name in names:
            reading.read(name)
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

    def read(self, name: str) -> None:
        """Read one frame; or note why not."""
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
