"""The two bundled models as a person would query them: tables, joins and formulas by hand.

`statement` turns a query object into one plain SQL statement. It knows nothing of how a planner
works: it joins everything, once, and before it aggregates anything it takes the distinct rows of
the measure's own view, told apart by their primary key. So no join can repeat a row, and nothing
has to decide whether one would. Nothing here imports the package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FLIGHTS = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"

# --- the ways into the models


@dataclass(frozen=True)
class Entrance:
    """Hold where a query may start, and what is joined there."""

    model: str
    base: str
    views: tuple[str, ...]
    # The joins that are always made, whatever is asked for.
    joins: str = ""
    # Those to a single row, each under the name it gives: made where something reads it.
    to_one: Mapping[str, str] = field(default_factory=dict)
    topic: str | None = None
    where: str = "true"
    # Only these fields of a view, where not all are offered.
    only: Mapping[str, tuple[str, ...]] | None = None

    def offers(self, name: str) -> bool:
        """Tell whether a field can be asked for here."""
        view, field = name.split(".")
        only = (self.only or {}).get(view)
        return view in self.views and (only is None or field in only)


_OF_AN_ITEM = """LEFT JOIN users ON order_items.user_id = users.id
    LEFT JOIN products ON order_items.sku = products.sku"""
_OF_A_USER = """LEFT JOIN order_items ON order_items.user_id = users.id
    LEFT JOIN products ON order_items.sku = products.sku"""
_OF_A_FLIGHT = {
    "airlines": "LEFT JOIN airlines ON flights.carrier = airlines.carrier",
    "planes": "LEFT JOIN planes ON flights.tailnum = planes.tailnum",
    "weather": "LEFT JOIN weather ON flights.origin = weather.origin"
    " AND flights.time_hour = weather.time_hour",
    "origin_airport": "LEFT JOIN airports origin_airport ON flights.origin = origin_airport.faa",
    "dest_airport": "LEFT JOIN airports dest_airport ON flights.dest = dest_airport.faa",
}
_SHOP = ("order_items", "users", "products")
_AIR = ("flights", *_OF_A_FLIGHT)

ENTRANCES = (
    Entrance(ORDERS, "order_items", _SHOP, _OF_AN_ITEM, topic="orders"),
    Entrance(ORDERS, "users", _SHOP, _OF_A_USER, topic="users"),
    Entrance(
        ORDERS,
        "order_items",
        _SHOP,
        _OF_AN_ITEM,
        topic="completed_orders",
        where="order_items.status = 'complete'",
        only={"users": ("state", "count")},
    ),
    Entrance(ORDERS, "order_items", _SHOP, _OF_AN_ITEM),
    Entrance(ORDERS, "users", _SHOP, _OF_A_USER),
    Entrance(ORDERS, "products", ("products",)),
    Entrance(FLIGHTS, "flights", _AIR, to_one=_OF_A_FLIGHT, topic="flights"),
    Entrance(FLIGHTS, "flights", _AIR, to_one=_OF_A_FLIGHT),
    Entrance(FLIGHTS, "weather", ("weather",)),
    Entrance(FLIGHTS, "planes", ("planes",)),
)

# --- dimensions: what each is over one row, and the kind of filter that fits it


@dataclass(frozen=True)
class Dimension:
    """Hold a dimension's formula; a pattern if some truncated times are also written as text."""

    sql: str
    kind: str
    pattern: str | None = None


def _columns(view: str, **kinds: str) -> dict[str, Dimension]:
    return {
        f"{view}.{name}": Dimension(f"{view}.{name}", kind)
        for kind, names in kinds.items()
        for name in names.split()
    }


def _airport(role: str) -> dict[str, Dimension]:
    return {
        **_columns(role, string="faa name dst tzone", number="lat lon alt tz"),
        f"{role}.name_and_code": Dimension(f"{role}.name || ' (' || {role}.faa || ')'", "string"),
    }


