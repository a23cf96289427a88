"""Connections that may take the place of another: ``GET /connection-environments``."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.tables import rows_of
from omnipd_sandbox.http.reply import Reply, json_reply


def list_environments(call: Call) -> Reply:
    """Answer with every connection that may take the place of another."""
    return json_reply({"connectionEnvironments": rows_of(call, "environments")})
