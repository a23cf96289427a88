"""Everything that an audit needs in one call: the frames, what they cost, and their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import check_choice
from omnipd.client.client import Client
from omnipd.client.current import current_client
from omnipd.errors import (
    APIError,
    ArgumentError,
    AuthenticationError,
    OmniError,
    RateLimitError,
    ResponseError,
    notice,
)
from omnipd.frames.columns import COUNT, NUMBER, TEXT
from omnipd.frames.to_pandas import is_whole, marked_incomplete, to_frame
from omnipd.lists.fanout import Parents
from omnipd.lists.manual import manual
from omnipd.readers.api_keys import read_api_keys
from omnipd.readers.connections import read_connections
from omnipd.readers.content import read_content, read_labels
from omnipd.readers.document_access import read_document_access
from omnipd.readers.documents import read_documents
from omnipd.readers.folders import read_folder_permissions, read_folders
from omnipd.readers.groups import read_group_members, read_groups
from omnipd.readers.model_roles import read_model_roles
from omnipd.readers.models import read_models
from omnipd.readers.schedules import read_schedule_recipients, read_schedules
from omnipd.readers.scope_all import ALL
from omnipd.readers.users import read_user_attribute_values, read_user_attributes, read_users

_PAGE = 100


def _emails(frames: Mapping[str, pd.DataFrame]) -> Parents:
    """Return the schedules that have recipients: the others would cost a call and have no rows."""
    schedules = frames["schedules"]
    return schedules[schedules["destination_type"] == "email"]


def _all_documents(frames: Mapping[str, pd.DataFrame]) -> Parents:
    """Return all documents that are known: no source says whether one list holds the personal ones."""
    held = [frames[name] for name in ("documents", "content") if name in frames]
    identifiers = [identifier for one in held for identifier in one["document_identifier"].dropna()]
    documents = pd.DataFrame({"document_identifier": identifiers}, dtype=object)
    # pandas keeps no mark of frames that are put together.
    return documents if all(map(is_whole, held)) else marked_incomplete(documents)


@dataclass(frozen=True)
class _Part:
    """A frame of the inventory, and what it costs.

    Attributes
    ----------
    read : callable
        The reader.
    pages : bool
        Whether it is a list in pages, so that the number of its rows says what it costs.
    same_as : str, optional
        The frame whose list it is made from too: with a cache it costs nothing more.
    personal : bool
        Whether there is a ``scope``, and with all of it one more call for each user.
    below : str, optional
        The frame that it is one call for each row of.
    parents : callable, optional
        From the frames to the parents, where they are not these rows.
    counted : callable, optional
        The reader that counts the parents, where it is not that of the frame.
    """

    read: Callable[..., pd.DataFrame]
    pages: bool = True
    same_as: str | None = None
    personal: bool = False
    below: str | None = None
    parents: Callable[[Mapping[str, pd.DataFrame]], Parents] | None = None
    counted: Callable[..., pd.DataFrame] | None = None


_PARTS: dict[str, _Part] = {
    "content": _Part(read_content, personal=True),
    "documents": _Part(read_documents),
    "folders": _Part(read_folders, personal=True),
    "labels": _Part(read_labels, pages=False),
    "users": _Part(read_users),
    "user_attributes": _Part(read_user_attributes, pages=False),
    "user_attribute_values": _Part(read_user_attribute_values, same_as="users"),
    "groups": _Part(read_groups),
    "group_members": _Part(read_group_members, same_as="groups"),
    "model_roles": _Part(read_model_roles, below="users"),
    "api_keys": _Part(read_api_keys),
    "connections": _Part(read_connections, pages=False),
    "models": _Part(partial(read_models, model_kind="SHARED")),
    "schedules": _Part(read_schedules),
    "schedule_recipients": _Part(
        read_schedule_recipients,
        below="schedules",
        parents=_emails,
        counted=partial(read_schedules, destination="email"),
    ),
    "document_access": _Part(read_document_access, below="documents", parents=_all_documents),
    "folder_permissions": _Part(read_folder_permissions, below="folders"),
}


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
    wanted = _names(include)
    check_choice("scope", scope, (ALL, "organization"))
    check_choice("errors", errors, ("raise", "collect"))
    reading = _Reading(current_client(client), scope, errors, strict, refresh)
    names = _with_needed(wanted, scope)
    if any(_is_expensive(_PARTS[name], scope) for name in names):
        reading.say_cost(names)
    for name in names:
        reading.read(name)
    return reading.inventory(wanted)


def estimate_inventory(
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    client: Client | None = None,
) -> pd.DataFrame:
    """Estimate what :func:`read_inventory` would cost, one row per frame.

    It asks for the first page of each list, at most nine calls, for the server's count.

    Parameters
    ----------
    include, scope, client
        As for :func:`read_inventory`.

    Returns
    -------
    pandas.DataFrame
        ``name`` (string), ``calls`` (int64), ``minutes`` (float64). Calls are those of an empty
        cache; they are null for what cannot be counted. Minutes are null for a client without a
        pace. A frame that is not asked for and is needed by another is there too.

    Raises
    ------
    ArgumentError
        For a name that is not known; nothing was sent.
    AuthenticationError, NetworkError, RateLimitError
        If nothing can be asked.

    Notes
    -----
    The folders that are personal are not known before they are read; each costs one call more for
    ``folder_permissions``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     cost = omnipd.estimate_inventory(include=["users", "document_access"])
    >>> cost[["name", "calls"]]
                  name  calls
    0            users      2
    1        documents      6
    2  document_access    577
    """
    wanted = _names(include)
    check_choice("scope", scope, (ALL, "organization"))
    reading = _Reading(current_client(client), scope, "raise", strict=True, refresh=False)
    return reading.estimate(_with_needed(wanted, scope))


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

    def estimate(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the calls of each frame, from the server's counts."""
        counted: dict[Callable[..., pd.DataFrame], int | None] = {}
        calls = [self._calls(_PARTS[name], counted) for name in names]
        pace = self._client.requests_per_minute
        minutes = [
            None if number is None or pace is None else number / (pace * 0.95) for number in calls
        ]
        columns = {
            "name": pa.array(names, TEXT),
            "calls": pa.array(calls, COUNT),
            "minutes": pa.array(minutes, NUMBER),
        }
        return to_frame(pa.table(columns), {"instance": self._client.base_url})

    def say_cost(self, names: Sequence[str]) -> None:
        """Say beforehand what will take more than a minute at the pace of the key."""
        estimate = self.estimate(names)
        calls, pace = int(estimate["calls"].sum()), self._client.requests_per_minute
        if pace is None or calls <= pace:
            return
        largest = estimate.dropna(subset="calls").nlargest(3, "calls")
        shown = ", ".join(
            f"{name} {number:,}"
            for name, number in zip(largest["name"], largest["calls"], strict=True)
        )
        notice(
            f"The inventory is about {calls:,} calls ({shown}), {estimate['minutes'].sum():.0f} "
            "minutes; what is cached costs none."
        )

    def read(self, name: str) -> None:
        """Read one frame; or note why not."""
        part = _PARTS[name]
        if part.below is not None and part.below not in self._frames:
            self._failures[name] = f"It needs {part.below}, which could not be read."
            return
        try:
            self._frames[name] = self._read(part)
        except OmniError as error:
            said = error.message.splitlines()[0]
            self._failures[name] = f"{said}\n{error.hint}" if error.hint else said
            if self._errors == "collect" and _is_of_one_list(error):
                return
            frames = dict(self._frames)
            if isinstance(error.partial, pd.DataFrame):
                frames[name] = error.partial
            error.partial = Inventory(frames, self._failures)
            error.message += f"\nWhile reading {name}; the frames before it are in .partial."
            raise

    def inventory(self, names: Sequence[str]) -> Inventory:
        """Return what was asked for of what was read."""
        return Inventory(
            {name: self._frames[name] for name in names if name in self._frames},
            {name: self._failures[name] for name in names if name in self._failures},
        )

    def _read(self, part: _Part) -> pd.DataFrame:
        if part.below is not None:
            parents = part.parents(self._frames) if part.parents else self._frames[part.below]
            return part.read(parents, errors=self._errors, **self._asked)
        if part.personal and self._scope == ALL:
            return part.read(scope=ALL, errors=self._errors, **self._asked)
        if part.same_as in self._frames and self._client.cache is not None:
            return part.read(**{**self._asked, "refresh": False})
        return part.read(**self._asked)

    def _calls(
        self, part: _Part, counted: dict[Callable[..., pd.DataFrame], int | None]
    ) -> int | None:
        if not part.pages:
            return 1
        if part.below is not None:
            return self._rows(part.counted or _PARTS[part.below].read, counted)
        cached = self._client.cache is not None
        if part.same_as is not None:
            return 0 if cached else self._pages(_PARTS[part.same_as].read, counted)
        needed = [self._pages(part.read, counted)]
        if part.personal and self._scope == ALL:
            needed.append(self._rows(read_users, counted))
            needed.append(0 if cached else self._pages(read_users, counted))
        known = [number for number in needed if number is not None]
        return sum(known) if len(known) == len(needed) else None

    def _pages(
        self,
        reader: Callable[..., pd.DataFrame],
        counted: dict[Callable[..., pd.DataFrame], int | None],
    ) -> int | None:
        rows = self._rows(reader, counted)
        return None if rows is None else max(1, -(-rows // _PAGE))

    def _rows(
        self,
        reader: Callable[..., pd.DataFrame],
        counted: dict[Callable[..., pd.DataFrame], int | None],
    ) -> int | None:
        """Return how many rows the server counts in a list, from its first page."""
        if reader not in counted:
            try:
                first = reader(limit=1, client=self._client)
                counted[reader] = first.attrs["omni"]["total"]
            except OmniError as error:
                if not _is_of_one_list(error):
                    raise
                counted[reader] = None
        return counted[reader]


def _names(include: Sequence[str] | str | None) -> list[str]:
    """Return the names of the frames that are asked for, each once, in the usual order."""
    if include is None:
        return list(_PARTS)
    if not isinstance(include, Iterable):
        raise ArgumentError(f"include={include!r} must be a name or several names.")
    asked = {include} if isinstance(include, str) else list(include)
    if not asked:
        raise ArgumentError("include=[] is empty; leave it out to ask for everything.")
    for name in asked:
        check_choice("include", name, _PARTS)
    return [name for name in _PARTS if name in asked]


def _with_needed(names: Sequence[str], scope: str) -> list[str]:
    """Return the names with those that others cannot be read without, which stand before them."""
    needed: dict[str, None] = {}
    for name in names:
        part = _PARTS[name]
        if part.personal and scope == ALL:
            needed["users"] = None
        if part.below is not None:
            needed |= dict.fromkeys(_with_needed([part.below], scope))
        needed[name] = None
    return list(needed)


def _is_expensive(part: _Part, scope: str) -> bool:
    return part.below is not None or (part.personal and scope == ALL)


def _is_of_one_list(error: OmniError) -> bool:
    """Whether other lists may still be read: an unknown key or a used-up pace fails them all."""
    return isinstance(error, APIError | ResponseError) and not isinstance(
        error, AuthenticationError | RateLimitError
    )
