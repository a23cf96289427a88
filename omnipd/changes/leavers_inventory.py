"""What has to be read to know what somebody owns and receives."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pandas as pd

from omnipd.admin.inventory_frames import Inventory
from omnipd.changes.now import Now
from omnipd.errors import ForbiddenError, NotFoundError
from omnipd.readers.ai import read_ai_routines
from omnipd.readers.api_keys import read_api_keys
from omnipd.readers.content import read_content
from omnipd.readers.documents import read_document_drafts, read_documents
from omnipd.readers.folders import read_folders
from omnipd.readers.schedules import read_schedule_recipients, read_schedules
from omnipd.readers.users import read_users


def leavers_inventory(now: Now, user_id: str, kinds: Collection[str]) -> Inventory:
    """Read the tables that tell of things of some kinds whether they are somebody's.

    Of what is personal only theirs is read, which is two lists instead of one for each person. The same
    goes for ``ai_routines``: all in it are theirs.
    """
    client = now.client
    held: dict[str, pd.DataFrame] = {}

    def documents() -> pd.DataFrame:
        return read_documents(include_deleted=True, refresh=True, client=client)

    def schedules() -> pd.DataFrame:
        return read_schedules(refresh=True, client=client)

    def recipients() -> pd.DataFrame:
        every = held["schedules"]
        by_email = every[every["destination_type"].fillna("email") == "email"]
        return read_schedule_recipients(by_email, refresh=True, client=client)

    def drafts() -> pd.DataFrame:
        every = held["documents"]
        return read_document_drafts(
            every[~every["deleted"].fillna(value=False)], refresh=True, client=client
        )

    # In this order: some rest on others.
    tables: dict[str, tuple[set[str], Callable[[], pd.DataFrame]]] = {
        "users": (set(kinds), lambda: read_users(refresh=True, client=client)),
        "content": (
            {"document", "folder"},
            lambda: read_content(scope="all", creator_id=user_id, refresh=True, client=client),
        ),
        "documents": ({"document", "draft"}, documents),
        "folders": (
            {"folder"},
            lambda: read_folders(scope="all", owner_id=user_id, refresh=True, client=client),
        ),
        "schedules": ({"schedule", "received_schedule"}, schedules),
        "schedule_recipients": ({"received_schedule"}, recipients),
        "api_keys": ({"api_key"}, lambda: read_api_keys(refresh=True, client=client)),
        "document_drafts": ({"draft"}, drafts),
        "ai_routines": (
            {"routine"},
            lambda: read_ai_routines(user_id=user_id, refresh=True, client=client),
        ),
    }
    failures: dict[str, str] = {}
    for name, (needed_by, read) in tables.items():
        if not needed_by & set(kinds):
            continue
        try:
            held[name] = read()
        except (ForbiddenError, NotFoundError) as error:  # some Omnis have no routines, for one
            failures[name] = error.message
        except KeyError as rests_on:
            failures[name] = f"it needs {rests_on.args[0]}"
    return Inventory(held, failures)
