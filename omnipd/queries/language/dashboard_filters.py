"""The filters and controls of a dashboard, and what they make of the query of a tile.

Sends nothing. What stands on the wire, and which of it is assumed, is in docs/wire.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from omnipd.arguments import argument, said
from omnipd.errors import ArgumentError, held_warnings
from omnipd.frames.scalars import python_value
from omnipd.queries.language import filters, timeframes
from omnipd.queries.language.check_fields import KnownField
from omnipd.queries.language.conditions import Condition, Filter, joined
from omnipd.queries.language.field import Field
from omnipd.queries.language.where import filters_of, where_of

#: What a caller may say of the filters of a dashboard.
Changes = Literal["dashboard"] | Mapping[Any, Any] | Condition | Sequence[Condition] | None

#: Words of a filter that people see, and those that say where it works: no part of the filter object.
_BESIDE = {
    *("id", "label", "description", "required", "hidden", "display", "placeholder"),
    *("fieldName", "viewName", "topic", "base_view", "map", "defaultValue", "filterId"),
}
_TYPES = ("string", "number", "date", "boolean", "null", "composite", "query", "user_attribute")
_OF_TEXT = ("CONTAINS", "STARTS_WITH", "ENDS_WITH", "SQL_LIKE")
_OF_NUMBERS = ("GREATER_THAN", "LESS_THAN")
_PERIODS = ("TIME_FOR_UNIT_DURATION", "TIME_FOR_INTERVAL_DURATION")
_MOST_NAMED = 20


class _Unfit(Exception):
    """Why a filter cannot be put on a tile."""


@dataclass(frozen=True)
class Control:
    """A filter or a control of a dashboard, as it is kept.

    Attributes
    ----------
    id, label : str
        What it is called by Omni and by people; a label may be missing.
    field : str or None
        ``view.field`` that it works on.
    type : str or None
        Of a control that is not a filter, what kind it is; None for a filter.
    config : mapping
        All that Omni says of it.
    tiles : mapping of str to object, or None
        By key of tile, where it does something else than filter by its own field: false for not at
        all, or another field. None where Omni did not say it beside the filter.
    """

    id: str
    label: str | None
    field: str | None
    type: str | None
    config: Mapping[str, Any]
    tiles: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        """Name it as people see it."""
        where = self.field if self.field is not None else self.type
        return f"{self.label or self.id!r:.60}" + (f" ({where})" if where else "")

    def on(self, key: str) -> Any:
        """Return what it does to a tile: false, another field, or None for its own."""
        return (self.tiles or {}).get(key)

    def fact(self, on: str | None, **more: Any) -> dict[str, Any]:
        """Return it as a fact of a frame."""
        return {"id": self.id, "label": self.label, "field": on, **more}


@dataclass(frozen=True)
class Filtered:
    """The query of a tile with the filters of its dashboard on it, and what became of each."""

    query: dict[str, Any]
    applied: list[dict[str, Any]]
    not_applied: list[dict[str, Any]]


def control_of(item: str, id_: str, config: Any) -> Control:
    """Read one filter or control.

    Parameters
    ----------
    item : str
        ``filter`` or ``control``: in which of the two it was listed.
    id_ : str
        Its id.
    config : object
        What Omni says of it; with its tiles beside it as ``{"config": …, "map": …}``, or alone.
    """
    held: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    tiles = held.get("map")
    if isinstance(held.get("config"), Mapping):
        held, tiles = held["config"], held.get("map", {})
    view, name = held.get("viewName"), held.get("fieldName")
    if isinstance(view, str) and isinstance(name, str) and "." not in name:
        name = f"{view}.{name}"
    label = held.get("label")
    return Control(
        id=id_,
        label=label if isinstance(label, str) and label else None,
        field=name if isinstance(name, str) and name else None,
        type=_control_type(item, held),
        config=held,
        tiles=tiles if isinstance(tiles, Mapping) else None,
    )


def _control_type(item: str, config: Mapping[str, Any]) -> str | None:
    """Return the type of a control, or None for a filter: newer servers list both together."""
    given = config.get("controlType", config.get("type"))
    if given in _TYPES or (given is None and item == "filter"):
        return None
    if item == "control" or (isinstance(given, str) and given.isupper()):
        return str(given)
    return None


def _bound(control: Control, by_tile: Mapping[str, Any]) -> Control:
    """Add which tiles a control works on, unless it says so itself."""
    if control.tiles is not None:
        return control
    found = {
        key: held[control.id] if isinstance(held, Mapping) else held
        for key, held in by_tile.items()
        if not isinstance(held, Mapping) or control.id in held
    }
    return replace(control, tiles=found)


def check_shape(given: Any) -> None:
    """Refuse what can say nothing of filters, before anything is asked.

    Raises
    ------
    ArgumentError
        With what it takes.
    """
    if given is None or isinstance(given, Mapping | Condition):
        return
    if isinstance(given, str):
        if given == "dashboard":
            return
    elif isinstance(given, list | tuple) and all(isinstance(one, Condition) for one in given):
        return
    raise ArgumentError(
        (
            argument("filters", given)
            + " is neither 'dashboard', nor None, nor says what to change."
        ),
        hint="Pass {'State': omnipd.field('users.state') == 'Texas'}, or a list of conditions.",
    )


class DashboardFilters:
    """The filters of one dashboard as they are wanted: its defaults, and what a caller changed.

    Parameters
    ----------
    document : str
        Identifier of the dashboard, for messages.
    controls : sequence of Control
        All that it has.
    changes : mapping, condition, sequence of conditions or "dashboard"
        What the caller said.
    earlier : mapping
        What was said before that, in the address of the dashboard.

    Raises
    ------
    ArgumentError
        For a name that no filter has, or several have, and for a value that cannot be meant.
    """

    def __init__(
        self,
        document: str,
        controls: Sequence[Control],
        changes: Any,
        earlier: Mapping[str, Any] | None = None,
    ) -> None:
        self._document = document
        self._controls = controls
        #: By id; None where a filter is removed.
        self._changed = self._read(earlier or {})
        if isinstance(changes, Condition):
            changes = [changes]
        if not isinstance(changes, str):
            self._changed |= self._read(
                changes if isinstance(changes, Mapping) else filters_of(changes)
            )

    @property
    def controls(self) -> list[Control]:
        """All that may do something to a tile."""
        return [one for one in self._controls if not self._is_at_rest(one)]

    @property
    def are_bound(self) -> bool:
        """Whether Omni said beside each which tiles it works on."""
        return all(one.tiles is not None for one in self.controls)

    def bind(self, by_tile: Any) -> None:
        """Say which tiles they work on, by key of tile and id, as the dashboard has it elsewhere."""
        held = by_tile if isinstance(by_tile, Mapping) else {}
        self._controls = [_bound(one, held) for one in self._controls]

    def find(self, name: Any) -> Control:
        """Return the filter of an id, a label or a field.

        Raises
        ------
        ArgumentError
            Where there is none, or more than one.
        """
        given = name.name if isinstance(name, Field) else name
        for found in (
            [one for one in self._controls if one.id == given],
            [one for one in self._controls if one.label == given],
            [one for one in self._controls if one.field == given],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                raise ArgumentError(
                    f"The dashboard {self._document} has {len(found)} filters {said(given):.60}.",
                    hint=f"Pass the id of one: {', '.join(one.id for one in found)}.",
                )
        has = ", ".join(map(str, self._controls[:_MOST_NAMED])) or "none"
        near = self._near(str(given))
        raise ArgumentError(
            f"The dashboard {self._document} has no filter {said(given):.60}.",
            hint=f"Did you mean {near!r}?" if near else f"It has {has}.",
        )

    def _near(self, name: str) -> str | None:
        names = [each for one in self._controls for each in (one.label, one.field, one.id) if each]
        folded = {each.casefold(): each for each in reversed(names)}
        if name.casefold() in folded:
            return folded[name.casefold()]
        own = [each for each in names if each.rpartition(".")[2] == name]
        close = difflib.get_close_matches(name.casefold(), folded, n=1)
        return next(iter(own), None) or (folded[close[0]] if close else None)

    def _read(self, changes: Mapping[Any, Any]) -> dict[str, Filter | None]:
        """Return the filters that are to be instead of the defaults, by id."""
        read: dict[str, Filter | None] = {}
        for name, value in changes.items():
            control = self.find(name)
            if control.id in read:
                raise ArgumentError(f"The filter {control} is changed twice.")
            read[control.id] = None if value is None else self._changed_to(control, value)
        return read

    @staticmethod
    def _changed_to(control: Control, value: Any) -> Filter | None:
        if control.type == filters.ANY_OF and isinstance(value, Condition):
            return _any_of_condition(control, value)
        if control.type is not None:
            raise ArgumentError(
                f"{control} is a control of the type {control.type}, which takes no value here.",
                hint=f"It takes a condition on {_fields_of(control)}, or None."
                if control.type == filters.ANY_OF
                else "None leaves it out.",
            )
        filter_ = _wanted(control, value)
        family = _family(control)
        types = set(filters.types_in(filter_)) & {"string", "number", "date", "boolean"}
        if family is not None and types - {family}:
            raise ArgumentError(
                f"The filter {control} is of type {family}, and it is given one of type "
                f"{', '.join(sorted(types - {family}))}, which Omni would ignore."
            )
        return None if filters.filters_nothing(filter_) else filter_

    def _is_at_rest(self, control: Control) -> bool:
        """Whether a control changes no tile as it stands."""
        if control.id in self._changed:
            return self._changed[control.id] is None
        try:
            if control.type == filters.ANY_OF:
                return _any_of(control) is None
            if control.type == "FIELD_PICKER":
                # It adds the fields that are chosen, and none is.
                return control.config.get("values") == []
            return control.type is None and _default(control, None) is None
        except _Unfit:
            return False

    def unreached(
        self, tiles: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> list[tuple[Control, str]]:
        """Return the filters that the caller set and none of the tiles obeys, and why.

        Parameters
        ----------
        tiles : iterable of (str, mapping)
            The key and the query of each.
        """
        seen = [(key, bool(query.get("userEditedSQL"))) for key, query in tiles]
        found = []
        for control in self.controls:
            if self._changed.get(control.id) is None or any(
                not is_sql and control.on(key) is not False for key, is_sql in seen
            ):
                continue
            is_sql = all(is_sql for _, is_sql in seen)
            why = "it is SQL" if is_sql else "the dashboard binds it to other tiles"
            found.append((control, why))
        return found

    def on(
        self, query: Mapping[str, Any], key: str, known: Mapping[str, KnownField] | None
    ) -> Filtered:
        """Put the filters on the query of a tile.

        Parameters
        ----------
        query : mapping
            As it is stored; it is not changed.
        key : str
            Key of the tile.
        known : mapping of str to KnownField, or None
            The fields of its topic, where they could be read.
        """
        done = Filtered(dict(query), [], [])
        if query.get("userEditedSQL"):
            # No filter of a dashboard reaches SQL by hand (docs/wire.md).
            return done
        by_field: dict[str, tuple[str, list[Filter]]] = {}  # names of fields have no case
        any_of: list[dict[str, Any]] = []
        for control in self.controls:
            where = control.on(key)
            if where is False:
                continue
            name = where if isinstance(where, str) else control.field
            try:
                if not (where is None or where is True or isinstance(where, str)):
                    raise _Unfit(f"what it does to this tile is not known: {where!r:.40}")
                if control.type is not None:
                    any_of.append(self._control(control, where, known))
                    done.applied.append(control.fact(None, filter=any_of[-1]))
                    continue
                filter_ = self._filter(control, name, known)
                by_field.setdefault(str(name).lower(), (str(name), []))[1].append(filter_)
                done.applied.append(control.fact(name, filter=filter_))
            except _Unfit as unfit:
                done.not_applied.append(control.fact(name, reason=str(unfit)))
        if by_field:
            # It takes the place of the tile's own on the field; two on one field are either of them.
            own = query.get("filters")
            done.query["filters"] = {
                name: filter_
                for name, filter_ in (own if isinstance(own, Mapping) else {}).items()
                if name.lower() not in by_field
            } | {name: joined("OR", parts) for name, parts in by_field.values()}
        if any_of:
            done.query["controls"] = [*(query.get("controls") or []), *any_of]
        return done

    def needed(self, key: str) -> list[str]:
        """Return the fields that the filters of a tile are on, without their timeframes."""
        found: list[str | None] = []
        for control in self.controls:
            where = control.on(key)
            if where is False:
                continue
            listed = control.config.get("filters") if control.type == filters.ANY_OF else None
            found += [
                *([where if isinstance(where, str) else control.field] if listed is None else ()),
                *(each.get("fieldName") for each in listed or () if isinstance(each, Mapping)),
            ]
        names = [str(name) for name in dict.fromkeys(found) if name]
        return [timeframes.split(name)[0] for name in names if not timeframes.is_composite(name)]

    def _filter(
        self, control: Control, name: str | None, known: Mapping[str, KnownField] | None
    ) -> Filter:
        if name is None:
            raise _Unfit("it names no field")
        data_type = _data_type(name, known)
        filter_ = self._changed.get(control.id) or _default(control, data_type)
        if filter_ is None:
            raise _Unfit("nothing is chosen in it")
        _check(name, filter_, data_type)
        return filter_

    def _control(
        self, control: Control, where: Any, known: Mapping[str, KnownField] | None
    ) -> dict[str, Any]:
        if control.type != filters.ANY_OF:
            raise _Unfit(f"what a control of the type {control.type} does to a query is not known")
        if isinstance(where, str):
            raise _Unfit(f"it works on several fields, and is bound to {where} here")
        sent = self._changed.get(control.id) or _any_of(control)
        if sent is None:
            raise _Unfit("nothing is chosen in it")
        for each in sent["filters"]:
            _check(each["fieldName"], each["filter"], _data_type(each["fieldName"], known))
        return sent


# --- what a filter is set to


def _default(control: Control, data_type: str | None) -> Filter | None:
    """Return the filter object that a filter is set to at first, or None where nothing is chosen."""
    config = control.config
    given = config if "type" in config else config.get("defaultValue")
    if isinstance(given, Mapping) and "type" in given:
        typed = {key: value for key, value in given.items() if key not in _BESIDE}
    elif given is None or given in ("", [], {}):
        return None
    else:
        typed = _typed(config, given, data_type)
    unknown = filters.unknown_word(typed)
    if unknown is not None and not (typed.get("kind") is None and filters.filters_nothing(typed)):
        raise _Unfit(f"its {unknown} is not known")
    return None if filters.filters_nothing(typed) else typed


def _typed(config: Mapping[str, Any], value: Any, data_type: str | None) -> Filter:
    """Make a filter object of a kind and a value: the form that Omni's specification describes."""
    kind = config.get("kind")
    values = value if isinstance(value, list) else [value]
    more = {key: each for key, each in config.items() if key not in _BESIDE}
    numeric = all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)
    if kind in _PERIODS or (kind in filters.KINDS["date"] and kind not in ("BETWEEN",)):
        return more | {"type": "date"} | _sides(str(kind), value)
    if kind == "BETWEEN" and not numeric and data_type != "NUMBER" and len(values) == 2:
        return more | {"type": "date", "left_side": values[0], "right_side": values[1]}
    if kind == "EQUALS" and len(values) == 1 and isinstance(values[0], bool):
        # A negated filter for true is one for false.
        negative = (not values[0]) != bool(config.get("is_negative"))
        more.pop("kind", None)
        return more | {"type": "boolean", "is_negative": negative}
    if kind in (*_OF_NUMBERS, "BETWEEN") or (
        kind == "EQUALS" and (numeric or data_type == "NUMBER")
    ):
        return more | {"type": "number", "values": [str(one) for one in values]}
    if kind in (*_OF_TEXT, "EQUALS"):
        return more | {"type": "string", "values": values}
    raise _Unfit(f"its kind {kind!r:.40} is not known")


