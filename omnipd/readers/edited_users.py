"""What of the frames of users can be edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from omnipd.arguments import function
from omnipd.lists.editable import Editable
from omnipd.readers.attribute_rows import fold_values

_ADDRESS_STAYS = "The address of a user cannot be changed."
_OF_GROUPS = "Groups are edited in the frame of " + function("read_group_members") + "."
#: What is of a user and no part of the user's own row, and how it is changed.
_BELOW_USERS = {
    "user_name": _ADDRESS_STAYS,
    "email": _ADDRESS_STAYS,
    "user_attributes": "Attributes are edited in the frame of "
    + function("read_user_attribute_values")
    + ".",
    "group_ids": _OF_GROUPS,
    "group_names": _OF_GROUPS,
}


def _has_more(row: Mapping[str, Any]) -> str | None:
    """Refuse a new row that says what is not made with the user."""
    if pd.notna(row.get("user_id")):
        return None
    more = ("user_attributes", "group_ids", "group_names")
    if any(pd.notna(row.get(name)) and row[name] != "" for name in more):
        return "A new user with attributes or groups is planned by " + function("plan_users") + "."
    return None


def _has_attributes(row: Mapping[str, Any]) -> str | None:
    """Refuse a new row with attributes: a call may take away those that it does not say."""
    if pd.notna(row.get("user_id")) or pd.isna(row.get("user_attributes")):
        return None
    return "Attributes of email-only users cannot be changed here: leave user_attributes empty."


OF_USERS = Editable(
    "user",
    ("user_id", "user_name"),
    columns={"display_name": "display_name", "active": "active"},
    name="user_name",
    row="exists",
    fixed=_has_more,
    elsewhere=_BELOW_USERS,
)
OF_ATTRIBUTE_VALUES = Editable(
    "user_attribute",
    ("user_id",),
    columns={"value": "value"},
    name="user_name",
    part=("attribute_name",),
    row="value",
    fold=fold_values,
)
OF_EMAIL_ONLY_USERS = Editable(
    "email_only_user",
    ("user_id", "email"),
    name="email",
    row="exists",
    fixed=_has_attributes,
)