DIMENSIONS = {
    ORDERS: {
        **_columns(
            "order_items",
            number="id order_id user_id quantity sale_price",
            string="sku status note",
            boolean="is_gift",
            instant="created_at",
            date="shipped_on",
        ),
        "order_items.amount": Dimension("order_items.quantity * order_items.sale_price", "number"),
        "order_items.is_full_price": Dimension(
            "order_items.sale_price >= products.list_price", "boolean"
        ),
        **_columns(
            "users",
            number="id age credit",
            string="name email state",
            boolean="is_vip",
            date="signed_up_on",
        ),
        "users.sign_up_month": Dimension("month(users.signed_up_on)", "number"),
        "users.cohort": Dimension("users.signed_up_on", "date", "%Y-%m"),
        **_columns(
            "products", string="sku name category", number="list_price", date="discontinued_on"
        ),
    },
    FLIGHTS: {
        **_columns(
            "flights",
            number="id year month day dep_time sched_dep_time dep_delay arr_time sched_arr_time"
            " arr_delay flight air_time distance hour minute",
            string="carrier tailnum origin dest",
            instant="time_hour",
        ),
        "flights.date": Dimension("make_date(flights.year, flights.month, flights.day)", "date"),
        "flights.route": Dimension("flights.origin || '-' || flights.dest", "string"),
        "flights.is_cancelled": Dimension("flights.dep_time IS NULL", "boolean"),
        "flights.is_late": Dimension("flights.arr_delay > 15", "boolean"),
        **_columns("airlines", string="carrier name"),
        **_columns(
            "planes",
            string="tailnum type manufacturer model engine",
            number="year engines seats speed",
        ),
        **_columns(
            "weather",
            string="origin",
            instant="time_hour",
            number="year month day hour temp dewp humid wind_dir wind_speed wind_gust precip"
            " pressure visib",
        ),
        **_airport("origin_airport"),
        **_airport("dest_airport"),
    },
}

# --- measures: what each is over the distinct rows of its own view


@dataclass(frozen=True)
class Part:
    """Hold one aggregate: the key of the rows it reads, the value of each, how they combine."""

    key: tuple[str, ...]
    value: str
    how: str
    # What it is where there is no row.
    empty: str = "NULL"


@dataclass(frozen=True)
class Measure:
    """Hold a measure as a formula over aggregates."""

    parts: tuple[Part, ...]
    formula: str = "{0}"
    kind: str = "number"
    # Sums of doubles depend on their order, so nothing may hang on the last digit.
    exact: bool = True


_KEYS = {
    "order_items": ("order_items.id",),
    "users": ("users.id",),
    "products": ("products.sku",),
    "flights": ("flights.id",),
    "airlines": ("airlines.carrier",),
    "planes": ("planes.tailnum",),
    "weather": ("weather.origin", "weather.time_hour"),
    "origin_airport": ("origin_airport.faa",),
    "dest_airport": ("dest_airport.faa",),
}


def _part(view: str, how: str, value: str) -> Part:
    aggregates = {
        "count": ("count({v})", "0"),
        "distinct": ("count(DISTINCT {v})", "0"),
        "sum": ("coalesce(sum({v}), 0)", "0"),
        "avg": ("avg({v})", "NULL"),
        "median": ("median({v})", "NULL"),
        "p90": ("quantile_cont({v}, 0.9)", "NULL"),
        "min": ("min({v})", "NULL"),
        "max": ("max({v})", "NULL"),
    }
    written, empty = aggregates[how]
    return Part(_KEYS[view], value, written, empty)


def _one(view: str, how: str, value: str = "1", *, kind: str = "number", exact: bool = True):
    return Measure((_part(view, how, value),), kind=kind, exact=exact)


def _when(test: str, value: str = "1") -> str:
    return f"CASE WHEN {test} THEN {value} END"


_ITEM, _USER, _FLIGHT = "order_items", "users", "flights"

