"""The log of the package: each request at DEBUG; waits and what is sent again at INFO. No key is in it."""

from __future__ import annotations

import logging

from omnipd.bars import aside
from omnipd.key_texts import hide_keys

_LOGGER = logging.getLogger("omnipd")
_LOGGER.addHandler(logging.NullHandler())


def debug(text: str, *values: object) -> None:
    """Log what is of interest to whoever looks for a fault."""
    _log(logging.DEBUG, text, values)


def info(text: str, *values: object) -> None:
    """Log why something takes its time."""
    _log(logging.INFO, text, values)


def _log(level: int, text: str, values: tuple[object, ...]) -> None:
    if _LOGGER.isEnabledFor(level):
        shown = [hide_keys(one) if isinstance(one, str) else one for one in values]
        with aside():
            _LOGGER.log(level, text, *shown, stacklevel=3)
