"""Interrupts calls at random moments: ``python -m tests.interrupted_calls``, or ``… 500`` for so many.

A process makes calls with one client, and gets SIGINT (Ctrl-C) at any moment. After each, the same
client must answer again, in time and with the rows that were asked for. POSIX only.
"""

import faulthandler
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from echo_server import EchoServer, client_of, read_list, run_query

_LONGEST_WAIT = 0.02
_PATIENCE = 15.0
#: A call that goes on after an interrupt has lost it: Python drops those in what it calls by itself.
_LOST_AFTER = 2.0
_READY, _WRONG = b".", b"w"


def _call(client, number):
    if number % 3 == 0:
        return run_query(client, number)
    # Now and then from the disk, which is another way to the rows.
    return read_list(client, number if number % 3 == 1 else number % 7, refresh=number % 2 == 0)


def _work(url, disk):
    """Make calls for ever; say on standard output when to be interrupted, and what came of it."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    client = client_of(url, disk)
    number, said = 0, _READY
    assert all(_call(client, each) for each in range(6))  # whatever is loaded late is there now
    while True:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.write(1, said)
            said = _READY
            while True:
                number += 1
                if not _call(client, number):
                    said = _WRONG
        except KeyboardInterrupt:
            # Another one, which comes late, would end a hang.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        # A lock that was left taken may stop another thread alone.
        with ThreadPoolExecutor(1) as pool:
            if not all(pool.map(partial(_call, client), (number, 0, 1))):
                said = _WRONG


def _heard(process, seconds):
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return os.read(process.stdout.fileno(), 1) if ready else b""


def interrupt(count, seed=0):
    """Send so many interrupts; return how many were followed by a hang, wrong rows or an error."""
    chance = random.Random(seed)
    found = {"interrupts": 0, "hangs": 0, "wrong rows": 0, "errors": 0}
    with EchoServer() as server, tempfile.TemporaryDirectory() as disk:
        process = None
        while found["interrupts"] < count:
            if process is None:
                process = subprocess.Popen(
                    [sys.executable, __file__, "--work", server.url, disk], stdout=subprocess.PIPE
                )
                _heard(process, 60.0)
            time.sleep(chance.random() * _LONGEST_WAIT)
            found["interrupts"] += 1
            said, end = b"", time.monotonic() + _PATIENCE
            while not said and time.monotonic() < end and process.poll() is None:
                process.send_signal(signal.SIGINT)
                said = _heard(process, _LOST_AFTER)
            found["wrong rows"] += said == _WRONG
            found["errors"] += not said and process.poll() is not None
            if not said:
                if process.poll() is None:
                    found["hangs"] += 1
                    process.send_signal(signal.SIGUSR1)
                    time.sleep(0.5)
                process.kill()
                process.wait()
                process.stdout.close()
                process = None
        if process is not None:
            process.kill()
            process.wait()
            process.stdout.close()
    return found


def main():
    """Interrupt, and print what came of it."""
    found = interrupt(int(sys.argv[1]) if len(sys.argv) > 1 else 5000, seed=time.time_ns())
    print(found)
    return int(any(number for what, number in found.items() if what != "interrupts"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        _work(*sys.argv[2:])
    sys.exit(main())