MEASURES = {
    ORDERS: {
        "order_items.count": _one(_ITEM, "count"),
        "order_items.orders": _one(_ITEM, "distinct", "order_items.order_id"),
        "order_items.total_quantity": _one(_ITEM, "sum", "order_items.quantity"),
        "order_items.total_sale_price": _one(_ITEM, "sum", "order_items.sale_price"),
        "order_items.average_sale_price": _one(_ITEM, "avg", "order_items.sale_price"),
        "order_items.median_sale_price": _one(_ITEM, "median", "order_items.sale_price"),
        "order_items.max_sale_price": _one(_ITEM, "max", "order_items.sale_price"),
        "order_items.total_amount": _one(
            _ITEM, "sum", "order_items.quantity * order_items.sale_price"
        ),
        "order_items.gifts": _one(_ITEM, "count", _when("order_items.is_gift")),
        "order_items.returned_sale_price": _one(
            _ITEM, "sum", _when("order_items.status = 'returned'", "order_items.sale_price")
        ),
        "order_items.sale_price_per_user": Measure(
            (_part(_ITEM, "sum", "order_items.sale_price"), _part(_USER, "count", "1")),
            "{0} / nullif({1}, 0)",
        ),
        "order_items.first_ordered_at": _one(
            _ITEM, "min", "order_items.created_at", kind="instant"
        ),
        "order_items.sum_of_order_ids": Measure(
            (Part(("order_items.order_id",), "order_items.order_id", "sum({v})", "0"),),
            "coalesce({0}, 0)",
        ),
        "users.count": _one(_USER, "count"),
        "users.average_age": _one(_USER, "avg", "users.age"),
        "users.total_credit": _one(_USER, "sum", "users.credit"),
        "users.vips": _one(_USER, "count", _when("users.is_vip")),
        "products.count": _one("products", "count"),
        "products.total_list_price": _one("products", "sum", "products.list_price"),
    },
    FLIGHTS: {
        "flights.count": _one(_FLIGHT, "count"),
        "flights.average_dep_delay": _one(_FLIGHT, "avg", "flights.dep_delay"),
        "flights.median_dep_delay": _one(_FLIGHT, "median", "flights.dep_delay"),
        "flights.percentile_90_dep_delay": _one(_FLIGHT, "p90", "flights.dep_delay"),
        "flights.max_dep_delay": _one(_FLIGHT, "max", "flights.dep_delay"),
        "flights.average_arr_delay": _one(_FLIGHT, "avg", "flights.arr_delay"),
        "flights.median_arr_delay": _one(_FLIGHT, "median", "flights.arr_delay"),
        "flights.total_distance": _one(_FLIGHT, "sum", "flights.distance"),
        "flights.average_distance": _one(_FLIGHT, "avg", "flights.distance"),
        "flights.total_air_time": _one(_FLIGHT, "sum", "flights.air_time"),
        "flights.planes": _one(_FLIGHT, "distinct", "flights.tailnum"),
        "flights.destinations": _one(_FLIGHT, "distinct", "flights.dest"),
        "flights.cancellations": _one(_FLIGHT, "count", _when("flights.dep_time IS NULL")),
        "flights.late_arrivals": _one(_FLIGHT, "count", _when("flights.arr_delay > 15")),
        "flights.long_haul_flights": _one(
            _FLIGHT, "count", _when("flights.distance >= 2000 AND flights.dep_time IS NOT NULL")
        ),
        "flights.cancellation_rate": Measure(
            (
                _part(_FLIGHT, "count", _when("flights.dep_time IS NULL")),
                _part(_FLIGHT, "count", "1"),
            ),
            "{0} * 1.0 / nullif({1}, 0)",
        ),
        "flights.average_speed": Measure(
            (
                Part(_KEYS[_FLIGHT], "flights.distance", "sum({v})"),
                Part(_KEYS[_FLIGHT], "flights.air_time", "sum({v})"),
            ),
            "{0} * 60.0 / nullif({1}, 0)",
        ),
        "flights.first_departure": _one(_FLIGHT, "min", "flights.time_hour", kind="instant"),
        "flights.last_date": _one(
            _FLIGHT, "max", "make_date(flights.year, flights.month, flights.day)", kind="date"
        ),
        "airlines.count": _one("airlines", "count"),
        "planes.count": _one("planes", "count"),
        "planes.total_seats": _one("planes", "sum", "planes.seats"),
        "planes.average_seats": _one("planes", "avg", "planes.seats"),
        "planes.median_year": _one("planes", "median", "planes.year"),
        "weather.count": _one("weather", "count"),
        "weather.average_temp": _one("weather", "avg", "weather.temp", exact=False),
        "weather.total_precip": _one("weather", "sum", "weather.precip", exact=False),
        "weather.max_wind_speed": _one("weather", "max", "weather.wind_speed"),
        **{
            f"{role}.{name}": measure
            for role in ("origin_airport", "dest_airport")
            for name, measure in {
                "count": _one(role, "count"),
                "average_altitude": _one(role, "avg", f"{role}.alt"),
            }.items()
        },
    },
}

