"""The views of a model, and the schemas behind them."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.models.compose import composed
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model.model import View
from omnipd_sandbox.http.reply import Reply, json_reply, without_nulls


def list_views(call: Call) -> Reply:
    """Answer with every view, hidden ones and those no topic reaches included."""
    model = composed(call)
    return json_reply({"success": True, "views": [_view(each) for each in model.views.values()]})


def _view(view: View) -> dict[str, Any]:
    optional = {"description": view.description, "hidden": view.hidden or None}
    fields = [{"name": name, "type": "dimension"} for name in view.dimensions]
    fields += [{"name": name, "type": "measure"} for name in view.measures]
    return {
        "name": view.name,
        "label": view.label,
        **without_nulls(optional),
        "fields": fields,
    }


def list_schemas(call: Call) -> Reply:
    """Answer with the database's schemas that the model's views are in."""
    model = composed(call)
    connection = call.organization.connections[model.connection_id]
    # A view that names none is in the one that DuckDB starts with.
    schemas = {view.schema or "main" for view in model.views.values()}
    return json_reply({"schemas": sorted(f"{connection.database}.{each}" for each in schemas)})
