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

    def permissions_on(self, model_id: str, user: User) -> frozenset[str]:
        """Give what a member may do with a model: what the role on the shared one behind it allows."""
        behind = self.organization.shared_behind(model_id)
        roles = [self.organization.role_of(user, each) for each in behind]
        permissions = frozenset[str]().union(
            *(PERMISSIONS[role] for role in roles or [user.model_role or "NO_ACCESS"])
        )
        if permissions and self.behavior.permissions is not None:
            permissions = self.behavior.permissions
        return permissions - {"VIEW_SQL"} if self.behavior.redact_sql else permissions

    def timestamp(self) -> str:
        """Give the time it is, as the wire has it."""
        return written(self.now())
