"""Which journal a plan is applied with: a new one, or its own that is not at its end."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from omnipd.changes.change import Change
from omnipd.changes.journal import Journal
from omnipd.changes.plan_rows import plan_name
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.paths import local_path

_FOLDER = "journals"


def journal_for(
    path: str | os.PathLike[str] | None,
    changes: Sequence[Change],
    asked: Callable[[Client], Sequence[Change]],
    client: Client,
) -> Journal:
    """Return the journal of a plan, begun or to be gone on with.

    Parameters
    ----------
    asked : callable
        Returns the changes after Omni was asked about them: with these one is begun. It bears the name of
        those that the plan has.

    Raises
    ------
    ArgumentError
        If the file is the journal of another plan, or none.
    """
    name = plan_name(changes, client.base_url)
    if path is not None:
        file = local_path("journal", path)
        journal = Journal.found(file)
        if journal is not None and journal.name != name:
            raise ArgumentError(
                f"The journal {file} is of another plan.", hint="Nothing was sent. Name a new file."
            )
        return journal or Journal.begun(file, asked(client), client.base_url, name)
    folder, number = client.state / _FOLDER, 1
    while (journal := Journal.found(file := folder / f"{name}-{number}.journal")) is not None:
        if not journal.is_at_its_end:
            return journal
        number += 1
    return Journal.begun(file, asked(client), client.base_url, name)
