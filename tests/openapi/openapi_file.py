"""Omni's OpenAPI file, where it is at hand. It is Omni's, so that it is not a part of this project."""

import json
import os
from functools import cache
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[3] / "shared" / "contract" / "openapi-2026-05.json"


@cache
def _read(path):
    return json.loads(path.read_bytes())


def openapi_file():
    """Return the parsed file, or skip the test: OMNIPD_OPENAPI says where it is."""
    said = os.environ.get("OMNIPD_OPENAPI")
    path = Path(said) if said else _BESIDE
    if not path.is_file():
        if said:
            pytest.fail(f"OMNIPD_OPENAPI={said} is not a file")
        pytest.skip("Omni's OpenAPI file is not here; OMNIPD_OPENAPI can say where it is")
    return _read(path)
