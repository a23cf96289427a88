"""The lines of a query's answer: cut, garbled, repeated, foreign, contradictory, late."""

import base64
import gzip
import itertools
import json

import pytest
from faults.given import (
    KEY,
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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_server import after, answer, chunked, hang_up

import omnipd
from omnipd import (
    DeadlineError,
    MissingFieldsError,
    NetworkError,
    OmniError,
    PlanError,
    QueryError,
    QueryTimeoutError,
    ResponseError,
)
from omnipd.queries.job.ndjson import LineReader, Result

RUN, WAIT = "/api/v1/query/run", "/api/v1/query/wait?jobIds=job-1"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/ndjson\r\nContent-Length: 900000\r\n\r\n"


def lines(*pieces):
    return answer(b"".join(pieces), content_type="text/ndjson")


WAITED = lines(complete(), footer())
LOST = lines(line(job_id="job-1", status="FAILED", error_message="Unable to find job"), footer())


def asked(scripted):
    return [request[1] for request in scripted.requests]


def run(scripted, fake_time, *steps, **more):
    scripted.script(*steps)
    with client_of(scripted, fake_time) as client:
        return omnipd.run_query_arrow(QUERY, client=client, **more)


def fails(scripted, fake_time, kind, *steps, **more):
    with pytest.raises(kind) as caught:
        run(scripted, fake_time, *steps, **more)
    return caught.value


def same(table):
    return table.replace_schema_metadata(None).equals(ROWS)


# --- one answer, framed in every way


def gzip_in_chunks_of_one_byte():
    pieces = [bytes([byte]) for byte in gzip.compress(whole_answer())]
    head, _, body = chunked(*pieces).partition(b"\r\n\r\n")
    return head + b"\r\nContent-Encoding: gzip\r\n\r\n" + body


FRAMES = {
    "gzip in chunks of one byte": gzip_in_chunks_of_one_byte(),
    "content length": answer(whole_answer(), content_type="text/ndjson"),
    "one chunk": chunked(whole_answer()),
    "chunks of seven bytes": chunked(
        *[whole_answer()[start : start + 7] for start in range(0, len(whole_answer()), 7)]
    ),
    "gzip": answer(gzip.compress(whole_answer()), Content_Encoding="gzip"),
    "deflate": answer(__import__("zlib").compress(whole_answer()), Content_Encoding="deflate"),
    "not a length, closed at the end": after(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + whole_answer(), hang_up
    ),
    "CRLF": answer(whole_answer().replace(b"\n", b"\r\n")),
    "blank lines": answer(b"\n \n" + whole_answer().replace(b"\n", b"\n\n\r\n\n")),
    "no header line": answer(complete() + footer()),
    "no line break at the end": answer(whole_answer().rstrip(b"\n")),
    "no footer": answer(header() + complete()),
    "no footer and no line break": answer((header() + complete()).rstrip(b"\n")),
    "spaces in the JSON": answer(
        whole_answer()
        .replace(b":", b" : ")
        .replace(b",", b" ,\t")
        .replace(b'"result" : "', b'"result"  :\t "')
    ),
    "the result before the status": answer(
        header()
        + line(result=base64.b64encode(arrow()).decode(), job_id="job-1", status="COMPLETE")
        + footer()
    ),
    "slashes escaped": answer(whole_answer().replace(b"/", b"\\/")),
    "a boolean timed_out": answer(
        header() + complete() + line(remaining_job_ids=[], timed_out=False)
    ),
    "a footer that contradicts itself": answer(
        header() + complete() + line(remaining_job_ids=["job-1"], timed_out="false")
    ),
    "a footer that says the job still runs": answer(header() + complete() + footer("job-1")),
    "unknown lines": answer(
        header()
        + line(progress=0.5)
        + line(message="all is well")
        + complete()
        + line(new={"result": "AAAA", "job_id": "x"})
        + footer()
    ),
    "the line twice": answer(header() + complete() + complete() + footer()),
    "the line, then a failure of the same job": answer(
        header() + complete() + line(job_id="job-1", status="FAILED") + footer()
    ),
    "lines of other jobs": answer(
        header()
        + line(job_id="job-0", status="FAILED", error_message="not ours")
        + complete(b"nonsense", job="job-2")
        + complete()
        + footer("job-2")
    ),
    "a status on the way": answer(
        header() + line(job_id="job-1", status="EXECUTING") + complete() + footer()
    ),
    "a nested result": answer(
        header()
        + complete(summary={"result": "AAAA", "fields": {"result": {"label": "x"}}})
        + footer()
    ),
    "text that looks like a result": answer(
        header() + complete(note='","result":"AAAA', other="}{][\\") + footer()
    ),
}


@pytest.mark.failure("query-lines")
@pytest.mark.parametrize("step", FRAMES.values(), ids=FRAMES.keys())
def test_every_framing_gives_the_same_table(scripted, fake_time, step):
    assert same(run(scripted, fake_time, step))
    assert asked(scripted) == [RUN]
    assert fake_time.slept == []


@pytest.mark.parametrize("word", ["result", "job_id", "}", "\\", '"', "\n", "{", "é🌴"])
@pytest.mark.parametrize("name", ["error_message", "client_result_id", "error_type"])
def test_a_short_line_may_hold_any_word(scripted, fake_time, word, name):
    failed = line(job_id="job-1", status="FAILED", **{name: word})
    error = fails(scripted, fake_time, QueryError, lines(header(), failed, footer()))
    assert asked(scripted) == [RUN]
    assert error.job_id == "job-1"


WHOLE = whole_answer(
    summary={"fields": {"users.state": {"label": "🌴 État / Ōsaka"}}, "display_sql": 'a "b" \\ c'}
)


def read(reader):
    """Return the lines of an answer, and the result of one of them."""
    found, payload = [], b""
    for one in reader:
        if isinstance(one, Result):
            payload = b"".join(one.pieces)
        else:
            found.append(one)
    return found, payload


@pytest.mark.thorough
@given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
@settings(max_examples=300, deadline=None)
def test_lines_are_the_same_wherever_the_bytes_are_split(cuts):
    places = [0, *sorted(cuts), len(WHOLE)]
    reader = LineReader(WHOLE[start:end] for start, end in itertools.pairwise(places))
    found, payload = read(reader)
    assert reader.tail == ""
    assert [one.content.get("status") for one in found] == [None, "COMPLETE", None]
    assert payload == arrow()
    assert found[1].content["summary"]["fields"]["users.state"]["label"] == "🌴 État / Ōsaka"


@pytest.mark.thorough
@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["result", "job_id", "status"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("result"),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=4) | st.just("result"), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        min_size=1,
        max_size=5,
    ).filter(lambda content: not isinstance(content.get("result"), str)),
    st.booleans(),
    st.integers(1, 30),
)
@settings(max_examples=300, deadline=None)
def test_any_line_between_others_is_read_as_it_is(content, ascii_only, size):
    text = json.dumps(content, ensure_ascii=ascii_only)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = json.dumps(content).encode()
    stream = header() + raw + b"\n" + complete() + footer()
    reader = LineReader(stream[start : start + size] for start in range(0, len(stream), size))
    found, _ = read(reader)
    assert reader.tail == ""
    assert found[1].content == content
    assert found[2].content["status"] == "COMPLETE"
    assert len(found) == 4


