"""Results of queries on disk, for those who ask for it: an Arrow stream each, mapped into memory.

One 0700 directory per fingerprint of instance and key; a file is named after all that decides
which rows come, the acting person too. Files are put in place whole, and only for whole results.
A hit is read with the same distrust as an answer of the server: end marker, every value. There is no
checksum: it would take longer than the rest of a hit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from omnipd.cache.private_files import PART, delete, make_folder, set_aside, whole_file
from omnipd.clock import Clock
from omnipd.errors import OmniError, warn
from omnipd.frames.arrow_stream import decode

_NOTES = b"omnipd"
#: Seconds after which a file that was never finished is nobody's any more.
_LONGEST_WRITE = 3600.0
#: Seconds that a damaged file is kept, to be looked at.
_DAMAGED_FOR = 7 * 86_400.0


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
            if not self._is_private():
                return None
            with pa.memory_map(str(file)) as mapped:
                content = mapped.read_buffer()
        except OSError:  # there is none, or it is not ours to read
            return None
        try:
            notes = json.loads(pa.ipc.open_stream(content).schema.metadata[_NOTES])
            if notes["asked"] != asked:
                raise ValueError("not what was stored")
            now, stored_at = self._clock.wall(), float(notes["stored_at"])
            if (
                not stored_at
                <= now
                <= min(stored_at + lifetime.total_seconds(), float(notes["expires_at"]))
            ):
                return None
            return decode(content), dict(notes["facts"])
        except (pa.ArrowException, OmniError, OSError, ValueError, KeyError, TypeError) as error:
            reason = type(error).__name__
        self._set_aside(file, reason)
        return None

    def save(self, asked: str, table: pa.Table, facts: dict[str, Any], lifetime: timedelta) -> None:
        """Store a whole result for so long. A disk that takes none is a warning."""
        now = self._clock.wall()
        expires = now + lifetime.total_seconds()
        notes = {"asked": asked, "stored_at": now, "expires_at": expires, "facts": facts}
        try:
            make_folder(self.folder)
            self._make_private()
            schema = table.schema.with_metadata({_NOTES: json.dumps(notes)})
            with whole_file(self._file(asked), modified=expires) as sink:
                with pa.ipc.new_stream(sink, schema) as stream:
                    stream.write_table(table)
                sink.flush()
                os.fsync(sink.fileno())
            self._drop_expired(now)
        except (OSError, pa.ArrowException) as error:
            warn(f"The result could not be stored in {self.folder} ({type(error).__name__}).")

    def _file(self, asked: str) -> Path:
        digest = hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()
        return self.folder / f"{digest}.arrow"

    def _is_private(self) -> bool:
        """Whether nobody else can have put a file there; other systems than POSIX do not say."""
        found = self.folder.stat()
        return os.name != "posix" or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)

    def _make_private(self) -> None:
        """Close the folder to others; what they could have put there before counts no more."""
        if not self._is_private():
            for file in self.folder.glob("*.arrow"):
                file.unlink()  # one that cannot be deleted is an error: nothing is stored beside it
        if os.name == "posix":
            self.folder.chmod(0o700)

    def _drop_expired(self, now: float) -> None:
        """Delete what has run out: a file's time of change is set to when it does."""
        files = list(self.folder.iterdir())
        delete((file for file in files if file.suffix != PART), older_than=now)
        delete((file for file in files if file.suffix == PART), older_than=now - _LONGEST_WRITE)

    def _set_aside(self, file: Path, reason: str) -> None:
        place = file
        with contextlib.suppress(OSError):
            place = set_aside(file)
            until = self._clock.wall() + _DAMAGED_FOR
            os.utime(place, (until, until))
        warn(f"A damaged result was set aside ({reason}) and its query is run again: {place}")
