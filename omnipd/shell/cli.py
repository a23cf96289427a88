"""The same functions, from the shell. Data goes to standard output, everything else to standard error.

Only what `--help` needs is imported at the top; pandas is loaded by the command that runs.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import click

from omnipd.display import counted, printable
from omnipd.shell import options
from omnipd.shell.apply import apply, journal, undo
from omnipd.shell.command import Command, Commands, CommandWithOthers, shown_log
from omnipd.shell.doctor import doctor
from omnipd.shell.embed import embed
from omnipd.shell.options import client_of
from omnipd.shell.output import check_form, deliver
from omnipd.shell.plans import plan
from omnipd.shell.questions import audit
from omnipd.shell.readers import estimate, read
from omnipd.shell.record import record
from omnipd.shell.report import report
from omnipd.shell.two_omnis import compare, promote
from omnipd.shell.words import in_commands, in_words_of

# What a person wants to see first, in the room that a terminal has.
_CONTENT_TABLE = (
    "name",
    "type",
    "owner_name",
    "folder_path",
    "count_views",
    "labels",
    "updated_at",
)
_TOPIC_TABLE = ("topic", "label", "base_view", "model_id", "description")
_FIELD_TABLE = (
    "fully_qualified_name",
    "label",
    "kind",
    "data_type",
    "aggregate_type",
    "time_frames",
    "description",
)
# What may be included in an inventory or an export.
_LISTS = (
    "Only these frames, or all of a group: content:all, people, access, schedules:all, connections:all, "
    "models:all, ai; all is all of these."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="omnipd")
@click.option(
    "-v", "--verbose", is_flag=True, help="Show each request, wait and retry on standard error."
)
@click.pass_context
def main(ctx: click.Context, /, *, verbose: bool) -> None:
    """Omni's lists and governed queries as tables.

    Without a key and without a network: omnipd demo.

    Exit codes: 0 done, 1 unforeseen, 2 usage, 3 settings or key, 4 done with gaps, 5 not reachable or
    not now, 6 an answer that is not whole, 7 the query failed, 8 a file could not be written, 130 ended by
    Ctrl-C, 143 by SIGTERM.
    """
    if verbose:
        ctx.with_resource(shown_log())


@main.command(cls=Command)
@click.option(
    "--labels",
    multiple=True,
    help=f"Only what carries at least one of these labels. {options.REPEAT}",
)
@click.option(
    "--scope",
    help="restricted is one person's own content, and needs --creator-id.",
    **options.one_of(["organization", "restricted", "all"]),
)
@click.option("--creator-id", help="Membership id (UUID) of the creator.")
@click.option("--folder-id", help="Only what is in this folder.")
@click.option(
    "--path", help="/a/b: that folder and what it holds; /a/*: everything below; /: everything."
)
@options.include("Optional fields to ask for.", ("_count", "labels"))
@click.option(
    "--sort",
    default="name",
    show_default=True,
    help="Where the server cannot sort by updated_at, it is done here, folders last, with a warning.",
    **options.one_of(["name", "favorites", "updated_at"]),
)
@click.option(
    "--direction",
    default="asc",
    show_default=True,
    help=options.HELP["direction"],
    **options.one_of(["asc", "desc"]),
)
@click.option("--limit", type=int, help=options.HELP["limit"])
@options.errors
@options.long_read
@options.strict
@options.refresh
@options.output
@options.connections
def content(output: Path | None, style: str, raw: bool, **given: Any) -> None:
    """Read documents and folders, one row each."""
    from omnipd.readers.content import read_content  # noqa: PLC0415

    client = client_of(given)
    given["labels"] = list(given["labels"]) or None
    df = read_content(**given, client=client)
    facts = df.attrs["omni"]
    if facts.get("from_cache"):
        click.echo(
            f"omnipd: From the cache, fetched {facts['fetched_at'][:16].replace('T', ' ')} UTC; "
            "--refresh asks again.",
            err=True,
        )
    first = [name for name in df.columns if name == "instance"]
    deliver(df, output, style, raw=raw, first=(*first, *_CONTENT_TABLE))


@main.command(cls=Command, short_help="Write what an audit needs to a folder, or a workbook.")
@click.option(
    "-o",
    "--output",
    "--to",
    "to",
    metavar="FOLDER|FILE.xlsx",
    type=options.PATH,
    required=True,
    help=options.HELP["folder"],
)
@options.include(_LISTS)
@options.scope
@options.errors
@options.long_read
@options.strict
@options.refresh
@click.option(
    "--format",
    "style",
    type=click.Choice(
        ["parquet", "csv", *(f"csv{ending}" for ending in (".gz", ".zst", ".bz2", ".xz", ".zip"))]
    ),
    default="parquet",
    show_default=True,
    help="What to write in a folder.",
)
@options.raw
@options.connections
def inventory(to: Path, style: str, raw: bool, **given: Any) -> None:
    """Write everything that an audit needs: a file per frame in a folder, or one Excel workbook."""
    from omnipd.admin.inventory import read_inventory  # noqa: PLC0415
    from omnipd.admin.inventory_parts import names_of  # noqa: PLC0415
    from omnipd.arguments import argument  # noqa: PLC0415
    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.export.compression import ENDINGS  # noqa: PLC0415
    from omnipd.export.excel import workbook  # noqa: PLC0415
    from omnipd.export.whole_files import check_places  # noqa: PLC0415
    from omnipd.paths import place  # noqa: PLC0415

    given["include"] = list(given["include"]) or None
    target = place("to", to)
    # Before the long reading: is the extra there, and can the files be made?
    if is_workbook := target.suffix.lower() == ".xlsx":
        workbook({})
    elif target.suffix[1:2].isalpha() and not target.is_dir():
        raise ArgumentError(
            argument("to", str(target)) + " has an unknown ending.",
            hint="It takes a folder, or a file that ends in .xlsx.",
        )
    check_form(target if is_workbook else None, style, raw=raw)
    first = names_of(given["include"])[0]
    check_places([target if is_workbook else target / f"{first}.{style}"])
    client = client_of(given)
    read = read_inventory(**given, client=client)
    if is_workbook:
        written = [read.to_excel(target, allow_incomplete=True)]
    elif style == "parquet":
        written = read.to_parquet(target, allow_incomplete=True)
    else:
        by_ending = {ending: name for name, ending in ENDINGS.items()}
        compression = by_ending.get(style.removeprefix("csv"))
        written = read.to_csv(target, raw=raw, compression=compression, allow_incomplete=True)
    ctx = click.get_current_context()
    for name, why in read.failures.items():
        click.echo(f"omnipd: {name} could not be read: {in_words_of(ctx.command, why)}", err=True)
    click.echo(
        f"{counted(len(read), 'frame')}, {counted(len(written), 'file')} in {target}",
        err=True,
    )
    if not read.complete:
        ctx.exit(4)


@main.command(cls=Command, short_help="Write every list to files, an export of its own each time.")
@click.option(
    "-o",
    "--output",
    "--to",
    "folder",
    metavar="FOLDER",
    type=options.PATH,
    required=True,
    help=options.HELP["folder"],
)
@options.include(_LISTS)
@options.scope
@click.option(
    "--format",
    type=click.Choice(["parquet", "csv", "xlsx"]),
    default="parquet",
    show_default=True,
    help="What to write beside Parquet, which is always there: a CSV file for each frame, or one Excel "
    "workbook, inventory.xlsx.",
)
@click.option("--keep", type=int, help=options.HELP["keep"])
@click.option("--since", help=options.HELP["since"], **options.one_of(["last"]))
@click.option("--full-every", help=options.HELP["full_every"])
@options.errors
@options.strict
@options.max_calls
@options.connections
def export(**given: Any) -> None:
    """Write every list to files: an export of its own each time, which goes on where it was broken off."""
    import pandas as pd  # noqa: PLC0415

    from omnipd.admin.export_inventory import export_inventory  # noqa: PLC0415
    from omnipd.admin.open_export import open_export  # noqa: PLC0415

    given["include"] = list(given["include"]) or None
    client = client_of(given)
    made = export_inventory(**given, client=client)
    is_whole = True
    if isinstance(made, pd.DataFrame):  # of a fleet: one of each
        places = [(Path(path).parent, Path(path)) for path in made["export"]]
        is_whole = made.attrs["omni"]["complete"]
    else:
        places = [(given["folder"], made)]
    for folder, path in places:
        opened = open_export(folder, at=path.name)
        for name, why in opened.failures.items():
            click.echo(f"omnipd: {name} could not be read: {in_commands(why)}", err=True)
        click.echo(f"{counted(len(opened), 'frame')} in {path}", err=True)
        is_whole = is_whole and opened.complete
    if not is_whole:
        click.get_current_context().exit(4)


@main.command(cls=Command, short_help="Read the topics to query.")
@options.of_model
@options.refresh
@options.output
@options.connection
def topics(model: str | None, output: Path | None, style: str, raw: bool, **given: Any) -> None:
    """Read the topics to query: what a query names as join_paths_from_topic_name, and its modelId."""
    from omnipd.shell.topics import topics_to_query  # noqa: PLC0415

    client = client_of(given)
    df = topics_to_query(model, client, **given)
    deliver(df, output, style, raw=raw, first=_TOPIC_TABLE, rows=len(df))


@main.command(cls=Command, short_help="Read the fields of a topic, by their names in queries.")
@click.argument("topic")
@options.of_model
@options.refresh
@options.output
@options.connection
def fields(
    topic: str, model: str | None, output: Path | None, style: str, raw: bool, **given: Any
) -> None:
    """Read the fields of a topic: their names in queries, and whether each is a dimension or a measure."""
    from omnipd.shell.topics import fields_to_query  # noqa: PLC0415

    client = client_of(given)
    df = fields_to_query(topic, model, client, **given)
    deliver(df, output, style, raw=raw, first=_FIELD_TABLE, rows=len(df))


@main.command(cls=Command, short_help="Run the governed query of a JSON file.")
@click.argument("query", metavar="FILE|-", shell_complete=options.complete_files)
@click.option("--limit", help="Number of rows, or 'all'. Default: the query's own, else 1000.")
@click.option("--model", help="Replaces the query's modelId: an id, or a shared model's name.")
@click.option("--branch-id", help="Run against a branch of the model.")
@click.option("--user-id", help="Membership id to act for.")
@click.option("--timezone", help="Time zone to compute in, such as Europe/Berlin.")
@click.option(
    "--omni-cache",
    "cache",
    help="How Omni may use its own cache. Default: Omni's choice.",
    **options.one_of(["Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts"]),
)
@click.option(
    "--totals", is_flag=True, help="Keep totals rows, told apart by the column omni_total."
)
@click.option(
    "--pivot",
    default="wide",
    show_default=True,
    help="Give a pivot a column for each value, or a row for each cell.",
    **options.one_of(["wide", "long"]),
)
@click.option(
    "--names",
    default="field",
    show_default=True,
    help="What columns are named by.",
    **options.one_of(["field", "label"]),
)
@click.option(
    "--decimals",
    help="float64 makes floats of decimals. Default: exact.",
    **options.one_of(["exact", "float64"]),
)
@click.option("--formatted", is_flag=True, help="Show values as Omni does, all as text.")
@click.option("--ttl", help="Take a result stored here so long ago (30s, 10m, 2h), else store it.")
@click.option(
    "--check/--no-check", default=True, help="Compare fields and filters with the topic first."
)
@options.output
@options.connection
def query(query: str, output: Path | None, style: str, raw: bool, **given: Any) -> None:
    """Run the governed query of a JSON file, or of standard input with -."""
    from omnipd.arguments import said  # noqa: PLC0415
    from omnipd.errors import ArgumentError  # noqa: PLC0415
    from omnipd.queries.run_query import run_query  # noqa: PLC0415

    limit, seconds = given["limit"], given["timeout"]
    if limit is not None and limit != "all":
        if not limit.isdecimal():
            raise ArgumentError(f"--limit {limit!r} must be a whole number, 1 or more, or 'all'.")
        given["limit"] = int(limit)
    if query != "-" and not os.path.lexists(os.path.expanduser(query)):  # noqa: PTH111 - any text
        raise ArgumentError(
            f"There is no file {said(query):.80}.",
            hint="Name a JSON file that holds the query, or - for standard input.",
        )
    if given["pivot"] == "wide":
        given["pivot"] = "flat"  # whose columns have names that a line of text can hold
    client = client_of(given)
    text = sys.stdin.read() if query == "-" else Path(query)
    df = run_query(text, **given, timeout=seconds, client=client)
    deliver(df, output, style, raw=raw)


@main.command(cls=Command)
@click.option(
    "--model",
    multiple=True,
    help=f"Only the roles on this model: an id, or a shared model's name. {options.REPEAT}",
)
@options.connection
def whoami(model: tuple[str, ...], **given: Any) -> None:
    """Show who the key is, of what kind, and which roles it has."""
    from omnipd.readers.whoami import whoami as ask  # noqa: PLC0415

    me = ask(model=list(model) or None, client=client_of(given))
    for name in ("instance", "user_id", "base_user_id", "key_scope", "org_role"):
        click.echo(f"{name:14} {printable(getattr(me, name) or '')}")
    for identity, role in me.roles.items():
        click.echo(
            f"{'role':14} {printable(role.get('roleName') or '')} on model {printable(identity)}"
        )
    if me.roles_truncated:
        click.echo("omnipd: Omni lists roles on 200 models only; there are more.", err=True)


# Said here, since older versions of click write it otherwise.
@main.group(
    cls=CommandWithOthers,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",
    short_help="Start an Omni on this machine, while the command runs.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--size",
    type=click.Choice(["tiny", "demo", "large"]),
    default="demo",
    show_default=True,
    help="Size of the invented organization: 5, 600 or 100,000 documents.",
)
@click.option(
    "--documents",
    type=click.IntRange(0, 1_000_000),
    help="How many documents, in place of the number of --size.",
)
@click.option("--org", type=options.PATH, help="A folder with an organization of your own.")
@click.option("--state", type=options.PATH, help="A file that keeps what is changed.")
@click.option(
    "--requests-per-minute",
    type=click.IntRange(1, 1_000_000),
    help="Be as strict as Omni, for example 60.",
)
@click.option(
    "--control", is_flag=True, help="Let programs open organizations at /_sandbox/tenants."
)
@click.pass_context
def sandbox(ctx: click.Context, /, **given: Any) -> None:
    """Start an Omni on this machine, for as long as the command runs."""
    from omnipd.launch_sandbox import sandbox as launch  # noqa: PLC0415
    from omnipd.shell.model_issues import print_issues  # noqa: PLC0415

    if ctx.invoked_subcommand is not None:
        return
    try:
        with launch(**given) as omni:
            click.echo(f"export OMNI_BASE_URL={omni.base_url}")
            click.echo(f"export OMNI_API_KEY={omni.api_key}")
            click.echo(f"export OMNI_EMBED_SECRET={omni.embed_secret}")
            click.echo(f"# a member's key: {omni.personal_key}")
            for name, identity in omni.models.items():
                click.echo(f"# model {printable(name)}: {identity}")
            sys.stdout.flush()
            print_issues(omni)
            click.echo("A sandbox: the key opens nothing else. Ctrl-C ends it.", err=True)
            click.echo(f"To look at it in a browser: {omni.base_url}", err=True)
            ended = threading.Event()
            # Not in one wait: a signal that comes just before it would be heard only after it.
            while not ended.wait(timeout=1):
                pass
    except KeyboardInterrupt:
        click.echo("\nStopped.", err=True)


@sandbox.command("init", cls=Command, short_help="Write the sandbox's organization to a folder.")
@click.argument("folder", type=options.PATH)
def sandbox_init(folder: Path) -> None:
    """Write the sandbox's organization to a folder, to change it and start it with --org."""
    from omnipd.launch_sandbox import write_demo  # noqa: PLC0415

    write_demo(folder)
    click.echo(f"Change what you like, then: omnipd sandbox --org {folder}")