# --- timeframes, over a time without a zone

TIMEFRAMES = {
    **{unit: f"date_trunc('{unit}', {{t}})::TIMESTAMP" for unit in ("year", "quarter", "month")},
    "week": "date_trunc('day', {t})::TIMESTAMP - to_days(isodow({t})::INTEGER - 1)",
    "date": "date_trunc('day', {t})::TIMESTAMP",
    **{
        unit: f"date_trunc('{unit}', {{t}})::TIMESTAMP"
        for unit in ("hour", "minute", "second", "millisecond")
    },
}
PART_TIMEFRAMES = {
    "quarter_of_year": "(month({t}) + 2) // 3",
    "month_num": "month({t})",
    "week_of_year": "weekofyear({t})",
    "day_of_week_num": "(dayofweek({t}) + 6) % 7 + 1",
    "hour_of_day": "hour({t})",
    "day_of_month": "day({t})",
    "day_of_year": "dayofyear({t})",
    "day_of_quarter": "({t})::DATE - date_trunc('quarter', {t})::DATE + 1",
    "epoch": "floor(epoch_us({t}) / 1000000)::BIGINT",
}
NAME_TIMEFRAMES = {
    "day_of_week_name": ("strftime({t}, '%A')", "(dayofweek({t}) + 6) % 7"),
    "month_name": ("strftime({t}, '%B')", "month({t})"),
}
NOT_OF_DATES = {"hour", "minute", "second", "millisecond", "hour_of_day"}


@dataclass(frozen=True)
class Asked:
    """Hold a dimension as it was asked for: over a row, what it sorts by, and its kind."""

    sql: str
    order: str
    kind: str
    pattern: str | None = None


def _without_zone(dimension: Dimension) -> str:
    at_utc = dimension.kind == "instant"
    return f"({dimension.sql} AT TIME ZONE 'UTC')" if at_utc else f"({dimension.sql})::TIMESTAMP"


def asked(model: str, name: str) -> Asked | None:
    """Read the name of a dimension, with its timeframe if it has one; None for a measure."""
    field, _, timeframe = name.removesuffix("]").partition("[")
    dimension = DIMENSIONS[model].get(field)
    if dimension is None:
        return None
    if not timeframe:
        return Asked(dimension.sql, dimension.sql, dimension.kind)
    time = _without_zone(dimension)
    if timeframe in TIMEFRAMES:
        sql = TIMEFRAMES[timeframe].format(t=time)
        sql = f"({sql}) AT TIME ZONE 'UTC'" if dimension.kind == "instant" else sql
        pattern = dimension.pattern if timeframe in {"month", "quarter", "year"} else None
        return Asked(sql, sql, "time", pattern)
    if timeframe in PART_TIMEFRAMES:
        sql = PART_TIMEFRAMES[timeframe].format(t=time)
        return Asked(sql, sql, "number")
    sql, order = NAME_TIMEFRAMES[timeframe]
    return Asked(sql.format(t=time), order.format(t=time), "string")


# --- filters


def quoted(text: str) -> str:
    """Write a text literal."""
    return "'" + text.replace("'", "''") + "'"


def condition(
    filter_: Mapping[str, Any],
    sql: str,
    kind: str,
    periods: Mapping[str, tuple[datetime, datetime]],
) -> str | None:
    """Write a filter as a condition, or None where it restricts nothing.

    `periods` says by hand when each word for a time begins and ends.
    """
    written = {
        "string": _string,
        "number": _number,
        "boolean": _boolean,
        "date": lambda filter_, sql: _date(filter_, sql, kind, periods),
    }
    wanted = filter_["type"]
    if wanted == "null":
        test: str | None = f"({sql}) IS NULL"
    elif wanted == "composite":
        tests = [condition(child, sql, kind, periods) for child in filter_["filters"]]
        held = [f"({each})" for each in tests if each is not None]
        test = f" {filter_['conjunction']} ".join(held) or None
    elif wanted == {"instant": "date"}.get(kind, kind):
        test = written[wanted](filter_, f"({sql})")
    else:
        test = None
    if test is None or wanted == "boolean" or not filter_.get("is_negative"):
        return test
    return f"coalesce(NOT ({test}), true)"


