"""The models of a query by their ids, which is how they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from omnipd.client.client import Client
from omnipd.queries.language.request import QueryRequest
from omnipd.readers.model_list import model_id


def with_model_ids(request: QueryRequest, client: Client) -> QueryRequest:
    """Return a request with ids in place of names of models.

    Where there is a name, the models are read, through the cache; nothing else is sent.

    Raises
    ------
    ArgumentError
        If no shared model has a name, or several have it.
    """
    query = _with_ids(request.body["query"], "modelId", client)
    return replace(request, body=request.body | {"query": query})


def _with_ids(query: Mapping[str, Any], key: str, client: Client) -> dict[str, Any]:
    known = {**query, key: model_id(query[key], client)}
    if inner := query.get("staticQueryReferences"):
        known["staticQueryReferences"] = {
            name: _with_ids(one, "model_id", client) for name, one in inner.items()
        }
    return known
