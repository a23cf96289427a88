"""The semantic engine: a query object in, SQL and rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from sqlglot import exp

from omnipd_sandbox.engine.bundled import bundled_models
from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.circumstances import Circumstances, OtherQueries
from omnipd_sandbox.engine.model.file_names import what_it_holds
from omnipd_sandbox.engine.model.formats import with_formats
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.drafting import draft
from omnipd_sandbox.engine.plan.metadata import describe_all
from omnipd_sandbox.engine.plan.plan import Plan
from omnipd_sandbox.engine.plan.request import Request
from omnipd_sandbox.engine.plan.result_columns import result_columns
from omnipd_sandbox.engine.read_model import read_checked_model
from omnipd_sandbox.engine.sql.calculated import run_calculations, with_calculations
from omnipd_sandbox.engine.sql.sql_job import is_sql_job, plan_sql_job
from omnipd_sandbox.engine.sql.totals import TotalsPlace, narrow_columns
from omnipd_sandbox.engine.sql.write_sql import write_sql
from omnipd_sandbox.refused_query import BadFilter, Refused

__all__ = ["BadFilter", "Engine", "Model", "Plan", "Refused"]

# How many versions of branches are kept, over all models: reading one again takes a moment.
_BRANCHES_KEPT = 32


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
        self._branch = lru_cache(maxsize=_BRANCHES_KEPT)(self._read_branch)

    def model_with(self, model_id: str, files: Mapping[str, str]) -> Model:
        """Read a model again with some of its files replaced, as a branch does."""
        return self._branch(model_id, tuple(sorted(files.items())))

    def _read_branch(self, model_id: str, files: tuple[tuple[str, str], ...]) -> Model:
        model = self.models[model_id]
        return with_formats(self._read(model, {**model.files, **dict(files)}), model.formats)

    def _read(self, model: Model, files: Mapping[str, str]) -> Model:
        """Read a model from other files than its own."""
        return read_checked_model(
            files,
            self._databases[model.id],
            model_id=model.id,
            name=model.name,
            connection_id=model.connection_id,
        )

    def schema_model(self, model_id: str) -> Model:
        """Give what the database of a model says by itself: its tables and their columns."""
        model = self.models[model_id]
        # Which tables there are, and the timeframes of their times, is for the model file to say.
        settings = {
            path: text
            for path, text in model.files.items()
            if what_it_holds(path) == (file_names.MODEL, file_names.MODEL)
        }
        schema = self._read(model, settings)
        views = {name: replace(view, measures={}) for name, view in schema.views.items()}
        return replace(schema, views=views, files={})

    def plan(
        self,
        query: Mapping[str, Any],
        *,
        now: datetime,
        user_attributes: Mapping[str, Any] = MappingProxyType({}),
        zone: str | None = None,
        model: Model | None = None,
        totals: TotalsPlace = "behind_group",
    ) -> Plan:
        """Plan a query.

        Parameters
        ----------
        query
            The query object of the wire.
        now
            The instant that relative dates refer to; UTC when it has no zone.
        user_attributes
            The attributes of the acting user.
        zone
            The IANA name of the time zone in which to compute; UTC unless given.
        model
            The model to plan on, such as a branch; the one that the query names unless given.
        totals
            Where rows of totals stand: each directly behind its group, or all of them last.

        Raises
        ------
        KeyError
            For a model that does not exist.
        BadFilter
            For a filter that is a bare value.
        Refused
            For a query that cannot be planned.
        """
        instant = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
        model = model or self.models[query["modelId"]]
        around = Circumstances(instant, user_attributes, calendar=model.calendar, zone=zone)
        try:
            return self._plan(query, model, around, totals)
        except RecursionError as error:
            raise Refused("PLAN", "The query is nested too deeply") from error

    def _plan(
        self,
        query: Mapping[str, Any],
        model: Model,
        around: Circumstances,
        totals: TotalsPlace,
    ) -> Plan:
        if is_sql_job(query):
            return plan_sql_job(model, self._databases[model.id], query, around)
        drafted = _drafted(query, model, around)
        # Nothing is left to select when every field is missing.
        rows = write_sql(drafted, totals) if drafted.selected else None
        plan = Plan(
            sql=written(rows, pretty=True) if rows is not None else "",
            fields=describe_all(drafted),
            missing_fields=drafted.missing,
            limit=drafted.request.limit,
            query=drafted.request.echo,
            shared_model_id=model.id,
            narrow=tuple(narrow_columns(drafted)),
        )
        if rows is None or not drafted.request.calculations:
            return plan
        return with_calculations(plan, drafted, rows, self._databases[model.id])

    def execute(self, plan: Plan) -> pa.Table:
        """Run a planned query; safe to call from several threads.

        Raises
        ------
        Refused
            When the database fails.
        """
        if not plan.sql:
            return pa.table({})
        database = self._databases[plan.shared_model_id]
        if plan.calculations is not None:
            return run_calculations(plan.calculations, plan.sql, database)
        table = database.run(plan.sql, plan.row_cap)
        for name in plan.narrow:
            place = table.column_names.index(name)
            table = table.set_column(place, name, table.column(place).cast(pa.int32()))
        return table


def _drafted(query: Mapping[str, Any], model: Model, around: Circumstances) -> Draft:
    request = Request.read(query)

    def write_other(other: Mapping[str, Any]) -> tuple[exp.Query, list[str]]:
        drafted = _drafted(other, model, around)
        columns = result_columns(drafted)
        beyond = drafted.totals or drafted.pivots or drafted.request.calculations
        if drafted.missing or beyond or drafted.transposed != []:
            raise Refused(
                "PLAN",
                "A query that a filter refers to misses fields, or has totals, pivots or measures as"
                " rows, or calculations",
            )
        return write_sql(drafted), [each.name for each in columns]

    queries = OtherQueries(request.static_queries, {model.id, query["modelId"]}, write_other)
    return draft(model, request, replace(around, queries=queries))
