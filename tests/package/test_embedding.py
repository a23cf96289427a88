"""An address for embedding has the vendor's signature; what cannot be signed is refused by name."""

import base64
import hashlib
import hmac
import json
import traceback
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from click.testing import CliRunner

import omnipd
from omnipd import ArgumentError, SettingsError
from omnipd.shell.cli import main

SECRET = "s3cret"
NONCE = "0123456789abcdefghijABCDEFGHIJ01"
LONG_SECRET = "Zq8vT1mXw4Lr0PcK7sBd2NhY5uGj9EaF"


def signed(content_path="/dashboards/abc", external_id="u1", name="Ann B", **given):
    if "organization" not in given and "url" not in given:
        given["organization"] = "acme"
    return omnipd.embed_url(
        content_path, external_id, name, **{"secret": SECRET, "nonce": NONCE, **given}
    )


def values(url):
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def by_hand(*lines, secret=SECRET):
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_the_vendors_vector():
    url = signed()
    assert url.startswith("https://acme.embed-omniapp.co/embed/login?contentPath=%2Fdashboards%2F")
    assert values(url) == {
        "contentPath": "/dashboards/abc",
        "externalId": "u1",
        "name": "Ann B",
        "nonce": NONCE,
        "signature": "_j_-jbSiyO3MD90b2uuj_JTuVOfP-pvaxK9o9n6fafo",
    }


ALL_OPTIONAL = {
    # As they are given, what Omni calls them, and what stands in the address.
    "user_attributes": ({"né": ["a/b", 1, True, None]}, "userAttributes", '{"né":["a/b",1,true,null]}'),
    "ui_settings": ({"showNavigation": False}, "uiSettings", '{"showNavigation":false}'),
    "theme": ("vibes", "theme", "vibes"),
    "preserve_entity_folder_content_role": (True, "preserveEntityFolderContentRole", "true"),
    "prefers_dark": (False, "prefersDark", "false"),
    "model_roles": ({"m1": "VIEWER"}, "modelRoles", '{"m1":"VIEWER"}'),
    "mode": ("SINGLE_CONTENT", "mode", "SINGLE_CONTENT"),
    "link_access": (["d1", "d2"], "linkAccess", "d1,d2"),
    "groups": (["Überall", "b"], "groups", '["Überall","b"]'),
    "filter_search_param": ("f--a.b=%7B%7D", "filterSearchParam", "f--a.b=%7B%7D"),
    "entity_group_label": ("Group", "entityGroupLabel", "Group"),
    "entity_folder_label": ("Folder", "entityFolderLabel", "Folder"),
    "entity_folder_group_content_role": ("VIEWER", "entityFolderGroupContentRole", "VIEWER"),
    "entity_folder_content_role": ("NO_ACCESS", "entityFolderContentRole", "NO_ACCESS"),
    "entity": ("acme & co", "entity", "acme & co"),
    "email": ("ann@acme.example", "email", "ann@acme.example"),
    "custom_theme_id": ("t1", "customThemeId", "t1"),
    "custom_theme": ({"color": "#fff"}, "customTheme", '{"color":"#fff"}'),
    "connection_roles": ({"c1": "RESTRICTED_QUERIER"}, "connectionRoles", '{"c1":"RESTRICTED_QUERIER"}'),
    "branch": ("dev", "branch", "dev"),
    "access_boost": (False, "accessBoost", "false"),
}  # fmt: skip


def test_every_optional_parameter_stands_in_the_text_by_its_name_on_the_wire():
    url = signed(**{name: given for name, (given, _, _) in ALL_OPTIONAL.items()})
    # Worked out from the list in the contract, by hand.
    assert values(url)["signature"] == by_hand(
        "https://acme.embed-omniapp.co/embed/login", "/dashboards/abc", "u1", "Ann B", NONCE,
        "false", "dev", '{"c1":"RESTRICTED_QUERIER"}', '{"color":"#fff"}', "t1",
        "ann@acme.example", "acme & co", "NO_ACCESS", "VIEWER", "Folder", "Group",
        "f--a.b=%7B%7D", '["Überall","b"]', "d1,d2", "SINGLE_CONTENT", '{"m1":"VIEWER"}', "false",
        "true", "vibes", '{"showNavigation":false}', '{"né":["a/b",1,true,null]}',
    )  # fmt: skip
    for _, wire, text in ALL_OPTIONAL.values():
        assert values(url)[wire] == text


def test_some_parameters_at_an_address_of_ones_own():
    url = signed(
        "/w/abc/duplicate", "ü 1", "Zoë", url="bi.acme.example:8443/embed/login/", prefers_dark="system",
        entity="A", link_access=True,
    )  # fmt: skip
    assert url.startswith("https://bi.acme.example:8443/embed/login?")
    assert values(url)["signature"] == by_hand(
        "https://bi.acme.example:8443/embed/login", "/w/abc/duplicate", "ü 1", "Zoë", NONCE,
        "A", "__omni_link_access_open", "system",
    )  # fmt: skip