def _sides(kind: str, value: Any) -> Filter:
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, str | int):
        raise _Unfit(f"its default {value!r:.40} is not known")
    if kind == "TIME_FOR_INTERVAL_DURATION":
        return {"left_side": f"{value} ago", "right_side": value}
    return {"right_side" if kind == "BEFORE" else "left_side": str(value)}


def _any_of(control: Control) -> dict[str, Any] | None:
    """Return a filter on several fields as a query has it, or None where nothing is chosen."""
    listed = control.config.get("filters")
    if control.config.get("conjunction", "OR") != "OR":
        raise _Unfit(f"its conjunction {control.config['conjunction']!r:.40} is not known")
    kept = []
    for each in listed if isinstance(listed, list) else ():
        name = each.get("fieldName") if isinstance(each, Mapping) else None
        filter_ = each.get("filter") if isinstance(each, Mapping) else None
        if not isinstance(name, str) or not isinstance(filter_, Mapping):
            raise _Unfit("what it filters by cannot be read")
        if filters.filters_nothing(filter_):
            continue
        unknown = filters.unknown_word(filter_)
        if unknown is not None:
            raise _Unfit(f"its {unknown} is not known")
        kept.append({"id": str(each.get("id", name)), "fieldName": name, "filter": dict(filter_)})
    return _control_of(control, kept) if kept else None


