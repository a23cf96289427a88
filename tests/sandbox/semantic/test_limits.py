"""What one query may take of the memory, and that it is given back."""

import json
import subprocess
import sys
from typing import Any

import pytest

from omnipd_sandbox.engine.data.limits import Limits
from omnipd_sandbox.engine.data.warehouse import DATASETS, Warehouse
from omnipd_sandbox.refused_query import Refused
from omnipd_sandbox.server import Server

pytestmark = pytest.mark.thorough

MEMORY, RESULT = 200_000_000, 50_000_000
# What is not counted: the vector at work, 2,048 rows, while it is copied, and Python itself.
SLACK = 150_000_000

# A process of its own, so that the peak is the query's.
MEASURED = """
import json, sys
from omnipd_sandbox.engine.data.limits import Limits
from omnipd_sandbox.engine.data.warehouse import DATASETS, Warehouse
from omnipd_sandbox.refused_query import Refused


def memory(name):
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(lines[name].split()[0]) * 1024


sql, memory_limit, result_limit = json.loads(sys.argv[1])
orders = Warehouse(DATASETS["orders"], limits=Limits(memory_limit, result_limit))
orders.run("SELECT count(*) AS n FROM users")
before, said = memory("VmRSS"), None
for _ in range(2):
    try:
        orders.run(sql)
    except Refused as refused:
        said = [refused.error_type, refused.message]
still = orders.run("SELECT count(*) AS n FROM users").to_pylist()
print(json.dumps([said, memory("VmHWM") - before, still]))
"""

TOO_LARGE = ["KILL", "The result is larger than the 50,000,000 bytes that result_limit allows"]
TOO_MUCH = [
    "QUERY",
    "The query needs more memory than the 200,000,000 bytes that memory_limit allows",
]
WIDE = ", ".join(f"range + {n} AS c{n}" for n in range(500))


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT repeat('x', 1000000) AS a FROM range(100000)", TOO_LARGE),
        ("SELECT repeat('x', 1000 + (range % 2)::INT) AS a FROM range(1000000)", TOO_LARGE),
        ("SELECT repeat('x', 1000000 + (range % 2)::INT) AS a FROM range(100000)", TOO_MUCH),
        ("SELECT len(list(range)) AS a FROM range(1000000000)", TOO_MUCH),
        ("SELECT string_agg('some words') AS a FROM range(1000000000)", TOO_MUCH),
        ("SELECT a.range AS a, b.range AS b FROM range(1000000) a, range(1000000) b", TOO_LARGE),
        (
            "SELECT a.range AS a, b.range AS b FROM range(100000) a, range(100000) b"
            " ORDER BY hash(a.range, b.range)",
            TOO_MUCH,
        ),
        (f"SELECT {WIDE} FROM range(1000000)", TOO_LARGE),
    ],
)
def test_one_select_takes_no_more_memory_than_the_limits_say(sql: str, said: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, json.dumps([sql, MEMORY, RESULT])],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    refusal, peak, still = json.loads(ran.stdout)
    assert refusal == said
    assert peak < MEMORY + RESULT + SLACK
    assert still == [{"n": 40}]


def test_a_result_may_be_as_large_as_the_limit_and_no_larger() -> None:
    # 1,000 whole numbers are 8,000 bytes, and 1,000 bits that tell nulls apart are 125.
    numbers = "SELECT range AS a FROM range(1000)"
    assert Warehouse(DATASETS["orders"], limits=Limits(result=8_125)).run(numbers).num_rows == 1000
    with pytest.raises(Refused, match="larger than the 8,124 bytes") as refused:
        Warehouse(DATASETS["orders"], limits=Limits(result=8_124)).run(numbers)
    assert refused.value.error_type == "KILL"


def test_rows_keep_their_order_and_their_names() -> None:
    orders = Warehouse(DATASETS["orders"])
    table = orders.run(
        'SELECT (range * 7919 % 100003)::VARCHAR AS "a b", range AS "a b", \'\' AS "q""t"'
        " FROM range(100003) ORDER BY range * 7919 % 100003"
    )
    assert table.column_names == ["a b", "a b", 'q"t']
    assert table.column(0).to_pylist() == [str(n) for n in range(100003)]
    assert orders.run("SELECT 'x' AS a FROM range(10)", 3).num_rows == 3


def test_what_has_no_wire_type_is_refused_before_it_is_run() -> None:
    orders = Warehouse(DATASETS["orders"])
    with pytest.raises(Refused, match='Column "a" has type BIGINT'):
        orders.run("SELECT range(10000000) AS a FROM range(1000)")


def job(connect: Any, server: Server, sql: str) -> dict[str, Any]:
    query = {"modelId": server.models["orders"], "userEditedSQL": sql, "fields": []}
    answer = connect(server).send("POST", "/api/v1/query/run", {"query": query})
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body.splitlines()[1])
    return found


def test_what_is_too_large_is_a_failed_job_and_the_server_lives_on(
    serve: Any, connect: Any
) -> None:
    server = serve(documents=0, memory_limit=MEMORY, result_limit=1_000_000)
    failed = job(connect, server, "SELECT repeat('x', 1000) AS a FROM range(10000)")
    assert (failed["status"], failed["error_type"]) == ("ERROR", "KILL")
    assert "1,000,000 bytes that result_limit allows" in failed["error_message"]
    failed = job(connect, server, "SELECT len(list(range)) AS a FROM range(1000000000)")
    assert (failed["status"], failed["error_type"]) == ("ERROR", "QUERY")
    assert "200,000,000 bytes that memory_limit allows" in failed["error_message"]
    assert job(connect, server, "SELECT count(*) AS n FROM users")["status"] == "COMPLETE"


def test_limits_of_one_sandbox_are_not_those_of_another(serve: Any, connect: Any) -> None:
    sql = "SELECT repeat('x', 1000) AS a FROM range(10000)"
    small, usual = serve(documents=0, result_limit=1_000_000), serve(documents=0)
    assert job(connect, small, sql)["status"] == "ERROR"
    assert job(connect, usual, sql)["status"] == "COMPLETE"


@pytest.mark.parametrize("knob", ["memory_limit", "result_limit"])
def test_a_limit_is_a_number_of_bytes(knob: str) -> None:
    for value in (0, -1, "1GB", None, 1.5):
        with pytest.raises(ValueError, match=f"{knob} must be a whole number"):
            Server(documents=0, **{knob: value})
