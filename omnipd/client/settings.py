"""Where the address and the key come from: arguments, then the environment, then a profile file.

This is the only module that reads the environment. The profile file belongs to Omni's official
command line; it is read and never written.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import ipaddress
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import platformdirs

from omnipd.arguments import argument, function, refuse_key
from omnipd.client.mistaken_values import wrong_with_address, wrong_with_key
from omnipd.errors import ArgumentError, SettingsError
from omnipd.key_texts import hide_key, remember_key
from omnipd.paths import local_path
from omnipd.unicode_text import whole_text

_API_SUFFIX = re.compile(r"(?:/api(?:/v\d+|/unstable)?|/api/scim(?:/v\d+)?)$", re.IGNORECASE)
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[\w.~-]+)+", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_ADDRESS_HINT = "Use the address you sign in at, for example https://yourcompany.omniapp.co"

#: What of the environment says which Omni, which key and which secret, but for the file that OMNI_CONFIG_PATH names.
OF_ENVIRONMENT = (
    *("OMNI_BASE_URL", "OMNI_API_KEY", "OMNI_API_TOKEN", "OMNI_CONFIG_DIR"),
    "OMNI_EMBED_SECRET",
)


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
        if wrong_with_key(value) is None:
            remember_key(value)

    def reveal(self) -> str:
        """Return the string itself; only for the header that carries it, or to sign with it."""
        return self._value

    def hide_in(self, text: str) -> str:
        """Return a text without the string in it, and without what is left where one was cut."""
        return hide_key(self._value, text)

    @property
    def sendable(self) -> bool:
        """Whether it can be the value of a header."""
        value = self._value.strip()
        return bool(value) and all(33 <= ord(letter) <= 126 for letter in value)

    @property
    def wrong_to_sign_with(self) -> str | None:
        """What it is, where it cannot be a secret that addresses are signed with."""
        value = self._value.strip()
        if not value:
            return "is empty"
        if value.lower().startswith("omni_osk_"):
            return "is an API key, and not the secret for embedding"
        if whole_text(value) != value or not value.isprintable():
            return "holds a line break, or what is no text"
        return wrong_with_key(value)

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
    more_keys : tuple of Secret
        Further keys of the same organization.
    """

    origin: str
    key: Secret
    source: str
    more_keys: tuple[Secret, ...] = ()

    @property
    def keys(self) -> tuple[Secret, ...]:
        """All keys."""
        return self.key, *self.more_keys

    @property
    def by_key(self) -> list[Settings]:
        """The same for each key alone."""
        return [replace(self, key=key, more_keys=()) for key in self.keys]

    def with_more(self, keys: Sequence[Secret]) -> Settings:
        """Return it with further keys; refuse what cannot be one, and what is there already."""
        checked = [
            _checked(key, f"API key {at} of " + argument("api_key", of="connect"))
            for at, key in enumerate(keys, 2)
        ]
        found = {self.key.reveal(), *(key.reveal() for key in checked)}
        if len(found) <= len(checked):
            del found
            raise SettingsError(
                argument("api_key", of="connect") + " has a key twice.",
                hint="Each key has one limit, however often it is named.",
            )
        return replace(self, more_keys=tuple(checked))

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
    environment = _environment()  # in any case: its key is then known, and in no message
    origin = None if base_url is None else tidy_base_url(base_url, allow_http=allow_http)
    given = _Given(origin, api_key)
    if profile is None and (origin is None or api_key is None):
        given = _completed(given, environment, allow_http)
    if profile is not None or given.origin is None or given.key is None:
        found = _profile(profile, key_wanted=given.key is None)
        given = _completed(given, found, allow_http)
    if given.origin is None:
        raise SettingsError(
            "No Omni address is set.",
            hint=(
                "export OMNI_BASE_URL=https://yourcompany.omniapp.co  (or pass "
                + argument("base_url", ...)
                + "; "
                + function("sandbox")
                + " needs neither)"
                + _missing_profile_file()
            ),
        )
    if given.key is None:
        others = " ".join(f"{name} belongs to {address}." for name, address in given.others)
        raise SettingsError(
            " ".join(filter(None, (f"No API key is set for {given.origin}.", others))),
            hint=(
                "A key goes to its own address only. Pass "
                + argument("base_url", ...)
                + " and "
                + argument("api_key", ...)
                + " together, or change OMNI_BASE_URL."
            )
            if others
            else (
                "export OMNI_API_KEY=…  (Omni: Settings > API keys; or pass "
                + argument("api_key", ...)
                + ")"
            ),
        )
    return Settings(given.origin, _checked(given.key, given.key_name), given.source)


