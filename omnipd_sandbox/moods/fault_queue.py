"""Which fault a request meets, and how often each is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from omnipd_sandbox.http.request import Request
from omnipd_sandbox.moods.faults import Fault


@dataclass
class _Waiting:
    """A fault with what is left: how many to leave in peace, and how many to meet."""

    fault: Fault
    after: int
    count: int | None


class FaultQueue:
    """Count down what is still to go wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._waiting = [_Waiting(fault, fault.after, fault.count) for fault in faults]
        self._lock = Lock()

    def next(self, request: Request) -> Fault | None:
        """Give what happens to a request: the first fault that meets it and is not used up."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.count == 0 or not _meets(waiting.fault, request):
                    continue
                if waiting.after:
                    waiting.after -= 1
                    continue
                if waiting.count is not None:
                    waiting.count -= 1
                return waiting.fault
        return None

    def give_back(self, fault: Fault) -> None:
        """Take note that a fault found nothing to spoil, so that it waits for the next request."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.fault is fault and waiting.count is not None:
                    waiting.count += 1
                    return


def stars_of(fault: Fault, request: Request) -> tuple[str, ...]:
    """Give what each ``*`` of a fault's path stands for in the path of a request that it meets."""
    return _stars(fault.path, request.path) or ()


def _meets(fault: Fault, request: Request) -> bool:
    """Tell whether a request is of those that a fault is for."""
    return (
        fault.method in {None, request.method}
        and _stars(fault.path, request.path) is not None
        # The first page has no cursor that could come again, and nothing before it.
        and (fault.kind != "same_cursor" or "cursor" in dict(request.query))
        and (fault.kind != "shift" or _is_later_page(request))
    )


def _is_later_page(request: Request) -> bool:
    asked = dict(request.query)
    return "cursor" in asked or asked.get("startIndex", "1") != "1"


def _stars(pattern: str, path: str) -> tuple[str, ...] | None:
    """Match from left to right, so that many stars take no longer than few; None if it does not."""
    first, *rest = pattern.split("*")
    if not rest:
        return () if path == pattern else None
    *middle, last = rest
    at, end = len(first), len(path) - len(last)
    if not path.startswith(first) or not path.endswith(last):
        return None
    stars = []
    for part in middle:
        found = path.find(part, at)
        if found < 0:
            return None
        stars.append(path[at:found])
        at = found + len(part)
    return (*stars, path[at:end]) if at <= end else None
