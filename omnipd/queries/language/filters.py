"""Filter objects of a query, checked: Omni fails one that it cannot read, or ignores it.

Near-misses of known words are refused. Words that omnipd does not know and that are near none may be
newer than it is: they are sent, with a warning.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from omnipd.errors import ArgumentError, warn
from omnipd.queries.language.recurring import PARTS, near_name

_ANY = ("type", "is_negative", "cancel_query_filter", "ignore_if_unjoinable", "appliedLabels")
#: The kinds that filters of a type have.
KINDS: dict[str, tuple[str, ...]] = {
    "string": ("EQUALS", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "SQL_LIKE", "IS_EMPTY"),
    "number": ("EQUALS", "GREATER_THAN", "LESS_THAN", "BETWEEN"),
    "date": (
        "BETWEEN",
        "ON_OR_AFTER",
        "BEFORE",
        "TIME_FOR_UNIT_DURATION",
        "TIME_FOR_INTERVAL_DURATION",
        "QUERY_OFFSET",
        *(f"IS_ON_DAY_OF_{part}" for part in ("WEEK", "MONTH", "QUARTER", "YEAR")),
        *(f"IS_IN_{part}{more}" for part in ("MONTH", "QUARTER") for more in ("", "_OF_YEAR")),
        "IS_IN_WEEK_OF_YEAR",
        "IS_AT_HOUR_OF_DAY",
    ),
}
_KEYS: dict[str, tuple[str, ...]] = {
    "string": ("kind", "values", "case_insensitive"),
    "number": ("kind", "values", "is_inclusive"),
    "date": ("kind", "left_side", "right_side", "ui_type", "isFiscal", "offset_interval_string"),
    "boolean": ("treat_nulls_as_false",),
    "null": (),
    "composite": ("conjunction", "filters"),
    "query": ("field_name", "query_id", "disregard_limit", "view_query"),
    "user_attribute": ("user_attribute_name",),
}
_SIDES: dict[Any, tuple[str, ...]] = {
    "BETWEEN": ("left_side", "right_side"),
    "ON_OR_AFTER": ("left_side",),
    "BEFORE": ("right_side",),
    "TIME_FOR_UNIT_DURATION": ("left_side",),
    "TIME_FOR_INTERVAL_DURATION": ("left_side", "right_side"),
}
#: How the kinds of a part of a time begin, such as the day of a week.
_RECURRING = ("IS_ON_", "IS_IN_", "IS_AT_")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
#: What stands for no value is a type of filter and no kind; Omni fails such a query (docs/wire.md).
_NULL_KINDS = {"null", "isnull", "notnull", "isnotnull"}
#: Keys that hold true or false; Omni takes any text in them for true, or for nothing.
_FLAGS = (
    *("is_negative", "cancel_query_filter", "ignore_if_unjoinable", "case_insensitive"),
    *("is_inclusive", "isFiscal", "treat_nulls_as_false", "disregard_limit"),
)
#: Keys that hold text.
_TEXTS = ("left_side", "right_side", "field_name", "query_id", "user_attribute_name")
#: What a filter of a type cannot do without.
_NEEDED = {"query": ("field_name", "query_id"), "user_attribute": ("user_attribute_name",)}
#: The one type of control whose effect on a query is documented.
ANY_OF = "MULTI_FIELD_FILTER"
_CONTROL = (
    f'For example [{{"id": "c1", "type": "{ANY_OF}", "conjunction": "OR", "filters": [{{"id": "f1", '
    '"fieldName": "users.state", "filter": {"type": "string", "kind": "EQUALS", "values": ["CA"]}}]}].'
)
_DATA_TYPES = {"string": "STRING", "number": "NUMBER", "date": "TIMESTAMP", "boolean": "BOOLEAN"}
#: Other words for these (docs/wire.md).
_SAME_TYPES = {"DATE": "TIMESTAMP"}


def check(filters: Any) -> None:
    """Refuse filters that Omni would not read as they are meant.

    Raises
    ------
    ArgumentError
        Naming the field and the word at fault.
    """
    if not isinstance(filters, Mapping):
        raise ArgumentError("filters must be an object: field name → filter object.")
    for name, condition in filters.items():
        _check_one(f"The filter on {name!r}", condition)


def check_controls(controls: Any) -> None:
    """Refuse controls of another shape than Omni's, and filters in them that it would misread.

    Raises
    ------
    ArgumentError
        Naming the control and the word at fault.
    """
    if not isinstance(controls, list) or not all(isinstance(one, Mapping) for one in controls):
        raise ArgumentError("controls must be a list of objects.", hint=_CONTROL)
    for place, control in enumerate(controls, 1):
        what = f"Control {place}"
        if control.get("type") != ANY_OF:
            raise ArgumentError(
                f"{what} is of the type {control.get('type')!r:.60}; what Omni makes of it is not "
                "known.",
                hint=f"A filter on several fields is of the type {ANY_OF}.",
            )
        if control.get("conjunction", "OR") != "OR":
            raise ArgumentError(
                f"{what} has the conjunction {control['conjunction']!r:.60}; Omni knows OR only.",
                hint="Several controls, and the query's filters, are joined by AND.",
            )
        listed = control.get("filters")
        if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
            raise ArgumentError(f"{what} has no list of filters.", hint=_CONTROL)
        for one in listed:
            if not isinstance(one.get("fieldName"), str) or not one["fieldName"]:
                raise ArgumentError(f"{what} has a filter without a fieldName.", hint=_CONTROL)
            _check_one(f"The filter on {one['fieldName']!r} in control {place}", one.get("filter"))


def conditions_of(query: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the filters of a query, those in its controls too, each with the field that it is on."""
    in_controls = (
        (one["fieldName"], one["filter"])
        for control in query.get("controls") or ()
        for one in control["filters"]
    )
    return [*(query.get("filters") or {}).items(), *in_controls]