@dataclass(frozen=True)
class _Found:
    """What one source holds, and what its two values are called in messages."""

    address: str | None
    key: Secret | None
    source: str
    address_name: str
    key_name: str


@dataclass(frozen=True)
class _Given:
    """What is known so far; `others` are keys that were found and belong to other addresses."""

    origin: str | None
    key: Secret | None
    source: str = "arguments"
    key_name: str = "The API key"
    others: tuple[tuple[str, str], ...] = ()


def _completed(given: _Given, found: _Found, allow_http: bool) -> _Given:
    """Take from a source what is still missing, but for a key that belongs to another address."""
    theirs = None
    if found.address:
        theirs = tidy_base_url(found.address, allow_http=allow_http, name=found.address_name)
    origin = given.origin or theirs
    if given.key is not None or found.key is None:
        return replace(given, origin=origin)
    if theirs is not None and theirs != origin:
        return replace(given, others=(*given.others, (found.key_name, theirs)))
    return replace(
        given, origin=origin, key=found.key, source=found.source, key_name=found.key_name
    )


def _environment() -> _Found:
    address = os.environ.get("OMNI_BASE_URL") or None
    names = ("OMNI_API_KEY", "OMNI_API_TOKEN")
    name = next((name for name in names if os.environ.get(name)), names[0])
    key = Secret(os.environ[name]) if os.environ.get(name) else None
    return _Found(address, key, "environment", "OMNI_BASE_URL", name)


def tidy_base_url(
    text: str,
    *,
    allow_http: bool = False,
    name: str = "The base URL",
    sent: str = "the API key",
) -> str:
    """Reduce any form of an Omni address to its origin; on this machine a path before the API stays.

    `sent` is what plain http would show, for the message.

    Examples
    --------
    >>> tidy_base_url("acme.omniapp.co/api/v1/")
    'https://acme.omniapp.co'
    >>> tidy_base_url("http://127.0.0.1:8080/tenants/a/api/v1")
    'http://127.0.0.1:8080/tenants/a'
    """
    parts = _split(text)
    if isinstance(parts, str):
        raise SettingsError(f"{name} {parts}.", hint=_ADDRESS_HINT)
    scheme, host, port, path = parts
    shown = shown_host(host)
    while (shorter := _API_SUFFIX.sub("", path).rstrip("/")) != path:
        path = shorter
    if path and not (is_loopback(host) and _PREFIX.fullmatch(path)):
        raise SettingsError(
            f"{name} has a path, {path}, that is not part of Omni's API.",
            hint=f"Use {scheme}://{shown}{f':{port}' if port else ''}",
        )
    if scheme == "http" and not (allow_http or is_loopback(host)):
        raise SettingsError(
            f"http://{shown} would send {sent} in clear text.",
            hint=f"Use https://{shown}; plain http is for loopback addresses only.",
        )
    usual = {"https": 443, "http": 80}[scheme]
    return f"{scheme}://{shown}" + (f":{port}" if port not in {None, usual} else "") + path


def _split(text: str) -> tuple[str, str, int | None, str] | str:
    """Return scheme, host, port and path of an address, or what is wrong with it.

    Nothing is raised here: an address may hold a password, and a traceback shows locals.
    """
    if not isinstance(text, str):
        return f"is {type(text).__name__}, not text"
    text = text.strip()
    if wrong := wrong_with_address(text):
        return wrong
    if any(ord(letter) < 33 for letter in text):
        return "holds a space or a control character"
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        return "cannot be read as an address"
    if parts.scheme not in {"https", "http"}:
        return f"starts with {parts.scheme}://, not https://"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password; Omni takes an API key"
    if not host:
        return "has no host"
    if port == 0:
        return "has port 0, which nothing answers on"
    if not is_host(host):
        return "has a host that is not a host name"
    return parts.scheme, host, port, parts.path.rstrip("/")


def shown_host(host: str | None) -> str:
    """Return a host as it stands in an address: an IPv6 address is in brackets."""
    return f"[{host}]" if ":" in (host or "") else host or ""


def is_host(host: str) -> bool:
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


def limiter_of_environment() -> Secret | None:
    """Return the address of the limiter, which may hold a password; None for the request log."""
    url = os.environ.get("OMNIPD_LIMITER")
    return Secret(url) if url else None


