"""What a type checker finds in a program that uses omnipd, and what it leaves alone."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

RIGHT = """
import omnipd

query = omnipd.Query("model", "topic").select("a.b")
frame = query.run(limit=5, totals=True, decimals="float64")
table = omnipd.run_query_arrow(query, limit="all", names="label", pivot="flat")
rows, sums = omnipd.split_totals(frame)
rows, sums = query.run(totals="separate", limit=5)
rows, sums = omnipd.run_query(query, totals="separate", ttl="1h")
compared = query.compare("a.t", 1, "month").transpose("a.n").pivot("a.b", column_limit=9)
frames = omnipd.run_queries([query], limit=5, ttl="1h")
shown = omnipd.run_document("d", timeout=3, filters=None)
tile = omnipd.run_document_query("d", "t", limit=10)
answer = omnipd.ask("How many?", model="model", limit=10)
half = omnipd.calc.field("a.b") / 2 > omnipd.calc.moving("a.b", 3, "sum")
query.calculate("half", half & omnipd.calc.field("a.c"), format="0.0%").run()
users = omnipd.read_users()
omnipd.to_parquet(users, "users.parquet")
inventory = omnipd.open_export("exports")
unused = omnipd.audit.unused(inventory, days=180)
tables: tuple[str, ...] = (*omnipd.audit.unused.needs, *omnipd.audit.unused.also)
seen = omnipd.audit.who_can_see(inventory, "/finance", organization_role="VIEWER")
changes = omnipd.audit.diff(inventory, omnipd.read_inventory(include=tables), ignore="visits")
omnipd.audit.diff_summary(changes, by="column").to_dict()
"""
WRONG = {
    "query.run": "query.run(limti=5)",
    "run_query_arrow": "omnipd.run_query_arrow(query, limti=5)",
    "run_queries": "omnipd.run_queries([query], limti=5)",
    "run_document": 'omnipd.run_document("d", timout=3)',
    "run_document_query": 'omnipd.run_document_query("d", "t", timout=3)',
    "ask": 'omnipd.ask("How many?", model="m", limti=3)',
    "the kind of a value": 'omnipd.run_queries([query], timeout="3")',
    "iter_batches": 'omnipd.iter_batches(query, pivot="long")',
    "no such name": "omnipd.read_userss()",
    "calc.moving": 'omnipd.calc.moving("a.b", 3, "mean")',
    "query.calculate": 'query.calculate("x", omnipd.field("a.b") > 1)',
    "audit.unused": "omnipd.audit.unused(inventory, dasy=3)",
    "audit.who_can_see": "omnipd.audit.who_can_see(inventory)",
    "audit.diff": 'omnipd.audit.diff_summary(changes, by="rows")',
    "no such question": "omnipd.audit.unusd(inventory)",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What mypy says of a right program, and of wrong lines at its end."""
    place = tmp_path_factory.mktemp("typed")
    program = place / "program.py"
    program.write_text(RIGHT + "\n".join(WRONG.values()) + "\n")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(program)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    first = RIGHT.count("\n") + 1
    told = {}
    for line in done.stdout.splitlines():
        if ": error: " in line and Path(line.split(":")[0]).name == "program.py":
            told.setdefault(int(line.split(":")[1]) - first, []).append(line)
    return told


def test_nothing_is_found_in_what_is_right(found):
    assert not {place: told for place, told in found.items() if place < 0}


@pytest.mark.parametrize("place", range(len(WRONG)), ids=WRONG)
def test_a_misspelt_keyword_is_found(found, place):
    assert place in found
