"""Exports at an address: made on this machine until they are whole, and put there with the pointer last.

A store has no folder that could be renamed into its place. An export is there when its manifest is, which
is put behind its tables; until then nobody finds it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omnipd.addresses import Address
from omnipd.admin.snapshots import MANIFEST, Snapshots, read_manifest, unfinished_in
from omnipd.arguments import argument
from omnipd.cache.checkpoint import delete_checkpoint
from omnipd.cache.private_files import make_folder
from omnipd.errors import ExportError, SettingsError, warn
from omnipd.export.whole_files import put_together

#: Where the name is noted under which an export is being put: after a break it goes on under the same.
_PLACE = ".place"


class AddressSnapshots(Snapshots):
    """The exports at an address.

    Parameters
    ----------
    root : Address
        Where they are.
    state : Path
        The folder of this user's state, where what is not whole waits.
    """

    root: Address

    def __init__(self, root: Address, state: Path) -> None:
        super().__init__(root)
        self._waiting = state / "exports"

    def begin(self, asked: Mapping[str, Any]) -> Path:
        """Return the folder on this machine of an export that is not whole yet."""
        with contextlib.suppress(FileNotFoundError):
            self.root.iterdir()  # a store that cannot be asked is known before anything is read for it
        try:
            make_folder(self._waiting)
            return unfinished_in(self._waiting, {**asked, "address": os.fspath(self.root)})
        except OSError as error:
            reason = type(error).__name__
        raise SettingsError(
            f"The folder {self._waiting}, where an export waits until it is whole, cannot be used "
            f"({reason}).",
            hint="OMNIPD_STATE_DIR names another folder.",
        )

    def publish(self, unfinished: Path) -> Address:
        """Put a whole export to its address, and let the pointer name it; return the address."""
        delete_checkpoint(unfinished)  # which a kill may have left
        note = unfinished / _PLACE
        if not note.exists():
            note.write_text(self._free_name(unfinished))
        place = self.root / note.read_text()
        try:
            files = sorted(one for one in unfinished.iterdir() if one != note)
            files.sort(key=lambda one: one.name == MANIFEST)
            put_together({place / one.name: one for one in files})
            self._point_to(place.name, read_manifest(unfinished))
        except ExportError as error:
            error.add_note(f"What was read is in {unfinished}: the same call puts it there.")
            raise
        shutil.rmtree(unfinished, ignore_errors=True)
        return place

    def keep(self, number: int) -> None:
        """Delete all but the last exports."""
        for name in self._superseded(number):
            place = self.root / name
            try:
                with contextlib.suppress(FileNotFoundError):  # another process does the same
                    (place / MANIFEST).unlink()  # out of sight first: half of one must not be found
                    place.delete_all()
            except ExportError as error:
                warn(
                    "An export is still there that "
                    + argument("keep", number)
                    + " would delete. "
                    + error.message
                )
