"""What may fail, and the tests that prove what then happens."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MODEL = Path(__file__).with_name("failure_model.toml")
TESTS = Path(__file__).parent.parent / "tests"


@dataclass(frozen=True)
class Failure:
    """A row: what fails, how often it is tried, how it ends, what is kept."""

    part: str
    title: str
    name: str
    what: str
    tried: str
    ends: str
    kept: str
    #: The promise is that nobody is asked, so that no test of it can use a socket.
    sends_nothing: bool = False


@dataclass(frozen=True)
class Proof:
    """A test that is marked with a row."""

    failure: str
    file: str
    test: str
    #: Whether it has to make a connection, or must make none.
    connects: bool


@cache
def failures() -> tuple[Failure, ...]:
    """Return all rows."""
    parts = tomllib.loads(MODEL.read_text(encoding="utf-8"))
    return tuple(
        Failure(part, content["title"], name, **row)
        for part, content in parts.items()
        for name, row in content["rows"].items()
    )


@cache
def proofs() -> tuple[Proof, ...]:
    """Return what the marks of the tests say, whichever tests are run."""
    return tuple(
        proof
        for file in sorted(TESTS.rglob("test_*.py"))
        if "mark.failure(" in (text := file.read_text(encoding="utf-8"))
        for proof in _marks(text, file.relative_to(TESTS).as_posix())
    )


def _marks(text: str, file: str) -> Iterator[Proof]:
    for found in ast.parse(text).body:
        if not isinstance(found, ast.FunctionDef):
            continue
        for mark in found.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.failure":
                options = {one.arg: ast.literal_eval(one.value) for one in mark.keywords}
                for name in mark.args:
                    yield Proof(
                        ast.literal_eval(name),
                        file,
                        found.name,
                        connects=options.get("connects", True),
                    )
