"""The keywords of a query: named once for type checkers, checked once, carried as one value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypedDict

from omnipd.arguments import DECIMALS, check_choice, check_flag
from omnipd.clock import checked_timeout
from omnipd.errors import ArgumentError


class StreamKeywords(TypedDict, total=False):
    """How a query is run and its rows given, whatever it asks and whom for."""

    limit: int | Literal["all"] | None
    cache: str | None
    timeout: float | None
    totals: bool
    names: str
    decimals: str | None
    check: bool | None


class Scope(TypedDict, total=False):
    """Whom a query is run for, over what, and by whose clocks."""

    model: str | None
    branch_id: str | None
    user_id: str | None
    timezone: str | None


class RunKeywords(StreamKeywords, total=False):
    """The same for a result that is had whole: it may be kept on disk, and pivoted."""

    ttl: str | float | timedelta | None
    pivot: str | None


class BatchKeywords(StreamKeywords, Scope, total=False):
    """All that :func:`omnipd.iter_batches` takes beside the query and the client."""


class QueryKeywords(RunKeywords, Scope, total=False):
    """All that :func:`omnipd.run_query` takes beside the query and the client."""


#: The forms in which a pivoted result may be had.
PIVOT_FORMS = ("wide", "flat", "long")


@dataclass(frozen=True)
class QueryOptions:
    """What one run of a query goes by; making it checks what no query is needed for.

    Attributes are keywords of :func:`omnipd.run_query`.
    """

    limit: int | Literal["all"] | None = None
    model: str | None = None
    branch_id: str | None = None
    user_id: str | None = None
    timezone: str | None = None
    cache: str | None = None
    timeout: float | None = None
    totals: bool = False
    names: str = "field"
    decimals: str | None = None
    pivot: str | None = None

    def __post_init__(self) -> None:
        check_choice("names", self.names, ("field", "label"))
        check_flag("totals", self.totals)
        if self.decimals is not None:
            check_choice("decimals", self.decimals, DECIMALS)
        if self.pivot is not None:
            check_choice("pivot", self.pivot, PIVOT_FORMS)
        checked_timeout(self.timeout)


def check_keywords(
    given: Mapping[str, Any],
    kind: Any = QueryKeywords,
    of: str = "run_query",
    own: Iterable[str] = (),
) -> None:
    """Refuse keywords that :func:`omnipd.run_query`, or another function, does not have.

    ``own`` names what that function has beside them.

    Raises
    ------
    ArgumentError
        Naming the word, with a near match.
    """
    known = sorted({*kind.__optional_keys__, "client", *own})
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ArgumentError(
                f"{of} has no keyword {name!r}.",
                hint=f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(known)}.",
            )
