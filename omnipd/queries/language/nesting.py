"""How deeply what is sent may be nested: to be written as JSON at all, and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omnipd.errors import ArgumentError

#: Objects and lists in one another. Python copies, compares and prints about a thousand.
DEEPEST = 300


def check_nesting(what: str, value: Any) -> None:
    """Refuse what is nested without reason, or holds itself.

    Raises
    ------
    ArgumentError
        Saying what it is.
    """
    if is_nested_deeply(value):
        raise ArgumentError(
            f"{what} is nested too deeply: more than {DEEPEST} objects and lists in one another.",
            hint="What holds itself has no end. For many values on one field, one filter has a list.",
        )


def is_nested_deeply(value: Any) -> bool:
    """Tell whether more stand in one another than can be sent.

    Examples
    --------
    >>> is_nested_deeply({"a.b": {"type": "string", "values": ["c"]}})
    False
    """
    level = [value]
    for _ in range(DEEPEST + 1):
        # Each once: what holds itself twice would be twice as much on each level.
        inside = {id(inner): inner for outer in level for inner in _inside(outer)}
        if not inside:
            return False
        level = list(inside.values())
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple | set) else ()
