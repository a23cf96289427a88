"""What the tests of the audit share."""

import pytest

import omnipd
from omnipd_sandbox.server import Server


@pytest.fixture(scope="session")
def listed():
    """What the sandbox lists without a call for each item, and who receives schedules."""
    include = [
        *("content", "documents", "folders", "labels"),
        *("users", "embed_users", "email_only_users", "groups", "group_members"),
        *("schedules", "schedule_recipients", "api_keys", "ai_user_credit_limits"),
    ]
    with (
        Server() as server,
        omnipd.connect(server.url, server.api_key, cache=False, requests_per_minute=None),
    ):
        return omnipd.read_inventory(include=include)
