"""The same functions, from the shell. Data goes to standard output, everything else to standard error.

Exit codes: 0 done, 1 something unforeseen, 2 wrong usage, 3 no or wrong settings or key,
4 done with gaps, 5 Omni could not be reached or refuses for now, 6 an answer that is not whole,
7 the query failed, 8 a file could not be written.

Only what `--help` needs is imported at the top; pandas is loaded by the command that runs.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd

    from omnipd.client.client import Client
    from omnipd.errors import OmniError

_DEMO_ROWS = 8
# What a person wants to see first of content, in the room that a terminal has.
_CONTENT_TABLE = (
    "name",
    "type",
    "owner_name",
    "folder_path",
    "count_views",
    "labels",
    "updated_at",
)


class _Command(click.Command):
    """A command whose errors are one line and a hint on standard error, and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        import warnings  # noqa: PLC0415

        from omnipd.errors import OmniError, OmniWarning  # noqa: PLC0415

        with _ended_as_by_ctrl_c(), warnings.catch_warnings():
            warnings.simplefilter("always", OmniWarning)
            warnings.showwarning = functools.partial(_show_warning, self)
            try:
                if ctx.params.get("output") is not None:
                    _check_output(ctx.params["output"])
                return super().invoke(ctx)
            except OmniError as error:
                click.echo(f"omnipd: {_as_options(error.message, self)}", err=True)
                if error.hint:
                    click.echo(_as_options(error.hint, self), err=True)
                if error.trace_id:
                    click.echo(f"Omni's trace id: {error.trace_id}", err=True)
                code = _exit_code(error)
            except BrokenPipeError:  # `… | head` has seen enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = 0
        return ctx.exit(code)


class _CommandWithOthers(_Command, click.Group):
    """A command that does something by itself, and has others below it."""


@contextlib.contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Tidy up after SIGTERM too: by itself it ends Python without a word, and leaves its files."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show_warning(command: click.Command, message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"omnipd: {_as_options(str(message), command)}", err=True)


def _as_options(text: str, command: click.Command) -> str:
    """Return a message in the words of the shell: an argument of Python as the option that it is here."""
    for param in command.params:
        if not isinstance(param, click.Option) or not param.name:
            continue
        off = param.secondary_opts[0] if param.secondary_opts else None
        name, option = param.name, max(param.opts, key=len)
        if off is not None:
            text = re.sub(rf"\b{name}=False\b", off, text)
        if param.is_flag:
            text = re.sub(rf"\b{name}=True\b", option, text)
            continue
        text = re.sub(rf"\bconnect\({name}=…\)", option, text)
        text = re.sub(rf"\b{name}=…", option, text)
        text = re.sub(rf'\b{name}="([\w.]+)"', rf"{option} \1", text)
    return text.replace("pass api_key=…", "--api-key-file")


def _exit_code(error: OmniError) -> int:
    """Return the documented exit code of an error."""
    from omnipd import errors  # noqa: PLC0415

    for kinds, code in (
        ((errors.ArgumentError,), 2),
        ((errors.SettingsError, errors.AuthenticationError, errors.ForbiddenError), 3),
        ((errors.QueryError,), 7),
        ((errors.NetworkError, errors.RateLimitError, errors.ServerError), 5),
        ((errors.OutcomeUnknownError,), 5),
        ((errors.ResponseError,), 6),
        ((errors.ExportError,), 8),
    ):
        if isinstance(error, kinds):
            return code
    return 1


