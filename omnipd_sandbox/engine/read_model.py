"""A model read from its files, and looked through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.model.read_yaml import read_model
from omnipd_sandbox.engine.plan.check_model import issues_of_joins, without_taken_aliases
from omnipd_sandbox.engine.sql.query_views import written_for_anybody
from omnipd_sandbox.engine.sql.write_sql import write_sql


def read_checked_model(
    files: Mapping[str, str],
    warehouse: Warehouse,
    *,
    model_id: str,
    name: str,
    connection_id: str,
) -> Model:
    """Read a model from its files, with an issue for all that is wrong with it.

    Parameters
    ----------
    files
        The text of each file by its path.
    warehouse
        The database behind the model.
    """
    model = read_model(
        files,
        warehouse,
        model_id=model_id,
        name=name,
        connection_id=connection_id,
        write_view=lambda model, seen, view: written_for_anybody(model, seen, view, write_sql),
    )
    checked = replace(model, issues=(*model.issues, *issues_of_joins(model, warehouse)))
    return without_taken_aliases(checked)