def _string(filter_: Mapping[str, Any], sql: str) -> str | None:
    kind, values = filter_["kind"], filter_["values"]
    if kind == "IS_EMPTY":
        return None if values else f"length({sql}) = 0"
    folded = filter_.get("case_insensitive")
    tests = []
    for value in values:
        if kind == "SQL_LIKE":
            pattern = "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in value)
            flags = "si" if folded else "s"
            tests.append(f"regexp_full_match({sql}, {quoted(pattern)}, '{flags}')")
            continue
        text, literal = (f"lower({sql})", quoted(value.lower())) if folded else (sql, quoted(value))
        tests.append(
            {
                "EQUALS": f"{text} = {literal}",
                "CONTAINS": f"strpos({text}, {literal}) > 0",
                "STARTS_WITH": f"left({text}, {len(value)}) = {literal}",
                "ENDS_WITH": f"right({text}, {len(value)}) = {literal}",
            }[kind]
        )
    return " OR ".join(tests) or None


def _number(filter_: Mapping[str, Any], sql: str) -> str | None:
    values, inclusive = filter_["values"], filter_.get("is_inclusive")
    match filter_["kind"], values:
        case _, []:
            return None
        case "EQUALS", _:
            return " OR ".join(f"{sql} = {value}" for value in values)
        case "GREATER_THAN", [bound]:
            return f"{sql} > {bound}" + (f" OR {sql} = {bound}" if inclusive else "")
        case "LESS_THAN", [bound]:
            return f"{sql} < {bound}" + (f" OR {sql} = {bound}" if inclusive else "")
        case "BETWEEN", [low, high]:
            end = f" OR ({sql} = {high} AND {low} <= {high})" if inclusive else ""
            return f"({sql} >= {low} AND {sql} < {high}){end}"
    raise AssertionError(filter_)


def _boolean(filter_: Mapping[str, Any], sql: str) -> str | None:
    wanted = filter_.get("is_negative")
    if wanted is None or "kind" in filter_:
        return None
    if not wanted:
        return sql
    nulls = "true" if filter_.get("treat_nulls_as_false") else "NULL"
    return f"coalesce(NOT {sql}, {nulls})"


_PARTS = {
    "IS_ON_DAY_OF_WEEK": "day_of_week_num",
    "IS_ON_DAY_OF_MONTH": "day_of_month",
    "IS_ON_DAY_OF_QUARTER": "day_of_quarter",
    "IS_ON_DAY_OF_YEAR": "day_of_year",
    "IS_IN_MONTH_OF_YEAR": "month_num",
    "IS_IN_QUARTER_OF_YEAR": "quarter_of_year",
    "IS_AT_HOUR_OF_DAY": "hour_of_day",
}
_NAMED_PARTS = {"Monday": 1, "friday": 5, "Sunday": 7, "march": 3, "November": 11}
_SUNDAY = ("IS_ON_DAY_OF_WEEK", "0")


def _date(
    filter_: Mapping[str, Any],
    sql: str,
    kind: str,
    periods: Mapping[str, tuple[datetime, datetime]],
) -> str | None:
    time = _without_zone(Dimension(sql, kind))
    left, right = filter_.get("left_side"), filter_.get("right_side")
    match filter_["kind"]:
        case "BETWEEN":
            return _during(time, periods[left][0], periods[right][0])
        case "ON_OR_AFTER":
            return f"{time} >= TIMESTAMP '{periods[left][0]}'"
        case "BEFORE":
            return f"{time} < TIMESTAMP '{periods[right][0]}'"
        case "TIME_FOR_UNIT_DURATION":
            return _during(time, *periods[left])
        case "TIME_FOR_INTERVAL_DURATION":
            return _during(time, *periods[f"{left} for {right}"])
        case part:
            if part == "IS_AT_HOUR_OF_DAY" and kind == "date":
                return None
            value = 7 if (part, left) == _SUNDAY else _NAMED_PARTS.get(left, left)
            return f"{PART_TIMEFRAMES[_PARTS[part]].format(t=time)} = {value}"