def test_labels_with_emoji_split_by_chunks_arrive_whole(scripted, fake_time):
    fields = {"users.state": {"label": "🌴 État"}, "users.count": {"label": "Ōsaka 人"}}
    body = whole_answer(summary={"fields": fields})
    assert "🌴".encode() in body
    scripted.script(chunked(*[body[n : n + 1] for n in range(len(body))]))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, names="label", client=client)
    assert df.columns.tolist() == ["🌴 État", "Ōsaka 人"]
    assert df["🌴 État"].tolist() == ["CA", "NY", "🌴 Ōsaka"]


# --- answers that end too early: wait for the job once it is named

CUT = {
    "after the header": header(),
    "in a status line": header() + line(job_id="job-1", status="EXECUTING")[:-9],
    "in the result": header() + complete()[:200],
    "in the footer": header() + footer("job-1")[:-9],
    "before the footer": header() + line(job_id="job-1", status="EXECUTING"),
    "a malformed line": header() + b'{"job_id":"job-1","status":\n' + footer("job-1"),
    "a line that is not an object": header() + b'"job-1"\n' + footer("job-1"),
    "a line of bad UTF-8": header() + b'{"a":"\xff"}\n' + footer("job-1"),
    "a page in the middle": header() + b"<html>Bad Gateway</html>\n",
    "an upstream error": header() + b'{"message":"upstream died","reason":"x"}',
    "an upstream error that is cut": header() + b'{"message":"upstream di',
    "no job in the footer": header() + footer(),
}


