"""What the rest of the sandbox asks of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


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

    @property
    def formats(self) -> Mapping[str, str]:
        """Give the patterns by which fields with a timeframe are also written out."""


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
    def invalid_calculations(self) -> Mapping[str, str]:
        """Tell which calculations cannot be computed, and why."""

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

    def schema_model(self, model_id: str) -> Any:
        """Give what the database of a model says by itself."""

    def plan(
        self,
        query: Mapping[str, Any],
        *,
        now: datetime,
        user_attributes: Mapping[str, Any] = ...,
        zone: str | None = ...,
        model: Any = ...,
        totals: Any = ...,
    ) -> Any:
        """Plan a query."""

    def execute(self, plan: Any) -> pa.Table:
        """Run a planned query."""
