"""The calendar of a model: on which day its weeks begin, and in which month its fiscal years do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipd_sandbox.refused_query import Refused

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
FISCAL = "fiscal_"


@dataclass(frozen=True)
class Calendar:
    """Hold what a model says of weeks and of fiscal years."""

    # How many days after Monday a week begins.
    week_starts: int = 0
    # How many months the fiscal calendar is ahead; None where the model says nothing of one.
    fiscal_months: int | None = None

    @property
    def months_ahead(self) -> int:
        """Return by how many months the fiscal calendar is ahead of the other."""
        return self.fiscal_months or 0

    def start_of(self, unit: str, instant: datetime) -> datetime:
        """Cut an instant down to the start of its unit, such as ``week`` or ``fiscal_quarter``."""
        day = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        match unit:
            case "millisecond":
                return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
            case "second":
                return instant.replace(microsecond=0)
            case "minute":
                return instant.replace(second=0, microsecond=0)
            case "hour":
                return instant.replace(minute=0, second=0, microsecond=0)
            case "day":
                return day
            case "week":
                return day - timedelta(days=(day.weekday() - self.week_starts) % 7)
        length = MONTHS_IN[unit.removeprefix(FISCAL)]
        ahead = self.months_ahead if unit.startswith(FISCAL) else 0
        # Counted in the fiscal calendar, where each unit begins at a multiple of its length.
        month = day.year * 12 + day.month - 1 + ahead
        year, first = divmod(month - month % length - ahead, 12)
        return day.replace(year=year, month=first + 1, day=1)

    def fiscal_year(self, year: int) -> datetime:
        """Return when a fiscal year begins."""
        began, month = divmod(year * 12 - self.months_ahead, 12)
        return datetime(began, month + 1, 1)  # noqa: DTZ001 - UTC throughout

    def refuse_other_weeks(self, what: str) -> None:
        """Refuse what is only known of weeks that begin on Monday.

        Raises
        ------
        Refused
            Where they begin on another day.
        """
        if self.week_starts:
            raise Refused(
                "PLAN",
                f"{what} of weeks that begin on {WEEKDAYS[self.week_starts]} (week_start_day) is not"
                " modeled by this sandbox",
            )


# That of a model that says nothing.
PLAIN = Calendar()
