"""The models that exist whatever documents there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, stable_uuid
from omnipd_sandbox.organization.models import ModelRecord, ModelReference

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
        schema_id = stable_uuid("model", "SCHEMA", last.connection_id)
        models.append(
            _record("SHARED", f"{last.name}_2023", last.connection_id, schema_id, deleted=True)
        )
    return models


def _around(reference: ModelReference) -> Iterator[ModelRecord]:
    schema = _record("SCHEMA", None, reference.connection_id, None)
    yield schema
    created = instant("model created", reference.id)
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
    created = instant("model created", *topic)
    return ModelRecord(
        id=stable_uuid("model", *topic),
        kind=kind,
        name=name,
        connection_id=connection_id,
        base_id=base_id,
        created_at=written(created),
        updated_at=written(created + timedelta(days=12)),
        deleted_at=written(created + timedelta(days=300)) if deleted else None,
        files=files or {},
    )
