"""A query's Arrow stream that is cut, damaged, absurd or something else never becomes a frame."""

import base64
import contextlib
import datetime
import decimal
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

import pyarrow as pa
import pytest
from faults.given import (
    QUERY,
    ROWS,
    arrow,
    client_of,
    complete,
    footer,
    header,
    line,
    whole_answer,
)
from scripted_server import answer

import omnipd
from omnipd import OmniError, ResponseError
from omnipd.frames import arrow_stream

GOLDEN = Path(__file__).parent.parent / "golden" / "arrow"
MANY = pa.table(
    {
        "users.state": [f"state {n % 7}" for n in range(1000)],
        "users.count": list(range(1000)),
    }
)


def run(scripted, fake_time, payload, query=QUERY, **more):
    scripted.script(answer(whole_answer(payload, **more)))
    with client_of(scripted, fake_time) as client:
        return omnipd.run_query(query, client=client)


def refused(scripted, fake_time, payload, **more):
    with pytest.raises(ResponseError) as caught:
        run(scripted, fake_time, payload, **more)
    assert len(scripted.requests) == 1
    assert caught.value.job_id == "job-1"
    return caught.value


def messages(stream):
    """Return where each message of an Arrow stream ends."""
    source = pa.BufferReader(stream)
    reader = pa.ipc.MessageReader.open_stream(source)
    ends = []
    for _ in iter(reader.read_next_message, None):
        ends.append(source.tell())
        if ends[-1] >= len(stream) - 8:
            return ends
    return ends


def batch_ends():
    stream = arrow(MANY, rows_per_batch=100)
    found = messages(stream)
    assert len(found) == 11  # the schema and ten batches
    return found


@pytest.mark.failure("bad-result")
@pytest.mark.parametrize("number", range(11))
def test_a_stream_that_is_cut_between_two_batches_is_no_result(scripted, fake_time, number):
    stream = arrow(MANY, rows_per_batch=100)
    cut = stream[: batch_ends()[number]]
    assert pa.ipc.open_stream(cut).read_all().num_rows == 100 * number  # it reads as whole
    error = refused(scripted, fake_time, cut)
    assert f"{100 * number:,} rows" in str(error)


@pytest.mark.parametrize("number", range(10))
def test_a_row_count_that_does_not_agree_does_not_help_a_cut_stream(scripted, fake_time, number):
    cut = arrow(MANY, rows_per_batch=100)[: batch_ends()[number]]
    refused(scripted, fake_time, cut, cache_metadata={"num_rows": 1000})


@pytest.mark.parametrize("said", [True, "1000", 1000.0, None, [1000]])
def test_only_a_whole_number_stands_in_for_the_end(scripted, fake_time, said):
    table = MANY.slice(0, 1) if said is True else MANY
    refused(scripted, fake_time, arrow(table, end=False), cache_metadata={"num_rows": said})


def test_a_stream_without_an_end_is_taken_when_the_answer_counts_the_same_rows(scripted, fake_time):
    df = run(scripted, fake_time, arrow(end=False), cache_metadata={"num_rows": 3})
    assert df["users.count"].tolist() == [3, 2, 1]


@pytest.mark.parametrize("more", [arrow(), b"\0", bytes(64)], ids=["a stream", "a byte", "zeros"])
def test_bytes_behind_the_end_of_the_stream_are_not_passed_over(scripted, fake_time, more):
    refused(scripted, fake_time, arrow() + more)


def test_a_stream_without_rows_is_a_frame_without_rows(scripted, fake_time):
    df = run(scripted, fake_time, arrow(ROWS.slice(0, 0)))
    assert len(df) == 0
    assert df.columns.tolist() == ["users.state", "users.count"]


@pytest.mark.failure("bad-result")
def test_a_stream_cut_at_any_byte_is_no_result(scripted, fake_time):
    stream = arrow(MANY, rows_per_batch=100)
    chance = random.Random(7)
    places = {*range(60), *range(len(stream) - 60, len(stream))}
    places |= {chance.randrange(len(stream)) for _ in range(200)}
    for place in sorted(places):
        with pytest.raises(ResponseError):
            arrow_stream.decode(stream[:place])
        if place < len(stream) - 8:
            with pytest.raises(ResponseError):
                arrow_stream.decode(stream[:place], 1000)
    for place in chance.sample(sorted(places), 12):
        scripted.requests.clear()
        refused(scripted, fake_time, stream[:place])


