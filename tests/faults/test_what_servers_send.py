"""What live servers were seen to send beside what was asked for, read exactly; and failures that look fine.

The small server here is written from what was seen, and shares nothing with the sandbox.
"""

import json
import logging
import pickle
import warnings
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import (
    KEY,
    MODEL,
    QUERY,
    arrow,
    client_of,
    complete,
    footer,
    header,
    line,
    whole_answer,
)
from scripted_server import answer, document, page

import omnipd
from omnipd import BadRequestError, QueryTimeoutError, RateLimitError, ResponseError
from omnipd_sandbox.server import Server

ORDER = ["users.state", "users.total", "users.count"]
ASKED = {"modelId": MODEL, "table": "users", "fields": ORDER}
TOTALLED = ASKED | {"column_totals": {"::total::": {"type": "aggregation"}}}
AS_ASKED = pa.table(
    {
        "users.state": ["CA", "NY"],
        "users.total": pa.array([Decimal("1234.50"), None], pa.decimal128(38, 2)),
        "users.count": [3, 1],
    }
)


def as_sent(*, total=False):
    """A batch with sort keys, a primary key, a number beside its text, in the server's own order."""
    marks = {"$omni_column_total_indicator": pa.array([None, None], pa.string())}
    table = pa.table(
        {
            "users.count": AS_ASKED["users.count"],
            "ssort_0": pa.array([1, 2], pa.int32()),
            "users.total": ["1,234.50", None],
            "users.id": ["u1", "u2"],
            "users.state": AS_ASKED["users.state"],
            "users.total__raw": AS_ASKED["users.total"],
            "ssort_1": pa.array([7, 7], pa.int32()),
            "$omni_group_grouping": pa.array([0, 0], pa.int32()),
            **marks,
        }
    )
    if not total:
        return table.drop_columns([*marks, "$omni_group_grouping"])
    last = pa.table(
        {
            "users.count": [4],
            "ssort_0": pa.array([3], pa.int32()),
            "users.total": ["1,234.50"],
            "users.id": pa.nulls(1, pa.string()),
            "users.state": pa.nulls(1, pa.string()),
            "users.total__raw": pa.array([Decimal("1234.50")], pa.decimal128(38, 2)),
            "ssort_1": pa.array([8], pa.int32()),
            "$omni_group_grouping": pa.array([1], pa.int32()),
            "$omni_column_total_indicator": ["column_total"],
        }
    )
    return pa.concat_tables([table, last])


