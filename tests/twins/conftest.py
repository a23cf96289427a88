"""What the tests with other clients share."""

import json
from urllib.request import Request, urlopen

import pytest


@pytest.fixture
def read():
    """Read a path of a sandbox with nothing but Python."""

    def get(server, path):
        asked = Request(server.url + path, headers={"Authorization": f"Bearer {server.api_key}"})
        with urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    return get