NOT_STREAMS = {
    "nothing": b"",
    "only an end": b"\xff\xff\xff\xff\x00\x00\x00\x00",
    "zeros": bytes(500),
    "ones": b"\xff" * 500,
    "text": b"state,count\nCA,3\n" * 9,
    "JSON": b'[{"users.state": "CA"}]',
    "parquet": b"PAR1" + bytes(40) + b"PAR1",
    "a message of two gigabytes": b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(100),
    "a message of negative size": b"\xff\xff\xff\xff\x00\x00\x00\x80" + bytes(100),
}


@pytest.mark.parametrize("payload", NOT_STREAMS.values(), ids=NOT_STREAMS.keys())
def test_what_is_no_arrow_stream_is_a_response_error(scripted, fake_time, payload):
    refused(scripted, fake_time, payload)


@pytest.mark.failure("bad-result")
def test_an_arrow_file_is_named_as_one(scripted, fake_time):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, ROWS.schema) as writer:
        writer.write_table(ROWS)
    error = refused(scripted, fake_time, sink.getvalue().to_pybytes())
    assert "Arrow file" in str(error)


LIES = sorted(path.name for path in GOLDEN.glob("*.arrow"))
assert len(LIES) == 10


@pytest.mark.failure("bad-result")
@pytest.mark.parametrize("name", LIES)
def test_a_golden_stream_that_lies_is_refused(scripted, fake_time, name):
    refused(scripted, fake_time, (GOLDEN / name).read_bytes())


DAMAGED = """
import random, sys, warnings
sys.path.insert(0, {tests!r})
from faults.given import arrow
from faults.test_query_results import every_type
from omnipd import OmniError
from omnipd.frames import arrow_stream
from omnipd.queries.job import result
from omnipd.frames.to_pandas import scalar_columns, to_frame
stream = arrow(every_type(), rows_per_batch=5)
chance = random.Random({seed})
fields = every_type().column_names
taken = 0
for number in range({times}):
    damaged = bytearray(stream)
    for _ in range(chance.randint(1, 6)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    try:
        table = result.normalize(arrow_stream.decode(damaged), fields)
        frame = to_frame(scalar_columns(table), {{}})
        repr(frame), frame.memory_usage(deep=True)
        for column in table.columns:
            column.unique() if not column.type.num_fields else column.flatten()
        taken += 1
    except OmniError:
        pass
print(taken)
"""


def every_type():
    """A table with each type that Omni sends, and nulls."""
    moment = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    return pa.table(
        {
            "a": pa.array(["x", None, "🌴"] * 4, pa.string()),
            "b": pa.array(["x", None, "long text " * 9] * 4, pa.large_string()),
            "c": pa.array(["x", None, "y"] * 4).dictionary_encode(),
            "d": pa.array([1, None, 2**62] * 4, pa.int64()),
            "e": pa.array([1.5, None, float("nan")] * 4),
            "f": pa.array([decimal.Decimal("1.10"), None, decimal.Decimal("-3.25")] * 4),
            "g": pa.array([True, None, False] * 4),
            "h": pa.array([moment, None, moment] * 4, pa.timestamp("us", "UTC")),
            "i": pa.array([moment.date(), None, moment.date()] * 4, pa.date32()),
            "j": pa.array([[1, 2], None, []] * 4),
            "k": pa.array([{"x": 1}, None, {"x": None}] * 4),
        }
    )


@pytest.mark.thorough
def test_damaged_bytes_never_crash_the_interpreter_and_never_leave_the_tree():
    # In a process of its own: a crash of the reader would take this one with it.
    tests = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-c",
            DAMAGED.format(tests=tests, seed=11, times=1500),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 30  # damage inside a value cannot be seen


# --- sound streams of an odd shape


def test_columns_that_were_not_asked_for_are_not_in_the_frame(scripted, fake_time):
    table = pa.table(
        {
            "extra": [9, 9],
            "users.count": [2, 1],
            "$omni_column_total_indicator": pa.array(["", None]),
            "__omni_sort_1": [1, 2],
            "users.state": ["NY", "CA"],
        }
    )
    df = run(scripted, fake_time, arrow(table))
    assert df.columns.tolist() == ["users.state", "users.count"]
    assert len(df) == 2


@pytest.mark.failure("query-failed")
def test_a_field_that_is_missing_from_the_result_is_an_error(scripted, fake_time):
    with pytest.raises(omnipd.QueryError, match=r"users\.count") as caught:
        run(scripted, fake_time, arrow(ROWS.drop_columns("users.count")))
    assert caught.value.job_id == "job-1"


