"""Which fields a query names, and as what; whatever the query looks like, since Omni keeps any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from omnipd.queries.language import filters
from omnipd.queries.language.clauses import GRAND_TOTAL
from omnipd.queries.language.nesting import is_nested_deeply
from omnipd.queries.language.references import references


@dataclass(frozen=True)
class NamedField:
    """A field that a query names.

    Attributes
    ----------
    used_as : str
        field, filter, sort, pivot, fill, total, calculation, period, control or sql.
    name : str
        As it stands, with its timeframe.
    query_reference : str or None
        The query within the query that names it, by its key in ``staticQueryReferences``.
    """

    used_as: str
    name: str
    query_reference: str | None = None


@dataclass
class NamedFields:
    """What a query names.

    Attributes
    ----------
    found : list of NamedField
        Each once.
    unread : list of str
        What may name more, and cannot be read.
    """

    found: list[NamedField] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def named_fields(query: Any) -> NamedFields:
    """Return the fields that a query names.

    Examples
    --------
    >>> named_fields({"fields": ["a.b[month]"], "filters": {"a.c": {"type": "null"}}}).found
    [NamedField(used_as='field', name='a.b[month]', query_reference=None),
     NamedField(used_as='filter', name='a.c', query_reference=None)]
    """
    if not isinstance(query, Mapping):
        return NamedFields(unread=["its query cannot be read"])
    if is_nested_deeply(query):
        return NamedFields(unread=["its query is nested too deeply"])
    named = NamedFields()
    if query.get("userEditedSQL"):
        named.unread.append("it is SQL by hand")
        names = references(str(query["userEditedSQL"]))
        found = [NamedField("sql", name) for name in names]
    else:
        found = list(_named(query, named.unread))
    for key, inner in _mapping(query.get("staticQueryReferences")).items():
        within = named_fields(inner)
        found += [replace(one, query_reference=str(key)) for one in within.found]
        named.unread += [f"{why} (the query {key!r:.60} within it)" for why in within.unread]
    # What has no dot is a calculation, or a column that Omni makes; a view where it is SQL.
    named.found = [one for one in dict.fromkeys(found) if "." in one.name]
    return named


def _named(query: Mapping[str, Any], unread: list[str]) -> Iterator[NamedField]:
    calculations = [one for one in _listed(query.get("calculations")) if isinstance(one, Mapping)]
    computed = {str(one.get("calc_name")) for one in calculations}
    for used_as, names in (
        ("field", _listed(query.get("fields"))),
        ("field", _listed(query.get("transposed_measures"))),
        ("sort", _values(query.get("sorts"), "column_name")),
        ("pivot", _listed(query.get("pivots"))),
        ("fill", _listed(query.get("fill_fields"))),
        ("total", [*_mapping(query.get("column_totals")), *_mapping(query.get("row_totals"))]),
        ("period", _values(query.get("period_over_period_computations"), "date_filter_field_name")),
    ):
        for name in names:
            if not isinstance(name, str) or name in computed or name == GRAND_TOTAL:
                continue
            if "*" in name:
                unread.append(f"it names all of {name}")
            else:
                yield NamedField(used_as, name)
    for one in calculations:
        yield from _in_calculation(one, computed, unread)
    yield from _in_conditions(query, computed, unread)


def _in_calculation(
    calculation: Mapping[str, Any], computed: set[str], unread: list[str]
) -> Iterator[NamedField]:
    """Give the fields of a calculation, which is a tree of objects: their names are ``field_name``."""
    expression = calculation.get("sql_expression")
    if not isinstance(expression, Mapping):
        unread.append(f"its calculation {calculation.get('calc_name')!r:.60} cannot be read")
        return
    left: list[Any] = [expression]
    while left:
        node = left.pop(0)
        if isinstance(node, Mapping):
            name = node.get("field_name")
            if isinstance(name, str) and name not in computed:
                yield NamedField("calculation", name)
            column = node.get("column_ref")
            if isinstance(column, list) and all(isinstance(one, str) for one in column):
                yield NamedField("calculation", ".".join(column))
            left += node.values()
        elif isinstance(node, list):
            left += node


def _in_conditions(
    query: Mapping[str, Any], computed: set[str], unread: list[str]
) -> Iterator[NamedField]:
    kept = []
    for control in _listed(query.get("controls")):
        held = _mapping(control)
        names, is_read = fields_of_control(held)
        yield from (NamedField("control", name) for name in names)
        if not is_read:
            unread.append(f"its control of the type {held.get('type')!r:.60} cannot be read")
        elif held.get("type") == filters.ANY_OF:
            kept.append(held)
    # Those of controls are looked into for what they compare with; their fields were given above.
    own = _mapping(query.get("filters"))
    for name, condition in filters.conditions_of({"filters": own, "controls": kept}):
        if name in own and name not in computed:
            yield NamedField("filter", str(name))
        for other in compared_with(condition):
            yield NamedField("filter", other)


def compared_with(condition: Any) -> Iterator[str]:
    """Give the fields of other queries that a filter compares with."""
    for one in filters.within(condition):
        if one.get("type") == "query" and isinstance(one.get("field_name"), str):
            yield one["field_name"]


def fields_of_control(control: Mapping[str, Any]) -> tuple[list[str], bool]:
    """Return the fields that a control works on, and whether these are all."""
    own = control.get("fieldName")
    names = [own] if isinstance(own, str) else []
    kind = control.get("controlType", control.get("type"))
    if kind == filters.ANY_OF:
        listed = control.get("filters")
        inner = [_mapping(one) for one in _listed(listed)]
        is_read = isinstance(listed, list) and all(
            isinstance(one.get("fieldName"), str) and isinstance(one.get("filter"), Mapping)
            for one in inner
        )
        return names + _texts(one.get("fieldName") for one in inner), is_read
    if kind == "FIELD_PICKER":
        # Those that it offers, and those of them that are chosen at first.
        offered = [_mapping(one).get("value") for one in _listed(control.get("options"))]
        chosen = control.get("values")
        is_read = isinstance(chosen, list) and bool(offered)
        listed = [*offered, *_listed(chosen)]
        return names + _texts(listed), is_read and len(_texts(listed)) == len(listed)
    return names, False


def _texts(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _values(objects: Any, key: str) -> list[Any]:
    return [one.get(key) for one in _listed(objects) if isinstance(one, Mapping)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
