"""What becomes of somebody's things when they leave."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.belongings import Belongings
from omnipd.audit.facts import NOT_PERSONAL, has_all_scopes
from omnipd.audit.find import find_person
from omnipd.audit.tables import Tables, question
from omnipd.frames.columns import TEXT

_SCHEMA = pa.schema(
    [
        (name, TEXT)
        for name in (
            "kind",
            "id",
            "name",
            "folder_path",
            "detail",
            "could_take_over",
            "hand_over",
            "take_away",
            "unknown",
        )
    ]
)
# The tables that each kind is in.
_IN = {
    "document": ("content", "documents"),
    "folder": ("content", "folders"),
    "schedule": ("schedules",),
    "received_schedule": ("schedule_recipients",),
    "api_key": ("api_keys",),
    "group": ("group_members",),
    "model_role": ("model_roles",),
    "permission": ("document_access", "folder_permissions"),
    "favorite": ("document_favorites",),
    "draft": ("document_drafts",),
    "routine": ("ai_routines",),
    "attribute": ("user_attribute_values",),
    "credit_limit": ("ai_user_credit_limits",),
}


@question(
    "users", also=dict.fromkeys(["groups", *(name for names in _IN.values() for name in names)])
)
def leaver(inventory: Inventory, person: str) -> pd.DataFrame:
    """Return all that belongs to somebody, who could take it over, and how.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni. It needs ``users``, and takes the tables of all that people may have: what
        ``leaver.also`` names. What is personal is in it with ``scope="all"``.
    person : str
        Who leaves: id, address or name.

    Returns
    -------
    pandas.DataFrame
        One row per thing, kind by kind, all text:

        - ``kind``: ``document``, ``folder`` and ``schedule`` that they own; ``received_schedule`` that
          comes to them; ``api_key``; ``group`` that they are in; ``model_role`` and ``permission`` that
          they have in person, and not by a group; ``favorite``; ``draft`` that they have begun or
          changed last; ``routine`` that comes to them; ``attribute``; ``credit_limit``.
        - ``id``, ``name``, ``folder_path``: what it is, is on, or is of; the id is null where nothing is
          said of one in particular.
        - ``detail``: the scope, destination, role, value, limit, or the group it comes by.
        - ``could_take_over``: the active users and groups who manage the document or folder, else who
          edit it, five at most; ``administrators`` where there are none; ``anybody`` for what
          anybody may have; ``nobody`` for what nobody else can have. Null where it is not known.
        - ``hand_over``: the call of Omni's API that gives it to somebody else, who is ``{user_id}`` in
          it, or ``not by the API``.
        - ``take_away``: the call that takes it away from them, or ends it, or ``not by the API``.
          Both are null for what comes by a group: that is a row of its own.
        - ``unknown``: null where it is known to be theirs and who could take it over; else what
          is not known, and why. A row without an id says why there may be more of its kind.

    Raises
    ------
    ArgumentError
        If nobody is meant, or more than one.

    See Also
    --------
    omnipd.audit.orphans : What belonged to those who have left.
    omnipd.plan_transfer : Plan to hand it over.

    Notes
    -----
    It makes none of these calls. :func:`omnipd.plan_transfer` plans those that hand over.

    Examples
    --------
    >>> import omnipd
    >>> leaver = omnipd.audit.leaver
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=[*leaver.needs, *leaver.also], scope="all")
    >>> theirs = leaver(inventory, "priya@sandbox.example")
    >>> theirs[["kind", "name", "could_take_over"]].head(2)
           kind                       name        could_take_over
    0  document  Busiest routes by airport         administrators
    1    folder                    Flights  grace@sandbox.example
    """
    tables = Tables(inventory, leaver)
    users = tables.rows("users")
    user_id = find_person(users, person)
    return tables.answer(_SCHEMA, belongings_of(user_id, inventory, tables, _IN))


def belongings_of(
    user_id: str, inventory: Inventory, tables: Tables, kinds: Collection[str]
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of :func:`leaver` of some kinds."""
    them = next(row for row in tables.rows("users") if row["user_id"] == user_id)
    theirs = Belongings(tables, them)
    by_kind = {
        "document": theirs.documents,
        "folder": theirs.folders,
        "schedule": theirs.schedules,
        "received_schedule": theirs.received_schedules,
        "api_key": theirs.api_keys,
        "group": theirs.groups,
        "model_role": theirs.model_roles,
        "permission": theirs.permissions,
        "favorite": theirs.favorites,
        "draft": theirs.drafts,
        "routine": theirs.routines,
        "attribute": theirs.attributes,
        "credit_limit": theirs.credit_limits,
    }
    for kind, of_kind in by_kind.items():
        if kind not in kinds:
            continue
        open_ones: dict[str, None] = {}
        for row in of_kind():
            if "id" not in row:
                open_ones[row["unknown"]] = None
            else:
                yield row
        for name in _IN[kind]:
            if name in tables.gaps:
                open_ones[f"{name}: {tables.gaps[name]}"] = None
            if nameless := theirs.nameless(name):
                open_ones[f"{name}: Omni does not tell whose, of {nameless}"] = None
            if unasked := theirs.unasked(name):
                open_ones[f"{name}: not asked for {unasked} of the documents in content"] = None
        if "content" in _IN[kind] and tables.is_known("content") and not has_all_scopes(inventory):
            open_ones[f"content: {NOT_PERSONAL}"] = None
        yield from ({"kind": kind, "unknown": why} for why in open_ones)
