"""The bars on the screen, which tqdm draws; whatever else is written there makes them give way."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from typing import Any

from omnipd.locks import after_fork, load, new_lock

#: Held while something is drawn, so that no two threads draw at once.
_DRAWING = new_lock()
_SHOWN: list[Any] = []


class _Unlocked:
    """What tqdm takes for its lock: its own is one of multiprocessing, which a fork may leave taken."""

    def acquire(self, *_: object, **__: object) -> bool:
        return True

    def release(self) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class Bar:
    """One bar on standard error, or in a notebook; nothing where nobody would see it.

    A bar that cannot be drawn is given up: it is never the reason for which a read fails.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._given_up = False

    def draw(self, name: str, done: int, total: int | None, unit: str, said: str) -> None:
        """Show how far something is, with some words behind it."""
        how_far = f"{{n_fmt}}/{{total_fmt}}{unit} {said}" if total else f"{{n_fmt}}{unit} {said}"
        if self._given_up:
            return
        with _DRAWING, self._or_given_up():
            if self._bar is None:
                self._bar = _new_bar(total)
                _SHOWN.append(self._bar)
            bar = self._bar
            if bar.disable:  # by the environment: TQDM_DISABLE
                return
            if bar.total != total:
                bar.reset(total)
            bar.n = done
            bar.ncols = _columns()
            if bar.ncols is not None:
                name = name[: bar.ncols // 2]  # how far it is says more
            bar.bar_format = ("{l_bar}{bar}| " if total else "{desc}") + how_far
            bar.set_description(name, refresh=False)
            bar.refresh(nolock=True)

    def close(self) -> None:
        """Take it off the screen."""
        with _DRAWING, self._or_given_up():
            bar, self._bar, self._given_up = self._bar, None, True
            if bar is not None:
                with contextlib.suppress(ValueError):  # a fork forgets them
                    _SHOWN.remove(bar)
                bar.total = None  # or a notebook would keep one that is not full
                bar.close()

    @contextlib.contextmanager
    def _or_given_up(self) -> Iterator[None]:
        try:
            yield
        except Exception:  # noqa: BLE001 - a closed terminal, a widget of another version
            self._given_up = True


def can_be_seen() -> bool:
    """Whether somebody looks: standard error is a terminal, or this is a notebook."""
    if _in_notebook():
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Take the bars off the screen while something else is written there."""
    if not _SHOWN:
        yield
        return
    with _DRAWING:
        _each("clear")
        try:
            yield
        finally:
            _each("refresh")


def _each(work: str) -> None:
    for bar in _SHOWN:
        with contextlib.suppress(Exception):
            getattr(bar, work)(nolock=True)


def _new_bar(total: int | None) -> Any:
    """Return a bar of tqdm; in a notebook one of widgets, where these are installed."""
    widgets = _in_notebook() and importlib.util.find_spec("ipywidgets") is not None
    plain = load("tqdm.notebook" if widgets else "tqdm.std").tqdm
    # Without its thread, which would look after bars that are not drawn often enough.
    kind = type("Bar", (plain,), {"monitor_interval": 0, "_lock": _Unlocked()})
    # It is not drawn before it says something.
    return kind(total=total, leave=False, delay=1e-9)


def _columns() -> int | None:
    """Return how wide a bar is; behind it is room for the ``^C`` that a terminal shows."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return None
    return columns - 3 if columns > 3 else None  # some do not say how wide they are


def _in_notebook() -> bool:
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


def _forget() -> None:
    """Leave the bars of the parent to it."""
    for bar in _SHOWN:
        bar.disable = True
    _SHOWN.clear()


after_fork(_forget)
