"""Tries addresses on a server that speaks S3 over loopback: ``python -m tests.s3``.

It needs ``pip install s3fs "moto[s3]" flask flask-cors``, which are too large for every day's tests.
The server keeps objects in memory. What counts is what botocore reads of it afterwards.
"""

import contextlib
import io
import logging
import multiprocessing
import os
import sys
import tempfile
import threading
import traceback
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import omnipd
from omnipd_sandbox.server import Server

BUCKET = "warehouse"
INCLUDE = ["labels", "users", "document_access"]
DF = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
SECRET = "5ecret5ecret5ecret5ecret"
#: More than s3fs puts in one request.
LARGE = 120 * 2**20


class Requests:
    """A WSGI program that notes what is put and can refuse it, in front of another one."""

    def __init__(self, program):
        self._program = program
        self.puts = []
        self.refused = ""

    def __call__(self, environ, start):
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] in {"PUT", "POST"}:
            if self.refused and path.endswith(self.refused):
                start("403 Forbidden", [("Content-Type", "application/xml")])
                return [b"<Error><Code>AccessDenied</Code><Message>5ecret</Message></Error>"]
            self.puts.append(path.rsplit("/", 1)[-1])
        return self._program(environ, start)


def names(store, prefix=""):
    """Return the keys below a prefix, as botocore lists them."""
    found = store.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [one["Key"] for one in found.get("Contents", [])]


def read(store, key):
    return io.BytesIO(store.get_object(Bucket=BUCKET, Key=key)["Body"].read())


@contextlib.contextmanager
def refusal(kind):
    """Expect an error of a kind that tells no secret."""
    try:
        yield
    except kind as error:
        caught = error
    else:
        raise AssertionError(f"no {kind.__name__}")
    told = "".join(traceback.format_exception(caught))
    assert "5ecret" not in told, told
    assert caught.__context__ is None
    print(f"   {caught}".splitlines()[0])


def single_files(store, url):
    """Every writer, read back by botocore and pandas, and by pandas with the same address."""
    omnipd.to_parquet(DF, f"{url}/one/x.parquet")
    omnipd.to_csv(DF, f"{url}/one/x.csv.gz")
    omnipd.to_jsonl(DF, f"{url}/one/x.jsonl")
    omnipd.to_excel(DF, f"{url}/one/x.xlsx")
    assert names(store, "one/") == [
        f"one/x.{end}" for end in ("csv.gz", "jsonl", "parquet", "xlsx")
    ]
    for name, reader, options in (
        ("x.parquet", pd.read_parquet, {}),
        ("x.csv.gz", pd.read_csv, {"compression": "gzip"}),
        ("x.jsonl", pd.read_json, {"lines": True}),
        ("x.xlsx", pd.read_excel, {}),
    ):
        for source in (read(store, f"one/{name}"), f"{url}/one/{name}"):
            assert reader(source, **options)["a"].tolist() == [1, 2]


