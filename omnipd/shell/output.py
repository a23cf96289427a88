"""Where a command's frame goes: to a file by its ending, or to standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnipd.display import counted

if TYPE_CHECKING:
    import pandas as pd

    from omnipd.addresses import Address

_WRITABLE = (".parquet", ".xlsx", ".csv", ".jsonl", ".ndjson")
_TEXT = (".csv", ".jsonl", ".ndjson")


def checked_output(output: Path | Address) -> Path | Address:
    """Return the file that is to be written; refuse what could not be, before anything is read for it."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.export.excel import workbook  # noqa: PLC0415
    from omnipd.export.whole_files import check_places  # noqa: PLC0415
    from omnipd.paths import place_of_file  # noqa: PLC0415

    output = place_of_file("output", output)
    ending = _ending(output)
    if ending not in _WRITABLE or (ending != output.suffix.lower() and ending not in _TEXT):
        raise ArgumentError(
            f"--output {output} has an unknown ending.",
            hint="It takes .parquet, .xlsx, .csv or .jsonl; these two also with .gz, .zst, .bz2, .xz "
            "or .zip behind.",
        )
    if ending == ".xlsx":
        workbook({})  # is the extra there?
    check_places([output])
    return output


def check_form(output: Path | Address | None, style: str, *, raw: bool) -> None:
    """Refuse a form that is not the one of the file, and --raw where no CSV is written."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415

    form = style.split(".", 1)[0]
    if output is not None:
        by_default = click.core.ParameterSource.DEFAULT
        chosen = click.get_current_context().get_parameter_source("style") is not by_default
        written = _ending(output).removeprefix(".").replace("ndjson", "jsonl")
        if chosen and form != written:
            raise ArgumentError(
                f"--format {style} is not the form of --output {output}.",
                hint="The ending of the file says its form: leave out --format, or name another file.",
            )
        form = written
    if raw and form != "csv":
        raise ArgumentError("--raw is for CSV, and none is written here.", hint="Leave it out.")


def _ending(output: Path | Address) -> str:
    from omnipd.export.compression import uncompressed_suffix  # noqa: PLC0415

    return uncompressed_suffix(output)


def deliver(
    df: pd.DataFrame,
    output: Path | Address | None,
    style: str,
    *,
    raw: bool,
    first: tuple[str, ...] = (),
    rows: int = 40,
) -> None:
    """Write a frame to a file by its ending, or print it: as a table, these columns first, some rows."""
    from omnipd.export.csv import write_csv  # noqa: PLC0415
    from omnipd.export.jsonl import write_jsonl  # noqa: PLC0415
    from omnipd.export.storable_table import table_of  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    if output is not None:
        _write(df, output, raw=raw)
    elif style == "table":
        if first:
            df = df[[*first, *(name for name in df.columns if name not in first)]]
        terminal.print_table(df, rows)
        if df.empty:
            click.echo("0 rows", err=True)
        if len(df) > rows:
            click.echo(f"{len(df):,} rows; --format csv or -o FILE gives them all.", err=True)
    else:
        stream = sys.stdout.buffer
        table = table_of(df)
        if style == "csv":
            write_csv(table, stream, raw=raw)
        else:
            write_jsonl(table, stream)
        stream.flush()
    if df.attrs.get("omni", {}).get("complete") is False:
        click.get_current_context().exit(4)


def _write(df: pd.DataFrame, output: Path | Address, *, raw: bool) -> None:
    """Write a frame to a file by its ending; a gap that was allowed is told by the exit code."""
    from omnipd.export.csv import to_csv  # noqa: PLC0415
    from omnipd.export.excel import to_excel  # noqa: PLC0415
    from omnipd.export.jsonl import to_jsonl  # noqa: PLC0415
    from omnipd.export.parquet import to_parquet  # noqa: PLC0415

    ending = _ending(output)
    if ending == ".parquet":
        to_parquet(df, output, allow_incomplete=True)
    elif ending == ".xlsx":
        to_excel(df, output, allow_incomplete=True)
    elif ending == ".csv":
        to_csv(df, output, raw=raw, allow_incomplete=True)
    else:
        to_jsonl(df, output, allow_incomplete=True)
    click.echo(f"{counted(len(df), 'row')} to {output}", err=True)
