"""Time programs side by side against a server that costs next to nothing.

Every measurement is a process of its own. The programs take turns, and ratios are those of the same
round, so that a busy machine disturbs both alike.
"""

from __future__ import annotations

import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PIECE = 256 * 1024


class ReadyServer:
    """A server that has every answer ready, head and body, and sends it from memory.

    Parameters
    ----------
    answer : callable
        Takes the first line of a request and returns the whole answer.
    megabytes_per_second : float, optional
        How fast the line is.
    """

    def __init__(
        self, answer: Callable[[bytes], bytes], megabytes_per_second: float | None = None
    ) -> None:
        self._answer = answer
        self._speed = megabytes_per_second
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while first := stream.readline():
                length = 0
                while (line := stream.readline()) not in {b"\r\n", b""}:
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                stream.read(length)
                self.requests += 1
                self._send(connection, memoryview(self._answer(first)))

    def _send(self, connection: socket.socket, answer: memoryview) -> None:
        if self._speed is None:
            connection.sendall(answer)
            return
        start = time.perf_counter()
        for place in range(0, len(answer), _PIECE):
            connection.sendall(answer[place : place + _PIECE])
            due = start + (place + _PIECE) / (self._speed * 1e6)
            time.sleep(max(0.0, due - time.perf_counter()))


def ok(body: bytes, *headers: str) -> bytes:
    """Return a whole HTTP answer with this body."""
    lines = ["HTTP/1.1 200 OK", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


class Peak:
    """The most memory that this process takes from now on, in MB above what it holds now.

    Linux is asked for the peak of this very process: ``ru_maxrss`` begins with what the parent
    held, and the parent holds the answers.
    """

    def __init__(self) -> None:
        _REFS.write_text("5")
        self.started = time.process_time()
        self._before = self._kilobytes("VmRSS")

    def megabytes(self) -> float:
        """Return the peak so far."""
        return (self._kilobytes("VmHWM") - self._before) * 1024 / 1e6

    @staticmethod
    def _kilobytes(name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
        assert found is not None
        return int(found.group(1))


def report(rows: int, seconds: float, peak: Peak) -> None:
    """Print what :func:`rounds` reads."""
    print(rows, seconds, peak.megabytes(), time.process_time() - peak.started)


def rounds(
    script: str, programs: Sequence[str], arguments: Sequence[str], rows: int, times: int
) -> list[dict[str, tuple[float, ...]]]:
    """Let the programs take turns; return seconds, MB and CPU seconds, round by round."""
    found = []
    for _ in range(times):
        took: dict[str, tuple[float, ...]] = {}
        for program in programs:
            command = [sys.executable, script, "--measure", program, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{program}: {done.stderr[-2000:]}")
            got, *numbers = done.stdout.split()
            if int(got) != rows:
                raise SystemExit(f"{program} read {got} of {rows} rows")
            took[program] = tuple(map(float, numbers))
        found.append(took)
    return found


def median(found: list[dict[str, tuple[float, ...]]], program: str, what: int) -> float:
    """Return the median seconds (0), MB (1) or CPU seconds (2) of a program."""
    return statistics.median(took[program][what] for took in found)


def ratio(found: list[dict[str, tuple[float, ...]]], program: str, beside: str, what: int) -> float:
    """Return the median of the ratios of same rounds."""
    return statistics.median(took[program][what] / took[beside][what] for took in found)
