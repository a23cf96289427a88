"""The frames of an inventory: how each is read, and which others it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from omnipd.arguments import argument, as_list, check_choice
from omnipd.errors import (
    APIError,
    ArgumentError,
    AuthenticationError,
    OmniError,
    RateLimitError,
    ResponseError,
)
from omnipd.frames.to_pandas import is_whole, marked_incomplete
from omnipd.lists.fanout import Parents
from omnipd.readers.api_keys import read_api_keys
from omnipd.readers.connections import read_connections
from omnipd.readers.content import read_content
from omnipd.readers.document_access import read_document_access
from omnipd.readers.documents import read_documents
from omnipd.readers.folders import read_folder_permissions, read_folders
from omnipd.readers.groups import read_group_members, read_groups
from omnipd.readers.labels import read_labels
from omnipd.readers.model_roles import read_model_roles
from omnipd.readers.models import read_models
from omnipd.readers.schedules import read_schedule_recipients, read_schedules
from omnipd.readers.scope_all import ALL
from omnipd.readers.users import read_user_attribute_values, read_user_attributes, read_users

#: A function named read_….
Reader = Callable[..., pd.DataFrame]


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
class Part:
    """A frame of the inventory, and what it costs.

    Attributes
    ----------
    read : callable
        The reader.
    pages : bool
        Whether it is a list in pages, so that the number of its rows says what it costs.
    counted_pages : bool
        Whether Omni counts its pages, so that a short list is read twice.
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

    read: Reader
    pages: bool = True
    counted_pages: bool = False
    same_as: str | None = None
    personal: bool = False
    below: str | None = None
    parents: Callable[[Mapping[str, pd.DataFrame]], Parents] | None = None
    counted: Reader | None = None

    def is_expensive(self, scope: str) -> bool:
        """Whether it may take as many calls as there are users, documents or folders."""
        return self.below is not None or self.is_read_by_person(scope)

    def is_read_by_person(self, scope: str) -> bool:
        """Whether it is asked for once more for each user."""
        return self.personal and scope == ALL


PARTS: dict[str, Part] = {
    "content": Part(read_content, personal=True),
    "documents": Part(read_documents),
    "folders": Part(read_folders, personal=True),
    "labels": Part(read_labels, pages=False),
    "users": Part(read_users, counted_pages=True),
    "user_attributes": Part(read_user_attributes, pages=False),
    "user_attribute_values": Part(read_user_attribute_values, same_as="users"),
    "groups": Part(read_groups, counted_pages=True),
    "group_members": Part(read_group_members, same_as="groups"),
    "model_roles": Part(read_model_roles, below="users"),
    "api_keys": Part(read_api_keys),
    "connections": Part(read_connections, pages=False),
    "models": Part(partial(read_models, model_kind="SHARED")),
    "schedules": Part(read_schedules, counted_pages=True),
    "schedule_recipients": Part(
        read_schedule_recipients,
        below="schedules",
        parents=_emails,
        counted=partial(read_schedules, destination="email"),
    ),
    "document_access": Part(read_document_access, below="documents", parents=_all_documents),
    "folder_permissions": Part(read_folder_permissions, below="folders"),
}


def names_of(include: Sequence[str] | str | None) -> list[str]:
    """Return the names of the frames that are asked for, each once, in the usual order."""
    if include is None:
        return list(PARTS)
    asked = as_list("include", include)
    if not asked:
        raise ArgumentError(
            argument("include", []) + " is empty; leave it out to ask for everything."
        )
    for name in asked:
        check_choice("include", name, PARTS)
    return [name for name in PARTS if name in asked]


def with_needed(names: Sequence[str], scope: str) -> list[str]:
    """Return the names with those that others cannot be read without, which stand before them."""
    needed: dict[str, None] = {}
    for name in names:
        part = PARTS[name]
        if part.is_read_by_person(scope):
            needed["users"] = None
        if part.below is not None:
            needed |= dict.fromkeys(with_needed([part.below], scope))
        needed[name] = None
    return list(needed)


def is_of_one_list(error: OmniError) -> bool:
    """Whether other lists may still be read: an unknown key or a used-up pace fails them all."""
    return isinstance(error, APIError | ResponseError) and not isinstance(
        error, AuthenticationError | RateLimitError
    )
