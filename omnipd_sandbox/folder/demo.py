"""The sandbox's own organization, written as a folder that can be changed and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from omnipd_sandbox.engine.bundled import BUNDLED, model_folder
from omnipd_sandbox.engine.data.warehouse import DATASETS
from omnipd_sandbox.engine.model.files import read_files
from omnipd_sandbox.folder.folder import DATA, FILE, MODELS
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.writing import write_organization
from omnipd_sandbox.organization.organization import Organization


def write_folder(folder: str | Path, organization: Organization) -> None:
    """Write an organization on the bundled models, with the models and their data.

    Raises
    ------
    BadOrganization
        When there is something in the folder already, or it cannot be made.
    """
    root = Path(folder)
    if root.is_file():
        raise BadOrganization(str(root), ["it is a file, not a folder"])
    if root.exists() and any(root.iterdir()):
        raise BadOrganization(str(root), ["it is there already and not empty"])
    try:
        (root / DATA).mkdir(parents=True)
    except OSError as error:
        raise BadOrganization(str(root), [f"it cannot be made: {error.strerror}"]) from None
    for bundled in BUNDLED:
        place = root / MODELS / bundled.name
        place.mkdir(parents=True)
        for name, text in read_files(model_folder(bundled.dataset)).items():
            (place / name).write_text(text, encoding="utf-8")
        _write_tables(bundled.dataset, root / DATA)
    text = json.dumps(write_organization(organization), ensure_ascii=False, indent=1)
    # Last, so that a folder that is half written does not look like a whole one.
    (root / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_tables(dataset: str, folder: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(DATASETS[dataset].schema)
        DATASETS[dataset].fill(connection)
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            connection.table(table).write_parquet(str(folder / f"{table}.parquet"))
