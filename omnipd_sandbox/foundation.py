"""What an organization stands on: its people and content, and what runs its queries."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path

from omnipd_sandbox.engine.data.limits import Limits
from omnipd_sandbox.engine.protocols import QueryEngine
from omnipd_sandbox.invention.organization import invent_organization
from omnipd_sandbox.moods.behavior import RENAMED, Behavior
from omnipd_sandbox.moods.size import SIZES
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.organization import Organization

_UNSAID = Behavior()


@dataclass(frozen=True)
class Foundation:
    """Hold what organizations may share, because it is only read."""

    organization: Organization
    engine: QueryEngine


def check_brought(behavior: Behavior) -> None:
    """Refuse knobs that say how much is invented, beside an organization that is not.

    Raises
    ------
    ValueError
        For the first of them.
    """
    for name in ("size", "documents", "folders", "seed"):
        if getattr(behavior, name) != getattr(_UNSAID, name):
            msg = f"{name} is for what is invented; this sandbox has an organization of yours"
            raise ValueError(msg)


def bring(folder: str | Path, behavior: Behavior) -> Foundation:
    """Read an organization that somebody has written down.

    Raises
    ------
    ValueError
        For anything in it that cannot be used, by name and place.
    """
    # Late: it needs the database's package.
    from omnipd_sandbox.folder.folder import bring as read  # noqa: PLC0415

    return Foundation(
        *read(
            folder,
            _limits(behavior),
            model_name=behavior.model_name,
            topic_name=behavior.topic_name,
        )
    )


def invented(behavior: Behavior, engine: QueryEngine | None) -> Foundation:
    """Invent an organization around the bundled models, or around those of an engine."""
    size = SIZES[behavior.size]
    queries = engine or _bundled(behavior)
    renamed = behavior.model_name or RENAMED
    models = [
        ModelReference(
            model.id,
            model.name,
            model.connection_id,
            subject=RENAMED if model.name == renamed else "",
            topic=behavior.topic_name or "" if model.name == renamed else "",
        )
        for model in queries.models.values()
    ]
    with derived.seeded(behavior.seed):
        organization = invent_organization(
            models,
            documents=size.documents if behavior.documents is None else behavior.documents,
            folders=size.folders if behavior.folders is None else behavior.folders,
            newcomers=size.newcomers,
        )
    # A copy, because whoever invents the same gets the same.
    organization = copy(organization)
    organization.formats = {
        model.name: model.formats for model in queries.models.values() if model.formats
    }
    return Foundation(organization, queries)


def _bundled(behavior: Behavior) -> QueryEngine:
    # Late, as above.
    from omnipd_sandbox.engine.renamed import engine_with  # noqa: PLC0415

    engine: QueryEngine = engine_with(
        RENAMED,
        behavior.model_name or RENAMED,
        behavior.topic_name or RENAMED,
        large=SIZES[behavior.size].large_data,
        limits=_limits(behavior),
    )
    return engine


def _limits(behavior: Behavior) -> Limits:
    return Limits(memory=behavior.memory_limit, result=behavior.result_limit)
