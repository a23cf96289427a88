"""What the environment says of the way to Omni: proxies and certificates, refused where they cannot be used.

The HTTP library reads these variables. What is wrong with one it tells as a connection that could not be
made, which looks like a passing fault and is none.
"""

from __future__ import annotations

import importlib.util
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from omnipd.client.settings import is_host, shown_host
from omnipd.errors import SettingsError

_SOCKS = {"socks4", "socks4a", "socks5", "socks5h"}
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXY_HINT = (
    "Write it as http://host:port, or unset it. (It may hold a password and is not shown.)"
)


def check_surroundings(origin: str, surroundings: Mapping[str, Any]) -> None:
    """Refuse a proxy or certificates by which no request can leave.

    Parameters
    ----------
    origin : str
        The address of Omni.
    surroundings : mapping
        What ``requests.Session.merge_environment_settings`` made of the environment.

    Raises
    ------
    SettingsError
        With the name of the variable; never with a proxy's password.
    """
    proxy = requests.utils.select_proxy(origin, surroundings["proxies"]) or ""
    if proxy:
        _check_proxy(_named(origin, proxy), proxy)
    if origin.startswith("https:") or proxy.lower().startswith("https:"):
        if isinstance(surroundings["verify"], str):
            _check_certificates(surroundings["verify"])
        _check_key_log()


def trust_hint() -> str:
    """Return how an authority is trusted that Python does not know."""
    unread = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
    return "Behind a company proxy: export REQUESTS_CA_BUNDLE=/path/to/company-ca.pem" + (
        f"  ({' and '.join(unread)}: not read here.)" if unread else ""
    )


def proxy_shown(address: str) -> str:
    """Return a proxy's host and port; its address may hold a password."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        return "of the environment"
    return f"{shown_host(host)}:{port}" if is_host(host) else "of the environment"


def _named(origin: str, proxy: str) -> str:
    """Return the variable that a proxy is from; systems have settings of their own beside them."""
    for word in (urlsplit(origin).scheme, "all"):
        for variable in (f"{word}_proxy", f"{word}_PROXY".upper()):
            if os.environ.get(variable) == proxy:
                return variable
    return "The proxy of this system's settings"


def _check_proxy(name: str, proxy: str) -> None:
    try:
        parts = urllib3.util.parse_url(proxy if "://" in proxy else f"http://{proxy}")
        scheme, host, port = (
            (parts.scheme or "").lower(),
            (parts.host or "").strip("[]"),
            parts.port,
        )
    except (urllib3.exceptions.LocationParseError, ValueError):
        scheme = host = ""
        port = None
    known = scheme in {"http", "https"} or scheme in _SOCKS
    if not known or port == 0 or not is_host(host):
        raise SettingsError(f"{name} holds no address of a proxy.", hint=_PROXY_HINT)
    if scheme in _SOCKS and importlib.util.find_spec("socks") is None:
        raise SettingsError(
            f"{name} names a SOCKS proxy ({scheme}://), and the package that speaks to one is not "
            "installed.",
            hint=f'pip install "requests[socks]", or unset {name}.',
        )


def _check_certificates(path: str) -> None:
    name = next(name for name in _BUNDLES if os.environ.get(name))
    wrong = None
    try:
        if not Path(path).is_dir():
            if Path(path).exists() and not Path(path).is_file():
                wrong = "is not a file"
            else:
                Path(path).open("rb").close()
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except FileNotFoundError:
        wrong = "does not exist"
    except ssl.SSLError:
        wrong = "holds no certificate in PEM"
    except (OSError, ValueError) as error:
        wrong = f"cannot be read ({type(error).__name__})"
    if wrong is not None:
        raise SettingsError(
            f"{name} names {path}, which {wrong}.",
            hint="Let it name a file with the certificates of those who are trusted, or unset it.",
        )


def _check_key_log() -> None:
    """Refuse a file for the keys of TLS that cannot be written: no connection is made then."""
    path = os.path.expandvars(os.environ.get("SSLKEYLOGFILE", ""))
    wrong = None
    if path:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path
        except OSError as error:
            wrong = type(error).__name__
    if wrong is not None:
        raise SettingsError(
            f"SSLKEYLOGFILE names {path}, which cannot be written ({wrong}).",
            hint="Unset it, or name a file in a folder that is there.",
        )