ODD = {
    "two columns of one name": pa.Table.from_arrays(
        [pa.array(["CA"]), pa.array([1]), pa.array([2])],
        names=["users.state", "users.count", "users.count"],
    ),
    "two extra columns of one name": pa.Table.from_arrays(
        [pa.array(["CA"]), pa.array([1]), pa.array([2]), pa.array([3])],
        names=["users.state", "users.count", "a", "a"],
    ),
    "names equal but for case": pa.table(
        {"users.state": ["CA"], "users.count": [1], "USERS.COUNT": [2]}
    ),
    "an indicator of another type": ROWS.append_column(
        "$omni_row_total_indicator", pa.array([[1], None, []])
    ),
    "an indicator of numbers": ROWS.append_column(
        "$omni_row_total_indicator", pa.array([1, None, 2])
    ),
    "an indicator in a dictionary": ROWS.append_column(
        "__omni_row_total_indicator", pa.array(["", "", "x"]).dictionary_encode()
    ),
    "two indicators of one name": pa.Table.from_arrays(
        [*ROWS.columns, pa.array(["", "", "x"]), pa.array(["", "", "x"])],
        names=[*ROWS.column_names, *["__omni_row_total_indicator"] * 2],
    ),
    "a sidecar of another type": ROWS.append_column(
        "__omni_row_total_indicator", pa.array(["", "", "row_total"])
    ).append_column("users.count__omni_summ", pa.array(["a", "b", "c"])),
    "only reserved columns": pa.table({"__omni_sort": [1], "$omni_x": [2]}),
    "a column of nulls": pa.table({"users.state": pa.nulls(3), "users.count": [1, 2, 3]}),
    "intervals": pa.table(
        {"users.state": pa.array([(1, 2, 3)], pa.month_day_nano_interval()), "users.count": [1]}
    ),
    "half floats": pa.table({"users.state": pa.array([1.5], pa.float16()), "users.count": [1]}),
    "a view of strings": pa.table(
        {"users.state": pa.array(["CA"], pa.string_view()), "users.count": [1]}
    ),
    "run ends": pa.table(
        {
            "users.state": pa.RunEndEncodedArray.from_arrays(
                pa.array([3], pa.int32()), pa.array(["CA"])
            ),
            "users.count": [1, 2, 3],
        }
    ),
    "a union": pa.table(
        {
            "users.state": pa.UnionArray.from_dense(
                pa.array([0, 1], pa.int8()),
                pa.array([0, 0], pa.int32()),
                [pa.array([1]), pa.array(["x"])],
            ),
            "users.count": [1, 2],
        }
    ),
    "times of day": pa.table(
        {"users.state": pa.array([datetime.time(1, 2)], pa.time64("ns")), "users.count": [1]}
    ),
    "moments beyond pandas": pa.table(
        {"users.state": pa.array([2**62, None], pa.timestamp("us", "UTC")), "users.count": [1, 2]}
    ),
    "bytes": pa.table({"users.state": [b"\xff\x00"], "users.count": [1]}),
    "a dictionary inside a list": pa.table(
        {
            "users.state": pa.ListArray.from_arrays([0, 1], pa.array(["a"]).dictionary_encode()),
            "users.count": [1],
        }
    ),
    "a nested list of bytes": pa.table({"users.state": [[b"\xff"]], "users.count": [1]}),
}


@pytest.mark.parametrize("table", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("totals", [False, True])
def test_an_odd_sound_result_is_a_frame_or_an_error_of_the_tree(
    scripted, fake_time, tmp_path, table, totals
):
    scripted.script(answer(whole_answer(arrow(table))))
    with client_of(scripted, fake_time) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)  # what had to be made text is told of
        try:
            df = omnipd.run_query(QUERY, totals=totals, client=client)
        except OmniError:
            return
    assert df.columns.is_unique
    assert len(df) <= table.num_rows
    repr(df)
    for write in (omnipd.to_parquet, omnipd.to_csv, omnipd.to_jsonl):
        with contextlib.suppress(OmniError):
            write(df, tmp_path / "x")


def test_no_value_of_two_columns_with_one_name_is_lost(scripted, fake_time):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    sql = {"modelId": QUERY["modelId"], "fields": [], "userEditedSQL": "select 1 a, 2 a"}
    try:
        df = run(scripted, fake_time, arrow(table), query=sql)
    except OmniError:
        return
    assert sorted(df.iloc[0]) == [1, 2]