def _during(time: str, start: datetime, end: datetime) -> str:
    return f"{time} >= TIMESTAMP '{start}' AND {time} < TIMESTAMP '{end}'"


# --- the statement


@dataclass
class _Measures:
    """Collect what measures read; those of rows told apart by the same key go together."""

    model: str
    parts: list[Part] = field(default_factory=list)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return list(dict.fromkeys(part.key for part in self.parts))

    def value_of(self, name: str) -> str:
        measure = MEASURES[self.model][name]
        self.parts += [part for part in measure.parts if part not in self.parts]
        places = [
            f"coalesce(v{self.parts.index(part)}, {part.empty})"
            if part.empty != "NULL"
            else f"v{self.parts.index(part)}"
            for part in measure.parts
        ]
        return f"({measure.formula.format(*places)})"

    def columns(self) -> list[tuple[str, str]]:
        """List what the joined rows must hold."""
        own = [
            (f"p{number}_{place}", sql)
            for number, key in enumerate(self.keys)
            for place, sql in enumerate(key)
        ]
        return own + [(f"r{number}", part.value) for number, part in enumerate(self.parts)]

    def aggregated(self, number: int, by: list[str], source: str = "joined") -> str:
        """Aggregate the distinct rows of one key."""
        key = self.keys[number]
        own = [f"p{number}_{place}" for place in range(len(key))]
        parts = [(at, part) for at, part in enumerate(self.parts) if part.key == key]
        shown = [*by, *(f"{part.how.format(v=f'r{at}')} AS v{at}" for at, part in parts)]
        distinct = [*by, *own, *(f"r{at}" for at, _ in parts)]
        present = " AND ".join(f"{each} IS NOT NULL" for each in own)
        return (
            f"m{number} AS (SELECT {', '.join(shown)}"
            f" FROM (SELECT DISTINCT {', '.join(distinct)} FROM {source} WHERE {present})"
            + (f" GROUP BY {', '.join(by)})" if by else ")")
        )

    def beside_groups(self, by: list[str]) -> str:
        """Join what was aggregated to the groups, all of which stay."""
        return " ".join(
            f"LEFT JOIN m{number} ON {_same('g', f'm{number}', by)}"
            for number in range(len(self.keys))
        )


def _same(left: str, right: str, columns: list[str]) -> str:
    return (
        " AND ".join(f"{left}.{each} IS NOT DISTINCT FROM {right}.{each}" for each in columns)
        or "true"
    )


