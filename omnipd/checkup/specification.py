"""The specification that an Omni serves of itself, beside what omnipd asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import omnipd
from omnipd.checkup.findings import Finding
from omnipd.checkup.questions import Heard
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import lists_of

PATH = "/openapi.json"
_AREA = "specification"


def compare_specification(heard: Heard) -> Iterator[Finding]:
    """Yield which calls and parameters of readers the specification does not have."""
    paths = heard.content.get("paths") if isinstance(heard.content, dict) else None
    if not heard.is_good or not isinstance(paths, dict):
        yield Finding(_AREA, PATH, "unknown", f"it is not served ({heard.said})")
        return
    known = {_template(path): one for path, one in paths.items() if isinstance(one, dict)}
    lists = {_template(one.path): one for one in _read_by_omnipd()}
    lacking = sorted(lists[path].path for path in lists.keys() - known.keys())
    said = f"{len(lists) - len(lacking)} of {len(lists)} paths are there"
    said += f"; not there: {', '.join(lacking)}" if lacking else ""
    yield Finding(_AREA, "paths of readers", "note" if lacking else "ok", said)
    others = [
        f"{param.wire} of {one.path}"
        for path, one in sorted(lists.items())
        if path in known
        for param in one.params.values()
        if param.wire not in _parameters(known[path])
    ]
    said = f"not there: {', '.join(sorted(set(others)))}" if others else "all are there"
    yield Finding(_AREA, "parameters of readers", "note" if others else "ok", said)


def _read_by_omnipd() -> Iterator[Endpoint]:
    for name in omnipd.__all__:
        if name.startswith("read_"):
            getattr(omnipd, name)  # it is declared where the reader is
            for found in lists_of(name):
                yield found.endpoint if isinstance(found, FanOut) else found


def _template(path: str) -> str:
    """Return a path without what its parts are called, and without what all begin with."""
    return re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/api"))


def _parameters(operations: dict[str, Any]) -> set[str]:
    get = operations.get("get")
    several = [
        operations.get("parameters"),
        get.get("parameters") if isinstance(get, dict) else None,
    ]
    held = [one for some in several if isinstance(some, list) for one in some]
    return {str(one.get("name")) for one in held if isinstance(one, dict)}
