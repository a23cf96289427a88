"""An Arrow stream, read as it arrives.

Nothing in the bytes is trusted: a stream that is cut at a batch boundary reads as whole, and a
damaged one can crash the reader, so the end-of-stream marker is looked for and every value is
validated before anything else touches the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from omnipd.errors import ResponseError

#: No single message of a stream may be larger; the length is only a claim.
_LARGEST_MESSAGE = 2**31


#: Rows whose columns are all of Arrow's null type weigh nothing; so many are believed.
_MOST_WEIGHTLESS = 10_000_000


@dataclass
class Ending:
    """What is known of an Arrow stream once it has been read.

    Attributes
    ----------
    rows : int
        How many it had.
    marked : bool
        Whether it ended with its own end marker; otherwise there were merely no more bytes.
    fault : ResponseError or None
        Why it is not a sound stream.
    """

    rows: int = 0
    marked: bool = False
    fault: ResponseError | None = None

    def check(self, rows_said: int | None = None) -> None:
        """Raise a ResponseError unless the stream was whole and sound.

        Parameters
        ----------
        rows_said : int, optional
            The number of rows that the same answer names. Where a writer leaves out the
            end-of-stream marker, this must agree instead.
        """
        if self.fault is not None:
            raise self.fault
        if not self.marked and rows_said != self.rows:
            raise ResponseError(
                f"The Arrow stream of the result has no end: it is cut after {self.rows:,} rows."
            )


def read_stream(
    pieces: Iterator[bytes | pa.Buffer], ending: Ending
) -> Iterator[pa.Schema | pa.RecordBatch]:
    """Read an Arrow stream as it arrives: its schema first, then each batch, validated.

    Only one batch is held at a time. Damage ends the stream and is told in the ending, since a job
    may have failed too and then knows better why. What goes wrong in the source is raised.

    Parameters
    ----------
    pieces : iterator of bytes or pyarrow.Buffer
        The stream, cut anywhere. Batches that lie whole in one Buffer share it, without a copy.
    ending : Ending
        Is filled in while the stream is read.
    """
    source = _Source(pieces)
    size, weightless, wrong = 0, 0, ""
    try:
        # No tolerance of extension types, and no notes for pandas: only columns, names and types.
        reader = pa.ipc.open_stream(pa.PythonFile(source, mode="r"))
        for kind in reader.schema.types:
            _check_type(kind)
        names = distinct_names(reader.schema.names)
        yield pa.schema(list(zip(names, reader.schema.types, strict=True)))
        for batch in reader:
            batch.validate(full=True)
            ending.rows += batch.num_rows
            size += batch.nbytes
            if batch.num_columns and all(pa.types.is_null(kind) for kind in batch.schema.types):
                weightless += batch.num_rows
            weighed = ending.rows - min(weightless, _MOST_WEIGHTLESS)
            if weighed > 8 * max(source.taken, size):
                wrong = f"The result claims {ending.rows:,} rows in {source.taken:,} bytes."
                break
            yield pa.RecordBatch.from_arrays(batch.columns, names=names)
            del batch  # or it would be held while the next is read
        else:
            ending.marked = not source.short
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        wrong = f"The result is not a valid Arrow stream ({type(error).__name__})."
    if ending.marked and (behind := source.rest()):
        wrong = f"{behind:,} bytes stand behind the end of the result."
    if source.broken is not None:
        raise source.broken
    if source.is_file:
        wrong = "The result is an Arrow file, not the Arrow stream that Omni sends."
    if wrong:
        ending.fault = ResponseError(wrong)


class _Source:
    """Pieces of bytes as the file that Arrow reads from.

    Arrow asks for the few bytes that say how long a message is with ``read``, and for the message
    with ``read_buffer``: that is allocated once, at its size.
    """

    closed = False

    def __init__(self, pieces: Iterator[bytes | pa.Buffer]) -> None:
        self._pieces = pieces
        self._piece: bytes | pa.Buffer = b""
        self._place = 0
        self.taken = 0
        #: Whether there were fewer bytes than asked for.
        self.short = False
        self.broken: Exception | None = None
        self.is_file = False

    def read(self, size: int) -> bytes:
        found = b"".join(map(bytes, self._take(size)))
        if self.taken == len(found) and found == b"ARRO":
            self.is_file = True
            raise ValueError("an Arrow file")
        return found

    def read_buffer(self, size: int) -> pa.Buffer:
        if isinstance(self._piece, pa.Buffer) and size <= len(self._piece) - self._place:
            start, self._place = self._place, self._place + size
            self.taken += size
            return self._piece.slice(start, size)
        if size > _LARGEST_MESSAGE:
            raise ValueError(f"a message of {size:,} bytes")
        # Aligned as Arrow likes it. Arrow's own allocator takes up to a twentieth more for such sizes.
        room = np.empty(size + 64, np.uint8)
        start = -room.ctypes.data % 64
        view, filled = room[start : start + size].data, 0
        for part in self._take(size):
            view[filled : filled + len(part)] = part
            filled += len(part)
        return pa.py_buffer(view[:filled])

    def rest(self) -> int:
        """Return how many bytes are left, and pass over them."""
        return sum(len(part) for part in self._take(2**62))

    def _take(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            if self._place == len(self._piece):
                piece = self._next()
                if piece is None:
                    self.short = True
                    return
                self._piece, self._place = piece, 0
                continue
            end = min(len(self._piece), self._place + size)
            part = memoryview(self._piece).cast("B")[self._place : end]
            self._place = end
            size -= len(part)
            self.taken += len(part)
            yield part

    def _next(self) -> bytes | pa.Buffer | None:
        """Return the next piece. What breaks is kept: Arrow would make another error of it."""
        if self.broken is None:
            try:
                return next(self._pieces, None)
            except Exception as error:  # noqa: BLE001 - raised by the reader of the stream
                self.broken = error
        return None


def decode(payload: bytes | bytearray | pa.Buffer, rows_said: int | None = None) -> pa.Table:
    """Read a whole, valid Arrow stream that is all there, without copying it.

    Parameters
    ----------
    payload : bytes or pyarrow.Buffer
        An Arrow IPC stream.
    rows_said : int, optional
        As for :meth:`Ending.check`.

    Raises
    ------
    ResponseError
        For anything that is cut, damaged or not a stream.
    """
    ending = Ending()
    parts = list(read_stream(iter([pa.py_buffer(payload)]), ending))
    ending.check(rows_said)
    return pa.Table.from_batches(parts[1:], parts[0])


def _check_type(kind: pa.DataType) -> None:
    """Raise a ValueError for what validation does not look at: zones, inner names, odd decimals."""
    if pa.types.is_timestamp(kind):
        str(kind.tz)
    if pa.types.is_decimal(kind) and not 0 <= kind.scale <= kind.precision:
        raise ValueError(f"a decimal of {kind.precision} digits with {kind.scale} behind the point")
    for place in range(kind.num_fields):
        inner = kind.field(place)
        str(inner.name)
        _check_type(inner.type)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return the names with a number behind those that came before: SQL may name columns alike."""
    distinct: list[str] = []
    for name in names:
        number, other = 2, name
        while other in distinct:
            number, other = number + 1, f"{name}_{number}"
        distinct.append(other)
    return distinct
