"""Period over period: the same measures for the current period, and for those before it.

What the vendor's queries look like, and what of it is assumed: docs/wire.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from omnipd.arguments import argument, whole_number
from omnipd.errors import ArgumentError
from omnipd.queries.language import filters, timeframes
from omnipd.queries.language.near_names import near_names

#: The key of a query that lists what is compared.
COMPUTATIONS = "period_over_period_computations"
#: The field that tells the periods apart; Omni makes it.
PERIOD = "omni_period_pivot"
UNITS = ("day", "week", "month", "quarter", "year")
_FIELD, _AGO, _UNIT = "date_filter_field_name", "periods_ago", "time_unit_name"
_DYNAMIC, _IGNORED = "is_dynamic_previous_period", "is_ignored"
# The unit stands there twice where a document is written.
_KEYS = (_FIELD, _AGO, _UNIT, "time_unit", _DYNAMIC, _IGNORED)


def with_comparison(
    computations: list[dict[str, Any]], field: str, periods: int, unit: str | None
) -> list[dict[str, Any]]:
    """Return what is compared with one comparison more; the current period is the first entry.

    Parameters
    ----------
    computations : list of dict
        Those that are there.
    field : str
        Whose date filter says which period is the current one.
    periods : int
        How many of the unit ago.
    unit : str or None
        Of the calendar; None is a period as long as the current one, right before it.

    Raises
    ------
    ArgumentError
        For a unit that there is not, and for a second field.
    """
    if timeframes.split(field)[1] is not None:
        raise ArgumentError(
            f"Periods of {field} cannot be compared: it is cut to a timeframe.",
            hint=f"Compare those of {timeframes.split(field)[0]}, which the date filter is on.",
        )
    periods = whole_number("periods", periods)
    if unit is None and periods != 1:
        raise ArgumentError(
            argument("periods", periods) + " needs a unit.",
            hint="Pass "
            + argument("unit", "month")
            + ", say; without one it is the period before.",
        )
    if unit is not None and unit not in UNITS:
        near = difflib.get_close_matches(str(unit).lower(), UNITS, n=1)
        raise ArgumentError(
            argument("unit", unit) + " is not a unit of the calendar.",
            hint=f"Did you mean {near[0]!r}?" if near else f"It takes {', '.join(UNITS)}.",
        )
    others = {one.get(_FIELD) for one in computations} - {field}
    if others:
        raise ArgumentError(
            f"The query already compares periods of {next(iter(others))!s:.60}, and there is only "
            "one current period."
        )
    now: dict[str, Any] = {_FIELD: field, _AGO: None, _UNIT: None}
    then: dict[str, Any] = {_FIELD: field, _AGO: periods, _UNIT: unit and unit.upper()}
    if unit is None:
        then[_DYNAMIC] = True
    begun = computations or [now]
    return begun if then in begun else [*begun, then]


def in_words(computation: Mapping[str, Any]) -> str | None:
    """Return what one entry compares with; None for the current period.

    Examples
    --------
    >>> in_words({"date_filter_field_name": "a.b", "periods_ago": 2, "time_unit_name": "MONTH"})
    'a.b: 2 months ago'
    """
    ago, unit = computation.get(_AGO), computation.get(_UNIT)
    if computation.get(_DYNAMIC):
        words = "the period before"
    elif ago is None and unit is None:
        return None
    else:
        words = f"{ago} {str(unit).lower()}{'' if ago == 1 else 's'} ago"
    return f"{computation.get(_FIELD)}: {words}"


def check(query: Mapping[str, Any]) -> None:
    """Refuse comparisons of periods that Omni could not make.

    Raises
    ------
    ArgumentError
        Naming what is missing.
    """
    given = query.get(COMPUTATIONS)
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise ArgumentError(f"{COMPUTATIONS} must be a list of objects.")
    for one in given:
        for key in one:
            filters.check_word("A comparison of periods", "key", key, _KEYS, tell=False)
        if not isinstance(one.get(_FIELD), str) or not one[_FIELD]:
            raise ArgumentError(f"A comparison of periods has no {_FIELD}: {dict(one)!r:.80}.")
    for name in dict.fromkeys(one[_FIELD] for one in given if not one.get(_IGNORED)):
        if name.lower() not in map(str.lower, _bounded(query)):
            raise ArgumentError(
                f"The query compares periods of {name}, and no date filter on it says which period is "
                "the current one.",
                hint=near_names(name, _bounded(query))
                or (
                    f"Add .where(field({name!r}).in_the('this month')), say."
                    if "." in name
                    else "Name the time with its view, such as orders.created_at."
                ),
            )
        for key in ("fields", "pivots"):
            if PERIOD not in (query.get(key) or []):
                raise ArgumentError(
                    f"The query compares periods, and {PERIOD} is not among its {key}.",
                    hint=f"Omni tells the periods apart by it: it stands in fields and in pivots, as "
                    f".compare({name!r}, …) puts it there.",
                )


def _bounded(query: Mapping[str, Any]) -> list[str]:
    """List the fields that have a date filter."""
    return [
        on
        for on, condition in (query.get("filters") or {}).items()
        if "date" in filters.types_in(condition)
    ]
