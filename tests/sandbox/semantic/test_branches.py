"""Versions of branches are read once, and not all of them are kept."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from omnipd_sandbox.engine.engine import Engine

ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"


def version(number: int) -> dict[str, str]:
    text = f"dimensions:\n  id:\n    primary_key: true\n    label: Number {number}\n"
    return {"products.view.yaml": f"schema: main\ntable_name: products\n{text}"}


def test_a_version_is_read_once() -> None:
    engine = Engine()
    assert engine.model_with(ORDERS, version(1)) is engine.model_with(ORDERS, version(1))
    assert engine.model_with(ORDERS, version(1)) is not engine.model_with(ORDERS, version(2))


@pytest.mark.thorough
def test_of_many_versions_few_are_kept() -> None:
    engine = Engine()
    with ThreadPoolExecutor(4) as workers:
        made = list(
            workers.map(lambda n: weakref.ref(engine.model_with(ORDERS, version(n))), range(70))
        )
    gc.collect()
    assert sum(each() is not None for each in made) <= 32
    # One that was let go is read again.
    assert engine.model_with(ORDERS, version(0)).views["products"].dimensions["id"].label == (
        "Number 0"
    )
