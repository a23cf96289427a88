"""What the fault tests have in common: a key, a query, and answers to it byte by byte."""

import base64
import json

import pyarrow as pa

from omnipd.client.client import Client
from omnipd.client.settings import resolve

KEY = "omni_osk_" + "Zq7" * 16 + "Xy" + "c0ffee"
MODEL = "11111111-2222-4333-8444-555555555555"
QUERY = {"modelId": MODEL, "table": "users", "fields": ["users.state", "users.count"]}
ROWS = pa.table({"users.state": ["CA", "NY", "🌴 Ōsaka"], "users.count": [3, 2, 1]})


def client_of(server, fake_time=None, **settings):
    """Return a client of a scripted server; with a fake time it never really waits."""
    settings.setdefault("requests_per_minute", None)
    clock = fake_time.clock() if fake_time is not None else None
    address = server if isinstance(server, str) else server.url
    return Client(resolve(address, KEY), clock=clock, **settings)


def arrow(table=ROWS, *, rows_per_batch=None, end=True):
    """Return a table as an Arrow stream, with or without its end marker."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows_per_batch)
    stream = sink.getvalue().to_pybytes()
    marker = b"\xff\xff\xff\xff\x00\x00\x00\x00"
    assert stream.endswith(marker)
    return stream if end else stream[: -len(marker)]


def line(**content):
    """Return one line of a query answer."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def header(job="job-1"):
    return line(jobs_submitted={job: None})


def complete(payload=None, job="job-1", **more):
    """Return the line of a job that is done, with its result."""
    payload = arrow() if payload is None else payload
    return line(
        job_id=job, status="COMPLETE", **more, result=base64.b64encode(payload).decode("ascii")
    )


def footer(*remaining):
    """Return the last line: which jobs still run."""
    return line(remaining_job_ids=list(remaining), timed_out="true" if remaining else "false")


def whole_answer(payload=None, **more):
    """Return the body of a query that was done at once."""
    return header() + complete(payload, **more) + footer()
