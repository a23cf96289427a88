"""The lines of the query protocol: one JSON object each, a newline after every one."""

from __future__ import annotations

import time
from binascii import b2a_base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from omnipd_sandbox.http.reply import Sink, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

# Rows per record batch: enough to be quick, few enough that the first bytes leave early.
_ROWS_PER_BATCH = 65_536
# Arrow writes a small result in many small pieces.
_ENCODED_AT_ONCE = 49_152


def write_line(sink: Sink, line: Mapping[str, Any]) -> None:
    """Write one line."""
    sink.write(to_json(line) + b"\n")


def header(job_id: str, client_result_id: str | None = None) -> dict[str, Any]:
    """Say which job was submitted; its id stands nowhere else."""
    return {"jobs_submitted": {job_id: client_result_id}}


def footer(remaining: Sequence[str]) -> dict[str, Any]:
    """Say what is left to wait for. `timed_out` is a string here, true when anything is left."""
    return {"remaining_job_ids": list(remaining), "timed_out": "true" if remaining else "false"}


def write_result_line(sink: Sink, line: Mapping[str, Any], table: pa.Table) -> None:
    """Write a job line that ends in a result, without ever holding the result as text."""
    started = time.perf_counter()
    sink.write(to_json(line)[:-1] + b',"result":"')
    encoder = _Base64(sink)
    with pa.ipc.new_stream(encoder, table.schema) as stream:
        stream.write_table(table, max_chunksize=_ROWS_PER_BATCH)
    encoder.finish()
    milliseconds = round((time.perf_counter() - started) * 1000)
    sink.write(b'","stream_stats":' + to_json({"server_stream": milliseconds}) + b"}\n")


class _Base64:
    """A file that writes what it is given as base64, in whole groups of three bytes."""

    closed = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._held = bytearray()

    def write(self, data: Any) -> int:
        self._held += data
        if len(self._held) >= _ENCODED_AT_ONCE:
            whole = len(self._held) - len(self._held) % 3
            self._sink.write(b2a_base64(self._held[:whole], newline=False))
            del self._held[:whole]
        return len(data)

    def flush(self) -> None:
        """Keep the rest: a group of three is only cut at the end."""

    def finish(self) -> None:
        """Write what is left, padded."""
        self._sink.write(b2a_base64(self._held, newline=False))
        self._held.clear()
