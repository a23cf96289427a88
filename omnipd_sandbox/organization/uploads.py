"""Files that people have loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.models import workbook_model_id
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.records import Document, User


@dataclass(frozen=True)
class Upload:
    """A file, for a whole connection or for one workbook's model."""

    id: str
    type: Literal["csv", "spreadsheet"]
    file_name: str
    view_name: str
    connection_id: str
    model_id: str | None
    table_name: str | None
    size: int | None
    created_at: str
    updated_at: str
    user_id: str | None


def invent_uploads(
    users: Sequence[User], documents: Sequence[Document], models: Sequence[ModelReference]
) -> list[Upload]:
    """Invent files of both kinds; a spreadsheet belongs to a document."""
    if not models:
        return []
    kept = [document for document in documents if not document.deleted]
    uploads = [_upload(place, "csv", users, None, models) for place in range(27)]
    uploads += [
        _upload(place, "csv" if place % 3 else "spreadsheet", users, document, models)
        for place, document in enumerate(kept[:15], start=27)
    ]
    return uploads


def _upload(
    place: int,
    kind: Literal["csv", "spreadsheet"],
    users: Sequence[User],
    document: Document | None,
    models: Sequence[ModelReference],
) -> Upload:
    created = some_moment("upload", place)
    name = chance.pick(("targets", "exchange rates", "Gebiete", "holidays"), "file", place)
    suffix = "csv" if kind == "csv" else "xlsx"
    model = chance.pick(models, "upload model", place)
    return Upload(
        id=chance.stable_uuid("upload", place),
        type=kind,
        file_name=f"{name} {place}.{suffix}",
        view_name=f"upload_{place}",
        connection_id=document.connection_id if document else model.connection_id,
        model_id=workbook_model_id(document) if document else None,
        table_name=f"omni_upload_{place}" if kind == "csv" and place % 4 else None,
        size=chance.number(5_000_000_000, "size", place) if place % 6 else None,
        created_at=written(created),
        updated_at=written(created + timedelta(days=place % 3)),
        user_id=chance.pick(users[:23], "uploader", place).membership_id if place % 7 else None,
    )