def _control_of(control: Control, listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a filter on several fields as a query has it."""
    label = {} if control.label is None else {"label": control.label}
    return {
        "id": control.id,
        "type": filters.ANY_OF,
        **label,
        "conjunction": "OR",
        "filters": listed,
    }


def _check(name: str, filter_: Filter, data_type: str | None) -> None:
    """Refuse a filter that Omni would not read as it is meant on a field."""
    types = set(filters.types_in(filter_))
    if "query" in types:
        raise _Unfit("it compares with another query of the dashboard")
    try:
        with held_warnings():
            filters.check({name: filter_})
    except ArgumentError as error:
        raise _Unfit(error.message.rstrip(".")) from None
    if data_type is not None and filters.ignored({name: filter_}, {name: data_type}):
        given = ", ".join(sorted(types - {"composite", "null"}))
        raise _Unfit(f"it is of type {given} and {name} is {data_type}: Omni would ignore it")


def _data_type(name: str, known: Mapping[str, KnownField] | None) -> str | None:
    """Return the type of a field; None where it is not known.

    Raises
    ------
    _Unfit
        For a field that the topic lacks.
    """
    if known is None:
        return None
    bare, timeframe = timeframes.split(name)
    if bare not in known:
        if timeframes.is_composite(bare):
            return None  # of such fields no topic speaks
        raise _Unfit(f"the topic of the tile has no field {bare}")
    own = known[bare].data_type
    return (
        (timeframes.data_type(timeframe) or own)
        if timeframe is not None and own == "TIMESTAMP"
        else own
    )


# --- what a caller sets it to


def _family(control: Control) -> str | None:
    """Return the type that the filters of a control have, where it says so."""
    type_, kind = control.config.get("type"), control.config.get("kind")
    if type_ in ("string", "number", "date", "boolean"):
        return str(type_)
    if kind in _OF_TEXT:
        return "string"
    if kind in _OF_NUMBERS:
        return "number"
    if kind in filters.KINDS["date"] and kind != "BETWEEN":
        return "date"
    return None


def _wanted(control: Control, value: Any) -> Filter:
    """Return the filter object that a caller means."""
    if isinstance(value, Condition):
        said = filters_of([value])
        if list(said) != [control.field]:
            raise ArgumentError(
                f"The filter {control} is given a condition on {' and '.join(said)}.",
                hint=f"It takes one on {control.field}."
                if control.field
                else "It names no field; None leaves it out.",
            )
        return next(iter(said.values()))
    if isinstance(value, Mapping):
        if "type" not in value:
            # An address leaves out what the filter says itself.
            value = {
                key: control.config[key] for key in ("type", "kind") if key in control.config
            } | (dict(value))
        with held_warnings():  # what they would say of is refused here, or is not a filter
            filters.check({control.field or control.id: value})
        unknown = filters.unknown_word(value)
        if unknown is not None:
            raise ArgumentError(f"The filter {control} is given the {unknown}, which is not known.")
        if "query" in filters.types_in(value):
            raise ArgumentError(
                f"The filter {control} is given one of type query, which needs another query."
            )
        return dict(value)
    return _from_value(control, value)


def _any_of_condition(control: Control, condition: Condition) -> Filter:
    """Return a filter on several fields that says an *or* of conditions on them."""
    wanted = where_of([condition])
    said = {one["fieldName"]: one["filter"] for held in wanted.controls for one in held["filters"]}
    said |= wanted.filters
    ids = {name: id_ for id_, name in _listed_fields(control)}
    if len(wanted.controls) + len(wanted.filters) != 1 or not said.keys() <= ids.keys():
        raise ArgumentError(
            f"The filter {control} keeps what fulfils any of its conditions, and cannot say this one.",
            hint=f"It takes an 'or' of conditions on {_fields_of(control)}.",
        )
    return _control_of(
        control,
        [{"id": ids[name], "fieldName": name, "filter": one} for name, one in said.items()],
    )


def _listed_fields(control: Control) -> list[tuple[str, str]]:
    """Return the id and the field of each filter of a control."""
    listed = control.config.get("filters")
    return [
        (str(one.get("id", one["fieldName"])), one["fieldName"])
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("fieldName"), str)
    ]


def _fields_of(control: Control) -> str:
    return " and ".join(name for _, name in _listed_fields(control)) or "no field that is known"


def _from_value(control: Control, value: Any) -> Filter:
    """Make a filter of a plain value, where only one thing can be meant by it."""
    is_many = isinstance(value, list | tuple | set | frozenset) or hasattr(value, "tolist")
    kind, family = control.config.get("kind"), _family(control)
    if control.field is None:
        raise ArgumentError(f"The filter {control} names no field.", hint="None leaves it out.")
    named = Field(control.field)
    listed = list(value) if is_many and getattr(value, "shape", (1,)) != () else None
    plain = python_value(value) if listed is None else value
    clear = kind in (None, "EQUALS")
    if family == "date":
        clear = kind in (None, *_PERIODS) and listed is None
        if clear:
            return next(iter(filters_of([named.in_the(plain)]).values()))
    if not clear or listed == []:
        raise ArgumentError(
            f"What {said(value):.60} means for the filter {control}, which is {kind}, is not clear.",
            hint=f"Say it as a condition, such as {named!r} == …, or None for no filter.",
        )
    condition = named == plain if listed is None else named.isin(listed)
    return next(iter(filters_of([condition]).values()))
