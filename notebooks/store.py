"""Run the notebooks from top to bottom against the sandbox, and store them with their outputs.

Run it after a change to a notebook: ``python notebooks/store.py``. A test runs them the same way and
compares.
"""

from __future__ import annotations

import os
import re
import tempfile
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


def executed(notebook: Path) -> nbformat.NotebookNode:
    """Return a notebook with the outputs of a run without settings, in an empty folder."""
    book = nbformat.read(notebook, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("OMNI")]:
            del os.environ[name]
        os.environ["OMNI_CONFIG_PATH"] = str(Path(folder) / "no-profile.json")
        os.environ["TQDM_DISABLE"] = "1"  # on a slow machine there would be a bar
        NotebookClient(
            book,
            timeout=120,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        ).execute()
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
    for path in sorted(HERE.glob("*.ipynb")):
        nbformat.write(executed(path), path)