def statement(
    entrance: Entrance,
    query: Mapping[str, Any],
    periods: Mapping[str, tuple[datetime, datetime]],
    *,
    total_of: int | None = None,
    of_nothing: bool = True,
) -> str:
    """Write a query object as one statement over the base tables.

    With `total_of` it is about the same rows, grouped by so many of its dimensions only, and neither
    sorted nor limited. Without dimensions there is a row, unless not `of_nothing` and nothing is
    joined.
    """
    model = entrance.model
    measures = _Measures(model)
    dimensions = {name: asked(model, name) for name in query["fields"]}
    keys = {name: each for name, each in dimensions.items() if each is not None}
    by = [f"k{number}" for number in range(len(keys))]
    # What tells groups apart, and beside it what they sort by, where that is something else.
    of_row = [
        (f"{column}{number}", sql)
        for number, key in enumerate(keys.values())
        for column, sql in (("k", key.sql), ("o", key.order))
        if column == "k" or key.order != key.sql
    ]

    where, having = [entrance.where], []

    def test(name: str, filter_: Mapping[str, Any]) -> tuple[list[str], str | None]:
        dimension = asked(model, name)
        if dimension is not None:
            return where, condition(filter_, dimension.sql, dimension.kind, periods)
        if name not in MEASURES[model]:
            return where, None
        kind = MEASURES[model][name].kind
        return having, condition(filter_, measures.value_of(name), kind, periods)

    for name, filter_ in query["filters"].items():
        place, written = test(name, filter_)
        place.append(written or "true")
    for control in query.get("controls", ()):
        any_of = [test(each["fieldName"], each["filter"]) for each in control["filters"]]
        held = [f"({written})" for _, written in any_of if written is not None]
        any_of[0][0].append(" OR ".join(held) or "true")

    rolled_up = set() if total_of is None else set(list(keys)[total_of:])
    shown, appended, order = [], [], {}
    for name in query["fields"]:
        key = keys.get(name)
        if key is None:
            order[name] = measures.value_of(name)
            shown.append(f'{order[name]} AS "{name}"')
            continue
        if name in rolled_up:
            continue
        number = list(keys).index(name)
        order[name] = f"g.k{number}" if key.order == key.sql else f"g.o{number}"
        if key.pattern is None:
            shown.append(f'g.k{number} AS "{name}"')
        else:
            shown.append(f'g.k{number} AS "{name}__raw"')
            appended.append(f"strftime(g.k{number}, '{key.pattern}') AS \"{name}\"")

    rows = ", ".join(f"{sql} AS {column}" for column, sql in [*of_row, *measures.columns()]) or "1"
    tests = " AND ".join(f"({each})" for each in where)
    joined = [entrance.base, entrance.joins] + [
        join for alias, join in entrance.to_one.items() if f"{alias}." in rows + tests
    ]
    ctes = [
        f"joined AS (SELECT {rows} FROM {' '.join(joined)} WHERE {tests})",
        *_groups(measures, [column for column, _ in of_row], by, of_nothing=of_nothing),
    ]
    passing = f"WHERE {' AND '.join(f'({each})' for each in having)}" if having else ""
    chosen = f"FROM g {measures.beside_groups(by)} {passing}"
    if total_of is not None:
        own = ", ".join(f"g.{each}" for each in by) or "1"
        ctes.append(f"passing AS (SELECT {own} {chosen})")
        same = _same("joined", "passing", by)
        again = [f"kept AS (SELECT * FROM joined WHERE EXISTS (FROM passing WHERE {same}))"]
        fewer = [column for column, _ in of_row if int(column[1:]) < total_of]
        again += _groups(measures, fewer, by[:total_of], source="kept")
        chosen = f"FROM g {measures.beside_groups(by[:total_of])}"
        columns = ", ".join([*shown, *appended])
        # In brackets of its own, since its steps have the names of those before.
        whole = f"FROM (WITH {', '.join(again)} SELECT {columns} {chosen})"
        return "WITH " + ",\n".join(ctes) + "\n" + whole
    limit = query.get("limit", 1000)
    return "\n".join(
        [
            "WITH " + ",\n".join(ctes),
            f"SELECT {', '.join([*shown, *appended])}",
            chosen,
            _order_by(query, list(keys), order),
            "" if limit is None else f"LIMIT {limit}",
            f"OFFSET {query.get('offset', 0)}",
        ]
    )


def _groups(
    measures: _Measures,
    columns: list[str],
    by: list[str],
    *,
    source: str = "joined",
    of_nothing: bool = True,
) -> list[str]:
    """Find the groups of rows, and aggregate what measures read of each."""
    distinct = f"SELECT DISTINCT {', '.join(columns) or '1'} FROM {source}"
    return [
        f"g AS ({distinct})" if by or not of_nothing else "g AS (SELECT 1)",
        *(measures.aggregated(number, by, source) for number in range(len(measures.keys))),
    ]


def _order_by(query: Mapping[str, Any], keys: list[str], order: Mapping[str, str]) -> str:
    terms, sorted_by = [], set()
    for sort in query["sorts"]:
        name, descending = sort["column_name"], sort["sort_descending"]
        null_sort = sort.get("null_sort", "OMNI_DEFAULT")
        if null_sort == "OMNI_DEFAULT":
            null_sort = "LAST" if descending else "FIRST"
        nulls = {"FIRST": " NULLS FIRST", "LAST": " NULLS LAST"}.get(null_sort, "")
        terms.append(f"{order[name]} {'DESC' if descending else 'ASC'}{nulls}")
        sorted_by.add(name)
    terms += [f"{order[name]} ASC NULLS LAST" for name in keys if name not in sorted_by]
    return f"ORDER BY {', '.join(terms)}" if terms else ""