def embed_secret(given: Secret | None) -> Secret:
    """Return the secret that addresses for embedding are signed with: what is given, else ``OMNI_EMBED_SECRET``.

    Raises
    ------
    SettingsError
        If there is none, or it cannot be one.
    """
    of_environment = os.environ.get("OMNI_EMBED_SECRET")
    name = "OMNI_EMBED_SECRET" if given is None else argument("secret")
    secret = Secret(of_environment) if given is None and of_environment else given
    del of_environment
    if secret is None:
        raise SettingsError(
            "No secret for embedding is set.",
            hint="export OMNI_EMBED_SECRET=…  (It is among the settings of Omni; or pass "
            + argument("secret", ...)
            + ")",
        )
    if wrong := secret.wrong_to_sign_with:
        raise SettingsError(
            name + f" {wrong}.",
            hint="Set it to the secret alone, as Omni shows it. (It is not shown here on purpose.)",
        )
    return secret.stripped()


def disk_root(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the directory for what may be deleted at any time: lists and results."""
    return _chosen("cache_dir", cache_dir, "OMNIPD_CACHE_DIR") or _of_user(
        platformdirs.user_cache_path
    )


def state_root(state_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the directory for what all processes of a user share, whatever cache they use."""
    return _chosen("state_dir", state_dir, "OMNIPD_STATE_DIR") or _of_user(
        platformdirs.user_state_path
    )


def _chosen(name: str, path: Any, variable: str) -> Path | None:
    """Return the folder that is named, so that it does not depend on a working directory."""
    if path is None:
        name, path = variable, os.environ.get(variable) or None
    if path is None:
        return None
    chosen = local_path(name, path, error=SettingsError)
    try:
        return chosen.absolute()
    except FileNotFoundError:
        pass
    raise SettingsError(
        argument(name, os.fspath(path)) + " is in the working directory, which is deleted.",
        hint="Change to a folder that is there, or name it in full.",
    )


def _of_user(folder: Callable[..., Path]) -> Path:
    """Return a folder of the user's, or one that cannot be made, where the user has no home."""
    try:
        found = folder("omnipd", appauthor=False)
    except RuntimeError:
        found = Path("~")  # as older releases of platformdirs return it
    return found if found.is_absolute() else Path(os.devnull) / "omnipd"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # no HOME, and a user that the system does not know
        return Path(os.devnull)


def profile_path() -> Path:
    """Return where Omni's command line keeps its profiles, on macOS too."""
    for name, inside in (("OMNI_CONFIG_PATH", ""), ("OMNI_CONFIG_DIR", "config.json")):
        if chosen := os.environ.get(name):
            found = local_path(name, chosen, error=SettingsError) / inside
            with contextlib.suppress(FileNotFoundError):  # the working directory is deleted
                found = found.absolute()
            return found
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else _home() / ".config") / "omni-cli" / "config.json"


def _missing_profile_file() -> str:
    """Say that a profile file was named and is not there; nothing where none was named."""
    named = [name for name in ("OMNI_CONFIG_PATH", "OMNI_CONFIG_DIR") if os.environ.get(name)]
    path = profile_path()
    return (
        f" {named[0]} leads to {path}, which does not exist." if named and not path.exists() else ""
    )


def _checked(key: Secret, name: str) -> Secret:
    """Refuse what cannot be a key, or no header value; the HTTP library would print it in its error."""
    wrong = wrong_with_key(key.reveal())
    if wrong is not None:
        raise SettingsError(
            f"{name} {wrong}.",
            hint="Set it to the key alone, as Omni shows it under Settings > API keys. (It is not "
            "shown here on purpose.)",
        )
    if not key.sendable:
        raise SettingsError(
            f"{name} holds a space, a line break or a character outside ASCII, or is empty.",
            hint="Copy it again from Omni: Settings > API keys. (It is not shown here on purpose.)",
        )
    return key.stripped()


def _profile(name: str | None, key_wanted: bool) -> _Found:
    """Return address and key of one profile of Omni's command line; nothing without a file."""
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise ArgumentError(
            argument("profile", name) + " is not the name of a profile.",
            hint="Leave it out for the environment and the default profile.",
        )
    refuse_key(argument("profile"), name)
    path = profile_path()
    source = f"profile file {path}"
    profiles = _read_profiles(path)
    if profiles is None:
        if name is None:
            return _Found(None, None, source, "", "")
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
        return _Found(None, None, source, "", "")
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
    of = f"of profile {chosen!r} in {path}"
    return _Found(entry.address, entry.key, source, f"The address {of}", f"The API key {of}")


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
    except (FileNotFoundError, NotADirectoryError):
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
