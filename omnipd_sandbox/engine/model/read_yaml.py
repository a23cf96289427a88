"""Omni's model files, read into a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import timeframes
from omnipd_sandbox.engine.model.check_filters import issues_of_topics
from omnipd_sandbox.engine.model.extension import BadExtension, extended
from omnipd_sandbox.engine.model.grants import Grant
from omnipd_sandbox.engine.model.model import Model, Relationship, View
from omnipd_sandbox.engine.model.read_topics import read_relationships, read_topic
from omnipd_sandbox.engine.model.read_views import ViewReader
from omnipd_sandbox.engine.model.settings import speaks_of
from omnipd_sandbox.engine.model.types import with_types
from omnipd_sandbox.engine.model.yaml_parts import Parts

# A view or a topic, with the file it is read from.
_Source = tuple[str, Mapping[str, Any]]


def read_model(
    files: Mapping[str, str],
    warehouse: Warehouse,
    *,
    model_id: str,
    name: str,
    connection_id: str,
) -> Model:
    """Read a model from its files; what cannot be read becomes an issue, never an exception.

    Parameters
    ----------
    files
        The text of each file by its path, as ``GET /models/{id}/yaml`` names them; a ``.yaml``
        suffix and sub-folders are accepted.
    warehouse
        The database, which knows the columns and their types.
    """
    parts = Parts()
    settings: Mapping[str, Any] = {}
    relationships: tuple[Relationship, ...] = ()
    views: dict[str, _Source] = {}
    topics: dict[str, _Source] = {}
    documents: list[Any] = []
    for path, text in sorted(files.items()):
        parts.path = path
        stem = PurePosixPath(path).name.removesuffix(".yaml")
        document = parts.document(text)
        documents.append(document)
        if stem == "model":
            settings = parts.mapping(document)
        elif stem == "relationships":
            relationships = read_relationships(document, parts)
        elif stem.endswith(".view"):
            views[stem.removesuffix(".view")] = (path, parts.mapping(document))
        elif stem.endswith(".topic"):
            topics[stem.removesuffix(".topic")] = (path, parts.mapping(document))
        else:
            parts.issue("This file is neither a model, relationships, a view nor a topic")
    parts.path = "model"
    unmodeled = _settings(settings, parts)
    parts.known_grants = _access_grants(settings.get("access_grants"), parts)
    views = _with_bases(views, parts)
    bodies = {stem: body for stem, (_, body) in views.items()}
    offered = tuple(settings.get("default_timeframes", timeframes.DEFAULT))
    read_views = _each(views, ViewReader(parts, warehouse, bodies, offered).read, parts)
    access = settings.get("default_topic_access_filters")
    read_topics = _each(
        _with_bases(topics, parts), lambda stem, body: read_topic(stem, body, access, parts), parts
    )
    parts.path = ""
    _check_joined_views(relationships, read_views, parts)
    typed, issues = with_types(read_views, relationships, warehouse)
    issues += issues_of_topics(read_topics, typed, relationships)
    return Model(
        id=model_id,
        name=name,
        kind="SHARED",
        connection_id=connection_id,
        views=typed,
        relationships=relationships,
        topics=read_topics,
        files=dict(files),
        issues=(*parts.issues, *issues),
        unmodeled=tuple(each for each in unmodeled if speaks_of(each, documents)),
        unmodeled_at_times=unmodeled,
        grants=parts.known_grants,
    )


def _with_bases(sources: Mapping[str, _Source], parts: Parts) -> dict[str, _Source]:
    """Give each view or topic with all that it extends."""
    bodies = {stem: body for stem, (_, body) in sources.items()}
    found: dict[str, _Source] = {}
    for stem, (path, body) in sources.items():
        parts.path = path
        try:
            whole = extended(stem, bodies)
        except BadExtension as error:
            parts.issue(f'"{stem}" {error}')
            # It stays unmodeled, so that it is refused where it is needed.
            whole = dict(body)
        else:
            if "extends" in body and not {"table_name", "sql", "base_view"} & whole.keys():
                whole["table_name"] = _first_base(stem, bodies).rpartition("__")[2]
        found[stem] = (path, whole)
    return found


def _access_grants(document: Any, parts: Parts) -> dict[str, Grant]:
    grants = {}
    for name, each in parts.mapping(document).items():
        body = parts.mapping(each)
        attribute, values = body.get("user_attribute"), body.get("allowed_values")
        if not attribute or not isinstance(values, list):
            parts.issue(f'The grant "{name}" needs user_attribute and allowed_values')
            continue
        grants[str(name)] = Grant(str(attribute), frozenset(map(str, values)))
    return grants


def _each(
    sources: Mapping[str, _Source],
    read: Callable[[str, Mapping[str, Any]], Any],
    parts: Parts,
) -> dict[str, Any]:
    found = {}
    for stem, (path, body) in sources.items():
        parts.path = path
        item = read(stem, body)
        if item is not None:
            found[stem] = item
    return found


def _settings(settings: Mapping[str, Any], parts: Parts) -> tuple[str, ...]:
    """List the model's own settings that change answers and are not modeled."""
    changing = {"week_start_day": "monday", "fiscal_month_offset": "0"}
    found = tuple(
        key for key, plain in changing.items() if str(settings.get(key, plain)).lower() != plain
    )
    for key in found:
        parts.issue(f"Not modeled: {key}")
    return found


def _check_joined_views(
    relationships: Iterable[Relationship], views: Mapping[str, View], parts: Parts
) -> None:
    for each in relationships:
        for view in (each.left_view, each.right_view):
            if view not in views:
                parts.issue(f'A relationship joins "{view}", which is not a view')


def _first_base(stem: str, bodies: Mapping[str, Mapping[str, Any]]) -> str:
    """Give the view at the bottom of those that one extends, whose table they all read."""
    bases = bodies[stem].get("extends")
    if not bases:
        return stem
    return _first_base(str(bases[0] if isinstance(bases, list) else bases), bodies)
