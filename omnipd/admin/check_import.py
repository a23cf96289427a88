"""Whether a model has what exported documents ask of it.

What is inside an export is Omni's own business; but its queries are query objects, wherever they
stand, and each names its fields and its topic.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd.client.client import Client
from omnipd.errors import AuthenticationError, NotFoundError, OmniError, notice
from omnipd.readers.topics import TOPIC_FIELDS, VIEWS

_NAMED = 10


@dataclass
class ModelFields:
    """The fields of one model, read once, and those of its topics where they are needed.

    Parameters
    ----------
    model_id : str
        The shared model.
    client : Client
        Who asks.
    """

    model_id: str
    client: Client
    _views: frozenset[str] | None = None
    _topics: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def read(self) -> bool:
        """Read what the views of the model have; tell whether this key may.

        Raises
        ------
        NotFoundError
            If there is no such model.
        """
        try:
            table, _ = VIEWS.below((self.model_id,)).read_table({"client": self.client})
        except (AuthenticationError, NotFoundError):
            raise
        except OmniError as error:
            notice(
                f"What the model has cannot be read, so the documents are imported unchecked: {error.message}"
            )
            return False
        named = zip(table["view"].to_pylist(), table["field"].to_pylist(), strict=True)
        self._views = frozenset(f"{view}.{name}" for view, name in named)
        return True

    def missing(self, export: Mapping[str, Any]) -> list[str]:
        """Return what the queries of an export ask for and the model has not, each once."""
        # What a workbook defines for itself comes with it.
        own = json.dumps(export.get("workbookModel"))
        lacking: dict[str, None] = {}
        for query in _queries_in(export):
            topic = query.get("join_paths_from_topic_name")
            for name in _fields_of(query):
                bare = name.rpartition(".")[2]
                if name in (self._views or ()) or f'"{bare}"' in own or f'"{name}"' in own:
                    continue
                # A view that a topic joins in a role of its own is in no list of views.
                if isinstance(topic, str) and topic and name in (self._of_topic(topic) or ()):
                    continue
                lacking[name] = None
            if isinstance(topic, str) and topic and self._of_topic(topic) is None:
                lacking[f"topic {topic}"] = None
        return list(lacking)

    def _of_topic(self, topic: str) -> frozenset[str] | None:
        """Return the fields of a topic; None when the model has no such topic."""
        if topic not in self._topics:
            found: frozenset[str] | None
            try:
                table, _ = TOPIC_FIELDS.below((self.model_id, topic)).read_table(
                    {"client": self.client}
                )
                found = frozenset(table["fully_qualified_name"].to_pylist())
            except NotFoundError:
                found = None
            except AuthenticationError:
                raise
            except OmniError:
                found = frozenset()
            self._topics[topic] = found
        return self._topics[topic]


def told(missing: list[str]) -> str | None:
    """Say in one line what a model lacks; None when it lacks nothing."""
    if not missing:
        return None
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return f"The model lacks {', '.join(missing[:_NAMED])}{more}."


def _queries_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every query object inside a JSON value, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            fields = one.get("fields")
            if isinstance(fields, list) and all(isinstance(name, str) for name in fields):
                yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _fields_of(query: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that a query selects and filters, without grains; calculations have no view."""
    filters = query.get("filters")
    for name in (*query["fields"], *(filters if isinstance(filters, Mapping) else ())):
        plain = name.partition("[")[0]
        if plain.count(".") == 1 and not plain.endswith(".*"):
            yield plain
