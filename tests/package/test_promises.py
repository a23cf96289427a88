"""Promises that were broken once: each by the smallest case that showed it."""

import asyncio
import gc
import json
import os
import socket
import threading
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scripted_server import ScriptedServer, answer, document, page

import omnipd
from omnipd.client.client import Client
from omnipd.client.rate_limit import Limiter
from omnipd.client.settings import resolve
from omnipd.clock import Clock

MODEL = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
QUERY = {"modelId": MODEL, "fields": ["a.b"]}


def client_of(server, fake_time=None, **options):
    options = {"requests_per_minute": None} | options
    clock = fake_time.clock() if fake_time else None
    return Client(resolve(server.url, "key"), clock=clock, **options)


class Proxy:
    """A plain HTTP proxy that passes each request on and hangs up without an answer."""

    def __init__(self):
        self.bodies = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.bodies.append(connection.recv(65536))

    def close(self):
        self._listener.close()


def test_a_post_goes_through_a_proxy_once_even_when_the_proxy_breaks_off(
    monkeypatch, fake_time, tmp_path
):
    proxy = Proxy()
    monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
    settings = resolve("http://omni.test", "key", allow_http=True)
    client = Client(settings, clock=fake_time.clock(), requests_per_minute=None)
    with pytest.raises(omnipd.OutcomeUnknownError):
        omnipd.run_query(QUERY, client=client)
    client.close()
    proxy.close()
    assert len(proxy.bodies) == 1


def test_a_list_of_another_family_is_read_too_or_refused(scripted, fake_time):
    def users(start):
        ids = [{"id": str(number)} for number in range(start, start + 2)]
        return answer({"Resources": ids, "totalResults": 4, "startIndex": start, "itemsPerPage": 2})

    scripted.script(users(1), users(3))
    with client_of(scripted, fake_time) as client:
        df = omnipd.read_records("/api/scim/v2/Users", rows="Resources", client=client)
        assert df["id"].tolist() == ["1", "2", "3", "4"]
        scripted.script(
            *[answer({"rows": [{"id": 1}], "hasNextPage": True, "nextCursor": "x"})] * 5
        )
        with pytest.raises(omnipd.ResponseError, match="there is more"):
            omnipd.read_records("/api/v1/new", client=client, refresh=True)


def test_a_request_counts_from_when_it_arrives(tmp_path):
    now = [1000.0]
    limiter = Limiter(tmp_path / "log.sqlite", 2, clock=lambda: now[0])
    assert limiter.try_acquire() == 0.0
    now[0] += 8  # the connection took so long
    limiter.arrived()
    now[0] += 53
    assert limiter.try_acquire() == pytest.approx(7.5)


def test_a_429_holds_the_others_even_when_this_call_gives_up(fake_time):
    with ScriptedServer() as server:
        server.script(answer(b"", 429, Retry_After="300"), page(document("a")))
        first = client_of(server, fake_time, requests_per_minute=60)
        second = client_of(server, fake_time, requests_per_minute=60)
        for client in (first, second):
            with pytest.raises(omnipd.RateLimitError):
                client.get("/api/v1/content")
            client.close()
        assert len(server.requests) == 1


def test_tasks_and_threads_may_enter_one_client_together(scripted):
    client = client_of(scripted)

    async def task(seconds):
        with client:
            await asyncio.sleep(seconds)
            assert omnipd.client.current_client.current_client() is client

    async def both():
        await asyncio.gather(task(0.01), task(0.03))

    import omnipd.client.client

    asyncio.run(both())
    with client, client:
        pass
    with pytest.raises(omnipd.SettingsError):
        omnipd.client.current_client.current_client()


def test_one_odd_value_leaves_its_neighbors_as_they_are(scripted, fake_time):
    odd = document("odd") | {"labels": [{"id": "7"}], "updatedAt": "soon", "name": "x"}
    good = document("good") | {"labels": ["finance"], "updatedAt": "2026-03-01T12:00:00Z"}
    half = document("half") | {
        "labels": ["fi\ud83d", "weekly"],
        "updatedAt": "2026-03-02T12:00:00Z",
    }
    with pytest.warns(omnipd.OmniWarning):
        df = omnipd.flatten_content([odd, good, half])
    assert df["labels"].tolist() == ['[{"id":"7"}]', "finance", "fi\ufffd,weekly"]
    assert df["updated_at"].tolist() == [
        "soon",
        "2026-03-01 12:00:00.000000Z",
        "2026-03-02 12:00:00.000000Z",
    ]
    scripted.script(answer({"detail": "labels"}, 400), page(odd, good))
    with client_of(scripted, fake_time) as client, pytest.warns(omnipd.OmniWarning):
        found = omnipd.read_content(labels=(name for name in ["finance"]), client=client)
    assert found["document_identifier"].tolist() == ["good"]


def test_a_400_for_another_reason_refuses_no_parameter_for_ever(scripted, fake_time):
    scripted.script(
        answer({"detail": "path too long"}, 400), answer({"detail": "path too long"}, 400)
    )
    with client_of(scripted, fake_time) as client:
        with pytest.raises(omnipd.BadRequestError), pytest.warns(omnipd.OmniWarning):
            omnipd.read_content(labels=["a"], path="/x", client=client)
        assert client.refused == set()


