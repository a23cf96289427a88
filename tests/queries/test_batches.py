"""A result has the same rows however it is taken, and what is taken early is never called whole."""

import gzip
import itertools
import threading
import warnings
from decimal import Decimal

import duckdb
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet
import pytest
from faults.given import QUERY, ROWS, arrow, client_of, complete, footer, header, line, whole_answer
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queries.query_cases import CASES
from scripted_server import after, answer, chunked, hang_up

import omnipd
from omnipd import NetworkError, OmniError, QueryError, ResponseError

NAMES = (
    "decimals stay exact",
    "null and orphan keys of a join",
    "measures that are an instant and a date",
    "a formatted timeframe comes as a time and as text",
    "a computed text dimension",
    "dimensions alone are distinct",
)
TYPED = [case for case in CASES if case.name in NAMES]
assert len(TYPED) == len(NAMES)
MANY = pa.table(
    {"users.state": [f"state {n % 7}" for n in range(1000)], "users.count": list(range(1000))}
)
LIMITLESS = QUERY | {"limit": None}


def bare(table):
    return table.replace_schema_metadata(None)


def taken_five_ways(query, path, **options):
    """Return the rows of a query as every function and two other programs have them."""
    frame = omnipd.run_query(query, **options)
    batches = list(omnipd.iter_batches(query, **options))
    assert omnipd.query_to_parquet(query, path, **options) == len(frame)
    table = omnipd.run_query_arrow(query, **options)
    with duckdb.connect() as connection:
        in_duckdb = connection.sql(f"SELECT * FROM '{path}'").to_arrow_table()
    return bare(table), {
        "frame": pa.Table.from_pandas(frame, preserve_index=False),
        "batches": pa.Table.from_batches(batches),
        "file": pyarrow.parquet.read_table(path),
        "polars": polars.from_arrow(batches).to_arrow().cast(table.schema),
        "duckdb": in_duckdb.cast(bare(table).schema),
    }


@pytest.mark.parametrize("case", TYPED, ids=lambda case: case.name)
@pytest.mark.parametrize("names", ["field", "label"])
def test_a_result_is_the_same_however_it_is_taken(omni, tmp_path, case, names):
    table, others = taken_five_ways(case.query, tmp_path / "rows.parquet", limit="all", names=names)
    assert table.num_rows
    for way, other in others.items():
        assert bare(other).equals(table), way


def test_a_result_has_the_types_that_omni_sent(omni, tmp_path):
    fields = ["flights.time_hour", "flights.date", "flights.is_late", "flights.tailnum"]
    query = TYPED[0].query | {
        "modelId": "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613",
        "table": "flights",
        "join_paths_from_topic_name": "flights",
        "fields": [*fields, "flights.average_dep_delay", "flights.count"],
        "filters": {"flights.tailnum": {"type": "null"}},
        "sorts": [],
    }
    table, others = taken_five_ways(query, tmp_path / "rows.parquet", limit="all")
    assert table.schema.types == [
        pa.timestamp("us", "UTC"),
        pa.date32(),
        pa.bool_(),
        pa.string(),
        pa.float64(),
        pa.int64(),
    ]
    assert table["flights.tailnum"].null_count == table.num_rows > 0
    assert all(bare(other).equals(table) for other in others.values())


def test_totals_are_dropped_from_every_batch_or_marked_in_it(scripted, fake_time, tmp_path):
    marks = ["", None, "column_total"] * 2
    sent = pa.table(
        {"users.count": [1, 2, 3, 4, 5, 9], "__omni_row_total_indicator": pa.array(marks)}
    )
    scripted.script(answer(whole_answer(arrow(sent, rows_per_batch=2))))
    query = LIMITLESS | {"fields": ["users.count"]}
    with client_of(scripted, fake_time) as client:
        batches = list(omnipd.iter_batches(query, client=client))
        marked = list(omnipd.iter_batches(query, totals=True, client=client))
        path = tmp_path / "rows.parquet"
        assert omnipd.query_to_parquet(query, path, client=client) == 4
    assert [batch.to_pydict() for batch in batches] == [
        {"users.count": [1, 2]},
        {"users.count": [4]},
        {"users.count": [5]},
    ]
    assert pa.Table.from_batches(marked).to_pydict() == {
        "users.count": [1, 2, 3, 4, 5, 9],
        "omni_total": [None, None, "column_total", None, None, "column_total"],
    }
    assert pd.read_parquet(path)["users.count"].tolist() == [1, 2, 4, 5]


