"""What all pictures share: something to draw on, and names as they can be drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, said_shortly
from omnipd.display import shortened
from omnipd.errors import ArgumentError
from omnipd.extras import load_extra
from omnipd.locks import NO_FORK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: For what is not known, and what is not there.
NOT_KNOWN = "#bdbdbd"
#: Colors that are told apart however somebody sees colors (Okabe and Ito).
BLUE, ORANGE, VERMILION = "#0072b2", "#e69f00", "#d55e00"
#: Names are text: a dollar sign in one begins no formula.
AS_TEXT: dict[str, Any] = {"parse_math": False, "usetex": False}

NO_NAME = "(no name)"

_LONGEST_NAME = 200
_NOT_DRAWN = "\N{WHITE SQUARE}"
_NOTE_WIDTH = 90


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return axes: those that were given, or those of a new figure of this size in inches.

    Raises
    ------
    SettingsError
        If matplotlib is not installed.
    ArgumentError
        If something else than axes was given.
    """
    load_extra("matplotlib", "plot", "Pictures need")
    with NO_FORK:
        from matplotlib.axes import Axes  # noqa: PLC0415
    if ax is not None and not isinstance(ax, Axes):
        raise ArgumentError(
            argument("ax") + f" is an Axes of matplotlib, not {said_shortly(ax)}.",
            hint="plt.subplots() gives some; without one there is a figure of its own.",
        )
    if ax is not None:
        return ax
    # Only pyplot shows a figure in a notebook by itself; what is drawn on given axes leaves it alone.
    with NO_FORK:
        from matplotlib import pyplot as plt  # noqa: PLC0415
    return plt.subplots(figsize=size, layout="constrained")[1]


def inventory_of(name: str, given: Inventory | pd.DataFrame) -> Inventory:
    """Return an inventory; one frame is one of that name."""
    return Inventory({name: given}) if isinstance(given, pd.DataFrame) else given


def outside_the_trash(content: pa.Table) -> pa.Table:
    """Return content but for what is known to be in the trash."""
    return content.filter(pc.invert(pc.fill_null(content["deleted"], False)))


def drawable(names: Iterable[str | None]) -> tuple[list[str], list[str]]:
    """Return names as one line each that can be drawn, and the families of fonts to draw them in.

    Letters that the usual font lacks are looked for in all that are installed; what none has is a box.
    """
    texts = [shortened(NO_NAME if name is None else name, _LONGEST_NAME) for name in names]
    families, lacking = _fonts({*"".join(texts)})
    boxes = str.maketrans(dict.fromkeys(lacking, _NOT_DRAWN))
    return [text.translate(boxes) for text in texts], families


def _fonts(letters: set[str]) -> tuple[list[str], set[str]]:
    """Return the fonts in which letters can be drawn, and the letters that none of them has."""
    with NO_FORK:
        from matplotlib import font_manager, rcParams  # noqa: PLC0415
    families = [*rcParams["font.family"]]
    lacking = {
        letter
        for letter in letters
        if not font_manager.get_font(
            font_manager.findfont(font_manager.FontProperties())
        ).get_char_index(ord(letter))
    }
    for entry in sorted(
        font_manager.fontManager.ttflist, key=lambda entry: (entry.name, entry.fname)
    ):
        if not lacking:
            break
        # The last resort, which newer versions of matplotlib bring, has a box for every letter there is.
        if entry.style != "normal" or entry.weight != 400 or entry.name.startswith("Last Resort"):
            continue
        try:
            font = font_manager.get_font(entry.fname)
        except (OSError, RuntimeError):  # a file that is gone since, or none that FreeType can read
            continue
        has = {letter for letter in lacking if font.get_char_index(ord(letter))}
        if has and font.scalable:
            families.append(entry.name)
            lacking -= has
    return families, lacking


def write_title(ax: Axes, title: str) -> None:
    """Say in plain words what is seen."""
    ax.set_title(title, loc="left", **AS_TEXT)


def write_notes(ax: Axes, what: str, notes: Sequence[str]) -> None:
    """Say below what the axis is, and in lines of their own what the picture does not show."""
    lines = [line for note in notes for line in textwrap.wrap(shortened(note, 300), _NOTE_WIDTH)]
    ax.set_xlabel("\n".join([what, *lines]), loc="left", **AS_TEXT)


def say_nothing_to_show(ax: Axes, what: str) -> None:
    """Say in the middle that there is nothing to draw."""
    ax.text(0.5, 0.5, what, transform=ax.transAxes, ha="center", va="center", **AS_TEXT)
    ax.set(xticks=[], yticks=[])


def pixels(ax: Axes) -> tuple[float, float]:
    """Return how wide and high axes are, once the figure is laid out as it is going to be."""
    figure = ax.get_figure(root=True)
    engine = None if figure is None else figure.get_layout_engine()
    if figure is not None and engine is not None:
        engine.execute(figure)
    box = ax.get_window_extent()
    return box.width, box.height
