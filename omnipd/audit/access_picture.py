"""A picture of who has which role on which folder."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, check_choice, function, whole_number
from omnipd.audit.access_grants import ROLES
from omnipd.audit.access_rows import SCHEMA
from omnipd.audit.content_access import access as read_access
from omnipd.audit.pictures import (
    AS_TEXT,
    NOT_KNOWN,
    VERMILION,
    drawable,
    new_axes,
    pixels,
    say_nothing_to_show,
    write_notes,
    write_title,
)
from omnipd.audit.tables import Tables, question
from omnipd.display import shortened
from omnipd.errors import ArgumentError
from omnipd.frames.to_pandas import is_whole
from omnipd.locks import NO_FORK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: From light to dark, as each role is more than the one before it.
_SHADES = (0.1, 0.33, 0.55, 0.78, 1.0)
_UNKNOWN = len(ROLES)
_NONE = -1
_COLUMNS = (
    *("user_id", "email", "display_name", "type", "document_identifier", "id", "name"),
    *("access_source", "group_id", "group_name", "role", "resulting_role", "unknown"),
)
_LARGEST = 16
_LONGEST = 32
_FONT_SIZE = 8
_LINE = 1.5
_Ints = np.ndarray[Any, np.dtype[np.int64]]
_Flags = np.ndarray[Any, np.dtype[np.bool_]]


@question(*read_access.needs, also=read_access.also)
def plot_access(
    access: Inventory | pd.DataFrame,
    *,
    by: Literal["people", "groups"] = "people",
    limit: int = 40,
    organization_role: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw who has which role on which folder.

    It needs ``pip install "omnipd[plot]"``.

    Parameters
    ----------
    access : Inventory or DataFrame
        An inventory with what :func:`omnipd.audit.access` needs, or what that returns.
    by : {"people", "groups"}, default "people"
        Whether a row is a person, with the highest role that they have in any way, or a group that has
        members, with the role that is given to it.
    limit : int, default 40
        How many rows and how many columns to draw at most: those with the most access. How many
        there are is written below.
    organization_role : str, optional
        For an inventory, as for :func:`omnipd.audit.access`.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        With a grid of people or groups and folders, the darker the more a role is. A dot says that
        something which is not known may give more. Gray is not known at all, white no role.

    Raises
    ------
    SettingsError
        If matplotlib is not installed.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(scope="all")
    >>> ax = omnipd.audit.plot_access(inventory, organization_role="NO_ACCESS")
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['/flights', '/flights/delays', '/flights/delays/by-airline']
    """
    check_choice("by", by, ("people", "groups"))
    limit = whole_number("limit", limit)
    frame, paths = _access(access, organization_role)
    grid = _grid(_table(frame), by, paths)
    shown = grid.largest(limit)
    rows, columns = shown.roles.shape
    ax = new_axes(ax, (min(5 + 0.2 * columns, _LARGEST), min(2.5 + 0.2 * rows, _LARGEST)))
    write_title(ax, f"Roles of {by} on folders")
    write_notes(ax, "Folder", _notes(frame, by, grid, shown))
    if shown.roles.size:
        _draw(ax, shown)
    else:
        say_nothing_to_show(ax, f"No roles of {by} on folders")
    return ax


class _Grid(NamedTuple):
    """A role for each of some people or groups, and each of some folders.

    Attributes
    ----------
    roles : numpy.ndarray
        The place of each role in the order of roles, ``_UNKNOWN`` or ``_NONE``.
    open : numpy.ndarray
        Whether something that is not known may give more.
    """

    holders: list[str]
    folders: list[str]
    roles: _Ints
    open: _Flags

    def largest(self, limit: int) -> _Grid:
        """Return so many rows and columns, those with the most access; rows by that, folders by name."""
        weight = np.where((self.roles == _UNKNOWN) | (self.roles == _NONE), 0, self.roles)
        rows = sorted(
            range(len(self.holders)), key=lambda row: (-weight[row].sum(), self.holders[row])
        )
        columns = sorted(
            np.flatnonzero((self.roles != _NONE).any(axis=0)),
            key=lambda column: (-weight[:, column].sum(), self.folders[column]),
        )
        rows, columns = (
            rows[:limit],
            sorted(columns[:limit], key=lambda column: self.folders[column]),
        )
        chosen = np.ix_(np.array(rows, np.int64), np.array(columns, np.int64))
        return _Grid(
            [self.holders[row] for row in rows],
            [self.folders[column] for column in columns],
            self.roles[chosen],
            self.open[chosen],
        )