FIELDS = {name: {"label": name.partition(".")[2].title(), "format": "TEXT"} for name in ORDER}
ECHOES = {
    "the query": {"query": ASKED},
    "a model job": {"query": {"model_job": {"fields": ORDER, "model_id": MODEL, "pivots": []}}},
    "nothing": {},
}
WAYS = {
    "run_query_arrow": lambda query, client: omnipd.run_query_arrow(query, client=client),
    "run_query": lambda query, client: pa.Table.from_pandas(omnipd.run_query(query, client=client)),
    "iter_batches": lambda query, client: pa.Table.from_batches(
        omnipd.iter_batches(query, client=client)
    ),
    "run_queries": lambda query, client: pa.Table.from_pandas(
        omnipd.run_queries([query], client=client)[0]
    ),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_only_what_was_asked_for_is_in_the_result(scripted, fake_time, way, echo):
    scripted.script(answer(whole_answer(arrow(as_sent()), summary={"fields": FIELDS}, **echo)))
    with client_of(scripted, fake_time) as client:
        table = way(ASKED, client)
    assert table.replace_schema_metadata().equals(AS_ASKED)


def test_only_what_was_asked_for_is_in_a_file(scripted, fake_time, tmp_path):
    scripted.script(answer(whole_answer(arrow(as_sent()))))
    with client_of(scripted, fake_time) as client:
        omnipd.query_to_parquet(ASKED, tmp_path / "rows.parquet", client=client)
    stored = pd.read_parquet(tmp_path / "rows.parquet", dtype_backend="pyarrow")
    assert stored.columns.tolist() == ORDER


def test_totals_keep_their_mark_and_nothing_else_that_was_not_asked_for(scripted, fake_time):
    scripted.script(answer(whole_answer(arrow(as_sent(total=True)))))
    with client_of(scripted, fake_time) as client:
        plain = omnipd.run_query_arrow(TOTALLED, client=client)
        kept = omnipd.run_query_arrow(TOTALLED, totals=True, client=client)
    assert plain.replace_schema_metadata().equals(AS_ASKED)
    assert kept.column_names == [*ORDER, "omni_total"]
    assert kept["omni_total"].to_pylist() == [None, None, "column_total"]
    assert kept["users.total"].to_pylist()[-1] == Decimal("1234.50")


def test_a_raw_column_that_was_asked_for_is_a_column_of_its_own(scripted, fake_time):
    both = ["users.total", "users.total__raw"]
    scripted.script(answer(whole_answer(arrow(as_sent()))))
    with client_of(scripted, fake_time) as client:
        table = omnipd.run_query_arrow(ASKED | {"fields": both}, client=client)
    assert table["users.total"].to_pylist() == ["1,234.50", None]
    assert table["users.total__raw"].to_pylist() == [Decimal("1234.50"), None]


@pytest.mark.parametrize("late", [False, True])
def test_a_wildcard_asks_for_what_omni_describes(scripted, fake_time, late):
    query = ASKED | {"fields": ["users.*"]}
    job = complete(arrow(as_sent()), summary={"fields": FIELDS})
    if late:
        job = described_last(as_sent(), FIELDS)
    scripted.script(answer(header() + job + footer()))
    with client_of(scripted, fake_time) as client:
        table = omnipd.run_query_arrow(query, client=client)
    assert table.column_names == ["users.count", "users.state", "users.total"]


@pytest.mark.parametrize("late", [False, True])
def test_sql_keeps_the_columns_that_omni_describes_in_their_order(scripted, fake_time, late):
    table = pa.table({"n": [1], "ssort_0": [1], "x__raw": [2], "x": [3], "N2": ["a"]})
    fields = {name: {} for name in ("n", "x__raw", "x", "n2")}
    job = complete(arrow(table), summary={"fields": fields})
    if late:
        job = described_last(table, fields)
    scripted.script(answer(header() + job + footer()))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_sql("select 1", model=MODEL, verbatim=True, client=client)
    assert df.columns.tolist() == ["n", "x__raw", "x", "N2"]


def test_sql_keeps_every_column_where_omni_describes_none(scripted, fake_time):
    table = pa.table({"n": [1], "ssort_0": [1]})
    scripted.script(answer(whole_answer(arrow(table))))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_sql("select 1", model=MODEL, verbatim=True, client=client)
    assert df.columns.tolist() == ["n", "ssort_0"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("fields", [[], ["B"]])
@pytest.mark.parametrize(
    ("named", "columns"),
    [(["a", "b"], ["a", "a_2", "b"]), (["view.a", "b"], ["ssort_0", "a", "a_2", "b"])],
    ids=["names of these columns", "other names"],
)
def test_no_column_that_was_written_in_sql_is_lost(
    scripted, fake_time, late, fields, named, columns
):
    """Neither by fields that stand beside it, nor by a description of columns with other names."""
    names = ["ssort_0", "a", "a", "b"]
    table = pa.Table.from_arrays([pa.array([number]) for number in range(4)], names=names)
    described = {name: {} for name in named}
    job = complete(arrow(table), summary={"fields": described})
    if late:
        job = described_last(table, described)
    scripted.script(answer(header() + job + footer()))
    query = {"modelId": MODEL, "fields": fields, "userEditedSQL": "select 1", "rewriteSql": False}
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(query, client=client)
    first = ["b"] if fields else []
    assert df.columns.tolist() == [*first, *(name for name in columns if name not in first)]


@pytest.mark.parametrize(
    ("fields", "more"),
    [(["a.*", "a.at[date]"], {}), (["a.n", "a.at[date]"], {"transposed_measures": ["a.n"]})],
)
def test_a_split_is_not_told_by_a_column_whose_place_is_not_known(
    scripted, fake_time, fields, more
):
    query = {"modelId": MODEL, "table": "a", "fields": fields, **more}
    with client_of(scripted, fake_time) as client, pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.run_query_in_pieces(query, split_on="a.at", client=client)
    assert "nothing tells which" in str(caught.value)
    assert scripted.requests == []


def described_last(table, fields):
    """A job line whose summary stands behind its result."""
    front = complete(arrow(table)).rstrip(b"}\n")
    return front + b',"summary":' + json.dumps({"fields": fields}).encode() + b"}\n"


def test_transposed_measures_stand_where_the_first_of_them_was_asked_for(scripted, fake_time):
    sent = pa.table(
        {
            "measure_order": [0, 1],
            "ssort_0": [1, 1],
            "measure_value": [3.0, 1.5],
            "users.state": ["CA", "CA"],
            "measure_name": ["users.count", "users.total"],
        }
    )
    query = ASKED | {"transposed_measures": ["users.count", "users.total"]}
    scripted.script(answer(whole_answer(arrow(sent))))
    with client_of(scripted, fake_time) as client:
        table = omnipd.run_query_arrow(query, client=client)
    assert table.column_names == ["users.state", "measure_name", "measure_order", "measure_value"]


def test_a_pivoted_result_has_its_fields_and_not_its_helpers(scripted, fake_time):
    sent = pa.table(
        {
            "users.state": ["CA", "CA"],
            "users.count": [3, 1],
            "users.stage": ["new", "old"],
            "$omni_pivot_row_num": [1, 1],
            "$omni_pivot_col_num": [1, 2],
        }
    )
    fields = ["users.state", "users.stage", "users.count"]
    query = ASKED | {"fields": fields, "pivots": ["users.stage"], "limit": 10}
    scripted.script(answer(whole_answer(arrow(sent))))
    with client_of(scripted, fake_time) as client:
        assert omnipd.run_query_arrow(query, client=client).column_names == fields


@pytest.mark.parametrize("format_", ["USDCURRENCY_2", {"value": "USDCURRENCY_2"}])
def test_a_format_is_its_name_in_either_form(scripted, fake_time, format_):
    fields = {"users.state": {"format": format_}}
    scripted.script(answer(whole_answer(summary={"fields": fields})))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, client=client)
    assert df.attrs["omni"]["formats"] == {"users.state": "USDCURRENCY_2"}


@pytest.mark.parametrize("timed_out", ["false", False])
@pytest.mark.parametrize("result_id", [None, "2c8e4c1e-95a6-4f6f-9f43-0a6b8c1f3d11"])
def test_a_job_may_have_a_name_of_the_servers_own(scripted, fake_time, result_id, timed_out):
    scripted.script(
        answer(
            line(jobs_submitted={"job-1": result_id})
            + complete(client_result_id=str(result_id).lower())
            + line(remaining_job_ids=[], timed_out=timed_out)
        )
    )
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3


# --- answers that are a failure


@pytest.mark.failure("put-off")
@pytest.mark.parametrize("end", [b"\n", b""])
def test_words_without_a_job_put_the_query_off_and_it_is_sent_again(scripted, fake_time, end):
    words = json.dumps({"message": "Too many queries"}).encode() + end
    scripted.script(answer(words), answer(words), answer(whole_answer()))
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
    assert [request[0] for request in scripted.requests] == ["POST"] * 3
    assert fake_time.slept == [1.0, 2.0]


@pytest.mark.failure("put-off")
def test_words_without_a_job_are_a_rate_limit_in_the_end(scripted, fake_time):
    scripted.script(answer(b'{"message":"Too many queries"}\n'))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(RateLimitError, match="no job: Too many queries") as caught,
    ):
        omnipd.run_query(QUERY, client=client)
    assert (caught.value.retryable, caught.value.status, caught.value.job_id) == (True, 200, None)
    assert len(scripted.requests) == 4
    assert fake_time.slept == [1.0, 2.0, 4.0]


