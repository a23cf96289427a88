"""The options that several commands have, and the client that they describe.

An option is named as the parameter of Python that it is, for messages speak of that; ``connect_cache``
is the one of connect(), since a command may be of a function that has one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
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


connection = apply_all(
    click.option("--base-url", help="The address you sign in at. Default: OMNI_BASE_URL."),
    click.option(
        "--api-key-file",
        "api_key",
        type=PATH,
        help="File that holds the key. Default: OMNI_API_KEY. A key on the command line could be seen.",
    ),
    click.option("--profile", help="Profile of Omni's own command line."),
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

raw = click.option(
    "--raw", is_flag=True, help="Leave text that spreadsheets run as formulas as it is in CSV."
)
refresh = click.option(
    "--refresh", is_flag=True, help="Ask Omni even where the cache has an answer."
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


def client_of(given: dict[str, Any]) -> Client:
    """Take the connection's options out of a command's, and connect."""
    from omnipd.client.current_client import connect  # noqa: PLC0415

    names = ("base_url", "profile", "requests_per_minute", "timeout", "cache_dir")
    own = {name: given.pop(name) for name in names}
    key_file, cache = given.pop("api_key"), given.pop("connect_cache")
    own["cache"] = False if cache == "off" else cache
    # Read in the call itself, so that no frame of a traceback holds the key.
    return connect(api_key=None if key_file is None else _read_key(key_file), **own)


def _read_key(path: Path) -> str:
    from omnipd.errors import SettingsError  # noqa: PLC0415
    from omnipd.key_texts import holds_key  # noqa: PLC0415
    from omnipd.paths import local_path  # noqa: PLC0415

    if holds_key(str(path)):
        raise SettingsError(
            "--api-key-file is given a key.", hint="Write the key to a file, and name that."
        )
    path = local_path("api_key", path, error=SettingsError)
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The key file {path} cannot be read.") from None