def _access(
    given: Inventory | pd.DataFrame, organization_role: str | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return who has which roles on folders, and the paths of these where they are known."""
    if isinstance(given, pd.DataFrame):
        if organization_role is not None:
            raise ArgumentError(
                argument("organization_role") + " goes with an inventory only.",
                hint="Pass it to " + function("access") + ".",
            )
        return given, {}
    Tables(given, plot_access)
    # What is said of documents only is not drawn, and there are many of them.
    kept = {name: given[name] for name in (*read_access.needs, *read_access.also) if name in given}
    kept["content"] = kept["content"][(kept["content"]["type"] == "folder").fillna(False)]
    for name in ("documents", "document_access"):
        if name in kept:
            kept[name] = kept[name].head(0)
    folders = kept["content"]
    known = zip(folders["id"].tolist(), folders["path"].tolist(), strict=True)
    paths = {
        identity: path for identity, path in known if not pd.isna(identity) and not pd.isna(path)
    }
    inventory = Inventory(kept, given.failures)
    return read_access(inventory, organization_role=organization_role), paths


def _table(frame: pd.DataFrame) -> pa.Table:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise ArgumentError(
            f"The frame has no column {', '.join(absent)}.",
            hint="Pass what " + function("access") + " returns, or an inventory.",
        )
    schema = pa.schema([SCHEMA.field(name) for name in _COLUMNS])
    table = pa.Table.from_pandas(frame[[*_COLUMNS]], preserve_index=False).cast(schema)
    return table.filter(pc.equal(table["type"], "folder"))


def _grid(table: pa.Table, by: str, paths: Mapping[str, str]) -> _Grid:
    """Return the highest role of each pair, and whether it may be more."""
    table = table.filter(pc.is_valid(table["id"]))
    people = by == "people"
    key = table["user_id"] if people else pc.coalesce(table["group_id"], table["group_name"])
    named = pc.is_valid(key)
    # What is not known of anybody in particular may concern everybody; no group owns anything, or is everybody.
    nobodys = pc.and_(pc.is_null(table["user_id"]), pc.is_null(table["group_id"]))
    if not people:
        nobodys = pc.and_(nobodys, pc.is_in(table["access_source"], pa.array(["direct", "folder"])))
    folder = table["id"].combine_chunks().dictionary_encode()
    holder = key.filter(named).combine_chunks().dictionary_encode()
    column = np.asarray(folder.indices)
    pair = (np.asarray(holder.indices), column[np.asarray(named)])
    shape = (len(holder.dictionary), len(folder.dictionary))
    roles, result = np.full(shape, _NONE), np.full(shape, _NONE)
    is_open, is_there = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    mine = table.filter(named)
    code = _codes(mine["role"])
    np.maximum.at(roles, pair, code)
    is_there[pair] = True
    if people:
        # It is the same in all rows of a pair.
        result[pair] = _codes(mine["resulting_role"])
        roles = np.where(result == _NONE, roles, result)
        is_open = is_there & (result == _NONE)
    else:
        is_open[pair[0][code == _NONE], pair[1][code == _NONE]] = True
    anybodys = np.zeros(shape[1], np.bool_)
    anybodys[column[np.asarray(nobodys)]] = True
    is_open |= anybodys & (result == _NONE) & (roles < _UNKNOWN - 1)
    roles = np.where((roles == _NONE) & is_open, _UNKNOWN, roles)
    return _Grid(
        _holders(mine, holder, people),
        _folders(table, folder, paths),
        roles,
        is_open & (roles < _UNKNOWN),
    )


def _codes(roles: pa.ChunkedArray) -> _Ints:
    return np.asarray(pc.fill_null(pc.index_in(roles, pa.array(ROLES)), _NONE).cast(pa.int64()))


def _holders(table: pa.Table, keys: pa.DictionaryArray, people: bool) -> list[str]:
    """Return what people or groups are called; those of the same name with what tells them apart."""
    first = _first_rows(table, keys)
    if not people:
        names = pc.coalesce(first["group_name"], first["group_id"]).to_pylist()
        others = first["group_id"].to_pylist()
    else:
        names = pc.coalesce(first["display_name"], first["email"], first["user_id"]).to_pylist()
        others = pc.coalesce(first["email"], first["user_id"]).to_pylist()
    times = Counter(names)
    return [
        f"{name} ({other})" if times[name] > 1 and other != name else name
        for name, other in zip(names, others, strict=True)
    ]


def _folders(table: pa.Table, keys: pa.DictionaryArray, paths: Mapping[str, str]) -> list[str]:
    names = pc.coalesce(_first_rows(table, keys)["name"], keys.dictionary).to_pylist()
    each = zip(keys.dictionary.to_pylist(), names, strict=True)
    return [paths.get(identity, name) for identity, name in each]


def _first_rows(table: pa.Table, keys: pa.DictionaryArray) -> pa.Table:
    """Return the first row of each key."""
    return table.take(pa.array(np.unique(np.asarray(keys.indices), return_index=True)[1]))


def _notes(frame: pd.DataFrame, by: str, grid: _Grid, shown: _Grid) -> list[str]:
    notes = []
    if shown.roles.shape != grid.roles.shape:
        notes.append(
            f"Shown are {len(shown.holders):,} of {len(grid.holders):,} {by} and "
            f"{len(shown.folders):,} of {len(grid.folders):,} folders, those with the most access."
        )
    of_all = frame[["user_id", "id", "document_identifier"]].isna().all(axis="columns")
    if by == "groups":  # an administrator is a person
        of_all &= (frame["access_source"] != "administrator").fillna(True)
    notes += [f"{why}." for why in frame[of_all]["unknown"].dropna().unique()]
    return notes if notes or is_whole(frame) else ["Not all is known."]


def _draw(ax: Axes, grid: _Grid) -> None:
    with NO_FORK:
        from matplotlib import colormaps  # noqa: PLC0415
        from matplotlib.colors import ListedColormap  # noqa: PLC0415
        from matplotlib.lines import Line2D  # noqa: PLC0415
        from matplotlib.patches import Patch  # noqa: PLC0415
    colors = [*colormaps["YlGnBu"](_SHADES), NOT_KNOWN]
    rows, columns = grid.roles.shape
    ax.pcolormesh(
        np.ma.masked_equal(grid.roles, _NONE),
        cmap=ListedColormap(colors),
        vmin=-0.5,
        vmax=_UNKNOWN + 0.5,
        edgecolors="white",
        linewidth=0.5,
    )
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    names = [role.replace("_", " ").capitalize() for role in ROLES]
    handles: list[Any] = [
        Patch(facecolor=color, label=name) for color, name in zip(colors, names, strict=False)
    ][::-1]
    if (grid.roles == _NONE).any():
        handles.append(Patch(facecolor="white", edgecolor=NOT_KNOWN, label="No role"))
    if (grid.roles == _UNKNOWN).any():
        handles.append(Patch(facecolor=NOT_KNOWN, label="Not known"))
    if grid.open.any():
        down, across = np.nonzero(grid.open)
        dots: dict[str, Any] = {"marker": ".", "color": VERMILION}
        ax.scatter(across + 0.5, down + 0.5, s=16, linewidths=0, **dots)
        handles.append(Line2D([], [], linestyle="none", label="May be more", **dots))
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    _name_ticks(ax, grid)


def _name_ticks(ax: Axes, grid: _Grid) -> None:
    """Name rows and columns, or every second or third where names would meet."""
    texts, family = drawable([*grid.holders, *grid.folders])
    labels = [shortened(text, _LONGEST) for text in texts[: len(grid.holders)]]
    # The end of a path tells more than its beginning.
    labels += [
        text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"
        for text in texts[len(grid.holders) :]
    ]
    look = {"fontsize": _FONT_SIZE, "family": family, **AS_TEXT}
    rows, columns = grid.roles.shape
    # Names need room of the axes first, which they then have less of.
    for _ in range(2):
        width, height = pixels(ax)
        line = _LINE * _FONT_SIZE * ax.figure.dpi / 72
        down, across = (
            max(1, math.ceil(number * line / size))
            for number, size in ((rows, height), (columns, width))
        )
        ax.set_yticks(np.arange(0, rows, down) + 0.5, labels[:rows:down], **look)
        ax.set_xticks(
            np.arange(0, columns, across) + 0.5,
            labels[rows::across],
            rotation=45,
            ha="right",
            rotation_mode="anchor",
            **look,
        )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
