"""Drawings of the page as what a template needs to write SVG: rectangles with words, and lengths of bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from omnipd.audit.treemap import Rectangle, squarified
from omnipd.display import counted, shortened

#: So many colors, from the folder whose documents are viewed least to that whose are viewed most.
_SHADES = 5
#: About how wide a letter is, of its height, and how much of a tile stays free on each side.
_LETTER = 0.56
_FREE = 8


@dataclass(frozen=True)
class Tile:
    """A folder in the treemap: how many documents, and how often they were viewed, None where not known."""

    name: str
    documents: int
    views: int | None

    @property
    def words(self) -> str:
        """What is said of it to who does not see the drawing."""
        views = "views not known" if self.views is None else counted(self.views, "view")
        return f"{self.name}: {counted(self.documents, 'document')}, {views}"


@dataclass(frozen=True)
class PlacedTile:
    """A tile with its place, the class that colors it, and the lines for which it has room."""

    tile: Tile
    place: Rectangle
    shade: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Treemap:
    """Tiles that fill a drawing of a width and a height, in the units of its letters."""

    width: int
    height: int
    letters: int
    tiles: tuple[PlacedTile, ...]


def treemap(tiles: Iterable[Tile], width: int, height: int, letters: int) -> Treemap:
    """Place tiles by their documents, the largest first.

    Parameters
    ----------
    tiles : iterable of Tile
        Those without documents are left out.
    width, height : int
        Of the drawing.
    letters : int
        The size of letters in it.
    """
    sized = sorted(
        (tile for tile in tiles if tile.documents), key=lambda tile: (-tile.documents, tile.name)
    )
    places = squarified([tile.documents for tile in sized], Rectangle(0, 0, width, height))
    known = [tile.views / tile.documents for tile in sized if tile.views is not None]
    extent = (min(known, default=0.0), max(known, default=0.0))
    return Treemap(
        width,
        height,
        letters,
        tuple(
            PlacedTile(tile, place, _shade(tile, extent), _lines(tile, place, letters))
            for tile, place in zip(sized, places, strict=True)
        ),
    )


def _shade(tile: Tile, extent: tuple[float, float]) -> str:
    least, largest = extent
    if tile.views is None:
        return "unknown"
    share = (tile.views / tile.documents - least) / (largest - least) if largest > least else 0
    return f"shade{min(int(share * _SHADES), _SHADES - 1)}"


def _lines(tile: Tile, place: Rectangle, letters: int) -> tuple[str, ...]:
    """Return the name and the number, as far as a tile has room for them."""
    fit = int((place.width - 2 * _FREE) / (letters * _LETTER))
    rows = int((place.height - _FREE) / (letters * 1.3))
    if fit < 4 or rows < 1:
        return ()
    lines = (shortened(tile.name, fit), f"{tile.documents:,}")
    return lines[:rows]


@dataclass(frozen=True)
class Bar:
    """One bar: what it is, its number, and its length in percent of the longest."""

    label: str
    number: int
    percent: float


def bars(pairs: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Return a bar for each number, in their order.

    Examples
    --------
    >>> [bar.percent for bar in bars([("a", 4), ("b", 1)])]
    [100.0, 25.0]
    """
    longest = max((number for _, number in pairs), default=0)
    return tuple(
        Bar(label, number, round(100 * number / longest, 2) if longest else 0.0)
        for label, number in pairs
    )
