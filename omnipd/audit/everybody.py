"""Roles that are everybody's: Omni writes them like those of a user who is named Organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: How Omni's pages end the description of a permit that comes from a folder above.
VIA_FOLDER = " - via Folder"

_ID = "ORG-MEMBERSHIP"
_NAME = "Organization"


def is_everybodys(permit: Mapping[str, Any], is_known: bool) -> bool:
    """Whether a role is everybody's.

    Parameters
    ----------
    permit : mapping
        The row of ``document_access`` or ``folder_permissions``.
    is_known : bool
        Whether its id is that of a person or a group, which may be called anything.

    Examples
    --------
    >>> permit = {"principal_id": "m1", "principal_name": "Organization"}
    >>> is_everybodys(permit, is_known=False), is_everybodys(permit, is_known=True)
    (True, False)
    """
    if is_known or permit.get("email") is not None:
        return False
    if permit["principal_id"] == _ID:
        return True
    said = str(permit.get("description") or permit["principal_name"])
    return permit.get("principal_type") != "userGroup" and said.removesuffix(VIA_FOLDER) == _NAME
