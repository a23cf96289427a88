"""Omni's model files, read into a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.learned_views import WriteView, with_all_types
from omnipd_sandbox.engine.model.model import Model, Relationship, Topic, View, views_read
from omnipd_sandbox.engine.model.offered import with_offered_fields
from omnipd_sandbox.engine.model.read_relationships import read_relationships
from omnipd_sandbox.engine.model.read_settings import Settings, read_settings
from omnipd_sandbox.engine.model.read_topics import TopicReader
from omnipd_sandbox.engine.model.schema_layer import SchemaLayer, Table
from omnipd_sandbox.engine.model.sorted_files import SortedFiles, with_bases
from omnipd_sandbox.engine.model.views_of_files import ViewsOfFiles, known_views
from omnipd_sandbox.engine.model.yaml_parts import Parts, said


def read_model(
    files: Mapping[str, str],
    warehouse: Warehouse,
    *,
    model_id: str,
    name: str,
    connection_id: str,
    write_view: WriteView,
) -> Model:
    """Read a model from its files; what cannot be read becomes an issue, never an exception.

    Parameters
    ----------
    files
        The text of each file by its path, as ``GET /models/{id}/yaml`` names them; a ``.yaml`` or
        ``.yml`` suffix and folders are accepted.
    warehouse
        The database, which knows the tables, their columns and their types.
    write_view
        Writes the query that stands for a view.
    """
    layer = SchemaLayer(
        Table(schema, table, tuple(columns)) for schema, table, columns in warehouse.tables()
    )
    parts = Parts()
    found = SortedFiles(layer, parts)
    for path, text in sorted(files.items()):
        found.take(path, text)
    parts.path = file_names.MODEL
    settings = read_settings(found.settings, parts)
    parts.path = file_names.RELATIONSHIPS
    relationships, unread = read_relationships(found.relationships, parts)
    known = known_views(found, layer, settings, warehouse, parts)
    views = known.read_all()
    topics = _topics(found, settings, parts, known, _Shared(views, relationships))
    model = Model(
        id=model_id,
        name=name,
        kind="SHARED",
        connection_id=connection_id,
        views=views,
        relationships=relationships,
        topics=topics,
        files=dict(files),
        relationships_unread=unread,
        calendar=settings.calendar,
        default_group_by=settings.default_group_by,
        unmodeled=settings.unmodeled,
        grants=settings.grants,
    )
    model, more = with_offered_fields(model)
    model, issues = with_all_types(model, warehouse, write_view)
    return replace(model, issues=(*parts.issues, *issues, *more))


def _topics(
    found: SortedFiles,
    settings: Settings,
    parts: Parts,
    views: ViewsOfFiles,
    shared: _Shared,
) -> dict[str, Topic]:
    reader = TopicReader(parts, settings.access_filters, settings.topic_grants)
    topics = {}
    for name, body in with_bases(found.topics, file_names.TOPIC, found, parts):
        parts.path = found.paths[file_names.TOPIC, name]
        # A template is there to be extended.
        if not said(body, "template"):
            topic = reader.read(name, body, parts.path)
            topics[name] = replace(topic, views=_views_of(topic, body, parts, views, shared))
    for each in topics.values():
        parts.path = each.path
        for part in each.composed_of:
            if part not in topics or topics[part].composed_of:
                parts.issue(f'Topic "{each.name}" is made of "{part}", which is no topic of views')
    return topics


def _views_of(
    topic: Topic,
    body: dict[str, Any],
    parts: Parts,
    views: ViewsOfFiles,
    shared: _Shared,
) -> dict[str, View]:
    """Read the views of a topic; what is wrong with views of all topics is not told again."""
    said_there = said(body, "views") or {}
    if not said_there:
        return {}
    roles = {
        alias: name
        for each in (*shared.relationships, *topic.relationships)
        for alias, name in each.named
        if alias != name
    }
    known = {(each.view, each.field, each.message) for each in parts.issues}
    before = len(parts.issues)
    read = views.read_of_topic(said_there, roles, parts.path)
    new = parts.issues[before:]
    parts.issues[before:] = [
        each for each in new if (each.view, each.field, each.message) not in known
    ]
    return {**shared.that_read(read), **read}


@dataclass(frozen=True)
class _Shared:
    """Hold what all topics share."""

    views: Mapping[str, View]
    relationships: tuple[Relationship, ...]

    def that_read(self, changed: Iterable[str]) -> dict[str, View]:
        """Give the views with fields that read any of some views, which may be of other types."""
        reached, found = set(changed), dict[str, View]()
        while True:
            more = {
                name: view
                for name, view in self.views.items()
                if name not in reached and reached & _read_by(view)
            }
            if not more:
                return found
            found |= more
            reached |= more.keys()


def _read_by(view: View) -> set[str]:
    fields = (*view.dimensions.values(), *view.measures.values())
    return {name for each in fields for name in views_read(each)}