def test_words_without_a_job_are_not_waited_out_beyond_the_time(scripted, fake_time):
    scripted.script(answer(b'{"message":"Too many queries"}\n'))
    with client_of(scripted, fake_time) as client, pytest.raises(RateLimitError):
        omnipd.run_query(QUERY, timeout=2.5, client=client)
    assert fake_time.slept == [1.0]


@pytest.mark.failure("put-off")
def test_words_without_a_job_hold_every_request_of_the_key(scripted, fake_time):
    scripted.script(answer(b'{"message":"Too many queries"}\n'), answer({"labels": []}))
    with client_of(scripted, fake_time, requests_per_minute=60, timeout=0.5) as client:
        with pytest.raises(RateLimitError, match="Too many queries"):
            omnipd.run_query(QUERY, client=client)
        with pytest.raises(RateLimitError, match="another request with this key"):
            omnipd.read_labels(client=client)
    assert len(scripted.requests) == 1


def test_words_in_place_of_a_wait_are_waited_out_and_kept(scripted, fake_time):
    words = answer(line(message="Too many polls"))
    scripted.script(answer(header() + footer("job-1")), words, answer(complete() + footer()))
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
        scripted.requests.clear()
        scripted.script(answer(header() + footer("job-1")), words)
        with pytest.raises(RateLimitError, match="Too many polls") as caught:
            omnipd.run_query(QUERY, client=client)
    assert caught.value.job_id == "job-1"
    assert [request[0] for request in scripted.requests] == ["POST", *["GET"] * 4]