def test_blanks_at_the_beginning_of_a_line_and_at_the_end_are_not_signed_but_stay_in_the_address():
    # JavaScript counts the byte order mark and the no-break space as blanks, and U+0085 as none.
    url = signed(name="\ufeff\u00a0Ann ", external_id="\x85u1", theme="vibes\t ")
    assert values(url)["name"] == "\ufeff\u00a0Ann "
    assert values(url)["signature"] == by_hand(
        "https://acme.embed-omniapp.co/embed/login", "/dashboards/abc", "\x85u1", "Ann ", NONCE, "vibes"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1e-05, "0.00001"),
        (-1.25e-06, "-0.00000125"),
        (1e-07, "1e-7"),
        (1.5e300, "1.5e+300"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (2**53 - 1, "9007199254740991"),
        (np.int64(3), "3"),
        (np.float32(0.5), "0.5"),
        ('a"b\\/\n\x1f\x7f\u2028🙂', '"a\\"b\\\\/\\n\\u001f\x7f\u2028🙂"'),
        ((), "[]"),
        ({}, "{}"),
    ],
)
def test_json_is_written_as_javascript_writes_it(given, written):
    assert values(signed(user_attributes={"x": given}))["userAttributes"] == f'{{"x":{written}}}'


def test_a_new_nonce_each_time():
    drawn = {values(signed(nonce=None))["nonce"] for _ in range(20)}
    assert len(drawn) == 20
    assert all(len(one) == 32 and one.isascii() and one.isalnum() for one in drawn)


DEEP = {"a": 1}
for _ in range(5_000):
    DEEP = {"a": DEEP}

REFUSED = {
    "a time zone": ({"timezone": "Europe/Berlin"}, "timezone='Europe/Berlin' cannot be signed"),
    "no path": ({"content_path": "dashboards/abc"}, "content_path='dashboards/abc' is not a path"),
    "an empty path": ({"content_path": ""}, "content_path='' is empty"),
    "no id": ({"external_id": None}, "external_id=None must be text, not NoneType"),
    "a number for an id": ({"external_id": 7}, "external_id=7 must be text"),
    "an empty name": ({"name": " \u00a0"}, "is empty"),
    "a name of two lines": ({"name": "Ann\nB"}, "holds a line break"),
    "a return": ({"entity": "a\rb"}, "holds a line break"),
    "half a letter": ({"name": "a\ud83d"}, "is not valid Unicode"),
    "half a letter in JSON": ({"groups": ["a\ud83d"]}, "is not valid Unicode"),
    "half a letter in an object": ({"ui_settings": {"a": "\ud83d"}}, "is not valid Unicode"),
    "another mode": ({"mode": "application"}, "mode='application' is not known"),
    "another role": ({"entity_folder_content_role": "ADMIN"}, "is not known"),
    "another group role": ({"entity_folder_group_content_role": "manager"}, "is not known"),
    "no darkness": ({"prefers_dark": "dark"}, "prefers_dark='dark' is not known"),
    "text for a boolean": ({"access_boost": "true"}, "access_boost='true' must be True or False"),
    "a number for a boolean": ({"preserve_entity_folder_content_role": 1}, "must be True or False"),
    "no links": ({"link_access": []}, "link_access=[] is empty"),
    "links off": ({"link_access": False}, "link_access=False is not needed"),
    "a link with a blank": ({"link_access": "a, b"}, "is not the identifier of a dashboard"),
    "all links and one": ({"link_access": ["a", "__omni_link_access_open"]}, "beside all of them"),
    "roles in a list": ({"model_roles": ["VIEWER"]}, "must be a mapping of ids to roles"),
    "a role that is none": ({"connection_roles": {"c": 1}}, "connection_roles=1 must be text"),
    "a group that is none": ({"groups": [1]}, "groups=1 must be text"),
    "attributes in a list": ({"user_attributes": ["a"]}, "must be a mapping"),
    "an attribute without a name": ({"user_attributes": {1: "a"}}, "has a name that is not text"),
    "no number": ({"user_attributes": {"a": float("nan")}}, "does not have exactly"),
    "a large number": ({"user_attributes": {"a": 2**53}}, "does not have exactly"),
    "what is no JSON": ({"user_attributes": {"a": {1}}}, "holds a set, which JSON does not have"),
    "what is too deep": ({"ui_settings": DEEP}, "nested too deeply"),
    "a short nonce": ({"nonce": "abc"}, "is not 32 letters and digits"),
    "a nonce with a sign": ({"nonce": NONCE[:-1] + "-"}, "is not 32 letters and digits"),
    "two places": ({"url": "https://a.example", "organization": "b"}, "and not both"),
    "no place": ({"url": None}, "An address for embedding needs organization=… or url=…"),
    "a host for its first part": ({"organization": "acme.omniapp.co"}, "is not the first part"),
    "a key": ({"name": "omni_osk_0123456789abcdef"}, "holds an API key"),
    "a key in an object": ({"user_attributes": {"a": ["omni_osk_0123456789abcdef"]}}, "holds an API key"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_signed_is_refused_by_name(given, words):
    with pytest.raises(ArgumentError) as refused:
        signed(**given)
    assert words in str(refused.value)
    assert "omni_osk_0" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bi.acme.example", "would send a signed address in clear text"),
        ("ftp://bi.acme.example", "starts with ftp://, not https://"),
        ("https://bi.acme.example/elsewhere", "has a path"),
        ("https://user:word@bi.acme.example", "holds a user name or password"),
        ("", "has no host"),
        (7, "is int, not text"),
    ],
)
def test_an_address_that_is_none_is_refused(url, words):
    with pytest.raises(SettingsError, match=words):
        signed(url=url)