def _options(*options: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Apply several click options, in the order in which the help shows them."""

    def apply(command: Callable[..., Any]) -> Callable[..., Any]:
        return functools.reduce(
            lambda decorated, option: option(decorated), reversed(options), command
        )

    return apply


_connection = _options(
    click.option("--base-url", help="The address you sign in at. Default: OMNI_BASE_URL."),
    click.option(
        "--api-key-file",
        type=click.Path(path_type=Path),
        help="File that holds the key. Default: OMNI_API_KEY. A key on the command line could be seen.",
    ),
    click.option("--profile", help="Profile of Omni's own command line."),
    click.option(
        "--cache", default="10m", show_default=True, help="How long lists are kept; 'off' for not."
    ),
    click.option(
        "--requests-per-minute", default=60, show_default=True, help="What Omni allows the key."
    ),
    click.option("--timeout", type=float, help="Seconds that one request, or the query, may take."),
    click.option("--cache-dir", type=click.Path(path_type=Path), help="Where omnipd keeps files."),
)

_WRITABLE = (".parquet", ".csv", ".jsonl", ".ndjson")


def _check_output(output: Path) -> None:
    """Refuse a file that could not be written, before anything is read for it."""
    from omnipd.errors import ArgumentError, ExportError  # noqa: PLC0415

    if output.suffix.lower() not in _WRITABLE:
        raise ArgumentError(
            f"--output {output} has an unknown ending.", hint="It takes .parquet, .csv or .jsonl."
        )
    if not output.parent.is_dir():
        raise ExportError(f"The folder {output.parent} does not exist. Make it first.")


_output = _options(
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        help="Write to a file instead; .parquet, .csv or .jsonl by its ending.",
    ),
    click.option(
        "--format",
        "style",
        type=click.Choice(["table", "csv", "jsonl"]),
        default="table",
        show_default=True,
        help="What to print on standard output.",
    ),
    click.option(
        "--raw", is_flag=True, help="Leave text that spreadsheets run as formulas as it is in CSV."
    ),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="omnipd")
def main() -> None:
    """Omni's lists and governed queries as tables.

    Without a key and without a network: omnipd demo.

    Exit codes: 0 done, 1 unforeseen, 2 usage, 3 settings or key, 4 done with gaps, 5 not reachable or
    not now, 6 an answer that is not whole, 7 the query failed, 8 a file could not be written.
    """


@main.command(cls=_Command)
@click.option(
    "--labels", multiple=True, help="Only what carries this label; repeat for any of several."
)
@click.option("--scope", help="organization, restricted (with --creator-id) or all.")
@click.option("--creator-id", help="Membership id of the creator.")
@click.option("--folder-id", help="Only what is in this folder.")
@click.option("--path", help="A folder path: /a/b, /a/* for everything below, / for everything.")
@click.option(
    "--include",
    multiple=True,
    default=("_count", "labels"),
    show_default=True,
    help="Optional fields.",
)
@click.option("--sort", default="name", show_default=True, help="name, favorites or updated_at.")
@click.option("--direction", default="asc", show_default=True, help="asc or desc.")
@click.option("--limit", type=int, help="Total number of rows. Default: all.")
@click.option(
    "--errors",
    default="raise",
    show_default=True,
    help="With --scope all: raise, or collect to go on after a person who is refused.",
)
@click.option("--strict/--no-strict", default=True, help="Fail when the list does not add up.")
@click.option("--refresh", is_flag=True, help="Ask Omni even where the cache has an answer.")
@_output
@_connection
def content(output: Path | None, style: str, raw: bool, **given: Any) -> None:
    """Documents and folders, one row each."""
    from omnipd.readers.content import read_content  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    client = _client(given)
    given["labels"] = list(given["labels"]) or None
    with terminal.Progress(client):
        df = read_content(**given, client=client)
    facts = df.attrs["omni"]
    if facts["from_cache"]:
        click.echo(
            f"omnipd: from the cache, fetched {facts['fetched_at']}; --refresh asks again.",
            err=True,
        )
    _deliver(df, output, style, raw=raw, first=_CONTENT_TABLE)


@main.command(cls=_Command)
@click.option("--to", metavar="FOLDER|FILE.xlsx", type=click.Path(path_type=Path), help="Where to.")
@click.option("--include", multiple=True, help="Only this frame; may be repeated. Default: all.")
@click.option(
    "--scope", default="all", show_default=True, help="all, with what is personal, or organization."
)
@click.option(
    "--errors",
    default="raise",
    show_default=True,
    help="raise, or collect to go on after what is refused.",
)
@click.option("--strict/--no-strict", default=True, help="Fail when a list does not add up.")
@click.option("--refresh", is_flag=True, help="Ask Omni even where the cache has an answer.")
@click.option("--estimate", is_flag=True, help="Only say what it would cost.")
@click.option(
    "--files",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="What to write in a folder.",
)
@click.option(
    "--raw", is_flag=True, help="Leave text that spreadsheets run as formulas as it is in CSV."
)
@_connection
def inventory(to: Path | None, estimate: bool, files: str, raw: bool, **given: Any) -> None:
    """Everything that an audit needs: a file per frame in a folder, or one Excel workbook."""
    from omnipd.admin.inventory import read_inventory  # noqa: PLC0415
    from omnipd.errors import ArgumentError, ExportError  # noqa: PLC0415
    from omnipd.export.excel import workbook  # noqa: PLC0415
    from omnipd.export.files import make_folder  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    given["include"] = list(given["include"]) or None
    if estimate:
        _show_estimate(given)
        return
    if to is None:
        raise ArgumentError("Say where to write, with --to, or ask what it costs, with --estimate.")
    if to.suffix.lower() == ".xlsx":
        # Before the long reading: is the extra there, and the folder?
        workbook({})
        if not to.parent.is_dir():
            raise ExportError(f"The folder {to.parent} does not exist. Make it first.")
    else:
        make_folder(to)
    client = _client(given)
    with terminal.Progress(client):
        read = read_inventory(**given, client=client)
    if to.suffix.lower() == ".xlsx":
        written = [read.to_excel(to, allow_incomplete=True)]
    elif files == "csv":
        written = read.to_csv(to, raw=raw, allow_incomplete=True)
    else:
        written = read.to_parquet(to, allow_incomplete=True)
    for name, why in read.failures.items():
        click.echo(f"omnipd: {name} could not be read: {why}", err=True)
    click.echo(f"{len(read)} frames, {len(written)} file(s) in {to}", err=True)
    if not read.complete:
        click.get_current_context().exit(4)


@main.command(cls=_Command)
@click.argument("query", metavar="FILE|-")
@click.option("--limit", help="Number of rows, or 'all'. Default: the query's own, else 1000.")
@click.option("--model-id", help="Replaces the query's modelId.")
@click.option("--branch-id", help="Run against a branch of the model.")
@click.option("--user-id", help="Membership id to act for.")
@click.option(
    "--omni-cache", help="Standard, SkipRequery, SkipCache or SkipCacheAndRebuildExtracts."
)
@click.option(
    "--totals", is_flag=True, help="Keep totals rows, told apart by the column omni_total."
)
@click.option(
    "--names", default="field", show_default=True, help="Name columns by field or by label."
)
@click.option("--decimals", help="exact or float64. Default: exact.")
@click.option("--ttl", help="Take a result stored here so long ago (30s, 10m, 2h), else store it.")
@click.option("--check", is_flag=True, help="Compare fields and filters with the topic first.")
@_output
@_connection
def query(query: str, output: Path | None, style: str, raw: bool, **given: Any) -> None:
    """Run the governed query of a JSON file, or of standard input with -."""
    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.queries.run_query import run_query  # noqa: PLC0415

    limit, seconds = given["limit"], given["timeout"]
    if limit is not None and limit != "all":
        if not limit.isdecimal():
            raise ArgumentError(f"--limit {limit!r} must be a whole number or 'all'.")
        given["limit"] = int(limit)
    client = _client(given)
    given["cache"] = given.pop("omni_cache")
    text = sys.stdin.read() if query == "-" else Path(query)
    df = run_query(text, **given, timeout=seconds, client=client)
    _deliver(df, output, style, raw=raw)


@main.command(cls=_Command)
@click.option("--model", multiple=True, help="Only the roles on this model; may be repeated.")
@_connection
def whoami(model: tuple[str, ...], **given: Any) -> None:
    """Who the key is, of what kind, and which roles it has."""
    from omnipd.readers.whoami import whoami as ask  # noqa: PLC0415
    from omnipd.shell.terminal import printable  # noqa: PLC0415

    me = ask(model=list(model) or None, client=_client(given))
    for name in ("instance", "user_id", "base_user_id", "key_scope", "org_role"):
        click.echo(f"{name:14} {printable(getattr(me, name))}")
    for identity, role in me.roles.items():
        click.echo(f"{'role':14} {printable(role.get('roleName'))} on model {printable(identity)}")
    if me.roles_truncated:
        click.echo("omnipd: Omni lists roles on 200 models only; there are more.", err=True)


@main.group(cls=_CommandWithOthers, invoke_without_command=True)
@click.option("--port", default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--size",
    type=click.Choice(["tiny", "demo", "large"]),
    default="demo",
    show_default=True,
    help="Size of the invented organization: 5, 600 or 100,000 documents.",
)
@click.option("--documents", type=int, help="Another number of documents.")
@click.option(
    "--org", type=click.Path(path_type=Path), help="A folder with an organization of your own."
)
@click.option("--state", type=click.Path(path_type=Path), help="A file that keeps what is changed.")
@click.option("--requests-per-minute", type=int, help="Be as strict as Omni, for example 60.")
@click.option(
    "--control", is_flag=True, help="Let programs open organizations at /_sandbox/tenants."
)
@click.pass_context
def sandbox(ctx: click.Context, /, **given: Any) -> None:
    """Start an Omni on this machine, for as long as this command runs."""
    from omnipd.launch import sandbox as launch  # noqa: PLC0415

    if ctx.invoked_subcommand is not None:
        return
    with launch(**given) as omni:
        click.echo(f"export OMNI_BASE_URL={omni.base_url}")
        click.echo(f"export OMNI_API_KEY={omni.api_key}")
        for name, identity in omni.models.items():
            click.echo(f"# model {name}: {identity}")
        sys.stdout.flush()
        click.echo("An Omni of no one's: the key opens nothing else. Ctrl-C ends it.", err=True)
        click.echo(f"In a browser it is a page to look at: {omni.base_url}", err=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nStopped.", err=True)


@sandbox.command("init", cls=_Command)
@click.argument("folder", type=click.Path(path_type=Path))
def sandbox_init(folder: Path) -> None:
    """Write the sandbox's organization to a folder, to change it and start it with --org."""
    from omnipd.launch import write_demo  # noqa: PLC0415

    write_demo(folder)
    click.echo(f"Change what you like, then: omnipd sandbox --org {folder}")


@main.command(cls=_Command)
@click.option("--clear", is_flag=True, help="Delete what is kept.")
@click.option("--cache-dir", type=click.Path(path_type=Path), help="Where omnipd keeps files.")
def cache(clear: bool, cache_dir: Path | None) -> None:
    """Show what omnipd keeps on disk, or delete it."""
    from omnipd.client.current import clear_cache  # noqa: PLC0415
    from omnipd.client.settings import disk_root  # noqa: PLC0415

    folder = disk_root(cache_dir)
    if clear:
        click.echo(f"{clear_cache(cache_dir=cache_dir)} stored answers deleted from {folder}")
        return
    files = [*folder.glob("lists/*/*.json"), *folder.glob("results/*/*.arrow")]
    size = sum(file.stat().st_size for file in files)
    click.echo(f"{folder}: {len(files)} stored answers, {size / 1e6:.1f} MB")


@main.command(cls=_Command)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("omnipd-demo"),
    show_default=True,
    help="Where to write the files.",
)
def demo(folder: Path) -> None:
    """Try omnipd with no key and no network: the sandbox, an inventory, a query, four files."""
    from omnipd.export.files import make_folder, to_csv, to_parquet  # noqa: PLC0415
    from omnipd.launch import sandbox as launch  # noqa: PLC0415
    from omnipd.queries.run_query import run_query  # noqa: PLC0415
    from omnipd.readers.content import read_content  # noqa: PLC0415
    from omnipd.shell.terminal import print_table  # noqa: PLC0415

    folder = make_folder(folder)
    with launch() as omni:
        click.echo(
            f"A sandbox of Omni runs at {omni.base_url}, on loopback, with invented people.\n"
        )
        inventory = read_content(client=omni)
        click.echo(
            f"read_content(): {len(inventory):,} documents and folders, {omni.requests_sent} requests\n"
        )
        columns = ["name", "owner_name", "folder_path", "count_views", "labels"]
        print_table(inventory.sort_values("count_views", ascending=False)[columns], _DEMO_ROWS)
        flights = run_query(demo_query(omni.models["flights"]), client=omni)
        click.echo(
            f"\nrun_query(): flights of New York in 2013 by month and carrier, {len(flights)} rows\n"
        )
        print_table(flights.rename(columns=flights.attrs["omni"]["labels"]), _DEMO_ROWS)
    click.echo()
    for name, df in {"content": inventory, "flights": flights}.items():
        to_parquet(df, folder / f"{name}.parquet")
        to_csv(df, folder / f"{name}.csv")
        click.echo(f"wrote {folder / name}.parquet and {folder / name}.csv")
    click.echo(
        "\nNext:\n"
        "  omnipd content --help        the same from the shell, with filters\n"
        "  omnipd sandbox               leave a sandbox running and point anything at it\n"
        "  export OMNI_BASE_URL=https://yourcompany.omniapp.co OMNI_API_KEY=…\n"
        "  omnipd whoami                then: your own Omni"
    )


