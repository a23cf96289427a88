"""The framing of query answers, byte for byte, with an engine small enough to know by heart."""

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import pyarrow as pa
import pytest

from omnipd_sandbox.refused_query import Refused

MODEL = "5c1f5ac0-0000-4000-8000-000000000001"
ROWS = pa.table({"t.a": pa.array([1, 2, None], pa.int64())})


@dataclass
class Engine:
    """Plans everything into one column; asked for trouble, it gives trouble."""

    table: pa.Table = field(default_factory=lambda: ROWS)
    runs: int = 0

    models = {MODEL: SimpleNamespace(id=MODEL, name="known", connection_id=MODEL, formats={})}  # noqa: RUF012

    def plan(self, query, *, now, user_attributes, **_beside):
        if "refuse" in query:
            raise Refused("PLAN", 'No such field "t.x"')
        if "fault" in query:
            raise ZeroDivisionError("while planning")
        return SimpleNamespace(
            sql=f"SELECT a FROM t -- {now:%Y-%m-%d}",
            fields={"t.a": {"field_name": "a", "format": None, "sql": '"a"', "hidden": False}},
            missing_fields=query.get("missing", []),
            invalid_calculations={},
            limit=1000,
            query={**query, "planned": True},
            omni_sql=None,
            omni_sql_parse_failed=None,
        )

    def execute(self, plan):
        if "refuse_later" in plan.query:
            raise Refused("QUERY", "Division by zero in secret_table")
        if "fault_later" in plan.query:
            raise ZeroDivisionError("while running")
        self.runs += 1
        return self.table


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def ask(serve, connect, engine):
    """Give a server with switches, as a function that runs a query on it."""

    def start(**switches):
        server = serve(documents=0, engine=engine, **switches)
        wire = connect(server)

        def run(address=None, rest=None, **query):
            body = {
                "query": {
                    "modelId": MODEL,
                    "fields": ["t.a"],
                    "join_paths_from_topic_name": "t",
                    **query,
                },
                **(rest or {}),
            }
            answer = wire.ask("POST", "/api/v1/query/run", address, body=json.dumps(body))
            assert (answer.status, answer.headers["Content-Type"]) == (200, "text/ndjson")
            return answer

        run.wire, run.server = wire, server
        return run

    return start


def lines(answer):
    text = answer.body.decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def rows(line):
    return pa.ipc.open_stream(base64.b64decode(line["result"], validate=True)).read_all()


def test_an_answer_is_a_header_a_job_and_a_footer_to_the_byte(ask):
    text = ask()().body.decode()
    job = re.match(r'\{"jobs_submitted":\{"([0-9a-f-]{36})":null\}\}\n', text)[1]
    result = re.search(r'"result":"([A-Za-z0-9+/]+={0,2})"', text)[1]
    took = re.search(r'"server_stream":(\d+)', text)[1]
    assert text == (
        f'{{"jobs_submitted":{{"{job}":null}}}}\n'
        f'{{"job_id":"{job}","status":"COMPLETE","summary":{{"fields":{{"t.a":{{"field_name":"a",'
        f'"sql":"\\"a\\"","hidden":false}}}},'
        f'"display_sql":"SELECT a FROM t -- {datetime.now(UTC):%Y-%m-%d}","cache_type":"MISS",'
        f'"missing_fields":[],"invalid_calculations":{{}}}},"cache_metadata":{{"num_rows":3}},'
        f'"query":{{"model_job":{{"model_id":"{MODEL}","fields":["t.a"],'
        f'"join_paths_from_topic_name":"t","planned":true}}}},"result":"{result}","stream_stats":{{"server_stream":{took}}}}}\n'
        f'{{"remaining_job_ids":[],"timed_out":"false"}}\n'
    )


def test_the_result_is_a_whole_arrow_stream_with_its_end(ask):
    job = lines(ask()())[1]
    raw = base64.b64decode(job["result"], validate=True)
    assert raw.endswith(b"\xff\xff\xff\xff\0\0\0\0")
    assert rows(job) == ROWS


@pytest.mark.parametrize("length", range(12))
def test_results_of_any_length_are_padded_right(ask, engine, length):
    engine.table = pa.table({"t.a": pa.array(["x" * length], pa.string())})
    assert rows(lines(ask()())[1]) == engine.table


def test_a_result_without_rows_keeps_its_columns(ask, engine):
    engine.table = ROWS.slice(0, 0)
    job = lines(ask()())[1]
    assert job["cache_metadata"] == {"num_rows": 0}
    assert rows(job).schema == ROWS.schema
    assert rows(job).num_rows == 0


