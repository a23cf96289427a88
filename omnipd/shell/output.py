"""Where a command's frame goes: to a file by its ending, or to standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnipd.shell.words import counted

if TYPE_CHECKING:
    import pandas as pd

_WRITABLE = (".parquet", ".csv", ".jsonl", ".ndjson")


def check_output(output: Path) -> None:
    """Refuse a file that could not be written, before anything is read for it."""
    from omnipd.arguments import argument, refuse_key  # noqa: PLC0415
    from omnipd.errors import ArgumentError, ExportError  # noqa: PLC0415

    refuse_key(argument("output"), output.name)
    if output.suffix.lower() not in _WRITABLE:
        raise ArgumentError(
            f"--output {output} has an unknown ending.", hint="It takes .parquet, .csv or .jsonl."
        )
    if not output.parent.is_dir():
        raise ExportError(f"The folder {output.parent} does not exist. Make it first.")


def deliver(
    df: pd.DataFrame, output: Path | None, style: str, *, raw: bool, first: tuple[str, ...] = ()
) -> None:
    """Write a frame to a file by its ending, or print it."""
    from omnipd.export.csv import write_csv  # noqa: PLC0415
    from omnipd.export.jsonl import write_jsonl  # noqa: PLC0415
    from omnipd.frames import to_pandas  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    if output is not None:
        _write(df, output, raw=raw)
    elif style == "table":
        if first:
            df = df[[*first, *(name for name in df.columns if name not in first)]]
        terminal.print_table(df, 40)
        if df.empty:
            click.echo("0 rows", err=True)
        if len(df) > 40:
            click.echo(f"{len(df):,} rows; --format csv or -o FILE gives them all.", err=True)
    else:
        stream = sys.stdout.buffer
        table = to_pandas.scalar_columns(to_pandas.to_arrow(df)[0])
        if style == "csv":
            write_csv(table, stream, raw=raw)
        else:
            write_jsonl(table, stream)
        stream.flush()
    if df.attrs.get("omni", {}).get("complete") is False:
        click.get_current_context().exit(4)


def _write(df: pd.DataFrame, output: Path, *, raw: bool) -> None:
    """Write a frame to a file by its ending; a gap that was allowed is told by the exit code."""
    from omnipd.export.csv import to_csv  # noqa: PLC0415
    from omnipd.export.jsonl import to_jsonl  # noqa: PLC0415
    from omnipd.export.parquet import to_parquet  # noqa: PLC0415

    ending = output.suffix.lower()
    if ending == ".parquet":
        to_parquet(df, output, allow_incomplete=True)
    elif ending == ".csv":
        to_csv(df, output, raw=raw, allow_incomplete=True)
    else:
        to_jsonl(df, output, allow_incomplete=True)
    click.echo(f"{counted(len(df), 'row')} to {output}", err=True)
