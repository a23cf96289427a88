"""The files of a model, sorted by what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.extension import BadExtension, Extension
from omnipd_sandbox.engine.model.file_names import folder_of, plain_path, what_it_holds
from omnipd_sandbox.engine.model.keys import NotModeled
from omnipd_sandbox.engine.model.read_topics import checked_topic
from omnipd_sandbox.engine.model.read_views import checked_view
from omnipd_sandbox.engine.model.schema_layer import SchemaLayer
from omnipd_sandbox.engine.model.yaml_parts import Parts


@dataclass
class SortedFiles:
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
        """Put a file where it belongs; what cannot be read becomes an issue."""
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


def with_bases(
    bodies: Mapping[str, dict[str, Any]], kind: str, found: SortedFiles, parts: Parts
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
