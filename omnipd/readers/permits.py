"""What a row says of whose permission it is, and why some permissions are not changed as such."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from omnipd.lists.editable import Editable

#: How Omni names the whole organization among people and groups (docs/wire.md).
_ORGANIZATION = "ORG-MEMBERSHIP"
_ORGANIZATION_NAMES = {"organization", "organization - via folder"}


def editable_permits(kind: str, item: str) -> Editable:
    """Return what of a list of permissions can be edited: roles, boosts, and who has one."""
    return Editable(
        kind,
        (item,),
        columns={"role": "role", "access_boost": "access_boost"},
        part=("principal_id",),
        part_of=_principal,
        also=("principal_type", "access_source", "is_owner", "folder_path"),
        row="role",
        blank_needs_delete=True,
        fixed=_why_fixed,
    )


def _principal(row: Mapping[str, Any]) -> str | None:
    """Write whose permission a row is: ``user:<id>`` or ``userGroup:<id>``, which calls tell apart.

    Who has one by a folder, too, has two rows; that one is called otherwise.
    """
    if not _text(row, "principal_id"):
        return None
    written = f"{_text(row, 'principal_type')}:{_text(row, 'principal_id')}"
    return f"{written} by folder" if _is_inherited(row) else written


def _why_fixed(row: Mapping[str, Any]) -> str | None:
    if (
        _text(row, "principal_id") == _ORGANIZATION
        or _text(row, "principal_name").casefold() in _ORGANIZATION_NAMES
    ):
        return "It is what the whole organization may do, which is no permission of somebody's."
    if _is_inherited(row):
        path = _text(row, "folder_path") or "above"
        return f"It comes from the folder {path}: change it there, or add a row with a direct one."
    if _text(row, "is_owner").casefold() == "true":
        return "The owner has it: an owner may do everything. Give it to another owner first."
    return None


def _is_inherited(row: Mapping[str, Any]) -> bool:
    return _text(row, "access_source") == "folder"


def _text(row: Mapping[str, Any], column: str) -> str:
    cell = row.get(column)
    return "" if cell is None or pd.isna(cell) else str(cell)
