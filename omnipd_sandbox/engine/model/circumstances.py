"""What an answer depends on beside the query itself: when, for whom, and on which other queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from omnipd_sandbox.engine.model.calendars import PLAIN, Calendar
from omnipd_sandbox.engine.model.dates import Interval
from omnipd_sandbox.refused_query import Refused

# From a query of the wire to its SQL and the names of its columns.
WriteQuery = Callable[[Mapping[str, Any]], tuple[exp.Query, list[str]]]


@dataclass
class OtherQueries:
    """Write the queries that filters refer to, each once, as named steps before the query.

    Parameters
    ----------
    references
        ``staticQueryReferences``: queries by key, each with a ``model_id``.
    model_ids
        The ids of the model that they must be on, too.
    write_query
        How to write a query as SQL.
    """

    references: Mapping[str, Any]
    model_ids: Set[str]
    write_query: WriteQuery
    _written: dict[tuple[str, bool], tuple[exp.Query, list[str]]] = field(default_factory=dict)

    @property
    def steps(self) -> list[tuple[str, exp.Query]]:
        """List what was referred to, by name."""
        return [(f"omni_query_{n}", query) for n, (query, _) in enumerate(self._written.values())]

    def values(self, key: str, field_name: str, *, without_limit: bool) -> exp.Select:
        """Select one column of another query.

        Raises
        ------
        Refused
            For a query, or a column, that is not there.
        """
        at = (key, without_limit)
        if at not in self._written:
            self._written[at] = self._write(key, without_limit=without_limit)
        columns = self._written[at][1]
        # Of a time that is also written out as text, the time compares.
        names = [name for name in (f"{field_name}__raw", field_name) if name in columns]
        if not names:
            raise Refused("PLAN", f'The query "{key}" has no field "{field_name}"')
        place = list(self._written).index(at)
        # The column has no table, so that nobody takes the step for a view to join.
        column = exp.column(exp.to_identifier(names[0], quoted=True))
        return exp.select(column).from_(f"omni_query_{place}")

    def _write(self, key: str, *, without_limit: bool) -> tuple[exp.Query, list[str]]:
        query = self.references.get(key)
        if not isinstance(query, Mapping):
            raise Refused("PLAN", f'staticQueryReferences has no query "{key}"')
        model_id = query.get("model_id")
        if not isinstance(model_id, str):
            raise Refused("PLAN", f'The query "{key}" of staticQueryReferences needs a model_id')
        if model_id.lower() not in self.model_ids:
            raise Refused("PLAN", f'The query "{key}" is on another model, which is not modeled')
        if query.get("userEditedSQL"):
            raise Refused("PLAN", f'The query "{key}" is SQL, which is not modeled in a filter')
        changed = {"limit": None, "offset": 0} if without_limit else {}
        return self.write_query({**query, "modelId": model_id.lower(), **changed})


@dataclass(frozen=True)
class Circumstances:
    """Hold what an answer depends on beside the query itself."""

    # UTC, without a zone.
    now: datetime
    user_attributes: Mapping[str, Any] = field(default_factory=dict)
    queries: OtherQueries | None = None
    # What a model can do is looked at as if for somebody who may see all of it.
    has_all_grants: bool = False
    calendar: Calendar = PLAIN
    # How far back the dates of a filter are moved.
    back: Interval = (0, "day")
    # In which the query is computed; None is UTC.
    zone: str | None = None

    def now_on_clocks(self, *, of_zone: bool) -> datetime:
        """Tell the time that clocks show, those of the query's zone or of UTC."""
        if self.zone is None or not of_zone:
            return self.now
        return self.now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def attribute(self, name: str) -> list[Any]:
        """Give the values of an attribute of the acting user; none when there is none.

        Raises
        ------
        Refused
            For an attribute that nobody has.
        """
        if name not in self.user_attributes:
            raise Refused("PLAN", f'No such user attribute "{name}"')
        value = self.user_attributes[name]
        values = value if isinstance(value, list) else [value]
        return [each for each in values if each is not None]

    def texts(self, name: str) -> list[str]:
        """Give the values of an attribute as texts, to compare with fields.

        Raises
        ------
        Refused
            For an attribute that nobody has, and for one that is neither a text nor a number.
        """
        values = self.attribute(name)
        for each in values:
            if isinstance(each, bool) or not isinstance(each, str | int | float):
                raise Refused(
                    "PLAN",
                    f'The user attribute "{name}" is neither a text nor a number; how Omni compares'
                    " it is not known",
                )
        return [str(each) for each in values]


class _Anybody(dict[str, Any]):
    """Stand in for the attributes of a user who has a value for each."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "1"


def for_anybody(calendar: Calendar) -> Circumstances:
    """Give some circumstances: when it is, and who asks, has no bearing on what runs."""
    moment = datetime.fromisoformat("2000-01-01")
    return Circumstances(moment, _Anybody(), calendar=calendar, has_all_grants=True)
