"""Run the Python blocks of README.md and of the pages in docs; what a block prints must be what stands there."""

import doctest
import importlib.util

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

import omnipd

# What Sphinx needs and makes holds no tests, and what other programs run needs those.
collect_ignore_glob = [
    "docs/conf.py",
    "docs/nightly/*",
    "docs/_build/*",
    "docs/api/*",
    "docs/notebooks/*",
]
# Pages ask for it, too.
HAS_SPARK = importlib.util.find_spec("pyspark") is not None
# It is imported by Spark alone.
collect_ignore = [] if HAS_SPARK else ["omnipd/cluster/spark_reader.py"]


def pytest_collection_modifyitems(items):
    """Skip the example of what needs Spark, where it is not installed."""
    for item in items:
        if item.name == "omnipd.cluster.spark_source.spark_source" and not HAS_SPARK:
            item.add_marker(pytest.mark.skip(reason="Spark is not installed"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Take back the default client at the end of a page: its blocks share one, and no other file's tests do."""
    try:
        return (yield)
    finally:
        if nextitem is None or nextitem.path != item.path:
            omnipd.use(None)


@pytest.fixture(scope="session")
def _folders_of_pages():
    return {}


@pytest.fixture
def document_folder(request, tmp_path_factory, _folders_of_pages):
    """One folder for the files that the blocks of a page write: a later block may read them."""
    page = request.node.path
    if page not in _folders_of_pages:
        _folders_of_pages[page] = tmp_path_factory.mktemp(page.stem)
    return _folders_of_pages[page]


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
        PythonCodeBlockParser(doctest_optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS),
        SkipParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/queries/*.md", "docs/changes/*.md"],
    excludes=["docs/_build/*"],
    setup=lambda namespace: namespace.update(HAS_SPARK=HAS_SPARK),
    fixtures=["without_settings"],
).pytest()
