"""A picture of the folders: how many documents are in them, and how much these are viewed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import check_choice, whole_number
from omnipd.audit.pictures import (
    AS_TEXT,
    NO_NAME,
    NOT_KNOWN,
    drawable,
    inventory_of,
    new_axes,
    outside_the_trash,
    pixels,
    say_nothing_to_show,
    write_notes,
    write_title,
)
from omnipd.audit.tables import Tables, question
from omnipd.audit.treemap import Rectangle, squarified
from omnipd.display import counted, shortened
from omnipd.frames.to_pandas import to_frame
from omnipd.locks import NO_FORK
from omnipd.readers.folders import folder_tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle as Patch
    from matplotlib.text import Text

_NO_FOLDER = "(in no folder)"
_UNLISTED = "(in folders not listed)"
_FONT_SIZES = (9, 7)
_SHORTEST = 8
# No label is narrower than so many times the height of its letters.
_LETTERS = 1.5
_SLASH = " / "
_HATCHED: dict[str, Any] = {"facecolor": NOT_KNOWN, "edgecolor": "white", "hatch": "//"}
# What a label leaves free of the width and height of its tile, in pixels.
_MARGIN = 8
_THICK, _THIN, _EDGE = 3, 0.8, 0.04
_DARK = 0.5


@question("content")
def plot_folders(
    content: Inventory | pd.DataFrame,
    *,
    by: Literal["documents", "views"] = "documents",
    depth: int = 2,
    ax: Axes | None = None,
) -> Axes:
    """Draw folders as tiles, as large as what is in them.

    It needs ``pip install "omnipd[plot]"``.

    Parameters
    ----------
    content : Inventory or DataFrame
        An inventory with ``content``, or what :func:`omnipd.read_content` returns.
    by : {"documents", "views"}, default "documents"
        What the area of a tile stands for.
    depth : int, default 2
        How many levels of folders have tiles of their own; what is deeper counts there. A folder has a tile
        for what is directly in it, beside those of its subfolders, and all tiles below one folder at the
        top are together.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        With a rectangle per tile and a text in each that has room for it. The color says how often a
        document is viewed on average; hatched tiles have documents whose views are not known, and by
        ``views`` they are as large as what is known. What is in the trash is left out.

    Raises
    ------
    SettingsError
        If matplotlib is not installed.

    See Also
    --------
    omnipd.folder_tree : The numbers.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     content = omnipd.read_content()
    >>> ax = omnipd.audit.plot_folders(content, depth=1)
    >>> ax.get_title(loc="left")
    'Documents by folder'
    """
    check_choice("by", by, ("documents", "views"))
    depth = whole_number("depth", depth)
    tables = Tables(inventory_of("content", content), plot_folders)
    ax = new_axes(ax, (9, 6))
    tiles = _tiles(outside_the_trash(tables["content"]), depth)
    sized = [tile for tile in tiles if tile.size(by) > 0]
    unknown = sum(tile.unknown > 0 for tile in tiles if tile.size(by) <= 0)
    without = len(tiles) - len(sized) - unknown
    notes = [
        f"Folders without {by} are not shown: {without:,}." if without else "",
        f"Folders whose views are not known are not shown: {unknown:,}." if unknown else "",
    ]
    if not tables.is_known("content"):
        notes.append("Not all of the content is known.")
    total = sum(tile.size(by) for tile in sized)
    write_title(ax, f"{by.capitalize()} by folder")
    write_notes(ax, f"Area: {counted(total, by[:-1])}", [note for note in notes if note])
    _draw(ax, sized, by)
    return ax


@dataclass
class _Tile:
    """What is in one folder, and in those that are deeper than is drawn."""

    name: tuple[str | None, ...]
    top: str | None
    documents: int = 0
    views: int = 0
    unknown: int = 0

    def size(self, by: str) -> int:
        return self.documents if by == "documents" else self.views

    def add(self, documents: int, unknown: int, views: int | None) -> None:
        self.documents += documents
        self.unknown += unknown
        self.views += views or 0


def _tiles(content: pa.Table, depth: int) -> list[_Tile]:
    """Return a tile for each folder down to a depth, and for documents that no such folder holds."""
    tree = folder_tree(to_frame(content, {}))
    names = dict(zip(tree["folder_id"], tree["name"], strict=True))
    lineage: dict[str, tuple[str, ...]] = {}
    tiles: dict[tuple[str | None, ...], _Tile] = {}
    # By path, so that what is above comes first.
    for identity, parent in zip(tree["folder_id"], tree["parent_id"], strict=True):
        above = () if pd.isna(parent) else lineage[parent]
        place = lineage[identity] = (*above, identity)[:depth]
        chain = tuple(None if pd.isna(names[one]) else names[one] for one in place)
        tiles.setdefault(place, _Tile(chain, place[0]))
    documents = content.filter(pc.equal(content["type"], "document"))
    counted = documents.group_by("folder_id").aggregate(
        [
            ("count_views", "count", pc.CountOptions("all")),
            ("count_views", "count", pc.CountOptions("only_null")),
            ("count_views", "sum"),
        ]
    )
    for home, *numbers in zip(*(column.to_pylist() for column in counted.columns), strict=True):
        if home in lineage:
            tile = tiles[lineage[home]]
        else:
            name = _NO_FOLDER if home is None else _UNLISTED
            tile = tiles.setdefault((None, name), _Tile((name,), None))
        tile.add(*numbers)
    return list(tiles.values())


def _draw(ax: Axes, tiles: list[_Tile], by: str) -> None:
    with NO_FORK:
        from matplotlib import colormaps, patches  # noqa: PLC0415
        from matplotlib.cm import ScalarMappable  # noqa: PLC0415
        from matplotlib.collections import PatchCollection  # noqa: PLC0415
        from matplotlib.colors import Normalize  # noqa: PLC0415
    ax.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(1, 0))
    ax.spines[:].set_visible(False)
    if not tiles:
        say_nothing_to_show(ax, f"No {by}")
        return
    means = [tile.views / tile.documents for tile in tiles if not tile.unknown]
    scale = Normalize(0, max([*means, 1]))
    colors = colormaps["cividis"]
    if means:
        bar = ScalarMappable(scale, colors)
        ax.figure.colorbar(bar, ax=ax, label="Views per document", pad=0.02)
    if any(tile.unknown for tile in tiles):
        unknown = patches.Patch(label="Views not known, or not all", **_HATCHED)
        ax.legend(handles=[unknown], loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    width, height = pixels(ax)
    ax.set_xlim(0, width / height)
    groups, placed = _placed(tiles, by, Rectangle(0, 0, width / height, 1))
    drawn = []
    for tile, place in placed:
        color = colors(scale(tile.views / tile.documents))
        look = _HATCHED if tile.unknown else {"facecolor": color, "edgecolor": "white"}
        patch = patches.Rectangle(
            place[:2],
            place.width,
            place.height,
            **look,
            linewidth=min(_THIN, _EDGE * height * min(place[2:])),
        )
        ax.add_patch(patch)
        drawn.append((tile, patch))
    # Of the pixels along the shorter side of something small its edge takes few.
    outlines = [patches.Rectangle(one[:2], one.width, one.height) for one in groups]
    widths = [min(_THICK, _EDGE * height * min(one[2:])) for one in groups]
    ax.add_collection(
        PatchCollection(outlines, facecolor="none", edgecolor="white", linewidth=widths),
        autolim=False,
    )
    _write(ax, drawn, by)


def _placed(
    tiles: Sequence[_Tile], by: str, whole: Rectangle
) -> tuple[list[Rectangle], list[tuple[_Tile, Rectangle]]]:
    """Return where each folder at the top is, and where each tile is in it; the largest come first."""
    together: dict[str | None, list[_Tile]] = {}
    for tile in sorted(tiles, key=lambda tile: -tile.size(by)):
        together.setdefault(tile.top, []).append(tile)
    groups = [(sum(tile.size(by) for tile in each), each) for each in together.values()]
    groups.sort(key=lambda group: -group[0])
    places = squarified([total for total, _ in groups], whole)
    placed = [
        pair
        for (_, each), place in zip(groups, places, strict=True)
        for pair in zip(each, squarified([one.size(by) for one in each], place), strict=True)
    ]
    return places, placed


def _write(ax: Axes, drawn: Sequence[tuple[_Tile, Patch]], by: str) -> None:
    """Write what each tile is, where there is room for it."""
    chains = (_SLASH.join(one or NO_NAME for one in tile.name) for tile, _ in drawn)
    names, family = drawable(chains)
    least = min(_FONT_SIZES) * ax.figure.dpi / 72
    for (tile, patch), name in zip(drawn, names, strict=True):
        box = patch.get_window_extent()
        if box.height - _MARGIN < least or box.width - _MARGIN < _LETTERS * least:
            continue
        number = counted(tile.size(by), by[:-1])
        if by == "views" and tile.unknown:
            number = f"{number} or more"
        written = ax.text(
            patch.get_x() + patch.get_width() / 2,
            patch.get_y() + patch.get_height() / 2,
            "",
            ha="center",
            va="center",
            clip_on=True,
            family=family,
            color="white" if _is_dark(patch) else "black",
            **AS_TEXT,
        )
        # A figure that is made smaller later must not let it reach into the next tile.
        written.set_clip_path(patch)
        if not _fit(written, name, number, box.width - _MARGIN, box.height - _MARGIN):
            written.remove()


def _fit(written: Text, name: str, number: str, width: float, height: float) -> bool:
    """Give a text the largest form that fits; return whether there is any."""
    forms = [(size, shorten) for shorten in (False, True) for size in _FONT_SIZES]
    for size, shorten in forms:
        written.set(fontsize=size, text=name)
        letters = int(width / written.get_window_extent().width * len(name))
        if letters >= (_SHORTEST if shorten else 1):
            for lines in _lines(name, number, letters, shorten):
                written.set_text("\n".join(lines))
                box = written.get_window_extent()
                if box.width <= width and box.height <= height:
                    return True
    return False


def _lines(name: str, number: str, letters: int, shorten: bool) -> Iterator[list[str]]:
    """Yield the forms of a label, the best first; a line has about so many letters."""
    if shorten:
        # Letters are not all as wide as the usual one.
        for some in (letters, letters * 4 // 5):
            yield [shortened(name, some), number]
            yield [shortened(name, some)]
        return
    # Where it can be, no line begins with a slash.
    for text in (name.replace(_SLASH, "\N{NO-BREAK SPACE}/ "), name):
        lines = [
            line.replace("\N{NO-BREAK SPACE}", " ")
            for line in textwrap.wrap(text, letters, break_long_words=False)
        ]
        yield [*lines, number]
        yield lines


def _is_dark(patch: Patch) -> bool:
    with NO_FORK:
        from matplotlib.colors import to_rgba  # noqa: PLC0415
    red, green, blue, _ = to_rgba(patch.get_facecolor())
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK
