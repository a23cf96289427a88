"""The views that the files of a model and its database come to: for all topics, and for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.extension import BadExtension, Extension, laid_over
from omnipd_sandbox.engine.model.keys import NotModeled
from omnipd_sandbox.engine.model.model import View
from omnipd_sandbox.engine.model.read_settings import Settings
from omnipd_sandbox.engine.model.read_views import ViewReader
from omnipd_sandbox.engine.model.schema_layer import SchemaLayer, Table
from omnipd_sandbox.engine.model.sorted_files import SortedFiles, with_bases
from omnipd_sandbox.engine.model.yaml_parts import Parts, said, texts


@dataclass(frozen=True)
class ViewsOfFiles:
    """Read views, those that all topics share and those of one topic.

    `bodies` is what each view says itself, `whole` that with all that it extends, `tables` the
    tables behind them.
    """

    bodies: Mapping[str, dict[str, Any]]
    whole: Mapping[str, dict[str, Any]]
    tables: Mapping[str, Table]
    found: SortedFiles
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


def known_views(
    found: SortedFiles, layer: SchemaLayer, settings: Settings, warehouse: Warehouse, parts: Parts
) -> ViewsOfFiles:
    """Put together what is known of each view: its file, what it extends, and its table."""
    about = {layer.named(name) for name in found.views}
    bodies: dict[str, Any] = found.views | {
        table.view_name: {}
        for table in layer
        if table not in about and table.view_name not in found.views
    }
    whole = dict(with_bases(bodies, file_names.VIEW, found, parts))
    _refuse_catalogs(whole, found, parts)
    tables = _tables_of(whole, bodies, whole, layer)
    return ViewsOfFiles(bodies, whole, tables, found, layer, settings, warehouse, parts)


def _refuse_catalogs(views: Mapping[str, dict[str, Any]], found: SortedFiles, parts: Parts) -> None:
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