@pytest.mark.failure("query-cut")
@pytest.mark.parametrize("body", CUT.values(), ids=CUT.keys())
@pytest.mark.parametrize("length", ["right", "promised"])
def test_a_cut_answer_that_named_its_job_is_waited_for(scripted, fake_time, body, length):
    first = lines(body) if length == "right" else after(HEAD + body, hang_up)
    assert same(run(scripted, fake_time, first, WAITED))
    assert asked(scripted) == [RUN, WAIT]


@pytest.mark.failure("query-cut")
@pytest.mark.parametrize("body", CUT.values(), ids=CUT.keys())
def test_a_job_that_is_lost_meanwhile_is_a_query_error_with_its_id(scripted, fake_time, body):
    error = fails(scripted, fake_time, QueryError, lines(body), LOST)
    assert error.job_id == "job-1"
    assert "Unable to find job" in str(error)
    assert "may have been sent in an answer that was lost" in error.hint
    assert asked(scripted) == [RUN, WAIT]


NAMELESS = {
    "nothing": b"",
    "blank lines": b"\n\n",
    "an upstream error": b'{"message":"upstream died","reason":"x"}',
    "an upstream error that is cut": b'{"message":"upstream di',
    "a page": b"<html>Sign in</html>",
    "a footer": footer(),
    "unknown lines": line(a=1),
    "two jobs": line(jobs_submitted={"job-1": None, "job-2": None}) + complete() + footer(),
    "no jobs": line(jobs_submitted={}) + footer(),
}


@pytest.mark.parametrize("body", NAMELESS.values(), ids=NAMELESS.keys())
def test_an_answer_that_names_no_job_is_an_error_and_the_query_is_not_sent_again(
    scripted, fake_time, body
):
    fails(scripted, fake_time, OmniError, lines(body), lines(body))
    assert asked(scripted) == [RUN]


@pytest.mark.parametrize(
    "tail",
    [
        b'{"message":"upstream died","reason":"x"}',
        b'{"message":"upstream di',
        b'{"reason":"OOM"}',
        b"<html>502</html>",
    ],
)
def test_an_upstream_that_dies_after_the_job_line_is_a_network_error(scripted, fake_time, tail):
    error = fails(scripted, fake_time, NetworkError, lines(header(), complete(), tail))
    assert error.job_id == "job-1"
    assert asked(scripted) == [RUN]


@pytest.mark.failure("query-cut")
def test_an_upstream_that_dies_while_waiting_is_waited_for_again_and_not_for_ever(
    scripted, fake_time
):
    dies = lines(b'{"message":"upstream died","reason":"x"}')
    assert same(run(scripted, fake_time, lines(header(), footer("job-1")), dies, WAITED))
    scripted.requests.clear()
    error = fails(scripted, fake_time, NetworkError, lines(header(), footer("job-1")), dies)
    assert "upstream died" in str(error)
    assert error.job_id == "job-1"
    assert len(scripted.requests) <= 7


# --- jobs that take their time

RUNNING = lines(header(), footer("job-1"))
STILL = lines(footer("job-1"))


def test_a_job_is_waited_for_without_a_pause_while_the_list_shrinks(scripted, fake_time):
    more = lines(header(), footer("job-1", "x", "y"))
    table = run(
        scripted, fake_time, more, lines(footer("job-1", "x")), lines(footer("job-1")), WAITED
    )
    assert same(table)
    assert asked(scripted) == [RUN, WAIT, WAIT, WAIT]
    assert fake_time.slept == []


@pytest.mark.failure("query-endless")
def test_a_list_that_does_not_shrink_is_asked_for_once_a_second(scripted, fake_time):
    assert same(run(scripted, fake_time, RUNNING, *[STILL] * 5, WAITED))
    assert fake_time.slept == [1.0] * 5
    assert len(scripted.requests) == 7


