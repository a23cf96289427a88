"""How deeply what is sent may be nested: to be written as JSON at all, and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omnipd.errors import ArgumentError

#: Objects and lists in one another. Python copies, compares and prints about a thousand.
DEEPEST = 300
#: Objects, lists and values in all, each as often as it is written: more than long lists of values.
MOST = 1_000_000


def check_nesting(what: str, value: Any) -> None:
    """Refuse what is nested without reason, holds itself, or is much too large when it is written.

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
    if _is_large(value):
        raise ArgumentError(
            f"{what} is too large: it has more than {MOST:,} objects, lists and values.",
            hint="What stands in it twice is written twice.",
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


def _is_large(value: Any) -> bool:
    """Tell whether there is too much in a value to be sent; it does not hold itself."""
    left = [value]
    for _ in range(MOST):
        if not left:
            return False
        left += _inside(left.pop())
    return bool(left)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple | set) else ()
