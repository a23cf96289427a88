"""Queries as chance has it, of every kind that the bundled models can answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from queries.plain_sql import (
    DIMENSIONS,
    ENTRANCES,
    FLIGHTS,
    MEASURES,
    NAME_TIMEFRAMES,
    NOT_OF_DATES,
    ORDERS,
    PART_TIMEFRAMES,
    TIMEFRAMES,
    Entrance,
    asked,
)

# A Friday, like 15 November 2013: the flights are asked about eleven years earlier.
NOW = {
    ORDERS: datetime(2024, 11, 15, 10, 30, 45, tzinfo=UTC),
    FLIGHTS: datetime(2013, 11, 15, 10, 30, 45, tzinfo=UTC),
}

# When each word begins and ends, told on 15 November 2024; worked out on a calendar.
_UNITS = {
    "2024": ("2024-01-01", "2025-01-01"),
    "2023": ("2023-01-01", "2024-01-01"),
    "2024-03": ("2024-03-01", "2024-04-01"),
    "2024-12": ("2024-12-01", "2025-01-01"),
    "2024-03-10": ("2024-03-10", "2024-03-11"),
    "2024-03-10 06": ("2024-03-10 06:00", "2024-03-10 07:00"),
    "2024-03-10 07": ("2024-03-10 07:00", "2024-03-10 08:00"),
    "2024-10-27 00:30": ("2024-10-27 00:30", "2024-10-27 00:31"),
    "2024-01-01 00:00:00": ("2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    "2024 Q1": ("2024-01-01", "2024-04-01"),
    "2023 Q4": ("2023-10-01", "2024-01-01"),
    "today": ("2024-11-15", "2024-11-16"),
    "yesterday": ("2024-11-14", "2024-11-15"),
    "tomorrow": ("2024-11-16", "2024-11-17"),
    "this week": ("2024-11-11", "2024-11-18"),
    "last week": ("2024-11-04", "2024-11-11"),
    "this month": ("2024-11-01", "2024-12-01"),
    "last month": ("2024-10-01", "2024-11-01"),
    "next month": ("2024-12-01", "2025-01-01"),
    "this quarter": ("2024-10-01", "2025-01-01"),
    "last quarter": ("2024-07-01", "2024-10-01"),
    "this year": ("2024-01-01", "2025-01-01"),
    "last year": ("2023-01-01", "2024-01-01"),
    "30 days ago": ("2024-10-17", "2024-10-18"),
    "3 months ago": ("2024-09-01", "2024-10-01"),
    "3 complete months ago": ("2024-08-01", "2024-09-01"),
    "2 quarters ago": ("2024-07-01", "2024-10-01"),
    "1 complete year ago": ("2023-01-01", "2024-01-01"),
}
_WINDOWS = {
    "30 days ago for 30 days": ("2024-10-17", "2024-11-16"),
    "6 complete months ago for 6 months": ("2024-05-01", "2024-11-01"),
    "2024-03-31 01 for 12 hours": ("2024-03-31 01:00", "2024-03-31 13:00"),
    "last year for 18 months": ("2023-01-01", "2024-07-01"),
    "2024-05-31 for 1 month": ("2024-05-31", "2024-06-30"),
    "last week for 2 weeks": ("2024-11-04", "2024-11-18"),
}
_PART_VALUES = {
    "IS_ON_DAY_OF_WEEK": ("Monday", "friday", "Sunday", "0", "3"),
    "IS_ON_DAY_OF_MONTH": ("1", "15", "31"),
    "IS_ON_DAY_OF_QUARTER": ("1", "45", "92"),
    "IS_ON_DAY_OF_YEAR": ("1", "60", "365"),
    "IS_IN_MONTH_OF_YEAR": ("march", "November", "2", "12"),
    "IS_IN_QUARTER_OF_YEAR": ("2", "4"),
    "IS_AT_HOUR_OF_DAY": ("0", "6", "7", "23"),
}


def _years_earlier(text: str, years: int) -> str:
    for year in ("2023", "2024", "2025"):
        if text.startswith(year):
            return str(int(year) - years) + text[4:]
    return text


def _periods(years_earlier: int) -> dict[str, tuple[datetime, datetime]]:
    return {
        _years_earlier(word, years_earlier): (
            datetime.fromisoformat(_years_earlier(start, years_earlier)),
            datetime.fromisoformat(_years_earlier(end, years_earlier)),
        )
        for word, (start, end) in {**_UNITS, **_WINDOWS}.items()
    }


PERIODS = {ORDERS: _periods(0), FLIGHTS: _periods(11)}

Values = Mapping[str, list[Any]]


def random_query(chance: Random, values: Values) -> tuple[Entrance, dict[str, Any]]:
    """Make a query, and tell where it starts.

    `values` has for each text or number dimension some of the values that it takes.
    """
    entrance = chance.choice(ENTRANCES)
    model = entrance.model
    dimensions = [name for name in DIMENSIONS[model] if entrance.offers(name)]
    measures = [name for name in MEASURES[model] if entrance.offers(name)]
    if "order_items" not in entrance.views:
        measures = [name for name in measures if name != "order_items.sale_price_per_user"]
    selected = [
        _at_timeframe(chance, model, name)
        for name in chance.sample(dimensions, chance.choice((0, 1, 1, 2, 3)))
    ]
    least = 0 if selected else 1
    count = min(chance.choice((least, 1, 2, 3)), len(measures))
    if not selected and not count:
        selected = [chance.choice(dimensions)]
    fields = selected + chance.sample(measures, count)
    chance.shuffle(fields)
    filters = {
        name: _filter(chance, model, name, values.get(name.partition("[")[0], []))
        for name in (
            _to_filter(chance, model, name)
            for name in chance.sample(
                dimensions, min(chance.choice((0, 0, 1, 1, 2)), len(dimensions))
            )
        )
    }
    exact = [name for name in measures if MEASURES[model][name].exact]
    if exact and chance.random() < 0.3:
        name = chance.choice(exact)
        filters[name] = _having(chance, model, MEASURES[model][name].kind)
    if chance.random() < 0.03:
        filters["nowhere.field"] = {
            **_null(chance),
            "ignore_if_unjoinable": True,
        }
    sortable = [name for name in fields if name in selected or name in exact]
    query: dict[str, Any] = {
        "modelId": model,
        "table": entrance.base,
        "fields": fields,
        "filters": filters,
        "sorts": [
            _sort(chance, name)
            for name in chance.sample(sortable, min(chance.choice((0, 1, 2)), len(sortable)))
        ],
    }
    if chance.random() < 0.2:
        query["controls"] = [
            _any_of(
                chance, model, exact if exact and chance.random() < 0.2 else dimensions, values, n
            )
            for n in range(chance.choice((1, 1, 2)))
        ]
    if entrance.topic is not None:
        query["join_paths_from_topic_name"] = entrance.topic
    limit = chance.choice(("default", None, 1, 5, 40))
    if limit != "default":
        query["limit"] = limit
    if chance.random() < 0.3:
        query["offset"] = chance.choice((0, 1, 2, 3, 7, 1000))
    return entrance, query


def _at_timeframe(chance: Random, model: str, name: str) -> str:
    kind = DIMENSIONS[model][name].kind
    if kind not in {"date", "instant"} or chance.random() < 0.2:
        return name
    timeframes = [*TIMEFRAMES, *PART_TIMEFRAMES, *NAME_TIMEFRAMES]
    return f"{name}[{_timeframe(chance, kind, timeframes)}]"


def _to_filter(chance: Random, model: str, name: str) -> str:
    """Give a time as it is, or a part of it: a cut time cannot be filtered."""
    kind = DIMENSIONS[model][name].kind
    if kind not in {"date", "instant"} or chance.random() < 0.7:
        return name
    return f"{name}[{_timeframe(chance, kind, [*PART_TIMEFRAMES, *NAME_TIMEFRAMES])}]"


def _timeframe(chance: Random, kind: str, timeframes: list[str]) -> str:
    return chance.choice(
        [each for each in timeframes if kind == "instant" or each not in NOT_OF_DATES]
    )


def _sort(chance: Random, name: str) -> dict[str, Any]:
    sort: dict[str, Any] = {"column_name": name, "sort_descending": chance.random() < 0.5}
    nulls = chance.choice((None, "FIRST", "LAST", "DIALECT_DEFAULT", "OMNI_DEFAULT"))
    return sort if nulls is None else {**sort, "null_sort": nulls}


def _having(chance: Random, model: str, kind: str) -> dict[str, Any]:
    return _of_kind(chance, model, kind, [0, 1, 2, 5, 20, 100, "19.59", "0.5", 1000])


def _filter(chance: Random, model: str, name: str, values: list[Any]) -> dict[str, Any]:
    dimension = asked(model, name)
    assert dimension is not None
    fallback: list[Any] = ["March", "Friday"] if dimension.kind == "string" else [1, 3, 7, 12, 30]
    return _of_kind(chance, model, dimension.kind, values if "[" not in name else fallback)


def _of_kind(chance: Random, model: str, kind: str, values: list[Any]) -> dict[str, Any]:
    rolled = chance.random()
    if rolled < 0.1:
        return _null(chance)
    if rolled < 0.25:
        return {
            "type": "composite",
            "conjunction": chance.choice(("AND", "OR")),
            "filters": [
                _of_kind(chance, model, kind, values) for _ in range(chance.choice((1, 2, 3)))
            ],
            **_sign(chance),
        }
    if rolled < 0.28:
        # What does not fit its field restricts nothing.
        kind = {"number": "string", "string": "number"}.get(kind, "number")
        values = ["1", "2"]
    match kind:
        case "string":
            return _text(chance, [str(each) for each in values])
        case "number":
            return _number(chance, [str(each) for each in values])
        case "boolean":
            return _boolean(chance)
        case _:
            return _date(chance, model)


def _sign(chance: Random) -> dict[str, Any]:
    return chance.choice(({}, {}, {"is_negative": False}, {"is_negative": True}))


def _null(chance: Random) -> dict[str, Any]:
    return {"type": "null", **_sign(chance)}


def _some(chance: Random, values: list[str], most: int) -> list[str]:
    return chance.sample(values, min(chance.randint(1, most), len(values)))


def _text(chance: Random, values: list[str]) -> dict[str, Any]:
    kind = chance.choice(
        ("EQUALS", "EQUALS", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "SQL_LIKE", "IS_EMPTY")
    )
    given = _some(chance, values, 4 if kind == "EQUALS" else 2)
    match kind:
        case "CONTAINS":
            given = [each[1:4] or each for each in given]
        case "STARTS_WITH":
            given = [each[:2] for each in given]
        case "ENDS_WITH":
            given = [each[-2:] for each in given]
        case "SQL_LIKE":
            given = [
                chance.choice((f"{each[:2]}%", f"%{each[1:3]}%", f"_{each[1:]}")) for each in given
            ]
        case "IS_EMPTY":
            given = chance.choice(([], [], given))
    given = [each.swapcase() if chance.random() < 0.2 else each for each in given if each]
    filter_ = {"type": "string", "kind": kind, "values": given, **_sign(chance)}
    return {**filter_, "case_insensitive": True} if chance.random() < 0.3 else filter_


def _number(chance: Random, values: list[str]) -> dict[str, Any]:
    kind = chance.choice(("EQUALS", "GREATER_THAN", "LESS_THAN", "BETWEEN"))
    given = _some(chance, values, 3) if kind == "EQUALS" else _some(chance, values, 1)
    if kind == "BETWEEN":
        given = [*given, chance.choice(values)] if values else []
        # Now and then upside down, which nothing is between.
        given = sorted(given, key=float) if chance.random() < 0.9 else given
    filter_ = {"type": "number", "kind": kind, "values": given, **_sign(chance)}
    return {**filter_, "is_inclusive": True} if chance.random() < 0.4 else filter_


def _boolean(chance: Random) -> dict[str, Any]:
    return chance.choice(
        (
            {"type": "boolean", "is_negative": False},
            {"type": "boolean", "is_negative": True},
            {"type": "boolean", "is_negative": True, "treat_nulls_as_false": True},
            {"type": "boolean"},
            {"type": "boolean", "is_negative": False, "kind": "EQUALS"},
        )
    )


def _date(chance: Random, model: str) -> dict[str, Any]:
    words = [word for word in PERIODS[model] if " for " not in word]
    windows = [word for word in PERIODS[model] if " for " in word]
    kind = chance.choice(
        (
            "BETWEEN",
            "ON_OR_AFTER",
            "BEFORE",
            "TIME_FOR_UNIT_DURATION",
            "TIME_FOR_INTERVAL_DURATION",
            *chance.choices(list(_PART_VALUES), k=3),
        )
    )
    left, right = chance.choice(words), chance.choice(words)
    sides = {
        "BETWEEN": {"left_side": left, "right_side": right},
        "ON_OR_AFTER": {"left_side": left},
        "BEFORE": {"right_side": right},
        "TIME_FOR_UNIT_DURATION": {"left_side": left},
        "TIME_FOR_INTERVAL_DURATION": dict(
            zip(("left_side", "right_side"), chance.choice(windows).split(" for "), strict=True)
        ),
    }
    given = sides.get(kind) or {"left_side": chance.choice(_PART_VALUES[kind])}
    return {"type": "date", "kind": kind, **given, **_sign(chance)}


def random_date_with_ends(chance: Random, model: str) -> dict[str, Any]:
    """Filter a time by a stretch that begins and ends."""
    words = sorted(
        (word for word in PERIODS[model] if " for " not in word), key=PERIODS[model].__getitem__
    )
    windows = [word for word in PERIODS[model] if " for " in word]
    # In their order, since nothing is between the other way round.
    left, right = sorted(chance.sample(range(len(words)), 2))
    left_side, duration = chance.choice(windows).split(" for ")
    return {
        "type": "date",
        **chance.choice(
            (
                {"kind": "BETWEEN", "left_side": words[left], "right_side": words[right]},
                {"kind": "TIME_FOR_UNIT_DURATION", "left_side": chance.choice(words)},
                {
                    "kind": "TIME_FOR_INTERVAL_DURATION",
                    "left_side": left_side,
                    "right_side": duration,
                },
            )
        ),
    }


def _any_of(chance: Random, model: str, names: list[str], values: Values, number: int) -> Any:
    """Make a control: filters of which one must hold, all on dimensions or all on measures."""
    filters = []
    chosen = chance.sample(names, min(chance.choice((2, 2, 3)), len(names)))
    fields = (
        each if each in MEASURES[model] else _to_filter(chance, model, each) for each in chosen
    )
    for place, name in enumerate(fields):
        if name in MEASURES[model]:
            filter_ = _having(chance, model, MEASURES[model][name].kind)
        else:
            filter_ = _filter(chance, model, name, values.get(name.partition("[")[0], []))
        filters.append({"id": f"f{place}", "fieldName": name, "filter": filter_})
    return {
        "id": f"c{number}",
        "type": "MULTI_FIELD_FILTER",
        "conjunction": "OR",
        "filters": filters,
    }
