"""Whether a model has what exported documents ask of it.

What is inside an export is Omni's own business; but its queries are query objects, wherever they
stand, and each names its fields and its topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd.client.client import Client
from omnipd.errors import AuthenticationError, NotFoundError, OmniError, warn
from omnipd.readers.topics import TOPIC_FIELDS, VIEWS

_NAMED = 10
#: What a query object has at least one of.
_PLACES = ("join_paths_from_topic_name", "table", "modelId", "model_id")
_KINDS = ("dimensions", "measures", "filters", "fields")


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
            table, _ = VIEWS.below((self.model_id,)).read_table(self._asked)
        except (AuthenticationError, NotFoundError):
            raise
        except OmniError as error:
            if self.client.is_late:
                raise
            warn(
                f"What the model has cannot be read, so the documents are imported unchecked: {error.message}"
            )
            return False
        named = zip(table["view"].to_pylist(), table["field"].to_pylist(), strict=True)
        self._views = frozenset(f"{view}.{name}" for view, name in named)
        return True

    def missing(self, export: Mapping[str, Any]) -> list[str]:
        """Return what the queries of an export ask for and the model has not, each once."""
        # What a workbook defines for itself comes with it.
        own, own_views, own_topics = _own(export.get("workbookModel"))
        lacking: dict[str, None] = {}
        for query in _queries_in(export):
            topic = query.get("join_paths_from_topic_name")
            known: frozenset[str] | None = self._views
            if isinstance(topic, str) and topic:
                known = self._of_topic(topic)
                if known is None and topic not in own_topics:
                    lacking[f"topic {topic}"] = None
                    known = self._views
            if known is None:  # what there is cannot be known
                continue
            for name in _fields_of(query):
                view = name.partition(".")[0]
                if name not in known and name not in own and view not in own_views:
                    lacking[name] = None
        return list(lacking)

    def _of_topic(self, topic: str) -> frozenset[str] | None:
        """Return the fields of a topic, or all that there may be; None where there is no such topic."""
        if topic not in self._topics:
            found: frozenset[str] | None
            try:
                place = TOPIC_FIELDS.below((self.model_id, topic))
                table, _ = place.read_table(self._asked)
                found = frozenset(table["fully_qualified_name"].to_pylist())
            except NotFoundError:
                found = None
            except AuthenticationError:
                raise
            except OmniError:
                found = _Anything()
            self._topics[topic] = found
        return self._topics[topic]

    @property
    def _asked(self) -> dict[str, Any]:
        """Ask Omni itself: who imports has perhaps just made what was lacking."""
        return {"client": self.client, "refresh": True}


class _Anything(frozenset[str]):
    """The fields of a topic that cannot be read: any may be one."""

    def __contains__(self, _: object) -> bool:
        return True


def told(missing: list[str]) -> str | None:
    """Say in one line what a model lacks; None when it lacks nothing."""
    if not missing:
        return None
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return f"The model lacks {', '.join(missing[:_NAMED])}{more}."


def _queries_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every query object inside a JSON value, however deep.

    What a chart shows is a list of fields, too, but names no place to ask for them.
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            fields = one.get("fields")
            named = isinstance(fields, list) and all(isinstance(name, str) for name in fields)
            if named and any(one.get(key) for key in _PLACES):
                yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _own(workbook: Any) -> tuple[set[str], set[str], set[str]]:
    """Return the fields, views and topics that a workbook's model defines.

    Of a view in which no field is found any field may be: how Omni writes it is its own business.
    """
    held = workbook if isinstance(workbook, Mapping) else {}
    fields: set[str] = set()
    views: set[str] = set()
    for view, one in _named(held.get("views")):
        kinds = [one[kind] for kind in _KINDS if one.get(kind)]
        fields |= {f"{view}.{name}" for kind in kinds for name, _ in _named(kind)}
        if not kinds:
            views.add(view)
    return fields, views, {name for name, _ in _named(held.get("topics"))}


def _named(held: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield things with their names, from an object by name or from a list of objects that have one."""
    if isinstance(held, Mapping):
        for name, one in held.items():
            yield str(name), one if isinstance(one, Mapping) else {}
    elif isinstance(held, list):
        for one in held:
            if isinstance(one, Mapping):
                name = one.get("field_name") or one.get("name")
                yield str(name), one
            elif isinstance(one, str):
                yield one, {}


def _fields_of(query: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that a query selects and filters, without timeframes; calculations have no view."""
    filters = query.get("filters")
    for name in (*query["fields"], *(filters if isinstance(filters, Mapping) else ())):
        plain = name.partition("[")[0]
        if plain.count(".") == 1 and not plain.endswith(".*"):
            yield plain