def test_nested_values_are_text_in_a_file_and_as_sent_in_a_batch(scripted, fake_time, tmp_path):
    sent = pa.table({"users.state": [["CA", "NY"], None], "users.count": [1, 2]})
    scripted.script(answer(whole_answer(arrow(sent))))
    with client_of(scripted, fake_time) as client:
        [batch] = omnipd.iter_batches(QUERY, client=client)
        omnipd.query_to_parquet(QUERY, tmp_path / "rows.parquet", client=client)
    assert batch["users.state"].to_pylist() == [["CA", "NY"], None]
    assert pyarrow.parquet.read_table(tmp_path / "rows.parquet")["users.state"].to_pylist() == [
        '["CA","NY"]',
        None,
    ]


def test_a_result_without_rows_is_one_batch_with_its_columns(scripted, fake_time, tmp_path):
    scripted.script(answer(whole_answer(arrow(ROWS.slice(0, 0)))))
    with client_of(scripted, fake_time) as client:
        [batch] = omnipd.iter_batches(QUERY, client=client)
        assert omnipd.query_to_parquet(QUERY, tmp_path / "rows.parquet", client=client) == 0
    assert (batch.num_rows, batch.schema) == (0, ROWS.schema)
    assert pyarrow.parquet.read_schema(tmp_path / "rows.parquet").names == ROWS.column_names