def test_a_large_result_comes_in_batches_and_chunks(ask, engine):
    engine.table = pa.table({"t.a": pa.array(range(300_000), pa.int64())})
    job = lines(ask()())[1]
    batches = list(pa.ipc.open_stream(base64.b64decode(job["result"])))
    assert [batch.num_rows for batch in batches] == [65_536] * 4 + [300_000 - 4 * 65_536]
    assert rows(job) == engine.table


def test_the_header_leaves_before_the_query_runs(serve, connect):
    header_was_read = threading.Event()

    class Patient(Engine):
        def execute(self, plan):
            assert header_was_read.wait(5)
            return super().execute(plan)

    wire = connect(serve(documents=0, engine=Patient()))
    query = {"modelId": MODEL, "fields": [], "join_paths_from_topic_name": "t"}
    wire.http.request(
        "POST",
        "/api/v1/query/run",
        body=json.dumps({"query": query}),
        headers={"Authorization": f"Bearer {wire.key}"},
    )
    response = wire.http.getresponse()
    assert response.readline().startswith(b'{"jobs_submitted":')
    header_was_read.set()
    assert b'"status":"COMPLETE"' in response.read()


def test_missing_fields_are_in_the_summary_of_a_complete_job(ask):
    job = lines(ask()(missing=["t.nope"]))[1]
    assert job["status"] == "COMPLETE"
    assert job["summary"]["missing_fields"] == ["t.nope"]


def test_a_refused_query_is_a_line_not_a_status(ask):
    _, job, footer = lines(ask()(refuse=1))
    assert job == {
        "job_id": job["job_id"],
        "status": "ERROR",
        "query": {
            "model_job": {
                "model_id": MODEL,
                "fields": ["t.a"],
                "join_paths_from_topic_name": "t",
                "refuse": 1,
            }
        },
        "error_type": "PLAN",
        "error_message": 'No such field "t.x"',
    }
    assert footer == {"remaining_job_ids": [], "timed_out": "false"}


def test_a_query_that_fails_while_running_is_a_line_too(ask):
    job = lines(ask()(refuse_later=1))[1]
    assert (job["status"], job["error_type"]) == ("ERROR", "QUERY")
    assert "result" not in job


@pytest.mark.parametrize("when", ["fault", "fault_later"])
def test_a_fault_of_the_engine_is_an_internal_error_and_is_reported(ask, when):
    run = ask()
    job = lines(run(**{when: 1}))[1]
    assert (job["status"], job["error_type"]) == ("ERROR", "INTERNAL")
    assert len(run.server.failures) == 1
    assert "ZeroDivisionError" in run.server.failures[0]
    run.server._failures.clear()


# Plan only


def test_only_planning_gives_the_summary_and_runs_nothing(ask, engine):
    _, job, footer = lines(ask()(rest={"planOnly": True}))
    assert set(job) == {"job_id", "status", "summary", "query"}
    assert job["status"] == "PLANNED"
    assert job["summary"]["display_sql"].startswith("SELECT a")
    assert "cache_type" not in job["summary"]
    assert footer == {"remaining_job_ids": [], "timed_out": "false"}
    assert engine.runs == 0


def test_only_planning_is_never_slow(ask):
    footer = lines(ask(slow_job_polls=3)(rest={"planOnly": True}))[2]
    assert footer["remaining_job_ids"] == []


# Slow jobs


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_a_slow_job_is_done_after_so_many_waits(ask, polls):
    run = ask(slow_job_polls=polls)
    # A job's one line comes when it is done: until then there is nothing but the footer.
    header, footer = lines(run())
    [job_id] = header["jobs_submitted"]
    unfinished = {"remaining_job_ids": [job_id], "timed_out": "true"}
    assert footer == unfinished
    for _ in range(polls - 1):
        assert lines(run.wire.get("/api/v1/query/wait", jobIds=job_id)) == [unfinished]
    done, footer = lines(run.wire.get("/api/v1/query/wait", jobIds=job_id))
    assert done["status"] == "COMPLETE"
    assert rows(done) == ROWS
    assert footer == {"remaining_job_ids": [], "timed_out": "false"}


def test_a_line_is_delivered_once(ask):
    run = ask(slow_job_polls=1)
    [job_id] = lines(run())[0]["jobs_submitted"]
    assert lines(run.wire.get("/api/v1/query/wait", jobIds=job_id))[0]["status"] == "COMPLETE"
    lost, footer = lines(run.wire.get("/api/v1/query/wait", jobIds=job_id))
    assert lost == {
        "job_id": job_id,
        "status": "FAILED",
        "error_type": "UNKNOWN",
        "error_message": "Unable to find job",
    }
    assert footer == {"remaining_job_ids": [], "timed_out": "false"}


def test_a_job_that_was_not_slow_cannot_be_waited_for(ask):
    run = ask()
    [job_id] = lines(run())[0]["jobs_submitted"]
    assert lines(run.wire.get("/api/v1/query/wait", jobIds=job_id))[0]["status"] == "FAILED"