def test_loopback_may_be_plain():
    url = signed(url="http://127.0.0.1:8000")
    assert url.startswith("http://127.0.0.1:8000/embed/login?")


def test_the_secret_of_the_environment(monkeypatch):
    monkeypatch.setenv("OMNI_EMBED_SECRET", f" {SECRET}\n")
    assert signed(secret=None) == signed()
    monkeypatch.setenv("OMNI_EMBED_SECRET", "another")
    assert signed(secret=None) != signed() == signed(secret=SECRET)
    monkeypatch.delenv("OMNI_EMBED_SECRET")
    with pytest.raises(SettingsError, match="No secret for embedding is set") as missing:
        signed(secret=None)
    assert "OMNI_EMBED_SECRET" in missing.value.hint


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("${EMBED}", "is a variable that nobody filled in"),
        ("'s3cret'", "has quotes around it"),
        ("omni_osk_0123456789abcdef", "is an API key"),
        ("a\nb", "holds a line break"),
        ("a\ud83d", "or what is no text"),
    ],
)
def test_a_secret_that_is_none_is_refused(secret, words):
    with pytest.raises(SettingsError) as refused:
        signed(secret=secret)
    assert words in str(refused.value)


def test_a_secret_that_is_no_text_is_named_by_its_type_alone():
    with pytest.raises(ArgumentError, match="secret= is bytes, not text") as refused:
        signed(secret=SECRET.encode())
    assert SECRET not in told_by(refused.value)


def told_by(error):
    """Return all that is shown of an error, with the locals of omnipd's own frames."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [str(frame.locals) for frame in report.stack if frame.filename != __file__]
    return "\n".join([*frames, str(error), repr(error), json.dumps(error.__dict__, default=repr)])


# But for what Python itself cannot write.
SHOWN = {name: each for name, each in REFUSED.items() if name != "what is too deep"}


@pytest.mark.parametrize(("given", "words"), SHOWN.values(), ids=SHOWN.keys())
def test_no_refusal_shows_the_secret_even_with_all_locals(given, words, caplog):
    with pytest.raises(omnipd.OmniError) as refused:
        signed(secret=LONG_SECRET, **given)
    assert LONG_SECRET not in told_by(refused.value) + caplog.text
    assert words in str(refused.value)


def test_the_secret_for_another_argument_is_refused_and_not_shown():
    with pytest.raises(ArgumentError) as refused:
        signed(name=LONG_SECRET, secret=LONG_SECRET)
    assert "name= holds an API key or the secret for embedding" in str(refused.value)
    assert LONG_SECRET not in str(refused.value) + repr(refused.value)


def test_the_secret_is_not_in_the_address():
    assert LONG_SECRET not in signed(secret=LONG_SECRET)


GIVEN = ["embed", "url", "/dashboards/abc", "u1", "Ann B", "--organization", "acme"]


def test_the_shell_signs_with_the_environment_a_file_or_standard_input(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    run = CliRunner().invoke
    told = [
        run(main, GIVEN, env={"OMNI_EMBED_SECRET": SECRET}),
        run(main, [*GIVEN, "--secret-file", str(file)], env={"OMNI_EMBED_SECRET": "another"}),
        run(main, [*GIVEN, "--secret-file", "-"], input=f"{SECRET}\n"),
    ]
    for one in told:
        url = one.output.strip()
        drawn = values(url)["nonce"]
        assert (one.exit_code, url) == (0, signed(nonce=drawn))
    assert "--secret " not in run(main, [*GIVEN[:2], "--help"]).output


def test_the_shell_reads_settings_as_what_they_are_and_attributes_as_text():
    run = CliRunner().invoke
    more = ["--ui-settings", "a=false", "--ui-settings", "b=x", "--user-attributes", "id=7"]
    url = run(main, [*GIVEN, *more, "--no-access-boost"], env={"OMNI_EMBED_SECRET": SECRET}).output
    told = values(url.strip())
    assert told["uiSettings"] == '{"a":false,"b":"x"}'
    assert (told["userAttributes"], told["accessBoost"]) == ('{"id":"7"}', "false")


def test_the_shell_names_its_own_options_where_something_is_wrong(tmp_path):
    run = CliRunner().invoke
    missing = run(main, GIVEN, env={"OMNI_EMBED_SECRET": None})
    assert (missing.exit_code, "--secret-file" in missing.output) == (3, True)
    lost = run(main, [*GIVEN, "--secret-file", str(tmp_path / "none")])
    assert (lost.exit_code, "The secret file" in lost.output) == (3, True)
