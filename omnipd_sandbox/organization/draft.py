"""A change to a document that is not published yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from omnipd_sandbox.organization.models import ModelRecord
from omnipd_sandbox.organization.records import Document, StoredQuery, User


@dataclass(frozen=True)
class Draft:
    """A draft of a document, on a branch of the model or on none."""

    identifier: str
    document: Document
    status: Literal["active", "archived"]
    out_of_date: bool
    branch: ModelRecord | None
    created_by: User
    last_edited_by: User
    created_at: str
    updated_at: str
    workbook_model_id: str
    queries: tuple[StoredQuery, ...]
