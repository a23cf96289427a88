"""Every use of a field that the tables of an inventory tell, and what they leave open."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.facts import facts_of, has_all_scopes
from omnipd.audit.model_yaml import fields_in
from omnipd.audit.tables import Tables
from omnipd.frames.labels import join_names
from omnipd.queries.language.dashboard_filters import Control, control_of
from omnipd.queries.language.named_fields import compared_with, fields_of_control, named_fields
from omnipd.queries.language.references import references
from omnipd.queries.language.timeframes import split

#: What uses are read from, and what they are called.
_USED_IN = {
    "documents": "tile",
    "content": "tile",
    "document_queries": "tile",
    "dashboard_filters": "dashboard_filter",
    "topic_fields": "field",
    "relationships": "relationship",
    "model_files": "model_file",
    "views": "model_file",
}


@dataclass(slots=True)
class Use:
    """A use of a field, or what may be one; the columns of :func:`omnipd.audit.field_usage`.

    Attributes
    ----------
    name : str or None
        ``view.field`` with its timeframe; None where it is not known.
    reason : str or None
        Why it is not known.
    """

    used_in: str
    name: str | None = None
    used_as: str | None = None
    model_id: str | None = None
    topic: str | None = None
    document_identifier: str | None = None
    query_id: str | None = None
    query_name: str | None = None
    query_reference: str | None = None
    item_id: str | None = None
    used_by: str | None = None
    reason: str | None = None

    @property
    def field(self) -> str | None:
        """Its name without the timeframe."""
        return None if self.name is None else split(self.name)[0]


@dataclass(frozen=True)
class Document:
    """What a use says of its document."""

    name: str | None
    owner_id: str | None
    owner_name: str | None
    has_dashboard: bool | None


class Uses:
    """The uses of fields in an inventory.

    Attributes
    ----------
    fields : dict of str to set of str
        Of each model that was read, its fields in lower case.
    documents : dict of str to Document
        By identifier.
    """

    def __init__(self, inventory: Inventory, tables: Tables) -> None:
        self._tables = tables
        self._has_all_scopes = has_all_scopes(inventory)
        self._failed = _failed_documents(inventory)
        self.fields: dict[str | None, set[str]] = {}
        for table, columns in (
            ("views", ("view", "field")),
            ("topic_fields", ("view", "field")),
        ):
            for model, view, name in self._columns(table, "model_id", *columns):
                held = self.fields.setdefault(model, set())
                if view is not None and name is not None:
                    held.add(f"{view}.{name}".lower())
        self.documents: dict[str, Document] = {}
        for table in ("content", "documents"):
            for identifier, *rest in self._columns(
                table, "document_identifier", "name", "owner_id", "owner_name", "has_dashboard"
            ):
                if identifier is not None:
                    self.documents[identifier] = Document(*rest)

    def __iter__(self) -> Iterator[Use]:
        """Give every use, and what may be one; but for what was not read."""
        yield from self._of_documents()
        yield from self._of_tiles()
        yield from self._of_filters()
        yield from self._of_model()

    def schedules(self) -> dict[str, str] | None:
        """Return the schedules of each document, comma-joined; None where they are not known."""
        if not self._tables.is_known("schedules"):
            return None
        found: dict[str, list[str]] = {}
        for document, schedule in self._columns("schedules", "document_identifier", "schedule_id"):
            if document is not None and schedule is not None:
                found.setdefault(document, []).append(schedule)
        return {document: join_names(held) for document, held in found.items()}

    def _columns(self, table: str, *names: str) -> Iterable[tuple[Any, ...]]:
        held = self._tables[table]
        return zip(*(held[name].to_pylist() for name in names), strict=True)

    def gaps(self) -> list[Use]:
        """Return what stands for the uses in what was not read, or not whole."""
        gaps = [
            Use(_USED_IN[name], reason=f"{name}: {why}")
            for name, why in self._tables.gaps.items()
            if name in _USED_IN
        ]
        if not self._has_all_scopes and self._tables.is_known("content"):
            reason = "content: what is one person's own is not known to be in it"
            gaps.append(Use("tile", reason=reason))
        return gaps

    def _of_documents(self) -> Iterator[Use]:
        """Give the documents into whose queries nobody could look."""
        told = set(self._tables["document_queries"]["document_identifier"].to_pylist())
        asked = set(self._tables["documents"]["document_identifier"].to_pylist())
        for identifier, why in self._failed.items():
            yield Use("tile", document_identifier=identifier, reason=why)
        for identifier, document in self.documents.items():
            if identifier in told or identifier in self._failed:
                continue
            if document.has_dashboard is False:
                reason = "it has no dashboard, and Omni tells the queries of dashboards only"
            elif identifier not in asked:
                reason = "it is not in documents, whose queries were asked for"
            elif document.has_dashboard is None:
                reason = "whether it has a dashboard is not known"
            else:
                continue
            yield Use("tile", document_identifier=identifier, reason=reason)

    def _of_tiles(self) -> Iterator[Use]:
        for document, query_id, name, model, topic, query in self._columns(
            "document_queries",
            *("document_identifier", "query_id", "name", "model_id", "topic", "query"),
        ):
            place = {
                "document_identifier": document,
                "query_id": query_id,
                "query_name": name,
                "model_id": model,
                "topic": topic,
            }
            named = named_fields(_parsed(query))
            for one in named.found:
                yield Use(
                    "tile",
                    one.name,
                    one.used_as,
                    query_reference=one.query_reference,
                    **place,
                )
            for why in named.unread:
                yield Use("tile", reason=why, **place)

    def _of_filters(self) -> Iterator[Use]:
        for document, item, item_id, view, field, config in self._columns(
            "dashboard_filters",
            *("document_identifier", "item", "item_id", "view", "field", "config"),
        ):
            held = _parsed(config)
            is_read = isinstance(held, Mapping)
            if not is_read:
                held = {"viewName": view, "fieldName": field}
            control = control_of(str(item), str(item_id), held)
            names, why = _of_control(control)
            if not is_read:
                why = "it cannot be read"
            place = {"document_identifier": document, "item_id": item_id}
            for name in dict.fromkeys(names):
                yield Use("dashboard_filter", name, str(item), **place)
            if why is not None:
                yield Use("dashboard_filter", reason=why, **place)

    def _of_model(self) -> Iterator[Use]:
        seen: set[tuple[Any, ...]] = set()
        for use in (*self._of_fields(), *self._of_relationships(), *self._of_files()):
            key = (use.used_in, use.name, use.model_id, use.topic, use.used_by, use.reason)
            if key not in seen:
                seen.add(key)
                yield use

    def _of_fields(self) -> Iterator[Use]:
        for model, view, field, sql in self._columns(
            "topic_fields", "model_id", "view", "field", "sql"
        ):
            own = f"{view}.{field}"
            for name in references(sql or ""):
                whole = name if "." in split(name)[0] else f"{view}.{name}"
                bare = split(whole)[0]
                # What has no view and is no field is a view.
                if bare != own and (whole == name or bare.lower() in self.fields[model]):
                    yield Use("field", whole, "sql", model_id=model, used_by=own)

    def _of_relationships(self) -> Iterator[Use]:
        for model, topic, id_, sql in self._columns(
            "relationships", "model_id", "topic", "relationship_id", "sql"
        ):
            place = {"model_id": model, "topic": topic, "used_by": id_}
            if sql is None:
                yield Use("relationship", reason="its condition is not known", **place)
            for name in references(sql or ""):
                if "." in split(name)[0]:
                    yield Use("relationship", name, "sql", **place)

    def _of_files(self) -> Iterator[Use]:
        for model, file, view, yaml in self._columns(
            "model_files", "model_id", "file_name", "view", "yaml"
        ):
            if yaml is None:
                yield Use(
                    "model_file", model_id=model, used_by=file, reason="what is in it is not known"
                )
                continue
            for one in fields_in(yaml, view, self.fields.get(model, ())):
                yield Use(
                    "model_file" if one.used_by is None else "field",
                    one.field,
                    one.used_as,
                    model_id=model,
                    used_by=file if one.used_by is None else one.used_by,
                )


def _of_control(control: Control) -> tuple[list[str], str | None]:
    """Return the fields that a filter or control of a dashboard works on, and what is not known of it."""
    names = [] if control.field is None else [control.field]
    names += [one for one in (control.tiles or {}).values() if isinstance(one, str)]
    names += compared_with(control.config)
    names += compared_with(control.config.get("defaultValue"))
    why = None
    if control.type is not None:
        more, is_read = fields_of_control(control.config)
        names += [one for one in more if "." in one]
        why = None if is_read else f"a control of the type {control.type:.60} cannot be read"
    elif control.field is None:
        why = "it names no field"
    return names, why


def _failed_documents(inventory: Inventory) -> dict[str, str]:
    """Return the documents whose queries could not be read, as far as the frame names them."""
    named = facts_of(inventory, "document_queries").get("failures")
    return {str(key): str(why) for key, why in named.items()} if isinstance(named, dict) else {}


def _parsed(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
