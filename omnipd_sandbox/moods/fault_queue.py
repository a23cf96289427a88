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


def _meets(fault: Fault, request: Request) -> bool:
    """Tell whether a request is of those that a fault is for."""
    return (
        fault.method in {None, request.method}
        and _covers(fault.path, request.path)
        # The first page has no cursor that could come again, and nothing before it.
        and (fault.kind != "same_cursor" or "cursor" in dict(request.query))
        and (fault.kind != "shift" or _is_later_page(request))
    )


def _is_later_page(request: Request) -> bool:
    asked = dict(request.query)
    return "cursor" in asked or asked.get("startIndex", "1") != "1"


def _covers(pattern: str, path: str) -> bool:
    """Match from left to right, so that many stars take no longer than few."""
    first, *rest = pattern.split("*")
    if not rest:
        return path == pattern
    *middle, last = rest
    at, end = len(first), len(path) - len(last)
    if not path.startswith(first) or not path.endswith(last):
        return False
    for part in middle:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= end
