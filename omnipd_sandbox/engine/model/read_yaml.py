"""Omni's model files, read into a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.extension import BadExtension, Extension
from omnipd_sandbox.engine.model.file_names import folder_of, plain_path, what_it_holds
from omnipd_sandbox.engine.model.keys import NotModeled
from omnipd_sandbox.engine.model.model import Model, Topic, View
from omnipd_sandbox.engine.model.offered import with_offered_fields
from omnipd_sandbox.engine.model.read_relationships import read_relationships
from omnipd_sandbox.engine.model.read_settings import Settings, read_settings
from omnipd_sandbox.engine.model.read_topics import TopicReader, checked_topic
from omnipd_sandbox.engine.model.read_views import ViewReader, checked_view
from omnipd_sandbox.engine.model.schema_layer import SchemaLayer, Table
from omnipd_sandbox.engine.model.types import with_types
from omnipd_sandbox.engine.model.yaml_parts import Parts, said


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
        The text of each file by its path, as ``GET /models/{id}/yaml`` names them; a ``.yaml`` or
        ``.yml`` suffix and folders are accepted.
    warehouse
        The database, which knows the tables, their columns and their types.
    """
    layer = SchemaLayer(
        Table(schema, table, tuple(columns)) for schema, table, columns in warehouse.tables()
    )
    parts = Parts()
    found = _Files(layer, parts)
    for path, text in sorted(files.items()):
        found.take(path, text)
    parts.path = file_names.MODEL
    settings = read_settings(found.settings, parts)
    parts.path = file_names.RELATIONSHIPS
    relationships, unread = read_relationships(found.relationships, parts)
    views = _views(found, layer, settings, warehouse, parts)
    topics = _topics(found, settings, parts)
    typed, issues = with_types(views, relationships, warehouse, settings.calendar)
    model = Model(
        id=model_id,
        name=name,
        kind="SHARED",
        connection_id=connection_id,
        views=typed,
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
    paths = {view.name: view.path for view in typed.values()}
    placed = [replace(each, yaml_path=paths.get(each.view or "")) for each in issues]
    return replace(model, issues=(*parts.issues, *placed, *more))


@dataclass
class _Files:
    """Sort files by what they hold; each view and topic has one, and is read by its keys."""

    layer: SchemaLayer
    parts: Parts
    settings: Any = None
    relationships: Any = None
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)
    # By what it holds and its name.
    paths: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, path: str, text: str) -> None:
        self.parts.path = plain_path(path)
        holds = what_it_holds(path)
        if holds is None:
            self.parts.issue(
                "This file is neither model, relationships, *.view nor *.topic, and is not read"
            )
            return
        document = self.parts.document(text)
        kind, name = holds
        if kind == file_names.VIEW:
            name = self._view_name(path, name)
        place = (file_names.TOPIC if kind == file_names.COMPOSITE_TOPIC else kind, name)
        if place in self.paths:
            self.parts.issue(f"{self.paths[place]} holds the {kind} {name}, too")
            document = NotModeled("two files of one name")
        self.paths.setdefault(place, self.parts.path)
        match kind:
            case file_names.MODEL:
                self.settings = document
            case file_names.RELATIONSHIPS:
                self.relationships = document
            case file_names.VIEW:
                self.views[name] = checked_view(document, name, self.parts)
            case file_names.TOPIC | file_names.COMPOSITE_TOPIC:
                self.topics[name] = checked_topic(document, self.parts)

    def _view_name(self, path: str, stem: str) -> str:
        """Name a view: one in the folder of a schema is named after both (docs/wire.md)."""
        folder = folder_of(path)
        if not self.layer.is_schema(folder):
            return stem
        prefix = f"{folder.lower()}__"
        if stem.lower().startswith(prefix) and not self.layer.find(folder, stem):
            return stem
        return f"{prefix}{stem}"


def _views(
    found: _Files, layer: SchemaLayer, settings: Settings, warehouse: Warehouse, parts: Parts
) -> dict[str, View]:
    """Read every view: those of the files, and one for each table that no file is about."""
    about = {layer.named(name) for name in found.views}
    bodies: dict[str, Any] = found.views | {
        table.view_name: {}
        for table in layer
        if table not in about and table.view_name not in found.views
    }
    whole = dict(_with_bases(bodies, file_names.VIEW, found, parts))
    _refuse_catalogs(whole, found, parts)
    tables = {name: table for name in whole if (table := _table_of(name, bodies, whole, layer))}
    reader = ViewReader(parts, warehouse, whole, tables, settings.timeframes)
    views = {}
    for name, body in sorted(whole.items()):
        parts.path = found.paths.get((file_names.VIEW, name), f"{name}.{file_names.VIEW}")
        if not said(body, "ignored") and not settings.leaves_out(name, tables.get(name)):
            views[name] = reader.read(name, parts.path)
    return views


def _refuse_catalogs(views: Mapping[str, dict[str, Any]], found: _Files, parts: Parts) -> None:
    """Refuse views of several catalogs: the sandbox has one database for a model."""
    named = {name: said(body, "catalog") for name, body in views.items()}
    if len({str(each).lower() for each in named.values() if each is not None}) > 1:
        for name, catalog in named.items():
            if catalog is not None:
                parts.path = found.paths.get((file_names.VIEW, name), "")
                parts.issue("Not modeled: more than one catalog", name)
                views[name]["catalog"] = NotModeled(f'the catalog "{catalog}"')


def _table_of(
    name: str, bodies: Mapping[str, Any], whole: Mapping[str, Any], layer: SchemaLayer
) -> Table | None:
    """Find the table of a view: its own, or that of the last view it extends that has one."""
    try:
        line = Extension(bodies).line(name)
    except BadExtension:
        # It is refused whole.
        line = [name]
    for each in reversed(line):
        body = whole.get(each, {})
        if "sql" in body or "query" in body:
            return None
        readable = {key: value for key, value in body.items() if not isinstance(value, NotModeled)}
        found = layer.of_view(each, readable)
        if found is not None or "table_name" in body or "schema" in body:
            return found
    return None


def _topics(found: _Files, settings: Settings, parts: Parts) -> dict[str, Topic]:
    reader = TopicReader(parts, settings.access_filters, settings.topic_grants)
    topics = {}
    for name, body in _with_bases(found.topics, file_names.TOPIC, found, parts):
        parts.path = found.paths[file_names.TOPIC, name]
        # A template is there to be extended.
        if not said(body, "template"):
            topics[name] = reader.read(name, body, parts.path)
    for each in topics.values():
        parts.path = each.path
        for part in each.composed_of:
            if part not in topics or topics[part].composed_of:
                parts.issue(f'Topic "{each.name}" is made of "{part}", which is no topic of views')
    return topics


def _with_bases(
    bodies: Mapping[str, dict[str, Any]], kind: str, found: _Files, parts: Parts
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each view or topic with all that it extends."""
    extension = Extension(bodies)
    for name, body in bodies.items():
        parts.path = found.paths.get((kind, name), "")
        try:
            yield name, extension.of(name)
        except BadExtension as error:
            parts.issue(f'"{name}" {error}', name if kind == file_names.VIEW else None)
            yield name, body | {"extends": NotModeled("extends that cannot be followed")}
