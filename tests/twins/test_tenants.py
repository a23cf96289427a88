"""The address of an organization on demand, in the hands of other clients."""

import pytest

from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def tenant():
    with Server(documents=0) as server:
        yield server.open_tenant(documents=3, topic_name="trips")
        assert server.failures == []


def test_omniframes_asks_a_tenant(tenant):
    omniframes = pytest.importorskip("omniframes", reason="omniframes comes with the extra dev")
    builder = omniframes.OmniSession.builder.base_url(tenant.url).api_key(tenant.api_key)
    with builder.get_or_create() as session:
        counted = session.read.topic("orders", "orders").select("order_items.count").to_arrow()
    assert counted.to_pydict() == {"order_items.count": [240]}


def test_omni_python_sdk_asks_a_tenant(tenant):
    sdk = pytest.importorskip("omni_python_sdk", reason="omni-python-sdk comes with the extra dev")
    query = {
        "modelId": tenant.models["flights"],
        "table": "flights",
        "fields": ["flights.count"],
        "join_paths_from_topic_name": "trips",
    }
    table, _ = sdk.OmniAPI(tenant.api_key, tenant.url).run_query_blocking({"query": query})
    assert table.to_pydict() == {"flights.count": [336776]}
