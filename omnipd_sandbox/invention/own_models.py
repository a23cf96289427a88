"""The models that documents have of their own."""

from __future__ import annotations

from datetime import timedelta

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, number
from omnipd_sandbox.organization.models import OwnModel, OwnModels, workbook_model_id
from omnipd_sandbox.organization.records import Document


def invent_own_models(document: Document) -> OwnModels:
    """Invent what is known of a document's models; two in three workbooks have its name."""
    named = number(3, "named", document.topic)
    workbook = OwnModel(
        name=document.name if named else None,
        created_at=written(instant("workbook", document.topic)),
    )
    return OwnModels(workbook, _query_model(document) if document.has_app else None)


def _query_model(document: Document) -> OwnModel:
    created = instant("model created", "QUERY", workbook_model_id(document))
    return OwnModel(created_at=written(created), updated_at=written(created + timedelta(days=12)))
