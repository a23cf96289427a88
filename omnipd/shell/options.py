"""The options that several commands have, and the client that they describe.

An option is named as the parameter of Python that it is, for messages speak of that; ``connect_cache``
is the one of connect(), since a command may be of a function that has one of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from omnipd.client.client import Client


class _Path(click.Path):
    """A path, and not the empty text that a shell gives for an unset variable: it would be this folder."""

    def convert(self, value: Any, *args: Any) -> Any:
        if value == "":
            self.fail("it is empty.", *args)
        return super().convert(value, *args)


PATH = _Path(path_type=Path)


def apply_all(*options: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Apply several click options, in the order in which the help shows them."""

    def apply(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


def _one_only(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> str | None:
    """Return what is given once: the last of several would be taken silently."""
    if len(given) > 1:
        raise click.BadParameter(
            f"It is given {len(given)} times, and this command asks one Omni.", ctx, param
        )
    return given[0] if given else None


_PROFILE = "Profile of Omni's own command line."
_one_omni = apply_all(
    click.option("--base-url", help="The address you sign in at. Default: OMNI_BASE_URL."),
    click.option(
        "--api-key-file",
        "api_key",
        type=PATH,
        help="File that holds the key. Default: OMNI_API_KEY. A key on the command line could be seen.",
    ),
)
_how_it_is_asked = apply_all(
    click.option(
        "--cache",
        "connect_cache",
        default="10m",
        show_default=True,
        help="How long lists are kept; 'off' keeps none.",
    ),
    click.option(
        "--requests-per-minute", default=60, show_default=True, help="What Omni allows the key."
    ),
    click.option(
        "--timeout", type=float, help="Seconds that the whole command may take to ask Omni."
    ),
    click.option("--cache-dir", type=PATH, help="Where omnipd keeps files."),
)
#: For what asks one Omni.
connection = apply_all(
    _one_omni,
    click.option("--profile", multiple=True, callback=_one_only, help=_PROFILE),
    _how_it_is_asked,
)
#: For what asks one Omni, or several at once.
connections = apply_all(
    _one_omni,
    click.option(
        "--profile",
        multiple=True,
        help=f"{_PROFILE} Repeat to ask several Omnis; the column instance says which a row is of.",
    ),
    _how_it_is_asked,
)
#: For what is between two.
two_profiles = apply_all(
    click.option(
        "--profile",
        multiple=True,
        required=True,
        help=f"{_PROFILE} Give it twice: the first Omni, then the second.",
    ),
    _how_it_is_asked,
)

#: What an option says in every command, by the parameter that it is.
HELP = {
    "checkpoint": "A folder that keeps every answer until all is read: the same command goes on after a break.",
    "direction": "Ascending or descending.",
    "errors": "raise, or collect to go on after what is refused.",
    "folder": "Where to write; a folder that is missing is made.",
    "full_every": "With --since: after which time all is asked for again. Default: 7d.",
    "keep": "How many exports stay. Default: all.",
    "limit": "Total number of rows. Default: all.",
    "max_calls": "Refuse what needs more requests.",
    "refresh": "Ask Omni even where the cache has an answer.",
    "since": "Ask again only for what may have changed since the last export.",
    "strict": "Fail when a list does not add up.",
}

#: What the help of an option says that may be given several times.
REPEAT = "Repeat for several."
REPEAT_OR_COMMAS = "Repeat, or separate by commas."


def one_of(choices: Sequence[str]) -> dict[str, Any]:
    """Return what an option has that takes one of several words.

    They are shown and completed only: the function refuses others, with near matches.
    """
    return {
        "metavar": f"[{'|'.join(choices)}]",
        "shell_complete": lambda _ctx, _param, begun: [
            one for one in choices if one.startswith(begun)
        ],
    }


def complete_files(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[Any]:
    """Let the shell complete the name of a file."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return [CompletionItem(begun, type="file")]


def split_at_commas(
    _ctx: click.Context, _param: click.Parameter, given: Sequence[str]
) -> tuple[str, ...]:
    """Return names that were given one by one, or several with commas between them."""
    return tuple(name.strip() for one in given for name in one.split(","))


def complete_lists(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[Any]:
    """Complete the last of the names of lists, and groups of them, that an inventory may include."""
    from omnipd.admin.inventory_parts import ALL_PARTS, GROUPS  # noqa: PLC0415

    before, comma, last = begun.rpartition(",")
    names = sorted({*ALL_PARTS, *GROUPS, "all"})
    return [before + comma + one for one in names if one.startswith(last)]


def include(meaning: str, default: Sequence[str] = ()) -> Callable[..., Any]:
    """Return the option that names several things; without a default they are lists."""
    return click.option(
        "--include",
        multiple=True,
        default=default,
        show_default=bool(default),
        callback=split_at_commas,
        shell_complete=None if default else complete_lists,
        help=f"{meaning} {REPEAT_OR_COMMAS}",
    )


of_model = apply_all(
    click.option("--model", help="An id, or a shared model's name. Default: all shared models."),
    click.option("--branch-id", help="Read this branch of the model."),
)
raw = click.option(
    "--raw", is_flag=True, help="Leave text that spreadsheets run as formulas as it is in CSV."
)
refresh = click.option("--refresh", is_flag=True, help=HELP["refresh"])
strict = click.option("--strict/--no-strict", default=True, help=HELP["strict"])
errors = click.option(
    "--errors",
    default="raise",
    show_default=True,
    help=HELP["errors"],
    **one_of(["raise", "collect"]),
)
scope = click.option(
    "--scope",
    default="all",
    show_default=True,
    help="Whether content and folders hold what is personal, with one call more for each user, or only "
    "what is the organization's.",
    **one_of(["all", "organization"]),
)
max_calls = click.option("--max-calls", type=int, help=HELP["max_calls"])
long_read = apply_all(
    click.option("--checkpoint", type=PATH, help=HELP["checkpoint"]),
    max_calls,
)

output = apply_all(
    click.option(
        "-o",
        "--output",
        type=PATH,
        help="Write to a file instead, by its ending: .parquet, .xlsx, .csv or .jsonl, these two also "
        "compressed: .csv.gz.",
    ),
    click.option(
        "--format",
        "style",
        type=click.Choice(["table", "csv", "jsonl"]),
        default="table",
        show_default=True,
        help="What to print on standard output.",
    ),
    raw,
)


#: The parameters of a connection that are in every command.
CONNECTION = ("connect_cache", "requests_per_minute", "timeout", "cache_dir")


def client_of(given: dict[str, Any]) -> Client:
    """Take the connection's options out of a command's, and connect: to a fleet, if several are named."""
    from omnipd.client.current_client import connect  # noqa: PLC0415
    from omnipd.client.fleet import Fleet  # noqa: PLC0415

    profile = given.pop("profile")
    named: list[str] = [profile] if isinstance(profile, str) else list(profile or ())
    names = ("base_url", "requests_per_minute", "timeout", "cache_dir")
    own = {name: given.pop(name) for name in names if name in given}
    key_file, cache = given.pop("api_key", None), given.pop("connect_cache")
    own["cache"] = False if cache == "off" else cache
    if len(named) > 1:
        _refuse_what_is_of_one(named, own, key_file)
        clients = {name: connect(profile=name, **own) for name in named}
        # One that is down is named, and missing: the command ends with its code for gaps.
        return Fleet(clients, errors="collect")
    # Read in the call itself, so that no frame of a traceback holds the key.
    return connect(
        api_key=None if key_file is None else read_secret(key_file, "--api-key-file"),
        profile=named[0] if named else None,
        **own,
    )


def _refuse_what_is_of_one(
    named: Sequence[str], own: dict[str, Any], key_file: Path | None
) -> None:
    """Refuse one address or key for several Omnis, and one Omni twice."""
    from omnipd.errors import SettingsError  # noqa: PLC0415

    if own.pop("base_url", None) is not None or key_file is not None:
        raise SettingsError(
            "--base-url and --api-key-file are of one Omni, and --profile names several.",
            hint="Leave them out: each profile has its own.",
        )
    if len(set(named)) < len(named):
        raise SettingsError("--profile names one Omni twice.", hint="Name each once.")


def read_secret(path: Path, option: str) -> str:
    """Return the key or secret that a file holds, or standard input where the option takes it."""
    from omnipd.errors import SettingsError  # noqa: PLC0415
    from omnipd.key_texts import holds_key  # noqa: PLC0415
    from omnipd.paths import local_path  # noqa: PLC0415

    if option == "--secret-file" and str(path) == "-":
        return sys.stdin.read().strip()
    if holds_key(str(path)):
        raise SettingsError(
            f"{option} is given a key.", hint="Write the key to a file, and name that."
        )
    path = local_path("api_key", path, error=SettingsError)
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    what = "secret" if option == "--secret-file" else "key"
    raise SettingsError(f"The {what} file {path} cannot be read: {reason}.")
