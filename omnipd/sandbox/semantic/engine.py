"""The semantic engine: a query object in, SQL and rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from omnipd.sandbox.semantic.bundled import bundled_models
from omnipd.sandbox.semantic.draft import draft
from omnipd.sandbox.semantic.metadata import describe
from omnipd.sandbox.semantic.model import Model
from omnipd.sandbox.semantic.model_yaml import read_model
from omnipd.sandbox.semantic.plan import Plan
from omnipd.sandbox.semantic.refusal import BadFilter, Refused
from omnipd.sandbox.semantic.request import Request
from omnipd.sandbox.semantic.sql_job import is_sql_job, plan_sql_job
from omnipd.sandbox.semantic.warehouse import Warehouse
from omnipd.sandbox.semantic.write_sql import write_sql

__all__ = ["BadFilter", "Engine", "Model", "Plan", "Refused"]

_NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})


class Engine:
    """Plan and run queries on models.

    Parameters
    ----------
    served
        The models and the database behind each; the bundled ones unless given.

    Attributes
    ----------
    models : dict of str to Model
        The models by id.
    """

    def __init__(self, served: Iterable[tuple[Model, Warehouse]] | None = None) -> None:
        pairs = list(bundled_models() if served is None else served)
        self.models: dict[str, Model] = {model.id: model for model, _ in pairs}
        self._databases = {model.id: database for model, database in pairs}
        self._branched: dict[tuple[str, tuple[tuple[str, str], ...]], Model] = {}

    def model_with(self, model_id: str, files: Mapping[str, str]) -> Model:
        """Read a model again with some of its files replaced, as a branch does."""
        key = (model_id, tuple(sorted(files.items())))
        if key not in self._branched:
            model = self.models[model_id]
            self._branched[key] = read_model(
                {**model.files, **files},
                self._databases[model_id],
                model_id=model.id,
                name=model.name,
                connection_id=model.connection_id,
            )
        return self._branched[key]

    def plan(
        self,
        query: Mapping[str, Any],
        *,
        now: datetime,
        user_attributes: Mapping[str, Any] = _NO_ATTRIBUTES,  # noqa: ARG002 - no bundled model restricts rows by user
    ) -> Plan:
        """Plan a query.

        Parameters
        ----------
        query
            The query object of the wire.
        now
            The moment that relative dates refer to; UTC when it has no zone.
        user_attributes
            The attributes of the acting user.

        Raises
        ------
        KeyError
            For a model that does not exist.
        BadFilter
            For a filter that is a bare value.
        Refused
            For a query that cannot be planned.
        """
        model = self.models[query["modelId"]]
        moment = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
        try:
            if is_sql_job(query):
                return plan_sql_job(model, self._databases[model.id], query, moment)
            request = Request.read(query)
            drafted = draft(model, request, moment)
            # Nothing is left to select when every field is missing.
            sql = write_sql(drafted).sql("duckdb", pretty=True) if drafted.selected else ""
        except RecursionError as error:
            raise Refused("PLAN", "The query is nested too deeply") from error
        return Plan(
            sql=sql,
            fields={each.name: describe(each) for each in drafted.selected},
            missing_fields=drafted.missing,
            limit=request.limit,
            query=request.echo,
        )

    def execute(self, plan: Plan) -> pa.Table:
        """Run a planned query; safe to call from several threads.

        Raises
        ------
        Refused
            When the database fails.
        """
        if not plan.sql:
            return pa.table({})
        return self._databases[plan.query["modelId"]].run(plan.sql, plan.row_cap)
