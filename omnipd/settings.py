"""Where the address and the key come from: arguments, then the environment, then a profile file.

This is the only module that reads the environment. The profile file belongs to Omni's official
command line; it is read and never written.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from omnipd.errors import SettingsError

_API_SUFFIX = re.compile(r"(?:/api(?:/v\d+|/unstable)?|/api/scim(?:/v\d+)?)$", re.IGNORECASE)


class Secret:
    """A string that does not show itself: not in a repr, a traceback, a pickle or a log.

    Examples
    --------
    >>> Secret("omni_osk_abc")
    Secret('***')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the string itself; only for the header that carries it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an API key cannot be pickled or copied: connect() again where it is needed"
        )


@dataclass(frozen=True)
class Settings:
    """A tidy address and a usable key.

    Attributes
    ----------
    origin : str
        Scheme, host and port; no path. Endpoint paths start with ``/api``.
    key : Secret
        The API key or token.
    source : str
        Where the two came from, for messages.
    """

    origin: str
    key: Secret
    source: str

    @property
    def loopback(self) -> bool:
        """Whether the address is this machine."""
        return is_loopback(urlsplit(self.origin).hostname or "")

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stand for this instance and key, and tell nothing of the key."""
        text = f"{self.origin}\n{self.key.reveal()}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def resolve(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    profile: str | None = None,
    allow_http: bool = False,
) -> Settings:
    """Find the address and the key: arguments, then environment, then profile file.

    A profile that is named wins over the environment, because it was asked for.

    Raises
    ------
    SettingsError
        If either is missing or unusable; the message says what to export.
    """
    source = "arguments"
    if profile is None and not (base_url and api_key):
        from_environment = (
            os.environ.get("OMNI_BASE_URL"),
            os.environ.get("OMNI_API_KEY") or os.environ.get("OMNI_API_TOKEN"),
        )
        if from_environment != (None, None):
            source = "environment"
        base_url = base_url or from_environment[0]
        api_key = api_key or from_environment[1]
    if profile is not None or not (base_url and api_key):
        path = profile_path()
        found = _read_profile(path, profile)
        if found != (None, None):
            source = f"profile file {path}"
        if base_url and found[0] and not _same_origin(base_url, found[0], allow_http=allow_http):
            found = (None, None)  # a key never goes to another host than the one it was kept for
        base_url, api_key = base_url or found[0], api_key or found[1]
    if not base_url:
        raise SettingsError(
            "No Omni address is set.",
            hint="export OMNI_BASE_URL=https://yourcompany.omniapp.co  (or pass base_url=…; "
            "omnipd.sandbox() needs neither)",
        )
    origin = tidy_base_url(base_url, allow_http=allow_http)
    if not api_key:
        raise SettingsError(
            f"No API key is set for {origin}.",
            hint="export OMNI_API_KEY=…  (Omni: Settings > API keys; or pass api_key=…)",
        )
    return Settings(origin=origin, key=Secret(_check_key(api_key)), source=source)


def tidy_base_url(text: str, *, allow_http: bool = False) -> str:
    """Reduce any form of an Omni address to its origin.

    Examples
    --------
    >>> tidy_base_url("acme.omniapp.co/api/v1/")
    'https://acme.omniapp.co'
    """
    text = text.strip()
    if any(ord(letter) < 33 for letter in text):
        raise SettingsError("The base URL holds a space or a control character.")
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        port = parts.port
    except ValueError:
        raise SettingsError("The port of the base URL is not a number.") from None
    if parts.scheme not in {"https", "http"}:
        raise SettingsError(
            f"The base URL starts with {parts.scheme}://, not https://.",
            hint="Use the address you sign in at, for example https://yourcompany.omniapp.co",
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError("The base URL holds a user name or password; Omni takes an API key.")
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise SettingsError(
            "The base URL has no host.",
            hint="Use the address you sign in at, for example https://yourcompany.omniapp.co",
        )
    path = parts.path.rstrip("/")
    while shorter := _API_SUFFIX.sub("", path).rstrip("/"):
        if shorter == path:
            raise SettingsError(
                f"The base URL has a path, {path}, that is not part of Omni's API.",
                hint=f"Use https://{host}",
            )
        path = shorter
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        raise SettingsError(
            f"http://{host} would send the API key in clear text.",
            hint=f"Use https://{host}; plain http is for loopback addresses only.",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address literal is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def disk_root(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the directory for all that omnipd keeps on disk: cache, limiter, results."""
    chosen = cache_dir or os.environ.get("OMNIPD_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "omnipd"


def profile_path() -> Path:
    """Return where Omni's command line keeps its profiles, on macOS too."""
    if chosen := os.environ.get("OMNI_CONFIG_PATH"):
        return Path(chosen).expanduser()
    if folder := os.environ.get("OMNI_CONFIG_DIR"):
        return Path(folder).expanduser() / "config.json"
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "omni-cli" / "config.json"


def _same_origin(one: str, other: str, *, allow_http: bool) -> bool:
    return tidy_base_url(one, allow_http=allow_http) == tidy_base_url(other, allow_http=allow_http)


def _check_key(key: str) -> str:
    """Refuse a key that cannot be a header value; the HTTP library would print it in its error."""
    key = key.strip()
    if not key or not key.isascii() or any(not 33 <= ord(letter) <= 126 for letter in key):
        raise SettingsError(
            "The API key holds a space, a line break or a character outside ASCII.",
            hint="Copy it again from Omni: Settings > API keys. (It is not shown here on purpose.)",
        )
    return key


def _read_profile(path: Path, name: str | None) -> tuple[str | None, str | None]:
    """Return address and key of one profile of Omni's command line; (None, None) without a file."""
    try:
        raw = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if name is None:
            return None, None
        raise SettingsError(
            f"Profile {name!r} was asked for, and there is no profile file at {path}.",
            hint="Run Omni's own command line once to create it, or set OMNI_CONFIG_PATH.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The profile file {path} cannot be read: {type(error).__name__}."
        ) from None
    config = _parse_profiles(raw, path)
    profiles = config["profiles"]
    chosen = (
        name
        or config.get("defaultProfile")
        or (next(iter(profiles)) if len(profiles) == 1 else None)
    )
    if chosen is None:
        return None, None
    if chosen not in profiles:
        raise SettingsError(
            f"There is no profile {chosen!r} in {path}.",
            hint=f"It has: {', '.join(sorted(profiles)) or 'none'}.",
        )
    entry = profiles[chosen]
    oauth = "oauth" in str(entry.get("authMethod", "")).lower() or not entry.get("apiKey")
    if oauth and entry.get("accessToken"):
        _check_expiry(entry.get("tokenExpiresAt"), chosen)
        return entry.get("apiEndpoint"), entry["accessToken"]
    return entry.get("apiEndpoint"), entry.get("apiKey")


def _parse_profiles(raw: str, path: Path) -> dict[str, Any]:
    try:
        config = json.loads(raw)
    except ValueError:
        config = None
    profiles = config.get("profiles") if isinstance(config, dict) else None
    if not isinstance(profiles, dict) or not all(
        isinstance(entry, dict) for entry in profiles.values()
    ):
        raise SettingsError(
            f"The profile file {path} is not what Omni's command line writes.",
            hint='Expected {"profiles": {"name": {"apiEndpoint": …, "apiKey": …}}, "defaultProfile": …}.',
        )
    return dict(config)


def _check_expiry(value: Any, profile: str) -> None:
    """Refuse an OAuth token that has expired; an unreadable time is left for Omni to judge."""
    expires = _instant(value)
    if expires is not None and expires <= datetime.now(UTC):
        raise SettingsError(
            f"The sign-in of profile {profile!r} expired at {expires:%Y-%m-%d %H:%M} UTC.",
            hint="Sign in again with Omni's own command line, or set OMNI_API_KEY.",
        )


def _instant(value: Any) -> datetime | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        parsed = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
