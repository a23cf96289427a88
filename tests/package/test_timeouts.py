"""A timeout is that of the whole call, whatever it consists of.

The clock of these clients is the number of requests that the server was sent: each takes a minute.
"""

import contextvars
import functools
import inspect
import json
import time

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import arrow, whole_answer
from numpydoc.docscrape import FunctionDoc
from public_names import PUBLIC
from scripted_server import answer, document, page

import omnipd
from omnipd.clock import Clock, Deadline

FLIGHTS = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"
BY_ORIGIN = omnipd.Query(FLIGHTS, "flights").select("flights.origin", "flights.count")
BY_DATE = omnipd.Query(FLIGHTS, "flights").select("flights.date[date]", "flights.count")
BOARD = "w9kwzitc27"
MINUTE = 60.0
QUERY = {"modelId": FLIGHTS, "table": "a", "fields": ["a.b"]}
BATCHES = answer(
    whole_answer(arrow(pa.table({"a.b": range(3)}), rows_per_batch=1)),
    content_type="text/ndjson",
)


def client_of(server, timeout=None, **settings):
    client = omnipd.connect(
        server.url,
        getattr(server, "api_key", "key"),
        requests_per_minute=None,
        timeout=timeout,
        **{"cache": False} | settings,
    )
    client.clock = Clock(monotonic=lambda: MINUTE * len(server.requests))
    return client


#: The public functions that may send several requests. What else there is reads one list.
CALLS = {
    "read_documents": lambda path: omnipd.read_documents(),
    "read_views": lambda path: omnipd.read_views([FLIGHTS, ORDERS]),
    "read_folders": lambda path: omnipd.read_folders(scope="all"),
    "read_inventory": lambda path: omnipd.read_inventory(include=["labels", "connections"]),
    "estimate_inventory": lambda path: omnipd.estimate_inventory(include=["users", "groups"]),
    "estimate": lambda path: omnipd.estimate("inventory", include=["users", "groups"]),
    "export_inventory": lambda path: omnipd.export_inventory(
        path / "exports", include=["labels", "connections"]
    ),
    "export_documents": lambda path: omnipd.export_documents([BOARD, "v3spj1wn19"], path),
    "run_query": lambda path: omnipd.run_query(BY_ORIGIN),
    "run_query_arrow": lambda path: omnipd.run_query_arrow(BY_ORIGIN),
    "query_to_parquet": lambda path: omnipd.query_to_parquet(BY_ORIGIN, path / "rows.parquet"),
    "iter_batches": lambda path: list(omnipd.iter_batches(BY_ORIGIN)),
    "run_queries": lambda path: omnipd.run_queries([BY_ORIGIN, BY_DATE], max_workers=1),
    "run_query_in_pieces": lambda path: omnipd.run_query_in_pieces(
        BY_DATE, split_on="flights.date", by="quarter"
    ),
    "query_to_dataset": lambda path: omnipd.query_to_dataset(
        BY_DATE, path / "dataset", split_on="flights.date", by="quarter", max_workers=1
    ),
    "run_document": lambda path: omnipd.run_document(BOARD),
    "run_document_query": lambda path: omnipd.run_document_query(BOARD, "Customers by state"),
    "ask": lambda path: omnipd.ask("How many flights left each airport?", model=FLIGHTS),
    "explain": lambda path: omnipd.explain(BY_ORIGIN),
    "schema": lambda path: omnipd.schema(BY_ORIGIN),
    "plan": lambda path: omnipd.plan(
        pd.DataFrame({"document_identifier": [BOARD], "labels": ["finance"]}), reader="documents"
    ),
    "plan_labels": lambda path: omnipd.plan_labels([BOARD], add="finance"),
    "plan_move": lambda path: omnipd.plan_move([BOARD], "/finance"),
    "plan_transfer": lambda path: omnipd.plan_transfer(
        "priya@sandbox.example", "grace@sandbox.example"
    ),
    "plan_identifiers": lambda path: omnipd.plan_identifiers({BOARD: "board"}),
    "plan_members": lambda path: omnipd.plan_members(
        pd.DataFrame({"email": ["zoe@sandbox.example"], "group_name": ["Finance"]})
    ),
    "plan_users": lambda path: omnipd.plan_users(
        pd.DataFrame({"email": ["new@sandbox.example"], "display_name": ["New Colleague"]})
    ),
}
#: What was read before the time was up.
PARTIAL = {
    "read_documents": lambda frame: len(frame) == 100,
    "read_views": lambda frame: set(frame["model_id"]) == {FLIGHTS},
    "read_inventory": lambda inventory: list(inventory) == ["labels"],
    "export_documents": lambda manifest: manifest["error"].isna().tolist() == [True, False],
}


