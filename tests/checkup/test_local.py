"""What the doctor says of this machine: the key's form, TLS, the limit, folders, the clock."""

import contextlib
import os

import pytest
from checkup.conftest import by_check
from scripted_server import answer

import omnipd
from omnipd.checkup.local import look_around

WHOLE = "omni_osk_" + "a1" * 28


def looked_at(url, key, **settings):
    with contextlib.closing(omnipd.connect(url, key, **settings)) as client:
        return by_check(look_around(client))


@pytest.mark.parametrize(
    ("key", "result", "said"),
    [
        (WHOLE, "ok", "looks as Omni's are"),
        (
            WHOLE[:-1],
            "note",
            "looks as Omni's are at its beginning, and is of another length",
        ),
        ("eyJ0eXAi.eyJzdWIi.c2ln", "note", "looks like a sign-in token"),
        ("0123456789", "note", "looks other than Omni's"),
    ],
)
def test_the_form_of_the_key_is_told_and_not_the_key(key, result, said):
    found = looked_at("acme.omniapp.co", key)
    assert found["form of the key"] == (result, said)
    assert found["settings"] == ("ok", found["settings"][1])
    assert found["settings"][1].startswith("an address of omniapp.co; 1 key, from: arguments")
    assert "acme" not in str(found)
    assert key not in str(found)


def test_plain_http_to_another_machine_is_a_problem():
    found = looked_at("http://omni.example.com", WHOLE, allow_http=True)
    assert found["TLS"][0] == "problem"
    assert found["settings"][1].startswith("an address of another domain")


def test_the_limit_says_how_much_of_it_is_used(server):
    with contextlib.closing(omnipd.connect(server.url, server.api_key, cache=False)) as other:
        omnipd.read_labels(client=other)
        omnipd.whoami(client=other)
    found = looked_at(server.url, server.api_key)
    assert found["limit"] == (
        "ok",
        "60 requests a minute; 2 counted in the running minute, by all that use the key here",
    )


@pytest.mark.skipif(os.name != "posix", reason="who may write is told by POSIX systems only")
def test_damaged_files_and_open_folders_are_told(tmp_path):
    folder = tmp_path / "disk" / "lists" / "0123abcd-0123456789abcdef"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "page.json").write_text("{}")
    (folder / "page.damaged").write_text("?")
    (tmp_path / "disk").chmod(0o700)
    found = looked_at("acme.omniapp.co", WHOLE, cache_dir=tmp_path / "disk")
    assert found["cache"][0] == "note"
    assert found["cache"][1].endswith(": 1 stored answer, 0.0 MB, 1 damaged")
    assert found["folders"][0] == "ok"
    folder.chmod(0o777)
    found = looked_at("acme.omniapp.co", WHOLE, cache_dir=tmp_path / "disk")
    assert found["folders"][0] == "problem"
    assert found["folders"][1].endswith("others can write in 1 folder")
    assert str(tmp_path) not in str(found)


def test_a_clock_that_is_wrong_is_a_problem(scripted):
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    scripted.script(answer({"detail": "Not Found", "status": 404}, status=404, Date=date))
    with contextlib.closing(
        omnipd.connect(scripted.url, WHOLE, requests_per_minute=None)
    ) as client:
        found = by_check(omnipd.doctor(client))
    assert found["clock"][0] == "problem"
    assert found["clock"][1].endswith(" s from the server's")
