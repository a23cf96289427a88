"""All that one sandbox is, behind its HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from omnipd_sandbox.calls.identity import Keyring
from omnipd_sandbox.calls.jobs import Jobs
from omnipd_sandbox.calls.kept import Kept
from omnipd_sandbox.engine.protocols import QueryEngine
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import User
from omnipd_sandbox.organization.roles import PERMISSIONS

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class World:
    """Hold everything the endpoints look at."""

    organization: Organization
    # Sorted lists, so that reading one to its end sorts it once; of this state of the organization.
    lists: Kept[list[Any]]
    engine: QueryEngine
    keyring: Keyring
    behavior: Behavior
    jobs: Jobs
    results: Kept[pa.Table]
    now: Callable[[], datetime]
    report: Callable[[BaseException], None]

    def permissions_on(self, connection_id: str | None, user: User) -> frozenset[str]:
        """Give what a member may do with the models on a connection."""
        model = self.organization.shared_models.get(connection_id or "")
        role = self.organization.role_of(user, model) if model else user.model_role
        permissions = PERMISSIONS[role or "NO_ACCESS"]
        if permissions and self.behavior.permissions is not None:
            permissions = self.behavior.permissions
        return permissions - {"VIEW_SQL"} if self.behavior.redact_sql else permissions

    def timestamp(self) -> str:
        """Give the time it is, as the wire has it."""
        return written(self.now())