def test_every_public_function_that_may_send_several_requests_is_tried():
    asking = {
        name
        for name, value in PUBLIC.items()
        if inspect.isfunction(value)
        and "client" in inspect.signature(value).parameters
        and not name.startswith("read_")
    }
    others = {"clear_cache", "doctor", "import_documents", "run_sql", "use", "whoami"}
    assert asking - CALLS.keys() == others


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
@pytest.mark.parametrize("name", CALLS)
def test_the_time_is_that_of_the_whole_call(server, name, tmp_path):
    before = len(server.requests)
    with client_of(server, 1.5 * MINUTE), pytest.raises(omnipd.DeadlineError) as caught:
        CALLS[name](tmp_path)
    assert len(server.requests) - before == 2
    if name in PARTIAL:
        assert PARTIAL[name](caught.value.partial)


def test_a_checkup_for_which_no_time_is_left_says_so_in_a_row(server):
    before = len(server.requests)
    with client_of(server, 1.5 * MINUTE):
        report = omnipd.doctor()
    assert len(server.requests) - before == report.calls == 2
    assert report.problems[-1].detail == "the call was not sent (DeadlineError)"


def test_the_time_of_a_query_is_that_of_its_own_keyword_where_it_has_one(server):
    before = len(server.requests)
    with client_of(server, 100 * MINUTE):
        with pytest.raises(omnipd.DeadlineError, match="90 s") as caught:
            omnipd.run_document(BOARD, timeout=1.5 * MINUTE)
        assert caught.value.hint == "Allow more time with timeout=…."
        assert len(server.requests) - before == 2
        omnipd.run_document_query(BOARD, "Customers by state", timeout=50 * MINUTE)


def test_a_query_for_which_no_time_is_left_says_that_it_was_not_sent(server):
    before = len(server.requests)
    with client_of(server):
        outcomes = omnipd.run_queries(
            [BY_ORIGIN, BY_DATE], max_workers=1, errors="collect", timeout=1.5 * MINUTE
        )
    assert len(server.requests) - before == 2
    assert all(isinstance(one, omnipd.QueryTimeoutError) for one in outcomes)
    assert ["was not sent" in one.message for one in outcomes] == [False, True]


def test_each_request_has_its_own_time_where_none_was_asked_for(server):
    with client_of(server) as client:
        client.clock = Clock(monotonic=lambda: 100.0 * len(server.requests))
        before = len(server.requests)
        assert len(omnipd.read_documents()) > 500
        assert len(server.requests) - before > 2


def test_documents_for_which_no_time_is_left_are_not_sent(scripted, tmp_path):
    export = {"document": {"name": "A"}, "exportVersion": "0.1", "queryModels": []}
    for name in "abc":
        (tmp_path / f"{name}.json").write_text(json.dumps(export))
    scripted.script(answer({"identifier": "new"}))
    with client_of(scripted, 1.5 * MINUTE), pytest.warns(omnipd.OmniWarning, match="2 of 3"):
        outcome = omnipd.import_documents(tmp_path, model=FLIGHTS, check=False)
    assert outcome["status"].tolist() == ["ok", "unknown", "pending"]
    assert len(scripted.requests) == 2