@pytest.mark.parametrize("key", ["error", "detail"])
def test_words_that_nobody_knows_are_kept(scripted, fake_time, key):
    scripted.script(answer(line(**{key: f"the planner is away {KEY}"})))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(ResponseError, match="planner is away") as caught,
    ):
        omnipd.run_query(QUERY, client=client)
    assert KEY not in str(caught.value)
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("key", ["error", "detail", "message"])
def test_a_list_or_a_question_that_is_answered_by_words_alone_keeps_them(scripted, fake_time, key):
    scripted.script(answer({key: f"the index is away {KEY}"}))
    with client_of(scripted, fake_time) as client:
        with pytest.raises(ResponseError, match="index is away") as caught:
            omnipd.read_labels(client=client)
        with pytest.raises(omnipd.QueryError, match="index is away") as asked:
            omnipd.ask("How many?", model=MODEL, client=client)
    assert KEY not in f"{caught.value} {asked.value}"


@pytest.mark.failure("good-status")
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("The warehouse is asleep", BadRequestError),
        ("Model not found", BadRequestError),
        ("Permission denied", omnipd.ForbiddenError),
        ("Invalid bearer token", omnipd.AuthenticationError),
        ("Too many requests", RateLimitError),
    ],
)
def test_the_words_of_a_failure_tell_its_kind(scripted, fake_time, words, kind):
    scripted.script(answer({"success": False, "error": f"{words} {KEY}"}))
    calls = [
        omnipd.read_content,
        omnipd.read_users,
        lambda client: omnipd.run_query(QUERY, client=client),
        lambda client: omnipd.ask("How many?", model=MODEL, client=client),
    ]
    with client_of(scripted, fake_time) as client:
        for call in calls:
            with pytest.raises(kind, match=words) as caught:
                call(client=client)
            assert type(caught.value) is kind
            assert caught.value.retryable is (kind is RateLimitError)
            assert KEY not in str(caught.value)
    assert len(scripted.requests) == len(calls)


def test_words_of_an_upstream_failure_are_no_invitation(scripted, fake_time):
    scripted.script(answer(b'{"message":"gone","reason":"upstream"}'))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError, match="gone"):
        omnipd.run_query(QUERY, client=client)
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("no", ["success", "ok"])
def test_a_query_that_is_refused_with_a_good_status_keeps_omnis_words(scripted, fake_time, no):
    scripted.script(answer(line(**{no: False}, error="Model is archived")))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(BadRequestError, match="Model is archived") as caught,
    ):
        omnipd.run_query(QUERY, client=client)
    assert (caught.value.status, caught.value.retryable) == (200, False)
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("timed_out", ["true", True])
def test_a_first_answer_of_the_footer_alone_is_gone_on_from(scripted, fake_time, timed_out):
    scripted.script(
        answer(line(remaining_job_ids=["job-1"], timed_out=timed_out)),
        answer(complete() + footer()),
    )
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, client=client)
    assert (len(df), df.attrs["omni"]["job_id"]) == (3, "job-1")
    assert scripted.requests[1][1].endswith("/api/v1/query/wait?jobIds=job-1")


