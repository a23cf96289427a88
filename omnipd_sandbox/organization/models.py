"""The models that lists show: those that can be queried, and those around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.records import Document


@dataclass(frozen=True)
class ModelRecord:
    """A model in a list. `files` are those it changes of the model below it."""

    id: str
    kind: str
    name: str | None
    connection_id: str | None
    base_id: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


_BRANCHES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "flights": {
        "governance/weather-topic": {
            "weather_by_hour.topic.yaml": (
                "base_view: weather\nlabel: Weather by hour\ngroup_label: Sky\n"
            )
        }
    },
    "orders": {
        "margin": {
            # Wrong on purpose: a branch is where a validator has something to say.
            "late_orders.topic.yaml": "label: Late orders\n",
            "products.view.yaml": (
                "dimensions:\n"
                "  sku:\n    primary_key: true\n"
                "  margin:\n    sql: ${retail_price} - ${cost_price}\n"
            ),
        },
        "tidy labels": {},
    },
}


def invent_models(references: Sequence[ModelReference]) -> list[ModelRecord]:
    """Invent the models that exist whatever documents there are."""
    models: list[ModelRecord] = []
    for reference in references:
        models += _around(reference)
    if references:
        last = references[-1]
        models.append(
            _record("SHARED_EXTENSION", f"{last.name}_for_finance", last.connection_id, last.id)
        )
        schema_id = chance.stable_uuid("model", "SCHEMA", last.connection_id)
        models.append(
            _record("SHARED", f"{last.name}_2023", last.connection_id, schema_id, deleted=True)
        )
    return models


def _around(reference: ModelReference) -> Iterator[ModelRecord]:
    schema = _record("SCHEMA", None, reference.connection_id, None)
    yield schema
    created = some_moment("model created", reference.id)
    yield ModelRecord(
        id=reference.id,
        kind=reference.kind,
        name=reference.name,
        connection_id=reference.connection_id,
        base_id=schema.id,
        created_at=written(created),
        updated_at=written(created + timedelta(days=40)),
    )
    for name, files in _BRANCHES.get(reference.subject, {}).items():
        yield _record("BRANCH", name, reference.connection_id, reference.id, files=files)


def models_of_documents(
    documents: Iterable[Document], shared: Mapping[str, ModelReference]
) -> Iterator[ModelRecord]:
    """Give the workbook model of each document, and the query models of some."""
    for document in documents:
        base = shared.get(document.connection_id)
        if base is None:
            continue
        workbook = ModelRecord(
            id=workbook_model_id(document),
            kind="WORKBOOK",
            name=document.name if chance.number(3, "named", document.topic) else None,
            connection_id=document.connection_id,
            base_id=base.id,
            created_at=written(some_moment("workbook", document.topic)),
            updated_at=document.updated_at or written(some_moment("workbook", document.topic)),
            deleted_at=document.updated_at if document.deleted else None,
        )
        yield workbook
        if document.has_app:
            yield _record("QUERY", None, document.connection_id, workbook.id)


def workbook_model_id(document: Document) -> str:
    """Give the id of a document's own model; another after each publication."""
    return chance.stable_uuid("workbook model", document.topic)


def _record(
    kind: str,
    name: str | None,
    connection_id: str,
    base_id: str | None,
    *,
    deleted: bool = False,
    files: Mapping[str, str] | None = None,
) -> ModelRecord:
    topic = (kind, name or base_id or connection_id)
    created = some_moment("model created", *topic)
    return ModelRecord(
        id=chance.stable_uuid("model", *topic),
        kind=kind,
        name=name,
        connection_id=connection_id,
        base_id=base_id,
        created_at=written(created),
        updated_at=written(created + timedelta(days=12)),
        deleted_at=written(created + timedelta(days=300)) if deleted else None,
        files=files or {},
    )