def test_a_fan_out_over_a_slow_line_ends_in_time(scripted):
    def slow(connection):
        time.sleep(0.2)
        connection.sendall(answer({"queries": []}, Connection="close"))

    scripted.script(slow)
    # At this pace there is one request at a time.
    client = omnipd.connect(scripted.url, "key", requests_per_minute=60, timeout=0.5)
    with client, pytest.raises(omnipd.DeadlineError) as caught:
        omnipd.read_document_queries([str(number) for number in range(30)])
    assert len(scripted.requests) <= 3
    assert caught.value.partial.attrs["omni"]["complete"] is False


def test_batches_have_the_time_of_their_query_and_what_is_done_between_them_has_its_own(
    scripted, fake_time
):
    scripted.by_target = lambda target: BATCHES if "query" in target else page(document("a"))
    with client_of(scripted) as client:
        client.clock = fake_time.clock()
        batches = omnipd.iter_batches(QUERY, timeout=10)
        fake_time.now += 100  # nothing was asked for yet
        assert next(batches).num_rows == 1
        assert len(omnipd.read_content()) == 1
        fake_time.now += 9
        assert next(batches).num_rows == 1
        fake_time.now += 2
        assert len(omnipd.read_content(refresh=True)) == 1
        batches.close()


def test_what_a_call_has_started_and_outlives_it_is_a_call_of_its_own(server):
    contexts = []
    with client_of(server, 2.5 * MINUTE) as client:
        client.progress = lambda *_: contexts.append(contextvars.copy_context())
        read = functools.partial(omnipd.read_labels, client=client)
        read()
        for _ in range(3):  # a task that begins now has the context of the callback
            assert len(contexts[0].run(read)) == 12


def test_a_wait_of_several_threads_is_left_out_once(fake_time):
    deadline = Deadline(10, fake_time.clock())
    fake_time.now += 4
    deadline.extend(4)
    deadline.extend(4)
    deadline.extend(3)
    assert deadline.remaining() == 10
    fake_time.now += 2
    deadline.extend(1)
    assert deadline.remaining() == 9


@pytest.mark.parametrize(("waited", "in_time"), [(60, True), (0.2, False)])
def test_what_another_thread_waits_for_a_place_is_given_to_a_request_that_is_under_way(
    scripted, waited, in_time
):
    deadline = Deadline(0.3, Clock())

    def slow(connection):
        deadline.extend(waited)
        time.sleep(0.7)
        connection.sendall(answer(b"{}"))

    scripted.script(slow)
    with client_of(scripted) as client:
        rows = client.stream("POST", "/api/v1/query/run", body={}, deadline=deadline)
        if in_time:
            assert b"".join(rows) == b"{}"
        else:
            with pytest.raises(omnipd.OmniError):
                next(rows)
            assert deadline.remaining() < 0


@pytest.mark.filterwarnings("ignore:.* needs 3 requests")
def test_waiting_for_a_place_takes_nothing_from_the_time_of_a_fan_out(scripted, fake_time):
    scripted.script(answer({"queries": []}))
    client = omnipd.connect(scripted.url, "key", requests_per_minute=2, timeout=5)
    client.clock = fake_time.clock()
    client._limiter._clock = client.clock.wall
    with client:
        omnipd.read_document_queries(["a", "b", "c"])
    assert sum(fake_time.slept) == pytest.approx(2 * 60.5)


WORDS = (
    "Wall-clock seconds for the whole call, whatever it consists of: all its requests, their "
    "retries, and the waits that Omni asks for. Waiting for a place under ``requests_per_minute`` "
    "does not count."
)


def test_every_docstring_says_the_same_of_a_timeout():
    said = {}
    for name, value in PUBLIC.items():
        for item in FunctionDoc(value)["Parameters"]:
            if item.name == "timeout":
                said[name] = " ".join(item.desc)
    assert said.keys() >= {"connect", "run_query", "run_query_in_pieces"}
    assert [name for name, words in said.items() if not words.startswith(WORDS)] == [
        "Client",
        "sandbox",  # which say "As for connect"
    ]
