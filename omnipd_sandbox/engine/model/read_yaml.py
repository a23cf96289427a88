"""Omni's model files, read into a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.extension import BadExtension, Extension, laid_over
from omnipd_sandbox.engine.model.file_names import folder_of, plain_path, what_it_holds
from omnipd_sandbox.engine.model.keys import NotModeled
from omnipd_sandbox.engine.model.learned_views import WriteView, with_all_types
from omnipd_sandbox.engine.model.model import Model, Relationship, Topic, View, views_read
from omnipd_sandbox.engine.model.offered import with_offered_fields
from omnipd_sandbox.engine.model.read_relationships import read_relationships
from omnipd_sandbox.engine.model.read_settings import Settings, read_settings
from omnipd_sandbox.engine.model.read_topics import TopicReader, checked_topic
from omnipd_sandbox.engine.model.read_views import ViewReader, checked_view
from omnipd_sandbox.engine.model.schema_layer import SchemaLayer, Table
from omnipd_sandbox.engine.model.yaml_parts import Parts, said, texts


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
    found = _Files(layer, parts)
    for path, text in sorted(files.items()):
        found.take(path, text)
    parts.path = file_names.MODEL
    settings = read_settings(found.settings, parts)
    parts.path = file_names.RELATIONSHIPS
    relationships, unread = read_relationships(found.relationships, parts)
    known = _known_views(found, layer, settings, warehouse, parts)
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


@dataclass(frozen=True)
class _Views:
    """Read views, those that all topics share and those of one topic.

    `bodies` is what each view says itself, `whole` that with all that it extends, `tables` the
    tables behind them.
    """

    bodies: Mapping[str, dict[str, Any]]
    whole: Mapping[str, dict[str, Any]]
    tables: Mapping[str, Table]
    found: _Files
    layer: SchemaLayer
    settings: Settings
    warehouse: Warehouse
    parts: Parts

    def read_all(self) -> dict[str, View]:
        """Read every view: those of the files, and one for each table that no file is about."""
        tables = self.tables
        reader = self._reader(self.whole, tables)
        views = {}
        for name, body in sorted(self.whole.items()):
            path = self._path(name)
            self.parts.path = path
            if not said(body, "ignored") and not self.settings.leaves_out(name, tables.get(name)):
                views[name] = reader.read(name, path)
        return views

    def read_of_topic(
        self, said_there: Mapping[str, dict[str, Any]], roles: Mapping[str, str], path: str
    ) -> dict[str, View]:
        """Read the views of a topic: new ones, and others with what it says of them on top.

        Parameters
        ----------
        said_there
            What the topic says of each.
        roles
            The views behind the names that joins give them.
        """
        own, stand_for = {}, {}
        for name, body in said_there.items():
            if name in self.bodies:
                own[name] = _laid_over_view(self.bodies[name], body)
            elif name in roles:
                bases = (roles[name], *texts(said(body, "extends")))
                own[name], stand_for[name] = body | {"extends": list(bases)}, (roles[name],)
            else:
                own[name] = body
        bodies = {**self.bodies, **own}
        extension = Extension(bodies)
        whole = dict(self.whole)
        for name in own:
            try:
                whole[name] = extension.of(name)
            except BadExtension as error:
                self.parts.issue(f'"{name}" {error}', name)
                whole[name] = bodies[name] | {
                    "extends": NotModeled("extends that cannot be followed")
                }
        tables = _tables_of(own, bodies, whole, self.layer)
        reader = self._reader(whole, {**self.tables, **tables})
        views = {}
        for name in own:
            known = name in self.bodies
            # What a model leaves out no topic brings back; what is new in the topic is wanted.
            if said(whole[name], "ignored") or (
                known and self.settings.leaves_out(name, tables.get(name))
            ):
                continue
            view = reader.read(name, self._path(name) if known else path)
            views[name] = replace(view, stands_for=stand_for.get(name, ()))
        return views

    def _reader(
        self, whole: Mapping[str, dict[str, Any]], tables: Mapping[str, Table]
    ) -> ViewReader:
        return ViewReader(self.parts, self.warehouse, whole, tables, self.settings.timeframes)

    def _path(self, name: str) -> str:
        return self.found.paths.get((file_names.VIEW, name), f"{name}.{file_names.VIEW}")


def _laid_over_view(base: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Lay what a topic says of a view over what the view says; it extends what either names."""
    both = laid_over(base, body)
    if "extends" in base and "extends" in body and not isinstance(body["extends"], NotModeled):
        both["extends"] = [*texts(said(base, "extends")), *texts(body["extends"])]
    return both


def _known_views(
    found: _Files, layer: SchemaLayer, settings: Settings, warehouse: Warehouse, parts: Parts
) -> _Views:
    about = {layer.named(name) for name in found.views}
    bodies: dict[str, Any] = found.views | {
        table.view_name: {}
        for table in layer
        if table not in about and table.view_name not in found.views
    }
    whole = dict(_with_bases(bodies, file_names.VIEW, found, parts))
    _refuse_catalogs(whole, found, parts)
    tables = _tables_of(whole, bodies, whole, layer)
    return _Views(bodies, whole, tables, found, layer, settings, warehouse, parts)


def _refuse_catalogs(views: Mapping[str, dict[str, Any]], found: _Files, parts: Parts) -> None:
    """Refuse views of several catalogs: the sandbox has one database for a model."""
    named = {name: said(body, "catalog") for name, body in views.items()}
    if len({str(each).lower() for each in named.values() if each is not None}) > 1:
        for name, catalog in named.items():
            if catalog is not None:
                parts.path = found.paths.get((file_names.VIEW, name), "")
                parts.issue("Not modeled: more than one catalog", name)
                views[name]["catalog"] = NotModeled(f'the catalog "{catalog}"')


def _tables_of(
    names: Iterable[str],
    bodies: Mapping[str, Any],
    whole: Mapping[str, Any],
    layer: SchemaLayer,
) -> dict[str, Table]:
    found = {name: _table_of(name, bodies, whole, layer) for name in names}
    return {name: table for name, table in found.items() if table is not None}


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


def _topics(
    found: _Files,
    settings: Settings,
    parts: Parts,
    views: _Views,
    shared: _Shared,
) -> dict[str, Topic]:
    reader = TopicReader(parts, settings.access_filters, settings.topic_grants)
    topics = {}
    for name, body in _with_bases(found.topics, file_names.TOPIC, found, parts):
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
    views: _Views,
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