def test_several_jobs_are_waited_for_together(ask):
    run = ask(slow_job_polls=2)
    first, second = (next(iter(lines(run())[0]["jobs_submitted"])) for _ in range(2))
    assert lines(run.wire.get("/api/v1/query/wait", jobIds=first)) == [
        {"remaining_job_ids": [first], "timed_out": "true"}
    ]
    done, footer = lines(run.wire.get("/api/v1/query/wait", jobIds=f"{first},{second}"))
    assert (done["job_id"], done["status"]) == (first, "COMPLETE")
    assert footer == {"remaining_job_ids": [second], "timed_out": "true"}


def test_the_older_spelling_of_job_ids_still_works(ask):
    run = ask(slow_job_polls=1)
    for spell in (json.dumps, ",".join):
        job_ids = [next(iter(lines(run())[0]["jobs_submitted"])) for _ in range(2)]
        answer = run.wire.get("/api/v1/query/wait", job_ids=spell(job_ids))
        assert [line.get("job_id") for line in lines(answer)] == [*job_ids, None]


def test_a_slow_query_can_still_fail(ask):
    run = ask(slow_job_polls=1)
    [job_id] = lines(run(refuse=1))[0]["jobs_submitted"]
    assert lines(run.wire.get("/api/v1/query/wait", jobIds=job_id))[0]["status"] == "ERROR"


@pytest.mark.parametrize(
    "query",
    [{}, {"jobIds": ""}, {"jobIds": ","}, {"job_ids": "[1]"}, {"jobIds": "a", "job_ids": "b"}],
)
def test_waiting_for_nothing_is_400(wire, query):
    answer = wire.get("/api/v1/query/wait", **query)
    assert answer.status == 400
    assert answer.json["detail"].startswith("Bad Request: job")


# Kept results


def cache_types(run, *modes, **query):
    return [
        lines(run(rest={"cache": mode} if mode else None, **query))[1]["summary"]["cache_type"]
        for mode in modes
    ]


def test_the_same_query_is_run_once(ask, engine):
    assert cache_types(ask(), None, None, "Standard", "SkipRequery") == [
        "MISS",
        "EXACT",
        "EXACT",
        "EXACT",
    ]
    assert engine.runs == 1


def test_a_kept_result_is_the_same_result(ask):
    run = ask()
    first, second = lines(run())[1], lines(run())[1]
    assert first["result"] == second["result"]
    assert first["job_id"] != second["job_id"]


@pytest.mark.parametrize("mode", ["SkipCache", "SkipCacheAndRebuildExtracts"])
def test_skipping_the_cache_runs_again_and_renews_it(ask, engine, mode):
    run = ask()
    assert cache_types(run, mode, mode, None) == ["MISS", "MISS", "EXACT"]
    assert engine.runs == 2


def test_another_query_or_another_server_is_another_result(ask):
    run = ask()
    assert cache_types(run, None) + cache_types(run, None, offset=1) == ["MISS", "MISS"]
    assert cache_types(ask(), None) == ["MISS"]


def test_nobody_is_served_the_rows_of_somebody_with_other_attributes(ask):
    run = ask()
    users = run.server.organization.users.values()
    queriers = [user for user in users if user.model_role == "QUERIER"]
    west, east = (
        next(user.membership_id for user in queriers if user.attributes["region"] == region)
        for region in ("west", "east")
    )

    def cache_type(user_id):
        return lines(run(address={"userId": user_id}))[1]["summary"]["cache_type"]

    assert [cache_type(user) for user in (west, east, west, east)] == [
        "MISS",
        "MISS",
        "EXACT",
        "EXACT",
    ]


def test_tomorrow_a_relative_date_is_another_query(ask):
    days = iter([1, 2, 2])
    run = ask(now=lambda: datetime(2025, 1, next(days), tzinfo=UTC))
    assert cache_types(run, None, None, None) == ["MISS", "MISS", "EXACT"]


# Redaction


def test_redaction_blanks_sql_and_keeps_the_rest(ask):
    job = lines(ask(redact_sql=True)())[1]
    assert job["summary"]["display_sql"] == ""
    assert job["summary"]["fields"] == {"t.a": {"field_name": "a", "sql": "", "hidden": False}}
    assert rows(job) == ROWS


@pytest.mark.parametrize("trouble", ["refuse", "refuse_later"])
def test_redaction_says_no_more_than_that_it_failed(ask, trouble):
    job = lines(ask(redact_sql=True)(**{trouble: 1}))[1]
    assert job["status"] == "ERROR"
    assert "view SQL" in job["error_message"]
    assert "secret_table" not in json.dumps(job)
    assert "t.x" not in json.dumps(job)
