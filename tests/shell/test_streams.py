"""Standard output and error of any encoding, full, closed, or read by `head`: no traceback, the right code."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_server import page

from omnipd.shell.cli import main

NAME = "Größe … 日本"
FULL = Path("/dev/full")
CLOSED, PIPE = None, "a pipe"
on_a_full_disk = pytest.mark.skipif(not FULL.exists(), reason="there is no full disk to write to")
no_room = b"omnipd: Standard output cannot be written: No space left on device.\n"


@pytest.fixture
def shell(scripted, monkeypatch, tmp_path):
    """Run a command on standard streams of a kind; return its code and what came out of pipes."""
    scripted.script(page({"type": "document", "identifier": "d", "name": NAME}))
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", "key")
    monkeypatch.chdir(tmp_path)

    def run(*arguments, out=PIPE, err=PIPE, encoding="utf-8", errors="strict"):
        streams, readers = [], []
        with contextlib.ExitStack() as closing, monkeypatch.context() as changed:
            for name, kind in (("stdout", out), ("stderr", err)):
                stream = kind
                if kind == PIPE:
                    reader, writer = os.pipe()
                    readers.append(closing.enter_context(os.fdopen(reader, "rb")))
                    stream = os.fdopen(writer, "w", encoding=encoding, errors=errors)
                elif kind == FULL:
                    stream = closing.enter_context(FULL.open("w"))
                changed.setattr(sys, name, stream)
                streams.append(stream)
            with pytest.raises(SystemExit) as ended:
                main(list(arguments), prog_name="omnipd")
            assert [sys.stdout, sys.stderr] == streams
            for stream, kind in zip(streams, (out, err), strict=True):
                if kind == PIPE:
                    stream.close()
            return ended.value.code, *(reader.read() for reader in readers)

    return run


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("ascii", b"Gr??e ? ??"),
        ("cp1252", b"Gr\xf6\xdfe \x85 ??"),
        ("cp437", b"Gr\x94\xe1e ? ??"),
        ("utf-8", NAME.encode()),
        ("utf-16", NAME.encode("utf-16-le")),
    ],
)
def test_a_table_goes_to_any_console(shell, encoding, name):
    code, out, err = shell("content", encoding=encoding)
    assert (code, err) == (0, b"")
    assert name in out
    assert out.decode(encoding).startswith("name")


@pytest.mark.parametrize(("encoding", "said"), [("ascii", b"???e"), ("cp1252", b"\xf6\xdf?e")])
def test_an_error_goes_to_any_console(shell, encoding, said):
    code, out, err = shell("content", "--sort", "öß日e", encoding=encoding)
    assert (code, out) == (2, b"")
    assert err.startswith(b"omnipd: --sort '" + said + b"' is not known.\n")


def test_who_has_chosen_how_letters_are_replaced_gets_that(shell):
    assert (
        b"e &#8230; &#26085;" in shell("content", encoding="cp437", errors="xmlcharrefreplace")[1]
    )


def test_csv_and_json_lines_are_utf8_on_any_console(shell):
    for style in ("csv", "jsonl"):
        code, out, _ = shell("content", "--format", style, encoding="cp1252")
        assert code == 0
        assert NAME in out.decode()


@on_a_full_disk
@pytest.mark.parametrize(
    "arguments",
    [
        ["content"],
        ["content", "--format", "csv"],
        ["content", "--format", "jsonl"],
        ["cache"],
        ["--help"],
        ["--version"],
        ["query", "--help"],
    ],
    ids=" ".join,
)
def test_a_full_disk_is_one_line(shell, arguments):
    assert shell(*arguments, out=FULL) == (8, no_room)


@pytest.mark.parametrize(
    "arguments",
    [["content"], ["sandbox", "--port", "0", "--size", "tiny"], ["cache"], ["--version"]],
    ids=" ".join,
)
def test_a_closed_output_is_one_line(shell, arguments):
    said = b"omnipd: Standard output cannot be written: it is closed.\n"
    assert shell(*arguments, out=CLOSED) == (8, said)


def test_a_closed_output_is_no_error_where_nothing_is_printed(shell):
    assert shell("content", "-o", "a.jsonl", out=CLOSED, err=CLOSED) == (0,)
    assert json.loads(Path("a.jsonl").read_text(encoding="utf-8"))["name"] == NAME


@pytest.mark.parametrize("err", [CLOSED, pytest.param(FULL, marks=on_a_full_disk)], ids=str)
def test_a_standard_error_that_takes_nothing_changes_no_code(shell, err):
    for arguments, code in (
        (["content", "--sort", "x"], 2),
        (["content", "--nope"], 2),
        (["content", "--base-url", "http://example.com"], 3),
    ):
        assert shell(*arguments, err=err) == (code, b"")
    assert shell("--version", err=err)[0] == 0


def test_a_reader_that_has_seen_enough_is_no_error(shell):
    for arguments in (["content"], ["content", "--format", "csv"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            assert shell(*arguments, out=out)[0] == 0


def test_a_stream_without_bytes_is_left_as_it_is(shell):
    out = io.StringIO()
    assert shell("--version", out=out) == (0, b"")
    assert out.getvalue().startswith("omnipd, version")


@on_a_full_disk
def test_python_says_nothing_of_it_at_its_end():
    omnipd = f"{sys.executable} -m omnipd"
    lines = [
        f"{omnipd} --help >/dev/full; echo $?",
        f"{omnipd} --nope >&- 2>&-; echo $?",
        f"{{ {omnipd} --version; echo $? >&2; }} | true",
    ]
    done = subprocess.run(["sh", "-c", "\n".join(lines)], check=False, capture_output=True)
    assert done.stdout.split() == [b"8", b"2"]
    assert done.stderr == no_room + b"0\n"
