"""Run the Python blocks of README.md and docs/*.md; what a block prints must be what stands there."""

import doctest

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

# What Sphinx needs and makes holds no tests, and what other programs run needs those.
collect_ignore_glob = [
    "docs/conf.py",
    "docs/nightly/*",
    "docs/_build/*",
    "docs/api/*",
    "docs/notebooks/*",
]


@pytest.fixture(scope="session")
def document_folder(tmp_path_factory):
    """One folder for the files that blocks write: a later block may read them."""
    return tmp_path_factory.mktemp("documents")


@pytest.fixture
def without_settings(document_folder, monkeypatch):
    """Documents are read by people without settings; so their blocks are run without any."""
    for name in ("OMNI_BASE_URL", "OMNI_API_KEY", "OMNI_API_TOKEN", "OMNI_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("OMNIPD_LIMITER", raising=False)
    monkeypatch.setenv("OMNI_CONFIG_PATH", str(document_folder / "no-profile.json"))
    monkeypatch.setenv("OMNIPD_CACHE_DIR", str(document_folder / "omnipd-disk"))
    monkeypatch.setenv("OMNIPD_STATE_DIR", str(document_folder / "omnipd-state"))
    monkeypatch.chdir(document_folder)


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    ],
    patterns=["README.md", "docs/*.md"],
    excludes=["docs/_build/*"],
    fixtures=["without_settings"],
).pytest()
