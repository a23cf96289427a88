"""The cases at any scale: ``python -m tests.tpch --scale 0.1``."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Make the data, ask all cases, print a table; 1 when an answer differs from SQL by hand."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tpch",
        description="Compare the sandbox's answers on TPC-H with SQL written by hand.",
    )
    parser.add_argument("--scale", type=float, default=0.1, help="Default: 0.1, 600,572 lines.")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="Tables that are there already, as Parquet."
    )
    parser.add_argument("--only", default="", help="Queries with this in their name, such as Q9.")
    given = parser.parse_args(arguments)
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    from tpch.cases import CASES
    from tpch.compare import ORGANIZATION, open_files, serve
    from tpch.make_data import make_data
    from tpch.run import run_all

    cases = [case for case in CASES if given.only in case.name]
    if not cases:
        parser.error(f"no query has {given.only!r} in its name")
    with tempfile.TemporaryDirectory(prefix="omnipd-tpch-") as place:
        served = Path(place) / "organization"
        shutil.copytree(ORGANIZATION, served, ignore=shutil.ignore_patterns("data"))
        data = served / "data"
        if given.data is None:
            data.mkdir()
            print(f"Making TPC-H at scale {given.scale:g}.", flush=True)
            make_data(data, given.scale)
        else:
            shutil.copytree(given.data, data)
        with serve(served) as omni, open_files(data) as connection:
            differ = run_all(cases, omni, connection)
    print(f"{len(cases) - differ} of {len(cases)} queries answer as SQL by hand does.")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
