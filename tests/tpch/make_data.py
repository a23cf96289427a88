"""Make the tables of TPC-H: ``python -m tests.tpch.make_data FOLDER --scale 0.01 --every 10``.

The generator is an extension of DuckDB, which PyPI has for one version of DuckDB. So it runs in an
environment of its own, which is gone afterwards.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PACKAGES = ("duckdb==1.5.5", "duckdb-extension-tpch==1.5.5")


def make_data(folder: Path, scale: float, every: int = 1) -> None:
    """Write a Parquet file for each table into a folder that is there.

    Raises
    ------
    subprocess.CalledProcessError
        If the packages cannot be installed, or the generator fails.
    """
    with tempfile.TemporaryDirectory(prefix="omnipd-tpch-") as place:
        venv.create(place, with_pip=True)
        bin_ = Path(place) / ("Scripts" if sys.platform == "win32" else "bin")
        python = str(bin_ / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        generator = str(Path(__file__).with_name("generator.py"))
        subprocess.run([python, generator, str(folder), str(scale), str(every)], check=True)


def main(arguments: list[str] | None = None) -> int:
    """Make them where the shell says."""
    parser = argparse.ArgumentParser(description="Make the tables of TPC-H, as Parquet.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is 6,000,000 lines of orders.")
    parser.add_argument("--every", type=int, default=1, help="Keep each so-manyth order only.")
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    make_data(given.folder, given.scale, given.every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
