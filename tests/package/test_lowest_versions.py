"""What pyproject.toml promises of other packages is what `.ci/run` installs and tries."""

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

from lowest_versions import lowest_versions

ROOT = Path(__file__).parent.parent.parent


def test_every_package_has_a_lowest_version_that_pip_can_be_held_to():
    lowest = lowest_versions()
    assert all(re.fullmatch(r"[\w-]+==[\d.]+(; .*)?", each) for each in lowest), lowest
    assert {"pandas==2.2.3", "duckdb==2.0.1", "openpyxl==3.1.5", "omniframes==0.2.0"} <= set(lowest)
    assert lowest.count("matplotlib==3.10.8") == 1
    needed = {re.match(r"[\w-]+", each)[0].lower() for each in requires("omnipd")} - {"omnipd"}
    assert {each.split("==")[0].lower() for each in lowest} == needed


def test_a_check_that_is_not_there_is_named_and_none_is_run():
    command = [sys.executable, "-m", "tests", "tests", "nosuch"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no such check: nosuch; there are lint, format, types" in done.stderr
