"""Jobs from ``query/run`` until their lines are delivered."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from omnipd_sandbox.http.reply import Sink

_AT_MOST = 1000


@dataclass
class Job:
    """A submitted query: how many waits it still needs, and how it writes its last line.

    The query runs when that line is written, so that a job nobody waits for costs nothing.
    """

    id: str
    waits_left: int
    write_line: Callable[[Sink], None]


class Jobs:
    """Hold the jobs whose lines are not delivered yet.

    Lines arrive once: a delivered job is forgotten, and asking for it again is asking for an
    unknown one. The oldest jobs are forgotten too when too many wait.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()

    def next_id(self) -> str:
        """Give the id of the next job, which nobody can guess (docs/wire.md)."""
        return str(uuid.uuid4())

    def is_known(self, job_id: str) -> bool:
        """Tell whether a job waits to be delivered."""
        with self._lock:
            return job_id in self._waiting

    def hold(self, job: Job) -> None:
        """Keep a job until it is waited for."""
        with self._lock:
            self._waiting[job.id] = job
            while len(self._waiting) > _AT_MOST:
                self._waiting.popitem(last=False)

    def wait(self, job_id: str) -> tuple[Job | None, bool]:
        """Wait once for a job; None if it is unknown, and whether it is finished, and leaves."""
        with self._lock:
            job = self._waiting.get(job_id)
            if job is None:
                return None, False
            job.waits_left -= 1
            finished = job.waits_left <= 0
            if finished:
                del self._waiting[job_id]
            return job, finished
