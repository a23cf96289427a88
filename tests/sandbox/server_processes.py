"""Processes with a server each; where a process can be forked, from one that has imported what it needs."""

import multiprocessing
import os
import sys

from omnipd_sandbox.server import Server

PROCESSES = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    PROCESSES.set_forkserver_preload(["omnipd_sandbox.server"])


def start_server(path, said):
    """Start a tiny sandbox with a state; return its process, the way to close it, its address and key.

    What the process writes to its standard error is added to the file `said`.
    """
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_serve, args=(path, said, there), daemon=True)
    process.start()
    return process, here, *here.recv()


def _serve(path, said, there):
    """Say where the server is, and serve until something is said."""
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    with Server(size="tiny", state=path) as server:
        there.send((server.url, server.api_key))
        there.recv()
