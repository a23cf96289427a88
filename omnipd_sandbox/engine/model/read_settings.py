"""The model file: what holds for every view, topic and query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from omnipd_sandbox.engine.model import timeframes
from omnipd_sandbox.engine.model.calendars import WEEKDAYS, Calendar
from omnipd_sandbox.engine.model.grants import AccessFilter, Grant
from omnipd_sandbox.engine.model.keys import GRANT, MODEL
from omnipd_sandbox.engine.model.read_topics import read_access_filters
from omnipd_sandbox.engine.model.read_views import known_timeframes
from omnipd_sandbox.engine.model.schema_layer import Table
from omnipd_sandbox.engine.model.yaml_parts import Body, Parts, said, texts, unmodeled
from omnipd_sandbox.engine.shortened import shown
from omnipd_sandbox.near_matches import near

_WHICH_VIEWS = ("ignored_schemas", "ignored_views", "included_schemas", "included_views")
# Whether rows of queries without measures become groups.
_GROUPED = ("always", "never", "primary_key")


@dataclass(frozen=True)
class Settings:
    """Hold what a model file says."""

    grants: Mapping[str, Grant]
    timeframes: tuple[str, ...]
    # None when they cannot be read.
    access_filters: tuple[AccessFilter, ...] | None
    topic_grants: tuple[str, ...]
    calendar: Calendar
    default_group_by: str
    # What every query is refused for.
    unmodeled: tuple[str, ...]
    ignored_schemas: tuple[str, ...] = ()
    ignored_views: tuple[str, ...] = ()
    included_schemas: tuple[str, ...] = ()
    included_views: tuple[str, ...] = ()

    def leaves_out(self, view: str, table: Table | None) -> bool:
        """Tell whether the model does without a view."""
        names = [view]
        if table is not None:
            # Schema and table may be separated by a dot as well.
            names += [f"{table.schema}.{table.name}", f"{table.schema}__{table.name}"]
        if _fits(names, self.ignored_views):
            return True
        if table is None:
            return False
        return (
            _fits([table.schema], self.ignored_schemas)
            or bool(self.included_schemas and not _fits([table.schema], self.included_schemas))
            or bool(self.included_views and not _fits(names, self.included_views))
        )


def _fits(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns for name in names)


def read_settings(document: Any, parts: Parts) -> Settings:
    """Read the model file."""
    body = parts.checked(document, MODEL)
    grants = _access_grants(said(body, "access_grants") or {}, parts)
    parts.known_grants = grants
    always = list(unmodeled(body))
    calendar, unread = _calendar(body)
    for key in unread:
        parts.issue(f"Not modeled: {key} {shown(said(body, key))}")
        always.append(key)
    grouped = str(said(body, "default_group_by", _GROUPED[0])).lower()
    if grouped not in _GROUPED:
        parts.issue(f"Not modeled: default_group_by {shown(grouped)}{near(grouped, _GROUPED)}")
        always.append("default_group_by")
    default = said(body, "default_timeframes")
    return Settings(
        grants=grants,
        timeframes=timeframes.DEFAULT if default is None else known_timeframes(default, parts),
        access_filters=read_access_filters(said(body, "default_topic_access_filters"), parts),
        topic_grants=parts.grants(
            {"required_access_grants": said(body, "default_topic_required_access_grants")}
        ),
        calendar=calendar,
        default_group_by=grouped,
        unmodeled=tuple(always),
        **{key: texts(said(body, key)) for key in _WHICH_VIEWS},
    )


def _calendar(body: Body) -> tuple[Calendar, list[str]]:
    """Read what bears on weeks and fiscal years, and name what of it cannot be read."""
    day, months = said(body, "week_start_day"), said(body, "fiscal_month_offset")
    days = {name.lower(): number for number, name in enumerate(WEEKDAYS)}
    week_starts = days.get(str(day).lower()) if day is not None else 0
    unread = ["week_start_day"] if week_starts is None else []
    # What a year and more would come to is not told.
    if months is not None and not (isinstance(months, int) and abs(months) < 12):
        unread.append("fiscal_month_offset")
        months = None
    return Calendar(week_starts or 0, months), unread


def _access_grants(document: Mapping[str, Any], parts: Parts) -> dict[str, Grant]:
    grants = {}
    for name, each in document.items():
        body = parts.checked(each, GRANT)
        attribute, values = said(body, "user_attribute"), said(body, "allowed_values")
        if attribute is None or values is None:
            parts.issue(f'The grant "{name}" needs user_attribute and allowed_values')
        if attribute is not None and values is not None and not unmodeled(body):
            grants[name] = Grant(str(attribute), frozenset(map(str, values)))
    return grants
