"""The demo: an inventory and a query of the sandbox, on the terminal and in four files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from omnipd.export.csv import to_csv
from omnipd.export.parquet import to_parquet
from omnipd.export.whole_files import make_folder
from omnipd.launch_sandbox import sandbox
from omnipd.queries.run_query import run_query
from omnipd.readers.content import read_content
from omnipd.shell.terminal import print_table

_ROWS = 8
_NEXT = """
Next:
  omnipd content --help        the same from the shell, with filters
  omnipd sandbox               leave a sandbox running and point anything at it
  export OMNI_BASE_URL=https://yourcompany.omniapp.co OMNI_API_KEY=…
  omnipd whoami                then: your own Omni"""


def run_demo(folder: Path) -> None:
    """Read and query a sandbox, show both, and write them to a folder."""
    folder = make_folder(folder)
    with sandbox() as omni:
        click.echo(
            f"A sandbox of Omni runs at {omni.base_url}, on loopback, with invented people.\n"
        )
        inventory = read_content(client=omni)
        click.echo(
            f"read_content(): {len(inventory):,} documents and folders, {omni.requests_sent} requests\n"
        )
        columns = ["name", "owner_name", "folder_path", "count_views", "labels"]
        print_table(inventory.sort_values("count_views", ascending=False)[columns], _ROWS)
        flights = run_query(demo_query(omni.models["flights"]), client=omni)
        click.echo(
            f"\nrun_query(): flights of New York in 2013 by month and carrier, {len(flights)} rows\n"
        )
        print_table(flights.rename(columns=flights.attrs["omni"]["labels"]), _ROWS)
    click.echo()
    for name, df in {"content": inventory, "flights": flights}.items():
        to_parquet(df, folder / f"{name}.parquet")
        to_csv(df, folder / f"{name}.csv")
        click.echo(f"wrote {folder / name}.parquet and {folder / name}.csv")
    click.echo(_NEXT)


def demo_query(model_id: str) -> dict[str, Any]:
    """Return the demo's query object, as Omni's inspector would show it."""
    return {
        "modelId": model_id,
        "join_paths_from_topic_name": "flights",
        "fields": [
            "flights.date[month]",
            "airlines.name",
            "flights.count",
            "flights.average_dep_delay",
            "flights.cancellations",
        ],
        "sorts": [
            {"column_name": "flights.date[month]", "sort_descending": False},
            {"column_name": "flights.count", "sort_descending": True},
        ],
    }
