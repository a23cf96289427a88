"""What an organization stands on: its people and content, and what runs its queries."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from omnipd_sandbox.engine.data.limits import Limits
from omnipd_sandbox.engine.protocols import QueryEngine
from omnipd_sandbox.invention.organization import invent_organization
from omnipd_sandbox.moods.behavior import RENAMED, Behavior
from omnipd_sandbox.moods.size import SIZES
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.organization import Organization

if TYPE_CHECKING:
    from omnipd_sandbox.engine.data.warehouse import Warehouse

_UNSAID = Behavior()


@dataclass(frozen=True)
class Foundation:
    """Hold what organizations may share, because it is only read."""

    organization: Organization
    engine: QueryEngine


class Brought:
    """Read an organization that somebody has written down, for one server's tenants.

    Parameters
    ----------
    folder
        Where it is.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = folder
        # Read once: it is most of an organization, and no name is of any consequence to it.
        self._data: Warehouse | None = None
        # By the names that its model and topic were given, as long as a tenant has it.
        self._read: WeakValueDictionary[tuple[str | None, str | None], Foundation] = (
            WeakValueDictionary()
        )

    def foundation(self, behavior: Behavior) -> Foundation:
        """Give it with the names that a tenant gives it.

        Raises
        ------
        ValueError
            For knobs that say how much is invented, and for anything in the folder that cannot be
            used, by name and place.
        """
        # Late: it needs the database's package.
        from omnipd_sandbox.folder.folder import bring  # noqa: PLC0415

        _check_brought(behavior)
        names = (behavior.model_name, behavior.topic_name)
        found = self._read.get(names)
        if found is None:
            organization, engine, self._data = bring(
                self._folder,
                _limits(behavior),
                model_name=behavior.model_name,
                topic_name=behavior.topic_name,
                data=self._data,
            )
            found = self._read[names] = Foundation(organization, engine)
        return found


def _check_brought(behavior: Behavior) -> None:
    """Refuse knobs that say how much is invented, beside an organization that is not."""
    for name in ("size", "documents", "folders", "seed"):
        if getattr(behavior, name) != getattr(_UNSAID, name):
            msg = f"{name} is for what is invented; this sandbox has an organization of yours"
            raise ValueError(msg)


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
