"""The page itself: one file that needs no network, no script and no other file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from omnipd import audit
from omnipd.addresses import Address
from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, said_shortly, whole_number
from omnipd.audit.facts import facts_of, reading_time
from omnipd.audit.tables import question
from omnipd.errors import ArgumentError, held_warnings
from omnipd.export.whole_files import check_places, write_atomically
from omnipd.extras import load_extra
from omnipd.key_texts import hide_keys
from omnipd.paths import place_of_file
from omnipd.report_page.sections import counts, sections

_MOST_DAYS = 36_500
_QUESTIONS = (audit.unused, audit.schedule_health, audit.orphans, audit.validate)
#: All that the page can speak of.
_ALSO = dict.fromkeys(
    [name for one in _QUESTIONS for name in (*one.needs, *one.also)]
    + ["document_access", "users", "groups", "labels", "schedules", "api_keys", "models"]
)
_ALSO.pop("content", None)


@question("content", also=tuple(_ALSO))
def report(
    inventory: Inventory,
    path: str | os.PathLike[str],
    *,
    before: Inventory | None = None,
    days: int = 180,
    now: datetime | str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Write a page about an organization: what there is, what is stale, broken or nobody's, and what changed.

    One HTML file that opens without a network, prints, and reads on a phone and with a screen reader. It needs
    ``pip install "omnipd[report]"``. Its tables show twenty rows each, and name the command that has all.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni, read or opened. It needs ``content``; what else is in it makes more of the page, and what is
        not is said to be not known. ``report.also`` names all that it takes.
    path : path-like
        The file, or an address as for :func:`to_parquet`. It is replaced atomically.
    before : Inventory, optional
        An earlier inventory of the same Omni: the page has a section of what has changed since.
    days : int, default 180
        How long nobody must have viewed a document, or signed in, for it to be named.
    now : datetime or str, optional
        From when the days count back; UTC unless it says otherwise. Default: when ``content`` was read.
    storage_options : mapping, optional
        As for :func:`to_parquet`.

    Raises
    ------
    ArgumentError
        If the inventory has no ``content``, or it is not known from when to count back.
    SettingsError
        If Jinja is not installed.
    ExportError
        If the file cannot be written.

    See Also
    --------
    omnipd.read_inventory : Reads what it is about.
    omnipd.audit : The questions that its sections answer.

    Examples
    --------
    >>> import omnipd, pathlib, tempfile
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=["content", *omnipd.report.also])
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> omnipd.report(inventory, file)
    """
    if not isinstance(inventory, Inventory):
        raise ArgumentError(
            argument("inventory") + f" must be an Inventory, unlike {said_shortly(inventory)}.",
            hint="omnipd.read_inventory reads one, and omnipd.open_export opens one.",
        )
    if before is not None and not isinstance(before, Inventory):
        raise ArgumentError(
            argument("before") + f" must be an Inventory, unlike {said_shortly(before)}.",
            hint="omnipd.open_export opens an earlier one.",
        )
    place, days = checked("path", path, days, storage_options)
    page = hide_keys(_page(inventory, before, days, now)).encode()
    write_atomically(place, lambda file: file.write(page))


def checked(
    name: str, path: Any, days: Any, storage_options: Mapping[str, Any] | None = None
) -> tuple[Path | Address, int]:
    """Return where a report goes and its days; refuse what it cannot be written with, before a long reading."""
    load_extra("jinja2", "report", "A report needs")
    days = whole_number("days", days, minimum=1, maximum=_MOST_DAYS, unit="days")
    place = place_of_file(name, path, storage_options)
    check_places([place])
    return place, days


def _page(
    inventory: Inventory, before: Inventory | None, days: int, now: datetime | str | None
) -> str:
    jinja2 = load_extra("jinja2", "report", "A report needs")
    if "content" not in inventory:
        why = inventory.failures.get("content")
        raise ArgumentError(
            "The inventory has no content." + (f" Not read: {why}." if why else ""),
            hint="Read it with " + argument("include", ["content"], of="read_inventory") + ".",
        )
    moment = reading_time(inventory, "content", now)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = files("omnipd.report_page").joinpath("page.html").read_text(encoding="utf-8")
    # What is not known is said in the page itself.
    with held_warnings():
        parts = list(sections(inventory, before, days, moment))
    facts = facts_of(inventory, "content")
    page: str = environment.from_string(text).render(
        instance=facts.get("instance") or "not said",
        read=reading_time(inventory, "content", facts.get("fetched_at") or moment),
        complete=inventory.complete,
        counts=counts(inventory),
        sections=parts,
    )
    return page
