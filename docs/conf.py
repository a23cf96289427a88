"""How Sphinx builds these pages: ``sphinx-build -W -b html docs docs/_build/html``."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import omnipd  # noqa: E402 - after the path, as generated_tables below

project = "omnipd"
author = "the omnipd authors"
project_copyright = author
version = release = omnipd.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "generated_tables",
]
exclude_patterns = ["_build", "jupyter_execute"]
templates_path = ["_templates"]
nitpicky = False

autodoc_typehints = "none"  # the docstrings say it in words
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

smartquotes = False  # quotes in these pages are often code
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
# Notebooks are shown as they are stored; a test runs them and compares.
nb_execution_mode = "off"

html_theme = "pydata_sphinx_theme"
html_title = "omnipd"
# Only the reference has pages below it to list at the side.
html_sidebars: dict[str, list[str]] = {
    page.stem: [] for page in HERE.glob("*.md") if page.stem != "reference"
} | {"notebooks/*": [], "queries/*": [], "changes/*": []}
html_static_path = ["_static"]
html_css_files = ["omnipd.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}


def copy_notebooks(*_: object) -> None:
    """Bring the notebooks in: Sphinx reads nothing from outside its own folder."""
    target = HERE / "notebooks"
    target.mkdir(exist_ok=True)
    kept = {notebook.name for notebook in (HERE.parent / "notebooks").glob("*.ipynb")}
    for stale in target.glob("*.ipynb"):
        if stale.name not in kept:
            stale.unlink()
    for name in kept:
        source, copy = HERE.parent / "notebooks" / name, target / name
        # An unchanged copy keeps its date, so that a second build is quick.
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            shutil.copyfile(source, copy)


def setup(_: object) -> None:
    """Hook the copying in before Sphinx looks for pages."""
    copy_notebooks()