def test_a_footer_alone_that_names_two_jobs_is_no_answer(scripted, fake_time):
    scripted.script(answer(footer("job-1", "job-2")))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError, match="no job"):
        omnipd.run_query(QUERY, client=client)


def test_a_408_that_names_its_job_is_waited_for(scripted, fake_time):
    late = {"detail": "Query timed out", "remaining_job_ids": ["job-1"], "timed_out": True}
    scripted.script(answer(late, 408), answer(complete() + footer()))
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
    assert [request[0] for request in scripted.requests] == ["POST", "GET"]


def test_a_408_names_its_job_when_the_time_is_up(scripted, fake_time):
    late = {"detail": "Query timed out", "remaining_job_ids": ["job-1"], "timed_out": True}
    scripted.script(answer(late, 408), answer(footer("job-1")))
    with client_of(scripted, fake_time) as client, pytest.raises(QueryTimeoutError) as caught:
        omnipd.run_query(QUERY, timeout=5, client=client)
    assert caught.value.job_id == "job-1"


# --- what Omni calls an exchange

TRACE = "Root=1-66aa0000-0123456789abcdef01234567"


def test_a_trace_id_is_in_the_facts_the_errors_and_the_log(scripted, fake_time, caplog):
    caplog.set_level(logging.DEBUG, "omnipd")
    traced = {"x_trace_id": TRACE}
    body = {"records": [document("a")], "pageInfo": {"hasNextPage": False, "totalRecords": 1}}
    scripted.script(answer(body, **traced), answer({"detail": "no"}, 400, **traced))
    with client_of(scripted, fake_time) as client:
        content = omnipd.read_content(client=client)
        assert omnipd.read_content(client=client).attrs["omni"]["trace_id"] is None
        with pytest.raises(BadRequestError) as caught:
            omnipd.read_content(refresh=True, client=client)
    assert content.attrs["omni"]["trace_id"] == TRACE
    assert caught.value.trace_id == TRACE
    assert caught.value.__notes__ == [f"Omni's trace id: {TRACE}"]
    assert pickle.loads(pickle.dumps(caught.value)).trace_id == TRACE
    sent, _, refused = [one.getMessage() for one in caplog.records if one.name == "omnipd"]
    assert sent == f"GET /api/v1/content: 200 after 0.00 s (x-trace-id {TRACE})"
    assert refused == f"GET /api/v1/content: 400 after 0.00 s (x-trace-id {TRACE})"


def test_a_trace_id_of_a_query_is_in_its_facts_and_its_errors(scripted, fake_time):
    scripted.script(answer(whole_answer(), x_trace_id=TRACE))
    with client_of(scripted, fake_time) as client:
        assert omnipd.run_query(QUERY, client=client).attrs["omni"]["trace_id"] == TRACE
        scripted.script(
            answer(
                header()
                + line(job_id="job-1", status="ERROR", error_type="PLAN", error_message="no")
                + footer(),
                x_trace_id=TRACE,
            )
        )
        with pytest.raises(omnipd.PlanError) as caught:
            omnipd.run_query(QUERY, client=client)
    assert caught.value.trace_id == TRACE


def test_an_answer_without_a_trace_id_has_none(scripted, fake_time):
    scripted.script(page(document("a")), answer({"detail": "no"}, 400))
    with client_of(scripted, fake_time) as client:
        assert omnipd.read_content(client=client).attrs["omni"]["trace_id"] is None
        with pytest.raises(BadRequestError) as caught:
            omnipd.read_content(refresh=True, client=client)
    assert caught.value.trace_id is None
    assert not hasattr(caught.value, "__notes__")


# --- the sandbox, both ways

FLIGHTS = {
    "join_paths_from_topic_name": "flights",
    "fields": ["flights.origin", "flights.count"],
    "sorts": [{"column_name": "flights.origin"}],
}
COUNTS = {"EWR": 120_835, "JFK": 111_279, "LGA": 104_662}


