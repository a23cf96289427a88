"""One after the other, all the places in which lists can be stored; a Redis server among them."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest
from cache.places import PLACES, Server
from requests_cache import FileCache, SQLiteCache


@pytest.fixture(scope="session")
def redis_connection():
    """A connection to a Redis server of the tests' own; skips where one cannot be started."""
    redis = pytest.importorskip("redis", reason="the package redis is not installed")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on this system")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="omnipd-redis-") as folder:
        command = [
            program,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            folder,
        ]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        connection = redis.Redis(port=port)
        try:
            for _ in range(200):
                with contextlib.suppress(redis.ConnectionError):
                    connection.ping()
                    break
                time.sleep(0.05)
            yield connection
        finally:
            connection.close()
            running.terminate()
            running.wait(10)


@pytest.fixture(params=[*PLACES, "redis"])
def place(request, tmp_path):
    """One after the other, all the places."""
    if request.param == "redis":
        made = Server(request.getfixturevalue("redis_connection"))
    else:
        made = PLACES[request.param](tmp_path)
    yield made
    if isinstance(made.backend, SQLiteCache | FileCache):
        made.backend.close()
