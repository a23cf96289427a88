"""Run the notebooks from top to bottom against the sandbox, and store them with their outputs.

Run it after a change to a notebook: ``python notebooks/store.py``. A test runs them the same way and
compares.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def name_style(data: dict[str, str], name: str) -> None:
    """Name the table of a pandas style, which is named by chance, and forget where it was in memory."""
    if "pandas.io.formats.style.Styler" in data.get("text/plain", ""):
        data["text/plain"] = re.sub(" at 0x[0-9a-f]+", "", data["text/plain"])
        data["text/html"] = re.sub(r"\bT_[0-9a-f]{5}(?=[\W_])", name, data["text/html"])


# As a kernel that has just begun, but for the packages that omnipd needs, which take long to load.
FORGET = """
import os, sys
import pandas
from matplotlib import pyplot

os.mkdir({folder!r})
os.chdir({folder!r})
pyplot.close("all")
if hasattr(pandas.DataFrame, "omni"):
    del pandas.DataFrame.omni
for _module in [_one for _one in sys.modules if _one.partition(".")[0] in ("omnipd", "omnipd_sandbox")]:
    del sys.modules[_module]
get_ipython().reset(new_session=True)
"""


@contextmanager
def kernel() -> Iterator[NotebookClient]:
    """Start a kernel without settings, in which notebooks run one after the other."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("OMNI")]:
            del os.environ[name]
        os.environ["OMNI_CONFIG_PATH"] = str(Path(folder) / "no-profile.json")
        os.environ["TQDM_DISABLE"] = "1"  # on a slow machine there would be a bar
        client = NotebookClient(
            nbformat.v4.new_notebook(),
            timeout=120,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        with client.setup_kernel():
            yield client


def executed(notebook: Path, client: NotebookClient) -> nbformat.NotebookNode:
    """Return a notebook with the outputs of a run in an empty folder, with nothing of the last one."""
    book = nbformat.read(notebook, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    folder = str(Path(client.resources["metadata"]["path"]) / notebook.stem)
    forget = nbformat.v4.new_code_cell(FORGET.format(folder=folder))
    client.nb = nbformat.v4.new_notebook(cells=[forget])
    client.execute_cell(forget, 0, store_history=False)
    client.nb = book
    for number, cell in enumerate(book.cells):
        client.execute_cell(cell, number)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            name_style(output.get("data", {}), f"T_{cell.execution_count}")
    # Whose Python it was is of no interest, and differs from machine to machine.
    book.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    book.metadata["language_info"] = {"name": "python"}
    return book


if __name__ == "__main__":
    with kernel() as running:
        for path in sorted(HERE.glob("*.ipynb")):
            nbformat.write(executed(path, running), path)
