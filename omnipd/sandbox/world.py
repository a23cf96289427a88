"""All that one sandbox is, behind its HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from omnipd.sandbox.behaviour import Behaviour
    from omnipd.sandbox.identity import Keyring
    from omnipd.sandbox.lists import Lists
    from omnipd.sandbox.organisation.organisation import Organisation
    from omnipd.sandbox.query.jobs import Jobs
    from omnipd.sandbox.query.results import Results


class ServedModel(Protocol):
    """A model that can be queried."""

    @property
    def id(self) -> str:
        """Give its UUID."""

    @property
    def name(self) -> str:
        """Give its name."""

    @property
    def connection_id(self) -> str:
        """Give the UUID of its connection."""


class QueryPlan(Protocol):
    """A query that is ready to run."""

    @property
    def sql(self) -> str:
        """Give the SQL the database runs."""

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """Describe the columns, keyed as requested."""

    @property
    def missing_fields(self) -> list[str]:
        """List what was asked for and does not exist."""

    @property
    def query(self) -> dict[str, Any]:
        """Give the query as planned."""

    @property
    def omni_sql(self) -> str | None:
        """Give the SQL that was sent and understood."""

    @property
    def omni_sql_parse_failed(self) -> bool | None:
        """Tell whether SQL that was sent to be understood was not."""


class QueryEngine(Protocol):
    """What plans and runs queries."""

    @property
    def models(self) -> Mapping[str, ServedModel]:
        """Give the models by id."""

    def model_with(self, model_id: str, files: Mapping[str, str]) -> Any:
        """Read a model again with some of its files replaced."""

    def plan(
        self,
        query: Mapping[str, Any],
        *,
        now: datetime,
        user_attributes: Mapping[str, Any] = ...,
        model: Any = ...,
    ) -> Any:
        """Plan a query."""

    def execute(self, plan: Any) -> pa.Table:
        """Run a planned query."""


@dataclass(frozen=True)
class World:
    """Hold everything the endpoints look at."""

    organisation: Organisation
    # Of this state of the organization.
    lists: Lists
    engine: QueryEngine
    keyring: Keyring
    behaviour: Behaviour
    jobs: Jobs
    results: Results
    now: Callable[[], datetime]
    report: Callable[[BaseException], None]
