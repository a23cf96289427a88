"""The notebooks run from top to bottom, and what is stored in them is what they print."""

import importlib.util
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))

_spec = importlib.util.spec_from_file_location("store", NOTEBOOKS / "store.py")
store = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(store)


def code_cells(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def texts(cell):
    """What a cell shows, as text; of a plot, that there is one: pictures differ with the library."""
    shown = []
    for output in cell.outputs:
        if output.output_type == "stream":
            shown.append((output.name, output.text))
        elif output.output_type == "error":
            shown.append(("error", output.evalue))
        elif "image/png" in output.data:
            shown.append(("picture", ""))
        elif "Styler" in output.data["text/plain"]:
            shown.append(("table", output.data["text/html"]))
        else:
            shown.append(("text", output.data["text/plain"]))
    return shown


def test_there_is_a_notebook():
    assert [path.name for path in PATHS] == [
        "01_first_look.ipynb",
        "02_exports.ipynb",
        "03_content_audit.ipynb",
        "04_access_review.ipynb",
        "05_governed_frame.ipynb",
        "06_clean_up_with_approval.ipynb",
    ]


@pytest.fixture(scope="module")
def kernel():
    with store.kernel() as running:
        yield running


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_notebook_prints_what_is_stored_in_it(path, kernel):
    stored = nbformat.read(path, as_version=4)
    run = store.executed(path, kernel)
    assert [texts(cell) for cell in code_cells(stored)] == [texts(cell) for cell in code_cells(run)]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_notebook_is_stored_as_it_was_run_once(path):
    stored = nbformat.read(path, as_version=4)
    cells = code_cells(stored)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = [kind for cell in cells for kind, _ in texts(cell)]
    assert set(shown) <= {"text", "picture", "table"}, "an error, a warning or a print is stored"
    without_picture = {"02_exports.ipynb", "06_clean_up_with_approval.ipynb"}
    assert shown.count("picture") == (path.name not in without_picture)
    assert shown.count("table") == (path.name == "05_governed_frame.ipynb")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_notebook_tells_nothing_of_the_machine_it_ran_on(path):
    text = path.read_text(encoding="utf-8")
    for told in (
        str(NOTEBOOKS.parent),
        "/home/",
        "/root/",
        "/Users/",
        "/tmp/",
        "127.0.0.1",
        "omni_osk_",
    ):
        assert told not in text