def _show_estimate(given: dict[str, Any]) -> None:
    """Print what an inventory would cost."""
    from omnipd.admin.inventory import estimate_inventory  # noqa: PLC0415
    from omnipd.shell import terminal  # noqa: PLC0415

    client = _client(given)
    cost = estimate_inventory(include=given["include"], scope=given["scope"], client=client)
    terminal.print_table(cost, len(cost))
    click.echo(f"{cost['calls'].sum():,} calls, {cost['minutes'].sum():.0f} minutes", err=True)


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


def _client(given: dict[str, Any]) -> Client:
    """Take the connection's options out of a command's, and connect."""
    from omnipd.client.current import connect  # noqa: PLC0415

    names = ("base_url", "profile", "cache", "requests_per_minute", "timeout", "cache_dir")
    own = {name: given.pop(name) for name in names}
    key_file = given.pop("api_key_file")
    own["cache"] = False if own["cache"] == "off" else own["cache"]
    # Read in the call itself, so that no frame of a traceback holds the key.
    return connect(api_key=None if key_file is None else _read_key(key_file), **own)


def _read_key(path: Path) -> str:
    from omnipd.errors import SettingsError  # noqa: PLC0415

    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The key file {path} cannot be read.") from None


def _write(df: pd.DataFrame, output: Path, *, raw: bool) -> None:
    """Write a frame to a file by its ending; a gap that was allowed is told by the exit code."""
    from omnipd.export import files  # noqa: PLC0415

    ending = output.suffix.lower()
    if ending == ".parquet":
        files.to_parquet(df, output, allow_incomplete=True)
    elif ending == ".csv":
        files.to_csv(df, output, raw=raw, allow_incomplete=True)
    else:
        files.to_jsonl(df, output, allow_incomplete=True)
    click.echo(f"{len(df):,} rows to {output}", err=True)


def _deliver(
    df: pd.DataFrame, output: Path | None, style: str, *, raw: bool, first: tuple[str, ...] = ()
) -> None:
    """Write a frame to a file by its ending, or print it."""
    from omnipd.export import files  # noqa: PLC0415
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
            files.write_csv(table, stream, raw=raw)
        else:
            files.write_jsonl(table, stream)
        stream.flush()
    if df.attrs.get("omni", {}).get("complete") is False:
        click.get_current_context().exit(4)


if __name__ == "__main__":
    main()
