"""The list of models, and models found by their names: a name stands wherever an id does.

A name is that of one shared model, the kind that people work on; others, such as branches and
workbooks' models, often have one name or none, and go by their ids. A UUID is an id, and is never
looked up.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from omnipd.arguments import IDS_OF_MODELS, check_id, function
from omnipd.call import current_call
from omnipd.client.client import Client
from omnipd.errors import ArgumentError, NotFoundError, OmniError
from omnipd.frames.columns import instant, text
from omnipd.frames.labels import joined
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.params import SORT_DIRECTION, Param, choices

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: What read_models(model_kind="SHARED") asks for, so that one stored list answers both.
_SHARED = {
    "model_kind": "SHARED",
    "include": "active_branches",
    "sort": "created_at",
    "direction": "asc",
}
#: So long a client goes by what it was told, as with the lists that are kept on disk.
_HELD_SECONDS = 600.0
_MOST_NAMED = 20

#: The ids of the shared models of a name.
_Ids = Mapping[str, tuple[str, ...]]


class UnknownModelName(ArgumentError, KeyError):
    """A name that no shared model has, or several have; also a KeyError, as of any mapping."""

    __str__ = OmniError.__str__


class ModelNames(Mapping[str, str]):
    """Model name → model id, of the names that just one shared model has.

    Nothing is asked before it is looked into.

    Parameters
    ----------
    client : Client
        Who asks.
    known : callable, optional
        Returns the names without asking, where that can be done. One that is not among them is asked for.
    """

    def __init__(
        self, client: Client, known: Callable[[], Mapping[str, str]] | None = None
    ) -> None:
        self._client = client
        self._known = known

    def __getitem__(self, name: str) -> str:
        names = self._names()
        return names[name] if name in names else self._asked_for(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __repr__(self) -> str:
        if self._known is None and self._client not in _HELD:
            return f"<names of models of {self._client.base_url}, not read yet>"
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def _names(self) -> Mapping[str, str]:
        if self._known is not None:
            return self._known()
        ids = _ids_by_name(self._client)
        return {name: found[0] for name, found in ids.items() if len(found) == 1}

    def _asked_for(self, name: str) -> str:
        """Return the id of a model that is newer than what is known, or say why there is none."""
        try:
            check_id("model", name, IDS_OF_MODELS)
        except ArgumentError as error:
            raise UnknownModelName(error.message, hint=error.hint) from None
        ids = _ids_by_name(self._client, refresh=True)
        found = ids.get(name, ())
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownModelName(
                f"{len(found)} shared models are named {name!r:.60}.",
                hint=f"Pass the id of one: {', '.join(found)}.",
            )
        alike = [one for one in ids if one.casefold() == name.casefold()]
        near = alike or difflib.get_close_matches(name, ids, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        names = [*map(repr, list(ids)[:_MOST_NAMED]), *(["…"] if len(ids) > _MOST_NAMED else [])]
        raise UnknownModelName(
            f"There is no shared model named {name!r:.60}.",
            hint=(
                f"{guess}This key sees {', '.join(names) or 'none'}. A model of another kind is named by its id, which "
                + function("read_models")
                + " has."
            ),
        )


def model_id(given: str, client: Client) -> str:
    """Return the id of a model that is named by its id or by its name.

    Nothing is asked for a UUID. Of other texts the list of shared models tells: it is read once,
    through the cache, and again for a name that is not in it. Where the ids of an Omni are no UUIDs,
    what is not a name may be one, and is left for Omni to judge; so it is where there is no such list.

    Raises
    ------
    ArgumentError
        If it can be neither, with near matches.
    """
    check_id("model", given, IDS_OF_MODELS)
    if _ID.fullmatch(given):
        return given
    try:
        names = client.models
        other_ids = not all(map(_ID.fullmatch, names.values()))
        return given if other_ids and given not in names else names[given]
    except ArgumentError:
        raise
    except NotFoundError:  # a server without this list
        return given
    except OmniError as error:
        error.partial = None
        error.add_note(f"The models were asked for to find the one that is named {given!r:.60}.")
        raise


MODELS = Endpoint(
    "/api/v1/models",
    key=("model_id",),
    params={
        "model": Param("modelId", "id", lookup=model_id),
        "name": Param("name"),
        "model_kind": Param(
            "modelKind",
            "choice",
            choices(
                "SCHEMA",
                "SHARED",
                "SHARED_EXTENSION",
                "BRANCH",
                "WORKBOOK",
                "QUERY",
                # In the documentation, and not in the specification (docs/wire.md).
                "TOPIC",
                "FIELD_PICKER_TOPIC",
            ),
        ),
        "base_model_id": Param("baseModelId", "id", lookup=model_id),
        "connection_id": Param("connectionId", "id"),
        "include": Param("include", "list", choices(active_branches="activeBranches")),
        "include_deleted": Param("includeDeleted", "flag"),
        "sort": Param(
            "sortField",
            "choice",
            choices(
                "name",
                model_kind="modelKind",
                connection_id="connectionId",
                base_model_id="baseModelId",
                created_at="createdAt",
                updated_at="updatedAt",
            ),
        ),
        "direction": SORT_DIRECTION,
    },
    columns={
        "model_id": text("id", doc="Model id"),
        "name": text("name", doc="Name; null for most workbook and query models"),
        "model_kind": text("modelKind", doc="SHARED, SCHEMA, BRANCH, WORKBOOK, QUERY and others"),
        "connection_id": text("connectionId", doc="Connection the model queries"),
        "base_model_id": text("baseModelId", doc="Model it builds on"),
        "created_at": instant("createdAt", doc="When it was made"),
        "updated_at": instant("updatedAt", doc="Last change"),
        "deleted_at": instant("deletedAt", doc="When it was deleted; null for one that is there"),
        "branch_ids": joined("branches", "id", doc="Ids of the active branches, comma-joined"),
        "branch_names": joined(
            "branches", "name", doc="Names of the active branches, comma-joined"
        ),
    },
)


@dataclass(frozen=True)
class _Held:
    """What a client was told of names, and when; ``changed_at`` is the last change known then."""

    ids: _Ids
    at: float
    changed_at: datetime


_HELD: WeakKeyDictionary[Client, _Held] = WeakKeyDictionary()


def _ids_by_name(client: Client, *, refresh: bool = False) -> _Ids:
    """Return the ids of the shared models by their names, held for the client for a while."""
    held, now, changed_at = _HELD.get(client), client.clock.monotonic(), client.changed_at()
    good = held is not None and held.changed_at == changed_at and now - held.at < _HELD_SECONDS
    if held is not None and good and not refresh:
        return held.ids
    table, _ = MODELS.read_table({**_SHARED, "client": client, "refresh": refresh})
    ids: dict[str, tuple[str, ...]] = {}
    for row in table.select(["model_id", "name", "deleted_at"]).to_pylist():
        if row["name"] is not None and row["deleted_at"] is None:
            ids[row["name"]] = (*ids.get(row["name"], ()), row["model_id"])
    if not current_call().asks_ahead:
        _HELD[client] = _Held(ids, now, changed_at)
    return ids
