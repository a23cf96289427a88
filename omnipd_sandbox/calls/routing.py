"""From a method and a path to an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key
from omnipd_sandbox.calls.identity import Audience
from omnipd_sandbox.http.refusals import NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.http.request import is_scim

# Old paths that still answer (docs/wire.md). Export and import of documents never moved, so
# they are written with their own path in the table, which is looked at first.
_MOVED_TO_V1 = frozenset(
    {"ai", "content", "documents", "folders", "labels", "models", "query", "schedules"}
)


@dataclass(frozen=True)
class Endpoint:
    """Declare one endpoint: ``{name}`` in the path stands for one segment."""

    method: str
    path: str
    answer: Callable[[Call], Reply]
    parameters: Mapping[str, Key] = field(default_factory=dict)
    audience: Audience = "everybody"
    # What is asked by another method than GET, and changes nothing.
    only_reads: bool = False
    # What is known but not done takes any parameters, and then refuses.
    served: bool = True
    # What is asked without a key is signed, or refuses everybody alike.
    needs_key: bool = True

    @property
    def writes(self) -> bool:
        """Tell whether it may change the organization."""
        return self.method != "GET" and self.served and not self.only_reads


@dataclass(frozen=True)
class Route:
    """Hold the endpoint found, and what its path's names stand for."""

    endpoint: Endpoint
    segments: Mapping[str, str]


class Router:
    """Find endpoints in a table."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._shelves: dict[tuple[object, ...], list[tuple[list[str], Endpoint]]] = {}
        for endpoint in endpoints:
            template = endpoint.path.split("/")
            self._shelves.setdefault(_shelf(template), []).append((template, endpoint))

    def find(self, method: str, path: str) -> Route:
        """Give the endpoint, or refuse with 404 (no such path) or 405 (other methods only)."""
        parts = path.split("/")
        found = self._at(parts) or self._at(_moved(parts))
        if not found:
            raise NotFound
        # A word of the path before a name that could stand for it.
        for route in sorted(found, key=lambda route: len(route.segments)):
            if route.endpoint.method == method:
                return route
        allowed = ", ".join(sorted({route.endpoint.method for route in found}))
        raise RefusedRequest(405, "Method Not Allowed", {"Allow": allowed})

    def _at(self, parts: Sequence[str]) -> list[Route]:
        routes = []
        # Official clients spell SCIM paths in capitals and in lower case (docs/wire.md).
        same = _same_but_for_case if is_scim("/".join(parts)) else _same
        for template, endpoint in self._shelves.get(_shelf(parts), ()):
            segments = _match(template, parts, same)
            if segments is not None:
                routes.append(Route(endpoint, segments))
        return routes


def _shelf(parts: Sequence[str]) -> tuple[object, ...]:
    """Say where to look for a path: by its length and its beginning, which no name stands in."""
    return (len(parts), *(part.casefold() for part in parts[:4]))


def _moved(parts: Sequence[str]) -> list[str]:
    if parts[:3] == ["", "api", "unstable"] and len(parts) > 3 and parts[3] in _MOVED_TO_V1:
        return ["", "api", "v1", *parts[3:]]
    return []


def _same(expected: str, part: str) -> bool:
    return expected == part


def _same_but_for_case(expected: str, part: str) -> bool:
    return expected.casefold() == part.casefold()


def _match(
    template: Sequence[str], parts: Sequence[str], same: Callable[[str, str], bool]
) -> dict[str, str] | None:
    if len(template) != len(parts):
        return None
    segments = {}
    for expected, part in zip(template, parts, strict=True):
        # Split first, decode after: a %2F belongs to its segment.
        if expected.startswith("{"):
            if not part:
                return None
            segments[expected[1:-1]] = unquote(part)
        elif not same(expected, part):
            return None
    return segments
