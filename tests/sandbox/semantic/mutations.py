"""Models that are wrong in one place: each node of the model of every form, replaced by junk."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml
from queries.query_cases import NOW, date
from sandbox.semantic.every_form import FILES, MODEL_ID, read

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.engine import BadFilter, Engine, Refused
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.model.yaml_text import parse_yaml

JUNK: tuple[Any, ...] = (
    None, "", "x", "no such thing", "${nothing}", "${", "{{ x }}", "SELECT 1", "*", "-",
    0, -1, 1.5, 2**70, float("inf"), True, False,
    [], [None], [1], ["x"], [[]], [{}], [{"name": "x"}], {}, {"x": 1}, {"x": {}}, {"": None},
    {"is": None}, "long" * 5000,
)  # fmt: skip
# Keys that matter on a screen only: whatever text they hold, an answer is the same.
ON_A_SCREEN = {
    "access_boostable", "ai_chat_topics", "ai_context", "ai_fields", "ai_settings", "all_values",
    "auto_run", "base_view_label", "cache_policies", "cache_policy", "colors", "convert_tz",
    "custom_formats", "custom_primary_key_sql_for_quick_aggs", "default_cache_policy",
    "default_drill_fields", "default_numeric_locale", "default_row_limit", "description",
    "display_order", "drill_fields", "drill_queries", "facet_workbook_filters",
    "filter_single_select_only", "folder", "join_from_view_as_label", "join_to_view_as_label",
    "label", "links", "markdown", "owners", "sample_queries", "sample_values", "sets", "skills",
    "skip_parent_label", "suggest_from_field", "suggest_from_topic", "suggestion_list", "synonyms",
    "topic_group_descriptions", "view_label",
}  # fmt: skip
# One catalog is as good as another; only two of them are not modeled.
ON_A_SCREEN |= {"catalog"}
# What was not modeled before it was replaced is not modeled after: keys by their file.
NOT_MODELED = {
    "views/asked.query.view.yaml": {"query"},
    "views/unmodeled.view.yaml": {
        "aliases", "dynamic_top_n", "filters", "level_of_detail", "mask_unless_access_grants",
        "order_by_field",
    },
    # The tags of a topic itself: nothing goes by them.
    "topics/shops.topic.yaml": {"tags"},
}  # fmt: skip
# Fields that are left out, whatever else is said of them.
IGNORED = {"secret", "secret_count"}
# Keys that keep something from somebody.
CLOSES = {
    "access_filters", "allowed_values", "always_having_filters", "always_having_sql",
    "always_where_filters", "always_where_sql", "default_topic_access_filters",
    "default_topic_required_access_grants", "field", "fields", "ignored", "ignored_schemas",
    "ignored_views", "required_access_grants", "user_attribute", "values_for_unfiltered",
}  # fmt: skip
QUERIES: tuple[dict[str, Any], ...] = (
    {
        "join_paths_from_topic_name": "shops",
        "fields": ["shops.name", "shops.side", "shops.size", "shops.age[days]", "shops.count"],
    },
    {
        "join_paths_from_topic_name": "shops",
        "fields": ["shops.opened[month]", "shops.rents", "sales.revenue", "shops.average_rent"],
    },
    {"join_paths_from_topic_name": "shops", "fields": ["raw__orders.amount_sum", "shops.spread"]},
    {"join_paths_from_topic_name": "sales", "fields": ["shops.name", "sales.count"]},
    {"join_paths_from_topic_name": "sales", "fields": ["big_sales.sold_in_all", "sales.count"]},
    {"join_paths_from_topic_name": "northern", "fields": ["northern_shops.name"]},
    {"table": "order__items", "fields": ["order__items.count"]},
    {"table": "shops", "fields": ["shops.dearest[1]", "shops.count"]},
    {"table": "shops", "fields": ["shops.new_rents", "shops.high_rent", "shops.rent_of_city"]},
    {
        "table": "shops",
        "fields": ["shops.rents_before"],
        "filters": {"shops.opened": date("TIME_FOR_UNIT_DURATION", "2025")},
    },
)
ATTRIBUTES = {"region": "north", "team": ["staff"], "shop": ["North"]}

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutation:
    """A model that is wrong in one place."""

    path: str
    place: Place
    junk: Any

    @property
    def files(self) -> dict[str, str]:
        """Give its files."""
        document = copy.deepcopy(parse_yaml(FILES[self.path]))
        if not self.place:
            return FILES | {self.path: _written(self.junk)}
        holder = document
        for step in self.place[:-1]:
            holder = holder[step]
        holder[self.place[-1]] = self.junk
        return FILES | {self.path: _written(document)}

    @property
    def is_without_effect(self) -> bool:
        """Tell whether it changes nothing, or only what is on a screen or not modeled anyway."""
        document = parse_yaml(FILES[self.path])
        for step in self.place:
            document = document[step]
        if type(document) is type(self.junk) and document == self.junk:
            return True
        if document in (None, {}) and self.junk in (None, {}):
            # A field of which nothing is said.
            return True
        if "composite_topic" in self.path or IGNORED & set(self.place[:-1]):
            return True
        return bool(set(self.place) & (ON_A_SCREEN | NOT_MODELED.get(self.path, set())))

    @property
    def empties_what_closes(self) -> bool:
        """Tell whether it says nothing where something was kept from somebody."""
        return bool(self.place) and self.junk in (None, "") and self.place[-1] in CLOSES

    def __str__(self) -> str:
        return f"{self.path}:{'.'.join(map(str, self.place))} = {str(self.junk)[:30]!r}"


def mutations() -> Iterator[Mutation]:
    """Give each node of each file, replaced by each piece of junk."""
    for path, text in FILES.items():
        for place in _places(parse_yaml(text), ()):
            for junk in JUNK:
                yield Mutation(path, place, junk)


def _places(document: Any, above: Place) -> Iterator[Place]:
    yield above
    inner = document.items() if isinstance(document, dict) else ()
    inner = enumerate(document) if isinstance(document, list) else inner
    for step, each in inner:
        yield from _places(each, (*above, step))


def _written(document: Any) -> str:
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def what_is_wrong(mutation: Mutation, warehouse: Warehouse, whole: Model) -> str | None:
    """Tell what the sandbox does wrong with a mutated model; None when it does nothing wrong."""
    try:
        model = read(warehouse, mutation.files)
        engine = Engine([(model, warehouse)])
        for query in QUERIES:
            try:
                plan = engine.plan(
                    {"modelId": MODEL_ID, **query}, now=NOW, user_attributes=ATTRIBUTES
                )
                engine.execute(plan)
            except (Refused, BadFilter):
                pass
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if mutation.is_without_effect:
        return None
    if mutation.empties_what_closes and len(model.issues) <= len(whole.issues):
        return "opened in silence"
    same = replace(model, files={}) == replace(whole, files={})
    return "ignored in silence" if same else None
