"""What each kind of thing in a model's files may say: every key, what it takes, what it bears on.

The keys are those of Omni's pages on modeling. A key that is not here is one that Omni does not
have, or has had since: it may change answers, so that what says it is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


@dataclass(frozen=True)
class NotModeled:
    """Stand in for a value that this sandbox cannot go by; whatever needs it is refused by name."""

    what: str


# The key under which something stands that is refused as a whole.
WHOLE = ""


class Bearing(Enum):
    """Tell what a key has to do with an answer."""

    # It is read; where it is wrong, what says it is refused.
    ANSWER = auto()
    # It matters on a screen, or to people; where it is wrong, it is left out.
    DISPLAY = auto()
    # It changes answers in a way the sandbox does not model: what says it is refused.
    UNMODELED = auto()
    # It only adds something, which the sandbox does not have: asking for that is refused.
    ADDITION = auto()


@dataclass(frozen=True)
class Check:
    """Tell what a value must be."""

    wanted: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True)
class Key:
    """Describe a key: what its value must be, and what it bears on."""

    check: Check
    bearing: Bearing = Bearing.ANSWER


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is_name(value: Any) -> bool:
    return _is_text(value) and value != ""


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_name(each) for each in value)


TEXT = Check("a text", _is_text)
NAME = Check("a name", _is_name)
FLAG = Check("true or false", lambda value: isinstance(value, bool))
NUMBER = Check(
    "a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)
)
TEXTS = Check("a list of texts", _is_list_of_texts)
TEXT_OR_TEXTS = Check(
    "a text or a list of texts", lambda value: _is_name(value) or _is_list_of_texts(value)
)
# Without numbers with a fraction, which may be written in several ways.
WORDS = Check(
    "a list of texts",
    lambda value: _is_list_of_texts(value) and not any(isinstance(each, float) for each in value),
)
WORD_OR_WORDS = Check(
    "a text or a list of texts",
    lambda value: (isinstance(value, str) and value != "") or WORDS.fits(value),
)
LIST = Check("a list", lambda value: isinstance(value, list))
FULL_MAPPING = Check("a mapping", lambda value: isinstance(value, Mapping))
# An empty one may be written as nothing at all.
MAPPING = Check("a mapping", lambda value: value is None or isinstance(value, Mapping))
LIST_OR_NOTHING = Check("a list", lambda value: value is None or isinstance(value, list))
MAPPING_OR_LIST = Check(
    "a mapping or a list", lambda value: value is None or isinstance(value, Mapping | list)
)
TEXT_OR_MAPPING = Check(
    "a text or a mapping", lambda value: _is_text(value) or isinstance(value, Mapping)
)
ANYTHING = Check("anything", lambda value: value is not None)

Keys = Mapping[str, Key]


def _all(bearing: Bearing, **checks: Check) -> dict[str, Key]:
    return {key: Key(check, bearing) for key, check in checks.items()}


_DISPLAYED = _all(
    Bearing.DISPLAY,
    ai_context=TEXT,
    description=TEXT,
    display_order=NUMBER,
    hidden=FLAG,
    label=TEXT,
)
# Topics choose fields by them, so that none may be lost.
_TAGS = {"tags": Key(TEXT_OR_TEXTS)}

VIEW: Keys = {
    **_DISPLAYED,
    **_TAGS,
    **_all(
        Bearing.ANSWER,
        catalog=TEXT,
        custom_compound_primary_key_sql=TEXTS,
        dimensions=MAPPING_OR_LIST,
        extends=TEXT_OR_TEXTS,
        ignored=FLAG,
        measures=MAPPING_OR_LIST,
        required_access_grants=TEXT_OR_TEXTS,
        schema=NAME,
        sql=TEXT,
        table_name=NAME,
        template=FLAG,
    ),
    **_all(
        Bearing.DISPLAY,
        default_drill_fields=TEXTS,
        folder=TEXT,
        schema_label=TEXT,
        sets=MAPPING,
        synonyms=TEXT_OR_TEXTS,
        view_label=TEXT,
    ),
    **_all(Bearing.ADDITION, aliases=TEXT_OR_TEXTS, filters=MAPPING_OR_LIST),
    **_all(
        Bearing.UNMODELED,
        dynamic_schema=ANYTHING,
        materialized_query=ANYTHING,
        query=ANYTHING,
        uploaded=ANYTHING,
    ),
}

_FIELD: Keys = {
    **_DISPLAYED,
    **_TAGS,
    **_all(
        Bearing.ANSWER,
        aliases=TEXT_OR_TEXTS,
        ignored=FLAG,
        required_access_grants=TEXT_OR_TEXTS,
        sql=TEXT,
    ),
    **_all(
        Bearing.DISPLAY,
        all_values=LIST,
        colors=ANYTHING,
        drill_fields=TEXTS,
        drill_queries=MAPPING_OR_LIST,
        filter_single_select_only=FLAG,
        format=TEXT_OR_MAPPING,
        group_label=TEXT,
        links=LIST,
        markdown=TEXT,
        sample_values=LIST,
        suggest_from_field=TEXT,
        suggest_from_topic=TEXT,
        suggestion_list=LIST,
        synonyms=TEXT_OR_TEXTS,
        view_label=TEXT,
    ),
    **_all(
        Bearing.UNMODELED,
        hidden_unless_access_grants=ANYTHING,
        ignore_from_extended=ANYTHING,
        level_of_detail=ANYTHING,
        mask_unless_access_grants=ANYTHING,
    ),
}

DIMENSION: Keys = {
    **_FIELD,
    **_all(
        Bearing.ANSWER,
        bin_boundaries=LIST,
        dynamic_top_n=FULL_MAPPING,
        duration=FULL_MAPPING,
        groups=LIST,
        primary_key=FLAG,
        timeframes=TEXTS,
    )
    | {"else": Key(TEXT)},
    **_all(
        Bearing.DISPLAY,
        # Times are told in UTC: there is no zone to convert to.
        convert_tz=FLAG,
        custom_primary_key_sql_for_quick_aggs=TEXT,
        skip_parent_label=FLAG,
    ),
    **_all(
        Bearing.UNMODELED,
        custom_calendar=ANYTHING,
        order_by_field=ANYTHING,
        week_start_day=ANYTHING,
    ),
}

MEASURE: Keys = {
    **_FIELD,
    **_all(
        Bearing.ANSWER,
        aggregate_type=TEXT,
        custom_primary_key_sql=TEXT,
        filters=FULL_MAPPING,
        percentile=NUMBER,
    ),
}

DURATION: Keys = _all(Bearing.ANSWER, intervals=TEXTS, sql_end=TEXT, sql_start=TEXT)

GROUP: Keys = _all(Bearing.ANSWER, filter=FULL_MAPPING, name=TEXT)

TOPIC: Keys = {
    **_DISPLAYED,
    **_all(
        Bearing.ANSWER,
        access_filters=LIST,
        always_having_filters=FULL_MAPPING,
        always_having_sql=TEXT,
        always_where_filters=FULL_MAPPING,
        always_where_sql=TEXT,
        base_view=NAME,
        extends=TEXT_OR_TEXTS,
        fields=TEXTS,
        joins=MAPPING,
        relationships=LIST_OR_NOTHING,
        required_access_grants=TEXT_OR_TEXTS,
        template=FLAG,
        topics=TEXTS,
    ),
    **_all(
        Bearing.DISPLAY,
        access_boostable=FLAG,
        ai_fields=TEXTS,
        auto_run=FLAG,
        base_view_label=TEXT,
        cache_policy=TEXT,
        # The filters that a workbook begins with; a query says its own.
        default_filters=MAPPING,
        # Of a workbook, too: a query that says no limit has Omni's (assumed; docs/wire.md).
        default_row_limit=NUMBER,
        folder=TEXT,
        group_label=TEXT,
        owners=TEXT_OR_TEXTS,
        sample_queries=MAPPING_OR_LIST,
        schema_label=TEXT,
        skills=MAPPING_OR_LIST,
        synonyms=TEXT_OR_TEXTS,
        tags=TEXT_OR_TEXTS,
        view_label=TEXT,
        warehouse_override=ANYTHING,
    ),
    **_all(
        Bearing.UNMODELED,
        always_join=ANYTHING,
        conditionally_join=ANYTHING,
        hidden_unless_access_grants=ANYTHING,
        views=ANYTHING,
        week_start_day=ANYTHING,
    ),
}

ACCESS_FILTER: Keys = {
    **_all(
        Bearing.ANSWER,
        enable_sql_like_wildcards=FLAG,
        field=NAME,
        user_attribute=NAME,
        values_for_unfiltered=WORD_OR_WORDS,
    ),
    **_all(Bearing.DISPLAY, access_boostable=FLAG, description=TEXT, label=TEXT),
}

RELATIONSHIP: Keys = {
    **_all(
        Bearing.ANSWER,
        id=TEXT,
        join_from_view=NAME,
        join_from_view_as=NAME,
        join_to_view=NAME,
        join_to_view_as=NAME,
        join_type=TEXT,
        on_sql=TEXT,
        relationship_type=TEXT,
        reversible=FLAG,
    ),
    **_all(
        Bearing.DISPLAY,
        description=TEXT,
        join_from_view_as_label=TEXT,
        join_to_view_as_label=TEXT,
        label=TEXT,
    ),
    **_all(Bearing.UNMODELED, where_sql=ANYTHING),
}

GRANT: Keys = {
    **_all(Bearing.ANSWER, allowed_values=WORDS, user_attribute=NAME),
    **_all(Bearing.DISPLAY, access_boostable=FLAG, description=TEXT, label=TEXT),
}

MODEL: Keys = {
    **_DISPLAYED,
    **_all(
        Bearing.ANSWER,
        access_grants=MAPPING,
        default_group_by=TEXT,
        default_timeframes=TEXTS,
        default_topic_access_filters=LIST,
        default_topic_required_access_grants=TEXT_OR_TEXTS,
        fiscal_month_offset=NUMBER,
        ignored_schemas=TEXT_OR_TEXTS,
        ignored_views=TEXT_OR_TEXTS,
        included_schemas=TEXT_OR_TEXTS,
        included_views=TEXT_OR_TEXTS,
        week_start_day=TEXT,
    ),
    **_all(
        Bearing.DISPLAY,
        ai_chat_topics=TEXTS,
        ai_context_patch=ANYTHING,
        ai_settings=MAPPING,
        auto_run=FLAG,
        cache_policies=MAPPING,
        custom_formats=MAPPING,
        default_cache_policy=TEXT,
        default_numeric_locale=TEXT,
        default_row_limit=NUMBER,
        facet_workbook_filters=FLAG,
        sample_queries=MAPPING_OR_LIST,
        sets=MAPPING,
        skills=MAPPING_OR_LIST,
        slot_reservation=ANYTHING,
        template=FLAG,
        topic_group_descriptions=MAPPING,
        warehouse_override=ANYTHING,
        workflows=MAPPING_OR_LIST,
    ),
    **_all(
        Bearing.ADDITION,
        constants=ANYTHING,
        custom_calendars=ANYTHING,
        dynamic_schemas=ANYTHING,
        topics=ANYTHING,
    ),
    **_all(
        Bearing.UNMODELED,
        dynamic_shared_extensions=ANYTHING,
        extends=ANYTHING,
        sql_preamble=ANYTHING,
    ),
}