def test_a_list_that_changes_and_does_not_shrink_is_asked_for_once_a_second(scripted, fake_time):
    changing = [lines(footer("job-1", f"foreign-{number}")) for number in range(5)]
    assert same(run(scripted, fake_time, lines(header(), footer("job-1", "x")), *changing, WAITED))
    assert len(fake_time.slept) >= 4
    assert set(fake_time.slept) == {1.0}


@pytest.mark.failure("query-endless")
def test_a_job_that_never_ends_is_given_up_at_the_deadline(scripted, fake_time):
    error = fails(scripted, fake_time, QueryTimeoutError, RUNNING, STILL, timeout=20)
    assert isinstance(error, DeadlineError)
    assert isinstance(error, TimeoutError)
    assert error.job_id == "job-1"
    assert "job-1" in str(error)
    assert sum(fake_time.slept) == pytest.approx(20)
    assert 15 <= len(scripted.requests) <= 25


@pytest.mark.parametrize("timeout", [0, -1, "5", float("nan"), True])
def test_a_timeout_that_is_none_is_refused_before_anything_is_sent(scripted, fake_time, timeout):
    fails(scripted, fake_time, omnipd.ArgumentError, WAITED, timeout=timeout)
    assert scripted.requests == []


@pytest.mark.failure("query-endless")
def test_ten_minutes_are_the_deadline_by_default(scripted, fake_time):
    error = fails(scripted, fake_time, QueryTimeoutError, RUNNING, STILL)
    assert "600 s" in str(error)
    assert sum(fake_time.slept) == pytest.approx(600)


@pytest.mark.failure("query-endless")
@pytest.mark.parametrize("status", ["ADDED", "PLANNING", "PLANNED", "EXECUTING", "NEW_WORD", ""])
def test_a_status_that_is_not_final_is_waited_for(scripted, fake_time, status):
    first = lines(header(), line(job_id="job-1", status=status), footer("job-1"))
    assert same(run(scripted, fake_time, first, WAITED))


def test_a_wait_that_has_only_a_footer_is_waited_for_again(scripted, fake_time):
    assert same(run(scripted, fake_time, RUNNING, STILL, WAITED))


@pytest.mark.failure("query-failed")
def test_a_job_that_is_done_without_a_line_is_a_query_error(scripted, fake_time):
    error = fails(scripted, fake_time, QueryError, RUNNING, lines(footer()))
    assert error.job_id == "job-1"
    assert len(scripted.requests) <= 4


@pytest.mark.failure("query-lines")
def test_foreign_lines_of_a_wait_are_ignored(scripted, fake_time):
    foreign = lines(complete(b"nonsense", job="job-9"), footer("job-1"))
    assert same(run(scripted, fake_time, RUNNING, foreign, WAITED))


def test_a_wait_that_is_refused_names_the_job(scripted, fake_time):
    error = fails(
        scripted,
        fake_time,
        omnipd.ForbiddenError,
        RUNNING,
        answer({"detail": "Permission denied"}, 403),
    )
    assert error.job_id == "job-1"


def test_waiting_is_retried_over_the_same_rules_as_every_get(scripted, fake_time):
    blocked = answer(b"", 429, Retry_After="2")
    assert same(run(scripted, fake_time, RUNNING, blocked, answer(b"", 503), hang_up, WAITED))
    assert len(scripted.requests) == 5


# --- five ways to fail, in order

PLAN_SQL = "-- Failed to plan query: no such thing"
ALL_AT_ONCE = {
    "summary": {"display_sql": PLAN_SQL, "missing_fields": ["users.nope"]},
    "requery_sql": "select 1",
}


def failing(status="COMPLETE", **more):
    return lines(header(), line(job_id="job-1", status=status, **more), footer())


def test_failures_are_judged_in_omnis_order(scripted, fake_time):
    summary = ALL_AT_ONCE["summary"]
    error = fails(
        scripted,
        fake_time,
        QueryError,
        failing("ERROR", error_type="KILL", error_message="killed", **ALL_AT_ONCE),
    )
    assert (type(error), error.error_type) == (QueryError, "KILL")
    error = fails(scripted, fake_time, PlanError, failing(**ALL_AT_ONCE))
    assert error.error_type == "PLAN"
    no_plan = {"missing_fields": summary["missing_fields"]}
    error = fails(scripted, fake_time, QueryError, failing(summary=no_plan, requery_sql="select 1"))
    assert (type(error), error.error_type) == (QueryError, "REQUERY")
    error = fails(scripted, fake_time, MissingFieldsError, failing(summary=no_plan))
    assert "users.nope" in str(error)
    error = fails(scripted, fake_time, QueryError, failing(summary={"missing_fields": []}))
    assert (type(error), error.error_type) == (QueryError, "NO_RESULT")
    assert {request[1] for request in scripted.requests} == {RUN}


