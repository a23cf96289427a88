"""Forks while threads read: ``python -m tests.forked_children``, or ``… --minutes 1``.

Some threads read lists and run queries; the main thread forks children, each of which makes calls of
its own, with the client of its parent. One that has not ended after a while hangs. POSIX only.
"""

import argparse
import contextlib
import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from echo_server import EchoServer, client_of, read_list, run_query

_THREADS = 4
_CHILDREN = 4
_PATIENCE = 20.0


def _read(client, begin, ended):
    """Read again and again, from the server and from the disk."""
    number = begin
    while not ended.is_set():
        number += 1
        read_list(client, number % 20 + begin, refresh=number % 2 == 0)
        if number % 5 == 0:
            run_query(client, number)


def _child(client, number):
    """Make calls, and end with 0 where their rows are right."""
    code = 1
    with contextlib.suppress(BaseException):
        faulthandler.dump_traceback_later(_PATIENCE - 1)
        code = int(not (read_list(client, number) and run_query(client, number)))
    os._exit(code)


def _reap(children, found, patience):
    """Wait for those that have ended, and kill those that hang."""
    for child, began in list(children.items()):
        ended, status = os.waitpid(child, os.WNOHANG)
        if not ended and time.monotonic() > began + patience:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            found["hangs"] += 1
        elif ended:
            found["failed"] += status != 0
        else:
            continue
        del children[child]


def _parent(url, disk, seconds, max_children):
    """Fork for so long; print what became of the children."""
    client = client_of(url, disk)
    ended = threading.Event()
    threads = [
        threading.Thread(target=_read, args=(client, 1000 * (place + 1), ended))
        for place in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    found, children = {"children": 0, "hangs": 0, "failed": 0}, {}
    end = time.monotonic() + seconds
    while time.monotonic() < end and found["children"] < max_children:
        time.sleep(random.random() * 0.01)
        if len(children) < _CHILDREN:
            found["children"] += 1
            if (child := os.fork()) == 0:
                _child(client, 100_000 + found["children"])
            children[child] = time.monotonic()
        _reap(children, found, _PATIENCE)
    ended.set()
    while children:
        time.sleep(0.01)
        _reap(children, found, _PATIENCE)
    for thread in threads:
        thread.join()
    print(json.dumps(found))


def fork(seconds, max_children=10**9):
    """Fork for so long, or so many children; return how many there were, hung and failed."""
    with EchoServer() as server, tempfile.TemporaryDirectory() as disk:
        done = subprocess.run(
            [
                sys.executable,
                __file__,
                "--parent",
                server.url,
                disk,
                str(seconds),
                str(max_children),
            ],
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(done.stdout)


def main():
    """Fork, and print what came of it."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=10.0)
    found = fork(60 * asked.parse_args().minutes)
    print(found)
    return int(bool(found["hangs"] or found["failed"]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parent"]:
        _parent(*sys.argv[2:4], float(sys.argv[4]), int(sys.argv[5]))
    else:
        sys.exit(main())
