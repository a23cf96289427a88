"""Results of queries on disk, for those who ask for it: an Arrow stream each, mapped into memory.

One 0700 directory per fingerprint of instance and key; a file is named after all that decides
which rows come, the acting person too. Files are put in place whole, and only for whole results.
A hit is read with the same distrust as an answer of the server: end marker, every value. There is no
checksum: it would take longer than the rest of a hit.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from omnipd.cache.private_files import (
    Unusable,
    drop_expired,
    open_own,
    own_folder,
    set_aside,
    whole_file,
)
from omnipd.clock import Clock
from omnipd.errors import OmniError, warn
from omnipd.frames.arrow_stream import decode

_NOTES = b"omnipd"


class ResultCache:
    """The stored results of one instance and key.

    Parameters
    ----------
    folder : Path
        Made with mode 0700 when first written.
    clock : Clock
        Whose wall time counts.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock

    def load(self, asked: str, lifetime: timedelta) -> tuple[pa.Table, dict[str, Any]] | None:
        """Return a stored result and its facts, or None without a sound one that is young enough.

        Parameters
        ----------
        asked : str
            All that decides which rows come.
        lifetime : timedelta
            How old it may be.
        """
        file = self._file(asked)
        try:
            if not own_folder(self.folder):
                return None
        except Unusable:  # which is said when the result is to be stored
            return None
        try:
            content = _mapped(file)
            notes = json.loads(pa.ipc.open_stream(content).schema.metadata[_NOTES])
            if notes["asked"] != asked or notes["of"] != self.folder.name:
                raise ValueError("not what was stored")
            now, stored_at = self._clock.wall(), float(notes["stored_at"])
            if (
                not stored_at
                <= now
                <= min(stored_at + lifetime.total_seconds(), float(notes["expires_at"]))
            ):
                return None
            return decode(content), dict(notes["facts"])
        except FileNotFoundError:
            return None
        except Unusable as refused:
            reason = str(refused)
        except (pa.ArrowException, OmniError, OSError, ValueError, KeyError, TypeError) as error:
            reason = type(error).__name__
        self._set_aside(file, reason)
        return None

    def save(self, asked: str, table: pa.Table, facts: dict[str, Any], lifetime: timedelta) -> None:
        """Store a whole result for so long. A disk that takes none is a warning."""
        now = self._clock.wall()
        expires = now + lifetime.total_seconds()
        notes = {"of": self.folder.name, "asked": asked, "stored_at": now, "expires_at": expires}
        notes["facts"] = facts
        try:
            own_folder(self.folder, make=True)
            schema = table.schema.with_metadata({_NOTES: json.dumps(notes)})
            with whole_file(self._file(asked), modified=expires) as sink:
                with pa.ipc.new_stream(sink, schema) as stream:
                    stream.write_table(table)
                sink.flush()
                os.fsync(sink.fileno())
            drop_expired(self.folder, now)
        except Unusable as refused:
            warn(
                f"The result could not be stored: the folder {self.folder} {refused}. Set "
                "OMNIPD_CACHE_DIR to a folder of your own that can be written."
            )
        except (OSError, pa.ArrowException) as error:
            warn(f"The result could not be stored in {self.folder} ({type(error).__name__}).")

    def _file(self, asked: str) -> Path:
        digest = hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()
        return self.folder / f"{digest}.arrow"

    def _set_aside(self, file: Path, reason: str) -> None:
        try:
            file = set_aside(file, self._clock.wall())
        except Unusable:
            warn(f"A damaged result is not used ({reason}) and its query is run again: {file}")
            return
        warn(f"A damaged result was set aside ({reason}) and its query is run again: {file}")


def _mapped(file: Path) -> pa.Buffer:
    """Return the content of a file, mapped into memory for as long as anything uses it.

    No descriptor is held for so long: there may be many frames, and few descriptors.
    """
    with open_own(file) as opened:
        # By its descriptor, since by now another file may have its name; Windows does not allow that.
        name = f"/dev/fd/{opened.fileno()}"
        if not os.path.exists(name):  # noqa: PTH110 - and some containers have no /dev/fd
            name = str(file)
        with pa.memory_map(name) as mapped:
            return mapped.read_buffer()
