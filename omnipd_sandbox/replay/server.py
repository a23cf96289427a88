"""The server that answers a recording: each request by what it was answered when it was recorded."""

from __future__ import annotations

import difflib
import traceback
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from omnipd_sandbox.http.listener import Door, Doorkeeper
from omnipd_sandbox.http.refusals import RefusedRequest
from omnipd_sandbox.http.reply import Broken, Document, Reply
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.http.request_log import Asked, RequestLog
from omnipd_sandbox.moods.checks import whole
from omnipd_sandbox.replay.recording import Question, question, read_recording

if TYPE_CHECKING:
    from typing import Self

_SHOWN = 3


class ReplayServer:
    """Serve a recording over HTTP, in threads of this process.

    Whoever asks may have any key, or none: who may what is in the answers.

    Parameters
    ----------
    recording : str or Path
        A file of the format HAR 1.2.
    host, port : str, int
        Where to listen; 0 takes a free port.

    Raises
    ------
    BadRecording
        If the file is no recording.
    """

    #: A key, since a client needs one; it opens nothing.
    api_key = "omni_osk_replayed0000000000000000000000"
    personal_key = "omni_pat_replayed0000000000000000000000"
    embed_secret = "replayed"  # noqa: S105 - there is nothing to embed

    def __init__(self, recording: str | Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        whole(0, 65_535)("port", port)
        if not isinstance(recording, str | PathLike):
            msg = f"replay must be a path, not {recording!r}"
            raise ValueError(msg)  # noqa: TRY004 - as for other arguments
        self._recording = read_recording(Path(recording))
        self._answered: Counter[Question] = Counter()
        self._host, self._port = host, port
        self._log = RequestLog()
        self._failures: deque[str] = deque(maxlen=100)
        self._door: Door | None = None
        self._keeper: Doorkeeper | None = None
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Give the address, once started."""
        if self._door is None:
            msg = "the sandbox has no address: it is not started, or closed"
            raise RuntimeError(msg)
        return self._door.url

    @property
    def requests(self) -> list[Asked]:
        """List what was asked, the last ten thousand of it."""
        return self._log.last

    @property
    def failures(self) -> list[str]:
        """List the tracebacks of faults of the sandbox itself."""
        return list(self._failures)

    @property
    def issues(self) -> Mapping[str, list[Any]]:
        """Give what is wrong in models: there are none."""
        return {}

    def start(self) -> Self:
        """Listen, and answer from now on."""
        self._door = Door(self._host, self._port, self._respond, self._report)
        self._keeper = Doorkeeper()
        self._keeper.watch(self._door)
        return self

    def close(self) -> None:
        """Stop answering and hang up; closing twice is no error."""
        keeper, self._keeper = self._keeper, None
        door, self._door = self._door, None
        if keeper is not None:
            keeper.close()
        if door is not None:
            door.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _respond(self, request: Request) -> Reply:
        asked = question(
            request.method,
            request.path,
            list(request.query),
            request.body.decode("utf-8", "replace"),
        )
        answers = self._recording.answers.get(asked)
        if answers is None:
            reply: Reply = self._unknown(asked)
        else:
            with self._lock:
                number = self._answered[asked]
                self._answered[asked] += 1
            reply = self._at_home(answers[min(number, len(answers) - 1)])
        status = reply.status
        self._log.add(Asked(request.method, request.path, request.query, status))
        return reply

    def _at_home(self, reply: Reply) -> Reply:
        """Let a redirect within the recorded Omni lead to this server."""
        if isinstance(reply, Broken) or not self._recording.origin:
            return reply
        home = {
            name: value.replace(self._recording.origin, self.url)
            if name.lower() == "location"
            else value
            for name, value in reply.headers.items()
        }
        return replace(reply, headers=home)

    def _unknown(self, asked: Question) -> Document:
        recorded = {_shown(one): None for one in self._recording.answers}
        near = difflib.get_close_matches(_shown(asked), recorded, n=_SHOWN, cutoff=0.5)
        found = f"; it has {' and '.join(near)}" if near else ""
        words = f"The recording has no answer to {_shown(asked)}{found}"
        return RefusedRequest(501, words).reply(asked[1])

    def _report(self, error: BaseException) -> None:
        self._failures.append("".join(traceback.format_exception(error)))


def _shown(asked: Question) -> str:
    method, path, query, body = asked
    parameters = f"?{urlencode(query)}" if query else ""
    return f"{method} {path}{parameters}{f' with {body:.300}' if body else ''}"
