"""Text that UTF-8 can hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd.errors import warn


def whole_text(value: Any) -> Any:
    r"""Replace a lone surrogate, which is legal in JSON and in no UTF-8, by U+FFFD.

    Examples
    --------
    >>> whole_text("a\ud83d") == "a\ufffd"
    True
    """
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole_text(inner) for inner in value]
    if isinstance(value, dict):
        return {whole_text(key): whole_text(inner) for key, inner in value.items()}
    return value


def warn_of_mended(names: Iterable[str]) -> None:
    """Warn of the columns whose text had to be mended, where there are any."""
    if listed := ", ".join(names):
        warn(f"Text that is not valid Unicode was mended with U+FFFD in: {listed}")
