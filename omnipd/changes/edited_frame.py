"""Which reader a frame is of, and what of it can be edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pandas as pd

from omnipd.arguments import argument
from omnipd.changes.near_names import did_you_mean
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.lists.editable import Editable
from omnipd.lists.endpoint import Endpoint
from omnipd.readers.api_keys import API_KEYS, read_api_keys
from omnipd.readers.content import CONTENT, read_content
from omnipd.readers.document_access import DOCUMENT_ACCESS, read_document_access
from omnipd.readers.documents import (
    DOCUMENT_FAVORITES,
    DOCUMENTS,
    read_document_favorites,
    read_documents,
)
from omnipd.readers.folders import (
    FOLDER_PERMISSIONS,
    FOLDERS,
    read_folder_permissions,
    read_folders,
)
from omnipd.readers.groups import GROUP_MEMBERS, GROUPS, read_group_members, read_groups
from omnipd.readers.labels import LABEL_LIST, read_labels
from omnipd.readers.model_roles import GROUP_MODEL_ROLES, USER_MODEL_ROLES, read_model_roles
from omnipd.readers.schedules import (
    SCHEDULE_RECIPIENTS,
    SCHEDULES,
    read_schedule_recipients,
    read_schedules,
)
from omnipd.readers.scope_all import ALL
from omnipd.readers.users import (
    EMAIL_ONLY_USERS,
    USER_ATTRIBUTE_VALUES,
    USERS,
    read_email_only_users,
    read_user_attribute_values,
    read_users,
)


@dataclass(frozen=True)
class EditedFrame:
    """A reader whose frame can be edited.

    Attributes
    ----------
    reader : callable
    endpoint : Endpoint
        What it reads, with what can be edited.
    parents : bool
        Whether it reads for each of some parents, which an edited frame has, too.
    more : dict
        How it is asked for all of its rows.
    personal : bool
        Whether what is personal is in no list but that of its owner, and asked for person by person
        where the edited frame has it.
    """

    reader: Callable[..., pd.DataFrame]
    endpoint: Endpoint
    parents: bool = False
    more: tuple[tuple[str, Any], ...] = ()
    personal: bool = False

    @property
    def name(self) -> str:
        """What a caller calls it."""
        return self.reader.__name__

    @property
    def editable(self) -> Editable:
        """What of it can be edited."""
        editable = self.endpoint.editable
        assert editable is not None  # noqa: S101 - those in the table have it
        return editable

    def read_again(self, edited: pd.DataFrame, client: Client) -> pd.DataFrame:
        """Return the frame as Omni has it now."""
        given = [edited] if self.parents else []
        now = self.reader(*given, **dict(self.more), refresh=True, client=client)
        lacks = any(
            not set(edited[name].dropna()) <= set(now[name].dropna())
            for name in self.endpoint.key
            if name in edited
        )
        if self.personal and lacks:
            return self.reader(scope=ALL, refresh=True, client=client)
        return now


@wraps(read_model_roles)
def _read_roles_of_groups(groups: pd.DataFrame, **more: Any) -> pd.DataFrame:
    return read_model_roles(groups=groups, **more)


EDITED_FRAMES = (
    # Content.
    EditedFrame(read_documents, DOCUMENTS, more=(("include_deleted", True),)),
    EditedFrame(read_folders, FOLDERS, personal=True),
    EditedFrame(read_content, CONTENT, personal=True),
    EditedFrame(read_document_favorites, DOCUMENT_FAVORITES.endpoint, parents=True),
    # Who may see it.
    EditedFrame(read_document_access, DOCUMENT_ACCESS.endpoint, parents=True),
    EditedFrame(read_folder_permissions, FOLDER_PERMISSIONS.endpoint, parents=True),
    # Schedules.
    EditedFrame(read_schedules, SCHEDULES),
    EditedFrame(read_schedule_recipients, SCHEDULE_RECIPIENTS.endpoint, parents=True),
    # People, groups and roles. Those whose rows have parts come before others of the same list.
    EditedFrame(read_user_attribute_values, USER_ATTRIBUTE_VALUES),
    EditedFrame(read_users, USERS),
    EditedFrame(read_email_only_users, EMAIL_ONLY_USERS),
    EditedFrame(read_group_members, GROUP_MEMBERS),
    EditedFrame(read_groups, GROUPS),
    EditedFrame(read_model_roles, USER_MODEL_ROLES.endpoint, parents=True),
    EditedFrame(_read_roles_of_groups, GROUP_MODEL_ROLES.endpoint, parents=True),
    EditedFrame(read_api_keys, API_KEYS),
    # Labels.
    EditedFrame(read_labels, LABEL_LIST),
)


def edited_frame_of(name: str | None, *frames: pd.DataFrame) -> EditedFrame:
    """Return the reader that is named, or else the one that the first frame says it is from.

    Raises
    ------
    ArgumentError
        If there is none, or its frame cannot be edited.
    """
    if name is not None:
        named = name if name.startswith("read_") else f"read_{name}"
        if known := [one for one in EDITED_FRAMES if one.name == named]:
            return next((one for one in known if _fits(one, frames[0])), known[0])
        raise ArgumentError(
            argument("reader", name)
            + " is none whose frame can be edited."
            + did_you_mean(named, [one.name for one in EDITED_FRAMES]),
            hint=f"Those are: {_readers()}.",
        )
    for frame in frames:
        facts = frame.attrs.get("omni")
        path = facts.get("endpoint") if isinstance(facts, dict) else None
        if path is None:
            continue
        known = [one for one in EDITED_FRAMES if one.endpoint.path == path and _fits(one, frame)]
        if known:
            return known[0]
        if reader := next((one for one in EDITED_FRAMES if one.endpoint.path == path), None):
            raise ArgumentError(
                f"The frame is made of one of {reader.name}(), and has not the columns of it that are needed.",
                hint="Keep those that say what a row is of, and one to edit: a frame that was grouped or "
                "joined cannot be edited.",
            )
        raise ArgumentError(
            f"A frame of {path} cannot be edited.",
            hint=f"Those of these readers can: {_readers()}.",
        )
    raise ArgumentError(
        "The frames do not say which reader they are from.",
        hint="Name it, such as " + argument("reader", "documents") + ".",
    )


def _readers() -> str:
    return ", ".join(dict.fromkeys(one.name for one in EDITED_FRAMES))


def _fits(one: EditedFrame, frame: pd.DataFrame) -> bool:
    """Whether a frame has the columns that say what a row is of, and any to edit: readers share lists."""
    editable = one.editable
    return (not editable.columns or not editable.columns.keys().isdisjoint(frame.columns)) and all(
        any(name in frame.columns for name in names)
        for names in (editable.item, editable.part)
        if names
    )
