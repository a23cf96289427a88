"""What of omnipd is on this machine: settings, the limit, caches, versions. Nothing is sent."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from omnipd.cache.clear import stored_answers
from omnipd.cache.private_files import DAMAGED
from omnipd.checkup.findings import Finding, Result
from omnipd.client.client import Client
from omnipd.client.settings import Settings
from omnipd.display import counted
from omnipd.version import __version__

_AREA = "local"
_PACKAGES = (
    "pandas",
    "pyarrow",
    "numpy",
    "requests",
    "urllib3",
    "requests-cache",
    "msgspec",
    "click",
)
_VARIABLES = (
    *("OMNI_BASE_URL", "OMNI_API_KEY", "OMNI_API_TOKEN", "OMNI_CONFIG_PATH"),
    *("OMNIPD_CACHE_DIR", "OMNIPD_STATE_DIR", "OMNIPD_LIMITER"),
)
_OMNI_KEY = re.compile(r"omni_osk_[0-9A-Za-z]{56}")
_OMNI_HOST = re.compile(r".+\.(embed-)?omniapp\.co")


def versions() -> Finding:
    """Return the versions of what omnipd runs on."""
    told = [f"omnipd {__version__}", f"Python {platform.python_version()}"]
    told += [f"{platform.system()} {platform.machine()}"]
    for name in _PACKAGES:
        try:
            told.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            told.append(f"{name} is not installed")
    return Finding(_AREA, "versions", "ok", ", ".join(told))


def look_around(client: Client) -> Iterator[Finding]:
    """Yield what can be told of a client without asking Omni."""
    yield _settings(client.settings)
    yield _key(client.settings)
    yield _connection(client.settings)
    yield _limit(client)
    yield from _caches(client)


def _settings(settings: Settings) -> Finding:
    keys = counted(len(settings.keys), "key")
    from_where = settings.source.split(" ", 1)[0]  # a profile has a name
    said = f"{_host(settings)}; {keys}, from: {from_where}"
    set_here = [name for name in _VARIABLES if os.environ.get(name)]
    said += f"; set in the environment: {', '.join(set_here)}" if set_here else ""
    return Finding(_AREA, "settings", "ok", said)


def _host(settings: Settings) -> str:
    host = urlsplit(settings.origin).hostname or ""
    if settings.loopback:
        return "an address of this machine"
    return (
        "an address of omniapp.co" if _OMNI_HOST.fullmatch(host) else "an address of another domain"
    )


def _key(settings: Settings) -> Finding:
    looks = {_form_of(key.reveal()) for key in settings.keys}
    strange = looks - {"as Omni's are"}
    said = f"looks {' or '.join(sorted(looks))}"
    if not strange or settings.loopback:
        return Finding(_AREA, "form of the key", "ok", said)
    remedy = "If Omni refuses it, copy it again from Settings > API keys: the whole of it."
    return Finding(_AREA, "form of the key", "note", said, remedy)


def _form_of(key: str) -> str:
    if _OMNI_KEY.fullmatch(key):
        return "as Omni's are"
    if key.startswith("omni_osk_"):
        return "as Omni's are at its beginning, and is of another length"
    return "like a sign-in token" if key.startswith("eyJ") else "other than Omni's"


def _connection(settings: Settings) -> Finding:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    set_here = [name for name in names if os.environ.get(name) or os.environ.get(name.lower())]
    said = f"{urlsplit(settings.origin).scheme}, {ssl.OPENSSL_VERSION}"
    said += f"; set in the environment: {', '.join(set_here)}" if set_here else ""
    if settings.origin.startswith("https:") or settings.loopback:
        return Finding(_AREA, "TLS", "ok", said)
    return Finding(_AREA, "TLS", "problem", said, "The key travels in clear text: use https.")


def _limit(client: Client) -> Finding:
    allowed = client.requests_per_minute
    if allowed is None:
        return Finding(_AREA, "limit", "note", "nothing is counted: requests_per_minute is None")
    now = client.requests_counted()
    by = (
        "not told"
        if now is None
        else f"{now} counted in the running minute, by all that use the key here"
    )
    return Finding(_AREA, "limit", "ok", f"{allowed} requests a minute; {by}")


def _caches(client: Client) -> Iterator[Finding]:
    number, size = stored_answers(client.disk)
    said = f"{_shown(client.disk)}: {counted(number, 'stored answer')}, {size / 1e6:.1f} MB"
    damaged = len(list(client.disk.glob(f"*/*/*{DAMAGED}")))
    if damaged:
        said += f", {damaged} damaged"
    result: Result = "note" if damaged else "ok"
    remedy = "Damaged files are not used; omnipd cache --clear deletes them." if damaged else ""
    yield Finding(_AREA, "cache", result, said, remedy)
    folders = [client.disk, *client.disk.glob("*/*"), client.state]
    opened = sum(_is_open(folder) for folder in folders if folder.is_dir())
    said = f"state in {_shown(client.state)}"
    if opened:
        said += f"; others can write in {counted(opened, 'folder')}"
        yield Finding(
            _AREA, "folders", "problem", said, "Close them: chmod 700, and nobody else's."
        )
    else:
        yield Finding(_AREA, "folders", "ok", said + "; nobody else can write there")


def _is_open(folder: Path) -> bool:
    return os.name == "posix" and bool(folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _shown(folder: Path) -> str:
    """Say of which kind a folder is: its path may name a person or a project."""
    try:
        parts = folder.relative_to(Path.home()).parts
    except (ValueError, RuntimeError):
        return "a folder outside the home folder"
    hidden = [
        one for one in parts if one in {".cache", ".local", "state", "Library", "Caches", "omnipd"}
    ]
    return "~/" + "/".join(hidden) if len(hidden) == len(parts) else "a folder of one's own choice"