@pytest.mark.failure("query-failed")
def test_missing_fields_are_an_error_although_there_is_a_result(scripted, fake_time):
    step = lines(header(), complete(summary={"missing_fields": ["users.nope[month]"]}), footer())
    error = fails(scripted, fake_time, MissingFieldsError, step)
    assert "users.nope[month]" in str(error)
    assert error.job_id == "job-1"


@pytest.mark.failure("query-failed")
@pytest.mark.parametrize("status", ["ERROR", "FAILED"])
@pytest.mark.parametrize(
    ("error_type", "words", "kind"),
    [
        ("QUERY", "division by zero", QueryError),
        ("PLAN", "not a path from a to b", PlanError),
        ("PLAN_CALC_REQUIRES_SORT", "sort first", PlanError),
        ("UNKNOWN", 'No such field "users.nope"', PlanError),
        ("A_NEW_WORD", "whatever", QueryError),
        (None, None, QueryError),
    ],
)
def test_a_failed_job_is_a_query_error_of_its_kind(
    scripted, fake_time, status, error_type, words, kind
):
    facts = {"error_type": error_type, "error_message": words}
    step = failing(status, **{name: value for name, value in facts.items() if value})
    error = fails(scripted, fake_time, kind, step)
    assert type(error) is kind
    assert error.job_id == "job-1"
    assert error.error_type == (error_type or status)
    assert (words or "no reason") in str(error)


def test_a_failure_that_came_with_a_result_is_a_failure(scripted, fake_time):
    body = complete().replace(b'"COMPLETE"', b'"ERROR"')
    fails(scripted, fake_time, QueryError, lines(header(), body, footer()))


def test_redacted_details_are_passed_on_as_they_are(scripted, fake_time):
    words = "Details are only visible to users with permission to view SQL"
    error = fails(
        scripted,
        fake_time,
        QueryError,
        failing("ERROR", error_type="QUERY", error_message=words, summary={"display_sql": ""}),
    )
    assert words in str(error)
    assert error.sql is None


def test_the_words_of_a_failure_are_clean_and_without_the_key(scripted, fake_time):
    words = f"{KEY}\x1b[2J\u202e" + "x" * 5000
    error = fails(
        scripted, fake_time, QueryError, failing("ERROR", error_type=words, error_message=words)
    )
    said = str(error)
    assert KEY not in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 1500


# --- lines of another shape than promised stay inside the tree

ODD = {
    "summary is a list": {"summary": []},
    "summary is text": {"summary": "x"},
    "fields is a list": {"summary": {"fields": ["users.state"]}},
    "fields is text": {"summary": {"fields": "users.state"}},
    "a field is null": {"summary": {"fields": {"users.state": None}}},
    "a label is a number": {"summary": {"fields": {"users.state": {"label": 5}}}},
    "two labels are the same": {
        "summary": {"fields": {name: {"label": "L"} for name in ("users.state", "users.count")}}
    },
    "sql is a number": {"summary": {"display_sql": 5}},
    "cache_metadata is a list": {"cache_metadata": []},
    "num_rows is text": {"cache_metadata": {"num_rows": "3"}},
    "missing_fields is an object": {"summary": {"missing_fields": {}}},
    "requery_sql beside a result": {"requery_sql": "select 1"},
    "a lone surrogate": {
        "summary": {"display_sql": "\ud800", "fields": {"users.state": {"label": "\ud800"}}}
    },
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("names", ["field", "label"])
def test_facts_of_another_shape_do_no_harm(scripted, fake_time, odd, names):
    body = json.dumps({"job_id": "job-1", "status": "COMPLETE"} | odd).encode()[:-1]
    body += b',"result":"' + base64.b64encode(arrow()) + b'"}\n'
    scripted.script(lines(header(), body, footer()))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, names=names, client=client)
    assert df.iloc[:, 1].tolist() == [3, 2, 1]
    assert df.columns.is_unique