def whole_answer(table, **line):
    import base64
    import json

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    result = base64.b64encode(sink.getvalue().to_pybytes()).decode()
    lines = [
        {"jobs_submitted": {"j": None}},
        {"job_id": "j", "status": "COMPLETE", "summary": {}, "result": result} | line,
        {"remaining_job_ids": [], "timed_out": "false"},
    ]
    return answer(
        "".join(json.dumps(one) + "\n" for one in lines).encode(), content_type="text/ndjson"
    )


def test_dates_at_the_edges_stay_dates(scripted, fake_time):
    table = pa.table(
        {
            "a.b": pa.array([-719162, 2932896], pa.date32()),
            "a.c": pa.array([-62135596800000000, 253402300799999999], pa.timestamp("us", "UTC")),
        }
    )
    scripted.script(whole_answer(table))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY | {"fields": ["a.b", "a.c"]}, client=client)
    assert [dtype.pyarrow_dtype for dtype in df.dtypes] == [pa.date32(), pa.timestamp("us", "UTC")]
    assert "9999-12-31" in repr(df)


def test_every_odd_type_survives_parquet(scripted, fake_time, tmp_path):
    table = pa.table(
        {
            "a.b": pa.array([b"0123456789abcdef"], pa.binary(16)),
            "a.c": pa.array([Decimal("1.5")], pa.decimal64(5, 2)),
            "a.d": pa.DictionaryArray.from_arrays([0], pa.array([["x"]])),
        }
    )
    scripted.script(whole_answer(table))
    with client_of(scripted, fake_time) as client:
        df = omnipd.run_query(QUERY, client=client)
    df.to_parquet(tmp_path / "x.parquet")
    assert len(pd.read_parquet(tmp_path / "x.parquet")) == 1
    assert len(df.drop_duplicates()) == 1


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        (QUERY, {"user_id": ""}, "user_id"),
        (QUERY, {"branch_id": " "}, "branch_id"),
        (QUERY | {"userId": "x"}, {}, "user_id="),
        (QUERY | {"cache": "SkipCache"}, {}, "cache="),
        (QUERY | {"resultType": "csv"}, {}, "Arrow"),
        (QUERY | {"offset": float("nan")}, {}, "JSON cannot"),
        (QUERY, {"timeout": 0}, "timeout"),
    ],
)
def test_what_omni_would_drop_is_refused(scripted, fake_time, query, options, message):
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(omnipd.ArgumentError, match=message),
    ):
        omnipd.run_query(query, client=client, **options)
    assert scripted.requests == []


def test_the_closest_word_on_whom_to_act_for_wins(scripted, fake_time):
    scripted.script(*[whole_answer(pa.table({"a.b": [1]}))] * 3)
    with client_of(scripted, fake_time, user_id="client") as client:
        omnipd.run_query(QUERY, client=client)
        omnipd.run_query({"query": QUERY, "userId": "outer"}, client=client)
        omnipd.run_query({"query": QUERY, "userId": "outer"}, user_id="argument", client=client)
    assert [one[1].partition("userId=")[2] for one in scripted.requests] == [
        "client",
        "outer",
        "argument",
    ]


def test_the_closest_word_on_the_branch_wins(scripted, fake_time):
    scripted.script(*[whole_answer(pa.table({"a.b": [1]}))] * 3)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, client=client)
        omnipd.run_query({"query": QUERY, "branchId": "outer"}, client=client)
        omnipd.run_query({"query": QUERY, "branchId": "outer"}, branch_id="own", client=client)
    sent = [json.loads(body) for *_, body in scripted.requests]
    assert [body.get("branchId") for body in sent] == [None, "outer", "own"]
    assert all("branchId" not in body["query"] for body in sent)


