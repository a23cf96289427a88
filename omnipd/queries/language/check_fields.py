"""A query object against the fields of its topic: what the model lacks is refused by name.

Only what is sure is refused. Types that are not known, and what the topic does not speak of, pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd.arguments import argument
from omnipd.errors import ArgumentError
from omnipd.queries.language import dates, periods, timeframes
from omnipd.queries.language.check_calculations import check_calculations, check_kinds
from omnipd.queries.language.clauses import GRAND_TOTAL
from omnipd.queries.language.filters import conditions_of, ignored, types_in
from omnipd.queries.language.near_names import near_names

#: What kind a field of a composite topic is.
_UNKNOWN = "unknown"
#: Types whose values do not follow one another.
_WITHOUT_GAPS = {"STRING", "BOOLEAN"}
_UNCHECKED = "With " + argument("check", False) + " the query is sent as it is."


@dataclass(frozen=True)
class KnownField:
    """What a topic says of a field.

    Attributes
    ----------
    kind : str
        dimension, measure or filter.
    data_type : str, optional
        STRING, NUMBER, TIMESTAMP, BOOLEAN or others.
    date_type : str, optional
        Of a time, whether it is a date or an instant.
    timeframes : frozenset of str
        Those of a time; empty when they are not told.
    """

    kind: str
    data_type: str | None = None
    date_type: str | None = None
    timeframes: frozenset[str] = frozenset()


def check_names(query: Mapping[str, Any]) -> None:
    """Refuse pivots, fillings, subtotals and calculations of what is not selected, and periods of nothing.

    Raises
    ------
    ArgumentError
        Naming it, with near matches.
    """
    selected = query.get("fields") or []
    if periods.PERIOD in selected and not query.get(periods.COMPUTATIONS):
        raise ArgumentError(
            f"The query selects {periods.PERIOD}, and compares no periods.",
            hint="Query.compare(…) says which, and selects it. " + _UNCHECKED,
        )
    named = [
        *(("pivoted by", name) for name in query.get("pivots") or []),
        *(("filled by", name) for name in query.get("fill_fields") or []),
        *(
            ("subtotalled by", name)
            for name in query.get("column_totals") or {}
            if name != GRAND_TOTAL
        ),
    ]
    for what, name in named:
        if name not in selected:
            near = near_names(str(name), selected) or "Put it into the fields, brackets and all."
            raise ArgumentError(
                f"The query is {what} {name}, which it does not select.",
                hint=f"{near} " + _UNCHECKED,
            )
    check_calculations(query)


def check_fields(query: Mapping[str, Any], known: Mapping[str, KnownField], where: str) -> None:
    """Refuse what the topic does not have, and filters that do not fit their field.

    Parameters
    ----------
    query : mapping
        As it is sent.
    known : mapping of str to KnownField
        By ``view.field``.
    where : str
        Names the topic in messages.

    Raises
    ------
    ArgumentError
        Naming the field, with near matches.
    """
    computed = {
        str(one.get("calc_name"))
        for one in query.get("calculations") or []
        if isinstance(one, dict)
    }
    known = _known_here(query, known)
    for name in query.get("fields") or []:
        # What has no dot may be a column that one of these keys makes.
        if name not in computed and ("." in name or not any(query.get(key) for key in _MAKING)):
            _check_name(name, known, where)
    for what in ("pivots", "fill_fields"):
        for name in query.get(what) or []:
            field = known.get(timeframes.split(name)[0])
            if field is not None and field.kind not in {"dimension", _UNKNOWN}:
                raise ArgumentError(
                    f"{name} is a {field.kind}; {what} take dimensions.", hint=_UNCHECKED
                )
            if what == "fill_fields" and field is not None and field.data_type in _WITHOUT_GAPS:
                raise ArgumentError(
                    f"{name} is {field.data_type}, in which there are no gaps to fill.",
                    hint="Fill a time, such as orders.created_at[date]. " + _UNCHECKED,
                )
    conditions = [
        (name, condition)
        for name, condition in conditions_of(query)
        if name not in computed and not condition.get("ignore_if_unjoinable")
    ]
    for name, condition in conditions:
        _check_name(name, known, where)
        _, timeframe = timeframes.split(name)
        if timeframe is not None and "date" in types_in(condition):
            raise ArgumentError(
                f"The date filter on {name} stands under a name with a bracket.",
                hint=f"A time is filtered under {timeframes.split(name)[0]}; a part of it by a number.",
            )
    for name, condition in conditions:
        type_ = _type(name, known)
        if not ignored({name: condition}, {name: type_}):
            continue
        given = ", ".join(sorted(set(types_in(condition)) - {"composite", "null"}))
        raise ArgumentError(
            f"{name} is {type_}, and its filter is of type {given}, which Omni would ignore.",
            hint=_FITTING.get(type_, _UNCHECKED),
        )
    selected = query.get("fields") or []
    check_kinds(
        query,
        {name: _kind(name, known) for name in selected},
        [name for name in selected if name in known and known[name].kind == "measure"],
    )
    _check_any_of(query, known)
    _check_ungrouped(query, known)


def _known_here(
    query: Mapping[str, Any], known: Mapping[str, KnownField]
) -> Mapping[str, KnownField]:
    """Add what a composite topic makes of the fields of others; what it is, no topic says."""
    made = {name for name in query.get("fields") or [] if timeframes.is_composite(name)}
    made |= {name for name, _ in conditions_of(query) if timeframes.is_composite(name)}
    anything = dict.fromkeys((timeframes.split(name)[0] for name in made), KnownField(_UNKNOWN))
    return {**anything, **known} if anything else known


def _check_any_of(query: Mapping[str, Any], known: Mapping[str, KnownField]) -> None:
    """Refuse an *or* over rows and groups at once: a measure is filtered after it is computed."""
    for control in query.get("controls") or ():
        by_kind: dict[str, str] = {}
        for one in control["filters"]:
            field = known.get(timeframes.split(one["fieldName"])[0])
            if field is not None:
                by_kind.setdefault(field.kind, one["fieldName"])
        if {"measure", "dimension"} <= by_kind.keys():
            raise ArgumentError(
                f"One 'or' is over {by_kind['dimension']}, which is a dimension, and "
                f"{by_kind['measure']}, which is a measure.",
                hint="Rows are filtered by dimensions, groups by measures. Select both, and filter "
                "the frame. " + _UNCHECKED,
            )


def _check_ungrouped(query: Mapping[str, Any], known: Mapping[str, KnownField]) -> None:
    """Refuse measures where rows are not grouped; what Omni makes of them is not known."""
    if query.get("default_group_by") is not False:
        return
    for name in query.get("fields") or []:
        if name in known and known[name].kind == "measure":
            raise ArgumentError(
                f"The query does not group its rows, and {name} is a measure.",
                hint="Leave it out, or group. " + _UNCHECKED,
            )


def texts_like_times(query: Mapping[str, Any]) -> list[str]:
    """Name the fields that are compared with text in which Omni's filters could read a time.

    Examples
    --------
    >>> equal = {"type": "string", "kind": "EQUALS", "values": ["2025-03"]}
    >>> texts_like_times({"filters": {"orders.created_at": equal, "orders.code[month_name]": equal}})
    ['orders.created_at']
    """
    return [
        name
        for name, condition in conditions_of(query)
        if timeframes.split(name)[1] is None and _is_like_time(condition)
    ]


def _is_like_time(condition: Mapping[str, Any]) -> bool:
    if condition.get("type") == "composite":
        return any(_is_like_time(inner) for inner in condition["filters"])
    values = condition.get("values") or ()
    is_equal = condition.get("type") == "string" and condition.get("kind") == "EQUALS"
    return is_equal and bool(values) and all(dates.is_date_literal(value) for value in values)


_MAKING = (periods.COMPUTATIONS, "transposed_measures", "custom_summary_types")
_FITTING = {
    "STRING": "Compare it with text.",
    "NUMBER": "Compare it with numbers, written without quotes.",
    "BOOLEAN": "Compare it with True or False.",
    "TIMESTAMP": "Compare it with a date, or say .in_the('2025-03'); a part is field('…[month_num]').",
}


def _check_name(name: str, known: Mapping[str, KnownField], where: str) -> None:
    bare, timeframe = timeframes.split(name)
    if bare not in known:
        near = near_names(bare, known)
        raise ArgumentError(
            f"{where} has no field {bare}.", hint=f"{near} " + _UNCHECKED if near else _UNCHECKED
        )
    field = known[bare]
    if timeframe is None:
        return
    if field.data_type == "NUMBER" and field.kind != "measure" and timeframe in timeframes.UNITS:
        return  # which numbers are durations, no topic says
    if timeframe.isdecimal() and field.kind != "measure":
        return  # nor which dimensions keep so many of their values (dynamic_top_n)
    if field.kind == "measure" or field.data_type in {"STRING", "NUMBER", "BOOLEAN"}:
        what = "a measure" if field.kind == "measure" else f"{field.data_type} and no time"
        raise ArgumentError(
            f"{name}: {bare} is {what}, so it has no timeframes.", hint="Leave out the bracket."
        )
    if field.data_type != "TIMESTAMP" or timeframe == "raw":
        return  # durations have units of their own
    offered = field.timeframes or timeframes.KNOWN
    of_date = str(field.date_type).upper() == "DATE"
    if timeframe not in offered or (of_date and timeframe in timeframes.OF_TIMES_ONLY):
        listed = sorted(set(offered) - set(timeframes.OF_TIMES_ONLY if of_date else ()))
        near = near_names(timeframe, listed) or f"It has {', '.join(listed)}."
        raise ArgumentError(f"{bare} has no timeframe {timeframe}.", hint=f"{near} " + _UNCHECKED)


def _kind(name: str, known: Mapping[str, KnownField]) -> tuple[str | None, bool]:
    """Tell the type of a selected field, and whether it is a date without a time of day."""
    bare, timeframe = timeframes.split(name)
    if bare not in known:
        return None, False
    of_date = str(known[bare].date_type).upper() == "DATE"
    return _type(name, known), timeframe == "date" or (of_date and timeframe is None)


def _type(name: str, known: Mapping[str, KnownField]) -> str:
    bare, timeframe = timeframes.split(name)
    own = str(known[bare].data_type)
    return (
        (timeframes.data_type(timeframe) or own)
        if timeframe is not None and own == "TIMESTAMP"
        else own
    )