@pytest.mark.parametrize(
    "job", [{"jobs_submitted": []}, {"jobs_submitted": None}, {"jobs_submitted": "job-1"}]
)
def test_a_header_of_another_shape_is_no_crash(scripted, fake_time, job):
    assert same(run(scripted, fake_time, lines(line(**job), complete(), footer())))


@pytest.mark.parametrize("identity", [5, None, True, ["job-1"], {"a": 1}])
def test_a_job_id_of_another_type_is_no_crash_and_no_endless_wait(scripted, fake_time, identity):
    step = lines(header(), line(job_id=identity, status="FAILED"), footer())
    fails(scripted, fake_time, OmniError, step, LOST)
    assert len(scripted.requests) <= 3


def test_the_error_of_a_line_does_not_show_the_key(scripted, fake_time):
    # A debugging proxy that echoes what it was sent.
    echo = f"Authorization: Bearer {KEY}\r\n".encode()
    for body in (
        echo,
        header() + echo,
        header() + echo + footer(),
        header() + complete() + echo.strip(),
    ):
        error = fails(scripted, fake_time, OmniError, lines(body), lines(header() + echo))
        assert KEY not in str(error)


# --- base64


def result(text):
    return (
        header() + b'{"job_id":"job-1","status":"COMPLETE","result":"' + text + b'"}\n' + footer()
    )


GOOD = base64.b64encode(arrow())
PADDED = base64.b64encode(arrow() + bytes(1 + -len(arrow()) % 3))
assert PADDED.endswith(b"==")
BAD_BASE64 = {
    "a letter that is none": GOOD[:50] + b"*" + GOOD[51:],
    "a letter too many": GOOD[:50] + b"A" + GOOD[50:],
    "a letter too few": GOOD[:50] + GOOD[51:],
    "the last letter missing": GOOD[:-1],
    "padding in the middle": GOOD[:48] + b"QQ==" + GOOD[48:],
    "bytes after the padding": PADDED + b"AAAA",
    "one letter after the padding": PADDED + b"A",
    "a line break": GOOD[:76] + b"\\n" + GOOD[76:],
    "a raw line break": GOOD[:76] + b"\n" + GOOD[76:],
    "spaces": GOOD[:76] + b" " + GOOD[76:],
    "the URL alphabet": GOOD[:48] + b"-_-_" + GOOD[52:],
    "an escape": GOOD[:48] + b"\\u0041" + GOOD[52:],
    "nothing": b"",
    "not ASCII": GOOD[:48] + "é".encode() + GOOD[50:],
}


@pytest.mark.failure("bad-result")
@pytest.mark.parametrize("text", BAD_BASE64.values(), ids=BAD_BASE64.keys())
@pytest.mark.parametrize("size", [None, 1, 5, 64])
def test_damaged_base64_is_a_response_error_and_the_job_is_not_asked_again(
    scripted, fake_time, text, size
):
    body = result(text)
    if size is None:
        step = answer(body)
    else:
        step = chunked(*[body[start : start + size] for start in range(0, len(body), size)])
    error = fails(scripted, fake_time, ResponseError, step, LOST)
    assert error.job_id == "job-1"
    assert asked(scripted) == [RUN]


@pytest.mark.failure("too-large")
def test_a_result_that_is_larger_than_allowed_is_a_response_error(scripted, fake_time, monkeypatch):
    monkeypatch.setattr("omnipd.client.client.LARGEST_RESULT", 10_000)
    big = result(base64.b64encode(b"\0" * 99_999))
    error = fails(scripted, fake_time, ResponseError, answer(big), LOST)
    assert "MiB" in str(error)
    assert error.job_id == "job-1"
    assert asked(scripted) == [RUN]


@given(st.integers(0, len(WHOLE) - 1))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_answer_cut_at_any_byte_is_never_a_shorter_table(scripted, fake_time, place):
    scripted.requests.clear()
    scripted.script(lines(WHOLE[:place]), LOST)
    with client_of(scripted, fake_time) as client:
        try:
            table = omnipd.run_query_arrow(QUERY, client=client)
        except OmniError:
            return
    assert same(table)
