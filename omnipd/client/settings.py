"""Where the address and the key come from: arguments, then the environment, then a profile file.

This is the only module that reads the environment. The profile file belongs to Omni's official
command line; it is read and never written.
"""

from __future__ import annotations

import difflib
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
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[\w.~-]+)+", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_ADDRESS_HINT = "Use the address you sign in at, for example https://yourcompany.omniapp.co"


#: So much of a secret, from its beginning, is not shown either: an answer may be cut inside it.
_SHORTEST_PART = 12


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

    def hide_in(self, text: str) -> str:
        """Return a text without the string in it, and without what is left where one was cut.

        Examples
        --------
        >>> key = Secret("omni_osk_0123456789abcdef")
        >>> key.hide_in("Bearer omni_osk_0123456789abcdef, https://OMNI_OSK_01234567")
        'Bearer ***, https://***'
        """
        value = self._value
        if len(value) < 2 * _SHORTEST_PART:
            return text.replace(value, "***")
        shown, after = [], 0
        for found in re.finditer(re.escape(value[:_SHORTEST_PART]), text, re.IGNORECASE):
            if found.start() < after:
                continue
            shown += [text[after : found.start()], "***"]
            after = found.end()
            for wanted in value[_SHORTEST_PART:].lower():
                if text[after : after + 1].lower() != wanted:
                    break
                after += 1
        return "".join([*shown, text[after:]])

    @property
    def sendable(self) -> bool:
        """Whether it can be the value of a header."""
        value = self._value.strip()
        return bool(value) and all(33 <= ord(letter) <= 126 for letter in value)

    def stripped(self) -> Secret:
        """Return it without white space around it."""
        return Secret(self._value.strip())

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
        Scheme, host and port, and no path but on this machine, where several servers may share a
        port. Endpoint paths start with ``/api`` and go behind it.
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
        """What stands for this instance and key in names of files, and tells nothing of the key.

        It begins with what stands for the instance alone.
        """
        text = f"{self.origin}\n{self.key.reveal()}"
        return f"{self.instance}-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"

    @property
    def instance(self) -> str:
        """Eight hex digits that stand for this instance, whatever the key."""
        return hashlib.blake2b(self.origin.encode(), digest_size=4).hexdigest()


def resolve(
    base_url: str | None = None,
    api_key: Secret | str | None = None,
    *,
    profile: str | None = None,
    allow_http: bool = False,
) -> Settings:
    """Find the address and the key: arguments, then environment, then profile file.

    A profile that is named wins over the environment, because it was asked for. A key that was kept
    for one address never goes to another.

    Raises
    ------
    SettingsError
        If either is missing or unusable; the message says what to export.
    """
    api_key = Secret(api_key) if isinstance(api_key, str) else api_key
    origin = None if base_url is None else tidy_base_url(base_url, allow_http=allow_http)
    source = "arguments"
    if profile is None and (origin is None or api_key is None):
        origin, api_key, source = _completed(origin, api_key, source, _environment(), allow_http)
    if profile is not None or origin is None or api_key is None:
        found = _profile(profile, key_wanted=api_key is None)
        origin, api_key, source = _completed(origin, api_key, source, found, allow_http)
    if origin is None:
        raise SettingsError(
            "No Omni address is set.",
            hint="export OMNI_BASE_URL=https://yourcompany.omniapp.co  (or pass base_url=…; "
            "`with omnipd.sandbox():` needs neither; a client that you hold is passed as client=…)",
        )
    if api_key is None:
        raise SettingsError(
            f"No API key is set for {origin}.",
            hint="export OMNI_API_KEY=…  (Omni: Settings > API keys; or pass api_key=…)",
        )
    return Settings(origin=origin, key=_checked(api_key), source=source)


@dataclass(frozen=True)
class _Found:
    """What one source holds."""

    address: str | None
    key: Secret | None
    source: str


def _completed(
    origin: str | None, key: Secret | None, source: str, found: _Found, allow_http: bool
) -> tuple[str | None, Secret | None, str]:
    """Take from a source what is still missing, but for a key that belongs to another address."""
    theirs = tidy_base_url(found.address, allow_http=allow_http) if found.address else None
    if key is None and found.key is not None and theirs in {None, origin or theirs}:
        key, source = found.key, found.source
    return origin or theirs, key, source