@pytest.mark.failure("bad-result")
def test_an_extension_type_runs_no_code_and_keeps_its_storage(scripted, fake_time):
    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": b"cos\nsystem\n(S'echo pwned > pwned'\ntR.",
    }
    schema = pa.schema(
        [pa.field("users.state", pa.string(), metadata=metadata), ("users.count", pa.int64())]
    )
    df = run(scripted, fake_time, arrow(ROWS.cast(schema)))
    assert df["users.state"].tolist() == ["CA", "NY", "🌴 Ōsaka"]
    assert not Path("pwned").exists()


def test_pandas_metadata_of_a_stream_is_not_obeyed(scripted, fake_time):
    hostile = {"index_columns": ["users.state"], "columns": [], "column_indexes": [{"name": "x"}]}
    table = ROWS.replace_schema_metadata({"pandas": json.dumps(hostile)})
    df = run(scripted, fake_time, arrow(table))
    assert df.columns.tolist() == ["users.state", "users.count"]
    assert df.index.tolist() == [0, 1, 2]


def test_metadata_that_is_garbage_does_no_harm(scripted, fake_time):
    table = ROWS.replace_schema_metadata({b"pandas": b"\xff{", b"\xff": b"\x00"})
    assert len(run(scripted, fake_time, arrow(table))) == 3


def test_a_result_of_megabytes_in_small_chunks_is_read_whole(scripted, fake_time):
    from scripted_server import chunked

    chance = random.Random(3)
    table = pa.table(
        {
            "users.state": [chance.randbytes(20).hex() for _ in range(60_000)],
            "users.count": range(60_000),
        }
    )
    body = whole_answer(arrow(table, rows_per_batch=7000))
    scripted.script(chunked(*[body[n : n + 4099] for n in range(0, len(body), 4099)]))
    with client_of(scripted, fake_time) as client:
        got = omnipd.run_query_arrow(QUERY | {"limit": 99_999}, client=client)
    assert got.replace_schema_metadata(None).equals(table)


def test_a_result_as_long_as_its_limit_warns(scripted, fake_time):
    with pytest.warns(omnipd.OmniWarning, match="exactly 3 rows"):
        run(scripted, fake_time, arrow(), query=QUERY | {"limit": 3})


def test_rows_above_the_limit_are_kept_and_said(scripted, fake_time):
    with pytest.warns(omnipd.OmniWarning, match="3 rows, and its limit is 2"):
        df = run(scripted, fake_time, arrow(), query=QUERY | {"limit": 2})
    assert len(df) == 3


def test_a_long_text_beside_the_result_is_no_matter_however_it_is_cut():
    from omnipd.queries.job.ndjson import LineReader

    sql = 'x"\\\n{["result":"' * 20_000
    text = header() + line(job_id="job-1", sql=sql) + footer()
    for size in (7, 16_384, len(text)):
        pieces = (text[place : place + size] for place in range(0, len(text), size))
        lines = [done.content for done in LineReader(pieces)]
        assert [sorted(content) for content in lines[1:]] == [
            ["job_id", "sql"],
            ["remaining_job_ids", "timed_out"],
        ]
        assert lines[1]["sql"] == sql


def test_the_base64_of_a_result_is_not_kept_as_text():
    payload = arrow(MANY)
    text = base64.b64encode(payload)
    from omnipd.queries.job.ndjson import LineReader

    reader = iter(LineReader([complete(payload)]))
    assert b"".join(next(reader).pieces) == payload
    [done] = reader
    assert text.decode() not in str(done.content)
    assert footer() == line(remaining_job_ids=[], timed_out="false")


@pytest.mark.parametrize("count", [1, 5_000, 100_000])
def test_columns_of_nothing_but_nulls_are_a_result(scripted, fake_time, count):
    nothing = pa.table({"users.state": pa.nulls(count), "users.count": pa.nulls(count)})
    scripted.script(answer(whole_answer(arrow(nothing))))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, limit="all", client=client)
    assert len(df) == count
    assert df.isna().all(axis=None)


def test_nulls_without_end_are_not_believed():
    count = 10_000_000
    batch = pa.RecordBatch.from_arrays([pa.nulls(count)], ["a"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        for _ in range(2):
            stream.write_batch(batch)
    with pytest.raises(ResponseError, match=r"claims 20,000,000 rows in \d+ bytes"):
        arrow_stream.decode(sink.getvalue())
