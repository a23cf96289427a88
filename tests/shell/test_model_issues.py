"""Who starts the sandbox on a model of their own is told what is wrong in it, on standard error."""

import json
import signal
import subprocess
import sys

import pytest

import omnipd
from omnipd.shell.model_issues import print_issues


@pytest.fixture
def folder(tmp_path):
    """Make an organization of one model, of the files that are given."""

    def make(model, **files):
        place = tmp_path / "organization"
        (place / "data").mkdir(parents=True)
        (place / "data" / "shops.csv").write_text("id,name\n1,North\n")
        (place / "models" / model).mkdir(parents=True)
        for name, text in files.items():
            path = place / "models" / model / f"{name.replace('_', '.')}.yaml"
            path.write_text(text, encoding="utf-8")
        return place

    return make


def printed(org, capsys):
    with omnipd.sandbox(org=org) as omni:
        print_issues(omni)
        model = next(iter(omni.models.values()))
        out, err = capsys.readouterr()
        assert out == ""
        # Nothing was asked for it: the log is for what programs ask.
        assert omni.server.requests == []
        return err.replace(model, "MODEL").replace(omni.base_url, "URL").splitlines()


def test_the_first_issues_are_told_with_their_file_and_how_to_see_all(folder, capsys):
    text = "dimensions:\n  town: {sql: upper(twon)}\n  old: {sql: id, level_of_detail: x}\n"
    first, town, old, last = printed(folder("shop", shops_view=text), capsys)
    assert first == (
        "The model shop has 2 issues (1 error, 1 warning)."
        " A query that needs what they are about is refused."
    )
    assert town.startswith("  error    shops.view.yaml: shops.town: ")
    assert "twon" in town
    assert old == "  warning  shops.view.yaml: shops.old: Not modeled: level_of_detail"
    assert last == (
        'All of them: URL, omnipd.read_model_issues("MODEL"), or GET /api/v1/models/MODEL/validate.'
    )


def test_of_very_many_ten_are_told(folder, capsys):
    many = "".join(f"  d{number}: {{}}\n" for number in range(13))
    lines = printed(folder("shop", shops_view=f"dimensions:\n{many}"), capsys)
    assert [line.startswith("  error ") for line in lines] == [False, *[True] * 10, False, False]
    assert lines[-2] == "  … and 3 more"


def test_a_model_without_issues_and_the_bundled_ones_print_nothing(folder, capsys):
    assert printed(folder("shop", shops_view="{}\n"), capsys) == []
    with omnipd.sandbox(documents=3) as omni:
        print_issues(omni)
    assert capsys.readouterr() == ("", "")


def test_an_issue_is_one_line_that_moves_no_cursor(folder, capsys):
    name = "a\x1b[2J\u202eb\nc"
    text = f"dimensions: {{{json.dumps(name)}: {{}}}}\n{json.dumps('long' * 200)}: 1\n"
    lines = printed(folder("sh\x1b[31mop\u2028", shops_view=text), capsys)
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert r"The model sh\x1b[31mop  has 2 issues" in lines[0]
    assert r"shops.a\x1b[2J\u202eb c: There is neither" in lines[1]
    assert lines[2].startswith("  warning  shops.view.yaml: shops: Not modeled: longlong")
    assert lines[2].endswith("…")
    assert len(lines[2]) < 500


def test_the_command_tells_them_at_its_start_and_keeps_its_output_to_the_lines_to_copy(folder):
    org = folder("sh\nop", shops_view="dimensions: {gone: {}}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "omnipd.shell.cli", "sandbox", "--port", "0", "--org", str(org)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = [process.stderr.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert told[0].startswith("The model sh op has 1 issue (1 error, 0 warnings).")
    assert "shops.view.yaml: shops.gone: There is neither a column" in told[1]
    assert told[3].startswith("A sandbox: ")
    address, key, secret, of_member, model = out.splitlines()
    assert address.startswith("export OMNI_BASE_URL=")
    assert key.startswith("export OMNI_API_KEY=")
    assert secret.startswith("export OMNI_EMBED_SECRET=")
    assert of_member.startswith("# a member's key: ")
    assert model.startswith("# model sh op: ")