def _environment() -> _Found:
    address = os.environ.get("OMNI_BASE_URL") or None
    return _Found(address, _secret("OMNI_API_KEY") or _secret("OMNI_API_TOKEN"), "environment")


def _secret(variable: str) -> Secret | None:
    return Secret(os.environ[variable]) if os.environ.get(variable) else None


def tidy_base_url(text: str, *, allow_http: bool = False) -> str:
    """Reduce any form of an Omni address to its origin; on this machine a path before the API stays.

    Examples
    --------
    >>> tidy_base_url("acme.omniapp.co/api/v1/")
    'https://acme.omniapp.co'
    >>> tidy_base_url("http://127.0.0.1:8080/tenants/a/api/v1")
    'http://127.0.0.1:8080/tenants/a'
    """
    parts = _split(text)
    if isinstance(parts, str):
        raise SettingsError(parts, hint=_ADDRESS_HINT)
    scheme, host, port, path = parts
    while (shorter := _API_SUFFIX.sub("", path).rstrip("/")) != path:
        path = shorter
    if path and not (is_loopback(host) and _PREFIX.fullmatch(path)):
        raise SettingsError(
            f"The base URL has a path, {path}, that is not part of Omni's API.",
            hint=f"Use {scheme}://{host}{f':{port}' if port else ''}",
        )
    if scheme == "http" and not (allow_http or is_loopback(host)):
        raise SettingsError(
            f"http://{host} would send the API key in clear text.",
            hint=f"Use https://{host}; plain http is for loopback addresses only.",
        )
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[scheme]
    return f"{scheme}://{shown}" + (f":{port}" if port not in {None, usual} else "") + path


def _split(text: str) -> tuple[str, str, int | None, str] | str:
    """Return scheme, host, port and path of an address, or what is wrong with it.

    Nothing is raised here: an address may hold a password, and a traceback shows locals.
    """
    if not isinstance(text, str):
        return f"The base URL is {type(text).__name__}, not text."
    text = text.strip()
    if any(ord(letter) < 33 for letter in text):
        return "The base URL holds a space or a control character."
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        return "The base URL cannot be read as an address."
    if parts.scheme not in {"https", "http"}:
        return f"The base URL starts with {parts.scheme}://, not https://."
    if parts.username is not None or parts.password is not None:
        return "The base URL holds a user name or password; Omni takes an API key."
    if not host:
        return "The base URL has no host."
    if port == 0:
        return "The base URL has port 0, which nothing answers on."
    if not _is_host(host):
        return "The base URL has a host that is not a host name."
    return parts.scheme, host, port, parts.path.rstrip("/")


def _is_host(host: str) -> bool:
    """Whether a text is a host name of plain letters, or an address literal."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        return all(_LABEL.fullmatch(label) for label in labels) and len(host) <= 253
    return True


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
    if cache_dir is not None and not isinstance(cache_dir, str | os.PathLike):
        raise SettingsError(f"cache_dir={cache_dir!r} is not a path.")
    chosen = cache_dir or os.environ.get("OMNIPD_CACHE_DIR")
    if chosen:
        path = _expanded(chosen, "cache_dir" if cache_dir else "OMNIPD_CACHE_DIR")
        try:
            return path.absolute()
        except OSError:  # of a working directory that was deleted; nothing can be kept there
            return path
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else _home() / ".cache") / "omnipd"


def profile_path() -> Path:
    """Return where Omni's command line keeps its profiles, on macOS too."""
    if chosen := os.environ.get("OMNI_CONFIG_PATH"):
        return _expanded(chosen, "OMNI_CONFIG_PATH")
    if folder := os.environ.get("OMNI_CONFIG_DIR"):
        return _expanded(folder, "OMNI_CONFIG_DIR") / "config.json"
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else _home() / ".config") / "omni-cli" / "config.json"


