"""The models: those that can be queried, and those around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import stable_uuid
from omnipd_sandbox.organization.records import Document


@dataclass(frozen=True)
class ModelReference:
    """Name a model of the sandbox, and the connection it reads from.

    `subject` is what is invented around it, or its folder: its name, unless it was renamed. `topic`
    is its main topic, which has the subject's name unless that was renamed.
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


@dataclass(frozen=True)
class OwnModel:
    """What is known of a model that a document has of its own; what is not known is null."""

    name: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True)
class OwnModels:
    """The models of a document: its workbook's, and a query model if it has one."""

    workbook: OwnModel = OwnModel()
    query: OwnModel | None = None


def models_of_documents(
    documents: Iterable[Document],
    shared: Mapping[str, ModelReference],
    own_models: Mapping[str, OwnModels],
) -> Iterator[ModelRecord]:
    """Give the workbook model of each document, and the query models of some."""
    for document in documents:
        if document.model_id not in shared:
            continue
        own = own_models.get(document.topic, OwnModels())
        # A document that a call has made is as old as its last change, all others as what is undated.
        made = document.updated_at if document.imported else None
        created_at = own.workbook.created_at or made or written(EPOCH)
        workbook = ModelRecord(
            id=workbook_model_id(document),
            kind="WORKBOOK",
            name=own.workbook.name,
            connection_id=document.connection_id,
            base_id=document.model_id,
            created_at=created_at,
            updated_at=own.workbook.updated_at or document.updated_at or created_at,
            deleted_at=document.updated_at if document.deleted else None,
        )
        yield workbook
        if own.query is not None:
            yield _query_model(workbook, own.query)


def workbook_model_id(document: Document) -> str:
    """Give the id of a document's own model; another after each publication."""
    return stable_uuid("workbook model", document.topic)


def _query_model(workbook: ModelRecord, own: OwnModel) -> ModelRecord:
    created_at = own.created_at or written(EPOCH)
    return ModelRecord(
        id=stable_uuid("model", "QUERY", workbook.id),
        kind="QUERY",
        name=own.name,
        connection_id=workbook.connection_id,
        base_id=workbook.id,
        created_at=created_at,
        updated_at=own.updated_at or created_at,
    )
