"""A journal: what became of a plan, to be looked at, gone on with, verified and undone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from omnipd.arguments import argument, function
from omnipd.call import noted_interrupt, one_call
from omnipd.changes.change import Change
from omnipd.changes.journal_file import Entry, JournalFile
from omnipd.changes.make_changes import MakeChanges
from omnipd.changes.now import Now
from omnipd.changes.plan_rows import change_of, saying
from omnipd.changes.report import report_of
from omnipd.changes.verify import verify
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.display import shortened
from omnipd.errors import ArgumentError, OmniError
from omnipd.message import in_python
from omnipd.paths import local_path

#: The states of what may have been changed in Omni by it.
_MADE = ("ok", "unverified", "unknown", "sent")
_LONGEST_REASON = 500
#: What to do about what is no path of a journal.
NAMED_BY = 'report.attrs["omni"]["journal"] names the journal of what a plan has made.'


class Journal:
    """What became of each change of a plan. Plans are applied with one; :func:`open_journal` opens it again.

    Parameters
    ----------
    file : Path
        Where it is.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._opened() as held:
            if not held.about:
                raise ArgumentError(
                    f"The journal {file} was never begun: nothing was sent.",
                    hint="Apply the plan again.",
                )
            self.instance = held.about["instance"]
            self.name = held.about["plan"]
            self._changes = [change_of(cells) for cells in held.planned()]

    @classmethod
    def begun(cls, file: Path, changes: Sequence[Change], instance: str, name: str) -> Journal:
        """Begin one for a plan. What the plan refused is settled from the beginning."""
        about = {
            "instance": instance,
            "plan": name,
            "begun_at": datetime.now(UTC).isoformat(),
        }
        JournalFile(file, about, [saying(one) for one in changes]).close()
        return cls(file)

    @classmethod
    def found(cls, file: Path) -> Journal | None:
        """Open one; None where there is none, or whoever began it was killed before it was begun."""
        if not file.exists():
            return None
        held = JournalFile(file)
        held.close()
        return cls(file) if held.about else None

    def __len__(self) -> int:
        return len(self._changes)

    def __repr__(self) -> str:
        try:
            states = self.report()["state"].value_counts()
        except OmniError as error:  # it is being applied, or its file is gone
            told = shortened(error.message, _LONGEST_REASON)
        else:
            told = ", ".join(f"{count:,} {state}" for state, count in states.items())
        return f"omnipd.Journal {self.file} of {self.instance}: {told or 'no changes'}"

    @property
    def is_at_its_end(self) -> bool:
        """Whether nothing is left to be made, asked for or read back."""
        with self._opened() as held:
            entries = held.entries()
        each = [entries.get(row, Entry("pending")) for row in range(len(self))]
        return not any(
            one.state in {"pending", "sent"} or (one.state == "ok" and one.verified is None)
            for one in each
        )

    def report(self) -> pd.DataFrame:
        """Return what became of each change, one row each, without asking Omni.

        Returns
        -------
        pandas.DataFrame
            The columns of a plan but ``refused``, and:

            - ``state`` (string): ``ok`` where Omni took it; ``already`` where it was so before and
              nothing was sent; ``conflict`` where Omni had something else than the plan was made from;
              ``failed`` where Omni refused it; ``unknown`` where the answer was lost and Omni does not
              show what became of it; ``unverified`` where Omni took it and does not show it; ``refused``
              where the plan says why it is not made; ``pending`` where nothing was sent yet.
            - ``detail`` (string): why.
            - ``verified`` (bool): whether Omni showed it afterwards; null where nobody looked.
            - ``status`` (int64): the HTTP status of a refusal.
            - ``at`` (timestamp, UTC): since when it is so.
        """
        with self._opened() as held:
            return self._report(held)

    def resume(self, *, client: Client | None = None) -> pd.DataFrame:
        """Make what is left to be made: what is pending is sent, what is unknown is looked for first.

        What Omni took is read back, unless that was done.

        Parameters
        ----------
        client : Client, optional
            Of the same Omni. Default: the current one.

        Returns
        -------
        pandas.DataFrame
            As :meth:`report`.

        Raises
        ------
        OmniError
            That stopped it: a key that was refused twice, no connection, a limit that lasts. ``partial``
            has the report, and ``resume()`` goes on.
        """
        acting = self._client(client)

        def how_to_go_on() -> list[str]:
            return [
                f"What was made is in the journal {self.file}, which "
                + function("open_journal")
                + " opens"
                + in_python(", and resume() goes on")
                + "."
            ]

        with one_call(), self._opened() as held:
            now = Now(acting)
            try:
                with noted_interrupt(how_to_go_on):
                    MakeChanges(held, self._changes, now).run()
                    verify(held, self._changes, now)
            except OmniError as error:
                with contextlib.suppress(OmniError):  # the journal itself may be what is wrong
                    error.partial = self._report(held)
                for note in how_to_go_on():
                    error.add_note(note)
                error.resumable_by(lambda: self.resume(client=client))
                raise
            return self._report(held)

    def verify(self, *, client: Client | None = None) -> pd.DataFrame:
        """Read back again what Omni took, and return the report.

        Parameters
        ----------
        client : Client, optional
            As for :meth:`resume`.
        """
        acting = self._client(client)
        with one_call(), self._opened() as held:
            try:
                verify(held, self._changes, Now(acting), again=True)
            except OmniError as error:
                with contextlib.suppress(OmniError):
                    error.partial = self._report(held)
                error.resumable_by(lambda: self.verify(client=client))
                raise
            return self._report(held)

    def made(self) -> list[Change]:
        """Return the changes that calls were made for which may have had an effect, in their order."""
        with self._opened() as held:
            entries = held.entries()
        return [
            change
            for row, change in enumerate(self._changes)
            if (entry := entries.get(row)) is not None and entry.tries and entry.state in _MADE
        ]

    def _client(self, client: Client | None) -> Client:
        acting = current_client(client)
        if acting.base_url != self.instance:
            raise ArgumentError(
                f"The journal {self.file} is of {self.instance}, and "
                + argument("client")
                + f" of {acting.base_url}.",
                hint="Nothing was sent. Connect to the same Omni.",
            )
        return acting

    def _report(self, held: JournalFile) -> pd.DataFrame:
        facts = {"instance": self.instance, "journal": str(self.file)}
        return report_of(self._changes, held.entries(), facts)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[JournalFile]:
        held = JournalFile(self.file)
        try:
            yield held
        finally:
            held.close()


def open_journal(path: str | os.PathLike[str]) -> Journal:
    """Open the journal of a plan that was applied, wholly or in part.

    Parameters
    ----------
    path : path-like
        The file. ``report.attrs["omni"]["journal"]`` of what :meth:`Plan.apply` returns names it.

    Returns
    -------
    Journal

    Raises
    ------
    ArgumentError
        If there is none, it is none, or another process is at it.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     report = omnipd.plan_labels(omnipd.read_documents(), add="finance").apply()
    ...     again = omnipd.open_journal(report.attrs["omni"]["journal"]).report()
    >>> again["state"].value_counts().to_dict()
    {'ok': 4}
    """
    return Journal(local_path("path", path, hint=NAMED_BY))
