"""Variables by which no request can leave are named at once: nothing is sent, and nothing is tried again."""

import http.client
import logging
import os

import pytest
from faults.conftest import CERTIFICATES
from faults.given import KEY, client_of
from scripted_server import answer

import omnipd
from omnipd import SettingsError

GOOD = answer({"user": {"id": "u", "membershipId": "m"}})
PASSWORD = "p4ssw0rd"


def refused(address, fake_time):
    """Return the SettingsError of a call, which has sent nothing and waited for nothing."""
    with client_of(address, fake_time) as client, pytest.raises(SettingsError) as caught:
        omnipd.whoami(client=client)
    assert client.requests_sent == 0
    assert fake_time.slept == []
    assert not caught.value.retryable
    assert PASSWORD not in f"{caught.value} {caught.value!r}"
    return caught.value


def bundle(kind, folder):
    path = folder / "ca.pem"
    if kind == "empty":
        path.touch()
    elif kind == "not PEM":
        path.write_bytes(b"\x30\x82\x01\x0a" * 40)
    elif kind == "a key":
        text = (CERTIFICATES / "good.pem").read_text()
        path.write_text(text[text.index("-----BEGIN PRIVATE") :].partition("-----BEGIN CERT")[0])
    elif kind == "a FIFO":
        if not hasattr(os, "mkfifo"):
            pytest.skip("this system has no named pipes")
        os.mkfifo(path)
    elif kind == "unreadable":
        path.write_bytes((CERTIFICATES / "ca.pem").read_bytes())
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("whoever runs the tests may read every file")
    return path


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("missing", "does not exist"),
        ("empty", "holds no certificate in PEM"),
        ("not PEM", "holds no certificate in PEM"),
        ("a key", "holds no certificate in PEM"),
        ("a FIFO", "is not a file"),
        ("unreadable", "cannot be read"),
    ],
)
def test_certificates_that_cannot_be_used_are_named(
    monkeypatch, tmp_path, fake_time, variable, kind, why
):
    path = bundle(kind, tmp_path)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, str(path))
    error = refused("https://127.0.0.1:1", fake_time)
    assert error.message.startswith(f"{variable} names {path}, which {why}")


def test_certificates_do_not_matter_where_there_is_no_tls(monkeypatch, scripted):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nope/ca.pem")
    with client_of(scripted.script(GOOD)) as client:
        assert omnipd.whoami(client=client).user_id == "m"


@pytest.mark.usefixtures("trusted", "hosts")
def test_variables_that_nothing_here_reads_do_not_matter(monkeypatch, secure):
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nope/ca.pem")  # the other one is asked first
    monkeypatch.setenv("SSL_CERT_FILE", "/nope/ca.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "/nope")
    server = secure().script(GOOD)
    with client_of(f"https://omni.test:{server.port}") as client:
        assert omnipd.whoami(client=client).user_id == "m"


def test_where_a_certificate_is_not_trusted_what_is_not_read_is_told(
    monkeypatch, secure, fake_time
):
    server = secure().script(GOOD)
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    for told in (False, True):
        with client_of(server, fake_time) as client, pytest.raises(omnipd.NetworkError) as caught:
            omnipd.whoami(client=client)
        assert ("SSL_CERT_FILE: not read" in caught.value.hint) is told
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))


def test_a_file_for_the_keys_of_tls_that_cannot_be_written_is_named(monkeypatch, fake_time):
    monkeypatch.setenv("SSLKEYLOGFILE", "/nope/keys.log")
    error = refused("https://127.0.0.1:1", fake_time)
    assert error.message.startswith("SSLKEYLOGFILE names /nope/keys.log, which cannot be written")


def test_a_call_goes_on_once_the_certificates_are_there(monkeypatch, tmp_path, secure, hosts):
    path = tmp_path / "ca.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    server = secure().script(GOOD)
    with client_of(f"https://omni.test:{server.port}") as client:
        with pytest.raises(SettingsError):
            omnipd.whoami(client=client)
        path.write_bytes((CERTIFICATES / "ca.pem").read_bytes())
        assert omnipd.whoami(client=client).user_id == "m"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS4", "socks4a"])
def test_a_socks_proxy_without_its_package_is_told(monkeypatch, fake_time, variable, scheme):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv(variable, f"{scheme}://mole:{PASSWORD}@127.0.0.1:1080")
    error = refused("https://omni.test", fake_time)
    assert error.message.startswith(f"{variable} names a SOCKS proxy ({scheme.lower()}://)")
    assert "requests[socks]" in error.hint


@pytest.mark.parametrize(
    "address",
    [
        f"http://mole:{PASSWORD}@",
        f"mole:{PASSWORD}@proxy.test:port",
        f"http://mole:{PASSWORD}@proxy.test:99999",
        f"http://mole:{PASSWORD}@proxy.test:0",
        f"ftp://mole:{PASSWORD}@proxy.test:21",
        f"socks://mole:{PASSWORD}@proxy.test:1080",
        f"http://mole:{PASSWORD}@pro xy.test:80",
        "${CORPORATE_PROXY}",
        '"http://proxy.test:3128"',
        "http://",
        "http://[::1",
    ],
)
def test_a_proxy_that_is_no_address_is_told(monkeypatch, fake_time, address):
    monkeypatch.setenv("HTTPS_PROXY", address)
    error = refused("https://omni.test", fake_time)
    assert error.message == "HTTPS_PROXY holds no address of a proxy."


def test_a_proxy_does_not_matter_where_it_is_not_asked(monkeypatch, scripted):
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "ftp://nowhere")
    with client_of(scripted.script(GOOD)) as client:
        assert omnipd.whoami(client=client).user_id == "m"


@pytest.mark.parametrize("made", ["before", "after"])
@pytest.mark.parametrize("tls", [False, True])
def test_the_debug_level_of_the_http_library_prints_no_key(
    monkeypatch, capfd, secure, hosts, trusted, scripted, made, tls
):
    server = secure() if tls else scripted
    server.script(GOOD)
    address = f"https://omni.test:{server.port}" if tls else server.url
    with client_of(address) as client:
        if made == "before":
            omnipd.whoami(client=client)
        monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
        omnipd.whoami(client=client)
        omnipd.whoami(client=client)
    assert server.requests[-1][2]["authorization"] == f"Bearer {KEY}"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("address", ["http://omni.test", "https://omni.test"])
def test_neither_debug_level_nor_debug_log_tell_of_a_key_or_of_a_proxys_password(
    monkeypatch, capfd, caplog, scripted, fake_time, address
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, f"http://mole:{PASSWORD}@127.0.0.1:{scripted.port}")
    scripted.script(answer(b"", 407))
    with omnipd.connect(address, KEY, allow_http=True, requests_per_minute=None) as client:
        client.clock = fake_time.clock()
        with pytest.raises(omnipd.NetworkError) as caught:
            omnipd.whoami(client=client)
    assert "basic" in scripted.requests[0][2]["proxy-authorization"].lower()
    assert ("authorization" in scripted.requests[0][2]) == address.startswith("http:")
    assert "urllib3" in caplog.text
    assert capfd.readouterr().out == ""
    said = f"{caught.value} {caplog.text} {[vars(record) for record in caplog.records]}"
    assert not [word for word in (KEY, PASSWORD, "bW9sZTpw") if word in said]