def test_a_timeout_is_that_of_the_whole_call(scripted, fake_time):
    scripted.script(answer(b"", 429, Retry_After="60"), answer(b"", 429, Retry_After="60"))
    with client_of(scripted, fake_time) as client, pytest.raises(omnipd.OmniError):
        omnipd.run_query(QUERY, timeout=10, client=client)
    assert fake_time.slept == []

    def slow(number):
        def step(connection):
            fake_time.now += 4
            last = number == 9
            whole = page(document(str(number)), cursor=None if last else str(number + 1), total=10)
            # A step has its connection to itself: the next request comes by another.
            connection.sendall(whole.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

        return step

    scripted.script(slow(0), *[slow(number) for number in range(10)])  # one was asked already
    with client_of(scripted, fake_time, timeout=9) as client, pytest.raises(omnipd.DeadlineError):
        omnipd.read_content(client=client)
    assert len(scripted.requests) == 1 + 3


@pytest.mark.parametrize(
    "call",
    [
        lambda: omnipd.connect("acme.omniapp.co", 5),
        lambda: omnipd.connect("acme.omniapp.co", b"omni_osk_x"),
        lambda: omnipd.connect("acme.omniapp.co", "key", cache_dir=5),
        lambda: omnipd.connect("acme.omniapp.co", "key", user_id=""),
        lambda: omnipd.flatten_content(5),
        lambda: omnipd.read_records(None),
        lambda: omnipd.read_records("/api/v1/x", columns={"a": 5}),
        lambda: omnipd.read_records("/api/v1/x", columns={"extra": "a"}),
        lambda: omnipd.whoami(model=5),
        lambda: omnipd.to_csv(pd.DataFrame({"a": [1]}), None),
        lambda: omnipd.to_parquet(
            pd.DataFrame({"a": pd.Series([1, "x"], dtype=object)}), "x.parquet"
        ),
        lambda: omnipd.to_parquet(pd.DataFrame([[1, 2]], columns=["a", "a"]), "x.parquet"),
    ],
)
def test_no_other_error_leaves_the_library(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(omnipd.OmniError):
        call()
    assert os.listdir(tmp_path) == []


def test_deep_paths_are_followed(scripted, fake_time):
    scripted.script(answer([{"a": {"b": {"c": "x"}}}, {"a": None}, {"a": {"b": 3}}]))
    with client_of(scripted, fake_time) as client:
        df = omnipd.read_records("/api/v1/x", columns={"c": "a.b.c"}, client=client)
    assert df["c"].fillna("").tolist() == ["x", "", ""]


def test_json_lines_are_json_whatever_the_number(tmp_path):
    import json

    df = pd.DataFrame({"a": pd.array([1.5, np.inf], dtype=pd.ArrowDtype(pa.float64()))})
    omnipd.to_jsonl(df, tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    assert [json.loads(line, parse_constant=pytest.fail) for line in lines] == [
        {"a": 1.5},
        {"a": "inf"},
    ]


def test_an_index_that_says_which_item_a_label_is_of_is_written(tmp_path):
    df = omnipd.explode_labels(omnipd.flatten_content([document("a") | {"labels": ["x", "y"]}]))
    labels = df[["document_identifier", "label"]]
    omnipd.to_csv(labels, tmp_path / "x.csv")
    omnipd.to_csv(labels.reset_index(drop=True), tmp_path / "y.csv")
    assert (tmp_path / "x.csv").read_text().splitlines() == [
        '"index","document_identifier","label"',
        '"0","a","x"',
        '"0","a","y"',
    ]
    assert (tmp_path / "y.csv").read_text().splitlines() == [
        '"document_identifier","label"',
        '"a","x"',
        '"a","y"',
    ]


def test_a_long_name_does_not_hold_up_the_table(capsys):
    from omnipd.shell.terminal import print_table

    print_table(pd.DataFrame({"name": ["x" * 200_000], "other": ["長" * 100_000]}), 5)
    out = capsys.readouterr().out
    assert "x" * 38 in out
    assert max(map(len, out.splitlines())) < 120


def test_threads_of_one_client_count_their_own_requests(scripted):
    scripted.script(page(document("a")))
    client = client_of(scripted, cache=False)
    counts = []
    threads = [
        threading.Thread(
            target=lambda: counts.append(
                omnipd.read_content(client=client).attrs["omni"]["requests"]
            )
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    assert counts == [1] * 8


def test_a_sandbox_that_nobody_closes_leaves_nothing():
    folder = omnipd.sandbox(documents=0).disk
    gc.collect()
    assert not folder.exists()
    assert Clock().monotonic() > 0


def test_a_closed_sandbox_says_so_and_leaves_nothing():
    with omnipd.sandbox(documents=3) as omni:
        assert len(omnipd.read_content()) > 0
        model = omni.models["flights"]
    for ask in (
        lambda: omnipd.read_content(client=omni),
        lambda: omnipd.read_content(client=omni, refresh=True),
        lambda: omnipd.run_query(QUERY, model=model, client=omni),
        lambda: omnipd.whoami(client=omni),
    ):
        with pytest.raises(omnipd.SettingsError, match="sandbox is closed"):
            ask()
    assert not omni.disk.exists()
    with omni, pytest.raises(omnipd.SettingsError, match="sandbox is closed"):
        omnipd.read_folders()


def test_a_paced_sandbox_that_is_closed_leaves_nothing_either():
    with omnipd.sandbox(documents=3, requests_per_minute=60) as omni:
        omnipd.read_labels()
        assert list((omni.disk / "limiter").glob("*.sqlite"))  # and not where those of the user are
    with pytest.raises(omnipd.SettingsError, match="sandbox is closed"):
        omnipd.read_labels(client=omni)
    assert not omni.disk.exists()


def test_what_was_kept_of_one_sandbox_is_not_taken_for_an_answer_of_the_next(tmp_path):
    with omnipd.sandbox(documents=3) as omni:
        port, key = omni.server.url.rpartition(":")[2], omni.api_key
        with omnipd.connect(omni.base_url, key, cache_dir=tmp_path) as client:
            first = omnipd.read_documents(client=client)
    with omnipd.sandbox(documents=30, port=int(port)) as omni:
        with omnipd.connect(omni.base_url, omni.api_key, cache_dir=tmp_path) as client:
            assert len(omnipd.read_documents(client=client)) > len(first)
        assert key != omni.api_key
