"""A database of a few rows, models over it, and SQL by hand over the same rows."""

from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.read_model import read_checked_model

# What comes with totals beside their mark.
_BESIDE = {"$omni_group_grouping", "$omni_total_sort"}
MODEL_ID = "00000000-0000-4000-8000-000000000001"


class SmallDatabase:
    """Some tables and rows, as SQL."""

    def __init__(self, tables: str, rows: str) -> None:
        self._sql = (tables, rows)
        self.warehouse = Warehouse(Dataset(tables, lambda connection: connection.execute(rows)))

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute("SET TimeZone='UTC'")
        for each in self._sql:
            connection.execute(each)
        return connection

    def read(self, files: dict[str, str]) -> Model:
        """Read a model over these tables."""
        return read_checked_model(
            files, self.warehouse, model_id=MODEL_ID, name="Small", connection_id=MODEL_ID
        )

    def table(self, model: Model, query: dict[str, Any]) -> pa.Table:
        """Run a query; it must miss nothing, and answer alike twice."""
        engine = Engine([(model, self.warehouse)])
        plan = engine.plan({"modelId": MODEL_ID, **query}, now=NOW)
        assert plan.missing_fields == []
        answer = engine.execute(plan)
        assert answer.equals(engine.execute(plan))
        return answer

    def rows(self, model: Model, query: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Give the rows of a query; of what comes with totals, their mark alone."""
        table = self.table(model, query)
        beside = [
            name for name in table.column_names if name in _BESIDE or name.startswith("ssort_")
        ]
        return [tuple(row.values()) for row in table.drop_columns(beside).to_pylist()]

    def by_hand(self, sql: str) -> list[tuple[Any, ...]]:
        """Give the rows of SQL, as Arrow has them."""
        table = self._connection.sql(sql).to_arrow_table()
        return [tuple(row.values()) for row in table.to_pylist()]
