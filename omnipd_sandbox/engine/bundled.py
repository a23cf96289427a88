"""The models that come with the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from omnipd_sandbox.engine.data.limits import USUAL, Limits
from omnipd_sandbox.engine.data.warehouse import Warehouse, warehouse
from omnipd_sandbox.engine.model.files import read_files
from omnipd_sandbox.engine.model.formats import with_formats
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.read_model import read_checked_model


@dataclass(frozen=True)
class Bundled:
    """Name a bundled model; its files are in the folder named after its data set."""

    id: str
    name: str
    connection_id: str
    dataset: str
    # What is also written out as text: see model/formats.py.
    formats: Mapping[str, str] = field(default_factory=dict)


BUNDLED = (
    Bundled(
        id="6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613",
        name="flights",
        connection_id="a4d90c17-5e2b-4f86-8b31-7c0e95d2f348",
        dataset="flights",
    ),
    Bundled(
        id="c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82",
        name="orders",
        connection_id="1d7fb2e6-c340-4958-a92d-6b8f03e17ca5",
        dataset="orders",
        formats={
            f"users.cohort[{timeframe}]": "%Y-%m" for timeframe in ("month", "quarter", "year")
        },
    ),
)


def model_folder(name: str) -> Traversable:
    """Give the folder with the files of a bundled model."""
    return files("omnipd_sandbox.engine") / "models" / name


_LARGE = {"orders": "many orders"}


@lru_cache(maxsize=8)
def bundled_models(
    *, large: bool = False, limits: Limits = USUAL
) -> tuple[tuple[Model, Warehouse], ...]:
    """Read the bundled models; they never change, so once per process is enough."""
    return tuple(
        _read(each, _LARGE.get(each.dataset, each.dataset) if large else each.dataset, limits)
        for each in BUNDLED
    )


def _read(bundled: Bundled, dataset: str, limits: Limits) -> tuple[Model, Warehouse]:
    database = warehouse(dataset, limits)
    model = read_checked_model(
        read_files(model_folder(bundled.dataset)),
        database,
        model_id=bundled.id,
        name=bundled.name,
        connection_id=bundled.connection_id,
    )
    return with_formats(model, bundled.formats), database
