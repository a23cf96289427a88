"""The lowest version that pyproject.toml allows of each package, as constraints for pip.

`.ci/run` installs these and runs the tests, so that none is promised that nobody has tried.
"""

import tomllib
from pathlib import Path


def lowest_versions() -> list[str]:
    """Give each requirement as the lowest version it allows, such as ``pandas==2.2.3``."""
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(each for extra in extras for each in extra)]
    # An extra may name others of omnipd itself, which have no version.
    return [each.replace(">=", "==") for each in required if not each.startswith("omnipd[")]


if __name__ == "__main__":
    print("\n".join(lowest_versions()))
