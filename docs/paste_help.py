"""Paste the help of every command into shell.md, between the marks that stand there.

Run it after a change to the command line: ``python docs/paste_help.py``. A test compares.
"""

import re
from pathlib import Path

from click.testing import CliRunner

from omnipd.shell.cli import main

PAGE = Path(__file__).parent / "shell.md"
_WIDTH = 88
_MARKED = re.compile(
    r"(?P<start><!-- help: omnipd(?P<command>(?: \w+)*) -->\n).*?(?P<end><!-- end of help -->)",
    re.DOTALL,
)


def help_of(command: str) -> str:
    """Return what ``omnipd COMMAND --help`` prints, at one width on every terminal."""
    arguments = [*command.split(), "--help"]
    result = CliRunner().invoke(main, arguments, prog_name="omnipd", terminal_width=_WIDTH)
    assert result.exit_code == 0, result.output
    return result.output


def with_help(page: str) -> str:
    """Return the page with the help of today between its marks."""

    def block(found: re.Match[str]) -> str:
        return f"{found['start']}```text\n{help_of(found['command'])}```\n{found['end']}"

    return _MARKED.sub(block, page)


def commands_in(page: str) -> list[str]:
    """Return the commands that a page has marks for; empty text is ``omnipd`` itself."""
    return [found["command"].strip() for found in _MARKED.finditer(page)]


if __name__ == "__main__":
    PAGE.write_text(with_help(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
