"""The Parquet files of a query that was asked in pieces: their names, what each says of itself, its check.

There is no file beside them, since some engines read a folder only if all of its files are Parquet. So each
piece tells in its metadata of which query it is and where that is cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from omnipd.addresses import Address
from omnipd.errors import ExportError, ResponseError
from omnipd.export.parquet import write_parquet
from omnipd.export.whole_files import make_folder, sync_folder, write_atomically
from omnipd.paths import file_in_the_way
from omnipd.queries.pieces import Edges, Piece, SplitQuery

_ENDING = ".parquet"
_KEY = b"omnipd_piece"
_OTHER = "Take another folder, or delete what is in this one."


@dataclass(frozen=True)
class Cut:
    """Where a query is cut into pieces, and the columns that all of them have."""

    edges: Edges
    columns: pa.Schema


class DatasetFiles:
    """The files of one dataset, which may be there in part.

    On this machine they lie beside the folder, under another name, until all are there. In a store,
    where a folder cannot be moved in one step, they lie in their places at once.

    Parameters
    ----------
    place : Path or Address
        The folder.
    split : SplitQuery
        Its query.
    said : str
        What else its rows depend on: the Omni, and how decimals come.
    """

    def __init__(self, place: Path | Address, split: SplitQuery, said: str) -> None:
        self._split = split
        text = f"{said}\n{split.canonical}"
        self._query = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        self._place = place.absolute() if isinstance(place, Path) else place
        self.root: Path | Address = self._place
        if isinstance(self._place, Path):
            if file := file_in_the_way(self._place):
                raise ExportError(f"{file} is a file, not a folder.", hint="Name another folder.")
            if not _entries(self._place):
                self.root = self._place.with_name(f".{self._place.name}.omnipd-pieces")

    def found(self) -> Cut | None:
        """Return how the pieces that are there were cut; None if none is. Refuse those of another query."""
        cuts: list[Cut] = []
        for name in _entries(self.root):
            if not name.endswith(_ENDING):
                hidden = name.startswith(".")  # such as what is not written to its end
                if not hidden and self.root == self._place and isinstance(self.root, Path):
                    raise ExportError(f"{self.root} holds {name}, which is no piece.", hint=_OTHER)
                continue
            with contextlib.suppress(OSError, pa.ArrowException):  # damaged: it is asked for again
                schema = pyarrow.parquet.read_schema(self._opened(name))
                told = _told(schema)
                if told.get("query") != self._query:
                    raise ExportError(
                        f"{self.root} holds {name}, which is of another query.", hint=_OTHER
                    )
                low, high = (None if one is None else pd.Timestamp(one) for one in told["edges"])
                cuts.append(Cut((low, high), schema.remove_metadata()))
        if any(cut != cuts[0] for cut in cuts):
            raise ExportError(f"The pieces in {self.root} were not cut alike.", hint=_OTHER)
        return cuts[0] if cuts else None

    def named(self, pieces: list[Piece]) -> dict[str, Piece]:
        """Return the pieces by the names of their files; refuse what is there and none of them."""
        named = {self._name(piece) + _ENDING: piece for piece in pieces}
        for name in _entries(self.root):
            if name.endswith(_ENDING) and name not in named:
                raise ExportError(
                    f"{self.root} holds {name}, which is no piece of it.", hint=_OTHER
                )
        return named

    def rows(self, name: str, piece: Piece, cut: Cut) -> int | None:
        """Return how many rows a piece has that was written; None if it is not there, or not whole.

        All of it is read: pages against their checksums, its columns, and the times of its rows.
        """
        try:
            with pyarrow.parquet.ParquetFile(
                self._opened(name), page_checksum_verification=True
            ) as file:
                table = file.read()
            told = _told(table.schema)
            bare = table.replace_schema_metadata()
            self._split.check(bare, piece)
        except (OSError, pa.ArrowException, ResponseError):
            return None
        whole = told == self._facts(piece, cut, len(bare)) and bare.schema.equals(cut.columns)
        return len(bare) if whole else None

    def write(self, name: str, piece: Piece, cut: Cut, table: pa.Table) -> None:
        """Write a piece, whole or not at all."""
        said = json.dumps(self._facts(piece, cut, len(table)), sort_keys=True)
        marked = table.replace_schema_metadata({_KEY: said})
        write_atomically(self.root / name, lambda file: write_parquet(marked, file, checksums=True))

    def make(self) -> None:
        """Make the folder, so that what cannot be written is known before anything is asked."""
        if isinstance(self.root, Path):
            make_folder(self.root)
        else:
            self.root.check()

    def finish(self, named: Mapping[str, Piece]) -> None:
        """Give the folder its name, now that all pieces are there."""
        if not isinstance(self.root, Path) or not isinstance(self._place, Path):
            return
        if self.root == self._place:
            return
        try:
            for left in self.root.iterdir():
                if left.name not in named:  # of a call that was killed
                    left.unlink()
            if self._place.exists():
                self._place.rmdir()
            sync_folder(self.root)
            self.root.rename(self._place)
        except OSError as error:
            reason = error.strerror
        else:
            sync_folder(self._place.parent)
            return
        raise ExportError(
            f"{self._place} cannot be made: {reason}.",
            hint=f"All pieces are in {self.root}. The same call goes on with them.",
        )

    def _opened(self, name: str) -> Any:
        place = self.root / name
        if isinstance(place, Address):
            return io.BytesIO(place.read_bytes())
        return os.fspath(place)

    def _facts(self, piece: Piece, cut: Cut, rows: int) -> dict[str, Any]:
        edges = [None if one is None else one.isoformat() for one in cut.edges]
        return {"query": self._query, "edges": edges, "piece": piece, "rows": rows}

    def _name(self, piece: Piece) -> str:
        """Return the period that a piece lies in; the first and the last are open, and named after theirs."""
        period = self._split.period(piece)
        if period is not None:
            return str(period)
        return "without-time" if piece.get("is_negative") is False else "all"


def stored_columns(empty: pd.DataFrame) -> pa.Schema:
    """Return the columns of a frame as a Parquet file gives them back: it has no times in whole seconds."""
    file = io.BytesIO()
    write_parquet(pa.Table.from_pandas(empty).replace_schema_metadata(), file)
    return pyarrow.parquet.read_schema(file).remove_metadata()


def _told(schema: pa.Schema) -> dict[str, Any]:
    """Return what a file says of itself."""
    said = (schema.metadata or {}).get(_KEY)
    with contextlib.suppress(ValueError):
        told = json.loads(said or b"{}")
        return told if isinstance(told, dict) else {}
    return {}


def _entries(folder: Path | Address) -> list[str]:
    try:
        return sorted(one.name for one in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror
    raise ExportError(f"{folder} cannot be read: {reason}.")
