"""What an organization stands on: its people and content, and what runs its queries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omnipd.sandbox.behaviour import RENAMED, Behaviour
from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.holdings import Holdings
from omnipd.sandbox.organisation.invention import invent
from omnipd.sandbox.organisation.queries import ModelReference
from omnipd.sandbox.size import SIZES
from omnipd.sandbox.world import QueryEngine


@dataclass(frozen=True)
class Foundation:
    """Hold what organizations may share, because it is only read."""

    holdings: Holdings
    engine: QueryEngine


def bring(folder: str | Path) -> Foundation:
    """Read an organization that somebody has written down.

    Raises
    ------
    ValueError
        For anything in it that cannot be used, by name and place.
    """
    # Late: it needs the database's package.
    from omnipd.sandbox.written.folder import bring as read  # noqa: PLC0415

    brought = read(folder)
    return Foundation(brought.holdings, brought.engine)


def invented(behaviour: Behaviour, engine: QueryEngine | None) -> Foundation:
    """Invent an organization around the bundled models, or around those of an engine."""
    size = SIZES[behaviour.size]
    queries = engine or _bundled(behaviour)
    renamed = behaviour.model_name or RENAMED
    models = [
        ModelReference(
            model.id,
            model.name,
            model.connection_id,
            subject=RENAMED if model.name == renamed else "",
            topic=behaviour.topic_name or "" if model.name == renamed else "",
        )
        for model in queries.models.values()
    ]
    with chance.seeded(behaviour.seed):
        holdings = invent(
            models,
            documents=size.documents if behaviour.documents is None else behaviour.documents,
            folders=size.folders if behaviour.folders is None else behaviour.folders,
            newcomers=size.newcomers,
        )
    return Foundation(holdings, queries)


def _bundled(behaviour: Behaviour) -> QueryEngine:
    # Late, as above.
    from omnipd.sandbox.semantic.renamed import engine_with  # noqa: PLC0415

    engine: QueryEngine = engine_with(
        RENAMED,
        behaviour.model_name or RENAMED,
        behaviour.topic_name or RENAMED,
        large=SIZES[behaviour.size].large_data,
    )
    return engine
