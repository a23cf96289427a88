"""Where the address and the key come from, in which order, and which of them never meet."""

import inspect
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from faults.given import KEY, client_of
from scripted_server import answer, page

import omnipd
from omnipd import SettingsError
from omnipd.client import settings
from omnipd.client.settings import disk_root, profile_path, resolve, state_root, tidy_base_url
from omnipd.client.surroundings import proxy_shown

HOST = "https://acme.omniapp.co"


def setting(**more):
    found = resolve(**more)
    return found.origin, found.key.reveal()


@pytest.fixture
def profiles(monkeypatch, tmp_path):
    """A function that writes the profile file of Omni's own command line."""
    path = tmp_path / "omni" / "config.json"
    path.parent.mkdir()
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(path))

    def write(default=None, **entries):
        content = {"profiles": entries}
        if default is not None:
            content["defaultProfile"] = default
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


def key_profile(host=HOST, key="profile-key", **more):
    return {"apiEndpoint": host, "authMethod": "apiKey", "apiKey": key} | more


# --- addresses

FORMS = [
    "acme.omniapp.co",
    "acme.omniapp.co/",
    "ACME.OmniApp.co",
    "https://acme.omniapp.co",
    "HTTPS://ACME.omniapp.co",
    "https://acme.omniapp.co/",
    "https://acme.omniapp.co///",
    "https://acme.omniapp.co/api",
    "https://acme.omniapp.co/api/",
    "https://acme.omniapp.co/api/v1",
    "https://acme.omniapp.co/api/v1/",
    "https://acme.omniapp.co/api/v2",
    "https://acme.omniapp.co/api/unstable",
    "https://acme.omniapp.co/api/scim/v2",
    "https://acme.omniapp.co/api/api",
    "https://acme.omniapp.co/api/v1/api/v1/",
    "https://acme.omniapp.co/api/unstable/api",
    "https://acme.omniapp.co?x=1",
    "https://acme.omniapp.co/api/v1?x=1#y",
    "https://acme.omniapp.co#y",
    "acme.omniapp.co/api/v1#y",
    "  https://acme.omniapp.co\n",
    "https://acme.omniapp.co.",
    "https://acme.omniapp.co:443",
    "https://acme.omniapp.co:443/api",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_address_is_one_origin(form):
    assert tidy_base_url(form) == HOST
    assert resolve(form, KEY).fingerprint == resolve(HOST, KEY).fingerprint


@pytest.mark.parametrize(
    ("form", "origin"),
    [
        ("acme.playground.exploreomni.dev/api", "https://acme.playground.exploreomni.dev"),
        ("https://acme.omniapp.co:8443/api", "https://acme.omniapp.co:8443"),
        ("acme.omniapp.co:8443", "https://acme.omniapp.co:8443"),
        ("http://localhost:8000/api/v1", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("[::1]", "https://[::1]"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_other_hosts_and_ports_are_kept(form, origin):
    assert tidy_base_url(form) == origin


REFUSED = [
    "http://acme.omniapp.co",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://[::ffff:10.0.0.1]",
    "ftp://acme.omniapp.co",
    "file:///etc/passwd",
    "javascript://acme.omniapp.co",
    "://acme.omniapp.co",
    "https://",
    "https:///api",
    "https://:443",
    "https://?x",
    "https://acme.omniapp.co:port",
    "https://acme.omniapp.co:99999",
    "https://acme.omniapp.co:-1",
    "https://acme.omniapp.co:0",
    "https://user@acme.omniapp.co",
    "https://user:password@acme.omniapp.co",
    "https://acme.omniapp.co@evil.example",
    "https://acme.omniapp.co\\@evil.example",
    "https://acme.omniapp.co/dashboards/7",
    "https://acme.omniapp.co/api/v1/content",
    "https://acme.omniapp.co/apis",
    "https://acme omniapp.co",
    "https://acme.omniapp.co/\nX: y",
    "https://acme\t.omniapp.co",
    "https://[::1",
    "https://[not-an-address]",
    "https://acme.omniapp.co]",
    "https://a\u2100b.example",
    "https://acme%2eomniapp.co",
    "https://acme.omniapp.co\u3002evil.example/",
    "https://acme<.omniapp.co",
    ".",
    "..",
    "/api/v1",
    "?",
]


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_no_address_of_omni_is_refused_before_anything_is_sent(form):
    with pytest.raises(SettingsError) as caught:
        resolve(form, KEY)
    assert "password" not in str(caught.value).replace("user name or password", "")


def test_plain_http_is_for_those_who_ask_for_it():
    assert tidy_base_url("http://omni.internal", allow_http=True) == "http://omni.internal"
    with pytest.raises(SettingsError, match="clear text"):
        omnipd.connect("http://omni.internal", KEY)
    assert omnipd.connect("http://omni.internal", KEY, allow_http=True).base_url.startswith("http:")


def test_building_a_client_sends_nothing_and_touches_no_disk(scripted, tmp_path):
    folder = tmp_path / "never"
    omnipd.connect(scripted.url, KEY, cache_dir=folder)
    assert scripted.accepted == 0
    assert not folder.exists()


# --- arguments, then the environment, then the profile


def test_arguments_win_over_the_environment_and_it_over_the_profile(monkeypatch, profiles):
    profiles("work", work=key_profile("https://profile.example"))
    assert setting() == ("https://profile.example", "profile-key")
    monkeypatch.setenv("OMNI_BASE_URL", "https://environment.example")
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    assert setting() == ("https://environment.example", "environment-key")
    assert setting(base_url=HOST, api_key="argument-key") == (HOST, "argument-key")
    assert setting(api_key="argument-key") == ("https://environment.example", "argument-key")


def test_either_name_of_the_key_is_read(monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", HOST)
    monkeypatch.setenv("OMNI_API_TOKEN", "token")
    assert setting() == (HOST, "token")
    monkeypatch.setenv("OMNI_API_KEY", "key")
    assert setting() == (HOST, "key")
    monkeypatch.setenv("OMNI_API_KEY", "")
    assert setting() == (HOST, "token")


def test_a_profile_that_is_asked_for_wins_over_the_environment(monkeypatch, profiles):
    profiles("work", work=key_profile(), other=key_profile("https://other.example", "other-key"))
    monkeypatch.setenv("OMNI_BASE_URL", "https://environment.example")
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    assert setting(profile="other") == ("https://other.example", "other-key")
    assert setting(profile="work") == (HOST, "profile-key")


def test_empty_variables_are_no_variables(monkeypatch, profiles):
    profiles("work", work=key_profile())
    monkeypatch.setenv("OMNI_BASE_URL", "")
    monkeypatch.setenv("OMNI_API_KEY", "")
    assert setting() == (HOST, "profile-key")


def test_what_is_missing_is_said_with_what_to_export(monkeypatch):
    with pytest.raises(SettingsError, match="export OMNI_BASE_URL="):
        resolve()
    monkeypatch.setenv("OMNI_BASE_URL", HOST)
    with pytest.raises(SettingsError, match="export OMNI_API_KEY="):
        resolve()


# --- a key never goes to another host than the one it was kept for


def test_the_key_of_a_profile_is_not_sent_to_another_address(monkeypatch, profiles):
    profiles("work", work=key_profile())
    with pytest.raises(SettingsError, match="No API key"):
        resolve(base_url="https://evil.example")
    with pytest.raises(SettingsError, match="No API key"):
        resolve(base_url="https://evil.example", profile="work")
    monkeypatch.setenv("OMNI_BASE_URL", "https://evil.example")
    with pytest.raises(SettingsError, match="No API key"):
        resolve()


@pytest.mark.parametrize(
    "address", ["https://acme.omniapp.co:8443", "https://acme.omniapp.co.evil.example"]
)
def test_another_port_or_a_longer_name_is_another_address(profiles, address):
    profiles("work", work=key_profile())
    with pytest.raises(SettingsError, match="No API key"):
        resolve(base_url=address)


def test_the_key_of_the_environment_is_not_sent_to_another_address(monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", HOST)
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    with pytest.raises(SettingsError, match="No API key"):
        resolve(base_url="https://evil.example")


@pytest.mark.parametrize("form", ["acme.omniapp.co/api/v1/", "https://ACME.omniapp.co:443"])
def test_the_same_address_in_another_form_takes_the_key(monkeypatch, profiles, form):
    profiles("work", work=key_profile("acme.omniapp.co/api"))
    assert setting(base_url=form) == (HOST, "profile-key")
    monkeypatch.setenv("OMNI_BASE_URL", "acme.omniapp.co/api")
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    assert setting(base_url=form) == (HOST, "environment-key")


def test_a_key_of_the_environment_without_an_address_goes_where_the_argument_says(monkeypatch):
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    assert setting(base_url=HOST) == (HOST, "environment-key")


def test_a_profile_that_cannot_serve_does_not_stand_in_the_way(monkeypatch, profiles):
    path = profiles("work", work=key_profile())
    path.write_text("{ broken")
    assert setting(base_url=HOST, api_key="argument-key") == (HOST, "argument-key")
    monkeypatch.setenv("OMNI_BASE_URL", HOST)
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    assert setting() == (HOST, "environment-key")


def test_a_bad_address_of_the_profile_does_not_hide_what_is_missing(profiles):
    profiles("work", work=key_profile("ftp://acme"))
    with pytest.raises(SettingsError):
        resolve(base_url=HOST)


# --- the profile file


def test_the_default_profile_is_taken_and_another_by_its_name(profiles):
    profiles(
        "b",
        a=key_profile("https://a.example", "a-key"),
        b=key_profile("https://b.example", "b-key"),
    )
    assert setting() == ("https://b.example", "b-key")
    assert setting(profile="a") == ("https://a.example", "a-key")


def test_the_only_profile_needs_no_default(profiles):
    profiles(a=key_profile("https://a.example", "a-key"))
    assert setting() == ("https://a.example", "a-key")


def test_of_several_profiles_none_is_guessed(profiles):
    profiles(a=key_profile("https://a.example", "a-key"), b=key_profile())
    with pytest.raises(SettingsError):
        resolve()


def test_an_unknown_profile_is_an_error_with_what_there_is(profiles):
    profiles("production", production=key_profile(), staging=key_profile())
    with pytest.raises(SettingsError) as caught:
        resolve(profile="prodction")
    assert "'prodction'" in str(caught.value)
    assert "production" in caught.value.hint
    profiles("nowhere", a=key_profile())
    with pytest.raises(SettingsError, match="nowhere"):
        resolve()


def test_a_profile_without_a_file_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(SettingsError, match="no profile file") as caught:
        resolve(profile="work")
    assert str(tmp_path / "no-profile.json") in str(caught.value)


def oauth(expires, **more):
    return {
        "apiEndpoint": HOST,
        "authMethod": "oauth",
        "accessToken": "token",
        "tokenExpiresAt": expires,
    } | more


LATER = datetime.now(UTC) + timedelta(hours=1)
EARLIER = datetime.now(UTC) - timedelta(seconds=5)


@pytest.mark.parametrize(
    "write",
    [
        lambda at: at.isoformat(),
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"),
        lambda at: (at.astimezone(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        lambda at: int(at.timestamp()),
        lambda at: int(at.timestamp() * 1000),
        lambda at: at.timestamp(),
    ],
    ids=["isoformat", "Z", "nanoseconds", "offset", "seconds", "milliseconds", "float"],
)
def test_a_token_is_used_until_it_expires(profiles, write):
    profiles("work", work=oauth(write(LATER)))
    assert setting() == (HOST, "token")
    profiles("work", work=oauth(write(EARLIER)))
    with pytest.raises(SettingsError, match="expired"):
        resolve()


@pytest.mark.parametrize("expires", [None, "", "soon", [], {}, 1e300, -1e300, True, "9999-99-99"])
def test_an_expiry_that_cannot_be_read_is_left_to_omni(profiles, expires):
    profiles("work", work=oauth(expires))
    assert setting() == (HOST, "token")


def test_an_expired_token_is_no_matter_when_a_key_is_given(profiles):
    profiles("work", work=oauth(EARLIER.isoformat()))
    assert setting(api_key="argument-key") == (HOST, "argument-key")
    assert setting(base_url="https://other.example", api_key="k") == ("https://other.example", "k")


def test_of_a_key_and_a_token_the_method_decides(profiles):
    both = {"apiKey": "key", "accessToken": "token", "tokenExpiresAt": LATER.isoformat()}
    profiles("work", work={"apiEndpoint": HOST, "authMethod": "oauth"} | both)
    assert setting() == (HOST, "token")
    profiles("work", work={"apiEndpoint": HOST, "authMethod": "apiKey"} | both)
    assert setting() == (HOST, "key")
    profiles("work", work={"apiEndpoint": HOST} | both)
    assert setting() == (HOST, "key")


BROKEN = {
    "nothing": "",
    "cut": '{"profiles": {"work": {"apiKey": "k"',
    "a list": "[]",
    "null": "null",
    "a number": "5",
    "no profiles": "{}",
    "profiles that are null": '{"profiles": null}',
    "profiles that are a list": '{"profiles": []}',
    "a profile that is text": '{"profiles": {"work": "key"}}',
    "deep nesting": "[" * 100_000,
    "a huge number": '{"profiles": {}, "x": ' + "9" * 10_000 + "}",
    "a key that is a number": '{"profiles": {"work": {"apiEndpoint": "https://x", "apiKey": 5}}}',
    "a key that is a list": '{"profiles": {"work": {"apiEndpoint": "https://x", "apiKey": ["k"]}}}',
    "an address that is a number": '{"profiles": {"work": {"apiEndpoint": 5, "apiKey": "k"}}}',
    "an address that is a list": '{"profiles": {"work": {"apiEndpoint": ["x"], "apiKey": "k"}}}',
    "a default that is a list": '{"profiles": {"work": {"apiKey": "k"}}, "defaultProfile": ["work"]}',
    "a default that is an object": '{"profiles": {"work": {"apiKey": "k"}}, "defaultProfile": {}}',
    "a method that is a number": '{"profiles": {"work": {"authMethod": 5, "accessToken": 7, "apiEndpoint": "https://x"}}}',
    "neither key nor token": '{"profiles": {"work": {"apiEndpoint": "https://x"}}}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_profile_file_is_a_settings_error(profiles, text):
    profiles().write_text(text)
    for profile in (None, "work"):
        with pytest.raises(SettingsError):
            resolve(profile=profile)


def test_a_profile_file_of_bytes_or_a_folder_is_a_settings_error(profiles):
    path = profiles()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="profile file"):
        resolve()
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match="profile file"):
        resolve()


def test_a_byte_order_mark_is_no_damage(profiles):
    path = profiles("work", work=key_profile())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert setting() == (HOST, "profile-key")


def test_the_profile_file_is_never_written(profiles):
    path = profiles("work", work=key_profile())
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(path.parent.iterdir()))
    resolve()
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(path.parent.iterdir())) == before


def test_where_the_profile_file_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("OMNI_CONFIG_DIR", str(tmp_path / "dir"))
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(tmp_path / "file.json"))
    assert profile_path() == tmp_path / "file.json"
    monkeypatch.delenv("OMNI_CONFIG_PATH")
    assert profile_path() == tmp_path / "dir" / "config.json"
    monkeypatch.setenv("OMNI_CONFIG_DIR", "~/omni")
    assert profile_path() == tmp_path / "home" / "omni" / "config.json"
    monkeypatch.delenv("OMNI_CONFIG_DIR")
    assert profile_path() == tmp_path / "xdg" / "omni-cli" / "config.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert profile_path() == tmp_path / "home" / ".config" / "omni-cli" / "config.json"
    monkeypatch.setattr("sys.platform", "darwin")
    assert profile_path() == tmp_path / "home" / ".config" / "omni-cli" / "config.json"


def test_where_the_disk_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMNIPD_CACHE_DIR", "~/chosen")
    assert disk_root() == tmp_path / "home" / "chosen"
    assert disk_root(tmp_path / "argument") == tmp_path / "argument"
    monkeypatch.delenv("OMNIPD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert disk_root() == tmp_path / "xdg" / "omnipd"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert disk_root() == tmp_path / "home" / ".cache" / "omnipd"


@pytest.mark.skipif(sys.platform != "linux", reason="others have other folders")
def test_where_the_state_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMNIPD_STATE_DIR", "~/chosen")
    assert state_root() == tmp_path / "home" / "chosen"
    assert state_root(tmp_path / "argument") == tmp_path / "argument"
    monkeypatch.delenv("OMNIPD_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_root() == tmp_path / "xdg" / "omnipd"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert state_root() == tmp_path / "home" / ".local" / "state" / "omnipd"


NO_HOME = """
import os, pwd, sys, omnipd
os.environ.pop("HOME", None)
for name in [name for name in os.environ if name.startswith(("OMNI", "XDG_"))]:
    del os.environ[name]
def unknown(_):
    raise KeyError("getpwuid(): uid not found")
pwd.getpwuid = unknown
if sys.argv[2:]:
    os.environ["OMNIPD_STATE_DIR"] = sys.argv[2]
client = omnipd.connect(sys.argv[1], "a-key")
print(len(omnipd.read_content(client=client)))
"""


@pytest.mark.skipif(os.name != "posix", reason="a home is found in another way")
def test_who_has_no_home_has_a_client_and_is_warned(scripted, tmp_path):
    scripted.script(page())

    def run(*chosen):
        return subprocess.run(
            [sys.executable, "-c", NO_HOME, scripted.url, *chosen],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = run()
    assert done.stdout == "0\n", done.stderr
    assert "OMNIPD_STATE_DIR" in done.stderr
    assert "OMNIPD_CACHE_DIR" in done.stderr
    assert list(tmp_path.iterdir()) == []  # no folder named "~"
    done = run("~/state")
    assert "SettingsError: OMNIPD_STATE_DIR='~/state' needs a home directory" in done.stderr


def test_a_working_directory_that_is_deleted_is_an_error_only_for_what_is_in_it(
    monkeypatch, tmp_path
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("OMNI_CONFIG_PATH", "profile.json")
    assert disk_root(tmp_path / "cache") == tmp_path / "cache"
    with pytest.raises(SettingsError, match=r"cache_dir='cache' .* working directory"):
        disk_root("cache")
    monkeypatch.setenv("OMNIPD_STATE_DIR", "state")
    with pytest.raises(SettingsError, match=r"OMNIPD_STATE_DIR='state' .* working directory"):
        state_root()
    assert resolve("https://acme.omniapp.co", "a-key").origin == "https://acme.omniapp.co"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a\0b", "has a NUL in it"),
        ("~nosuch-user/omnipd", "needs the home directory of 'nosuch-user'"),
        ("", "is empty"),
        (b"cache", "is not a path"),
        ("s3://bucket/omnipd", "'s3://…' is an address"),
        ("x" * 256, "more than 255 bytes"),
    ],
)
def test_a_folder_that_cannot_be_is_a_settings_error_wherever_it_is_named(path, words, monkeypatch):
    for call in (
        lambda: omnipd.connect("acme.omniapp.co", "a-key", cache_dir=path),
        lambda: omnipd.clear_cache(cache_dir=path),
        lambda: disk_root(path),
    ):
        with pytest.raises(SettingsError, match=f"cache_dir=.*{words}"):
            call()
    if isinstance(path, str) and path and "\0" not in path:
        monkeypatch.setenv("OMNIPD_CACHE_DIR", path)
        monkeypatch.setenv("OMNI_CONFIG_PATH", path)
        with pytest.raises(SettingsError, match=f"OMNIPD_CACHE_DIR=.*{words}"):
            disk_root()
        with pytest.raises(SettingsError, match=f"OMNI_CONFIG_PATH=.*{words}"):
            profile_path()


# --- an IPv6 address is in brackets wherever it is said


def test_an_address_of_ipv6_is_in_brackets_in_what_is_to_be_done():
    with pytest.raises(SettingsError, match=r"http://\[2001:db8::1\] would") as caught:
        tidy_base_url("http://[2001:db8::1]:8080")
    assert "Use https://[2001:db8::1];" in caught.value.hint
    with pytest.raises(SettingsError) as caught:
        tidy_base_url("https://[2001:db8::1]:8443/omni")
    assert caught.value.hint == "Use https://[2001:db8::1]:8443"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://user:hush@[2001:db8::1]:3128", "[2001:db8::1]:3128"),
        ("[::1]", "[::1]:80"),
        ("http://proxy.example:3128", "proxy.example:3128"),
        ("http://[::1", "of the environment"),
    ],
)
def test_a_proxy_is_shown_by_host_and_port(address, shown):
    assert proxy_shown(address) == shown


# --- which client is used


def test_the_client_of_the_block_wins_over_the_environment_and_the_argument_over_both(
    scripted, elsewhere, monkeypatch
):
    monkeypatch.setenv("OMNI_BASE_URL", "https://nowhere.invalid")
    monkeypatch.setenv("OMNI_API_KEY", "environment-key")
    scripted.script(page())
    elsewhere.script(page())
    with client_of(scripted) as outer:
        omnipd.read_content()
        with client_of(elsewhere):
            omnipd.read_content()
            omnipd.read_content(client=outer, refresh=True)
        omnipd.read_content(refresh=True)
    assert len(scripted.requests) == 3
    assert len(elsewhere.requests) == 1


def test_a_change_of_the_environment_is_another_client(scripted, elsewhere, monkeypatch):
    scripted.script(page())
    elsewhere.script(page())
    monkeypatch.setenv("OMNI_API_KEY", KEY)
    for server in (scripted, elsewhere, scripted):
        monkeypatch.setenv("OMNI_BASE_URL", server.url)
        omnipd.read_content(refresh=True)
    assert len(scripted.requests) == 2
    assert len(elsewhere.requests) == 1
    assert os.environ["OMNI_API_KEY"] == KEY


@pytest.mark.parametrize(
    "form",
    [
        "http://127.0.0.1:8080/tenants/a",
        "http://127.0.0.1:8080/tenants/a/",
        "127.0.0.1:8080/tenants/a",
        "http://127.0.0.1:8080/tenants/a/api/v1/",
    ],
)
def test_on_this_machine_several_servers_may_share_a_port(form):
    assert tidy_base_url(form).removeprefix("https").removeprefix("http") == (
        "://127.0.0.1:8080/tenants/a"
    )


@pytest.mark.parametrize("path", ["/a/../b", "/./a", "/a b", "//a", "/%2e%2e/a"])
def test_a_path_that_may_lead_elsewhere_is_none(path):
    with pytest.raises(SettingsError):
        tidy_base_url(f"http://127.0.0.1:8080{path}")


def test_every_request_goes_below_the_path(scripted):
    moved = answer(b"", 301, Location="/tenants/a/api/v2/content")
    scripted.script(moved, page({"type": "document", "identifier": "d1"}))
    client = omnipd.connect(f"{scripted.url}/tenants/a", "key", requests_per_minute=None)
    assert client.base_url == f"{scripted.url}/tenants/a"
    assert omnipd.read_content(client=client)["document_identifier"].tolist() == ["d1"]
    targets = [target.partition("?")[0] for _, target, *_ in scripted.requests]
    assert targets == ["/tenants/a/api/v1/content", "/tenants/a/api/v2/content"]


def test_servers_below_two_paths_share_no_cache(scripted):
    first, second = (resolve(f"{scripted.url}/{path}", "key") for path in "ab")
    assert first.fingerprint != second.fingerprint


def test_all_that_names_an_omni_in_the_environment_is_listed():
    # The fixtures for tests take this away, so that a process of a test finds no other Omni.
    names = set(re.findall(r'"(OMNI_[A-Z_]+)"', inspect.getsource(settings)))
    assert names == {*settings.OF_ENVIRONMENT, "OMNI_CONFIG_PATH"}


# --- a value that is no key or no address, told as what it is

MISTAKEN_KEYS = {
    f'"{KEY}"': "has quotes around it",
    f"'{KEY}'": "has quotes around it",
    f"“{KEY}”": "has quotes around it",
    f'{KEY}"': "has quotes around it",
    "${OMNI_API_KEY}": "is a variable",
    "$OMNI_API_KEY": "is a variable",
    "$env:OMNI_API_KEY": "is a variable",
    "%OMNI_API_KEY%": "is a variable",
    "${{ secrets.OMNI_API_KEY }}": "is a variable",
    "{{ omni_api_key }}": "is a variable",
    "<your key>": "is a placeholder",
    "your-api-key": "is a placeholder",
    "YOUR_API_KEY_HERE": "is a placeholder",
    "omni_osk_...": "is a placeholder",
    "omni_osk_…": "is a placeholder",
    "xxxxxxxx": "is a placeholder",
    f"Bearer {KEY}": "begins with Bearer",
    f"Authorization: Bearer {KEY}": "begins with Bearer",
    f"OMNI_API_KEY={KEY}": "begins with the name of its variable",
    f"export OMNI_API_KEY={KEY}": "begins with the name of its variable",
    HOST: "is an address",
    "acme.omniapp.co": "is an address",
}


@pytest.mark.parametrize(("key", "why"), MISTAKEN_KEYS.items())
def test_what_is_no_key_is_told_as_what_it_is(monkeypatch, profiles, key, why):
    path = profiles("work", work=key_profile(key=key))
    monkeypatch.setenv("OMNI_BASE_URL", HOST)
    for variable in ("OMNI_API_TOKEN", "OMNI_API_KEY"):
        monkeypatch.setenv(variable, key)
        assert refusal().startswith(f"{variable} {why}")
    assert refusal(api_key=key).startswith(f"The API key {why}")
    assert refusal(profile="work").startswith(f"The API key of profile 'work' in {path} {why}")


@pytest.mark.parametrize(
    "key",
    ["key", "k", "token", KEY, "x", "omni_pat_x$y", "abc%def%", "my-test-key", "the-real-key"],
)
def test_what_may_be_a_key_is_left_to_omni(key):
    assert resolve(HOST, key).key.reveal() == key


MISTAKEN_ADDRESSES = {
    f'"{HOST}"': "has quotes around it",
    f"'{HOST}'": "has quotes around it",
    "$OMNI_BASE_URL": "is a variable",
    "${OMNI_BASE_URL}": "is a variable",
    "%OMNI_BASE_URL%": "is a variable",
    "<your instance>": "is a placeholder",
    f"OMNI_BASE_URL={HOST}": "begins with the name of its variable",
    KEY: "is an API key",
    KEY.lower(): "is an API key",
    f"https://{KEY}.omniapp.co": "is an API key",
    "ftp://acme": "starts with ftp://",
    "https://": "has no host",
}


@pytest.mark.parametrize(("address", "why"), MISTAKEN_ADDRESSES.items())
def test_what_is_no_address_is_told_as_what_it_is_and_where_it_is_from(
    monkeypatch, profiles, address, why
):
    path = profiles("work", work=key_profile(host=address))
    monkeypatch.setenv("OMNI_API_KEY", "key")
    assert refusal(base_url=address).startswith(f"The base URL {why}")
    assert refusal(profile="work").startswith(f"The address of profile 'work' in {path} {why}")
    monkeypatch.setenv("OMNI_BASE_URL", address)
    assert refusal().startswith(f"OMNI_BASE_URL {why}")


def refusal(**arguments):
    """Return what is said of settings, which is not retryable and never the key."""
    with pytest.raises(SettingsError) as caught:
        omnipd.connect(**arguments)
    assert not caught.value.retryable
    assert KEY not in str(caught.value)
    return caught.value.message


def test_a_key_of_another_address_is_told_with_that_address(monkeypatch, profiles):
    other = "https://b.omniapp.co"
    path = profiles("work", work=key_profile())
    message = f"No API key is set for {other}."
    of_profile = f"The API key of profile 'work' in {path} belongs to {HOST}."
    assert refusal(base_url=other) == f"{message} {of_profile}"
    assert refusal(base_url=other, profile="work") == f"{message} {of_profile}"
    monkeypatch.setenv("OMNI_API_TOKEN", KEY)
    monkeypatch.setenv("OMNI_BASE_URL", "https://a.omniapp.co/api")
    of_environment = "OMNI_API_TOKEN belongs to https://a.omniapp.co."
    assert refusal(base_url=other) == f"{message} {of_environment} {of_profile}"


@pytest.mark.parametrize("profile", ["", " ", 5, ["work"]])
def test_what_is_no_name_of_a_profile_is_refused(profiles, profile):
    profiles("work", work=key_profile())
    with pytest.raises(omnipd.ArgumentError, match="is not the name of a profile"):
        omnipd.connect(profile=profile)


def test_a_profile_file_that_was_named_and_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(tmp_path / "none.json"))
    with pytest.raises(SettingsError, match="No Omni address") as caught:
        omnipd.connect()
    assert (
        f"OMNI_CONFIG_PATH leads to {tmp_path / 'none.json'}, which does not" in caught.value.hint
    )
    monkeypatch.delenv("OMNI_CONFIG_PATH")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="No Omni address") as caught:
        omnipd.connect()
    assert "OMNI_CONFIG" not in caught.value.hint