def run_on(**knobs):
    with (
        Server(documents=0, **knobs) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        return omnipd.run_query(FLIGHTS | {"modelId": server.models["flights"]}, client=client)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"unrequested_columns": True},
        {"query_echo": "query"},
        {"formats_as_objects": True},
        {"client_result_ids": True},
        {"first_answer": "footer"},
        {"first_answer": "408"},
        {"first_answer": "footer", "slow_job_polls": 2},
        {"faults": [{"kind": "message", "path": "/api/v1/query/run"}]},
        {
            "unrequested_columns": True,
            "query_echo": "query",
            "formats_as_objects": True,
            "client_result_ids": True,
            "first_answer": "footer",
        },
    ],
    ids=lambda knobs: " ".join(knobs) or "plain",
)
def test_the_sandbox_sends_it_all_and_the_frame_is_the_same(knobs):
    df = run_on(**knobs)
    assert dict(zip(df["flights.origin"], df["flights.count"], strict=True)) == COUNTS
    assert df.columns.tolist() == FLIGHTS["fields"]
    assert str(df.dtypes["flights.count"]) == "int64[pyarrow]"
    assert df.attrs["omni"]["formats"] == run_on().attrs["omni"]["formats"]
    assert df.attrs["omni"]["trace_id"].startswith("Root=1-")


@pytest.mark.parametrize(("first", "status"), [("lines", 200), ("footer", 200), ("408", 408)])
def test_a_first_answer_of_the_sandbox_is_what_it_is_told(first, status):
    with (
        Server(documents=0, first_answer=first) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        omnipd.run_query(FLIGHTS | {"modelId": server.models["flights"]}, client=client)
        asked = [(one.path.rpartition("/")[2], one.status) for one in server.requests]
    assert asked == [("run", status)] + ([] if first == "lines" else [("wait", 200)])


def test_a_sandbox_may_send_no_trace_ids():
    assert run_on(trace_ids=False).attrs["omni"]["trace_id"] is None


def test_a_failure_of_the_sandbox_with_a_good_status_is_an_error():
    fault = {"kind": "not_ok", "path": "/api/v1/labels", "words": "Index is rebuilt"}
    with (
        Server(documents=0, faults=[fault]) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
        pytest.raises(BadRequestError, match="Index is rebuilt"),
    ):
        omnipd.read_labels(client=client)


SUBTOTALLED = {
    "join_paths_from_topic_name": "flights",
    "fields": ["flights.origin", "flights.carrier", "flights.count"],
    "filters": {
        "flights.carrier": {"type": "string", "kind": "EQUALS", "values": ["AA", "DL"]},
        "flights.origin": {"type": "string", "kind": "EQUALS", "values": ["JFK", "LGA"]},
    },
    "sorts": [{"column_name": "flights.origin"}],
    "column_totals": {
        "flights.origin": {"type": "aggregation"},
        "::total::": {"type": "aggregation"},
    },
}
SUB, ALL = "column_subtotal::flights.origin", "column_total"


@pytest.mark.parametrize(
    ("place", "marks"),
    [
        ("last", [None, None, None, None, SUB, SUB, ALL]),
        ("behind_group", [None, None, SUB, None, None, SUB, ALL]),
        ("absent", [None, None, None, None]),
    ],
)
def test_totals_are_told_apart_wherever_they_stand(place, marks):
    with (
        Server(documents=0, totals=place, unrequested_columns=True) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        asked = SUBTOTALLED | {"modelId": server.models["flights"]}
        with warnings.catch_warnings(record=True, action="always") as said:
            kept = omnipd.run_query(asked, totals=True, client=client)
        plain = omnipd.run_query(asked, client=client)
    missing = {} if marks[-1] else {SUB: 2, ALL: None}
    assert kept.attrs["omni"]["totals_missing"] == missing
    assert len(said) == bool(missing)
    assert "totals_missing" not in plain.attrs["omni"]
    told = [None if pd.isna(mark) else mark for mark in kept["omni_total"]]
    assert told == marks
    counted = kept.loc[kept["omni_total"].isna()].drop(columns="omni_total")
    assert counted.reset_index(drop=True).equals(plain)
    assert plain.columns.tolist() == SUBTOTALLED["fields"]
    if ALL in marks:
        assert kept["flights.count"].iloc[-1] == plain["flights.count"].sum()