@main.command(cls=Command)
@click.option("--clear", is_flag=True, help="Delete what is kept.")
@click.option("--cache-dir", type=options.PATH, help="Where omnipd keeps files.")
def cache(clear: bool, cache_dir: Path | None) -> None:
    """Show what omnipd keeps on disk, or delete it."""
    from omnipd.cache.clear import stored_answers  # noqa: PLC0415
    from omnipd.client.current_client import clear_cache  # noqa: PLC0415
    from omnipd.client.settings import disk_root  # noqa: PLC0415

    folder = disk_root(cache_dir)
    if clear:
        count = clear_cache(cache_dir=cache_dir)
        click.echo(f"{counted(count, 'stored answer')} deleted from {folder}")
        return
    count, size = stored_answers(folder)
    click.echo(f"{folder}: {counted(count, 'stored answer')}, {size / 1e6:.1f} MB")


@main.command(cls=Command, short_help="Try omnipd with no key and no network.")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    type=options.PATH,
    default=Path("omnipd-demo"),
    show_default=True,
    help=options.HELP["folder"],
)
def demo(folder: Path) -> None:
    """Try omnipd with no key and no network: the sandbox, an inventory, a query, four files."""
    from omnipd.shell.demo import run_demo  # noqa: PLC0415

    run_demo(folder)


main.add_command(read)
main.add_command(estimate)
main.add_command(audit)
main.add_command(report)
main.add_command(embed)
main.add_command(record)
main.add_command(doctor)
for _command in (plan, apply, undo, journal, compare, promote):
    main.add_command(_command)


if __name__ == "__main__":
    main()
