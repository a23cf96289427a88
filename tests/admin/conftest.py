"""What the tests of exports and inventories share: a sandbox, a client of it, and where an export goes."""

import pytest

import omnipd
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def small():
    """A sandbox with little in it, for the tests of one file, which may change it."""
    with Server(size="tiny") as running:
        yield running
        assert running.failures == []


@pytest.fixture
def own(small):
    """A client of it, and the default client inside the test."""
    with omnipd.connect(small.url, small.api_key, requests_per_minute=None) as client:
        yield client


@pytest.fixture
def folder(tmp_path):
    """Where exports go; the first one makes it."""
    return tmp_path / "exports"
