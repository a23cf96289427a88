"""Fixtures for the tests of programs that ask Omni: a sandbox and a client for each test.

pytest finds them by itself where omnipd is installed. Nothing is imported before a test asks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from omnipd.client.client import Client


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "omni_sandbox(**knobs): what the sandbox of a test is like, as for omnipd.sandbox(); "
        "for example faults=[{'kind': 'status', 'code': 503}]",
    )


@pytest.fixture(scope="session")
def omni_sandbox_server() -> Iterator[Any]:
    """One server for all tests of a session; each test has an organization of its own on it."""
    from omnipd.errors import SettingsError  # noqa: PLC0415
    from omnipd.launch_sandbox import start_server  # noqa: PLC0415

    try:
        server = start_server(documents=0, folders=0)
    except SettingsError as error:
        pytest.skip(f"no sandbox of Omni: {error}")
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def _no_other_omni(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Take the settings of whoever runs the test out of the environment: processes inherit it."""
    from omnipd.client.settings import OF_ENVIRONMENT  # noqa: PLC0415

    for name in OF_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    no_profiles = tmp_path_factory.getbasetemp() / "no-profiles-in-this-test.json"
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(no_profiles))


@pytest.fixture
def omni_sandbox(
    request: pytest.FixtureRequest, omni_sandbox_server: Any, _no_other_omni: None
) -> Iterator[Any]:
    """Give this test alone an organization, with an address and keys of its own.

    Its ``url``, ``api_key``, ``models``, ``requests`` and so on are those of a sandbox's server. The
    environment says no other Omni and no other key meanwhile, also to processes that the test starts.
    """
    knobs: dict[str, Any] = {}
    # The nearest marker comes first, and wins.
    for marker in reversed(list(request.node.iter_markers("omni_sandbox"))):
        if marker.args:
            pytest.fail("omni_sandbox takes knobs by name: omni_sandbox(documents=20)", False)
        knobs |= marker.kwargs
    wrong = None
    try:
        tenant = omni_sandbox_server.open_tenant(**knobs)
    except (TypeError, ValueError) as error:
        wrong = f"omni_sandbox: {error}"
    if wrong is not None:
        pytest.fail(wrong, False)
    try:
        yield tenant
    finally:
        omni_sandbox_server.close_tenant(tenant.id)


@pytest.fixture
def omni_client(omni_sandbox: Any) -> Iterator[Client]:
    """Give a client of this test's sandbox; it is the default client inside the test.

    That is so in all threads. Another process has its own: give it the address and key of
    ``omni_sandbox``.
    """
    from omnipd.client.client import Client  # noqa: PLC0415
    from omnipd.client.current_client import used_meanwhile  # noqa: PLC0415
    from omnipd.client.settings import Secret, resolve  # noqa: PLC0415

    with (
        tempfile.TemporaryDirectory(prefix="omnipd-test-") as folder,
        Client(
            resolve(omni_sandbox.url, Secret(omni_sandbox.api_key)),
            requests_per_minute=omni_sandbox.behavior.requests_per_minute,
            cache_dir=Path(folder),
            state_dir=Path(folder),
        ) as client,
        used_meanwhile(client),
    ):
        yield client
