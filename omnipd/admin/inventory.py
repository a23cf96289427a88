"""Everything that an audit needs in one call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Literal

from omnipd.admin.inventories import join_inventories
from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.inventory_parts import names_of, with_needed
from omnipd.admin.inventory_read import InventoryRead
from omnipd.arguments import check_choice
from omnipd.cache.checkpoint import checkpointed
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.lists.manual import manual
from omnipd.readers.scope_all import ALL


@manual(joined=join_inventories)
def read_inventory(
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    refresh: bool = False,
    client: Client | None = None,
) -> Inventory:
    """Read the frames that an audit needs, in one call.

    What it costs is estimated first, and said when it takes more than a minute.

    Parameters
    ----------
    include : str or sequence of str, optional
        Only these frames, or all of a group: ``content:all``, ``people``, ``access``,
        ``schedules:all``, ``connections:all``, ``models:all``, ``ai``; ``all`` is all of these.
        Default: ``content``, ``documents``, ``folders``, ``labels``, ``users``,
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
    reading = InventoryRead(client, scope, errors, strict, refresh)
    again = partial(
        read_inventory,
        include=include,
        scope=scope,
        errors=errors,
        strict=strict,
        checkpoint=checkpoint,
        max_calls=max_calls,
        refresh=refresh,
        client=client,
    )
    with (
        one_call(),
        checkpointed(checkpoint, identity_of(client, wanted, scope), again),
        noted_interrupt(reading.so_far),
    ):
        reading.run("inventory", names, max_calls)
    return reading.inventory(wanted)


def identity_of(client: Client, names: Sequence[str], scope: str) -> dict[str, str]:
    """Return what a checkpoint of an inventory is of."""
    return {
        "instance": client.base_url,
        "key": client.fingerprint,
        "question": f"inventory: {', '.join(names)} ({scope})",
    }
