"""Files that people have loaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, number, stable_uuid
from omnipd_sandbox.organization.models import ModelReference, workbook_model_id
from omnipd_sandbox.organization.records import Document, User
from omnipd_sandbox.organization.uploads import Upload


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
    created = instant("upload", place)
    name = chance.pick(("targets", "exchange rates", "Gebiete", "holidays"), "file", place)
    suffix = "csv" if kind == "csv" else "xlsx"
    model = chance.pick(models, "upload model", place)
    return Upload(
        id=stable_uuid("upload", place),
        type=kind,
        file_name=f"{name} {place}.{suffix}",
        view_name=f"upload_{place}",
        connection_id=document.connection_id if document else model.connection_id,
        model_id=workbook_model_id(document) if document else None,
        table_name=f"omni_upload_{place}" if kind == "csv" and place % 4 else None,
        size=number(5_000_000_000, "size", place) if place % 6 else None,
        created_at=written(created),
        updated_at=written(created + timedelta(days=place % 3)),
        user_id=chance.pick(users[:23], "uploader", place).membership_id if place % 7 else None,
    )
