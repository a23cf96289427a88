"""The frames of an inventory, and their files."""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd import display
from omnipd.addresses import Address
from omnipd.arguments import argument, check_choice, said
from omnipd.errors import (
    ArgumentError,
    ExportError,
    ExportIncompleteError,
    warn,
)
from omnipd.export import whole_files
from omnipd.export.compression import ENDINGS, Compression, compressed, uncompressed_suffix
from omnipd.export.csv import write_csv
from omnipd.export.excel import workbook, workbook_path
from omnipd.export.parquet import write_parquet
from omnipd.export.storable_table import table_for
from omnipd.frames.to_pandas import is_whole, marked_incomplete
from omnipd.key_texts import hide_keys
from omnipd.paths import local_path, place

# What separates folders or drives, or is no letter; Windows also drops what ends in a dot.
_FILE_NAME = re.compile(r"(?!\.)[^\x00-\x1f/\\:*?\"<>|]+")

_LONGEST_REASON = 200


class Inventory(Mapping[str, pd.DataFrame]):
    """The frames of one Omni by name, as :func:`omnipd.read_inventory` gives them.

    A mapping that cannot be changed: ``inventory["users"]`` is a frame, ``list(inventory)`` the
    names, ``inventory.items()`` both.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The frames in order.
    failures : mapping of str to str, optional
        What could not be read, and why. Asking for it is a KeyError that says so.

    Attributes
    ----------
    failures : dict of str to str
        What could not be read, and why.
    complete : bool
        Whether all that was asked for is here, and every frame was whole when it came.
    """

    def __init__(
        self, frames: Mapping[str, pd.DataFrame], failures: Mapping[str, str] | None = None
    ) -> None:
        self._frames: Mapping[str, pd.DataFrame] = dict(frames)
        self._failures = dict(failures or {})
        for name in (*self._frames, *self._failures):
            if not isinstance(name, str):
                raise ArgumentError(f"The name of a frame is text, not {said(name):.60}.")
        # As they came: whoever changes a frame may lose the mark, and does not make it whole.
        self._incomplete = {name for name, frame in frames.items() if not is_whole(frame)}

    @property
    def failures(self) -> dict[str, str]:
        """What could not be read, and why."""
        return dict(self._failures)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for is here, and every frame was whole when it came."""
        return not self._failures and all(map(self._is_whole, self._frames))

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name in self._frames:
            return self._frames[name]
        if name in self._failures:
            raise KeyError(f"{name} could not be read: {self._failures[name]}")
        near = difflib.get_close_matches(str(name), self._frames, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise KeyError(
            f"{hide_keys(str(name))} is not in this inventory; it has {', '.join(self._frames)}.{guess}"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same object: frames are not compared."""
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return display.text(self._title, self._rows())

    def _repr_html_(self) -> str:
        return display.page(self._title, display.table(self._rows()))

    @property
    def _title(self) -> str:
        frames = "1 frame" if len(self) == 1 else f"{len(self)} frames"
        return f"omnipd.Inventory: {frames}, {_said(self.complete)}"

    def _sizes(self) -> Iterator[tuple[str, int, int]]:
        """Yield the name of each frame, and how many rows and columns it has."""
        for name, frame in self._frames.items():
            yield name, len(frame), len(frame.columns)

    def _rows(self) -> Iterator[display.Row]:
        sizes = list(self._sizes())
        width = max((len(f"{rows:,}") for _, rows, _ in sizes), default=0)
        for name, rows, columns in sizes:
            size = f"{rows:{width},} rows x {columns:2} columns"
            yield name, [size if self._is_whole(name) else f"{size}, {_said(False)}"]
        for name, why in self._failures.items():
            yield name, [f"not read: {display.shortened(why, _LONGEST_REASON)}"]

    def to_parquet(
        self,
        folder: str | os.PathLike[str],
        *,
        allow_incomplete: bool = False,
        storage_options: Mapping[str, Any] | None = None,
    ) -> list[Path | Address]:
        """Write one Parquet file per frame, all of them or none.

        Each file is written beside its place; when all are whole and on the disk, they are moved
        there one after the other. No file is ever half. While they are moved, a reader of the folder
        may see new files beside old ones. At an address such as ``s3://bucket/audit`` the objects are put
        one after the other when all files are whole.

        Parameters
        ----------
        folder : path-like
            Made if it is not there. Files of these names in it are replaced, others stay.
        allow_incomplete : bool, default False
            Write also when something could not be read. The file that an earlier run left for a frame
            that could not be read gets the ending ``.old``, with a warning.
        storage_options : mapping, optional
            As for :func:`omnipd.to_parquet`.

        Returns
        -------
        list of path-like
            The files, in the order of the frames: a Path each, or an address, which ``os.fspath()``
            gives as text.

        Raises
        ------
        ArgumentError
            If the name of the folder is that of a file, such as ``audit.xlsx``.
        ExportIncompleteError
            If something could not be read, or the disk is full.
        ExportError
            If the folder cannot be written to.

        See Also
        --------
        omnipd.to_parquet : How one frame is written.

        Examples
        --------
        >>> import omnipd, tempfile
        >>> with omnipd.sandbox():
        ...     inventory = omnipd.read_inventory(include=["labels", "users"])
        >>> [path.name for path in inventory.to_parquet(tempfile.mkdtemp())]
        ['labels.parquet', 'users.parquet']
        """
        root = place("folder", folder, storage_options)
        return self._to_folder(root, ".parquet", write_parquet, allow_incomplete)

    def to_csv(
        self,
        folder: str | os.PathLike[str],
        *,
        raw: bool = False,
        compression: Compression | None = None,
        allow_incomplete: bool = False,
        storage_options: Mapping[str, Any] | None = None,
    ) -> list[Path | Address]:
        """Write one CSV file per frame, all of them or none.

        Parameters
        ----------
        folder : path-like
            As for :meth:`to_parquet`, and so is what "all or none" means.
        raw : bool, default False
            Leave text that a spreadsheet would run as a formula as it is.
        compression : {"gzip", "bz2", "zip", "xz", "zstd"}, optional
            Compress each file, as its ending then says: ``users.csv.gz``.
        allow_incomplete : bool, default False
            Write also when something could not be read.
        storage_options : mapping, optional
            As for :func:`omnipd.to_parquet`.

        Returns
        -------
        list of path-like
            As for :meth:`to_parquet`.

        Raises
        ------
        ExportIncompleteError, ExportError
            As for :meth:`to_parquet`.

        See Also
        --------
        omnipd.to_csv : How one frame is written.

        Examples
        --------
        >>> import omnipd, tempfile
        >>> with omnipd.sandbox():
        ...     inventory = omnipd.read_inventory(include="labels")
        >>> [path.name for path in inventory.to_csv(tempfile.mkdtemp())]
        ['labels.csv']
        """
        if compression is not None:
            check_choice("compression", compression, ENDINGS)
        ending = ".csv" if compression is None else f".csv{ENDINGS[compression]}"
        write = partial(write_csv, raw=raw)
        root = place("folder", folder, storage_options)
        return self._to_folder(root, ending, write, allow_incomplete)

    def to_excel(
        self,
        path: str | os.PathLike[str],
        *,
        allow_incomplete: bool = False,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Path | Address:
        """Write one Excel workbook with a sheet per frame, whole or not at all.

        It needs ``pip install "omnipd[excel]"``. What a sheet cannot hold is told in a warning:
        control characters become U+FFFD, line ends become a line feed, and text is cut at 32,767
        characters. Times are in UTC without a zone, to the millisecond, dates are days, and both
        are text where Excel has no such day. Decimals of up to fifteen digits are numbers; numbers of
        more are text, and floats keep sixteen. Durations are text such as ``P1DT2H``, bytes base64.
        Empty text looks like null. Text that Excel would run as a formula stays text. A frame whose
        name no sheet can have is in one of nearly that name.

        Parameters
        ----------
        path : path-like
            A name that ends in ``.xlsx``, or an address. Folders that are missing are made.
        allow_incomplete : bool, default False
            Write also when something could not be read.
        storage_options : mapping, optional
            As for :func:`omnipd.to_parquet`.

        Returns
        -------
        path-like
            The file: a Path, or an address, which ``os.fspath()`` gives as text.

        Raises
        ------
        ArgumentError
            If the name does not end in ``.xlsx``.
        SettingsError
            If openpyxl is not installed.
        ExportIncompleteError
            If something could not be read, or the disk is full.
        ExportError
            If a frame has more rows than a sheet, 1,048,576 with the heading, or more columns,
            16,384, or the file cannot be written.

        See Also
        --------
        omnipd.to_excel : One frame.

        Examples
        --------
        >>> import omnipd, pathlib, tempfile
        >>> with omnipd.sandbox():
        ...     inventory = omnipd.read_inventory(include=["labels", "users"])
        >>> file = inventory.to_excel(pathlib.Path(tempfile.mkdtemp()) / "omni.xlsx")
        >>> import pandas as pd
        >>> len(pd.read_excel(file, sheet_name="users"))
        130
        """
        target = workbook_path(path, storage_options)
        tables = self._tables(allow_incomplete)
        if not tables:
            raise ExportError(
                "There is no frame to write, and a workbook has at least one sheet.",
                hint="Its .failures say what could not be read.",
            )
        whole_files.write_atomically(target, workbook(tables))
        return target

    def _to_folder(
        self,
        root: Path | Address,
        ending: str,
        write: Callable[..., None],
        allow_incomplete: bool,
    ) -> list[Path | Address]:
        if uncompressed_suffix(root) in {".xlsx", ".parquet", ".csv"} and not root.is_dir():
            raise ArgumentError(
                (
                    argument("folder", str(root))
                    + " looks like a file; a file for each frame is written in it."
                ),
                hint="Name a folder. One file with all frames is what .to_excel('….xlsx') writes.",
            )
        _check_file_names([*self._frames, *self._failures], ending)
        files = {
            root / f"{name}{ending}": partial(write, table)
            for name, table in self._tables(allow_incomplete).items()
        }
        writes = {file: compressed(file, one) for file, one in files.items()}
        if writes:
            whole_files.write_together(writes)
        elif isinstance(root, Path):
            whole_files.make_folder(root)
        self._set_aside([root / f"{name}{ending}" for name in self._failures])
        return list(writes)

    def _set_aside(self, files: Iterable[Path | Address]) -> None:
        """Rename the files of an earlier run whose frames could not be read: they would look new."""
        for file in files:
            aside = file.with_name(f"{file.name}.old")
            try:
                file.replace(aside)
            except FileNotFoundError:
                continue
            except OSError as error:
                reason = type(error).__name__
                raise ExportError(
                    f"{file} is of an earlier run, its frame could not be read this time, and it "
                    f"cannot be moved aside ({reason}). The other files are written."
                ) from None
            warn(
                f"{file.stem} could not be read; its file of an earlier run is {aside} from now on."
            )

    def _tables(self, allow_incomplete: bool) -> dict[str, pa.Table]:
        """Return the frames as tables; refuse before anything is written when some are not whole."""
        cut = [name for name in self._frames if not self._is_whole(name)]
        lacking = list(dict.fromkeys([*self._failures, *cut]))
        if lacking and not allow_incomplete:
            raise ExportIncompleteError(
                f"The inventory is incomplete: {', '.join(lacking)}.",
                hint=(
                    "Its .failures and the frames' attrs say why. Read it again, or pass "
                    + argument("allow_incomplete", True)
                    + "."
                ),
            )
        return {
            name: table_for(
                frame if self._is_whole(name) else marked_incomplete(frame),
                allow_incomplete=True,
            )
            for name, frame in self._frames.items()
        }

    def _is_whole(self, name: str) -> bool:
        return name not in self._incomplete and is_whole(self._frames[name])


def _check_file_names(names: Iterable[str], ending: str) -> None:
    """Refuse names of frames that would lead out of the folder, or to one file on some system."""
    first: dict[str, str] = {}
    for name in names:
        if not _FILE_NAME.fullmatch(name):
            raise ArgumentError(
                f"The frame {said(name):.60} cannot be a file of that name.",
                hint="Nothing was written. Name it without / \\ : and the like.",
            )
        local_path("frame", f"./{name}{ending}")
        if (other := first.setdefault(unicodedata.normalize("NFD", name).casefold(), name)) != name:
            raise ArgumentError(
                f"The frames {other!r} and {name!r} would be one file where upper and lower case, or "
                "the two spellings of an accent, do not differ.",
                hint="Nothing was written. Rename one of them.",
            )


def _said(complete: bool) -> str:
    return "complete" if complete else "incomplete"
