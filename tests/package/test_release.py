"""The version is said in one place, and all that speaks of it agrees; what is packed is what is needed."""

import re
from pathlib import Path

import yaml

import omnipd

ROOT = Path(__file__).parents[2]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_that_of_the_changelog_and_of_the_citation():
    released = re.findall(r"^## (\S+)$", text_of("docs/changelog.md"), re.MULTILINE)
    assert released[0] == omnipd.__version__
    assert len(released) == len(set(released))
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert (citation["version"], citation["license"]) == (omnipd.__version__, "Apache-2.0")
    assert f'__version__ = "{omnipd.__version__}"' in text_of("omnipd/version.py")


def test_no_other_file_of_the_packages_says_the_version():
    saying = [
        file.relative_to(ROOT).as_posix()
        for package in ("omnipd", "omnipd_sandbox")
        for file in (ROOT / package).rglob("*.py")
        if re.search(
            rf'(?i)version\w*\s*[=:].*"{re.escape(omnipd.__version__)}"', file.read_text("utf-8")
        )
    ]
    assert saying == ["omnipd/version.py"]


def test_the_licence_is_the_one_that_is_named():
    licence = text_of("LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert 'license = "Apache-2.0"' in text_of("pyproject.toml")