def ignored(filters: Mapping[str, Any], data_types: Mapping[str, str]) -> list[str]:
    """Return the fields whose filter is of another type than the field; Omni did not apply those.

    Parameters
    ----------
    filters : mapping
        Those of the query.
    data_types : mapping of str to str
        Of the fields that the answer describes, as ``STRING``, ``NUMBER``, ``TIMESTAMP`` …

    Examples
    --------
    >>> ignored({"a.t": {"type": "string"}}, {"a.t[month]": "TIMESTAMP"})
    ['a.t']
    """
    found = []
    data_types = {name: _SAME_TYPES.get(kind, kind) for name, kind in data_types.items()}
    for name, condition in filters.items():
        wanted = {_DATA_TYPES[kind] for kind in types_in(condition) if kind in _DATA_TYPES}
        known = {data_types[name]} if name in data_types else set()
        if any(
            kind == "TIMESTAMP" and field.startswith(f"{name}[")
            for field, kind in data_types.items()
        ):
            known.add("TIMESTAMP")
        known &= set(_DATA_TYPES.values())
        if wanted and known and not wanted <= known:
            found.append(name)
    return found


def types_in(condition: Any) -> Iterable[str]:
    """Give the type of a filter and of all within it."""
    return (str(one.get("type")) for one in within(condition))


def unknown_word(condition: Any) -> str | None:
    """Return what omnipd does not know in a filter: its type or its kind; None if it knows both.

    Examples
    --------
    >>> unknown_word({"type": "date", "kind": "WITHIN_RANGE"})
    "kind 'WITHIN_RANGE'"
    """
    for one in within(condition):
        type_, kind = one.get("type"), one.get("kind")
        if type_ not in list(_KEYS):
            return f"type {type_!r:.40}"
        if type_ in KINDS and kind not in list(KINDS[type_]):
            return f"kind {kind!r:.40}"
    return None


def filters_nothing(condition: Mapping[str, Any]) -> bool:
    """Whether a filter leaves all rows, since nothing is chosen in it.

    Examples
    --------
    >>> filters_nothing({"type": "string", "kind": "EQUALS", "values": []})
    True
    """
    type_, kind = condition.get("type"), condition.get("kind")
    if type_ == "composite":
        inner = condition.get("filters")
        # What is empty is left out of an OR, too: Omni's SQL has no word of it.
        return not inner or (isinstance(inner, list) and all(map(filters_nothing, inner)))
    if type_ == "boolean":
        return condition.get("is_negative") is None
    if type_ in {"string", "number"}:
        return not condition.get("values") and kind != "IS_EMPTY"
    if type_ == "date" and (kind is None or kind in _SIDES):
        return not any(condition.get(side) for side in ("left_side", "right_side"))
    return False


