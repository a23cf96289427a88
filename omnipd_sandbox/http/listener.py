"""Doors that clients come in by: sockets, one thread to wait at them all, one for each client."""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import time
from collections.abc import Callable
from socketserver import TCPServer
from threading import Event, Lock, Thread
from typing import Any

from omnipd_sandbox.http.connection import Connection
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.http.running import interrupt

_SECONDS_TO_FINISH = 5.0
_SECONDS_BETWEEN_INTERRUPTS = 0.05
# What a process, or the machine, may run out of; whoever wants to come in waits until some is left.
_NOTHING_LEFT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_SECONDS_UNTIL_MORE_IS_LEFT = 0.1


class Doorkeeper:
    """Wait at any number of doors with one thread, without looking at the clock."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._lock = Lock()
        self._watched: set[Door] = set()
        # A byte through this pair wakes the thread up.
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._stopped = Event()
        self._thread = Thread(target=self._wait, name="omnipd-sandbox", daemon=True)
        self._thread.start()

    def watch(self, door: Door) -> None:
        """Let in who comes to a door."""
        with self._lock:
            self._watched.add(door)
            self._selector.register(door, selectors.EVENT_READ, door)
        self._waker.send(b"\0")

    def forget(self, door: Door) -> None:
        """Let nobody in by a door any more; it can be closed then."""
        with self._lock:
            self._watched.remove(door)
            self._selector.unregister(door)

    def close(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._waker.send(b"\0")
        self._thread.join()
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _wait(self) -> None:
        while not self._stopped.is_set():
            for key, _ in self._selector.select():
                with self._lock:
                    # It may have been forgotten while this thread was on its way.
                    if key.data in self._watched:
                        key.data.handle_request()
                if key.data is None:
                    self._woken.recv(1024)
                elif key.data.has_nothing_left:
                    # Who waits at the door would be seen again at once.
                    self._stopped.wait(_SECONDS_UNTIL_MORE_IS_LEFT)


class Door(TCPServer):
    """Accept connections, one thread each, and know which are open."""

    allow_reuse_address = True
    request_queue_size = 128
    # Only asked when somebody is there.
    timeout = 0

    def __init__(
        self,
        host: str,
        port: int,
        respond: Callable[[Request], Reply],
        report: Callable[[BaseException], None],
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._open: dict[Any, Thread] = {}
        self._lock = Lock()
        self._report = report
        #: Whether the last who came could not be let in.
        self.has_nothing_left = False
        handler = type("BoundConnection", (Connection,), {"respond": staticmethod(respond)})
        super().__init__((host, port), handler)

    @property
    def url(self) -> str:
        """Give the address."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection, and take note when that is not possible for want of anything."""
        self.has_nothing_left = False
        try:
            return super().get_request()
        except OSError as error:
            self.has_nothing_left = error.errno in _NOTHING_LEFT
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread of its own."""
        thread = Thread(
            target=self._serve,
            args=(request, client_address),
            name=f"omnipd-sandbox-connection to {self.url}",
            daemon=True,
        )
        with self._lock:
            self._open[request] = thread
        try:
            thread.start()
        except RuntimeError:
            # There can be no more threads; the caller hangs up.
            with self._lock:
                del self._open[request]
            self.has_nothing_left = True
            raise

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong before there was a thread."""
        del request, client_address
        error = sys.exception()
        if error is not None:
            self._report(error)

    def server_close(self) -> None:
        """Close the door, hang up on everybody, and wait for the threads to notice."""
        super().server_close()
        with self._lock:
            connections = list(self._open.items())
        for connection, _ in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                """The other side was faster."""
        deadline = time.monotonic() + _SECONDS_TO_FINISH
        waited_for = [thread for _, thread in connections]
        # Only a query that is still running takes time; its thread cannot keep the process.
        while waited_for and time.monotonic() < deadline:
            # Again each time: one that was about to begin was not there to be interrupted.
            interrupt(waited_for)
            waited_for[0].join(_SECONDS_BETWEEN_INTERRUPTS)
            waited_for = [thread for thread in waited_for if thread.is_alive()]

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except (ConnectionError, TimeoutError):
            """The client left before it had the whole answer."""
        except Exception as error:  # noqa: BLE001 - the thread ends here, nobody else would tell
            self._report(error)
        finally:
            self.shutdown_request(request)
            with self._lock:
                self._open.pop(request, None)
