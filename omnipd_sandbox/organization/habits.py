"""How documents are viewed as days go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.records import Document

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Habit:
    """Views of a document on each day of so many.

    Days are counted from 1. `first` is the first with views, `minutes` how long before its end they
    are. Those of one day are one visit.
    """

    every: int
    first: int
    views: int
    minutes: int

    def times(self, days: int) -> int:
        """Count the days with views among the first ones."""
        return max(0, (days - self.first) // self.every + 1)

    def last(self, days: int, begun: datetime) -> datetime:
        """Give when the last views among those of the first days were."""
        day = self.first + (self.times(days) - 1) * self.every
        return begun + day * DAY - timedelta(minutes=self.minutes)


def viewed(
    documents: Mapping[str, Document],
    habits: Mapping[str, Habit | None],
    begun: datetime,
    since: int,
    until: int,
) -> dict[str, Document]:
    """Give documents as they are when days have gone by; nobody views what is in the trash.

    Parameters
    ----------
    documents
        As they are `since` days after `begun`.
    habits
        How each is viewed, by its topic; the others are not.
    begun
        From when days are counted.
    since, until
        How many days have gone by before, and in all.
    """
    return {
        key: each if each.deleted else _viewed(each, habits.get(each.topic), begun, since, until)
        for key, each in documents.items()
    }


def _viewed(
    document: Document, habit: Habit | None, begun: datetime, since: int, until: int
) -> Document:
    times = 0 if habit is None else habit.times(until) - habit.times(since)
    if habit is None or not times:
        return document
    visits = document.visits
    return replace(
        document,
        views=document.views + times * habit.views,
        visits=visits + times if isinstance(visits, int) else visits,
        last_viewed_at=written(habit.last(until, begun)),
    )
