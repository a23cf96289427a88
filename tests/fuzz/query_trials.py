"""One query at a time, with an answer that was damaged: its result is the one that was sent, or there is an error."""

import base64
import io
import json
import random
import warnings

import pyarrow as pa
from fake_time import FakeTime
from faults.given import QUERY, ROWS, arrow, client_of, complete, footer, header, line
from scripted_server import ScriptedServer, answer

import omnipd
from fuzz.damage import bytes_of, json_of, pieces_of, soundly_sent, unsoundly_sent

NDJSON = "text/ndjson"
MANY = pa.table({"users.state": [f"s{n}" for n in range(40)], "users.count": list(range(40))})


class OneAnswer(ScriptedServer):
    """Answers a query with the same bytes, and a job that is waited for with none left."""

    def __init__(self):
        super().__init__()
        self.sent = b""

    def step(self, target, body):
        if target.startswith("/api/v1/query/run"):
            return self.sent
        return answer(footer(), content_type=NDJSON)


def damaged(chance: random.Random) -> tuple[bytes, str]:
    """Return the body of an answer, and what was done to it."""
    rows = chance.choice((ROWS, MANY, MANY.slice(0, 0)))
    payload = arrow(rows, rows_per_batch=chance.choice((None, 7)))
    kind = chance.choice(("same", "bytes", "lines", "json", "arrow", "base64"))
    parts = [header(), complete(payload, summary={"fields": {}}), footer()]
    if kind == "arrow":
        parts[1] = complete(bytes_of(payload, chance), summary={"fields": {}})
    elif kind == "base64":
        text = bytes_of(base64.b64encode(payload), chance)
        whole = json.dumps({"job_id": "job-1", "status": "COMPLETE", "result": "@"}).encode()
        parts[1] = whole.replace(b"@", text) + b"\n"
    elif kind == "json":
        place = chance.randrange(3)
        parts[place] = json_of(json.loads(parts[place]), chance) + b"\n"
    elif kind == "lines":
        more = [
            b"\n",
            b"\r\n",
            *parts,
            line(job_id="job-2", status="FAILED"),
            complete(arrow(ROWS), job="job-9"),
        ]
        for _ in range(chance.choice((1, 2, 3))):
            way = chance.choice(("drop", "put", "swap", "ends"))
            if way == "drop" and parts:
                parts.pop(chance.randrange(len(parts)))
            elif way == "put":
                parts.insert(chance.randrange(len(parts) + 1), chance.choice(more))
            elif way == "swap":
                chance.shuffle(parts)
            else:
                parts = [one.replace(b"\n", b"\r\n") for one in parts]
    body = b"".join(parts)
    return (bytes_of(body, chance), kind) if kind == "bytes" else (body, kind)


def decoded(body: bytes) -> pa.Table:
    """Return the result that an answer holds, read by nothing of omnipd: that of the first final line of its job."""
    ours = None
    for text in body.split(b"\n"):
        if not text.strip():
            continue
        try:
            content = json.loads(text)
        except ValueError:
            continue
        if isinstance(content.get("jobs_submitted"), dict):
            ours = ours or next(iter(content["jobs_submitted"]))
        elif content.get("status") == "COMPLETE" and "job_id" in content:
            ours = ours or content["job_id"]
            if content["job_id"] == ours:
                stream = base64.b64decode(content["result"], validate=True)
                assert stream.endswith(b"\xff\xff\xff\xff\0\0\0\0"), "a result without its end"
                table = pa.ipc.open_stream(io.BytesIO(stream)).read_all()
                table.validate(full=True)
                return table
    raise AssertionError("a result came of an answer that has none")


def trial(seed: int, server: OneAnswer) -> str:
    """Try one answer; return what came of it, and raise where that is wrong."""
    chance = random.Random(seed)
    body, kind = damaged(chance)
    if chance.random() < 0.15:
        kind = "sent"
        server.sent, body = unsoundly_sent(body, chance, NDJSON)
    else:
        server.sent = soundly_sent(b"".join(pieces_of(body, chance)), chance, NDJSON)
    try:
        with (
            warnings.catch_warnings(record=True),
            client_of(server, FakeTime(), cache=False) as client,
        ):
            warnings.simplefilter("always")
            frame = omnipd.run_query(QUERY, check=False, limit=50, client=client)
    except omnipd.OmniError as raised:
        error = raised
    else:
        error = None
    if error is not None:
        assert kind != "same", f"a sound answer was refused: {error!r}"
        return f"{kind}: {type(error).__name__}"
    assert body is not None, "an answer that was cut was taken for whole"
    sent = decoded(body)
    came = pa.Table.from_pandas(frame, preserve_index=False)
    assert came.num_rows == sent.num_rows, f"{came.num_rows} rows of {sent.num_rows}"
    for place in range(sent.num_columns):
        assert came.column(place).to_pylist() == sent.column(place).to_pylist()
    return f"{kind}: whole"
