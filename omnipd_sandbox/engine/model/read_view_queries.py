"""Queries that stand for views, read from their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.engine.model.keys import QUERY, SORT
from omnipd_sandbox.engine.model.model import ViewQuery
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.yaml_filters import problems
from omnipd_sandbox.engine.model.yaml_parts import (
    Body,
    Parts,
    kind_of,
    optional_text,
    said,
    texts,
    unmodeled,
)

_BIND, _KEPT = "bind", "exclude_from_bind_all"


def read_view_query(
    document: Any, parts: Parts, view: str
) -> tuple[ViewQuery | None, tuple[str, ...]]:
    """Read the query of a view, and list what of it cannot be gone by; with any, there is none."""
    body = parts.checked(document, QUERY, view)
    reader = _Reader(parts, view, list(unmodeled(body)))
    query = reader.read(body)
    return (None, tuple(reader.wrong)) if reader.wrong else (query, ())


@dataclass
class _Reader:
    parts: Parts
    view: str
    # What cannot be gone by.
    wrong: list[str]

    def read(self, body: Body) -> ViewQuery:
        base_view, topic = said(body, "base_view"), said(body, "topic")
        if base_view is None and topic is None and not self.wrong:
            self._refuse("A query needs base_view or topic")
        filters = self._filters(said(body, "filters") or {})
        return ViewQuery(
            base_view=optional_text(base_view),
            topic=optional_text(topic),
            outputs=self._outputs(said(body, "fields")),
            filters={
                name: {key: value for key, value in each.items() if key != _KEPT}
                for name, each in filters.items()
                if _BIND not in each
            },
            bound={name: str(each[_BIND]) for name, each in filters.items() if _BIND in each},
            binds_all=said(body, "bind_all_filters", False),
            kept=frozenset(name for name, each in filters.items() if each.get(_KEPT)),
            sorts=self._sorts(said(body, "sorts")),
            fill_fields=texts(said(body, "fill_fields")),
            limit=said(body, "limit"),
            grouped=said(body, "default_group_by"),
        )

    def _refuse(self, message: str) -> None:
        self.parts.issue(message, self.view)
        self.wrong.append("a query that cannot be read")

    def _outputs(self, fields: Any) -> tuple[tuple[str, str], ...]:
        outputs = _outputs(fields)
        if self.wrong:
            # What cannot be gone by anyway may have names of its own.
            return ()
        if isinstance(outputs, str):
            self._refuse(outputs)
            return ()
        if not outputs:
            self._refuse("A query needs fields")
        columns = [column.lower() for _, column in outputs]
        for column in sorted({each for each in columns if columns.count(each) > 1}):
            self._refuse(f'Two fields of the query are called "{column}"')
        return tuple(outputs)

    def _filters(self, document: Mapping[Any, Any]) -> dict[str, Mapping[str, Any]]:
        filters = {}
        for name, operators in document.items():
            if isinstance(operators, Mapping):
                for message in _problems(name, operators):
                    self._refuse(message)
                filters[str(name)] = operators
            else:
                self._refuse(f'The filter on "{name}" must name an operator, such as is')
        return filters

    def _sorts(self, document: Any) -> tuple[tuple[str, bool], ...]:
        sorts = []
        for each in document or ():
            body = self.parts.checked(each, SORT, self.view)
            self.wrong += unmodeled(body)
            if said(body, "field") is None and not unmodeled(body):
                self._refuse("A sort needs a field")
            sorts.append((str(said(body, "field")), bool(said(body, "desc", False))))
        return tuple(sorts)


def _problems(name: Any, operators: Mapping[str, Any]) -> Iterator[str]:
    rest = {key: value for key, value in operators.items() if key not in {_BIND, _KEPT}}
    if FieldName.parse(str(name)) is None:
        yield f'"{name}" is not the name of a field'
    if not isinstance(operators.get(_KEPT, False), bool):
        yield f"{_KEPT} must be true or false, not {kind_of(operators[_KEPT])}"
    if _BIND in operators:
        outer = operators[_BIND]
        if not isinstance(outer, str) or (at := FieldName.parse(outer)) is None or not at.view:
            yield f'The filter on "{name}" must be bound to a field, such as view.field'
        if rest or _KEPT in operators:
            yield f'Not modeled: bind beside other operators on "{name}"'
    for problem in problems(rest):
        yield f'Not modeled: {problem} on "{name}"'


def _outputs(fields: Any) -> list[tuple[str, str]] | str:
    """List fields with the names of their columns, or say why that cannot be done."""
    if isinstance(fields, Mapping):
        pairs = list(fields.items())
    else:
        pairs = []
        for each in fields or ():
            pairs += each.items() if isinstance(each, Mapping) else [(each, None)]
    outputs = []
    for name, alias in pairs:
        at = FieldName.parse(name) if isinstance(name, str) else None
        if at is None or at.view is None:
            return f"A field of the query must be such as view.field, not {kind_of(name)}"
        if alias is None and at.timeframe is not None:
            return f'Not modeled: "{name}" without a name of its own in the query'
        if alias is not None and (not isinstance(alias, str) or not alias):
            return f'The name of "{name}" must be a text, not {kind_of(alias)}'
        # Without a name, it is called after view and field (docs/wire.md).
        outputs.append((name, alias or f"{at.view}__{at.field}"))
    return outputs
