"""A planner, and a client of a sandbox, at the time that the cases count from."""

import pytest
from queries.query_cases import NOW

import omnipd
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.server import Server


@pytest.fixture(scope="session")
def engine():
    return Engine()


# Of each module: the client is the default of all tests as long as it is open.
@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    with (
        Server(documents=0, now=lambda: NOW) as server,
        omnipd.connect(
            server.url,
            server.api_key,
            requests_per_minute=None,
            cache_dir=tmp_path_factory.mktemp("disk"),
        ) as client,
    ):
        yield client
        assert server.failures == []
