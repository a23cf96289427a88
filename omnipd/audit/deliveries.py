"""Schedules that do not arrive, or not where they should."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.empty_groups import GROUPS
from omnipd.audit.listed_documents import LISTS, ListedDocuments
from omnipd.audit.owners import PEOPLE, People
from omnipd.audit.recipients import Recipients, checked_domains
from omnipd.audit.tables import Tables, question
from omnipd.frames.columns import FLAG, INSTANT, TEXT

Row = Mapping[str, Any]
#: Whether something holds, and why that is not known.
Known = tuple[bool | None, str | None]

_TEXTS = (
    "schedule_id",
    "name",
    "document_identifier",
    "dashboard_name",
    "destination_type",
    "owner_id",
    "owner_name",
)
_TIMES = ("disabled_at", "last_completed_at", "system_disabled_at")
_STATES = ("last_status", "system_disabled_reason")
_FINDINGS = (
    "is_stopped",
    "is_failing",
    "never_ran",
    "owner_is_gone",
    "owner_is_deactivated",
    "document_is_gone",
    "has_no_recipients",
    "has_outside_recipients",
)
_SCHEMA = pa.schema(
    [
        *[(name, TEXT) for name in (*_TEXTS, "owner_email", "findings")],
        *[(name, FLAG) for name in ("is_paused", *_FINDINGS)],
        ("outside_recipients", TEXT),
        *[(name, TEXT) for name in _STATES],
        *[(name, INSTANT) for name in _TIMES],
        ("unknown", TEXT),
    ]
)
# Whether a run that ended so has failed.
_FAILED = {
    "COMPLETE": False,
    "CONDITION_UNMET": False,
    "ERROR": True,
    "ERROR_DELIVERED": True,
    "KILLED": True,
}


@question(
    "schedules",
    also=(
        "schedule_recipients",
        *dict.fromkeys((*LISTS, *PEOPLE, *GROUPS)),
    ),
)
def schedule_health(
    inventory: Inventory, domains: Sequence[str] | str | None = None
) -> pd.DataFrame:
    """Return all schedules, with a flag for each thing that may be wrong with them.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni. It needs ``schedules``, and takes ``schedule_recipients``, ``content``,
        ``documents``, ``users``, ``embed_users``, ``email_only_users``, ``groups`` and
        ``group_members``. What is personal is in it with ``scope="all"``.
    domains : str or sequence of str, optional
        The domains of your own addresses, such as ``"example.com"``; ``"eu.example.com"`` is
        another one. Default: ``has_outside_recipients`` is null.

    Returns
    -------
    pandas.DataFrame
        One row per schedule and alert, in the order of ``schedules``. A flag is null where it is not
        known:

        - ``schedule_id``, ``name``, ``document_identifier``, ``dashboard_name``,
          ``destination_type``, ``owner_id``, ``owner_name``: as in ``schedules``; ``owner_email``: as
          in ``users``.
        - ``findings``: the flags below that hold, ``is_paused`` left out, comma-joined; empty
          where none is known to hold.
        - ``is_paused``: whether somebody has paused it.
        - ``is_stopped``: whether Omni has stopped it; ``system_disabled_reason`` says why.
        - ``is_failing``: whether its last run ended in an error, or was canceled.
        - ``never_ran``: whether it has not run yet.
        - ``owner_is_gone``, ``owner_is_deactivated``: whether its owner is nobody, or cannot log in.
        - ``document_is_gone``: whether its document is in the trash or nowhere.
        - ``has_no_recipients``: whether an email goes to nobody; false for what is no email.
        - ``has_outside_recipients``: whether an email goes to an address outside of `domains`; null
          for what is no email, since Omni does not tell where that goes.
        - ``outside_recipients``: these addresses, comma-joined.
        - ``last_status``, ``system_disabled_reason``, ``disabled_at``, ``last_completed_at``,
          ``system_disabled_at``: as in ``schedules``.
        - ``unknown``: what is not known in this row, and why.

    Raises
    ------
    ArgumentError
        If the inventory lacks what it needs, or a domain is none.

    See Also
    --------
    omnipd.audit.orphans : What belongs to nobody.

    Examples
    --------
    >>> import omnipd
    >>> health = omnipd.audit.schedule_health
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=[*health.needs, *health.also])
    >>> found = health(inventory, domains="sandbox.example")
    >>> found["findings"].value_counts().to_dict()
    {'': 5, 'is_failing': 2, 'is_failing,has_outside_recipients': 1, 'has_outside_recipients': 1}
    """
    within = checked_domains(domains)
    tables = Tables(inventory, schedule_health)
    return tables.answer(_SCHEMA, _rows(inventory, tables, within))


def _rows(
    inventory: Inventory, tables: Tables, domains: Collection[str] | None
) -> Iterator[dict[str, Any]]:
    schedules = tables.rows("schedules")
    owner_of = People(tables).owners(row["owner_id"] for row in schedules)
    emails = {row["user_id"]: row["email"] for row in tables.rows("users")}
    documents = ListedDocuments(inventory, tables)
    recipients = Recipients(tables)
    # A server that tells of no run of any schedule does not tell whether one has run.
    tells = any(row["last_status"] or row["last_completed_at"] for row in schedules)
    for row in schedules:
        owner = owner_of(row["owner_id"])
        known: dict[str, Known] = {
            "is_stopped": _stopped(row),
            "is_failing": _failing(row, tells),
            "never_ran": _never_ran(row, tells),
            "owner_is_gone": (owner.is_gone, owner.why),
            "owner_is_deactivated": (owner.is_deactivated, owner.why),
            "document_is_gone": documents.is_gone(row["document_identifier"]),
            "has_no_recipients": recipients.are_none(row),
        }
        outside: list[str] = []
        if domains is not None:
            is_outside, outside, why = recipients.outside(row, domains)
            known["has_outside_recipients"] = is_outside, why
        flags = {name: flag for name, (flag, _) in known.items()}
        reasons = dict.fromkeys(why for _, why in known.values() if why is not None)
        yield (
            {name: row[name] for name in (*_TEXTS, *_TIMES, *_STATES)}
            | flags
            | {
                "owner_email": emails.get(row["owner_id"]),
                "is_paused": _paused(row),
                "findings": ",".join(name for name in _FINDINGS if flags.get(name)),
                "outside_recipients": ",".join(outside) or None,
                "unknown": "; ".join(reasons) or None,
            }
        )


def _paused(row: Row) -> bool | None:
    if row["disabled_at"] is not None:
        return True
    return None if row["is_active"] is None else False


def _stopped(row: Row) -> Known:
    if row["system_disabled_at"] is not None:
        return True, None
    if row["is_active"] or row["disabled_at"] is not None:
        return False, None
    return None, "Omni does not tell whether it has stopped it"


def _never_ran(row: Row, tells: bool) -> Known:
    if row["last_status"] is not None or row["last_completed_at"] is not None:
        return False, None
    return (True, None) if tells else (None, "Omni tells of no run of any schedule")


def _failing(row: Row, tells: bool) -> Known:
    if row["last_status"] in _FAILED:
        return _FAILED[row["last_status"]], None
    if row["last_status"] is not None:
        return None, f"the status {row['last_status']} is not known"
    never_ran, why = _never_ran(row, tells)
    return (
        (False, None) if never_ran else (None, why or "Omni does not tell how its last run ended")
    )
