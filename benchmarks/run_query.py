"""Time run_query() beside the published clients, on the same answer.

    pip install -e . -r benchmarks/requirements.txt
    python benchmarks/run_query.py [--rows 100 10000 100000 1000000] [--rounds 7]
        [--program omniframes omni-python-sdk run_query iter_batches query_to_parquet cache_hit]
        [--speed MB/s] [--emoji]

Times are those beside the first program of the same round.

The answer is a query's, ten columns of mixed types, about 113 bytes a row in Arrow. omniframes and
run_query end in the same frame, of Arrow types; omni-python-sdk ends in an Arrow table. The other
programs read every row too. ``--emoji`` puts one into a label of the answer.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import side_by_side

MODEL = "11111111-2222-4333-8444-555555555555"
COLUMNS = ("id", "amount", "created_at", "day", "is_late", "rate", "count", "state", "name", "note")
QUERY = {
    "modelId": MODEL,
    "table": "orders",
    "fields": [f"orders.{name}" for name in COLUMNS],
    "limit": None,
}


def arrow_stream(rows: int) -> bytes:
    """Return ten columns of mixed types as an Arrow stream, in batches of 65,536 rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = np.arange(rows, dtype=np.int64)
    some = pa.array(numbers % 7 == 0)
    text = pa.array(numbers * 7919 % 1_000_003).cast(pa.string())
    states = pa.array(["California", "New York", "Ōsaka", None, "Texas"])
    columns = [
        pa.array(numbers),
        pa.array(numbers % 99_999).cast(pa.decimal128(21, 2)).cast(pa.decimal128(18, 2)),
        pa.array(numbers * 1_000_003 + 1_700_000_000_000_000).cast(pa.timestamp("us", "UTC")),
        pa.array((numbers % 9000).astype(np.int32)).cast(pa.date32()),
        pc.if_else(some, None, pa.array(numbers % 2 == 0)),
        pc.if_else(some, None, pa.array(numbers / 7)),
        pa.array(numbers % 12),
        states.take(pa.array(numbers % 5)),
        pc.binary_join_element_wise("Customer", text, " "),
        pc.binary_join_element_wise("ordered by telephone", text, " "),
    ]
    table = pa.table(dict(zip(QUERY["fields"], columns, strict=True)))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=65_536)
    return sink.getvalue().to_pybytes()


def answer(stream: bytes, rows: int, *, emoji: bool) -> bytes:
    """Return the answer to a query, whole."""
    fields = {
        name: {"field_name": name, "label": name.title() + (" 🌴" if emoji else ""), "format": None}
        for name in QUERY["fields"]
    }
    job = {
        "job_id": "job-1",
        "status": "COMPLETE",
        "summary": {"fields": fields, "display_sql": "SELECT 1"},
        "cache_metadata": {"num_rows": rows},
    }
    start = json.dumps(job, ensure_ascii=False).encode()[:-1]
    body = b"".join(
        [
            b'{"jobs_submitted":{"job-1":null}}\n',
            start + b',"result":"',
            base64.b64encode(stream),
            b'","stream_stats":{"server_stream":1}}\n',
            b'{"remaining_job_ids":[],"timed_out":"false"}\n',
        ]
    )
    return side_by_side.ok(body, "Content-Type: text/ndjson")


def _client(url: str) -> object:
    import omnipd

    return omnipd.connect(url, "key", requests_per_minute=None)


def run_query(url: str) -> int:
    """Read the frame with omnipd."""
    import omnipd

    return len(omnipd.run_query(QUERY, client=_client(url)))


def iter_batches(url: str) -> int:
    """Read batch after batch with omnipd."""
    import omnipd

    return sum(batch.num_rows for batch in omnipd.iter_batches(QUERY, client=_client(url)))


def query_to_parquet(url: str) -> int:
    """Write a Parquet file with omnipd."""
    import pyarrow.parquet

    import omnipd

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.parquet"
        omnipd.query_to_parquet(QUERY, path, client=_client(url))
        return int(pyarrow.parquet.read_metadata(path).num_rows)


