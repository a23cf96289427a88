"""The models: those that can be queried, and those around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, number, stable_uuid
from omnipd_sandbox.organization.records import Document


@dataclass(frozen=True)
class ModelReference:
    """Name a model of the sandbox, and the connection it reads from.

    `subject` is what is invented around it: its name, unless it was renamed. `topic` is its main
    topic, which has the subject's name unless that was renamed.
    """

    id: str
    name: str
    connection_id: str
    kind: str = "SHARED"
    subject: str = ""
    topic: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "subject", self.subject or self.name)
        object.__setattr__(self, "topic", self.topic or self.subject)

    def topic_now(self, name: str) -> str:
        """Give the name that a topic has today."""
        return self.topic if name == self.subject else name

    def topic_once(self, name: str) -> str:
        """Give the name that a topic had before any renaming."""
        return self.subject if name == self.topic else name


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


def models_of_documents(
    documents: Iterable[Document], shared: Mapping[str, ModelReference]
) -> Iterator[ModelRecord]:
    """Give the workbook model of each document, and the query models of some."""
    for document in documents:
        base = shared.get(document.connection_id)
        if base is None:
            continue
        created_at = written(instant("workbook", document.topic))
        workbook = ModelRecord(
            id=workbook_model_id(document),
            kind="WORKBOOK",
            name=document.name if number(3, "named", document.topic) else None,
            connection_id=document.connection_id,
            base_id=base.id,
            created_at=created_at,
            updated_at=document.updated_at or created_at,
            deleted_at=document.updated_at if document.deleted else None,
        )
        yield workbook
        if document.has_app:
            yield _query_model(workbook)


def workbook_model_id(document: Document) -> str:
    """Give the id of a document's own model; another after each publication."""
    return stable_uuid("workbook model", document.topic)


def _query_model(workbook: ModelRecord) -> ModelRecord:
    topic = ("QUERY", workbook.id)
    created = instant("model created", *topic)
    return ModelRecord(
        id=stable_uuid("model", *topic),
        kind="QUERY",
        name=None,
        connection_id=workbook.connection_id,
        base_id=workbook.id,
        created_at=written(created),
        updated_at=written(created + timedelta(days=12)),
    )
