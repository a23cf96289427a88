"""The model of another Omni that a document is to be built on: of the same name, with the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omnipd.admin.check_import import ModelFields, told
from omnipd.arguments import argument
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.message import join
from omnipd.readers.model_list import model_id
from omnipd.readers.models import read_models

_IDS = {"modelId", "model_id", "baseModelId", "base_model_id"}


class TargetModels:
    """The models of the target, by those of the source.

    Parameters
    ----------
    source, target : Client
    model : str, optional
        The one for all documents, by its name or id.
    """

    def __init__(self, source: Client, target: Client, model: str | None) -> None:
        self._source, self._target, self._model = source, target, model
        self._names: Mapping[str, str] | None = None
        self._fields: dict[str, ModelFields | None] = {}

    def of(self, export: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
        """Return the id and the name of an export's model in the target, and why it cannot be built there."""
        name, why = (self._model, None) if self._model is not None else self._name(export)
        if name is None:
            return None, None, why
        try:
            found = model_id(name, self._target)
        except ArgumentError as error:
            return None, name, str(error.message)
        if found not in self._fields:
            fields = ModelFields(found, self._target)
            self._fields[found] = fields if fields.read() else None
        checked = self._fields[found]
        return found, name, None if checked is None else told(checked.missing(export))

    def _name(self, export: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Return the name of the shared model that an export is of, or why it is not known."""
        if self._names is None:
            shared = read_models(model_kind="SHARED", client=self._source)
            self._names = dict(zip(shared["model_id"], shared["name"], strict=True))
        named = {self._names[one] for one in _ids_in(export) if one in self._names}
        if len(named) == 1:
            return named.pop(), None
        what = f"It asks {join(sorted(named), ' and ')}" if named else "It names no shared model"
        return None, f"{what}: say which is meant by " + argument("model") + "."


def _ids_in(value: Any) -> Iterator[str]:
    """Yield the ids of models that a JSON value names, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield from (one[key] for key in _IDS if isinstance(one.get(key), str))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