def cache_hit(url: str) -> int:
    """Read the frame from omnipd's cache, and every byte of it; a run before has filled it."""
    import numpy as np

    import omnipd

    table = omnipd.run_query_arrow(QUERY, ttl="1h", client=_client(url))
    for buffer in (b for c in table.columns for chunk in c.chunks for b in chunk.buffers() if b):
        np.frombuffer(buffer, np.uint8, buffer.size // 8 * 8).view(np.int64).sum()
    return int(table.num_rows)


def omniframes(url: str) -> int:
    """Read the same frame with omniframes."""
    import pandas as pd
    from omniframes.transport import HttpTransport
    from omniframes.transport.normalize import normalize

    result = HttpTransport(url, "key").run({"query": QUERY})
    table = normalize(result.table, result.summary.get("fields")).data
    return len(table.to_pandas(types_mapper=pd.ArrowDtype))


def omni_python_sdk(url: str) -> int:
    """Read an Arrow table with omni-python-sdk."""
    from omni_python_sdk import OmniAPI

    table, _ = OmniAPI("key", url).run_query_blocking({"query": QUERY})
    return int(table.num_rows)


def transfer(url: str) -> int:
    """Take every byte of the answer and do nothing with it; return the rows that it names."""
    import re
    from urllib.request import Request, urlopen

    last = b""
    with urlopen(Request(f"{url}/api/v1/query/run", b"{}")) as reply:
        start = reply.read(8192)
        while piece := reply.read(256 * 1024):
            last = piece
    assert last.endswith(b"}\n") or not last
    found = re.search(rb'"num_rows": (\d+)', start)
    assert found is not None
    return int(found.group(1))


PROGRAMS: dict[str, Callable[[str], int]] = {
    "run_query": run_query,
    "iter_batches": iter_batches,
    "query_to_parquet": query_to_parquet,
    "cache_hit": cache_hit,
    "omniframes": omniframes,
    "omni-python-sdk": omni_python_sdk,
    "transfer": transfer,
}


def measure(program: str, url: str) -> None:
    """Do the work of one process, with what it needs imported before."""
    import pandas  # noqa: F401
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    if program == "omniframes":
        import omniframes.transport  # noqa: F401
    elif program == "omni-python-sdk":
        import omni_python_sdk  # noqa: F401
    else:
        import omnipd.queries.run_query  # noqa: F401
    if program == "cache_hit":
        PROGRAMS[program](url)
    peak, start = side_by_side.Peak(), time.perf_counter()
    rows = PROGRAMS[program](url)
    side_by_side.report(rows, time.perf_counter() - start, peak)


def main() -> None:
    """Compare the programs at every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--program",
        nargs="+",
        choices=PROGRAMS,
        default=["omniframes", "omni-python-sdk", "run_query"],
    )
    parser.add_argument("--speed", type=float, help="megabytes a second on the line")
    parser.add_argument("--emoji", action="store_true")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OMNIPD_CACHE_DIR"] = os.environ["OMNIPD_STATE_DIR"] = folder
        compare(given)


def compare(given: argparse.Namespace) -> None:
    """Print a line for each program at each size."""
    first = given.program[0]
    print(
        f"| rows | Arrow, MB | program | s | to {first} | CPU, s | to {first} | peak, MB | to Arrow |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for rows in given.rows:
        stream = arrow_stream(rows)
        ready = answer(stream, rows, emoji=given.emoji)
        server = side_by_side.ReadyServer(lambda _, ready=ready: ready, given.speed)
        found = side_by_side.rounds(__file__, given.program, [server.url], rows, given.rounds)
        arrow = len(stream) / 1e6
        for program in given.program:
            seconds, megabytes = (side_by_side.median(found, program, what) for what in (0, 1))
            computed = side_by_side.median(found, program, 2)
            cells = [
                f"{rows:,}",
                f"{arrow:,.2f}",
                program,
                f"{seconds:.4f}",
                f"{side_by_side.ratio(found, program, first, 0):.3f}",
                f"{computed:.4f}",
                f"{side_by_side.ratio(found, program, first, 2):.3f}",
                f"{megabytes:,.1f}",
                f"{megabytes / arrow:.2f}",
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
