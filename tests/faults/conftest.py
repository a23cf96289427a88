"""A scripted server with TLS, and names of hosts that lead to this machine."""

import ssl
from pathlib import Path

import pytest
from scripted_server import ScriptedServer

CERTIFICATES = Path(__file__).parent.parent / "golden" / "tls"


@pytest.fixture
def secure():
    """A function that starts a scripted server behind one of the test certificates."""
    running = []

    def start(name="good"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATES / f"{name}.pem")
        running.append(ScriptedServer(tls).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__()


@pytest.fixture
def trusted(monkeypatch):
    """Trust the test authority, the way a company's own authority is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "ca.pem"))
    return CERTIFICATES / "ca.pem"


@pytest.fixture
def hosts(monkeypatch):
    """Let names of the test resolve to this machine, as an /etc/hosts file would."""
    import socket

    known = {"omni.test", "other.test"}
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: resolve("127.0.0.1" if host in known else host, *rest, **more),
    )
    return known
