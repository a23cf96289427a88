"""What makes more of a query made by chance than rows: pivots, totals, periods, fills, calculations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from queries.plain_sql import FLIGHTS, MEASURES, NOT_OF_DATES, ORDERS, Entrance, asked
from sandbox.random_calculations import Column, Made, calculations, entries
from sandbox.random_queries import PERIODS, random_date_with_ends

PERIOD = "omni_period_pivot"
TOTAL = {"type": "aggregation"}
# The times that are compared and filled.
_TIMES = {
    ORDERS: (
        "order_items.created_at",
        "order_items.shipped_on",
        "users.signed_up_on",
        "users.cohort",
    ),
    FLIGHTS: (
        "flights.date",
        "flights.time_hour",
        "weather.time_hour",
    ),
}
_FILLED = ("year", "quarter", "month", "week", "date", "hour")
_SHORT = ("today", "last week", "2024-03-10", "2013-03-10", "yesterday")


@dataclass
class Asked:
    """Hold a query, the calculations in it, and what is special about it."""

    entrance: Entrance
    query: dict[str, Any]
    made: dict[str, Made] = field(default_factory=dict)
    features: set[str] = field(default_factory=set)

    @property
    def fields(self) -> list[str]:
        """List what a model has of its fields."""
        return [each for each in self.query["fields"] if each not in self.made and each != PERIOD]

    @property
    def keys(self) -> list[str]:
        """List its dimensions."""
        return [each for each in self.fields if asked(self.entrance.model, each) is not None]

    @property
    def measures(self) -> list[str]:
        """List its measures."""
        return [each for each in self.fields if each not in self.keys]


def laid_out(
    chance: Random, entrance: Entrance, query: dict[str, Any], types: Mapping[str, str]
) -> Asked:
    """Lay a query out as chance has it; `types` says what a field is in the database."""
    found = Asked(entrance, query)
    lay = chance.choice((_rows, _rows, _pivot, _pivot, _pivot, _totals, _totals, _periods, _fill))
    lay(chance, found)
    if "column_totals" not in query and chance.random() < 0.6:
        _calculate(chance, found, types)
    _note(found)
    return found


def _rows(chance: Random, found: Asked) -> None:
    pass


def _pivot(chance: Random, found: Asked) -> None:
    if not found.keys:
        return
    pivots = chance.sample(found.keys, min(chance.choice((1, 1, 2)), len(found.keys)))
    _across(chance, found, pivots)
    found.features.add(f"{len(pivots)} pivot{'s' * (len(pivots) > 1)}")


def _across(chance: Random, found: Asked, pivots: list[str]) -> None:
    query = found.query
    query["pivots"] = pivots
    query.pop("offset", None)
    query["sorts"] = [each for each in query["sorts"] if each["column_name"] in found.keys]
    query["limit"] = chance.choice((1, 2, 5, 40, 1000))
    columns = chance.choice((None, None, 1, 2, 3, 7, 200))
    if columns is not None:
        query["column_limit"] = columns
        found.features.add("column_limit")


def _totals(chance: Random, found: Asked) -> None:
    """Ask for totals, sorted so that each group stays together."""
    keys, query = found.keys, found.query
    kept = sorted(chance.sample(range(1, len(keys) + 1), chance.randint(0, len(keys))))
    totals = {keys[depth - 1]: TOTAL for depth in kept}
    if found.measures and (not kept or chance.random() < 0.7):
        totals["::total::"] = TOTAL
        found.features.add("grand total")
    if not totals:
        return
    if kept:
        found.features.add("subtotals")
    query["column_totals"] = dict(chance.sample(list(totals.items()), len(totals)))
    query.pop("offset", None)
    query["limit"] = chance.choice((None, 1, 2, 3, 8, 40))
    if query["limit"] is not None:
        found.features.add("totals with a quota")
    sorts = {each["column_name"]: each for each in query["sorts"]}
    ordered: list[dict[str, Any]] = []
    for start, end in zip([0, *kept], [*kept, len(keys)], strict=True):
        block = [sorts.get(name) or random_sort(chance, name) for name in keys[start:end]]
        ordered += chance.sample(block, len(block))
    others = [each for name, each in sorts.items() if name not in keys]
    depth = kept[-1] if kept else 0
    query["sorts"] = [*ordered[:depth], *others, *ordered[depth:]]
    if not kept and chance.random() < 0.5:
        query["sorts"] = [*others, *ordered[: chance.randint(0, len(ordered))]]


def random_sort(chance: Random, name: str) -> dict[str, Any]:
    """Sort by something."""
    nulls = chance.choice(("FIRST", "LAST", "OMNI_DEFAULT", "DIALECT_DEFAULT"))
    descending = chance.random() < 0.5
    return {"column_name": name, "sort_descending": descending, "null_sort": nulls}


def _periods(chance: Random, found: Asked) -> None:
    name = _some_time(chance, found)
    if name is None:
        return
    query, features = found.query, found.features
    _without(found, name)
    query["filters"][name] = random_date_with_ends(chance, found.entrance.model)
    computations: list[dict[str, Any]] = [{"periods_ago": None, "time_unit_name": None}]
    units = chance.sample(("day", "week", "month", "quarter", "year"), chance.choice((1, 1, 2)))
    computations += [
        {"periods_ago": chance.choice((1, 1, 2, 5)), "time_unit_name": unit.upper()}
        for unit in units
    ]
    if chance.random() < 0.4:
        dynamic = {"periods_ago": 1, "time_unit_name": None, "is_dynamic_previous_period": True}
        computations.insert(chance.randint(1, len(computations)), dynamic)
        features.add("dynamic previous period")
    if chance.random() < 0.1:
        ignored = {"periods_ago": 3, "time_unit_name": "DAY", "is_ignored": True}
        computations.insert(chance.randint(0, len(computations)), ignored)
    query["period_over_period_computations"] = [
        {"date_filter_field_name": name, **each} for each in computations
    ]
    pivots = chance.sample(found.keys, min(chance.choice((0, 0, 1)), len(found.keys)))
    _across(chance, found, chance.sample([*pivots, PERIOD], len(pivots) + 1))
    query["fields"].insert(chance.randint(0, len(query["fields"])), PERIOD)
    features.add("period over period")


def _some_time(chance: Random, found: Asked) -> str | None:
    offered = [each for each in _TIMES[found.entrance.model] if found.entrance.offers(each)]
    return chance.choice(offered) if offered else None


def _without(found: Asked, name: str) -> None:
    """Take a time out of the fields, sorts and controls of a query."""
    query = found.query

    def is_it(other: str) -> bool:
        return other.partition("[")[0] == name

    query["fields"] = [each for each in query["fields"] if not is_it(each)]
    if not query["fields"]:
        offered = MEASURES[found.entrance.model]
        query["fields"] = [next(each for each in offered if found.entrance.offers(each))]
    query["sorts"] = [each for each in query["sorts"] if not is_it(each["column_name"])]
    for control in query.get("controls", ()):
        control["filters"] = [each for each in control["filters"] if not is_it(each["fieldName"])]
    query["controls"] = [each for each in query.get("controls", ()) if each["filters"]]


def _fill(chance: Random, found: Asked) -> None:
    name = _some_time(chance, found)
    if name is None:
        return
    query, model = found.query, found.entrance.model
    _without(found, name)
    kind = asked(model, name)
    assert kind is not None
    timeframe = chance.choice(
        [each for each in _FILLED if kind.kind == "instant" or each not in NOT_OF_DATES]
    )
    time = f"{name}[{timeframe}]"
    query["fields"] = [time, *found.measures]
    chance.shuffle(query["fields"])
    query["sorts"] = [each for each in query["sorts"] if each["column_name"] in query["fields"]] + [
        random_sort(chance, time)
    ] * chance.choice((0, 1))
    query["fill_fields"] = [time]
    if chance.random() < 0.9:
        short = [each for each in _SHORT if each in PERIODS[model]]
        query["filters"][name] = (
            {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": chance.choice(short)}
            if timeframe == "hour"
            else random_date_with_ends(chance, model)
        )
        found.features.add("filled")
    else:
        query["filters"].pop(name, None)
        if timeframe == "hour":
            query["filters"][name] = {"type": "null", "is_negative": True}


def _calculate(chance: Random, found: Asked, types: Mapping[str, str]) -> None:
    query, model = found.query, found.entrance.model
    columns = [_column(model, name, types) for name in found.fields]
    pivoted = bool(query.get("pivots"))
    made = calculations(
        chance, columns, pivoted=pivoted, column_limit=query.get("column_limit", 50)
    )
    if not made:
        return
    query["calculations"] = entries(made, query["fields"])
    chance.shuffle(query["calculations"])
    for name in made:
        query["fields"].insert(chance.randint(0, len(query["fields"])), name)
    found.made = made


def _column(model: str, name: str, types: Mapping[str, str]) -> Column:
    measure = MEASURES[model].get(name)
    dimension = asked(model, name)
    kind = measure.kind if dimension is None else dimension.kind
    if kind == "time" and name.endswith("[date]"):
        kind = "date"
    kind = {"string": "text", "boolean": "condition", "instant": "time"}.get(kind, kind)
    # A part of a time is a whole number.
    type_ = types.get(name, "BIGINT" if kind == "number" else "")
    is_same = measure is None or measure.exact
    return Column(
        name,
        kind,
        whole=type_.endswith("INT") or type_ == "INTEGER",
        exact=is_same and type_ not in {"DOUBLE", "FLOAT"},
        same=is_same,
        is_measure=measure is not None,
    )


def _note(found: Asked) -> None:
    """Say what there is in a query."""
    query, features = found.query, found.features
    if found.made:
        features.add("calculations")
    for each in found.made.values():
        features |= {f"calc {word}" for word in each.words}
    if query.get("controls"):
        features.add("OR over fields")
    written = str(query["filters"]) + str(query.get("controls", ""))
    if "'IS_" in written.replace("'IS_EMPTY'", ""):
        features.add("recurring date filter")
    if query.get("pivots"):
        features |= {"pivots"} | ({"pivots, sorted"} if query["sorts"] else set())
        if len(found.measures) > 1:
            features.add("pivots, several measures")
    if "column_totals" in query:
        features |= {"totals"} | ({"totals, sorted"} if query["sorts"] else set())
    if (
        found.entrance.base == "users"
        and any(each.startswith("users.") for each in found.measures)
        and any(each.startswith(("order_items.", "products.")) for each in found.fields)
    ):
        features.add("fan-out")
    if any(each in MEASURES[found.entrance.model] for each in query["filters"]):
        features.add("filter on a measure")
