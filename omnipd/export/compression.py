"""Files that are compressed, as pandas takes it from their names; the same bytes for the same content."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa

from omnipd.addresses import Address
from omnipd.arguments import argument
from omnipd.errors import ArgumentError
from omnipd.export.whole_files import Write

#: How pandas calls them.
Compression = Literal["gzip", "bz2", "zip", "xz", "zstd"]
#: The ending of each.
ENDINGS: dict[Compression, str] = {
    "gzip": ".gz",
    "bz2": ".bz2",
    "zip": ".zip",
    "xz": ".xz",
    "zstd": ".zst",
}
#: Archives of which pandas would write one.
_ARCHIVES = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz")


def compressed(path: Path | Address, write: Write) -> Write:
    """Return what writes the same to a file, compressed where its name says so.

    Raises
    ------
    ArgumentError
        For the name of a ``.tar`` archive.
    """
    name = path.name.lower()
    if name.endswith(_ARCHIVES):
        raise ArgumentError(
            argument("path", path.name) + " is the name of a tar archive, which is not written.",
            hint=f"It takes: {', '.join(ENDINGS.values())}.",
        )
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        return write

    def write_compressed(file: IO[bytes]) -> None:
        with opener(file, path.stem) as inner:
            write(inner)

    return write_compressed


def uncompressed_suffix(path: Path | Address) -> str:
    """Return the ending of a name without the one that says how it is compressed, in lower case.

    Examples
    --------
    >>> uncompressed_suffix(Path("Content.CSV.gz"))
    '.csv'
    """
    name = Path(path.stem) if path.suffix.lower() in _OPENERS else path
    return name.suffix.lower()


@contextlib.contextmanager
def _zipped(file: IO[bytes], name: str) -> Any:
    # A member without a date of its own is of 1980.
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    with (
        zipfile.ZipFile(file, "w") as archive,
        archive.open(member, "w", force_zip64=True) as inner,
    ):
        yield inner


def _zstd(file: IO[bytes], _: str) -> pa.NativeFile:
    # It closes what it writes to. Its package comes with pyarrow, that of pandas does not.
    return pa.CompressedOutputStream(os.fdopen(os.dup(file.fileno()), "wb"), "zstd")


_OPENERS: dict[str, Callable[[IO[bytes], str], AbstractContextManager[Any]]] = {
    ".gz": lambda file, _: gzip.GzipFile("", "wb", fileobj=file, mtime=0),
    ".bz2": lambda file, _: bz2.BZ2File(file, "wb"),
    ".xz": lambda file, _: lzma.LZMAFile(file, "wb"),  # noqa: SIM115
    ".zip": _zipped,
    ".zst": _zstd,
}
