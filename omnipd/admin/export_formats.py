"""The tables of an export in other formats, from its Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet

from omnipd.export.csv import write_csv
from omnipd.export.excel import workbook
from omnipd.export.whole_files import write_atomically, write_together

#: What an export may hold beside Parquet.
FORMATS = ("parquet", "csv", "xlsx")
WORKBOOK = "inventory.xlsx"
#: So many rows become CSV together.
_ROWS = 10_000


class Tables(Mapping[str, pa.Table]):
    """The tables of an export, each read when it is asked for."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = list(names)

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._names:
            raise KeyError(name)
        return pyarrow.parquet.read_table(self._folder / f"{name}.parquet")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write_as(format_: str, folder: Path, names: Sequence[str]) -> None:
    """Write the tables of an export in another format beside its Parquet files."""
    if format_ == "xlsx":
        write_atomically(folder / WORKBOOK, workbook(Tables(folder, names)))
    elif format_ == "csv":
        write_together(
            {
                folder / f"{name}.csv": partial(_write_csv, folder / f"{name}.parquet")
                for name in names
            }
        )


def _write_csv(table: Path, file: IO[bytes]) -> None:
    """Write a table some rows at a time; it may be too large to be held."""
    with pyarrow.parquet.ParquetFile(table) as held:
        write_csv(held.schema_arrow.empty_table(), file)
        for batch in held.iter_batches(_ROWS):
            write_csv(pa.Table.from_batches([batch]), file, header=False)