def test_a_file_is_put_to_an_address_when_it_is_whole(scripted, fake_time, monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    whole = whole_answer(arrow(ROWS))
    scripted.script(answer(whole), answer(whole[: len(whole) // 2]))
    with client_of(scripted, fake_time) as client:
        path = "memory://bucket/rows.parquet"
        assert omnipd.query_to_parquet(QUERY, path, client=client) == len(ROWS)
        with pytest.raises(omnipd.OmniError):
            omnipd.query_to_parquet(QUERY, "memory://bucket/half.parquet", client=client)
    assert list(MemoryFileSystem.store) == ["/bucket/rows.parquet"]
    assert pd.read_parquet(path)["users.count"].tolist() == ROWS["users.count"].to_pylist()


# --- nothing is sent before a batch is wanted, and nothing is left open


def test_wrong_arguments_are_refused_at_the_call(scripted, fake_time, tmp_path):
    with client_of(scripted, fake_time) as client:
        with pytest.raises(omnipd.ArgumentError, match="limit=0"):
            omnipd.iter_batches(QUERY, limit=0, client=client)
        with pytest.raises(omnipd.ArgumentError, match="limit=0"):
            omnipd.query_to_parquet(QUERY, tmp_path / "rows.parquet", limit=0, client=client)
        with pytest.raises(omnipd.ArgumentError, match="not a path"):
            omnipd.query_to_parquet(QUERY, None, client=client)
        with pytest.raises(omnipd.ArgumentError, match="path='s33://…' is an address"):
            omnipd.query_to_parquet(QUERY, "s33://bucket/rows.parquet", client=client)
        (tmp_path / "file").touch()
        with pytest.raises(omnipd.ExportError, match="is a file, not a folder"):
            omnipd.query_to_parquet(QUERY, tmp_path / "file" / "no" / "f.parquet", client=client)
        omnipd.iter_batches(QUERY, client=client)
    assert scripted.requests == []


def test_the_first_batch_comes_before_the_last_is_sent(scripted, fake_time):
    body = whole_answer(arrow(MANY, rows_per_batch=100))
    wanted = []

    def in_two_parts(connection):
        half = chunked(body[: len(body) // 2], body[len(body) // 2 :])
        cut = len(half) // 2
        connection.sendall(half[:cut])
        assert wanted.pop(0).wait(10)
        connection.sendall(half[cut:])

    import threading

    wanted.append(threading.Event())
    go_on = wanted[0]
    scripted.script(in_two_parts)
    with client_of(scripted, fake_time) as client:
        batches = omnipd.iter_batches(LIMITLESS, client=client)
        first = next(batches)
        go_on.set()
        assert pa.Table.from_batches([first, *batches]).equals(MANY)


def test_a_loop_that_is_left_early_leaves_no_connection_in_use(scripted, fake_time):
    scripted.script(answer(whole_answer(arrow(MANY, rows_per_batch=100))))
    with client_of(scripted, fake_time) as client:
        batches = omnipd.iter_batches(LIMITLESS, client=client)
        assert next(batches).num_rows == 100
        batches.close()
        assert len(omnipd.run_query(LIMITLESS, client=client)) == 1000


@pytest.mark.parametrize("failure", [ValueError("odd"), OSError(28, "No space left on device")])
def test_a_file_that_cannot_be_written_leaves_no_connection_in_use(
    scripted, fake_time, tmp_path, monkeypatch, failure
):
    ended = threading.Event()

    def fail(*_):
        raise failure

    many = pa.table({"users.state": ["x" * 5000] * 4000, "users.count": [1] * 4000})
    said = chunked(header() + complete(arrow(many, rows_per_batch=100)), end=False)

    def step(connection):
        try:
            connection.sendall(said)
            connection.recv(1)
        except OSError:
            pass
        ended.set()  # the client has closed it

    scripted.script(step)
    monkeypatch.setattr(pyarrow.parquet.ParquetWriter, "write_table", fail)
    with client_of(scripted, fake_time) as client:
        with pytest.raises(omnipd.ExportError) as held:
            omnipd.query_to_parquet(QUERY, tmp_path / "x.parquet", client=client)
        assert ended.wait(10)
        assert isinstance(held.value, OmniError)
    assert list(tmp_path.glob("*.parquet*")) == []


def test_a_result_that_is_never_held_may_be_larger_than_one_that_is(
    scripted, fake_time, monkeypatch
):
    monkeypatch.setattr("omnipd.client.client.LARGEST_RESULT", 5000)
    scripted.script(answer(whole_answer(arrow(MANY, rows_per_batch=100))))
    with client_of(scripted, fake_time) as client:
        assert sum(one.num_rows for one in omnipd.iter_batches(LIMITLESS, client=client)) == 1000
        with pytest.raises(ResponseError, match="MiB"):
            omnipd.run_query(LIMITLESS, client=client)


# --- late failures

WHOLE = whole_answer(arrow(MANY, rows_per_batch=100))


def rows_before_failure(client, query=LIMITLESS, **options):
    """Return how many rows came before the error, and the error."""
    came = []
    batches = omnipd.iter_batches(query, client=client, **options)
    with pytest.raises(OmniError) as caught:
        came.extend(batches)
    return sum(batch.num_rows for batch in came), caught.value


def test_a_result_that_is_cut_raises_behind_the_batches_that_came(scripted, fake_time, tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"before")
    cut = chunked(WHOLE[: len(WHOLE) * 2 // 3], end=False)
    scripted.script(after(cut, hang_up))
    with client_of(scripted, fake_time) as client:
        rows, error = rows_before_failure(client)
        assert 0 < rows < 1000
        assert rows % 100 == 0
        assert isinstance(error, NetworkError)
        assert error.job_id == "job-1"
        with pytest.raises(NetworkError, match="broke off inside the result"):
            omnipd.query_to_parquet(LIMITLESS, path, client=client)
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["rows.parquet"]


def test_a_result_without_its_end_marker_raises_behind_its_last_batch(scripted, fake_time):
    scripted.script(answer(whole_answer(arrow(MANY, rows_per_batch=100, end=False))))
    with client_of(scripted, fake_time) as client:
        rows, error = rows_before_failure(client)
    assert rows == 1000
    assert isinstance(error, ResponseError)


def late(status, **rest):
    """A job's line whose result comes first and the verdict behind it."""
    import base64
    import json

    said = {"job_id": "job-1", "status": status} | rest
    text = base64.b64encode(arrow(MANY, rows_per_batch=100))
    return (
        header() + b'{"result":"' + text + b'",' + json.dumps(said).encode()[1:] + b"\n" + footer()
    )


def test_what_is_said_behind_the_result_counts_as_much(scripted, fake_time, tmp_path):
    path = tmp_path / "rows.parquet"
    scripted.script(answer(late("ERROR", error_type="KILL", error_message="killed")))
    with client_of(scripted, fake_time) as client:
        rows, error = rows_before_failure(client)
        assert (rows, type(error), error.error_type) == (1000, QueryError, "KILL")
        for run in (omnipd.run_query, omnipd.run_query_arrow):
            with pytest.raises(QueryError, match="killed"):
                run(LIMITLESS, client=client)
        with pytest.raises(QueryError, match="killed"):
            omnipd.query_to_parquet(LIMITLESS, path, client=client)
    assert not path.exists()


def test_missing_fields_are_an_error_before_the_first_batch_where_they_are_known(
    scripted, fake_time
):
    summary = {"missing_fields": ["users.nope"]}
    scripted.script(answer(whole_answer(arrow(MANY), summary=summary)))
    with client_of(scripted, fake_time) as client:
        rows, error = rows_before_failure(client)
    assert rows == 0
    assert isinstance(error, omnipd.MissingFieldsError)
    scripted.script(answer(late("COMPLETE", summary=summary)))
    scripted.requests.clear()
    with client_of(scripted, fake_time) as client:
        rows, error = rows_before_failure(client)
    assert rows == 1000
    assert isinstance(error, omnipd.MissingFieldsError)


@pytest.mark.parametrize("first", [True, False], ids=["labels first", "rows first"])
def test_labels_are_found_on_either_side_of_the_rows(scripted, fake_time, tmp_path, first):
    summary = {"fields": {"users.state": {"label": "State 🌴"}, "users.count": {"label": "Users"}}}
    body = (
        whole_answer(arrow(MANY), summary=summary) if first else late("COMPLETE", summary=summary)
    )
    scripted.script(answer(body))
    with client_of(scripted, fake_time) as client:
        for batch in omnipd.iter_batches(LIMITLESS, names="label", client=client):
            assert batch.schema.names == ["State 🌴", "Users"]
        df = omnipd.run_query(LIMITLESS, names="label", client=client)
        path = tmp_path / "rows.parquet"
        assert omnipd.query_to_parquet(LIMITLESS, path, names="label", client=client) == 1000
    assert df.columns.tolist() == ["State 🌴", "Users"] == pd.read_parquet(path).columns.tolist()


def test_the_result_of_a_job_that_is_not_ours_is_passed_over(scripted, fake_time):
    foreign = complete(arrow(ROWS), job="job-9")
    scripted.script(answer(header() + foreign + complete(arrow(MANY)) + footer()))
    with client_of(scripted, fake_time) as client:
        table = pa.Table.from_batches(omnipd.iter_batches(LIMITLESS, client=client))
    assert table.equals(MANY)


def test_a_second_result_is_no_continuation_of_the_first(scripted, fake_time):
    import json

    foreign = b'{"result":"' + json.loads(complete(arrow(ROWS)))["result"].encode() + b'",'
    foreign += b'"job_id":"job-9","status":"COMPLETE"}\n'
    scripted.script(answer(header() + foreign + complete(arrow(MANY)) + footer()))
    with client_of(scripted, fake_time) as client:
        rows, error = rows_before_failure(client)
        assert rows == 3
        assert isinstance(error, ResponseError)
        assert bare(omnipd.run_query_arrow(LIMITLESS, client=client)).equals(MANY)


def test_a_job_that_is_waited_for_hands_its_result_on_too(scripted, fake_time):
    running = answer(header() + line(job_id="job-1", status="EXECUTING") + footer("job-1"))
    scripted.script(running, answer(complete(arrow(MANY, rows_per_batch=100)) + footer()))
    with client_of(scripted, fake_time) as client:
        batches = list(omnipd.iter_batches(LIMITLESS, client=client))
    assert [batch.num_rows for batch in batches] == [100] * 10


def test_a_query_that_runs_out_of_time_is_no_error_of_the_file(scripted, fake_time, tmp_path):
    running = answer(header() + footer("job-1"))
    scripted.script(running, answer(footer("job-1")))
    with client_of(scripted, fake_time) as client, pytest.raises(omnipd.QueryTimeoutError):
        omnipd.query_to_parquet(QUERY, tmp_path / "rows.parquet", timeout=5, client=client)
    assert not (tmp_path / "rows.parquet").exists()


def test_a_result_at_its_limit_warns_at_the_end_of_the_loop(scripted, fake_time):
    scripted.script(answer(whole_answer(arrow(MANY, rows_per_batch=100))))
    with client_of(scripted, fake_time) as client:
        batches = omnipd.iter_batches(QUERY, client=client)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            taken = list(itertools.islice(batches, 10))
        with pytest.warns(omnipd.OmniWarning, match="exactly 1,000 rows"):
            assert list(batches) == []
    assert sum(batch.num_rows for batch in taken) == 1000


# --- however the bytes come

ODD = pa.table(
    {
        "users.state": ["🌴 Ōsaka", None, "", "a" * 50] * 20,
        "users.count": [1, None, -(2**63), 7] * 20,
        "price": pa.array([Decimal("1.10"), None, Decimal("-3.25"), Decimal(0)] * 20),
        "at": pa.array([0, None, -1, 2**50] * 20, pa.timestamp("us", "UTC")),
        "ok": [True, None, False, True] * 20,
        "word": pa.array(["x", None, "y", "x"] * 20).dictionary_encode(),
        "list": [[1, 2], None, [], [None]] * 20,
    }
)
ODD_BODY = whole_answer(
    arrow(ODD, rows_per_batch=16),
    summary={"fields": {"users.state": {"label": "🌴 État"}}},
    cache_metadata={"num_rows": 80},
)


def gzipped(body):
    return answer(gzip.compress(body), content_type="text/ndjson", Content_Encoding="gzip")


def pieces(body, cuts):
    places = sorted({0, *cuts, len(body)})
    return [body[start:end] for start, end in itertools.pairwise(places)]


@given(
    st.sampled_from(["length", "chunked", "gzip", "gzip in chunks"]),
    st.lists(st.integers(1, len(ODD_BODY) - 1), max_size=20),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_result_is_the_same_however_its_bytes_come(scripted, fake_time, tmp_path, way, cuts):
    if way == "chunked":
        whole = chunked(*pieces(ODD_BODY, cuts))
    elif way == "gzip in chunks":
        packed = gzip.compress(ODD_BODY)
        whole = chunked(*pieces(packed, [cut % len(packed) for cut in cuts]))
        whole = whole.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    else:
        whole = gzipped(ODD_BODY) if way == "gzip" else answer(ODD_BODY)
    scripted.script(whole)
    query = LIMITLESS | {"fields": ODD.column_names}
    with client_of(scripted, fake_time) as client:
        batches = list(omnipd.iter_batches(query, client=client))
        assert [batch.num_rows for batch in batches] == [16] * 5
        assert pa.Table.from_batches(batches).equals(ODD)
        assert bare(omnipd.run_query_arrow(query, client=client)).equals(ODD)


@given(st.integers(0, len(WHOLE) - len(footer()) - 2))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_answer_cut_at_any_byte_never_ends_the_loop_in_peace(scripted, fake_time, place):
    lost = answer(line(job_id="job-1", status="FAILED", error="Unable to find job") + footer())
    scripted.requests.clear()
    scripted.script(answer(WHOLE[:place]), lost)
    with client_of(scripted, fake_time) as client:
        rows, _ = rows_before_failure(client)
    assert rows % 100 == 0