def all_in(query: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Give every filter of a query, and those within composite ones."""
    for _, condition in conditions_of(query):
        yield from within(condition)


def within(condition: Any) -> Iterable[Mapping[str, Any]]:
    """Give a filter and all within it."""
    if isinstance(condition, Mapping):
        yield condition
        inner = condition.get("filters")
        for one in inner if isinstance(inner, list) else ():
            yield from within(one)


def _check_one(what: str, condition: Any) -> None:
    if not isinstance(condition, Mapping):
        raise ArgumentError(
            f"{what} is {condition!r:.80}; Omni takes filter objects only.",
            hint=f"For example {_example(condition)}.",
        )
    if "type" not in condition:
        raise ArgumentError(f"{what} has no type.", hint=f"It takes {', '.join(_KEYS)}.")
    kind = condition["type"]
    check_word(what, "type", kind, _KEYS)
    if kind not in list(_KEYS):
        return
    if kind == "date" and "values" in condition:
        raise ArgumentError(
            f"{what} is a date filter with values, which Omni ignores.",
            hint='Its bounds are left_side and right_side, for example {"type": "date", "kind": '
            '"BETWEEN", "left_side": "2025-01-01", "right_side": "2025-04-01"}.',
        )
    if kind in {"boolean", "null"} and {"kind", "values"} & condition.keys():
        raise ArgumentError(
            f"{what} is a {kind} filter with kind or values, which Omni ignores.",
            hint='It has only "is_negative": true or false.',
        )
    for key in condition:
        check_word(what, "key", key, (*_ANY, *_KEYS[kind]), tell=False)
    if kind in KINDS:
        if "kind" not in condition:
            raise ArgumentError(f"{what} has no kind.", hint=f"It takes {', '.join(KINDS[kind])}.")
        _check_kind(what, condition["kind"], KINDS[kind])
    _check_bounds(what, condition)
    if kind == "boolean" and condition.get("is_negative") is None:
        _tell_of_nothing(what, "no is_negative")
    if kind == "composite":
        _check_composite(what, condition)


def _check_kind(what: str, given: Any, known: Iterable[str]) -> None:
    if _fold(given) in _NULL_KINDS:
        negative = "true" if "not" in _fold(given) else "false"
        raise ArgumentError(
            f"{what} has the kind {given!r}, which Omni refuses.",
            hint=f'Null is a type of its own: {{"type": "null", "is_negative": {negative}}}.',
        )
    check_word(what, "kind", given, known, then="refuse")


def _check_part(what: str, condition: Mapping[str, Any]) -> None:
    """Refuse a day of the week, a month or an hour that there is not."""
    part = PARTS.get(str(condition.get("kind")))
    given = str(condition.get("left_side") or "").strip()
    if part is None or not given or part.holds(given):
        return
    near = near_name(given, part.names)
    raise ArgumentError(
        f"{what} is {condition['kind']} and has left_side: {given!r:.40}, which is none.",
        hint=f"Did you mean {near!r}?"
        if near
        else f"It takes {', '.join(part.names) or part.values}.",
    )


def _check_composite(what: str, condition: Mapping[str, Any]) -> None:
    if condition.get("conjunction") not in ("AND", "OR"):
        raise ArgumentError(f"{what} is composite without a conjunction.", hint="AND or OR.")
    if not isinstance(condition.get("filters"), list):
        raise ArgumentError(f"{what} is composite and has no list of filters.")
    if not condition["filters"]:
        _tell_of_nothing(what, "no filters in it")
    for inner in condition["filters"]:
        _check_one(what, inner)


def _check_bounds(what: str, condition: Mapping[str, Any]) -> None:
    """Refuse bounds that are missing or stand on the wrong side: Omni then filters nothing."""
    kind = (condition["type"], str(condition.get("kind")))
    for key in _FLAGS:
        if condition.get(key) is not None and not isinstance(condition[key], bool):
            raise ArgumentError(f"{what} has {key}: {condition[key]!r:.40}, not true or false.")
    for key in _TEXTS:
        if condition.get(key) is not None and not isinstance(condition[key], str):
            raise ArgumentError(
                f"{what} has {key}: {condition[key]!r:.40}, which is not text; Omni would ignore it.",
                hint=f'Write "{key}": "{condition[key]!s:.40}".',
            )
    for side in ("left_side", "right_side") if kind[0] == "date" else ():
        if str(condition.get(side)).strip().lower() == "now":
            raise ArgumentError(
                f"{what} has {side}: 'now', which Omni refuses.",
                hint="Write today, or a time such as 2025-03-01 17:30.",
            )
    if kind[0] == "date":
        _check_part(what, condition)
    recurring = ("left_side",) if kind[1].startswith(_RECURRING) else ()
    for side in _SIDES.get(kind[1], recurring) if kind[0] == "date" else ():
        if not condition.get(side):
            raise ArgumentError(f"{what} is {kind[1]} and has no {side}.")
    for key in _NEEDED.get(kind[0], ()):
        if not condition.get(key):
            raise ArgumentError(f"{what} has no {key}.")
    if kind[0] in {"string", "number"}:
        _check_list(what, *kind, condition.get("values"))


def _check_list(what: str, type_: str, kind: str, values: Any) -> None:
    """Refuse values that Omni would ignore, for one of which it filters nothing at all."""
    if not isinstance(values, list):
        raise ArgumentError(f"{what} has no list of values.", hint='Write "values": [...].')
    for value in values:
        if type_ == "string" and not isinstance(value, str):
            raise ArgumentError(
                f"{what} is of type string and has the value {value!r:.40}, which is not text.",
                hint="Null has a filter of its own, of type null; composite joins the two."
                if value is None
                else f'Write it as text, "{value!s:.40}", if the field is one.',
            )
        if type_ == "number" and not _is_number(value):
            raise ArgumentError(
                f"{what} is of type number and has the value {value!r:.40}, which is not a number.",
                hint='For example "values": ["60"]; null has a filter of its own, of type null.',
            )
    if (type_, kind) == ("string", "IS_EMPTY"):
        if values:
            raise ArgumentError(
                f"{what} is IS_EMPTY with values, which Omni ignores.", hint='"values": []'
            )
    elif (type_, kind) == ("number", "BETWEEN"):
        if len(values) != 2:
            raise ArgumentError(f"{what} is BETWEEN and has {len(values)} values, not two.")
    elif not values:
        _tell_of_nothing(what, "no values")
    elif kind in {"GREATER_THAN", "LESS_THAN"} and len(values) > 1:
        raise ArgumentError(f"{what} is {kind} and has {len(values)} values, not one.")


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _tell_of_nothing(what: str, lack: str) -> None:
    # Omni's own pages leave such a filter where a person has chosen nothing.
    warn(f"{what} has {lack}, so that Omni filters nothing: all rows come.")


#: What Omni does with a word that it does not know: of this one, of any, and what comes of it.
_CONSEQUENCES = {
    "ignore": ("would ignore", "ignores", ", and then filters nothing"),
    "refuse": ("refuses", "refuses", ""),
}


def check_word(
    what: str,
    word: str,
    given: Any,
    known: Iterable[str],
    *,
    tell: bool = True,
    then: Literal["ignore", "refuse"] = "ignore",
) -> None:
    """Refuse a near-miss of a known word, and tell of one that is near to none.

    Parameters
    ----------
    what, word : str
        Begin the message: ``The filter on a.b`` has the ``kind`` …
    given : object
        As it was written.
    known : iterable of str
        What is known.
    tell : bool
        Whether a word that is near to none is worth a warning.
    then : {"ignore", "refuse"}
        What Omni does with such a word.

    Raises
    ------
    ArgumentError
        With the word that seems to be meant.
    """
    known = list(known)
    if given in known:
        return
    would, does, lost = _CONSEQUENCES[then]
    folded = {_fold(one): one for one in known}
    near = folded.get(_fold(given)) or next(
        iter(difflib.get_close_matches(str(given), known, n=1, cutoff=0.7)), None
    )
    if near is not None:
        raise ArgumentError(
            f"{what} has the {word} {given!r}, which Omni {would}.",
            hint=f"Did you mean {near!r}?",
        )
    if tell:
        warn(
            f"{what} has the {word} {given!r}, which omnipd does not know. Omni {does} what it does "
            f"not know{lost}. Known are {', '.join(known)}."
        )


def _fold(word: Any) -> str:
    return re.sub(r"[^a-z]", "", str(word).lower())


def _example(value: Any) -> str:
    """Return a filter object that says what a bare value seems to mean."""
    if isinstance(value, bool):
        return f'{{"type": "boolean", "is_negative": {str(not value).lower()}}}'
    if isinstance(value, int | float):
        return f'{{"type": "number", "kind": "EQUALS", "values": ["{value}"]}}'
    if value is None:
        return '{"type": "null"}'
    if re.match(r"\d{4}-\d\d", str(value)):
        return f'{{"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "{value}"}}'
    return '{"type": "string", "kind": "EQUALS", "values": ["CA"]}'