def _home() -> Path:
    """Return the home folder; the root, as ``login`` does, for a user without one."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.sep)


def _expanded(path: str | os.PathLike[str], name: str) -> Path:
    """Write out the home folder at the beginning of a path; refuse one that does not exist."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        pass
    raise SettingsError(
        f"{name}={str(path)!r} begins with a home folder that is not known.",
        hint="Write the path out, without ~.",
    )


def _checked(key: Secret) -> Secret:
    """Refuse a key that cannot be a header value; the HTTP library would print it in its error."""
    if not key.sendable:
        raise SettingsError(
            "The API key holds a space, a line break or a character outside ASCII, or is empty.",
            hint="Copy it again from Omni: Settings > API keys. (It is not shown here on purpose.)",
        )
    return key.stripped()


def _profile(name: str | None, key_wanted: bool) -> _Found:
    """Return address and key of one profile of Omni's command line; nothing without a file."""
    path = profile_path()
    nothing = _Found(None, None, f"profile file {path}")
    profiles = _read_profiles(path)
    if profiles is None:
        if name is None:
            return nothing
        raise SettingsError(
            f"Profile {name!r} was asked for, and there is no profile file at {path}.",
            hint="Run Omni's own command line once to create it, or set OMNI_CONFIG_PATH.",
        )
    if isinstance(profiles, str):
        raise SettingsError(
            f"The profile file {path} {profiles}.",
            hint='Expected {"profiles": {"name": {"apiEndpoint": …, "apiKey": …}}, "defaultProfile": …}.',
        )
    chosen = name or profiles.default
    if chosen is None:
        return nothing
    if chosen not in profiles.named:
        near = difflib.get_close_matches(chosen, profiles.named, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        raise SettingsError(
            f"There is no profile {chosen!r} in {path}.",
            hint=f"{guess}It has: {', '.join(sorted(profiles.named)) or 'none'}.",
        )
    entry = profiles.named[chosen]
    if key_wanted and entry.expires is not None and entry.expires <= datetime.now(UTC):
        raise SettingsError(
            f"The sign-in of profile {chosen!r} expired at {entry.expires:%Y-%m-%d %H:%M} UTC.",
            hint="Sign in again with Omni's own command line, or set OMNI_API_KEY.",
        )
    return _Found(entry.address, entry.key, f"profile file {path}")


@dataclass(frozen=True)
class _Entry:
    """One profile. ``expires`` is that of its token, when the token is its key."""

    address: str | None
    key: Secret | None
    expires: datetime | None


@dataclass(frozen=True)
class _Profiles:
    default: str | None
    named: dict[str, _Entry]


def _read_profiles(path: Path) -> _Profiles | str | None:
    """Return the profiles of a file, what is wrong with it, or None when there is no file.

    Nothing is raised here: the file holds keys, and a traceback shows locals.
    """
    try:
        config = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"cannot be read ({type(error).__name__})"
    except (ValueError, RecursionError):
        return "is not JSON"
    entries = config.get("profiles") if isinstance(config, dict) else None
    default = config.get("defaultProfile") if isinstance(config, dict) else None
    if not isinstance(entries, dict) or not all(_is_entry(entry) for entry in entries.values()):
        return "is not what Omni's command line writes"
    if default is not None and not isinstance(default, str):
        return "has a defaultProfile that is not a name"
    if not default and len(entries) == 1:
        default = next(iter(entries))
    return _Profiles(default or None, {name: _entry(entry) for name, entry in entries.items()})


def _is_entry(entry: Any) -> bool:
    texts = ("apiEndpoint", "authMethod", "apiKey", "accessToken")
    return isinstance(entry, dict) and all(
        isinstance(entry.get(key, ""), str | None) for key in texts
    )


def _entry(entry: dict[str, Any]) -> _Entry:
    oauth = "oauth" in (entry.get("authMethod") or "").lower() or not entry.get("apiKey")
    address = entry.get("apiEndpoint") or None
    if oauth and entry.get("accessToken"):
        return _Entry(address, Secret(entry["accessToken"]), _instant(entry.get("tokenExpiresAt")))
    return _Entry(address, Secret(entry["apiKey"]) if entry.get("apiKey") else None, None)


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
