"""Record what Omni answers, so that somebody else can see what happened without seeing what it is about."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omnipd.arguments import argument
from omnipd.cache.private_files import whole_file
from omnipd.client import recorder
from omnipd.client.recorder import Recorder
from omnipd.errors import ArgumentError, ExportError, SettingsError, warn
from omnipd.export.whole_files import check_places, make_folder
from omnipd.key_texts import holds_key
from omnipd.paths import local_path
from omnipd.recording.har import har
from omnipd.recording.redaction import Redaction
from omnipd.recording.replacement import Replacement


@contextlib.contextmanager
def record(path: str | os.PathLike[str], *, results: bool = False) -> Iterator[None]:
    """Record the requests of a block and their answers, with all names in them replaced.

    The file can be sent to somebody else, and :func:`omnipd.sandbox` answers again what is in it:
    ``omnipd.sandbox(replay=path)``. So an odd answer becomes a test.

    Parameters
    ----------
    path : str or Path
        The file, of the format HAR 1.2. It is written when the block ends, also by an error, as a whole
        and for nobody else to read; one that is there is replaced.
    results : bool, default False
        Keep the numbers in results of queries. By default their digits are replaced, as they are in texts.

    Returns
    -------
    context manager
        Of the block that is recorded.

    Raises
    ------
    ArgumentError
        If `path` is no file that can be named.
    ExportError
        If the file cannot be written, or would hold an API key.
    SettingsError
        If something is recorded already.

    Warns
    -----
    OmniWarning
        If nothing was asked.

    Notes
    -----
    All requests of the process are recorded, in whichever thread and by whichever client. Lists are asked
    for and not taken from the cache. A result that ``ttl=`` takes from this machine is not asked for, and
    not recorded.

    Names, ids, emails, labels, paths, and the names of fields and attributes are replaced, each by the
    same wherever it is: a UUID by a UUID, a word by one of the same length. Omni's own words stay, as do
    dates, counts, nulls, and how long a list is. The page on the sandbox says it in full.

    Examples
    --------
    >>> import omnipd, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "odd.har")
    ...     with omnipd.sandbox(documents=5):
    ...         with omnipd.record(file):
    ...             asked = omnipd.read_labels()
    ...     with omnipd.sandbox(replay=file):
    ...         again = omnipd.read_labels()
    >>> asked["usage_count"].equals(again["usage_count"]), set(asked["label"]) & set(again["label"])
    (True, set())
    """
    file = local_path("path", path)
    if not isinstance(results, bool):
        raise ArgumentError(argument("results", results) + " must be True or False.")
    check_places([file])
    taken = Recorder()
    if not recorder.begin(taken):
        raise SettingsError(
            "Something is recorded already in this process.", hint="End that block first."
        )
    try:
        yield
    finally:
        recorder.end(taken)
        if taken.is_here:
            _write(file, taken, results=results)


def _write(file: Path, taken: Recorder, *, results: bool) -> None:
    if not taken.exchanges:
        warn(f"Nothing was asked of Omni while {file} was recorded: it has no request.")
    text = json.dumps(_recording(taken, results=results), ensure_ascii=False, indent=1)
    if _shows_a_key(text, taken):
        raise ExportError(
            f"{file} was not written: an API key would be in it.",
            hint="Please report this, without the key.",
        )
    make_folder(file.parent)  # which check_places has taken away again
    failed = None
    try:
        with whole_file(file) as opened:
            opened.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        failed = error.strerror or type(error).__name__
    if failed is not None:
        raise ExportError(f"{file} cannot be written: {failed}.")


def _recording(taken: Recorder, *, results: bool) -> dict[str, Any]:
    replaced = Replacement()
    redaction = Redaction(replaced, results=results)
    har(taken.exchanges, redaction, results=results)
    replaced.is_learning = False
    return har(taken.exchanges, redaction, results=results)


def _shows_a_key(text: str, taken: Recorder) -> bool:
    return holds_key(text) or any(hide(text) != text for hide in taken.hides.values())
