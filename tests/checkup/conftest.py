"""What the tests of the doctor share."""

import contextlib

import pytest

import omnipd
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def host():
    with Server(documents=0) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def examined(host):
    """Examine a sandbox with some knobs, and make sure that no more is sent than is said."""

    def examine(*, query=False, **knobs):
        tenant = host.open_tenant(**knobs)
        with contextlib.closing(
            omnipd.connect(tenant.url, tenant.api_key, requests_per_minute=None, cache=False)
        ) as client:
            report = omnipd.doctor(client, query=query)
        asked = tenant.requests
        assert len(asked) == report.calls <= report.allowed <= 40
        assert len([one for one in asked if one.method != "GET"]) <= query
        return report

    return examine


def by_check(report):
    return {one.check: (one.result, one.detail) for one in report}