def a_large_file(store, url):
    """One that is put in several parts, and one that is not put because it is not whole."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"bytes": [rng.bytes(2**20) for _ in range(LARGE // 2**20)]})
    omnipd.to_parquet(df, f"{url}/large.parquet")
    head = store.head_object(Bucket=BUCKET, Key="large.parquet")
    assert head["ContentLength"] > LARGE
    assert head["ETag"].strip('"').endswith("-3"), head["ETag"]
    assert pd.read_parquet(read(store, "large.parquet")).equals(df)


def an_inventory(store, url):
    inventory = omnipd.read_inventory(include=["labels", "users"])
    written = inventory.to_csv(f"{url}/inventory", compression="zstd")
    assert [one.name for one in written] == ["labels.csv.zst", "users.csv.zst"]
    inventory.to_excel(f"{url}/inventory/all.xlsx")
    assert len(names(store, "inventory/")) == 3
    failed = omnipd.Inventory({}, {"labels": "403"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        failed.to_csv(f"{url}/inventory", compression="zstd", allow_incomplete=True)
    assert names(store, "inventory/labels") == ["inventory/labels.csv.zst.old"]


def nights(store, url, requests):
    """Exports one after the other, found by time, gone on from, dropped; put in order."""
    with tempfile.TemporaryDirectory() as folder:
        local = omnipd.export_inventory(folder, include=INCLUDE)
        requests.puts.clear()
        first = omnipd.export_inventory(f"{url}/omni", include=INCLUDE, since="last")
        tables = sorted(f"{name}.parquet" for name in [*INCLUDE, "documents"])
        assert requests.puts == [*tables, "manifest.json", "latest.json"], requests.puts
        for name in ("labels", "users"):
            key = f"omni/{first.name}/{name}.parquet"
            assert read(store, key).read() == (local / f"{name}.parquet").read_bytes()
    second = omnipd.export_inventory(f"{url}/omni", include=INCLUDE, since="last")
    assert omnipd.open_export(f"{url}/omni").path == second
    tables = omnipd.open_export(f"{url}/omni").manifest["tables"]
    assert tables["document_access"]["requests"] == 0
    assert omnipd.open_export(f"{url}/omni", at=first.name).path == first
    users = pd.read_parquet(second / "users.parquet")
    pd.testing.assert_index_equal(users.columns, omnipd.open_export(f"{url}/omni")["users"].columns)
    third = omnipd.export_inventory(f"{url}/omni", include="labels", keep=2)
    kept = {key.split("/")[1] for key in names(store, "omni/")}
    assert kept == {second.name, third.name, "latest.json"}, kept


def breaks(store, url, requests, omni):
    """Refused at any object: the last export stays the last, and the same call asks for nothing."""
    before = omnipd.open_export(f"{url}/omni").path
    for refused in ("labels.parquet", "manifest.json", "latest.json"):
        requests.refused = refused
        with refusal(omnipd.ExportError):
            omnipd.export_inventory(f"{url}/omni", include=INCLUDE)
        assert omnipd.open_export(f"{url}/omni").path == before
    requests.refused = ""
    since = len(omni.requests)
    after = omnipd.export_inventory(f"{url}/omni", include=INCLUDE)
    assert len(omni.requests) == since
    assert omnipd.open_export(f"{url}/omni").path == after
    new = {key.split("/")[1] for key in names(store, "omni/")} - {before.name, "latest.json"}
    assert after.name in new
    assert list(Path(os.environ["OMNIPD_STATE_DIR"], "exports").iterdir()) == []


def a_reader_meanwhile(url):
    """Whoever opens the last export while the next one is put has a whole one."""
    seen, over = [], threading.Event()

    def look():
        while not over.is_set():
            export = omnipd.open_export(f"{url}/omni")
            seen.append((export.path.name, {name: len(export[name]) for name in export}))

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(3):
        omnipd.export_inventory(f"{url}/omni", include=INCLUDE)
    over.set()
    reader.join()
    sizes = {str(size) for _, size in seen}
    print(f"   opened {len(seen)} times, {len({name for name, _ in seen})} exports")
    assert len(sizes) == 1, sizes


def wrong(url):
    """No bucket, no rights, no server, a password in the address."""
    with refusal(omnipd.ExportError):
        omnipd.to_csv(DF, "s3://nosuchbucket/x.csv")
    with refusal(omnipd.ArgumentError):
        omnipd.open_export("s3://nosuchbucket/omni")
    with refusal(omnipd.ExportError):
        omnipd.to_csv(DF, f"s3://key:{SECRET[:6]}/x@{BUCKET}/x.csv")
    nowhere = {"endpoint_url": "http://127.0.0.1:9", "secret": SECRET, "key": "k"}
    nowhere["config_kwargs"] = {"retries": {"max_attempts": 0}}
    with refusal(omnipd.ExportError):
        omnipd.to_csv(DF, f"{url}/x.csv", storage_options=nowhere)


def in_child(url):
    omnipd.to_csv(DF, f"{url}/child.csv")


def a_fork(store, url):
    """A child of a fork has a store of its own."""
    child = multiprocessing.get_context("fork").Process(target=in_child, args=(url,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child.start()
    child.join(60)
    assert child.exitcode == 0
    assert names(store, "child") == ["child.csv"]


def a_query(store, url):
    query = {
        "modelId": "flights",
        "join_paths_from_topic_name": "flights",
        "fields": ["flights.id", "flights.carrier"],
    }
    rows = omnipd.query_to_parquet(query, f"{url}/flights.parquet", limit="all")
    source = pd.read_parquet(read(store, "flights.parquet"))
    assert rows == len(source) == 336_776


def main() -> int:
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    program = server._server
    requests = program.app = Requests(program.app)
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    store = boto3.client("s3")
    store.create_bucket(Bucket=BUCKET)
    url = f"s3://{BUCKET}"
    failed = 0
    with tempfile.TemporaryDirectory() as state, Server(size="tiny") as omni:
        os.environ["OMNIPD_STATE_DIR"] = state
        with omnipd.connect(omni.url, omni.api_key, requests_per_minute=None, cache=False):
            for trial, given in (
                (single_files, (store, url)),
                (a_large_file, (store, url)),
                (an_inventory, (store, url)),
                (a_query, (store, url)),
                (nights, (store, url, requests)),
                (breaks, (store, url, requests, omni)),
                (a_reader_meanwhile, (url,)),
                (wrong, (url,)),
                (a_fork, (store, url)),
            ):
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", omnipd.OmniWarning)
                        trial(*given)
                    print(f"ok {trial.__name__}", flush=True)
                except Exception:
                    failed += 1
                    traceback.print_exc()
                    print(f"FAILED {trial.__name__}", flush=True)
    server.stop()
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
