"""Run the sandbox until interrupted: ``python -m omnipd.sandbox``."""

from __future__ import annotations

import argparse
import sys
from threading import Event

from omnipd.sandbox.server import Server


def main() -> None:
    """Start a server and say how to reach it."""
    parser = argparse.ArgumentParser(prog="python -m omnipd.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (0: any)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--documents", type=int, default=600, help="how many documents there are")
    parser.add_argument(
        "--requests-per-minute", type=int, default=None, help="rate limit of each key"
    )
    parser.add_argument(
        "--control", action="store_true", help="open and close organizations at /_sandbox/tenants"
    )
    parser.add_argument("--state", default=None, help="file that keeps what is changed")
    chosen = parser.parse_args()
    with Server(
        host=chosen.host,
        port=chosen.port,
        control=chosen.control,
        state=chosen.state,
        documents=chosen.documents,
        requests_per_minute=chosen.requests_per_minute,
    ) as server:
        sys.stdout.write(f"OMNI_BASE_URL={server.url}\nOMNI_API_KEY={server.api_key}\n")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            """Interrupted is how it is meant to end."""


if __name__ == "__main__":
    main()
