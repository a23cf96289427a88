"""The fields that a query names, found and put into its draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import Fields, known_timeframe
from omnipd_sandbox.engine.model.filters import condition, conjunction, flag
from omnipd_sandbox.engine.model.grants import Grant, holds
from omnipd_sandbox.engine.model.model import Dimension, Measure, Topic
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.rankings import ranked
from omnipd_sandbox.engine.plan.request import AnyOf, Sort
from omnipd_sandbox.refused_query import Refused


@dataclass
class Finder:
    """Find the fields that a query names, and put them into its draft."""

    fields: Fields
    topic: Topic | None
    found: Draft
    # None where nothing that it finds is asked for by a user.
    grants: Mapping[str, Grant] | None

    def select(self, text: str) -> None:
        """Add a selected field, or note that it is missing."""
        place = self.place(text)
        if place is None:
            # Not an error: the summary lists it (docs/wire.md).
            self.found.missing.append(text)
            return
        at, found, timeframe = place
        alias = at.view or ""
        key = None
        if isinstance(found, Dimension):
            key = len(self.found.keys)
            if found.top_values is not None:
                value = ranked(self.found, at, found, found.top_values)
            else:
                value = self.fields.dimension(alias, found, timeframe)
        else:
            value = self.fields.measure(alias, found)
        self.found.selected.append(Selected(text, at, found, timeframe, key, value))

    def heard(self, filters: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """Give the filters that hold for the query, or for that of a view that it reads.

        The others are ignored everywhere: nothing is to be learned by a filter on a field that cannot
        be asked for.
        """
        return {
            text: filter_
            for text, filter_ in filters.items()
            if self._is_filter_only(text)
            or ((place := self.place(text)) is not None and not _is_misplaced(place[2], filter_))
        }

    def filter(self, text: str, filter_: Mapping[str, Any], around: Circumstances) -> None:
        """Add a filter."""
        test, of_groups = self._test(text, filter_, around)
        if test is None:
            return
        place = self.fields.place_of(text)
        if of_groups or place is None:
            self.found.having.append(test)
        elif place in self.found.filtered:
            # By a name that the field had before, too.
            both = [self.found.filtered[place], test]
            self.found.filtered[place] = conjunction(both)
        else:
            self.found.filtered[place] = test

    def any_of(self, control: AnyOf, around: Circumstances) -> None:
        """Add filters on several fields, one of which must hold; one that restricts nothing is out."""
        tests = [self._test(name, filter_, around) for name, filter_ in control.filters]
        written = [(test, of_groups) for test, of_groups in tests if test is not None]
        if len({of_groups for _, of_groups in written}) > 1:
            raise Refused(
                "PLAN", "Measures and dimensions in one control are not modeled by this sandbox"
            )
        for _, of_groups in written[:1]:
            self.found.in_controls |= {self.fields.place_of(name) for name, _ in control.filters}
            test = conjunction([each for each, _ in written], "OR")
            (self.found.having if of_groups else self.found.where).append(test)

    def _test(
        self, text: str, filter_: Mapping[str, Any], around: Circumstances
    ) -> tuple[exp.Expression | None, bool]:
        """Write a filter, or None when it restricts nothing, and tell whether it is on groups."""
        place = self.place(text)
        if place is None:
            if self._is_filter_only(text):
                # It holds in the query of its view alone.
                return None, False
            if not flag(filter_, "ignore_if_unjoinable"):
                raise Refused("PLAN", f'No such field "{text}"')
            return None, False
        at, found, timeframe = place
        if isinstance(found, Dimension) and found.top_values is not None:
            raise Refused(
                "PLAN", f'A filter on "{text}", a dimension with dynamic_top_n, is not modeled'
            )
        if _is_misplaced(timeframe, filter_):
            self.found.missing.append(text)
            return None, False
        test = condition(filter_, self.fields.target(at.view or "", found, timeframe), around)
        return test, isinstance(found, Measure)

    def _is_filter_only(self, text: str) -> bool:
        name = FieldName.parse(text)
        view = self.fields.views.get(name.view or "") if name else None
        if name is None or view is None or name.field not in view.filter_only:
            return False
        return self.grants is None or holds(self.grants, view.grants, self.fields.around)

    def sort(self, sort: Sort) -> None:
        """Add a sort by something selected."""
        for each in self.found.selected:
            if each.name == sort.column:
                if each.timeframe == "day_of_week_name":
                    # By its number (docs/wire.md), which depends on where weeks begin.
                    self.fields.around.calendar.refuse_other_weeks(f'The order of "{each.name}"')
                self.found.sorts.append((each, sort))
                return
        if any(sort.column == each.name for each in self.found.request.calculations):
            raise Refused("PLAN", '"sorts" by a calculation is not modeled by this sandbox')
        if sort.column not in self.found.missing:
            raise Refused("PLAN", f'Sorted by "{sort.column}", which is not selected')

    def place(self, text: object) -> tuple[FieldName, Dimension | Measure, str | None] | None:
        """Find a field by its full name, and the timeframe in its own spelling."""
        name = FieldName.parse(text) if isinstance(text, str) else None
        found = self.fields.find(name) if name else None
        if name is None or found is None:
            return None
        if not (self._offered(name, found) and self._granted(name, found)):
            return None
        if name.timeframe is None or found.unmodeled:
            # What is not modeled is refused by name when it is written, in any timeframe.
            return name, found, None
        if not isinstance(found, Dimension):
            return None
        if found.top_values is not None:
            return name, found, name.timeframe
        timeframe = known_timeframe(found, name.timeframe, self.fields.around.calendar)
        if timeframe is None or timeframe not in (*found.timeframes, "raw"):
            return None
        return name, found, timeframe

    def _granted(self, name: FieldName, found: Dimension | Measure) -> bool:
        needed = (*self.fields.views[name.view or ""].grants, *found.grants)
        return self.grants is None or holds(self.grants, needed, self.fields.around)

    def _offered(self, name: FieldName, found: Dimension | Measure) -> bool:
        # By the name that it has today.
        return self.topic is None or self.topic.offers(f"{name.view}.{found.name}")


def _is_misplaced(timeframe: str | None, filter_: Mapping[str, Any]) -> bool:
    """Tell whether a date filter is under a timeframe, where the field is missing (docs/wire.md)."""
    return timeframe in TIMEFRAMES and _wants_a_date(filter_)


def _wants_a_date(filter_: Mapping[str, Any]) -> bool:
    if filter_.get("type") == "composite":
        children = filter_.get("filters")
        return isinstance(children, list) and any(_wants_a_date(child) for child in children)
    return filter_.get("type") == "date"
